"""Languages outside the catalogues.

A customer who writes Afrikaans is no customer who writes Dutch. Such a language is named only where pycld2, asked about
all it knows, names it in a text that is long enough, names none of ours beside it, and our own model says the same, or
nearly the same of a text whose words none of our languages has.
"""

from functools import cache
from typing import Any, Final

import numpy as np

from i18n import tags
from i18n.detection.detectors import Features, pycld2_module
from i18n.detection.languages import COLUMN, INDEX
from i18n.detection.lexicon import lexicon
from i18n.detection.ngrams import NgramModel
from i18n.detection.scripts import MASKS

CONFIDENCE: Final = 0.93
ASKED: Final = "pycld2"
"""The library that has to take part."""
_LENGTH_MIN: Final = 15
_LENGTH_UNKNOWN: Final = 40  # of a language our own model has never read
_UNKNOWN_SURE: Final = 0.3
_CLOSE: Final = 4
_NEARLY: Final = 0.4
_CLOSE_KNOWN_MAX: Final = 0.75
_FAR_KNOWN_MAX: Final = 0.6
_UNKNOWN_KNOWN_MAX: Final = 0.35
_ROMANISED: Final = "hi-Latn"
_ENGLISH: Final = INDEX["en"]
_ROMANISED_SURE: Final = 0.25
_NOT_WRITTEN_TO_US: Final = frozenset({"un", "la", "xxx", "zxx"})


def suspected(text: str, pycld2: Features) -> bool:
    """Whether it is worth asking: the quick library named none of ours in a text long enough to mean it."""
    return len(text) >= _LENGTH_MIN and not np.count_nonzero(pycld2[:, 0])


def language(text: str, script: str, model: NgramModel) -> str | None:
    """The language outside ours that this is; None if it is one of ours, or nobody can tell."""
    cld2 = pycld2_module()
    if cld2 is None or len(text) < _LENGTH_MIN:
        return None
    named, reliable = _named_by(cld2, text)
    tag = None if named is None or named in COLUMN or named in _NOT_WRITTEN_TO_US else _canonical(named)
    if tag is None or script == "Deva":
        return tag  # Nepali and Marathi are no Hindi; our model reads no Devanagari
    best = model.best(text, MASKS[script], _CLOSE)
    if best[0][0] == tag:
        return tag
    if tag in model.names:
        sure = next((weight for name, weight in best if name not in COLUMN and name == tag), 0.0)
        most = _CLOSE_KNOWN_MAX if sure >= _NEARLY * best[0][1] else _FAR_KNOWN_MAX
        return tag if sure and _known_share(text) < most else None
    strange = reliable and len(text) >= _LENGTH_UNKNOWN and best[0][1] < _UNKNOWN_SURE
    return tag if strange and _known_share(text) < _UNKNOWN_KNOWN_MAX else None


def _known_share(text: str) -> float:
    """The share of its words that one of our languages has; all where nobody can look."""
    words = lexicon()
    if words is None:
        return 1.0
    count, _, present = words.look_up(text)
    return float(present.max()) / count if count else 1.0


def romanised_hindi(text: str, model: NgramModel) -> bool:
    """Whether our model takes a text in Latin letters for Hindi: no library knows it."""
    if len(text) < _LENGTH_MIN or _ROMANISED not in model.names:
        return False
    scores = model.scores(text)
    if scores[model.names.index(_ROMANISED)] < scores[_ENGLISH]:
        return False
    name, sure = model.best(text, MASKS["Latn"], 1)[0]
    return name == _ROMANISED and sure >= _ROMANISED_SURE


def _named_by(cld2: Any, text: str) -> tuple[str | None, bool]:
    try:
        reliable, _, details = cld2.detect(text, isPlainText=True, bestEffort=True)
    except cld2.error:
        return None, False
    return str(details[0][1]), bool(reliable)


@cache
def _canonical(code: str) -> str | None:
    try:
        return tags.canonical(code)
    except tags.InvalidTag:
        return None
