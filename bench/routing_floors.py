"""The floors on which routing is measured, and what is measured on each: see `bench.routing` for what the figures mean."""

from __future__ import annotations

import gc
import random
import time
from array import array
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.driving import Driver, Task
from bench.gauges import Progress, Settled, clock, jitter, noise_ms, percentiles, rss_mb, seconds_since
from bench.worlds import OPENS, World, build, next_version
from contact_hub.memory import made_to_stay
from routing.decisions import Closed, Decision, Offered, Queued, WrapUpEnded, WrapUpStarted
from routing.engine import Engine
from routing.events import (
    DeadlinePassed,
    Event,
    InquiryArrived,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    OwnerTookOver,
    PlanChanged,
    WrapUpDone,
)
from routing.model import Agent, InquiryId

SURPLUS_KINDS: Final = ("arrival_free", "accept", "decline", "lapse", "relax")
SATURATED_KINDS: Final = ("arrival_queued", "agent_frees", "accept", "decline", "lapse", "withdraw", "relax")

_STEPS_PASS: Final = timedelta(seconds=130)
"""By then whatever rang has lapsed and every wish has ended."""

_GIVE_UP_SECONDS: Final = 300.0


def measure(task: Task) -> dict[str, Any]:
    """One floor, start to end, in this process."""
    gc.disable()  # until something is measured: building is no part of it
    try:
        return _measure_restore(task) if task.floor == "restore" else _measure_floor(task)
    finally:
        gc.enable()


def _measure_floor(task: Task) -> dict[str, Any]:
    noise = [noise_ms()]
    say = Progress(f"{task.floor} {task.size.agents}")
    memory = {"python": rss_mb()}
    world = build(task.size)
    memory["plan"] = rss_mb()
    say("world built")
    began = clock()
    result: dict[str, Any] = {"memory_mb": memory}
    if task.floor == "surplus" or "surplus" in task.sections:
        driver = Driver(world, task)
        result["engine_s"] = seconds_since(began)
        result |= _surplus(driver, task, say)
        del driver
    if task.waiting:
        driver = Driver(world, task)
        memory["engine"] = rss_mb()
        result |= _saturated(driver, task, say, memory)
    noise.append(noise_ms())
    return result | {"noise_ms": noise}


def _surplus(driver: Driver, task: Task, say: Progress) -> dict[str, Any]:
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
    result: dict[str, Any] = {"first_of_class": percentiles(driver.samples["first_of_class"])}
    if set(task.sections) & {*SURPLUS_KINDS, "surplus"}:
        driver.samples.clear()
        with Settled(collect=task.collect):
            _drive_surplus(driver, task.samples, say, kinds=bool(set(task.sections) & set(SURPLUS_KINDS[1:])))
        result["surplus"] = _figures(driver)
        say("kinds measured")
    if "events_per_core_second" in task.sections:
        with Settled(collect=task.collect):
            result["surplus_events"] = _throughput(driver, task.events)
        say("throughput measured")
    if "scan_ratio_p99" in task.sections:
        with Settled(collect=task.collect):
            result["scan"] = _scan(world, driver.rng, task.scans)
        say("scan measured")
    return result


def _drive_surplus(driver: Driver, samples: int, say: Progress, *, kinds: bool) -> None:
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


