"""Card numbers are masked before anything is kept.

Luhn alone is wrong: one random 16-digit string in ten passes. So a run of digits is a card only if its issuer prefix and length belong together
(ISO/IEC 7812, the networks' published ranges), its grouping is one that people write, Luhn holds, and no letter or further digit touches it.
Digits of any script and the separators people use between groups are understood.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SEPARATORS: Final = " \u00a0\u2009\u202f\u2007.-–·_/"
_RUN: Final = re.compile(rf"(?<![\w@])\d(?:[{re.escape(_SEPARATORS)}]{{0,2}}\d){{12,18}}(?![\w@])")
_DIGIT: Final = re.compile(r"\d")
_GROUPS: Final = re.compile(r"\d+")
_KEEP: Final = 4

# (prefix from, prefix to, lengths): Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Maestro, Mir, RuPay, Troy
_ISSUERS: Final = (
    ("4", "4", {13, 16, 19}),
    ("51", "55", {16}),
    ("2221", "2720", {16}),
    ("34", "34", {15}),
    ("37", "37", {15}),
    ("300", "305", {14}),
    ("36", "36", {14}),
    ("38", "39", {14}),
    ("6011", "6011", {16, 19}),
    ("644", "649", {16}),
    ("65", "65", {16, 19}),
    ("3528", "3589", {16, 19}),
    ("62", "62", {16, 17, 18, 19}),
    ("5018", "5018", {13, 14, 15, 16, 17, 18, 19}),
    ("5020", "5020", {13, 14, 15, 16, 17, 18, 19}),
    ("5038", "5038", {13, 14, 15, 16, 17, 18, 19}),
    ("6304", "6304", {13, 14, 15, 16, 17, 18, 19}),
    ("6759", "6763", {13, 14, 15, 16, 17, 18, 19}),
    ("2200", "2204", {16, 17, 18, 19}),
    ("60", "60", {16}),
    ("9792", "9792", {16}),
)


def mask_cards(text: str) -> str:
    """`text` with every card number reduced to bullets and its last four digits; anything else stays as it is.

    >>> mask_cards("my card 4111 1111 1111 1111, order 4111111111111112")
    'my card •••• •••• •••• 1111, order 4111111111111112'
    """
    if _DIGIT.search(text) is None:
        return text
    return _RUN.sub(lambda run: _masked(run.group()) if _is_card(run.group()) else run.group(), text)


def _is_card(run: str) -> bool:
    digits = "".join(str(unicodedata.decimal(character)) for character in run if character.isdecimal())
    return _issued(digits) and _luhn(digits) and _grouped([len(group) for group in _GROUPS.findall(run)])


def _issued(digits: str) -> bool:
    return any(len(digits) in lengths and low <= digits[: len(low)] <= high for low, high, lengths in _ISSUERS)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 Annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _grouped(groups: list[int]) -> bool:
    """One block, fours with a rest, the Amex 4-6-5 and Diners 4-6-4, or every digit apart."""
    fours = all(size == 4 for size in groups[:-1]) and groups[-1] <= 4
    return len(groups) == 1 or fours or groups in ([4, 6, 5], [4, 6, 4], [8, 8]) or all(size == 1 for size in groups)


def _masked(run: str) -> str:
    decimals = sum(character.isdecimal() for character in run)
    hidden, shown = 0, []
    for character in run:
        hide = character.isdecimal() and hidden < decimals - _KEEP
        hidden += hide
        shown.append("•" if hide else character)
    return "".join(shown)
