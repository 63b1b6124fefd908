"""Whether a message goes on in the language that its conversation is held in, at one quick look.

Nearly all do, and where the language is beyond doubt (`settling.certain`) a message that says so once more changes nothing. One library in C, asked for its
verdict instead of its features, sees it in most of them; of whatever it does not, `detect` takes a proper look. docs/languages.md says how often it is wrong.
"""

from typing import Final

from i18n import tags
from i18n.detection.detectors import pycld2_module
from i18n.detection.languages import COLUMN

_ASKED: Final = "pycld2"
_READ_MAX: Final = 600
_SHARE_MIN: Final = 97
_SCORE_MIN: Final = 600

_TAKEN_FOR_EACH_OTHER: Final = frozenset({"bg", "bs", "cs", "da", "hr", "id", "ms", "nn", "no", "sk", "sr", "zh"})
"""The library is sure of itself among these where it should not be, or cannot tell their scripts apart; those who write them are always read properly."""


def goes_on(text: str, tag: str, *, detectors: tuple[str, ...] = (_ASKED,)) -> bool:
    """True where `text` is, without any doubt, in the language of `tag`; False says nothing. `detectors` are those that take part."""
    language = tags.language(tag)
    if _ASKED not in detectors or language not in COLUMN or language in _TAKEN_FOR_EACH_OTHER:
        return False
    library = pycld2_module()
    if library is None:
        return False
    try:
        reliable, _, found = library.detect(text[:_READ_MAX], isPlainText=True)
    except (library.error, UnicodeError):
        return False
    _, code, share, score = found[0]
    return bool(reliable and code == language and share >= _SHARE_MIN and score >= _SCORE_MIN)
