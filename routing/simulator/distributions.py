"""How long things take, and the chance they are drawn from.

A distribution is a value; a `Stream` draws from it in blocks, in the order of the inquiries, from a generator named by the seed, what it is
drawn for and what for. So the k-th inquiry of a class brings the same needs under every set of rules, whoever answers it and when.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

NEVER: Final = 1 << 62
"""Microseconds that no run will see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    mean: float

    def __post_init__(self) -> None:
        _positive(self.mean)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each."""
        return chance.standard_exponential(n) * self.mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Deterministic:
    seconds: float

    def __post_init__(self) -> None:
        _positive(self.seconds, or_zero=True)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:  # noqa: ARG002 – one shape for all
        """So many seconds each."""
        return np.full(n, self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """By the parameters of the normal: the median is e^mu."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _positive(self.sigma, or_zero=True)

    @classmethod
    def of_mean(cls, mean: float, cv: float) -> Lognormal:
        """By mean and coefficient of variation."""
        _positive(mean)
        _positive(cv, or_zero=True)
        variance = math.log1p(cv * cv)
        return cls(mu=math.log(mean) - variance / 2, sigma=math.sqrt(variance))

    @classmethod
    def of_median(cls, median: float, sigma: float) -> Lognormal:
        """By the median and the standard deviation of the logarithm."""
        _positive(median)
        return cls(mu=math.log(median), sigma=sigma)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each."""
        drawn: Floats = np.exp(chance.standard_normal(n) * self.sigma + self.mu)
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """By mean and coefficient of variation: 1/√k is Erlang-k."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        _positive(self.mean)
        _positive(self.cv)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each."""
        shape = 1 / (self.cv * self.cv)
        return chance.standard_gamma(shape, n) * (self.mean / shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperexponential:
    """One of several exponentials, by weight."""

    weights: tuple[float, ...]
    means: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) != len(self.means):
            raise ValueError("a mixture needs as many weights as means, one at least")
        for number in (*self.weights, *self.means):
            _positive(number)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each. Two numbers an inquiry, taken as one row, so that blocks of any length draw the same."""
        rows = chance.random((n, 2))
        bounds = np.cumsum(self.weights) / sum(self.weights)
        which = np.minimum(np.searchsorted(bounds, rows[:, 0], side="right"), len(self.means) - 1)
        drawn: Floats = -np.log1p(-rows[:, 1]) * np.asarray(self.means, dtype=np.float64)[which]
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    low: float
    high: float

    def __post_init__(self) -> None:
        _positive(self.low, or_zero=True)
        if not self.low <= self.high < math.inf:
            raise ValueError(f"from {self.low} to {self.high} is no range")

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each."""
        return chance.random(n) * (self.high - self.low) + self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Empirical:
    """One of these, each as likely."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("nothing to choose from")
        for value in self.values:
            _positive(value, or_zero=True)

    def draw(self, chance: np.random.Generator, n: int) -> Floats:
        """So many seconds each."""
        return np.asarray(self.values, dtype=np.float64)[(chance.random(n) * len(self.values)).astype(np.int64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder:
    """What was: the k-th value for the k-th inquiry (infinite: never). For replays; after the last, the last again."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("nothing was recorded")


Distribution = Exponential | Deterministic | Lognormal | Gamma | Hyperexponential | Uniform | Empirical | InOrder


class Stream:
    """Draws from one distribution, in whole microseconds."""

    __slots__ = ("_chance", "_distribution", "_drawn")

    def __init__(self, distribution: Distribution, chance: np.random.Generator) -> None:
        self._distribution = distribution
        self._chance = chance
        self._drawn = 0

    def take(self, n: int) -> Integers:
        """The next so many."""
        first, self._drawn = self._drawn, self._drawn + n
        if isinstance(self._distribution, InOrder):
            values = self._distribution.values
            seconds = np.asarray([values[min(k, len(values) - 1)] for k in range(first, first + n)], dtype=np.float64)
        else:
            seconds = self._distribution.draw(self._chance, n)
        # What no run will see is never; floats of this size are not exact, and need not be.
        return np.where(seconds < 1e12, np.rint(np.minimum(seconds, 1e12) * 1e6), float(NEVER)).astype(np.int64)


class Single:
    """Draws one at a time, where it cannot be known how many an inquiry or an agent will need."""

    __slots__ = ("_block", "_stream")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._block: list[int] = []

    def next(self) -> int:
        """The next one, in microseconds."""
        if not self._block:
            self._block = self._stream.take(64).tolist()[::-1]
        return self._block.pop()


def chance(seed: int, *purpose: str) -> np.random.Generator:
    """The generator of this name. Names, not positions: another class in the file changes nothing for this one."""
    key = blake2b("\x1f".join(purpose).encode(), digest_size=16).digest()
    words: Sequence[int] = [seed, *np.frombuffer(key, dtype=np.uint32).tolist()]
    bits: Any = np.random.PCG64(np.random.SeedSequence(words))
    return np.random.Generator(bits)


def _positive(number: float, *, or_zero: bool = False) -> None:
    if not math.isfinite(number) or number < 0 or (number == 0 and not or_zero):
        raise ValueError(f"{number} is not a number {'of at least' if or_zero else 'above'} 0")
