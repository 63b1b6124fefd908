"""Which languages the staff's pages can be read in, and which of them suits a browser.

The catalogues decide: a language is offered when its console is written. So a new translation is on the list with the next start, and the
page knows the list before anybody has signed in.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from i18n import catalogues, tags

_CONSOLE: Final = ("console.", "signin.")
_WISHES_MAX: Final = 20


@cache
def console_languages() -> tuple[str, ...]:
    """The tags the console is written in, English first."""
    return catalogues.offered(_CONSOLE)


def nearest_language(accept_language: str) -> str:
    """The console language that suits what a browser asks for best; English where none does."""
    return tags.best_match(wishes(accept_language), console_languages()) or catalogues.SOURCE


def wishes(accept_language: str) -> list[str]:
    """The tags of an `Accept-Language` header, best first (RFC 9110, 12.5.4); what cannot be read is passed over."""
    weighed = [_weighed(part) for part in accept_language.split(",")[:_WISHES_MAX]]
    wished = [(weight, tag) for tag, weight in weighed if tag not in {"", "*"} and weight > 0]
    return [tag for _, tag in sorted(wished, key=lambda wish: -wish[0])]


def _weighed(part: str) -> tuple[str, float]:
    tag, _, weight = part.partition(";")
    try:
        return tag.strip(), float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return tag.strip(), 0.0
