"""A mail's text as lines, each knowing how deep it is quoted.

The one place that looks at `>`. A line keeps what was written (`raw`), since that is what people are shown; all judging is done on `body`, the same line
without its marks, with ordinary spaces and colons, no invisible characters, and never longer than a screen of text. So every rule downstream costs the same
for any line, and a mail of any size is read in one pass: what lies behind the last line looked at stays part of that line and goes where it goes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LINES_MAX: Final = 2_000
CHARS_MAX: Final = 400_000
BODY_MAX: Final = 600
"""Longer than any attribution line or header; what stands behind it in a line is kept but not judged."""
_DEPTH_MAX: Final = 50

_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys(
            "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u061c", None
        ),
        **dict.fromkeys("：﹕︰꞉", ":"),
        "＜": "<",
        "＞": ">",
        "＠": "@",
    }
)


class Hint(StrEnum):
    """What the markup says about a line; plain text has none."""

    ATTRIBUTION = "attribution"
    QUOTE_BELOW = "quote_below"
    SIGNATURE = "signature"
    FORWARD = "forward"
    CITED = "cited"
    """Quoted by a mark that people draw too, such as a bare `<blockquote>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: `raw` as it was written, `body` for judging, `depth` how many people quoted it."""

    raw: str
    body: str
    depth: int = 0
    hint: Hint | None = None
    vouched: bool = False
    """Whether the markup says that it is quoted, so that a list or code is out of the question."""

    @property
    def blank(self) -> bool:
        """Whether nothing can be read in it, marks aside."""
        return not self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of a mail, and whether there were too many to look at each."""

    all: tuple[Line, ...]
    cut: bool = False
    marked: bool = False
    """Whether a mail program's own markup told what is quoted or signature."""


def read(text: str) -> Lines:
    """The lines of a plain text."""
    whole = len(text) <= CHARS_MAX
    end = len(text) if whole else text.rfind("\n", 0, CHARS_MAX) + 1
    head = text[:end].replace("\r\n", "\n").replace("\r", "\n").split("\n", LINES_MAX)
    if not whole:
        head[-1] += text[end:]
    lines: list[Line] = []
    open_address = False
    for raw in head:
        plain = plain_of(raw)
        depth, body = (0, plain) if open_address else _unmarked(plain)
        open_address = depth == 0 and _opens_address(body)
        lines.append(Line(raw=raw, body=body, depth=depth))
    return Lines(all=tuple(lines), cut=not whole or len(head) > LINES_MAX)


def plain_of(raw: str) -> str:
    """A line for judging: ordinary spaces and colons, composed letters, nothing invisible, of bounded length."""
    line = raw[:BODY_MAX]
    if len(raw) > BODY_MAX and line.isspace():
        line = raw.lstrip()[:BODY_MAX]
    if not line.isascii():
        line = unicodedata.normalize("NFC", line.translate(_PLAIN))
    return line.strip()


def _unmarked(plain: str) -> tuple[int, str]:
    if not plain.startswith(">"):
        return 0, plain
    depth = at = 0
    for at, mark in enumerate(plain):  # noqa: B007 - where the marks end is wanted
        if mark == ">":
            depth += 1
        elif mark != " ":
            break
    else:
        at = len(plain)
    return min(depth, _DEPTH_MAX), plain[at:]


def _opens_address(body: str) -> bool:
    """Whether an address was opened and not closed, so that a `>` at the start of the next line closes it and quotes nothing."""
    opened = body.rfind("<")
    return opened >= 0 and body.find(">", opened) < 0 and "@" in body[opened:]


def next_written(lines: Sequence[Line], at: int) -> int:
    """The first line from `at` on in which something is written; past the end where there is none."""
    while at < len(lines) and lines[at].blank:
        at += 1
    return at


def continues(above: Line, line: Line) -> bool:
    """Whether a line without a mark is the rest of the quoted line above, which some program wrapped after quoting it.

    It must not have fitted above any more, and the sentence must go on: a small letter, or a line above that ends in the middle of one.
    """
    if not above.depth or above.vouched or line.depth or line.blank:
        return False
    if line.body.startswith(("(http", "<http")):
        return True  # the address of a link, which some program wrote behind its words
    if above.blank:
        return False
    first = line.body.split(None, 1)[0]
    if len(above.raw.rstrip()) + 1 + len(first) < 70:
        return False
    return first[0].islower() or (not first[0].isupper() and not first[0].isdigit() and above.body[-1].isalpha())
