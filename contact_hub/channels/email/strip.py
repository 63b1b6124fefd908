"""What a customer newly wrote, apart from what they quoted and from their signature.

Our own code, since routing, language detection and the agent's reading all stand on it: a scanner that looks at every line once, in which nothing can
backtrack. Any input up to 30 MB takes at most 200 ms: three thousand lines or 400,000 characters are judged (`quoting`), what lies behind them goes with the
last line judged, and the confidence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from contact_hub.channels.email.dividing import Division, Part, divide
from contact_hub.channels.email.html_quotes import read_html
from contact_hub.channels.email.quoting import Line, Lines, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """A mail in three parts; every written line of it is in exactly one of them."""

    reply: str
    quoted: str = ""
    signature: str = ""
    confidence: float = 1.0
    own: str = ""
    """Of the reply only what the customer typed, without quotes they answered, a footer that stayed or what they forward: what tells their language.
    As the reply where nothing is left."""
    reasons: tuple[str, ...] = ()
    """Stable codes of the rules applied, in their order; the first says which body was read."""


def strip(text: str | None, html: str | None) -> Stripped:
    """The newly written part of a mail's body, as plain text. Of two bodies the one is read whose quotes are better supported."""
    of_text = _read(text, "text", read) if text and not text.isspace() else None
    if of_text and of_text.cut:
        return of_text.stripped  # so large that reading the other one too would only cost
    of_html = _read(html, "html", read_html) if html and not html.isspace() else None
    if of_text and of_html:
        return (of_html if _html_is_better(of_text, of_html) else of_text).stripped
    return (of_text or of_html or _read("", "text", read)).stripped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    stripped: Stripped
    marked: bool
    cut: bool


def _read(body: str, source: str, reader: Callable[[str], Lines]) -> _Reading:
    lines = reader(body)
    division = divide(lines.all)
    return _Reading(stripped=_composed(division, source, cut=lines.cut), marked=lines.marked, cut=lines.cut)


def _html_is_better(of_text: _Reading, of_html: _Reading) -> bool:
    """Which body to believe: one that was read whole and has something to say; one that found a quote; the surer one; the program's own marks."""
    text, html = of_text.stripped, of_html.stripped
    if not html.reply or not text.reply:
        return not text.reply
    if of_html.cut:
        return False
    if len(text.reply + text.quoted) * 5 < len(html.reply + html.quoted):
        return True  # the text is a stub: "your program cannot show this mail"
    if bool(text.quoted) != bool(html.quoted):
        return bool(html.quoted)
    if of_html.marked != (text.confidence > html.confidence):
        return of_html.marked
    return of_html.marked and html.confidence >= 0.8


def _composed(division: Division, source: str, *, cut: bool) -> Stripped:
    reply = _trimmed(_lines(division, Part.REPLY))
    own = (
        _trimmed([line for at, line in _numbered(division, Part.REPLY) if at not in division.borrowed])
        if division.borrowed
        else reply
    )
    return Stripped(
        reply=reply,
        quoted=_trimmed(_lines(division, Part.QUOTED)),
        signature=_trimmed(_lines(division, Part.SIGNATURE)),
        confidence=round(division.confidence * (0.6 if cut else 1.0), 3),
        own=own or reply,
        reasons=(source, *division.reasons, *(("cut",) if cut else ())),
    )


def _numbered(division: Division, part: Part) -> Iterator[tuple[int, Line]]:
    return ((at, line) for at, (line, its) in enumerate(zip(division.lines, division.parts, strict=True)) if its is part)


def _lines(division: Division, part: Part) -> list[Line]:
    return [line for _, line in _numbered(division, part)]


def _trimmed(lines: Sequence[Line]) -> str:
    """The lines as text, without blank ones around it."""
    first, end = 0, len(lines)
    while first < end and _is_empty(lines[first].raw):
        first += 1
    while end > first and _is_empty(lines[end - 1].raw):
        end -= 1
    return "\n".join(line.raw for line in lines[first:end])


def _is_empty(raw: str) -> bool:
    return not raw or raw.isspace()
