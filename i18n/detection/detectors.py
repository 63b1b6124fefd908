"""The libraries that look at a text, each behind the same small face: load once, read, give features per language.

A feature is a number per language; `fusion` weighs them. A library that is not installed, or does not load on this
machine, is left out, and detection answers with those that are there. No library is asked for its opinion alone.
Imports stand inside the loaders: a library that nobody selected costs no memory.
"""

import math
from array import array
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from i18n.detection import serbian
from i18n.detection.languages import COLUMN, INDEX, LANGUAGES
from i18n.detection.lexicon import lexicon
from i18n.detection.ngrams import NgramModel, shipped
from i18n.detection.scripts import MASKS

Features = npt.NDArray[np.float32]  # languages × features of one library
Reader = Callable[[str, str], Features]  # text, its script

_COUNT: Final = len(LANGUAGES)
_ID, _MS, _SR, _HR = INDEX["id"], INDEX["ms"], INDEX["sr"], INDEX["hr"]
_LOG_FLOOR: Final = math.log(1e-3)

WIDTHS: Final[Mapping[str, int]] = {"eldc": 4, "pycld2": 4, "wordfreq": 4, "ngrams": 3, "py3langid": 2, "langdetect": 2}
"""How many features each gives; the order in which they are weighed. `ngrams` is our own and always takes part."""

QUICK: Final = ("eldc", "pycld2")
"""The libraries in C that answer within microseconds; the others are asked where these leave doubt."""


@cache
def reader(name: str) -> Reader | None:
    """The library's reader, loaded on first use; None if it is not here."""
    try:
        return _LOADERS[name]()
    except (ImportError, OSError, RuntimeError):
        return None


@cache
def pycld2_module() -> Any:
    """pycld2; None if it is not installed or does not load on this machine."""
    try:
        import pycld2
    except (ImportError, OSError):
        return None
    return pycld2


def _eldc() -> Reader:
    """Scores between 0 and 1, independent of each other. Knows no Indonesian and no Serbian in Latin letters: both borrow."""
    import eldc

    eldc.init()
    detector = eldc.instance()
    detector.set_languages([code for code in eldc.LANGUAGES if code in COLUMN])
    detector.set_scores(8)
    details: Callable[[str], Any] = detector.detect_details
    unnamed = array("f", [0.0, 0.0, 0.0, _LOG_FLOOR] * _COUNT)
    log = math.log

    def read(text: str, script: str) -> Features:
        scores: dict[str, float] = details(text).scores
        if not scores:
            return np.zeros((_COUNT, 4), dtype=np.float32)
        cells = array("f", unnamed)
        top = max(1e-3, *scores.values())
        for code, score in scores.items():
            cell = 4 * COLUMN[code]
            held = score if 1e-3 < score < 1 - 1e-4 else min(max(score, 1e-3), 1 - 1e-4)
            cells[cell] = 1.0
            cells[cell + 1] = held
            cells[cell + 2] = log(held / (1 - held))
            cells[cell + 3] = log(held / top)
        found = np.frombuffer(cells, np.float32).reshape(_COUNT, 4)
        if found[_MS, 0] > 0:
            found[_ID] = found[_MS]
        if script == "Latn" and found[_HR, 1] > found[_SR, 1]:
            found[_SR] = found[_HR]
        return found

    return read


def _pycld2() -> Reader:
    """Up to three languages with their share of the text, and whether it trusts itself."""
    cld2 = pycld2_module()
    if cld2 is None:
        raise ImportError("pycld2")
    detect, error = cld2.detect, cld2.error
    unnamed = array("f", bytes(4 * 4 * _COUNT))

    def read(text: str, script: str) -> Features:
        cells = array("f", unnamed)
        found = np.frombuffer(cells, np.float32).reshape(_COUNT, 4)
        try:
            reliable, _, details = detect(text, isPlainText=True, bestEffort=True)
        except error:
            return found
        for rank, (_, code, share, score) in enumerate(details):
            column = COLUMN.get(code)
            if column is None:
                continue
            cell = 4 * column
            if rank == 0:
                cells[cell] = 1.0
                cells[cell + 2] = 1.0 if reliable else 0.0
            else:
                cells[cell] = cells[cell + 2] = 0.0
            cells[cell + 1] = share / 100
            cells[cell + 3] = math.log1p(max(score, 0.0)) / 7
        if script == "Latn" and found[_HR, 1] > 0 and found[_SR, 1] == 0:
            found[_SR] = found[_HR] * 0.5
        return found

    return read


