"""One seed: the engine under a virtual clock.

The next thing to happen is an arrival, something that was put off (an end, a departure, an answer), or what the engine asked to be woken for. The
engine is told and decides; what it decides puts new things off. Time is whole microseconds since the start, and an instant only where the
engine is told. Nobody here decides who gets what.

Three rules for what the engine leaves open: an offer is answered as its agent behaves; work in hand stands still while its agent's
connection is lost; who was made away for a missed offer, or signed out after a loss, comes back as their behaviour says.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from i18n.levels import Level
from routing.decisions import Assigned, AvailabilityChanged, Decision, Offered, Released, Withdrawn
from routing.eligibility import match, needed_level
from routing.engine import MISSED_OFFER, Engine
from routing.events import (
    AgentConnected,
    AgentDisconnected,
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
from routing.hours import Calendar
from routing.model import AgentId, Availability, ContractId, InquiryId, OfferId
from routing.reasons import Over
from routing.simulator.arrivals import Source
from routing.simulator.attendance import Openness, openness_of
from routing.simulator.distributions import NEVER, Distribution, Single, Stream, Uniform, chance
from routing.simulator.scenario import Behaviour, Presence, Scenario, Times, Traffic
from routing.simulator.tally import Cell, ClassTally, PoolTally, Tally

Progress = Callable[[int], None]
"""Told now and then how many have arrived."""

NO_ROOM: Final = "no_room"
_MICROSECOND: Final = timedelta(microseconds=1)
_DEADLINE: Final = DeadlinePassed()
_LOT: Final = Uniform(low=0, high=1)


class Kind(IntEnum):
    """What was put off."""

    END = 0
    WRAPPED = 1
    LEAVE = 2
    ANSWER = 3
    LOSE = 4
    RETURN = 5
    READY = 6
    RECORDED = 7


@dataclass(slots=True, eq=False)
class Group:
    """What the run knows of one class. `answers` draw how long an offer rings, one stream for each way in which agents behave."""

    traffic: Traffic
    tally: ClassTally
    answers: list[Single] = field(default_factory=list)
    answers_again: list[Single] = field(default_factory=list)
    lots: Single | None = None
    lots_again: Single | None = None
    factors: dict[AgentId, float] = field(default_factory=dict)
    ringing: int = 0


class Case:
    """One inquiry. `moves` counts what became of it: what was put off for an earlier state means nothing any more."""

    __slots__ = (
        "accepted_at",
        "agent",
        "arrived",
        "cell",
        "counted",
        "declines",
        "group",
        "id",
        "moves",
        "offer",
        "offers",
        "rings",
        "service",
        "until",
        "waits",
        "weight",
        "work_left",
        "wrap_up",
    )

    def __init__(self, id_: InquiryId, group: Group, arrived: int, counted: bool, service: int | list[int], wrap_up: int) -> None:
        self.id = id_
        self.group = group
        self.arrived = arrived
        self.counted = counted
        self.service = service
        self.wrap_up = wrap_up
        self.accepted_at = -1
        self.waits = False
        self.moves = 0
        self.offers = 0
        self.offer: OfferId | None = None
        self.rings: list[int] | None = None
        self.declines = False
        self.agent: AgentId | None = None
        self.weight = 0
        self.until = 0
        self.work_left = -1
        self.cell: Cell | None = None


def simulate(scenario: Scenario, *, seed: int, arrivals: int, progress: Progress | None = None) -> Tally:
    """Run one seed until all who came have been served, have left, or wait for nobody."""
    return _Run(scenario, seed, arrivals).through(progress or _say_nothing)


class _Run:
    """The state of one seed."""

    def __init__(self, scenario: Scenario, seed: int, arrivals: int) -> None:
        self._scenario, self._seed = scenario, seed
        self._arrivals = min(arrivals, _recorded(scenario.traffic))
        plan, self._start = scenario.plan, scenario.start
        self._engine = Engine(plan, tracked=False)
        self._now, self._moment = 0, scenario.start
        self._put_off: list[tuple[int, int, Kind, object, int]] = []
        self._order = count()
        self._cases: dict[InquiryId, Case] = {}
        self._source = Source(scenario.traffic, scenario.start, seed)
        self._column_of = {pool: n + 1 for n, pool in enumerate(self._source.pools)}
        self._pools = {pool: PoolTally() for pool in plan.pools}
        self._seats = {agent.id: agent.seats for agent in plan.agents.values()}
        self._seats_at = {agent.id: self._pools[agent.pool] for agent in plan.agents.values()}
        self._used = dict.fromkeys(self._seats, 0)
        self._unreliable = any(
            one.decline_probability or one.lapse_probability for one in (scenario.behaviour, *scenario.behaviours.values())
        )
        self._manners = _manners(scenario, self._unreliable)
        self._groups = [self._group(one) for one in scenario.traffic]
        self._rooms = scenario.waiting_room is not None or any(one.waiting_room is not None for one in scenario.traffic)
        self._waiting = 0
        self._ringing = 0
        self._capped = {
            id_: ZoneInfo(contract.zone)
            for id_, contract in plan.contracts.items()
            if contract.cap_per_day is not None or contract.budget_per_day is not None
        }
        self._accepted_on: dict[tuple[ContractId, date], int] = {}
        self._broken: dict[str, str] = {}
        self._window_from: int | None = None
        self._window_over = False
        self._connected: dict[AgentId, int] = {}
        self._signed_out: set[AgentId] = set()
        self._losses: dict[AgentId, tuple[Single, Single]] = {}
        self._backs: dict[AgentId, Single] = {}
        self._hands: dict[AgentId, dict[Case, None]] | None = None
        self._openness: dict[AgentId, Openness] = {}

    def through(self, progress: Progress) -> Tally:
        """From the first instant to the last."""
        self._open_floor()
        last = self._take_arrivals(progress)
        self._close_window(last)
        self._drain(last + round(self._scenario.drain_seconds * 1e6))
        self._check()
        return Tally(
            plan=self._scenario.plan,
            classes=[group.tally for group in self._groups],
            pools=self._pools,
            accepted_on=self._accepted_on,
            window=0 if self._window_from is None else last - self._window_from,
            service_levels=self._scenario.service_levels,
            broken=tuple(self._broken.items()),
        )

    # the floor

    def _group(self, traffic: Traffic) -> Group:
        group = Group(traffic, ClassTally(traffic.name))
        if traffic.accept is not None:
            group.answers = [self._single(traffic.accept, traffic.name, "accept")]
            group.answers_again = [self._single(traffic.accept, traffic.name, "accept again")]
        elif self._manners:
            group.answers = [self._single(one, traffic.name, "accept") for one in self._manners]
            group.answers_again = [self._single(one, traffic.name, "accept again") for one in self._manners]
        if group.answers and self._unreliable:
            group.lots = self._single(_LOT, traffic.name, "decline")
            group.lots_again = self._single(_LOT, traffic.name, "decline again")
        return group

    def _single(self, distribution: Distribution, *purpose: str) -> Single:
        return Single(Stream(distribution, chance(self._seed, *purpose)))

    def _behaviour(self, agent: AgentId) -> Behaviour:
        return self._scenario.behaviours.get(agent, self._scenario.behaviour)

    def _open_floor(self) -> None:
        """Everybody is there, or comes when it was recorded."""
        plan, presence = self._scenario.plan, self._scenario.presence
        known: dict[tuple[Calendar, ...], Openness] = {}
        for agent in plan.agents.values():
            self._openness[agent.id] = openness_of(plan, self._start, known, agent)
        if presence is not None:
            self._hands = {agent: {} for agent in plan.agents}
            for seconds, event in presence:
                self._later(round(seconds * 1e6), Kind.RECORDED, event)
            return
        for agent_id in sorted(plan.agents):
            self._connect(agent_id)
            behaviour = self._behaviour(agent_id)
            if behaviour.disconnect_every is not None and behaviour.disconnect_for is not None:
                self._hands = self._hands or {agent: {} for agent in plan.agents}
                every = self._single(behaviour.disconnect_every, agent_id, "disconnect every")
                self._losses[agent_id] = every, self._single(behaviour.disconnect_for, agent_id, "disconnect for")
                self._later(every.next(), Kind.LOSE, agent_id)

    def _connect(self, agent: AgentId) -> None:
        self._connected[agent] = self._now
        self._feed(AgentConnected(agent=agent))
        self._feed(AvailabilitySet(agent=agent, availability=Availability.READY))

    # time

    def _take_arrivals(self, progress: Progress) -> int:
        """Everything until the last arrival; returns when that was."""
        scenario, arrivals = self._scenario, self._arrivals
        latest = NEVER if scenario.seconds is None else round(scenario.seconds * 1e6)
        warm_at = round((scenario.warm_up_seconds or 0.0) * 1e6)
        warm_count = 0 if scenario.warm_up_seconds is not None else int(arrivals * scenario.warm_up_share)
        put_off, groups, arrived = self._put_off, self._groups, 0
        for block in self._source.blocks():
            for at, who, service, patience, wrap_up in zip(
                block.at, block.who, block.services, block.patience, block.wrap_up, strict=True
            ):
                if arrived == arrivals or at > latest:
                    return self._run_to(self._now if arrived == arrivals else latest)
                while put_off and put_off[0][0] <= at:
                    self._come_to(put_off[0][0])
                    self._happen()
                self._come_to(at)
                counted = arrived >= warm_count and at >= warm_at
                if counted and self._window_from is None:
                    self._open_window()
                case = Case(InquiryId(f"{arrived:09d}"), groups[who], at, counted, service, wrap_up)  # type: ignore[arg-type]
                self._arrive(case, patience)
                arrived += 1
            progress(arrived)
        return self._run_to(self._now if scenario.seconds is None else latest)

    def _run_to(self, end: int) -> int:
        """All that happens until then, it included."""
        while self._put_off and self._put_off[0][0] <= end:
            self._come_to(self._put_off[0][0])
            self._happen()
        self._come_to(end)
        return end

    def _come_to(self, at: int) -> None:
        """Let the engine do what is due before this instant; then it is now."""
        engine, moment = self._engine, self._start + timedelta(0, 0, at)
        while (deadline := engine.next_deadline()) is not None and deadline < moment:
            self._be(max(self._now, (deadline - self._start) // _MICROSECOND))
            self._feed(_DEADLINE)
        self._now, self._moment = at, moment

    def _be(self, at: int) -> None:
        self._now, self._moment = at, self._start + timedelta(0, 0, at)

    def _feed(self, event: Event) -> None:
        self._settle(self._engine.feed(event, self._moment))

    def _later(self, at: int, kind: Kind, whom: object, moves: int = 0) -> None:
        if at < NEVER:
            heapq.heappush(self._put_off, (at, next(self._order), kind, whom, moves))

    def _drain(self, until: int) -> None:
        """Nobody comes any more: until nobody is left, or nothing changes."""
        put_off = self._put_off
        while self._cases:
            deadline = self._engine.next_deadline()
            due = NEVER if deadline is None else max(self._now, (deadline - self._start) // _MICROSECOND)
            at = min(put_off[0][0] if put_off else NEVER, due)
            if at > until:
                break
            if put_off and put_off[0][0] <= at:
                self._come_to(at)
                self._happen()
            else:
                self._be(at)
                self._feed(_DEADLINE)
        for case in self._cases.values():
            if case.waits:
                self._stop_waiting(case)
                case.group.tally.all_unserved += 1
                case.group.tally.unserved += case.counted

    def _happen(self) -> None:
        _, _, kind, whom, moves = heapq.heappop(self._put_off)
        if isinstance(whom, Case):
            if kind is Kind.LEAVE:
                if whom.waits:
                    self._leave(whom)
            elif whom.moves == moves:
                self._go_on(kind, whom)
        elif isinstance(whom, str):
            self._agent_does(kind, AgentId(whom))
        elif isinstance(whom, Presence):
            self._recorded(whom)

    # inquiries

    def _arrive(self, case: Case, patience: int) -> None:
        group = case.group
        tally = group.tally
        tally.all_arrived += 1
        tally.arrived += case.counted
        if group.answers:
            case.rings = [answers.next() for answers in group.answers]
            if group.lots is not None:
                case.rings.append(group.lots.next())
        self._cases[case.id] = case
        demands = group.traffic.demands
        demand = demands[tally.all_arrived - 1] if demands else group.traffic.demand
        self._feed(InquiryArrived(inquiry=case.id, demand=demand))
        if case.accepted_at >= 0:
            return
        if self._rooms and case.offer is None and self._no_room(group):
            self._turn_away(case)
            return
        case.waits = True
        self._waiting += 1
        tally.wait(1, self._now)
        if patience < NEVER:
            self._later(case.arrived + patience, Kind.LEAVE, case)

    def _no_room(self, group: Group) -> bool:
        room, rooms = group.traffic.waiting_room, self._scenario.waiting_room
        return (room is not None and group.tally.waiting - group.ringing >= room) or (
            rooms is not None and self._waiting - self._ringing >= rooms
        )

    def _turn_away(self, case: Case) -> None:
        del self._cases[case.id]
        case.group.tally.all_blocked += 1
        case.group.tally.blocked += case.counted
        self._feed(InquiryLeft(inquiry=case.id, because=NO_ROOM))

    def _leave(self, case: Case) -> None:
        tally = case.group.tally
        waited = self._stop_waiting(case)
        tally.all_gone += 1
        if case.counted:
            tally.gone.append(waited)
        self._feed(InquiryLeft(inquiry=case.id, because=Over.CUSTOMER_LEFT.value))
        del self._cases[case.id]

    def _stop_waiting(self, case: Case) -> int:
        case.waits = False
        self._waiting -= 1
        case.group.tally.wait(-1, self._now)
        waited = self._now - case.arrived
        case.group.tally.all_waits += waited
        return waited

    def _go_on(self, kind: Kind, case: Case) -> None:
        if kind is Kind.END:
            self._end(case)
        elif kind is Kind.ANSWER:
            self._answer(case)
        elif case.agent is not None:
            self._feed(WrapUpDone(inquiry=case.id, agent=case.agent, disposition="done"))

    def _end(self, case: Case) -> None:
        if case.counted and case.cell is not None:
            case.cell.handled += 1
            case.cell.handling += self._now - case.accepted_at
        case.moves += 1
        self._feed(HandlingEnded(inquiry=case.id))
        if case.id in self._cases:
            self._later(self._now + case.wrap_up, Kind.WRAPPED, case, case.moves)

    def _ring(self, case: Case) -> None:
        """An offer is made: when is it answered, and how?"""
        assert case.agent is not None
        lots, again = case.group.lots, case.group.lots_again
        if case.rings is not None and lots is not None and again is not None:
            lot, behaviour = case.rings[-1] if case.offers == 1 else again.next(), self._behaviour(case.agent)
            if lot >= (1 - behaviour.lapse_probability) * 1e6:
                return  # nobody answers: the engine knows when it is over
            case.declines = lot < behaviour.decline_probability * 1e6
        seconds = self._ring_time(case)
        if seconds:
            self._later(self._now + seconds, Kind.ANSWER, case, case.moves)
        else:
            self._answer(case)

    def _ring_time(self, case: Case) -> int:
        if case.rings is None or case.agent is None or case.group.traffic.demand.channel in self._scenario.plan.policy.auto_accept:
            return 0
        recorded, accept = case.group.traffic.accept is not None, self._behaviour(case.agent).accept
        if not recorded and accept is None:
            return 0
        manner = 0 if recorded or accept is None else self._manners[accept]
        return case.rings[manner] if case.offers == 1 else case.group.answers_again[manner].next()

    def _answer(self, case: Case) -> None:
        assert case.agent is not None
        assert case.offer is not None
        if case.declines:
            case.group.tally.declines += case.counted
            self._feed(OfferDeclined(offer=case.offer, agent=case.agent, reason="busy"))
            return
        self._feed(OfferAccepted(offer=case.offer, agent=case.agent))

    # what was decided

    def _settle(self, decisions: tuple[Decision, ...]) -> None:
        ringing: list[Case] | None = None
        for decision in decisions:
            kind = type(decision)
            if kind is Offered:
                ringing = ringing or []
                ringing.append(self._offered(decision))  # type: ignore[arg-type]  # `kind` says so, faster than `match`
            elif kind is Assigned:
                self._assigned(decision)  # type: ignore[arg-type]
            elif kind is Released:
                self._released(decision)  # type: ignore[arg-type]
            elif kind is Withdrawn:
                self._withdrawn(decision)  # type: ignore[arg-type]
            elif kind is AvailabilityChanged:
                self._availability_changed(decision)  # type: ignore[arg-type]
        if ringing is not None:
            for case in ringing:
                if case.offer is not None:
                    self._ring(case)

    def _offered(self, decision: Offered) -> Case:
        case, agent, weight = self._cases[decision.inquiry], decision.agent, decision.weight
        case.offer, case.agent, case.weight = decision.offer, agent, weight
        case.offers += 1
        case.moves += 1
        if case.accepted_at < 0:
            case.group.ringing += 1
            self._ringing += 1
        self._used[agent] += weight
        if self._used[agent] > self._seats[agent]:
            self._broken["seats"] = f"{agent} has {self._used[agent]} of {self._seats[agent]} seats in use"
        self._seats_at[agent].use(weight, self._now)
        if self._hands is not None:
            self._hands[agent][case] = None
        return case

    def _assigned(self, decision: Assigned) -> None:
        case = self._cases[decision.inquiry]
        group, now = case.group, self._now
        case.offer = None
        case.moves += 1
        if case.accepted_at < 0:
            group.ringing -= 1
            self._ringing -= 1
            case.accepted_at = now
            group.tally.all_served += 1
            if case.counted:
                self._count(case, decision)
            if case.waits:
                self._stop_waiting(case)
        if self._capped and decision.contract in self._capped:
            day = (self._start + timedelta(0, 0, now)).astimezone(self._capped[decision.contract]).date()
            self._accepted_on[decision.contract, day] = self._accepted_on.get((decision.contract, day), 0) + 1
        work = case.work_left if case.work_left >= 0 else self._work(case, decision)
        case.until = now + work
        self._later(case.until, Kind.END, case, case.moves)

    def _count(self, case: Case, decision: Assigned) -> None:
        cells, at = case.group.tally.cells, (decision.pool, decision.contract)
        cell = cells.get(at)
        if cell is None:
            cell = cells[at] = Cell()
        waited = self._now - case.arrived
        cell.waits.append(waited)
        cell.delayed += waited > 0
        case.cell = cell

    def _work(self, case: Case, decision: Assigned) -> int:
        """How long the work takes this agent."""
        service = case.service
        work = service if isinstance(service, int) else service[self._column_of.get(decision.pool, 0)]
        return round(work * self._factor(case.group, decision.agent)) if case.group.traffic.service.proficient else work

    def _factor(self, group: Group, agent: AgentId) -> float:
        if agent not in group.factors:
            plan, demand, service = self._scenario.plan, group.traffic.demand, group.traffic.service
            known, brand = plan.agents[agent], plan.brands[demand.brand]
            met = match(known, demand, brand)
            factor = 1.0 if met is None else service.by_level.get(Level(needed_level(demand, brand) + met.above), 1.0)
            for skill, by_level in service.by_skill.items():
                factor *= by_level.get(known.skills.get(skill, 0), 1.0)
            group.factors[agent] = factor
        return group.factors[agent]

    def _released(self, decision: Released) -> None:
        case = self._cases[decision.inquiry]
        if decision.requeued:
            if case.work_left < 0:
                case.work_left = max(0, case.until - self._now)
            self._let_go(case)
        else:
            self._let_go(case)
            del self._cases[case.id]

    def _withdrawn(self, decision: Withdrawn) -> None:
        case = self._cases[decision.inquiry]
        if case.accepted_at < 0:
            case.group.ringing -= 1
            self._ringing -= 1
        case.offer = None
        case.group.tally.lapses += case.counted and decision.because == Over.LAPSED.value
        self._let_go(case)

    def _let_go(self, case: Case) -> None:
        agent, weight = case.agent, case.weight
        assert agent is not None
        self._used[agent] -= weight
        self._seats_at[agent].use(-weight, self._now)
        if self._hands is not None:
            del self._hands[agent][case]
        case.agent, case.weight = None, 0
        case.moves += 1

    # agents

    def _agent_does(self, kind: Kind, agent: AgentId) -> None:
        if kind is Kind.LOSE:
            self._lose(agent)
            self._later(self._now + self._losses[agent][1].next(), Kind.RETURN, agent)
        elif kind is Kind.RETURN:
            self._return(agent)
            self._later(self._now + self._losses[agent][0].next(), Kind.LOSE, agent)
        elif agent in self._connected and self._engine.availability(agent) is not Availability.READY:
            self._feed(AvailabilitySet(agent=agent, availability=Availability.READY))

    def _recorded(self, event: Presence) -> None:
        if event.agent not in self._seats:
            return
        if isinstance(event, AgentDisconnected):
            self._lose(event.agent)
        elif isinstance(event, AgentConnected):
            self._return(event.agent)
        else:
            self._signed_out.discard(event.agent)
            self._feed(event)

    def _lose(self, agent: AgentId) -> None:
        if agent not in self._connected:
            return
        self._attended(agent, self._connected.pop(agent), self._now)
        for case in self._in_hand(agent):
            if case.offer is None and case.until > self._now:  # not while it is wrapped up
                case.work_left = case.until - self._now
                case.moves += 1
        self._feed(AgentDisconnected(agent=agent))

    def _return(self, agent: AgentId) -> None:
        if agent in self._connected:
            return
        self._connected[agent] = self._now
        self._feed(AgentConnected(agent=agent))
        if agent in self._signed_out and self._scenario.presence is None:
            self._signed_out.discard(agent)
            self._feed(AvailabilitySet(agent=agent, availability=Availability.READY))
        for case in self._in_hand(agent):
            if case.offer is None and case.work_left >= 0:
                case.until, case.work_left = self._now + case.work_left, -1
                case.moves += 1
                self._later(case.until, Kind.END, case, case.moves)

    def _in_hand(self, agent: AgentId) -> list[Case]:
        return list(self._hands[agent]) if self._hands is not None else []

    def _availability_changed(self, decision: AvailabilityChanged) -> None:
        agent = decision.agent
        if decision.availability is Availability.OFFLINE and decision.reason == Over.AGENT_LOST.value:
            self._signed_out.add(agent)
        elif decision.availability is Availability.AWAY and decision.reason == MISSED_OFFER:
            if agent not in self._backs:
                self._backs[agent] = self._single(self._behaviour(agent).back_after, agent, "back after")
            self._later(self._now + self._backs[agent].next(), Kind.READY, agent)

    # the window of the averages over time

    def _open_window(self) -> None:
        self._window_from = self._now
        for group in self._groups:
            group.tally.open_window(self._now)
        for pool in self._pools.values():
            pool.open_window(self._now)

    def _close_window(self, last: int) -> None:
        for group in self._groups:
            group.tally.close_window(last)
        for pool in self._pools.values():
            pool.close_window(last)
        for agent, since in self._connected.items():
            self._attended(agent, since, last)
        self._window_over = True

    def _attended(self, agent: AgentId, since: int, until: int) -> None:
        if self._window_from is not None and not self._window_over:
            seconds = self._openness[agent].between(max(since, self._window_from), until)
            self._seats_at[agent].open_seats += self._seats[agent] * seconds

    # checks

    def _check(self) -> None:
        for group in self._groups:
            tally = group.tally
            tally.wait(0, self._now)
            if tally.area != tally.all_waits:
                self._broken["little"] = f"{tally.name}: {tally.area} µs under the queue, {tally.all_waits} µs waited"
            ended = tally.all_blocked + tally.all_served + tally.all_gone + tally.all_unserved
            if tally.all_arrived != ended:
                self._broken["flow"] = f"{tally.name}: {tally.all_arrived} came, {ended} are accounted for"
        if not self._cases and any(self._used.values()):
            self._broken["seats"] = f"{sum(map(bool, self._used.values()))} agents have seats in use when all is over"


def _manners(scenario: Scenario, unreliable: bool) -> dict[Distribution, int]:
    """The ways in which offers are taken, each with its place among an inquiry's draws; empty where all are taken at once."""
    everybody = [scenario.behaviour, *scenario.behaviours.values()]
    ways = {one.accept: None for one in everybody if one.accept is not None}
    if not ways and unreliable:
        return {Uniform(low=0, high=0): 0}
    return {way: n for n, way in enumerate(ways)}


def _recorded(traffic: tuple[Traffic, ...]) -> int:
    """How many there are, where all are recorded."""
    times = [one.arrivals for one in traffic if isinstance(one.arrivals, Times)]
    return sum(len(one.seconds) for one in times) if len(times) == len(traffic) else NEVER


def _say_nothing(_: int) -> None:
    pass
