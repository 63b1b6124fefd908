"""A process knows the rows it began with, asks on every new line and now and then on old ones, and believes no others."""

from __future__ import annotations

import pytest

from contact_hub.clock import ManualClock
from contact_hub.store.lineage import Lineage
from tests.store.builders import NOW


class Line:
    """A driver whose server has these workspaces under these delivery epochs, or no tables at all."""

    def __init__(self, rows: dict[str, str] | None) -> None:
        self.rows, self.asked = rows, 0

    async def fetchval(self, _words: str) -> bool:
        self.asked += 1
        return self.rows is not None

    async def fetch(self, _words: str) -> list[tuple[str, str]]:
        assert self.rows is not None, "there is no such table"
        return list(self.rows.items())


async def test_an_old_line_is_asked_again_for_workspaces_that_came_since() -> None:
    clock, rows = ManualClock(NOW), dict[str, str]()
    lineage, line = Lineage(clock.monotonic), Line(rows)
    await lineage.ask(line)
    rows["w"] = "e1"
    clock.advance(9)
    await lineage.ask(line)
    assert line.asked == 1
    clock.advance(2)
    await lineage.ask(line)
    assert line.asked == 2
    with pytest.raises(ConnectionAbortedError):
        await lineage.ask(Line({"w": "e2"}))
    with pytest.raises(ConnectionAbortedError):
        await lineage.ask(line)
    assert lineage.ended.is_set()


@pytest.mark.parametrize("now", [{"w": "e2", "x": "e1"}, {"x": "e1"}, None])
async def test_other_rows_are_those_of_another_time(now: dict[str, str] | None) -> None:
    lineage = Lineage()
    await lineage.ask(Line({"w": "e1", "x": "e1"}))
    with pytest.raises(ConnectionAbortedError):
        await lineage.ask(Line(now))


async def test_new_workspaces_and_a_schema_that_is_still_to_come_are_no_other_time() -> None:
    lineage = Lineage()
    for rows in (None, {}, {"w": "e1"}, {"w": "e1", "x": "e1"}):
        await lineage.ask(Line(rows))
    assert not lineage.ended.is_set()


async def test_whoever_says_that_there_are_other_rows_goes_on_with_them() -> None:
    lineage = Lineage()
    await lineage.ask(Line({"w": "e1"}))
    lineage.begin_anew()
    await lineage.ask(Line({"w": "e2"}))
    assert not lineage.ended.is_set()
