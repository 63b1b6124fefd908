"""How long will it take? A wait with a range, learned from the floor itself.

The model is one sentence: with n ahead, an inquiry waits for n + 1 takings. How fast a queue is taken from is measured where it counts, while somebody
waits in it, per agent present; what leaves by itself shortens the way too. The sum of so many gaps is close to a Gamma variable, whose quantiles have a
closed form good to a percent (Wilson & Hilferty 1931). The queue-length estimator of Ibrahim & Whitt (2009), with the abandonment term of their QL_a.

No model is the floor, so the range answers to its own errors: each of the three quantiles is moved a little after every inquiry that was told one and
taken, outwards much if it missed and inwards little if it held (adaptive conformal inference, Gibbs & Candès 2021: the pinball gradient on the score).
In the long run the share outside is then what it promises whatever the true law is; one correction for everybody, one per queue on top.

A queue is a string the engine chooses; this file knows no agents, rules or hours. Times are whole microseconds, spans in seconds where floats. Everything
costs the same however many wait, and a queue that nobody used for a day is forgotten.
"""

# ruff: noqa: FURB136  (on this path a call of min() costs as much as the arithmetic around it)
from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt
from typing import Any, Final

from routing.decisions import Estimate

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND

_Z_LOW, _Z_HIGH = -1.2816, 1.2816
_MISS_LOW, _MISS_HIGH = 0.1, 0.9
_Z_FURTHEST: Final = 8.0

_MEMORY: Final = 1 / 200
"""The weight of one more taking: the rate of a queue is that of its last few hundred."""
_PRIOR: Final = 3.0
"""How many takings the expectation of the whole floor is worth to a queue that has few of its own."""
_FLOOR_MEMORY: Final = 1 / 500
_LONGEST_GAP: Final = 12.0
"""A gap counts as at most this many usual ones: a night with the doors shut says nothing about the pace behind them."""
_DOUBT: Final = 0.01
"""No model is right: however many are ahead, the pace stays uncertain by a tenth."""
_STEP, _FIRST_STEP, _FLOOR_STEP = 0.008, 0.6, 0.002
_LEARNT: Final = 73


class _Queue:
    """What is known of one queue. Sums fade with every taking; `seconds` are agent-seconds in which somebody waited."""

    __slots__ = (
        "above",
        "agents",
        "at_work",
        "below",
        "gap",
        "last",
        "lefts",
        "middle",
        "scored",
        "seconds",
        "segment",
        "since",
        "squares",
        "takings",
        "until",
        "waited",
    )  # fmt: skip

    def __init__(self, now: int) -> None:
        self.takings = 0.0
        self.seconds = 0.0
        self.squares = 0.0
        self.gap = 0.0  # agent-seconds since the last taking
        self.lefts = 0.0
        self.waited = 0.0  # seconds waited by those who were taken or left
        self.agents = 0  # how many serve it when somebody does
        self.at_work = 0  # how many did when last asked
        self.since = now  # somebody has been waiting at least from here
        self.segment = now  # the covered time runs from here …
        self.last = now  # … to here
        self.until = now  # where the segment before it ended
        self.below = 0.0  # what experience adds to each quantile's z
        self.middle = 0.0
        self.above = 0.0
        self.scored = 0

    def wait_ended(self, now: int, waited: int) -> None:
        """Add what this wait covers of the time in which somebody waited and that no earlier one covered (their union, met in order of ends)."""
        start = now - waited
        if start > self.last:
            fresh = waited
            self.until = self.last
            self.segment = start
        else:
            fresh = now - self.last
            if start < self.segment:
                start = max(start, self.until)
                fresh += self.segment - start
                self.segment = start
        self.last = now
        self.gap += fresh * self.at_work / _SECOND


