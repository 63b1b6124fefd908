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
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from contact_hub.store.lineage import Lineage
from contact_hub.store.straight import Plan, Plans

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

BUSY_SECONDS: Final = 5.0
READERS: Final = 4
STATEMENTS_MAX: Final = 512
"""So many statements a connection keeps prepared."""
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

    rows: Sequence[Any]
    count: int

    def first(self) -> Any:
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
    lineage: Lineage

    @property
    def asked(self) -> int:
        """Statements so far."""

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


def sqlite_engine(url: str, *, writes: bool, pool_size: int, begins: bool = True) -> Engine:
    """An engine whose transactions begin when we say so, and not when the driver guesses: with the first statement, or (`begins` false) when whoever has the
    connection tells the driver."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": BUSY_SECONDS,
            "cached_statements": STATEMENTS_MAX,
        },
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

    if begins:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class SqliteDatabase:
    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self._writer = sqlite_engine(url, writes=True, pool_size=1, begins=False)
        self._readers = sqlite_engine(url, writes=False, pool_size=READERS, begins=False)
        self._plans = Plans(self._writer.dialect)
        self._threads = ThreadPoolExecutor(READERS + 1, thread_name_prefix="sqlite")
        self.lineage = Lineage()  # never asked: whoever serves a file is its only program (`store.sole`)
        self._turns = asyncio.Semaphore(READERS)
        self._idle: list[SqliteConnection] = []
        self._line: SqliteConnection | None = None
        """The writer's."""

    @property
    def asked(self) -> int:
        return self._plans.asked

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[Reading]:
        async with self._turns:
            connection = self._idle.pop() if self._idle else await self._hop(lambda: SqliteConnection(self._readers, self._plans))
            try:
                connection.driver.execute("BEGIN")
                yield _SqliteReading(connection, _at_once if brief else self._hop)
                connection.driver.execute("ROLLBACK")  # lets go of the snapshot; touches no disk, so it need not hop
            except BaseException:
                await self._hop(connection.drop)
                raise
            self._idle.append(connection)

    def writing(self) -> Writing:
        return _SqliteWriting(self._connect_writer, self._hop)

    def _connect_writer(self) -> SqliteConnection:
        self._line = SqliteConnection(self._writer, self._plans)
        return self._line

    async def close(self) -> None:
        await self._hop(self._dispose)
        self._threads.shutdown(wait=False)

    def _dispose(self) -> None:
        while self._idle:
            self._idle.pop().close()
        if self._line is not None:
            self._line.close()
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


class SqliteConnection:
    """A connection to the file: the driver's, and SQLAlchemy's over it for statements without a plan. Transactions are the driver's business alone;
    SQLAlchemy thinks it is in one for ever."""

    def __init__(self, engine: Engine, plans: Plans) -> None:
        self._general, self._plans = engine.connect(), plans
        self.driver = cast("sqlite3.Connection", self._general.connection.dbapi_connection)

    def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        many, one = _many_or_one(parameters)
        plan = self._plans.of(statement, tuple(many[0] if many else one))
        if plan is None or (many and plan.returns_rows):
            return _whole(self._general.execute(statement, parameters))
        try:
            if many:
                return Result((), self.driver.executemany(plan.words, map(plan.bind, many)).rowcount)
            cursor = self.driver.execute(plan.words, plan.bind(one))
            if not plan.returns_rows:
                return Result((), cursor.rowcount)
            rows = plan.read(cursor.fetchall())
        except sqlite3.Error as error:
            dialect = self._general.dialect
            raise DBAPIError.instance(plan.words, None, error, sqlite3.Error, hide_parameters=True, dialect=dialect) from error
        return Result(rows, len(rows))

    def close(self) -> None:
        self._general.close()

    def drop(self) -> None:
        """Close the file too: after a full disk or an I/O error SQLite's state of mind is not worth keeping."""
        try:
            self._general.invalidate()
        finally:
            self._general.close()


