"""The simulator against floors whose answers are known exactly.

    python -m bench.oracles [--json] [--quick] [--only NAME …] [--seeds 10] [--arrivals 1000000] [--first-seed 1] [--results FILE] [--list]

Every oracle is a simulation file, written out and run with `contact-hub simulate` as anybody would run it, and claims about what comes out. A claim gives one
row: `exact` comes from `bench.exact`; `mean`, `low` and `high` are the mean over the seeds and the 95 % t-interval of that mean, worked out here; `ok` says
that the exact value lies inside the interval *and* the mean within 1.5 % of it. With honest 95 % intervals about one row in twenty misses by chance, and it
is reported as missed: `z` tells how many standard errors it is off, and `--only NAME --first-seed 101 --seeds 30` asks again, with customers never seen before.
A claim that leaves nothing to chance (rows of `invariants`, of shares, and the simulator's own checks, which every run has) gives its greatest deviation over
the seeds as `mean` and is held to a bound that follows from arithmetic: mostly 0.

`--quick` (4 seeds × 40,000) only asks whether anything is grossly wrong: the exact value within 25 % *or* inside the 99.9 % interval. It certifies nothing.

Long runs can be cut off: with `--results` each oracle's figures are kept as they come, and used again for as long as neither the file nor the sources of engine
and simulator have changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import yaml
from scipy.special import stdtrit

from bench.exact import (
    Delay,
    Losing,
    SkillGraph,
    SparedExperts,
    answered_in_time,
    below_a_cap,
    clockwork_arrivals,
    cobham,
    delay,
    erlang_b,
    exponential_patience,
    finite_room,
    fixed_patience,
    fixed_service,
    impatient,
    impatient_of_any_kind,
    kaufman_roberts,
    kept_until_opening,
    lognormal_patience,
    overflow,
    residual,
    single_server,
    with_ceilings,
)

HOUR: Final = 3600
CLOSE: Final = 0.015
ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ("routing", "contact_hub/simulate", "contact_hub/workspace", "i18n/levels.py")
ALIS: Final = {"choice": [], "fewest_in_hand": False}
STRICT: Final = {"priority_step_seconds": 2_592_000}
PLAIN_RUN: Final = "floor"

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
    """One floor (or several, to be compared) and what is known of it. `arrivals_max` is for oracles that chance cannot make more certain."""

    name: str
    group: str
    runs: Mapping[str, Document]
    claims: tuple[Claim, ...]
    arrivals_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to run."""

    seeds: int
    arrivals: int
    first_seed: int = 1

    def of(self, oracle: Oracle) -> Size:
        """For one oracle: no more arrivals than it has use for, and seeds of its own, or one unlucky stream of arrivals would be unlucky everywhere."""
        own = 1000 * (crc32(oracle.name.encode()) % 1_000_000)
        return replace(self, arrivals=min(self.arrivals, oracle.arrivals_max or self.arrivals), first_seed=own + self.first_seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the answer."""

    name: str
    exact: float
    mean: float
    low: float
    high: float
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


# the tables of the design


def erlang_c_floors() -> Iterator[Oracle]:
    """Erlang C, by one class, by several that share a pool, and by one agent with many seats."""
    for per_hour, seconds, servers in ((360, 240, 30), (100, 180, 8), (1200, 300, 110)):
        known = delay(arrivals=per_hour / HOUR, service_seconds=seconds, servers=servers)
        yield plain(
            f"erlang-c-{servers}",
            "table",
            floor([calls(per_hour, seconds)], [team(servers)]),
            (*_of_delay("classes/calls", known, per_hour), claim("pools/home/occupancy", per_hour * seconds / HOUR / servers)),
        )
    known = delay(arrivals=100 / HOUR, service_seconds=180, servers=8)
    yield plain(
        "erlang-c-8-seats-of-one-agent",
        "seats",
        floor([calls(100, 180)], [team(1, seats=8)]),
        _of_delay("classes/calls", known, 100),
    )
    known = delay(arrivals=360 / HOUR, service_seconds=240, servers=30)
    shared = {"few": 60, "some": 120, "many": 180}
    yield plain(
        "erlang-c-three-classes",
        "graphs",
        floor([calls(rate, 240, name) for name, rate in shared.items()], [team(30)]),
        [one for name, rate in shared.items() for one in _of_delay(f"classes/{name}", known, rate)],
    )


def _of_delay(prefix: str, known: Delay, per_hour: float) -> tuple[Claim, ...]:
    figures = {
        "p_wait": known.waits,
        "wait_mean_seconds": known.mean_seconds,
        "service_level/20": known.answered_within(20),
        "service_level/60": known.answered_within(60),
        "wait_p95_seconds": known.quantile(0.95),
        "queue_mean": per_hour / HOUR * known.mean_seconds,  # Little's law
    }
    return claims(prefix, figures)


def erlang_a_floors() -> Iterator[Oracle]:
    """Erlang A."""
    for servers in (30, 24):
        known = impatient(arrivals=0.1, service_seconds=240, servers=servers, patience_seconds=60)
        level = answered_in_time(arrivals=0.1, service_seconds=240, servers=servers, patience=exponential_patience(60), seconds=20)
        yield plain(
            f"erlang-a-{servers}",
            "table",
            floor([calls(360, 240, patience={"exponential": 60})], [team(servers)]),
            (*_of_losing(known, "p_abandon"), claim("classes/calls/service_level/20", level)),
        )


def _of_losing(known: Losing, lost: str) -> tuple[Claim, ...]:
    return claims("classes/calls", {"p_wait": known.waits, lost: known.lost, "wait_mean_seconds": known.mean_seconds})


def overflow_floors() -> Iterator[Oracle]:
    """In-house first, outsourced after T seconds; the second pool always has somebody."""
    for servers, after in ((18, 0), (18, 15), (18, 30), (18, 60), (18, 120), (22, 30)):
        known = overflow(arrivals=20 / 300, service_seconds=300, servers=servers, after_seconds=after)
        document = floor(
            [calls(240, 300)],
            [team(servers), team(60, "partner")],
            vendors=[{"id": "vendor", "name": "Vendor"}],
            pools=[_pool("home"), _pool("partner", vendor="vendor", sourcing="outsourced")],
            contracts=[
                {"id": "home", "pool": "home", "tier": 1},
                {"id": "partner", "pool": "partner", "tier": 2, "overflow_after_seconds": after},
            ],
        )
        waiting = claims("classes/calls", {"p_wait": known.waits, "wait_mean_seconds": known.mean_seconds}) if after else ()
        yield plain(
            f"overflow-{servers}-after-{after}", "table", document, (claim("flows/calls/partner/share", known.lost), *waiting)
        )


def _pool(name: str, **more: Any) -> Document:
    return {"id": name, "name": name.capitalize(), **more}


def priority_floors() -> Iterator[Oracle]:
    """Strict priorities, their conservation law, and priorities that a head start bends: the mean over all customers is the pooled one."""
    hourly = {"first": 1080, "second": 1800}
    pooled = delay(arrivals=0.8, service_seconds=10, servers=10)
    traffic = [calls(rate, 10, name, priority=2 - n) for n, (name, rate) in enumerate(hourly.items())]
    waits = dict(zip(hourly, cobham(residual(arrivals=0.8, service_seconds=10, servers=10), (0.3, 0.5)), strict=True))
    known = [claim("total/wait_mean_seconds", pooled.mean_seconds)]
    for name, mean in waits.items():
        known += claims(
            f"classes/{name}", {"p_wait": pooled.waits, "wait_mean_seconds": mean, "queue_mean": hourly[name] / HOUR * mean}
        )
    yield plain("cobham", "table", floor(traffic, [team(10)], rules=STRICT), known)

    pooled = delay(arrivals=0.1, service_seconds=240, servers=30)
    shares = {"urgent": 0.25, "usual": 0.35, "bulk": 0.4}
    traffic = [calls(360 * share, 240, name, priority=3 - n) for n, (name, share) in enumerate(shares.items())]
    waits = dict(
        zip(
            shares,
            cobham(residual(arrivals=0.1, service_seconds=240, servers=30), [0.8 * share for share in shares.values()]),
            strict=True,
        )
    )
    known = [claim(f"classes/{name}/wait_mean_seconds", mean) for name, mean in waits.items()]
    known += [claim(f"classes/{name}/p_wait", pooled.waits) for name in shares]
    yield plain("three-priorities", "priorities", floor(traffic, [team(30)], rules=STRICT), known)
    yield plain(
        "conservation-under-a-head-start",
        "table",
        floor(traffic, [team(30)], rules={"priority_step_seconds": 15}),
        claims("total", {"p_wait": pooled.waits, "wait_mean_seconds": pooled.mean_seconds}),
    )

    services: dict[str, tuple[float, Document, float]] = {
        "short": (12.0, {"deterministic": 60}, 0.0),
        "long": (12.0, {"gamma": {"mean": 120, "cv": 0.5}}, 0.5),
    }
    means = {"short": 60.0, "long": 120.0}
    left = sum(rate / HOUR * means[name] ** 2 * (1 + cv**2) / 2 for name, (rate, _, cv) in services.items())
    found = cobham(left, [rate / HOUR * means[name] for name, (rate, _, _) in services.items()])
    yield plain(
        "cobham-two-kinds-of-service",
        "priorities",
        floor(
            [calls(rate, one, name, priority=2 - n) for n, (name, (rate, one, _)) in enumerate(services.items())],
            [team(1)],
            rules=STRICT,
        ),
        [claim(f"classes/{name}/wait_mean_seconds", mean) for name, mean in zip(services, found, strict=True)],
    )


def seat_floors() -> Iterator[Oracle]:
    """Seats of different weight in one agent's hands; any distribution of service gives the same."""
    two: Document = {"weights": {"chat": 2, "email": 1}, "ageing_guard_seconds": None}
    three: Document = {"weights": {"chat": 3, "email": 1}, "ageing_guard_seconds": None}
    for name, group, seats, rules, loads, service in (
        ("kaufman-roberts", "table", 6, two, (1.0, 1.5), {"exponential": 240}),
        ("kaufman-roberts-lognormal", "seats", 6, two, (1.0, 1.5), {"lognormal": {"mean": 240, "cv": 1.5}}),
        ("kaufman-roberts-10-seats", "seats", 10, three, (1.2, 2.0), {"exponential": 240}),
    ):
        traffic = [
            calls(load * 15, service, channel, channel=channel) for channel, load in zip(("chat", "email"), loads, strict=True)
        ]
        blocked = kaufman_roberts(seats=seats, loads=loads, weights=tuple(rules["weights"].values()))
        yield plain(
            name,
            group,
            floor(traffic, [team(1, seats=seats)], rules=rules, simulation={"waiting_room": 0}),
            [claim("classes/chat/p_blocked", blocked[0]), claim("classes/email/p_blocked", blocked[1])],
        )
    document = floor(
        [calls(15, 240, "chat", channel="chat"), calls(30, 240, "email", channel="email")],
        [team(1, seats=6, ceilings={"chat": 2, "email": 3})],
        rules=two,
        simulation={"waiting_room": 0},
    )
    blocked = with_ceilings(seats=6, loads=(1.0, 2.0), weights=(2, 1), ceilings=(2, 3))
    known = [claim("classes/chat/p_blocked", blocked[0]), claim("classes/email/p_blocked", blocked[1])]
    yield plain("seats-with-ceilings", "seats", document, known)


# beyond the tables


def losing_floors() -> Iterator[Oracle]:
    """Finite waiting rooms, no waiting room, and patience of other kinds."""
    known = finite_room(arrivals=0.1, service_seconds=240, servers=24, places=6)
    figures = {"p_blocked": known.lost, "p_wait": known.waits / (1 - known.lost), "wait_mean_seconds": known.mean_seconds}
    yield plain(
        "waiting-room-of-6",
        "losing",
        floor([calls(360, 240)], [team(24)], simulation={"waiting_room": 6}),
        claims("classes/calls", figures),
    )
    for name, service in (("exponential", {"exponential": 240}), ("lognormal", {"lognormal": {"mean": 240, "cv": 1.2}})):
        document = floor([calls(360, service)], [team(24)], simulation={"waiting_room": 0})
        yield plain(f"erlang-b-{name}", "losing", document, [claim("classes/calls/p_blocked", erlang_b(24, 24))])
    for name, patience, endured in (
        ("fixed", {"deterministic": 45}, fixed_patience(45)),
        ("lognormal", {"lognormal": {"mean": 60, "cv": 0.8}}, lognormal_patience(60, 0.8)),
    ):
        given = {"arrivals": 0.1, "service_seconds": 240.0, "servers": 24}
        losing = impatient_of_any_kind(**given, patience=endured)  # type: ignore[arg-type]
        level = answered_in_time(**given, patience=endured, seconds=20)  # type: ignore[arg-type]
        yield plain(
            f"{name}-patience",
            "losing",
            floor([calls(360, 240, patience=patience)], [team(24)]),
            (*_of_losing(losing, "p_abandon"), claim("classes/calls/service_level/20", level)),
        )


def service_floors() -> Iterator[Oracle]:
    """One server by Pollaczek–Khinchine, service of fixed length by Crommelin, wrap-up and ringing as parts of it, and arrivals by the clock."""
    empirical = (30.0, 60.0, 90.0, 240.0)
    mean = sum(empirical) / 4
    mixed_square = 2 * (0.9 * 60**2 + 0.1 * 300**2)
    for name, service, seconds, variation in (
        ("fixed", {"deterministic": 100}, 100.0, 0.0),
        ("lognormal", {"lognormal": {"mean": 100, "cv": 1.2}}, 100.0, 1.2),
        ("gamma", {"gamma": {"mean": 100, "cv": 0.5}}, 100.0, 0.5),
        ("uniform", {"uniform": [50, 150]}, 100.0, 1 / math.sqrt(12)),
        ("empirical", {"empirical": list(empirical)}, mean, math.sqrt(sum(x * x for x in empirical) / 4 - mean**2) / mean),
        ("mixed", {"hyperexponential": {"weights": [9, 1], "means": [60, 300]}}, 84.0, math.sqrt(mixed_square - 84**2) / 84),
    ):
        wait = single_server(arrivals=21.6 / HOUR, service_seconds=seconds, variation=variation)
        yield plain(
            f"one-server-{name}",
            "service",
            floor([calls(21.6, service)], [team(1)]),
            claims("classes/calls", {"p_wait": 21.6 / HOUR * seconds, "wait_mean_seconds": wait, "handling_mean_seconds": seconds}),
        )
    waits, wait = fixed_service(arrivals=0.1, service_seconds=100, servers=12)
    for name, more, behaviour, rung in (
        ("fixed-service-12", {"service": {"deterministic": 100}}, {}, 0.0),
        ("fixed-service-and-wrap-up-12", {"service": {"deterministic": 70}, "wrap_up": {"deterministic": 30}}, {}, 0.0),
        ("ringing-and-fixed-service-12", {"service": {"deterministic": 95}}, {"accept": {"deterministic": 5}}, 5.0),
    ):
        document = floor([calls(360, 0) | more], [team(12)], **({"behaviour": behaviour} if behaviour else {}))
        figures = {"p_wait": 1.0 if rung else waits, "wait_mean_seconds": wait + rung}
        yield plain(name, "service", document, (*claims("classes/calls", figures), claim("pools/home/occupancy", 10 / 12)))
    sigma = clockwork_arrivals(every_seconds=60, service_seconds=45)
    clockwork = calls(60, 45)
    clockwork["arrivals"]["process"] = "deterministic"
    yield plain(
        "clockwork-arrivals",
        "service",
        floor([clockwork], [team(1)]),
        claims("classes/calls", {"p_wait": sigma, "wait_mean_seconds": 45 * sigma / (1 - sigma)}),
    )


GRAPHS: Final = {
    "n-model": SkillGraph(
        arrivals={"plain": 0.03, "hard": 0.012},
        servers={"juniors": 6, "seniors": 5},
        service_seconds={"juniors": 200, "seniors": 240},
        able={"plain": frozenset({"juniors", "seniors"}), "hard": frozenset({"seniors"})},
    ),
    "w-model": SkillGraph(
        arrivals={"one": 0.012, "both": 0.018, "two": 0.012},
        servers={"left": 5, "right": 6},
        service_seconds={"left": 240, "right": 200},
        able={"one": frozenset({"left"}), "both": frozenset({"left", "right"}), "two": frozenset({"right"})},
    ),
    "m-model": SkillGraph(
        arrivals={"one": 0.018, "two": 0.015},
        servers={"left": 3, "middle": 3, "right": 3},
        service_seconds={"left": 240, "middle": 200, "right": 300},
        able={"one": frozenset({"left", "middle"}), "two": frozenset({"middle", "right"})},
    ),
    "ring": SkillGraph(
        arrivals={"ab": 0.02, "bc": 0.03, "ca": 0.025},
        servers={"a": 8, "b": 9, "c": 7},
        service_seconds={"a": 250, "b": 260, "c": 300},
        able={"ab": frozenset("ab"), "bc": frozenset("bc"), "ca": frozenset("ca")},
    ),
    "n-model-without-a-queue": SkillGraph(
        arrivals={"plain": 0.03, "hard": 0.012},
        servers={"juniors": 6, "seniors": 5},
        service_seconds={"juniors": 200, "seniors": 240},
        able={"plain": frozenset({"juniors", "seniors"}), "hard": frozenset({"seniors"})},
        queue=False,
    ),
}


def graph_floors() -> Iterator[Oracle]:
    """Skill graphs under the default order. Without a queue any distribution of service gives the same, so there it is lognormal."""
    for name, graph in GRAPHS.items():
        found = graph.solve()
        known: list[Claim] = []
        for one, rate in graph.arrivals.items():
            known.append(
                claim(f"classes/{one}/p_wait", found.waits[one])
                if graph.queue
                else claim(f"classes/{one}/p_blocked", found.lost[one])
            )
            if graph.queue:
                known.append(claim(f"classes/{one}/wait_mean_seconds", found.mean_seconds[one]))
                known.append(claim(f"classes/{one}/queue_mean", found.mean_seconds[one] * rate))
            served = rate * (1 - found.lost[one])
            known += [claim(f"flows/{one}/{pool}/share", found.flows[one, pool] / served) for pool in sorted(graph.able[one])]
        known += [claim(f"pools/{pool}/occupancy", found.busy[pool] / count) for pool, count in graph.servers.items()]
        yield plain(name, "graphs", _graph_file(graph), known)


def _graph_file(graph: SkillGraph) -> Document:
    """Every class needs a skill of its own name, which the pools have that may take it."""

    def service(seconds: float) -> Document:
        return {"exponential": seconds} if graph.queue else {"lognormal": {"mean": seconds, "cv": 0.8}}

    by_pool = {pool: service(seconds) for pool, seconds in graph.service_seconds.items()}
    base = next(iter(by_pool.values()))
    traffic = [
        calls(round(rate * HOUR, 9), {**base, "by_pool": by_pool}, one, skills={one: 1}) for one, rate in graph.arrivals.items()
    ]
    agents = [
        team(count, pool, skills={one: 1 for one, able in graph.able.items() if pool in able})
        for pool, count in graph.servers.items()
    ]
    return floor(traffic, agents, simulation={} if graph.queue else {"waiting_room": 0})


def choice_floors() -> Iterator[Oracle]:
    """Experts are spared and the hard cases come first; and what the order of choice must not touch: the mean over all customers."""
    experts = SparedExperts(
        plain=0.03,
        hard=0.012,
        juniors=5,
        seniors=4,
        junior_seconds=200,
        senior_seconds=240,
        plain_patience_seconds=120,
        hard_patience_seconds=180,
    )
    plain_ones, hard_ones, by_juniors = experts.solve()
    service = {"exponential": 200, "by_pool": {"juniors": {"exponential": 200}, "seniors": {"exponential": 240}}}
    traffic = [
        calls(108, service, "plain", skills={"plain": 1}, patience={"exponential": 120}, priority=1),
        calls(43.2, service, "hard", skills={"hard": 1}, patience={"exponential": 180}, priority=2),
    ]
    agents = [team(5, "juniors", skills={"plain": 1}), team(4, "seniors", skills={"plain": 1, "hard": 1})]
    known = [claim("flows/plain/juniors/share", by_juniors)]
    for name, one in (("plain", plain_ones), ("hard", hard_ones)):
        figures = {"p_wait": one.waits, "p_abandon": one.lost, "wait_mean_seconds": one.mean_seconds}
        known += claims(f"classes/{name}", figures)
    yield plain("spared-experts", "choice", floor(traffic, agents, rules={**STRICT, "choice": ["least_flexible"]}), known)

    pooled = delay(arrivals=0.1, service_seconds=240, servers=30)
    vendors, pools = _vendors({"ann": 12, "ben": 10, "cy": 8})
    document = floor(
        [calls(360, 240)],
        [team(12, "ann"), team(10, "ben"), team(8, "cy")],
        vendors=vendors,
        pools=pools,
        contracts=_contracts("ann", "ben", "cy"),
        shares=[{"id": "share", "weights": {"ann": 50, "ben": 30, "cy": 20}}],
    )
    yield plain("erlang-c-in-shares", "choice", document, _of_delay("classes/calls", pooled, 360))


def clock_floors() -> Iterator[Oracle]:
    """Hours and caps by the clock of the place, over the night that has an hour more: whole days, so that no warm-up is wanted."""
    start, end = datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC)
    hourly = [40.0] * 8 + [160.0] * 8 + [80.0] * 8
    arrived, share, mean = kept_until_opening(start, end, "Europe/Berlin", hourly, 8, 16)
    profile = calls(0, 60)
    profile["arrivals"] = {"per_hour": hourly, "zone": "Europe/Berlin"}
    whole = {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "seconds": int((end - start).total_seconds()), "warm_up_percent": 0}
    document = floor(
        [profile],
        [team(70, seats=20)],
        pools=[_pool("home", zone="Europe/Berlin", hours={"daily": ["08:00-16:00"]})],
        simulation=whole,
    )
    figures = {"arrivals": arrived, "p_wait": share, "wait_mean_seconds": mean}
    yield plain("closed-overnight", "clock", document, claims("classes/calls", figures))

    start = datetime(2026, 1, 4, 23, tzinfo=UTC)
    vendors, pools = _vendors({"ann": 1, "ben": 1})
    document = floor(
        [calls(10, 60)],
        [team(2, "ann", seats=20), team(2, "ben", seats=20)],
        vendors=vendors,
        pools=pools,
        contracts=[
            {"id": "ann", "pool": "ann", "tier": 1, "cap_per_day": 230, "zone": "Europe/Berlin"},
            {"id": "ben", "pool": "ben", "tier": 2, "overflow_after_seconds": 3600},
        ],
        simulation={"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "seconds": 75 * 86_400, "warm_up_percent": 0},
    )
    known = [claim("flows/calls/ann/share", below_a_cap(240, 230)), Claim(name="waits", exact=0.0, of=_waits, bound=0.0)]
    yield plain("cap-a-day", "clock", document, known)


def _waits(seed: Seed) -> float:
    return seed.of("total/p_wait")


def share_floors() -> Iterator[Oracle]:
    """Vendor shares: with everybody able at every instant, no vendor is ever further than 1 − 1/(2k − 2) inquiries from its share (Tijdeman 1980)."""
    for weights in ({"ann": 60, "ben": 40}, {"ann": 50, "ben": 30, "cy": 20}, {"ann": 37, "ben": 29, "cy": 23, "dee": 11}):
        vendors, pools = _vendors(dict.fromkeys(weights, 40))
        document = floor(
            [calls(240, 300)],
            [team(60, name) for name in weights],
            vendors=vendors,
            pools=pools,
            contracts=_contracts(*weights),
            shares=[{"id": "share", "weights": weights}],
            simulation={"warm_up_percent": 0},
        )
        yield plain(
            f"shares-of-{len(weights)}",
            "invariants",
            document,
            [
                Claim(
                    name="inquiries off the share",
                    exact=0.0,
                    of=lambda seed, weights=weights: _off_share(seed, weights),  # type: ignore[misc]
                    bound=1 - 1 / (2 * len(weights) - 2),
                )
            ],
            arrivals_max=20_000,
        )


def _vendors(pools: Mapping[str, int]) -> tuple[list[Document], list[Document]]:
    vendors = [{"id": f"vendor-{name}", "name": name.capitalize()} for name in pools]
    return vendors, [_pool(name, vendor=f"vendor-{name}", sourcing="outsourced") for name in pools]


def _contracts(*pools: str) -> list[Document]:
    return [{"id": name, "pool": name, "tier": 1} for name in pools]


def _off_share(seed: Seed, weights: Mapping[str, int]) -> float:
    served = {name: seed.of(f"contracts/{name}/served") for name in weights}
    total = sum(served.values())
    return max(abs(served[name] - total * weight / sum(weights.values())) for name, weight in weights.items())


# what needs no formula


def invariant_floors() -> Iterator[Oracle]:
    """Laws that hold for the same customers to the last microsecond, or nearly: see each."""
    yield from _laws_of_one_run()
    yield _relabelled()
    yield from (_scaled(k) for k in (2, 60))
    yield _bystander()


def _laws_of_one_run() -> Iterator[Oracle]:
    document = _busy_floor()
    names = [one["name"] for one in document["traffic"]]
    rates = {one["name"]: one["arrivals"]["per_hour"] / HOUR for one in document["traffic"]}
    known = [
        Claim(name=f"{name} queue ÷ (λ · wait)", exact=1.0, of=lambda seed, name=name: _little(seed, name, rates[name]))  # type: ignore[misc]
        for name in names
    ]
    known += [
        Claim(name=f"{name} customers unaccounted for", exact=0.0, of=lambda seed, name=name: _unaccounted(seed, name), bound=0.0)  # type: ignore[misc]
        for name in names
    ]
    known.append(Claim(name="served by class less served by pool", exact=0.0, of=_class_less_pool, bound=0.0))
    yield plain("laws-of-a-busy-floor", "invariants", document, known, arrivals_max=200_000)


def _little(seed: Seed, name: str, rate: float) -> float:
    figures = f"classes/{name}"
    let_in = 1 - seed.of(f"{figures}/p_blocked")
    return seed.of(f"{figures}/queue_mean") / (rate * let_in * seed.of(f"{figures}/wait_mean_seconds"))


def _unaccounted(seed: Seed, name: str) -> float:
    parts = ("blocked", "served", "abandoned", "unserved")
    return seed.of(f"classes/{name}/arrivals") - sum(seed.of(f"classes/{name}/{part}") for part in parts)


def _class_less_pool(seed: Seed) -> float:
    reports = seed.reports[PLAIN_RUN]
    by_pool = sum(seed.of(f"pools/{pool}/served") for pool in reports["pools"])
    by_flow = sum(value or 0 for path, value in seed.everything("flows", PLAIN_RUN).items() if path.endswith("/served"))
    return abs(seed.of("total/served") - by_pool) + abs(seed.of("total/served") - by_flow)


def _busy_floor() -> Document:
    """A bit of everything, to be held to laws rather than figures: two tiers, wishes of skill, priorities, impatience, ringing, declines, wrap-up."""
    return floor(
        [
            calls(70, 240, "plain", skills={"plain": 1}, patience={"exponential": 90}, wrap_up={"exponential": 20}),
            calls(
                40, {"lognormal": {"mean": 300, "cv": 0.8}}, "hard", skills={"hard": 1}, priority=1, wrap_up={"deterministic": 30}
            ),
            calls(30, 200, "mail", channel="email", patience={"lognormal": {"mean": 400, "cv": 1}}, waiting_room=20),
        ],
        [
            team(5, "juniors", skills={"plain": 1}, seats=2),
            team(4, "seniors", skills={"plain": 1, "hard": 2}),
            team(4, "partner", skills={"plain": 1, "hard": 1}),
        ],
        rules={
            "choice": ["least_flexible", "closest_level"],
            "fewest_in_hand": True,
            "priority_step_seconds": 45,
            "decline_cooldown_seconds": 20,
        },
        contracts=[
            {"id": "juniors", "pool": "juniors", "tier": 1},
            {"id": "seniors", "pool": "seniors", "tier": 1},
            {"id": "partner", "pool": "partner", "tier": 2, "overflow_after_seconds": 15},
        ],
        behaviour={"accept": {"lognormal": {"median": 3, "sigma": 0.5}}, "decline_probability": 0.03},
    )


def _relabelled() -> Oracle:
    """Other names for pools, contracts and agents (in the same alphabetical order, which breaks ties), and everything told in another order."""
    names = {"juniors": "p1", "seniors": "p3", "partner": "p2"}  # j < p < s, p1 < p2 < p3
    document = _busy_floor()
    other = _busy_floor()
    other["agents"] = [agent | {"pool": names[agent["pool"]]} for agent in reversed(other["agents"])]
    other["contracts"] = [one | {"id": names[one["id"]], "pool": names[one["pool"]]} for one in reversed(other["contracts"])]
    other["traffic"] = other["traffic"][::-1]
    return Oracle(
        name="relabelled",
        group="invariants",
        runs={"first": document, "second": other},
        claims=(
            _differing("classes", lambda path: path),
            _differing("flows", lambda path: "/".join(names.get(step, step) for step in path.split("/"))),
            _differing("pools", lambda path: "/".join(names.get(step, step) for step in path.split("/"))),
        ),
        arrivals_max=20_000,
    )


def _differing(section: str, rename: Callable[[str], str]) -> Claim:
    """How many figures of a section are not the same, bit by bit, in both runs."""

    def count(seed: Seed) -> float:
        first = {rename(path): value for path, value in seed.everything(section, "first").items()}
        second = seed.everything(section, "second")
        return float(sum(path not in second or second[path] != value for path, value in first.items()))

    return Claim(name=f"{section}: figures that differ", exact=0.0, of=count, bound=0.0)


def _scaled(k: int) -> Oracle:
    """All times k-fold: the same customers, k times slower. Times are whole microseconds, so a mean may be off by a few of them, and by no more."""
    document, other = _busy_floor(), _slower(_busy_floor(), k)
    seconds = [
        f"classes/{one['name']}/{figure}" for one in document["traffic"] for figure in ("wait_mean_seconds", "wait_p95_seconds")
    ]
    shares = [f"classes/{one['name']}/{figure}" for one in document["traffic"] for figure in ("p_wait", "p_abandon", "served")]

    def off(seed: Seed, path: str, factor: float) -> float:
        return seed.of(path, "second") - factor * seed.of(path, "first")

    return Oracle(
        name=f"scaled-by-{k}",
        group="invariants",
        runs={"first": document, "second": other},
        claims=(
            *(
                Claim(name=f"{path}: off", exact=0.0, of=lambda seed, path=path: off(seed, path, k), bound=k * 1e-5)  # type: ignore[misc]
                for path in seconds
            ),
            *(
                Claim(name=f"{path}: off", exact=0.0, of=lambda seed, path=path: off(seed, path, 1), bound=0.0)  # type: ignore[misc]
                for path in shares
            ),
        ),
        arrivals_max=20_000,
    )


_DURATIONS: Final = {
    "exponential",
    "deterministic",
    "mean",
    "median",
    "priority_step_seconds",
    "decline_cooldown_seconds",
    "overflow_after_seconds",
}


def _slower(document: Document, k: int) -> Document:
    """Every duration of the busy floor k-fold, every rate divided by k, and the durations that `rules` would have by default."""

    def stretch(found: Any, name: str = "") -> Any:
        match found:
            case dict():
                return {key: stretch(value, key) for key, value in found.items()}
            case list():
                return [stretch(value) for value in found]
            case int() | float() if name in _DURATIONS:
                return found * k
            case int() | float() if name == "per_hour":
                return found / k
            case _:
                return found

    slower: Document = stretch(document)
    slower["rules"] |= {
        "offer_seconds": {"chat": 30 * k, "email": 120 * k},
        "wrap_up_seconds": 120 * k,
        "ageing_guard_seconds": 300 * k,
    }
    return slower


def _bystander() -> Oracle:
    """People who may never take any of it: another language, no skill asked for, another brand's contract."""
    other = _busy_floor()
    other["agents"] = [*other["agents"], team(7, "bystanders", languages={"fr": "native"}, skills={"plain": 3, "hard": 3})]
    other["contracts"] = [*other["contracts"], {"id": "bystanders", "pool": "bystanders", "tier": 1}]
    return Oracle(
        name="bystander",
        group="invariants",
        runs={"first": _busy_floor(), "second": other},
        claims=(_differing("classes", lambda path: path), _differing("total", lambda path: path)),
        arrivals_max=20_000,
    )


FLOORS: Final[tuple[Callable[[], Iterator[Oracle]], ...]] = (
    erlang_c_floors,
    erlang_a_floors,
    overflow_floors,
    priority_floors,
    seat_floors,
    graph_floors,
    invariant_floors,
    share_floors,
    clock_floors,
    choice_floors,
    losing_floors,
    service_floors,
)


@cache
def _all() -> tuple[Oracle, ...]:
    return tuple(sorted((oracle for make in FLOORS for oracle in make()), key=lambda oracle: oracle.group != "table"))


def oracles(only: Sequence[str] = ()) -> list[Oracle]:
    """All of them, those of the design's tables first; `only` are names, groups, or parts of a name."""
    wanted = [oracle for oracle in _all() if not only or any(word == oracle.group or word in oracle.name for word in only)]
    if not wanted:
        raise SystemExit(f"no oracle is called {' or '.join(only)}; see --list")
    return wanted


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
        mean=mean,
        low=mean - reach,
        high=mean + reach,
        ok=ok,
        off_percent=100 * (mean / one.exact - 1) if one.exact else None,
        z=(mean - one.exact) / error if error else None,
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
        mean=worst,
        low=min(values),
        high=max(values),
        ok=ok,
        off_percent=None,
        z=None,
        why="" if ok else f"off by more than {one.bound:g}",
        seeds=size.seeds,
        first_seed=size.first_seed,
        arrivals=size.arrivals,
    )


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return mean, math.inf
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))


