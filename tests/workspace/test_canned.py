"""Variables of canned replies."""

from __future__ import annotations

from contact_hub.workspace import fields, fill


def test_variables_are_found_in_order_and_once() -> None:
    assert fields("{customer}, {?what was arranged} {customer} {{not}} {persona}") == ("customer", "?what was arranged", "persona")


def test_known_values_are_filled_and_unknown_ones_stay_to_be_seen() -> None:
    text = fill("مرحبًا {customer}، معك {persona}. {?ما تم ترتيبه} {{x}}", {"customer": "דוד", "persona": "Layla"})

    assert text == "مرحبًا דוד، معك Layla. {?ما تم ترتيبه} {x}"


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill("{customer}", {"customer": "{persona}", "persona": "X"}) == "{persona}"
