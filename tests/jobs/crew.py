"""Workers for the tests: jobs, a runner and its kicks over any store, with or without Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contact_hub.clock import Clock, SystemClock
from contact_hub.ids import Ids
from contact_hub.jobs import Job, Jobs, Kind
from contact_hub.jobs.kicks import LocalKicks, StreamKicks, kicks_of
from contact_hub.jobs.runner import Runner
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.store.records import OutboxItem

WORKSPACE = "floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    store: Store
    jobs: Jobs
    runner: Runner
    kicks: LocalKicks | StreamKicks

    async def add(self, kind: str, key: str | None = None, *, workspace: str = WORKSPACE, due_at: datetime | None = None) -> str:
        job = Job(kind=kind, workspace=workspace, payload={"n": 1}, key=key, due_at=due_at)
        return await self.store.write(lambda tx: self.jobs.add(tx, job), name="add")

    async def row(self, id_: str, workspace: str = WORKSPACE) -> OutboxItem:
        async with self.store.read() as tx:
            found = await tx.outbox.get(Scope.system(workspace), id_)
        assert found is not None
        return found

    async def ran(self, id_: str) -> OutboxItem:
        """One attempt, by hand."""
        await self.runner.run(WORKSPACE, id_)
        return await self.row(id_)


def worker(
    store: Store,
    kinds: Iterable[Kind],
    *,
    redis_url: str | None = None,
    clock: Clock | None = None,
    node: str = "n1",
    works: bool = True,
    **how: Any,
) -> Worker:
    clock = clock or SystemClock()
    jobs = Jobs(clock=clock, ids=Ids())
    jobs.register(*kinds)
    runner = Runner(jobs, store=store, clock=clock, node=node, **({"poll_seconds": 0.2, "chance": lambda: 0.5} | how))
    kicks = kicks_of(redis_url, runner if works else None)
    jobs.on_added = kicks.kick
    return Worker(store=store, jobs=jobs, runner=runner, kicks=kicks)


@asynccontextmanager
async def at_work(one: Worker, *, looking: bool = True) -> AsyncIterator[Worker]:
    """Its tasks run, as in a node."""
    tasks = [asyncio.create_task(one.kicks.run()), asyncio.create_task(one.runner.keep())]
    if looking:
        tasks.append(asyncio.create_task(one.runner.watch(one.kicks.local.kick)))
    try:
        yield one
    finally:
        await one.runner.drain(2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await one.kicks.close()


async def until(true: Callable[[], bool], seconds: float = 8) -> None:
    """Looks every few milliseconds: what is waited for happens in another process or thread, and signals nobody."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
