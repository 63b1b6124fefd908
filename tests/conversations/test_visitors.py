"""Browsers at the door: what many that stay there cost together."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from contact_hub.errors import HubError
from contact_hub.ids import token_hash
from contact_hub.scope import Scope
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


async def test_who_stays_at_a_brand_that_is_gone_is_told(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        with pytest.raises(HubError, match="session_ended"):
            floor.hub.visitors.still_welcome(Scope.visitor("test", "gone", "d1"))
