"""A worker in a process of its own, to be killed or stopped: `python -m tests.jobs.victim URL WORKSPACE JOB`. Says what it does, a word a line."""

from __future__ import annotations

import asyncio
import sys

from contact_hub.clock import SystemClock
from contact_hub.ids import Ids
from contact_hub.jobs import Attempt, Jobs, Kind
from contact_hub.jobs.runner import Runner
from contact_hub.store import Store

LEASE_SECONDS = 1.2


async def main(url: str, workspace: str, job: str) -> None:
    store = await Store.open(url)

    async def long(attempt: Attempt) -> None:
        print("begun", flush=True)
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            print("gone", flush=True)
            raise

    jobs = Jobs(clock=SystemClock(), ids=Ids())
    jobs.register(Kind(name="some.work", handler=long))
    runner = Runner(jobs, store=store, clock=SystemClock(), node="victim", poll_seconds=1, lease_seconds=LEASE_SECONDS)
    keeping = asyncio.create_task(runner.keep())
    await runner.run(workspace, job)
    print("over", flush=True)
    keeping.cancel()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
