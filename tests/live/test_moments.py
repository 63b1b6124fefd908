"""Those who wait about equally long wake together, with one timer and at one question."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from contact_hub.bus import MemoryBus, Poke
from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.live.looks import Said
from contact_hub.live.moments import Moments
from contact_hub.live.reader import Reader
from contact_hub.live.switchboard import Switchboard
from contact_hub.store import Store, Tx
from tests import hubs


async def test_many_who_wait_about_equally_long_share_a_moment_that_is_not_too_early() -> None:
    rung: dict[int, float] = {}
    all_rung = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ring(who: int) -> None:
        rung[who] = loop.time()
        if len(rung) == 100:
            all_rung.set()

    moments: Moments[int] = Moments(ring)
    begun = loop.time()
    assert len({moments.set(who, 0.06) for who in range(100)}) <= 2  # two where the moment passed meanwhile
    assert len({moments.set(who, 30 + who / 1_000) for who in range(1_000, 1_100)}) <= 2
    async with asyncio.timeout(5):
        await all_rung.wait()
    assert list(rung) == list(range(100))
    assert min(rung.values()) - begun >= 0.059
    assert len(moments) == 100


async def test_who_is_cleared_is_left_in_peace_and_clearing_again_harms_nobody() -> None:
    rung: list[str] = []
    moments: Moments[str] = Moments(rung.append)
    kept, cleared = moments.set("kept", 0.01), moments.set("cleared", 0.01)
    moments.clear("cleared", cleared)
    assert len(moments) == 1
    await asyncio.sleep(0.1)
    moments.clear("kept", kept)
    assert rung == ["kept"]


async def test_a_listener_that_is_told_does_not_wait_and_one_that_gives_up_is_forgotten() -> None:
    switchboard = Switchboard(MemoryBus())
    listener = switchboard.listener([("conversation", "w", "c")])
    waiting = asyncio.create_task(listener.next(poll_seconds=60))
    await asyncio.sleep(0)
    listener.hear(Poke("conversation", "w", "c"))
    async with asyncio.timeout(1):
        assert await waiting == [Poke("conversation", "w", "c")]
    waiting = asyncio.create_task(listener.next(poll_seconds=60))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await listener.next(poll_seconds=0.01) == []


class CountedStore:
    """Counts how often somebody looks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.looks = 0

    def read(self, *, brief: bool = False) -> AbstractAsyncContextManager[Tx]:
        self.looks += 1
        return self._store.read(brief=brief)


async def test_what_many_browsers_want_to_know_is_asked_once(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        hub = floor.hub
        tickets = [await hub.visitors.admit("test", "sonne", None, locale="de", zone=None) for _ in range(5)]
        scopes = [await hub.visitors.redeem(one.ticket) for one in tickets]
        first = Beginning(client_message_id="start-0001", text="Guten Morgen, ich möchte etwas ändern.", kind="service")
        mine = (await hub.conversations.start(scopes[2], first, Surroundings())).conversation
        store: Any = CountedStore(hub.store)
        reader = Reader(store, Said(hub.bus, hub.clock.monotonic))
        assert await asyncio.gather(*(reader.latest(scope) for scope in [*scopes, scopes[2]])) == [
            None,
            None,
            mine,
            None,
            None,
            mine,
        ]
        assert store.looks == 1
