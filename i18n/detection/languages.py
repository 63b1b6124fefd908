"""Which languages detection tells apart, and by what name each library knows them."""

from collections.abc import Mapping
from typing import Final

_IN_ORDER: Final = "en es fr de it pt nl pl cs sk hu ro bg hr sr sl uk ru tr ar he fa hi bn ur ta te ml th vi id ms fil ja ko zh sv da no fi el et lv lt ca"

LANGUAGES: Final = tuple(_IN_ORDER.split())
"""The languages of the catalogues, in the order of the fitted parameters."""

INDEX: Final[Mapping[str, int]] = {tag: index for index, tag in enumerate(LANGUAGES)}

# What libraries call ours. Bosnian and Serbo-Croatian are read as Croatian, which shares their Latin letters;
# Norwegian is one language here.
_ALIASES: Final = {
    "tl": "fil",
    "iw": "he",
    "in": "id",
    "nb": "no",
    "nn": "no",
    "bs": "hr",
    "sh": "hr",
    "zh-Hant": "zh",
    "zh-cn": "zh",
    "zh-tw": "zh",
}

COLUMN: Final[Mapping[str, int]] = {**INDEX, **{name: INDEX[tag] for name, tag in _ALIASES.items()}}
"""A library's code → our column; a code that is not here is a language we do not tell apart."""
