"""The two databases behind one narrow seam: begin, execute, savepoint, commit.

SQLite: statements of the writer, and of readers that ask for a few rows by their keys, run right here in the event loop, because a hop into a thread costs
more than SQLite does; what may block (taking the write lock, the commit's fsync, whatever else a reader asks) hops. WAL, `synchronous=FULL`: a commit that
returned is on disk.
PostgreSQL: asyncpg under SQLAlchemy. Readers see one snapshot of the whole database in either case. Parameters never appear in an error's text.
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

BUSY_SECONDS: Final = 5.0
READERS: Final = 4
LOCK_WAIT: Final = "20ms"
"""Batches of two nodes may want each other's rows. A command that waits longer than this steps back to the next batch, holding nothing: well
before PostgreSQL would look for a deadlock, which it does after a second, for everybody in both batches."""
STANDSTILL_MAX: Final = "3s"
"""A process that is stopped, or cut off, in the middle of a batch would hold its rows for ever, the lease of its workspaces among them: after so long without
a word PostgreSQL takes the batch back. Shorter than a lease, so that who takes over waits for nobody."""
UNHEARD_MAX: Final = "3s"
"""The same for a wire that is cut while PostgreSQL waits for the second half of a question (the driver prepares a statement, then asks): that counts as busy,
not as idle. What is not acknowledged by the other machine for so long ends the connection; so does silence, which keep-alives find out."""


@dataclass(frozen=True, slots=True)
class Result:
    """All rows of a statement, and how many it touched."""

    rows: Sequence[Row[Any]]
    count: int

    def first(self) -> Row[Any] | None:
        return self.rows[0] if self.rows else None

    def scalar(self) -> Any:
        return self.rows[0][0] if self.rows else None


class Reading(Protocol):
    """One snapshot of the database."""

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result: ...

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        """The same question about several things: all rows, in the order of the parameters."""


class Writing(Reading, Protocol):
    """The one connection that writes. After an exception that `is_lost`, nothing but `abandon` is allowed."""

    async def begin(self) -> None: ...

    async def savepoint(self) -> None: ...

    async def keep(self) -> None:
        """Keep what was done since the savepoint."""

    async def undo(self) -> None:
        """Take back what was done since the savepoint."""

    async def patient(self) -> None:
        """From here on wait for locks as long as it takes: what comes now is last, and whoever holds them is about to commit."""

    async def commit(self) -> None: ...

    async def abandon(self) -> None:
        """Take everything back and be ready for another `begin`; never raises."""


class Database(Protocol):
    dialect: str

    def reading(self, *, brief: bool = False) -> Any: ...

    def writing(self) -> Writing: ...

    async def close(self) -> None: ...


def database(url: str) -> Database:
    """`sqlite:///path/to/file.db` or `postgresql://user@host/name`."""
    name = make_url(url).get_backend_name()
    if name == "sqlite":
        return SqliteDatabase(url)
    if name == "postgresql":
        return PostgresDatabase(url)
    raise ValueError(f"neither SQLite nor PostgreSQL: {name}")


# ---------------------------------------------------------------- what an error means


def lost_code(error: BaseException) -> str | None:
    """The code under which a whole batch is lost because of this error; None where only one command is to blame."""
    match error:
        case (sqlite3.Error() as cause) | DBAPIError(orig=sqlite3.Error() as cause):
            return _SQLITE_LOST.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
        case DBAPIError(connection_invalidated=True):
            return "unavailable"
        case DBAPIError():
            state = str(getattr(error.orig, "sqlstate", None) or "")
            return "storage_full" if state == "53100" else "unavailable" if state[:2] in {"08", "53", "57", "58"} else None
        case OSError(errno=errno.ENOSPC):
            return "storage_full"
        case OSError() | TimeoutError() | PoolTimeout():
            return "unavailable"
        case _ if type(error).__module__.startswith("asyncpg."):
            return "unavailable"  # the driver in person, whom nobody translated: it lost its line between two statements
        case _:
            return None


def wants_another_try(error: BaseException) -> bool:
    """Two nodes got in each other's way (serialisation, deadlock, a row locked too long): the command may simply be run again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03"}


