"""The agent's markup: four signs, and everything else stands for itself."""

from __future__ import annotations

import time

import pytest

from contact_hub.channels.email.richtext import to_html, to_text


@pytest.mark.parametrize(
    ("markup", "html", "text"),
    [
        ("a **b** c", "<p>a <b>b</b> c</p>", "a b c"),
        ("*so* 2*3*4", "<p><i>so</i> 2*3*4</p>", "so 2*3*4"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("1. a\n2) b", "<ol><li>a</li><li>b</li></ol>", "1. a\n2) b"),
        (
            "[us](https://a.example/?x=1&y=2)",
            '<p><a href="https://a.example/?x=1&amp;y=2">us</a></p>',
            "us (https://a.example/?x=1&y=2)",
        ),
        ("see https://a.example.", '<p>see <a href="https://a.example">https://a.example</a>.</p>', "see https://a.example."),
        ("one\ntwo\n\nthree", "<p>one<br>two</p>\n<p>three</p>", "one\ntwo\n\nthree"),
        ("مرحبا **بكم**", "<p>مرحبا <b>بكم</b></p>", "مرحبا بكم"),
    ],
)
def test_words_are_dressed_in_a_page_and_bare_in_plain_text(markup: str, html: str, text: str) -> None:
    assert to_html(markup) == html
    assert to_text(markup) == text


@pytest.mark.parametrize("trick", ["<script>x</script>", "[x](javascript:alert)", "**<img src=x onerror=y>**"])
def test_nothing_that_was_written_becomes_a_tag_or_an_attribute(trick: str) -> None:
    html = to_html(trick)
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


@pytest.mark.parametrize("long", ["*" * 8_000, "[" * 8_000, "**a" * 2_600, "- " * 4_000, "*a " * 2_600, "[a](https://" * 600])
def test_no_text_makes_it_slow(long: str) -> None:
    begun = time.process_time()
    to_html(long)
    to_text(long)
    assert time.process_time() - begun < 0.5
