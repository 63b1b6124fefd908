"""Which scripts a text is written in, and what that alone says about its language.

A script that serves one language answers without any detector; one that serves several narrows the field. Scripts
outside the catalogues' languages are named, so that Kannada is not taken for Arabic with confidence.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from i18n.detection.languages import INDEX, LANGUAGES

_READ_MAX: Final = 240

# Unicode in blocks of 128: coarse, and enough for letters in use today.
_BLOCKS: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "Latn": ((0x0000, 0x02FF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA700, 0xA7FF), (0xFF00, 0xFF5F)),
    "Grek": ((0x0380, 0x03FF), (0x1F00, 0x1FFF)),
    "Cyrl": ((0x0400, 0x04FF), (0x1C80, 0x1CFF)),
    "Armn": ((0x0500, 0x057F),),
    "Hebr": ((0x0580, 0x05FF),),
    "Arab": ((0x0600, 0x06FF), (0x0700, 0x077F), (0x0880, 0x08FF), (0xFB80, 0xFDFF), (0xFE80, 0xFEFF)),
    "Deva": ((0x0900, 0x097F),),
    "Beng": ((0x0980, 0x09FF),),
    "Guru": ((0x0A00, 0x0A7F),),
    "Gujr": ((0x0A80, 0x0AFF),),
    "Orya": ((0x0B00, 0x0B7F),),
    "Taml": ((0x0B80, 0x0BFF),),
    "Telu": ((0x0C00, 0x0C7F),),
    "Knda": ((0x0C80, 0x0CFF),),
    "Mlym": ((0x0D00, 0x0D7F),),
    "Sinh": ((0x0D80, 0x0DFF),),
    "Thai": ((0x0E00, 0x0E7F),),
    "Laoo": ((0x0E80, 0x0EFF),),
    "Tibt": ((0x0F00, 0x0FFF),),
    "Mymr": ((0x1000, 0x107F),),
    "Geor": ((0x1080, 0x10FF),),
    "Hang": ((0x1100, 0x11FF), (0xAC00, 0xD7FF)),
    "Ethi": ((0x1200, 0x139F),),
    "Khmr": ((0x1780, 0x17FF),),
    "Mong": ((0x1800, 0x18AF),),
    "Kana": ((0x3000, 0x30FF), (0xFF60, 0xFF9F)),
    "Hani": ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323FF)),
}
_SCRIPT_OF_BLOCK: Final = {
    block: script for script, ranges in _BLOCKS.items() for low, high in ranges for block in range(low >> 7, (high >> 7) + 1)
}
# A Han character or a Hangul syllable says as much as several letters.
_DENSITY: Final[Mapping[str, int]] = {"Hani": 3, "Kana": 3, "Hang": 3}

_ALONE: Final[Mapping[str, str]] = {
    "Grek": "el",
    "Hebr": "he",
    "Beng": "bn",
    "Taml": "ta",
    "Telu": "te",
    "Mlym": "ml",
    "Thai": "th",
    "Hang": "ko",
    "Deva": "hi",
    "Kana": "ja",
}
OUTSIDE: Final[Mapping[str, str]] = {
    "Armn": "hy",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Knda": "kn",
    "Sinh": "si",
    "Laoo": "lo",
    "Tibt": "bo",
    "Mymr": "my",
    "Geor": "ka",
    "Ethi": "am",
    "Khmr": "km",
    "Mong": "mn",
}
"""Scripts of languages that have no catalogue here: named after their main language, without a detector."""

_SEVERAL: Final[Mapping[str, tuple[str, ...]]] = {
    "Hani": ("zh", "ja"),
    "Arab": ("ar", "fa", "ur"),
    "Cyrl": ("ru", "uk", "bg", "sr"),
}
_NOT_LATIN: Final = {*_ALONE.values(), "zh", "ar", "fa", "ur", "ru", "uk", "bg"}


def _mask(languages: tuple[str, ...]) -> npt.NDArray[np.float64]:
    mask = np.full(len(LANGUAGES), -40.0)  # no opinion of any library outweighs it
    mask[[INDEX[tag] for tag in languages]] = 0.0
    return mask


MASKS: Final[Mapping[str, npt.NDArray[np.float64]]] = {
    **{script: _mask((tag,)) for script, tag in _ALONE.items()},
    **{script: _mask(tags) for script, tags in _SEVERAL.items()},
    "Latn": _mask(tuple(tag for tag in LANGUAGES if tag not in _NOT_LATIN)),
}
"""Per script what is added to each language's score: nothing, or nearly everything against it."""


def only_language(script: str) -> str | None:
    """The language a script answers by itself."""
    return _ALONE.get(script)


def dominant(text: str) -> str | None:
    """The script most of the text is in; None without letters. Kana beside Han is Japanese."""
    if text and max(text) < "\u0300":
        return "Latn" if any(map(str.isalpha, text)) else None
    counts = _count(text)
    if not counts:
        return None
    if "Kana" in counts and counts["Kana"] * 5 >= counts.get("Hani", 0):
        counts["Kana"] += counts.pop("Hani", 0)
    return max(counts, key=lambda script: (counts[script], script))


def _count(text: str) -> dict[str, int]:
    letters = [letter for letter in text[:_READ_MAX] if letter.isalpha()]
    if not letters:
        return {}
    if max(letters) < "\u0300":
        return {"Latn": len(letters)}
    counts = Counter(_SCRIPT_OF_BLOCK.get(ord(letter) >> 7, "Zzzz") for letter in letters)
    return {script: count * _DENSITY.get(script, 1) for script, count in counts.items()}


def han_variant(text: str) -> str | None:
    """`Hans` or `Hant`, by the characters only one of the two classic national sets has; None if they do not say."""
    simplified = traditional = 0
    for letter in text[:_READ_MAX]:
        if "\u4e00" <= letter <= "\u9fff":
            in_big5, in_gb = _encodes(letter, "big5"), _encodes(letter, "gb2312")
            simplified += in_gb and not in_big5
            traditional += in_big5 and not in_gb
    if simplified == traditional:
        return None
    return "Hans" if simplified > traditional else "Hant"


def _encodes(letter: str, codec: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
