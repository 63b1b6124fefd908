"""HTML as a person reads it, in plain text: paragraphs apart, lists with their marks, links with where they lead, cells in a row, quotes behind `> `.

One walk over the tree that writes line by line. A block ends the line it meets; whether an empty line comes between is decided only when the next words come,
so that ten closing tags in a row make one gap.
"""

from __future__ import annotations

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from contact_hub.channels.email.markup import bounded

_SKIPPED: Final = frozenset(
    [
        "head",
        "title",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "object",
        "iframe",
        "audio",
        "video",
        "canvas",
        "select",
        "textarea",
        "button",
    ]
)
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "li",
        "main",
        "nav",
        "section",
        "summary",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ol",
        "p",
        "pre",
        "table",
        "ul",
        "hr",
    ]
)
_APART: Final = frozenset(["blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul", "dl"])
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_HIDDEN: Final = re.compile(r"display\s{0,5}:\s{0,5}none", re.IGNORECASE)
_LINK_CHARACTERS_MAX: Final = 200
_RULE: Final = "-" * 20


def text_of(html: str) -> str:
    """What a person reads in HTML: paragraphs apart, lists with their marks, links with where they lead, cells in a row, quotes behind `> `."""
    tree = LexborHTMLParser(bounded(html).html)
    if tree.root is None:
        return ""
    page = _Page()
    waiting: list[tuple[LexborNode, bool]] = [(tree.root, False)]
    while waiting:
        node, leaving = waiting.pop()
        tag = node.tag or ""
        if leaving:
            page.leave(tag)
        elif tag == "-text":
            page.text(node.text(deep=False))
        elif tag in _SKIPPED or tag.startswith(("-", "!")) or _is_hidden(node):
            continue
        else:
            page.enter(tag, node)
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(list(node.iter(include_text=True))))
    return page.finished()


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or "")))


class _Page:
    """The text so far, line by line, each with how deeply it is quoted."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._quotes = 0
        self._apart = False
        self._verbatim = 0
        self._counters: list[int | None] = []
        self._links: list[tuple[str, int, int]] = []
        self._mark = ""
        self._cell = False
        self._worded = False

    def enter(self, tag: str, node: LexborNode) -> None:
        if tag in _BLOCKS:
            self._end_line()
            self._apart = self._apart or (tag in _APART and not (tag in {"ul", "ol"} and self._counters))
        match tag:
            case "br":
                self._end_line(even_if_empty=True)
            case "hr":
                self._line.append(_RULE)
                self._end_line()
            case "blockquote":
                self._quotes += 1
            case "pre":
                self._verbatim += 1
            case "ul":
                self._counters.append(None)
            case "ol":
                self._counters.append(_number(node.attributes.get("start")))
            case "li":
                self._mark = self._next_mark()
            case "td" | "th":
                self._cell = self._worded
            case "a":
                self._links.append((node.attributes.get("href") or "", len(self._lines), len(self._line)))
            case "img":
                self.text(f"[{alt}]" if (alt := (node.attributes.get("alt") or "").strip()) else "")
            case _:
                pass

    def leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line()
            self._apart = self._apart or (tag in _APART and not (tag in {"ul", "ol"} and len(self._counters) > 1))
        match tag:
            case "blockquote":
                self._quotes -= 1
            case "pre":
                self._verbatim -= 1
            case "ul" | "ol" if self._counters:
                self._counters.pop()
            case "a" if self._links:
                self._end_link(*self._links.pop())
            case _:
                pass

    def text(self, text: str) -> None:
        if self._verbatim:
            for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
                if number:
                    self._end_line(even_if_empty=True)
                self._add(line)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self._line or self._cell or self._line[-1].endswith(" ")):
            text = text[1:]
        self._add(text)

    def _add(self, text: str) -> None:
        if not text:
            return
        if not self._line:
            self._open_line()
        if self._cell:
            self._line.append("| " if self._line and self._line[-1].endswith(" ") else " | ")
            self._cell = False
        self._worded = self._worded or bool(text.strip())
        self._line.append(text)

    def _open_line(self) -> None:
        if self._apart and self._lines and self._lines[-1][1]:
            self._lines.append((min(self._quotes, self._lines[-1][0]), ""))
        self._apart = False
        if self._mark:
            self._line.append(self._mark)
            self._mark = ""

    def _end_line(self, *, even_if_empty: bool = False) -> None:
        self._cell = self._worded = False
        if not self._line and not even_if_empty:
            return
        line = "".join(self._line).replace("\xa0", " ").rstrip()
        self._line.clear()
        if line or self._verbatim or not self._lines or self._lines[-1][1]:
            self._lines.append((self._quotes, line))

    def _next_mark(self) -> str:
        indent = "  " * max(len(self._counters) - 1, 0)
        number = self._counters[-1] if self._counters else None
        if number is None:
            return f"{indent}- "
        self._counters[-1] = number + 1
        return f"{indent}{number}. "

    def _end_link(self, href: str, lines: int, pieces: int) -> None:
        """Says where a link leads, unless its words say it already."""
        said = "".join(self._line[pieces:] if lines == len(self._lines) else self._line).strip()
        bare = re.sub(r"^(?:https?://(?:www\.)?|mailto:|tel:)", "", href.strip(), flags=re.IGNORECASE).rstrip("/")
        if (
            said
            and bare
            and len(href) <= _LINK_CHARACTERS_MAX
            and re.match(r"(?:https?|mailto):", href.strip(), re.IGNORECASE)
            and bare not in said
        ):
            self._add(f" <{bare if href.lower().startswith('mailto:') else href.strip()}>")

    def finished(self) -> str:
        self._end_line()
        while self._lines and not self._lines[-1][1]:
            self._lines.pop()
        while self._lines and not self._lines[0][1]:
            self._lines.pop(0)
        return "\n".join(f"{'> ' * depth}{line}".rstrip() for depth, line in self._lines)


def _number(said: str | None) -> int:
    return int(said) if said and re.fullmatch(r"-?\d{1,6}", said) else 1
