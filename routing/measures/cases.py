"""All cases side by side in columns, so that a quarter of a million of them can be counted while somebody waits.

A row is one case: an inquiry as one viewpoint saw it. Every inquiry has a row for everybody together (`ALL`); for one pool (`POOL`) and one
vendor (`VENDOR`) the same row serves where only one pool was ever concerned, else each has its own. Absent numbers are −1, times are
milliseconds. A `Cases` can be narrowed (`restrict`) to what one client or one vendor may see; what is left is a `Cases` like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from routing.measures.fold import Fold
from routing.measures.records import ACCEPTED, Case, InquiryRecord, case
from routing.measures.statistics import Flags, Integers

ALL, POOL, VENDOR = 1, 2, 4
"""Viewpoints, as bits of the column `view`."""

DIMENSIONS: Final = ("client", "brand", "channel", "kind", "language", "pool", "vendor")
"""What cases can be filtered and grouped by, time apart. Nothing is the empty key: no language known, no pool asked yet."""

IN_HOUSE: Final = "in_house"
"""Stands where a pool has no vendor."""

_NUMBERS: Final = (
    "inquiry",
    "view",
    "since",
    "answer",
    "abandon",
    "waiting",
    "first_response",
    "first_response_open",
    "handled",
    "handle",
    "attention",
    "wrap_up",
    "transferred",
    "lost",
    "matched",
    "confidence",
    "corrected",
    "ended",
    "score",
    "came_back",
    "reopened",
    "turns",
    "offers",
)
COLUMNS: Final = (*DIMENSIONS, *_NUMBERS)

OFFER_LIVE, OFFER_ACCEPTED, OFFER_LAPSED, OFFER_CUSTOMER_LEFT, OFFER_WITHDRAWN = range(5)
_OUTCOMES: Final = {
    "": OFFER_LIVE,
    ACCEPTED: OFFER_ACCEPTED,
    "lapsed": OFFER_LAPSED,
    "customer_left": OFFER_CUSTOMER_LEFT,
    "customer_ended": OFFER_CUSTOMER_LEFT,
    "idle": OFFER_CUSTOMER_LEFT,
}

OpenTime = Callable[[str, int, int], int | None]
"""Opening time of a brand between two instants, all in milliseconds; None where the brand promises no hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who belongs to whom. `vendors` maps a pool to its vendor (our own: absent or empty), `agents` an agent to its pool."""

    vendors: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)

    def vendor(self, pool: str) -> str:
        """The vendor of a pool, `IN_HOUSE` for our own."""
        return (self.vendors.get(pool) or IN_HOUSE) if pool else ""


class Keys:
    """Numbers for names, given in order of appearance."""

    __slots__ = ("_codes", "names")

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        """The number of this name, a new one for a new name."""
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self.names)
            self.names.append(name)
        return code

    def known(self, names: Iterable[str]) -> list[int]:
        """The numbers of those names that ever appeared."""
        return [self._codes[name] for name in names if name in self._codes]


class Cases:
    """The table. `column("answer")` is an array over all rows; `turns` and `offers` hold many values a row (see `spread`)."""

    def __init__(self, directory: Directory, open_time: OpenTime | None = None) -> None:
        self.directory = directory
        self._open_time = open_time
        self.keys = {name: Keys() for name in (*DIMENSIONS, "inquiry")}
        self.conversations: list[str] = []
        self._data: Integers = np.empty((len(COLUMNS), 0), dtype=np.int64)
        self._many: dict[str, Integers] = {"turns": np.empty(0, dtype=np.int64), "offers": np.empty(0, dtype=np.int64)}
        self._starts: dict[str, Integers] = {"turns": np.empty(0, dtype=np.int64), "offers": np.empty(0, dtype=np.int64)}

    @classmethod
    def of(cls, records: Iterable[InquiryRecord], directory: Directory, open_time: OpenTime | None = None) -> Cases:
        """The table of these records."""
        cases = cls(directory, open_time)
        cases._append(records)
        return cases

    def refresh(self, fold: Fold) -> None:
        """Rewrite the rows of what changed in the fold since the last time, and tell the fold so."""
        changed, fold.changed = fold.changed, set()
        if not changed:
            return
        self._strike(self.keys["inquiry"].known(changed))
        self._append(fold.record(inquiry) for inquiry in sorted(changed))
        fold.pack(changed)

    def column(self, name: str) -> Integers:
        """One number of every row."""
        column: Integers = self._data[COLUMNS.index(name)]
        return column

    def spread(self, name: str, rows: Integers) -> tuple[Integers, Integers]:
        """For `turns` or `offers` of these rows: the row each value belongs to, and the values."""
        counts = self.column(name)[rows]
        places = _places(self._starts[name][rows], counts)
        return np.repeat(rows, counts), self._many[name][places]

    def where(self, view: int, filters: Mapping[str, Collection[str]]) -> Flags:
        """Which rows one viewpoint sees, and of them those with one of the wished keys in every filtered dimension."""
        mask: Flags = (self.column("view") & view) != 0
        for dimension, names in filters.items():
            mask &= np.isin(self.column(dimension), np.array(self.keys[dimension].known(names), dtype=np.int64))
        return mask

    def restrict(self, *, clients: Collection[str] | None = None, vendor: str | None = None) -> Cases:
        """What one side may see. A vendor sees inquiries as its own pools saw them; that then is all there is to see."""
        mask = self.where(ALL | POOL | VENDOR, {} if clients is None else {"client": clients})
        if vendor is not None:
            mask &= self.where(POOL | VENDOR, {"vendor": {vendor}})
            mask &= self.column("pool") != (self.keys["pool"].known([""]) or [-1])[0]
        narrowed = self._copy()
        narrowed._keep(mask)
        if vendor is not None:
            view = narrowed._data[COLUMNS.index("view")]
            view[:] = np.where(view & VENDOR, view | ALL, view & ~ALL)
        return narrowed

    def _copy(self) -> Cases:
        other = Cases(self.directory, self._open_time)
        other.keys, other.conversations = self.keys, self.conversations
        other._data, other._many, other._starts = self._data, dict(self._many), dict(self._starts)
        return other

    def _strike(self, inquiries: list[int]) -> None:
        """No viewpoint sees these rows any more. They are cleared away once they are many, so that a small change stays cheap."""
        view = self.column("view")
        view[np.isin(self.column("inquiry"), np.array(inquiries, dtype=np.int64))] = 0
        if np.count_nonzero(view) < view.size * 0.8:
            self._keep(view != 0)

    def _keep(self, mask: Flags) -> None:
        kept = np.flatnonzero(mask)
        for name in self._many:
            counts = self.column(name)[kept]
            self._many[name] = self._many[name][_places(self._starts[name][kept], counts)]
            self._starts[name] = np.cumsum(counts) - counts
        self._data = self._data[:, kept]

    def _append(self, records: Iterable[InquiryRecord]) -> None:
        rows: list[tuple[int, ...]] = []
        turns: list[int] = []
        offers: list[int] = []
        for record in records:
            for view, pool, vendor, seen in self._viewpoints(record):
                rows.append(self._row(record, view, pool, vendor, seen))
                turns += seen.next_responses_ms
                offers += [_OUTCOMES.get(outcome, OFFER_WITHDRAWN) for outcome in seen.offers]
        if not rows:
            return
        added = np.array(rows, dtype=np.int64).T
        for name, values in (("turns", turns), ("offers", offers)):
            counts = added[COLUMNS.index(name)]
            self._starts[name] = np.concatenate([self._starts[name], self._many[name].size + np.cumsum(counts) - counts])
            self._many[name] = np.concatenate([self._many[name], np.array(values, dtype=np.int64)])
        self._data = np.ascontiguousarray(np.concatenate([self._data, added], axis=1))

    def _viewpoints(self, record: InquiryRecord) -> Iterable[tuple[int, str, str, Case]]:
        whole = case(record)
        if whole is None:
            return
        pools = record.pools()
        vendors = {pool: self.directory.vendor(pool) for pool in pools}
        if len(pools) == 0:
            yield ALL | POOL | VENDOR, "", "", whole
            return
        if len(pools) == 1:
            pool, vendor = pools[0], vendors[pools[0]]
            seen = whole if _alone(record) else case(record, pools)
            if seen is None or seen == whole:
                yield ALL | POOL | VENDOR, pool, vendor, whole
            else:
                yield ALL, pool, vendor, whole
                yield POOL | VENDOR, pool, vendor, seen
            return
        yield ALL, pools[-1], vendors[pools[-1]], whole
        for pool in pools:
            alone = list(vendors.values()).count(vendors[pool]) == 1
            if (seen := case(record, {pool})) is not None:
                yield POOL | VENDOR if alone else POOL, pool, vendors[pool], seen
        for vendor in dict.fromkeys(vendors.values()):
            of_vendor = {pool for pool in pools if vendors[pool] == vendor}
            if len(of_vendor) > 1 and (seen := case(record, of_vendor)) is not None:
                yield VENDOR, next(iter(of_vendor)), vendor, seen

    def _row(self, record: InquiryRecord, view: int, pool: str, vendor: str, seen: Case) -> tuple[int, ...]:
        keys = self.keys
        inquiry = keys["inquiry"].code(record.id)
        if inquiry == len(self.conversations):
            self.conversations.append(record.conversation)
        self.conversations[inquiry] = record.conversation
        span = seen.first_response_span
        open_ms = None if span is None or self._open_time is None else self._open_time(record.brand, *span)
        return (
            keys["client"].code(record.client),
            keys["brand"].code(record.brand),
            keys["channel"].code(record.channel),
            keys["kind"].code(record.kind),
            keys["language"].code(record.language or ""),
            keys["pool"].code(pool),
            keys["vendor"].code(vendor),
            inquiry,
            view,
            seen.since_ms,
            _or_absent(seen.answer_ms),
            _or_absent(seen.abandon_ms),
            seen.waiting,
            _or_absent(seen.first_response_ms),
            _or_absent(open_ms),
            seen.handled,
            seen.handle_ms,
            seen.attention_ms,
            seen.wrap_up_ms,
            seen.transferred,
            seen.lost,
            _or_absent(seen.command_met),
            -1 if record.confidence is None else round(record.confidence * 10_000),
            record.corrections > 0,
            _or_absent(seen.ended_ms),
            _or_absent(seen.score),
            _or_absent(record.came_back_ms),
            _or_absent(record.reopened_ms),
            len(seen.next_responses_ms),
            len(seen.offers),
        )


def _alone(record: InquiryRecord) -> bool:
    """Whether its only pool saw it exactly as the customer did, which is so for most inquiries and saves looking twice."""
    leg = record.legs[0]
    return leg.since_ms == record.queued_ms and all(one.pool == leg.pool for one in record.responses)


def _or_absent(value: int | None) -> int:
    return -1 if value is None else int(value)


def _places(starts: Integers, counts: Integers) -> Integers:
    """The places start, start + 1, … of every run, one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    places: Integers = np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - counts), counts)
    return places
