"""Yesterday, from its journal: verified as it was, and as traffic for other rules.

`verify` feeds the recorded events to a new engine and compares what it decides with what was written, byte for byte. `recorded_day` takes from the
same lines who came when and asked for what, how long the work took, how long offers rang, when agents were there and how often each declined or
missed an offer, so that a `Scenario` can be run under any rules; and what came of it then, in the figures of a run.

What a journal cannot know is taken from alike cases of the day: the work that somebody who left would have been, and how
long an offer would have rung that was never made. Who waited to be served would have waited longer; nobody knows for how long.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Final

from routing.decisions import Assigned, Offered, Released, Withdrawn, WrapUpEnded, WrapUpStarted
from routing.engine import Engine
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    AvailabilitySet,
    DemandCorrected,
    Event,
    InquiryArrived,
    InquiryLeft,
    PlanChanged,
)
from routing.journal import Entry, PlanVersionChanged, Step, dumps
from routing.model import AgentId, Availability, ContractId, Demand, InquiryId, Plan, PoolId
from routing.reasons import Over
from routing.simulator.distributions import InOrder, chance
from routing.simulator.scenario import Behaviour, Presence, Scenario, Service, Times, Traffic
from routing.simulator.tally import Cell, ClassTally, PoolTally, Tally

_MICROSECOND: Final = timedelta(microseconds=1)


class PlanMissing(LookupError):
    """The journal names a version of the rules that is not at hand."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} of the rules is missing")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A step that is decided otherwise now."""

    seq: int
    recorded: bytes
    decided: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How many steps were decided again, and the first of those that came out otherwise."""

    steps: int
    deviations: tuple[Deviation, ...]
    deviating: int

    @property
    def identical(self) -> bool:
        """Was every byte the same?"""
        return not self.deviating


def verify(entries: Iterable[Entry], plans: Mapping[int, Plan], *, kept: int = 10) -> Verification:
    """Decide everything again, from the first line of the journal. Raises PlanMissing."""
    engine: Engine | None = None
    steps, deviating, deviations = 0, 0, list[Deviation]()
    for entry in entries:
        if not isinstance(entry.body, Step):
            continue
        if engine is None:
            engine = Engine(_plan(plans, entry.body.rules))
        decisions = engine.feed(_event(entry.body.event, plans), entry.at)
        recorded = dumps(entry.body)
        decided = dumps(Step(event=entry.body.event, decisions=decisions, rules=engine.plan.version))
        steps += 1
        if recorded != decided:
            deviating += 1
            if len(deviations) < kept:
                deviations.append(Deviation(seq=entry.seq, recorded=recorded, decided=decided))
        if steps % 4096 == 0:
            engine.changes()
    return Verification(steps=steps, deviations=tuple(deviations), deviating=deviating)


