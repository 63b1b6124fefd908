"""What a run promises: exact answers, the same customers under every rule, and books that balance to the microsecond."""

from __future__ import annotations

import math

import numpy as np
import pytest

from contact_hub.simulate.processes import run_all
from routing.simulator.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Hyperexponential,
    Lognormal,
    Stream,
    Uniform,
    chance,
)
from routing.simulator.figures import differences, estimate, student
from routing.simulator.scenario import Rates
from routing.simulator.tally import percentile
from tests.simulator.files import ERLANG_C, calls, figures, floor, number, read, run

BUSY = {
    "agents": [
        {"count": 5, "pool": "home", "seats": 2, "skills": {"plain": 1}},
        {"count": 4, "pool": "partner", "skills": {"plain": 1, "hard": 1}},
    ],
    "contracts": [{"pool": "home"}, {"pool": "partner", "tier": 2, "overflow_after_seconds": 15, "price": 3}],
    "behaviour": {
        "accept": {"lognormal": {"median": 4, "sigma": 0.7}},
        "decline_probability": 0.05,
        "disconnect_every": {"exponential": 1800},
        "disconnect_for": {"exponential": 40},
    },
}
MIXED = (
    calls(120, {"exponential": 200}, name="plain", skills={"plain": 1}, patience={"exponential": 90}, wrap_up={"exponential": 20}),
    calls(40, {"lognormal": {"mean": 300, "cv": 1}}, name="hard", skills={"hard": 1}, priority=1, waiting_room=3),
)


# exact answers


def test_erlang_c_is_met() -> None:
    """P(wait) 0.167267, mean wait 10.0360 s, 88.0148 % within 20 s; eight seeds, fixed."""
    simulation = read(ERLANG_C)
    runs = [figures(simulation, 4000, seed) for seed in range(1, 9)]
    for path, exact in (
        (("p_wait",), 0.167267),
        (("wait_mean_seconds",), 10.0360),
        (("service_level", "20"), 0.880148),
    ):
        found = estimate([one["classes", "calls", *path] for one in runs])
        assert found.low is not None
        assert found.high is not None
        assert found.low <= exact <= found.high, path


def test_nobody_waits_where_everybody_can_be_served() -> None:
    found = figures(floor(agents=[{"count": 60, "pool": "home"}]), 2000)
    assert number(found, "total", "p_wait") == 0
    assert number(found, "pools", "home", "occupancy") == pytest.approx(100 * 180 / 3600 / 60, rel=0.1)


def test_a_clockwork_floor_is_worked_out_by_hand() -> None:
    """One every 100 s, 150 s of work, one agent: the n-th of four waits 50 (n - 1) s."""
    simulation = floor(
        {"name": "calls", "arrivals": {"per_hour": 36, "process": "deterministic"}, "service": {"deterministic": 150}},
        agents=[{"count": 1, "pool": "home"}],
        simulation={"warm_up_percent": 0, "service_levels": [50]},
    )
    found = figures(simulation, 4)
    assert number(found, "total", "wait_mean_seconds") == 75
    assert number(found, "total", "p_wait") == 0.75
    assert number(found, "total", "wait_p50_seconds") == 50
    assert number(found, "total", "wait_p99_seconds") == 150
    assert number(found, "total", "service_level", "50") == 0.5


def test_who_runs_out_of_patience_leaves_at_that_moment() -> None:
    simulation = floor(
        {"name": "calls", "arrivals": {"times": [0, 10, 20]}, "service": {"deterministic": 100}, "patience": {"deterministic": 30}},
        agents=[{"count": 1, "pool": "home"}],
        simulation={"warm_up_percent": 0},
    )
    found = figures(simulation, 1000)
    assert number(found, "total", "arrivals") == 3, "recorded times end when they end"
    assert number(found, "total", "abandoned") == 2
    assert number(found, "total", "wait_mean_seconds") == 20
    assert number(found, "total", "wait_served_mean_seconds") == 0


def test_a_full_waiting_room_turns_away() -> None:
    simulation = floor(
        {"name": "calls", "arrivals": {"times": [0, 1, 2, 3]}, "service": {"deterministic": 100}},
        agents=[{"count": 1, "pool": "home"}],
        simulation={"warm_up_percent": 0, "waiting_room": 1},
    )
    found = figures(simulation, 10)
    assert number(found, "total", "blocked") == 2
    assert number(found, "total", "p_blocked") == 0.5
    assert number(found, "total", "wait_mean_seconds") == 49.5


