"""`contact-hub jobs`: background work that is stuck, in the terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contact_hub.app import Hub, build
from contact_hub.errors import HubError
from contact_hub.jobs.desk import Stuck, kind_named
from contact_hub.jobs.model import HOUSE
from contact_hub.log import set_up
from contact_hub.scope import Scope, SystemScope
from contact_hub.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Background work that is stuck: look at it, run it again, or discard it.")
_out = Console()
_BY = "command line"


@app.command(name="list")
def list_jobs(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    tag: Annotated[str, typer.Option(help="Language of the sentences.")] = "en",
) -> None:
    """What was given up, fails, is overdue or gives no sign of life: of the workspace, and of the house."""

    async def work(hub: Hub) -> None:
        found = [(scope.workspace, one) for scope in _scopes(hub) for one in await hub.job_desk.stuck(scope)]
        if as_json:
            told = [{"workspace": where, **one.as_json(), "told": one.said(tag)} for where, one in found]
            sys.stdout.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
        elif found:
            _out.print(_table(found, tag))
        else:
            _out.print("Nothing is stuck.")

    _with_hub(work)


@app.command()
def retry(job: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]) -> None:
    """Run it again, from its first attempt, as soon as a worker hears of it."""
    _decide(job, lambda hub, scope: hub.job_desk.retry(scope, job, by=_BY))
    _out.print(f"{job} runs again.", markup=False, highlight=False)


@app.command()
def discard(
    job: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """It is not to be done any more. `restore` takes that back for a week."""
    if not yes:
        typer.confirm(f"{job} will not be done. Go on?", abort=True)
    _decide(job, lambda hub, scope: hub.job_desk.discard(scope, job, by=_BY))
    _out.print(f"{job} is discarded.", markup=False, highlight=False)


@app.command()
def restore(job: Annotated[str, typer.Argument(help="The id of a discarded one.")]) -> None:
    """Take a discarding back: it waits for a decision again."""
    _decide(job, lambda hub, scope: hub.job_desk.restore(scope, job, by=_BY))
    _out.print(f"{job} waits for a decision again.", markup=False, highlight=False)


def _table(found: list[tuple[str, Stuck]], tag: str) -> Table:
    table = Table("", "job", "work", "what is wrong", box=None)
    for _, one in found:
        mark = {"failed": "[red]given up[/]", "lost": "[red]lost[/]", "overdue": "[yellow]late[/]"}.get(
            one.trouble, "[yellow]fails[/]"
        )
        table.add_row(mark, one.row.id, kind_named(one.row.kind, tag), one.said(tag))
    return table


def _decide(job: str, decision: Callable[[Hub, SystemScope], Awaitable[None]]) -> None:
    """Wherever it is: in the workspace, or in the house."""

    async def work(hub: Hub) -> None:
        for scope in _scopes(hub):
            try:
                return await decision(hub, scope)
            except HubError as absent:
                if absent.code != "not_found":
                    raise
        raise HubError("not_found", f"There is no work with the id {job!r} here.")

    _with_hub(work)


def _scopes(hub: Hub) -> tuple[SystemScope, SystemScope]:
    return Scope.system(hub.settings.workspace), Scope.system(HOUSE)


def _with_hub(work: Callable[[Hub], Awaitable[None]]) -> None:
    settings = read_settings()
    set_up(level="warning", style="console")

    async def connected() -> None:
        async with build(settings) as hub:
            await work(hub)

    asyncio.run(connected())
