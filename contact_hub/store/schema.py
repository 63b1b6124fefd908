"""The shape of the database: which revision it has, and how it gets to ours."""

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
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from contact_hub.errors import HubError
from contact_hub.store.engines import BUSY_SECONDS, sqlite_engine

T = TypeVar("T")
SchemaState = Literal["current", "outdated", "empty", "newer"]
_SCRIPTS: Final = Path(__file__).parent / "migrations"


async def migrate(url: str) -> None:
    """Bring the database to the present revision; nothing happens where it already is."""
    await _connected(url, _upgrade)


async def schema_state(url: str) -> SchemaState:
    """`newer`: a later version of us wrote it, and we must leave it alone."""
    return await _connected(url, _state)


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _state(connection: Connection) -> SchemaState:
    scripts = ScriptDirectory.from_config(_config())
    ours = MigrationContext.configure(connection).get_current_revision()
    if ours is None:
        return "outdated" if "workspaces" in inspect(connection).get_table_names() else "empty"
    if ours == scripts.get_current_head():
        return "current"
    return "outdated" if ours in {script.revision for script in scripts.walk_revisions()} else "newer"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
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
    except (DBAPIError, OSError, sqlite3.Error, TimeoutError) as error:
        raise HubError("database_unreachable", error=type(error).__name__) from error


def _on_sqlite(url: str, work: Callable[[Connection], T]) -> T:
    engine = sqlite_engine(url, writes=True, pool_size=1)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()
