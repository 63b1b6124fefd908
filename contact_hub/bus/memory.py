"""The bus of a single process. It promises no more than Redis does, so that nothing grows to depend on more."""

from __future__ import annotations

from collections.abc import Iterable

from contact_hub.bus.poke import Ear, Poke, Subscription, traced


class MemoryBus:
    """`alone`: no other process works on the same database. Of what another does, this bus tells nothing."""

    def __init__(self, *, alone: bool = True) -> None:
        self._listeners: dict[Ear, None] = {}
        self._alone = alone

    def publish(self, pokes: Iterable[Poke]) -> None:
        heard = list(traced(pokes))
        for listener in self._listeners:
            listener.hear(heard)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._listeners[subscription] = None
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._listeners.pop(subscription, None)

    def overhear(self, ear: Ear) -> None:
        self._listeners[ear] = None

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        self._listeners.clear()

    def healthy(self) -> bool:
        return True

    def hears_all(self) -> bool:
        return self._alone
