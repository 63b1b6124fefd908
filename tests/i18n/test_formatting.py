"""Formatting: as the reader writes it, in the reader's zone, with the zone named."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n import formatting

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("de", "21.11.2026, 15:05"),
        ("en", "Nov 21, 2026, 3:05\u202fPM"),
        ("ja", "2026/11/21 15:05"),
        ("fa", "۲۱ نوامبر ۲۰۲۶،\u200f ۱۵:۰۵"),
    ],
)
def test_moments_are_written_in_the_readers_zone_and_digits(tag: str, written: str) -> None:
    assert formatting.date_time(NOW, tag, "Europe/Berlin") == written


def test_the_same_moment_is_another_hour_elsewhere() -> None:
    assert formatting.time_of_day(NOW, "de", "Europe/Berlin") == "15:05"
    assert formatting.time_of_day(NOW, "de", "Asia/Kolkata") == "19:35"


def test_a_naive_moment_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        formatting.date_time(datetime(2026, 1, 1), "de", "Europe/Berlin")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("hours", "tag", "said"),
    [
        (2, "de", "heute um 17:05 Uhr (Ortszeit Berlin)"),
        (20, "de", "morgen um 11:05 Uhr (Ortszeit Berlin)"),
        (20, "en-GB", "tomorrow at 11:05 (Berlin time)"),
        (72, "en-GB", "on Tuesday at 15:05 (Berlin time)"),
        (24 * 12, "en-GB", "on 3 December 2026 at 15:05 (Berlin time)"),
        (20, "ar", "غدًا الساعة 11:05 ص (توقيت برلين)"),
        (20, "ja", "明日11:05（ベルリン時間）"),
    ],
)
def test_the_next_opening_names_day_hour_and_zone(hours: int, tag: str, said: str) -> None:
    assert formatting.next_opening(NOW + timedelta(hours=hours), NOW, tag, "Europe/Berlin").replace("\u202f", " ") == said


def test_tomorrow_is_the_readers_tomorrow() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert "tomorrow" in formatting.next_opening(late, NOW, "en", "Europe/Berlin")
    assert "today" in formatting.next_opening(late, NOW, "en", "America/New_York")


def test_a_sentence_does_not_mix_two_languages() -> None:
    assert formatting.next_opening(NOW, NOW, "fa", "Europe/Berlin").replace("\u202f", " ") == "today at 3:05 PM (Berlin time)"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 sec"), (59, "59 sec"), (3900, "1 hr 5 min"), (86400, "1 day"), (90061, "1 day 1 hr"), (-5, "0 sec")],
)
def test_durations_say_their_two_largest_units(seconds: int, said: str) -> None:
    assert formatting.duration(seconds, "en") == said


def test_relative_times_know_past_and_future() -> None:
    assert formatting.relative(-300, "de") == "vor 5 Minuten"
    assert formatting.relative(300, "de") == "in 5 Minuten"


def test_numbers_percent_and_money_are_the_locales() -> None:
    assert formatting.number(1234.5, "de") == "1.234,5"
    assert formatting.number(1234, "fa") == "۱٬۲۳۴"
    assert formatting.percent(0.853, "de", digits=1) == "85,3\u00a0%"
    assert formatting.percent(0.853, "en") == "85%"
    assert formatting.money(Decimal("12.5"), "EUR", "de") == "12,50\u00a0€"
    assert formatting.money(Decimal(1200), "JPY", "ja") == "￥1,200"


@pytest.mark.parametrize(("items", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a und b"), (["a", "b", "c"], "a, b und c")])
def test_lists_are_joined_as_people_do(items: list[str], said: str) -> None:
    assert formatting.listing(items, "de") == said


@given(st.text(max_size=50))
def test_isolated_text_cannot_escape_its_isolation(text: str) -> None:
    isolated = formatting.isolate(text)
    assert isolated[0] == "\u2068"
    assert isolated[-1] == "\u2069"
    assert not set(isolated[1:-1]) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
