"""Waking many at about the same moment with one timer for all of them.

Ten thousand sockets that wait half a minute each need no timer of their own, and those that wake together look together, at one question to the database.
So waits are rounded up to a common moment: by a twentieth of a second, long ones by a quarter.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_APART: Final = 0.05
_LONG_SECONDS: Final = 5.0
_LONG_APART: Final = 5
"""Of a long wait's moments only every fifth is used."""


class Moments(Generic[T]):
    """`ring` is called with everybody whose moment has come; it must not raise."""

    def __init__(self, ring: Callable[[T], None]) -> None:
        self._ring = ring
        self._waiting: dict[int, dict[T, None]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def set(self, one: T, seconds: float) -> int:
        """It will ring in so many seconds or a little later; returns the moment, for `clear`."""
        loop = asyncio.get_running_loop()
        moment = math.ceil((loop.time() + seconds) / _APART)
        if seconds > _LONG_SECONDS:
            moment += -moment % _LONG_APART
        if moment not in self._waiting:
            self._waiting[moment] = {}
            self._timers[moment] = loop.call_at(moment * _APART, self._come, moment)
        self._waiting[moment][one] = None
        return moment

    def clear(self, one: T, moment: int) -> None:
        """It need not ring, if it has not yet."""
        waiting = self._waiting.get(moment)
        if waiting is None:
            return
        waiting.pop(one, None)
        if not waiting:
            del self._waiting[moment]
            self._timers.pop(moment).cancel()

    def _come(self, moment: int) -> None:
        del self._timers[moment]
        for one in self._waiting.pop(moment):
            self._ring(one)
