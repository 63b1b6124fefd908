"""How long will it take? A wait with a range, learned from the floor itself.

The model is one sentence: with n ahead, an inquiry waits for n + 1 takings. How fast a queue is taken from is measured where it counts, while somebody
waits in it, per agent present; what leaves by itself shortens the way too. The sum of so many gaps is close to a Gamma variable, whose quantiles have a
closed form good to a percent (Wilson & Hilferty 1931). The queue-length estimator of Ibrahim & Whitt (2009), with the abandonment term of their QL_a.

No model is the floor, so the range answers to its own errors: each of the three quantiles is moved a little after every inquiry that was told one and
taken, outwards much if it missed and inwards little if it held (adaptive conformal inference, Gibbs & Candès 2021: the pinball gradient on the score).
In the long run the share outside is then what it promises whatever the true law is; one correction for everybody, one per queue on top. A third learns in
the same way how much less than in proportion a wait grows with the queue: where many small classes share their agents, one more ahead means little.

A queue is a string the engine chooses; this file knows no agents, rules or hours. Times are whole microseconds, spans in seconds where floats. Everything
costs the same however many wait, and a queue that nobody used for a day is forgotten.
"""

# ruff: noqa: FURB136  (on this path a call of min() costs as much as the arithmetic around it)
from __future__ import annotations

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import Any, Final

from routing.decisions import Estimate

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FLOOR, _QUEUE, _HANDLING = "estimates", "estimates:queue:", "estimates:handling:"

_Z_LOW, _Z_HIGH = -1.2816, 1.2816
"""Where a tenth of a normal variable lies below and above: where the corrections start from."""
_Z_FURTHEST: Final = 8.0
_MISS_LOW, _MISS_HIGH = 0.1, 0.9
_STEP, _FIRST_STEP, _LEARNT = 0.015, 0.6, 38
"""How far one score moves a queue's quantiles: 0.6/n first, 0.015 from the 38th on. A congested hour scores hundreds alike: larger steps chase it."""
_FLOOR_STEP: Final = 0.004
_TILT_STEP: Final = 0.001
_TILT_LEAST, _TILT_MOST = -0.9, 0.5
_USUAL: Final = 0.01

