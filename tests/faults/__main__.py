"""Faults on real processes, and what they cost.

    python -m tests.faults --short --json
    python -m tests.faults --process-faults 300 --socket-faults 5000 --messages 200000 --json

Two or three nodes of `contact-hub serve` on a PostgreSQL and a Redis of their own, customers and agents behind a door that cuts and delays; nodes and servers
are killed, stopped and restarted meanwhile. At the end the rows are held against the ledgers of those who talked. `--json` prints one line:

* `process_faults`, `socket_faults`: how many happened · `acked`: messages that were acknowledged
* `lost`: acknowledged and not in the rows as said; or never acknowledged; or a conversation that nobody has and that does not wait. Where a backup was put
  back, what was acknowledged after it was made may be gone, but for what its own client still knows: that has to be there again
* `duplicated`: in the rows twice, or never said · `out_of_order`: another order or a hole, in the rows or on a screen; or a client that
  still counts positions as before a restore
* `double_assignments`: two at once had the same inquiry, or somebody wrote under a lease that was over
* `seats_exceeded`: more seats used than there are, at any moment, or a count that is no recount · `reports_differ`: figures that are no recount of the journal
* `recovery_s`: seconds until all nodes accepted again (p50, max), by kind of fault; `take_over`: until another node owned what a killed one had

Exit code 1 where something was found, or took longer than it may (5 s for a take-over, 3 s after PostgreSQL is back); what was found names the folder with
ledgers, rows and logs on standard error. `--seed` repeats a schedule, `--kinds` wishes for some faults only, `--add-to FILE` adds rounds up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults.run import Outcome, Plan, torment
from tests.faults.schedule import KINDS
from tests.faults.totals import add_to
from tests.faults.world import say

SHORT = Plan(
    seed=1130,
    process_faults=12,
    seconds_max=26,
    gap=(0.1, 1.2),
    lanes=2,
    kinds=(
        "holder_kill",
        "postgres_crash",
        "redis_kill",
        "disk_full",
        "postgres_cut_off",
        "redis_cut_off",
        "put_back",
        "holder_stop",
        "redis_pause",
        "backends_ended",
        "redis_flush",
        "redis_full",
    ),
)
"""It begins with the gravest; a machine that is slow gets through fewer, and not through less of any."""


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parse(arguments)
    outcome = asyncio.run(_round(plan_of(asked)))
    say(json.dumps(outcome.told))
    figures = outcome.figures
    if asked.add_to is not None:
        figures = add_to(asked.add_to, figures, outcome.seconds, outcome.kinds)
    sys.stdout.write(json.dumps(figures, indent=None if asked.json else 2) + "\n")
    for finding in [*outcome.findings[:20], *(f"late: {late}" for late in outcome.late)]:
        say(finding)
    if outcome.evidence:
        say(f"{len(outcome.findings)} findings; evidence in {outcome.evidence}")
    return 0 if outcome.clean and not outcome.late else 1


async def _round(plan: Plan) -> Outcome:
    """Whoever ends us ends everything that we started too."""
    task = asyncio.create_task(torment(plan))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def plan_of(asked: argparse.Namespace) -> Plan:
    """The short round as it is, or the long one as it is wished for."""
    if asked.short:
        return SHORT if asked.seed is None else replace(SHORT, seed=asked.seed)
    return Plan(
        seed=1 if asked.seed is None else asked.seed,
        process_faults=asked.process_faults,
        socket_faults=asked.socket_faults,
        messages=asked.messages,
        nodes=asked.nodes,
        agents=5,
        customers=asked.customers,
        rate=asked.rate,
        seconds_max=asked.minutes * 60,
        gap=(0.1 * asked.process_pause, 2 * asked.process_pause),
        socket_pause=asked.socket_pause,
        lanes=2,
        kinds=tuple(asked.kinds.split(",")) if asked.kinds else (),
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="the round of the tests: about a minute")
    parser.add_argument("--process-faults", type=int, default=300)
    parser.add_argument("--socket-faults", type=int, default=5_000)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--customers", type=int, default=60)
    parser.add_argument("--rate", type=float, default=120.0, help="messages of customers a second, all together")
    parser.add_argument("--process-pause", type=float, default=1.0, help="seconds between two faults of processes, on average")
    parser.add_argument("--socket-pause", type=float, default=0.3, help="seconds between two faults of sockets")
    parser.add_argument("--kinds", help=f"only these faults of processes, by commas, of {', '.join(KINDS)}")
    parser.add_argument("--minutes", type=float, default=600, help="end after so long in any case")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--add-to", type=Path, help="add the round to those in this file, and print the sums")
    parser.add_argument("--json", action="store_true", help="one line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
