"""Everything that is due at some time, in one heap.

A timer is only a reminder: whether it still means anything is asked when it comes up. So nothing is ever cancelled, and after a restore
the reminders are simply set again. At one instant, hours and dates come before agents and agents before inquiries.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from enum import IntEnum

from routing.moments import NEVER


class Kind(IntEnum):
    """What a reminder is about, in the order of one instant."""

    HOURS = 0
    DATES = 1
    BOOKS = 2
    LOST = 3
    OFFER = 4
    WRAP_UP = 5
    HOLD = 6
    STEP = 7
    COOL_DOWN = 8


Timer = tuple[int, Kind, str | int]
"""When (microseconds), about what, and whom: a calendar or a queue by number, an agent or an inquiry by id."""


class Timers:
    """The heap. `valid` tells whether a reminder still means something."""

    __slots__ = ("_heap", "_valid")

    def __init__(self, valid: Callable[[Timer], bool]) -> None:
        self._heap: list[Timer] = []
        self._valid = valid

    def set(self, at: int, kind: Kind, whom: str | int) -> None:
        """Remind at this instant."""
        heapq.heappush(self._heap, (at, kind, whom))

    def first(self) -> int | None:
        """When the first reminder that still means something is due."""
        while self._heap and not self._valid(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def earliest(self) -> int:
        """When the first reminder comes up, whether it still means something or not."""
        return self._heap[0][0] if self._heap else NEVER

    def due(self, now: int) -> Timer | None:
        """Take the first reminder that is due and still means something."""
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)
            if self._valid(timer):
                return timer
        return None

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()