class LangidModel:
    """py3langid's naïve Bayes over byte n-grams: log scores for our languages, and on demand the best of all it knows."""

    def __init__(self, langid: Any) -> None:
        identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
        classes = list(identifier.nb_classes)
        ours = sorted((place for place, code in enumerate(classes) if code in COLUMN), key=lambda place: COLUMN[classes[place]])
        others = [place for place, code in enumerate(classes) if code not in COLUMN]
        columns = [COLUMN[classes[place]] for place in ours]
        assert sorted(set(columns)) == list(range(_COUNT)), "py3langid knows every language of ours"
        self._starts = np.array([columns.index(column) for column in range(_COUNT)])
        self._other_codes = [classes[place] for place in others]
        # ours in single precision, since half floats would be widened at every call; the others are rarely looked at
        self._table = np.ascontiguousarray(identifier.nb_ptc[:, ours], dtype=np.float32)
        self._base = identifier.nb_pc[ours].astype(np.float32)
        self._other_table = np.ascontiguousarray(identifier.nb_ptc[:, others])
        self._other_base = identifier.nb_pc[others].astype(np.float32)
        self._visits = langid.visit_counts
        self._automaton = (identifier.tk_nextmove, identifier._rowbase, identifier.tk_output)

    def scores(self, encoded: bytes) -> npt.NDArray[np.float32] | None:
        """A log score per language of ours, the best of its spellings; None where it recognises nothing."""
        found = self._features(encoded)
        if found is None:
            return None
        index, counts = found
        best: npt.NDArray[np.float32] = np.maximum.reduceat(counts @ self._table[index] + self._base, self._starts)
        return best

    def best_of_all(self, text: str) -> str | None:
        """The likeliest language outside ours, if it is likelier than all of ours."""
        found = self._features(text.encode("utf-8", "ignore"))
        if found is None:
            return None
        index, counts = found
        others = counts @ self._other_table[index].astype(np.float32) + self._other_base
        best = int(others.argmax())
        return self._other_codes[best] if others[best] > (counts @ self._table[index] + self._base).max() else None

    def _features(self, encoded: bytes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]] | None:
        visits = self._visits(*self._automaton, encoded)
        if not visits:
            return None
        index = np.fromiter(visits.keys(), dtype=np.intp, count=len(visits))
        counts = np.fromiter(visits.values(), dtype=np.float32, count=len(visits))
        return index, np.log1p(counts)


@cache
def langid_model() -> LangidModel | None:
    """The model, read once; None if the library is not here."""
    try:
        from py3langid import langid
    except (ImportError, OSError):
        return None
    return LangidModel(langid)


def _py3langid() -> Reader:
    """Log scores, read relative to the best and to the length of the text."""
    model = langid_model()
    if model is None:
        raise ImportError("py3langid")

    def read(text: str, _script: str) -> Features:
        found = np.zeros((_COUNT, 2), dtype=np.float32)
        encoded = text.encode("utf-8", "ignore")
        scores = model.scores(encoded)
        if scores is None:
            return found
        scores -= scores.max()
        found[:, 0] = np.maximum(scores, -60.0) / 10
        found[:, 1] = np.maximum(scores / math.sqrt(len(encoded)), -12.0) / 3
        return found

    return read


def _langdetect() -> Reader:
    """Slow, and different at every call unless seeded; a voice among others where time allows."""
    import langdetect
    from langdetect.lang_detect_exception import LangDetectException

    langdetect.DetectorFactory.seed = 0

    def read(text: str, _script: str) -> Features:
        found = np.zeros((_COUNT, 2), dtype=np.float32)
        try:
            guesses = langdetect.detect_langs(text)
        except LangDetectException:
            return found
        found[:, 1] = -1.0
        for guess in guesses:
            column = COLUMN.get(guess.lang)
            if column is not None:
                found[column] = (guess.prob, max(math.log(max(guess.prob, 1e-4)), -9.0) / 9)
        return found

    return read


def _wordfreq() -> Reader:
    """Powers of ten each language is behind the one whose words these are, and how many of the words it has."""
    words = lexicon()
    if words is None:
        raise ImportError("wordfreq")
    nothing = np.zeros((_COUNT, 4), dtype=np.float32)

    def read(text: str, script: str) -> Features:
        if script == "Hani":
            return nothing  # no spaces, no words
        count, behind, present = words.look_up(text)
        if not count:
            return nothing
        found = np.zeros((_COUNT, 4), dtype=np.float32)
        said = np.empty((len(behind), 4))
        said[:, 0] = np.maximum(behind * (-1 / 3), -10.0)
        said[:, 1] = np.maximum(behind * (-1 / (3 * math.sqrt(count))), -4.0)
        said[:, 2] = present / count
        said[:, 3] = present >= count
        found[words.columns] = said
        return found

    return read


def ngrams_reader(model: NgramModel) -> Reader:
    """Log scores relative to the best of the script, and as probabilities; and which way a text leans that is Serbian or Croatian."""
    ours = slice(0, _COUNT)
    barred = {script: np.where(mask == 0.0, 0.0, -1000.0).astype(np.float32) for script, mask in MASKS.items()}

    def read(text: str, script: str) -> Features:
        scores = model.scores(text)[ours] + barred[script]
        best = int(scores.argmax())
        scores -= scores[best]
        raised = np.exp(scores)
        found = np.zeros((_COUNT, 3), dtype=np.float32)
        np.maximum(scores, -12.0, out=scores)
        np.multiply(scores, 1 / 3, out=found[:, 0])
        np.multiply(raised, 1 / raised.sum(), out=found[:, 1])
        if best in (_HR, _SR) and script == "Latn":
            found[_SR, 2] = serbian.lean(text)
            found[_HR, 2] = -found[_SR, 2]
        return found

    return read


_LOADERS: Final[Mapping[str, Callable[[], Reader]]] = {
    "eldc": _eldc,
    "pycld2": _pycld2,
    "wordfreq": _wordfreq,
    "ngrams": lambda: ngrams_reader(shipped()),
    "py3langid": _py3langid,
    "langdetect": _langdetect,
}
