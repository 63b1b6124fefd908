"""How often the truth falls inside the estimated range: small floors with known laws, every inquiry that was queued and then taken.

    python -m bench.estimates --json

For each floor: `inside` is the share of true waits within [low, high] (four of five are promised), `below` and `above` the shares on either side (a tenth
each), `error` the mean absolute error of `likely` over the mean wait, `width` the mean of high - low over the mean wait. A loop of its own instead of the
engine: the estimator sees only what any floor can tell it, and a million inquiries take seconds.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count

from routing.decisions import Estimate
from routing.estimate import Estimator

SECOND = 1_000_000
DAY = 86_400.0
PLACES = {"inside_20_ahead": 20, "inside_5_ahead": 5, "inside_1_ahead": 1, "inside_0_ahead": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One class of inquiries: a lower `priority` goes first; `rush` multiplies the rate by the time of day."""

    per_hour: float
    priority: int = 0
    patience: float | None = None
    rush: Callable[[float], float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Alike agents and whom they serve: traffic class → how many seconds an inquiry waits before they may. `shift`: which part of them is at work when."""

    agents: int
    handling: float
    serves: Mapping[str, float]
    shift: Callable[[float], float] | None = None
    service: Callable[[random.Random, float], float] = field(default=lambda chance, mean: chance.expovariate(1 / mean))


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    traffic: Mapping[str, Traffic]
    teams: Sequence[Team]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    floor: str
    scored: int
    inside: float
    below: float
    above: float
    error: float
    width: float
    mean_wait: float
    by_place: dict[str, float]


def _rush_hour(seconds: float) -> float:
    """Calm at night, and half as much again as on the plateau of the day from 10 to 12."""
    hour = seconds % DAY / 3600
    if hour < 6 or hour >= 22:
        return 0.35
    return 1.35 if 10 <= hour < 12 else 0.9


def _afternoon(seconds: float) -> float:
    """Another class has its rush when the first is calm again."""
    hour = seconds % DAY / 3600
    return 1.4 if 13 <= hour < 17 else 0.85


def _shift(seconds: float) -> float:
    """Staff follows the rush an hour late, as it does."""
    hour = seconds % DAY / 3600
    if hour < 7 or hour >= 22:
        return 0.4
    return 1.25 if 11 <= hour < 14 else 1.0


def _office(seconds: float) -> float:
    """Closed at night; what came then waits at the door."""
    return 1.0 if 8 <= seconds % DAY / 3600 < 20 else 0.0


def _lognormal(chance: random.Random, mean: float) -> float:
    return chance.lognormvariate(math.log(mean) - 0.5, 1.0)


FLOORS: Mapping[str, Floor] = {
    "pooled, 80 %": Floor(traffic={"a": Traffic(per_hour=288)}, teams=[Team(agents=24, handling=240, serves={"a": 0})]),
    "pooled, 90 %": Floor(traffic={"a": Traffic(per_hour=324)}, teams=[Team(agents=24, handling=240, serves={"a": 0})]),
    "pooled, 97 %": Floor(traffic={"a": Traffic(per_hour=349.2)}, teams=[Team(agents=24, handling=240, serves={"a": 0})]),
    "pooled, long-tailed service": Floor(
        traffic={"a": Traffic(per_hour=324)}, teams=[Team(agents=24, handling=240, serves={"a": 0}, service=_lognormal)]
    ),
    "two priorities": Floor(
        traffic={"first": Traffic(per_hour=108, priority=0), "second": Traffic(per_hour=180, priority=1)},
        teams=[Team(agents=10, handling=115, serves={"first": 0, "second": 0})],
    ),
    "overflow after 60 s": Floor(
        traffic={"a": Traffic(per_hour=240)},
        teams=[Team(agents=18, handling=300, serves={"a": 0}), Team(agents=6, handling=300, serves={"a": 60})],
    ),
    "N: one team helps the other": Floor(
        traffic={"a": Traffic(per_hour=200), "b": Traffic(per_hour=120)},
        teams=[Team(agents=12, handling=240, serves={"a": 0}), Team(agents=11, handling=240, serves={"b": 0, "a": 0})],
    ),
    "skill graph of six languages": Floor(
        traffic={name: Traffic(per_hour=rate) for name, rate in zip("abcdef", (90, 60, 45, 30, 20, 10), strict=True)},
        teams=[
            Team(agents=5, handling=240, serves={"a": 0, "b": 0}),
            Team(agents=5, handling=240, serves={"b": 0, "c": 0, "d": 0}),
            Team(agents=4, handling=300, serves={"c": 0, "e": 0, "a": 0}),
            Team(agents=5, handling=240, serves={"d": 0, "f": 0, "a": 0}),
        ],
    ),
    "sixty sparse classes": Floor(
        traffic={f"class-{n}": Traffic(per_hour=7) for n in range(60)},
        teams=[Team(agents=3, handling=270, serves={f"class-{(7 * team + n) % 60}": 0 for n in range(15)}) for team in range(12)],
    ),
    "a day with a rush": Floor(
        traffic={"a": Traffic(per_hour=330, rush=_rush_hour)}, teams=[Team(agents=24, handling=240, serves={"a": 0})]
    ),
    "two rushes on shared staff": Floor(
        traffic={"a": Traffic(per_hour=150, rush=_rush_hour), "b": Traffic(per_hour=170, rush=_afternoon)},
        teams=[Team(agents=9, handling=240, serves={"a": 0}), Team(agents=14, handling=240, serves={"b": 0, "a": 0})],
    ),
    "shifts behind a rush": Floor(
        traffic={"a": Traffic(per_hour=310, rush=_rush_hour)}, teams=[Team(agents=24, handling=240, serves={"a": 0}, shift=_shift)]
    ),
    "closed at night": Floor(
        traffic={"a": Traffic(per_hour=180, rush=_rush_hour)}, teams=[Team(agents=24, handling=240, serves={"a": 0}, shift=_office)]
    ),
    "impatient": Floor(traffic={"a": Traffic(per_hour=420, patience=180)}, teams=[Team(agents=24, handling=240, serves={"a": 0})]),
}


@dataclass(slots=True, kw_only=True)
class _Waiting:
    name: str
    since: int
    ahead: int
    told: Estimate | None
    gone: bool = False


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What came true."""

    scored: int = 0
    below: int = 0
    above: int = 0
    error: float = 0.0
    width: float = 0.0
    waited: float = 0.0
    by_place: dict[str, list[int]] = field(default_factory=lambda: {place: [0, 0] for place in PLACES})

    def add(self, told: Estimate, ahead: int, waited: float) -> None:
        place = self.by_place[next(place for place, least in PLACES.items() if ahead >= least)]
        place[0] += 1
        place[1] += told.low <= waited <= told.high
        self.scored += 1
        self.below += waited < told.low
        self.above += waited > told.high
        self.error += abs(waited - told.likely)
        self.width += told.high - told.low
        self.waited += waited


def run(floor: Floor, *, arrivals: int, seed: int, warm_up: float = 0.1, estimator: Estimator | None = None) -> _Tally:
    """Let the floor live; the first tenth of the arrivals teaches without being counted."""
    chance = random.Random(seed)
    estimator = estimator or Estimator()
    tally = _Tally()
    order = count()
    heap: list[tuple[int, int, str, object]] = []
    lines: dict[str, deque[_Waiting]] = {name: deque() for name in floor.traffic}
    alive = dict.fromkeys(floor.traffic, 0)
    at_work = [round(team.agents * (team.shift(0.0) if team.shift else 1.0)) for team in floor.teams]
    free = list(at_work)
    seen = 0

    def schedule(at: int, what: str, which: object) -> None:
        heapq.heappush(heap, (at, next(order), what, which))

    def next_arrival(name: str, now: int) -> None:
        traffic = floor.traffic[name]
        peak = 1.5 if traffic.rush else 1.0
        at = now / SECOND
        while True:
            at += chance.expovariate(traffic.per_hour * peak / 3600)
            if traffic.rush is None or chance.random() * peak < traffic.rush(at):
                break
        schedule(round(at * SECOND), "arrives", name)

    def serve(team: int, now: int) -> None:
        free[team] -= 1
        seconds = floor.teams[team].service(chance, floor.teams[team].handling)
        estimator.handled(str(team), seconds)
        schedule(now + round(seconds * SECOND), "frees", team)

    def present(name: str) -> int:
        return sum(agents for team, agents in zip(floor.teams, at_work, strict=True) if team.serves.get(name) == 0)

    def next_hour(now: int, *, staffed: bool) -> float | None:
        """Seconds to the next full hour at which somebody, or nobody, is at work."""
        if not all(team.shift for team in floor.teams):
            return None
        for hour in range(now // SECOND // 3600 + 1, now // SECOND // 3600 + 25):
            if any(team.shift and team.shift(hour * 3600.0) for team in floor.teams) == staffed:
                return hour * 3600.0 - now / SECOND
        return None

    def told_on_arrival(name: str, now: int) -> Estimate | None:
        closes_in = next_hour(now, staffed=False)
        opens_in = None
        if closes_in is not None:
            opens_in = next_hour(now if not present(name) else now + round(closes_in * SECOND), staffed=True)
            if opens_in is not None and present(name):
                opens_in += closes_in
        told = estimator.estimate(name, alive[name], now, present=present(name), opens_in=opens_in, closes_in=closes_in)
        return told if present(name) else None

    def head(name: str) -> _Waiting | None:
        line = lines[name]
        while line and line[0].gone:
            line.popleft()
        return line[0] if line else None

    def next_for(team: Team, now: int) -> _Waiting | None:
        able = [
            (floor.traffic[name].priority, waiting.since, waiting)
            for name, after in team.serves.items()
            if (waiting := head(name)) is not None and now - waiting.since >= after * SECOND
        ]
        return min(able, key=lambda candidate: candidate[:2])[2] if able else None

    def take(waiting: _Waiting, now: int) -> None:
        waiting.gone = True
        alive[waiting.name] -= 1
        waited = now - waiting.since
        estimator.taken(waiting.name, now, waited)
        if waiting.told is None:
            return
        if seen > arrivals * warm_up:
            tally.add(waiting.told, waiting.ahead, waited / SECOND)
        estimator.score(waiting.name, waiting.told, waited)

    for name in floor.traffic:
        next_arrival(name, 0)
    for index, staffed in enumerate(floor.teams):
        if staffed.shift is not None:
            schedule(3600 * SECOND, "shifts", index)
    while seen < arrivals:
        now, _, what, which = heapq.heappop(heap)
        if what == "arrives":
            name = str(which)
            seen += 1
            next_arrival(name, now)
            able = next((t for t, team in enumerate(floor.teams) if free[t] > 0 and team.serves.get(name) == 0), None)
            if able is not None:
                serve(able, now)
                estimator.taken(name, now, 0)
                continue
            waiting = _Waiting(name=name, since=now, ahead=alive[name], told=told_on_arrival(name, now))
            alive[name] += 1
            lines[name].append(waiting)
            patience = floor.traffic[name].patience
            if patience is not None:
                schedule(now + round(chance.expovariate(1 / patience) * SECOND), "leaves", waiting)
            for team in floor.teams:
                if team.serves.get(name):
                    schedule(now + round(team.serves[name] * SECOND), "overflows", waiting)
        elif isinstance(which, int):
            team = floor.teams[which]
            if what == "shifts" and team.shift is not None:
                due = round(team.agents * team.shift(now / SECOND))
                free[which] += due - at_work[which]  # below zero: some still finish what they have
                at_work[which] = due
                schedule(now + 3600 * SECOND, "shifts", which)
            else:
                free[which] += 1
            while free[which] > 0 and (best := next_for(team, now)) is not None:
                take(best, now)
                serve(which, now)
        elif isinstance(which, _Waiting) and not which.gone:
            if what == "leaves":
                which.gone = True
                alive[which.name] -= 1
                estimator.left(which.name, now, now - which.since)
            else:
                able = next(
                    (
                        t
                        for t, team in enumerate(floor.teams)
                        if free[t] > 0 and which.name in team.serves and now - which.since >= team.serves[which.name] * SECOND
                    ),
                    None,
                )
                if able is not None:
                    take(which, now)
                    serve(able, now)
    return tally


def row(name: str, *, arrivals: int, seeds: Sequence[int]) -> Row:
    tallies = [run(FLOORS[name], arrivals=arrivals, seed=seed) for seed in seeds]
    scored = sum(t.scored for t in tallies) or 1
    waited = sum(t.waited for t in tallies) or 1.0
    places = {place: sum(t.by_place[place][0] for t in tallies) for place in PLACES}
    below, above = sum(t.below for t in tallies) / scored, sum(t.above for t in tallies) / scored
    return Row(
        floor=name,
        scored=scored,
        inside=1 - below - above,
        below=below,
        above=above,
        error=sum(t.error for t in tallies) / waited,
        width=sum(t.width for t in tallies) / waited,
        mean_wait=waited / scored,
        by_place={place: sum(t.by_place[place][1] for t in tallies) / seen for place, seen in places.items() if seen},
    )


def _speed(calls: int = 50_000) -> dict[str, float]:
    """Microseconds a call, over a thousand queues; the best of five turns, since others use the machine too."""
    estimator = Estimator()
    queues = [f"queue-{n}" for n in range(1000)]
    told = Estimate(low=5.0, likely=20.0, high=60.0)
    figures: dict[str, float] = {}
    estimator.handled("pool", 240.0)
    for queue in queues:
        estimator.estimate(queue, 3, 0, present=5)
        estimator.taken(queue, 3 * SECOND, 2 * SECOND)
    work: dict[str, Callable[[str, int], object]] = {
        "estimate": lambda queue, now: estimator.estimate(queue, 7, now, present=12),
        "taken": lambda queue, now: estimator.taken(queue, now, 5 * SECOND),
        "taken_at_once": lambda queue, now: estimator.taken(queue, now, 0),
        "left": lambda queue, now: estimator.left(queue, now, 5 * SECOND),
        "score": lambda queue, now: estimator.score(queue, told, (now // 1000) % (80 * SECOND)),
        "handled": lambda _queue, _now: estimator.handled("pool", 240.0),
        "nothing": lambda _queue, _now: None,
    }
    for name, call in work.items():
        best = math.inf
        for turn in range(5):
            started = time.process_time()
            for n in range(calls):
                call(queues[n % 1000], 10 * SECOND + (turn * calls + n) * 10_000)
            best = min(best, time.process_time() - started)
        figures[name] = best / calls * 1e6
    return {name: round(figure - figures["nothing"], 3) for name, figure in figures.items() if name != "nothing"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arrivals", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--floor", action="append", choices=sorted(FLOORS))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = [row(name, arrivals=asked.arrivals, seeds=range(1, asked.seeds + 1)) for name in asked.floor or FLOORS]
    speed = _speed()
    if asked.json:
        print(json.dumps({"floors": [asdict(r) for r in rows], "microseconds": speed}))
        return
    print(
        f"{'floor':32} {'scored':>8} {'inside':>7} {'below':>6} {'above':>6} {'error':>6} {'width':>6} {'wait s':>7}  inside with 20+, 5+, 1+, 0 ahead"
    )
    for r in rows:
        figures = f"{r.floor:32} {r.scored:8} {r.inside:7.3f} {r.below:6.3f} {r.above:6.3f} {r.error:6.3f} {r.width:6.2f} {r.mean_wait:7.1f}"
        print(figures, "", "  ".join(f"{r.by_place[place]:.2f}" if place in r.by_place else "   –" for place in PLACES))
    print(speed)


if __name__ == "__main__":
    main()
