"""HTML of strangers, made safe for the agent's frame.

Two walls, each enough alone: here nothing is let through that is not on a list; and the frame that shows it has no scripts, no same origin and a policy that
loads nothing but our own files. Pictures from elsewhere tell the sender that, when and where a mail was read, so they are left out, and counted, until the
agent asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final
from urllib.parse import unquote

import nh3

from contact_hub.channels.email.markup import bounded
from contact_hub.channels.email.plain import text_of

__all__ = ["SafeHtml", "as_html", "safe", "text_of"]

_EVERYWHERE: Final = frozenset(
    ["align", "valign", "bgcolor", "color", "dir", "lang", "title", "width", "height", "style", "background"]
)
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset(("href",)),
    "img": frozenset(("src", "alt", "border", "hspace", "vspace")),
    "table": frozenset(("border", "cellpadding", "cellspacing", "summary")),
    "td": frozenset(("colspan", "rowspan", "nowrap", "headers")),
    "th": frozenset(("colspan", "rowspan", "nowrap", "scope", "headers")),
    "col": frozenset(("span",)),
    "colgroup": frozenset(("span",)),
    "ol": frozenset(("start", "type", "reversed")),
    "ul": frozenset(("type",)),
    "li": frozenset(("value", "type")),
    "font": frozenset(("face", "size")),
    "hr": frozenset(("size", "noshade")),
    "blockquote": frozenset(("type",)),
    "time": frozenset(("datetime",)),
}
_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_WITH_CONTENT: Final = frozenset(
    [
        "script",
        "style",
        "title",
        "noscript",
        "template",
        "svg",
        "math",
        "object",
        "applet",
        "iframe",
        "noembed",
        "noframes",
        "audio",
        "video",
        "canvas",
        "select",
    ]
)
_STYLES: Final = frozenset(
    [
        "color",
        "background-color",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "font-variant",
        "line-height",
        "letter-spacing",
        "word-spacing",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
        "white-space",
        "word-break",
        "word-wrap",
        "overflow-wrap",
        "direction",
        "unicode-bidi",
        "margin",
        "margin-top",
        "margin-right",
        "margin-bottom",
        "margin-left",
        "padding",
        "padding-top",
        "padding-right",
        "padding-bottom",
        "padding-left",
        "border",
        "border-top",
        "border-right",
        "border-bottom",
        "border-left",
        "border-color",
        "border-style",
        "border-width",
        "border-collapse",
        "border-spacing",
        "border-radius",
        "width",
        "height",
        "max-width",
        "min-width",
        "max-height",
        "min-height",
        "display",
        "float",
        "clear",
        "list-style-type",
        "table-layout",
        "caption-side",
        "empty-cells",
    ]
)
_COLOUR: Final = re.compile(r"\s*(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,25}|rgba?\([0-9.,%\s]{1,40}\))\s*(?:!important)?\s*", re.IGNORECASE)
_HARMLESS_FUNCTION: Final = re.compile(r"(?:rgba?|hsla?)\([0-9a-z.,%/\s]{1,50}\)", re.IGNORECASE)
_REMOTE: Final = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_REMOTE_STYLE: Final = re.compile(r"url\(\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeHtml:
    """What may be put into the frame. `remote_images` were left out; `missing_images` point to files the mail does not have; `cut` if it was too much."""

    html: str
    remote_images: int = 0
    missing_images: int = 0
    cut: bool = False


def safe(html: str, *, cids: Mapping[str, str], remote_images: bool) -> SafeHtml:
    """The HTML for the agent's frame. `cids` says where each embedded file (by its Content-ID) is to be had."""
    bearable = bounded(html)
    images = _Images(cids=cids, remote=remote_images)
    cleaned = nh3.clean(
        bearable.html,
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes={tag: set(_EVERYWHERE | _ATTRIBUTES.get(tag, frozenset())) for tag in _TAGS},
        attribute_filter=images.filtered,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    return SafeHtml(html=cleaned, remote_images=images.left_out, missing_images=images.missing, cut=bearable.cut)


@dataclass(slots=True, kw_only=True)
class _Images:
    """Decides on every attribute, and counts the pictures that stay away."""

    cids: Mapping[str, str]
    remote: bool
    left_out: int = 0
    missing: int = 0
    _folded: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._folded = {cid.strip("<>").lower(): place for cid, place in self.cids.items()}

    def filtered(self, _tag: str, attribute: str, value: str) -> str | None:
        """The value an attribute may have; None for none."""
        match attribute:
            case "src":
                return self._source(value)
            case "background":
                self.left_out += bool(_REMOTE.match(value))
                return None
            case "style":
                return self._style(value)
            case "href":
                return value if re.match(r"\s*(?:https?|mailto|tel):", value, re.IGNORECASE) else None
            case _:
                return value

    def _source(self, value: str) -> str | None:
        value = value.strip()
        if value[:4].lower() == "cid:":
            wanted = value[4:].strip("<>")
            place = self.cids.get(wanted) or self._folded.get(unquote(wanted).strip("<>").lower())
            self.missing += place is None
            return place
        if not _REMOTE.match(value):
            return None
        self.left_out += not self.remote
        return value if self.remote else None

    def _style(self, value: str) -> str | None:
        """Declarations that load nothing and hide nothing behind escapes; a plain background colour by its own name."""
        self.left_out += len(_REMOTE_STYLE.findall(value))
        if "\\" in value or "/*" in value or "@" in value:
            return None
        kept: list[str] = []
        for declaration in value.split(";"):
            name, _, said = declaration.partition(":")
            name = name.strip().lower()
            if name == "background":
                if not (colour := _COLOUR.fullmatch(said)):
                    continue
                name, said = "background-color", colour[1]
            if "(" in _HARMLESS_FUNCTION.sub("", said) or (name.startswith("margin") and "-" in said) or not said.strip():
                continue
            kept.append(f"{name}:{said.strip()}")
        return ";".join(kept) or None


def as_html(text: str) -> str:
    """A plain text as a piece of HTML that looks like it."""
    return f'<div style="white-space:pre-wrap">{escape(text, quote=False)}</div>'
