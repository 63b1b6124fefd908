"""HTML of strangers: made safe for the agent's frame, and made readable as text."""

from __future__ import annotations

import re
from html import escape, unescape


def as_html(text: str) -> str:
    """A plain text as a piece of HTML that looks like it."""
    return f'<div style="white-space:pre-wrap">{escape(text, quote=False)}</div>'


def text_of(html: str) -> str:
    """The text."""
    return unescape(re.sub(r"<[^<>]*>", " ", html))
