"""An engine with somebody at the wheel: it makes events, answers offers, lets time pass, and times what it is told to.

It keeps no decision longer than it needs it and shares one demand among all inquiries of a class, so that what memory grows by is the engine's. As the owner
does, it asks for the changes every 256 events, outside the timers.
"""

from __future__ import annotations

import inspect
import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bench.gauges import clock
from bench.worlds import BEGINS, Size, World
from routing.decisions import Assigned, Decision, Offered, Queued, Withdrawn, WrapUpEnded, WrapUpStarted
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
    WrapUpDone,
)
from routing.model import Agent, AgentId, Availability, Demand, InquiryId
from routing.reasons import Over

BATCH: Final = 256


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


class Driver:
    """An engine with somebody at the wheel: makes events, answers offers, lets time pass, and times what it is told to."""

    def __init__(self, world: World, task: Task, *, seed: int = 7) -> None:
        self.world, self.task = world, task
        self.engine = _engine(world, tracked=task.tracked)
        self.now = BEGINS
        self.held: list[tuple[InquiryId, AgentId]] = []
        self.samples: dict[str, array[int]] = {}
        self.fed = 0
        self.arrivals = 0
        self.changes_ns = 0
        self.rng = random.Random(seed)
        self._demands: list[Demand] = []
        self._traces = 0

    # feeding

    def feed(self, event: Event) -> tuple[Decision, ...]:
        """One event now, not timed."""
        self._count()
        return self.engine.feed(event, self.now)

    def time(self, event: Event) -> tuple[tuple[Decision, ...], int]:
        """One event now, and the nanoseconds it took."""
        self._count()
        feed, now = self.engine.feed, self.now
        began = clock()
        decisions = feed(event, now)
        took = clock() - began
        return decisions, took

    def note(self, kind: str, took: int) -> None:
        """A sample."""
        known = self.samples.get(kind)
        if known is None:
            known = self.samples[kind] = array("q")
        known.append(took)

    def render(self, kind: str, decisions: Iterable[Decision]) -> None:
        """What reading the trace costs, for so few that it does not disturb the others."""
        self._traces += 1
        if self._traces % 64 == 0:
            for decision in decisions:
                if isinstance(decision, Offered | Queued):
                    began = clock()
                    _ = decision.trace.excluded
                    self.note(f"trace_{kind}", clock() - began)
                    return

    def _count(self) -> None:
        self.fed += 1
        if self.fed % BATCH == 0 and self.task.tracked:
            began = clock()
            self.engine.changes()
            self.changes_ns += clock() - began

    # time

    def pass_time(self, low: int, high: int) -> None:
        """So many microseconds pass; what falls due in them is fed at its instant."""
        self.pass_until(self.now + timedelta(microseconds=self.rng.randrange(low, high)))

    def hurry(self, low: int, high: int) -> None:
        """So many microseconds pass, and what falls due in them waits for the next feed: quicker where nothing is measured."""
        self.now += timedelta(microseconds=self.rng.randrange(low, high))

    def pass_until(self, until: datetime) -> None:
        """Time passes; each deadline is an event of its own and a sample of what it was."""
        engine = self.engine
        while (deadline := engine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            decisions, took = self.time(DeadlinePassed())
            kind = _what_was_due(self.now, decisions)
            self.note(kind, took)
            self.settle(decisions)
        self.now = max(self.now, until)

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
            self.now += timedelta(microseconds=50)
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
