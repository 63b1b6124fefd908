"""Groups of countries that rules on data speak of, and the countries that make them up.

Treaties change slowly and never by themselves, so the table stands here and not in a library. Members as of 1 February 2020, when the
United Kingdom left, still current on 22 November 2026. Sources: EU, the Treaty on European Union, Article 52; EEA, the Agreement on
the European Economic Area, which joins Iceland, Liechtenstein and Norway to it. Territories with a code of their own (Réunion is RE,
the Faroes are FO) are in no group: whether a rule holds there is for its author to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

# fmt: off
_EU: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on

GROUPS: Final[Mapping[str, frozenset[str]]] = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}}
"""The name of each group with its countries (ISO 3166-1 alpha-2)."""


def countries_in(names: Iterable[str]) -> frozenset[str]:
    """Countries and groups as countries alone."""
    return frozenset().union(*(GROUPS.get(name, {name}) for name in names))
