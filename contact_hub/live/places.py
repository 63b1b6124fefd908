"""Where a waiting customer stands, and whether anybody could answer now.

The queue is known to the process that owns the workspace; another one knows only that there is a queue. Opening hours follow from the rules
alone, so every process can tell them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final

from contact_hub.channels.chat.frames import OpeningHours
from contact_hub.channels.chat.visitor import Place
from contact_hub.clock import Clock
from contact_hub.live.owner import Owner
from contact_hub.workspace.floor import Floor
from routing.engine import Engine
from routing.model import BrandId, Channel, Demand, InquiryId

_FRESH_SECONDS: Final = 15.0


class LivePlaces:
    def __init__(self, owners: Mapping[str, Owner], clock: Clock) -> None:
        self._owners, self._clock = owners, clock
        self._engines: dict[tuple[str, int], Engine] = {}
        self._openings: dict[tuple[str, int, str, str], tuple[float, OpeningHours]] = {}

    def place(self, workspace: str, inquiry: str) -> Place | None:
        """Where this one stands; None where this process cannot know, or it does not wait."""
        owner = self._owners.get(workspace)
        if owner is None or owner.engine is None:
            return None
        ahead = owner.engine.place_in_queue(InquiryId(inquiry))
        if ahead is None:
            return None
        found = owner.engine.estimate(InquiryId(inquiry))
        return Place(ahead=ahead, minutes=None if found is None else (int(found.low // 60), ceil(found.high / 60)))

    def opening(self, floor: Floor, brand: str, kind: str | None = None) -> OpeningHours:
        """Whether anybody who may ever answer for the brand is at work now, and if not, when next."""
        kind = kind or floor.kinds_of(floor.brand(brand))[0]
        key, at = (floor.id, floor.version, brand, kind), self._clock.monotonic()
        known = self._openings.get(key)
        if known is not None and at - known[0] < _FRESH_SECONDS:
            return known[1]
        if (floor.id, floor.version) not in self._engines:  # another version: forget what was known of the last
            self._engines = {(floor.id, floor.version): Engine(floor.plan)}
            self._openings = {}
        demand = Demand(brand=BrandId(brand), channel=Channel.CHAT, kind=kind)
        is_open, then = self._engines[floor.id, floor.version].could_open(demand, self._clock.now())
        opening = OpeningHours(open=is_open, next_opening=None if is_open else then)
        self._openings[key] = (at, opening)
        return opening
