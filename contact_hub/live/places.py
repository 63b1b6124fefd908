"""Where a waiting customer stands, and whether anybody could answer now.

The queue is known to the process that owns the workspace; another one asks it over the bus, and tells what it last heard until the answer is there, if
one comes. Opening hours follow from the rules alone, so every process can tell them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from math import ceil
from typing import Final

from contact_hub.bus import Bus, Poke
from contact_hub.channels.chat.frames import OpeningHours
from contact_hub.channels.chat.visitor import Place
from contact_hub.clock import Clock
from contact_hub.live.owner import Owner
from contact_hub.workspace.floor import Floor
from routing.engine import Engine
from routing.model import BrandId, Channel, Demand, InquiryId

_FRESH_SECONDS: Final = 15.0
_ASK_AGAIN_SECONDS: Final = 1.0
_HEARD_MAX: Final = 20_000


class LivePlaces:
    """`run` answers the other nodes; without it this one only asks."""

    def __init__(self, owners: Mapping[str, Owner], clock: Clock, bus: Bus) -> None:
        self._owners, self._clock, self._bus = owners, clock, bus
        self._heard: OrderedDict[tuple[str, str], tuple[float, Place | None]] = OrderedDict()
        self._engines: dict[tuple[str, int], Engine] = {}
        self._openings: dict[tuple[str, int, str, str, Channel], tuple[float, OpeningHours]] = {}

    def place(self, workspace: str, inquiry: str) -> Place | None:
        """Where this one stands; None while that is not known, or it does not wait."""
        owner = self._owners.get(workspace)
        if owner is not None and owner.engine is not None:
            return _place_of(owner.engine, inquiry)
        at, known = self._heard.get((workspace, inquiry), (None, None))
        now = self._clock.monotonic()
        if at is None or now - at >= _ASK_AGAIN_SECONDS:
            self._keep(workspace, inquiry, now, known)
            self._bus.publish([Poke("place_wanted", workspace, inquiry)])
        return known

    def heard(self, poke: Poke) -> None:
        """The owner has answered."""
        ahead, low, high = poke.detail.split("|")
        place = Place(ahead=int(ahead), minutes=(int(low), int(high)) if low else None)
        self._keep(poke.workspace, poke.subject, self._clock.monotonic(), place)

    def _keep(self, workspace: str, inquiry: str, at: float, place: Place | None) -> None:
        self._heard[workspace, inquiry] = at, place
        self._heard.move_to_end((workspace, inquiry))
        if len(self._heard) > _HEARD_MAX:
            self._heard.popitem(last=False)

    async def run(self) -> None:
        """For ever: tell the other nodes what they ask about workspaces of ours."""
        subscription = self._bus.subscribe()
        try:
            while True:
                if told := [answer for poke in await subscription.next() if (answer := self._answer(poke)) is not None]:
                    self._bus.publish(told)
        finally:
            self._bus.unsubscribe(subscription)

    def _answer(self, poke: Poke) -> Poke | None:
        owner = self._owners.get(poke.workspace) if poke.kind == "place_wanted" else None
        place = _place_of(owner.engine, poke.subject) if owner is not None and owner.engine is not None else None
        if place is None:
            return None
        low, high = place.minutes or ("", "")
        return Poke("place", poke.workspace, poke.subject, f"{place.ahead}|{low}|{high}")

    def opening(self, floor: Floor, brand: str, kind: str | None = None, channel: Channel = Channel.CHAT) -> OpeningHours:
        """Whether anybody who may ever answer for the brand is at work now, and if not, when next."""
        kind = kind or floor.kinds_of(floor.brand(brand))[0]
        key, at = (floor.id, floor.version, brand, kind, channel), self._clock.monotonic()
        known = self._openings.get(key)
        if known is not None and at - known[0] < _FRESH_SECONDS:
            return known[1]
        if (floor.id, floor.version) not in self._engines:  # another version: forget what was known of the last
            self._engines = {(floor.id, floor.version): Engine(floor.plan)}
            self._openings = {}
        demand = Demand(brand=BrandId(brand), channel=channel, kind=kind)
        is_open, then = self._engines[floor.id, floor.version].could_open(demand, self._clock.now())
        opening = OpeningHours(open=is_open, next_opening=None if is_open else then)
        self._openings[key] = (at, opening)
        return opening


def _place_of(engine: Engine, inquiry: str) -> Place | None:
    ahead = engine.place_in_queue(InquiryId(inquiry))
    if ahead is None:
        return None
    found = engine.estimate(InquiryId(inquiry))
    return Place(ahead=ahead, minutes=None if found is None else (int(found.low // 60), ceil(found.high / 60)))
