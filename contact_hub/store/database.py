"""The store: rows in, rows out, on SQLite or PostgreSQL.

Two ways to use it. `read()` gives one snapshot to look at. `write(command)` hands a command to the one task that writes and returns once its work is on disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from contact_hub.errors import HubError
from contact_hub.store.engines import Database, database, lost_code
from contact_hub.store.fair import HOUSE, Lane
from contact_hub.store.schema import SchemaState, refuse_other_schema
from contact_hub.store.transaction import Tx
from contact_hub.store.writer import A_contra, Batch, Command, R, T, Together, Writer
from contact_hub.tracing import span


class Store:
    """Open it with `Store.open`, close it before the event loop ends."""

    def __init__(self, rows: Database, writer: Writer, schema: SchemaState = "current") -> None:
        self._rows, self._writer, self.schema = rows, writer, schema

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        waiting_max: int = 4_096,
        batch_seconds_max: float = 30.0,
        observe: Callable[[Batch], None] = lambda _batch: None,
    ) -> Store:
        """Refuses a database that cannot be reached, or whose version we cannot serve. `observe` hears of every commit."""
        schema = await refuse_other_schema(url)
        rows = database(url)
        return cls(rows, Writer(rows, waiting_max=waiting_max, batch_seconds_max=batch_seconds_max, observe=observe), schema)

    async def close(self) -> None:
        """Finish what waits, then let go."""
        await self._writer.close()
        await self._rows.close()

    @property
    def waiting(self) -> int:
        """Commands that are not begun yet."""
        return self._writer.waiting

    def waiting_of(self, workspace: str) -> int:
        """The same of one workspace: what it has brought and is not durable yet."""
        return self._writer.waiting_of(workspace)

    @property
    def dialect(self) -> str:
        return self._rows.dialect

    async def outlived(self) -> None:
        """Wait until a backup has been put back under this process: everything it has in mind is of a time that never was. From then on whatever is read or
        written is `unavailable`."""
        await self._rows.lineage.ended.wait()

    def begin_anew(self) -> list[int]:
        """For whoever puts a backup back: other rows are ours from now on. The backends that this process talks to."""
        self._rows.lineage.begin_anew()
        return self._rows.lineage.backends()

    @property
    def asked(self) -> int:
        """Statements of this process so far; beginning and ending a transaction is none."""
        return self._rows.asked

    @asynccontextmanager
    async def read(self, *, brief: bool = False) -> AsyncIterator[Tx]:
        """One snapshot; nothing written meanwhile shows in it. `brief`: a few rows by their keys, for which changing threads would cost more than asking."""
        try:
            async with self._rows.reading(brief=brief) as connection:
                yield Tx(connection, self._rows.dialect)
        except Exception as error:
            code = lost_code(error)
            if code is None:
                raise
            raise HubError(code) from error

    async def clock_offset(self, now: Callable[[], datetime]) -> timedelta:
        """How far the database's clock is ahead of `now`, to half the time of asking."""
        async with self.read() as tx:
            await tx.database_time()  # whatever has to be connected is connected now
            asked = now()
            there = await tx.database_time()
            return there - (asked + (now() - asked) / 2)

    async def write(self, command: Command[T], *, name: str, lane: Lane = HOUSE, cost: int = 1) -> T:
        """Run a command and return its result once it is on disk. Lanes take turns, by `cost`; without one it is the house's own work.

        A command that raises leaves nothing behind, and its exception comes out here. `storage_full`, `unavailable`, `overloaded` and `shutting_down` mean
        that nothing was kept, as far as we know; sending the same again is safe where it is idempotent. The command may be run more than once and must
        touch nothing but its transaction; what follows from it belongs into `tx.after_commit`.
        """
        with span("store.write", command=name):
            return await self._writer.run(command, name, lane=lane, cost=cost)

    async def write_together(
        self, work: Together[A_contra, R], item: A_contra, *, name: str, lane: Lane = HOUSE, cost: int = 1
    ) -> R:
        """`write` for a kind of command that comes in crowds: those that wait behind each other share their statements."""
        with span("store.write", command=name):
            return await self._writer.run_together(work, item, name, lane=lane, cost=cost)
