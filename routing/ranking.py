"""Who of those who may, shall.

Tier first, then (language unknown) who speaks most, then the least flexible, then the closest level, then the nearest dialect: all known
when the class is compiled, so courses arrive here in that order. What is left is decided by the moment: fewest in hand, longest idle, id.
The trace is written as the choice falls, counts and codes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from routing.profiles import Course, Turn
from routing.reasons import Why

_STEPS: Final = (Why.TIER, Why.MOST_LANGUAGES, Why.LEAST_FLEXIBLE, Why.CLOSEST_LEVEL, Why.NEAREST_DIALECT)
"""The places of `Course.rank`, by name."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A course with somebody in line: the next of them, and how many there are."""

    course: Course
    turn: Turn
    count: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Who it shall be, and how the choice fell."""

    candidate: Candidate
    eligible: int
    chosen_by: tuple[tuple[str, int], ...]
    why: str


def choose(candidates: Sequence[Candidate]) -> Choice | None:
    """The best of the candidates, which come in the order of their courses' rank."""
    if not candidates:
        return None
    best = candidates[0].course.rank
    chosen = min((c for c in candidates if c.course.rank == best), key=lambda c: c.turn)
    eligible = sum(c.count for c in candidates)
    steps = _steps(candidates, eligible)
    return Choice(candidate=chosen, eligible=eligible, chosen_by=steps, why=steps[-1][0] if steps else Why.ONLY_ONE.value)


def _steps(candidates: Sequence[Candidate], eligible: int) -> tuple[tuple[str, int], ...]:
    """The steps that left fewer than there were, with the number they left."""
    best, left, steps = candidates[0].course.rank, eligible, []
    for place, why in enumerate(_STEPS, start=1):
        if left == 1:
            break
        still = sum(c.count for c in candidates if c.course.rank[:place] == best[:place])
        if still < left:
            steps.append((why.value, still))
            left = still
    if left > 1:
        steps.append((Why.LONGEST_IDLE.value, 1))
    return tuple(steps)
