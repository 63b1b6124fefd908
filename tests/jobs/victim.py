"""A worker in a process of its own, to be killed or stopped: `python -m tests.jobs.victim URL JOB`. Says what it does, a word a line."""

from __future__ import annotations

import asyncio
import sys

from contact_hub.jobs import Attempt, Kind
from contact_hub.store import Store
from tests.jobs.crew import LEASE_SECONDS, WORKSPACE, worker


async def main(url: str, job: str) -> None:
    store = await Store.open(url)

    async def long(attempt: Attempt) -> None:
        print("begun", flush=True)
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            print("gone", flush=True)
            raise

    crew = worker(store, [Kind(name="some.work", handler=long)], node="victim", lease_seconds=LEASE_SECONDS)
    keeping = asyncio.create_task(crew.runner.keep())
    await crew.runner.run(WORKSPACE, job)
    print("over", flush=True)
    keeping.cancel()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
