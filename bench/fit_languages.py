"""Fits what `i18n.detection` ships: our own model of letters (`i18n/data/ngrams.npz`) and how it is weighed with the
libraries (`i18n/data/detection.json`).

    python -m bench.fit_languages [--data ../shared/data/langid/dev.tsv] [--dry-run]

Two layers, both logistic regressions in which every kind × language counts alike. The lower one is fitted to the texts
themselves and would look too good to the upper one on the texts it has seen; so the upper one gets, for every text, the
opinion of a lower one that was fitted without the text's part (`stacked`). What ships is fitted on all texts. What it is
worth on others is measured by `python -m bench.languages`, which fits again without the part it measures, or without a source.
"""

import argparse
import csv
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize

from i18n.detection import Prepared, prepare
from i18n.detection.detectors import WIDTHS, ngrams_reader, reader
from i18n.detection.fusion import LENGTHS, PARAMETERS, Fitted, Weights
from i18n.detection.languages import COLUMN, LANGUAGES
from i18n.detection.ngrams import BOXES_LOG2, NgramModel, boxes
from i18n.detection.ngrams import PARAMETERS as NGRAMS
from i18n.detection.scripts import MASKS, only_language

DATA: Final = Path("../shared/data/langid/dev.tsv")
KINDS: Final = ("word", "pair", "sent", "conv", "chat", "cmd")
SOURCES: Final = ("massive", "tatoeba", "lingua", "ha-")
DEFAULT: Final = ("eldc", "pycld2", "wordfreq", "ngrams")
QUICK: Final = ("eldc", "pycld2")
CELL_MIN: Final = 20
CREDITS: Final = (
    "Fitted on: MASSIVE 1.1 (Amazon, CC BY 4.0), Tatoeba (CC BY 2.0 FR), Home Assistant intents (CC BY 4.0), lingua-py test data (Apache-2.0), "
    "Hinglish-TOP (CC BY 4.0). Only weights are stored here, no text of theirs."
)

PENALTY: Final = 3e-5
LANGUAGE_PENALTY: Final = 1e-4
STEPS: Final = 150

NGRAM_PENALTY: Final = 3e-6
NGRAM_RATE: Final = 0.02
NGRAM_STEPS: Final = 60
INNER_PARTS: Final = 3

Floats = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything about the texts that fitting needs. Texts a script answers alone stay out: they teach nothing."""

    gold: npt.NDArray[np.intp]
    kind: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    part: npt.NDArray[np.intp]
    text: list[str]
    script: list[str]
    mask: npt.NDArray[np.float32]
    counts: sparse.csr_matrix
    features: dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """Texts in languages outside ours, for our own model only."""

    names: tuple[str, ...]
    gold: npt.NDArray[np.intp]
    part: npt.NDArray[np.intp]
    counts: sparse.csr_matrix
    mask: npt.NDArray[np.float32]

    def only(self, chosen: Chosen) -> "Strangers":
        """The chosen ones."""
        return replace(self, gold=self.gold[chosen], part=self.part[chosen], counts=self.counts[chosen], mask=self.mask[chosen])


def part_of(text: str, parts: int = 60) -> int:
    """Which part a text belongs to, by a hash of itself: every run divides alike, and equal texts stand together."""
    return zlib.crc32(text.encode()) % parts


def records(path: Path) -> list[dict[str, str]]:
    """The labelled texts as they are."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_rows(path: Path, detectors: Sequence[str] = DEFAULT) -> Rows:
    """Every text with what the libraries say about it."""
    kept = [(record, made) for record in records(path) if _is_open(made := prepare(record["text"]))]
    texts, scripts = [made.cleaned.text for _, made in kept], [str(made.script) for _, made in kept]
    readers = {name: found for name in detectors if name != "ngrams" and (found := reader(name))}
    return Rows(
        gold=np.array([COLUMN[record["lang"]] for record, _ in kept]),
        kind=np.array([record["kind"] for record, _ in kept]),
        source=np.array([record["source"] for record, _ in kept]),
        part=np.array([part_of(record["text"]) for record, _ in kept]),
        text=texts,
        script=scripts,
        mask=np.array([MASKS[script] for script in scripts], dtype=np.float32),
        counts=_counted(texts),
        features={
            name: np.array([read(text, script) for text, script in zip(texts, scripts, strict=True)])
            for name, read in readers.items()
        },
    )


def read_strangers(path: Path) -> Strangers | None:
    """The texts outside ours, beside the others; None where they are not there."""
    if not path.exists():
        return None
    kept = [
        (record["lang"], record["text"], made)
        for record in records(path)
        if record["kind"] in {"other", "hinglish"} and (made := prepare(record["text"])).script in {"Latn", "Cyrl"}
    ]
    names = tuple(sorted({tag for tag, _, _ in kept}))
    return Strangers(
        names=names,
        gold=np.array([len(LANGUAGES) + names.index(tag) for tag, _, _ in kept]),
        part=np.array([part_of(text) for _, text, _ in kept]),
        counts=_counted([made.cleaned.text for _, _, made in kept]),
        mask=np.array([MASKS[str(made.script)] for _, _, made in kept], dtype=np.float32),
    )


