from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import is_open, knows_holidays, next_change, next_opening, week_ahead
from routing.model import Block, Hours, Span

BERLIN = Hours(zone="Europe/Berlin", weekly=tuple(Block(weekday=d, opens=time(9), closes=time(17)) for d in range(5)))
NIGHT = Hours(zone="Europe/Berlin", weekly=(Block(weekday=5, opens=time(22), closes=time(6)),))
SPLIT = Hours(
    zone="Asia/Manila",
    weekly=(Block(weekday=0, opens=time(8), closes=time(12)), Block(weekday=0, opens=time(13), closes=time(17))),
)


def z(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_summer_friday_is_open_and_a_winter_monday_is_not_at_the_same_utc_time() -> None:
    assert is_open(BERLIN, z("2026-10-23T07:30"))
    assert not is_open(BERLIN, z("2026-10-26T07:30"))
    assert next_opening(BERLIN, z("2026-10-26T07:30")) == z("2026-10-26T08:00")


@pytest.mark.parametrize(("evening", "hours"), [("2026-10-24T12:00", 9), ("2027-03-27T12:00", 7), ("2026-11-07T12:00", 8)])
def test_a_night_shift_lasts_as_long_as_the_night_does(evening: str, hours: int) -> None:
    opens = next_opening(NIGHT, z(evening))
    assert opens is not None
    assert next_change(NIGHT, opens) == opens + timedelta(hours=hours)


def test_a_time_that_does_not_exist_opens_an_hour_later_on_the_clock() -> None:
    hours = Hours(zone="Europe/Berlin", weekly=(Block(weekday=6, opens=time(2, 30), closes=time(8)),))
    assert next_opening(hours, z("2027-03-27T12:00")) == z("2027-03-28T01:30")


def test_a_time_that_happens_twice_opens_at_its_first_pass_and_closes_at_its_second() -> None:
    opening = Hours(zone="Europe/Berlin", weekly=(Block(weekday=6, opens=time(2, 30), closes=time(8)),))
    closing = Hours(zone="Europe/Berlin", weekly=(Block(weekday=5, opens=time(22), closes=time(2, 30)),))
    assert next_opening(opening, z("2026-10-24T23:00")) == z("2026-10-25T00:30")
    assert next_change(closing, z("2026-10-24T21:00")) == z("2026-10-25T01:30")


def test_lunch_is_closed_and_changes_come_in_order() -> None:
    assert not is_open(SPLIT, z("2026-11-23T04:30"))
    changes, at = [], z("2026-11-22T20:00")
    for _ in range(4):
        change = next_change(SPLIT, at)
        assert change is not None
        changes.append(change.strftime("%H:%M"))
        at = change
    assert changes == ["00:00", "04:00", "05:00", "09:00"]


def test_a_public_holiday_closes_the_day_unless_it_is_overridden() -> None:
    christmas = z("2026-12-25T10:00")
    assert not is_open(Hours(zone="Europe/Berlin", weekly=BERLIN.weekly, holidays="DE"), christmas)
    overridden = Hours(
        zone="Europe/Berlin",
        weekly=BERLIN.weekly,
        holidays="DE",
        overrides={date(2026, 12, 25): (Span(opens=time(10), closes=time(14)),)},
    )
    assert is_open(overridden, christmas)


def test_a_subdivision_has_holidays_of_its_own() -> None:
    epiphany = z("2026-01-06T10:00")
    assert is_open(Hours(zone="Europe/Berlin", weekly=BERLIN.weekly, holidays="DE"), epiphany)
    assert not is_open(Hours(zone="Europe/Berlin", weekly=BERLIN.weekly, holidays="DE-BY"), epiphany)


def test_the_tail_of_a_night_belongs_to_the_evening_it_began() -> None:
    nights = Hours(
        zone="Europe/Berlin", holidays="DE", weekly=tuple(Block(weekday=d, opens=time(22), closes=time(6)) for d in range(7))
    )
    assert is_open(nights, z("2026-12-25T03:00"))  # began on the 24th
    assert not is_open(nights, z("2026-12-25T22:30"))


def test_an_override_without_spans_closes_the_day() -> None:
    closed = Hours(zone="Europe/Berlin", weekly=BERLIN.weekly, overrides={date(2026, 11, 23): ()})
    assert next_opening(closed, z("2026-11-23T09:00")) == z("2026-11-24T08:00")


def test_nothing_opens_where_there_are_no_hours_and_nothing_changes_where_it_never_closes() -> None:
    never = Hours(zone="UTC")
    always = Hours(zone="UTC", weekly=tuple(Block(weekday=d, opens=time(0), closes=time(0)) for d in range(7)))
    assert next_opening(never, z("2026-11-23T09:00")) is None
    assert next_change(never, z("2026-11-23T09:00")) is None
    assert is_open(always, z("2026-11-23T00:00"))
    assert next_change(always, z("2026-11-23T09:00")) is None


def test_the_week_ahead_lists_every_day_with_its_instants() -> None:
    week = week_ahead(BERLIN, date(2026, 10, 23), 4)
    assert [len(day.open) for day in week] == [1, 0, 0, 1]
    assert week[0].open[0] == (z("2026-10-23T07:00"), z("2026-10-23T15:00"))
    assert week[3].open[0] == (z("2026-10-26T08:00"), z("2026-10-26T16:00"))


def test_holiday_codes_are_known_or_not() -> None:
    assert knows_holidays("DE-BY")
    assert knows_holidays("PH")
    assert not knows_holidays("ZZ")


@given(
    at=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: z("2026-01-01T00:00") + timedelta(minutes=minutes)),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]),
    blocks=st.lists(st.tuples(st.integers(0, 6), st.times(), st.times()), max_size=4),
)
def test_openings_and_changes_agree_with_what_is_open(at: datetime, zone: str, blocks: list[tuple[int, time, time]]) -> None:
    hours = Hours(zone=zone, weekly=tuple(Block(weekday=d, opens=o, closes=c) for d, o, c in blocks))
    opening, change = next_opening(hours, at), next_change(hours, at)
    assert (opening == at) == is_open(hours, at)
    if opening is not None:
        assert is_open(hours, opening)
    if change is not None:
        assert is_open(hours, change) != is_open(hours, change - timedelta(microseconds=1))
        assert is_open(hours, change) != is_open(hours, at)
