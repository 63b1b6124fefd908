"""What holds for stripping whatever comes in: it never raises, loses nothing, costs what it costs, and an answer to an answer is found again."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from babel.dates import format_date, format_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_hub.channels.email.html_quotes import TAGS_MAX
from contact_hub.channels.email.strip import Stripped, strip
from tests.channels.email.html_to_strip import HTML
from tests.channels.email.mails_to_strip import ATTRIBUTED, BLOCKS, FOOTERS, UNTOUCHED

LANGUAGES = (
    "af ar az be bg bn bs ca cs cy da de el en en_GB es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km ko lo lt lv mk ml mn mr ms nb nl "
    "pa pl pt pt_PT ro ru si sk sl sq sr sv sw ta te th tr uk ur uz vi zh zh_Hant zu"
)
PIECES = st.sampled_from(
    [
        *ATTRIBUTED.values(),
        *BLOCKS.values(),
        *FOOTERS,
        *UNTOUCHED.values(),
        "",
        " ",
        "> ",
        ">> a",
        "-- ",
        "--",
        "____",
        "=====",
        "Thanks",
        "On",
        "wrote:",
        ":",
        "\u200b",
    ]
)
MAILS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=12).map("\n".join))
TAGS = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<blockquote>",
        "</blockquote>",
        "<blockquote type=cite>",
        "<br>",
        "<p>",
        "</p>",
        "<pre>",
        "</pre>",
        "<td>",
        "<li>",
        "<!--",
        "-->",
        "<",
        ">",
        '"',
        "&",
        "&lt",
    ]
)
PAGES = st.lists(st.one_of(TAGS, st.sampled_from([*HTML.values()]), st.text(max_size=20)), max_size=15).map("".join)
SENTENCES = st.lists(
    st.sampled_from(
        [
            "Thank you very much.",
            "The parcel is here.",
            "Wo ist die Rechnung?",
            "Je vous remercie.",
            "¿Dónde está?",
            "荷物が届きました。",
            "",
            "It costs 12 euros.",
        ]
    ),
    min_size=1,
    max_size=6,
).filter(lambda lines: bool(lines[0]) and bool(lines[-1]))


def parts_of(found: Stripped) -> str:
    return "\n".join((found.reply, found.quoted, found.signature))


def test_attributions_and_headers_are_found_in_the_dates_of_every_language() -> None:
    """The programs' words are made up here, so that only the structure can tell; a few dates of a few languages are too wordy for it."""
    templates = (
        "{date} {time} Jane Roe <jane@shop.example> wandika:",
        "{date}, {time}, Jane Roe <jane@shop.example>:",
        "Jane Roe <jane@shop.example> ka wandika {date} {time}:",
        "Chuiha: Jane Roe <jane@shop.example>\nTlaihna: {date} {time}\nKitapa: Max\nKhwada: x",
    )
    missed = []
    for language in LANGUAGES.split():
        for length in ("full", "medium", "short"):
            date = format_date(datetime(2026, 3, 4), length, locale=language)  # noqa: DTZ001
            time_of_day = format_time(datetime(2026, 3, 4, 16, 19), "short", locale=language)  # noqa: DTZ001
            for template in templates:
                above = template.format(date=date, time=time_of_day)
                if strip(f"Thank you, that helped.\n\n{above}\n\nDear Max,\nplease wait.", None).reply != "Thank you, that helped.":
                    missed.append(above)
    assert len(missed) <= 5, missed


@given(MAILS)
@settings(max_examples=150, deadline=None)
def test_each_written_line_is_in_exactly_one_part(mail: str) -> None:
    found = strip(mail, None)
    assert sorted(parts_of(found).split()) == sorted(mail.split())
    assert 0 <= found.confidence <= 1
    assert bool(found.reply.strip()) == bool(mail.strip())


@given(PAGES, st.one_of(st.none(), MAILS))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_html_raises(html: str, text: str | None) -> None:
    found = strip(text, html)
    assert 0 <= found.confidence <= 1
    assert found.reasons[0] in {"text", "html"}


@given(SENTENCES)
@settings(max_examples=50, deadline=None)
def test_a_reply_is_its_own_reply(sentences: list[str]) -> None:
    reply = strip("\n".join(sentences), None).reply
    assert strip(reply, None).reply == reply


@given(SENTENCES, SENTENCES, SENTENCES, st.sampled_from([*ATTRIBUTED]), st.sampled_from([*ATTRIBUTED]))
@settings(max_examples=100, deadline=None)
def test_an_answer_to_an_answer_is_found(first: list[str], second: list[str], third: list[str], one: str, other: str) -> None:
    mail = "\n".join(first)
    for sentences, client in ((second, one), (third, other)):
        quoted = "\n".join(f"> {line}" for line in mail.split("\n"))
        mail = "\n".join([*sentences, "", ATTRIBUTED[client], quoted])
        assert strip(mail, None).reply == "\n".join(sentences)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("\n" * 50_000 + "x", None),
        ("On Monday\n" * 5_000, None),
        ("On Monday, 3 March 2026 at 10:00 we wrote to a@b.example and:\n" * 5_000, None),
        ("From: a\n" * 20_000, None),
        ("x " * 1_000_000, None),
        (">" * 2_000_000, None),
        ("-" * 200_000 + "\nhi", None),
        ("On " + "x@y.z, " * 100_000, None),
        ("<" * 200_000 + "@" * 200_000, None),
        ("Sent from my iPhone\n" * 20_000, None),
        (None, "<div>" * 20_000 + "x"),
        (None, "<blockquote>" * 20_000 + "x" + "</blockquote>" * 20_000),
        (None, "<style>" * 20_000),
        (None, "<!-- " * 100_000),
        (None, '<a "' * 100_000),
        (None, "<div>" * 6_000 + "</p>" * 6_000),
        (None, "<p>" + "&amp;" * 200_000),
    ],
)
def test_no_input_is_dear(text: str | None, html: str | None) -> None:
    began = time.process_time()
    strip(text, html)
    assert time.process_time() - began < 0.6  # the goal is 0.2 s; a loaded machine and coverage are allowed for


def test_what_lies_behind_the_lines_judged_goes_with_the_last_one() -> None:
    mail = "New words.\n\nOn Tue, Mar 3, 2026 at 4:19 PM Jane Roe <jane@shop.example> wrote:\n" + "> old words\n" * 9_000
    found = strip(mail, None)
    assert found.reply == "New words."
    assert found.quoted.count("old words") == 9_000
    assert "cut" in found.reasons
    assert found.confidence > 0.9
    assert strip("No end. " * 100_000, None).confidence < 0.7


def test_html_behind_the_last_tag_judged_still_gives_its_words() -> None:
    found = strip(None, "<p>New words.</p>" + "<p>x</p>" * TAGS_MAX + "<p>the &eacute;nd</p>")
    assert found.reply.startswith("New words.")
    assert found.reply.endswith("x the énd")
    assert "cut" in found.reasons
    assert strip(None, "<div>" * 20_000 + "alone").reply == "alone"
    assert strip(None, "<p>a</p><!-- <p>never closed").reply == "a\n\nnever closed"