@dataclass(slots=True, eq=False)
class Inquiry:
    """What the journal tells of one inquiry, in seconds."""

    arrived: datetime
    demand: Demand
    first_accepted: datetime | None = None
    accepted: datetime | None = None
    offered: datetime | None = None
    rang: float | None = None
    worked: float = 0.0
    done: datetime | None = None
    wrapped: float | None = None
    left: datetime | None = None
    pool: PoolId | None = None
    contract: ContractId | None = None
    declines: int = 0
    lapses: int = 0

    @property
    def work(self) -> float | None:
        """How long the work was, where it was done."""
        return self.worked if self.done is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was recorded in a window: traffic and presence to run again, and what came of it under the rules of then (`plan`)."""

    start: datetime
    plan: Plan
    traffic: tuple[Traffic, ...]
    presence: tuple[tuple[float, Presence], ...]
    behaviours: Mapping[AgentId, Behaviour]
    inquiries: Mapping[str, Sequence[Inquiry]]

    @property
    def arrivals(self) -> int:
        """How many came."""
        return sum(map(len, self.inquiries.values()))

    def scenario(self, plan: Plan, *, name: str, service_levels: tuple[float, ...]) -> Scenario:
        """The same day under these rules."""
        return Scenario(
            name=name,
            plan=plan,
            traffic=self.traffic,
            start=self.start,
            warm_up_share=0.0,
            service_levels=service_levels,
            presence=self.presence,
            behaviours=self.behaviours,
        )

    def tally(self, service_levels: tuple[float, ...]) -> Tally:
        """What was, counted as a run is."""
        return Tally(
            plan=self.plan,
            classes=[_as_it_was(name, cases) for name, cases in self.inquiries.items()],
            pools={pool: PoolTally() for pool in self.plan.pools},
            accepted_on={},
            window=0,
            service_levels=service_levels,
            broken=(),
        )


def recorded_day(
    entries: Iterable[Entry], plans: Mapping[int, Plan], *, since: datetime | None = None, until: datetime | None = None
) -> Day | None:
    """What came in the window; None where nobody did. Read from the first line on, so that it is known who was there. Raises PlanMissing."""
    reading = _Reading(since, until)
    for entry in entries:
        if isinstance(entry.body, Step):
            if until is not None and entry.at >= until + timedelta(days=1):
                break  # whoever came before has long been served
            reading.take(entry.at, entry.body)
    return reading.day(plans)


@dataclass(slots=True, eq=False)
class _Reading:
    """Lines being read."""

    since: datetime | None
    until: datetime | None
    inquiries: dict[InquiryId, Inquiry] = field(default_factory=dict)
    presence: list[tuple[datetime, Presence]] = field(default_factory=list)
    before: dict[AgentId, tuple[bool, Availability]] = field(default_factory=dict)
    start: datetime | None = None
    rules: int | None = None
    offers: Counter[AgentId] = field(default_factory=Counter)
    unanswered: Counter[tuple[AgentId, str]] = field(default_factory=Counter)

    def take(self, at: datetime, step: Step) -> None:
        """One step."""
        event = step.event
        inside = (self.since is None or at >= self.since) and (self.until is None or at < self.until)
        if inside:
            self.start, self.rules = self.start or self.since or at, step.rules
        match event:
            case InquiryArrived():
                if inside:
                    self.inquiries.setdefault(event.inquiry, Inquiry(at, event.demand))
            case DemandCorrected():
                if (known := self.inquiries.get(event.inquiry)) is not None and known.first_accepted is None:
                    known.demand = event.demand  # as if it had been known from the start
            case InquiryLeft():
                if (known := self.inquiries.get(event.inquiry)) is not None and known.first_accepted is None:
                    known.left = at
            case AgentConnected() | AgentDisconnected() | AvailabilitySet():
                self._attend(at, event, inside=inside)
        for decision in step.decisions:
            known = self.inquiries.get(getattr(decision, "inquiry", None) or InquiryId(""))
            if known is not None:
                _follow(known, decision, at)
                self._judge(decision)

    def day(self, plans: Mapping[int, Plan]) -> Day | None:
        """What was read."""
        if self.start is None or self.rules is None or not self.inquiries:
            return None
        start = self.start
        cases: dict[str, list[Inquiry]] = {}
        for one in self.inquiries.values():
            cases.setdefault(_name(one.demand), []).append(one)
        return Day(
            start=start,
            plan=_plan(plans, self.rules),
            traffic=tuple(_traffic(name, ones, start) for name, ones in sorted(cases.items())),
            presence=(*self._there_before(), *(((at - start) / timedelta(seconds=1), event) for at, event in self.presence)),
            behaviours={agent: self._behaviour(agent) for agent, _ in sorted(self.unanswered)},
            inquiries=dict(sorted(cases.items())),
        )

    def _judge(self, decision: object) -> None:
        """How often whom an offer was made to did not take it."""
        if isinstance(decision, Offered):
            self.offers[decision.agent] += 1
        elif isinstance(decision, Withdrawn) and decision.because in (Over.DECLINED.value, Over.LAPSED.value):
            self.unanswered[decision.agent, decision.because] += 1

    def _behaviour(self, agent: AgentId) -> Behaviour:
        declined, lapsed = (self.unanswered[agent, because.value] for because in (Over.DECLINED, Over.LAPSED))
        made = max(self.offers[agent], declined + lapsed)  # who was offered something before the window may decline in it
        return Behaviour(decline_probability=declined / made, lapse_probability=lapsed / made)

    def _attend(self, at: datetime, event: Presence, *, inside: bool) -> None:
        if inside:
            self.presence.append((at, event))
        elif self.start is None:
            connected, availability = self.before.get(event.agent, (False, Availability.OFFLINE))
            if isinstance(event, AvailabilitySet):
                availability = event.availability
            else:
                connected = isinstance(event, AgentConnected)
            self.before[event.agent] = connected, availability

    def _there_before(self) -> list[tuple[float, Presence]]:
        found: list[tuple[float, Presence]] = []
        for agent, (connected, availability) in self.before.items():
            if connected:
                found += [(0.0, AgentConnected(agent=agent)), (0.0, AvailabilitySet(agent=agent, availability=availability))]
        return found


def _follow(known: Inquiry, decision: object, at: datetime) -> None:
    match decision:
        case Offered():
            known.offered = at
        case Assigned():
            if known.first_accepted is None:
                known.first_accepted, known.pool, known.contract = at, decision.pool, decision.contract
                known.rang = (at - known.offered) / timedelta(seconds=1) if known.offered is not None else 0.0
            known.accepted = at
        case WrapUpStarted():
            _stop_work(known, at)
            known.done = at
        case Withdrawn():
            known.declines += decision.because == Over.DECLINED.value
            known.lapses += decision.because == Over.LAPSED.value
        case Released() if decision.requeued:
            _stop_work(known, at)
        case WrapUpEnded() if known.done is not None:
            known.wrapped = (at - known.done) / timedelta(seconds=1)


def _stop_work(known: Inquiry, at: datetime) -> None:
    if known.accepted is not None:
        known.worked += (at - known.accepted) / timedelta(seconds=1)
        known.accepted = None


def _traffic(name: str, cases: Sequence[Inquiry], start: datetime) -> Traffic:
    return Traffic(
        name=name,
        demand=cases[0].demand,
        demands=tuple(one.demand for one in cases),
        arrivals=Times(seconds=tuple((one.arrived - start) / timedelta(seconds=1) for one in cases)),
        service=Service(base=InOrder(values=_filled([one.work for one in cases], name, "work"))),
        patience=InOrder(
            values=tuple(inf if one.left is None else (one.left - one.arrived) / timedelta(seconds=1) for one in cases)
        ),
        wrap_up=InOrder(values=_filled([one.wrapped for one in cases], name, "wrap-up")),
        accept=InOrder(values=_filled([one.rang for one in cases], name, "ring")),
    )


def _filled(values: Sequence[float | None], *purpose: str) -> tuple[float, ...]:
    """With what is not known drawn from what is, the same every time."""
    known = [value for value in values if value is not None] or [0.0]
    lots = chance(0, "replay", *purpose).integers(len(known), size=len(values)).tolist()
    return tuple(known[lot] if value is None else value for value, lot in zip(values, lots, strict=True))


def _as_it_was(name: str, cases: Sequence[Inquiry]) -> ClassTally:
    tally = ClassTally(
        name,
        arrived=len(cases),
        gone=array("q"),
        declines=sum(one.declines for one in cases),
        lapses=sum(one.lapses for one in cases),
    )
    for one in cases:
        if one.first_accepted is not None and one.pool is not None and one.contract is not None:
            cell = tally.cells.setdefault((one.pool, one.contract), Cell())
            waited = (one.first_accepted - one.arrived) // _MICROSECOND
            cell.waits.append(waited)
            cell.delayed += waited > 0
            if one.done is not None:
                cell.handled += 1
                cell.handling += (one.done - one.first_accepted) // _MICROSECOND
        elif one.left is not None:
            tally.gone.append((one.left - one.arrived) // _MICROSECOND)
        else:
            tally.unserved += 1
    return tally


def _name(demand: Demand) -> str:
    return " · ".join((demand.brand, demand.kind, demand.channel.value, *(demand.languages or ("?",))))


def _event(event: Event | PlanVersionChanged, plans: Mapping[int, Plan]) -> Event:
    return PlanChanged(plan=_plan(plans, event.version)) if isinstance(event, PlanVersionChanged) else event


def _plan(plans: Mapping[int, Plan], version: int) -> Plan:
    if version not in plans:
        raise PlanMissing(version)
    return plans[version]
