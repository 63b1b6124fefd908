"""French signs keep their space, and the space keeps them on the line."""

import pytest

from i18n.typography import FULL, NARROW, spaced


@pytest.mark.parametrize("sign", ["?", "!", ";", "%"])
def test_french_sets_a_narrow_space_before_high_signs(sign: str) -> None:
    assert spaced(f"Vraiment {sign}", "fr") == f"Vraiment{NARROW}{sign}"
    assert spaced(f"Vraiment{NARROW}{sign}", "fr-BE") == f"Vraiment{NARROW}{sign}"


def test_french_sets_a_full_space_at_colons_and_quotation_marks() -> None:
    assert spaced("Chat : « {text} »", "fr") == f"Chat{FULL}: «{FULL}{{text}}{FULL}»"


def test_what_stands_without_a_space_is_no_sentence() -> None:
    assert spaced("à 09:00, sur https://a.example/?b", "fr") == "à 09:00, sur https://a.example/?b"


def test_other_languages_write_no_such_space() -> None:
    assert spaced("Really ? « so »", "en") == "Really ? « so »"
