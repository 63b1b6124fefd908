"""What a run counts, and what that amounts to.

Waits are kept one by one, so percentiles are exact; everything else is a sum in whole microseconds. A figure is addressed by its path,
as `("classes", "calls", "p_wait")`, so that figures of several seeds and of two rule sets are put together by name.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

import numpy as np

from routing.model import ContractId, Plan, PoolId
from routing.simulator.distributions import Integers

Path: TypeAlias = tuple[str, ...]
Figures: TypeAlias = dict[Path, float | None]

PERCENTILES: Final = (50, 90, 95, 99)


@dataclass(slots=True, eq=False)
class Cell:
    """Those of one class who were accepted in one pool under one contract."""

    waits: array[int] = field(default_factory=lambda: array("q"))
    delayed: int = 0
    handled: int = 0
    handling: int = 0


@dataclass(slots=True, eq=False)
class ClassTally:
    """One class. What is counted came after the warm-up; `all_…` are of the whole run, for the checks."""

    name: str
    arrived: int = 0
    blocked: int = 0
    gone: array[int] = field(default_factory=lambda: array("q"))
    unserved: int = 0
    declines: int = 0
    lapses: int = 0
    cells: dict[tuple[PoolId, ContractId], Cell] = field(default_factory=dict)
    waiting: int = 0
    area: int = 0
    touched: int = 0
    area_from: int = 0
    area_to: int = 0
    all_arrived: int = 0
    all_blocked: int = 0
    all_served: int = 0
    all_gone: int = 0
    all_unserved: int = 0
    all_waits: int = 0

    def wait(self, change: int, now: int) -> None:
        """One more, or one fewer, waits from now on."""
        self.area += self.waiting * (now - self.touched)
        self.touched = now
        self.waiting += change

    def open_window(self, now: int) -> None:
        """Averages over time begin."""
        self.wait(0, now)
        self.area_from = self.area

    def close_window(self, now: int) -> None:
        """They end."""
        self.wait(0, now)
        self.area_to = self.area


@dataclass(slots=True, eq=False)
class PoolTally:
    """The seats of one pool over time; `open_seats` are those open and connected in the window, in microseconds."""

    used: int = 0
    area: int = 0
    touched: int = 0
    area_from: int = 0
    area_to: int = 0
    open_seats: int = 0

    def use(self, change: int, now: int) -> None:
        """So many seats more, or fewer, are in use from now on."""
        self.area += self.used * (now - self.touched)
        self.touched = now
        self.used += change

    def open_window(self, now: int) -> None:
        """Averages over time begin."""
        self.use(0, now)
        self.area_from = self.area

    def close_window(self, now: int) -> None:
        """They end."""
        self.use(0, now)
        self.area_to = self.area


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A whole run of one seed. `window` is the time over which averages were taken, `broken` the checks that failed, as sentences."""

    plan: Plan
    classes: Sequence[ClassTally]
    pools: Mapping[PoolId, PoolTally]
    accepted_on: Mapping[tuple[ContractId, date], int]
    window: int
    service_levels: Sequence[float]
    broken: tuple[tuple[str, str], ...]


def figures_of(tally: Tally) -> Figures:
    """Every figure of a run under its path."""
    found: Figures = {}
    for one in tally.classes:
        _asked(found, ("classes", one.name), [one], tally)
    _asked(found, ("total",), tally.classes, tally)
    served = sum(len(cell.waits) for _, _, cell in _cells(tally.classes))
    for pool in tally.plan.pools:
        _pool(found, pool, tally, served)
    _contracts(found, tally, served)
    for one in tally.classes:
        _flows(found, one, tally)
    return found


def _asked(found: Figures, where: Path, classes: Sequence[ClassTally], tally: Tally) -> None:
    cells = [cell for _, _, cell in _cells(classes)]
    served, gone = _sorted([cell.waits for cell in cells]), _sorted([one.gone for one in classes])
    arrived, blocked = sum(one.arrived for one in classes), sum(one.blocked for one in classes)
    admitted, unserved = arrived - blocked, sum(one.unserved for one in classes)
    delayed = sum(cell.delayed for cell in cells) + len(gone) + unserved
    found |= {
        (*where, "arrivals"): float(arrived),
        (*where, "blocked"): float(blocked),
        (*where, "p_blocked"): _ratio(blocked, arrived),
        (*where, "admitted"): float(admitted),
        (*where, "served"): float(len(served)),
        (*where, "abandoned"): float(len(gone)),
        (*where, "unserved"): float(unserved),
        (*where, "p_abandon"): _ratio(len(gone), admitted),
        (*where, "p_wait"): _ratio(delayed, admitted),
    }
    _waits(found, where, "wait", np.sort(np.concatenate([served, gone])))
    _waits(found, where, "wait_served", served)
    for seconds in tally.service_levels:
        within, left = _within(served, seconds), _within(gone, seconds)
        found[*where, "service_level", label(seconds)] = _ratio(within, admitted)
        found[*where, "service_level_served", label(seconds)] = _ratio(within, len(served))
        found[*where, "abandoned_within", label(seconds)] = _ratio(left, admitted)
    found[*where, "queue_mean"] = _ratio(sum(one.area_to - one.area_from for one in classes), tally.window)
    found[*where, "handling_mean_seconds"] = _handling(cells)
    found[*where, "cost"] = _cost(tally.plan, classes)
    found[*where, "declines"] = float(sum(one.declines for one in classes))
    found[*where, "lapses"] = float(sum(one.lapses for one in classes))


