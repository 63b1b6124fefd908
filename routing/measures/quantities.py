"""Which cases a figure counts, and what of each: the one place where a definition becomes arithmetic.

A quantity picks observations out of rows of a `Cases`: the row each belongs to and either yes/no (shares, counts) or a value (times). The tally of
the observations is the figure; the observations themselves are its drill-down. That is why a figure and its list cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from routing.measures.cases import OFFER_CUSTOMER_LEFT, OFFER_LAPSED, OFFER_LIVE, Cases
from routing.measures.definitions import DEFINITIONS, Definition, Statistic, Targets, Unit
from routing.measures.statistics import Flags, Integers, Tally, wilson

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which agreement, and as of when, figures are read."""

    targets: Targets
    as_of_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Observations: `rows[i]` is the case of observation i, and either `hits[i]` or `values[i]` what was observed."""

    rows: Integers
    hits: Flags | None = None
    values: Integers | None = None

    def tally(self) -> Tally:
        """What they add up to."""
        if self.hits is not None:
            return Tally.of_flags(self.hits)
        assert self.values is not None, "a sample has hits or values"
        return Tally.of_values(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with the number of observations behind it and its 95 % interval. None: there is nothing to say."""

    value: float | int | None
    n: int
    low: float | None = None
    high: float | None = None


Quantity = Callable[[Cases, Integers, Terms], Sample]


