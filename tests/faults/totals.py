"""Several rounds as one: an evening of faults may be had in pieces. A file keeps what was counted and every recovery's seconds, and each round adds its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.schedule import Recovered


def added(
    so_far: Mapping[str, Any], figures: Mapping[str, Any], seconds: Mapping[str, Sequence[float]], kinds: Mapping[str, int]
) -> dict[str, Any]:
    """The sums, with the percentiles of all recoveries there were."""
    recovered = Recovered()
    for took in (so_far.get("seconds", {}), seconds):
        for kind, each in took.items():
            recovered.seconds[kind] += each
    counts = {name: so_far.get(name, 0) + count for name, count in figures.items() if isinstance(count, int)}
    return {
        "rounds": so_far.get("rounds", 0) + 1,
        **counts,
        "recovery_s": recovered.told(),
        "kinds": dict(sorted((Counter(so_far.get("kinds", {})) + Counter(kinds)).items())),
        "seconds": {kind: [round(one, 2) for one in each] for kind, each in sorted(recovered.seconds.items())},
    }


def add_to(
    path: Path, figures: Mapping[str, Any], seconds: Mapping[str, Sequence[float]], kinds: Mapping[str, int]
) -> dict[str, Any]:
    """Into the file, which need not be there yet; what is told of all rounds."""
    so_far = json.loads(path.read_text()) if path.exists() else {}
    sums = added(so_far, figures, seconds, kinds)
    path.write_text(json.dumps(sums, indent=1) + "\n")
    return {name: value for name, value in sums.items() if name != "seconds"}
