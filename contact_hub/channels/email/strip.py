"""What a customer newly wrote, apart from what they quoted and from their signature.

Our own code, since routing, language detection and the agent's reading all stand on it: a scanner that looks at every line once, in which nothing can
backtrack. Any input up to 30 MB takes at most 200 ms: two thousand lines or 400,000 characters are judged (`quoting`), what lies behind them goes with the
last line judged (of HTML, less is judged and kept: see `html_quotes`), and the confidence says so where that is the reply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.dividing import Division, Part, divide
from contact_hub.channels.email.html_quotes import read_html
from contact_hub.channels.email.quoting import CHARS_MAX, Line, Lines, read

_OPEN_ENDED: Final = 0.6
_STUB: Final = 5
"""A text so many times shorter than the HTML says only that there is HTML."""


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
    if of_text and len(of_text.stripped.reply) > CHARS_MAX:
        return of_text.stripped  # so long that reading the other one too would only cost
    of_html = _read(html, "html", read_html) if html and not html.isspace() else None
    if of_text and of_html:
        return (of_html if _html_is_better(of_text, of_html) else of_text).stripped
    return (of_text or of_html or _read("", "text", read)).stripped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    stripped: Stripped
    marked: bool
    open_ended: bool
    """Whether it was cut where the reply still went on."""


def _read(body: str, source: str, reader: Callable[[str], Lines]) -> _Reading:
    lines = reader(body)
    division = divide(lines.all)
    open_ended = lines.cut and (not division.parts or division.parts[-1] is Part.REPLY)
    reply = _trimmed([line for _, line in _numbered(division, Part.REPLY)])
    own = reply
    if division.borrowed:
        own = _trimmed([line for at, line in _numbered(division, Part.REPLY) if at not in division.borrowed]) or reply
    stripped = Stripped(
        reply=reply,
        quoted=_trimmed([line for _, line in _numbered(division, Part.QUOTED)]),
        signature=_trimmed([line for _, line in _numbered(division, Part.SIGNATURE)]),
        confidence=round(division.confidence * (_OPEN_ENDED if open_ended else 1.0), 3),
        own=own,
        reasons=(source, *division.reasons, *(("cut",) if lines.cut else ())),
    )
    return _Reading(stripped=stripped, marked=lines.marked, open_ended=open_ended)


def _html_is_better(of_text: _Reading, of_html: _Reading) -> bool:
    """Which body to believe: one with something to say, read to its end; one that found a quote; the program's own marks; the surer one."""
    text, html = of_text.stripped, of_html.stripped
    if not html.reply or not text.reply:
        return not text.reply
    if of_html.open_ended:
        return False
    if len(text.reply + text.quoted) * _STUB < len(html.reply + html.quoted):
        return True
    if bool(text.quoted) != bool(html.quoted):
        return bool(html.quoted)
    return (of_html.marked and html.confidence >= 0.8) or html.confidence > text.confidence


def _numbered(division: Division, part: Part) -> Iterator[tuple[int, Line]]:
    return ((at, line) for at, (line, its) in enumerate(zip(division.lines, division.parts, strict=True)) if its is part)


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
