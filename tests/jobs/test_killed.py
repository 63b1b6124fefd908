"""A worker that is killed, or stands still, in the middle: its work comes back, and a sleeper that wakes changes nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contact_hub.jobs import Attempt, Kind
from contact_hub.store import Store
from tests.jobs.crew import WORKSPACE, Worker, at_work, until, worker
from tests.jobs.victim import LEASE_SECONDS


@asynccontextmanager
async def victim(url: str, job: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """In the middle of the work."""
    command = [sys.executable, "-m", "tests.jobs.victim", url, WORKSPACE, job]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert await _says(process) == "begun"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _says(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()


def rescuer(store: Store, done: list[int]) -> Worker:
    async def note(attempt: Attempt) -> None:
        done.append(attempt.number)

    kind = Kind(name="some.work", handler=note, pause_seconds=0.05)
    return worker(store, [kind], node="rescuer", lease_seconds=LEASE_SECONDS)


@pytest.mark.services
async def test_a_killed_workers_work_is_done_by_another(postgres_url: str) -> None:
    done: list[int] = []
    store = await Store.open(postgres_url)
    crew = rescuer(store, done)
    job = await crew.add("some.work")
    async with victim(postgres_url, job) as process:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        async with at_work(crew):
            await until(lambda: bool(done), seconds=LEASE_SECONDS + 3)
            await until(lambda: not crew.runner.busy)
    row = await crew.row(job)
    await store.close()
    assert (done, row.state, row.attempts) == ([2], "done", 2)


async def test_a_worker_that_stood_still_wakes_to_find_its_work_gone(sqlite_url: str) -> None:
    done: list[int] = []
    store = await Store.open(sqlite_url)
    crew = rescuer(store, done)
    job = await crew.add("some.work")
    async with victim(sqlite_url, job) as process:
        process.send_signal(signal.SIGSTOP)
        async with at_work(crew):
            await until(lambda: bool(done), seconds=LEASE_SECONDS + 3)
            await until(lambda: not crew.runner.busy)
        process.send_signal(signal.SIGCONT)
        assert [await _says(process), await _says(process)] == ["gone", "over"]
    row = await crew.row(job)
    await store.close()
    assert (row.workspace, row.state, row.attempts, row.last_error) == (WORKSPACE, "done", 2, None)
