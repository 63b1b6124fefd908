"""What a text is written in.

`detect` reads a text in five steps: clean it, look at its script, ask the libraries, weigh them together, add what is
known about the writer as prior probability. Everything it used is in the answer's reasons. The same text with the same
hints has the same answer, always; any string has an answer.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from i18n import tags
from i18n.detection import fusion, outside, romanised, scripts
from i18n.detection.again import goes_on
from i18n.detection.cleaning import Cleaned, clean
from i18n.detection.detectors import QUICK, WIDTHS, Features, Reader, ngrams_reader, reader
from i18n.detection.fusion import Fitted, shipped
from i18n.detection.languages import COLUMN, LANGUAGES
from i18n.detection.results import NO_HINTS, Detection, Hints, Reason, UnknownHint, readable

__all__ = [
    "DEFAULT_DETECTORS",
    "LANGUAGES",
    "Detection",
    "Detectors",
    "Hints",
    "Reason",
    "UnknownHint",
    "detect",
    "goes_on",
    "prepare",
]

_DETERMINED: Final = 0.85
_LETTERS_MIN: Final = 4  # of a Latin text: "sí", "tak" and "nej" are guesses, however sure the libraries are
_CLEAR: Final = 0.95  # so sure the quick libraries must be; measured: the others never contradict them from .9 on
_ROMANISED_READ_MAX: Final = 300
_DOUBTFUL: Final = 0.9
_SHOWN: Final = 5
_SHOWN_MIN: Final = 0.005

_SCRIPT_CONFIDENCE: Final[Mapping[str, float]] = {"hi": 0.97, "bn": 0.985, "he": 0.995}  # Marathi, Nepali, Assamese, Yiddish exist
_SCRIPT_CONFIDENCE_ELSE: Final = 0.998
_OUTSIDE_CONFIDENCE: Final = 0.95
_UNIVERSAL_GUESSES: Final[Mapping[str, str]] = {"hola": "es", "ciao": "it", "hallo": "de"}
_UNIVERSAL_CONFIDENCE: Final = 0.45

# How much of the prior probability each hint gives to what it names.
_BRAND_SHARE: Final = 0.95
_LOCALE_SHARE: Final = 0.85
_PAGE_SHARE: Final = 0.5
_STAY: Final = 0.97

_EVEN: Final = {script: fusion.probabilities(mask) for script, mask in scripts.MASKS.items()}
"""What is left to say of a script where nobody could be asked."""

_Namer = Callable[[str], str]

_NEIGHBOURS: Final = (frozenset({"hr", "sr"}), frozenset({"no", "da"}), frozenset({"id", "ms"}), frozenset({"cs", "sk"}))


@dataclass(frozen=True, slots=True)
class Detectors:
    """Which libraries take part. Those that are not installed are left out; the weights are those fitted for the rest."""

    names: tuple[str, ...] = ("eldc", "pycld2", "wordfreq", "ngrams")

    def __post_init__(self) -> None:
        unknown = [name for name in self.names if name not in WIDTHS]
        if unknown or not self.names:
            raise ValueError(f"unknown language detector {', '.join(unknown) or '(none)'}; known are {', '.join(WIDTHS)}")

    @classmethod
    def parse(cls, text: str) -> "Detectors":
        """From a setting: `eldc,pycld2,wordfreq,langdetect`. Our own model always takes part."""
        return cls(tuple(name.strip() for name in text.split(",") if name.strip()))


DEFAULT_DETECTORS: Final = Detectors()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text as the libraries get to see it."""

    cleaned: Cleaned
    script: str | None


def detect(
    text: str,
    *,
    hints: Hints | Mapping[str, object] | None = None,
    detectors: Detectors = DEFAULT_DETECTORS,
    fitted: Fitted | None = None,
) -> Detection:
    """What the text is written in, with a calibrated confidence and the reasons. Total and deterministic.

    `fitted` is what ships unless something else is being measured.
    """
    parameters = fitted or shipped()
    known = Hints.of(hints)
    made = prepare(text)
    if made.script is None:
        return Detection(tag=None, confidence=0.0, determined=False, reasons=(Reason(code="nothing_to_read"),))
    if made.script in scripts.OUTSIDE:
        return _certain(scripts.OUTSIDE[made.script], _OUTSIDE_CONFIDENCE, "script", made)
    alone = scripts.only_language(made.script)
    if (
        alone == "hi"
        and outside.ASKED in detectors.names
        and (elsewhere := outside.language(made.cleaned.text, made.script, parameters.model))
    ):
        return _certain(elsewhere, outside.CONFIDENCE, "outside", made)
    if alone is not None:
        return _certain(alone, _SCRIPT_CONFIDENCE.get(alone, _SCRIPT_CONFIDENCE_ELSE), "script", made)
    if made.script not in scripts.MASKS:
        reason = Reason(code="unsupported_script", values={"script": made.script})
        return Detection(tag=None, confidence=0.0, determined=False, reasons=(reason,), letters=made.cleaned.letters)
    if made.script == "Latn" and romanised.is_hindi(made.cleaned.text):
        return _certain("hi-Latn", romanised.CONFIDENCE, "romanised", made)
    if made.script == "Latn" and romanised.is_arabic(text[:_ROMANISED_READ_MAX]):
        return _certain("ar-Latn", romanised.CONFIDENCE, "romanised", made)
    read = _universal(made.cleaned.text) if made.cleaned.universal else _fused(made, detectors, parameters)
    return _certain(read, outside.CONFIDENCE, "outside", made) if isinstance(read, str) else _answer(made, read, known)


