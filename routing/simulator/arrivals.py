"""Who comes when, with what: the inquiries of all classes in the order of time, drawn in blocks.

A class with changing rates is a process of rate one on a clock that runs as fast as its rate, so it is exact and takes no rejection. Every
class draws ahead; what comes before the end of the shortest draw is final, and is merged. Nothing depends on the length of the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from routing.model import PoolId
from routing.simulator.distributions import NEVER, Floats, Integers, Stream, chance
from routing.simulator.scenario import Rates, Times, Traffic

_STEP_SECONDS: Final = 900.0
"""Every zone's clock changes and stands off UTC by whole quarters of an hour."""
_TABLE_STEPS: Final = 96 * 28
_BLOCK_LEAST, _BLOCK_MOST, _BLOCKS_TOTAL = 64, 8_192, 65_536


class Block(NamedTuple):
    """Arrivals in order, a column a property, in microseconds. `services` has one column for the class's own and one for each pool that
    has another, in the order of `Source.pools`."""

    at: list[int]
    who: list[int]
    services: list[int] | list[list[int]]
    patience: list[int]
    wrap_up: list[int]


class Source:
    """All classes of a scenario under one seed."""

    def __init__(self, traffic: Sequence[Traffic], start: datetime, seed: int) -> None:
        block = max(_BLOCK_LEAST, min(_BLOCK_MOST, _BLOCKS_TOTAL // len(traffic)))
        self.pools: tuple[PoolId, ...] = tuple(sorted({pool for one in traffic for pool in one.service.by_pool}))
        self._feeders = [_Feeder(one, self.pools, start, seed, block) for one in traffic]

    def blocks(self) -> Iterator[Block]:
        """Until no class has anybody more."""
        while True:
            for feeder in self._feeders:
                feeder.fill()
            live = [feeder for feeder in self._feeders if feeder.ahead]
            if not live:
                return
            final = min(feeder.known_until for feeder in live)
            yield _merged(
                [(who, *feeder.up_to(final)) for who, feeder in enumerate(self._feeders) if feeder.ahead], bool(self.pools)
            )


class _Feeder:
    """One class, drawing ahead."""

    def __init__(self, traffic: Traffic, pools: Sequence[PoolId], start: datetime, seed: int, block: int) -> None:
        name, service = traffic.name, traffic.service
        self._block = block
        self._clock: _Clock | _Recorded = (
            _Recorded(traffic.arrivals) if isinstance(traffic.arrivals, Times) else _Clock(traffic.arrivals, start, seed, name)
        )
        # the same chance for every pool: who would have been long in one is long in the other
        wanted = [service.base, *(service.by_pool.get(pool, service.base) for pool in pools)]
        self._services = [Stream(each, chance(seed, name, "service")) for each in wanted]
        self._patience = Stream(traffic.patience, chance(seed, name, "patience")) if traffic.patience else None
        self._wrap_up = Stream(traffic.wrap_up, chance(seed, name, "wrap_up")) if traffic.wrap_up else None
        self.ahead = 0
        self._at: Integers = np.empty(0, dtype=np.int64)
        self._rest: list[Integers] = [np.empty(0, dtype=np.int64) for _ in range(len(wanted) + 2)]
        self._over = False

    @property
    def known_until(self) -> int:
        """Nobody else of this class comes before."""
        return NEVER if self._over else int(self._at[-1])

    def fill(self) -> None:
        """Draw, if nothing is drawn ahead."""
        if self.ahead or self._over:
            return
        at = self._clock.take(self._block)
        self._over = len(at) < self._block
        self._at, self.ahead = at, len(at)
        self._rest = [
            *(stream.take(len(at)) for stream in self._services),
            self._patience.take(len(at)) if self._patience else np.full(len(at), NEVER),
            self._wrap_up.take(len(at)) if self._wrap_up else np.zeros(len(at), dtype=np.int64),
        ]

    def up_to(self, final: int) -> tuple[Integers, list[Integers]]:
        """Those who come until this instant, it included."""
        n = int(np.searchsorted(self._at, final, side="right"))
        taken = self._at[:n], [column[:n] for column in self._rest]
        self._at, self._rest = self._at[n:], [column[n:] for column in self._rest]
        self.ahead = len(self._at)
        return taken


class _Recorded:
    """Arrivals that were."""

    def __init__(self, times: Times) -> None:
        self._micros = np.rint(np.asarray(times.seconds, dtype=np.float64) * 1e6).astype(np.int64)
        self._given = 0

    def take(self, n: int) -> Integers:
        """The next so many, fewer at the end."""
        first, self._given = self._given, self._given + n
        return self._micros[first : first + n]


class _Clock:
    """A process of rate one, read on a clock that runs as fast as the rate."""

    def __init__(self, rates: Rates, start: datetime, seed: int, name: str) -> None:
        self._rates, self._chance = rates, None if rates.steady else chance(seed, name, "arrivals")
        self._start = start
        self._passed = 0.0
        self._constant = rates.per_hour[0] / 3600 if len(set(rates.per_hour)) == 1 else None
        zone = ZoneInfo(rates.zone)
        local = start.astimezone(zone)
        past = timedelta(minutes=local.minute % 15, seconds=local.second, microseconds=local.microsecond).total_seconds()
        self._zone, self._next_step = zone, -past
        self._edges: Floats = np.empty(0)
        self._counts: Floats = np.zeros(1)

    def take(self, n: int) -> Integers:
        """The next so many."""
        gaps = np.ones(n) if self._chance is None else self._chance.standard_exponential(n)
        passed = self._passed + np.cumsum(gaps)
        self._passed = float(passed[-1])
        seconds = passed / self._constant if self._constant else self._read(passed)
        return np.rint(seconds * 1e6).astype(np.int64)

    def _read(self, passed: Floats) -> Floats:
        while not len(self._edges) or self._counts[-1] < passed[-1]:
            self._look_ahead(float(passed[0]))
        return np.interp(passed, self._counts, self._edges)

    def _look_ahead(self, first: float) -> None:
        """Four weeks more of the table; what lies before the first is not needed any more."""
        edges = self._next_step + _STEP_SECONDS * np.arange(_TABLE_STEPS + 1)
        rates = np.asarray([self._rate_at(float(edge)) for edge in edges[:-1]])
        spans = np.diff(np.maximum(edges, 0.0))
        counts = self._counts[-1] + np.cumsum(rates * spans)
        kept = max(0, int(np.searchsorted(self._counts, first, side="left")) - 1) if len(self._edges) else 0
        if len(self._edges):
            self._edges, self._counts = (
                np.concatenate([self._edges[kept:], edges[1:]]),
                np.concatenate([self._counts[kept:], counts]),
            )
        else:
            self._edges, self._counts = np.maximum(edges, 0.0), np.concatenate([[0.0], counts])
        self._next_step = float(edges[-1])

    def _rate_at(self, seconds: float) -> float:
        local = (self._start + timedelta(seconds=seconds)).astimezone(self._zone)
        return self._rates.per_hour[local.weekday() * 24 + local.hour] / 3600


def _merged(parts: Sequence[tuple[int, Integers, list[Integers]]], several: bool) -> Block:
    at = np.concatenate([part[1] for part in parts])
    order = np.argsort(at, kind="stable")
    who = np.repeat([part[0] for part in parts], [len(part[1]) for part in parts])[order]
    *services, patience, wrap_up = (np.concatenate(column)[order] for column in zip(*(part[2] for part in parts), strict=True))
    return Block(
        at=at[order].tolist(),
        who=who.tolist(),
        services=np.stack(services, axis=1).tolist() if several else services[0].tolist(),
        patience=patience.tolist(),
        wrap_up=wrap_up.tolist(),
    )
