"""Seeds hold, a seed is the same twice, and bugs that are planted are found. In processes of their own: a history wants the interpreter for itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.bugs import BUGS

SEEDS = int(os.environ.get("CONTACT_HUB_SIMULATION_SEEDS", "360"))
"""As many as a minute of each of two cores can play; CI asks for 2,000. See docs/simulation-of-faults.md."""
PARTS = 4
"""Tests run side by side, and so do these."""
QUICKLY_FOUND = (
    "acked_elsewhere",
    "ids_forgotten",
    "seats_of_the_gone",
    "ends_untold",
    "lease_deleted",
    "facts_afterwards",
    "inputs_afterwards",
    "journal_afterwards",
    "tells_who_it_is",
    "resumes_too_far",
    "deltas_only_add",
)
"""Planted bugs that show within few seeds; all of them are hunted by `--bugs`."""


def simulate(*arguments: str, hash_seed: str = "0") -> tuple[int, dict[str, Any]]:
    """Run the command as people do; its exit code and what it says as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments, "--json"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
        timeout=570,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_after_every_history(part: int) -> None:
    seeds = SEEDS // PARTS
    code, said = simulate("--from", str(1 + part * seeds), "--seeds", str(seeds))
    assert said["failed"] == [], said["replay"]
    assert code == 0
    assert said["histories"] == seeds


@pytest.mark.timeout(600)
def test_a_seed_replays_to_the_same_trace_whatever_the_process() -> None:
    first, again = (simulate("--seed", "14", hash_seed=chosen)[1] for chosen in ("1", "2"))
    assert first == again
    assert first["messages"] > 0


@pytest.mark.timeout(600)
def test_planted_bugs_are_found() -> None:
    code, said = simulate("--bugs", "--only", ",".join(QUICKLY_FOUND), "--seeds", "400")
    assert said["missed"] == []
    assert code == 0


def test_at_least_twenty_bugs_are_planted_each_with_its_story() -> None:
    assert len(BUGS) >= 20
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert all(bug.story for bug in BUGS)