def train_ngrams(rows: Rows, chosen: Chosen, strangers: Strangers | None) -> NgramModel:
    """Our own model, fitted to the chosen texts: Adam over all texts at once, few steps, so that rare runs stay near nothing."""
    counts, gold, ours = rows.counts[chosen], rows.gold[chosen], rows.mask[chosen]
    importance = _importance(rows, chosen)
    names: tuple[str, ...] = LANGUAGES
    if strangers is not None:
        names += strangers.names
        counts = sparse.vstack([counts, strangers.counts]).tocsr()
        gold = np.concatenate([gold, strangers.gold])
        ours = np.concatenate([ours, strangers.mask])
        importance = np.concatenate([importance, np.full(len(strangers.gold), importance.mean(), np.float32)])
    mask = np.zeros((len(gold), len(names)), np.float32)
    mask[:, : len(LANGUAGES)] = ours
    used = np.unique(counts.indices)
    counts = counts[:, used].tocsr()
    turned, here = counts.T.tocsr(), np.arange(len(gold))
    importance /= len(gold)
    weights = np.zeros((len(used), len(names)), np.float32)
    drift, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, NGRAM_STEPS + 1):
        scores = counts @ weights + mask
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        scores[here, gold] -= 1
        scores *= importance[:, None]
        slope = turned @ scores + np.float32(NGRAM_PENALTY) * weights
        drift = np.float32(0.9) * drift + np.float32(0.1) * slope
        spread = np.float32(0.99) * spread + np.float32(0.01) * slope * slope
        rate = NGRAM_RATE * (1 - step / (NGRAM_STEPS + 1)) / (1 - 0.9**step)
        weights -= np.float32(rate) * drift / (np.sqrt(spread * np.float32(1 / (1 - 0.99**step))) + np.float32(1e-7))
    table = np.zeros((1 << BOXES_LOG2, len(names)), np.float32)
    table[used] = weights
    return NgramModel.of(names, table)


def stacked(rows: Rows, chosen: Chosen, strangers: Strangers | None) -> tuple[NgramModel, Rows]:
    """Our own model of the chosen texts, and the rows with its opinion: of a chosen text that of one fitted without it."""
    model = train_ngrams(rows, chosen, strangers)
    opinion = _opinion(model, rows, ~chosen)
    for inner in range(INNER_PARTS):
        asked = chosen & (rows.part % INNER_PARTS == inner)
        opinion[asked] = _opinion(train_ngrams(rows, chosen & ~asked, strangers), rows, asked)[asked]
    return model, replace(rows, features={**rows.features, "ngrams": opinion})


def fit_weights(rows: Rows, detectors: Sequence[str], chosen: Chosen) -> Weights:
    """Weights by length class and by language, and biases, that make the chosen rows likeliest."""
    inputs = np.concatenate([rows.features[name][chosen] for name in detectors], axis=2)
    gold, mask = rows.gold[chosen], rows.mask[chosen]
    lengths = np.searchsorted(LENGTHS, [len(text) for text, taken in zip(rows.text, chosen, strict=True) if taken], side="left")
    importance = _importance(rows, chosen)
    importance /= importance.sum()
    classes, width, here = len(LENGTHS) + 1, inputs.shape[2], np.arange(len(gold))
    members = [np.flatnonzero(lengths == number) for number in range(classes)]
    by_class_inputs = [inputs[rows_of] for rows_of in members]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, own, bias = _parted(parameters, classes, width)
        # what a language adds of its own is held back more
        held = np.concatenate([np.full(weights.size, PENALTY), np.full(own.size, LANGUAGE_PENALTY), np.full(bias.size, PENALTY)])
        scores = np.empty(mask.shape, np.float32)
        for number, rows_of in enumerate(members):
            scores[rows_of] = by_class_inputs[number] @ weights[number].astype(np.float32)
        scores += np.vecdot(inputs, own.astype(np.float32))
        scores += bias.astype(np.float32) + mask
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        value = -(importance * np.log(scores[here, gold] + 1e-12)).sum() + (held * parameters**2).sum()
        scores[here, gold] -= 1
        scores *= importance[:, None]
        by_class = [
            np.tensordot(scores[rows_of], by_class_inputs[number], axes=([0, 1], [0, 1])) for number, rows_of in enumerate(members)
        ]
        of_language = np.einsum("tl,tlf->lf", scores, inputs).ravel()
        slope = np.concatenate([*by_class, of_language, scores.sum(axis=0)]).astype(np.float64)
        return float(value), slope + 2 * held * parameters

    start = np.zeros(classes * width + len(LANGUAGES) * (width + 1))
    start[: classes * width] = 0.3
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x.astype(np.float32)
    return Weights(*_parted(found, classes, width))


