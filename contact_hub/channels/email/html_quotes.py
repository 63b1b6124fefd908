"""A mail's HTML as the same lines plain text has, with what its markup says about them.

Not a browser and not a sanitiser: one walk from tag to tag that keeps text, line breaks and how deep it is quoted. Mail programs mark what they quote with
tags, classes and ids of their own; those are in one table. Each tag is looked at once and nothing is nested in memory but a list of open tags, so markup
made to hang a parser (20,000 nested elements, tags without end) costs what its length costs. Behind `TAGS_MAX` tags or `CHARS_MAX` characters of text only the
bare words of the next 200,000 characters are taken, as part of the last line; what lies behind that is left out, and the result says that it was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from html import unescape
from typing import Final

from contact_hub.channels.email.quoting import LINES_MAX, Hint, Line, Lines, plain_of
from contact_hub.channels.email.separators import Separator, separator

TAGS_MAX: Final = 8_000
CHARS_MAX: Final = 150_000
_TAG_CHARS_MAX: Final = 1_500
_REST_TAGS_MAX: Final = 40_000
_REST_CHARS_MAX: Final = 200_000
_RULE: Final = "_" * 32
_GMAIL: Final = "div.gmail_quote"

_VOID: Final = frozenset(
    {"br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "embed", "source", "param", "track"}
)
_SKIPPED: Final = frozenset({"style", "script", "head", "title", "template", "noscript", "svg", "math", "object", "iframe"})
_LINES: Final = frozenset(
    {
        "div",
        "tr",
        "li",
        "dd",
        "dt",
        "address",
        "section",
        "article",
        "header",
        "footer",
        "center",
        "form",
        "main",
        "aside",
        "nav",
        "legend",
    }
)
_PARAGRAPHS: Final = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "fieldset"}
)
_KEPT_OPEN: Final = _LINES | _PARAGRAPHS | {"td", "th", "tbody", "body"}


class _Sense(Enum):
    """What a marker makes of the element that carries it."""

    QUOTE = auto()
    """All in it is quoted."""
    CITED = auto()
    """The same, but a person may have drawn it: a bare `<blockquote>`."""
    QUOTE_BELOW = auto()
    """It begins the quote, and all behind it belongs to it."""
    ATTRIBUTION = auto()
    SIGNATURE = auto()
    FORWARD = auto()
    HIDDEN = auto()


_MARKERS: Final[tuple[tuple[str, _Sense], ...]] = (
    # Outlook, on the desk, in the web and on telephones
    ("divrplyfwdmsg", _Sense.QUOTE_BELOW),
    ("outlookmessageheader", _Sense.QUOTE_BELOW),
    ("mail-editor-reference-message", _Sense.QUOTE_BELOW),
    ("ms-outlook-mobile-reference", _Sense.QUOTE_BELOW),
    ("ms-outlook-mobile-signature", _Sense.SIGNATURE),
    ('id="signature"', _Sense.SIGNATURE),
    ('id="x_signature"', _Sense.SIGNATURE),
    # Gmail, Yahoo, Apple, Mozilla
    ("gmail_attr", _Sense.ATTRIBUTION),
    ("olk_src_body_section", _Sense.QUOTE),
    ("gmail_signature", _Sense.SIGNATURE),
    ("yahoo_quoted", _Sense.QUOTE),
    ("yahoo-quoted", _Sense.QUOTE),
    ("ydp-signature", _Sense.SIGNATURE),
    ("applemailsignature", _Sense.SIGNATURE),
    ("linebreakatbeginningofsignature", _Sense.SIGNATURE),
    ("moz-cite-prefix", _Sense.ATTRIBUTION),
    ("moz-forward-container", _Sense.FORWARD),
    ("moz-signature", _Sense.SIGNATURE),
    # the others
    ("protonmail_quote", _Sense.QUOTE),
    ("protonmail_signature_block", _Sense.SIGNATURE),
    ("tutanota_quote", _Sense.QUOTE),
    ("zmail_extra", _Sense.QUOTE),
    ("zwchr", _Sense.QUOTE_BELOW),
    ("__quoted_text__", _Sense.QUOTE),
    ('name="quote"', _Sense.QUOTE),
    ('name="quoted-content"', _Sense.QUOTE),
    ("messagereplysection", _Sense.QUOTE),
    ("messagesignaturesection", _Sense.SIGNATURE),
    ("composer_signature", _Sense.SIGNATURE),
    ("airmail_on", _Sense.ATTRIBUTION),
    ("reply-intro", _Sense.ATTRIBUTION),
    ("isreplycontent", _Sense.QUOTE),
    ("mailru-blockquote", _Sense.QUOTE),
    ("front-blockquote", _Sense.QUOTE),
    ("freshdesk_quote", _Sense.QUOTE),
    ("missive_quote", _Sense.QUOTE),
    ("sh-quoted-content", _Sense.QUOTE),
    ("display:none", _Sense.HIDDEN),
    ("display: none", _Sense.HIDDEN),
    ("mso-hide:all", _Sense.HIDDEN),
)
"""Substrings of a tag, in small letters, and what they say. Order matters where two fit: the first wins."""


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet, and what it changed."""

    name: str
    sense: _Sense | None = None


