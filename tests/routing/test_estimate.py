"""Estimated waits: what a single estimate must respect, what the estimator may remember, and how often the truth falls inside on floors with known laws.

Measured with `python -m bench.estimates` (60,000 arrivals, two seeds, fourteen floors): 77–82 % inside, 10–14 % below, 8–10 % above.
"""

from __future__ import annotations

import json
from heapq import heapify, heappop, heappush
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.estimates import FLOORS, run
from routing.decisions import Estimate, Offered, Queued
from routing.estimate import Estimator
from tests.routing.builders import Floor, agent, demand, of, plan

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def told(estimator: Estimator, queue: str = "a", *, ahead: int = 5, now: int = 0, present: int = 10, **more: Any) -> Estimate:
    estimate = estimator.estimate(queue, ahead, now, present=present, **more)
    assert estimate is not None
    return estimate


def taught(*, every: float = 10.0, takings: int = 400, present: int = 10, queue: str = "a", start: int = 0) -> Estimator:
    """An estimator that saw a queue in which always somebody waits taken from at a steady pace."""
    estimator = Estimator()
    gap = round(every * SECOND)
    for n in range(1, takings + 1):
        estimator.estimate(queue, 5, start + n * gap - gap // 2, present=present)
        estimator.taken(queue, start + n * gap, 5 * gap)
    return estimator


# ── how often it is right ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "floor",
    [
        "pooled, 90 %",
        "two priorities",
        "overflow after 60 s",
        "skill graph of six languages",
        "two rushes on shared staff",
        "impatient",
    ],
)
def test_four_of_five_true_waits_fall_inside_the_range(floor: str) -> None:
    tally = run(FLOORS[floor], arrivals=8_000, seed=11)
    below, above = tally.below / tally.scored, tally.above / tally.scored

    print(f"{floor}: {tally.scored} scored, {1 - below - above:.3f} inside, {below:.3f} below, {above:.3f} above")
    assert tally.scored > 1_000
    assert 0.75 <= 1 - below - above <= 0.85
    assert 0.05 <= below <= 0.15
    assert 0.05 <= above <= 0.15


def test_the_likely_wait_is_closer_than_the_usual_one_would_be() -> None:
    """Telling everybody the mean of exponential-like waits errs by about 0.75 of it; on a busy pool we err by a third at most."""
    tally = run(FLOORS["pooled, 90 %"], arrivals=8_000, seed=12)

    assert tally.error / tally.waited < 0.34


def test_through_the_engine_the_customers_are_told_the_truth_too() -> None:
    """A dozen agents, half of whom also know routers: whoever queues is told a range, and four of five are offered to somebody within it."""
    novices = [agent(f"novice-{n}") for n in range(6)]
    experts = [agent(f"expert-{n}", skills={"router": 2}) for n in range(6)]
    floor = Floor(plan([*novices, *experts]))
    floor.ready(*(one.id for one in (*novices, *experts)))
    chance = Random(5)
    asked = {"usual": demand(), "router": demand(kind="technical")}
    due = [(chance.expovariate(rate / 3600), name, "") for name, rate in (("usual", 95), ("router", 65))]
    rates = {"usual": 95, "router": 65}
    heapify(due)
    queued: dict[str, tuple[float, Estimate]] = {}
    inside: list[bool] = []
    for turn in range(12_000):
        at, what, by = heappop(due)
        floor.pass_time(at)
        if what in rates:
            decisions = floor.arrive(f"{what}-{turn}", asked[what])
            heappush(due, (at + chance.expovariate(rates[what] / 3600), what, ""))
        else:
            decisions = floor.finish(what, by)
        for found in of(Queued, decisions):
            if found.estimate is not None:
                queued[found.inquiry] = (at, found.estimate)
        for offer in of(Offered, decisions):
            floor.accept(offer.offer, offer.agent)
            heappush(due, (at + chance.expovariate(1 / 240), offer.inquiry, offer.agent))
            if offer.inquiry in queued:
                since, estimate = queued.pop(offer.inquiry)
                inside.append(estimate.low <= at - since <= estimate.high)
        floor.log.clear()

    share = sum(inside) / len(inside)
    print(f"through the engine: {len(inside)} queued and taken, {share:.3f} inside")
    assert len(inside) > 1_000
    assert 0.74 <= share <= 0.86


