"""Floors with an answer in closed form, or by a chain that is solved: the tables of the design first, then what lies beyond them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

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
from bench.oracle import Claim, Document, Oracle, Seed, calls, claim, claims, contracts_of, floor, plain, pool, team, vendors_of

HOUR: Final = 3600
STRICT: Final = {"priority_step_seconds": 2_592_000}


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
            pools=[pool("home"), pool("partner", vendor="vendor", sourcing="outsourced")],
            contracts=[
                {"id": "home", "pool": "home", "tier": 1},
                {"id": "partner", "pool": "partner", "tier": 2, "overflow_after_seconds": after},
            ],
        )
        waiting = claims("classes/calls", {"p_wait": known.waits, "wait_mean_seconds": known.mean_seconds}) if after else ()
        yield plain(
            f"overflow-{servers}-after-{after}", "table", document, (claim("flows/calls/partner/share", known.lost), *waiting)
        )


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
    vendors, pools = vendors_of({"ann": 12, "ben": 10, "cy": 8})
    document = floor(
        [calls(360, 240)],
        [team(12, "ann"), team(10, "ben"), team(8, "cy")],
        vendors=vendors,
        pools=pools,
        contracts=contracts_of("ann", "ben", "cy"),
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
        pools=[pool("home", zone="Europe/Berlin", hours={"daily": ["08:00-16:00"]})],
        simulation=whole,
    )
    figures = {"arrivals": arrived, "p_wait": share, "wait_mean_seconds": mean}
    yield plain("closed-overnight", "clock", document, claims("classes/calls", figures), arrivals_min=40_000, arrivals_max=40_000)

    start = datetime(2026, 1, 4, 23, tzinfo=UTC)
    vendors, pools = vendors_of({"ann": 1, "ben": 1})
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
    yield plain(
        "cap-a-day", "clock", document, known, arrivals_min=25_000, arrivals_max=25_000
    )  # some 18,000 come, in as many whole days as there are


def _waits(seed: Seed) -> float:
    return seed.of("total/p_wait")
