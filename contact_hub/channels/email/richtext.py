"""The agent's markup: words with bold, italic, lists and links, as light HTML and as plain text.

Pure and small on purpose. Four signs of Markdown and nothing more: `**bold**`, `*italic*`, `- item` or `1. item`, `[words](https://place)`. Everything else
stands for itself: what is not understood is shown as it was written, never dropped. One pass over the text, so nothing can make it slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final, Literal

_Kind = Literal["text", "ul", "ol"]

_BULLET: Final = re.compile(r"[ \t]{0,3}[-*•][ \t]+(\S.*)")
_NUMBER: Final = re.compile(r"[ \t]{0,3}\d{1,3}[.)][ \t]+(\S.*)")
_PIECE: Final = re.compile(
    r"\[(?P<words>[^\[\]\n]{1,300})\]\((?P<place>(?:https?://|mailto:)[^\s()<>\"']{1,1000})\)"
    r"|(?P<bare>https?://[^\s<>\"']{1,1000})"
    r"|\*\*(?P<bold>[^*\s](?:[^*\n]{0,998}[^*\s])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s](?:[^*\n]{0,998}[^*\s])?)\*(?![\w*])",
    re.IGNORECASE,
)


def to_html(markup: str) -> str:
    """Light HTML of what an agent wrote: paragraphs, lists, bold, italic, links; nothing else."""
    return "\n".join(_block(kind, lines) for kind, lines in _blocks(markup))


def to_text(markup: str) -> str:
    """The same for readers of plain text: signs that only dress words are left out, a link says where it leads."""
    return "\n".join(_undressed(line) for line in markup.split("\n"))


def _blocks(markup: str) -> Iterator[tuple[_Kind, list[str]]]:
    """Paragraphs and lists in their order. An empty line ends a paragraph; another kind of line ends a list."""
    lines = markup.replace("\r\n", "\n").split("\n")
    for empty, group in groupby(lines, key=lambda line: not line.strip()):
        if empty:
            continue
        for kind, run in groupby(group, key=_kind):
            yield kind, list(run)


def _kind(line: str) -> _Kind:
    if _BULLET.fullmatch(line):
        return "ul"
    return "ol" if _NUMBER.fullmatch(line) else "text"


def _block(kind: _Kind, lines: list[str]) -> str:
    if kind == "text":
        return f"<p>{'<br>'.join(map(_line, lines))}</p>"
    sign = _BULLET if kind == "ul" else _NUMBER
    items = "".join(f"<li>{_line(found[1])}</li>" for line in lines if (found := sign.fullmatch(line)))
    return f"<{kind}>{items}</{kind}>"


def _line(line: str) -> str:
    """One line with its words dressed; what stands between the signs is text and never markup of a page."""
    out, at = [], 0
    for found in _PIECE.finditer(line):
        dressed, end = _dressed(found)
        out += [escape(line[at : found.start()], quote=False), dressed]
        at = end
    return "".join((*out, escape(line[at:], quote=False)))


def _dressed(found: re.Match[str]) -> tuple[str, int]:
    match found.lastgroup:
        case "bold":
            return f"<b>{_line(found['bold'])}</b>", found.end()
        case "italic":
            return f"<i>{_line(found['italic'])}</i>", found.end()
        case "bare":
            place = found["bare"].rstrip(".,;:!?)]}»”*")
            return f'<a href="{escape(place)}">{escape(place)}</a>', found.start() + len(place)
        case _:
            return f'<a href="{escape(found["place"])}">{escape(found["words"])}</a>', found.end()


def _undressed(line: str) -> str:
    def said(found: re.Match[str]) -> str:
        if found["words"]:
            place = found["place"].removeprefix("mailto:")
            return found["words"] if found["words"] == place else f"{found['words']} ({place})"
        inner: str | None = found["bold"] or found["italic"]
        return _PIECE.sub(said, inner) if inner else found[0]

    return _PIECE.sub(said, line)


__all__ = ["to_html", "to_text"]
