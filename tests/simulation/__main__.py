"""`python -m tests.simulation`: play histories, say which failed, and how to play one again."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from tests.simulation.bugs import BUGS, BY_NAME, SOUND, Bug
from tests.simulation.history import Outcome, play

SEEDS_MAX = 2_000
_TELL_EVERY = 100


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """How a planted bug was found; `seed` None: it was not. `tried` are the seeds it took."""

    bug: str
    seed: int | None
    tried: int
    caught_by: tuple[str, ...]
    seconds: float


def replay(outcome: Outcome) -> str:
    """The command that plays it again, to the byte."""
    bug = f" --bug {outcome.bug}" if outcome.bug else ""
    return f"python -m tests.simulation --seed {outcome.seed}{bug} --trace"


def hunt(bug: Bug, first: int, most: int) -> Hunt:
    """Play until the bug shows. What fails without it too does not count."""
    began = time.perf_counter()
    for seed in range(first, first + most):
        outcome = play(seed, bug)
        if outcome.violations:
            names = Counter(violation.partition(":")[0] for violation in outcome.violations)
            return Hunt(
                bug=bug.name, seed=seed, tried=seed - first + 1, caught_by=tuple(names), seconds=time.perf_counter() - began
            )
    return Hunt(bug=bug.name, seed=None, tried=most, caught_by=(), seconds=time.perf_counter() - began)


def _play(one: tuple[int, str]) -> Outcome:
    seed, bug = one
    return play(seed, BY_NAME.get(bug, SOUND))


def _hunt(one: tuple[str, int, int]) -> Hunt:
    name, first, most = one
    return hunt(BY_NAME[name], first, most)


def outcomes(seeds: Iterable[int], bug: str, jobs: int) -> Iterator[Outcome]:
    """As they come."""
    wanted = [(seed, bug) for seed in seeds]
    if jobs == 1:
        yield from map(_play, wanted)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_play, wanted, chunksize=8)


def hunts(names: Iterable[str], first: int, most: int, jobs: int) -> Iterator[Hunt]:
    wanted = [(name, first, most) for name in names]
    if jobs == 1:
        yield from map(_hunt, wanted)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_hunt, wanted, chunksize=1)


def _one(seed: int, bug: str, *, trace: bool, plain: bool) -> int:
    outcome = play(seed, BY_NAME.get(bug, SOUND), keep=trace)
    for line in outcome.lines:
        print(line)
    if plain:
        print(json.dumps({name: value for name, value in asdict(outcome).items() if name != "lines"}))
    else:
        print(f"seed {seed}: {outcome.messages} messages, {outcome.faults} faults, {outcome.seconds:.1f} s, trace {outcome.digest}")
        for violation in outcome.violations:
            print(f"  {violation}")
    return 1 if outcome.violations else 0


def _many(seeds: range, bug: str, jobs: int, *, plain: bool) -> int:
    began = time.perf_counter()
    failed: list[Outcome] = []
    messages = inquiries = faults = played = 0
    virtual = 0.0
    for outcome in outcomes(seeds, bug, jobs):
        played += 1
        messages, inquiries, faults = messages + outcome.messages, inquiries + outcome.inquiries, faults + outcome.faults
        virtual += outcome.seconds
        if outcome.violations:
            failed.append(outcome)
            if not plain:
                print(
                    f"seed {outcome.seed}: {outcome.violations[0][:240]} (+{len(outcome.violations) - 1})\n  {replay(outcome)}",
                    flush=True,
                )
        if played % _TELL_EVERY == 0:
            print(
                f"{played} of {len(seeds)} played, {len(failed)} failed, {time.perf_counter() - began:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    took = time.perf_counter() - began
    if plain:
        summary = {
            "histories": played,
            "failed": sorted(outcome.seed for outcome in failed),
            "messages": messages,
            "inquiries": inquiries,
            "faults": faults,
            "virtual_seconds": round(virtual),
            "seconds": round(took, 1),
            "histories_a_second": round(played / took, 2),
            "replay": [replay(outcome) for outcome in failed],
        }
        print(json.dumps(summary))
    else:
        print(
            f"{played} histories, {len(failed)} failed; {messages} messages, {inquiries} inquiries, {faults} faults,"
            f" {virtual / 3600:.1f} virtual hours in {took:.0f} s: {played / took:.1f} histories a second"
        )
    return 1 if failed else 0


def _all_bugs(names: list[str], first: int, most: int, jobs: int, *, plain: bool) -> int:
    found = []
    if not plain:
        print(f"{'bug':26} {'seed':>5} {'tried':>6} {'seconds':>8}  caught by")
    for one in hunts(names, first, most, jobs):
        found.append(one)
        if not plain:
            print(
                f"{one.bug:26} {one.seed or '-':>5} {one.tried:>6} {one.seconds:>8.1f}  {', '.join(one.caught_by) or 'nothing'}",
                flush=True,
            )
    missed = [one.bug for one in found if one.seed is None]
    if plain:
        print(json.dumps({"bugs": [asdict(one) for one in found], "missed": missed}))
    else:
        print(f"{len(found) - len(missed)} of {len(found)} planted bugs found")
    return 1 if missed else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description="Deterministic simulation of the whole service."
    )
    parser.add_argument("--seed", type=int, help="play this one history")
    parser.add_argument("--bug", default="", choices=["", *BY_NAME], help="with this bug planted")
    parser.add_argument("--trace", action="store_true", help="tell everything that happens")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS_MAX, help="play so many histories (or, with --bugs, at most so many of each)"
    )
    parser.add_argument("--from", dest="first", type=int, default=1, help="beginning with this seed")
    parser.add_argument("--jobs", type=int, default=1, help="in so many processes")
    parser.add_argument("--bugs", action="store_true", help="plant each bug and play until it is found")
    parser.add_argument("--only", default="", help="with --bugs: these alone, separated by commas")
    parser.add_argument("--json", dest="plain", action="store_true", help="the result as one JSON object")
    said = parser.parse_args(arguments)
    if said.seed is not None:
        return _one(said.seed, said.bug, trace=said.trace, plain=said.plain)
    if said.bugs:
        names = said.only.split(",") if said.only else [bug.name for bug in BUGS]
        return _all_bugs(names, said.first, said.seeds, said.jobs, plain=said.plain)
    return _many(range(said.first, said.first + said.seeds), said.bug, said.jobs, plain=said.plain)


if __name__ == "__main__":
    sys.exit(main())
