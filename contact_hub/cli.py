"""The command line: demo, serve, migrate, restored, apply, export, explain, coverage, simulate, replay, password, forget-mail, i18n, jobs, doctor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import structlog
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contact_hub import __version__
from contact_hub.app import Hub, build, learn_languages
from contact_hub.errors import EXITS, HubError
from contact_hub.jobs.commands import app as jobs
from contact_hub.log import set_up
from contact_hub.scope import Scope
from contact_hub.settings import Settings, read_settings
from contact_hub.translators.commands import app as translators

if TYPE_CHECKING:
    from contact_hub.web.server import Server

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(translators, name="i18n")
app.add_typer(jobs, name="jobs")
T = TypeVar("T")

_out, _err = Console(), Console(stderr=True)
_log = structlog.get_logger(__name__)


def main() -> int:
    """Run a command; a refusal is a sentence with its code, never a traceback."""
    try:
        app()
    except HubError as refusal:
        _refused(refusal)
        return EXITS.get(refusal.code, 2)
    return 0


def _refused(refusal: HubError) -> None:
    from contact_hub.workspace import WorkspaceRefused, render_problems

    _err.print(f"[bold red]{refusal.code}[/]: {escape(refusal.sentence)}", soft_wrap=True)
    for key, value in refusal.values.items():
        _err.print(f"  {key}: {escape(str(value))}", soft_wrap=True)
    if isinstance(refusal, WorkspaceRefused):
        _err.print(render_problems(refusal.problems))


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False) -> None:
    if version:
        _out.print(f"contact-hub {__version__}")
        raise typer.Exit


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The one port everything is on.")] = 8300,
    data: Annotated[Path | None, typer.Option(help="Keep the state here; without it everything is gone at the end.")] = None,
    robots: Annotated[
        bool, typer.Option("--robots", help="Let robots play customers and agents, so that the floor is busy.")
    ] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How much faster than people the robots are.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The robots' chance.")] = 1,
) -> None:
    """A whole floor on this machine: seeded workspace, brand sites, console, reports. Needs no server."""
    from contact_hub.demo import run_demo

    with contextlib.suppress(KeyboardInterrupt):
        _run(run_demo(port=port, data=data, robots=robots, speed=speed, seed=seed))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (CONTACT_HUB_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (CONTACT_HUB_PORT).")] = None,
    role: Annotated[
        str | None, typer.Option(help="What this node does (CONTACT_HUB_ROLE): web, router, worker; all by default.")
    ] = None,
) -> None:
    """Run one node on the database and the bus that the environment names."""
    settings = read_settings(host=host, port=port, role=role)
    set_up(level=settings.log_level, style=settings.log_format)
    _run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from contact_hub.live.health import degraded
    from contact_hub.store.sole import sole_server
    from contact_hub.tracing import tracing
    from contact_hub.web.server import Server

    with tracing(settings.otel_endpoint, ratio=settings.otel_ratio), sole_server(settings.url):
        async with build(settings) as hub:
            for trouble in degraded(hub):
                _log.warning("starts_degraded", code=trouble.code, sentence=trouble.sentence)
            if "web" in settings.roles:
                learn_languages(settings)
            await hub.start()
            try:
                await _serve_until_outlived(hub, Server(hub))
            finally:
                await hub.stop()


async def _serve_until_outlived(hub: Hub, server: Server) -> None:
    """Raises `database_restored` where a backup was put back under us: whoever keeps us running starts a process that knows nothing of the lost time."""
    outlived = asyncio.create_task(hub.store.outlived(), name="outlived")
    outlived.add_done_callback(lambda task: None if task.cancelled() else server.stop())
    try:
        await server.serve()
        if outlived.done():
            raise HubError("database_restored")
    finally:
        outlived.cancel()


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the schema is ours; exit 5 if it is older, 6 if it is newer.")
    ] = False,
) -> None:
    """Bring the database to this version; one such program at a time, and none that waits long for a lock."""
    from contact_hub.store import migrate as upgrade
    from contact_hub.store import schema_state

    settings = _quiet()
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)

    async def work() -> str:
        if not check:
            await upgrade(settings.url)
        return await schema_state(settings.url)

    state = _run(work())
    _out.print(f"database: {state}. {_SCHEMA[state]}", soft_wrap=True)
    if state != "current":
        raise typer.Exit(EXITS["database_newer" if state in {"newer", "ahead"} else "database_outdated"])


_SCHEMA: Final = {
    "current": "It is of this program's version.",
    "empty": "It has no tables yet; `contact-hub migrate` makes them.",
    "outdated": "It is older than this program; `contact-hub migrate` brings it up.",
    "ahead": "It is newer than this program, which can still serve it; upgrade the program.",
    "newer": "It is newer than this program and cannot be served by it; upgrade the program.",
}


@app.command()
def restored(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say that the database comes from a backup: new epochs, so that clients start afresh and nodes of the time before write nothing more."""
    from contact_hub.store import Store
    from contact_hub.store.restoring import begin_new_epochs

    settings = _quiet()
    if not yes:
        typer.confirm("Everybody will be signed out, and every client will read its conversations again. Go on?", abort=True)

    async def work() -> dict[str, int]:
        store = await Store.open(settings.url)
        try:
            return await begin_new_epochs(store, datetime.now(UTC))
        finally:
            await store.close()

    epochs = _run(work())
    if as_json:
        sys.stdout.write(json.dumps(epochs) + "\n")
        return
    for workspace, epoch in epochs.items():
        _out.print(f"{workspace}: leases begin at epoch {epoch}; clients will be told to read again.", soft_wrap=True)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="workspace.yaml")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")] = False,
) -> None:
    """Make a workspace file the rules: shows what changes, refuses nonsense, applies in one transaction."""
    from contact_hub.workspace import check, parse_placed, placed, render, render_problems

    settings = _quiet()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise HubError("workspace_unreadable", f"{file}: {unreadable}") from None

    async def work() -> None:
        wanted, reading = parse_placed(text)
        async with build(settings) as hub:
            problems = placed(check(wanted, today=hub.clock.now().date()), reading)
            if problems:
                _out.print(render_problems(problems))
            applied = await hub.workspaces.apply(wanted, by="command line", dry_run=dry_run)
            _out.print(render(applied.changes) if applied.changes else "Nothing changes.")
            verb = "would be applied on top of" if dry_run else "is"
            _out.print(
                f"Version {applied.version} {verb if applied.changes else 'stays'}{'' if dry_run or not applied.changes else ' applied'}."
            )

    _run(work())


