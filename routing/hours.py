"""When a place is open, in its own zone, exact through every change of the clocks.

Hours are wall-clock times; answers are instants. A block belongs to the local date on which it opens, so a night shift keeps the holiday rules
of its evening. Where the clocks skip an opening or closing time, the moment that long after the last valid one counts (02:30 becomes 03:30);
where a time happens twice, the first pass opens and the second closes: in doubt, open. Everything is worked out a local day at a time and
remembered, because a floor asks about the same few days over and over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from routing.model import Block, Hours, Span

HORIZON: Final = timedelta(days=60)
"""How far ahead openings are looked for: what opens later is no promise to a waiting customer."""

_DAY: Final = timedelta(days=1)

Interval = tuple[datetime, datetime]
"""From the first open instant to the first closed one, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one local date offers, clock changes and holidays applied; no intervals: closed."""

    date: date
    open: tuple[Interval, ...]


def is_open(hours: Hours, at: datetime) -> bool:
    """Is it open at this instant? The closing instant itself is closed."""
    return calendar(hours).is_open(at)


def next_opening(hours: Hours, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """The first open instant from `at` on: `at` itself where it is open, None if there is none within the horizon."""
    return calendar(hours).next_opening(at, horizon)


def next_change(hours: Hours, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """The first instant after `at` at which it opens or closes; None if nothing changes within the horizon."""
    return calendar(hours).next_change(at, horizon)


def week_ahead(hours: Hours, from_: date, days: int = 7) -> tuple[Day, ...]:
    """The local dates from `from_` on, with what each is open."""
    return calendar(hours).days(from_, days)


def next_common_opening(calendars: Iterable[Calendar], at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """The first instant from `at` on at which all of them are open, within the horizon."""
    until, calendars = at + horizon, tuple(calendars)
    while at <= until:
        shut = [c.next_opening(at, horizon) for c in calendars if not c.is_open(at)]
        if not shut:
            return at
        openings = [opening for opening in shut if opening is not None]
        if len(openings) < len(shut):
            return None
        at = max(openings)
    return None


def calendar(hours: Hours) -> Calendar:
    """The calendar of these hours; equal hours share one."""
    overrides = tuple(sorted((day, spans) for day, spans in hours.overrides.items()))
    return _calendar(hours.zone, hours.weekly, hours.holidays, overrides)


@lru_cache(maxsize=1024)
def day_start(day: date, zone: str) -> datetime:
    """The instant at which a local date begins."""
    return _instant(day, time.min, zone, closing=False)


@lru_cache(maxsize=4096)
def end_of(day: date, zone: str) -> datetime:
    """The instant at which a local date is over; the last of all dates never is."""
    return day_start(day + _DAY, zone) if day < date.max else datetime.max.replace(tzinfo=UTC)


class Calendar:
    """Hours made ready for questions. Equal hours have the same calendar, so it may be compared and counted by identity."""

    __slots__ = ("_days", "_holidays", "_overrides", "_weekly", "_zone", "zone")

    def __init__(
        self, zone: str, weekly: tuple[Block, ...], holidays_of: str | None, overrides: tuple[tuple[date, tuple[Span, ...]], ...]
    ) -> None:
        self.zone = zone
        self._zone = ZoneInfo(zone)
        self._weekly = weekly
        self._holidays = holidays_of
        self._overrides = dict(overrides)
        self._days: dict[date, tuple[Interval, ...]] = {}

    def is_open(self, at: datetime) -> bool:
        """Is it open at this instant?"""
        local = at.astimezone(self._zone).date()
        return any(opens <= at < closes for day in (local - _DAY, local) for opens, closes in self._intervals(day))

    def next_opening(self, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
        """The first open instant from `at` on, within the horizon."""
        for opens, closes in self._from(at, horizon):
            if closes > at:
                return max(opens, at) if opens <= at + horizon else None
        return None

    def next_change(self, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
        """The first instant after `at` at which it opens or closes, within the horizon."""
        for opens, closes in self._from(at, horizon):
            for change in (opens, closes):
                if change > at:
                    return change if change <= at + horizon else None
        return None

    def days(self, from_: date, days: int) -> tuple[Day, ...]:
        """What each local date from `from_` on offers."""
        return tuple(Day(date=day, open=self._intervals(day)) for day in (from_ + n * _DAY for n in range(days)))

    def _from(self, at: datetime, horizon: timedelta) -> Iterator[Interval]:
        """Open intervals in order, joined where one begins as the other ends, from yesterday's on."""
        first = at.astimezone(self._zone).date() - _DAY
        opens = closes = None
        for n in range(horizon.days + 3):
            for start, end in self._intervals(first + n * _DAY):
                if closes is not None and opens is not None:
                    if start <= closes:
                        closes = max(closes, end)
                        continue
                    yield opens, closes
                opens, closes = start, end
        if opens is not None and closes is not None:
            yield opens, closes

    def _intervals(self, day: date) -> tuple[Interval, ...]:
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = _joined(sorted(self._opened_on(day)))
        return known

    def _opened_on(self, day: date) -> Iterator[Interval]:
        for opens, closes in self._wall_clock(day):
            last = day if closes > opens else day + _DAY
            start, end = _instant(day, opens, self.zone, closing=False), _instant(last, closes, self.zone, closing=True)
            if start < end:  # a block that lies wholly inside skipped time does not take place
                yield start, end

    def _wall_clock(self, day: date) -> Iterator[tuple[time, time]]:
        if day in self._overrides:
            yield from ((span.opens, span.closes) for span in self._overrides[day])
        elif self._holidays is None or not is_holiday(self._holidays, day):
            yield from ((block.opens, block.closes) for block in self._weekly if block.weekday == day.weekday())


def is_holiday(code: str, day: date) -> bool:
    """Is this a public holiday there? `code` is an ISO 3166 country with an optional subdivision (`DE`, `DE-BY`)."""
    return day in _holidays(code, day.year)


def knows_holidays(code: str) -> bool:
    """Can this code be answered for? The edge asks before it accepts a workspace; here an unknown code means no holidays."""
    country, _, subdivision = code.partition("-")
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def _calendar(
    zone: str, weekly: tuple[Block, ...], holidays_of: str | None, overrides: tuple[tuple[date, tuple[Span, ...]], ...]
) -> Calendar:
    return Calendar(zone, weekly, holidays_of, overrides)


@lru_cache(maxsize=512)
def _holidays(code: str, year: int) -> frozenset[date]:
    if not knows_holidays(code):
        return frozenset()
    country, _, subdivision = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def _instant(day: date, at: time, zone: str, *, closing: bool) -> datetime:
    """A skipped time reads as `fold=0` does (that long after the last valid one); of a repeated time the second pass closes."""
    local = datetime.combine(day, at, ZoneInfo(zone))
    first, second = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    return max(first, second) if closing else first


def _joined(intervals: list[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for opens, closes in intervals:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)
