"""Card numbers never reach a row; what only looks like one stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.privacy.masking import mask_cards


@pytest.mark.parametrize(
    "written",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5500\u00a00000\u00a00000\u00a00004",
        "3782 822463 10005",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "６２０００００００００００００５",
    ],
)
def test_card_numbers_are_masked_to_their_last_four(written: str) -> None:
    masked = mask_cards(f"بطاقتي {written}, danke")
    assert written not in masked
    assert masked.count("•") == sum(character.isdecimal() for character in written) - 4
    assert masked.endswith(", danke")


@pytest.mark.parametrize(
    "written",
    [
        "4111111111111112",  # fails Luhn
        "1234567812345670",  # no issuer
        "order 20261121-000017",
        "DE89370400440532013000",
        "+49 30 901820 5555",
        "411111111111111111111",  # longer than any card
        "2026-11-21 10:11:12",
    ],
)
def test_other_numbers_stay(written: str) -> None:
    assert mask_cards(written) == written


@given(st.text(max_size=200))
def test_masking_is_idempotent_and_keeps_length(text: str) -> None:
    masked = mask_cards(text)
    assert mask_cards(masked) == masked
    assert len(masked) == len(text)
