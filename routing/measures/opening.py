"""Opening time between two instants: what a customer who wrote at night may fairly be said to have waited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.hours import calendar
from routing.measures.cases import OpenTime
from routing.measures.fold import milliseconds
from routing.model import Hours


def open_time(promised: Mapping[str, Hours]) -> OpenTime:
    """For brands with promised hours, the milliseconds of opening time between two instants; None for the others."""

    def within(brand: str, since_ms: int, until_ms: int) -> int | None:
        hours = promised.get(brand)
        return None if hours is None else _overlap(hours, since_ms, max(since_ms, until_ms))

    return within


def _overlap(hours: Hours, since_ms: int, until_ms: int) -> int:
    since, until = (datetime.fromtimestamp(at / 1000, UTC) for at in (since_ms, until_ms))
    first = since.astimezone(ZoneInfo(hours.zone)).date() - timedelta(days=1)  # a night shift belongs to the evening before
    days = calendar(hours).days(first, (until - since).days + 4)
    spans = sorted((milliseconds(opens), milliseconds(closes)) for day in days for opens, closes in day.open)
    total, reached = 0, since_ms
    for opens, closes in spans:
        start, end = max(opens, reached), min(closes, until_ms)
        total, reached = total + max(0, end - start), max(reached, end)
    return total