def _t(level: float, count: int) -> float:
    return float(stdtrit(max(count - 1, 1), (1 + level) / 2))


# running


@dataclass(slots=True, kw_only=True)
class Kept:
    """Figures of earlier runs, in a file; without one, of this run only."""

    path: Path | None
    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path | None) -> Kept:
        """Begin with what the file has."""
        return cls(path=path, found=json.loads(path.read_text()) if path is not None and path.exists() else {})

    def keep(self, key: str, reports: Mapping[str, Report]) -> None:
        """Written whole and moved into place, so that a run cut off loses nothing."""
        self.found[key] = reports
        if self.path is not None:
            draft = self.path.with_suffix(".part")
            draft.write_text(json.dumps(self.found))
            draft.replace(self.path)


Simulate = Callable[[Document, Size], Report]
"""A file and how much of it: the report with the figures of every seed."""


def run(oracle: Oracle, size: Size, by: Simulate) -> dict[str, Report]:
    """The simulator's report on each of the oracle's files."""
    return {name: by(document, size.of(oracle)) for name, document in oracle.runs.items()}


def simulate(document: Document, size: Size) -> Report:
    """`contact-hub simulate`, as from a shell."""
    asked = ["--seeds", str(size.seeds), "--first-seed", str(size.first_seed), "--arrivals", str(size.arrivals)]
    asked += ["--json", "--per-seed"]
    asked += [] if sys.stderr.isatty() else ["--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "floor.yaml")
        file.write_text(as_yaml(document))
        done = subprocess.run(
            [sys.executable, "-m", "contact_hub", "simulate", str(file), *asked],
            check=False,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"CONTACT_HUB_NO_BOOTSTRAP": "1"},
        )
    if done.returncode > 1 or not done.stdout:  # with 1 it reports that a check was broken, which is a row
        raise SystemExit(f"the simulator ended with {done.returncode} on\n{as_yaml(document)}")
    report: Report = json.loads(done.stdout)
    return report


