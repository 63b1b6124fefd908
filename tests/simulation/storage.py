"""The database of a history: one real SQLite, reached over a distance.

Tables, statements, snapshots, savepoints and constraints are real. What is made here is the way there: every transaction takes virtual time before and
after it, may meet a broken line, or may be committed without anybody hearing of it. Nodes write one after the other (SQLite has one writer); a dead or
silent node's open transaction is rolled back, as a server does that loses a client. The file lies in memory and is used again by the next history.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, event

from contact_hub.store import Store, Tx, migrate
from contact_hub.store.engines import Parameters, Result, SqliteConnection, sqlite_engine
from contact_hub.store.fair import HOUSE, Lane
from contact_hub.store.lineage import Lineage
from contact_hub.store.straight import Plans
from contact_hub.store.tables import metadata
from contact_hub.store.writer import A_contra, Command, R, T, Together, Writer
from tests.simulation.loop import Process
from tests.simulation.weather import Trace, Weather

_KEPT = ("alembic_version", "schema_floor")
HANG_SECONDS = 2.5
"""After so long a line that is cut is known to be cut."""


class Storage:
    """The file and its connections, for as many histories as one likes, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'floor.db'}"
        asyncio.run(migrate(self.url))
        self.now: Callable[[], datetime] | None = None
        self._readers = sqlite_engine(self.url, writes=False, pool_size=64, begins=False)
        writers = sqlite_engine(self.url, writes=True, pool_size=1, begins=False)
        for engine in (writers, self._readers):
            event.listen(engine, "connect", self._prepare)
        self.plans = Plans(writers.dialect)
        self.writer = SqliteConnection(writers, self.plans)
        self._idle: list[SqliteConnection] = []
        self._first: dict[str, list[tuple[Any, ...]]] = {}

    def _prepare(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.create_function("julianday", 1, self._julian_day)

    def _julian_day(self, _when: str) -> float:
        """The database's own clock, which is the history's."""
        assert self.now is not None
        return self.now().timestamp() / 86400 + 2440587.5

    def remember(self) -> None:
        """What stands now is what every history begins with."""
        driver = self._driver()
        for table in metadata.sorted_tables:
            if table.name not in _KEPT:
                rows = driver.execute(f"SELECT * FROM {table.name}").fetchall()
                if rows:
                    self._first[table.name] = rows

    def reset(self) -> None:
        driver = self._driver()
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("BEGIN IMMEDIATE")
        for table in metadata.sorted_tables:
            if table.name not in _KEPT:
                driver.execute(f"DELETE FROM {table.name}")
        for name, rows in self._first.items():
            marks = ",".join("?" * len(rows[0]))
            driver.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        driver.execute("COMMIT")
        driver.execute("PRAGMA foreign_keys=ON")

    def borrow(self) -> SqliteConnection:
        return self._idle.pop() if self._idle else SqliteConnection(self._readers, self.plans)

    def give_back(self, connection: SqliteConnection) -> None:
        connection.driver.rollback()
        self._idle.append(connection)

    def tidy(self) -> None:
        """A history is over, however it ended."""
        self.writer.driver.rollback()

    def _driver(self) -> sqlite3.Connection:
        return self.writer.driver


class Server:
    """The database server of one history: who writes now, and who waits to."""

    def __init__(self, storage: Storage, trace: Trace) -> None:
        self.storage, self.trace = storage, trace
        self._holder: object | None = None
        self._waiting: deque[tuple[object, asyncio.Future[None]]] = deque()

    async def let_write(self, who: object) -> None:
        if self._holder is None:
            self._holder = who
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((who, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self.done(who)
            raise

    def done(self, who: object) -> None:
        """This one writes no more, or does not want to any more."""
        for other, turn in self._waiting:
            if other is who and not turn.done():
                turn.set_result(None)  # its line broke while it stood in the queue, and it hears of it
        self._waiting = deque((other, turn) for other, turn in self._waiting if other is not who)
        if self._holder is not who:
            return
        self._holder = None
        while self._waiting and self._holder is None:
            other, turn = self._waiting.popleft()
            if not turn.done():
                self._holder = other
                turn.set_result(None)

    def writes(self, who: object) -> bool:
        return self._holder is who


class Link:
    """The way from one node to the database."""

    def __init__(self, server: Server, weather: Weather, process: Process) -> None:
        self.server, self.weather, self.process = server, weather, process
        self.open = asyncio.Event()
        self.open.set()
        self._breaks: dict[object, Callable[[], None]] = {}

    def cut(self) -> None:
        """Nothing passes any more; what was open is lost on the other side."""
        self.open.clear()
        self.lose()

    def lose(self) -> None:
        breaks, self._breaks = self._breaks, {}
        for lose in breaks.values():
            lose()

    def heal(self) -> None:
        self.open.set()

    async def travel(self, *, lost: float = 0.0) -> None:
        """One way. Raises OSError where the line is cut or breaks."""
        await asyncio.sleep(self.weather.store_seconds())
        if not self.open.is_set():
            try:
                async with asyncio.timeout(HANG_SECONDS):
                    await self.open.wait()
            except TimeoutError:
                raise ConnectionResetError("the line to the database is cut") from None
        if self.weather.chance(lost):
            raise ConnectionResetError("the line to the database broke")

    async def linger(self) -> None:
        """Some statements take their time."""
        if self.weather.chance(0.08):
            await asyncio.sleep(self.weather.store_seconds())

    def holds(self, what: object, lose: Callable[[], None]) -> None:
        """Something is open on the other side: it goes with the line and with the process."""
        self._breaks[what] = self.process.cares[what] = lose

    def holds_not(self, what: object) -> None:
        self._breaks.pop(what, None)
        self.process.cares.pop(what, None)


class SimulatedDatabase:
    """`store.engines.Database` of one node."""

    dialect = "sqlite"

    def __init__(self, link: Link) -> None:
        self._link, self.lineage = link, Lineage()

    @property
    def asked(self) -> int:
        return self._link.server.storage.plans.asked

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[_Reading]:
        await self._link.travel(lost=self._link.weather.read_lost)
        reading = _Reading(self._link)
        try:
            yield reading
        finally:
            reading.end()

    def writing(self) -> _Writing:
        return _Writing(self._link)

    async def close(self) -> None:
        self._link.lose()


class _Reading:
    def __init__(self, link: Link) -> None:
        self._link, self._storage = link, link.server.storage
        self._connection: SqliteConnection | None = self._storage.borrow()
        self._connection.driver.execute("BEGIN")
        link.holds(self, self.end)

    def end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._link.holds_not(self)
            self._storage.give_back(connection)

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        await self._link.linger()
        return self._open().execute(statement, parameters)

    async def execute_each(self, statement: Executable, many: Sequence[Any]) -> Result:
        await self._link.linger()
        rows = [row for one in many for row in self._open().execute(statement, one).rows]
        return Result(rows, len(rows))

    def _open(self) -> SqliteConnection:
        if self._connection is None:
            raise ConnectionResetError("the line to the database broke")
        return self._connection


class _Writing:
    def __init__(self, link: Link) -> None:
        self._link, self._server = link, link.server
        self._connection = link.server.storage.writer
        self._begun = False

    async def begin(self) -> None:
        await self._link.travel()
        self._link.holds(self, self._lose)
        await self._server.let_write(self)
        if not self._server.writes(self):  # the line broke while we stood in the queue
            raise ConnectionResetError("the line to the database broke")
        self._connection.driver.execute("BEGIN IMMEDIATE")
        self._begun = True

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        await self._link.linger()
        return self._open().execute(statement, parameters)

    async def execute_each(self, statement: Executable, many: Sequence[Any]) -> Result:
        await self._link.linger()
        rows = [row for one in many for row in self._open().execute(statement, one).rows]
        return Result(rows, len(rows))

    async def savepoint(self) -> None:
        self._plain("SAVEPOINT command")

    async def keep(self) -> None:
        self._plain("RELEASE command")

    async def undo(self) -> None:
        self._plain("ROLLBACK TO command")
        self._plain("RELEASE command")

    async def patient(self) -> None:
        await self._link.linger()

    async def commit(self) -> None:
        weather = self._link.weather
        await self._link.travel(lost=weather.commit_lost)
        self._open().driver.execute("COMMIT")
        self._server.trace(f"commit {self._link.process.name}")
        self._over()
        await self._link.travel(lost=weather.answer_lost)

    async def abandon(self) -> None:
        self._lose()

    def _lose(self) -> None:
        if self._begun:
            self._connection.driver.rollback()
        self._over()

    def _over(self) -> None:
        self._begun = False
        self._link.holds_not(self)
        self._server.done(self)

    def _open(self) -> SqliteConnection:
        if not self._begun:
            raise ConnectionResetError("the line to the database broke")
        return self._connection

    def _plain(self, sql: str) -> None:
        self._open().driver.execute(sql)


Outfit = Callable[[Tx, "SimulatedStore"], None]


class SimulatedStore(Store):
    """The product's store over the simulated database. `outfit` may put other repositories into a transaction: that is how bugs are planted."""

    def __init__(self, link: Link, outfit: Outfit | None = None) -> None:
        rows = SimulatedDatabase(link)
        loop = asyncio.get_running_loop()
        writer = Writer(rows, waiting_max=4_096, batch_seconds_max=30.0, observe=lambda _batch: None, monotonic=loop.time)
        super().__init__(rows, writer)
        self._outfit = outfit
        self.counter: dict[str, int] = {}
        self.errands: list[asyncio.Future[None]] = []
        self._outfitted: dict[int, _Outfitted] = {}

    @asynccontextmanager
    async def read(self, *, brief: bool = False) -> AsyncIterator[Tx]:
        async with super().read(brief=brief) as tx:
            if self._outfit is not None:
                self._outfit(tx, self)
            yield tx

    async def write(self, command: Command[T], *, name: str, lane: Lane = HOUSE, cost: int = 1) -> T:
        outfit = self._outfit
        if outfit is None:
            return await super().write(command, name=name, lane=lane, cost=cost)

        async def outfitted(tx: Tx) -> T:
            outfit(tx, self)
            return await command(tx)

        return await super().write(outfitted, name=name, lane=lane, cost=cost)

    async def write_plainly(self, command: Command[T], *, name: str) -> T:
        """Without what was put into it."""
        return await super().write(command, name=name)

    async def write_together(
        self, work: Together[A_contra, R], item: A_contra, *, name: str, lane: Lane = HOUSE, cost: int = 1
    ) -> R:
        if self._outfit is not None:
            work = self._outfitted.setdefault(id(work), _Outfitted(work, self._outfit, self))
        return await super().write_together(work, item, name=name, lane=lane, cost=cost)


class _Outfitted:
    """The same work, in a transaction that was outfitted before."""

    def __init__(self, work: Together[Any, Any], outfit: Outfit, store: SimulatedStore) -> None:
        self._work, self._outfit, self._store = work, outfit, store

    async def many(self, tx: Tx, items: Sequence[Any]) -> Sequence[Any]:
        self._outfit(tx, self._store)
        return await self._work.many(tx, items)

    async def one(self, tx: Tx, item: Any) -> Any:
        self._outfit(tx, self._store)
        return await self._work.one(tx, item)
