"""The exact answers are themselves right: against published figures, against each other, and against chains solved state by state."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bench.exact import (
    GraphAnswer,
    SkillGraph,
    SparedExperts,
    answered_in_time,
    below_a_cap,
    clockwork_arrivals,
    cobham,
    delay,
    erlang_b,
    exponential_patience,
    finite_room,
    fixed_patience,
    fixed_service,
    impatient,
    impatient_of_any_kind,
    kaufman_roberts,
    kept_until_opening,
    lognormal_patience,
    overflow,
    residual,
    single_server,
    stationary,
    with_ceilings,
)

HOUR = 3600


@pytest.mark.parametrize(
    ("hourly", "seconds", "servers", "waits", "mean", "level"),
    [
        (360, 240, 30, 0.172862, 6.9145, 0.895154),
        (100, 180, 8, 0.167267, 10.0360, 0.880148),
        (1200, 300, 110, 0.237008, 7.1102, 0.878316),
    ],
)
def test_erlang_c_is_the_published_one(
    hourly: float, seconds: float, servers: int, waits: float, mean: float, level: float
) -> None:
    found = delay(arrivals=hourly / HOUR, service_seconds=seconds, servers=servers)
    assert found.waits == pytest.approx(waits, abs=6e-7)
    assert found.mean_seconds == pytest.approx(mean, abs=6e-5)
    assert found.answered_within(20) == pytest.approx(level, abs=6e-7)
    assert found.answered_within(found.quantile(0.97)) == pytest.approx(0.97)
    assert found.quantile(0.5) == 0


@pytest.mark.parametrize(
    ("servers", "waits", "lost", "mean"), [(30, 0.099728, 0.022105, 1.32627), (24, 0.371969, 0.107784, 6.46704)]
)
def test_erlang_a_is_the_published_one_and_so_is_its_integral(servers: int, waits: float, lost: float, mean: float) -> None:
    chain = impatient(arrivals=0.1, service_seconds=240, servers=servers, patience_seconds=60)
    integral = impatient_of_any_kind(arrivals=0.1, service_seconds=240, servers=servers, patience=exponential_patience(60))
    for found in (chain, integral):
        assert found.waits == pytest.approx(waits, abs=6e-7)
        assert found.lost == pytest.approx(lost, abs=6e-7)
        assert found.mean_seconds == pytest.approx(mean, abs=6e-6)


@pytest.mark.parametrize(
    ("servers", "after", "share"),
    [(18, 0, 0.22126), (18, 15, 0.19837), (18, 30, 0.18139), (18, 60, 0.15807), (18, 120, 0.13267), (22, 30, 0.07322)],
)
def test_overflow_is_the_published_one(servers: int, after: float, share: float) -> None:
    assert overflow(arrivals=20 / 300, service_seconds=300, servers=servers, after_seconds=after).lost == pytest.approx(
        share, abs=6e-6
    )


def test_overflow_is_leaving_after_a_fixed_patience_even_where_the_pool_is_just_full() -> None:
    for servers in (18, 20, 22):
        found = overflow(arrivals=20 / 300, service_seconds=300, servers=servers, after_seconds=45)
        leaving = impatient_of_any_kind(arrivals=20 / 300, service_seconds=300, servers=servers, patience=fixed_patience(45))
        for name in ("waits", "lost", "mean_seconds"):
            assert getattr(found, name) == pytest.approx(getattr(leaving, name), rel=1e-6)
    assert overflow(arrivals=20 / 300, service_seconds=300, servers=18, after_seconds=0).lost == pytest.approx(erlang_b(20, 18))


def test_a_patience_that_hardly_ends_loses_nobody() -> None:
    patient = impatient_of_any_kind(arrivals=0.1, service_seconds=240, servers=30, patience=lognormal_patience(1e7, 0.5))
    assert patient.waits == pytest.approx(delay(arrivals=0.1, service_seconds=240, servers=30).waits, rel=1e-4)
    assert patient.lost < 1e-5
    nearly_fixed = impatient_of_any_kind(arrivals=0.1, service_seconds=240, servers=24, patience=lognormal_patience(60, 1e-3))
    fixed = impatient_of_any_kind(arrivals=0.1, service_seconds=240, servers=24, patience=fixed_patience(60))
    assert nearly_fixed.lost == pytest.approx(fixed.lost, rel=1e-4)


def test_who_is_answered_in_time_are_all_in_the_end_but_the_lost() -> None:
    floor = {"arrivals": 0.1, "service_seconds": 240.0, "servers": 24}
    for patience in (exponential_patience(60), lognormal_patience(60, 0.8)):
        found = impatient_of_any_kind(**floor, patience=patience)  # type: ignore[arg-type]
        in_time = [answered_in_time(**floor, patience=patience, seconds=t) for t in (1e-9, 20, 900)]  # type: ignore[arg-type]
        assert in_time[0] == pytest.approx(1 - found.waits)
        assert in_time[0] < in_time[1] < in_time[2]
        assert in_time[2] == pytest.approx(1 - found.lost)
    # where nobody loses patience it is Erlang C's
    level = answered_in_time(arrivals=0.1, service_seconds=240, servers=30, patience=exponential_patience(1e8), seconds=20)
    assert level == pytest.approx(0.895154, abs=1e-5)


def test_a_finite_room_stands_between_loss_and_endless_delay() -> None:
    assert finite_room(arrivals=0.1, service_seconds=240, servers=30, places=0).lost == pytest.approx(erlang_b(24, 30))
    endless, roomy = (
        delay(arrivals=0.1, service_seconds=240, servers=30),
        finite_room(arrivals=0.1, service_seconds=240, servers=30, places=300),
    )
    assert roomy.waits == pytest.approx(endless.waits)
    assert roomy.mean_seconds == pytest.approx(endless.mean_seconds)
    # M/M/1/2 by hand, ρ = 1/2: shares 4/7, 2/7, 1/7; those let in while one is served wait one mean service
    by_hand = finite_room(arrivals=0.5, service_seconds=1, servers=1, places=1)
    assert (by_hand.waits, by_hand.lost, by_hand.mean_seconds) == pytest.approx((2 / 7, 1 / 7, 1 / 3))


def test_service_of_other_kinds() -> None:
    memoryless = single_server(arrivals=0.5, service_seconds=1, variation=1)
    assert memoryless == pytest.approx(delay(arrivals=0.5, service_seconds=1, servers=1).mean_seconds)
    waits, mean = fixed_service(arrivals=0.5, service_seconds=1, servers=1)
    assert mean == pytest.approx(single_server(arrivals=0.5, service_seconds=1, variation=0))
    assert waits == pytest.approx(0.5)


@pytest.mark.parametrize(("load", "servers"), [(0.6, 1), (1.4, 2), (8.0, 10), (25.5, 30)])
def test_fixed_service_is_the_sum_that_crommelin_found(load: float, servers: int) -> None:
    def at_least(least: int, mean: float) -> float:
        return 1 - math.fsum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(least))

    total = math.fsum(at_least(k * servers, k * load) - servers / load * at_least(k * servers + 1, k * load) for k in range(1, 100))
    assert fixed_service(arrivals=load / 7, service_seconds=7, servers=servers)[1] == pytest.approx(7 * total, rel=1e-6)


def test_priorities_are_the_published_ones_and_conserve_the_mean() -> None:
    waits = cobham(residual(arrivals=0.8, service_seconds=10, servers=10), (0.3, 0.5))
    assert waits == pytest.approx((0.584543, 2.922715), abs=6e-7)
    pooled = delay(arrivals=0.8, service_seconds=10, servers=10).mean_seconds
    assert (0.3 * waits[0] + 0.5 * waits[1]) / 0.8 == pytest.approx(pooled)


def test_weighted_seats_are_the_published_ones_and_are_erlang_b_at_weight_one() -> None:
    assert kaufman_roberts(seats=6, loads=(1, 1.5), weights=(2, 1)) == pytest.approx((0.214802, 0.088062), abs=6e-7)
    assert kaufman_roberts(seats=6, loads=(2.5, 1.5), weights=(1, 1)) == pytest.approx((erlang_b(4, 6),) * 2)


def test_ceilings_that_are_never_reached_change_nothing() -> None:
    without = kaufman_roberts(seats=6, loads=(1, 1.5), weights=(2, 1))
    assert with_ceilings(seats=6, loads=(1, 1.5), weights=(2, 1), ceilings=(3, 6)) == pytest.approx(without)
    # one chat at most, and never an e-mail in its way: Erlang B of one server
    assert with_ceilings(seats=60, loads=(1, 1.5), weights=(2, 1), ceilings=(1, 50))[0] == pytest.approx(erlang_b(1, 1))


def test_who_comes_while_closed_waits_for_the_morning() -> None:
    def utc(day: int, hour: int = 0) -> datetime:
        return datetime(2026, 10, day, hour, tzinfo=UTC)

    # 16 of 24 hours closed; the evening waits 12 h on average, the early morning 4 h
    assert kept_until_opening(utc(5), utc(7), "UTC", [1.0] * 24, 8, 16) == pytest.approx((48, 2 / 3, (8 * 12 + 8 * 4) / 24 * HOUR))
    # Berlin, 25 October 2026 has 25 hours, and the night before it is longer by one
    arrived, share, mean = kept_until_opening(utc(23, 22), utc(25, 23), "Europe/Berlin", [1.0] * 24, 8, 16)
    assert arrived == 49
    assert share == pytest.approx(33 / 49)
    assert mean == pytest.approx((8 * 4 + 17 * 8.5 + 8 * 12) / 49 * HOUR)


def test_a_cap_takes_the_first_of_a_day() -> None:
    assert below_a_cap(240, 100) == pytest.approx(100 / 240)
    assert below_a_cap(240, 400) == pytest.approx(1)
    assert below_a_cap(2, 1) == pytest.approx((1 - math.exp(-2)) / 2)


def test_clockwork_arrivals_wait_less_than_random_ones() -> None:
    sigma = clockwork_arrivals(every_seconds=10, service_seconds=8)
    assert sigma == pytest.approx(math.exp(-(1 - sigma) / 0.8))
    assert 0.5 < sigma < 0.8


def test_spared_experts_are_erlang_a_where_only_one_class_comes() -> None:
    alone = SparedExperts(
        plain=0.05,
        hard=1e-12,
        juniors=5,
        seniors=5,
        junior_seconds=200,
        senior_seconds=200,
        plain_patience_seconds=100,
        hard_patience_seconds=90,
    )
    plain, hard, by_juniors = alone.solve()
    pooled = impatient(arrivals=0.05, service_seconds=200, servers=10, patience_seconds=100)
    assert (plain.waits, plain.lost, plain.mean_seconds) == pytest.approx((pooled.waits, pooled.lost, pooled.mean_seconds))
    assert hard.waits > plain.waits
    assert 0.5 < by_juniors < 1


# skill graphs

N_MODEL = SkillGraph(
    arrivals={"plain": 0.35, "hard": 0.2},
    servers={"juniors": 1, "seniors": 1},
    service_seconds={"juniors": 1.0, "seniors": 1.4},
    able={"plain": frozenset({"juniors", "seniors"}), "hard": frozenset({"seniors"})},
)
W_MODEL = SkillGraph(
    arrivals={"one": 0.15, "both": 0.25, "two": 0.2},
    servers={"left": 1, "right": 1},
    service_seconds={"left": 1.2, "right": 0.9},
    able={"one": frozenset({"left"}), "both": frozenset({"left", "right"}), "two": frozenset({"right"})},
)
M_MODEL = SkillGraph(
    arrivals={"one": 0.5, "two": 0.4},
    servers={"left": 1, "middle": 1, "right": 1},
    service_seconds={"left": 1.2, "middle": 0.9, "right": 1.1},
    able={"one": frozenset({"left", "middle"}), "two": frozenset({"middle", "right"})},
)
TWINS = SkillGraph(
    arrivals={"plain": 0.6, "hard": 0.3},
    servers={"juniors": 2, "seniors": 1},
    service_seconds={"juniors": 1.0, "seniors": 1.1},
    able={"plain": frozenset({"juniors", "seniors"}), "hard": frozenset({"seniors"})},
)

Floor = tuple[tuple[str, ...], tuple[str, ...]]
"""Idle servers, the longest idle first, and the classes of those who wait, the oldest first."""


def chain(graph: SkillGraph, places: int) -> GraphAnswer:
    """The same floor without a formula: every order of idle servers and of waiting customers is a state. At most `places` wait."""
    pool_of = {f"{pool}{n}": pool for pool, count in graph.servers.items() for n in range(count)}

    def taker(idle: tuple[str, ...], wanted: str) -> str | None:
        return next((server for server in idle if pool_of[server] in graph.able[wanted]), None)

    def arrivals(floor: Floor) -> Iterator[tuple[Floor, float, str, str | None]]:
        idle, line = floor
        for one, rate in graph.arrivals.items():
            server = taker(idle, one)
            if server is not None:
                yield (tuple(s for s in idle if s != server), line), rate, one, server
            elif len(line) < places:
                yield (idle, (*line, one)), rate, one, None

    def completions(floor: Floor) -> Iterator[tuple[Floor, float, str | None, str]]:
        idle, line = floor
        for server in pool_of.keys() - set(idle):
            rate = 1 / graph.service_seconds[pool_of[server]]
            place = next((n for n, one in enumerate(line) if pool_of[server] in graph.able[one]), None)
            if place is None:
                yield ((*idle, server), line), rate, None, server
            else:
                yield (idle, (*line[:place], *line[place + 1 :])), rate, line[place], server

    def moves(floor: Floor) -> Iterator[tuple[Floor, float]]:
        yield from ((target, rate) for target, rate, _, _ in arrivals(floor))
        yield from ((target, rate) for target, rate, _, _ in completions(floor))

    empty: Floor = (tuple(pool_of), ())
    shares = stationary(empty, moves)
    waits, queue = dict.fromkeys(graph.arrivals, 0.0), dict.fromkeys(graph.arrivals, 0.0)
    flows = {(one, pool): 0.0 for one, pools in graph.able.items() for pool in pools}
    busy = {pool: float(count) for pool, count in graph.servers.items()}
    for floor, share in shares.items():
        idle, line = floor
        for one in graph.arrivals:
            waits[one] += share * (taker(idle, one) is None)
            queue[one] += share * line.count(one)
        for server in idle:
            busy[pool_of[server]] -= share
        for _, rate, who, by in (*arrivals(floor), *completions(floor)):
            if who is not None and by is not None:
                flows[who, pool_of[by]] += share * rate
    means = {one: queue[one] / rate for one, rate in graph.arrivals.items()}
    return GraphAnswer(waits=waits, lost=waits, mean_seconds=means, flows=flows, busy=busy)


@pytest.mark.parametrize(
    ("graph", "places"), [(N_MODEL, 10), (W_MODEL, 8), (M_MODEL, 10), (TWINS, 10)], ids=["N", "W", "M", "twins"]
)
def test_the_product_form_of_a_skill_graph_is_what_its_chain_gives(graph: SkillGraph, places: int) -> None:
    formula, truth = graph.solve(), chain(graph, places)
    for name in ("waits", "mean_seconds", "flows", "busy"):
        found, expected = getattr(formula, name), getattr(truth, name)
        assert found.keys() == expected.keys()
        for key, value in expected.items():  # the chain turns away a few in ten thousand
            assert found[key] == pytest.approx(value, rel=5e-3), (name, key)


def test_a_skill_graph_without_a_queue_is_what_its_chain_gives() -> None:
    graph = SkillGraph(
        arrivals=M_MODEL.arrivals, servers=M_MODEL.servers, service_seconds=M_MODEL.service_seconds, able=M_MODEL.able, queue=False
    )
    formula, truth = graph.solve(), chain(graph, 0)
    assert formula.lost == pytest.approx(truth.lost)
    assert formula.flows == pytest.approx(truth.flows)
    assert formula.busy == pytest.approx(truth.busy)
    assert set(formula.waits.values()) == {0.0}


def test_a_skill_graph_of_one_pool_is_erlang_c() -> None:
    graph = SkillGraph(
        arrivals={"a": 0.04, "b": 0.06},
        servers={"here": 18, "there": 12},
        service_seconds={"here": 240, "there": 240},
        able={"a": frozenset({"here", "there"}), "b": frozenset({"here", "there"})},
    ).solve()
    pooled = delay(arrivals=0.1, service_seconds=240, servers=30)
    for one in ("a", "b"):
        assert graph.waits[one] == pytest.approx(pooled.waits)
        assert graph.mean_seconds[one] == pytest.approx(pooled.mean_seconds)
    assert graph.flows["b", "there"] == pytest.approx(0.06 * 12 / 30)


def test_every_customer_of_a_large_graph_is_served_once() -> None:
    graph = SkillGraph(
        arrivals={"one": 0.05, "both": 0.04, "two": 0.04},
        servers={"left": 14, "right": 16},
        service_seconds={"left": 200, "right": 240},
        able={"one": frozenset({"left"}), "both": frozenset({"left", "right"}), "two": frozenset({"right"})},
    )
    found = graph.solve()
    for one, rate in graph.arrivals.items():
        assert sum(flow for (who, _), flow in found.flows.items() if who == one) == pytest.approx(rate)
    for pool, busy in found.busy.items():
        served = sum(flow for (_, where), flow in found.flows.items() if where == pool)
        assert served * graph.service_seconds[pool] == pytest.approx(busy)


def test_an_overloaded_graph_is_refused() -> None:
    graph = SkillGraph(
        arrivals={"plain": 0.1, "hard": 0.8},
        servers={"juniors": 5, "seniors": 1},
        service_seconds={"juniors": 1.0, "seniors": 1.4},
        able=N_MODEL.able,
    )
    with pytest.raises(ValueError, match="overloaded"):
        graph.solve()
    with pytest.raises(ValueError, match="too much"):
        delay(arrivals=1, service_seconds=1, servers=1)