@dataclass(slots=True)
class _Page:
    """The lines so far, and the state at this place of the walk."""

    lines: list[Line] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    quotes: int = 0
    vouched: int = 0
    signatures: int = 0
    attributions: int = 0
    forwards: int = 0
    hidden: int = 0
    preformatted: int = 0
    below: bool = False
    fresh_quote: bool = False
    chars: int = 0
    item: str = ""
    marked: bool = False

    def text(self, text: str) -> None:
        """Text at this place, white space folded unless preformatted."""
        if self.hidden or not text:
            return
        self.chars += len(text)
        text = unescape(text) if "&" in text else text
        if self.preformatted and "\n" in text:
            *whole, text = text.split("\n")
            for part in whole:
                self.words.append(part)
                self.end_line(always=True)
        folded = text if self.preformatted else " ".join(text.split())
        if not folded:
            if self.words and not self.words[-1].endswith(" "):
                self.words.append(" ")
            return
        before = " " if text[:1].isspace() and self.words and not self.words[-1].endswith(" ") else ""
        self.words.append(f"{before}{folded}{' ' if text[-1:].isspace() else ''}")

    def end_line(self, *, always: bool = False) -> None:
        """Ends the line, if anything stands in it or an empty one is meant."""
        written = "".join(self.words).rstrip()
        self.words.clear()
        if not self.preformatted:
            written = written.lstrip()
        if not written:
            if always:
                self._add("")
            return
        self._add(f"{self.item}{written}")
        self.item = ""

    def blank(self) -> None:
        """Room between paragraphs."""
        self.end_line()
        if self.lines and not self.lines[-1].blank:
            self._add("")

    def rule(self) -> None:
        """A drawn line."""
        self.end_line()
        self._add(_RULE)

    def append(self, words: str) -> None:
        """Puts words behind the last line, of which they become a part."""
        if not words:
            return
        if not self.lines:
            self._add(words)
            return
        last = self.lines[-1]
        body = last.body or plain_of(words)
        self.lines[-1] = replace(last, raw=f"{last.raw} {words}".strip(), body=body)

    def _add(self, written: str) -> None:
        body = plain_of(written)
        depth, hint = self.quotes, None
        if body:
            hint = self._hint(body)
            if hint is Hint.FORWARD:
                depth = 0
        raw = "> " * min(depth, 10) + written if depth else written
        self.lines.append(Line(raw=raw.rstrip(), body=body, depth=depth, hint=hint, vouched=depth > 0 and self.vouched > 0))

    def _hint(self, body: str) -> Hint | None:
        if self.below:
            self.below = False
            return Hint.QUOTE_BELOW
        if self.forwards:
            return Hint.FORWARD
        if self.quotes and self.fresh_quote:
            self.fresh_quote = False
            if self.quotes == 1 and separator(Line(raw=body, body=body)) is Separator.FORWARD:
                return Hint.FORWARD
        if self.quotes:
            return None if self.vouched else Hint.CITED
        if self.signatures:
            return Hint.SIGNATURE
        return Hint.ATTRIBUTION if self.attributions else None

    def opens(self, name: str, source: str) -> None:
        """An element begins; `source` is its tag in small letters."""
        self._breaks(name)
        sense = _sense(name, source)
        if sense is _Sense.QUOTE and "gmail_quote" in source and not self.counts.get(_GMAIL):
            sense = _Sense.CITED  # drawn with the composer's button: what Gmail quotes itself stands in a `div` of that class
        if name == "hr" and sense is None:
            self.rule()
        if "border-top" in source and name in {"div", "p", "td", "table"} and _draws_above(source):
            self.rule()
        if sense:
            self.end_line()
            self._change(sense, 1)
        if name == "pre":
            self.preformatted += 1
        if name == "li":
            self.item = "- "
        if name not in _VOID and (sense or name in _KEPT_OPEN or self.counts.get(name)):
            self.open.append(_Open(name, sense))
            self.counts[name] = self.counts.get(name, 0) + 1
        if name == "div" and "gmail_quote" in source:
            self.counts[_GMAIL] = 1

    def closes(self, name: str) -> None:
        """An element ends, and all that was left open in it."""
        self._breaks(name)
        if not self.counts.get(name):
            return
        while self.open:
            last = self.open.pop()
            self.counts[last.name] -= 1
            if last.sense:
                self.end_line()
                self._change(last.sense, -1)
            if last.name == "pre":
                self.preformatted -= 1
            if last.name == name:
                break

    def _breaks(self, name: str) -> None:
        if name == "br":
            self.end_line(always=True)
        elif name in _PARAGRAPHS:
            self.blank()
        elif name in _LINES:
            self.end_line()
        elif name in {"td", "th"} and self.words:
            self.words.append(" ")

    def _change(self, sense: _Sense, by: int) -> None:
        if sense not in {_Sense.HIDDEN, _Sense.CITED}:
            self.marked = True
        match sense:
            case _Sense.QUOTE | _Sense.CITED:
                self.quotes += by
                self.vouched += by if sense is _Sense.QUOTE else 0
                self.fresh_quote = by > 0
            case _Sense.QUOTE_BELOW:
                self.below = self.below or by > 0
            case _Sense.ATTRIBUTION:
                self.attributions += by
            case _Sense.SIGNATURE:
                self.signatures += by
            case _Sense.FORWARD:
                self.forwards += by
            case _Sense.HIDDEN:
                self.hidden += by


