"""One timer for many sockets: whoever is on the wheel gets a turn once in every round.

Ten thousand sockets that each sleep ten seconds are ten thousand tasks and timers; here they stand in the slots of a wheel that turns slot by slot. Newcomers
are spread over all slots, so that no moment has more to do than another; the first turn may therefore come at any time within the first round.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import structlog

T = TypeVar("T")

_SLOT_SECONDS: Final = 0.25

_log = structlog.get_logger(__name__)


class Wheel(Generic[T]):
    """`turn` is called with everybody in turn. It must not wait; what it raises is told to the log and is nobody else's trouble."""

    def __init__(self, *, round_seconds: float, turn: Callable[[T], None]) -> None:
        slots = max(1, math.ceil(round_seconds / _SLOT_SECONDS))
        self._slot_seconds, self._turn = round_seconds / slots, turn
        self._slots: list[dict[T, None]] = [{} for _ in range(slots)]
        self._place_of: dict[T, int] = {}
        self._next_place = self._at = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._place_of)

    def add(self, one: T) -> None:
        """From now on it has its turn."""
        place = self._next_place = (self._next_place + 1) % len(self._slots)
        self._slots[place][one] = None
        self._place_of[one] = place
        if self._timer is None:
            self._later()

    def remove(self, one: T) -> None:
        """No more turns, if it had any."""
        place = self._place_of.pop(one, None)
        if place is not None:
            del self._slots[place][one]
        if not self._place_of and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._slot_seconds, self._move)

    def _move(self) -> None:
        self._later()
        self._at = (self._at + 1) % len(self._slots)
        for one in tuple(self._slots[self._at]):
            if one in self._place_of:  # the turn of another may have ended it
                try:
                    self._turn(one)
                except Exception:
                    _log.exception("turn_failed")
