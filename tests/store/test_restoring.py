"""After an older backup is put back, nothing of the time between passes for valid."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
