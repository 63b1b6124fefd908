"""Services and stores that tests ask for by name.

Where a server comes from, in this order: a URL in the environment, the machine's own program, else the test is skipped with a line that says
why; with `CONTACT_HUB_REQUIRE_SERVICES=1` it fails instead.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn

import asyncpg
import pytest

from contact_hub.store import Store, migrate
from tests import servers

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server's maintenance database; make your own database there."""
    if url := os.environ.get("CONTACT_HUB_TEST_POSTGRES_URL"):
        yield url
        return
    programs = servers.postgres_programs()
    if programs is None:
        _absent("no PostgreSQL server (apt-get install postgresql), nor CONTACT_HUB_TEST_POSTGRES_URL")
    with servers.postgres(programs) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    if url := os.environ.get("CONTACT_HUB_TEST_REDIS_URL"):
        yield url
        return
    program = shutil.which("redis-server")
    if program is None:
        _absent("no redis-server (apt-get install redis-server), nor CONTACT_HUB_TEST_REDIS_URL")
    with servers.redis_server(program) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated database to copy from: a copy takes a tenth of a second."""
    name = f"contact_hub_template_{os.getpid()}"
    asyncio.run(_sql(postgres_server, f"CREATE DATABASE {name}"))
    asyncio.run(migrate(_named(postgres_server, name)))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture
async def postgres_url(postgres_server: str, postgres_template: str) -> AsyncIterator[str]:
    """A fresh migrated PostgreSQL database."""
    name = f"contact_hub_{os.getpid()}_{next(_numbers)}"
    await _sql(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _named(postgres_server, name)
    await _sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Every test that asks for it runs on both databases."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(store_url)
    yield opened
    await opened.close()


def _absent(what: str) -> NoReturn:
    if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
        pytest.fail(f"required here, and missing: {what}", pytrace=False)
    pytest.skip(f"not run: {what}")


def _named(url: str, database: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{database}"


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
