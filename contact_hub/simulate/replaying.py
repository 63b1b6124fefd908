"""`contact-hub replay`: yesterday decided again, under its own rules or under others."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from contact_hub.app import build
from contact_hub.errors import HubError
from contact_hub.settings import Settings
from contact_hub.simulate.completion import merged
from contact_hub.simulate.journal_file import Recorded, in_order, read_journal, stored_journal
from contact_hub.simulate.output import Report, comparison_of, document_of, show, show_comparison
from contact_hub.simulate.processes import Done, run_all
from contact_hub.workspace import Workspace, compile_plan, from_document, parse, to_document
from contact_hub.workspace.load import placed
from contact_hub.workspace.problems import WorkspaceRefused
from contact_hub.workspace.yaml_text import read
from routing import journal
from routing.model import Plan
from routing.simulator.replay import Day, PlanMissing, Verification, recorded_day, verify
from routing.simulator.scenario import Scenario
from routing.simulator.tally import figures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a journal to be replayed: from `since` on, before `until`."""

    since: datetime | None = None
    until: datetime | None = None


def read_file(file: Path) -> Recorded:
    """A journal from a file. Raises HubError."""
    try:
        with file.open(encoding="utf-8") as lines:
            return read_journal(lines)
    except (OSError, UnicodeDecodeError) as unreadable:
        raise HubError("workspace_unreadable", f"{file}: {unreadable}") from None


async def read_database(settings: Settings) -> Recorded:
    """The journal of the database and the workspace that the settings name. Raises HubError."""
    async with build(settings) as hub:
        return await stored_journal(hub.store, settings.workspace)


def with_rules_of_then(recorded: Recorded, file: Path | None) -> Recorded:
    """For a journal without its rules: this workspace for every version that is missing."""
    if file is None:
        return recorded
    workspace = parse(_text(file))
    versions = {entry.body.rules for entry in recorded.entries if isinstance(entry.body, journal.Step)}
    return Recorded(workspaces={**dict.fromkeys(versions, workspace), **recorded.workspaces}, entries=recorded.entries)


def verified(recorded: Recorded) -> Verification:
    """Decided again, from the first line. Raises HubError where rules are missing."""
    try:
        return verify(in_order(recorded.entries), recorded.plans)
    except PlanMissing as missing:
        raise _missing(missing) from None


def compared(recorded: Recorded, rules: Path, window: Window, service_levels: tuple[float, ...]) -> tuple[Report, Report, Report]:
    """What was; the same day run under its own rules; and under the new ones. Raises HubError."""
    try:
        day = recorded_day(in_order(recorded.entries), recorded.plans, since=window.since, until=window.until)
    except PlanMissing as missing:
        raise _missing(missing) from None
    if day is None:
        raise HubError("report_range_invalid", "Nobody came in this part of the journal.")
    new = _new_rules(rules, recorded.workspaces[day.plan.version], day.plan.version + 1)
    was = Done(figures=figures_of(day.tally(service_levels)), broken=(), core_seconds=0.0)
    under = [
        day.scenario(day.plan, name=f"rules of then (version {day.plan.version})", service_levels=service_levels),
        day.scenario(new, name=f"rules of {rules.name}", service_levels=service_levels),
    ]
    started = time.monotonic()
    runs = run_all(under, [1], [day.arrivals] * 2, processes=1, watch=lambda _: None)
    seconds = time.monotonic() - started
    recorded_scenario = day.scenario(day.plan, name="as it was", service_levels=service_levels)
    first, second = (_report(scenario, done, day, seconds / 2) for scenario, done in zip(under, runs, strict=True))
    return _report(recorded_scenario, [was], day, 0.0), first, second


def tell_verification(found: Verification, out: Console, *, as_json: bool) -> None:
    """As a document or as lines."""
    if as_json:
        differing = [
            {"seq": one.seq, "recorded": json.loads(one.recorded), "decided": json.loads(one.decided)} for one in found.deviations
        ]
        told = {"steps": found.steps, "identical": found.identical, "deviating": found.deviating, "deviations": differing}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif found.identical:
        out.print(f"{found.steps:,} steps decided again: every byte is the same.")
    else:
        out.print(f"[bold red]{found.deviating:,} of {found.steps:,} steps come out otherwise[/]; the first:")
        for one in found.deviations:
            out.print(
                f"  {one.seq}  recorded {one.recorded.decode()}\n  {'':{len(str(one.seq))}}  decided  {one.decided.decode()}",
                markup=False,
            )


def tell_comparison(reports: tuple[Report, Report, Report], out: Console, *, as_json: bool) -> None:
    """As a document or as tables."""
    recorded, first, second = reports
    if as_json:
        told: dict[str, Any] = {"recorded": document_of(recorded, per_seed=False), **comparison_of(first, second, per_seed=False)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
        return
    show(out, recorded)
    show_comparison(out, first, second)


def _new_rules(file: Path, then: Workspace, version: int) -> Plan:
    """A whole workspace, or sections to be put over that of then."""
    reading = read(_text(file))
    if not isinstance(reading.document, Mapping):
        raise HubError("workspace_refused", f"{file} is no mapping of sections")
    try:
        return compile_plan(from_document(merged(to_document(then), reading.document)), version)
    except WorkspaceRefused as refusal:
        raise WorkspaceRefused(placed(refusal.problems, reading)) from None


def _report(scenario: Scenario, runs: list[Done], day: Day, seconds: float) -> Report:
    return Report(scenario=scenario, runs=runs, seeds=[1], arrivals=day.arrivals, seconds=seconds, processes=1)


def _missing(missing: PlanMissing) -> HubError:
    return HubError(
        "workspace_unknown", f"Version {missing.version} of the rules is not with the journal; name it with --workspace."
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise HubError("workspace_unreadable", f"{file}: {unreadable}") from None
