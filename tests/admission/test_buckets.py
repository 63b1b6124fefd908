"""The laws of the buckets: never more than was allowed, and a refusal's time is the truth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.admission.buckets import Allowance, Buckets, Tally

_ALLOWANCES = st.builds(Allowance, per_second=st.floats(0.01, 10_000), burst=st.integers(1, 500))
_PAUSES = st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=120)


@given(_ALLOWANCES, _PAUSES, st.floats(0, 1e7))
def test_no_window_lets_more_through_than_its_rate_and_one_burst(allowance: Allowance, pauses: list[float], start: float) -> None:
    buckets: Buckets[str] = Buckets()
    now, went = start, list[float]()
    for pause in pauses:
        now += pause / allowance.per_second
        if not buckets.wait_seconds("one", allowance, now):
            buckets.take("one", allowance, now)
            went.append(now)
    for first in range(len(went)):
        for last in range(first, len(went)):
            seconds = went[last] - went[first]
            assert last - first + 1 <= seconds * allowance.per_second * (1 + 1e-6) + allowance.burst + 1e-3


@given(_ALLOWANCES, _PAUSES, st.floats(0, 1e7), st.integers(0, 100))
def test_after_the_time_a_refusal_names_one_is_let_through(
    allowance: Allowance, pauses: list[float], start: float, reserve: int
) -> None:
    buckets: Buckets[str] = Buckets()
    now = start
    for pause in pauses:
        now += pause / allowance.per_second
        if wait := buckets.wait_seconds("one", allowance, now, reserve=reserve):
            assert buckets.wait_seconds("one", allowance, now + wait, reserve=reserve) == 0
            assert wait <= allowance.burst / allowance.per_second * (1 + 1e-6) + 0.002
        else:
            buckets.take("one", allowance, now)


@given(_ALLOWANCES)
def test_the_whole_burst_goes_at_once_and_not_one_more(allowance: Allowance) -> None:
    buckets: Buckets[str] = Buckets()
    for _ in range(allowance.burst):
        assert buckets.wait_seconds("one", allowance, 1_000) == 0
        buckets.take("one", allowance, 1_000)
    assert buckets.wait_seconds("one", allowance, 1_000) > 0
    assert buckets.wait_seconds("other", allowance, 1_000) == 0


def test_a_reserve_is_left_for_others() -> None:
    allowance, buckets = Allowance(per_second=1, burst=10), Buckets[str]()
    for _ in range(8):
        assert buckets.wait_seconds("w", allowance, 0, reserve=2) == 0
        buckets.take("w", allowance, 0)
    assert buckets.wait_seconds("w", allowance, 0, reserve=2) > 0
    assert buckets.wait_seconds("w", allowance, 0) == 0


def test_a_smaller_allowance_holds_at_once() -> None:
    buckets: Buckets[str] = Buckets()
    for _ in range(1_000):
        buckets.take("one", Allowance(per_second=1, burst=1_000), 0)
    assert buckets.wait_seconds("one", Allowance(per_second=10, burst=5), 0) <= 0.102


def test_what_is_full_again_is_forgotten_and_strangers_do_not_fill_the_memory() -> None:
    allowance = Allowance(per_second=1, burst=5)
    buckets: Buckets[int] = Buckets(keys_max=100)
    for key in range(1_000):
        buckets.take(key, allowance, 0)
    assert len(buckets) == 100
    for key in range(2_000, 2_100):
        buckets.take(key, allowance, 60)
    assert len(buckets) <= 100
    assert all(buckets.wait_seconds(key, allowance, 60) == 0 for key in range(1_000))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 10)), max_size=100))
def test_the_last_minute_is_counted_as_a_recount_would(happenings: list[tuple[str, float]]) -> None:
    tally: Tally[str] = Tally()
    now, kept = 0.0, list[tuple[str, float]]()
    for key, pause in happenings:
        now += pause
        tally.count(key, now)
        kept.append((key, now))
    recount = [key for key, at in kept if int(at) > int(now) - 60]
    assert tally.last_minute(now) == {key: recount.count(key) for key in set(recount)}
