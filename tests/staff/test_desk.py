"""Consoles that are looked at again: all of a moment together, each by its own rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope
from contact_hub.staff.desk import Desk
from tests import hubs


async def _arrived(floor: hubs.Floor, address: str) -> tuple[AgentScope, int]:
    """Somebody signed in, with a console at the desk: its scope and presence epoch."""
    staff = await floor.staff(address)
    scope = await floor.hub.desk.redeem((await staff.post("/api/socket-ticket")).json()["ticket"])
    return scope, await floor.hub.desk.sit_down(scope)


async def _still_here(desk: Desk, scope: AgentScope, epoch: int) -> str:
    try:
        await desk.still_here(scope, epoch)
    except HubError as refusal:
        return refusal.code
    return "still here"


async def test_each_of_many_consoles_may_stay_by_its_own_right(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        hub = floor.hub
        (anna, hers), (viktor, his), (bashir, theirs) = [
            await _arrived(floor, address) for address in ("anna@aurora.example", "viktor@zephyr.example", "bashir@monsun.example")
        ]
        later = await hub.desk.sit_down(viktor)
        await hub.store.write(lambda tx: tx.sessions.revoke(bashir.session, hub.clock.now()), name="revoked elsewhere")
        asked = [(anna, hers), (viktor, his), (viktor, later), (bashir, theirs)]
        told = await asyncio.gather(*(_still_here(hub.desk, *one) for one in asked))
        assert told == ["still here", "superseded", "still here", "session_ended"]


async def test_a_console_taken_for_dead_sits_down_again(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        hub = floor.hub
        anna, epoch = await _arrived(floor, "anna@aurora.example")
        await hub.store.write(lambda tx: tx.presences.forget_node("test", hub.node), name="taken for dead")
        assert await _still_here(hub.desk, anna, epoch) == "still here"
        async with hub.store.read() as tx:
            presence = await tx.presences.get(anna, anna.agent_id)
        assert presence is not None
        assert (presence.connected, presence.node, presence.presence_epoch) == (True, hub.node, epoch)