def _pool(found: Figures, pool: PoolId, tally: Tally, everywhere: int) -> None:
    where, seats = ("pools", str(pool)), tally.pools[pool]
    cells = [cell for at, _, cell in _cells(tally.classes) if at == pool]
    served = _sorted([cell.waits for cell in cells])
    found |= {
        (*where, "served"): float(len(served)),
        (*where, "share"): _ratio(len(served), everywhere),
        (*where, "p_wait"): _ratio(sum(cell.delayed for cell in cells), len(served)),
    }
    _waits(found, where, "wait_served", served)
    for seconds in tally.service_levels:
        found[*where, "service_level_served", label(seconds)] = _ratio(_within(served, seconds), len(served))
    found[*where, "handling_mean_seconds"] = _handling(cells)
    found[*where, "cost"] = _cost(tally.plan, tally.classes, pool)
    found[*where, "occupancy"] = _ratio(seats.area_to - seats.area_from, seats.open_seats)
    found[*where, "seats_used_mean"] = _ratio(seats.area_to - seats.area_from, tally.window)


def _contracts(found: Figures, tally: Tally, everywhere: int) -> None:
    contracts, served, in_tier = tally.plan.contracts, dict.fromkeys(tally.plan.contracts, 0), dict[tuple[str, int], int]()
    for _, id_, cell in _cells(tally.classes):
        served[id_] += len(cell.waits)
    for id_, n in served.items():
        tier = (contracts[id_].client, contracts[id_].tier)
        in_tier[tier] = in_tier.get(tier, 0) + n
    for id_, contract in contracts.items():
        where = ("contracts", str(id_))
        found |= {
            (*where, "served"): float(served[id_]),
            (*where, "share"): _ratio(served[id_], everywhere),
            (*where, "tier_share"): _ratio(served[id_], in_tier[contract.client, contract.tier]),
            (*where, "cost"): float(served[id_] * contract.price),
            (*where, "cap_days"): float(
                sum(
                    (contract.cap_per_day is not None and n >= contract.cap_per_day)
                    or (contract.budget_per_day is not None and (n + 1) * contract.price > contract.budget_per_day)
                    for (of, _), n in tally.accepted_on.items()
                    if of == id_
                )
            ),
        }


def _flows(found: Figures, one: ClassTally, tally: Tally) -> None:
    served = dict.fromkeys(tally.plan.pools, 0)
    for pool, _, cell in _cells([one]):
        served[pool] += len(cell.waits)
    for pool, n in served.items():
        found["flows", one.name, str(pool), "served"] = float(n)
        found["flows", one.name, str(pool), "share"] = _ratio(n, sum(served.values()))


def label(seconds: float) -> str:
    """As the threshold of a service level is named: 20, not 20.0."""
    return f"{seconds:g}"


def percentile(ordered: Integers, per_cent: int) -> int:
    """The smallest value that at least so many per cent do not exceed; there must be one."""
    return int(ordered[-(-len(ordered) * per_cent // 100) - 1])


def _waits(found: Figures, where: Path, name: str, ordered: Integers) -> None:
    n = len(ordered)
    found[*where, f"{name}_mean_seconds"] = int(ordered.sum()) / n / 1e6 if n else None
    for per_cent in PERCENTILES:
        found[*where, f"{name}_p{per_cent}_seconds"] = percentile(ordered, per_cent) / 1e6 if n else None


def _within(ordered: Integers, seconds: float) -> int:
    return int(np.searchsorted(ordered, round(seconds * 1e6), side="right"))


def _handling(cells: Sequence[Cell]) -> float | None:
    handled = sum(cell.handled for cell in cells)
    return sum(cell.handling for cell in cells) / handled / 1e6 if handled else None


def _cost(plan: Plan, classes: Iterable[ClassTally], pool: PoolId | None = None) -> float:
    return float(sum(plan.contracts[of].price * len(cell.waits) for at, of, cell in _cells(classes) if pool in {None, at}))


def _cells(classes: Iterable[ClassTally]) -> list[tuple[PoolId, ContractId, Cell]]:
    return [(pool, contract, cell) for one in classes for (pool, contract), cell in one.cells.items()]


def _sorted(parts: Sequence[array[int]]) -> Integers:
    if not parts:
        return np.empty(0, dtype=np.int64)
    return np.sort(np.concatenate([np.frombuffer(part, dtype=np.int64) if part else np.empty(0, dtype=np.int64) for part in parts]))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
