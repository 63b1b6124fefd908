"""How fast routing decides, and how much it keeps: whole `engine.feed(event, now)` calls on a large floor.

    python -m bench.routing [--json] [--quick] [--only ROW,…] [--floor surplus|saturated|small|unique] [--agents N] [--waiting N] [--classes N] [--here] …

Each *floor* is built in a process of its own, so that memory is its own too. On the **surplus** floor everybody is signed on and half of them have an inquiry
in hand; on the **saturated** floor everybody is signed on, a third is ready with every seat taken and the others are away, and so many wait; **small** and
**unique** are both again, with 1,000 agents and with a profile for nearly every agent; **restore** is given the saturated floor's facts as rows. Figures are
CPU time of the thread around one `feed`, by `time.thread_time_ns` (its own cost is in them, and stated). As the service does, the collector is told to leave
alone what was there before (`gc.freeze`) and runs; and as the owner does, `engine.changes()` is called every 256 events, outside the timers. Where a kind is
measured on both floors the worse one counts. Ids are as long as the service's. Time passes
on a clock of our own: about 100 arrivals a second.

`growth_*` are ratios of the worst of the kinds they name. The plain scan is a loop over all agents with everything it needs at hand, over the same demands.
Throughput counts every event fed, the cost of making the events included. `pool_open_s` and `version_change_s` are CPU seconds until nothing is left that is
due, an arrival fed between any two slices; `longest_stall_ms` is the longest single feed in either. Noise: a fixed loop is timed before and after each floor.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import inspect
import json
import os
import platform
import pstats
import random
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.worlds import BEGINS, OPENS, Size, World, build, next_version, smaller
from routing.decisions import Assigned, Closed, Decision, Offered, Queued, Withdrawn, WrapUpEnded, WrapUpStarted
from routing.engine import Engine
from routing.events import (
    AgentConnected,
    AvailabilitySet,
    DeadlinePassed,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    OwnerTookOver,
    PlanChanged,
    WrapUpDone,
)
from routing.model import Agent, AgentId, Availability, Demand, InquiryId
from routing.reasons import Over

KINDS: Final = ("arrival_free", "arrival_queued", "agent_frees", "accept", "decline", "lapse", "withdraw", "relax")
FIRST: Final = ("arrival_free", "arrival_queued", "agent_frees")
SURPLUS_KINDS: Final = ("arrival_free", "accept", "decline", "lapse", "relax")
SATURATED_KINDS: Final = ("arrival_queued", "agent_frees", "accept", "decline", "lapse", "withdraw", "relax")
GROWTH: Final = ("growth_agents_p99", "growth_unique_p99", "growth_million_p50")
MOMENTS: Final = ("pool_open_s", "version_change_s", "longest_stall_ms")
ROWS: Final = (*KINDS, "scan_ratio_p99", *GROWTH, "events_per_core_second", "rss_mb", "restore_s", *MOMENTS)
FLOORS: Final = ("surplus", "saturated", "small", "unique", "restore")

GOALS: Final[Mapping[str, float]] = {
    "scan_ratio_p99": 0.01,
    "growth_agents_p99": 2,
    "growth_unique_p99": 2,
    "growth_million_p50": 4,
    "events_per_core_second": 40_000,
    "rss_mb": 600,
    "restore_s": 10,
    "pool_open_s": 1,
    "version_change_s": 1,
    "longest_stall_ms": 50,
}

_BATCH: Final = 256
_STEPS_PASS: Final = timedelta(seconds=100)
"""By then whatever rang has lapsed and every wish has ended."""

_GIVE_UP_SECONDS: Final = 300.0
_clock: Final = time.thread_time_ns
_profiles: Final[list[cProfile.Profile]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one process is to build and measure. `waiting` are the depths of queue at which to measure, ascending; `sections` what, at the last."""

    floor: str
    size: Size
    waiting: tuple[int, ...]
    sections: tuple[str, ...]
    samples: int
    events: int
    scans: int
    ready: float
    busy: float
    long_ids: bool
    fresh: bool
    tracked: bool
    collect: bool
    facts: str = ""


# the wheel


