"""How well languages are told apart, how sure the answers are, and what they cost.

    python -m bench.languages [--json] [--limit N] [--data FILE] [--all] [--detectors eldc,pycld2,…] [--per-language]

Unless `--all` is given only the texts are scored that the shipped weights were *not* fitted on (see
`bench/fit_languages.py`). Accuracy is in percent, every language of a kind alike. With hints: a brand speaks the
customer's language and four others, and the browser asks for the customer's language in 85 of 100 visits, else for
English; both drawn with a fixed seed. Conversations: each message of one language hears what the ones before settled.
"""

import argparse
import csv
import json
import random
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

DATA: Final = Path("../shared/data/langid/dev.tsv")
KINDS: Final = ("word", "pair", "sent", "conv", "chat", "cmd")
CALIBRATION_BINS: Final = 15
SURE: Final = 0.9
CELL_MIN: Final = 10
BROWSER_RIGHT: Final = 0.85
MISLEADING: Final = {"brand_languages": ("en", "de", "fr", "es", "ar", "it"), "locales": ("en-US", "en")}


class Text(NamedTuple):
    """One labelled text."""

    language: str
    kind: str
    text: str


class Answer(NamedTuple):
    """What came back for it."""

    asked: Text
    language: str | None
    confidence: float
    determined: bool


def read(path: Path, *, everything: bool, limit: int | None) -> list[Text]:
    """The texts to score: those held out from fitting, or all."""
    from bench.fit_languages import is_fitted

    with path.open(encoding="utf-8", newline="") as file:
        records = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = [
            Text(_folded(record["lang"]) or "", record["kind"], record["text"])
            for record in records
            if everything or not is_fitted(record["text"])
        ]
    random.Random(0).shuffle(texts)
    return texts[:limit]


def accuracy(answers: Sequence[Answer]) -> dict[str, float]:
    """Percent right per kind, every language alike; languages with hardly any text of a kind are left out of it."""
    cells: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for answer in answers:
        cells[answer.asked.kind, answer.asked.language].append(answer.language == answer.asked.language)
    found = {}
    for kind in KINDS:
        shares = [statistics.fmean(right) for (of_kind, _), right in cells.items() if of_kind == kind and len(right) >= CELL_MIN]
        if shares:
            found[kind] = round(100 * statistics.fmean(shares), 2)
    if found:
        found["mean"] = round(statistics.fmean(found.values()), 2)
    return found


