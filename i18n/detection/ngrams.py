"""Our own small model: which runs of letters are at home in which language.

Every run of one to five letters and every word of a text falls into one of 65,536 boxes; each box holds a weight per
language, and the weights of a text's boxes are added up. `bench/fit_languages.py` fits them by logistic regression and
stores them in a byte each. It knows the words of the texts it was fitted on better than any library does, and little
else, so it never answers alone: `fusion` weighs it with the others. Beside our languages it knows some outside them.
"""

import zlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from i18n.detection.languages import COLUMN, LANGUAGES

PARAMETERS: Final = Path(__file__).parents[1] / "data" / "ngrams.npz"
BOXES_LOG2: Final = 16
ORDERS: Final = 5
_READ_MAX: Final = 100  # letters; the libraries have long been sure by then
_WORD_MAX: Final = 40

_LETTER: Final = np.uint64(0x9E3779B97F4A7C15)
_STEP: Final = np.uint64(0xD6E8FEB86659FD93)
_STIR: Final = np.uint64(0xFF51AFD7ED558CCD)
_LAST: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT: Final = np.uint64(64 - BOXES_LOG2)
_WORD: Final = np.uint64(0x632BE59BD9B4E019)


def boxes(text: str) -> npt.NDArray[np.int64]:
    """The boxes of a text's letters, runs of letters and words, each as often as it occurs."""
    padded = f" {text[:_READ_MAX].lower()} "
    letters = np.frombuffer(padded.encode("utf-32-le", "replace"), np.uint32) * _LETTER
    run = letters
    found = [run[1:-1]]
    for length in range(2, min(ORDERS, len(letters)) + 1):
        run = (run[:-1] * _STEP) ^ letters[length - 1 :]
        run *= _STIR
        found.append(run)
    words = [zlib.crc32(word[:_WORD_MAX].encode("utf-8", "replace")) for word in padded.split()]
    found.append(np.array(words, np.uint64) * _WORD)
    joined = np.concatenate(found)
    joined *= _LAST
    joined >>= _SHIFT
    return joined.view(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class NgramModel:
    """Weights by box and language, whole numbers that fit a byte, and a scale per language; `names` are ours and some outside ours.

    They are stored in a byte each and held in four: so adding them up is a product, which is fast, and still exact.
    """

    names: tuple[str, ...]
    table: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]

    def scores(self, text: str) -> npt.NDArray[np.float32]:
        """A score for each of `names`; higher is likelier."""
        return _scores(self, text)

    def best(self, text: str, mask: npt.NDArray[np.float64], places: int) -> list[tuple[str, float]]:
        """The likeliest of all `names`, ours only where `mask` lets them, with the model's own idea of how likely."""
        scores = self.scores(text).astype(np.float64)
        scores[: len(mask)] += mask
        raised = np.exp(scores - scores.max())
        raised /= raised.sum()
        return [(self.names[column], float(raised[column])) for column in np.argsort(-raised, kind="stable")[:places].tolist()]

    @classmethod
    def of(cls, names: tuple[str, ...], weights: npt.NDArray[np.float32]) -> "NgramModel":
        """From weights as they were fitted."""
        scale = (np.maximum(np.abs(weights).max(axis=0), 1e-6) / 127).astype(np.float32)
        return cls(names, np.round(weights / scale), scale)

    def write(self, path: Path) -> None:
        """As `read` expects it: a language after the other, which packs better."""
        by_language = np.ascontiguousarray(self.table.T.astype(np.int8))
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, names=np.array(self.names), scale=self.scale, by_language=by_language)

    @classmethod
    def read(cls, path: Path) -> "NgramModel":
        """From the file the fitting wrote."""
        with np.load(path, allow_pickle=False) as stored:
            table = np.ascontiguousarray(stored["by_language"].T, dtype=np.float32)
            return cls(tuple(str(name) for name in stored["names"]), table, stored["scale"])


_ONES: Final = np.ones((ORDERS + 1) * (_READ_MAX + 2), np.float32)


@lru_cache(maxsize=4)
def _scores(model: NgramModel, text: str) -> npt.NDArray[np.float32]:
    """Remembered for a moment, since fusion and the look outside ask about the same text."""
    places = boxes(text)
    summed: npt.NDArray[np.float32] = _ONES[: len(places)] @ model.table.take(places, axis=0)
    summed *= model.scale
    summed *= np.float32(len(places) ** -0.5)
    summed.flags.writeable = False
    return summed


@cache
def shipped() -> NgramModel:
    """The model that comes with the product."""
    model = NgramModel.read(PARAMETERS)
    assert model.names[: len(LANGUAGES)] == LANGUAGES, "i18n/data/ngrams.npz does not fit this code: run bench.fit_languages"
    assert all(name not in COLUMN for name in model.names[len(LANGUAGES) :])
    return model
