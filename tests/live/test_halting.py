"""What can never be has come to be: routing stops, everything that led there is kept, and happens again from the dump."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contact_hub.errors import HubError
from contact_hub.live.dumps import Dump, feed_again, read_dump, write_dump
from contact_hub.scope import Scope
from routing.decisions import Offered
from routing.engine import Engine, InvariantBroken
from routing.events import AgentConnected, AvailabilitySet, InquiryArrived
from routing.journal import event_to_json
from routing.model import AgentId, Availability, InquiryId
from tests import hubs
from tests.routing.builders import T0, agent, demand, plan

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def test_an_owner_whose_engine_broke_stops_and_keeps_what_led_there(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        owner = floor.hub.owners["test"]
        await floor.agent("anna")  # so that the owner is at work

        def broken(*_: object) -> None:
            raise InvariantBroken("two agents have it")

        setattr(owner, "_feed", broken)  # noqa: B010 - stands in for an engine that is wrong
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe eine Frage.")
        await asyncio.wait_for(owner.stopped.wait(), 30)
        kept = read_dump(next((floor.hub.settings.data_dir / "dumps").iterdir()))
        assert (kept.broken, kept.workspace) == ("two agents have it", "test")
        assert any(event["is"] == "inquiry_arrived" for event in kept.events)
        async with floor.hub.store.read() as tx:
            rows = await tx.audit.read(Scope.system("test"))
            assert await tx.inputs.take_batch("test", 10), "what was not decided is still there"
            assert {lease.holder for lease in (await tx.leases.all()).values()} == {floor.hub.node}, (
                "nobody else is to meet the same"
            )
        assert [row.details["broken"] for row in rows if row.action == "routing.halted"] == ["two agents have it"]


def test_a_dump_feeds_the_same_decisions_again(tmp_path: Path) -> None:
    rules = plan([agent("anna")])
    engine = Engine(rules)
    engine.feed(AgentConnected(agent=AgentId("anna")), T0)
    engine.feed(AvailabilitySet(agent=AgentId("anna"), availability=Availability.READY), T0)
    arrived = InquiryArrived(inquiry=InquiryId("i1"), demand=demand())
    dump = Dump(workspace="w", rules=1, at=T0, broken="?", facts=engine.capture(), events=[event_to_json(arrived)])
    again = feed_again(read_dump(write_dump(tmp_path, dump)), rules)
    assert again.decisions == engine.feed(arrived, T0)
    assert again.broken is None
    assert isinstance(again.decisions[0], Offered)


def test_what_is_no_dump_is_refused_with_a_code(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(HubError) as refused:
        read_dump(path)
    assert refused.value.code == "dump_unreadable"
