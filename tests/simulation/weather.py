"""What goes wrong by itself: how long things take, and how often they are lost. One seed, one weather; after `calm()` only distance is left."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from tests.simulation.loop import VirtualLoop


class Trace:
    """What happened, as a hash of every line; with `keep`, the lines too. Two runs of one seed have the same."""

    def __init__(self, loop: VirtualLoop, *, keep: bool) -> None:
        self._loop, self._keep = loop, keep
        self._hash = hashlib.blake2b(digest_size=12)
        self.lines: list[str] = []

    def __call__(self, words: str) -> None:
        line = f"{self._loop.time():10.4f} {words}"
        self._hash.update(line.encode())
        if self._keep:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


@dataclass
class Weather:
    """Chances of one history, each drawn anew for it: some are quiet, some are terrible."""

    dice: random.Random
    slow: float
    commit_lost: float
    answer_lost: float
    read_lost: float
    poke_lost: float
    poke_doubled: float

    @classmethod
    def of(cls, dice: random.Random) -> Weather:
        def chance(most: float) -> float:
            return dice.choice((0.0, most / 5, most / 2, most))

        return cls(
            dice=dice,
            slow=dice.choice((0.0, 0.01, 0.05, 0.15)),
            commit_lost=chance(0.06),
            answer_lost=chance(0.06),
            read_lost=chance(0.04),
            poke_lost=chance(0.6),
            poke_doubled=chance(0.3),
        )

    def calm(self) -> None:
        """From here on everything works."""
        self.slow = 0.0
        self.commit_lost = self.answer_lost = self.read_lost = self.poke_lost = self.poke_doubled = 0.0

    def chance(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share

    def store_seconds(self) -> float:
        """One way to the database: a millisecond or so, now and then a second."""
        return self._seconds(0.0015, 0.5)

    def poke_seconds(self) -> float:
        return self._seconds(0.002, 0.8)

    def socket_seconds(self) -> float:
        return self._seconds(0.02, 0.8)

    def _seconds(self, usual: float, slow_max: float) -> float:
        if self.chance(self.slow):
            return self.dice.uniform(usual, slow_max)
        return self.dice.uniform(usual / 5, usual * 2)
