"""What an oracle is: floors as files, and claims that their figures must bear out.

A claim says what is exactly known; `rows_of` holds the figures of the seeds against it. Where chance has a part, a row is ok if the exact value lies inside
the 95 % t-interval of the mean over the seeds *and* the mean within 1.5 % of it. Where it has none, every seed is held to a bound that follows from arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zlib import crc32

import yaml
from scipy.special import stdtrit

CLOSE: Final = 0.015
PLAIN_RUN: Final = "floor"
ALIS: Final = {"choice": [], "fewest_in_hand": False}

Document = dict[str, Any]
Report = Mapping[str, Any]


# what an oracle is


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The figures of one seed, in each of an oracle's runs."""

    reports: Mapping[str, Report]
    place: int

    def of(self, path: str, run: str = PLAIN_RUN) -> float:
        """One figure: "classes/calls/p_wait"."""
        found: Any = self.reports[run]
        for step in path.split("/"):
            found = found[step]
        value = found["values"][self.place]
        return math.nan if value is None else float(value)

    def everything(self, section: str, run: str) -> dict[str, float | None]:
        """Every figure of a section by its path, to compare two runs whole."""
        return dict(_leaves(self.reports[run][section], self.place, section))


def _leaves(found: Any, place: int, path: str) -> Iterator[tuple[str, float | None]]:
    if isinstance(found, Mapping) and "values" in found:
        yield path, found["values"][place]
    elif isinstance(found, Mapping):
        for name, inner in found.items():
            yield from _leaves(inner, place, f"{path}/{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A quantity, its exact value, and where to read it. With a `bound` nothing is left to chance: no seed may be further off."""

    name: str
    exact: float
    of: Callable[[Seed], float]
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """One floor (or several, to be compared) and what is known of it. `arrivals_max` is for oracles that chance cannot make more certain,
    `arrivals_min` for those whose days must be whole."""

    name: str
    group: str
    runs: Mapping[str, Document]
    claims: tuple[Claim, ...]
    arrivals_max: int | None = None
    arrivals_min: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to run."""

    seeds: int
    arrivals: int
    first_seed: int = 1

    def of(self, oracle: Oracle) -> Size:
        """For one oracle: as many arrivals as it has use for, and seeds of its own, or one unlucky stream of arrivals would be unlucky everywhere."""
        own = 1000 * (crc32(oracle.name.encode()) % 1_000_000)
        arrivals = max(min(self.arrivals, oracle.arrivals_max or self.arrivals), oracle.arrivals_min)
        return replace(self, arrivals=arrivals, first_seed=own + self.first_seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the answer. `low` and `high` are None with one seed, and the mean too where a seed had nothing to measure."""

    name: str
    exact: float
    mean: float | None
    low: float | None
    high: float | None
    ok: bool
    off_percent: float | None
    z: float | None
    why: str
    seeds: int
    first_seed: int
    arrivals: int


def claims(prefix: str, figures: Mapping[str, float]) -> tuple[Claim, ...]:
    """Claims about figures that all stand below one path."""
    return tuple(claim(f"{prefix}/{path}", exact) for path, exact in figures.items())


def claim(path: str, exact: float) -> Claim:
    """A claim about one figure of the report."""
    return Claim(name=path.replace("/", " "), exact=exact, of=lambda seed: seed.of(path))


# files


def floor(traffic: Sequence[Document], agents: Sequence[Document], **sections: Any) -> Document:
    """A simulation file; who is idle longest is next unless `rules` say otherwise."""
    rules = {**ALIS, **sections.pop("rules", {})}
    simulation = {"warm_up_percent": 4, "service_levels": [20, 60], **sections.pop("simulation", {})}
    return {"simulation": simulation, "agents": list(agents), "traffic": list(traffic), "rules": rules, **sections}


def calls(per_hour: float, service: float | Document, name: str = "calls", **more: Any) -> Document:
    """A class of traffic; a bare number of service seconds is exponential."""
    described = service if isinstance(service, dict) else {"exponential": service}
    return {"name": name, "arrivals": {"per_hour": per_hour}, "service": described, **more}


def team(count: int, pool: str = "home", **more: Any) -> Document:
    """So many alike agents."""
    return {"count": count, "pool": pool, **more}


def plain(name: str, group: str, document: Document, known: Iterable[Claim], **more: Any) -> Oracle:
    """An oracle of one run."""
    return Oracle(name=name, group=group, runs={PLAIN_RUN: document}, claims=tuple(known), **more)


def pool(name: str, **more: Any) -> Document:
    """A pool that needs saying."""
    return {"id": name, "name": name.capitalize(), **more}


def vendors_of(pools: Mapping[str, int]) -> tuple[list[Document], list[Document]]:
    """A vendor for each pool, and the pools."""
    vendors = [{"id": f"vendor-{name}", "name": name.capitalize()} for name in pools]
    return vendors, [pool(name, vendor=f"vendor-{name}", sourcing="outsourced") for name in pools]


def contracts_of(*pools: str) -> list[Document]:
    """A contract of the first tier with each."""
    return [{"id": name, "pool": name, "tier": 1} for name in pools]


class _Flat(yaml.SafeDumper):
    """The dialect has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def as_yaml(document: Document) -> str:
    """The text of a simulation file."""
    return yaml.dump(document, Dumper=_Flat, sort_keys=False, allow_unicode=True)


# judging


def rows_of(oracle: Oracle, reports: Mapping[str, Report], size: Size, *, quick: bool = False) -> list[Row]:
    """What the figures say to the claims, and to the checks that every run makes of itself."""
    own, drawn = size.of(oracle), [Seed(reports=reports, place=place) for place in range(size.seeds)]
    rows = [_row(oracle.name, one, [one.of(seed) for seed in drawn], own, quick=quick) for one in oracle.claims]
    for run, report in reports.items():
        broken = [name for name in ("little", "flow", "seats") if not report["checks"][name]]
        name = "checks broken" if run == PLAIN_RUN else f"{run}: checks broken"
        checks = Claim(name=name, exact=0.0, of=lambda _: 0.0, bound=0.0)
        rows.append(_row(oracle.name, checks, [float(len(broken))] * size.seeds, own, quick=quick))
    return rows


def _row(oracle: str, one: Claim, values: Sequence[float], size: Size, *, quick: bool) -> Row:
    mean, error = _mean_and_error(values)
    if one.bound is not None:
        return _certain(oracle, one, values, size)
    reach = _t(0.95, len(values)) * error
    inside = abs(mean - one.exact) <= reach or math.isclose(
        mean, one.exact, rel_tol=1e-12
    )  # where all seeds agree, floats still may not
    near = abs(mean - one.exact) <= CLOSE * abs(one.exact)
    if quick:
        loose = _t(0.999, len(values)) * error
        ok = abs(mean - one.exact) <= max(loose, 0.25 * abs(one.exact))
        why = "" if ok else "grossly off"
    else:
        ok = inside and near
        why = " and ".join(word for word, held in (("outside the interval", inside), ("off by more than 1.5 %", near)) if not held)
    return Row(
        name=f"{oracle}: {one.name}",
        exact=one.exact,
        mean=_said(mean),
        low=_said(mean - reach),
        high=_said(mean + reach),
        ok=ok,
        off_percent=_said(100 * (mean / one.exact - 1)) if one.exact else None,
        z=_said((mean - one.exact) / error) if 0 < error < math.inf else None,
        why=why,
        seeds=size.seeds,
        first_seed=size.first_seed,
        arrivals=size.arrivals,
    )


def _certain(oracle: str, one: Claim, values: Sequence[float], size: Size) -> Row:
    """Nothing was left to chance: the worst seed is the answer."""
    assert one.bound is not None
    worst = max(values, key=lambda value: abs(value - one.exact))
    ok = all(abs(value - one.exact) <= one.bound for value in values)
    return Row(
        name=f"{oracle}: {one.name}",
        exact=one.exact,
        mean=_said(worst),
        low=_said(min(values)),
        high=_said(max(values)),
        ok=ok,
        off_percent=None,
        z=None,
        why="" if ok else f"off by more than {one.bound:g}",
        seeds=size.seeds,
        first_seed=size.first_seed,
        arrivals=size.arrivals,
    )


def _said(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return mean, math.inf
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


def _t(level: float, count: int) -> float:
    return float(stdtrit(max(count - 1, 1), (1 + level) / 2))