class _SqliteReading:
    def __init__(self, connection: SqliteConnection, hop: Callable[[Callable[[], Any]], Any]) -> None:
        self._connection, self._hop = connection, hop

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        result: Result = await self._hop(lambda: self._connection.execute(statement, parameters))
        return result

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        result: Result = await self._hop(lambda: _all(self._connection.execute(statement, one) for one in many))
        return result


class _SqliteWriting:
    def __init__(self, connect: Callable[[], SqliteConnection], hop: Callable[[Callable[[], Any]], Any]) -> None:
        self._connect, self._hop = connect, hop
        self._connection: SqliteConnection | None = None

    async def begin(self) -> None:
        if self._connection is None:
            self._connection = await self._hop(self._connect)
        if not self._locked_at_once():
            await self._hop(lambda: self._plain("BEGIN IMMEDIATE"))

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        return self._open().execute(statement, parameters)

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        return _all(self._open().execute(statement, one) for one in many)

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
        driver = self._open().driver
        await self._hop(lambda: driver.execute("COMMIT"))

    async def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._hop(connection.drop)

    def _locked_at_once(self) -> bool:
        """False where another process writes: to wait for it is for a thread."""
        driver = self._open().driver
        driver.execute("PRAGMA busy_timeout=0")
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        finally:
            driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        return True

    def _plain(self, sql: str) -> None:
        """Straight to the driver: SQLAlchemy's own savepoints cost ten times as much."""
        self._open().driver.execute(sql)

    def _open(self) -> SqliteConnection:
        assert self._connection is not None, "no transaction is open"
        return self._connection


def _many_or_one(parameters: Parameters) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    """The sets of parameters where there are several, else the only one."""
    if isinstance(parameters, Sequence):
        return (parameters, {}) if len(parameters) > 1 else ((), parameters[0])
    return (), parameters or {}


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
            pool_reset_on_return=None,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",  # to SQLAlchemy: we tell the driver ourselves where a transaction begins and ends
            connect_args={
                "timeout": BUSY_SECONDS,
                "statement_cache_size": STATEMENTS_MAX,
                "server_settings": {"application_name": "contact-hub", "jit": "off"} | _KEEP_ALIVE,
            },
        )
        self._plans, self.lineage = Plans(self._engine.dialect), Lineage()
        event.listen(self._engine.sync_engine, "reset", _leave_no_transaction)

    @property
    def asked(self) -> int:
        return self._plans.asked

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[Reading]:  # noqa: ARG002 - a question over a wire never runs here
        async with self._engine.connect() as general:
            connection = await PostgresConnection.over(general, self._plans, self.lineage)
            await connection.plain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def writing(self) -> Writing:
        return _PostgresWriting(self._engine.connect, self._plans, self.lineage)

    async def close(self) -> None:
        await self._engine.dispose()


def _leave_no_transaction(connection: Any, _record: object, state: Any) -> None:
    """Whoever gives a connection back, however it came to that, gives it back empty, or closed."""
    driver = connection.driver_connection
    if state.terminate_only or driver.is_closed() or not driver.is_in_transaction():
        return
    try:
        connection.run_async(lambda driver: driver.execute("ROLLBACK"))
    except Exception:  # whatever it is, this line is of no use to anybody
        driver.terminate()


