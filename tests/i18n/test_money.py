"""Money is counted in whole smallest units, and only in money that is in use."""

from decimal import Decimal

import pytest

from i18n.money import decimals, in_smallest_units, is_currency


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("4.20", "EUR", 420),
        ("4.2", "USD", 420),
        ("0", "GBP", 0),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("1E+3", "EUR", 100_000),
    ],
)
def test_an_amount_is_a_whole_number_of_smallest_units(amount: str, currency: str, units: int) -> None:
    assert in_smallest_units(Decimal(amount), currency) == units


@pytest.mark.parametrize(("amount", "currency"), [("4.205", "EUR"), ("0.5", "JPY")])
def test_a_fraction_of_the_smallest_unit_is_no_amount(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        in_smallest_units(Decimal(amount), currency)


def test_currencies_have_the_decimals_people_use() -> None:
    assert (decimals("EUR"), decimals("JPY"), decimals("KWD")) == (2, 0, 3)


@pytest.mark.parametrize("code", ["EUR", "USD", "GBP", "PHP", "INR", "TRY", "JPY"])
def test_money_in_use_is_known(code: str) -> None:
    assert is_currency(code)


@pytest.mark.parametrize("code", ["DEM", "eur", "EURO", "XXX", "XAU", ""])
def test_money_of_yesterday_and_what_is_no_money_is_not(code: str) -> None:
    assert not is_currency(code)