def test_a_better_agent_is_faster() -> None:
    service = {
        "deterministic": 100,
        "by_language_level": {"B2": 1.5},
        "by_skill_level": {"router": {1: 2}},
        "by_pool": {"far": {"deterministic": 10}},
    }
    for agent, seconds in (
        ({"pool": "home", "languages": {"en": "C1"}}, 100),
        ({"pool": "home", "languages": {"en": "B2"}}, 150),
        ({"pool": "home", "languages": {"en": "B2"}, "skills": {"router": 1}}, 300),
        ({"pool": "far", "languages": {"en": "B2"}}, 15),
    ):
        found = figures(floor(calls(1, service), agents=[agent], pools=[{"id": "home"}, {"id": "far"}]), 50)
        assert number(found, "total", "handling_mean_seconds") == seconds


def test_offers_ring_are_declined_and_lapse() -> None:
    ringing = floor(calls(20), behaviour={"accept": {"deterministic": 5}})
    assert number(figures(ringing, 200), "total", "wait_p50_seconds") == 5
    declining = floor(calls(20), behaviour={"decline_probability": 0.5})
    assert number(figures(declining, 400), "total", "declines") > 100
    deaf = floor(
        calls(20, patience={"exponential": 60}),
        behaviour={"accept": {"deterministic": 31}},
        rules={"missed_offer_makes_away": True, "choice": []},
    )
    found = figures(deaf, 50)
    assert number(found, "total", "lapses") > 0
    assert number(found, "total", "served") == 0


def test_work_stands_still_while_the_connection_is_lost() -> None:
    """Lost at 100 s, back at 120 s, within the grace: 300 s of work take 320 s."""
    simulation = floor(
        {"name": "calls", "arrivals": {"times": [0]}, "service": {"deterministic": 300}},
        agents=[{"count": 1, "pool": "home"}],
        behaviour={"disconnect_every": {"deterministic": 100}, "disconnect_for": {"deterministic": 20}},
        simulation={"warm_up_percent": 0},
    )
    found = figures(simulation, 1)
    assert number(found, "total", "handling_mean_seconds") == 340, "three hundred seconds of work, lost at 100 and at 220"


def test_work_goes_on_with_another_after_the_grace() -> None:
    simulation = floor(
        {"name": "calls", "arrivals": {"times": [0]}, "service": {"deterministic": 300}},
        agents=[
            {
                "id": "a",
                "pool": "home",
                "behaviour": {"disconnect_every": {"deterministic": 100}, "disconnect_for": {"deterministic": 10000}},
            },
            {"id": "b", "pool": "home"},
        ],
        simulation={"warm_up_percent": 0},
        rules={"chat_grace_seconds": 45, "wrap_up_seconds": 0, "choice": []},
    )
    found = figures(simulation, 1)
    assert number(found, "total", "handling_mean_seconds") == 345


def test_nobody_is_served_while_all_is_closed() -> None:
    simulation = floor(
        {"name": "calls", "arrivals": {"times": [0]}, "service": {"deterministic": 60}},
        agents=[{"count": 1, "pool": "home"}],
        pools=[{"id": "home", "zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-17:00"]}}],
        simulation={"start": "2026-10-25T00:00:00Z", "warm_up_percent": 0},
    )
    assert number(figures(simulation, 1), "total", "wait_mean_seconds") == 32 * 3600, "Monday at nine, after the clocks went back"


def test_what_nobody_may_take_is_counted_as_unserved() -> None:
    found = figures(floor(calls(languages=["ja"])), 20)
    assert number(found, "total", "unserved") == number(found, "total", "arrivals")


# books that balance


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_books_balance_on_a_floor_with_everything(seed: int) -> None:
    tally = run(floor(*MIXED, **BUSY), 1500, seed)
    assert tally.broken == ()
    for one in tally.classes:
        assert one.all_arrived == one.all_blocked + one.all_served + one.all_gone + one.all_unserved
        assert one.area == one.all_waits, "Little's law, to the microsecond"


def test_a_cap_is_reached_once_a_day() -> None:
    simulation = floor(
        calls(60, patience={"exponential": 60}),
        contracts=[{"pool": "home", "cap_per_day": 100, "price": 2}],
        simulation={"seconds": 3 * 86400, "warm_up_percent": 0},
    )
    found = figures(simulation, 100_000)
    assert number(found, "contracts", "home", "served") == 300
    assert number(found, "contracts", "home", "cap_days") == 3
    assert number(found, "contracts", "home", "cost") == 300 * 200


