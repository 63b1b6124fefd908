"""The simulator against floors whose answers are known exactly.

    python -m bench.oracles [--json] [--quick] [--only NAME …] [--seeds 10] [--arrivals 1000000] [--first-seed 1] [--results FILE] [--processes N] [--list]

Every oracle is a simulation file, written out and run with `contact-hub simulate` as anybody would run it, and claims about what comes out. A claim gives one
row: `exact` comes from `bench.exact`; `mean`, `low` and `high` are the mean over the seeds and the 95 % t-interval of that mean, worked out here; `ok` says
that the exact value lies inside the interval *and* the mean within 1.5 % of it. With honest 95 % intervals about one row in twenty misses by chance, and it
is reported as missed: `z` tells how many standard errors it is off, and `--only NAME --first-seed 101 --seeds 30` asks again, with customers never seen before.
A claim that leaves nothing to chance (rows of `invariants`, of shares, and the simulator's own checks, which every run has) gives its greatest deviation over
the seeds as `mean` and is held to a bound that follows from arithmetic: mostly 0.

`--quick` (4 seeds × 40,000) only asks whether anything is grossly wrong: the exact value within 25 % *or* inside the 99.9 % interval. It certifies nothing.

Long runs can be cut off: with `--results` each oracle's figures are kept as they come, and used again for as long as neither the file nor the sources of engine
and simulator have changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from bench import oracle_floors as floors
from bench import oracle_laws as laws
from bench.oracle import Document, Oracle, Report, Row, Size, as_yaml, rows_of

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ("routing", "contact_hub/simulate", "contact_hub/workspace", "i18n/levels.py")

FLOORS: Final[tuple[Callable[[], Iterator[Oracle]], ...]] = (
    floors.erlang_c_floors,
    floors.erlang_a_floors,
    floors.overflow_floors,
    floors.priority_floors,
    floors.seat_floors,
    floors.graph_floors,
    laws.invariant_floors,
    laws.share_floors,
    floors.clock_floors,
    floors.choice_floors,
    floors.losing_floors,
    floors.service_floors,
)


@cache
def _all() -> tuple[Oracle, ...]:
    return tuple(sorted((oracle for make in FLOORS for oracle in make()), key=lambda oracle: oracle.group != "table"))


def oracles(only: Sequence[str] = ()) -> list[Oracle]:
    """All of them, those of the design's tables first; `only` are names, groups, or parts of a name."""
    wanted = [oracle for oracle in _all() if not only or any(word == oracle.group or word in oracle.name for word in only)]
    if not wanted:
        raise SystemExit(f"no oracle is called {' or '.join(only)}; see --list")
    return wanted


# running


@dataclass(slots=True, kw_only=True)
class Kept:
    """Figures of earlier runs, in a file; without one, of this run only."""

    path: Path | None
    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None) -> Kept:
        """Begin with what the file has."""
        return cls(path=path, found=json.loads(path.read_text()) if path is not None and path.exists() else {})

    def keep(self, key: str, reports: Mapping[str, Report]) -> None:
        """Written whole and moved into place, so that a run cut off loses nothing."""
        self.found[key] = reports
        if self.path is not None:
            draft = self.path.with_suffix(".part")
            draft.write_text(json.dumps(self.found))
            draft.replace(self.path)


Simulate = Callable[[Document, Size], Report]
"""A file and how much of it: the report with the figures of every seed."""


def run(oracle: Oracle, size: Size, by: Simulate) -> dict[str, Report]:
    """The simulator's report on each of the oracle's files."""
    return {name: by(document, size.of(oracle)) for name, document in oracle.runs.items()}


def simulate(document: Document, size: Size, processes: int | None = None) -> Report:
    """`contact-hub simulate`, as from a shell; on all processors unless it is said on how many."""
    asked = ["--seeds", str(size.seeds), "--first-seed", str(size.first_seed), "--arrivals", str(size.arrivals)]
    asked += ["--json", "--per-seed", *(["--processes", str(processes)] if processes else [])]
    asked += [] if sys.stderr.isatty() else ["--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "floor.yaml")
        file.write_text(as_yaml(document))
        done = subprocess.run(
            [sys.executable, "-m", "contact_hub", "simulate", str(file), *asked],
            check=False,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"CONTACT_HUB_NO_BOOTSTRAP": "1"},
        )
    if done.returncode > 1 or not done.stdout:  # with 1 it reports that a check was broken, which is a row
        raise SystemExit(f"the simulator ended with {done.returncode} on\n{as_yaml(document)}")
    report: Report = json.loads(done.stdout)
    return report


