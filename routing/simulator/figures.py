"""From runs to claims: the mean over seeds with the interval of that mean, and the difference of two rule sets on the same arrivals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from routing.simulator.tally import Figures, Path

_T_975: Final = (
    *(12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139),
    *(2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963),
    *(2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.045230, 2.042272),
)
"""Student's t at 97.5 % for 1 to 30 degrees of freedom."""
_Z_975: Final = 1.959963985


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure over seeds. `low` and `high` are None with one seed, all are where no seed had anything to measure."""

    mean: float | None
    low: float | None
    high: float | None
    values: tuple[float | None, ...]


def estimate(values: Sequence[float | None]) -> Estimate:
    """The mean of the seeds that had something to measure, and its 95 % t-interval."""
    found = [value for value in values if value is not None]
    n = len(found)
    mean = math.fsum(found) / n if n else None
    if mean is None or n < 2:
        return Estimate(mean=mean, low=None, high=None, values=tuple(values))
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in found) / (n - 1) / n)
    half = student(n - 1) * spread
    return Estimate(mean=mean, low=mean - half, high=mean + half, values=tuple(values))


def estimates(runs: Sequence[Figures]) -> dict[Path, Estimate]:
    """Every figure over the seeds."""
    return {path: estimate([run.get(path) for run in runs]) for path in _paths(runs)}


def differences(first: Sequence[Figures], second: Sequence[Figures]) -> dict[Path, Estimate]:
    """Second less first, seed by seed: the interval is that of the paired difference."""
    pairs = list(zip(first, second, strict=True))
    return {path: estimate([_less(b.get(path), a.get(path)) for a, b in pairs]) for path in _paths([*first, *second])}


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t; beyond the table by its expansion around the normal, which is right to six digits there."""
    if freedom <= len(_T_975):
        return _T_975[freedom - 1]
    z, n = _Z_975, freedom
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2) + third


def nested(found: dict[Path, Estimate], *, per_seed: bool = False) -> dict[str, Any]:
    """As a document: a level a step of the path."""
    document: dict[str, Any] = {}
    for path, one in found.items():
        here = document
        for step in path[:-1]:
            here = here.setdefault(step, {})
        here[path[-1]] = {"mean": one.mean, "low": one.low, "high": one.high} | ({"values": list(one.values)} if per_seed else {})
    return document


def _paths(runs: Sequence[Figures]) -> list[Path]:
    return list(dict.fromkeys(path for run in runs for path in run))


def _less(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier
