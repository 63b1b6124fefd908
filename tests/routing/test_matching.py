"""Matching many to many: against every possible matching where that can be tried, and against greed where greed is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.matching import contested, match

Small = tuple[list[list[int]], dict[int, int]]


@st.composite
def small_floors(draw: st.DrawFn) -> Small:
    supplies = draw(st.integers(1, 4))
    wishes = draw(st.lists(st.permutations(range(supplies)), max_size=6))
    cut = [wish[: draw(st.integers(0, supplies))] for wish in wishes]
    return cut, {supply: draw(st.integers(0, 2)) for supply in range(supplies)}


def every_matching(wishes: Sequence[Sequence[int]], room: Mapping[int, int]) -> list[list[int | None]]:
    if not wishes:
        return [[]]
    first, *others = wishes
    found: list[list[int | None]] = [[None, *rest] for rest in every_matching(others, room)]
    for supply in first:
        if room[supply]:
            found += [[supply, *rest] for rest in every_matching(others, {**room, supply: room[supply] - 1})]
    return found


def rank(wishes: Sequence[Sequence[int]], got: Sequence[int | None]) -> tuple[int, list[bool], list[int]]:
    """What the promises order by: how many, then who in order of priority, then how well each in that order."""
    well = [-wish.index(supply) if supply is not None else -99 for wish, supply in zip(wishes, got, strict=True)]
    return sum(supply is not None for supply in got), [supply is not None for supply in got], well


def greedy(wishes: Sequence[Sequence[int]], room: Mapping[int, int]) -> list[int | None]:
    left = dict(room)
    got: list[int | None] = []
    for wish in wishes:
        supply = next((supply for supply in wish if left[supply]), None)
        if supply is not None:
            left[supply] -= 1
        got.append(supply)
    return got


@settings(max_examples=300, deadline=None)
@given(small_floors())
def test_no_other_matching_keeps_the_promises_better(floor: Small) -> None:
    wishes, room = floor
    best = max(every_matching(wishes, room), key=lambda got: rank(wishes, got))

    assert match(wishes, room) == best


@settings(max_examples=300, deadline=None)
@given(small_floors())
def test_where_nothing_is_contested_greed_is_right(floor: Small) -> None:
    wishes, room = floor
    if not contested(wishes, room):
        assert match(wishes, room) == greedy(wishes, room)


@settings(max_examples=200, deadline=None)
@given(small_floors())
def test_only_two_and_two_in_one_component_are_contested(floor: Small) -> None:
    wishes, room = floor
    components: list[tuple[set[int], set[int]]] = []
    for inquiry, wish in enumerate(wishes):
        supplies = {supply for supply in wish if room[supply]}
        if not supplies:
            continue
        inquiries = {inquiry}
        for touching in [component for component in components if component[1] & supplies]:
            components.remove(touching)
            inquiries |= touching[0]
            supplies |= touching[1]
        components.append((inquiries, supplies))

    if contested(wishes, room):
        assert any(len(inquiries) > 1 and len(supplies) > 1 for inquiries, supplies in components)


def test_two_who_want_the_same_two_are_contested() -> None:
    assert contested([[0, 1], [0, 1]], [1, 1])
    assert contested([[0, 1], [0]], {0: 1, 1: 1})
    assert not contested([[0, 1], [2, 3]], [1, 1, 1, 1])
    assert not contested([[0], [0]], [1])


@settings(max_examples=100, deadline=None)
@given(small_floors(), st.permutations(range(4)))
def test_supplies_by_other_numbers_get_the_same_inquiries(floor: Small, numbers: Sequence[int]) -> None:
    wishes, room = floor
    renamed = match(
        [[numbers[supply] * 7 for supply in wish] for wish in wishes], {numbers[s] * 7: places for s, places in room.items()}
    )

    assert renamed == [None if supply is None else numbers[supply] * 7 for supply in match(wishes, room)]


def test_the_elder_keeps_a_place_though_the_younger_has_only_that_one() -> None:
    assert match([[0], [0]], [1]) == [0, None]


def test_the_elder_makes_way_to_its_second_choice_when_that_saves_the_younger() -> None:
    assert match([[0, 1], [0]], [1, 1]) == [1, 0]


def test_an_elder_is_not_made_worse_for_a_younger_ones_taste() -> None:
    assert match([[0, 1], [0, 1]], [1, 1]) == [0, 1]


def test_room_may_be_a_list_a_mapping_or_an_array_and_wishes_arrays() -> None:
    wishes = [np.array([2, 0], dtype=np.int32), np.array([2], dtype=np.int32), np.array([], dtype=np.int32)]

    expected = [0, 2, None]
    assert match(wishes, [1, 0, 1]) == match(wishes, {0: 1, 2: 1}) == match(wishes, np.array([1, 0, 1])) == expected
    assert all(supply is None or type(supply) is int for supply in match(wishes, {0: 1, 2: 1}))


def test_a_supply_without_room_or_unknown_is_nobodys() -> None:
    assert match([[7, 0], [5]], {0: 1, 5: 0}) == [0, None]
    assert match([[0]], {}) == [None]
    assert match([], [1]) == []
    assert not contested([[0, 1]], [1, 1])


def test_long_lists_are_cut_without_changing_who_gets_what() -> None:
    """Five inquiries with a thousand wishes each: the last of them still finds what the others leave."""
    wishes = [list(range(1000)) for _ in range(5)]
    assert match(wishes, [0] * 500 + [1] * 500) == [500, 501, 502, 503, 504]


def test_five_hundred_inquiries_are_seated_as_full_as_the_floor_allows() -> None:
    """Nested wishes: the i-th may use supplies i … 249 only, in reverse order of need, two at each."""
    wishes = [list(range(inquiry % 250, 250)) for inquiry in range(500)]
    got = match(wishes, [2] * 250)

    assert None not in got
    assert all(supply in wish for supply, wish in zip(got, wishes, strict=True))
    assert set(Counter(got).values()) == {2}