class Estimator:
    """Told what happens on the floor, tells how long a wait will be. Deterministic; the names of queues mean nothing to it."""

    __slots__ = ("_above", "_below", "_handling", "_middle", "_old", "_queues", "_seconds", "_takings", "_turned")

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._old: dict[str, _Queue] = {}
        self._turned = 0
        self._handling: dict[str, tuple[float, int]] = {}
        self._takings = 0.0
        self._seconds = 0.0
        self._below = _Z_LOW
        self._middle = 0.0
        self._above = _Z_HIGH

    def handled(self, group: str, seconds: float) -> None:
        """Seats of a group (a pool and channel) came free after so long."""
        if seconds <= 0.0:
            return
        mean, seen = self._handling.get(group, (0.0, 0))
        seen = min(seen + 1, 100)
        self._handling[group] = (mean + (seconds - mean) / seen, seen)

    def handling(self, group: str | None = None) -> float | None:
        """The usual handling time of a group, or of all of them where it has none, in seconds."""
        known = self._handling.get(group) if group is not None else None
        if known is not None:
            return known[0]
        if not self._handling:
            return None
        return sum(mean * seen for mean, seen in self._handling.values()) / sum(seen for _, seen in self._handling.values())

    def taken(self, queue: str, now: int, waited: int) -> None:
        """One was offered and leaves the queue. Whoever did not wait tells nothing: the pace is measured while somebody waits."""
        if waited <= 0 or (known := self._queues.get(queue) or self._old.get(queue)) is None:
            return
        known.wait_ended(now, waited)
        known.waited += waited / _SECOND
        gap = known.gap
        if gap <= 0.0:  # nobody was at work when it was queued: that was a night, not a pace
            return
        known.gap = 0.0
        if known.takings >= 1.0:
            longest = _LONGEST_GAP * known.seconds / known.takings
            gap = gap if gap < longest else longest
        keep = 1.0 - _MEMORY
        known.takings = known.takings * keep + 1.0
        known.seconds = known.seconds * keep + gap
        known.squares = known.squares * keep + gap * gap
        known.lefts *= keep
        known.waited *= keep
        keep = 1.0 - _FLOOR_MEMORY
        self._takings = self._takings * keep + 1.0
        self._seconds = self._seconds * keep + gap

    def left(self, queue: str, now: int, waited: int) -> None:
        """One went away by itself (the customer left, it became another demand): the others move up."""
        if waited <= 0 or (known := self._queues.get(queue) or self._old.get(queue)) is None:
            return
        known.wait_ended(now, waited)
        known.waited += waited / _SECOND
        known.lefts += 1.0

    def estimate(
        self, queue: str, ahead: int, now: int, *, present: int, group: str | None = None, opens_in: float | None = None
    ) -> Estimate | None:
        """The wait from now of an inquiry with `ahead` before it in its queue and `present` agents serving it, the busy ones too.

        With `opens_in` everybody is closed for so many seconds, then as many as last time begin at once. None while there is nothing to go by.
        """
        known = self._queues.get(queue) or self._opened(queue, now)
        shut = 0.0
        known.at_work = present
        if present > 0:
            known.agents = present
            if not ahead:
                known.since = now
        elif opens_in is None:
            return None
        else:
            present, shut = known.agents or 1, opens_in
            ahead = max(ahead - present, -1)
            if ahead < 0:
                return Estimate(low=shut, likely=shut, high=shut)
        takings, seconds = known.takings + _PRIOR, known.seconds
        if self._takings >= 1.0:
            seconds += _PRIOR * self._seconds / self._takings
        elif (handling := self.handling(group)) is not None:
            seconds += _PRIOR * handling
        else:
            return None
        if (
            ahead and opens_in is None
        ):  # the gap that is still open counts as well, or a floor that stands still would never be noticed
            seconds += (now - (known.last if known.last > known.since else known.since)) * present / _SECOND
        pace = present * takings / seconds
        mean = 1.0 / pace
        variance = mean * mean
        if ahead:
            if known.lefts:
                loss = known.lefts / (known.waited + mean)
                first, final = pace + 0.5 * loss, pace + (ahead + 0.5) * loss
                mean += log(final / first) / loss
                variance += (1.0 / first - 1.0 / final) / loss
            else:
                mean += ahead / pace
                variance *= ahead + 1
        unevenness = known.squares * takings / (known.seconds * known.seconds) - 1.0 if takings > 10.0 else 1.0
        unevenness = 0.3 if unevenness < 0.3 else 6.0 if unevenness > 6.0 else unevenness
        spread = unevenness * variance / (mean * mean) + 1.0 / takings + _DOUBT
        flat = 1.0 - spread / 9.0
        slope = sqrt(spread) / 3.0
        low = flat + (known.below + self._below) * slope
        likely = flat + (known.middle + self._middle) * slope
        high = flat + (known.above + self._above) * slope
        likely = likely if likely > 0.05 else 0.05
        low = 0.0 if low < 0.0 else likely if low > likely else low
        high = high if high > likely else likely
        return Estimate(
            low=shut + mean * low * low * low, likely=shut + mean * likely * likely * likely, high=shut + mean * high * high * high
        )

    def score(self, queue: str, predicted: Estimate, waited: int) -> None:
        """It was taken after so long: learn from how well it had been told. Not for an estimate given while all were closed."""
        known = self._queues.get(queue) or self._old.get(queue)
        if known is None:
            return
        actual = waited / _SECOND
        below = _MISS_LOW - (actual < predicted.low)
        middle = 0.5 - (actual < predicted.likely)
        above = _MISS_HIGH - (actual <= predicted.high)
        known.scored += 1
        step = _FIRST_STEP / (known.scored + 2) if known.scored < _LEARNT else _STEP
        known.below = _bounded(known.below + step * below)
        known.middle = _bounded(known.middle + step * middle)
        known.above = _bounded(known.above + step * above)
        self._below = _bounded(self._below + _FLOOR_STEP * below)
        self._middle = _bounded(self._middle + _FLOOR_STEP * middle)
        self._above = _bounded(self._above + _FLOOR_STEP * above)

    def fact(self) -> dict[str, Any]:
        """All of it, as plain values that JSON gives back unchanged."""
        return {
            "turned": self._turned,
            "floor": [self._takings, self._seconds, self._below, self._middle, self._above],
            "handling": {group: list(known) for group, known in self._handling.items()},
            "queues": {name: _as_list(known) for name, known in self._queues.items()},
            "old": {name: _as_list(known) for name, known in self._old.items()},
        }

    @classmethod
    def restored(cls, fact: Mapping[str, Any]) -> Estimator:
        """The estimator whose fact this was: it answers alike from here on."""
        estimator = cls()
        estimator._turned = fact["turned"]
        estimator._takings, estimator._seconds, estimator._below, estimator._middle, estimator._above = fact["floor"]
        estimator._handling = {group: (mean, seen) for group, (mean, seen) in fact["handling"].items()}
        estimator._queues = {name: _from_list(values) for name, values in fact["queues"].items()}
        estimator._old = {name: _from_list(values) for name, values in fact["old"].items()}
        return estimator

    def _opened(self, queue: str, now: int) -> _Queue:
        """A queue not met since the page was last turned, a day ago at most. Those unused for a whole page go as one, so forgetting needs no sweep."""
        if now - self._turned >= _DAY:
            self._old, self._queues, self._turned = self._queues, {}, now
        self._queues[queue] = known = self._old.pop(queue) if queue in self._old else _Queue(now)
        return known


def _bounded(z: float) -> float:
    return -_Z_FURTHEST if z < -_Z_FURTHEST else _Z_FURTHEST if z > _Z_FURTHEST else z


def _as_list(known: _Queue) -> list[float]:
    return [getattr(known, name) for name in _Queue.__slots__]


def _from_list(values: list[Any]) -> _Queue:
    known = _Queue(0)
    for name, value in zip(_Queue.__slots__, values, strict=True):
        setattr(known, name, value)
    return known
