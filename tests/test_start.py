"""What goes wrong at the start, as whoever started it sees it: a sentence with its code and exit code, or a node that serves and says what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from alembic.command import upgrade as alembic_upgrade
from sqlalchemy import text

from contact_hub.errors import EXITS
from contact_hub.store import migrate
from contact_hub.store.schema import _config, _connected
from tests import hubs
from tests.servers import free_port, postgres, postgres_programs

pytestmark = pytest.mark.timeout(600)
BOOT_SECONDS = 180
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def environment(**given: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CONTACT_HUB_")}
    return clean | {"CONTACT_HUB_NO_BOOTSTRAP": "1", "COLUMNS": "200", "CONTACT_HUB_LOG_LEVEL": "warning"} | given


def hub(*arguments: str, program: tuple[str, ...] = ("-m", "contact_hub"), **given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *program, *arguments]
    return subprocess.run(command, env=environment(**given), capture_output=True, text=True, check=False, timeout=120)


@contextlib.contextmanager
def serving(**given: str) -> Iterator[str]:
    """A node that answers; yields its origin."""
    with started(**given) as (_, origin):
        yield origin


@contextlib.contextmanager
def started(**given: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The same with its process."""
    port = free_port()
    command = [sys.executable, "-m", "contact_hub", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(**given), stderr=subprocess.PIPE, text=True)
    origin, give_up = f"http://127.0.0.1:{port}", time.monotonic() + BOOT_SECONDS
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{origin}/healthz")
                break
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up
            time.sleep(0.05)
        yield process, origin
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stderr is not None:
            process.stderr.close()


def refused(done: subprocess.CompletedProcess[str], code: str, *said: str) -> None:
    assert done.returncode == EXITS[code], done.stderr
    assert done.stderr.startswith(f"{code}: "), done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CONTACT_HUB_DATABASE_URL", "mysql://root@localhost/hub", "postgresql+asyncpg://"),
        ("CONTACT_HUB_DATABASE_URL", "postgresql+asyncpg://hub@db:54x2/hub", "postgresql+asyncpg://"),
        ("CONTACT_HUB_REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("CONTACT_HUB_ROLE", "web,boss", "'boss': the roles are web, router, worker"),
        ("CONTACT_HUB_OTEL_ENDPOINT", "collector:4318", "http://collector:4318/v1/traces"),
    ],
)
def test_a_url_or_role_that_makes_no_sense_is_refused_by_name(variable: str, value: str, said: str) -> None:
    refused(hub("serve", **{variable: value}), "setting_invalid", variable, said)


@pytest.mark.services
def test_a_database_that_is_not_there_or_lets_nobody_in(postgres_server: str) -> None:
    nowhere = hub("serve", CONTACT_HUB_DATABASE_URL="postgresql://hub@127.0.0.1:1/hub")
    refused(nowhere, "database_unreachable", "ConnectionRefusedError")
    missing = hub("migrate", CONTACT_HUB_DATABASE_URL=postgres_server.rsplit("/", 1)[0] + "/no_such_database")
    refused(missing, "database_unreachable", "InvalidCatalogNameError")


def test_a_schema_of_another_version_is_told_apart_by_check_and_refused_by_serve(sqlite_url: str) -> None:
    where = {"CONTACT_HUB_DATABASE_URL": sqlite_url}
    current = hub("migrate", "--check", **where)
    assert (current.returncode, current.stdout.strip()) == (0, "database: current. It is of this program's version.")
    asyncio.run(set_revision(sqlite_url, "0001", None))
    older = hub("migrate", "--check", **where)
    assert older.returncode == EXITS["database_outdated"]
    assert "older than this program" in older.stdout
    refused(hub("serve", **where), "database_outdated", "contact-hub migrate")
    asyncio.run(set_revision(sqlite_url, "9999", "9998"))
    newer = hub("migrate", "--check", **where)
    assert newer.returncode == EXITS["database_newer"]
    assert "newer than this program" in newer.stdout
    refused(hub("serve", **where), "database_newer", "upgrade the program")
    refused(hub("migrate", **where), "database_newer")


def test_a_schema_of_the_next_version_that_promises_to_be_kind_is_served_and_told(sqlite_url: str, tmp_path: Path) -> None:
    asyncio.run(set_revision(sqlite_url, "9999", "0002"))
    with serving(CONTACT_HUB_DATABASE_URL=sqlite_url) as origin:
        ready = httpx.get(f"{origin}/readyz")
        assert ready.status_code == 200
        assert "degraded: schema_ahead: " in ready.text


