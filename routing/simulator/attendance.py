"""When seats are there to be used: hours of pool and shift, less what a lost connection takes away.

The denominator of occupancy. Hours are asked of the same calendars as the engine's.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from routing.hours import Calendar, calendar
from routing.model import Agent, Plan

_MICROSECOND = timedelta(microseconds=1)


class Openness:
    """How long all of these calendars are open together; walked once, remembered as running totals."""

    __slots__ = ("_calendars", "_edges", "_start", "_state", "_totals")

    def __init__(self, calendars: tuple[Calendar, ...], start: datetime) -> None:
        self._calendars, self._start = calendars, start
        self._edges, self._totals = [0], [0]
        self._state = [self._open(start)]

    def between(self, first: int, last: int) -> int:
        """Open microseconds from `first` to `last`, both after the start."""
        return self._until(last) - self._until(first) if last > first else 0

    def _until(self, at: int) -> int:
        while self._edges[-1] < at:
            self._walk()
        n = bisect_right(self._edges, at) - 1
        return self._totals[n] + (at - self._edges[n] if self._state[n] else 0)

    def _walk(self) -> None:
        here = self._start + timedelta(0, 0, self._edges[-1])
        changes = [change for one in self._calendars if (change := one.next_change(here)) is not None]
        there = min(changes, default=here + timedelta(days=60))
        edge = (there - self._start) // _MICROSECOND
        self._totals.append(self._totals[-1] + (edge - self._edges[-1] if self._state[-1] else 0))
        self._edges.append(edge)
        self._state.append(self._open(there))

    def _open(self, at: datetime) -> bool:
        return all(one.is_open(at) for one in self._calendars)


def openness_of(plan: Plan, start: datetime, known: dict[tuple[Calendar, ...], Openness], agent: Agent) -> Openness:
    """The agent's hours; equal hours are walked once."""
    hours = [plan.pools[agent.pool].hours, *([agent.shift] if agent.shift is not None else [])]
    calendars = tuple(calendar(one) for one in hours)
    if calendars not in known:
        known[calendars] = Openness(calendars, start)
    return known[calendars]