def fingerprint(oracle: Oracle, size: Size) -> str:
    """What the figures depend on: the files, how much is run, and the sources."""
    parts = [as_yaml(dict(oracle.runs)), str(size.of(oracle)), _sources()]
    return f"{oracle.name} {hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def _sources() -> str:
    files = [
        path
        for name in SOURCES
        for path in (sorted(Path(ROOT, name).rglob("*.py")) if Path(ROOT, name).is_dir() else [Path(ROOT, name)])
    ]
    return hashlib.sha256(b"|".join(path.read_bytes() for path in files)).hexdigest()


# the command


def main() -> None:
    """Run, print, and leave with 1 if a row is not ok."""
    asked = _arguments()
    wanted = oracles(asked.only)
    if asked.list:
        for oracle in wanted:
            print(f"{oracle.group:<11} {oracle.name:<34} {len(oracle.claims)} claims")
        return
    size = Size(
        seeds=asked.seeds or (4 if asked.quick else 10),
        arrivals=asked.arrivals or (40_000 if asked.quick else 1_000_000),
        first_seed=asked.first_seed,
    )
    rows = list(_all_rows(wanted, size, Kept.open(asked.results), partial(simulate, processes=asked.processes), quick=asked.quick))
    print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, allow_nan=False, indent=1) if asked.json else _table(rows))
    _tell(_verdict(rows, quick=asked.quick))
    sys.exit(0 if all(row.ok for row in rows) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="a JSON list of rows")
    parser.add_argument("--quick", action="store_true", help="4 seeds × 40,000 arrivals; certifies nothing")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="names, parts of names, or groups")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--arrivals", type=int, help="per seed")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="keep figures here, and go on from what is there")
    parser.add_argument("--processes", type=int, help="all processors by default")
    parser.add_argument("--list", action="store_true", help="name the oracles and stop")
    return parser.parse_args()


def _all_rows(wanted: Sequence[Oracle], size: Size, kept: Kept, by: Simulate, *, quick: bool) -> Iterator[Row]:
    for n, oracle in enumerate(wanted, 1):
        started, key = time.monotonic(), fingerprint(oracle, size)
        if known := key in kept.found:
            reports = kept.found[key]
        else:
            _tell(f"[{n}/{len(wanted)}] {oracle.name}: {size.seeds} × {size.of(oracle).arrivals:,} arrivals …")
            reports = run(oracle, size, by)
            kept.keep(key, reports)
        rows = rows_of(oracle, reports, size, quick=quick)
        missed = [row.name.partition(": ")[2] for row in rows if not row.ok]
        took = "kept" if known else f"{time.monotonic() - started:.0f} s"
        _tell(
            f"[{n}/{len(wanted)}] {oracle.name}: {took}, {len(rows) - len(missed)} of {len(rows)} ok{'; missed ' if missed else ''}{', '.join(missed)}"
        )
        yield from rows


def _table(rows: Sequence[Row]) -> str:
    width = max(len(row.name) for row in rows)
    head = f"{'name':<{width}}  {'exact':>12}  {'mean':>12}  {'low':>12}  {'high':>12}  ok"
    return "\n".join([head, *(f"{row.name:<{width}}  {_numbers(row)}  {'yes' if row.ok else f'NO, {row.why}'}" for row in rows)])


def _numbers(row: Row) -> str:
    return "  ".join(f"{'–' if one is None else f'{one:.6g}':>12}" for one in (row.exact, row.mean, row.low, row.high))


def _verdict(rows: Sequence[Row], *, quick: bool) -> str:
    missed, drawn = [row for row in rows if not row.ok], [row for row in rows if row.z is not None]
    said = f"{len(rows) - len(missed)} of {len(rows)} rows ok"
    if quick:
        return f"{said}; quick: only gross errors were looked for"
    outside = sum("interval" in row.why for row in drawn)
    return f"{said}; {outside} of {len(drawn)} drawn rows outside their 95 % interval, {len(drawn) / 20:.0f} are expected by chance"


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