def _parted(parameters: npt.NDArray[Any], classes: int, width: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """One row of numbers as weights by length class, weights by language and biases."""
    by_length, by_language, bias = np.split(parameters, [classes * width, (classes + len(LANGUAGES)) * width])
    return by_length.reshape(classes, width), by_language.reshape(len(LANGUAGES), width), bias


def fit(rows: Rows, chosen: Chosen, strangers: Strangers | None, sets: Sequence[tuple[str, ...]] = (QUICK, DEFAULT)) -> Fitted:
    """Both layers on the chosen texts."""
    model, seen = stacked(rows, chosen, strangers)
    return Fitted({names: fit_weights(seen, names, chosen) for names in sets}, model)


def all_sets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The sets of libraries worth fitting: every set of the default ones, with and without py3langid, and langdetect with the rest or alone."""
    quick = [name for name in names if name in {"eldc", "pycld2", "wordfreq", "py3langid"}]
    subsets = [set(subset) for size in range(len(quick) + 1) for subset in combinations(quick, size)]
    if "langdetect" in names:
        subsets += [{"langdetect"}, {"langdetect", "pycld2"}, {"langdetect", *quick}, {"langdetect", *quick} - {"py3langid"}]
    ordered = [tuple(name for name in WIDTHS if name in subset or name == "ngrams") for subset in subsets]
    return [QUICK, *ordered]


def main() -> None:
    """Fit and write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--without-langdetect", action="store_true", help="it takes minutes to ask")
    options.add_argument("--main", action="store_true", help="only the default libraries")
    options.add_argument("--dry-run", action="store_true", help="write nothing")
    chosen = options.parse_args()

    here = [name for name in WIDTHS if not (chosen.without_langdetect and name == "langdetect")]
    rows = read_rows(chosen.data, DEFAULT if chosen.main else here)
    sets = [QUICK, DEFAULT, ("ngrams",)] if chosen.main else all_sets(here)
    fitted = fit(rows, np.ones(len(rows.gold), np.bool_), read_strangers(chosen.data.with_name("dev_special.tsv")), sets)
    print(f"{len(rows.gold)} texts, {len(fitted.sets)} sets", file=sys.stderr)
    if not chosen.dry_run:
        write(fitted)


def write(fitted: Fitted) -> None:
    """Both files."""
    stored = {"+".join(names): _stored(weights) for names, weights in fitted.sets.items()}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(weights)}" for name, weights in stored.items())
    PARAMETERS.write_text(f'{{"credits": {json.dumps(CREDITS)},\n "sets": {{\n{lines}\n }}}}\n', encoding="utf-8")
    fitted.model.write(NGRAMS)


def _stored(weights: Weights) -> dict[str, Any]:
    return {
        "by_length": [[round(float(weight), 4) for weight in row] for row in weights.by_length],
        "by_language": {
            tag: [round(float(weight), 3) for weight in row] for tag, row in zip(LANGUAGES, weights.by_language, strict=True)
        },
        "bias": {tag: round(float(value), 4) for tag, value in zip(LANGUAGES, weights.bias, strict=True)},
    }


def _is_open(made: Prepared) -> bool:
    return bool(made.cleaned.letters) and made.script in MASKS and only_language(str(made.script)) is None


def _counted(texts: Sequence[str]) -> sparse.csr_matrix:
    """Texts × boxes, as `NgramModel.scores` counts them."""
    places, values, starts = [], [], [0]
    for text in texts:
        found = boxes(text)
        distinct, count = np.unique(found, return_counts=True)
        places.append(distinct)
        values.append(count / np.sqrt(len(found)))
        starts.append(starts[-1] + len(distinct))
    joined = np.concatenate(values).astype(np.float32)
    return sparse.csr_matrix((joined, np.concatenate(places), np.array(starts)), shape=(len(texts), 1 << BOXES_LOG2))


def _importance(rows: Rows, chosen: Chosen) -> npt.NDArray[np.float32]:
    cells = np.unique(
        [f"{kind}/{label}" for kind, label in zip(rows.kind[chosen], rows.gold[chosen], strict=True)], return_inverse=True
    )[1]
    importance = 1.0 / np.maximum(np.bincount(cells)[cells], CELL_MIN)
    scaled: npt.NDArray[np.float32] = (importance / importance.mean()).astype(np.float32)
    return scaled


def _opinion(model: NgramModel, rows: Rows, asked: Chosen) -> npt.NDArray[np.float32]:
    found = np.zeros((len(rows.gold), len(LANGUAGES), WIDTHS["ngrams"]), np.float32)
    read = ngrams_reader(model)
    for place in np.flatnonzero(asked).tolist():
        found[place] = read(rows.text[place], rows.script[place])
    return found


if __name__ == "__main__":
    main()
