"""The second lock: one live offer per inquiry, seats within bounds, compare-and-set everywhere."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from routing.model import AgentId, Availability, BrandId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, at, conversation, inquiry, move, offer, put


async def test_inquiry_cannot_have_two_live_offers(store: Store) -> None:
    await put(store, conversation(), inquiry(), offer("o1"))
    with pytest.raises(IntegrityError):
        await put(store, offer("o2", agent=AgentId("ben")))
    await store.write(move("i1", from_="offered", state="over", over_at=at(30), because="lapsed"), name="lapse")
    await put(store, offer("o2", agent=AgentId("ben")))
    async with store.read() as tx:
        assert [(one.id, one.state, one.because) for one in await tx.offers.of_inquiry(SYSTEM, "i1")] == [
            ("o1", "over", "lapsed"),
            ("o2", "offered", None),
        ]


async def test_accepting_and_lapsing_at_once_has_one_winner(store: Store) -> None:
    await put(store, conversation(), inquiry(), offer("o1"))
    won = await asyncio.gather(
        store.write(move("i1", from_="offered", state="assigned", assigned_at=at(30)), name="accept"),
        store.write(move("i1", from_="offered", state="over", over_at=at(30)), name="lapse"),
    )
    assert sorted(won) == [False, True]


async def test_agents_offers_and_assignments_are_told_apart(store: Store) -> None:
    await put(store, conversation(), inquiry("i1"), inquiry("i2"), inquiry("i3"))
    await put(store, offer("o1"), offer("o2", inquiry="i2"), offer("o3", inquiry="i3", agent=AgentId("ben")))
    await store.write(move("i2", from_="offered", state="assigned", assigned_at=at(3)), name="accept")
    async with store.read() as tx:
        assert [one.id for one in await tx.offers.ringing(SYSTEM, "ana")] == ["o1"]
        [taken] = await tx.offers.assigned(SYSTEM, "ana")
        assert (taken.id, taken.assigned_at) == ("o2", at(3))
        assert [one.id for one in await tx.offers.live(SYSTEM)] == ["o1", "o2", "o3"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seats=st.integers(0, 4), weights=st.lists(st.integers(-3, 3), max_size=12))
async def test_seats_never_leave_their_bounds(store: Store, seats: int, weights: list[int]) -> None:
    agent = f"agent-{id(weights)}-{seats}"
    await store.write(lambda tx: tx.seats.set_up(WORKSPACE, agent, seats), name="set_up")
    async with store.read() as tx:
        held = (await tx.seats.all(SYSTEM))[AgentId(agent)]
    seats, used = held.seats, held.seats_used
    for weight in weights:
        change = store.write(lambda tx, weight=weight: tx.seats.change_many(WORKSPACE, [(AgentId(agent), weight)]), name="take")  # type: ignore[misc]
        if 0 <= used + weight <= seats:
            await change
            used += weight
        else:
            with pytest.raises(IntegrityError):
                await change
    async with store.read() as tx:
        assert (await tx.seats.all(SYSTEM))[AgentId(agent)].seats_used == used


async def test_fewer_seats_throw_nobody_out(store: Store) -> None:
    async def busy(tx: Tx) -> None:
        await tx.seats.set_up(WORKSPACE, "ana", 3)
        await tx.seats.change_many(WORKSPACE, [(AgentId("ana"), 2)])
        await tx.seats.set_up(WORKSPACE, "ana", 1)

    await store.write(busy, name="busy")
    async with store.read() as tx:
        held = (await tx.seats.all(SYSTEM))[AgentId("ana")]
    assert (held.seats, held.seats_used) == (2, 2)
    with pytest.raises(HubError, match="agent_unknown"):
        await store.write(lambda tx: tx.seats.change_many(WORKSPACE, [(AgentId("nobody"), 1)]), name="take")


async def test_waiting_are_counted_by_brand_with_the_oldest(store: Store) -> None:
    await put(
        store,
        conversation(),
        inquiry("i1", arrived_at=at(5)),
        inquiry("i2", arrived_at=at(2), state="offered"),
        inquiry("i3", state="assigned"),
        inquiry("i4", brand=BrandId("acme-b2b")),
    )
    async with store.read() as tx:
        found = await tx.inquiries.waiting_by_brand(SYSTEM)
        assert await tx.inquiries.waiting_by_brand(SYSTEM, ["nothing"]) == {}
        assert [one.id for one in await tx.inquiries.unfinished(SYSTEM)] == ["i3", "i4", "i2", "i1"]
    assert {brand: (one.waiting, one.oldest_since) for brand, one in found.items()} == {
        "acme-shop": (2, at(2)),
        "acme-b2b": (1, NOW),
    }


async def test_second_login_fences_the_first(store: Store) -> None:
    first = await store.write(lambda tx: tx.presences.take_over(WORKSPACE, "ana", node="n1", at=NOW), name="hello")
    second = await store.write(lambda tx: tx.presences.take_over(WORKSPACE, "ana", node="n2", at=at(1)), name="hello")
    assert (first, second) == (1, 2)
    assert not await store.write(lambda tx: tx.presences.leave(WORKSPACE, "ana", presence_epoch=first), name="bye")
    await store.write(
        lambda tx: tx.presences.set_availability(WORKSPACE, "ana", Availability.AWAY, reason="lunch", at=at(2)), name="away"
    )
    ana = Scope.agent(WORKSPACE, "a1", "ana")
    async with store.read() as tx:
        here = await tx.presences.get(ana, "ana")
        assert here is not None
        assert (here.node, here.connected, here.availability, here.reason) == ("n2", True, Availability.AWAY, "lunch")
        with pytest.raises(HubError, match="not_found"):
            await tx.presences.get(ana, "ben")
    assert await store.write(lambda tx: tx.presences.leave(WORKSPACE, "ana", presence_epoch=second), name="bye")