class PostgresConnection:
    """A connection to the server: asyncpg's, and SQLAlchemy's over it for statements without a plan. Transactions are the driver's business alone."""

    def __init__(self, general: AsyncConnection, driver: Any, plans: Plans) -> None:
        self._general, self.driver, self._plans = general, driver, plans

    @classmethod
    async def over(cls, general: AsyncConnection, plans: Plans, lineage: Lineage) -> PostgresConnection:
        """Raises what connecting raises. A line that was closed while it lay idle is replaced, and a new one leads to the rows of before."""
        driver: Any = (await general.get_raw_connection()).driver_connection
        if driver.is_closed():
            await general.invalidate()
            driver = (await general.get_raw_connection()).driver_connection
        connection = cls(general, driver, plans)
        with connection._answered():
            await lineage.ask(driver)
        return connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        many, one = _many_or_one(parameters)
        plan = self._plans.of(statement, tuple(many[0] if many else one))
        if plan is None or (many and plan.returns_rows):
            if self.driver.is_closed():  # SQLAlchemy would open another line, on which no transaction was begun
                raise ConnectionResetError("the line to PostgreSQL is closed")
            return _whole(await self._general.execute(statement, parameters))
        try:
            with self._answered():
                return await self._straight(plan, many, one)
        except Exception as error:
            state = getattr(error, "sqlstate", None)
            if state is None:
                raise
            kind = IntegrityError if state.startswith("23") else DBAPIError
            raise kind(plan.words, None, error, hide_parameters=True) from error

    async def _straight(self, plan: Plan, many: Sequence[Mapping[str, Any]], one: Mapping[str, Any]) -> Result:
        if many:
            if plan.words_of_columns:
                await self.driver.execute(plan.words_of_columns, *plan.bind_columns(many))
            else:
                await self.driver.executemany(plan.words, list(map(plan.bind, many)))
            return Result((), -1)
        if not plan.returns_rows:
            done: str = await self.driver.execute(plan.words, *plan.bind(one))
            return Result((), int(done.rpartition(" ")[2]))
        rows = plan.read(await self.driver.fetch(plan.words, *plan.bind(one)))
        return Result(rows, len(rows))

    async def plain(self, words: str) -> str:
        """What the driver need not prepare; the server's word for what it has done."""
        with self._answered():
            done: str = await self.driver.execute(words)
        return done

    async def execute_each(self, statement: Executable, many: Sequence[Mapping[str, Any]]) -> Result:
        return _all([await self.execute(statement, one) for one in many])

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Whoever is cancelled while the server is asked does not know what became of it, least of all of a BEGIN: nobody may have that line again."""
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self.driver.terminate()
            raise

    async def close(self) -> None:
        await self._general.close()

    async def drop(self) -> None:
        try:
            await self._general.invalidate()
            await self._general.close()
        except (SQLAlchemyError, OSError, TimeoutError):  # the server may be gone; so is the connection then
            return


_BEGIN_WRITING: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    f"SET LOCAL lock_timeout = '{LOCK_WAIT}'; "
    f"SET LOCAL idle_in_transaction_session_timeout = '{STANDSTILL_MAX}'; "
    f"SET LOCAL tcp_user_timeout = '{UNHEARD_MAX}'"
)


class _PostgresWriting:
    """A savepoint travels with the first statement behind it, together with the release of the one before: a command that asks nothing of the database costs no
    round trip, any other one instead of two. The last one need not be released, since the commit does it."""

    def __init__(self, connect: Callable[[], AsyncConnection], plans: Plans, lineage: Lineage) -> None:
        self._connect, self._plans, self._lineage = connect, plans, lineage
        self._connection: PostgresConnection | None = None
        self._wanted = self._stands = False

    async def begin(self) -> None:
        general = self._connect()
        await general.start()
        try:
            self._connection = await PostgresConnection.over(general, self._plans, self._lineage)
        except BaseException:
            await general.close()
            raise
        self._wanted = self._stands = False
        await self._plain(_BEGIN_WRITING)

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        connection = self._open()
        if self._wanted:
            await self._plain("RELEASE SAVEPOINT command; SAVEPOINT command" if self._stands else "SAVEPOINT command")
            self._wanted, self._stands = False, True
        return await connection.execute(statement, parameters)

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
        await self._plain(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")

    async def commit(self) -> None:
        done = await self._open().plain("COMMIT")
        if done != "COMMIT":  # where a statement had failed it answers ROLLBACK, and calls that no error
            raise ConnectionAbortedError(f"PostgreSQL answered COMMIT with {done}")
        connection, self._connection = self._open(), None
        await connection.close()

    async def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.drop()

    async def _plain(self, sql: str) -> None:
        await self._open().plain(sql)

    def _open(self) -> PostgresConnection:
        assert self._connection is not None, "no transaction is open"
        return self._connection