class Driver:
    """An engine with somebody at the wheel: makes events, answers offers, lets time pass, and times what it is told to."""

    def __init__(self, world: World, task: Task, *, seed: int = 7) -> None:
        self.world, self.task = world, task
        self.engine = _engine(world, tracked=task.tracked)
        self.now = BEGINS
        self.held: list[tuple[InquiryId, AgentId]] = []
        self.samples: dict[str, array[int]] = {}
        self.outcomes: Counter[str] = Counter()
        self.fed = 0
        self.arrivals = 0
        self.changes_ns = 0
        self.rng = random.Random(seed)
        self._demands: list[Demand] = []

    # feeding

    def feed(self, event: Event) -> tuple[Decision, ...]:
        """One event now, not timed."""
        self._count()
        return self.engine.feed(event, self.now)

    def time(self, event: Event) -> tuple[tuple[Decision, ...], int]:
        """One event now, and the nanoseconds it took."""
        self._count()
        feed, now = self.engine.feed, self.now
        began = _clock()
        decisions = feed(event, now)
        took = _clock() - began
        return decisions, took

    def note(self, kind: str, took: int) -> None:
        """A sample."""
        known = self.samples.get(kind)
        if known is None:
            known = self.samples[kind] = array("q")
        known.append(took)

    def render(self, kind: str, decisions: Iterable[Decision]) -> None:
        """What reading the trace costs, for one decision in eight."""
        if self.fed % 8 == 0:
            for decision in decisions:
                if isinstance(decision, Offered | Queued):
                    began = _clock()
                    _ = decision.trace.excluded
                    self.note(f"trace_{kind}", _clock() - began)
                    return

    def _count(self) -> None:
        self.fed += 1
        if self.fed % _BATCH == 0 and self.task.tracked:
            began = _clock()
            self.engine.changes()
            self.changes_ns += _clock() - began

    # time

    def pass_time(self, low: int, high: int) -> None:
        """So many microseconds pass; what falls due in them is fed at its instant."""
        self.pass_until(self.now + timedelta(microseconds=self.rng.randrange(low, high)))

    def pass_until(self, until: datetime) -> None:
        """Time passes; each deadline is an event of its own and a sample of what it was."""
        engine = self.engine
        while (deadline := engine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            decisions, took = self.time(DeadlinePassed())
            kind = _what_was_due(self.now, decisions)
            self.note(kind, took)
            self.settle(decisions)
        self.now = until

    # answers

    def settle(self, decisions: Sequence[Decision]) -> None:
        """Accept what rings, sign on again who missed an offer."""
        for decision in decisions:
            kind = type(decision)
            if kind is Offered:
                assert isinstance(decision, Offered)
                self.settle(self.feed(OfferAccepted(offer=decision.offer, agent=decision.agent)))
            elif kind is Assigned:
                assert isinstance(decision, Assigned)
                self.held.append((decision.inquiry, decision.agent))
            elif kind is Withdrawn:
                assert isinstance(decision, Withdrawn)
                if decision.because == Over.LAPSED:
                    self.settle(self.feed(AvailabilitySet(agent=decision.agent, availability=Availability.READY)))

    def arrival(self, demand: Demand | None = None) -> InquiryArrived:
        """The next inquiry."""
        number = self.arrivals
        self.arrivals += 1
        demand = demand or self._next_demand()
        if self.task.fresh:
            demand = replace(demand, skills=dict(demand.skills), languages=(*demand.languages,))
        return InquiryArrived(
            inquiry=self.name(number), demand=demand, conversation=self.name(number, "cnv") if self.task.long_ids else ""
        )

    def name(self, number: int, prefix: str = "inq") -> InquiryId:
        """The id of the so-manieth inquiry, as long as those of the service."""
        return InquiryId(f"{prefix}_01jd5{number:021d}" if self.task.long_ids else f"i{number}")

    def _next_demand(self) -> Demand:
        if not self._demands:
            self._demands = self.world.draw(self.rng, 50_000)
        return self._demands.pop()

    # people

    def sign_on(self, agents: Iterable[Agent], away: Callable[[Agent], bool] = lambda _: False) -> None:
        """Everybody connects; those not away are ready."""
        for agent in agents:
            self.feed(AgentConnected(agent=agent.id))
            state = Availability.AWAY if away(agent) else Availability.READY
            self.settle(self.feed(AvailabilitySet(agent=agent.id, availability=state)))

    def fill_seats(self, agents: Iterable[Agent]) -> None:
        """Give each of them work until no seat is free; whom nobody asks for anything goes away."""
        for agent in agents:
            free = agent.seats - self.engine.seats_used(agent.id)
            if self.give(agent.id, free) < free:
                self.settle(self.feed(AvailabilitySet(agent=agent.id, availability=Availability.AWAY)))

    def give(self, agent: AgentId, count: int) -> int:
        """So many inquiries addressed to this agent, each accepted; how many could be. What is not theirs leaves again."""
        demand = self.world.something_for(agent)
        addressed = None if demand is None else replace(demand, agent=agent)
        for given in range(count if addressed else 0):
            arrived = self.arrival(addressed)
            decisions = self.feed(arrived)
            if not any(isinstance(decision, Offered) and decision.agent == agent for decision in decisions):
                self.feed(InquiryLeft(inquiry=arrived.inquiry, because="closed"))
                return given
            self.settle(decisions)
        return count if addressed else 0

    def meet_every_class(self) -> None:
        """One of each comes and goes, so that the first of its kind, for which a class is compiled, is not among the samples of others."""
        for demand in self.world.demands:
            arrived = self.arrival(demand)
            _, took = self.time(arrived)
            self.note("first_of_class", took)
            self.settle(self.feed(InquiryLeft(inquiry=arrived.inquiry, because="customer_ended")))
            self.pass_time(300, 700)

    def end_one(self, *, timed: bool = True) -> tuple[Decision, ...]:
        """Somebody finishes; the feed that frees the seats is the one that counts. What is offered then is for the caller."""
        while self.held:
            at = self.rng.randrange(len(self.held))
            inquiry, agent = self.held[at]
            self.held[at] = self.held[-1]
            self.held.pop()
            if not any(type(decision) is WrapUpStarted for decision in self.feed(HandlingEnded(inquiry=inquiry))):
                continue  # it left meanwhile
            done = WrapUpDone(inquiry=inquiry, agent=agent, disposition="solved")
            if not timed:
                return self.feed(done)
            decisions, took = self.time(done)
            got = any(type(decision) is Offered for decision in decisions)
            self.note("agent_frees" if got else "agent_frees_idle", took)
            self.render("agent_frees", decisions)
            return decisions
        return ()

    def answer(self, decisions: Sequence[Decision], *, kinds: bool) -> None:
        """To the first offer: accept, or (a third each) decline or let ring, timed; the rest is settled."""
        offers = [decision for decision in decisions if isinstance(decision, Offered)]
        for n, offer in enumerate(offers):
            choice = self.rng.randrange(3) if kinds and n == 0 else 0
            if choice == 0:
                accepted, took = self.time(OfferAccepted(offer=offer.offer, agent=offer.agent))
                self.note("accept", took)
                self.settle(accepted)
            elif choice == 1:
                declined, took = self.time(OfferDeclined(offer=offer.offer, agent=offer.agent, reason="busy"))
                self.note("decline", took)
                self.settle(declined)
        self.settle([decision for decision in decisions if type(decision) is not Offered])


def _engine(world: World, *, tracked: bool) -> Engine:
    """Change tracking is off only where it is asked for and can be."""
    if not tracked and "tracked" in inspect.signature(Engine).parameters:
        switched_off: Mapping[str, Any] = {"tracked": False}
        return Engine(world.plan, **switched_off)
    return Engine(world.plan)


def _what_was_due(now: datetime, decisions: Sequence[Decision]) -> str:
    if any(isinstance(decision, Withdrawn) and decision.because == Over.LAPSED for decision in decisions):
        return "lapse"
    if now.second == 0 and now.microsecond == 0:
        return "hours"
    return "other" if any(isinstance(decision, WrapUpEnded) for decision in decisions) else "relax"


# the floors


def measure(task: Task) -> dict[str, Any]:
    """One floor, start to end, in this process."""
    if task.floor == "restore":
        return _measure_restore(task)
    noise = [_noise()]
    say = _Progress(task)
    memory = {"python": _rss_mb()}
    gc.disable()
    world = build(task.size)
    memory["plan"] = _rss_mb()
    say("world built")
    began = _clock()
    result: dict[str, Any] = {"memory_mb": memory}
    if task.floor == "surplus" or "surplus" in task.sections:
        driver = Driver(world, task)
        result["engine_s"] = _seconds(began)
        result |= _surplus(driver, task, say)
        del driver
    if task.waiting:
        driver = Driver(world, task)
        memory["engine"] = _rss_mb()
        result |= _saturated(driver, task, say, memory)
    noise.append(_noise())
    return result | {"noise_ms": noise}


def _surplus(driver: Driver, task: Task, say: _Progress) -> dict[str, Any]:
    """Everybody signed on, part of them busy: an arrival finds somebody."""
    world = driver.world
    driver.sign_on(world.agents)
    say(f"{len(world.agents)} signed on")
    driver.pass_time(1000, 2000)
    driver.meet_every_class()
    for _ in range(int(len(world.agents) * task.busy)):
        driver.pass_time(300, 700)
        driver.settle(driver.feed(driver.arrival()))
    say(f"{len(driver.held)} in hand, {driver.engine.waiting_count()} waiting")
    result: dict[str, Any] = {"first_of_class": _percentiles(driver.samples["first_of_class"])}
    if set(task.sections) & {*SURPLUS_KINDS, "surplus"}:
        driver.samples.clear()
        with _Settled(task):
            _drive_surplus(driver, task.samples, say, kinds=bool(set(task.sections) & set(SURPLUS_KINDS[1:])))
        result["surplus"] = _figures(driver)
        say("kinds measured")
    if "events_per_core_second" in task.sections:
        with _Settled(task):
            result["surplus_events"] = _throughput(driver, task.events)
        say("throughput measured")
    if "scan_ratio_p99" in task.sections:
        with _Settled(task):
            result["scan"] = _scan(world, driver.rng, task.scans)
        say("scan measured")
    return result


def _drive_surplus(driver: Driver, samples: int, say: _Progress, *, kinds: bool) -> None:
    steps = samples * (3 if kinds else 1)
    for n in range(steps):
        driver.pass_time(5_000, 15_000)
        arrived = driver.arrival()
        decisions, took = driver.time(arrived)
        found = any(type(decision) is Offered for decision in decisions)
        driver.note("arrival_free" if found else "arrival_not_free", took)
        driver.render("arrival_free", decisions)
        driver.answer(decisions, kinds=kinds)
        driver.settle(driver.end_one())
        say.every(n, steps)
    driver.pass_until(driver.now + _STEPS_PASS)


def _saturated(driver: Driver, task: Task, say: _Progress, memory: dict[str, float]) -> dict[str, Any]:
    """Nobody free, so many waiting, measured at each depth on the way."""
    world, engine = driver.world, driver.engine
    result: dict[str, Any] = {"depths": {}}
    chosen = random.Random(task.size.seed)
    ready = {agent.id for agent in world.agents if chosen.random() < task.ready}
    on_duty = [agent for agent in world.agents if agent.id in ready and agent.pool not in world.openers | world.reserve]
    at_rest = world.openers | world.reserve
    driver.sign_on(world.agents, away=lambda agent: agent.id not in ready and agent.pool not in at_rest)
    memory["signed_on"] = _rss_mb()
    say(f"{len(world.agents)} signed on, {len(ready)} ready")
    driver.fill_seats(on_duty)
    driver.meet_every_class()
    memory["busy"] = _rss_mb()
    say(f"everybody busy, {len(driver.held)} in hand")
    for depth in task.waiting:
        began = _clock()
        before = driver.arrivals
        while engine.waiting_count() < depth:
            driver.pass_time(5_000, 15_000)
            driver.settle(driver.feed(driver.arrival()))
            say.every(engine.waiting_count(), depth)
        result["fill_us"] = round((_clock() - began) / 1000 / max(1, driver.arrivals - before), 2)
        last = depth == task.waiting[-1]
        if last:
            gc.collect()
            memory["waiting"] = _rss_mb()
        say(f"{engine.waiting_count()} waiting")
        wanted = set(task.sections) & set(SATURATED_KINDS) if last else {"arrival_queued", "agent_frees"}
        if wanted or set(task.sections) & {"depths"}:
            driver.samples.clear()
            with _Settled(task):
                _drive_saturated(driver, task.samples, say, kinds=bool(wanted - {"arrival_queued", "agent_frees"}))
            result["depths"][str(depth)] = _figures(driver)
            say(f"measured with {depth} waiting")
    if "events_per_core_second" in task.sections:
        with _Settled(task):
            result["saturated_events"] = _throughput(driver, task.events)
        say("throughput measured")
    if "restore_s" in task.sections:
        result["capture_s"] = _write_facts(driver, Path(task.facts))
        say("facts written")
    if "pool_open_s" in task.sections:
        with _Settled(task):
            result["pool_open"] = _open_pools(driver)
        say("pools opened")
    if "version_change_s" in task.sections:
        plan = next_version(world)
        with _Settled(task):
            result["version_change"] = _change_version(driver, PlanChanged(plan=plan))
        say("version changed")
    return result


def _drive_saturated(driver: Driver, samples: int, say: _Progress, *, kinds: bool) -> None:
    steps = samples * (3 if kinds else 1)
    for n in range(steps):
        driver.pass_time(5_000, 15_000)
        decisions, took = driver.time(driver.arrival())
        queued = any(type(decision) is Queued for decision in decisions)
        driver.note("arrival_queued" if queued else "arrival_not_queued", took)
        driver.render("arrival_queued", decisions)
        driver.settle(decisions)
        freed = driver.end_one()
        driver.answer(freed, kinds=kinds)
        if not any(type(decision) is Offered for decision in freed):
            _take_again(driver, freed)
        if kinds:
            _withdraw(driver)
        say.every(n, steps)
    driver.pass_until(driver.now + _STEPS_PASS)


def _take_again(driver: Driver, freed: Sequence[Decision]) -> None:
    """Nothing waited for this one: something is given to them, so that everybody stays busy."""
    for decision in freed:
        if isinstance(decision, WrapUpEnded):
            driver.give(decision.agent, 1)


def _withdraw(driver: Driver) -> None:
    """A customer who waits gives up, and another comes in their place."""
    inquiry = driver.name(driver.rng.randrange(driver.arrivals))
    decisions, took = driver.time(InquiryLeft(inquiry=inquiry, because="customer_left"))
    if len(decisions) == 1 and isinstance(decisions[0], Closed):
        driver.note("withdraw", took)
        driver.settle(driver.feed(driver.arrival()))
    for decision in decisions:  # it was in somebody's hands
        if isinstance(decision, WrapUpStarted):
            driver.settle(driver.feed(WrapUpDone(inquiry=inquiry, agent=decision.agent, disposition="solved")))
    driver.settle([decision for decision in decisions if isinstance(decision, Offered)])


def _throughput(driver: Driver, events: int) -> dict[str, float]:
    """Arrive, accept (one in twenty declines), end, wrap up, with no timers; deadlines are events too."""
    fed, changes = driver.fed, driver.changes_ns
    began, wall = _clock(), time.perf_counter()
    while driver.fed - fed < events:
        driver.pass_time(5_000, 15_000)
        for decisions in (driver.feed(driver.arrival()), driver.end_one(timed=False)):
            _take_most(driver, decisions)
    changes = driver.changes_ns - changes
    spent, fed = _clock() - began - changes, driver.fed - fed
    return {
        "events_per_core_second": round(fed / spent * 1e9),
        "events": fed,
        "changes_us_per_event": round(changes / fed / 1000, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
    }


def _take_most(driver: Driver, decisions: Sequence[Decision]) -> None:
    """One offer in twenty is declined."""
    for decision in decisions:
        if type(decision) is Offered and driver.rng.random() < 0.05:
            assert isinstance(decision, Offered)
            driver.settle(driver.feed(OfferDeclined(offer=decision.offer, agent=decision.agent, reason="busy")))
        else:
            driver.settle((decision,))


# the moments


def _open_pools(driver: Driver) -> dict[str, Any]:
    """Ten thousand start work at once."""
    driver.pass_until(OPENS - timedelta(microseconds=1))
    people = [agent for agent in driver.world.agents if agent.pool in driver.world.openers]
    driver.now = OPENS
    watched = _watch(driver, lambda: True)
    return watched | _taken(driver, people)


def _change_version(driver: Driver, change: PlanChanged) -> dict[str, Any]:
    """The reserve is put under contract while so many wait."""
    driver.pass_until(driver.now + timedelta(seconds=60))
    version = change.plan.version
    people = [agent for agent in driver.world.agents if agent.pool in driver.world.reserve]
    watched = _watch(driver, lambda: driver.engine.plan.version == version, first=change)
    return watched | _taken(driver, people)


def _watch(driver: Driver, done: Callable[[], bool], first: Event | None = None) -> dict[str, Any]:
    """Feed what is due until nothing is, and it is done; an arrival after every slice. What was offered is accepted afterwards."""
    engine, start = driver.engine, driver.now
    stalls, offers = array("q"), []
    event: Event | None = first or DeadlinePassed()
    began = _clock()
    while event is not None and _seconds(began) < _GIVE_UP_SECONDS:
        decisions, took = driver.time(event)
        stalls.append(took)
        offers += [decision for decision in decisions if isinstance(decision, Offered)]
        driver.now = max(driver.now, start + timedelta(microseconds=(_clock() - began) // 1000))
        deadline = engine.next_deadline()
        if isinstance(event, DeadlinePassed | PlanChanged) and ((deadline is not None and deadline <= driver.now) or not done()):
            event = driver.arrival()
        elif deadline is not None and deadline <= driver.now:
            event = DeadlinePassed()
        elif not done() and deadline is not None:
            driver.now, event = deadline, DeadlinePassed()
        else:
            event = None
    took_s = _seconds(began)
    finished = done()
    for offer in offers:
        driver.settle(driver.feed(OfferAccepted(offer=offer.offer, agent=offer.agent)))
    ordered = sorted(stalls)
    return {
        "seconds": round(took_s, 4),
        "done": finished,
        "feeds": len(stalls),
        "longest_stall_ms": round(ordered[-1] / 1e6, 3),
        "median_feed_ms": round(ordered[len(ordered) // 2] / 1e6, 3),
        "offers": len(offers),
    }


def _taken(driver: Driver, people: Sequence[Agent]) -> dict[str, int]:
    used = [driver.engine.seats_used(agent.id) for agent in people]
    return {"agents": len(people), "seats": sum(agent.seats for agent in people), "seats_taken": sum(used)}


# restoring


def _write_facts(driver: Driver, path: Path) -> float:
    began = _clock()
    facts = driver.engine.capture()
    took = _seconds(began)
    encoder = msgspec.json.Encoder()
    path.with_suffix(".at").write_text(driver.now.isoformat(), "utf-8")
    with path.open("wb") as file:
        for key, fact in facts.items():
            file.write(encoder.encode([key, fact]) + b"\n")
    return round(took, 3)


def _measure_restore(task: Task) -> dict[str, Any]:
    """As the owner does: the facts as rows in memory, the engine from copies of them, then the events with which ownership begins."""
    noise, say = [_noise()], _Progress(task)
    gc.disable()
    plan = build(task.size).plan
    decoder = msgspec.json.Decoder()
    with Path(task.facts).open("rb") as file:
        facts = dict(decoder.decode(row) for row in file)
    say(f"{len(facts)} rows read")
    memory = {"rows": _rss_mb()}
    with _Settled(task):
        wall, began = time.perf_counter(), _clock()
        engine = Engine.restore(plan, {key: dict(fact) for key, fact in facts.items()})
        restored = _seconds(began)
        now = datetime.fromisoformat(_last_instant(task))
        engine.feed(OwnerTookOver(), now)
        engine.changes()
        took_over = _seconds(began)
        while (deadline := engine.next_deadline()) is not None and deadline <= now:
            engine.feed(DeadlinePassed(), now)
        ready = _seconds(began)
        took = time.perf_counter() - wall
    memory["restored"] = _rss_mb()
    say(f"restored in {ready:.2f} s")
    noise.append(_noise())
    return {
        "restore_s": round(ready, 3),
        "restore_call_s": round(restored, 3),
        "took_over_s": round(took_over - restored, 3),
        "wall_s": round(took, 3),
        "rows": len(facts),
        "waiting": engine.waiting_count(),
        "memory_mb": memory,
        "noise_ms": noise,
    }


def _last_instant(task: Task) -> str:
    return Path(task.facts).with_suffix(".at").read_text("utf-8")


# the scan


class _Scanned:
    """All that a plain loop needs to know of an agent, at hand."""

    __slots__ = ("brands", "free", "idle", "languages", "skills")

    def __init__(self, agent: Agent, *, free: bool, idle: int) -> None:
        self.brands = frozenset(agent.certifications)
        self.languages = agent.languages
        self.skills = agent.skills
        self.free, self.idle = free, idle


def _scan(world: World, rng: random.Random, scans: int) -> dict[str, float]:
    """The longest idle of all who can, by looking at everybody: no tiers, no hours, no dialects, no trace. Half of them are free."""
    people = [_Scanned(agent, free=rng.random() < 0.5, idle=rng.randrange(1 << 40)) for agent in world.agents]
    taken = array("q")
    found = 0
    for demand in world.draw(rng, scans):
        brand, tag, least, needed = demand.brand, demand.languages[0], demand.floor or 0, tuple(demand.skills.items())
        began = _clock()
        best, longest = None, 1 << 60
        for one in people:
            if (
                one.free
                and brand in one.brands
                and one.languages.get(tag, 0) >= least
                and tag in one.languages
                and one.idle < longest
            ):
                for skill, level in needed:
                    if one.skills.get(skill, 0) < level:
                        break
                else:
                    best, longest = one, one.idle
        taken.append(_clock() - began)
        found += best is not None
    return {**_percentiles(taken), "found": round(found / scans, 3)}


# one process each


class _Settled:
    """What is there is there to stay: the collector leaves it alone, as in the service, and runs for what comes."""

    def __init__(self, task: Task) -> None:
        self._collect = task.collect

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        if self._collect:
            gc.enable()
        if _profiles:
            _profiles[0].enable()

    def __exit__(self, *_: object) -> None:
        if _profiles:
            _profiles[0].disable()
        gc.disable()
        gc.unfreeze()


class _Progress:
    """Says on stderr how far one floor is."""

    def __init__(self, task: Task) -> None:
        self._name, self._began, self._said = f"{task.floor} {task.size.agents}", time.monotonic(), time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"[{self._name}] {time.monotonic() - self._began:7.1f} s  {what}", file=sys.stderr, flush=True)

    def every(self, done: int, total: int) -> None:
        """Now and then."""
        if done % 1000 == 0 and time.monotonic() - self._said > 5:
            self._said = time.monotonic()
            self(f"{done} of {total}")


def _run(task: Task, *, here: bool) -> dict[str, Any]:
    """Measure in a child, or here where somebody wants to profile it."""
    if task.floor == "restore" and not Path(task.facts).exists():
        print("no facts to restore from: the saturated floor writes them", file=sys.stderr)
        return {}
    if here:
        return measure(task)
    command = [sys.executable, "-m", "bench.routing", "--task", msgspec.json.encode(asdict(task)).decode()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(f"the {task.floor} floor ended with {done.returncode}: its rows are missing", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# the report


@dataclass(slots=True, kw_only=True)
class Report:
    """The rows as they come in."""

    chosen: frozenset[str]
    rows: dict[str, Any] = field(default_factory=dict)
    met: dict[str, bool] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def put(self, row: str, value: Any, *, met: bool) -> None:
        """One row, if it was asked for."""
        if row in self.chosen:
            self.rows[row], self.met[row] = value, met

    def number(self, row: str, value: float, *, at_least: bool = False) -> None:
        """A row that is one number with a goal."""
        self.put(row, value, met=value >= GOALS[row] if at_least else value <= GOALS[row])


def _tasks(options: argparse.Namespace, chosen: frozenset[str], facts: Path) -> list[Task]:
    """Which floors are needed for what was asked, and what is measured on each."""
    size = Size(
        agents=options.agents,
        classes=options.classes,
        pools=options.pools,
        shares=options.shares,
        broad=options.broad,
        seed=options.seed,
    )
    middle = max(1, options.waiting // 10)
    growing = chosen & set(GROWTH)
    beside = growing & {"growth_agents_p99", "growth_unique_p99"}
    first, last = set(SURPLUS_KINDS) & chosen, set(SATURATED_KINDS) & chosen
    extra = chosen & {"events_per_core_second", "restore_s", "pool_open_s", "version_change_s"}
    if "longest_stall_ms" in chosen:
        extra |= {"pool_open_s", "version_change_s"}
    if facts.exists():
        extra -= {"restore_s"}
    surplus = first | (extra & {"events_per_core_second"}) | (chosen & {"scan_ratio_p99"})
    if "scan_ratio_p99" in chosen or beside:
        surplus |= {"arrival_free"}
    saturated = last | extra
    if "growth_million_p50" in growing:
        saturated |= {"arrival_queued"}
    depths = {min(1_000, options.waiting)} if "growth_million_p50" in growing else set()
    depths |= {middle} if beside else set()
    depths |= {options.waiting} if saturated or "rss_mb" in chosen else set()
    common: dict[str, Any] = {
        "samples": options.samples,
        "events": options.events,
        "scans": options.scans,
        "ready": options.ready,
        "busy": options.busy,
        "long_ids": options.ids == "long",
        "fresh": options.fresh_demands,
        "tracked": not options.untracked,
        "collect": options.gc == "on",
        "facts": str(facts),
    }
    unique = replace(size, unique=True)
    few = smaller(size, max(1, options.agents // 100))
    sides = ("surplus", "arrival_free", "arrival_queued", "agent_frees")
    found = [
        Task(floor="surplus", size=size, waiting=(), sections=tuple(sorted(surplus)), **common) if surplus else None,
        Task(floor="saturated", size=size, waiting=tuple(sorted(depths)), sections=tuple(sorted(saturated)), **common)
        if depths
        else None,
        Task(floor="small", size=few, waiting=(middle,), sections=sides, **common) if "growth_agents_p99" in growing else None,
        Task(floor="unique", size=unique, waiting=(middle,), sections=sides, **common) if "growth_unique_p99" in growing else None,
        Task(floor="restore", size=size, waiting=(), sections=(), **common) if "restore_s" in chosen else None,
    ]
    return [task for task in found if task is not None and (not options.floor or task.floor in options.floor.split(","))]


def _report(found: Mapping[str, Mapping[str, Any]], chosen: frozenset[str], waiting: int) -> Report:
    report = Report(chosen=chosen, detail=dict(found))
    surplus, saturated = found.get("surplus", {}), found.get("saturated", {})
    free, deep = surplus.get("surplus", {}), saturated.get("depths", {}).get(str(waiting), {})
    for kind in KINDS:
        sides = ((free, SURPLUS_KINDS), (deep, SATURATED_KINDS))
        seen = [figures[kind] for figures, kinds in sides if kind in kinds and kind in figures]
        if seen:
            worst = {name: max(one[name] for one in seen) for name in ("p50_us", "p99_us", "p999_us")}
            report.put(kind, worst | {"samples": sum(one["samples"] for one in seen)}, met=_fast_enough(kind, worst))
    if "scan" in surplus and "arrival_free" in free:
        report.number("scan_ratio_p99", round(free["arrival_free"]["p99_us"] / surplus["scan"]["p99_us"], 5))
    _report_growth(report, found, waiting)
    report.detail["trace_render_us"] = {
        kind.removeprefix("trace_"): {name: figures[kind][name] for name in ("p50_us", "p99_us")}
        for figures in (free, deep)
        for kind in figures
        if kind.startswith("trace_")
    }
    rates = [
        figures["events_per_core_second"]
        for floor, key in ((surplus, "surplus_events"), (saturated, "saturated_events"))
        if (figures := floor.get(key))
    ]
    if rates:
        report.number("events_per_core_second", min(rates), at_least=True)
    if "waiting" in saturated.get("memory_mb", {}):
        report.number("rss_mb", saturated["memory_mb"]["waiting"])
    if found.get("restore"):
        report.number("restore_s", found["restore"]["restore_s"])
    moments = [saturated[name] for name in ("pool_open", "version_change") if name in saturated]
    for name in ("pool_open", "version_change"):
        if name in saturated:
            seconds = saturated[name]["seconds"]
            report.put(f"{name}_s", seconds, met=saturated[name]["done"] and seconds <= GOALS[f"{name}_s"])
    if moments:
        report.number("longest_stall_ms", max(moment["longest_stall_ms"] for moment in moments))
    return report


def _report_growth(report: Report, found: Mapping[str, Mapping[str, Any]], waiting: int) -> None:
    middle, table = str(max(1, waiting // 10)), {}
    pooled = _at(found, ("surplus", "saturated"), middle)
    for row, floor in (("growth_agents_p99", "small"), ("growth_unique_p99", "unique")):
        other = _at(found, (floor,), middle)
        ratios = {
            kind: round(
                pooled[kind]["p99_us"] / other[kind]["p99_us"]
                if floor == "small"
                else other[kind]["p99_us"] / pooled[kind]["p99_us"],
                2,
            )
            for kind in FIRST
            if kind in pooled and kind in other
        }
        if ratios:
            table[row] = {kind: {"ratio": ratio, "pooled": pooled[kind], floor: other[kind]} for kind, ratio in ratios.items()}
            report.number(row, max(ratios.values()))
    depths = found.get("saturated", {}).get("depths", {})
    few, many = depths.get(str(min(1_000, waiting)), {}), depths.get(str(waiting), {})
    ratios = {
        kind: round(many[kind]["p50_us"] / few[kind]["p50_us"], 2)
        for kind in ("arrival_queued", "agent_frees")
        if kind in few and kind in many
    }
    if ratios:
        table["growth_million_p50"] = {
            kind: {"ratio": ratio, "few": few[kind], "many": many[kind]} for kind, ratio in ratios.items()
        }
        report.number("growth_million_p50", max(ratios.values()))
    report.detail["growth"] = table


def _at(found: Mapping[str, Mapping[str, Any]], floors: Sequence[str], depth: str) -> dict[str, Any]:
    """The three first kinds on a floor, at the depth at which all floors are compared."""
    figures: dict[str, Any] = {}
    for floor in floors:
        figures |= found.get(floor, {}).get("surplus", {}) | found.get(floor, {}).get("depths", {}).get(depth, {})
    return figures


def _fast_enough(kind: str, figures: Mapping[str, float]) -> bool:
    if kind in FIRST:
        return figures["p50_us"] <= 20 and figures["p99_us"] <= 60 and figures["p999_us"] <= 200
    return figures["p50_us"] <= 20 and figures["p99_us"] <= 80


def _print_table(report: Report) -> None:
    out = sys.stderr if report.chosen and not sys.stdout.isatty() else sys.stdout
    print(f"{'':26}{'figure':>34}   goal", file=out)
    for row in ROWS:
        if row not in report.rows:
            continue
        value = report.rows[row]
        if row in KINDS:
            figure = f"{value['p50_us']:9.1f} / {value['p99_us']:7.1f} / {value['p999_us']:7.1f} µs"
            goal = "20 / 60 / 200" if row in FIRST else "20 / 80"
        else:
            figure, goal = f"{value:,}", f"{'≥' if row == 'events_per_core_second' else '≤'} {GOALS[row]:,}"
        print(f"{row:26}{figure:>34}   {goal:16}{'met' if report.met[row] else 'NOT MET'}", file=out)
    for row, kinds in report.detail.get("growth", {}).items():
        for kind, one in kinds.items():
            sides = "   ".join(
                f"{name} {side['p50_us']}/{side['p99_us']}/{side['p999_us']}" for name, side in one.items() if name != "ratio"
            )
            print(f"  {row:24}{kind:16} × {one['ratio']:<8}{sides}", file=out)
    for kind, one in report.detail.get("trace_render_us", {}).items():
        print(f"  reading a trace of {kind}: {one['p50_us']} / {one['p99_us']} µs", file=out)
    for floor, figures in report.detail.items():
        if "memory_mb" in figures:
            print(f"  {floor:12} MB {figures['memory_mb']}   noise {figures['noise_ms']} ms", file=out)


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.task:
        print(json.dumps(measure(msgspec.json.decode(options.task, type=Task))))
        return
    chosen = frozenset(options.only.split(",")) if options.only else frozenset(ROWS)
    if unknown := chosen - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if options.profile:
        _profiles.append(cProfile.Profile())
    with tempfile.TemporaryDirectory() as folder:
        facts = options.facts or Path(folder) / "facts.jsonl"
        tasks = _tasks(options, chosen, facts)
        found = {task.floor: _run(task, here=options.here or options.profile) for task in tasks}
    for profile in _profiles:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    report = _report(found, chosen, options.waiting)
    _print_table(report)
    if options.json:
        print(json.dumps(report.rows | {"met": report.met, "machine": _machine(options, found), "detail": report.detail}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on one line (the table goes to stderr)")
    parser.add_argument("--only", default="", help=f"rows, with commas: {', '.join(ROWS)}")
    parser.add_argument("--floor", default="", help=f"floors, with commas: {', '.join(FLOORS)}")
    parser.add_argument("--quick", action="store_true", help="10,000 agents in 50 pools, 50,000 waiting, few samples")
    parser.add_argument("--agents", type=int)
    parser.add_argument("--waiting", type=int)
    parser.add_argument("--classes", type=int)
    parser.add_argument("--pools", type=int)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--events", type=int, help="how many for the throughput")
    parser.add_argument("--scans", type=int)
    parser.add_argument(
        "--ready", type=float, default=0.35, help="share of agents ready (and busy) on the saturated floor; the others are away"
    )
    parser.add_argument("--busy", type=float, default=0.5, help="inquiries in hand an agent on the surplus floor")
    parser.add_argument("--shares", type=float, default=0.1, help="share of clients that divide their first tier by weights")
    parser.add_argument("--broad", action="store_true", help="pools serve ten times as many brands and more languages")
    parser.add_argument(
        "--ids", choices=("long", "short"), default="long", help="ids as long as the service's, and conversations; or neither"
    )
    parser.add_argument(
        "--fresh-demands", action="store_true", help="every arrival brings a demand of its own, as rows do, instead of a shared one"
    )
    parser.add_argument("--untracked", action="store_true", help="Engine(plan, tracked=False), as a simulation has it")
    parser.add_argument("--gc", choices=("on", "off"), default="on", help="the collector, after freezing what is there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="in this process, for a profiler")
    parser.add_argument("--profile", action="store_true", help="here, and print where the time of the measured loops goes")
    parser.add_argument("--facts", type=Path, help="where the rows to restore from are kept; used again where they are there")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = _QUICK if options.quick else _FULL
    for name, value in sizes.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


_FULL: Final = {
    "agents": 100_000,
    "waiting": 1_000_000,
    "classes": 8_000,
    "pools": 500,
    "samples": 20_000,
    "events": 200_000,
    "scans": 300,
}
_QUICK: Final = {"agents": 10_000, "waiting": 50_000, "classes": 800, "pools": 50, "samples": 2_000, "events": 20_000, "scans": 100}


def _machine(options: argparse.Namespace, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "timer_us": _timer_us(),
        "noise_ms": {floor: figures["noise_ms"] for floor, figures in found.items() if "noise_ms" in figures},
        "sizes": {
            name: getattr(options, name)
            for name in (*_FULL, "ready", "busy", "shares", "broad", "ids", "gc", "seed", "untracked", "fresh_demands")
        },
    }


# arithmetic


def _figures(driver: Driver) -> dict[str, Any]:
    return {kind: _percentiles(taken) for kind, taken in sorted(driver.samples.items())}


def _percentiles(taken: array[int]) -> dict[str, float]:
    ordered = sorted(taken)
    count = len(ordered)

    def at(share: float) -> float:
        return round(ordered[min(count - 1, int(count * share))] / 1000, 2)

    return {"p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999), "max_us": at(1.0), "samples": count}


def _seconds(began: int) -> float:
    return (_clock() - began) / 1e9


def _noise() -> float:
    """A fixed piece of work: how slow is it now?"""
    best = 1 << 62
    for _ in range(3):
        began = _clock()
        table: dict[int, int] = {}
        for n in range(200_000):
            table[n * 7919 % 10_007] = n
        best = min(best, _clock() - began)
    return round(best / 1e6, 2)


def _timer_us() -> float:
    taken = sorted(-(_clock() - _clock()) for _ in range(10_000))
    return taken[len(taken) // 2] / 1000


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


if __name__ == "__main__":
    main()
