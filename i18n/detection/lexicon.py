"""Which words are at home in which language, and how much more in one than in another.

The lists are those of the `wordfreq` package (word frequencies from several corpora, CC BY-SA 4.0), read from where it is
installed; none of them is stored here. Only its files are read: importing it would load tokenisers nobody asks. A
million words as a dictionary would take hundreds of megabytes, so a word is a number in a sorted array and a row of
bytes: how many times rarer it is than in the language where it is commonest, and whether the language's list has it.
"""

import gzip
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from i18n.detection.languages import INDEX

Bytes = npt.NDArray[np.uint8]

_LISTED: Final = "en es fr de it pt nl pl cs sk hu ro bg sl uk ru tr ar fa ur vi id ms fil sv da fi lv lt ca"
_LISTS: Final = {**{tag: (tag,) for tag in _LISTED.split()}, "nb": ("no",), "sh": ("hr", "sr")}
_UNLISTED: Final = ("et",)  # has no list, and is to lose nothing by it

_LIST_MAX: Final = 24_000  # words of a list
_WORDS_MAX: Final = 40  # words of a text
_WORDS: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

# Rarity is stored in quarters of the centibels the lists count in, so that it fits a byte.
_QUARTER: Final = 4
_ABSENT: Final = 900 // _QUARTER
_ABSENT_UNLISTED: Final = 800 // _QUARTER
_RAREST: Final = 300 // _QUARTER  # a thousand times rarer says as much as a million times
_PRESENT: Final = 128
_PER_POWER: Final = 100 / _QUARTER

# The file's layout: a header, then the words of each centibel of rarity.
_LIST: Final = msgspec.msgpack.Decoder(list[dict[str, str | int] | list[str]])

_TO_CYRILLIC: Final = str.maketrans("abcčćdđefghijklmnoprsštuvzž", "абцчћдђефгхијклмнопрсштувзж")


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """`keys` are the words' hashes, sorted; `rows` say per word and list how rare it is, beside whether it is there."""

    keys: npt.NDArray[np.int64]
    rows: Bytes
    columns: npt.NDArray[np.intp]

    def look_up(self, text: str) -> tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """How many words the text has, and per list: powers of ten it is behind the best, words it has."""
        words = _WORDS.findall(text.lower())[:_WORDS_MAX]
        hashes = np.array([hash(word) for word in words], np.int64)
        places = self.keys.searchsorted(hashes)
        places[places == len(self.keys)] = 0
        rows = self.rows[places[self.keys[places] == hashes]]
        behind = (rows & (_PRESENT - 1)).sum(axis=0, dtype=np.float64)
        behind /= _PER_POWER
        return len(words), behind, (rows >= _PRESENT).sum(axis=0, dtype=np.float64)


@cache
def lexicon() -> Lexicon | None:
    """The lists as one table, read once; None where wordfreq is not installed."""
    folder = _folder()
    if folder is None:
        return None
    tags = [*(tag for listed in _LISTS.values() for tag in listed), *_UNLISTED]
    hashes, rarities, members = [], [], []
    for name, listed in _LISTS.items():
        words, rarity = _read(folder / f"small_{name}.msgpack.gz")
        for tag in listed:
            written = [*words, *map(_cyrillic, words)] if tag == "sr" else words
            hashes.append(np.fromiter(map(hash, written), np.int64, len(written)))
            rarities.append(np.tile(rarity, len(written) // len(words)))
            members.append(np.full(len(written), tags.index(tag), np.uint8))
    keys, rows = np.unique(np.concatenate(hashes), return_inverse=True)
    table = np.full((len(keys), len(tags)), _ABSENT, np.uint8)
    table[:, [tags.index(tag) for tag in _UNLISTED]] = _ABSENT_UNLISTED
    joined, members_of = np.concatenate(rarities), np.concatenate(members)
    # a word that several spellings of a list share keeps the commonest: written last
    order = np.argsort(-joined.astype(np.int16), kind="stable")
    table[rows[order], members_of[order]] = joined[order]
    present = np.zeros_like(table)
    present[rows, members_of] = _PRESENT
    table -= table.min(axis=1, keepdims=True)
    np.minimum(table, _RAREST, out=table)
    table |= present
    return Lexicon(keys, table, np.array([INDEX[tag] for tag in tags]))


def _folder() -> Path | None:
    try:
        found = find_spec("wordfreq")
    except (ImportError, ValueError):
        return None
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "data"
    return folder if folder.is_dir() else None


def _read(path: Path) -> tuple[list[str], Bytes]:
    """The commonest words of a list, and how rare each is."""
    with gzip.open(path) as file:
        groups = _LIST.decode(file.read())
    words: list[str] = []
    rarity: list[int] = []
    for centibels, group in enumerate(groups[1:]):
        words += list(group)
        rarity += [min(centibels // _QUARTER, _ABSENT)] * len(group)
        if len(words) >= _LIST_MAX:
            break
    return words, np.array(rarity, np.uint8)


def _cyrillic(word: str) -> str:
    """Serbo-Croatian in the other of its two scripts."""
    return word.replace("lj", "љ").replace("nj", "њ").replace("dž", "џ").translate(_TO_CYRILLIC)
