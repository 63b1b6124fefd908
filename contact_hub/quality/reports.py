"""A report: figures for one period, as a total, by row, over time, and by language and hour.

Each cell is a set of cases and a definition. The tile is the total of the table, the file shows the cells of the screen, and the list behind a figure
is made of the very observations that were counted: there is one computation, and everything here only arranges it.

Whoever may not see everything gets `restrict`ed records first; a report never asks who is looking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np

from contact_hub.errors import HubError
from contact_hub.quality import periods
from contact_hub.quality.query import Query
from i18n import catalogues
from routing.measures import (
    ALL,
    DEFINITIONS,
    IN_HOUSE,
    OF_TIME,
    POOL,
    QUANTITIES,
    VENDOR,
    Attendance,
    Cases,
    Figure,
    Spent,
    Tallies,
    Terms,
    figures,
    measure,
    occupancy,
    utilisation,
)
from routing.measures.statistics import Integers

SERIES_KEYS: Final = ("offered", "answered", "abandoned", "service_level", "asa", "asa_p90", "aht", "csat")
"""What the curves over time show."""

HEAT_KEYS: Final = ("offered", "answered", "service_level", "asa", "language_match")
"""What the field of languages by hours shows."""

TILE_KEYS: Final = (
    "offered",
    "answer_rate",
    "abandon_rate",
    "service_level",
    "asa",
    "first_response_p50",
    "next_response_p50",
    "aht",
    "occupancy",
    "missed_offers",
    "transfer_rate",
    "csat",
    "fcr",
    "language_match",
)
"""The figures on top; each is the total of its column."""

_HOURLY_MAX: Final = timedelta(hours=50)
"""Up to two days (one may have 25 hours) curves have a point an hour, beyond that a point a day."""

Row = tuple[str, Integers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All that reports are made of, as of one entry of the journal."""

    cases: Cases
    attendance: Attendance
    as_of_ms: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How far somebody sees: some clients only, one vendor only. None: all."""

    clients: frozenset[str] | None = None
    vendor: str | None = None


def restrict(records: Records, sight: Sight) -> Records:
    """What is left for this sight. A client sees its inquiries; a vendor those that came to its pools, as its pools saw them."""
    if sight.clients is None and sight.vendor is None:
        return records
    return Records(
        cases=records.cases.restrict(clients=sight.clients, vendor=sight.vendor),
        attendance=records.attendance.restrict(clients=sight.clients, vendor=sight.vendor),
        as_of_ms=records.as_of_ms,
        seq=records.seq,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of a report: of the total, of a `row` of the table, of a stretch of the series (`at`), of a language (`row`) at an `hour`."""

    measure: str
    row: str | None = None
    at: str | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillItem:
    """One observation behind a figure: a case (or, for figures of time, an agent). `counted`: is it in the numerator?"""

    inquiry: str | None
    conversation: str | None
    agent: str | None
    at: str | None
    counted: bool
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names for keys, by dimension. What has no name shows its key; a client may be shown a vendor's alias here."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, dimension: str, key: str, tag: str) -> str:
        """The name of this key for a reader of `tag`."""
        known = self.names.get(dimension, {}).get(key)
        if known is not None:
            return known
        text = f"quality.none.{dimension}" if key == "" else f"quality.key.{key}" if key == IN_HOUSE else ""
        return catalogues.text(text, tag) if text and catalogues.has(text) else key


