"""Migrations lead to exactly the tables we speak of, and a database of another version is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from contact_hub.errors import HubError
from contact_hub.store import Store, migrate, schema_state, tables
from contact_hub.store.schema import _connected


async def test_migrated_database_is_the_metadata(store_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), tables.metadata))

    assert await _connected(store_url, differences) == []


async def test_checks_and_the_partial_index_came_along(store_url: str) -> None:
    def found(connection: Connection) -> tuple[set[str | None], str]:
        inspector = inspect(connection)
        checks = {one["name"] for table in inspector.get_table_names() for one in inspector.get_check_constraints(table)}
        live = next(one for one in inspector.get_indexes("offers") if one["name"] == "uq_offers_live")
        return checks, " ".join(str(option) for option in live["dialect_options"].values())

    checks, live = await _connected(store_url, found)
    wanted = {
        check.name for table in tables.metadata.tables.values() for check in table.constraints if str(check.name).startswith("ck_")
    }
    assert checks == wanted
    assert "offered" in live
    assert "assigned" in live


async def test_state_is_told_apart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert await schema_state(url) == "empty"
    with pytest.raises(HubError) as refused:
        await Store.open(url)
    assert refused.value.code == "database_outdated"
    await migrate(url)
    await migrate(url)
    assert await schema_state(url) == "current"
    await _connected(url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    assert await schema_state(url) == "ahead", "its migrations promised to leave us what we need"
    await _connected(url, lambda connection: connection.execute(text("UPDATE schema_floor SET oldest = '9000'")))
    assert await schema_state(url) == "newer"
    await _connected(url, lambda connection: connection.execute(text("DELETE FROM alembic_version")))
    assert await schema_state(url) == "outdated"


async def test_unreachable_database_has_its_own_code(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}", "postgresql://nobody@127.0.0.1:1/nothing"):
        with pytest.raises(HubError) as refused:
            await Store.open(url)
        assert refused.value.code == "database_unreachable"


async def test_sqlite_is_as_durable_as_we_say(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)

    async def settings(tx: object) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [(await tx.execute(text(f"PRAGMA {name}"))).scalar() for name in names]  # type: ignore[attr-defined]

    assert await store.write(settings, name="settings") == ["wal", 2, 1, 5000]
    await store.close()
