"""HTML of strangers: nothing in it may act, nothing may tell the sender that it was read, and a person can still read it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from contact_hub.channels.email.html import SafeHtml, as_html, safe, text_of
from contact_hub.channels.email.markup import CHARACTERS_MAX, DEPTH_MAX, FORMATTING_MAX, bounded


def made_safe(html: str, *, cids: dict[str, str] | None = None, remote_images: bool = False) -> SafeHtml:
    return safe(html, cids=cids or {}, remote_images=remote_images)


# Safe


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<p>hello <b>you</b></p>", "<p>hello <b>you</b></p>"),
        ("<script>alert(1)</script>x", "x"),
        ("<scr<script>ipt>alert(1)</script>x", "ipt&gt;alert(1)x"),
        ("<p onclick=alert(1)>x</p>", "<p>x</p>"),
        ("<svg onload=alert(1)><a href=x>y</a></svg>", '<a rel="noopener noreferrer nofollow" target="_blank">y</a>'),
        ("<math><mi xlink:href=javascript:x>y</mi></math>x", "x"),
        ("<style>@import url(https://evil.example/x.css); p{}</style>x", "x"),
        ("<link rel=stylesheet href=https://evil.example>x", "x"),
        ("<meta http-equiv=refresh content='0;url=https://evil.example'>x", "x"),
        ("<base href=https://evil.example>x", "x"),
        ("<form action=https://evil.example><input name=p><button>go</button></form>", "go"),
        ("<iframe src=https://evil.example>y</iframe>x", "x"),
        ("<object data=x><embed src=y></object>z", "z"),
        ("<!-- <p>hidden</p> -->x", "x"),
        ("<!--[if mso]><p>mso</p><![endif]-->x", "x"),
        ("<p id=a class=b name=c>x</p>", "<p>x</p>"),
        ("<p style='position:fixed;color:red'>x</p>", '<p style="color:red">x</p>'),
        ("<p style='background:url(https://evil.example/p.png)'>x</p>", "<p>x</p>"),
        ("<p style='color:expression(alert(1))'>x</p>", "<p>x</p>"),
        ("<p style='c\\6flor:u\\72l(//evil.example)'>x</p>", "<p>x</p>"),
        ("<p style='background:#fff url(x)'>x</p>", "<p>x</p>"),
        ("<p style='background: #FFF'>x</p>", '<p style="background-color:#FFF">x</p>'),
        ("<p style='margin-left:-9999px;padding:1px'>x</p>", '<p style="padding:1px">x</p>'),
        ("<p style='color:rgb(1, 2, 3)'>x</p>", '<p style="color:rgb(1, 2, 3)">x</p>'),
        ("<td background=https://evil.example/p.png>x", "x"),
        ("<plaintext>x", ""),
        ("a < b & c", "a &lt; b &amp; c"),
        ("", ""),
    ],
)
def test_what_acts_is_gone_and_what_is_read_stays(written: str, left: str) -> None:
    assert made_safe(written).html == left


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:x",
        "data:text/html,x",
        "vbscript:x",
        "cid:x",
        "file:///etc",
        "//x.example",
        "/x",
        "?q",
        "#a",
    ],
)
def test_links_lead_only_where_links_may_lead(target: str) -> None:
    assert "href" not in made_safe(f'<a href="{target}">x</a>').html


@pytest.mark.parametrize("target", ["https://x.example/a?b=c", "http://x.example", "mailto:a@b.example", "tel:+4912345"])
def test_links_open_elsewhere_and_tell_nothing(target: str) -> None:
    html = made_safe(f'<a href="{target}" target=_self rel=opener>x</a>').html
    assert f'href="{target}"' in html
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_pictures_of_the_mail_are_shown_from_where_they_are_kept() -> None:
    found = made_safe('<img src="cid:Logo%40x" alt=logo><img src=CID:other><img src="cid:logo@X">', cids={"logo@x": "/files/1"})
    assert found.html == '<img src="/files/1" alt="logo"><img><img src="/files/1">'
    assert (found.missing_images, found.remote_images) == (1, 0)


def test_pictures_from_elsewhere_wait_until_they_are_asked_for() -> None:
    page = (
        '<img src="https://track.example/p.gif" width=1><img src=//track.example/q><table background="http://track.example/r"><tr><td '
        "style=\"background-image:url('https://track.example/s')\">x</td></tr></table>"
    )
    found = made_safe(page)
    assert found.remote_images == 4
    assert "track.example" not in found.html
    shown = made_safe(page, remote_images=True)
    assert re.findall(r'src="([^"]*)"', shown.html) == ["https://track.example/p.gif", "//track.example/q"]


@pytest.mark.parametrize(
    "source", ["data:image/png;base64,AAAA", "data:image/svg+xml,<svg>", "javascript:x", "blob:x", "x.png", "ftp://x.example/a.png"]
)
def test_no_other_picture_is_shown(source: str) -> None:
    assert "src" not in made_safe(f'<img src="{source}">', remote_images=True).html


FORBIDDEN = frozenset(
    [
        "script",
        "style",
        "svg",
        "math",
        "iframe",
        "form",
        "input",
        "button",
        "textarea",
        "select",
        "template",
        "xmp",
        "title",
        "object",
        "embed",
        "meta",
        "link",
        "base",
        "video",
        "audio",
    ]
)
ATTACKS = st.sampled_from(
    [
        *[
            "<script>",
            "</script>",
            "<img",
            "src=x",
            "onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<a",
            "href=javascript:alert(1)>",
            "<style>",
            "</style>",
            "<!--",
            "-->",
            "--!>",
            "<![CDATA[",
            "]]>",
            "<math>",
            "<mtext>",
        ],
        *[
            "<table>",
            "<td>",
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<template>",
            "<select>",
            "<option>",
            "<noscript>",
            "<title>",
            "<textarea>",
            "</title>",
            "</textarea>",
            "<xmp>",
            "<iframe",
            "srcdoc='<script>'>",
            "<b",
            'title="',
        ],
        *(
            "<form action=x>",
            '"><script>alert(1)</script>',
            '<p style="background:url(//e)">',
            "&lt;script&gt;",
            "<",
            ">",
            '"',
            "'",
            "=",
            "\0",
            "x",
            "&#60;script&#62;",
            "<div>",
        ),
    ]
)


@settings(max_examples=300)
@given(st.lists(ATTACKS, max_size=25).map("".join))
def test_nothing_that_acts_gets_through_in_any_order(page: str) -> None:
    html = made_safe(page).html
    tree = LexborHTMLParser(f"<body>{html}")
    assert tree.body is not None
    for node in tree.body.traverse(include_text=False):
        assert node.tag not in FORBIDDEN
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert name not in {"srcdoc", "srcset", "formaction", "action", "id", "name", "class", "xlink:href"}
            assert not re.match(r"\s*(?:javascript|data|vbscript):", value or "", re.IGNORECASE)
    assert made_safe(html).html == html
    text_of(page)


# Bearable


def depth_of(html: str) -> int:
    deepest = depth = 0
    for closing in re.findall(r"<(/?)(?:div|blockquote|span|table|b|font)\b", html):
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    return deepest


def test_what_is_small_enough_is_left_as_it_is() -> None:
    page = '<div class="a"><p>x<br>y<p>z</div><ul><li>1<li>2</ul>'
    assert bounded(page) == (page, False)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 20_000 + "x" + "</div>" * 20_000,
        "<div>" * 20_000 + "x",
        "<blockquote><div>" * 10_000 + "x",
        "<table><tr><td>" * 20_000 + "x",
    ],
)
def test_what_is_nested_too_deeply_is_made_flat_and_keeps_its_words(page: str) -> None:
    found = bounded(page)
    assert found.cut
    assert depth_of(found.html) <= DEPTH_MAX
    assert found.html.rstrip("</divbloquta>").endswith("x")
    assert made_safe(page).cut
    assert text_of(page).endswith("x")


def test_formatting_that_is_never_closed_does_not_multiply() -> None:
    page = "<p>" + "".join(f"<b title={number}>" for number in range(1_000)) + "<p>x" * 50_000
    assert bounded(page).html.count("<b") == FORMATTING_MAX
    assert len(made_safe(page).html) < 10_000_000


def test_a_page_beyond_what_is_shown_is_cut() -> None:
    found = made_safe("<p>words</p>" * 200_000)
    assert found.cut
    assert len(found.html) <= CHARACTERS_MAX * 2


def test_pictures_written_into_a_page_do_not_use_up_its_words() -> None:
    page = '<img src="data:image/png;base64,' + "A" * 2_000_000 + '">the words'
    assert made_safe(page).html == "<img>the words"
    assert not made_safe(page).cut


@pytest.mark.parametrize(
    "page",
    [
        "<!--" * 500_000,
        "<style>" * 200_000,
        '<a b="' * 200_000,
        "<a " * 500_000,
        "<" * 1_000_000,
        "</" * 500_000,
        "<!" * 500_000,
        "<svg><td>" * 100_000,
        "<rt>" * 100_000,
    ],
)
def test_pages_made_to_be_slow_are_read_like_others(page: str) -> None:
    made_safe("<p>before</p>" + page)
    assert text_of("<p>before</p>" + page).startswith("before")


def test_tags_cannot_hide_from_the_counting() -> None:
    hidden = "<div>" * 5_000
    for page in (f'<a ="{hidden}">', f"<a b='{hidden}'>", f"<!-->{hidden}-->", f"<title>{hidden}", f"<p a=b'{hidden}>'"):
        assert bounded(page).html.count("<div") <= DEPTH_MAX


# Readable


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<div>one</div><div>two</div><div><br></div><div>three</div>", "one\ntwo\n\nthree"),
        ("<p>a  \n b <b> c</b>\nd</p>", "a b c d"),
        ("a&nbsp;&nbsp;b &amp; &lt;c&gt;", "a  b & <c>"),
        ("<h1>Title</h1>text<hr>more", "Title\n\ntext\n--------------------\nmore"),
        ("<ul><li>one<li>two<ul><li>deep</ul></ul>after", "- one\n- two\n  - deep\n\nafter"),
        ("<ol start=3><li>c</li><li>d</li></ol>", "3. c\n4. d"),
        ("<table><tr><th>Name<th>Age</tr><tr><td>Bob</td><td> 5 </td></tr></table>", "Name | Age\nBob | 5"),
        ("<table><tr><td></td><td>only</td></tr></table>", "only"),
        ('see <a href="https://x.example/a">here</a>.', "see here <https://x.example/a>."),
        ('<a href="https://www.x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@b.example">a@b.example</a> <a href="mailto:a@b.example">Ann</a>', "a@b.example Ann <a@b.example>"),
        ('<a href="javascript:x">x</a>', "x"),
        ('<a href="https://x.example"><img alt="Logo" src=y></a>', "[Logo] <https://x.example>"),
        ("<p>I said</p><blockquote>You said<blockquote>I said</blockquote></blockquote>", "I said\n\n> You said\n>\n> > I said"),
        ("<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"),
        ("<style>p{}</style><script>x</script><title>t</title>x", "x"),
        ('<p style="display: none">preview</p><p hidden>y</p>x', "x"),
        ("<!DOCTYPE html><html><head><title>t</title></head><body>x</body></html>", "x"),
        ("مرحبا <b>بك</b>", "مرحبا بك"),
        ("", ""),
    ],
)
def test_a_page_is_told_in_plain_text(page: str, text: str) -> None:
    assert text_of(page) == text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=80))
def test_plain_text_put_into_a_page_is_the_same_text_again(text: str) -> None:
    assert text_of(as_html(text)) == text
    assert "<script" not in as_html("<script>")


@given(st.text(max_size=200))
def test_any_text_can_be_read_as_a_page(page: str) -> None:
    text_of(page)
    made_safe(page)