def _saturated(driver: Driver, task: Task, say: Progress, memory: dict[str, float]) -> dict[str, Any]:
    """Nobody free, so many waiting, measured at each depth on the way."""
    world, engine = driver.world, driver.engine
    result: dict[str, Any] = {"depths": {}}
    chosen = random.Random(task.size.seed)
    ready = {agent.id for agent in world.agents if chosen.random() < task.ready}
    on_duty = [agent for agent in world.agents if agent.id in ready and agent.pool not in world.openers | world.reserve]
    at_rest = world.openers | world.reserve
    driver.sign_on(world.agents, away=lambda agent: agent.id not in ready and agent.pool not in at_rest)
    memory["signed_on"] = rss_mb()
    say(f"{len(world.agents)} signed on, {len(ready)} ready")
    driver.fill_seats(on_duty)
    driver.meet_every_class()
    memory["busy"] = rss_mb()
    result["first_of_class"] = percentiles(driver.samples["first_of_class"])
    say(f"everybody busy, {len(driver.held)} in hand")
    pause = min(15_000, 15_000_000_000 // task.waiting[-1])  # however many come, they have come before the openers open
    for depth in task.waiting:
        began = clock()
        before = driver.arrivals
        while engine.waiting_count() < depth:
            (driver.hurry if driver.arrivals % 64 else driver.pass_time)(pause // 3, pause)
            driver.settle(driver.feed(driver.arrival()))
            say.every(engine.waiting_count(), depth)
        result["fill_us"] = round((clock() - began) / 1000 / max(1, driver.arrivals - before), 2)
        last = depth == task.waiting[-1]
        if last:
            gc.collect()
            memory["waiting"] = rss_mb()
        say(f"{engine.waiting_count()} waiting")
        wanted = set(task.sections) & set(SATURATED_KINDS) if last else {"arrival_queued", "agent_frees"}
        if wanted:
            driver.samples.clear()
            with Settled(collect=task.collect):
                _drive_saturated(driver, task.samples, say, kinds=bool(wanted - {"arrival_queued", "agent_frees"}))
            result["depths"][str(depth)] = _figures(driver)
            say(f"measured with {depth} waiting")
    if "events_per_core_second" in task.sections:
        with Settled(collect=task.collect):
            result["saturated_events"] = _throughput(driver, task.events)
        say("throughput measured")
    if "restore_s" in task.sections:
        result["capture_s"] = _write_facts(driver, Path(task.facts))
        say("facts written")
    if "pool_open_s" in task.sections:
        with Settled(collect=task.collect):
            result["pool_open"] = _open_pools(driver)
        say("pools opened")
    if "version_change_s" in task.sections:
        plan = next_version(world)
        with Settled(collect=task.collect):
            result["version_change"] = _change_version(driver, PlanChanged(plan=plan))
        say("version changed")
    return result


def _drive_saturated(driver: Driver, samples: int, say: Progress, *, kinds: bool) -> None:
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
    began, wall = clock(), time.perf_counter()
    while driver.fed - fed < events:
        driver.pass_time(5_000, 15_000)
        for decisions in (driver.feed(driver.arrival()), driver.end_one(timed=False)):
            _take_most(driver, decisions)
    changes = driver.changes_ns - changes
    spent, fed = clock() - began - changes, driver.fed - fed
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
    assert driver.now < OPENS, "so much was measured before that the pools are open already"
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
    stalls: list[tuple[int, int, str]] = []
    offers = []
    event: Event | None = first or DeadlinePassed()
    changes_ns, began = driver.changes_ns, clock()
    while event is not None and seconds_since(began) < _GIVE_UP_SECONDS:
        decisions, took = driver.time(event)
        stalls.append((took, len(stalls), type(event).__name__))
        offers += [decision for decision in decisions if isinstance(decision, Offered)]
        driver.now = max(driver.now, start + timedelta(microseconds=(clock() - began) // 1000))
        deadline = engine.next_deadline()
        if isinstance(event, DeadlinePassed | PlanChanged) and ((deadline is not None and deadline <= driver.now) or not done()):
            event = driver.arrival()
        elif deadline is not None and deadline <= driver.now:
            event = DeadlinePassed()
        elif not done() and deadline is not None:
            driver.now, event = deadline, DeadlinePassed()
        else:
            event = None
    took_s = seconds_since(began) - (driver.changes_ns - changes_ns) / 1e9
    finished = done()
    for offer in offers:
        driver.settle(driver.feed(OfferAccepted(offer=offer.offer, agent=offer.agent)))
    ordered = sorted(stalls)
    longest = [f"{kind} as feed {number}: {took / 1e6:.1f} ms" for took, number, kind in reversed(ordered[-5:])]
    return {
        "seconds": round(took_s, 4),
        "done": finished,
        "feeds": len(stalls),
        "longest_stall_ms": round(ordered[-1][0] / 1e6, 3),
        "median_feed_ms": round(ordered[len(ordered) // 2][0] / 1e6, 3),
        "longest": longest,
        "offers": len(offers),
    }


def _taken(driver: Driver, people: Sequence[Agent]) -> dict[str, int]:
    used = [driver.engine.seats_used(agent.id) for agent in people]
    return {"agents": len(people), "seats": sum(agent.seats for agent in people), "seats_taken": sum(used)}


# restoring


def _write_facts(driver: Driver, path: Path) -> float:
    began = clock()
    facts = driver.engine.capture()
    took = seconds_since(began)
    encoder = msgspec.json.Encoder()
    path.with_suffix(".at").write_text(driver.now.isoformat(), "utf-8")
    with path.open("wb") as file:
        for key, fact in facts.items():
            file.write(encoder.encode([key, fact]) + b"\n")
    return round(took, 3)


def _measure_restore(task: Task) -> dict[str, Any]:
    """As the owner does: the facts as rows in memory, the engine from them, then the events with which ownership begins."""
    noise, say = [noise_ms()], Progress(f"{task.floor} {task.size.agents}")
    world = build(task.size)
    decoder = msgspec.json.Decoder()
    with Path(task.facts).open("rb") as file:
        facts = dict(decoder.decode(row) for row in file)
    say(f"{len(facts)} rows read")
    memory = {"rows": rss_mb()}
    with Settled(collect=task.collect):
        wall, began = time.perf_counter(), clock()
        with made_to_stay():
            engine = Engine.restore(world.plan, facts)
        restored = seconds_since(began)
        now = datetime.fromisoformat(_last_instant(task))
        engine.feed(OwnerTookOver(), now)
        engine.changes()
        took_over = seconds_since(began)
        while (deadline := engine.next_deadline()) is not None and deadline <= now:
            engine.feed(DeadlinePassed(), now)
        arrived = InquiryArrived(inquiry=InquiryId("after"), demand=world.demands[0])  # whatever was put off shows here
        engine.feed(arrived, now)
        ready = seconds_since(began)
        took = time.perf_counter() - wall
    memory["restored"] = rss_mb()
    say(f"restored in {ready:.2f} s")
    noise.append(noise_ms())
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
        began = clock()
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
        taken.append(clock() - began)
        found += best is not None
    return {**percentiles(taken), "found": round(found / scans, 3)}


def _figures(driver: Driver) -> dict[str, Any]:
    return {"noise_ms": noise_ms(), "jitter": jitter()} | {
        kind: percentiles(taken) for kind, taken in sorted(driver.samples.items())
    }
