"""Workspaces spread over the nodes that route, move when nodes come and go, and are handed over by giving the lease back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.app import NODE_SECONDS, Hub, build
from contact_hub.clock import DatabaseClock, ManualClock
from contact_hub.live.health import degraded, health_of
from contact_hub.live.spread import shares
from contact_hub.settings import Settings
from contact_hub.store import Store, Tx
from tests import hubs

TAKE_OVER_SECONDS = 5
WORKSPACES = [f"w{number}" for number in range(6)]
names = st.sets(st.text("abcdefgh0123", min_size=1, max_size=6))


@given(workspaces=names, nodes=names)
def test_every_workspace_has_one_node_and_shares_differ_by_one_at_most(workspaces: set[str], nodes: set[str]) -> None:
    place = shares(workspaces, nodes)
    assert place.keys() == (workspaces if nodes else set())
    held = Counter(place.values())
    assert not nodes or max(held.values(), default=0) - min(held[node] for node in nodes) <= 1
    assert place == shares(sorted(workspaces, reverse=True), sorted(nodes)), "every node comes to the same answer"


def test_a_node_that_comes_moves_little_more_than_its_share() -> None:
    workspaces, nodes = [f"w{number}" for number in range(400)], [f"n{number}" for number in range(5)]
    before, after = shares(workspaces, nodes), shares(workspaces, [*nodes, "new"])
    moved = sum(before[workspace] != after[workspace] for workspace in workspaces)
    assert moved < 1.5 * 400 / 6


@contextlib.asynccontextmanager
async def node(url: str, folder: Path, **given: object) -> AsyncIterator[Hub]:
    settings = Settings(database_url=url, data_dir=folder, workspace="w0", poll_seconds=0.2, **given)  # type: ignore[arg-type]
    async with build(settings) as hub:
        await hub.start()
        try:
            yield hub
        finally:
            await hub.stop()


async def lay_down(url: str, folder: Path) -> None:
    async with build(Settings(database_url=url, data_dir=folder)) as hub:
        for name in WORKSPACES:
            emails = hubs.WORKSPACE.replace("@", f"@{name}.")
            await hub.workspaces.apply(hubs.workspace(emails.replace("id: test,", f"id: {name},")), by="tests")


async def until_owned(*counts: tuple[Hub, int], seconds: float = TAKE_OVER_SECONDS) -> float:
    """Wait until each hub routes so many workspaces; returns how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while any(sum(owner.engine is not None for owner in hub.owners.values()) != count for hub, count in counts):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # several events of several owners
    return time.monotonic() - began


async def test_a_second_node_takes_its_share_and_the_first_gets_it_back(store_url: str, tmp_path: Path) -> None:
    await lay_down(store_url, tmp_path)
    async with node(store_url, tmp_path) as first:
        await until_owned((first, 6), seconds=10)
        async with node(store_url, tmp_path) as second:
            await until_owned((first, 3), (second, 3))
            assert not first.owners.keys() & second.owners.keys()
            epochs = {name: owner.epoch for name, owner in second.owners.items()}
        await until_owned((first, 6))
        assert all(first.owners[name].epoch > epoch for name, epoch in epochs.items())


async def test_what_a_dead_node_held_is_taken_over_within_five_seconds(store_url: str, tmp_path: Path) -> None:
    await lay_down(store_url, tmp_path)
    now = datetime.now(UTC)

    async def haunt(tx: Tx) -> None:
        await tx.nodes.beat("ghost", now + timedelta(seconds=NODE_SECONDS), roles="router")
        for name in WORKSPACES:
            assert await tx.leases.acquire(name, "ghost", now, 4) == 1

    store = await Store.open(store_url)
    began = time.monotonic()
    await store.write(haunt, name="haunt")
    await store.close()
    async with node(store_url, tmp_path) as survivor:
        await until_owned((survivor, 6), seconds=12)
        assert time.monotonic() - began < TAKE_OVER_SECONDS + 1, "the clock of this test began a moment before the last heartbeat"


async def test_only_a_router_owns_and_only_a_worker_works_in_the_background(sqlite_url: str, tmp_path: Path) -> None:
    await lay_down(sqlite_url, tmp_path)
    async with node(sqlite_url, tmp_path, role="web") as web, node(sqlite_url, tmp_path, role="router") as router:
        await until_owned((router, 6), (web, 0))
        assert {task.split()[0] for task in web._tasks} == {"clock", "heart", "switchboard", "rules", "kicks"}
        assert "jobs" not in router._tasks
        async with node(sqlite_url, tmp_path, role="worker") as worker:
            assert "jobs" in worker._tasks
            assert (await health_of(worker)).lines() == ["ready", "roles: worker"]
            assert not worker.owners


async def test_a_node_whose_clock_is_an_hour_off_says_so_and_works_by_the_databases(store_url: str, tmp_path: Path) -> None:
    await lay_down(store_url, tmp_path)
    wrong = DatabaseClock(ManualClock(datetime.now(UTC) - timedelta(hours=1)))
    async with build(Settings(database_url=store_url, data_dir=tmp_path), clock=wrong) as hub:
        assert [trouble.code for trouble in degraded(hub)] == ["clock_off"]
        assert "3600 s behind" in degraded(hub)[0].sentence
        assert abs(hub.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_good_clock_is_left_alone() -> None:
    clock = DatabaseClock(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    clock.measured(timedelta(seconds=0.9))
    assert clock.now() == clock.base.now()
    clock.measured(timedelta(seconds=-3))
    assert clock.now() == clock.base.now() - timedelta(seconds=3)
