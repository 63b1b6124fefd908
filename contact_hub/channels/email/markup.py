"""HTML brought to a size that parsers bear, before any parser sees it.

Real parsers take seconds for twenty thousand nested elements and make gigabytes out of a few unclosed ones. So one walk over the tags counts what is open and
leaves out what goes too deep; comments, scripts and styles go too, since nobody reads them. Every `<` that is not a counted tag leaves as `&lt;`: nothing can
hide from the counting. This makes HTML bearable, not safe: that is what `html.safe` does afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

CHARACTERS_MAX: Final = 1024 * 1024
"""Of what leaves, so that pictures written into a page (`data:`) do not count; of what comes, four times as many are looked at."""
DEPTH_MAX: Final = 100
FORMATTING_MAX: Final = 16
"""Parsers open unclosed ones of these again in every paragraph."""
EFFORT_MAX: Final = 200_000
"""Tags, each with the formatting elements that are open at it: so many elements a parser may have to make."""
_ATTRIBUTES_MAX: Final = 8_192

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[^>=]++|=[\s]*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?)*+)>")
_OPENS: Final = re.compile(r"<(?:!--|[a-zA-Z/!?])")
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "image",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_CLOSED_BY_THE_NEXT: Final = frozenset(
    ["p", "li", "dd", "dt", "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "colgroup", "html", "body", "head"]
)
_FORMATTING: Final = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"])
_UNREAD: Final = frozenset(["script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"])
_UNWRAPPED: Final = frozenset(["svg", "math", "template", "frameset", "select"])
_END_OF: Final = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*+>", re.IGNORECASE) for name in _UNREAD}


class Bounded(NamedTuple):
    """HTML of bearable size, and whether that is less than what came."""

    html: str
    cut: bool


def bounded(html: str) -> Bounded:
    """The HTML within the limits above. Linear: each character is looked at once."""
    seen = 4 * CHARACTERS_MAX
    return _Walk(html[:seen]).done(cut=len(html) > seen)


class _Walk:
    def __init__(self, html: str) -> None:
        self._html = html
        self._out: list[str] = []
        self._open: Counter[str] = Counter()
        self._depth = 0
        self._formatting = 0
        self._effort = 0
        self._size = 0
        self._cut = False

    def done(self, *, cut: bool) -> Bounded:
        html, at = self._html, 0
        while self._size < CHARACTERS_MAX and (found := _OPENS.search(html, at)):
            self._text(html[at : found.start()])
            at = self._markup(found.start(), found[0])
        self._text(html[at:])
        return Bounded("".join(self._out), cut or self._cut)

    def _text(self, text: str) -> None:
        room = CHARACTERS_MAX - self._size
        self._cut = self._cut or len(text) > room
        text = text[: max(room, 0)]
        self._size += len(text)
        self._out.append(text.replace("<", "&lt;") if "<" in text else text)

    def _markup(self, start: int, opening: str) -> int:
        """Takes what begins here; where it goes on. What never ends takes the rest along, as it does in browsers."""
        if opening == "<!--":
            end = self._html.find("-->", start + 2)
            return end + 3 if end >= 0 else len(self._html)
        tag = _TAG.match(self._html, start)
        if tag is None:
            end = -1 if opening[1].isalpha() else self._html.find(">", start)
            return end + 1 if end >= 0 else len(self._html)
        name = tag[2].lower()
        if name in _UNREAD:
            return self._after_unread(name, tag)
        if name in _UNWRAPPED:
            return tag.end()
        if self._closes(name) if tag[1] else self._opens(name, tag[3].endswith("/")):
            attributes = tag[3] if len(tag[3]) <= _ATTRIBUTES_MAX else ""
            attributes = attributes.replace("<", "&lt;") if "<" in attributes else attributes
            self._size += len(attributes) + len(name) + 2
            self._out.append(f"<{tag[1]}{tag[2]}{attributes}>")
        return tag.end()

    def _after_unread(self, name: str, tag: re.Match[str]) -> int:
        if tag[1]:
            return tag.end()
        end = _END_OF[name].search(self._html, tag.end())
        return end.end() if end else len(self._html)

    def _opens(self, name: str, closed: bool) -> bool:
        self._effort += 1 + self._formatting
        if self._effort > EFFORT_MAX:
            self._cut = True
            return False
        if name in _VOID or name in _CLOSED_BY_THE_NEXT:
            return True
        formatting = name in _FORMATTING
        if self._depth >= DEPTH_MAX or (formatting and self._formatting >= FORMATTING_MAX):
            self._cut = self._cut or not closed
            return False
        self._depth += 1
        self._formatting += formatting
        self._open[name] += 1
        return True

    def _closes(self, name: str) -> bool:
        if name in _CLOSED_BY_THE_NEXT:
            return True
        if not self._open[name]:
            return name in {"p", "br"}
        self._open[name] -= 1
        self._depth -= 1
        self._formatting -= name in _FORMATTING
        return True