class Report:
    """The answer to one query over (restricted) records."""

    def __init__(self, records: Records, query: Query, labels: Labels | None = None) -> None:
        self.query = query
        self.labels = labels or Labels()
        self._records = records
        self._cases = records.cases
        self._terms = Terms(targets=query.targets, as_of_ms=records.as_of_ms)
        self._bounds = periods.as_bounds([query.since, query.until])

    # what is in it

    @cached_property
    def total(self) -> dict[str, Figure]:
        """The figures of everything together."""
        return self._figures(self._all, self._people(self._bounds, self._pools())[0])

    @cached_property
    def rows(self) -> dict[str, dict[str, Figure]]:
        """The figures of each row, busiest first; hours and days in their order."""
        return {key: self._figures(rows, self._people_of(key)) for key, rows in self._groups.items()}

    @property
    def overlapping(self) -> bool:
        """Whether an inquiry may stand in several rows: it does with every pool and vendor it came to."""
        return self.query.by in ("pool", "vendor")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The figures of the table: all that have anything to say."""
        shown = [self.total, *self.rows.values()]
        return tuple(key for key in DEFINITIONS if any(row[key].value is not None for row in shown))

    @cached_property
    def series(self) -> dict[str, dict[str, Figure]]:
        """The figures of each stretch of time, by its beginning."""
        return {at: figures(self._measured(rows, SERIES_KEYS), SERIES_KEYS) for at, rows in self._stretches.items()}

    @property
    def series_unit(self) -> str:
        """How long a stretch of the series is: hour or day."""
        return "hour" if self.query.until - self.query.since <= _HOURLY_MAX else "day"

    @cached_property
    def heat(self) -> dict[str, dict[int, dict[str, Figure]]]:
        """The figures of each language in each hour of the day; hours without cases are left out."""
        hours = self._hour_of(self._all)
        found: dict[str, dict[int, dict[str, Figure]]] = {}
        for language, rows in self._by_dimension("language", self._all):
            of_rows = hours[np.searchsorted(self._all, rows)]
            found[language] = {
                hour: figures(self._measured(rows[of_rows == hour], HEAT_KEYS), HEAT_KEYS) for hour in sorted(set(of_rows.tolist()))
            }
        return found

    def drill(self, cell: Cell) -> list[DrillItem]:
        """The observations behind a figure: as many as its n, and as many `counted` as its numerator."""
        if cell.measure not in DEFINITIONS:
            raise HubError("filter_unknown", "This measure is not known.", filter="measure", value=cell.measure[:60])
        quantity = DEFINITIONS[cell.measure].quantity
        if quantity in OF_TIME:
            return self._drill_time(quantity, cell)
        sample = QUANTITIES[quantity](self._cases, self._rows_of(cell), self._terms)
        divisor = 10_000 if quantity == "language_confidence" else 1000
        values = [None] * sample.rows.size if sample.values is None else (sample.values / divisor).tolist()
        counted = [True] * sample.rows.size if sample.hits is None else sample.hits.tolist()
        names, conversations = self._cases.keys["inquiry"].names, self._cases.conversations
        inquiries, since = self._cases.column("inquiry")[sample.rows].tolist(), self._cases.column("since")[sample.rows].tolist()
        return [
            DrillItem(
                inquiry=names[inquiry],
                conversation=conversations[inquiry],
                agent=None,
                at=_iso(at),
                counted=hit,
                value=value,
            )
            for inquiry, at, hit, value in zip(inquiries, since, counted, values, strict=True)
        ]

    def to_json(self, tag: str = "en") -> dict[str, Any]:
        """The report for a screen, in the language of its reader (see docs/measures.md)."""
        query = self.query
        return {
            "as_of": _iso(self._records.as_of_ms),
            "as_of_seq": self._records.seq,
            **query.parameters(),
            "tiles": [self._column(key, tag) | {"key": key} | _shown(self.total[key]) for key in TILE_KEYS],
            "table": {
                "by": query.by,
                "overlapping": self.overlapping,
                "columns": [{"key": key} | self._column(key, tag) for key in self.columns],
                "rows": [
                    {"key": key, "label": self.row_label(key, tag), "cells": self._cells(row)} for key, row in self.rows.items()
                ],
                "total": {"key": None, "label": catalogues.text("quality.row.total", tag), "cells": self._cells(self.total)},
            },
            "series": {
                "unit": self.series_unit,
                "points": [{"at": at, "cells": {key: _shown(one) for key, one in row.items()}} for at, row in self.series.items()],
            },
            "heat": {
                "by": "language",
                "hours": list(range(24)),
                "rows": [
                    {
                        "key": key,
                        "label": self.labels.of("language", key, tag),
                        "cells": [
                            {"hour": hour, "cells": {name: _shown(one) for name, one in row.items()}}
                            for hour, row in by_hour.items()
                        ],
                    }
                    for key, by_hour in self.heat.items()
                ],
            },
        }

    def row_label(self, key: str, tag: str) -> str:
        """What stands at the head of a row."""
        return key if self.query.by in ("hour", "day") else self.labels.of(self.query.by, key, tag)

    def _column(self, key: str, tag: str) -> dict[str, Any]:
        one, values = DEFINITIONS[key], self.query.targets.values()
        return {
            "name": catalogues.text(one.name, tag),
            "unit": str(one.unit),
            "definition": catalogues.text(one.definition, tag, **values),
            "parameters": {name: values[name] for name in one.parameters},
        }

    def _cells(self, row: Mapping[str, Figure]) -> dict[str, Any]:
        return {key: _shown(row[key]) for key in self.columns}

    # which cases are where

    @property
    def _view(self) -> int:
        """Filtered by pool, inquiries are seen as that pool saw them; by vendor likewise."""
        return POOL if "pool" in self.query.filters else VENDOR if "vendor" in self.query.filters else ALL

    @cached_property
    def _all(self) -> Integers:
        return self._seen(self._view)

    def _seen(self, view: int) -> Integers:
        since, (start, end) = self._cases.column("since"), self._bounds.tolist()
        return np.flatnonzero(self._cases.where(view, self.query.filters) & (since >= start) & (since < end))

    @cached_property
    def _groups(self) -> dict[str, Integers]:
        match self.query.by:
            case "hour":
                hours = self._hour_of(self._all)
                return {f"{hour:02}:00": self._all[hours == hour] for hour in sorted(set(hours.tolist()))}
            case "day":
                return self._in_stretches(periods.days(self.query.since, self.query.until, self.query.zone), days=True)
            case "pool":
                return dict(self._by_dimension("pool", self._seen(POOL)))
            case "vendor" if self._view != POOL:
                return dict(self._by_dimension("vendor", self._seen(VENDOR)))
            case dimension:
                return dict(self._by_dimension(dimension, self._all))

    def _by_dimension(self, dimension: str, rows: Integers) -> Iterable[Row]:
        codes = self._cases.column(dimension)[rows]
        names = self._cases.keys[dimension].names
        present, counts = np.unique(codes, return_counts=True)
        busiest = sorted(zip((-counts).tolist(), (names[code] for code in present.tolist()), present.tolist(), strict=True))
        return [(name, rows[codes == code]) for _, name, code in busiest]

    @cached_property
    def _stretches(self) -> dict[str, Integers]:
        divide = periods.hours if self.series_unit == "hour" else periods.days
        return self._in_stretches(divide(self.query.since, self.query.until, self.query.zone))

    def _in_stretches(self, bounds: list[datetime], *, days: bool = False) -> dict[str, Integers]:
        place = np.searchsorted(periods.as_bounds(bounds), self._cases.column("since")[self._all], side="right") - 1
        labels = [periods.label(at, self.query.zone) for at in bounds[:-1]]
        return {label[:10] if days else label: self._all[place == n] for n, label in enumerate(labels)}

    def _hour_of(self, rows: Integers) -> Integers:
        bounds = periods.hours(self.query.since, self.query.until, self.query.zone)
        of_bound = np.array([periods.hour_of_day(at, self.query.zone) for at in bounds[:-1]], dtype=np.int64)
        place = np.searchsorted(periods.as_bounds(bounds), self._cases.column("since")[rows], side="right") - 1
        return of_bound[place]

    def _rows_of(self, cell: Cell) -> Integers:
        if cell.hour is not None:
            rows = dict(self._by_dimension("language", self._all)).get(cell.row or "")
            return self._none if rows is None else rows[self._hour_of(rows) == cell.hour]
        if cell.at is not None:
            return self._stretches.get(cell.at, self._none)
        return self._all if cell.row is None else self._groups.get(cell.row, self._none)

    @property
    def _none(self) -> Integers:
        return np.empty(0, dtype=np.int64)

    # figures

    def _figures(self, rows: Integers, people: Collection[Spent] | None) -> dict[str, Figure]:
        tallies = measure(self._cases, rows, self._terms)
        if people is not None:
            tallies |= {"occupancy": occupancy(people), "utilisation": utilisation(people)}
        return figures(tallies)

    def _measured(self, rows: Integers, keys: Iterable[str]) -> Tallies:
        return measure(self._cases, rows, self._terms, dict.fromkeys(DEFINITIONS[key].quantity for key in keys))

    # agents' time: told of pools, vendors and hours only, since nobody is ready for one brand or one language

    def _pools(self) -> set[str] | None:
        """The pools whose time the filters ask for; an empty set where they ask for something that has no time of its own."""
        filters = self.query.filters
        if set(filters) - {"pool", "vendor"} or not self._records.attendance.known:
            return set()
        if not filters:
            return None
        directory = self._cases.directory
        return {
            pool
            for pool in self._records.attendance.pools()
            if pool in filters.get("pool", (pool,)) and directory.vendor(pool) in filters.get("vendor", (directory.vendor(pool),))
        }

    def _people(self, bounds: Integers, pools: set[str] | None, groups: Sequence[int] | None = None) -> list[list[Spent]]:
        if pools is not None and not pools:
            return [[] for _ in bounds[1:]]
        return self._records.attendance.spent(bounds, self.query.targets, pools, groups)

    def _people_of(self, key: str) -> Collection[Spent] | None:
        pools, directory = self._pools(), self._cases.directory
        match self.query.by:
            case "pool" | "vendor":
                mine = {
                    pool
                    for pool in self._records.attendance.pools()
                    if key == (pool if self.query.by == "pool" else directory.vendor(pool))
                }
                return self._people(self._bounds, mine if pools is None else mine & pools)[0]
            case "hour" | "day":
                return self._people_in_stretches.get(key, [])
            case _:
                return None

    @cached_property
    def _people_in_stretches(self) -> dict[str, list[Spent]]:
        """Of each hour of the day, or each day, what every agent did in it: the hours of all days of the period put together."""
        query, by_day = self.query, self.query.by == "day"
        bounds = (periods.days if by_day else periods.hours)(query.since, query.until, query.zone)
        keys = [
            periods.label(at, query.zone)[:10] if by_day else f"{periods.hour_of_day(at, query.zone):02}:00" for at in bounds[:-1]
        ]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        people = self._people(periods.as_bounds(bounds), self._pools(), [numbers[key] for key in keys])
        return dict(zip(numbers, people, strict=False))

    def _drill_time(self, quantity: str, cell: Cell) -> list[DrillItem]:
        people = self._people(self._bounds, self._pools())[0] if cell.row is None else self._people_of(cell.row) or []
        parts = [(one.agent, *(one.occupancy() if quantity == "occupancy" else one.utilisation())) for one in people]
        return [
            DrillItem(inquiry=None, conversation=None, agent=agent, at=None, counted=True, value=round(part / whole, 4))
            for agent, part, whole in sorted(parts)
            if whole
        ]


def drill(report: Report, cell: Cell) -> list[DrillItem]:
    """The observations behind a figure."""
    return report.drill(cell)


def _shown(one: Figure) -> dict[str, Any]:
    return {"value": one.value, "n": one.n, "low": one.low, "high": one.high}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