def prepare(text: str) -> Prepared:
    """Cleaned, in normal form, not shouted; with its dominant script."""
    cleaned = clean(text)
    if not cleaned.letters:
        return Prepared(cleaned, None)
    rest = cleaned.text
    if not rest.isascii():
        rest = unicodedata.normalize("NFC", rest)
    if rest.isupper():
        rest = rest.lower()
    if rest is not cleaned.text:
        cleaned = Cleaned(rest, cleaned.letters, cleaned.universal)
    return Prepared(cleaned, "Latn" if rest.isascii() else scripts.dominant(rest))


def _certain(tag: str, confidence: float, reason: str, made: Prepared) -> Detection:
    """An answer that needs no weighing: a script, agreement or a word list gave it."""
    found = ((tag, confidence),)
    return Detection(
        tag=tag,
        confidence=confidence,
        determined=True,
        alternatives=found,
        text_only=found,
        reasons=(Reason(code=reason, values={"language": tag, "script": made.script or ""}),),
        letters=made.cleaned.letters,
    )


def _universal(text: str) -> npt.NDArray[np.float64]:
    """Words any customer may write: a weak guess that any hint outweighs."""
    guess = next((_UNIVERSAL_GUESSES[word] for word in text.lower().split() if word in _UNIVERSAL_GUESSES), "en")
    probability = np.full(len(LANGUAGES), (1 - _UNIVERSAL_CONFIDENCE) / (len(LANGUAGES) - 1))
    probability[COLUMN[guess]] = _UNIVERSAL_CONFIDENCE
    return probability


def _fused(made: Prepared, detectors: Detectors, fitted: Fitted) -> npt.NDArray[np.float64] | str:
    """The libraries' joint opinion, or the language outside ours that they agree on.

    The quick ones are asked first; where they leave no doubt the slow ones are spared.
    """
    text, script = made.cleaned.text, str(made.script)
    read: list[Features] = []
    probability = _EVEN[script]
    for weights, readers in _stages(detectors, fitted):
        for name, look in readers:
            found = look(text, script)
            if (
                name == outside.ASKED
                and outside.suspected(text, found)
                and (elsewhere := outside.language(text, script, fitted.model))
            ):
                return elsewhere
            read.append(found)
        probability = fusion.probabilities(weights.scores(read, len(text), script))
        if probability[probability.argmax()] >= _CLEAR:
            return probability
    if script == "Latn" and probability.max() < _DOUBTFUL and outside.romanised_hindi(text, fitted.model):
        return "hi-Latn"
    return probability


@lru_cache(maxsize=16)
def _stages(detectors: Detectors, fitted: Fitted) -> tuple[tuple[fusion.Weights, tuple[tuple[str, Reader], ...]], ...]:
    """Who is asked in which order: the quick ones, then the others; with the weights for all asked so far."""
    wanted = {*detectors.names, "ngrams"}
    here = {name: found for name in WIDTHS if name in wanted and name != "ngrams" and (found := reader(name)) is not None}
    here["ngrams"] = ngrams_reader(fitted.model)
    everyone = fitted.set_for(tuple(here))
    quick = QUICK if QUICK in fitted.sets and set(QUICK).issubset(everyone) else ()
    rest = tuple(name for name in everyone if name not in quick)
    return tuple(
        (fitted.sets[asked], tuple((name, here[name]) for name in new)) for asked, new in ((quick, quick), (everyone, rest)) if new
    )


def _answer(made: Prepared, read: npt.NDArray[np.float64], hints: Hints) -> Detection:
    prior = None if hints is NO_HINTS else _prior(hints)
    weighed = read if prior is None else read * prior / (read * prior).sum()
    name = _namer(made, hints)
    ranked = _ranked(weighed, name)
    text_only = ranked if prior is None else _ranked(read, name)
    tag, confidence = ranked[0]
    short = made.script == "Latn" and made.cleaned.letters < _LETTERS_MIN
    vague = made.cleaned.universal or short
    return Detection(
        tag=tag,
        confidence=confidence,
        determined=confidence >= _DETERMINED and not (vague and prior is None),
        alternatives=ranked,
        text_only=text_only,
        reasons=_reasons(made, ranked, text_only, short=short, hinted=prior is not None, earlier=bool(hints.heard)),
        letters=0 if made.cleaned.universal else made.cleaned.letters,
    )


