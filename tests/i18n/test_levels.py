"""Levels of a language are ordered, and written as people write them."""

import pytest

from i18n.levels import Level


def test_levels_compare_and_native_is_above_all() -> None:
    assert Level.A1 < Level.B2 < Level.C2 < Level.NATIVE


@pytest.mark.parametrize(("text", "level"), [("B2", Level.B2), ("native", Level.NATIVE), (" c1 ", Level.C1)])
def test_levels_are_read_in_any_case(text: str, level: Level) -> None:
    assert Level.parse(text) is level
    assert Level.parse(level.label) is level


def test_nonsense_names_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="A1, A2, B1, B2, C1, C2, native"):
        Level.parse("fluent")