_SQLITE_LOST: Final = {
    sqlite3.SQLITE_FULL: "storage_full",
    **dict.fromkeys(
        (
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_NOMEM,
            sqlite3.SQLITE_PROTOCOL,
        ),
        "unavailable",
    ),
}

# ---------------------------------------------------------------- SQLite


def sqlite_engine(url: str, *, writes: bool, pool_size: int) -> Engine:
    """An engine whose transactions begin when we say so, and not when the driver guesses."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_SECONDS, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={int(BUSY_SECONDS * 1000)}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class SqliteDatabase:
    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self._writer = sqlite_engine(url, writes=True, pool_size=1)
        self._readers = sqlite_engine(url, writes=False, pool_size=READERS)
        self._threads = ThreadPoolExecutor(READERS + 1, thread_name_prefix="sqlite")
        self._turns = asyncio.Semaphore(READERS)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[Reading]:
        async with self._turns:
            connection = self._idle.pop() if self._idle else await self._hop(self._readers.connect)
            try:
                yield _SqliteReading(connection, _at_once if brief else self._hop)
                connection.rollback()  # lets go of the snapshot; touches no disk, so it need not hop
            except BaseException:
                await self._hop(lambda: _drop(connection))
                raise
            self._idle.append(connection)

    def writing(self) -> Writing:
        return _SqliteWriting(self._writer, self._hop)

    async def close(self) -> None:
        await self._hop(self._dispose)
        self._threads.shutdown(wait=False)

    def _dispose(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self._readers.dispose()
        self._writer.dispose()

    async def _hop(self, work: Callable[[], T]) -> T:
        """Run in a thread. Whoever is cancelled meanwhile still waits for the thread to be done: a connection is never used by two."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                try:
                    await asyncio.wait([running])
                except asyncio.CancelledError:
                    continue
            if not running.cancelled():
                running.exception()  # seen: nobody is left to hear of it
            raise


async def _at_once(work: Callable[[], T]) -> T:
    return work()


Hop = Callable[[Callable[[], T]], Any]


class _SqliteReading:
    def __init__(self, connection: Connection, hop: Callable[[Callable[[], Any]], Any]) -> None:
        self._connection, self._hop = connection, hop

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        result: Result = await self._hop(lambda: _whole(self._connection.execute(statement, parameters)))
        return result

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        result: Result = await self._hop(lambda: _all(_whole(self._connection.execute(statement, one)) for one in many))
        return result


class _SqliteWriting:
    def __init__(self, engine: Engine, hop: Callable[[Callable[[], Any]], Any]) -> None:
        self._engine, self._hop = engine, hop
        self._connection: Connection | None = None

    async def begin(self) -> None:
        self._connection = self._locked_at_once() or await self._hop(self._locked)

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        return _whole(self._open().execute(statement, parameters))

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        return _all(_whole(self._open().execute(statement, one)) for one in many)

    async def savepoint(self) -> None:
        self._plain("SAVEPOINT command")

    async def keep(self) -> None:
        self._plain("RELEASE command")

    async def undo(self) -> None:
        self._plain("ROLLBACK TO command")
        self._plain("RELEASE command")

    async def patient(self) -> None:
        """There is only one writer: nobody holds anything."""

    async def commit(self) -> None:
        """In the thread is what waits for the disk, and nothing that would wait for the interpreter there."""
        connection, driver = self._open(), self._driver()
        await self._hop(lambda: driver.execute("COMMIT"))
        connection.commit()  # nothing is left to be done; SQLAlchemy hears that it is over
        connection.close()
        self._connection = None

    async def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._hop(lambda: _drop(connection))

    def _locked_at_once(self) -> Connection | None:
        """None where another process writes: to wait for it is for a thread."""
        connection = self._engine.connect()
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute("PRAGMA busy_timeout=0")
            connection.begin()
        except BaseException as error:
            _drop(connection)
            if isinstance(error, OperationalError) and getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            raise
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        return connection

    def _locked(self) -> Connection:
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            _drop(connection)
            raise
        return connection

    def _open(self) -> Connection:
        assert self._connection is not None, "no transaction is open"
        return self._connection

    def _plain(self, sql: str) -> None:
        """Straight to the driver: SQLAlchemy's own savepoints cost ten times as much."""
        self._driver().execute(sql)

    def _driver(self) -> Any:
        return self._open().connection.dbapi_connection


