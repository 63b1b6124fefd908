"""Ack means on disk: what the one writer promises to whoever hands it a command."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contact_hub.errors import HubError
from contact_hub.store import Batch, Store, Tx
from contact_hub.store.engines import Parameters, Result, SqliteDatabase, Writing
from contact_hub.store.session import Rerun
from contact_hub.store.writer import Writer
from tests.store.builders import SYSTEM, conversation, laid_down, message, put

Command = Callable[[Tx], Awaitable[Any]]


async def test_result_comes_back_and_what_was_written_stands(store: Store) -> None:
    await put(store, conversation())
    appended = await store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message("hello")), name="post")
    assert appended.position == 1
    async with store.read() as tx:
        assert [entry.body["text"] for entry in await tx.conversations.public_after(SYSTEM, "c1", 0)] == ["hello"]


async def test_command_that_raises_leaves_nothing_and_harms_nobody_else(store: Store) -> None:
    await put(store, conversation("c1"), conversation("c2"), conversation("c3"))

    async def broken(tx: Tx) -> None:
        await tx.conversations.append_public(SYSTEM, "c2", message("never said"))
        tx.inputs.add("floor", {"never": "fed"}, at=conversation().opened_at)
        raise HubError("reason_required")

    def say(to: str) -> Command:
        return lambda tx: tx.conversations.append_public(SYSTEM, to, message("said"))

    outcomes = await asyncio.gather(
        store.write(say("c1"), name="say"),
        store.write(broken, name="broken"),
        store.write(say("c3"), name="say"),
        return_exceptions=True,
    )
    assert [getattr(outcome, "code", "fine") for outcome in outcomes] == ["fine", "reason_required", "fine"]
    async with store.read() as tx:
        assert {name: heads[0] for name, heads in (await tx.conversations.heads(SYSTEM, ["c1", "c2", "c3"])).items()} == {
            "c1": 1,
            "c2": 0,
            "c3": 1,
        }
        assert await tx.conversations.public_after(SYSTEM, "c2", 0) == []
        assert await tx.inputs.take_batch("floor", 10) == []


async def test_error_of_the_database_takes_back_one_command_only(store: Store) -> None:
    await put(store, conversation("c1"))
    outcomes = await asyncio.gather(
        store.write(lambda tx: tx.conversations.insert(conversation("c1")), name="twice"),
        store.write(lambda tx: tx.conversations.insert(conversation("c2")), name="fine"),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Exception)
    assert outcomes[1] is None


async def test_hooks_run_after_the_commit_and_only_for_what_was_kept(store: Store) -> None:
    heard: list[str] = []

    async def kept(tx: Tx) -> None:
        await tx.conversations.insert(conversation())
        tx.after_commit(lambda: heard.append("kept"))
        assert heard == []

    async def refused(tx: Tx) -> None:
        tx.after_commit(lambda: heard.append("refused"))
        raise HubError("not_found")

    async def failing_hook(tx: Tx) -> str:
        tx.after_commit(lambda: 1 / 0)
        return "fine"

    results = await asyncio.gather(
        *(store.write(command, name="hook") for command in (kept, refused, failing_hook)), return_exceptions=True
    )
    assert heard == ["kept"]
    assert results[2] == "fine"


async def test_commands_that_wait_together_are_committed_together(store_url: str) -> None:
    batches: list[Batch] = []
    store = await Store.open(store_url, observe=batches.append)
    await put(store, conversation())
    batches.clear()
    positions = await asyncio.gather(
        *(store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message("hi")), name="post") for _ in range(200))
    )
    await store.close()
    assert sorted(one.position for one in positions) == list(range(1, 201))
    assert max(batch.commands for batch in batches) == 64
    assert len(batches) <= 6


async def test_caller_that_goes_away_does_not_stop_the_others(store: Store) -> None:
    await put(store, conversation("c1"))
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        inside.set()
        await go_on.wait()
        await tx.conversations.append_public(SYSTEM, "c1", message("slow"))

    impatient = asyncio.create_task(store.write(slow, name="slow"))
    await inside.wait()
    never_begun = asyncio.create_task(store.write(lambda tx: tx.conversations.insert(conversation("gone")), name="gone"))
    patient = asyncio.create_task(store.write(lambda tx: tx.conversations.insert(conversation("c2")), name="other"))
    await asyncio.sleep(0)
    impatient.cancel()
    never_begun.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await patient
    async with store.read() as tx:
        assert set(await tx.conversations.get_many(SYSTEM, ["c1", "c2", "gone"])) == {"c1", "c2"}
        assert (await tx.conversations.get(SYSTEM, "c1")).public_head == 1


async def test_command_whose_own_work_is_cancelled_fails_alone(store: Store) -> None:
    async def cancelled(tx: Tx) -> None:
        await tx.conversations.insert(conversation("c1"))
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await store.write(cancelled, name="cancelled")
    await put(store, conversation("c2"))
    async with store.read() as tx:
        assert set(await tx.conversations.get_many(SYSTEM, ["c1", "c2"])) == {"c2"}


async def test_more_than_the_bound_is_refused_at_once(store_url: str) -> None:
    store = await Store.open(store_url, waiting_max=2)
    release = asyncio.Event()
    inside = asyncio.Event()

    async def hold(_tx: Tx) -> None:
        inside.set()
        await release.wait()

    async def nothing(_tx: Tx) -> None:
        return None

    held = asyncio.create_task(store.write(hold, name="hold"))
    await inside.wait()
    waiting = [asyncio.create_task(store.write(nothing, name="wait")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(HubError) as refused:
        await store.write(nothing, name="one_too_many")
    assert refused.value.code == "overloaded"
    release.set()
    await asyncio.gather(held, *waiting)
    await store.close()


async def test_command_that_takes_too_long_is_given_up_and_the_next_goes_on(store_url: str) -> None:
    store = await Store.open(store_url, batch_seconds_max=0.2)

    async def for_ever(tx: Tx) -> None:
        await tx.conversations.insert(conversation("c1"))
        await asyncio.Event().wait()

    with pytest.raises(HubError) as lost:
        await store.write(for_ever, name="for_ever")
    assert lost.value.code == "unavailable"
    await put(store, conversation("c2"))
    async with store.read() as tx:
        assert set(await tx.conversations.get_many(SYSTEM, ["c1", "c2"])) == {"c2"}
    await store.close()


async def test_closing_finishes_what_waits_and_refuses_what_comes(store_url: str) -> None:
    store = await Store.open(store_url)
    waiting = [asyncio.create_task(put(store, conversation(f"c{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    with pytest.raises(HubError) as refused:
        await put(store, conversation("late"))
    assert refused.value.code == "shutting_down"


async def test_reader_sees_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    await put(store, conversation("c1"))
    async with store.read() as tx:
        before = await tx.conversations.heads(SYSTEM, ["c1", "c2"])
        await put(store, conversation("c2"))
        assert await tx.conversations.heads(SYSTEM, ["c1", "c2"]) == before
    async with store.read() as tx:
        assert set(await tx.conversations.heads(SYSTEM, ["c1", "c2"])) == {"c1", "c2"}


async def test_cancelled_reader_does_not_spoil_the_connection_of_the_next(store: Store) -> None:
    await put(store, conversation("c1"))

    async def look() -> list[str]:
        async with store.read() as tx:
            return [found.id for found in (await tx.conversations.get_many(SYSTEM, ["c1"])).values()]

    for wait in range(40):
        reader = asyncio.create_task(look())
        for _ in range(wait):
            await asyncio.sleep(0)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        assert await look() == ["c1"]
        await put(store, conversation(f"after-{wait}"))


# ---------------------------------------------------------------- when the disk is full or the commit fails


async def test_full_database_has_its_own_code_acknowledges_nothing_and_recovers(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    await put(store, conversation("c1"))
    pages: list[int] = []

    async def limit(tx: Tx) -> None:
        await tx.conversations.append_public(SYSTEM, "c1", message("before"))
        pages.append(await _pragma(tx, "page_count"))
        await _pragma(tx, f"max_page_count={pages[0] + 2}")

    await store.write(limit, name="limit")
    long = "x" * 100_000
    outcomes = await asyncio.gather(
        store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message("short", "m-short-1")), name="short"),
        store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message(long, "m-long-1")), name="long"),
        return_exceptions=True,
    )
    assert [getattr(outcome, "code", None) for outcome in outcomes] == ["storage_full", "storage_full"]
    async with store.read() as tx:
        assert (await tx.conversations.get(SYSTEM, "c1")).public_head == 1
    # the limit went with the connection that was given up: space again
    again = await store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message(long, "m-long-1")), name="long")
    assert again.position == 2
    await store.close()


async def _pragma(tx: Tx, pragma: str) -> int:
    return int((await tx.execute(text(f"PRAGMA {pragma}"))).scalar())


class _CommitsFail:
    """A connection whose commits fail as often as it is told."""

    def __init__(self, real: Writing) -> None:
        self._real = real
        self.failures = 0

    async def begin(self) -> None:
        await self._real.begin()

    async def execute(self, statement: Any, parameters: Parameters = None) -> Result:
        return await self._real.execute(statement, parameters)

    async def execute_each(self, statement: Any, many: Any) -> Result:
        return await self._real.execute_each(statement, many)

    async def savepoint(self) -> None:
        await self._real.savepoint()

    async def keep(self) -> None:
        await self._real.keep()

    async def undo(self) -> None:
        await self._real.undo()

    async def patient(self) -> None:
        await self._real.patient()

    async def commit(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(5, "Input/output error")
        await self._real.commit()

    async def abandon(self) -> None:
        await self._real.abandon()


async def test_failed_commit_is_told_to_everybody_and_pokes_nobody(sqlite_url: str, tmp_path: Path) -> None:
    rows = SqliteDatabase(sqlite_url)
    connection = _CommitsFail(rows.writing())
    rows.writing = lambda: connection  # type: ignore[method-assign]
    writer = Writer(rows, waiting_max=100, batch_seconds_max=5, observe=lambda _batch: None)
    poked: list[str] = []

    def insert(name: str) -> Command:
        async def command(tx: Tx) -> str:
            await tx.conversations.insert(conversation(name))
            tx.after_commit(lambda: poked.append(name))
            return name

        return command

    connection.failures = 1
    outcomes = await asyncio.gather(*(writer.run(insert(f"c{n}"), "insert") for n in range(3)), return_exceptions=True)
    assert [getattr(outcome, "code", outcome) for outcome in outcomes] == ["unavailable"] * 3
    assert poked == []
    assert await asyncio.gather(*(writer.run(insert(f"c{n}"), "insert") for n in range(3))) == ["c0", "c1", "c2"]
    assert poked == ["c0", "c1", "c2"]
    await writer.close()
    await rows.close()


async def test_command_that_steps_back_is_run_again_even_where_the_commit_it_left_is_lost(sqlite_url: str) -> None:
    rows = SqliteDatabase(sqlite_url)
    connection = _CommitsFail(rows.writing())
    rows.writing = lambda: connection  # type: ignore[method-assign]
    writer = Writer(rows, waiting_max=100, batch_seconds_max=5, observe=lambda _batch: None)
    tries = 0

    async def steps_back_once(_tx: Tx) -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Rerun
        return "done"

    async def insert(tx: Tx) -> None:
        await tx.conversations.insert(conversation())

    connection.failures = 1
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(writer.run(steps_back_once, "again"), writer.run(insert, "insert"), return_exceptions=True)
    assert [getattr(outcome, "code", outcome) for outcome in outcomes] == ["done", "unavailable"]
    await writer.close()
    await rows.close()


@pytest.mark.services
async def test_while_another_process_writes_ours_waits_without_holding_up_the_loop(sqlite_url: str, tmp_path: Path) -> None:
    store = await Store.open(sqlite_url)
    await put(store, conversation("c1"))
    with contextlib.closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        posting = asyncio.create_task(
            store.write(lambda tx: tx.conversations.append_public(SYSTEM, "c1", message("hello")), name="post")
        )
        async with asyncio.timeout(3):
            async with store.read() as tx:
                assert await tx.conversations.public_after(SYSTEM, "c1", 0) == [], "a reader is not held up"
        assert not posting.done()
        other.execute("COMMIT")
        assert (await posting).position == 1
    await store.close()


async def test_killed_backend_costs_a_batch_and_not_the_service(postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    await laid_down(store)
    await put(store, conversation("c1"))

    async def commit_suicide(tx: Tx) -> None:
        await tx.conversations.insert(conversation("c2"))
        await tx.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(HubError) as lost:
        await store.write(commit_suicide, name="suicide")
    assert lost.value.code == "unavailable"
    await put(store, conversation("c3"))
    async with store.read() as tx:
        assert set(await tx.conversations.get_many(SYSTEM, ["c1", "c2", "c3"])) == {"c1", "c3"}
    await store.close()
