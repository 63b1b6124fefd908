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
from contact_hub.live.spread import Spread, evened, placed
from contact_hub.settings import Settings
from contact_hub.store import Store, Tx
from tests import hubs

TAKE_OVER_SECONDS = 5
WORKSPACES = [f"w{number}" for number in range(6)]
names = st.sets(st.text("abcdefgh0123", min_size=1, max_size=6))


@given(
    workspaces=names, nodes=names, held=st.dictionaries(st.text("abcdefgh0123", min_size=1, max_size=6), st.sampled_from("abcdxyz"))
)
def test_every_workspace_has_one_node_and_nobody_loses_what_it_holds(
    workspaces: set[str], nodes: set[str], held: dict[str, str]
) -> None:
    place = placed(workspaces, nodes, held)
    assert place.keys() == (workspaces if nodes else set())
    assert all(place[workspace] == node for workspace, node in held.items() if node in nodes and workspace in place)
    assert place == placed(sorted(workspaces, reverse=True), sorted(nodes), held), "every node comes to the same answer"
    after = evened(place, nodes)
    counts = Counter(after.values())
    assert after.keys() == place.keys()
    assert not nodes or max(counts.values(), default=0) - min(counts[node] for node in nodes) <= 1
    assert evened(after, nodes) == after, "and then nothing moves any more"


def test_a_node_that_comes_moves_its_share_and_one_that_goes_nothing_of_the_others() -> None:
    workspaces, nodes = [f"w{number}" for number in range(400)], [f"n{number}" for number in range(5)]
    before = placed(workspaces, nodes, {})
    assert set(Counter(before.values()).values()) == {80}
    after = evened(placed(workspaces, [*nodes, "new"], before), [*nodes, "new"])
    assert {place for workspace, place in after.items() if before[workspace] != place} == {"new"}
    assert Counter(after.values())["new"] == 66
    left = placed(workspaces, nodes[:4], before)
    assert all(left[workspace] == place for workspace, place in before.items() if place in nodes[:4])
    assert set(Counter(left.values()).values()) == {100}


class LeasesOf:
    """The lease rows, and nodes that look at them and reach for them each in its own time. Whoever is dead is heard of no more."""

    def __init__(self, workspaces: set[str], nodes: set[str], held: dict[str, str]) -> None:
        self.workspaces, self.nodes, self.held = workspaces, nodes, dict(held)
        self.wants: dict[str, set[str]] = {node: set() for node in nodes}
        self.handed_over: Counter[str] = Counter()

    def look(self, node: str, *, steady: bool = True) -> None:
        place = placed(self.workspaces, self.nodes, self.held)
        after = evened(place, self.nodes) if steady else place
        self.wants[node] = {name for name, whose in place.items() if whose == after[name] == node}
        for name in [name for name, holder in self.held.items() if holder == node and name not in self.wants[node]]:
            del self.held[name]
            self.handed_over[name] += 1

    def reach(self, node: str) -> None:
        for name in self.wants[node]:
            if self.held.get(name) not in self.nodes:
                self.held[name] = node


@given(
    data=st.data(),
    workspaces=st.sets(st.sampled_from([f"w{number}" for number in range(12)]), min_size=1),
    nodes=st.sets(st.sampled_from("abcde"), min_size=1),
)
def test_however_nodes_look_and_reach_they_come_to_rest_with_every_workspace_held(
    data: st.DataObject, workspaces: set[str], nodes: set[str]
) -> None:
    held = data.draw(st.dictionaries(st.sampled_from(sorted(workspaces)), st.sampled_from("abcdefgh")))
    rows = LeasesOf(workspaces, nodes, held)
    acts = st.tuples(st.sampled_from(["look", "reach"]), st.sampled_from(sorted(nodes)))
    for act, node in data.draw(st.lists(acts, max_size=60)):
        (rows.look if act == "look" else rows.reach)(node)
    for _ in range(3):
        for node in sorted(nodes):
            rows.look(node)
            rows.reach(node)
    at_rest, moved = dict(rows.held), rows.handed_over.total()
    for node in sorted(nodes) * 2:
        rows.look(node)
        rows.reach(node)
    assert (rows.held, rows.handed_over.total()) == (at_rest, moved), "for a constant set of nodes nothing oscillates"
    assert at_rest.keys() == workspaces
    counts = Counter(at_rest.values())
    assert max(counts.values()) - min(counts[node] for node in nodes) <= 1
    assert moved <= len(workspaces), "each hand-over made it fairer"


@given(heard=st.lists(st.sets(st.sampled_from("abc")), max_size=30))
def test_a_node_that_is_heard_of_by_fits_and_starts_moves_nothing_but_what_it_lost(heard: list[set[str]]) -> None:
    workspaces = set(WORKSPACES)
    rows = LeasesOf(workspaces, set("abc"), placed(workspaces, "abc", {}))
    for nodes in heard:
        if nodes:
            rows.nodes, before = nodes, dict(rows.held)
            for node in sorted(nodes):
                rows.look(node, steady=False)
                rows.reach(node)
            assert all(rows.held[name] == holder for name, holder in before.items() if holder in nodes)
    assert not rows.handed_over


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
    async with node(store_url, tmp_path, lease_seconds=1.5) as first:
        await until_owned((first, 6), seconds=10)
        async with node(store_url, tmp_path, lease_seconds=1.5) as second:
            await until_owned((second, 0))
            assert sum(owner.engine is not None for owner in first.owners.values()) == 6, "a newcomer has to be steady first"
            await until_owned((first, 3), (second, 3), seconds=15)
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


async def test_the_next_look_is_at_the_moment_from_which_a_silent_node_is_passed_over(store_url: str, tmp_path: Path) -> None:
    await lay_down(store_url, tmp_path)
    clock, store = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC)), await Store.open(store_url)
    try:
        spread = Spread(store=store, clock=clock, node="survivor", lease_seconds=4, node_seconds=NODE_SECONDS)
        until = clock.now() + timedelta(seconds=NODE_SECONDS)

        async def haunt(tx: Tx) -> None:
            await tx.nodes.beat("ghost", until, roles="router")
            assert await tx.leases.acquire("w0", "ghost", clock.now(), 4) == 1

        await store.write(haunt, name="haunt")
        assert await spread.share(["w0"]) == frozenset()
        assert spread.pause_seconds == spread.look_seconds == 0.5, "as long as nothing is going to happen"
        clock.advance(3.8)
        assert await spread.share(["w0"]) == frozenset()
        assert 0.2 <= spread.pause_seconds < 0.3
        clock.advance(spread.pause_seconds)
        assert await spread.share(["w0"]) == {"w0"}
        assert spread.pause_seconds == 0.5
    finally:
        await store.close()


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
