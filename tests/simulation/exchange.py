"""The bus of a history: every node's pokes pass here, and some are lost, doubled, late or overtaken. A node that is cut off hears and says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from contact_hub.bus.poke import EVERYTHING, Ear, Poke, Subscription
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.weather import Weather


class Exchange:
    def __init__(self, loop: VirtualLoop, weather: Weather) -> None:
        self.loop, self.weather = loop, weather
        self.buses: dict[str, SimulatedBus] = {}

    def spread(self, pokes: list[Poke], *, by: SimulatedBus) -> None:
        """To all others who listen now, each on their own way."""
        for bus in self.buses.values():
            if bus is by:
                continue
            for _ in range(2 if self.weather.chance(self.weather.poke_doubled) else 1):
                if bus.connected and not self.weather.chance(self.weather.poke_lost):
                    self.loop.world_later(self.weather.poke_seconds(), bus.hear, pokes)


class SimulatedBus:
    """`Bus` of one node."""

    def __init__(self, exchange: Exchange, process: Process) -> None:
        self._exchange, self._process = exchange, process
        self._listeners: dict[Ear, None] = {}
        self.connected = True
        exchange.buses[process.name] = self
        process.cares[self] = self._forget

    def publish(self, pokes: Iterable[Poke]) -> None:
        heard = list(pokes)
        self._tell(heard)  # our own process needs no line to hear us
        if heard and self.connected:
            self._exchange.spread(heard, by=self)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._listeners[subscription] = None
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._listeners.pop(subscription, None)

    def overhear(self, ear: Ear) -> None:
        self._listeners[ear] = None

    async def open(self) -> None:
        await asyncio.sleep(self._exchange.weather.poke_seconds())

    async def close(self) -> None:
        self._forget()

    def healthy(self) -> bool:
        return self.connected

    def hears_all(self) -> bool:
        """Pokes get lost here and nobody says so."""
        return False

    def hear(self, pokes: list[Poke]) -> None:
        if self.connected:
            self._tell(pokes)

    def cut(self) -> None:
        self.connected = False

    def heal(self, *, tell: bool) -> None:
        """`tell`: whoever reconnects knows that something may have been missed; a line that only swallowed does not say so."""
        if not self.connected:
            self.connected = True
            if tell:
                self.hear([EVERYTHING])

    def _tell(self, pokes: list[Poke]) -> None:
        for listener in self._listeners:
            listener.hear(pokes)

    def _forget(self) -> None:
        self._listeners.clear()
        self._exchange.buses.pop(self._process.name, None)
