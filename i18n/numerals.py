"""Numbers in the reader's digits: CLDR's grouping and separators, the locale's own signs and numerals.

Babel keeps Latin digits, ASCII's minus and ASCII's percent sign everywhere; here they become the locale's: Persian writes ‎−۱۲٪. Readers may ask
for other digits in their tag (`ar-u-nu-latn`, BCP 47 U extension).
"""

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final

from babel import numbers

from i18n import tags

_ZEROS: Final = {
    "adlm": 0x1E950,
    "arab": 0x0660,
    "arabext": 0x06F0,
    "beng": 0x09E6,
    "cakm": 0x11136,
    "deva": 0x0966,
    "fullwide": 0xFF10,
    "gujr": 0x0AE6,
    "guru": 0x0A66,
    "khmr": 0x17E0,
    "knda": 0x0CE6,
    "laoo": 0x0ED0,
    "mlym": 0x0D66,
    "mymr": 0x1040,
    "nkoo": 0x07C0,
    "olck": 0x1C50,
    "orya": 0x0B66,
    "tamldec": 0x0BE6,
    "telu": 0x0C66,
    "thai": 0x0E50,
    "tibt": 0x0F20,
}
"""CLDR's decimal numbering systems by their zero; the other nine follow it in Unicode."""
_LATIN: Final = "latn"
_WITH_SEPARATORS: Final = frozenset({_LATIN, "arab", "arabext"})
_TABLES: Final = {system: {ord("0") + n: chr(zero + n) for n in range(10)} for system, zero in _ZEROS.items()}
DIGITS_MAX: Final = 400
"""Of one number: a float has at most 309 before its point."""


def number(value: float | Decimal, tag: str) -> str:
    """A number with the locale's grouping, separators, sign and digits."""
    with localcontext(prec=DIGITS_MAX):
        return written(numbers.format_decimal(value, locale=tags.locale(tag), numbering_system=symbols_of(tag)), tag)


def written(text: str, tag: str) -> str:
    """What Babel made of a number, with the locale's own signs and digits."""
    minus, per_cent = _signs(tag)
    return in_digits_of(text.replace("-", minus).replace("%", per_cent), tag)


def in_digits_of(text: str, tag: str) -> str:
    """The text with its Latin digits replaced by the locale's own. Babel itself keeps Latin digits everywhere."""
    table = _TABLES.get(numbering_system(tag))
    return text.translate(table) if table else text


@lru_cache(maxsize=1024)
def numbering_system(tag: str) -> str:
    """CLDR's name of the digits: those asked for in the tag, else the locale's."""
    wished = _wished(tag)
    return wished if wished == _LATIN or wished in _ZEROS else str(tags.locale(tag).default_numbering_system)


@lru_cache(maxsize=1024)
def symbols_of(tag: str) -> str:
    """The numbering system whose separators are used: digits without separators of their own take the locale's."""
    locale = tags.locale(tag)
    default = str(locale.default_numbering_system)
    system = numbering_system(tag)
    wanted = system if system in _WITH_SEPARATORS else default
    return wanted if wanted in locale.number_symbols else _LATIN


@lru_cache(maxsize=1024)
def _signs(tag: str) -> tuple[str, str]:
    symbols = tags.locale(tag).number_symbols[symbols_of(tag)]
    return str(symbols.get("minusSign", "-")), str(symbols.get("percentSign", "%"))


def _wished(tag: str) -> str | None:
    """`ar-EG-u-nu-latn` → `latn`."""
    subtags = tags.canonical(tag).split("-x-", 1)[0].split("-")
    after = subtags[subtags.index("u") :] if "u" in subtags[1:] else []
    return after[after.index("nu") + 1] if "nu" in after[:-1] else None
