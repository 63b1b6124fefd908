"""Local hours and days as stretches of real time.

A report is grouped in somebody's zone, where a day may have 23, 24 or 25 hours. Bounds are instants; the label is what the wall clock said
when the stretch began. So a repeated hour stands twice in a day, a skipped one not at all, and nothing is ever counted in two stretches.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from routing.hours import day_start
from routing.measures import milliseconds
from routing.measures.statistics import Integers

_QUARTER: Final = timedelta(minutes=15)
"""Every zone in use is a whole number of quarters from UTC, before and after every change of its clocks."""


def days(since: datetime, until: datetime, zone: str) -> list[datetime]:
    """The bounds of the local days of a period: `since`, every midnight after it, `until`."""
    local = ZoneInfo(zone)
    day, last = since.astimezone(local).date(), until.astimezone(local).date()
    midnights = (day_start(day + timedelta(days=n), zone) for n in range(1, (last - day).days + 1))
    return [since.astimezone(UTC), *(one for one in midnights if since < one < until), until.astimezone(UTC)]


def hours(since: datetime, until: datetime, zone: str) -> list[datetime]:
    """The bounds of the local hours of a period: `since`, every instant after it at which the wall clock shows a new hour, `until`."""
    return [since.astimezone(UTC), *_full_hours(since.astimezone(UTC), until.astimezone(UTC), zone), until.astimezone(UTC)]


@lru_cache(maxsize=64)
def _full_hours(since: datetime, until: datetime, zone: str) -> tuple[datetime, ...]:
    local = ZoneInfo(zone)
    first = since.replace(minute=0, second=0, microsecond=0)
    quarters = ((until - first) // _QUARTER) + 1
    instants = [first + n * _QUARTER for n in range(-1, quarters)]
    shown = [one.astimezone(local) for one in instants]
    return tuple(
        one
        for one, before, now in zip(instants[1:], shown, shown[1:], strict=False)
        if since < one < until and (now.minute == 0 or now.hour != before.hour)  # clocks may jump into the middle of an hour
    )


def label(at: datetime, zone: str) -> str:
    """The instant as the wall clock of the zone shows it, with its offset."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def hour_of_day(at: datetime, zone: str) -> int:
    """The hour on the wall clock."""
    return at.astimezone(ZoneInfo(zone)).hour


def as_bounds(instants: list[datetime]) -> Integers:
    """The same as milliseconds."""
    return np.array([milliseconds(one) for one in instants], dtype=np.int64)
