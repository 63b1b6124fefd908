"""The short way to the driver comes to the same as SQLAlchemy's: rows, counts and errors, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from contact_hub.store.engines import Database, Result, Writing, database
from contact_hub.store.straight import SEEN, plan_of
from contact_hub.store.tables import leases, routing_facts
from contact_hub.store.types import Names, among

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROWS = [{"workspace": f"w{n}", "holder": f"n{n % 2}", "epoch": n, "expires_at": NOON + timedelta(seconds=n)} for n in range(6)]
L = leases.c
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


@pytest.fixture
async def rows(store_url: str) -> AsyncIterator[Database]:
    opened = database(store_url)
    yield opened
    await opened.close()


@pytest.fixture
async def floor(rows: Database) -> AsyncIterator[Writing]:
    """A transaction with six leases in it."""
    writing = rows.writing()
    await writing.begin()
    await writing.execute(insert(leases), ROWS)
    yield writing
    await writing.abandon()


async def same(floor: Writing, build: Callable[[], Executable], parameters: Parameters = None) -> Result:
    """One statement that is asked until it has a plan, beside the same built anew each time, which never has one."""
    kept = build()
    found = [await _undone(floor, kept, parameters) for _ in range(SEEN + 3)]
    anew = await _undone(floor, build(), parameters)
    for result in found:
        assert [tuple(row) for row in result.rows] == [tuple(row) for row in anew.rows]
        assert [row._fields for row in result.rows] == [row._fields for row in anew.rows]
        assert result.count == anew.count
    return found[-1]


async def _undone(floor: Writing, statement: Executable, parameters: Parameters) -> Result:
    await floor.savepoint()
    result = await floor.execute(statement, parameters)
    await floor.undo()
    return result


async def test_rows_have_their_columns_by_name_and_their_values_converted(floor: Writing) -> None:
    found = await same(floor, lambda: select(leases).where(L.workspace == bindparam("whose")), {"whose": "w3"})
    assert [(row.workspace, row.holder, row.epoch, row.expires_at) for row in found.rows] == [tuple(ROWS[3].values())]
    counted = await same(floor, lambda: select(L.holder, func.count().label("many")).group_by(L.holder).order_by(L.holder))
    assert [(row.holder, row.many) for row in counted.rows] == [("n0", 3), ("n1", 3)]


async def test_what_stands_in_a_statement_stands_there_each_time(floor: Writing) -> None:
    found = await same(
        floor,
        lambda: (
            select(L.workspace)
            .where(L.holder.in_(("n1", "n7")), L.epoch > bindparam("least"), L.expires_at < NOON + timedelta(seconds=5))
            .order_by(L.epoch)
        ),
        {"least": 1},
    )
    assert [row.workspace for row in found.rows] == ["w3"]


async def test_several_names_travel_in_one_parameter(floor: Writing) -> None:
    asked = select(L.epoch).where(among(L.workspace, bindparam("names", type_=Names))).order_by(L.epoch)
    for names in (["w1"], ["w1", "w4", "nobody"], [], ["w5", "w0"]):
        found = await same(floor, asked.execution_options, {"names": names})
        assert [row.epoch for row in found.rows] == sorted(int(name[1]) for name in names if name != "nobody")


async def test_lists_that_are_spelt_anew_for_each_length_have_no_plan(floor: Writing) -> None:
    asked = select(L.workspace).where(L.holder.in_(bindparam("holders", expanding=True)))
    for holders in (["n0"], ["n0", "n1"], ["n1"], [], ["n2"], ["n1"]):
        found = await floor.execute(asked, {"holders": holders})
        assert len(found.rows) == 3 * len({"n0", "n1"} & set(holders))
    for dialect in (sqlite.dialect(), postgresql.asyncpg.dialect()):
        assert plan_of(asked, ("holders",), dialect) is None


async def test_changes_tell_how_many_they_touched_and_what_they_left(floor: Writing) -> None:
    change = update(leases).where(L.holder == bindparam("whose")).values(epoch=L.epoch + bindparam("by"))
    assert (await same(floor, change.execution_options, {"whose": "n1", "by": 10})).count == 3
    assert (await same(floor, change.execution_options, {"whose": "nobody", "by": 10})).count == 0
    told = await same(floor, lambda: change.returning(L.workspace, L.epoch), {"whose": "n0", "by": 100})
    assert sorted((row.workspace, row.epoch) for row in told.rows) == [("w0", 100), ("w2", 102), ("w4", 104)]
    assert (await same(floor, lambda: delete(leases).where(L.epoch < bindparam("least")), {"least": 2})).count == 2


async def test_the_same_statement_may_name_other_columns_each_time(floor: Writing) -> None:
    change = update(leases).where(L.workspace == bindparam("whose"))
    for _ in range(SEEN + 2):
        assert (await floor.execute(change, {"whose": "w1", "epoch": 7})).count == 1
        assert (await floor.execute(change, {"whose": "w1", "holder": "me"})).count == 1
        assert (await floor.execute(change, {"epoch": 9, "whose": "w2"})).count == 1
    found = await floor.execute(select(L.holder, L.epoch).where(L.workspace.in_(("w1", "w2"))).order_by(L.workspace))
    assert [tuple(row) for row in found.rows] == [("me", 7), ("n0", 9)]


async def test_many_rows_are_written_in_one_go_and_kept_or_replaced(floor: Writing, rows: Database) -> None:
    row = (sqlite if rows.dialect == "sqlite" else postgresql).insert(routing_facts)
    keep = row.on_conflict_do_update(index_elements=["workspace", "key"], set_={"body": row.excluded.body})
    facts = select(routing_facts.c.body).order_by(routing_facts.c.key)
    for number in range(SEEN + 3):
        body = {"a": [number, "ü\x00", None]}
        await floor.execute(keep, [{"workspace": "w", "key": key, "body": body} for key in ("one", "two")])
        assert [found.body for found in (await floor.execute(facts)).rows] == [body, body]


async def test_each_of_several_questions_is_answered_in_their_order(floor: Writing) -> None:
    asked = select(L.epoch).where(L.workspace == bindparam("whose"))
    for _ in range(SEEN + 1):
        found = await floor.execute_each(asked, [{"whose": f"w{n}"} for n in (4, 1, 3)])
        assert [row.epoch for row in found.rows] == [4, 1, 3]


async def test_errors_are_sqlalchemys_and_name_no_parameter(floor: Writing) -> None:
    again = insert(leases)
    for _ in range(SEEN + 3):
        for wrong in (ROWS[0], ROWS[:2]):
            await floor.savepoint()
            with pytest.raises(IntegrityError) as refused:
                await floor.execute(again, wrong)
            assert "n0" not in str(refused.value).partition("DETAIL")[0], "what PostgreSQL adds names the key, and nothing else"
            await floor.undo()
    assert len((await floor.execute(select(leases))).rows) == 6
