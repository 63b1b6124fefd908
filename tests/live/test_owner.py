"""The owner routes under its lease, and whoever lost the lease changes nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contact_hub.clock import ManualClock
from contact_hub.scope import Scope
from contact_hub.store import StaleEpoch, Store, Tx
from routing.events import AgentDisconnected
from routing.journal import event_to_json
from routing.model import AgentId
from tests import hubs

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def test_offer_lapses_when_nobody_answers_in_time_and_the_agent_is_away(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with hubs.floor(sqlite_url, tmp_path, clock=clock) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe eine Frage.")
        offer = await anna.offer()
        clock.advance(21)
        await anna.until(lambda: not anna.view["offers"])
        await anna.until(lambda: anna.view["me"]["availability"] == "away")
        assert anna.view["me"]["reason"] == "missed_offer"
        viktor = await floor.agent("viktor")
        assert (await viktor.offer())["inquiry"] == offer["inquiry"]


async def test_wrap_up_that_nobody_finishes_is_written_as_timeout(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with hubs.floor(sqlite_url, tmp_path, clock=clock) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        conversation = await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        await anna.send("end", conversation=conversation)
        await anna.until(lambda: anna.view["conversations"][conversation]["state"] == "wrap_up")
        clock.advance(61)
        await anna.until(lambda: conversation not in anna.view["conversations"])
        async with floor.hub.store.read() as tx:
            inquiry = (await tx.inquiries.of_conversation(Scope.system("test"), conversation))[0]
        assert (inquiry.disposition, inquiry.state) == ("timeout", "closed")


async def test_a_new_owner_goes_on_where_the_last_one_stopped(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        held = await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        other = await floor.visitor("qamar", locales=("ar",))
        waiting = await other.start("مرحبا، عندي سؤال عن طلبي")
        await other.expect("queue")
        owner = floor.hub.owners["test"]
        before, epoch = _told(owner), owner.epoch
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        owner = floor.hub.owners["test"]
        async with asyncio.timeout(10):
            await owner.owned.wait()
        assert owner.epoch > epoch
        assert {key for key in _told(owner) if key.startswith("inquiry:")} == {key for key in before if key.startswith("inquiry:")}
        anna = await floor.agent("anna", ready=False)
        assert held in anna.view["conversations"]
        bashir = await floor.agent("bashir")
        assert (await bashir.offer())["conversation"] == waiting


async def test_a_stale_owner_commits_nothing(store: Store) -> None:
    now = NOON

    async def prepare(tx: Tx) -> int | None:
        await tx.workspaces.ensure("test", delivery_epoch="e", at=now)
        return await tx.leases.acquire("test", "one", now, 5)

    mine = await store.write(prepare, name="one")
    assert mine is not None
    theirs = await store.write(lambda tx: tx.leases.acquire("test", "two", now.replace(minute=1), 5), name="two")
    assert theirs == mine + 1

    async def late(tx: Tx) -> None:
        await tx.facts.apply("test", {"agent:ghost": {"seats": 9}})
        await tx.leases.assert_mine("test", mine)

    with pytest.raises(StaleEpoch):
        await store.write(late, name="late")
    async with store.read() as tx:
        assert await tx.facts.all("test") == {}


async def test_an_owner_that_lost_its_lease_drops_its_engine_and_comes_back(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, lease_seconds=1) as floor:
        anna = await floor.agent("anna")
        owner = floor.hub.owners["test"]
        epoch = owner.epoch

        async def rob(tx: Tx) -> None:
            await tx.leases.renew("test", epoch, datetime(2020, 1, 1, tzinfo=UTC), 1)
            await tx.leases.acquire("test", "robber", datetime(2020, 1, 2, tzinfo=UTC), 1)

        await floor.hub.store.write(rob, name="rob")
        customer = await floor.visitor()
        await customer.start("Guten Tag, wer ist denn hier zuständig?")
        await anna.offer()
        assert owner.epoch > epoch + 1


async def test_rules_that_change_act_on_who_waits(sqlite_url: str, tmp_path: Path) -> None:
    closed = hubs.WORKSPACE.replace("certifications: {qamar: null}", "certifications: {}")
    async with hubs.floor(sqlite_url, tmp_path, text=closed) as floor:
        bashir = await floor.agent("bashir")
        customer = await floor.visitor("qamar", locales=("ar",))
        await customer.start("مرحبا، أريد أن أعرف أين طلبي من فضلك")
        await customer.expect("queue")
        assert bashir.view["offers"] == {}
        await floor.hub.workspaces.apply(hubs.workspace(), by="operator")
        assert (await bashir.offer())["brand"] == "qamar"
        await bashir.expect("reference")


def _told(owner) -> dict[str, object]:  # type: ignore[no-untyped-def]
    assert owner.engine is not None
    return dict(owner.engine.capture())


async def test_a_node_that_was_taken_for_dead_brings_its_consoles_back(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, revalidate_seconds=0.3) as floor:
        anna = await floor.agent("anna")
        node = floor.hub.node

        async def bury(tx: Tx) -> None:
            await tx.presences.forget_node("test", node)
            tx.inputs.add("test", event_to_json(AgentDisconnected(agent=AgentId("anna"))), at=NOON)

        await floor.hub.store.write(bury, name="bury")
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.offer()


async def test_one_input_that_nobody_can_digest_does_not_stop_the_floor(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")

        async def poison(tx: Tx) -> None:
            tx.inputs.add("test", {"is": "nonsense"}, at=NOON)

        await floor.hub.store.write(poison, name="poison")
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.offer()
        async with floor.hub.store.read() as tx:
            rows = await tx.audit.read(Scope.system("test"))
            assert await tx.audit.verify("test") is None
        assert [row.details["event"] for row in rows if row.action == "routing_input.set_aside"] == [{"is": "nonsense"}]
