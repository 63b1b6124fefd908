"""The coverage map as an operator gets it: by brand and language, with the kinds of work that fare alike taken together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contact_hub.live.cover import coverage_report
from contact_hub.workspace import parse
from contact_hub.workspace.demo import demo_workspace
from contact_hub.workspace.floor import Floor
from tests import hubs

NOON = datetime(2026, 11, 24, 12, 17, tzinfo=UTC)


def floor_of(text: str = hubs.WORKSPACE) -> Floor:
    return Floor(version=3, workspace=parse(text))


async def test_the_demo_is_covered_at_every_hour() -> None:
    report = await coverage_report(Floor(version=1, workspace=demo_workspace(8300)), NOON, 4)
    assert list(report.said("en")) == []
    assert report.summary("en").startswith("Everything is covered until December 22, 2026")


async def test_a_floor_whose_only_pool_closes_says_so_once_for_all_kinds_of_work() -> None:
    floor = Floor(version=1, workspace=demo_workspace(8300))
    kept = tuple(pool for pool in floor.workspace.pools if pool.id == floor.workspace.contracts[0].pool)
    report = await coverage_report(staffed_by(floor, {pool.id for pool in kept}), NOON, 1)
    said = list(report.said("en"))
    assert said
    assert all("nobody for" in line for line in said)
    assert len({(line.brand, line.language) for line in report.lines}) == len(report.lines)
    assert "classes have times that nobody could serve until December 1, 2026" in report.summary("en")


def staffed_by(floor: Floor, pools: set[str]) -> Floor:
    """The floor with the agents of these pools alone."""
    agents = tuple(agent for agent in floor.workspace.agents if agent.pool in pools)
    return Floor(version=floor.version, workspace=floor.workspace.model_copy(update={"agents": agents}))


async def test_for_a_program_instants_are_seconds_and_steps_begin_with_the_hour() -> None:
    plain = (await coverage_report(floor_of(), NOON, 2)).as_json()
    since = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())
    assert plain["rules"] == 3
    assert {line["steps"][0][0] for line in plain["lines"]} == {since}
    assert {brand["id"] for brand in plain["brands"]} == {line["brand"] for line in plain["lines"]}
    assert all(since <= begins < ends <= since + 14 * 86_400 for line in plain["lines"] for begins, ends in line["gaps"])


async def test_the_same_hour_and_rules_are_worked_out_once() -> None:
    floor = floor_of()
    first, again = await coverage_report(floor, NOON, 4), await coverage_report(floor, NOON.replace(minute=59), 4)
    assert again.map is first.map
    assert (await coverage_report(floor_of(), NOON, 4)).map is not first.map


@pytest.mark.parametrize("tag", ["de", "es", "ar"])
async def test_gaps_are_told_in_every_language_of_the_console(tag: str) -> None:
    floor = Floor(version=1, workspace=demo_workspace(8300))
    report = await coverage_report(staffed_by(floor, {floor.workspace.pools[0].id}), NOON, 1)
    told, english = list(report.said(tag)), list(report.said("en"))
    assert told
    assert "{" not in "".join(told)
    assert not set(told) & set(english)
