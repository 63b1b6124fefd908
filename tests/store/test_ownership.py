"""Lease, inputs and facts: what makes one process the owner, and what it lives on."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_hub.errors import HubError
from contact_hub.store import StaleEpoch, Store, Tx
from contact_hub.store.engines import database, lost_code
from tests.store.builders import NOW, WORKSPACE, at, laid_down


async def acquire(store: Store, holder: str, seconds: float) -> int | None:
    return await store.write(lambda tx: tx.leases.acquire(WORKSPACE, holder, at(seconds), 10), name="acquire")


async def test_lease_has_one_holder_until_it_expires_and_a_new_epoch_after(store: Store) -> None:
    assert await acquire(store, "one", 0) == 1
    assert await acquire(store, "two", 9.9) is None
    assert await acquire(store, "two", 10) == 2
    assert await acquire(store, "one", 10) is None


async def test_returning_holder_is_fenced_from_its_earlier_life(store: Store) -> None:
    assert await acquire(store, "one", 0) == 1
    assert await acquire(store, "one", 1) == 2
    with pytest.raises(StaleEpoch):
        await store.write(lambda tx: tx.leases.assert_mine(WORKSPACE, 1), name="work")


async def test_former_owner_writes_nothing(store: Store) -> None:
    await acquire(store, "one", 0)
    await acquire(store, "two", 20)

    async def work(tx: Tx) -> None:
        await tx.leases.assert_mine(WORKSPACE, 1)
        await tx.facts.apply(WORKSPACE, {"i1": {"state": "offered"}})

    with pytest.raises(StaleEpoch):
        await store.write(work, name="work")
    assert not await store.write(lambda tx: tx.leases.renew(WORKSPACE, 1, at(21), 10), name="renew")
    async with store.read() as tx:
        assert await tx.facts.all(WORKSPACE) == {}


async def test_released_lease_is_free_at_once_and_its_epoch_never_goes_down(store: Store) -> None:
    await acquire(store, "one", 0)
    await store.write(lambda tx: tx.leases.release(WORKSPACE, 1, at(1)), name="release")
    assert await acquire(store, "two", 1) == 2
    assert await store.write(lambda tx: tx.leases.renew(WORKSPACE, 2, at(5), 10), name="renew")
    assert await acquire(store, "one", 12) is None


@pytest.mark.services
async def test_an_owner_that_stands_still_in_the_middle_of_a_commit_holds_nobody_up(postgres_url: str) -> None:
    rows, other = database(postgres_url), await Store.open(postgres_url)
    assert await acquire(other, "one", 0) == 1
    stopped = rows.writing()
    await stopped.begin()
    await Tx(stopped, "postgresql").leases.assert_mine(WORKSPACE, 1)  # and from here on it does not say a word
    assert await acquire(other, "two", 20) == 2
    with pytest.raises(Exception) as refused:  # noqa: PT011 - what it is called is the driver's affair
        await stopped.commit()
    assert lost_code(refused.value) == "unavailable"
    await stopped.abandon()
    await other.close()
    await rows.close()


@pytest.mark.services
async def test_a_line_that_is_cut_between_two_statements_is_told_as_unavailable(postgres_url: str) -> None:
    store = await Store.open(postgres_url)

    async def look_twice() -> None:
        async with store.read() as tx:
            await tx.leases.all()
            await end_all_others(postgres_url)
            await tx.leases.all()

    with pytest.raises(HubError, match="unavailable"):
        await look_twice()
    assert await acquire(store, "one", 0) == 1
    assert (
        lost_code(asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")) == "unavailable"
    )
    await store.close()


async def end_all_others(url: str) -> None:
    """The server ends every connection to this database but the one that asks for it."""
    admin = await asyncpg.connect(url)
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    await admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
    await admin.close()


@pytest.mark.services
async def test_of_many_nodes_that_reach_for_a_lease_one_gets_it(postgres_url: str) -> None:
    nodes = [await Store.open(postgres_url) for _ in range(4)]
    for turn in range(5):
        got = await asyncio.gather(*(acquire(node, f"n{number}", turn * 20) for number, node in enumerate(nodes)))
        assert sorted(epoch for epoch in got if epoch is not None) == [turn + 1]
    for node in nodes:
        await node.close()


async def test_inputs_come_in_the_order_of_their_commits_and_stay_until_deleted(store: Store) -> None:
    await laid_down(store)

    async def two(tx: Tx) -> None:
        tx.inputs.add(WORKSPACE, {"n": 1}, at=NOW)
        tx.inputs.add(WORKSPACE, {"n": 2}, at=NOW)

    await store.write(two, name="two")
    await store.write(lambda tx: _add(tx, 3), name="one")
    async with store.read() as tx:
        waiting = await tx.inputs.take_batch(WORKSPACE, 2)
    assert [one.event["n"] for one in waiting] == [1, 2]
    await store.write(lambda tx: tx.inputs.delete(WORKSPACE, [one.seq for one in waiting]), name="done")
    async with store.read() as tx:
        assert [one.event["n"] for one in await tx.inputs.take_batch(WORKSPACE, 10)] == [3]


async def _add(tx: Tx, number: int) -> None:
    tx.inputs.add(WORKSPACE, {"n": number}, at=NOW)


Change = dict[str, dict[str, Any] | None]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.none() | st.fixed_dictionaries({"n": st.integers(-(2**31), 2**31)})), max_size=6
    )
)
async def test_facts_are_the_sum_of_their_changes(store: Store, steps: list[Change]) -> None:
    workspace = f"w{id(steps)}"
    model: dict[str, dict[str, Any]] = {}
    async with store.read() as tx:
        model |= {key: dict(body) for key, body in (await tx.facts.all(workspace)).items()}
    for changes in steps:
        await store.write(lambda tx, changes=changes: tx.facts.apply(workspace, changes), name="apply")  # type: ignore[misc]
        model |= {key: body for key, body in changes.items() if body is not None}
        for key in [key for key, body in changes.items() if body is None]:
            model.pop(key, None)
    async with store.read() as tx:
        assert await tx.facts.all(workspace) == model