class _Flat(yaml.SafeDumper):
    """The dialect has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def as_yaml(document: Document) -> str:
    """The text of a simulation file."""
    return yaml.dump(document, Dumper=_Flat, sort_keys=False, allow_unicode=True)


def fingerprint(oracle: Oracle, size: Size) -> str:
    """What the figures depend on: the files, how much is run, and the sources."""
    parts = [as_yaml(dict(oracle.runs)), str(size.of(oracle)), _sources()]
    return f"{oracle.name} {hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def _sources() -> str:
    files = [
        path
        for name in SOURCES
        for path in (sorted(Path(ROOT, name).rglob("*.py")) if Path(ROOT, name).is_dir() else [Path(ROOT, name)])
    ]
    return hashlib.sha256(b"|".join(path.read_bytes() for path in files)).hexdigest()


# the command


def main() -> None:
    """Run, print, and leave with 1 if a row is not ok."""
    asked = _arguments()
    wanted = oracles(asked.only)
    if asked.list:
        for oracle in wanted:
            print(f"{oracle.group:<11} {oracle.name:<34} {len(oracle.claims)} claims")
        return
    size = Size(
        seeds=asked.seeds or (4 if asked.quick else 10),
        arrivals=asked.arrivals or (40_000 if asked.quick else 1_000_000),
        first_seed=asked.first_seed,
    )
    rows = list(_all_rows(wanted, size, Kept.open(asked.results), quick=asked.quick))
    print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) if asked.json else _table(rows))
    _tell(_verdict(rows, quick=asked.quick))
    sys.exit(0 if all(row.ok for row in rows) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="a JSON list of rows")
    parser.add_argument("--quick", action="store_true", help="4 seeds × 40,000 arrivals; certifies nothing")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="names, parts of names, or groups")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--arrivals", type=int, help="per seed")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="keep figures here, and go on from what is there")
    parser.add_argument("--list", action="store_true", help="name the oracles and stop")
    return parser.parse_args()


def _all_rows(wanted: Sequence[Oracle], size: Size, kept: Kept, *, quick: bool) -> Iterator[Row]:
    for n, oracle in enumerate(wanted, 1):
        started, key = time.monotonic(), fingerprint(oracle, size)
        if known := key in kept.found:
            reports = kept.found[key]
        else:
            _tell(f"[{n}/{len(wanted)}] {oracle.name}: {size.seeds} × {size.of(oracle).arrivals:,} arrivals …")
            reports = run(oracle, size, simulate)
            kept.keep(key, reports)
        rows = rows_of(oracle, reports, size, quick=quick)
        missed = [row.name.partition(": ")[2] for row in rows if not row.ok]
        took = "kept" if known else f"{time.monotonic() - started:.0f} s"
        _tell(
            f"[{n}/{len(wanted)}] {oracle.name}: {took}, {len(rows) - len(missed)} of {len(rows)} ok{'; missed ' if missed else ''}{', '.join(missed)}"
        )
        yield from rows


def _table(rows: Sequence[Row]) -> str:
    width = max(len(row.name) for row in rows)
    head = f"{'name':<{width}}  {'exact':>12}  {'mean':>12}  {'low':>12}  {'high':>12}  ok"
    lines = [
        f"{row.name:<{width}}  {row.exact:>12.6g}  {row.mean:>12.6g}  {row.low:>12.6g}  {row.high:>12.6g}  {'yes' if row.ok else f'NO, {row.why}'}"
        for row in rows
    ]
    return "\n".join([head, *lines])


def _verdict(rows: Sequence[Row], *, quick: bool) -> str:
    missed, drawn = [row for row in rows if not row.ok], [row for row in rows if row.z is not None]
    said = f"{len(rows) - len(missed)} of {len(rows)} rows ok"
    if quick:
        return f"{said}; quick: only gross errors were looked for"
    outside = sum("interval" in row.why for row in drawn)
    return f"{said}; {outside} of {len(drawn)} drawn rows outside their 95 % interval, {len(drawn) / 20:.0f} are expected by chance"


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
