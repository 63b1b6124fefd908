"""The short way to the driver comes to the same as SQLAlchemy's: rows, counts and errors, whatever stands in the statement and however long its lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, bindparam, delete, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from contact_hub.store.tables import leases, routing_facts
from tests.simulation.straight import Kinds, Straight, beside

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROWS = [{"workspace": f"w{n}", "holder": f"n{n % 2}", "epoch": n, "expires_at": NOON + timedelta(seconds=n)} for n in range(6)]


def connection(kinds: Kinds) -> Straight:
    """One to a database of its own, with two tables in it."""
    engine = beside(lambda: sqlite3.connect(":memory:", isolation_level=None))
    opened = engine.connect()
    for table in (leases, routing_facts):
        table.create(opened)
    return Straight(opened, kinds)


@pytest.fixture
def both() -> tuple[Straight, Straight]:
    """One that has met every kind of statement by its second time, and one that never learns."""
    return connection(Kinds()), connection(_NeverLearns())


class _NeverLearns(Kinds):
    def learn(self, statement: Any, shape: Any, result: Any) -> None:
        """What is not learnt goes through SQLAlchemy."""


def same(
    both: tuple[Straight, Straight], build: Any, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> Any:
    """Ask both, built anew each time as repositories do."""
    answers = [one.execute(build() if callable(build) else build, parameters) for one in both]
    short, long = ([tuple(row) for row in answer.rows] for answer in answers)
    assert short == long
    assert answers[0].count == answers[1].count
    assert [row._fields for row in answers[0].rows] == [row._fields for row in answers[1].rows]
    return short


def test_values_in_the_statement_are_those_of_this_statement_and_not_of_the_first(both: tuple[Straight, Straight]) -> None:
    same(both, insert(leases), ROWS)
    for epoch in (1, 3, 5, 1):
        found = same(both, lambda epoch=epoch: select(leases).where(leases.c.epoch == epoch, leases.c.expires_at > NOON))
        assert [row[0] for row in found] == [f"w{epoch}"]


def test_lists_may_be_of_any_length(both: tuple[Straight, Straight]) -> None:
    same(both, insert(leases), ROWS)
    for epochs in ([1], [1, 2], [], [5, 4], [3], list(range(6))):
        asked = select(leases.c.workspace).where(leases.c.epoch.in_(epochs), leases.c.holder != "nobody").order_by(leases.c.epoch)
        assert len(same(both, asked)) == len(epochs)
    named = select(leases.c.workspace).where(leases.c.holder.in_(bindparam("holders", expanding=True)))
    for holders in (["n0"], ["n0", "n1"], ["n1"], []):
        assert len(same(both, named, {"holders": holders})) == 3 * len(holders)


def test_given_values_come_before_those_in_the_statement(both: tuple[Straight, Straight]) -> None:
    for row in ROWS:
        same(both, insert(leases), row)
    change = (
        update(leases).where(leases.c.workspace == bindparam("whose")).values(epoch=leases.c.epoch + 10, holder=bindparam("by"))
    )
    for n in range(3):
        assert same(both, change.returning(leases.c.epoch), {"whose": f"w{n}", "by": "x"}) == [(n + 10,)]
    same(both, lambda: delete(leases).where(leases.c.holder == "x"))
    assert len(same(both, select(leases))) == 3


def test_what_is_kept_on_conflict_is_replaced(both: tuple[Straight, Straight]) -> None:
    row = sqlite.insert(routing_facts)
    keep = row.on_conflict_do_update(index_elements=["workspace", "key"], set_={"body": row.excluded.body})
    for body in ({"a": 1}, {"a": 2}, {"b": [1, "ü", None]}):
        same(both, keep, [{"workspace": "w", "key": key, "body": body} for key in ("one", "two")])
        assert [found[-1] for found in same(both, select(routing_facts))] == [body, body]


def test_errors_are_those_of_sqlalchemy(both: tuple[Straight, Straight]) -> None:
    again: Executable = insert(leases)
    for one in both:
        one.execute(again, ROWS[0])
        one.execute(again, ROWS[1])
        with pytest.raises(IntegrityError):
            one.execute(again, ROWS[1])
