"""Spaces that must not break a line, where a language's typography asks for one.

French sets a space before a colon, a question mark or a percent sign and inside its quotation marks; at the end of a narrow line, and
a chat window is one, an ordinary space lets the sign fall into the next line alone. Translators write the ordinary one, since no keyboard
has the others: an import sets them right, a test keeps them right. A sign that stands at a word without any space (a time, an
address) is left as it is.
"""

import re
from typing import Final

from i18n import tags

NARROW: Final = "\u202f"
FULL: Final = "\u00a0"

_BEFORE_HIGH: Final = re.compile(r"(?<=\S)[ \u00a0\u202f]+(?=[;?!%])")
_BEFORE_COLON: Final = re.compile(r"(?<=\S)[ \u202f\u00a0]+(?=[:»])")
_INSIDE_QUOTES: Final = re.compile(r"(?<=«)[ \u202f\u00a0]+(?=\S)")


def spaced(text: str, tag: str) -> str:
    """The text with the unbreakable spaces of its language in place of ordinary ones."""
    if tags.language(tag) != "fr":
        return text
    return _INSIDE_QUOTES.sub(FULL, _BEFORE_COLON.sub(FULL, _BEFORE_HIGH.sub(NARROW, text)))
