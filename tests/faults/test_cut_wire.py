"""A node that is cut off in the middle of a batch holds up nobody for longer than a lease, whatever its driver was about to say."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from contact_hub.clock import SystemClock
from contact_hub.errors import HubError
from contact_hub.live.spread import Spread
from contact_hub.store import Store, migrate
from contact_hub.store.engines import PostgresDatabase
from tests import servers
from tests.faults.machine import Wires

TAKE_OVER_SECONDS = 5
SLACK_SECONDS = 2
"""The machine of the tests does other things too."""


@asynccontextmanager
async def postgres_on(wires: Wires) -> AsyncIterator[servers.Postgres]:
    programs = servers.postgres_programs()
    assert programs is not None
    server = servers.Postgres(programs, addresses=("127.0.0.1", *wires.addresses))
    try:
        await asyncio.to_thread(server.start)
        await migrate(server.url)
        yield server
    finally:
        wires.mend()
        server.remove()


@pytest.mark.services
@pytest.mark.parametrize("how", ["cut", "frozen"])
@pytest.mark.parametrize("between", ["two statements", "preparing a statement and asking it"])
async def test_the_lease_of_a_node_that_was_lost_in_a_batch_is_free_after_five_seconds(between: str, how: str) -> None:
    wires = Wires(1)
    if not wires.able:
        pytest.skip("this machine lets nobody cut a wire")
    async with postgres_on(wires) as server:
        lost = PostgresDatabase(server.url.replace("127.0.0.1", wires.addresses[0]))
        store = await Store.open(server.url)
        before = datetime.now(UTC) - timedelta(hours=1)
        assert await store.write(lambda tx: tx.leases.acquire("w", "lost", before, 4), name="acquire") == 1
        batch = lost.writing()
        await batch.begin()
        await batch.execute(text("UPDATE leases SET epoch = epoch WHERE workspace = 'w'"))
        if between != "two statements":
            await batch._open().driver.prepare("SELECT 42")  # type: ignore[attr-defined]
        if how == "cut":
            wires.cut(0, server.port, "silent")
        began = time.monotonic()
        other = Spread(store=store, clock=SystemClock(), node="other", lease_seconds=4, node_seconds=15)
        epoch = None
        while epoch is None and time.monotonic() - began < 3 * TAKE_OVER_SECONDS:
            if how == "frozen":  # its machine still answers, so somebody has to look
                await other.share(["w"])
            with contextlib.suppress(HubError):
                epoch = await store.write(lambda tx: tx.leases.acquire("w", "other", datetime.now(UTC), 4), name="acquire")
        took = time.monotonic() - began
        await store.close()
        assert epoch == 2
        assert took < TAKE_OVER_SECONDS + SLACK_SECONDS
        wires.mend()
        await batch.abandon()
        await lost.close()
