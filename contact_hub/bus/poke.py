"""What a poke is and what a bus promises, which is little: most pokes arrive, soon; and whether a loss would be noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, Literal, Protocol

import msgspec

from contact_hub.tracing import carried

Kind = Literal[
    "input",
    "conversation",
    "agent",
    "queue",
    "workspace",
    "revoked",
    "typing",
    "console",
    "refused",
    "device",
    "roll_call",
    "place_wanted",
    "place",
    "everything",
]

PENDING_MAX: Final = 50_000


class Poke(msgspec.Struct, frozen=True, array_like=True):
    """`kind` says what moved, `subject` its id.

    input: a workspace's routing has work · conversation: its rows moved · agent: the console of an agent looks different · workspace: the rules changed ·
    revoked: an account's sessions are over · typing: `detail` is the speaker · console: an agent's console was opened under presence epoch `detail` ·
    queue: who waits for a brand moved · refused: an agent was refused something, `detail` is what and why ·
    device: a visitor's browser has a new conversation · roll_call: a new owner asks who is at the desk ·
    place_wanted: another node has somebody who asks where an inquiry stands · place: where it stands, in `detail` ·
    everything: pokes were lost, look at all you care for.
    `trace` is where its cause was traced, if it was: then equal pokes of two causes are two.
    """

    kind: Kind
    workspace: str
    subject: str = ""
    detail: str = ""
    trace: str = ""


EVERYTHING: Final = Poke("everything", "")


def traced(pokes: Iterable[Poke]) -> Iterable[Poke]:
    """The same, carrying on the trace that is open here, if one is."""
    trace = carried()
    if trace is None:
        return pokes
    return [poke if poke == EVERYTHING or poke.trace else msgspec.structs.replace(poke, trace=trace) for poke in pokes]


class Ear(Protocol):
    def hear(self, pokes: Iterable[Poke]) -> None:
        """Called by the bus; must not wait."""


class Subscription:
    """The pokes one listener has not looked at yet: a set, so a thousand equal pokes cost one look. Bounded: past the limit it
    remembers only that *everything* may have moved."""

    def __init__(self) -> None:
        self._pending: dict[Poke, None] = {}
        self._wake = asyncio.Event()

    def hear(self, pokes: Iterable[Poke]) -> None:
        """Called by the bus; never waits."""
        self._pending.update(dict.fromkeys(pokes))
        if len(self._pending) > PENDING_MAX:
            self._pending = {EVERYTHING: None}
        if self._pending:
            self._wake.set()

    async def next(self) -> list[Poke]:
        """Everything heard since the last call, at least one poke."""
        await self._wake.wait()
        self._wake.clear()
        heard, self._pending = list(self._pending), {}
        return heard


class Bus(Protocol):
    def publish(self, pokes: Iterable[Poke]) -> None:
        """Send without waiting; what cannot be sent is forgotten."""

    def subscribe(self) -> Subscription: ...

    def unsubscribe(self, subscription: Subscription) -> None: ...

    def overhear(self, ear: Ear) -> None:
        """Let `ear` hear everything at once, for the life of the bus: whatever is said here before `publish` returns."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def healthy(self) -> bool: ...

    def hears_all(self) -> bool:
        """Whether whatever is said reaches us, or is told as `everything` where it was lost: only then does silence mean that nothing moved."""
