"""What somebody asks of a report, checked: period, zone, grouping, filters, targets.

Everything after this file may trust a `Query`. What cannot be understood is refused with a code (`report_range_invalid`, `filter_unknown`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contact_hub.errors import HubError
from routing.hours import day_start
from routing.measures import DIMENSIONS, Targets

GROUPINGS: Final = (*DIMENSIONS, "hour", "day")
PERIOD_MAX: Final = timedelta(days=400)
"""A year and its neighbour's month: what a report over longer times would answer is a question for two reports."""

_TARGETS: Final = {
    "answer_seconds": 86_400,
    "short_abandon_seconds": 3_600,
    "next_response_seconds": 86_400,
    "follow_up_days": 90,
}
_PLAIN: Final = frozenset({"from", "to", "zone", "by", *_TARGETS})
_FILTER_VALUES_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A report wished for. `since` is in it, `until` is not; both are aware. Pool and vendor filters name one each."""

    since: datetime
    until: datetime
    zone: str = "UTC"
    by: str = "brand"
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: Targets = field(default_factory=Targets)

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise HubError("report_range_invalid", "The period of the report needs a time zone.")
        if not self.since < self.until:
            raise HubError("report_range_invalid", "The period of the report ends before it begins.")
        if self.until - self.since > PERIOD_MAX:
            raise HubError("report_range_invalid", f"A report covers at most {PERIOD_MAX.days} days.", days=PERIOD_MAX.days)
        _zone(self.zone)
        if self.by not in GROUPINGS:
            raise HubError("filter_unknown", "A report cannot be grouped by this.", filter="by", value=self.by[:60])
        for name, values in self.filters.items():
            if name not in DIMENSIONS:
                raise HubError("filter_unknown", filter=name[:60])
            if len(values) > (1 if name in ("pool", "vendor") else _FILTER_VALUES_MAX):
                raise HubError("filter_unknown", "This filter takes fewer values.", filter=name)

    @classmethod
    def parse(cls, parameters: Mapping[str, str | Sequence[str]], now: datetime) -> Query:
        """From the parameters of an address. `from` and `to` are dates or aware times; a date means its midnight in the zone, and the
        last day is in the report. Without them: the last seven days and today. Several values of one filter are repeated or parted by commas."""
        values = {name: _values(given) for name, given in parameters.items()}
        for name in values:
            if name not in _PLAIN and name not in DIMENSIONS:
                raise HubError("filter_unknown", filter=name[:60])
        zone = _one(values, "zone") or "UTC"
        today = now.astimezone(_zone(zone)).date().isoformat()
        a_week_ago = (now.astimezone(_zone(zone)).date() - timedelta(days=7)).isoformat()
        return cls(
            since=_instant(_one(values, "from") or a_week_ago, zone, days_after=0),
            until=_instant(_one(values, "to") or today, zone, days_after=1),
            zone=zone,
            by=_one(values, "by") or "brand",
            filters={name: tuple(wished) for name, wished in values.items() if name in DIMENSIONS and wished},
            targets=_targets(values),
        )

    def parameters(self) -> dict[str, object]:
        """The same as values for an address or a file."""
        return {
            "from": self.since.astimezone(ZoneInfo(self.zone)).isoformat(),
            "to": self.until.astimezone(ZoneInfo(self.zone)).isoformat(),
            "zone": self.zone,
            "by": self.by,
            "filters": {name: list(values) for name, values in sorted(self.filters.items())},
            "targets": self.targets.values(),
        }


def _values(given: str | Sequence[str]) -> list[str]:
    several = [given] if isinstance(given, str) else given
    return [part.strip() for one in several for part in one.split(",") if part.strip()]


def _one(values: Mapping[str, list[str]], name: str) -> str | None:
    given = values.get(name, [])
    if len(given) > 1:
        raise HubError("filter_unknown", "This can be said only once.", filter=name)
    return given[0] if given else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HubError("report_range_invalid", "This time zone is not known.", zone=name[:60]) from None


def _instant(text: str, zone: str, *, days_after: int) -> datetime:
    """A date is its midnight in the zone (for the end: that of the day after); a time needs its offset (`+` may have become a space)."""
    try:
        if len(text) == 10:
            return day_start(datetime.fromisoformat(text).date() + timedelta(days=days_after), zone)
        at = datetime.fromisoformat(text.replace(" ", "+"))
        return at.astimezone(UTC) if at.tzinfo else at
    except (ValueError, OverflowError):
        raise HubError("report_range_invalid", "The period of the report is not a date or a time.", value=text[:60]) from None


def _targets(values: Mapping[str, list[str]]) -> Targets:
    given = {name: _number(name, text, most) for name, most in _TARGETS.items() if (text := _one(values, name))}
    usual = Targets()
    return Targets(
        answer_seconds=given.get("answer_seconds", usual.answer_seconds),
        short_abandon_seconds=given.get("short_abandon_seconds", usual.short_abandon_seconds),
        next_response_seconds=given.get("next_response_seconds", usual.next_response_seconds),
        follow_up_days=given.get("follow_up_days", usual.follow_up_days),
    )


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
        raise HubError("filter_unknown", "This target is not a number that makes sense.", filter=name, value=text[:60])
    return int(text)