async def set_revision(url: str, revision: str, oldest: str | None) -> None:
    await _connected(url, lambda connection: connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'")))
    if oldest:
        await _connected(url, lambda connection: connection.execute(text(f"UPDATE schema_floor SET oldest = '{oldest}'")))


def test_a_second_program_on_one_sqlite_file_is_refused_while_the_first_serves(sqlite_url: str) -> None:
    with serving(CONTACT_HUB_DATABASE_URL=sqlite_url) as origin:
        second = hub("serve", "--port", str(free_port()), CONTACT_HUB_DATABASE_URL=sqlite_url)
        refused(second, "file_in_use", "process")
        assert httpx.get(f"{origin}/readyz").text == "ready\nroles: web,router,worker"
        assert hub("doctor", CONTACT_HUB_DATABASE_URL=sqlite_url).returncode in {0, 1}, "who only looks may come in"
    with serving(CONTACT_HUB_DATABASE_URL=sqlite_url):
        pass


@pytest.mark.parametrize("answers", ["nobody", "silence"])
def test_without_redis_a_node_starts_serves_and_says_that_it_is_degraded(sqlite_url: str, answers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes every connection, as a Redis does that stands still
        port = 1 if answers == "nobody" else silent.getsockname()[1]
        with serving(CONTACT_HUB_DATABASE_URL=sqlite_url, CONTACT_HUB_REDIS_URL=f"redis://127.0.0.1:{port}/0") as origin:
            give_up = time.monotonic() + 20
            while True:  # silence is known as such after two seconds
                ready = httpx.get(f"{origin}/readyz", headers={"accept": "application/json"})
                assert ready.status_code == 200
                if degraded := [trouble["code"] for trouble in ready.json()["degraded"]]:
                    break
                assert time.monotonic() < give_up
                time.sleep(0.1)
            assert degraded == ["redis_unreachable"]
            assert 'contact_hub_degraded{state="redis_unreachable"} 1.0' in httpx.get(f"{origin}/metrics").text


@pytest.mark.services
@pytest.mark.skipif(FAKETIME is None, reason="not run: no libfaketime")
def test_a_machine_whose_clock_is_an_hour_off_serves_and_says_so(postgres_url: str) -> None:
    wrong = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "-1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with serving(CONTACT_HUB_DATABASE_URL=postgres_url, **wrong) as origin:
        ready = httpx.get(f"{origin}/readyz")
        assert ready.status_code == 200
        assert "degraded: clock_off: This machine's clock is 3600 s behind the database's" in ready.text
        assert 'contact_hub_degraded{state="clock_off"} 1.0' in httpx.get(f"{origin}/metrics").text


@pytest.mark.services
async def test_only_one_migrates_and_it_does_not_wait_for_a_table_that_is_held(postgres_server: str) -> None:
    name = f"contact_hub_held_{os.getpid()}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"CREATE DATABASE {name}")
    url = postgres_server.rsplit("/", 1)[0] + f"/{name}"
    runs = await asyncio.gather(*(asyncio.to_thread(hub, "migrate", CONTACT_HUB_DATABASE_URL=url) for _ in range(2)))
    assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name}")
    await _connected(url, lambda connection: alembic_upgrade(_config(connection), "0001"))
    held = await asyncpg.connect(url)
    async with held.transaction():
        await held.execute("LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE")
        refused(await asyncio.to_thread(hub, "migrate", CONTACT_HUB_DATABASE_URL=url), "database_busy", "nothing was changed")
    mended = await asyncio.to_thread(hub, "migrate", CONTACT_HUB_DATABASE_URL=url)
    assert mended.returncode == 0, mended.stderr
    await held.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.mark.services
def test_a_node_whose_database_goes_away_is_not_ready_and_lives_on() -> None:
    programs = postgres_programs()
    if programs is None:
        pytest.skip("not run: no PostgreSQL server")
    with contextlib.ExitStack() as node:
        with postgres(programs) as url:
            asyncio.run(migrate(url))
            origin = node.enter_context(serving(CONTACT_HUB_DATABASE_URL=url))
            assert httpx.get(f"{origin}/readyz").status_code == 200
        gone = httpx.get(f"{origin}/readyz", timeout=10)
        assert gone.status_code == 503
        assert gone.text.startswith("not ready: database_unreachable: The database cannot be reached.")
        assert httpx.get(f"{origin}/healthz").text == "ok"
        assert "contact_hub_ready 0.0" in httpx.get(f"{origin}/metrics", timeout=10).text


@pytest.mark.services
def test_a_node_under_which_a_backup_was_put_back_ends_itself(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "workspace.yaml").write_text(hubs.WORKSPACE)
    applied = hub("apply", str(tmp_path / "workspace.yaml"), CONTACT_HUB_DATABASE_URL=postgres_url)
    assert applied.returncode == 0, applied.stderr
    with started(CONTACT_HUB_DATABASE_URL=postgres_url, CONTACT_HUB_DRAIN_SECONDS="0") as (process, origin):
        assert httpx.get(f"{origin}/readyz").status_code == 200
        restored = hub("restored", "--yes", CONTACT_HUB_DATABASE_URL=postgres_url)
        assert restored.returncode == 0, restored.stderr
        _, told = process.communicate(timeout=30)
        assert process.returncode == EXITS["database_restored"], told
        assert "database_restored: The database was put back to an earlier time" in told
        assert "Traceback" not in told


def test_a_node_of_other_roles_answers_its_keepers_and_nobody_else(sqlite_url: str) -> None:
    with serving(CONTACT_HUB_DATABASE_URL=sqlite_url, CONTACT_HUB_ROLE="router, worker") as origin:
        assert httpx.get(f"{origin}/readyz").text == "ready\nroles: router,worker"
        assert 'contact_hub_role{role="web"} 0.0' in httpx.get(f"{origin}/metrics").text
        assert httpx.get(f"{origin}/").status_code == 404


def test_traces_without_the_extra_are_refused_with_the_word_that_mends_it(sqlite_url: str) -> None:
    without = (
        "-c",
        "import sys; sys.modules['opentelemetry.exporter'] = None; from contact_hub.cli import main; sys.exit(main())",
    )
    given = {"CONTACT_HUB_DATABASE_URL": sqlite_url, "CONTACT_HUB_OTEL_ENDPOINT": "http://127.0.0.1:1/v1/traces"}
    refused(hub("serve", program=without, **given), "extra_missing", "contact-hub[otel]")
