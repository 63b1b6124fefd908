"""Languages outside the catalogues.

A customer who writes Afrikaans is no customer who writes Dutch. Such a language is named only where two libraries, asked
about all they know, name the same one in a text that is long enough; measured on the development texts that invents a
language in one text of a thousand and finds nine foreign ones of ten.
"""

from functools import cache
from typing import Any, Final

from i18n import tags
from i18n.detection.detectors import Features, langid_model, pycld2_module
from i18n.detection.languages import COLUMN

CONFIDENCE: Final = 0.93
ASKED: Final = frozenset({"pycld2", "py3langid"})
"""The two libraries that have to agree; both must take part."""
_LENGTH_MIN: Final = 15
_NOT_WRITTEN_TO_US: Final = frozenset({"un", "la", "xxx", "zxx"})


def suspected(text: str, pycld2: Features) -> bool:
    """Whether it is worth asking: the quick library named none of ours in a text long enough to mean it."""
    return len(text) >= _LENGTH_MIN and not pycld2[:, 0].any()


def language(text: str) -> str | None:
    """The language outside ours that both libraries name; None if they do not."""
    cld2 = pycld2_module()
    model = langid_model()
    if cld2 is None or model is None or len(text) < _LENGTH_MIN:
        return None
    named = _named_by(cld2, text)
    if named is None or named in COLUMN or named in _NOT_WRITTEN_TO_US:
        return None
    return _canonical(named) if model.best_of_all(text) == named else None


def _named_by(cld2: Any, text: str) -> str | None:
    try:
        return str(cld2.detect(text, isPlainText=True, bestEffort=True)[2][0][1])
    except cld2.error:
        return None


@cache
def _canonical(code: str) -> str | None:
    try:
        return tags.canonical(code)
    except tags.InvalidTag:
        return None
