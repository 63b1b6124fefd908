"""What becomes of a line to PostgreSQL on which somebody was cancelled, or something failed unseen."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.exc import DBAPIError

from contact_hub.store.engines import PostgresConnection, database, lost_code
from contact_hub.store.straight import SEEN, Plans
from contact_hub.store.tables import leases


class Silent:
    """A driver whose server does not answer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.terminated = False

    async def execute(self, *_words: Any) -> str:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def fetch(self, *words: Any) -> list[Any]:
        await self.execute(*words)
        return []

    def terminate(self) -> None:
        self.terminated = True


@pytest.mark.parametrize("what", ["BEGIN", "a question"])
async def test_a_line_whose_answer_nobody_waited_for_is_closed(what: str) -> None:
    driver, plans = Silent(), Plans(asyncpg.dialect())
    line = PostgresConnection(cast("Any", None), driver, plans)
    asked = select(leases.c.epoch).where(leases.c.workspace == bindparam("whose"))
    for _ in range(SEEN):
        plans.of(asked, ("whose",))
    told = line.plain("BEGIN") if what == "BEGIN" else line.execute(asked, {"whose": "w"})
    task = asyncio.create_task(cast("Any", told))
    await driver.asked.wait()
    assert not driver.terminated
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert driver.terminated, "what became of it is not known"


@pytest.mark.services
async def test_a_commit_that_was_answered_with_a_rollback_is_none(postgres_url: str) -> None:
    rows = database(postgres_url)
    writing = rows.writing()
    await writing.begin()
    with pytest.raises(DBAPIError):
        await writing.execute(text("SELECT 1 / 0"))
    with pytest.raises(ConnectionError) as refused:
        await writing.commit()
    assert lost_code(refused.value) == "unavailable"
    await writing.abandon()
    await rows.close()


@pytest.mark.services
async def test_nothing_is_asked_outside_of_the_transaction_on_a_line_that_was_lost(postgres_url: str) -> None:
    rows = database(postgres_url)
    writing = rows.writing()
    await writing.begin()
    asked = select(leases.c.epoch)
    await writing.execute(asked)
    cast("Any", writing)._open().driver.terminate()
    for _ in range(2):  # whichever way it would go
        with pytest.raises(Exception) as refused:  # noqa: PT011 - what it is called is the driver's affair
            await writing.execute(asked)
        assert lost_code(refused.value) == "unavailable"
    await writing.abandon()
    await rows.close()
