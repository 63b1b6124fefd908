"""Shares are kept exactly: at every prefix, through outages, declines and restarts."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations_with_replacement

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.model import ContractId, Share
from routing.shares import Division

NAMES = [ContractId(name) for name in "ABCDEF"]


def share(*weights: int, **more: int) -> Share:
    return Share(id="s", weights=dict(zip(NAMES, weights, strict=False)), **more)  # type: ignore[arg-type]


def give(division: Division, able: set[ContractId] | None = None) -> ContractId:
    """The next in turn is offered the inquiry and takes it."""
    chosen = division.turn(able if able is not None else set(division.share.weights))
    assert chosen is not None
    division.reserve(chosen)
    division.accept(chosen)
    return chosen


def assert_exact(division: Division) -> None:
    """|x − w·n| ≤ 1 − 1/(2k−2) for everybody."""
    assert all(abs(division.owed(contract)) <= division.bound() for contract in division.share.weights)


def assert_prefixes_exact(weights: tuple[int, ...], length: int) -> None:
    """The same for a whole course, reckoned apart from `owed`, in integers."""
    division, total, scale = Division(share(*weights)), sum(weights), 2 * len(weights) - 2
    taken = dict.fromkeys(division.share.weights, 0)
    for number in range(1, length + 1):
        taken[give(division)] += 1
        for contract, weight in division.share.weights.items():
            assert abs(taken[contract] * total - weight * number) * scale <= (scale - 1) * total
    assert division.counts() == taken
    assert not any(division.forgiven().values())


weight_vectors = st.integers(2, 6).flatmap(lambda k: st.lists(st.integers(1, 60), min_size=k, max_size=k).map(tuple))
outages = st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.integers(1, 60)), max_size=6)


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
def test_every_prefix_is_within_the_bound_for_all_small_weights(k: int) -> None:
    for weights in combinations_with_replacement(range(1, {2: 12, 3: 8, 4: 5, 5: 4, 6: 3}[k] + 1), k):
        assert_prefixes_exact(weights, 2 * sum(weights))  # the course repeats after the sum


@given(weight_vectors)
@settings(max_examples=150, deadline=None)
def test_every_prefix_is_within_the_bound_for_any_weights(weights: tuple[int, ...]) -> None:
    assert_prefixes_exact(weights, min(2 * sum(weights), 400))


def test_thousands_of_prefixes_are_within_the_bound() -> None:
    for weights in [(60, 40), (997, 3), (1, 1, 1), (613, 211, 173), (50, 30, 15, 5), (901, 50, 40, 5, 4), (1, 2, 3, 5, 7, 11)]:
        assert_prefixes_exact(weights, 3000)


def test_two_contracts_never_stray_by_more_than_half_an_inquiry() -> None:
    division = Division(share(60, 40))
    assert division.bound() == Fraction(1, 2)
    assert "".join(give(division) for _ in range(10)) == "ABABAABABA"


def test_the_order_begins_with_whose_turn_it_is() -> None:
    division = Division(share(5, 3, 2))
    for _ in range(50):
        for able in ({"A", "B", "C"}, {"A", "C"}, {"B", "C"}, {"C"}, set()):
            ids = {ContractId(one) for one in able}
            order = division.order(ids)
            assert set(order) == ids
            assert (order[0] if order else None) == division.turn(ids)
        give(division)


def test_who_has_no_part_has_no_turn() -> None:
    division = Division(share(1, 1))
    assert division.turn({ContractId("Z")}) is None
    assert division.turn({ContractId("Z"), ContractId("B")}) == "B"


def test_the_order_of_the_weights_in_the_rules_changes_nothing() -> None:
    forth, back = (
        Division(share(3, 2, 2)),
        Division(Share(id="s", weights={name: share(3, 2, 2).weights[name] for name in reversed(NAMES[:3])})),
    )
    assert [give(forth) for _ in range(100)] == [give(back) for _ in range(100)]


def test_offers_that_ring_at_once_take_turns() -> None:
    division = Division(share(60, 40))
    ringing = []
    for _ in range(10):
        chosen = division.turn(NAMES)
        assert chosen is not None
        division.reserve(chosen)
        ringing.append(chosen)
    assert ringing.count(NAMES[0]) == 6
    for contract in ringing:
        division.accept(contract)
    assert_exact(division)


@given(weight_vectors, st.lists(st.booleans(), max_size=200))
@settings(deadline=None)
def test_a_declined_offer_leaves_no_trace(weights: tuple[int, ...], declines: list[bool]) -> None:
    tried, plain = Division(share(*weights)), Division(share(*weights))
    for declined in declines:
        chosen = tried.turn(NAMES)
        assert chosen is not None
        tried.reserve(chosen)
        if declined:
            tried.unreserve(chosen)
        else:
            tried.accept(chosen)
            assert give(plain) == chosen
            assert_exact(tried)
    assert tried.fact() == plain.fact()


@given(weight_vectors, st.integers(0, 30), outages)
@settings(max_examples=200, deadline=None)
def test_nobody_is_ever_owed_more_than_the_limit(
    weights: tuple[int, ...], catch_up: int, closed: list[tuple[set[ContractId], int]]
) -> None:
    division = Division(share(*weights, catch_up=catch_up))
    for out, length in closed:
        able = set(division.share.weights) - out
        for _ in range(length if able else 0):
            before = division.forgiven()
            give(division, able)
            for contract in division.share.weights:
                assert division.owed(contract) <= division.limit()
                if division.forgiven()[contract] > before[contract]:  # and no more is forgiven than must be
                    assert division.owed(contract) > division.limit() - 1


@given(weight_vectors, st.integers(0, 30), outages)
@settings(max_examples=50, deadline=None)
def test_after_any_outage_the_bound_holds_again(
    weights: tuple[int, ...], catch_up: int, closed: list[tuple[set[ContractId], int]]
) -> None:
    division = Division(share(*weights, catch_up=catch_up))
    for out, length in closed:
        able = set(division.share.weights) - out
        for _ in range(length if able else 0):
            give(division, able)
    forgiven, settled_at = division.forgiven(), division.settled_at()
    for _ in range(1500):
        give(division)
        if division.forgiven() != forgiven:  # several came back at once, and each waits for the others
            forgiven, settled_at = division.forgiven(), division.settled_at()
        if sum(division.counts().values()) + sum(forgiven.values()) >= settled_at:
            assert_exact(division)


@given(weight_vectors, st.integers(0, 30), st.integers(0, 300), st.integers(1, 200))
@settings(max_examples=200, deadline=None)
@example((9, 1, 9), 0, 3, 2)
def test_one_outage_is_made_up_for_by_the_catch_up_and_no_more(
    weights: tuple[int, ...], catch_up: int, length: int, before: int
) -> None:
    division = Division(share(*weights, catch_up=catch_up))
    out = NAMES[0]
    for _ in range(before):
        give(division)
    for _ in range(length):
        give(division, set(division.share.weights) - {out})
    owed, regular, received, most = division.owed(out), Fraction(weights[0], sum(weights)), 0, Fraction(0)
    before_return = sum(division.forgiven().values())
    for number in range(1, 400):
        received += give(division) == out
        meanwhile = sum(division.forgiven().values()) - before_return  # what others are forgiven counts like work, also for shares
        most = max(most, received - regular * (number + meanwhile))
    assert most <= max(Fraction(catch_up), 2 * division.bound())
    assert most >= min(owed - division.bound(), 400 * (1 - regular) - 1)  # what is owed is really made up for


def test_an_hour_of_outage_in_numbers() -> None:
    division = Division(share(50, 50, catch_up=20))
    for _ in range(100):
        give(division, {NAMES[1]})
    assert division.counts() == {"A": 0, "B": 100}
    back = [give(division) for _ in range(200)]
    assert back[:39] == ["A"] * 39  # 39 in a row are 19½ beyond half of them
    assert back.count(NAMES[0]) == 120
    assert division.forgiven() == {"A": 61, "B": 0}


def test_during_an_outage_the_others_keep_their_proportion() -> None:
    division = Division(share(50, 30, 20, catch_up=5))
    for _ in range(1000):
        give(division, {NAMES[1], NAMES[2]})
    counts = division.counts()
    assert abs(counts[NAMES[1]] - 600) <= 1
    assert abs(counts[NAMES[2]] - 400) <= 1


def test_outages_of_all_large_ones_at_once_are_borne_by_the_small_one() -> None:
    division = Division(share(1, 49, 50, catch_up=3))
    for _ in range(200):
        give(division, {NAMES[0]})
    assert all(division.owed(contract) <= division.limit() for contract in NAMES[:3])
    assert division.counts() == {"A": 200, "B": 0, "C": 0}


@given(weight_vectors, st.integers(0, 30), outages)
@settings(max_examples=100, deadline=None)
def test_a_restored_division_goes_on_as_if_nothing_happened(
    weights: tuple[int, ...], catch_up: int, closed: list[tuple[set[ContractId], int]]
) -> None:
    division = Division(share(*weights, catch_up=catch_up))
    for out, length in closed:
        able = set(division.share.weights) - out
        for _ in range(length if able else 0):
            give(division, able)
    again = Division.restored(division.share, json.loads(json.dumps(division.fact())))
    assert again.fact() == division.fact()
    assert [give(again) for _ in range(100)] == [give(division) for _ in range(100)]


def test_other_weights_begin_anew() -> None:
    division = Division(share(1, 1))
    for _ in range(9):
        give(division)
    assert Division.restored(share(2, 1), division.fact()).counts() == {"A": 0, "B": 0}


def test_a_lower_catch_up_forgives_at_once() -> None:
    division = Division(share(1, 1, catch_up=20))
    for _ in range(100):
        give(division, {NAMES[1]})
    again = Division.restored(share(1, 1, catch_up=2), division.fact())
    assert division.owed(NAMES[0]) > 19
    assert again.owed(NAMES[0]) <= again.limit() == Fraction(3, 2)