def per_language(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Percent right per language and kind."""
    cells: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        cells[answer.asked.language][answer.asked.kind].append(answer.language == answer.asked.language)
    return {
        language: {kind: round(100 * statistics.fmean(right), 1) for kind, right in sorted(kinds.items())}
        for language, kinds in sorted(cells.items())
    }


def calibration_error(answers: Sequence[Answer]) -> float:
    """Mean distance between the confidence given and the share that was right, over 15 bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for answer in answers:
        right = answer.language == answer.asked.language
        bins[min(int(answer.confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append((answer.confidence, right))
    off = (
        len(pairs) * abs(statistics.fmean(sure for sure, _ in pairs) - statistics.fmean(right for _, right in pairs))
        for pairs in bins.values()
    )
    return round(sum(off) / max(1, len(answers)), 4)


def coverage(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """At confidence ≥ .9 and as `determined`: the share of texts answered, and the share of those that is right."""
    report = {}
    for kind in KINDS:
        of_kind = [answer for answer in answers if answer.asked.kind == kind]
        if not of_kind:
            continue
        sure = [answer for answer in of_kind if answer.confidence >= SURE]
        acted = [answer for answer in of_kind if answer.determined]
        report[kind] = {
            "sure_percent": _percent(len(sure), len(of_kind)),
            "right_of_sure_percent": _percent(sum(answer.language == answer.asked.language for answer in sure), len(sure)),
            "determined_percent": _percent(len(acted), len(of_kind)),
            "right_of_determined_percent": _percent(sum(answer.language == answer.asked.language for answer in acted), len(acted)),
        }
    return report


def confusions(answers: Sequence[Answer], most: int = 12) -> list[str]:
    """The commonest mistakes."""
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for answer in answers:
        if answer.language != answer.asked.language:
            counted[answer.asked.language, str(answer.language)] += 1
    worst = sorted(counted.items(), key=lambda pair: -pair[1])[:most]
    return [f"{gold} read as {said}: {count}" for (gold, said), count in worst]


def simulated_hints(text: Text, chance: random.Random) -> dict[str, tuple[str, ...]]:
    """A brand with five languages, the customer's among them, and a browser that is mostly right."""
    from i18n.detection import LANGUAGES

    others = chance.sample([tag for tag in LANGUAGES if _folded(tag) != text.language], 4)
    locale = text.language if chance.random() < BROWSER_RIGHT else "en"
    return {"brand_languages": (text.language, *others), "locales": (locale,)}


def over_messages(texts: Sequence[Text], kind: str, messages: int = 4) -> dict[str, float]:
    """Percent settled right after each of the first messages of conversations made of texts of one language and kind."""
    from i18n.detection import detect
    from i18n.settling import Evidence, LanguageState, settle

    by_language: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        if text.kind == kind:
            by_language[text.language].append(text.text)
    right: dict[int, list[bool]] = defaultdict(list)
    for language, written in by_language.items():
        for start in range(0, len(written) - messages + 1, messages):
            state: LanguageState | None = None
            for position, message in enumerate(written[start : start + messages], start=1):
                state = settle(state, Evidence.text(detect(message)))
                believed = state.beliefs[0][0] if state.beliefs else None
                right[position].append(_folded(believed) == language)
    return {str(position): round(100 * statistics.fmean(hits), 2) for position, hits in sorted(right.items())}


def first_message(texts: Sequence[Text], surroundings: Callable[[Text], dict[str, tuple[str, ...]]]) -> dict[str, float]:
    """A conversation after brand, browser and one message: how often the working language is right, settled, and right when settled."""
    from i18n.detection import detect
    from i18n.settling import Evidence, settle

    right = settled = right_of_settled = 0
    for text in texts:
        known = surroundings(text)
        state = settle(settle(None, Evidence.brand(known["brand_languages"])), Evidence.browser(known["locales"]))
        state = settle(state, Evidence.text(detect(text.text)))
        hit = _folded(state.working) == text.language
        right += hit
        settled += state.settled
        right_of_settled += hit and state.settled
    return {
        "right_percent": _percent(right, len(texts)),
        "settled_percent": _percent(settled, len(texts)),
        "right_of_settled_percent": _percent(right_of_settled, settled),
    }


def ask(texts: Iterable[Text], look: Callable[[Text], Any]) -> tuple[list[Answer], list[float]]:
    """Every text once; answers and microseconds each took."""
    answers, took = [], []
    for text in texts:
        start = time.perf_counter_ns()
        found = look(text)
        took.append((time.perf_counter_ns() - start) / 1000)
        answers.append(Answer(text, _folded(found.tag), found.confidence, found.determined))
    return answers, took


def measure(texts: list[Text], names: str | None, *, languages: bool) -> dict[str, Any]:
    """Everything at once, as one object."""
    before_mb = _resident_mb()
    start = time.perf_counter()
    from i18n.detection import DEFAULT_DETECTORS, Detectors, detect

    detectors = Detectors.parse(names) if names else DEFAULT_DETECTORS
    detect("one sentence that loads every library", detectors=detectors)
    detect("xyzzy", detectors=detectors)
    load_seconds, load_mb = time.perf_counter() - start, _resident_mb() - before_mb
    plain, took = ask(texts, lambda text: detect(text.text, detectors=detectors))
    chance = random.Random(1)
    hints = {text: simulated_hints(text, chance) for text in texts}
    hinted, _ = ask(texts, lambda text: detect(text.text, hints=hints[text], detectors=detectors))
    took.sort()
    report: dict[str, Any] = {
        "texts": len(texts),
        "detectors": list(detectors.names),
        "accuracy_percent": accuracy(plain),
        "accuracy_with_hints_percent": accuracy(hinted),
        "settled_by_first_message": {
            "brand_and_browser_fit": first_message(texts, hints.__getitem__),
            "brand_and_browser_mislead": first_message(texts, lambda _: MISLEADING),
        },
        "over_messages_percent": {kind: over_messages(texts, kind) for kind in ("word", "chat")},
        "calibration_error": {
            "all": calibration_error(plain),
            **{kind: calibration_error([a for a in plain if a.asked.kind == kind]) for kind in KINDS},
        },
        "coverage": coverage(plain),
        "microseconds": {
            "mean": round(statistics.fmean(took), 1),
            "p50": round(took[len(took) // 2], 1),
            "p99": round(took[int(len(took) * 0.99)], 1),
        },
        "load_seconds": round(load_seconds, 2),
        "memory_mb": round(load_mb),
        "confusions": confusions(plain),
    }
    if languages:
        report["per_language_percent"] = per_language(plain)
    return report


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="one JSON object on one line")
    options.add_argument("--limit", type=int, help="a random sample of so many texts")
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--all", action="store_true", help="the fitted texts too")
    options.add_argument("--detectors", help="which libraries to ask, by name")
    options.add_argument("--per-language", action="store_true")
    chosen = options.parse_args()
    texts = read(chosen.data, everything=chosen.all, limit=chosen.limit)
    if not texts:
        sys.exit(f"no texts in {chosen.data}")
    report = {
        "data": "all" if chosen.all else "held out from fitting",
        **measure(texts, chosen.detectors, languages=chosen.per_language),
    }
    print(json.dumps(report, ensure_ascii=False, indent=None if chosen.json else 1))


def _folded(tag: str | None) -> str | None:
    if tag is None:
        return None
    base = tag.split("-", 1)[0]
    return {"tl": "fil", "nb": "no", "nn": "no"}.get(base, base)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