# chance


def test_the_same_seed_gives_the_same_figures_however_many_processes() -> None:
    scenario = floor(*MIXED, **BUSY).scenario
    alone = run_all([scenario], [1, 2], [400], processes=1, watch=lambda _: None)
    spread = run_all([scenario], [1, 2], [400], processes=2, watch=lambda _: None)
    assert [one.figures for one in alone[0]] == [one.figures for one in spread[0]]
    assert alone[0][0].figures != alone[0][1].figures


def test_two_rule_sets_meet_the_same_customers() -> None:
    first, second = (
        floor(*MIXED, **BUSY),
        floor(*MIXED, **{**BUSY, "contracts": [{"pool": "home"}, {"pool": "partner", "tier": 2}]}),
    )
    one, other = run(first, 600), run(second, 600)
    assert [tally.all_arrived for tally in one.classes] == [tally.all_arrived for tally in other.classes]
    paired = differences([figures(first, 600)], [figures(first, 600)])
    assert not [path for path, found in paired.items() if found.mean not in {0, None}]


def test_a_class_draws_by_its_name() -> None:
    """Another class beside it, and another place in the file, change nothing of what it brings."""
    alone = figures(floor(calls(name="a"), agents=[{"count": 200, "pool": "home"}], simulation={"seconds": 36_000}), 10_000)
    beside = figures(
        floor(
            calls(name="z"),
            calls(name="a"),
            agents=[{"count": 200, "pool": "home"}],
            simulation={"seconds": 36_000, "warm_up_seconds": 0},
        ),
        10_000,
    )
    alone = figures(
        floor(calls(name="a"), agents=[{"count": 200, "pool": "home"}], simulation={"seconds": 36_000, "warm_up_seconds": 0}),
        10_000,
    )
    for path in ("arrivals", "handling_mean_seconds"):
        assert alone["classes", "a", path] == beside["classes", "a", path]


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"),
    [
        (Exponential(mean=240), 240, 240),
        (Deterministic(seconds=240), 240, 0),
        (Lognormal.of_mean(240, 0.8), 240, 192),
        (Lognormal.of_median(240, 0), 240, 0),
        (Gamma(mean=240, cv=0.5), 240, 120),
        (Uniform(low=100, high=300), 200, 200 / math.sqrt(12)),
        (Empirical(values=(100, 200)), 150, 50),
        (Hyperexponential(weights=(9, 1), means=(100, 1500)), 240, math.sqrt(2 * (0.9 * 100**2 + 0.1 * 1500**2) - 240**2)),
    ],
)
def test_distributions_have_the_moments_they_say(distribution: Distribution, mean: float, deviation: float) -> None:
    drawn = Stream(distribution, chance(1, "test")).take(200_000) / 1e6
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.std() == pytest.approx(deviation, rel=0.03)
    blocks, whole = Stream(distribution, chance(2, "test")), Stream(distribution, chance(2, "test"))
    assert np.array_equal(np.concatenate([blocks.take(n) for n in (1, 7, 92)]), whole.take(100)), "blocks do not show"


def test_a_profile_is_followed_on_the_wall_clock() -> None:
    """Ten an hour from nine to ten in Berlin and none else: eight of nine days in the week the clocks go back have an hour at 07:00Z or 08:00Z."""
    profile = [0.0] * 24
    profile[9] = 3600
    simulation = floor(
        {"name": "calls", "arrivals": {"per_hour": profile, "zone": "Europe/Berlin"}, "service": {"deterministic": 1}},
        simulation={"start": "2026-10-24T00:00:00Z", "seconds": 172_800, "warm_up_percent": 0},
        agents=[{"count": 50, "pool": "home"}],
    )
    (one,) = simulation.scenario.traffic
    assert isinstance(one.arrivals, Rates)
    assert number(figures(simulation, 100_000), "total", "arrivals") == pytest.approx(7200, rel=0.05)


# figures


def test_percentiles_are_values_that_were_there() -> None:
    ordered = np.arange(1, 11)
    assert [percentile(ordered, per_cent) for per_cent in (50, 90, 95, 99)] == [5, 9, 10, 10]


def test_intervals_are_students() -> None:
    found = estimate([1.0, 2.0, 3.0])
    assert found.mean == 2
    assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3))
    assert student(31) == pytest.approx(2.0395134, abs=2e-6)
    assert student(1000) == pytest.approx(1.9623390, abs=2e-6)
    assert estimate([5.0]).low is None
    assert estimate([None, None]).mean is None
