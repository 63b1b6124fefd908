"""What a piece of background work costs: `python -m bench.jobs [--json]`.

The same empty work, three ways, in one run: bare (the three commits that a job cannot do without: row, claim, end, as one command each), then through the
product one at a time (latency from the commit of the cause to the handler) and all at once (throughput). CPU seconds are this process's own, so that the
figure holds on a machine that others use too; `fdatasync` of this minute stands beside the latency. SQLite with kicks in the process; with
`--postgres URL --redis URL` the same over PostgreSQL and Redis Streams (the database must be migrated and empty).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from contact_hub.clock import SystemClock
from contact_hub.ids import Ids
from contact_hub.jobs import Attempt, Job, Jobs, Kind
from contact_hub.jobs.kicks import kicks_of
from contact_hub.jobs.runner import Runner
from contact_hub.store import Store, Tx, migrate
from contact_hub.store.records import OutboxItem

_ONE_BY_ONE: Final = 200
_AT_ONCE: Final = 1_000


async def measured(url: str, redis_url: str | None) -> dict[str, Any]:
    """All figures over one database."""
    store = await Store.open(url)
    begun: dict[str, float] = {}
    wanted, enough = [0], asyncio.Event()

    async def note(attempt: Attempt) -> None:
        begun[attempt.id] = time.perf_counter()
        if len(begun) == wanted[0]:
            enough.set()

    jobs = Jobs(clock=SystemClock(), ids=Ids())
    jobs.register(Kind(name="bench.work", handler=note))
    runner = Runner(jobs, store=store, clock=SystemClock(), node="bench", poll_seconds=0.5)
    kicks = kicks_of(redis_url, runner)
    jobs.on_added = kicks.kick
    tasks = [
        asyncio.create_task(kicks.run()),
        asyncio.create_task(runner.watch(kicks.local.kick)),
        asyncio.create_task(runner.keep()),
    ]
    await asyncio.sleep(1)

    async def add() -> tuple[str, float]:
        job = Job(kind="bench.work", workspace="bench", payload={"n": 1})

        async def command(tx: Tx) -> str:
            return await jobs.add(tx, job)

        id_ = await store.write(command, name="add")
        return id_, time.perf_counter()

    async def all_done() -> None:
        await enough.wait()
        enough.clear()
        while runner.busy:  # noqa: ASYNC110 - the last ending is being written
            await asyncio.sleep(0.002)

    async def one_by_one() -> list[float]:
        waits = []
        for _ in range(_ONE_BY_ONE):
            wanted[0] = len(begun) + 1
            id_, committed = await add()
            await all_done()
            waits.append((begun[id_] - committed) * 1_000)
        return waits

    async def at_once() -> None:
        wanted[0] = len(begun) + _AT_ONCE
        await asyncio.gather(*(add() for _ in range(_AT_ONCE)))
        await all_done()

    _, bare_cpu = await _timed(lambda: _bare(store, _ONE_BY_ONE))
    waits, slow_cpu = await _timed(one_by_one)
    began = time.perf_counter()
    _, fast_cpu = await _timed(at_once)
    spent = time.perf_counter() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await kicks.close()
    await store.close()
    return {
        "bare_cpu_ms": round(bare_cpu / _ONE_BY_ONE * 1_000, 3),
        "one_by_one_cpu_ms": round(slow_cpu / _ONE_BY_ONE * 1_000, 3),
        "one_by_one_over_bare": round(slow_cpu / bare_cpu, 2),
        "kick_ms_p50": round(statistics.median(waits), 2),
        "kick_ms_p99": round(sorted(waits)[int(len(waits) * 0.99)], 2),
        "at_once_cpu_ms": round(fast_cpu / _AT_ONCE * 1_000, 3),
        "at_once_per_second": round(_AT_ONCE / spent),
    }


async def _bare(store: Store, count: int) -> None:
    """Row, claim, end: three commits, and nothing else."""
    now = datetime.now(UTC)
    until = now + timedelta(seconds=15)
    for number in range(count):
        row = OutboxItem(workspace="bare", id=f"b{number}", kind="bare.work", payload={"n": 1}, due_at=now)

        async def add(tx: Tx, row: OutboxItem = row) -> None:
            await tx.outbox.add(row)

        async def claim(tx: Tx, row: OutboxItem = row) -> None:
            await tx.outbox.claim("bare", row.id, ["bare.work"], "h", now, until)

        async def end(tx: Tx, row: OutboxItem = row) -> None:
            await tx.outbox.end("bare", row.id, "h", to="done", now=now)

        for command in (add, claim, end):
            await store.write(command, name="bare")


async def _timed(work: Callable[[], Awaitable[Any]]) -> tuple[Any, float]:
    began = time.process_time()
    result = await work()
    return result, time.process_time() - began


def _fdatasync_ms(directory: Path) -> float:
    with (directory / "sync").open("wb") as file:
        waits = []
        for _ in range(50):
            file.write(b"x" * 4_096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    return round(statistics.median(waits) * 1_000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--postgres")
    parser.add_argument("--redis")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        url = asked.postgres or f"sqlite:///{place}/bench.db"
        asyncio.run(migrate(url))
        found = {
            "database": url.split(":")[0],
            "fdatasync_ms": _fdatasync_ms(Path(place)),
            **asyncio.run(measured(url, asked.redis)),
        }
    sys.stdout.write(json.dumps(found) + "\n" if asked.json else "".join(f"{name:22} {value}\n" for name, value in found.items()))


if __name__ == "__main__":
    main()
