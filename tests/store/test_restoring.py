"""After an older backup is put back, nothing of the time between passes for valid."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import StaleEpoch, Store, Tx
from contact_hub.store.restoring import begin_new_epochs
from tests.store.builders import NOW, WORKSPACE, laid_down


async def test_an_owner_of_the_lost_time_is_fenced_however_many_epochs_it_had(store: Store) -> None:
    await laid_down(store)
    lost = 0
    for take_over in range(5):  # the backup knows of none of them
        now = NOW + timedelta(minutes=take_over)
        lost = await store.write(lambda tx, now=now: tx.leases.acquire(WORKSPACE, "old", now, 10), name="acquire")  # type: ignore[misc]
    epochs = await begin_new_epochs(store, NOW + timedelta(hours=1))
    assert epochs[WORKSPACE] > 1_000_000

    async def work(tx: Tx) -> None:
        await tx.leases.assert_mine(WORKSPACE, lost)

    with pytest.raises(StaleEpoch):
        await store.write(work, name="work")
    later = NOW + timedelta(hours=2)
    assert await store.write(lambda tx: tx.leases.acquire(WORKSPACE, "new", later, 10), name="acquire") == epochs[WORKSPACE] + 1


async def test_clients_start_afresh_nodes_are_forgotten_and_the_audit_knows(store: Store) -> None:
    await laid_down(store)
    await store.write(lambda tx: tx.nodes.beat("old", NOW + timedelta(days=1)), name="beat")
    async with store.read() as tx:
        before = await tx.workspaces.get(WORKSPACE)
    first = await begin_new_epochs(store, NOW)
    again = await begin_new_epochs(store, NOW)
    assert again[WORKSPACE] > first[WORKSPACE]
    async with store.read() as tx:
        after = await tx.workspaces.get(WORKSPACE)
        assert before is not None
        assert after is not None
        assert after.delivery_epoch != before.delivery_epoch
        assert await tx.nodes.alive(NOW) == frozenset()
        assert [row.action for row in await tx.audit.read(Scope.system(WORKSPACE))][-2:] == ["database.restored"] * 2
        assert await tx.audit.verify(WORKSPACE) is None


@pytest.mark.services
async def test_who_outlives_a_backup_is_let_at_nothing_any_more(postgres_url: str) -> None:
    restorer = await Store.open(postgres_url)
    await laid_down(restorer)
    sleeper = await Store.open(postgres_url)
    try:

        async def beat(tx: Tx) -> None:
            await tx.nodes.beat("sleeper", NOW + timedelta(days=1))

        outlived = asyncio.create_task(sleeper.outlived())
        await sleeper.write(beat, name="beat")
        await begin_new_epochs(restorer, NOW)
        for _ in range(3):
            with pytest.raises(HubError, match="unavailable"):
                await sleeper.write(beat, name="beat")
        with pytest.raises(HubError, match="unavailable"):
            async with sleeper.read() as tx:
                await tx.workspaces.get(WORKSPACE)
        await asyncio.wait_for(outlived, 5)
        async with restorer.read() as tx:
            assert await tx.nodes.alive(NOW) == frozenset()
        await restorer.write(beat, name="beat")
    finally:
        await sleeper.close()
        await restorer.close()


@pytest.mark.services
async def test_a_server_that_was_only_started_again_is_the_same_as_before(postgres_url: str) -> None:
    store, other = await Store.open(postgres_url), await Store.open(postgres_url)
    try:
        await laid_down(store)
        await other.write(lambda tx: tx.nodes.cut_off([]), name="cut off")
        with contextlib.suppress(HubError):  # the line that was cut
            await store.write(lambda tx: tx.nodes.beat("node", NOW + timedelta(days=1)), name="beat")
        await store.write(lambda tx: tx.nodes.beat("node", NOW + timedelta(days=1)), name="beat")
        async with store.read() as tx:
            assert await tx.nodes.alive(NOW) == {"node"}
    finally:
        await store.close()
        await other.close()
