"""Fits the weights of `i18n.detection.fusion` and writes `i18n/data/detection.json`.

    python -m bench.fit_languages [--data ../shared/data/langid/dev.tsv] [--cache FILE] [--sets all|main] [--dry-run]

A text belongs to the fitted part or to the held-out part by a hash of itself, so every run divides alike and a text
that occurs twice never stands on both sides. What is reported is the held-out part only.
"""

import argparse
import csv
import json
import sys
import zlib
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from i18n.detection import prepare
from i18n.detection.detectors import WIDTHS, reader
from i18n.detection.fusion import LENGTHS, PARAMETERS
from i18n.detection.languages import COLUMN, LANGUAGES
from i18n.detection.scripts import MASKS, only_language

DATA: Final = Path("../shared/data/langid/dev.tsv")
KINDS: Final = ("word", "pair", "sent", "conv", "chat", "cmd")
FITTED_SHARE: Final = 0.7
PENALTY: Final = 3e-5
CREDITS: Final = (
    "Fitted on a part of: MASSIVE 1.1 (Amazon, CC BY 4.0), Tatoeba (CC BY 2.0 FR), Home Assistant intents (CC BY 4.0), "
    "lingua-py test data (Apache-2.0). Only weights are stored here, no text of theirs."
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything about the texts that fitting needs."""

    gold: npt.NDArray[np.intp]
    kind: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    length: npt.NDArray[np.intp]
    mask: npt.NDArray[np.float32]
    features: dict[str, npt.NDArray[np.float32]]
    fitted: npt.NDArray[np.bool_]


def is_fitted(text: str) -> bool:
    """Whether a text belongs to the part weights are fitted on."""
    return zlib.crc32(text.encode()) % 1000 < FITTED_SHARE * 1000


def read_rows(path: Path, detectors: tuple[str, ...]) -> Rows:
    """Every text with what the libraries say about it. Texts a script answers alone stay out: they teach nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    prepared = [prepare(record["text"]) for record in records]
    kept = [
        (record, made)
        for record, made in zip(records, prepared, strict=True)
        if made.cleaned.letters and made.script and made.script in MASKS and only_language(made.script) is None
    ]
    readers = {name: found for name in detectors if (found := reader(name))}
    return Rows(
        gold=np.array([COLUMN[record["lang"]] for record, _ in kept]),
        kind=np.array([record["kind"] for record, _ in kept]),
        source=np.array([record["source"] for record, _ in kept]),
        length=np.array([len(made.cleaned.text) for _, made in kept]),
        mask=np.array([MASKS[str(made.script)] for _, made in kept], dtype=np.float32),
        features={
            name: np.array([read(made.cleaned.text, made.script == "Latn") for _, made in kept]) for name, read in readers.items()
        },
        fitted=np.array([is_fitted(record["text"]) for record, _ in kept]),
    )


def fit(rows: Rows, detectors: tuple[str, ...], chosen: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weights by length class and biases that make the chosen rows likeliest; every kind × language counts alike."""
    inputs = np.concatenate([rows.features[name][chosen] for name in detectors], axis=2)
    gold, mask = rows.gold[chosen], rows.mask[chosen]
    lengths = np.searchsorted(LENGTHS, rows.length[chosen], side="left")
    cells = np.unique([f"{kind}/{label}" for kind, label in zip(rows.kind[chosen], gold, strict=True)], return_inverse=True)[1]
    importance = 1.0 / np.maximum(np.bincount(cells)[cells], 20)
    importance /= importance.sum()
    classes, width, here = len(LENGTHS) + 1, inputs.shape[2], np.arange(len(gold))
    members = [np.flatnonzero(lengths == number) for number in range(classes)]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, bias = parameters[: classes * width].reshape(classes, width), parameters[classes * width :]
        scores = np.empty(mask.shape)
        for number, rows_of in enumerate(members):
            scores[rows_of] = inputs[rows_of] @ weights[number]
        scores += bias + mask
        scores -= scores.max(axis=1, keepdims=True)
        probability = np.exp(scores)
        probability /= probability.sum(axis=1, keepdims=True)
        value = -(importance * np.log(probability[here, gold] + 1e-12)).sum() + PENALTY * (parameters**2).sum()
        slope = probability
        slope[here, gold] -= 1
        slope *= importance[:, None]
        by_class = np.stack([np.einsum("nl,nlk->k", slope[rows_of], inputs[rows_of]) for rows_of in members])
        return float(value), np.concatenate([by_class.ravel(), slope.sum(axis=0)]) + 2 * PENALTY * parameters

    start = np.zeros(classes * width + len(LANGUAGES))
    start[: classes * width] = 0.3
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 250}).x
    return found[: classes * width].reshape(classes, width), found[classes * width :]


def accuracy(
    rows: Rows, detectors: tuple[str, ...], weights: tuple[Floats, Floats], chosen: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Percent right per kind, every language alike, on the chosen rows (texts a script answers alone left out)."""
    by_length, bias = weights
    inputs = np.concatenate([rows.features[name][chosen] for name in detectors], axis=2)
    lengths = np.searchsorted(LENGTHS, rows.length[chosen], side="left")
    scores = np.einsum("nlk,nk->nl", inputs, by_length[lengths]) + bias + rows.mask[chosen]
    right = scores.argmax(axis=1) == rows.gold[chosen]
    report: dict[str, float] = {}
    for kind in KINDS:
        of_kind = rows.kind[chosen] == kind
        labels = rows.gold[chosen][of_kind]
        if len(labels):
            report[kind] = 100 * float(np.mean([right[of_kind][labels == label].mean() for label in np.unique(labels)]))
    report["mean"] = float(np.mean([report[kind] for kind in KINDS if kind in report]))
    return report


def main() -> None:
    """Fit, report, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument(
        "--sets", choices=("main", "all"), default="all", help="main: the default libraries only; all: every set of them"
    )
    options.add_argument("--without-langdetect", action="store_true", help="it takes minutes to ask")
    options.add_argument("--sources", action="store_true", help="also fit without each source and report on it")
    options.add_argument("--dry-run", action="store_true", help="report, write nothing")
    chosen = options.parse_args()

    names = tuple(name for name in WIDTHS if not (chosen.without_langdetect and name == "langdetect"))
    rows = read_rows(chosen.data, names)
    default = tuple(name for name in names if name != "langdetect")
    subsets = (
        [subset for size in range(1, len(names) + 1) for subset in combinations(names, size)] if chosen.sets == "all" else [default]
    )
    stored: dict[str, object] = {}
    for subset in subsets:
        weights = fit(rows, subset, rows.fitted)
        held_out = accuracy(rows, subset, weights, ~rows.fitted)
        print("+".join(subset), {kind: round(value, 2) for kind, value in held_out.items()}, file=sys.stderr, flush=True)
        stored["+".join(subset)] = {
            "held_out_percent": {kind: round(value, 2) for kind, value in held_out.items()},
            "by_length": [[round(float(weight), 4) for weight in row] for row in weights[0]],
            "bias": {tag: round(float(value), 4) for tag, value in zip(LANGUAGES, weights[1], strict=True)},
        }
    if chosen.sources:
        for source in ("massive", "tatoeba", "lingua", "ha-"):
            inside = np.char.startswith(rows.source, source)
            weights = fit(rows, default, rows.fitted & ~inside)
            print(
                f"fitted without {source}, measured on it:", accuracy(rows, default, weights, inside), file=sys.stderr, flush=True
            )
    if not chosen.dry_run:
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(weights)}" for name, weights in stored.items())
        head = f'"credits": {json.dumps(CREDITS)},\n "fitted_share": {FITTED_SHARE}'
        PARAMETERS.write_text(f'{{{head},\n "sets": {{\n{lines}\n }}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
