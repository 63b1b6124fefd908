"""How many wait for each brand, asked once for all the screens of a process.

Every arrival and every accept moves the queue that fifty consoles show. They share one answer for half a second; who got one from before the
last move asks once more as soon as it is stale.
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
        self._moved_at: dict[str, float] = {}

    def moved(self, workspace: str) -> None:
        """Somebody heard that a queue moved."""
        self._moved_at[workspace] = self._clock.monotonic()

    def as_of(self, workspace: str) -> float:
        """When the answer was asked for that `lines` gave last."""
        known = self._known.get(workspace)
        return known[0] if known else 0.0

    def moved_since(self, workspace: str, as_of: float) -> bool:
        """Whether a queue moved after that: an answer of then may be an old one."""
        return self._moved_at.get(workspace, as_of) > as_of

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
