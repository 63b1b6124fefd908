"""`python -m tests.simulation`: play histories, say which failed, and how to play one again."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.history import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--trace", action="store_true")
    said = parser.parse_args()
    if said.seed is not None:
        outcome = play(said.seed, keep=said.trace)
        print("\n".join(outcome.lines))
        print(outcome)
        return 1 if outcome.violations else 0
    began = time.perf_counter()
    failed = 0
    for seed in range(said.first, said.first + said.seeds):
        outcome = play(seed)
        if outcome.violations:
            failed += 1
            print(f"seed {seed}: {outcome.violations[0][:300]} (+{len(outcome.violations) - 1})")
    took = time.perf_counter() - began
    print(f"{said.seeds} histories, {failed} failed, {said.seeds / took:.1f} a second", file=sys.stderr)
    return 1 if failed else 0


sys.exit(main())
