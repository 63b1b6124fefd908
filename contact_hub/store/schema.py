"""The shape of the database: which revision it has, and how it gets to ours.

Expand and contract: a migration only adds what programs of the version before can live with, and says so (`oldest_program`); what they needed is dropped
one version later. So the schema goes first, then the nodes one by one, N beside N-1. A program that meets a schema it does not know asks
`schema_floor` whether it is old enough to be refused.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from contact_hub.errors import HubError
from contact_hub.store.engines import BUSY_SECONDS, sqlite_engine
from contact_hub.store.tables import schema_floor

T = TypeVar("T")
SchemaState = Literal["current", "ahead", "outdated", "empty", "newer"]
SERVED: Final = ("current", "ahead")
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME: Final = 0x636F6E7461637468
"""PostgreSQL's advisory lock of whoever migrates: `contacth`."""
_QUEUE_SECONDS: Final = 30
_LOCK_SECONDS: Final = 3
"""DDL that waits for a table holds up everybody who comes after it, so it must not wait for long: it gives up, and is tried again later."""
_STATEMENT_SECONDS: Final = 300


async def migrate(url: str, *, queue_seconds: float = _QUEUE_SECONDS) -> None:
    """Bring the database to the present revision; nothing happens where it already is.

    Raises:
        HubError: `database_busy` where somebody else migrates or holds a table for too long (nothing was changed), `database_newer`.
    """
    await _connected(url, lambda connection: _upgrade(connection, queue_seconds))


async def schema_state(url: str) -> SchemaState:
    """`ahead`: a later version of us wrote it, in a way that we can live with. `newer`: in a way that we must leave alone."""
    return await _connected(url, _state)


async def refuse_other_schema(url: str) -> SchemaState:
    """The state, where it may be served. Raises: database_outdated, database_newer."""
    state = await schema_state(url)
    if state == "newer":
        raise HubError("database_newer", state=state)
    if state not in SERVED:
        raise HubError("database_outdated", state=state)
    return state


def _upgrade(connection: Connection, queue_seconds: float) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(queue_seconds * 1000)}ms'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS}s'")
    match _state(connection):
        case "current":
            return
        case "newer" | "ahead":
            raise HubError("database_newer")
    command.upgrade(_config(connection), "head")
    scripts = ScriptDirectory.from_config(_config())
    newest = scripts.get_revision("head")
    assert newest is not None
    connection.execute(delete(schema_floor))
    connection.execute(insert(schema_floor).values(oldest=newest.module.oldest_program))


def _state(connection: Connection) -> SchemaState:
    scripts = ScriptDirectory.from_config(_config())
    theirs = MigrationContext.configure(connection).get_current_revision()
    tables = inspect(connection).get_table_names()
    if theirs is None:
        return "outdated" if "workspaces" in tables else "empty"
    if theirs == scripts.get_current_head():
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    if theirs in known:
        return "outdated"
    oldest = connection.execute(select(schema_floor.c.oldest)).scalar() if "schema_floor" in tables else None
    return "ahead" if oldest in known else "newer"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def _connected(url: str, work: Callable[[Connection], T]) -> T:
    try:
        if make_url(url).get_backend_name() == "sqlite":
            return await asyncio.to_thread(_on_sqlite, url, work)
        engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS},
        )
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except ModuleNotFoundError as missing:
        raise HubError("extra_missing", "PostgreSQL needs the extra `postgres`: pip install 'contact-hub[postgres]'.") from missing
    except HubError:
        raise
    except Exception as error:
        if (refusal := _refusal(error)) is None:
            raise
        raise refusal from error


def _on_sqlite(url: str, work: Callable[[Connection], T]) -> T:
    engine = sqlite_engine(url, writes=True, pool_size=1)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


_BUSY_STATES: Final = {"55P03", "57014", "40P01"}
_FORBIDDEN: Final = "42501"
_WRONG_STATEMENT: Final = "42"
"""PostgreSQL's class of statements that do not fit the tables: no server to look after, but a schema that somebody has changed, or a mistake of ours."""


def _refusal(error: Exception) -> HubError | None:
    """What an error of the driver means; None where it is our own mistake. The server's words may hold what it was asked: only the kind is told."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None)
    busy = isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
    if state in _BUSY_STATES or busy:
        return HubError("database_busy", error=type(cause).__name__)
    if state is not None and state.startswith(_WRONG_STATEMENT) and state != _FORBIDDEN:
        return None
    if state is not None or isinstance(error, (DBAPIError, OSError, sqlite3.Error, TimeoutError)):
        return HubError("database_unreachable", error=_kind(cause))
    return None


def _kind(error: BaseException) -> str:
    """`InvalidPasswordError`, `ConnectionRefusedError`, `gaierror`: enough to know which word of the URL is wrong."""
    while error.__cause__ is not None and type(error).__name__ in {"Error", "InterfaceError", "OperationalError"}:
        error = error.__cause__
    return type(error).__name__