def _offered(_cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    return _counted(rows)


def _answered(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    return _counted(rows[cases.column("answer")[rows] >= 0])


def _abandoned(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    return _counted(rows[cases.column("abandon")[rows] >= 0])


def _abandoned_short(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    return _counted(rows[_short(cases, rows, terms)])


def _waiting(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    return _counted(rows[cases.column("waiting")[rows] > 0])


def _passed_on(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    here = (cases.column("answer")[rows] >= 0) | (cases.column("abandon")[rows] >= 0) | (cases.column("waiting")[rows] > 0)
    return _counted(rows[~here])


def _answer_rate(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    return Sample(rows=rows, hits=cases.column("answer")[rows] >= 0)


def _abandon_rate(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    return Sample(rows=rows, hits=(cases.column("abandon")[rows] >= 0) & ~_short(cases, rows, terms))


def _service_level(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    answer, abandon = cases.column("answer")[rows], cases.column("abandon")[rows]
    judged = (answer >= 0) | ((abandon >= 0) & ~_short(cases, rows, terms))
    in_time = (answer >= 0) & (answer <= terms.targets.answer_seconds * 1000)
    return Sample(rows=rows[judged], hits=in_time[judged])


def _short(cases: Cases, rows: Integers, terms: Terms) -> Flags:
    abandon = cases.column("abandon")[rows]
    return (abandon >= 0) & (abandon < terms.targets.short_abandon_seconds * 1000)


def _present(name: str) -> Quantity:
    """The times in this column, where there are any."""

    def times(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
        values = cases.column(name)[rows]
        return Sample(rows=rows[values >= 0], values=values[values >= 0])

    return times


def _of_handled(name: str) -> Quantity:
    """The times in this column, of handled inquiries."""

    def times(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
        handled = rows[cases.column("handled")[rows] > 0]
        return Sample(rows=handled, values=cases.column(name)[handled])

    return times


def _next_response(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    owners, values = cases.spread("turns", rows)
    return Sample(rows=owners, values=values)


def _next_response_within(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    owners, values = cases.spread("turns", rows)
    return Sample(rows=owners, hits=values <= terms.targets.next_response_seconds * 1000)


def _missed_offers(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    owners, outcomes = cases.spread("offers", rows)
    over = outcomes != OFFER_LIVE
    return Sample(rows=owners[over], hits=outcomes[over] == OFFER_LAPSED)


def _missed_offers_present(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    owners, outcomes = cases.spread("offers", rows)
    judged = (outcomes != OFFER_LIVE) & (outcomes != OFFER_CUSTOMER_LEFT)
    return Sample(rows=owners[judged], hits=outcomes[judged] == OFFER_LAPSED)


def _transfer_rate(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    handled = rows[cases.column("handled")[rows] > 0]
    return Sample(rows=handled, hits=cases.column("transferred")[handled] > 0)


def _agent_lost(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    answered = rows[cases.column("answer")[rows] >= 0]
    return Sample(rows=answered, hits=cases.column("lost")[answered] > 0)


def _reopened(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    return _follow_up(cases, rows, terms, "reopened", came=True)


def _fcr(cases: Cases, rows: Integers, terms: Terms) -> Sample:
    return _follow_up(cases, rows, terms, "came_back", came=False)


def _follow_up(cases: Cases, rows: Integers, terms: Terms, name: str, *, came: bool) -> Sample:
    """Only inquiries whose follow-up time is over are judged: the others could still change sides, which would flatter the last week."""
    window = terms.targets.follow_up_days * _DAY_MS
    ended = cases.column("ended")[rows]
    judged = (ended >= 0) & (ended + window <= terms.as_of_ms)
    back = cases.column(name)[rows]
    within = (back >= 0) & (back - ended <= window)
    return Sample(rows=rows[judged], hits=(within if came else ~within)[judged])


def _csat(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    rated = rows[cases.column("score")[rows] >= 0]
    return Sample(rows=rated, hits=cases.column("score")[rated] >= 4)


def _csat_response(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    ended = rows[cases.column("ended")[rows] >= 0]
    return Sample(rows=ended, hits=cases.column("score")[ended] >= 0)


def _language_match(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    judged = rows[cases.column("matched")[rows] >= 0]
    return Sample(rows=judged, hits=cases.column("matched")[judged] > 0)


def _language_corrected(cases: Cases, rows: Integers, _terms: Terms) -> Sample:
    none = cases.keys["language"].known([""])
    known = rows[~np.isin(cases.column("language")[rows], np.array(none, dtype=np.int64))]
    return Sample(rows=known, hits=cases.column("corrected")[known] > 0)


def _counted(rows: Integers) -> Sample:
    return Sample(rows=rows, hits=np.ones(rows.size, dtype=np.bool_))


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "offered": _offered,
    "answered": _answered,
    "abandoned": _abandoned,
    "abandoned_short": _abandoned_short,
    "waiting": _waiting,
    "passed_on": _passed_on,
    "answer_rate": _answer_rate,
    "abandon_rate": _abandon_rate,
    "service_level": _service_level,
    "wait": _present("answer"),
    "first_response": _present("first_response"),
    "first_response_open": _present("first_response_open"),
    "next_response": _next_response,
    "next_response_within": _next_response_within,
    "handle": _of_handled("handle"),
    "attention": _of_handled("attention"),
    "wrap_up": _of_handled("wrap_up"),
    "missed_offers": _missed_offers,
    "missed_offers_present": _missed_offers_present,
    "transfer_rate": _transfer_rate,
    "agent_lost": _agent_lost,
    "reopened": _reopened,
    "fcr": _fcr,
    "csat": _csat,
    "csat_response": _csat_response,
    "language_match": _language_match,
    "language_confidence": _present("confidence"),
    "language_corrected": _language_corrected,
}

OF_TIME: Final = frozenset({"occupancy", "utilisation"})
"""Quantities of agents' time, not of cases (see `attendance`)."""

Tallies = dict[str, Tally]


def measure(cases: Cases, rows: Integers, terms: Terms, quantities: Iterable[str] = tuple(QUANTITIES)) -> Tallies:
    """The tallies of these rows, by quantity."""
    return {name: QUANTITIES[name](cases, rows, terms).tally() for name in quantities}


def merge(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> Tallies:
    """The tallies of both parts together."""
    return {
        name: one.get(name, Tally()).merge(other.get(name, Tally()))
        for name in (*one, *(name for name in other if name not in one))
    }


def figure(definition: Definition, tally: Tally) -> Figure:
    """The figure a tally gives. Seconds and shares are rounded here, once, so that every place shows the same digits."""
    match definition.statistic:
        case Statistic.HITS:
            return Figure(value=tally.hits, n=tally.n)
        case Statistic.TIME_SHARE:
            return Figure(value=round(tally.hits / tally.total, 4) if tally.total else None, n=tally.n)
        case _ if tally.n == 0:
            return Figure(value=None, n=0)
        case Statistic.RATE:
            low, high = wilson(tally.hits, tally.n)
            return _rounded(tally.hits / tally.n, low, high, n=tally.n, digits=4)
        case Statistic.AVERAGE:
            return _rounded(*(part / 10_000 for part in tally.mean()), n=tally.n, digits=4)
        case Statistic.MEAN:
            return _rounded(*(part / 1000 for part in tally.mean()), n=tally.n, digits=1)
        case Statistic.P50 | Statistic.P90:
            share = 0.5 if definition.statistic is Statistic.P50 else 0.9
            return _rounded(*(part / 1000 for part in tally.percentile(share)), n=tally.n, digits=1)


def figures(tallies: Mapping[str, Tally], keys: Iterable[str] = tuple(DEFINITIONS)) -> dict[str, Figure]:
    """The figures of these definitions; nothing to say where a quantity was not measured."""
    return {key: figure(DEFINITIONS[key], tallies.get(DEFINITIONS[key].quantity, Tally())) for key in keys}


def _rounded(value: float, low: float, high: float, *, n: int, digits: int) -> Figure:
    return Figure(value=round(value, digits), n=n, low=round(low, digits), high=round(high, digits))


assert all(one.quantity in QUANTITIES or one.quantity in OF_TIME for one in DEFINITIONS.values())
assert all(one.unit is Unit.SHARE for one in DEFINITIONS.values() if one.quantity in OF_TIME)
