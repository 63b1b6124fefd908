"""Yesterday again: every byte under its own rules, the same day under others, and a journal that goes through a file unharmed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contact_hub.cli import app
from contact_hub.errors import HubError
from contact_hub.live.lines import line
from contact_hub.simulate.journal_file import Recorded, in_order, read_journal, stored_journal, write_journal
from contact_hub.store import Store, Tx
from contact_hub.workspace import Workspace, compile_plan, to_document
from routing.decisions import Assigned, Decision
from routing.engine import Engine
from routing.events import Event, InquiryLeft, PlanChanged
from routing.journal import Entry, PlanVersionChanged, Step
from routing.model import AgentId, BrandId, Demand, InquiryId, Plan
from routing.simulator.replay import PlanMissing, recorded_day, verify
from routing.simulator.run import simulate
from routing.simulator.tally import figures_of
from tests import hubs
from tests.routing.builders import T0, Floor
from tests.routing.history import play, rules

Log = Sequence[tuple[Event, datetime, tuple[Decision, ...]]]


def entries_of(log: Log, plan: Plan) -> list[Entry]:
    """The journal that an owner would have written: a new version of the rules may take its time to hold, so the engine is asked which does."""
    engine, found = Engine(plan), []
    for seq, (event, at, decisions) in enumerate(log, 1):
        kept = PlanVersionChanged(version=event.plan.version) if isinstance(event, PlanChanged) else event
        assert engine.feed(event, at) == decisions
        found.append(Entry(seq=seq, at=at, epoch=1, body=Step(event=kept, decisions=decisions, rules=engine.plan.version)))
    return found


def morning() -> tuple[Workspace, list[Entry]]:
    """One agent for German, with two seats: five customers come, two of them wait, one gives up."""
    workspace = hubs.workspace()
    plan = compile_plan(workspace, 1)
    floor = Floor(plan)
    floor.ready("anna")
    for n, seconds in enumerate((0, 30, 60, 90, 100)):
        floor.at(seconds).arrive(f"i{n}", german())
        if n < 2:
            floor.at(seconds + 4).accept(f"i{n}.1", "anna")
    floor.at(160).feed(InquiryLeft(inquiry=InquiryId("i3"), because="customer_left"))
    floor.at(300).finish("i0", "anna")
    floor.at(305).accept("i2.1", "anna")
    floor.at(400).finish("i1", "anna")
    floor.at(402).accept("i4.1", "anna")
    floor.at(600).finish("i2", "anna")
    floor.at(700).finish("i4", "anna")
    return workspace, entries_of(floor.log, plan)


def german() -> Demand:
    return Demand(brand=BrandId("sonne"), languages=("de",))


# verified


def test_a_long_history_comes_out_byte_by_byte() -> None:
    log = list(play(7, 1500))
    plans = {rules().version: rules()} | {event.plan.version: event.plan for event, _, _ in log if isinstance(event, PlanChanged)}
    found = verify(entries_of(log, rules()), plans)
    assert found.identical
    assert found.steps == len(log)


def test_a_changed_decision_is_found_and_shown() -> None:
    workspace, entries = morning()
    where = next(
        n
        for n, one in enumerate(entries)
        if isinstance(one.body, Step) and any(isinstance(d, Assigned) for d in one.body.decisions)
    )
    forged = entries[where].body
    assert isinstance(forged, Step)
    entries[where] = replace(entries[where], body=replace(forged, decisions=()))
    found = verify(entries, {1: compile_plan(workspace, 1)})
    assert not found.identical
    assert found.deviating == 1
    assert found.deviations[0].seq == entries[where].seq
    assert b"assigned" in found.deviations[0].decided
    assert b"assigned" not in found.deviations[0].recorded


def test_a_version_that_is_not_at_hand_is_named() -> None:
    _, entries = morning()
    with pytest.raises(PlanMissing) as missing:
        verify(entries, {})
    assert missing.value.version == 1


# run again


def test_the_same_rules_find_the_waits_that_were() -> None:
    workspace, entries = morning()
    plan = compile_plan(workspace, 1)
    day = recorded_day(entries, {1: plan})
    assert day is not None
    assert day.arrivals == 5
    was = figures_of(day.tally((20,)))
    again = figures_of(simulate(day.scenario(plan, name="again", service_levels=(20,)), seed=1, arrivals=day.arrivals))
    assert was["total", "abandoned"] == 1
    for figure in ("served", "abandoned", "wait_mean_seconds", "wait_served_mean_seconds", "handling_mean_seconds", "p_wait"):
        assert again["total", figure] == was["total", figure], figure


def test_agents_decline_and_miss_offers_as_often_as_they_did() -> None:
    workspace = hubs.workspace()
    plan = compile_plan(workspace, 1)
    floor = Floor(plan)
    floor.ready("anna")
    for n in range(40):
        floor.at(1_000 * n).arrive(f"i{n}", german())
        round_ = 1
        if n % 4 == 0:
            floor.at(1_000 * n + 2).decline(f"i{n}.1", "anna")
            floor.pass_time(1_000 * n + 125)
            round_ = 2
        if n % 8 == 1:
            floor.pass_time(1_000 * n + 100)
            floor.ready("anna")
            floor.pass_time(1_000 * n + 145)
            round_ = 2
        floor.accept(f"i{n}.{round_}", "anna")
        floor.at(1_000 * n + 400).finish(f"i{n}", "anna")
    day = recorded_day(entries_of(floor.log, plan), {1: plan})
    assert day is not None
    behaviour = day.behaviours[AgentId("anna")]
    assert (behaviour.decline_probability, behaviour.lapse_probability) == (10 / 55, 5 / 55)
    was = figures_of(day.tally((20,)))
    assert (was["total", "declines"], was["total", "lapses"], was["total", "served"]) == (10, 5, 40)
    again = figures_of(simulate(day.scenario(plan, name="again", service_levels=(20,)), seed=1, arrivals=day.arrivals))
    served, unserved = again["total", "served"] or 0, again["total", "unserved"] or 0
    assert served + unserved == 40, "who was declined three times is flagged, and nobody claims it here"
    assert unserved <= 5
    assert 3 <= (again["total", "declines"] or 0) <= 20
    assert 1 <= (again["total", "lapses"] or 0) <= 12


def test_a_window_begins_with_who_was_there() -> None:
    workspace, entries = morning()
    plan = compile_plan(workspace, 1)
    day = recorded_day(entries, {1: plan}, since=T0 + timedelta(seconds=80), until=T0 + timedelta(seconds=95))
    assert day is not None
    assert day.arrivals == 1
    again = figures_of(simulate(day.scenario(plan, name="again", service_levels=(20,)), seed=1, arrivals=1))
    assert again["total", "served"] == 1, "nobody else is before them in this window, and the agent is there"
    assert recorded_day(entries, {1: plan}, since=T0 + timedelta(days=1)) is None


# files


def test_a_journal_goes_through_a_file_unharmed() -> None:
    workspace, entries = morning()
    file = io.StringIO()
    write_journal(Recorded(workspaces={1: workspace}, entries=tuple(entries)), file)
    read = read_journal(io.StringIO(file.getvalue()))
    assert read.entries == tuple(entries)
    assert read.workspaces == {1: workspace}


ODD_LINES = [
    "nonsense",
    "{}",
    "3",
    '{"seq": 1, "at": "2026-01-01T00:00:00", "epoch": 1, "body": {"is": "step"}}',
    '{"plan": 1, "workspace": {}}',
]


@pytest.mark.parametrize("odd", ODD_LINES)
def test_a_line_that_is_none_is_refused_with_its_number(odd: str) -> None:
    with pytest.raises(HubError) as refused:
        read_journal(["\n", odd])
    assert refused.value.code in {"workspace_unreadable", "workspace_refused"}


def test_a_journal_out_of_order_is_refused() -> None:
    _, entries = morning()
    with pytest.raises(HubError):
        list(in_order(reversed(entries)))


async def test_the_journal_of_a_database_comes_with_every_version_of_its_rules(store: Store) -> None:
    workspace, entries = morning()

    async def command(tx: Tx) -> None:
        await tx.workspaces.ensure("test", delivery_epoch="e", at=T0)
        await tx.versions.apply("test", to_document(workspace), expected=0, at=T0, by="test")
        tx.journal.append("test", *(line(one.at, one.body, epoch=one.epoch) for one in entries))

    await store.write(command, name="test")
    stored = await stored_journal(store, "test")
    assert stored.workspaces == {1: workspace}
    assert stored.entries == tuple(entries)


# the command


def file_of(folder: Path) -> Path:
    workspace, entries = morning()
    file = folder / "journal.jsonl"
    with file.open("w", encoding="utf-8") as to:
        write_journal(Recorded(workspaces={1: workspace}, entries=tuple(entries)), to)
    return file


def test_the_command_verifies(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["replay", "--journal", str(file_of(tmp_path)), "--verify", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["identical"] is True
    assert told["steps"] == len(morning()[1])


def test_the_command_shows_what_other_rules_would_have_done(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text("rules: {auto_accept: [chat]}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["replay", "--journal", str(file_of(tmp_path)), "--rules", str(new), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["recorded"]["total"]["served"]["mean"] == 4
    assert told["first"]["total"]["wait_mean_seconds"] == told["recorded"]["total"]["wait_mean_seconds"]
    assert told["difference"]["total"]["wait_mean_seconds"]["mean"] < 0, "nothing rings any more"
    people = CliRunner().invoke(app, ["replay", "--journal", str(file_of(tmp_path)), "--rules", str(new)])
    assert "difference" in people.stdout