_MEMORY: Final = 1 / 200
"""The weight of one more taking: the pace of a queue is that of its last few hundred."""
_FLOOR_MEMORY: Final = 1 / 500
_PRIOR: Final = 3.0
"""How many takings the expectation of the whole floor is worth to a queue that has few of its own."""
_FEW: Final = 8.0
_LONGEST_GAP: Final = 12.0
"""A gap counts as at most this many usual ones: a night with the doors shut says nothing about the pace behind them."""
_DOUBT: Final = 0.003
"""No model is right: however many are ahead, the pace stays uncertain by a twentieth."""


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
        "page",
        "scored",
        "seconds",
        "segment",
        "since",
        "squares",
        "takings",
        "until",
        "usual",
        "waited",
    )  # fmt: skip

    def __init__(self, now: int, page: int) -> None:
        self.page = page  # the one it was last used on
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
        self.usual = 0.0  # the logarithm of what it is usually told

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

    __slots__ = (
        "_above", "_below", "_changed", "_handled", "_handling", "_middle", "_old", "_page", "_queues", "_seconds", "_takings", "_tilt", "_turned", "_usual",
    )  # fmt: skip

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._old: dict[str, _Queue] = {}
        self._page = 0
        self._turned = 0
        self._handling: dict[str, tuple[float, int]] = {}
        self._usual = (0.0, 0)
        self._takings = 0.0
        self._seconds = 0.0
        self._tilt = 0.0
        self._below = _Z_LOW
        self._middle = 0.0
        self._above = _Z_HIGH
        self._changed: dict[str, None] = {}  # queues and groups, since their facts were last asked for
        self._handled: dict[str, None] = {}

    def handled(self, group: str, seconds: float) -> None:
        """Seats of a group (a pool and channel) came free after so long."""
        if seconds <= 0.0:
            return
        self._handling[group] = _averaged(self._handling.get(group, (0.0, 0)), seconds)
        self._usual = _averaged(self._usual, seconds)
        self._handled[group] = None

    def handling(self, group: str | None = None) -> float | None:
        """The usual handling time of a group, or of all of them where it has none, in seconds."""
        mean, seen = self._handling.get(group, self._usual) if group is not None else self._usual
        return mean if seen else None

    def taken(self, queue: str, now: int, waited: int) -> None:
        """One was offered and leaves the queue. Whoever did not wait tells nothing: the pace is measured while somebody waits."""
        if waited <= 0 or (known := self._queues.get(queue) or self._old.get(queue)) is None:
            return
        self._changed[queue] = None
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
        self._changed[queue] = None
        known.wait_ended(now, waited)
        known.waited += waited / _SECOND
        known.lefts += 1.0

    def estimate(
        self,
        queue: str,
        ahead: int,
        now: int,
        *,
        present: int,
        group: str | None = None,
        opens_in: float | None = None,
        closes_in: float | None = None,
    ) -> Estimate | None:
        """The wait from now of an inquiry with `ahead` before it in its queue and `present` agents serving it, the busy ones too.

        To be asked for everybody who is queued, the first included. With nobody present and `opens_in`, as many as last time begin together after so many
        seconds. With `closes_in` and `opens_in`, what is not done by closing goes on at the next opening. None while there is nothing to go by.
        """
        known = self._queues.get(queue) or self._opened(queue, now)
        self._changed[queue] = None
        known.at_work = present
        if present > 0:
            known.agents = present
            if not ahead:
                known.since = now
        return self._told(known, ahead, now, present, group, opens_in, closes_in)

    def glimpse(
        self,
        queue: str,
        ahead: int,
        now: int,
        *,
        present: int,
        group: str | None = None,
        opens_in: float | None = None,
        closes_in: float | None = None,
    ) -> Estimate | None:
        """What `estimate` would say, for whoever only looks: nothing is learnt from being asked."""
        known = self._queues.get(queue) or self._old.get(queue) or _Queue(now, self._page)
        return self._told(known, ahead, now, present, group, opens_in, closes_in)

    def score(self, queue: str, predicted: Estimate, waited: int) -> None:
        """It was taken after so long: learn from how well it had been told. Not for an estimate given while all were closed."""
        known = self._queues.get(queue) or self._old.get(queue)
        if known is None:
            return
        self._changed[queue] = None
        actual = waited / _SECOND
        below = _MISS_LOW - (actual < predicted.low)
        middle = 0.5 - (actual < predicted.likely)
        above = _MISS_HIGH - (actual <= predicted.high)
        known.scored += 1
        if predicted.likely > 0.0:
            self._learn_tilt(known, log(predicted.likely), middle)
        step = _FIRST_STEP / (known.scored + 2) if known.scored < _LEARNT else _STEP
        # Those who wait together are wrong together: n takings are shared with about n neighbours. By what was told, for by what came true would bend it.
        weight = 1.0 / sqrt(1.0 + predicted.likely * known.agents * known.takings / known.seconds) if known.takings else 1.0
        step *= weight
        known.below = _bounded(known.below + step * below)
        known.middle = _bounded(known.middle + step * middle)
        known.above = _bounded(known.above + step * above)
        step = _FLOOR_STEP * weight
        self._below = _bounded(self._below + step * below)
        self._middle = _bounded(self._middle + step * middle)
        self._above = _bounded(self._above + step * above)

    def fact(self) -> dict[str, dict[str, Any]]:
        """All of it by key, `estimates` for the floor and one for each queue and group, as plain values that JSON gives back unchanged."""
        if not self._queues and not self._old and not self._handling:
            return {}  # nothing was ever told
        keys = (
            _FLOOR,
            *(_HANDLING + group for group in self._handling),
            *(_QUEUE + queue for queue in (*self._queues, *self._old)),
        )
        return {key: fact for key in keys if (fact := self._fact_of(key)) is not None}

    def changes(self) -> dict[str, dict[str, Any] | None]:
        """The facts that changed since this was last asked; None: forgotten."""
        queues, groups, self._changed, self._handled = self._changed, self._handled, {}, {}
        if not queues and not groups:
            return {}
        keys = (_FLOOR, *(_HANDLING + group for group in groups), *(_QUEUE + queue for queue in queues))
        return {key: self._fact_of(key) for key in keys}

    @classmethod
    def restored(cls, facts: Mapping[str, Mapping[str, Any]]) -> Estimator:
        """The estimator whose facts these were, others among them are passed over: it answers alike from here on."""
        estimator = cls()
        floor = facts.get(_FLOOR)
        if floor is None:
            return estimator
        estimator._turned, estimator._page, estimator._usual = (
            floor["turned"],
            floor["page"],
            (floor["handling"][0], floor["handling"][1]),
        )
        estimator._takings, estimator._seconds, estimator._tilt, *quantiles = floor["sums"]
        estimator._below, estimator._middle, estimator._above = quantiles
        for key, fact in facts.items():
            if key.startswith(_QUEUE):
                known = _Queue(0, 0)
                for name, value in zip(_Queue.__slots__, fact["values"], strict=True):
                    setattr(known, name, value)
                (estimator._queues if known.page == estimator._page else estimator._old)[key[len(_QUEUE) :]] = known
            elif key.startswith(_HANDLING):
                estimator._handling[key[len(_HANDLING) :]] = (fact["mean"], fact["seen"])
        return estimator

    def _fact_of(self, key: str) -> dict[str, Any] | None:
        if key == _FLOOR:
            sums = [self._takings, self._seconds, self._tilt, self._below, self._middle, self._above]
            return {"turned": self._turned, "page": self._page, "handling": list(self._usual), "sums": sums}
        if key.startswith(_HANDLING):
            mean, seen = self._handling[key[len(_HANDLING) :]]
            return {"mean": mean, "seen": seen}
        queue = key[len(_QUEUE) :]
        known = self._queues.get(queue) or self._old.get(queue)
        return None if known is None else {"values": [getattr(known, name) for name in _Queue.__slots__]}

    def _told(
        self, known: _Queue, ahead: int, now: int, present: int, group: str | None, opens_in: float | None, closes_in: float | None
    ) -> Estimate | None:
        if present <= 0:
            return None if opens_in is None else self._after_opening(known, ahead, opens_in, group)
        # The gap that is still open counts as well, or a floor that stands still would never be noticed.
        still = (now - (known.last if known.last > known.since else known.since)) * present / _SECOND if ahead else 0.0
        pace = self._pace(known, present, still, group)
        if pace is None:
            return None
        told = self._range(known, pace, ahead)
        if closes_in is None or opens_in is None or told.high <= closes_in:
            return told
        return _over_the_night(told, closes_in, opens_in, present / pace)

    def _after_opening(self, known: _Queue, ahead: int, opens_in: float, group: str | None) -> Estimate | None:
        present = known.agents or 1
        if ahead < present:
            return Estimate(low=opens_in, likely=opens_in, high=opens_in)
        pace = self._pace(known, present, 0.0, group)
        if pace is None:
            return None
        told = self._range(known, pace, ahead - present)
        return Estimate(low=opens_in + told.low, likely=opens_in + told.likely, high=opens_in + told.high)

    def _pace(self, known: _Queue, present: int, still: float, group: str | None) -> float | None:
        """Takings a second: the queue's own, and before it has many the whole floor's, or what handling times let expect."""
        if self._takings >= 1.0:
            expected = self._seconds / self._takings
        elif (handling := self.handling(group)) is not None:
            expected = handling
        else:
            return None
        return present * (known.takings + _PRIOR) / (known.seconds + _PRIOR * expected + still)

    def _range(self, known: _Queue, pace: float, ahead: int) -> Estimate:
        """Mean and variance of the takings that must happen, then Wilson & Hilferty's quantiles where experience has moved them to."""
        mean = 1.0 / pace
        variance = mean * mean
        if ahead and known.lefts:  # each of those ahead may leave as well: sums of 1/(pace + j·loss) over j, as integrals
            loss = known.lefts / (known.waited + mean)
            first, final = pace + 0.5 * loss, pace + (ahead + 0.5) * loss
            mean += log(final / first) / loss
            variance += (1.0 / first - 1.0 / final) / loss
        elif ahead:
            mean += ahead / pace
            variance *= ahead + 1
        takings = known.takings
        unevenness = known.squares * takings / (known.seconds * known.seconds) - 1.0 if takings > _FEW else 1.0
        unevenness = 0.3 if unevenness < 0.3 else 6.0 if unevenness > 6.0 else unevenness
        spread = unevenness * variance / (mean * mean) + 1.0 / (takings + _PRIOR) + _DOUBT
        if known.scored:
            mean *= exp(self._tilt * (log(mean) - known.usual))
        flat, slope = 1.0 - spread / 9.0, sqrt(spread) / 3.0
        likely = flat + (known.middle + self._middle) * slope
        likely = likely if likely > 0.05 else 0.05
        low = flat + (known.below + self._below) * slope
        low = 0.0 if low < 0.0 else likely if low > likely else low
        high = flat + (known.above + self._above) * slope
        high = high if high > likely else likely
        return Estimate(
            low=mean * low * low * low,
            likely=mean * likely * likely * likely,
            high=mean * high * high * high,
        )

    def _learn_tilt(self, known: _Queue, told: float, middle: float) -> None:
        """The same gradient, times how far this one was told more or less than usual: do long waits come out shorter than told, short ones longer?"""
        if known.scored == 1:
            known.usual = told
        lever = told - known.usual
        known.usual += lever * (_USUAL if known.scored * _USUAL > 1.0 else 1.0 / known.scored)
        lever = -1.5 if lever < -1.5 else 1.5 if lever > 1.5 else lever
        tilt = self._tilt + _TILT_STEP * middle * lever
        self._tilt = _TILT_LEAST if tilt < _TILT_LEAST else _TILT_MOST if tilt > _TILT_MOST else tilt

    def _opened(self, queue: str, now: int) -> _Queue:
        """A queue not met since the page was last turned, a day ago at most. Those unused for a whole page go as one, so forgetting needs no sweep."""
        if now - self._turned >= _DAY:
            for forgotten in self._old:
                self._changed[forgotten] = None
            self._old, self._queues, self._turned = self._queues, {}, now
            self._page += 1
        known = self._old.pop(queue) if queue in self._old else _Queue(now, self._page)
        known.page = self._page
        self._queues[queue] = known
        return known


def _averaged(known: tuple[float, int], value: float) -> tuple[float, int]:
    """The mean of the first hundred, fading from there on, and how many it stands for."""
    mean, seen = known
    seen = seen + 1 if seen < 100 else 100
    return mean + (value - mean) / seen, seen


def _over_the_night(told: Estimate, closes_in: float, opens_in: float, head_start: float) -> Estimate:
    """Working time as time on the wall: what lies behind closing goes on at the opening, when all begin with free hands."""
    low, likely, high = (
        at if at <= closes_in else opens_in + max(0.0, at - closes_in - head_start) for at in (told.low, told.likely, told.high)
    )
    return Estimate(low=low, likely=likely, high=high)


def _bounded(z: float) -> float:
    return -_Z_FURTHEST if z < -_Z_FURTHEST else _Z_FURTHEST if z > _Z_FURTHEST else z
