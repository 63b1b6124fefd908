"""What time it is. Everything that decides takes the time as an argument; only the shell holds a clock.

Wall time is aware UTC and is what we write down. Monotonic seconds are for measuring how long something took: they never jump.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

CLOCK_SECONDS_MAX: Final = 1.0


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


class DatabaseClock:
    """A machine's clock, set right by the database's: what expires, expires on every node at once, however wrong one of them is."""

    def __init__(self, base: Clock) -> None:
        self.base = base
        self.offset_seconds = 0.0
        """How far the database is ahead of the machine."""

    def measured(self, offset: timedelta) -> None:
        self.offset_seconds = offset.total_seconds()

    @property
    def off(self) -> bool:
        """A second is what networks and good clocks may differ by; within it the machine's own clock is used, which does not jump."""
        return abs(self.offset_seconds) > CLOCK_SECONDS_MAX

    def now(self) -> datetime:
        return self.base.now() + timedelta(seconds=self.offset_seconds) if self.off else self.base.now()

    def monotonic(self) -> float:
        return self.base.monotonic()


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
