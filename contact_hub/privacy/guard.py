"""The outgoing guard: the last look at what an agent is about to say as the brand.

Pure. It is told what must not be named and answers with findings; `refuse` findings never leave, `warn` findings leave once the agent insists.
The types on the customer's socket cannot hold a vendor's name; this guards the one place they could still slip through, the agent's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from contact_hub.privacy.masking import mask_cards
from i18n import tags

Severity = Literal["refuse", "warn"]

_VARIABLE: Final = re.compile(r"\{\??[^{}\n]{1,80}\}|\[(?:name|order|date|amount)\]", re.IGNORECASE)
_NAME_CHARS_MIN: Final = 3
_SAME_LANGUAGE_MAX: Final = 25
"""As `i18n.tags` counts distance for writing: pt-BR and pt-PT 8, Croatian and Serbian 15; Danish and Norwegian 45, the two scripts of Chinese 40."""
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5")
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u318f\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
)
"""Scripts that put no space between words, or grow particles on names (after folding, Hangul is letters of its own): in them a name ends nowhere."""
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_LATIN: Final = "a-z0-9\u00df-\u024f"
_ANY_OTHER: Final = rf"^\W_{_UNSPACED}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` is the last part of a text key `console.guard.<code>`; `excerpt` is the agent's own text, for the agent only."""

    code: str
    severity: Severity
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What a reply may not say: words by the code they would be found under, and the language it should be in."""

    refused: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    warned: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    language: str | None = None


def inspect(text: str, voice: Voice, *, written_in: str | None = None) -> tuple[Finding, ...]:
    """All findings in `text`, refusals first. `written_in` is the detected language of the reply where that is certain, else None."""
    folded = fold(text)
    findings = [*_named(folded, voice.refused, "refuse"), *_card(text), *_named(folded, voice.warned, "warn"), *_unfilled(text)]
    if written_in and voice.language and not _same_language(written_in, voice.language):
        findings.append(Finding(code="wrong_language", severity="warn", excerpt=written_in))
    return tuple(sorted(findings, key=lambda finding: finding.severity != "refuse"))


def names(code: str, phrases: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Phrases to look for under `code`, folded; too short ones would hit everywhere and are left out."""
    return frozenset((code, folded) for phrase in phrases if _long_enough(folded := fold(phrase).strip()))


def fold(text: str) -> str:
    """Compatibility form, case folded, accents and invisible characters gone, white space single: how names are compared."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(character for character in plain if _is_seen(character)).split())


def _is_seen(character: str) -> bool:
    """Whether it is more than an accent, a direction, a joiner, a filler or a selector of shapes."""
    if character.isascii():
        return True
    unseen = unicodedata.combining(character) or unicodedata.category(character) == "Cf" or character in _FILLERS
    return not unseen and not any(ord(character) in selectors for selectors in _SELECTORS)


def _long_enough(folded: str) -> bool:
    """Three characters; of scripts whose characters are syllables, two."""
    return len(folded) >= _NAME_CHARS_MIN or (len(folded) == 2 and all(map(_IS_UNSPACED.match, folded)))


def _named(folded: str, phrases: frozenset[tuple[str, str]], severity: Severity) -> list[Finding]:
    if not phrases:
        return []
    hits = {hit.group() for hit in _pattern(phrases).finditer(folded)}
    return [Finding(code=code, severity=severity, excerpt=phrase) for code, phrase in sorted(phrases) if phrase in hits]


@lru_cache(maxsize=512)
def _pattern(phrases: frozenset[tuple[str, str]]) -> re.Pattern[str]:
    longest_first = sorted({phrase for _, phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(f"{_edge(phrase[0], '<')}{re.escape(phrase)}{_edge(phrase[-1], '')}" for phrase in longest_first))


def _edge(character: str, side: Literal["<", ""]) -> str:
    """Where a name that begins (`<`) or ends with this character is not just a part of a longer word: by the letters of its own script, since
    Japanese goes on right after a Latin name and Arabic begins right before it."""
    if _IS_UNSPACED.match(character):
        return ""
    return f"(?{side}![{_LATIN if re.match(f'[{_LATIN}]', character) else _ANY_OTHER}])"


def _card(text: str) -> list[Finding]:
    return [Finding(code="card_number", severity="refuse", excerpt="")] if mask_cards(text) != text else []


def _unfilled(text: str) -> list[Finding]:
    return [Finding(code="unfilled_variable", severity="warn", excerpt=hit.group()) for hit in _VARIABLE.finditer(text)]


def _same_language(one: str, other: str) -> bool:
    """Close enough to send without a question: variants, and what no detector tells apart (Serbian and Croatian). Not Chinese in the other script."""
    try:
        return tags.distance(one, other, use="writing") <= _SAME_LANGUAGE_MAX
    except tags.InvalidTag:
        return True  # nothing is known against it
