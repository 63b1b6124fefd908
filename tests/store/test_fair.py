"""Turns are taken: nobody's flood stands before somebody else's single command."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Batch, Store, Tx, lane_of
from contact_hub.store.engines import SqliteDatabase
from contact_hub.store.fair import QUANTUM, FairQueue, Lane
from contact_hub.store.writer import SHARED_COMMIT_MAX, Writer

_LANES = st.tuples(st.sampled_from(["", "loud", "quiet", "third"]), st.sampled_from(["", "a", "b"]))
_STEPS = st.lists(st.one_of(st.none(), st.tuples(_LANES, st.integers(1, QUANTUM))), max_size=80)


@given(_STEPS)
def test_everything_comes_out_once_and_in_the_order_of_its_lane(steps: list[tuple[Lane, int] | None]) -> None:
    queue: FairQueue[tuple[Lane, int]] = FairQueue()
    pushed: list[tuple[Lane, int]] = []
    popped: list[tuple[Lane, int]] = []
    for number, step in enumerate(steps):
        if step is not None:
            pushed.append((step[0], number))
            queue.push(step[0], (step[0], number), cost=step[1])
        elif len(queue):
            popped.append(queue.pop())
        assert len(queue) == len(pushed) - len(popped) == len(list(queue))
        assert sum(queue.waiting_of(one) for one in ("", "loud", "quiet", "third")) == len(queue)
    while len(queue):
        popped.append(queue.pop())
    assert queue.workspaces == 0
    for lane in {lane for lane, _ in pushed}:
        assert [one for one in popped if one[0] == lane] == [one for one in pushed if one[0] == lane]


@given(st.integers(1, 500), st.lists(st.integers(1, QUANTUM), min_size=1, max_size=40))
def test_a_flood_costs_the_quiet_workspace_one_turn_for_each_of_its_own(flood: int, costs: list[int]) -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(flood):
        queue.push(("loud", "a"), "loud")
    for cost in costs:
        queue.push(("quiet", "b"), "quiet", cost=cost)
    order = [queue.pop() for _ in range(len(queue))]
    last = max(place for place, who in enumerate(order) if who == "quiet")
    assert order[:last].count("loud") <= sum(costs) + 2 * QUANTUM


def test_many_brands_of_one_workspace_have_one_workspace_s_turn() -> None:
    queue: FairQueue[str] = FairQueue()
    for brand in range(50):
        for _ in range(20):
            queue.push(("loud", f"brand-{brand}"), "loud")
    for _ in range(20):
        queue.push(("quiet", "only"), "quiet")
    first = [queue.pop() for _ in range(40)]
    assert abs(first.count("loud") - first.count("quiet")) <= QUANTUM


def test_within_a_workspace_its_brands_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(300):
        queue.push(("w", "loud"), "loud")
    queue.push(("w", "quiet"), "quiet")
    assert "quiet" in [queue.pop() for _ in range(2 * QUANTUM)]


def test_what_must_be_done_again_comes_first_in_its_lane() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.push(("w", "a"), "second")
    queue.push_first(("w", "a"), "first")
    assert [queue.pop(), queue.pop()] == ["first", "second"]


def test_a_visitor_stands_with_the_brand_and_staff_with_the_workspace() -> None:
    assert lane_of(Scope.visitor("w", "velour", "dev")) == ("w", "velour")
    assert lane_of(Scope.agent("w", "ann", "ann")) == lane_of(Scope.system("w")) == ("w", "")


async def _nothing(_tx: Tx) -> None:
    return None


async def test_a_quiet_command_is_in_the_very_next_commit(store_url: str) -> None:
    batches: list[Batch] = []
    store = await Store.open(store_url, observe=batches.append)
    flood = [asyncio.create_task(store.write(_nothing, name="loud", lane=("loud", "a"))) for _ in range(300)]
    await asyncio.sleep(0)
    assert store.waiting_of("loud") == 300
    before = len(batches)
    await store.write(_nothing, name="quiet", lane=("quiet", "b"))
    assert len(batches) - before <= 2
    assert store.waiting_of("loud") >= 300 - 2 * SHARED_COMMIT_MAX - 64
    await asyncio.gather(*flood)
    await store.close()


async def test_a_full_queue_still_takes_leases_and_heartbeats(sqlite_url: str) -> None:
    rows = SqliteDatabase(sqlite_url)
    writer = Writer(rows, waiting_max=16, batch_seconds_max=5, observe=lambda _batch: None)
    flood = [asyncio.create_task(writer.run(_nothing, "loud", lane=("loud", "a"))) for _ in range(16)]
    await asyncio.sleep(0)
    with pytest.raises(HubError) as refused:
        await writer.run(_nothing, "loud", lane=("loud", "a"))
    assert (refused.value.code, refused.value.values["retry_after_seconds"]) == ("overloaded", 1.0)
    await writer.run(_nothing, "lease.renew")
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(outcome, HubError) for outcome in outcomes) == 2
    await writer.close()
    await rows.close()
