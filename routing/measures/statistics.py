"""Counting, adding up, and saying how far a figure may be trusted.

A `Tally` is what any number of cases leave behind for one figure: how many, how many of them hit, the exact sum and a sketch of the values.
Tallies merge, and merging is exact: the tally of two halves merged equals the tally of the whole, to the last bin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from ddsketch import DDSketch, LogarithmicMapping

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ACCURACY: Final = 0.005
"""A percentile read from a sketch is within this share of a value that was really there."""

Z: Final = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""

_LOG_GAMMA: Final = math.log(LogarithmicMapping(ACCURACY).gamma)


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """The score interval of a rate: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22 (1927), 209-212. It stays within 0..1 and is honest for small n; nothing known is 0..1.
    """
    if n == 0:
        return 0.0, 1.0
    rate, spread = hits / n, z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(rate * (1 - rate) / n + spread / (4 * n))
    return (0.0 if hits == 0 else max(0.0, centre - half), 1.0 if hits == n else min(1.0, centre + half))


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """How values are spread: counts by logarithmic bins (DDSketch, Masson, Rim and Lee, VLDB 2019). The bins are ours, so that they
    merge, compare and serialise exactly; what a bin stands for and where a quantile lies is the library's business. Without slots,
    because it keeps the library's form of itself for the next percentile.
    """

    zeros: int = 0
    bins: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Integers) -> Sketch:
        """The sketch of these values, none below 0."""
        positive = values[values > 0]
        keys, counts = np.unique(np.ceil(np.log(positive) / _LOG_GAMMA).astype(np.int64), return_counts=True)
        return cls(zeros=int(values.size - positive.size), bins=dict(zip(keys.tolist(), counts.tolist(), strict=True)))

    def merge(self, other: Sketch) -> Sketch:
        """Both together."""
        bins = {key: self.bins.get(key, 0) + other.bins.get(key, 0) for key in sorted({*self.bins, *other.bins})}
        return Sketch(zeros=self.zeros + other.zeros, bins=bins)

    def quantiles(self, *shares: float) -> tuple[float, ...]:
        """The values at these shares (0..1) of the way; 0 where there are no values."""
        built = self._built
        # the library is untyped; it answers None only for an empty sketch
        return tuple(cast(float, built.get_quantile_value(share)) if built.count else 0.0 for share in shares)

    @cached_property
    def _built(self) -> DDSketch:
        sketch, mapping = DDSketch(ACCURACY), LogarithmicMapping(ACCURACY)
        if self.zeros:
            sketch.add(0.0, self.zeros)
        for key, count in self.bins.items():
            sketch.add(mapping.value(key), count)
        return sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What many cases leave behind for one figure. For shares `hits` of `n`; for times `n` values with sum, sum of squares and extremes."""

    n: int = 0
    hits: int = 0
    total: int = 0
    squares: int = 0
    least: int = 0
    most: int = 0
    sketch: Sketch = field(default_factory=Sketch)

    @classmethod
    def of_flags(cls, flags: Flags) -> Tally:
        """The tally of yes and no."""
        return cls(n=int(flags.size), hits=int(np.count_nonzero(flags)))

    @classmethod
    def of_values(cls, values: Integers) -> Tally:
        """The tally of times in milliseconds."""
        if values.size == 0:
            return cls()
        # squares of milliseconds leave 64 bits behind after some weeks of waiting; Python's integers do not
        squares = sum(value * value for value in values.tolist()) if int(values.max()) > 2**20 else int((values * values).sum())
        return cls(
            n=int(values.size),
            total=int(values.sum()),
            squares=squares,
            least=int(values.min()),
            most=int(values.max()),
            sketch=Sketch.of(values),
        )

    @classmethod
    def of_time(cls, part: int, whole: int, n: int) -> Tally:
        """The tally of a share of time: `part` of `whole` milliseconds, observed on n people."""
        return cls(n=n, hits=part, total=whole)

    def merge(self, other: Tally) -> Tally:
        """Both together."""
        if not self.n or not other.n:
            least, most = (other.least, other.most) if other.n else (self.least, self.most)
        else:
            least, most = min(self.least, other.least), max(self.most, other.most)
        return Tally(
            n=self.n + other.n,
            hits=self.hits + other.hits,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            least=least,
            most=most,
            sketch=self.sketch.merge(other.sketch),
        )

    def mean(self) -> tuple[float, float, float]:
        """The mean with its 95 % interval (normal approximation, never below 0)."""
        mean = self.total / self.n
        variance = max(0.0, (self.squares * self.n - self.total * self.total) / (self.n * (self.n - 1))) if self.n > 1 else 0.0
        half = Z * math.sqrt(variance / self.n)
        return mean, max(0.0, mean - half), mean + half

    def percentile(self, share: float) -> tuple[float, float, float]:
        """A percentile with its 95 % interval, the order statistics that bracket it (binomial, normal approximation)."""
        half = Z * math.sqrt(share * (1 - share) / self.n)
        value, low, high = self.sketch.quantiles(share, max(0.0, share - half), min(1.0, share + half))
        return tuple(min(max(x, float(self.least)), float(self.most)) for x in (value, low, high))  # type: ignore[return-value]  # three in, three out