# ── one estimate ──────────────────────────────────────────────────────────────


def test_nothing_is_told_while_there_is_nothing_to_go_by() -> None:
    estimator = Estimator()
    assert estimator.estimate("a", 0, 0, present=3) is None

    estimator.handled("pool:chat", 300.0)
    assert estimator.estimate("a", 0, 0, present=0) is None


def test_before_anyone_was_taken_it_goes_by_the_handling_times() -> None:
    estimator = Estimator()
    estimator.handled("pool:chat", 290.0)
    estimator.handled("pool:chat", 310.0)

    estimate = told(estimator, ahead=4, present=10)  # five takings, one every thirty seconds
    assert 110 < estimate.likely < 150
    assert estimate.low < 80
    assert estimate.high > 220


def test_the_groups_own_handling_time_goes_before_that_of_all() -> None:
    estimator = Estimator()
    estimator.handled("slow", 900.0)
    estimator.handled("fast", 100.0)

    assert told(estimator, group="slow").likely == pytest.approx(9 * told(estimator, "b", group="fast").likely)
    assert told(estimator, "c", group="unheard of").likely == pytest.approx(5 * told(estimator, "b", group="fast").likely)


def test_a_new_queue_goes_by_the_pace_of_the_others() -> None:
    estimator = taught(every=10.0, present=10)

    assert told(estimator, "new", ahead=9).likely == pytest.approx(100, rel=0.2)
    assert told(estimator, "a", ahead=9, now=400 * 10 * SECOND).likely == pytest.approx(100, rel=0.1)


def test_more_ahead_take_longer_and_more_present_are_faster() -> None:
    estimator = taught()
    now = 400 * 10 * SECOND
    by_place = [told(estimator, ahead=ahead, now=now) for ahead in range(0, 200, 10)]
    by_staff = [told(estimator, present=present, now=now) for present in range(1, 40, 4)]

    for nearer, farther in pairwise(by_place):
        assert (nearer.low, nearer.likely, nearer.high) < (farther.low, farther.likely, farther.high)
    for few, many in pairwise(by_staff):
        assert few.likely > many.likely


def test_half_the_agents_double_the_wait_at_once() -> None:
    estimator = taught()
    now = 400 * 10 * SECOND

    assert told(estimator, present=5, now=now).likely == pytest.approx(2 * told(estimator, present=10, now=now).likely)


def test_the_range_is_relatively_narrower_the_more_are_ahead() -> None:
    estimator = taught()
    near, far = told(estimator, ahead=0, now=4000 * SECOND), told(estimator, ahead=100, now=4000 * SECOND)

    assert near.high / near.likely > 1.5 * far.high / far.likely


def test_whoever_did_not_wait_says_nothing_about_the_pace() -> None:
    estimator = taught()
    before = told(estimator, now=5000 * SECOND)
    for _ in range(100):
        estimator.taken("a", 4500 * SECOND, 0)

    assert told(estimator, now=5000 * SECOND) == before


def test_an_empty_hour_says_nothing_about_the_pace() -> None:
    """Between two busy spells nobody waited: only the time in which somebody did counts."""
    estimator = taught(every=10.0)
    before = told(estimator, now=4000 * SECOND).likely
    resumed = 4000 * SECOND + HOUR
    told(estimator, ahead=0, now=resumed)
    estimator.taken("a", resumed + 10 * SECOND, 10 * SECOND)

    assert told(estimator, now=resumed + 10 * SECOND).likely == pytest.approx(before, rel=0.02)


def test_those_who_left_shorten_the_way() -> None:
    patient, impatient = taught(), taught()
    for n in range(200):
        impatient.left("a", 4000 * SECOND + n, 60 * SECOND)

    assert told(impatient, ahead=40, now=4001 * SECOND).likely < 0.8 * told(patient, ahead=40, now=4001 * SECOND).likely


def test_waits_that_end_out_of_order_are_counted_once() -> None:
    """A young one leaves while an old one waits: the time both waited counts once, and none of it is lost."""
    alone, crossed = Estimator(), Estimator()
    for estimator in (alone, crossed):
        told_now = estimator.estimate("a", 0, 0, present=1)
        assert told_now is None
    crossed.left("a", 60 * SECOND, 10 * SECOND)
    for estimator in (alone, crossed):
        estimator.taken("a", 100 * SECOND, 100 * SECOND)

    assert alone.fact()["estimates"] == crossed.fact()["estimates"]


def test_a_floor_that_stands_still_is_noticed() -> None:
    estimator = taught(every=10.0)
    at_once = told(estimator, now=4000 * SECOND).likely

    assert told(estimator, now=4000 * SECOND + 3 * HOUR).likely > 3 * at_once


# ── closed ────────────────────────────────────────────────────────────────────


def test_while_closed_it_is_the_opening_and_then_the_queue() -> None:
    estimator = taught(every=10.0, present=10)
    now = 5000 * SECOND

    first = told(estimator, ahead=0, now=now, present=0, opens_in=3600.0)
    assert (first.low, first.likely, first.high) == (3600.0, 3600.0, 3600.0)

    later = told(estimator, ahead=30, now=now, present=0, opens_in=3600.0)  # ten begin at once, twenty-one takings remain
    assert later.likely == pytest.approx(3600 + 210, abs=30)
    assert 3600 < later.low < later.likely < later.high


def test_what_is_not_done_by_closing_goes_on_in_the_morning() -> None:
    estimator = taught(every=10.0, present=10)
    now = 4000 * SECOND

    def towards_evening(ahead: int) -> Estimate:
        return told(estimator, ahead=ahead, now=now, closes_in=300.0, opens_in=36_000.0)

    assert towards_evening(2) == told(estimator, ahead=2, now=now)

    torn = towards_evening(25)  # about 260 s of work before closing in 300
    assert torn.low < torn.likely < 300
    assert torn.high >= 36_000

    late = towards_evening(89)  # 900 s, of which 300 today and 100 at once in the morning
    assert late.low > 36_000
    assert late.likely == pytest.approx(36_000 + 500, abs=60)


def test_a_night_does_not_count_as_a_slow_hour() -> None:
    estimator = taught(every=10.0, present=10)
    before = told(estimator, now=4000 * SECOND).likely
    evening = 5 * HOUR
    estimator.estimate("a", 0, evening, present=0, opens_in=36_000.0)
    for n in range(10):
        estimator.taken("a", evening + 10 * HOUR + n * SECOND, 10 * HOUR)

    assert told(estimator, now=evening + 10 * HOUR + 10 * SECOND).likely == pytest.approx(before, rel=0.02)


# ── learning from its errors ──────────────────────────────────────────────────


def test_the_range_moves_to_where_the_truth_is() -> None:
    """All true waits are half as long again as the model's: the range ends up around them, for this queue at once, for others a little."""
    estimator = taught(every=10.0)
    now = 4000 * SECOND
    model, other = told(estimator, now=now), told(estimator, "b", now=now)
    for _ in range(600):
        estimator.score("a", told(estimator, now=now), round(1.5 * model.likely * SECOND))
    learnt = told(estimator, now=now)

    assert learnt.low < 1.5 * model.likely
    assert learnt.high == pytest.approx(1.5 * model.likely, rel=0.01)  # it hunts the constant truth from both sides
    assert learnt.likely > 1.3 * model.likely
    assert other.likely < told(estimator, "b", now=now).likely < learnt.likely


# ── memory ────────────────────────────────────────────────────────────────────

