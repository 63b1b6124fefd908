"""How many wait for each brand, asked once for all the screens of a process.

Every arrival and every accept moves the queue that fifty consoles show. They share one answer for half a second; their slow poll makes sure
that none keeps an old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from agents.frames import QueueLine
from contact_hub.clock import Clock
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.store.records import Waiting
from routing.model import BrandId

FRESH_SECONDS: Final = 0.5


class QueueBoard:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, tuple[float, Mapping[BrandId, Waiting]]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def lines(self, workspace: str, brands: Collection[str]) -> dict[str, QueueLine]:
        """The queues of these brands, at most half a second old; a brand for which nobody waits is absent."""
        async with self._asking.setdefault(workspace, asyncio.Lock()):
            known = self._known.get(workspace)
            if known is None or self._clock.monotonic() - known[0] > FRESH_SECONDS:
                at = self._clock.monotonic()
                async with self._store.read() as tx:
                    known = (at, await tx.inquiries.waiting_by_brand(Scope.system(workspace)))
                self._known[workspace] = known
        return {
            brand: QueueLine(brand=brand, waiting=line.waiting, oldest_since=line.oldest_since)
            for brand, line in known[1].items()
            if brand in brands
        }
