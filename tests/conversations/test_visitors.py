"""Browsers at the door: what many that stay there cost together."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.errors import HubError
from contact_hub.ids import token_hash
from contact_hub.live.reader import Reader
from contact_hub.scope import Scope, VisitorScope
from tests import hubs


async def test_all_who_stay_are_noted_in_one_command_and_wait_for_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        desk, store = floor.hub.visitors, floor.hub.store
        tickets = [await desk.admit("test", "sonne", None, locale="de", zone=None) for _ in range(5)]
        scopes = [await desk.redeem(one.ticket) for one in tickets]
        before = floor.hub.clock.now()
        for scope in scopes:
            desk.still_welcome(scope)
        assert store.waiting_of("test") == 0
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert store.waiting_of("test") == 1
        await store.write(lambda tx: asyncio.sleep(0), name="after it", lane=("test", "sonne"))
        async with store.read() as tx:
            found = [await tx.devices.by_token("test", "sonne", token_hash(one.token)) for one in tickets]
        assert all(device is not None and device.last_seen_at >= before for device in found)


async def test_a_crowd_at_the_door_shows_its_tickets_together_and_each_opens_once(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        desk = floor.hub.visitors
        admitted = [await desk.admit("test", "sonne", None, locale="de", zone=None) for _ in range(4)]
        shown = [one.ticket for one in admitted] + [admitted[0].ticket, "never given out"]
        came = await asyncio.gather(*(desk.redeem(ticket) for ticket in shown), return_exceptions=True)
        devices = [
            one.device if isinstance(one, VisitorScope) else one.code for one in came if isinstance(one, VisitorScope | HubError)
        ]
        assert len(set(devices[:4])) == 4
        assert devices[4:] == ["ticket_invalid", "ticket_invalid"]
        again = await asyncio.gather(*(desk.redeem(ticket) for ticket in shown), return_exceptions=True)
        assert all(isinstance(one, HubError) and one.code == "ticket_invalid" for one in again)


async def test_who_comes_back_finds_what_was_left(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        hub = floor.hub
        scopes = [
            await hub.visitors.redeem((await hub.visitors.admit("test", "sonne", None, locale="de", zone=None)).ticket)
            for _ in range(3)
        ]
        reader = Reader(hub.store, hub.conversations.said)
        words = Beginning(client_message_id="start-0001", text="Guten Tag, wo ist mein Paket?", kind="service", name="Ada Lovelace")
        begun = (await hub.conversations.start(scopes[1], words, Surroundings())).conversation
        stood = await asyncio.gather(*(reader.where_it_stood(scope) for scope in scopes))
        assert [(one.conversation.id if one.conversation else None, one.name) for one in stood if one] == [
            (None, None),
            (begun, "Ada Lovelace"),
            (None, None),
        ]
        assert len({one.epoch for one in stood if one}) == 1
        assert await reader.where_it_stood(Scope.visitor("nowhere", "sonne", "d1")) is None


async def test_who_stays_at_a_brand_that_is_gone_is_told(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        with pytest.raises(HubError, match="session_ended"):
            floor.hub.visitors.still_welcome(Scope.visitor("test", "gone", "d1"))