steps = st.lists(
    st.tuples(
        st.sampled_from(["estimate", "taken", "left", "handled", "score", "closed"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 40),
        st.integers(0, 3 * HOUR),
    ),
    max_size=60,
)


def live(
    estimator: Estimator, history: list[tuple[str, str, int, int]], *, since: int = 0, names: dict[str, str] | None = None
) -> list[Estimate | None]:
    said: list[Estimate | None] = []
    now = since
    for what, name, number, span in history:
        queue = names[name] if names else name
        now += span
        if what == "estimate":
            said.append(estimator.estimate(queue, number, now, present=number // 2))
        elif what == "closed":
            said.append(estimator.estimate(queue, number, now, present=0, opens_in=span / SECOND))
        elif what == "taken":
            estimator.taken(queue, now, span // 2)
        elif what == "left":
            estimator.left(queue, now, span // 3)
        elif what == "handled":
            estimator.handled("pool", float(number))
        elif said and said[-1] is not None:
            estimator.score(queue, said[-1], span)
    return said


@settings(max_examples=200, deadline=None)
@given(steps)
def test_an_estimate_is_always_in_order_and_finite(history: list[tuple[str, str, int, int]]) -> None:
    for estimate in live(Estimator(), history):
        if estimate is not None:
            assert 0 <= estimate.low <= estimate.likely <= estimate.high < float("inf")


@settings(max_examples=100, deadline=None)
@given(steps, steps)
def test_restored_from_its_fact_it_answers_alike(
    before: list[tuple[str, str, int, int]], after: list[tuple[str, str, int, int]]
) -> None:
    estimator = Estimator()
    live(estimator, before)
    fact = json.loads(json.dumps(estimator.fact()))
    restored = Estimator.restored(dict(sorted({"inquiry:1": {}, **fact}.items())))

    assert restored.fact() == fact
    assert live(restored, after, since=10 * DAY) == live(estimator, after, since=10 * DAY)


@settings(max_examples=100, deadline=None)
@given(steps, steps)
def test_the_changes_kept_since_the_beginning_are_the_whole(
    first: list[tuple[str, str, int, int]], then: list[tuple[str, str, int, int]]
) -> None:
    estimator = Estimator()
    kept: dict[str, Any] = {}
    for history, since in ((first, 0), (then, 3 * DAY), (first, 20 * DAY)):
        live(estimator, history, since=since)
        kept |= estimator.changes()

    assert {key: fact for key, fact in kept.items() if fact is not None} == (estimator.fact() if kept else {})
    assert estimator.changes() == {}


def test_looking_teaches_nothing() -> None:
    estimator = taught()
    before = estimator.fact()
    now = 4000 * SECOND
    seen = [estimator.glimpse(queue, ahead, now, present=7) for queue in ("a", "new") for ahead in (0, 5)]

    assert estimator.fact() == before
    assert seen == [estimator.estimate(queue, ahead, now, present=7) for queue in ("a", "new") for ahead in (0, 5)]


@settings(max_examples=100, deadline=None)
@given(steps)
def test_names_of_queues_mean_nothing(history: list[tuple[str, str, int, int]]) -> None:
    assert live(Estimator(), history) == live(Estimator(), history, names={"a": "z", "b": "a", "c": "b"})


def test_queues_that_nobody_used_for_a_day_are_forgotten() -> None:
    estimator = Estimator()
    estimator.handled("pool", 60.0)
    for day in range(30):
        for n in range(50):
            told(estimator, f"{day}-{n}", now=day * DAY + n)

    assert sum(key.startswith("estimates:queue:") for key in estimator.fact()) <= 100


def test_a_queue_used_every_day_is_remembered() -> None:
    estimator = taught(every=10.0, queue="daily")
    for day in range(1, 30):
        told(estimator, f"other-{day}", now=day * DAY)
        told(estimator, "daily", ahead=0, now=day * DAY + HOUR)

    assert told(estimator, "daily", ahead=9, now=29 * DAY + HOUR).likely == pytest.approx(100, rel=0.1)