def _ranked(probability: npt.NDArray[np.float64], name: _Namer) -> tuple[tuple[str, float], ...]:
    first = int(probability.argmax())
    if probability[first] > 1 - _SHOWN_MIN:
        return ((name(LANGUAGES[first]), float(probability[first])),)
    best = np.argsort(-probability, kind="stable")[:_SHOWN]
    pairs = [(name(LANGUAGES[column]), float(probability[column])) for column in best.tolist()]
    return tuple(pair for place, pair in enumerate(pairs) if place == 0 or pair[1] >= _SHOWN_MIN)


def _reasons(
    made: Prepared,
    ranked: tuple[tuple[str, float], ...],
    text_only: tuple[tuple[str, float], ...],
    *,
    short: bool,
    hinted: bool,
    earlier: bool,
) -> tuple[Reason, ...]:
    tag, confidence = text_only[0]
    found = [Reason(code="universal")] if made.cleaned.universal else []
    found.append(Reason(code="detectors", values={"language": tag, "confidence": round(confidence, 3)}))
    if short:
        found.append(Reason(code="short", values={"letters": made.cleaned.letters}))
    if len(text_only) > 1 and frozenset({tags.language(tag), tags.language(text_only[1][0])}) in _NEIGHBOURS:
        found.append(Reason(code="neighbours", values={"language": tag, "other": text_only[1][0]}))
    if hinted:
        found.append(Reason(code="hints", values={"language": ranked[0][0], "confidence": round(ranked[0][1], 3)}))
    if earlier:
        found.append(Reason(code="earlier_messages"))
    return tuple(found)


@lru_cache(maxsize=1024)
def _prior(hints: Hints) -> npt.NDArray[np.float64] | None:
    """The hints as one prior probability per language; None without any. Soft: what nobody hinted at stays possible."""
    prior = np.ones(len(LANGUAGES))
    brand, browser, page = (
        _columns_of(hints.brand_languages),
        _columns_of(hints.locales),
        _columns_of((hints.page,) if hints.page else ()),
    )
    earlier = [
        (COLUMN[tags.language(tag)], weight)
        for tag, weight in hints.heard
        if readable(tag) and tags.language(tag) in COLUMN and weight > 0
    ]
    if not (brand or browser or page or earlier):
        return None
    if brand:
        prior *= _share(dict.fromkeys(brand, 1.0), _BRAND_SHARE)
    if browser:
        prior *= _share({column: 0.3**rank for rank, column in enumerate(browser)}, _LOCALE_SHARE)
    if page:
        prior *= _share({page[0]: 1.0}, _PAGE_SHARE)
    if earlier:
        heard: dict[int, float] = {}
        for column, weight in earlier:
            heard[column] = heard.get(column, 0.0) + weight
        prior *= _share(heard, _STAY * min(1.0, sum(heard.values())))
    return prior


def _share(named: Mapping[int, float], share: float) -> npt.NDArray[np.float64]:
    """`share` of the probability to the named languages by their weights, the rest to all alike."""
    spread = np.full(len(LANGUAGES), (1 - share) / len(LANGUAGES))
    total = sum(named.values())
    for column, weight in named.items():
        spread[column] += share * weight / total
    return spread


def _namer(made: Prepared, hints: Hints) -> _Namer:
    """From a language to the tag with its variant: the script shows some, hints name others."""

    def name(language: str) -> str:
        if language == "zh":
            return _chinese(made.cleaned.text, hints)
        if language == "sr" and made.script == "Latn":
            return "sr-Latn"
        return language if hints is NO_HINTS else _variants(hints).get(language, language)

    return name


def _chinese(text: str, hints: Hints) -> str:
    variant = scripts.han_variant(text)
    hinted = _variants(hints).get("zh", "zh")
    if variant is None:
        return hinted
    return hinted if hinted != "zh" and tags.script(hinted) == variant else f"zh-{variant}"


@lru_cache(maxsize=1024)
def _variants(hints: Hints) -> Mapping[str, str]:
    """Which variant of a language is meant: the browser knows best, then the page, then the brand."""
    found: dict[str, str] = {}
    page = (hints.page,) if hints.page else ()
    for said in (*hints.locales, *(tag for tag, _ in hints.heard), *page, *hints.brand_languages):
        tag = readable(said)
        if tag and tag != tags.language(tag):
            found.setdefault(tags.language(tag), tag)
    return found


@lru_cache(maxsize=1024)
def _columns_of(said: tuple[str, ...]) -> tuple[int, ...]:
    languages = [tags.language(tag) for tag in map(readable, said) if tag]
    return tuple(dict.fromkeys(COLUMN[language] for language in languages if language in COLUMN))
