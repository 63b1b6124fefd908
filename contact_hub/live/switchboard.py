"""One ear on the bus for a whole process: passes each poke on to the sockets that care for its subject.

A listener is a bounded set of pokes; the switchboard never waits for anybody. A listener that slept through a poke is woken by its own slow poll (see
`Listener.next`), so a lost poke costs seconds, never a message; those that have heard nothing wake together (`live.moments`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from contact_hub.bus.poke import Bus, Kind, Poke, Subscription
from contact_hub.live.moments import Moments
from contact_hub.tracing import following

Key = tuple[Kind, str, str]

_QUEUE_SECONDS: Final = 1.0
"""A queue moves with every inquiry of its brand and is on every screen of the brand: once a second is often enough for a number that people read."""


class Listener:
    """What one socket has not looked at yet."""

    __slots__ = ("_later", "_leave", "_moments", "_pending", "_waiting", "_woken", "keys")

    def __init__(self, leave: Callable[[Listener], None], moments: Moments[Listener]) -> None:
        self.keys: set[Key] = set()
        self._pending: dict[Poke, None] = {}
        self._woken = False
        self._waiting: asyncio.Future[None] | None = None
        self._leave, self._moments = leave, moments
        self._later: asyncio.TimerHandle | None = None

    def hear(self, poke: Poke) -> None:
        self._pending[poke] = None
        if poke.kind != "queue":
            self._wake()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(_QUEUE_SECONDS, self._wake)

    async def next(self, *, poll_seconds: float) -> list[Poke]:
        """Pokes heard since the last call; an empty list after `poll_seconds` of silence, which means: look at everything."""
        if not self._woken:
            self._waiting = asyncio.get_running_loop().create_future()
            moment = self._moments.set(self, poll_seconds)
            try:
                await self._waiting
            finally:
                self._waiting = None
                self._moments.clear(self, moment)
        if not self._woken:
            return []
        self._woken = False
        self._forget_later()
        heard, self._pending = list(self._pending), {}
        return heard

    def ring(self) -> None:
        """It was silent for long enough."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def close(self) -> None:
        self._forget_later()
        self._leave(self)

    def _wake(self) -> None:
        self._woken = True
        self.ring()

    def _forget_later(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None


def told_of(pokes: Iterable[Poke], *, face: str) -> Any:
    """A span around looking at what pokes speak of, where the cause of one is traced; nothing else."""
    traces = [poke.trace for poke in pokes if poke.trace]
    return following("socket.told", traces, face=face) if traces else contextlib.nullcontext()


class Switchboard:
    """Runs for the life of the process (`run` in a task)."""

    def __init__(self, bus: Bus) -> None:
        self._gathered = Subscription()
        bus.overhear(self)
        # in the order in which they came, so that the same talk always goes the same way
        self._by_key: dict[Key, dict[Listener, None]] = defaultdict(dict)
        self._all: dict[Listener, None] = {}
        self._moments: Moments[Listener] = Moments(Listener.ring)

    def hear(self, pokes: Iterable[Poke]) -> None:
        """Called by the bus. A conversation is on a screen or two, whose entries then leave together with the acknowledgement of what caused them; what is on
        very many is gathered first, so that a thousand equal pokes are passed on once."""
        rest = []
        for poke in pokes:
            if poke.kind == "conversation":
                self.pass_on(poke)
            else:
                rest.append(poke)
        self._gathered.hear(rest)

    async def run(self) -> None:
        while True:
            for poke in await self._gathered.next():
                self.pass_on(poke)

    def pass_on(self, poke: Poke) -> None:
        listeners = self._all if poke.kind == "everything" else self._by_key.get((poke.kind, poke.workspace, poke.subject), ())
        for listener in tuple(listeners):
            listener.hear(poke)

    def listener(self, keys: Iterable[Key] = ()) -> Listener:
        listener = Listener(self._forget, self._moments)
        self._all[listener] = None
        self.tune(listener, keys)
        return listener

    def tune(self, listener: Listener, keys: Iterable[Key]) -> None:
        """From now on `listener` hears exactly `keys`."""
        wanted = set(keys)
        for key in listener.keys - wanted:
            self._unhook(listener, key)
        for key in wanted - listener.keys:
            self._by_key[key][listener] = None
        listener.keys = wanted

    def _forget(self, listener: Listener) -> None:
        self.tune(listener, ())
        self._all.pop(listener, None)

    def _unhook(self, listener: Listener, key: Key) -> None:
        self._by_key[key].pop(listener, None)
        if not self._by_key[key]:
            del self._by_key[key]
