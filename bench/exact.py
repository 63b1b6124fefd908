"""Floors whose answers are known exactly: what the simulator must hit.

Pure arithmetic, and nothing else: no engine, no simulator, no random numbers, so that an error here and an error there have no common cause. Rates are per
second and times in seconds throughout; `load` is arrivals times the mean service time, in servers. "Wait" is that of every customer, 0 for those who are
answered at once, and for those who leave, until they leave. Where a formula is from a paper, its docstring says from which; `tests/simulator/test_exact.py`
holds every one of them against published figures, against its own special cases, or against a Markov chain that is solved state by state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

State = TypeVar("State", bound=Hashable)
Counts = tuple[int, ...]

HOUR_SECONDS: Final = 3600


# one pool


def erlang_b(load: float, servers: int) -> float:
    """Share of customers turned away by a pool with no queue (Erlang 1917), by the recursion over servers. It holds for any distribution of service."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Share of customers who wait in M/M/c, from Erlang B; needs load < servers."""
    if load >= servers:
        raise ValueError(f"a load of {load} is too much for {servers} servers")
    blocked = erlang_b(load, servers)
    return servers * blocked / (servers - load * (1 - blocked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """What a first come, first served M/M/c makes of its customers. The wait of those who wait is exponential with rate `drain`."""

    waits: float
    drain: float

    @property
    def mean_seconds(self) -> float:
        """Average speed of answer."""
        return self.waits / self.drain

    def answered_within(self, seconds: float) -> float:
        """Service level."""
        return 1 - self.waits * math.exp(-self.drain * seconds)

    def quantile(self, share: float) -> float:
        """The wait that this share of all customers does not exceed."""
        return 0.0 if share <= 1 - self.waits else math.log(self.waits / (1 - share)) / self.drain


def delay(*, arrivals: float, service_seconds: float, servers: int) -> Delay:
    """M/M/c with an endless queue and endless patience (Erlang C)."""
    return Delay(waits=erlang_c(arrivals * service_seconds, servers), drain=servers / service_seconds - arrivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Losing:
    """What a pool that loses customers makes of them: shares of all who arrive, and the mean wait of all who are let in."""

    waits: float
    lost: float
    mean_seconds: float


def impatient(*, arrivals: float, service_seconds: float, servers: int, patience_seconds: float) -> Losing:
    """M/M/c+M (Erlang A, Palm 1957): birth and death with rate min(n, c)μ + max(n − c, 0)θ down. The lost are those whose patience ends."""
    down = [min(n, servers) / service_seconds + max(n - servers, 0) / patience_seconds for n in range(_deep(arrivals, servers))]
    weights = _birth_and_death([arrivals] * (len(down) - 1), down[1:])
    queue = math.fsum((n - servers) * weight for n, weight in enumerate(weights) if n > servers)
    return Losing(
        waits=math.fsum(weights[servers:]), lost=queue / patience_seconds / arrivals, mean_seconds=queue / arrivals
    )  # PASTA; abandonments = θ·queue; Little


def _deep(arrivals: float, servers: int) -> int:
    return 20 * servers + 2000 + int(arrivals)


def finite_room(*, arrivals: float, service_seconds: float, servers: int, places: int) -> Losing:
    """M/M/c/K with `places` to wait, K = servers + places: who finds all taken is lost. `waits` is a share of all; the mean is over those let in."""
    down = [min(n, servers) / service_seconds for n in range(servers + places + 1)]
    weights = _birth_and_death([arrivals] * (len(down) - 1), down[1:])
    queue = math.fsum((n - servers) * weight for n, weight in enumerate(weights) if n > servers)
    return Losing(waits=math.fsum(weights[servers:-1]), lost=weights[-1], mean_seconds=queue / (arrivals * (1 - weights[-1])))


def _birth_and_death(up: Sequence[float], down: Sequence[float]) -> list[float]:
    """Stationary shares of the states 0..n of a chain that moves by one: scaled as it goes, so that large floors do not overflow."""
    logs = [0.0]
    for rise, fall in zip(up, down, strict=True):
        logs.append(logs[-1] + math.log(rise) - math.log(fall))
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


# patience of any distribution

Endured = Callable[[float], float]
"""E[min(patience, x)]: how long a customer stays if answered after x. It says all there is to say of a patience."""


def exponential_patience(mean_seconds: float) -> Endured:
    """Memoryless."""
    return lambda x: mean_seconds * -math.expm1(-x / mean_seconds)


def fixed_patience(seconds: float) -> Endured:
    """Everybody leaves after the same time."""
    return lambda x: min(x, seconds)


def lognormal_patience(mean_seconds: float, variation: float) -> Endured:
    """`variation` is the standard deviation over the mean."""
    sigma = math.sqrt(math.log1p(variation**2))
    mu = math.log(mean_seconds) - sigma**2 / 2

    def endured(x: float) -> float:
        if x <= 0:
            return 0.0
        z = (math.log(x) - mu) / sigma
        return mean_seconds * _normal(z - sigma) + x * (1 - _normal(z))

    return endured


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def impatient_of_any_kind(*, arrivals: float, service_seconds: float, servers: int, patience: Endured) -> Losing:
    """M/M/c+G (Baccelli & Hebuterne 1981; in the building blocks of Zeltyn & Mandelbaum, "Call centers with impatient customers", 2005):
    with H = E[min(patience, ·)], J = ∫e^{λH(x)−cμx}dx and J_H = ∫H(x)e^{λH(x)−cμx}dx, the offered wait has density λe^{λH(x)−cμx}/(ε+λJ)."""
    pace = servers / service_seconds
    j, jh = _integrals(lambda x: math.exp(arrivals * patience(x) - pace * x), patience, _horizon(arrivals, pace, patience))
    whole = 1 / erlang_b(arrivals * service_seconds, servers - 1) + arrivals * j
    return Losing(waits=arrivals * j / whole, lost=(1 + (arrivals - pace) * j) / whole, mean_seconds=arrivals * jh / whole)


def answered_in_time(*, arrivals: float, service_seconds: float, servers: int, patience: Endured, seconds: float) -> float:
    """Share of all who are answered within so many seconds, in the same M/M/c+G: ∫λH'e^{λH−cμx}dx over 0..T, integrated by parts."""
    pace = servers / service_seconds

    def weight(x: float) -> float:
        return math.exp(arrivals * patience(x) - pace * x)

    j, _ = _integrals(weight, patience, _horizon(arrivals, pace, patience))
    early, _ = _integrals(weight, patience, seconds)
    whole = 1 / erlang_b(arrivals * service_seconds, servers - 1) + arrivals * j
    return 1 - arrivals * j / whole + (weight(seconds) - 1 + pace * early) / whole


def _horizon(arrivals: float, pace: float, patience: Endured) -> float:
    end = 1 / pace
    while arrivals * patience(end) - pace * end > -45:
        end *= 1.5
    return end


def _integrals(weight: Callable[[float], float], value: Callable[[float], float], end: float) -> tuple[float, float]:
    """∫weight and ∫value·weight over 0..end by Simpson's rule."""
    steps = 40_000
    width = end / steps
    plain, valued = [], []
    for n in range(steps + 1):
        share = (1 if n in {0, steps} else 4 if n % 2 else 2) * weight(n * width)
        plain.append(share)
        valued.append(share * value(n * width))
    return math.fsum(plain) * width / 3, math.fsum(valued) * width / 3


def overflow(*, arrivals: float, service_seconds: float, servers: int, after_seconds: float) -> Losing:
    """In-house first; who has waited `after_seconds` goes to a second pool that always has somebody (for the first pool they left: M/M/n+D).

    ε = 1/B(n−1, a), d = λ − nμ, J = (e^{dT} − 1)/d + e^{dT}/(nμ); the share that overflows is (1 + dJ)/(ε + λJ), the share that waits λJ/(ε + λJ).
    The mean wait integrates P(wait > t) = λe^{dt}·(…)/(ε + λJ) over 0..T, as everybody has somebody after T."""
    pace, d = servers / service_seconds, arrivals - servers / service_seconds
    grown = math.exp(d * after_seconds)
    first = after_seconds if d == 0 else math.expm1(d * after_seconds) / d
    j = first + grown / pace
    whole = 1 / erlang_b(arrivals * service_seconds, servers - 1) + arrivals * j
    held = after_seconds**2 / 2 if d == 0 else (after_seconds * grown - first) / d
    jh = held + after_seconds * grown / pace
    return Losing(waits=arrivals * j / whole, lost=(1 + d * j) / whole, mean_seconds=arrivals * jh / whole)


# service of any distribution


def single_server(*, arrivals: float, service_seconds: float, variation: float) -> float:
    """Mean wait of M/G/1 (Pollaczek 1930, Khinchine 1932); `variation` is the standard deviation of service over its mean."""
    busy = arrivals * service_seconds
    return busy * service_seconds * (1 + variation**2) / (2 * (1 - busy))


def fixed_service(*, arrivals: float, service_seconds: float, servers: int) -> tuple[float, float]:
    """Share who wait and mean wait in M/D/c (Crommelin 1932): all who are served now are gone one service time later, so the number present follows
    Q' = max(Q − c, 0) + Poisson(a); solved by iteration."""
    load = arrivals * service_seconds
    size = servers + int(20 / (1 - load / servers)) + 40
    come = [math.exp(-load + k * math.log(load) - math.lgamma(k + 1)) for k in range(int(load + 14 * math.sqrt(load)) + 25)]
    shares, change = [1.0] + [0.0] * (size - 1), 1.0
    while change > 1e-14:
        left = [math.fsum(shares[: servers + 1]), *shares[servers + 1 :]]
        following = [0.0] * size
        for before, share in enumerate(left):
            for k, chance in enumerate(come[: size - before]):
                following[before + k] += share * chance
        change = max(abs(a - b) for a, b in zip(shares, following, strict=True))
        shares = following
    queue = math.fsum((n - servers) * share for n, share in enumerate(shares) if n > servers)
    return math.fsum(shares[servers:]), queue / arrivals


def clockwork_arrivals(*, every_seconds: float, service_seconds: float) -> float:
    """Share who wait in D/M/1, the root σ < 1 of σ = e^{−(1 − σ)·every/service}; their mean wait over all is σ/(1 − σ) services (Kendall 1953)."""
    sigma = 0.5
    for _ in range(10_000):
        sigma = math.exp(-(1 - sigma) * every_seconds / service_seconds)
    return sigma


# priorities


def residual(*, arrivals: float, service_seconds: float, servers: int) -> float:
    """What the first in line of M/M/c waits if nobody is before them, averaged over all: Cobham's W0."""
    return erlang_c(arrivals * service_seconds, servers) * service_seconds / servers


def cobham(first_seconds: float, loads: Sequence[float]) -> tuple[float, ...]:
    """Mean waits of classes in order of priority, nobody interrupted (Cobham 1954): W0/((1 − σ_{k−1})(1 − σ_k)); `loads` per server. In M/G/1,
    W0 = Σλ_k E[S_k²]/2 and services may differ; in M/M/c it is `residual`, and they may not."""
    waits, above = [], 0.0
    for load in loads:
        waits.append(first_seconds / ((1 - above) * (1 - above - load)))
        above += load
    return tuple(waits)


# seats of different weight


def kaufman_roberts(*, seats: int, loads: Sequence[float], weights: Sequence[int]) -> tuple[float, ...]:
    """Share of each class that finds too few seats free (Kaufman 1981, Roberts 1981): n·q(n) = Σ a_k w_k q(n − w_k). Any distribution of service."""
    shares = [1.0]
    for n in range(1, seats + 1):
        taken = (load * weight * shares[n - weight] for load, weight in zip(loads, weights, strict=True) if weight <= n)
        shares.append(math.fsum(taken) / n)
    total = math.fsum(shares)
    return tuple(math.fsum(shares[seats - weight + 1 :]) / total for weight in weights)


def with_ceilings(*, seats: int, loads: Sequence[float], weights: Sequence[int], ceilings: Sequence[int]) -> tuple[float, ...]:
    """The same, where a class may also hold no more than so many at once: Π a^n/n! over all that fits, cut out of independent Poisson counts
    (Kaufman 1981: the form holds for every such set of states)."""
    fits = [
        counts
        for counts in product(*(range(ceiling + 1) for ceiling in ceilings))
        if sum(n * weight for n, weight in zip(counts, weights, strict=True)) <= seats
    ]
    shares = {counts: math.prod(load**n / math.factorial(n) for load, n in zip(loads, counts, strict=True)) for counts in fits}
    total = math.fsum(shares.values())
    blocked = (
        math.fsum(share for counts, share in shares.items() if (*counts[:k], counts[k] + 1, *counts[k + 1 :]) not in shares)
        for k in range(len(loads))
    )
    return tuple(found / total for found in blocked)


# by the clock


def kept_until_opening(
    start: datetime, end: datetime, zone: str, per_hour: Sequence[float], opens: int, closes: int
) -> tuple[float, float, float]:
    """Expected arrivals, share who wait, and mean wait, where everybody is served at once from `opens` to `closes` o'clock on the zone's wall clock and
    the others as it opens; `per_hour` has a rate for every hour of that clock. An hour on the clock is walked as often as it happens, so days of 23
    and 25 hours are what they are; the zone must change by whole hours."""
    local, hour = ZoneInfo(zone), timedelta(hours=1)
    arrived = waiting = waited = 0.0
    while start < end:
        until = start
        while not opens <= until.astimezone(local).hour < closes:
            until += hour
        rate = per_hour[start.astimezone(local).hour]
        arrived += rate
        if until > start:
            waiting += rate
            waited += rate * ((until - start).total_seconds() - HOUR_SECONDS / 2)
        start += hour
    return arrived, waiting / arrived, waited / arrived


def below_a_cap(mean: float, cap: int) -> float:
    """Share of Poisson arrivals of a day that are among its first `cap`."""
    chances = (math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1)) for n in range(cap))
    return (cap - math.fsum((cap - n) * chance for n, chance in enumerate(chances))) / mean


# who may serve whom


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAnswer:
    """Per class, per pool, and per edge of the graph; `flows` are customers a second."""

    waits: Mapping[str, float]
    lost: Mapping[str, float]
    mean_seconds: Mapping[str, float]
    flows: Mapping[tuple[str, str], float]
    busy: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillGraph:
    """Classes with arrivals a second, pools of alike servers with a pace of their own, and which pools a class may go to.

    The oldest customer whom a freed server may serve is next; an arriving customer goes to the server who has been idle longest
    (FCFS-ALIS). Adan & Weiss, "A skill based parallel service system under FCFS-ALIS — steady state, overloads, and abandonments"
    (Stochastic Systems 4, 2014): with busy servers S_1..S_i in the order of their customers' arrival, n_j customers skipped between
    S_j and S_{j+1}, and S_{i+1}..S_I idle, the last for longest,

        π ∝ Π_{j≤i} λ_U(S_1..S_j)^{n_j} / μ(S_1..S_j)^{n_j+1} · Π_{j>i} 1 / λ_C(S_j..S_I)

    where λ_U(M) arrives for servers of M alone and λ_C(M) for at least one of M. Given the servers, the n_j are independent and
    geometric and the classes of the skipped independent draws from U. Both products depend on how many of each pool stand before, not
    on who, so the sum over all orders is a walk over the lattice of counts, and pools of dozens cost no more than a table. With `queue`
    False, who finds nobody is lost: Adan & Weiss, "A loss system with skill-based servers under assign to longest idle server policy"
    (Probability in the Engineering and Informational Sciences 26, 2012). That one holds for any distribution of service: servers go
    round between being busy, an infinite-server station, and being idle, an order-independent queue, and both are quasi-reversible.
    """

    arrivals: Mapping[str, float]
    servers: Mapping[str, int]
    service_seconds: Mapping[str, float]
    able: Mapping[str, frozenset[str]]
    queue: bool = True

    def solve(self) -> GraphAnswer:
        """The steady state; an overloaded set of classes is refused."""
        return _Lattice(self).answer()


class _Lattice:
    """The walk over counts: `ahead` from nobody busy up, `idle` from nobody idle up; they meet at the counts of the busy."""

    def __init__(self, graph: SkillGraph) -> None:
        self.graph = graph
        self.classes, self.pools = tuple(graph.arrivals), tuple(graph.servers)
        self.rate = [graph.arrivals[c] for c in self.classes]
        self.size: Counts = tuple(graph.servers[p] for p in self.pools)
        self.pace = [1 / graph.service_seconds[p] for p in self.pools]
        self.able = [[p in graph.able[c] for p in self.pools] for c in self.classes]
        self.points: list[Counts] = list(product(*(range(n + 1) for n in self.size)))
        self.slack = {b: self._slack(b) for b in self.points}
        self.ahead = self._walk(lambda b: 1 / self.slack[b], {}, start=True)
        self.idle = self._walk(lambda r: 1 / self._wanted(r), {}, start=True)
        self.total = math.fsum(self.ahead[b] * self.idle[self._rest(b)] for b in self.points)

    def answer(self) -> GraphAnswer:
        edges = [(c, p) for c in range(len(self.classes)) for p in range(len(self.pools)) if self.able[c][p]]
        full = [self._share(lambda b, c=c: self.ahead[b] if self._only(c, b) else 0.0) for c in range(len(self.classes))]  # type: ignore[misc]
        nobody = [0.0] * len(self.classes)
        return GraphAnswer(
            waits=self._by_class(full if self.graph.queue else nobody),
            lost=self._by_class(nobody if self.graph.queue else full),
            mean_seconds=self._by_class([self._waiting(c) / self.rate[c] for c in range(len(self.classes))]),
            flows={(self.classes[c], self.pools[p]): self._at_once(c, p) + self._from_queue(c, p) for c, p in edges},
            busy={pool: self._share(lambda b, p=p: b[p] * self.ahead[b]) for p, pool in enumerate(self.pools)},  # type: ignore[misc]
        )

    def _by_class(self, values: Iterable[float]) -> dict[str, float]:
        return dict(zip(self.classes, values, strict=True))

    # sums over orders

    def _walk(
        self, factor: Callable[[Counts], float], entering: Mapping[Counts, float], *, start: bool = False
    ) -> dict[Counts, float]:
        """Σ over all orders that lead to each point, of the product of `factor` on the way. `entering` adds orders that begin to count at a point."""
        sums: dict[Counts, float] = {}
        for b in self.points:
            if not any(b):
                sums[b] = 1.0 if start else 0.0
            else:
                sums[b] = (math.fsum(sums[before] for _, before in _before(b))) * factor(b) + entering.get(b, 0.0)
        return sums

    def _share(self, weight: Callable[[Counts], float]) -> float:
        return math.fsum(weight(b) * self.idle[self._rest(b)] for b in self.points) / self.total

    def _waiting(self, c: int) -> float:
        """Mean number of a class in the queue: λ_c/(μ − λ_U) behind every prefix of busy servers that leaves it nobody else."""
        here = {b: self.ahead[b] * self.rate[c] / self.slack[b] for b in self.points if self.graph.queue and self._only(c, b)}
        return self._share(self._walk(lambda b: 1 / self.slack[b], here).__getitem__)

    def _at_once(self, c: int, p: int) -> float:
        """Customers a second who find a server of this pool as the longest idle of all who may serve them."""
        entering = {
            r: self.idle[before] / self._wanted(r)
            for r in self.points
            for q, before in _before(r)
            if q == p and not any(n and self.able[c][other] for other, n in enumerate(before))
        }
        first = self._walk(lambda r: 1 / self._wanted(r), entering)
        return self.rate[c] * math.fsum(self.ahead[b] * first[self._rest(b)] for b in self.points) / self.total

    def _from_queue(self, c: int, p: int) -> float:
        """Customers a second whom a freed server of this pool finds waiting: it looks through the gaps behind its own place, the oldest first."""
        if not self.graph.queue:
            return 0.0
        looks = {
            b: math.fsum(self.rate[k] for k in range(len(self.classes)) if self.able[k][p] and self._only(k, b))
            for b in self.points
        }
        starts = {b: self.ahead[before] for b in self.points for q, before in _before(b) if q == p}
        passes = {
            b: 1 / (self.slack[b] + looks[b]) for b in self.points if any(b)
        }  # 1/slack, times the chance that nobody in the gap fits
        looking = self._walk(passes.__getitem__, {b: starts[b] * passes[b] for b in starts})
        found = {
            b: (math.fsum(looking[before] for _, before in _before(b)) + starts.get(b, 0.0))
            / self.slack[b]
            * self.rate[c]
            * passes[b]
            for b in self.points
            if any(b) and self._only(c, b)
        }
        return self.pace[p] * self._share(self._walk(lambda b: 1 / self.slack[b], found).__getitem__)

    # rates

    def _only(self, c: int, b: Counts) -> bool:
        """Has this class nobody left, when these counts are busy?"""
        return all(not able or n == size for able, n, size in zip(self.able[c], b, self.size, strict=True))

    def _slack(self, b: Counts) -> float:
        bound = math.fsum(self.rate[c] for c in range(len(self.classes)) if self._only(c, b)) if self.graph.queue else 0.0
        slack = math.fsum(n * pace for n, pace in zip(b, self.pace, strict=True)) - bound
        if any(b) and slack <= 0:
            raise ValueError(f"overloaded: {dict(zip(self.pools, b, strict=True))} cannot serve what only they can")
        return slack

    def _wanted(self, idle: Counts) -> float:
        served = (any(n and able for n, able in zip(idle, self.able[c], strict=True)) for c in range(len(self.classes)))
        return math.fsum(rate for rate, one in zip(self.rate, served, strict=True) if one)

    def _rest(self, b: Counts) -> Counts:
        return tuple(size - n for size, n in zip(self.size, b, strict=True))


def _before(b: Counts) -> list[tuple[int, Counts]]:
    return [(p, (*b[:p], n - 1, *b[p + 1 :])) for p, n in enumerate(b) if n]


# anything Markov


@dataclass(frozen=True, slots=True, kw_only=True)
class SparedExperts:
    """Juniors serve the plain, seniors everybody; the plain go to a junior if one is free, and a freed senior takes the hard first. Both classes are
    impatient, each with a mean of its own. No formula is known; as counts suffice, the chain is solved with `places` to wait for each class."""

    plain: float
    hard: float
    juniors: int
    seniors: int
    junior_seconds: float
    senior_seconds: float
    plain_patience_seconds: float
    hard_patience_seconds: float
    places: int = 24

    def solve(self) -> tuple[Losing, Losing, float]:
        """The plain, the hard, and the share of the served plain who got a junior."""
        empty: Counts = (0, 0, 0, 0)
        shares = stationary(empty, self._moves)
        plain = self._losing(
            shares, 2, self.plain, self.plain_patience_seconds, lambda j, s: j == self.juniors and s == self.seniors
        )
        hard = self._losing(shares, 3, self.hard, self.hard_patience_seconds, lambda _, s: s == self.seniors)
        by_juniors = math.fsum(share * state[0] for state, share in shares.items()) / self.junior_seconds
        return plain, hard, by_juniors / (self.plain * (1 - plain.lost))

    def _losing(
        self, shares: Mapping[Counts, float], place: int, rate: float, patience: float, full: Callable[[int, int], bool]
    ) -> Losing:
        queue = math.fsum(share * state[place] for state, share in shares.items())
        waits = math.fsum(share for (j, s, *_), share in shares.items() if full(j, s))
        return Losing(waits=waits, lost=queue / patience / rate, mean_seconds=queue / rate)

    def _moves(self, state: Counts) -> Iterable[tuple[Counts, float]]:
        j, s, plain, hard = state
        if j < self.juniors:
            yield (j + 1, s, plain, hard), self.plain
        elif s < self.seniors:
            yield (j, s + 1, plain, hard), self.plain
        elif plain < self.places:
            yield (j, s, plain + 1, hard), self.plain
        if s < self.seniors:
            yield (j, s + 1, plain, hard), self.hard
        elif hard < self.places:
            yield (j, s, plain, hard + 1), self.hard
        if j:
            yield ((j, s, plain - 1, hard) if plain else (j - 1, s, plain, hard)), j / self.junior_seconds
        if s:
            after = (j, s, plain, hard - 1) if hard else (j, s, plain - 1, hard) if plain else (j, s - 1, plain, hard)
            yield after, s / self.senior_seconds
        if plain:
            yield (j, s, plain - 1, hard), plain / self.plain_patience_seconds
        if hard:
            yield (j, s, plain, hard - 1), hard / self.hard_patience_seconds


def stationary(
    start: State, moves: Callable[[State], Iterable[tuple[State, float]]], *, close: float = 1e-13
) -> dict[State, float]:
    """The long-run share of time in each state reachable from `start`; `moves` lists where a state goes and at what rate. By Gauss–Seidel sweeps."""
    index: dict[State, int] = {start: 0}
    states, into, out = [start], [[]], [0.0]  # type: list[State], list[list[tuple[int, float]]], list[float]
    for state in states:  # grows as it goes
        here = index[state]
        for target, rate in moves(state):
            if target not in index:
                index[target] = len(states)
                states.append(target)
                into.append([])
                out.append(0.0)
            out[here] += rate
            into[index[target]].append((here, rate))
    shares, change = [1.0 / len(states)] * len(states), 1.0
    while change > close:
        change = 0.0
        for n, sources in enumerate(into):
            share = sum(shares[m] * rate for m, rate in sources) / out[n]
            change = max(change, abs(share - shares[n]))
            shares[n] = share
        total = math.fsum(shares)
        shares = [share / total for share in shares]
    return dict(zip(states, shares, strict=True))
