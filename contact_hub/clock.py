"""What time it is. Everything that decides takes the time as an argument; only the shell holds a clock.

Wall time is aware UTC and is what we write down. Monotonic seconds are for measuring how long something took: they never jump.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time and a stop-watch."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until somebody moves it: for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        assert start.tzinfo is not None, "time is aware here"
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass, on both dials."""
        assert seconds >= 0, "only the wall clock can be set back: use `set_wall`"
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, at: datetime) -> None:
        """Move the wall clock alone, in any direction, as an administrator or a leap would."""
        self._now = at.astimezone(UTC)