def read_html(html: str) -> Lines:
    """The lines of an HTML text."""
    page = _Page()
    stopped = _walk(page, html)
    page.end_line()
    cut = stopped < len(html)
    if cut:
        page.append(_words(html[stopped : stopped + _REST_CHARS_MAX]))
    return Lines(all=tuple(page.lines), cut=cut, marked=page.marked)


def _walk(page: _Page, html: str) -> int:
    """From tag to tag; where it stopped."""
    at = 0
    missing: set[str] = set()
    for _ in range(TAGS_MAX):
        start = html.find("<", at)
        end = start if start >= 0 else len(html)
        page.text(html[at : min(end, at + CHARS_MAX)])
        if start < 0 or end - at > CHARS_MAX or page.chars > CHARS_MAX or len(page.lines) > LINES_MAX:
            return min(end, at + CHARS_MAX)
        after = html[start + 1 : start + 4]
        if after == "!--" and "-->" not in missing:
            end = html.find("-->", start + 4)
            if end < 0:
                missing.add("-->")
            at = end + 3 if end >= 0 else start + 4
            continue
        if not (after[:1].isalpha() or after[:1] in {"/", "!", "?"}):
            page.text("<")
            at = start + 1
            continue
        end = _tag_end(html, start)
        if end < 0:
            page.text(html[start : start + CHARS_MAX])
            return min(len(html), start + CHARS_MAX)
        source = html[start + 1 : min(end, start + _TAG_CHARS_MAX)].lower()
        at = end + 1
        name = _name(source)
        if source.startswith("/"):
            page.closes(name)
        elif name in _SKIPPED and not source.endswith("/"):
            at = _behind(html, name, at, missing)
        elif name:
            page.opens(name, source)
    return at


def _words(html: str) -> str:
    """The bare words of what is not walked any more, without any structure: they go where the last line goes."""
    between = (piece[piece.find(">") + 1 :] for piece in html.split("<", _REST_TAGS_MAX)[: _REST_TAGS_MAX + 1])
    return " ".join(unescape(" ".join(between)).split())


def _tag_end(html: str, start: int) -> int:
    """The `>` that ends a tag, past one in a quoted value; the first one if the quotes do not fit."""
    first = end = html.find(">", start)
    for _ in range(3):
        if end < 0 or html.count('"', start, end) % 2 == 0:
            return end if end >= 0 else first
        end = html.find(">", end + 1)
    return first


def _name(source: str) -> str:
    end = 1 if source.startswith("/") else 0
    begin = end
    while end < len(source) and end < 30 and source[end] not in " \t\r\n/>":
        end += 1
    return source[begin:end]


def _behind(html: str, name: str, at: int, missing: set[str]) -> int:
    """Behind the end of an element whose text nobody sees; right behind its tag if it has no end."""
    for closing in (f"</{name}", f"</{name.upper()}"):
        if closing in missing:
            continue
        end = html.find(closing, at)
        if end >= 0:
            after = html.find(">", end)
            return after + 1 if after >= 0 else len(html)
        missing.add(closing)
    return at


def _sense(name: str, source: str) -> _Sense | None:
    if len(source) > len(name) + 3:
        for marker, sense in _MARKERS:
            if marker in source:
                return sense
    if name != "blockquote" or _indents(source):
        return None
    return _Sense.QUOTE if any(sign in source for sign in ("cite", "class=", "border-left", "border:")) else _Sense.CITED


def _indents(source: str) -> bool:
    """Whether a blockquote only moves text to the right: Gmail's and Outlook's indenting draws no line and claims no citation."""
    return (
        "class=" not in source
        and "cite" not in source
        and ("border:none" in source or "border: none" in source or "border:0" in source)
    )


def _draws_above(source: str) -> bool:
    """Whether a style draws the line Outlook draws above its block of headers."""
    style = source[source.find("border-top") :][:60]
    return "solid" in style and "border-top-" not in style[:11]
