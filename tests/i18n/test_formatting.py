"""Formatting: as the reader writes it, in the reader's zone, with the zone named."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n import catalogues, formatting

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
    assert formatting.next_opening(NOW, NOW, "eu", "Europe/Berlin").replace("\u202f", " ") == "today at 3:05 PM (Berlin time)"


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


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("en", "85.7–100.0%"),
        ("de", "85,7–100,0\u00a0%"),
        ("tr", "%85,7–100,0"),
        ("eu", "%\u00a085,7–100,0"),
        ("fa", "۸۵٫۷–۱۰۰٫۰٪"),
        ("ar-EG", "٨٥٫٧–١٠٠٫٠٪\u061c"),
    ],
)
def test_a_range_says_its_sign_once_and_where_the_locale_puts_it(tag: str, written: str) -> None:
    assert formatting.percent_range(0.857, 1, tag, digits=1) == written
    assert formatting.percent_range(0.5, 0.5, tag) == formatting.percent(0.5, tag)


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("en", "-1,234.5"),
        ("sv", "−1\u00a0234,5"),
        ("he", "\u200e-1,234.5"),
        ("fa", "\u200e−۱٬۲۳۴٫۵"),
        ("ar-EG", "\u061c-١٬٢٣٤٫٥"),
        ("ar-EG-u-nu-latn", "\u200e-1,234.5"),
        ("ar-u-nu-arab", "\u061c-١٬٢٣٤٫٥"),
        ("hi-u-nu-deva", "-१,२३४.५"),
        ("de-u-nu-thai", "-๑.๒๓๔,๕"),
        ("de-u-nu-nonsense", "-1.234,5"),
    ],
)
def test_signs_and_digits_are_the_locales_or_those_the_reader_asked_for(tag: str, written: str) -> None:
    assert formatting.number(-1234.5, tag) == written


@pytest.mark.parametrize(
    ("value", "begins"), [(1e300, "1,000"), (Decimal("1e40"), "10,000"), (float("nan"), "NaN"), (float("inf"), "∞"), (0, "0")]
)
def test_any_number_is_written(value: float | Decimal, begins: str) -> None:
    assert formatting.number(value, "en").startswith(begins)
    assert formatting.percent(value, "en")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("es", "1 h 1 min"),
        ("cs", "1 h 1 min"),
        ("sl", "1 h 1 min"),
        ("pl", "1 godz. 1 min"),
        ("ar-EG", "١ س ١ د"),
        ("fa", "۱ ساعت ۱ دقیقه"),
    ],
)
def test_one_hour_is_not_one_hours(tag: str, said: str) -> None:
    assert formatting.duration(3660, tag).replace("\u00a0", " ").replace("\u202f", " ") == said


@pytest.mark.parametrize("tag", [tag for tag in catalogues.available("widget.") if tag != "en-XA"])
def test_every_language_of_ours_writes_everything(tag: str) -> None:
    for seconds in (0, 1, 2, 61, 3660, 7200, 90_061, 500_000):
        assert formatting.duration(seconds, tag)
        assert formatting.relative(-seconds, tag)
    assert formatting.date(NOW, tag, "Asia/Tokyo")
    assert formatting.date_time_with_zone(NOW, tag, "Asia/Kolkata")
    assert formatting.money(Decimal("12.50"), "EUR", tag)
    assert formatting.listing(["a", "b", "c"], tag)
    assert "{" not in formatting.next_opening(NOW + timedelta(days=3), NOW, tag, "America/New_York")


@pytest.mark.parametrize(
    ("tag", "zone", "written"),
    [
        ("de", "Europe/Berlin", "15:05 GMT+1"),
        ("en", "Asia/Kolkata", "7:35 PM GMT+5:30"),
        ("fr", "America/New_York", "09:05 UTC-5"),
        ("ja", "UTC", "14:05 UTC"),
        ("zh-Hant", "Asia/Taipei", "晚上10:05 [GMT+8]"),
        ("fa", "Asia/Tehran", "۱۷:۳۵ \u200e+۳:۳۰ گرینویچ"),
    ],
)
def test_a_time_that_crosses_zones_names_its_zone(tag: str, zone: str, written: str) -> None:
    said = formatting.time_with_zone(NOW, tag, zone).replace("\u202f", " ")
    assert said.replace("\u200e", "") == written.replace("\u200e", "")


def test_a_date_may_name_the_zone_of_its_time() -> None:
    assert formatting.date_time_with_zone(NOW, "de", "Europe/Berlin") == "21.11.2026, 15:05 GMT+1"


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        ("Europe/Berlin", "Berlin time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("Etc/GMT+5", "GMT-5"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
    ],
)
def test_a_zone_is_named_by_its_city_or_its_offset(zone: str, named: str) -> None:
    assert formatting.zone_name(zone, "en") == named


def test_lists_keep_their_order_beside_names_that_run_the_other_way() -> None:
    assert formatting.listing(["Kestrel", "نور"], "ar", isolated=True) == "\u2068Kestrel\u2069 و\u2068نور\u2069"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana María", "Ana María"),
        ("  Ana\n\tMaría ", "Ana María"),
        ("Ana \u202egnp.exe\u202c", "Ana gnp.exe"),
        ("\u2067Ana\u2069", "Ana"),
        ("A\u200bna", "Ana"),
        ("ن\u200cور", "ن\u200cور"),
        ("Ana \ud800", "Ana \ufffd"),
        ("", "–"),
        (None, "–"),
        ("\u200b \u2800", "–"),
    ],
)
def test_a_name_stands_on_one_line_and_cannot_turn_the_screen_around(name: str | None, shown: str) -> None:
    assert formatting.person(name) == shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana María López", "AL"),
        ("жанна", "Ж"),
        ("山田太郎", "太郎"),
        ("김민수", "민수"),
        ("नीता शर्मा", "नीश"),
        ("نور الهدى", "نا"),
        ("🎉 (Party)", "P"),
        ("1234", "–"),
        ("\u202e", "–"),
    ],
)
def test_initials_are_letters_with_their_marks(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_name_can_be_sent_and_shown(name: str) -> None:
    for said in (formatting.person(name), formatting.initials(name), formatting.isolate(name)):
        assert said.encode()
    assert 0 < len(formatting.person(name)) <= 120


@given(st.text(max_size=50))
def test_isolated_text_cannot_escape_its_isolation(text: str) -> None:
    isolated = formatting.isolate(text)
    assert isolated[0] == "\u2068"
    assert isolated[-1] == "\u2069"
    assert not set(isolated[1:-1]) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
