"""Numbers in the reader's digits: CLDR's grouping and separators, and the locale's own numerals."""

from decimal import Decimal
from typing import Final

from babel import numbers

from i18n import tags

_DIGITS: Final = {
    "arab": "٠١٢٣٤٥٦٧٨٩",
    "arabext": "۰۱۲۳۴۵۶۷۸۹",
    "beng": "০১২৩৪৫৬৭৮৯",
    "deva": "०१२३४५६७८९",
    "mymr": "၀၁၂၃၄၅၆၇၈၉",
}
_TABLES: Final = {system: str.maketrans("0123456789", digits) for system, digits in _DIGITS.items()}


def number(value: float | Decimal, tag: str) -> str:
    """A number with the locale's grouping, separators and digits."""
    return in_digits_of(numbers.format_decimal(value, locale=tags.locale(tag), numbering_system="default"), tag)


def in_digits_of(text: str, tag: str) -> str:
    """The text with its Latin digits replaced by the locale's own. Babel itself keeps Latin digits everywhere."""
    table = _TABLES.get(tags.locale(tag).default_numbering_system)
    return text.translate(table) if table else text
