"""Hours as people write them."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from pydantic_core import PydanticCustomError

from contact_hub.workspace.hours import read_spans, read_week, span_minutes, write_week
from routing.model import Span
from tests.workspace.builders import weeks


@given(weeks)
def test_a_week_written_and_read_again_is_the_same_week(week: dict[str, list[str]]) -> None:
    read = read_week(week)

    assert read_week(write_week(read)) == read


@pytest.mark.parametrize(
    ("written", "open_days"),
    [
        ("mon", "0"),
        ("mon-fri", "01234"),
        ("fri-mon", "0456"),
        ("sat,sun", "56"),
        ("daily", "0123456"),
        ("mon, wed-thu", "023"),
        ("sun", "6"),
    ],
)
def test_days_mean_what_they_say(written: str, open_days: str) -> None:
    week = read_week({written: ["09:00-17:00"]})

    assert "".join(str(day) for day in range(7) if week[day]) == open_days


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("09:00-13:00", 240), ("22:00-06:00", 480), ("00:00-24:00", 1440), ("22:00-24:00", 120), ("9:30-10:00", 30)],
)
def test_a_block_lasts_as_long_as_it_says(written: str, minutes: int) -> None:
    (span,) = read_spans([written])

    assert span_minutes(span) == minutes


def test_an_overnight_block_stays_one_block() -> None:
    assert read_week({"sat": ["22:00-06:00"]})[5] == (Span(opens=time(22), closes=time(6)),)


def test_blocks_that_touch_do_not_overlap() -> None:
    week = read_week({"daily": ["06:00-14:00", "14:00-22:00", "22:00-06:00"]})

    assert [len(day) for day in week] == [3] * 7


@pytest.mark.parametrize(
    ("week", "code"),
    [
        ({"mon": ["09:00-13:00", "12:00-14:00"]}, "hours_overlap"),
        ({"mon": ["22:00-06:00"], "tue": ["05:00-09:00"]}, "hours_overlap"),
        ({"sun": ["22:00-06:00"], "mon": ["05:59-09:00"]}, "hours_overlap"),
        ({"mon-wed": ["09:00-10:00"], "tue": ["11:00-12:00"]}, "day_twice"),
        ({"someday": ["09:00-10:00"]}, "day_unknown"),
        ({"mon-": ["09:00-10:00"], "-fri": []}, "day_unknown"),
        ({"mon": ["25:00-26:00"]}, "hours_invalid"),
        ({"mon": ["09:00-09:00"]}, "hours_invalid"),
        ({"mon": ["24:00-06:00"]}, "hours_invalid"),
        ({"mon": ["9-17"]}, "hours_invalid"),
        ({"mon": [9]}, "hours_invalid"),
        ({"mon": "09:00-17:00"}, "type_wrong"),
        (["mon"], "type_wrong"),
    ],
)
def test_hours_that_cannot_be_are_refused(week: object, code: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        read_week(week)

    assert (refused.value.context or {})["code"] == code


@pytest.mark.parametrize(
    ("week", "written"),
    [
        ({"mon": ["9:00-17:00"], "tue": ["09:00-17:00"], "thu": ["09:00-17:00"]}, {"mon-tue,thu": ["09:00-17:00"]}),
        ({"mon-sun": ["00:00-24:00"]}, {"daily": ["00:00-24:00"]}),
        ({"mon": [], "sat": ["22:00-06:00"]}, {"sat": ["22:00-06:00"]}),
    ],
)
def test_days_alike_are_written_together(week: object, written: object) -> None:
    assert write_week(read_week(week)) == written
