"""The service: warm or cold, at once or bit by bit, the answer is the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.errors import HubError
from contact_hub.quality.query import Query
from contact_hub.quality.reports import Cell, Sight
from contact_hub.quality.service import Background, QualityService
from i18n.levels import Level
from routing.journal import Entry
from routing.measures import Directory
from routing.model import AgentId, Plan
from tests.quality import naive
from tests.quality.floors import DIRECTORY, FloorTold, plan
from tests.quality.histories import histories
from tests.quality.test_reports import YEAR, a_day_of_four_languages

QUERY = Query(**YEAR, by="vendor")  # type: ignore[arg-type]


class Journal:
    """Entries that become readable as time goes on; counts how often each was read."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries, self.readable, self.reads = entries, len(entries), 0
        self.broken = False

    async def read(self, workspace: str, after: int) -> AsyncIterator[Entry]:
        for entry in self.entries[: self.readable]:
            if entry.seq > after:
                if self.broken:
                    raise OSError("the disk is gone")
                self.reads += 1
                yield entry


async def plan_at(version: int) -> Plan:
    return plan(version)


def service(journal: Journal, directory: Directory = DIRECTORY) -> QualityService:
    return QualityService(journal.read, lambda workspace: Background(directory=directory, plan_at=plan_at))


@settings(max_examples=15, deadline=None)
@given(histories(), st.lists(st.integers(0, 80), max_size=4))
def test_bit_by_bit_equals_from_scratch_equals_naive(entries: list[Entry], cuts: list[int]) -> None:
    async def ask() -> None:
        journal = Journal(entries)
        warm = service(journal)
        for cut in sorted(cuts):
            journal.readable = cut
            await warm.report("floor", QUERY, Sight())
        journal.readable = len(entries)
        bit_by_bit = await warm.report("floor", QUERY, Sight())
        assert journal.reads == len(entries)

        await warm.recompute("floor")
        assert (
            await warm.report("floor", QUERY, Sight())
            == bit_by_bit
            == await service(Journal(entries)).report("floor", QUERY, Sight())
        )
        total = bit_by_bit["table"]["total"]["cells"]
        for name, (_, denominator) in naive.shares(entries).items():
            assert total[name]["n"] == denominator if name in total else denominator == 0

    asyncio.run(ask())


async def test_the_sight_of_the_asker_is_part_of_every_question() -> None:
    quality = service(Journal(a_day_of_four_languages().entries))

    shown = await quality.report("floor", QUERY, Sight(clients=frozenset({"maison"})))
    assert shown["table"]["total"]["cells"]["offered"]["value"] == 2
    items = await quality.drill("floor", QUERY, Sight(clients=frozenset({"maison"})), Cell(measure="offered"))
    assert {item.inquiry for item in items} == {"i2", "i4"}
    assert b"nilvoice" not in await quality.csv("floor", QUERY, Sight(clients=frozenset({"maison"})))


async def test_workspaces_have_nothing_in_common() -> None:
    journals = {"one": Journal(a_day_of_four_languages().entries), "other": Journal([])}
    quality = QualityService(
        lambda workspace, after: journals[workspace].read(workspace, after), lambda _: Background(directory=DIRECTORY)
    )

    assert (await quality.report("one", QUERY, Sight()))["tiles"][0]["value"] == 5
    assert (await quality.report("other", QUERY, Sight()))["tiles"][0]["value"] == 0


async def test_a_pool_that_changes_hands_is_counted_anew() -> None:
    now = {"directory": DIRECTORY}
    quality = QualityService(
        Journal(a_day_of_four_languages().entries).read, lambda _: Background(directory=now["directory"], plan_at=plan_at)
    )
    await quality.report("floor", QUERY, Sight())
    now["directory"] = Directory(vendors={"kairo": "pacific", "manila": "pacific"}, agents=DIRECTORY.agents)

    rows = (await quality.report("floor", QUERY, Sight()))["table"]["rows"]
    assert {row["key"]: row["cells"]["answered"]["value"] for row in rows} == {"in_house": 2, "pacific": 2, "": 0}


async def test_the_level_of_an_agent_is_that_of_the_rules_under_which_it_accepted() -> None:
    floor = FloorTold()
    for inquiry, rules in (("i1", 1), ("i2", 2)):
        floor.rules = rules
        floor.arrives(inquiry, language="de")
        floor.takes(inquiry, "omar")

    async def omar_learned(version: int) -> Plan:
        before = plan(version)
        omar = AgentId("omar")
        languages = {"de": Level.C1} if version == 2 else {"de": Level.A2}
        return replace(before, agents={**before.agents, omar: replace(before.agents[omar], languages=languages)})

    quality = QualityService(Journal(floor.entries).read, lambda _: Background(directory=DIRECTORY, plan_at=omar_learned))
    items = await quality.drill("floor", QUERY, Sight(), Cell(measure="language_match"))
    assert {item.inquiry: item.counted for item in items} == {"i1": False, "i2": True}


async def test_a_journal_that_cannot_be_read_costs_only_that_question() -> None:
    journal = Journal(a_day_of_four_languages().entries)
    journal.broken = True
    quality = service(journal)
    with pytest.raises(OSError, match="disk"):
        await quality.report("floor", QUERY, Sight())
    journal.broken = False

    assert (await quality.report("floor", QUERY, Sight()))["tiles"][0]["value"] == 5


async def test_a_wrong_question_leaves_the_fold_warm() -> None:
    journal = Journal(a_day_of_four_languages().entries)
    quality = service(journal)
    with pytest.raises(HubError):
        await quality.drill("floor", QUERY, Sight(), Cell(measure="mood"))
    await quality.report("floor", QUERY, Sight())

    assert journal.reads == len(journal.entries)


async def test_whoever_goes_away_while_we_count_disturbs_nobody() -> None:
    journal = Journal(a_day_of_four_languages().entries)
    quality = service(journal)
    impatient = asyncio.create_task(quality.report("floor", QUERY, Sight()))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await quality.report("floor", QUERY, Sight()))["tiles"][0]["value"] == 5
    assert journal.reads == len(journal.entries)


async def test_an_empty_floor_has_a_report_that_says_nothing() -> None:
    shown = await service(Journal([])).report("floor", QUERY, Sight())

    assert shown["table"]["rows"] == []
    assert {tile["value"] for tile in shown["tiles"]} == {0, None}


def test_a_floor_told_twice_is_told_the_same() -> None:
    assert FloorTold().entries == FloorTold().entries
