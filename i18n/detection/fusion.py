"""One probability per language from what several libraries say.

A log-linear model: each feature has one weight per length of text, shared by all languages, and a small one of each
language beside it, since one library is to be trusted with Danish and another with Malay; each language has a bias; the
script rules languages out. Fitted by `bench/fit_languages.py` for the sets of libraries that may be present, so that a
missing library costs accuracy and not the answer.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from i18n.detection import ngrams
from i18n.detection.detectors import WIDTHS, Features
from i18n.detection.languages import LANGUAGES
from i18n.detection.ngrams import NgramModel
from i18n.detection.scripts import MASKS

LENGTHS: Final = (4, 8, 15, 30, 60)
"""The upper ends of the length classes, in characters read; the last class is open."""

PARAMETERS: Final = Path(__file__).parents[1] / "data" / "detection.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """What was fitted for one set of libraries: a weight a feature per length class and per language, which are added, and a bias per language."""

    by_length: npt.NDArray[np.float32]
    by_language: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    _tables: npt.NDArray[np.float32] = field(init=False, repr=False)
    """By length class, language and feature."""
    _starts: Mapping[str, npt.NDArray[np.float64]] = field(init=False, repr=False)
    """By script: the bias, and what rules languages out."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tables", self.by_length[:, None, :] + self.by_language[None, :, :])
        object.__setattr__(self, "_starts", {script: mask + self.bias for script, mask in MASKS.items()})

    def scores(self, read: Sequence[Features], length: int, script: str) -> npt.NDArray[np.float64]:
        """A score per language; higher is likelier."""
        joined = read[0] if len(read) == 1 else np.concatenate(read, axis=1)
        scores: npt.NDArray[np.float64] = np.vecdot(joined, self._tables[bisect_left(LENGTHS, length)]) + self._starts[script]
        return scores


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """All that was fitted: weights by set of libraries (named in the order of WIDTHS, with `ngrams`), and our own model."""

    sets: Mapping[tuple[str, ...], Weights]
    model: NgramModel

    def set_for(self, here: Sequence[str]) -> tuple[str, ...]:
        """The largest fitted set among those that are here; of equals the one with the more telling libraries."""
        fitting = [names for names in self.sets if set(names).issubset(here)]
        return max(fitting, key=lambda names: (len(names), [name in names for name in WIDTHS]), default=())


@cache
def shipped() -> Fitted:
    """What comes with the product."""
    stored: dict[str, dict[str, Any]] = json.loads(PARAMETERS.read_text(encoding="utf-8"))["sets"]
    return Fitted({tuple(names.split("+")): _weights(names, fitted) for names, fitted in stored.items()}, ngrams.shipped())


def _weights(names: str, stored: Mapping[str, Any]) -> Weights:
    by_length = np.array(stored["by_length"], dtype=np.float32)
    by_language = np.array([stored["by_language"][tag] for tag in LANGUAGES], dtype=np.float32)
    bias = np.array([stored["bias"].get(tag, 0.0) for tag in LANGUAGES], dtype=np.float32)
    width = sum(WIDTHS[name] for name in names.split("+"))
    assert by_length.shape == (len(LENGTHS) + 1, width), "i18n/data/detection.json does not fit this code: run bench.fit_languages"
    return Weights(by_length, by_language, bias)


def probabilities(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scores as probabilities."""
    raised: npt.NDArray[np.float64] = np.exp(scores - scores[scores.argmax()])
    raised /= raised.dot(_ONES)
    return raised


_ONES: Final = np.ones(len(LANGUAGES))
