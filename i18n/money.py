"""Currencies: which there are, and what their smallest unit is.

CLDR knows both, through Babel. A currency counts while it is legal tender somewhere, so a code of yesterday's money is refused.
Amounts are counted in whole smallest units wherever they are added or compared; `i18n.formatting.money` writes them for people.
"""

from decimal import Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision


def is_currency(code: str) -> bool:
    """Is this the ISO 4217 code of money that somebody pays with today?"""
    return code in _current()


def is_payable(amount: Decimal, currency: str) -> bool:
    """Is this a whole number of the currency's smallest unit?"""
    units = amount.scaleb(decimals(currency))
    return units == units.to_integral_value()


def in_smallest_units(amount: Decimal, currency: str) -> int:
    """4.20 EUR are 420, 500 JPY are 500. Raises ValueError for a fraction of the smallest unit."""
    if not is_payable(amount, currency):
        raise ValueError(f"{amount} {currency} is no whole number of the smallest unit")
    return int(amount.scaleb(decimals(currency)))


def decimals(currency: str) -> int:
    """How many decimals an amount has: two for the euro, none for the yen."""
    return get_currency_precision(currency)


@lru_cache(maxsize=1)
def _current() -> frozenset[str]:
    spells = (spell for spells in get_global("territory_currencies").values() for spell in spells)
    return frozenset(code for code, _, ended, tender in spells if ended is None and tender)