def _drop(connection: Connection) -> None:
    """Close the file too: after a full disk or an I/O error SQLite's state of mind is not worth keeping."""
    try:
        connection.invalidate()
    finally:
        connection.close()


def _whole(result: CursorResult[Any]) -> Result:
    rows = result.fetchall() if result.returns_rows else ()
    return Result(rows, len(rows) if result.returns_rows else result.rowcount)


def _all(results: Iterable[Result]) -> Result:
    rows = [row for result in results for row in result.rows]
    return Result(rows, len(rows))


# ---------------------------------------------------------------- PostgreSQL


_KEEP_ALIVE: Final = {"tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "2"}
"""Seconds of PostgreSQL's end of the wire; by its machine's own settings a node that was cut off would hold what it holds for two hours."""


class PostgresDatabase:
    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=READERS + 1,
            max_overflow=READERS,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=False,
            hide_parameters=True,
            connect_args={
                "timeout": BUSY_SECONDS,
                "server_settings": {"application_name": "contact-hub", "jit": "off"} | _KEEP_ALIVE,
            },
        )
        self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = self._engine.execution_options(isolation_level="READ COMMITTED")

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[Reading]:  # noqa: ARG002 - a question over a wire never runs here
        async with self._readers.connect() as connection:
            yield _PostgresReading(connection)

    def writing(self) -> Writing:
        return _PostgresWriting(self._writers.connect)

    async def close(self) -> None:
        await self._engine.dispose()


class _PostgresReading:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        return _whole(await self._connection.execute(statement, parameters))

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        return _all([await self.execute(statement, one) for one in many])


_BEGIN_WRITING: Final = (
    f"SELECT set_config('lock_timeout', '{LOCK_WAIT}', true), "
    f"set_config('idle_in_transaction_session_timeout', '{STANDSTILL_MAX}', true), "
    f"set_config('tcp_user_timeout', '{UNHEARD_MAX}', true)"
)


class _PostgresWriting:
    """A savepoint travels with the first statement behind it, together with the release of the one before: a command that asks nothing of the database costs no
    round trip, any other one instead of two. The last one need not be released, since the commit does it."""

    def __init__(self, connect: Callable[[], AsyncConnection]) -> None:
        self._connect = connect
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._wanted = self._stands = False

    async def begin(self) -> None:
        connection = self._connect()
        await connection.start()
        self._connection = connection
        self._wanted = self._stands = False
        await connection.begin()
        await connection.exec_driver_sql(_BEGIN_WRITING)  # and so the transaction has really begun
        self._driver = (await connection.get_raw_connection()).driver_connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        connection = self._open()
        if self._wanted:
            await self._plain("RELEASE SAVEPOINT command; SAVEPOINT command" if self._stands else "SAVEPOINT command")
            self._wanted, self._stands = False, True
        return _whole(await connection.execute(statement, parameters))

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        return _all([await self.execute(statement, one) for one in many])

    async def savepoint(self) -> None:
        self._wanted = True

    async def keep(self) -> None:
        self._wanted = False

    async def undo(self) -> None:
        if not self._wanted:
            await self._plain("ROLLBACK TO SAVEPOINT command; RELEASE SAVEPOINT command")
            self._stands = False
        self._wanted = False

    async def patient(self) -> None:
        await self._open().exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")

    async def commit(self) -> None:
        await self._open().commit()
        await self._open().close()
        self._connection = None

    async def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.invalidate()
                await connection.close()
            except (SQLAlchemyError, OSError, TimeoutError):  # the server may be gone; so is the connection then
                return

    async def _plain(self, sql: str) -> None:
        """Straight to the driver, which need not prepare anything for this."""
        await self._driver.execute(sql)

    def _open(self) -> AsyncConnection:
        assert self._connection is not None, "no transaction is open"
        return self._connection