@app.command(name="export")
def export_workspace(
    workspace: Annotated[str | None, typer.Option(help="Its id; CONTACT_HUB_WORKSPACE by default.")] = None,
    version: Annotated[int | None, typer.Option(help="An earlier version instead of the present one.")] = None,
) -> None:
    """Print the workspace as a file that `apply` takes."""
    from contact_hub.workspace import dump

    settings = _quiet()

    async def work() -> None:
        async with build(settings) as hub:
            name = workspace or settings.workspace
            floor = hub.workspaces.floor(name) if version is None else await hub.workspaces.floor_at(name, version)
            sys.stdout.write(dump(floor.workspace))

    _run(work())


@app.command()
def explain(
    inquiry: Annotated[str, typer.Argument(help="Id of an inquiry or of its conversation.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    tag: Annotated[str, typer.Option(help="Language of the sentences.")] = "en",
) -> None:
    """Why an inquiry is where it is: its decisions, and for one that waits who could take it and what will change."""
    from contact_hub.live.story import story

    settings = _quiet()

    async def work() -> None:
        async with build(settings) as hub:
            told = await story(hub, settings.workspace, inquiry, tag=tag)
            if as_json:
                sys.stdout.write(json.dumps(told.as_json(), ensure_ascii=False, default=str) + "\n")
            else:
                for line in told.lines():
                    _out.print(line, soft_wrap=True, markup=False, highlight=False)

    _run(work())


@app.command()
def coverage(
    weeks: Annotated[int, typer.Option(min=1, max=12, help="How far ahead.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    tag: Annotated[str, typer.Option(help="Language of the sentences.")] = "en",
) -> None:
    """Which hours of the coming weeks nobody could serve: by contracts, certifications, hours and shifts."""
    from contact_hub.live.cover import coverage_report

    settings = _quiet()

    async def work() -> None:
        async with build(settings) as hub:
            report = await coverage_report(hub.workspaces.floor(settings.workspace), hub.clock.now(), weeks)
            if as_json:
                sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, default=str) + "\n")
                return
            for line in (*report.said(tag), report.summary(tag)):
                _out.print(line, soft_wrap=True, markup=False, highlight=False)

    _run(work())


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="A simulation file; see docs/simulator.md.")],
    compare: Annotated[Path | None, typer.Option(help="Another set of rules, run on the same arrivals.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="How many independent runs.")] = 1,
    first_seed: Annotated[int, typer.Option(min=0, help="The seed of the first run; the others follow.")] = 1,
    arrivals: Annotated[int | None, typer.Option(min=1, help="Per seed; as the file says by default.")] = None,
    warm_up: Annotated[float | None, typer.Option(min=0, max=99, help="Per cent of the arrivals that are not counted.")] = None,
    service_level: Annotated[list[float] | None, typer.Option(min=0, help="Seconds; may be given several times.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=1_024, help="All processors by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    per_seed: Annotated[bool, typer.Option("--per-seed", help="With the value of every seed (JSON).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run the rules of a file against the traffic it describes: waits, service levels, flows, cost, each with its interval."""
    from contact_hub.simulate.commands import Wanted, simulate_file

    wanted = Wanted(
        seeds=seeds,
        first_seed=first_seed,
        arrivals=arrivals,
        warm_up_percent=warm_up,
        service_levels=tuple(service_level or ()),
        processes=processes,
        as_json=as_json,
        per_seed=per_seed,
        quiet=quiet,
    )
    if not simulate_file(file, compare, wanted, _out, _err):
        raise typer.Exit(1)


@app.command()
def replay(
    journal: Annotated[
        Path | None, typer.Option(help="A journal file, as --export writes it; without it the database is read.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The data directory of the database; as the environment says by default.")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="A workspace file, or sections of one, to run the same day under.")] = None,
    workspace: Annotated[Path | None, typer.Option(help="The rules of then, for a journal that comes without them.")] = None,
    since: Annotated[datetime | None, typer.Option(help="The first instant (UTC) that counts.")] = None,
    until: Annotated[datetime | None, typer.Option(help="The first instant (UTC) that does not.")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Decide everything again and compare every byte; exit 1 if one differs.")
    ] = False,
    export: Annotated[Path | None, typer.Option(help="Write the journal with its rules to this file.")] = None,
    service_level: Annotated[list[float] | None, typer.Option(min=0, help="Seconds; may be given several times.")] = None,
    dump: Annotated[
        Path | None, typer.Option(help="What was kept when routing stopped: fed again under the rules of then (--workspace).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Yesterday again, from its journal: verified under its own rules, or run under new ones, with the differences."""
    if dump is not None:
        _feed_dump_again(dump, workspace, data)
        return
    from contact_hub.simulate import replaying
    from contact_hub.simulate.journal_file import write_journal

    if journal is not None:
        recorded = replaying.read_file(journal)
    else:
        settings = read_settings(data_dir=data)
        set_up(level="warning", style="console")
        recorded = _run(replaying.read_database(settings))
    recorded = replaying.with_rules_of_then(recorded, workspace)
    if export is not None:
        with export.open("w", encoding="utf-8") as file:
            write_journal(recorded, file)
        _out.print(f"{len(recorded.entries):,} records and {len(recorded.workspaces)} versions of the rules are in {export}.")
    if verify:
        found = replaying.verified(recorded)
        replaying.tell_verification(found, _out, as_json=as_json)
        if not found.identical:
            raise typer.Exit(1)
    if rules is not None:
        window = replaying.Window(since=_utc(since), until=_utc(until))
        reports = replaying.compared(recorded, rules, window, tuple(service_level or (20.0,)))
        replaying.tell_comparison(reports, _out, as_json=as_json)
    if not (verify or rules or export):
        raise typer.BadParameter("say what to do: --verify, --rules or --export")


def _feed_dump_again(path: Path, workspace: Path | None, data: Path | None) -> None:
    """Exit 1 where it breaks again."""
    from contact_hub.live.dumps import feed_again, read_dump
    from contact_hub.workspace import parse
    from contact_hub.workspace.floor import Floor

    kept = read_dump(path)

    async def rules_of_then() -> Floor:
        async with build(read_settings(data_dir=data)) as hub:
            return await hub.workspaces.floor_at(kept.workspace, kept.rules)

    if workspace is not None:
        floor = Floor(version=kept.rules, workspace=parse(workspace.read_text(encoding="utf-8")))
    else:
        set_up(level="warning", style="console")
        floor = _run(rules_of_then())
    again = feed_again(kept, floor.plan)
    _out.print(f"{len(kept.facts):,} facts, {len(kept.events)} events at {kept.at.isoformat()}: {len(again.decisions)} decisions.")
    for decision in again.decisions:
        _out.print(f"  {decision}", markup=False)
    _out.print(f"Broken again: {again.broken}" if again.broken else f"Not broken this time; then it was: {kept.broken}")
    if again.broken:
        raise typer.Exit(1)


@app.command()
def password(
    email: Annotated[str, typer.Argument(help="Whose password.")],
    new: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if not given.")],
) -> None:
    """Set somebody's password; ends all of their sessions."""
    settings = _quiet()

    async def work() -> None:
        async with build(settings) as hub:
            async with hub.store.read() as tx:
                account = await tx.accounts.by_email(email)
            if account is None:
                raise HubError("not_found")
            await hub.staff.set_password(account.workspace, account.id, new, by="command line")
            _out.print(f"The password of {account.name} is set.")

    _run(work())


@app.command()
def forget_mail(
    address: Annotated[str, typer.Argument(help="The e-mail address of whoever is to be forgotten.")],
    workspace: Annotated[str | None, typer.Option(help="Its id; CONTACT_HUB_WORKSPACE by default.")] = None,
) -> None:
    """Delete the originals of all mails from and to somebody, with their files, at once; what was said stays in the conversations, masked."""
    settings = _quiet()

    async def work() -> None:
        async with build(settings) as hub:
            gone = await hub.retention.forget(Scope.system(workspace or settings.workspace), address, by="command line")
            _out.print(f"Deleted: {gone.came} mails that came, {gone.went} that were sent, {gone.files} files.")

    _run(work())


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Look at everything that can be wrong with a deployment and say what is; exit 1 if anything is."""
    from contact_hub.doctor import examine

    settings = _quiet()
    findings = _run(examine(settings))
    if as_json:
        sys.stdout.write(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False) + "\n")
    else:
        table = Table(show_header=False, box=None)
        for finding in findings:
            mark = {"ok": "[green]ok[/]", "warning": "[yellow]look[/]", "error": "[red]broken[/]"}[finding.state]
            table.add_row(mark, finding.what, finding.sentence)
        _out.print(table)
    if any(finding.state == "error" for finding in findings):
        raise typer.Exit(1)


def _utc(at: datetime | None) -> datetime | None:
    """What was typed without a zone is meant in UTC."""
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)


def _quiet() -> Settings:
    settings = read_settings()
    set_up(level="warning", style="console")
    return settings


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=_loop) as runner:
        return runner.run(work)


def _loop() -> asyncio.AbstractEventLoop:
    """uvloop where there is one: sockets cost less with it."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
