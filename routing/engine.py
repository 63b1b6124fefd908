"""Who talks to whom, decided: events and the time in, decisions out.

One floor, one engine. It reads no clock, draws no lots and does no IO, so the same events under the same rules give the same decisions for
ever: live, in the simulator, in a replay. Time is told with every event; `next_deadline` says when the owner shall come back with
`DeadlinePassed` if nothing else happens. What is asked wrongly is answered with `Refused`, or, where nobody waits for an answer, with nothing.

Two rules hold everything together. Whenever an inquiry starts to wait it is offered to the best who may take it (`_place`); whenever
a desk gets room it takes the first that waits for it (`_fill`). So nobody idle and nothing waiting ever belong together, and no
event needs to look at the whole floor.

Choices worth knowing: an agent who steps away loses the offers that ring but keeps what is assigned; an offer withdrawn from one who
is away or lost is no decline; who is gone for the chat grace is signed out as `agent_lost`, and must say so when they are ready again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from routing.board import Board, classes_of
from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Closed,
    Decision,
    Flagged,
    Offered,
    Queued,
    Refused,
    Released,
    Trace,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.eligibility import dated_reasons, permanent_reasons
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    AvailabilitySet,
    DeadlinePassed,
    DemandCorrected,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryClaimed,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    OwnerTookOver,
    PlanChanged,
    Transferred,
    WrapUpDone,
)
from routing.explain import Explanation, Waiting, explanation_of, waiting_in_order
from routing.floor import Desk, Fact, Inquiry, Stage
from routing.model import AgentId, Availability, BrandId, Channel, Demand, InquiryId, OfferId, Plan
from routing.profiles import Course, DemandClass, merged, micros, moment, span
from routing.ranking import Choice, choose
from routing.reasons import Flag, Over, Reason, Refusal, Why
from routing.timers import Kind, Timer, Timers

MISSED_OFFER = "missed_offer"


class Engine:
    """The state machine of one floor."""

    __slots__ = ("_board", "_out", "_timers")

    def __init__(self, plan: Plan) -> None:
        self._board = Board(plan)
        self._timers = Timers(self._still_means_something)
        self._out: list[Decision] = []

    # the whole of its life

    def feed(self, event: Event, now: datetime) -> tuple[Decision, ...]:
        """What follows from this event at this time. What was due before it comes first, so an answer after its deadline is late."""
        self._tick(micros(now))
        if not isinstance(event, OwnerTookOver):  # nobody was listening: the deadlines passed meanwhile are no one's fault
            self._run_due()
        self._on(event)
        self._run_due()
        decisions, self._out = tuple(self._out), []
        return decisions

    def next_deadline(self) -> datetime | None:
        """When to come back with `DeadlinePassed` if nothing happens before."""
        first = self._timers.first()
        return None if first is None else moment(first)

    def changes(self) -> dict[str, Fact | None]:
        """The facts that changed since the last call; None: gone. Folded over time they equal `capture()`."""
        return self._board.changes()

    def capture(self) -> dict[str, Fact]:
        """Everything there is to remember, as facts."""
        return self._board.capture()

    @classmethod
    def restore(cls, plan: Plan, facts: Mapping[str, Fact]) -> Engine:
        """The engine that had these facts. `plan` is the version under which they were captured; feed `PlanChanged` for a newer one."""
        engine = cls(plan)
        engine._board.load(facts)
        if engine._board.now:
            engine._set_timers()
        return engine

    # questions

    @property
    def plan(self) -> Plan:
        """The rules in force."""
        return self._board.plan

    def availability(self, agent: AgentId) -> Availability:
        """What the agent last said, or was set to."""
        desk = self._board.desks.get(agent)
        return desk.availability if desk else Availability.OFFLINE

    def seats_used(self, agent: AgentId) -> int:
        """Seats in use, by what rings, is assigned or is being wrapped up."""
        desk = self._board.desks.get(agent)
        return desk.used if desk else 0

    def waiting_count(self) -> int:
        """How many wait and ring at nobody's desk."""
        return self._board.waiting

    def queue(self, brand: BrandId | None = None) -> tuple[Waiting, ...]:
        """Who waits, in the order in which they would be served, together with what rings."""
        return waiting_in_order(self._board, brand)

    def place_in_queue(self, inquiry: InquiryId) -> int | None:
        """How many wait ahead of it for the same people; 0 while it rings, None where it does not wait."""
        found = self._board.inquiries.get(inquiry)
        return None if found is None else self._board.ahead(found)

    def could_open(self, demand: Demand, at: datetime) -> tuple[bool, datetime | None]:
        """Is anybody who may ever take this at work at this instant, and if not, when next?"""
        asks, now = self._board.index.sketch(demand), micros(at)
        if any(course.since <= now < course.until and course.profile.is_open(at) for course in asks.courses):
            return True, None
        opening = asks.look_ahead(now)
        return False, None if opening is None else moment(opening)

    def explain(self, inquiry: InquiryId, now: datetime) -> Explanation | None:
        """Why it stands where it stands: everybody who could take it, why the others cannot, what will change that. None: not known."""
        found = self._board.inquiries.get(inquiry)
        return None if found is None else explanation_of(self._board, found, now)

    # time

    def _tick(self, now: int) -> None:
        starting = self._board.now == 0
        self._board.tick(now)
        if starting:
            self._board.open_doors()
            self._set_timers()

    def _run_due(self) -> None:
        while (timer := self._timers.due(self._board.now)) is not None:
            self._remind(timer)

    def _remind(self, timer: Timer) -> None:
        _, kind, whom = timer
        match kind:
            case Kind.HOURS:
                self._hours_changed()
            case Kind.CONTRACT:
                self._serve(self._board.index.classes())
            case Kind.LOST:
                self._give_up_on(self._board.desks[AgentId(whom)])
            case Kind.OFFER:
                self._offer_ended(self._board.inquiries[InquiryId(whom)])
            case Kind.WRAP_UP:
                self._wrapped_up(self._board.inquiries[InquiryId(whom)], disposition="timeout", because=Over.WRAP_UP_TIMEOUT)
            case Kind.STEP:
                self._try_again(self._board.inquiries[InquiryId(whom)])

    def _still_means_something(self, timer: Timer) -> bool:
        at, kind, whom = timer
        if kind is Kind.HOURS:
            return self._board.flips[int(whom)] == at
        if kind is Kind.CONTRACT:
            return True
        if kind is Kind.LOST:
            desk = self._board.desks.get(AgentId(whom))
            return desk is not None and desk.lost_at == at
        inquiry = self._board.inquiries.get(InquiryId(whom))
        if inquiry is None:
            return False
        if kind is Kind.STEP:
            return inquiry.step_at == at
        stage = Stage.OFFERED if kind is Kind.OFFER else Stage.WRAP_UP
        return inquiry.stage is stage and inquiry.ends == at

    def _set_timers(self) -> None:
        """Every reminder that follows from the facts, from scratch."""
        self._timers.clear()
        for n, flip in enumerate(self._board.flips):
            self._timers.set(flip, Kind.HOURS, str(n))
        for start in self._board.index.contract_starts(self._board.now):
            self._timers.set(start, Kind.CONTRACT, "")
        for desk in self._board.desks.values():
            self._remind_of_loss(desk)
        for inquiry in self._board.inquiries.values():
            if inquiry.stage is Stage.WAITING:
                self._set_step(inquiry)
            else:
                self._remind_of_end(inquiry)

    def _remind_of_loss(self, desk: Desk) -> None:
        if desk.lost_at is not None:
            self._timers.set(desk.lost_at, Kind.LOST, desk.id)

    def _remind_of_end(self, inquiry: Inquiry) -> None:
        if inquiry.ends is not None:
            self._timers.set(inquiry.ends, Kind.OFFER if inquiry.stage is Stage.OFFERED else Kind.WRAP_UP, inquiry.id)

    def _set_step(self, inquiry: Inquiry) -> None:
        """When a waiting inquiry may be served by more people than now: a tier's turn comes, a cool-down ends."""
        now, asks = self._board.now, self._board.asks(inquiry)
        turns = [inquiry.arrived + step for step in asks.steps if inquiry.arrived + step > now]
        rounds_max = self.plan.policy.decline_rounds_max
        turns += [memory.until for memory in inquiry.refusals.values() if memory.until > now and memory.count < rounds_max]
        inquiry.step_at = min(turns, default=None)
        if inquiry.step_at is not None:
            self._timers.set(inquiry.step_at, Kind.STEP, inquiry.id)

    # events

    def _on(self, event: Event) -> None:
        match event:
            case InquiryArrived():
                self._arrived(event)
            case InquiryLeft():
                self._left(event)
            case DemandCorrected():
                self._corrected(event)
            case OfferAccepted():
                self._accepted(event)
            case OfferDeclined():
                self._declined(event)
            case InquiryClaimed():
                self._claimed(event)
            case AvailabilitySet():
                self._availability_set(event)
            case AgentConnected():
                self._connected(event)
            case AgentDisconnected():
                self._disconnected(event)
            case Transferred():
                self._transferred(event)
            case HandlingEnded():
                self._handling_ended(event)
            case WrapUpDone():
                self._wrap_up_done(event)
            case PlanChanged():
                self._plan_changed(event)
            case OwnerTookOver():
                self._owner_took_over()
            case DeadlinePassed():
                pass  # what is due is run around every event
            case _:
                assert_never(event)

    def _arrived(self, event: InquiryArrived) -> None:
        if event.inquiry not in self._board.inquiries:
            self._place(self._board.arrive(event.inquiry, event.conversation, event.demand))

    def _left(self, event: InquiryLeft) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is None or inquiry.stage is Stage.WRAP_UP:
            return
        if inquiry.stage is Stage.ASSIGNED:
            self._start_wrap_up(inquiry, because=event.because)
            return
        desk = self._withdraw(inquiry, Over.CUSTOMER_LEFT) if inquiry.stage is Stage.OFFERED else None
        self._close(inquiry, because=event.because)
        if desk is not None:
            self._fill(desk)

    def _corrected(self, event: DemandCorrected) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is None or event.demand == inquiry.demand or inquiry.stage is Stage.WRAP_UP:
            return
        inquiry.flags -= {Flag.NOBODY_QUALIFIED.value, Flag.NO_OPENING.value}
        if inquiry.stage is Stage.ASSIGNED:
            self._correct_assigned(inquiry, event.demand)
        elif inquiry.stage is Stage.WAITING:
            self._board.leave(inquiry)
            self._board.ask(inquiry, event.demand)
            self._place(inquiry)
        else:
            self._correct_ringing(inquiry, event.demand)

    def _correct_assigned(self, inquiry: Inquiry, demand: Demand) -> None:
        """Nothing moves; but it may count against another ceiling now."""
        desk = self._holder(inquiry)
        self._board.ask(inquiry, demand)
        self._board.refresh(desk)
        self._fill(desk)

    def _correct_ringing(self, inquiry: Inquiry, demand: Demand) -> None:
        """The offer goes on ringing if its agent may still take it and nobody free would now be preferred by rule."""
        desk = self._holder(inquiry)
        self._board.ask(inquiry, demand)
        course = self._board.course(inquiry, desk)
        fits = demand.agent in {None, desk.id} and self._board.asks(inquiry).weight == inquiry.weight
        if course is None or not fits or any(other.course.rank < course.rank for other in self._board.candidates(inquiry)):
            self._withdraw(inquiry, Over.DEMAND_CORRECTED)
            self._place(inquiry)
        self._board.refresh(desk)
        self._fill(desk)

    def _accepted(self, event: OfferAccepted) -> None:
        inquiry = self._ringing(event.offer, event.agent)
        if inquiry is None:
            return
        desk = self._board.desks[event.agent]
        course = self._board.course(inquiry, desk)
        if course is not None:
            self._assign(inquiry, desk, course)
            return
        code = self._why_not_any_more(inquiry, event.agent)
        self._withdraw(inquiry, Over(code.value))
        self._refuse(event.agent, code, offer=event.offer, inquiry=inquiry.id)
        self._place(inquiry)
        self._fill(desk)

    def _declined(self, event: OfferDeclined) -> None:
        inquiry = self._ringing(event.offer, event.agent)
        if inquiry is None:
            return
        desk = self._board.desks[event.agent]
        self._board.remember(inquiry, desk.id, counts=True)
        self._had_a_turn(desk)
        self._withdraw(inquiry, Over.DECLINED)
        self._place(inquiry)
        self._fill(desk)

    def _claimed(self, event: InquiryClaimed) -> None:
        inquiry, desk = self._board.inquiries.get(event.inquiry), self._board.desk(event.agent)
        if desk is None:
            self._refuse(event.agent, Refusal.AGENT_UNKNOWN, inquiry=event.inquiry)
        elif inquiry is None:
            self._refuse(event.agent, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.WAITING:
            self._refuse(event.agent, Refusal.OUT_OF_ORDER, inquiry=event.inquiry)
        elif (
            (course := self._board.course(inquiry, desk)) is None or not desk.connected or desk.availability is Availability.OFFLINE
        ):
            self._refuse(event.agent, self._why_not_any_more(inquiry, event.agent), inquiry=event.inquiry)
        elif not desk.has_room(inquiry.demand.channel, self._board.asks(inquiry).weight):
            self._refuse(event.agent, Refusal.SEATS_FULL, inquiry=event.inquiry)
        else:
            self._offer(inquiry, course, desk, self._trace(inquiry, course=course, eligible=1, why=Why.CLAIMED))
            self._assign(inquiry, desk, course)
        if desk is not None:
            self._board.tidy(desk)

    def _availability_set(self, event: AvailabilitySet) -> None:
        desk = self._board.desk(event.agent)
        if desk is None:
            self._refuse(event.agent, Refusal.AGENT_UNKNOWN)
            return
        if event.availability is Availability.READY:
            self._get_ready(desk, event.reason)
        else:
            self._place_all(self._step_back(desk, event.availability, event.reason))
        self._board.tidy(desk)

    def _connected(self, event: AgentConnected) -> None:
        desk = self._board.desk(event.agent)
        if desk is None:
            self._refuse(event.agent, Refusal.AGENT_UNKNOWN)
        elif not desk.connected:
            self._reconnect(desk)

    def _disconnected(self, event: AgentDisconnected) -> None:
        desk = self._board.desks.get(event.agent)
        if desk is not None and desk.connected:
            policy, now = self.plan.policy, self._board.now
            self._lose(desk, offers_at=now + span(policy.offer_grace_seconds), chats_at=now + span(policy.chat_grace_seconds))
            self._board.tidy(desk)

    def _transferred(self, event: Transferred) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is None:
            self._refuse(event.by, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.ASSIGNED or inquiry.agent != event.by:
            self._refuse(event.by, Refusal.NOT_YOURS, inquiry=event.inquiry)
        elif (event.agent and event.agent not in self.plan.agents) or (event.pool and event.pool not in self.plan.pools):
            self._refuse(event.by, Refusal.TRANSFER_TARGET_UNKNOWN, inquiry=event.inquiry)
        else:
            self._transfer(inquiry, event)

    def _transfer(self, inquiry: Inquiry, event: Transferred) -> None:
        before = inquiry.demand
        self._board.ask(inquiry, replace(before, agent=event.agent, pool=None if event.agent else event.pool))
        if not self._target_able(inquiry, event):
            self._board.ask(inquiry, before)
            self._refuse(event.by, Refusal.TRANSFER_TARGET_UNABLE, inquiry=event.inquiry)
            return
        desk = self._release(inquiry, Over.TRANSFERRED, requeued=True)
        self._board.remember(inquiry, desk.id, counts=False)
        self._place(inquiry)
        self._fill(desk)

    def _target_able(self, inquiry: Inquiry, event: Transferred) -> bool:
        """An agent must be free now; of a pool, somebody who may must be at work. The queue is always able."""
        if event.agent is not None:
            return event.agent != event.by and self._board.addressee(inquiry, event.agent) is not None
        return event.pool is None or any(course.holds(self._board.now) for course in self._board.asks(inquiry).courses)

    def _handling_ended(self, event: HandlingEnded) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is not None and inquiry.stage is Stage.ASSIGNED:
            self._start_wrap_up(inquiry, because=Over.HANDLED.value)

    def _wrap_up_done(self, event: WrapUpDone) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is None:
            self._refuse(event.agent, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.agent != event.agent:
            self._refuse(event.agent, Refusal.NOT_YOURS, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.WRAP_UP:
            self._refuse(event.agent, Refusal.OUT_OF_ORDER, inquiry=event.inquiry)
        else:
            self._wrapped_up(inquiry, disposition=event.disposition, because=Over.WRAPPED_UP)

    def _plan_changed(self, event: PlanChanged) -> None:
        """Waiting work is seen afresh; an offer goes on ringing unless a hard rule fails now; what is assigned stays."""
        self._board.follow(event.plan)
        self._set_timers()
        over = [inquiry for inquiry in self._ringing_all() if self._board.course(inquiry, self._holder(inquiry)) is None]
        for inquiry in over:
            self._withdraw(inquiry, Over.RULES_CHANGED)
        self._place_all(over)
        self._serve(self._board.index.classes())
        self._tell(self._board.index.classes(), flag_all=True)  # anybody may have become able, or nobody
        for desk in list(self._board.desks.values()):
            self._board.tidy(desk)

    def _owner_took_over(self) -> None:
        """Who is connected is unknown; who was gets a grace to say so."""
        policy, now = self.plan.policy, self._board.now
        grace = span(policy.takeover_grace_seconds)
        self._board.quiet_until = now + grace
        for desk in [desk for _, desk in sorted(self._board.desks.items())]:
            if desk.connected:
                self._lose(desk, offers_at=now + grace, chats_at=now + max(grace, span(policy.chat_grace_seconds)))
            elif desk.lost_at is not None:
                self._set_lost(desk, max(desk.lost_at, now + grace))

    # what comes due

    def _hours_changed(self) -> None:
        opened, closed, turned = self._board.turn_clocks()
        for n in turned:
            self._timers.set(self._board.flips[n], Kind.HOURS, str(n))
        self._serve(classes_of([*opened, *closed]))  # what closes gives the next tier its turn
        self._tell(classes_of([*opened, *closed]))

    def _offer_ended(self, inquiry: Inquiry) -> None:
        desk = self._holder(inquiry)
        if not desk.connected:
            self._withdraw(inquiry, Over.AGENT_LOST)
            self._place(inquiry)
            return
        self._board.remember(inquiry, desk.id, counts=True)
        self._had_a_turn(desk)
        self._withdraw(inquiry, Over.LAPSED)
        others: list[Inquiry] = []
        if self.plan.policy.missed_offer_makes_away and self._board.now >= self._board.quiet_until:
            others = self._step_back(desk, Availability.AWAY, MISSED_OFFER)
        self._place_all([inquiry, *others])
        self._fill(desk)

    def _give_up_on(self, desk: Desk) -> None:
        """The agent did not come back: chats go to others, in front and with their age; the agent is signed out."""
        self._set_lost(desk, None)
        chats = [i for _, i in sorted(desk.held.items()) if i.stage is Stage.ASSIGNED and i.demand.channel is Channel.CHAT]
        for inquiry in chats:
            self._release(inquiry, Over.AGENT_LOST, requeued=True)
        others = (
            [] if desk.availability is Availability.OFFLINE else self._step_back(desk, Availability.OFFLINE, Over.AGENT_LOST.value)
        )
        self._place_all([*chats, *others])
        self._board.tidy(desk)

    def _try_again(self, inquiry: Inquiry) -> None:
        choice = choose(self._board.candidates(inquiry))
        if choice is not None:
            self._offer_choice(inquiry, choice)
        else:
            self._set_step(inquiry)

    # the two rules

    def _place(self, inquiry: Inquiry) -> None:
        """Offer it to the best who may take it, or let it wait."""
        if inquiry.demand.agent is not None and self._offer_to_addressee(inquiry, inquiry.demand.agent):
            return
        choice = choose(self._board.candidates(inquiry))
        if choice is not None:
            self._offer_choice(inquiry, choice)
        else:
            self._wait(inquiry)

    def _fill(self, desk: Desk) -> None:
        """Give a desk with room what waits first for it, until there is no room or nothing waits."""
        while (found := self._board.best_waiting(desk)) is not None:
            inquiry, course = found
            self._offer(inquiry, course, desk, self._trace(inquiry, course=course, eligible=1, why=Why.NEXT_IN_LINE))

    def _place_all(self, inquiries: Iterable[Inquiry]) -> None:
        for inquiry in sorted(inquiries, key=lambda i: (self._board.place(i), i.id)):
            self._place(inquiry)

    def _serve(self, classes: Iterable[DemandClass]) -> None:
        """Many may be served at once: in the order of their places, each by the best, until nobody is in line any more."""
        staffed = [one for one in classes if one.queue and one.staffed()]
        done: set[int] = set()
        for ticket, asks in merged(staffed):
            if id(asks) not in done:
                inquiry = self._board.inquiries[ticket[2]]
                choice = choose(self._board.candidates(inquiry))
                if choice is not None:
                    self._offer_choice(inquiry, choice)
                elif not asks.staffed():
                    done.add(id(asks))
                    if len(done) == len(staffed):
                        return

    # what becomes of an inquiry

    def _offer_to_addressee(self, inquiry: Inquiry, agent: AgentId) -> bool:
        candidate = self._board.addressee(inquiry, agent)
        if candidate is None:  # addressed to one who cannot: anybody may take it
            self._board.ask(inquiry, replace(inquiry.demand, agent=None))
            return False
        trace = self._trace(inquiry, course=candidate.course, eligible=1, why=Why.TRANSFERRED_TO_YOU)
        self._offer(inquiry, candidate.course, self._board.desks[agent], trace)
        return True

    def _offer_choice(self, inquiry: Inquiry, choice: Choice) -> None:
        course, turn = choice.candidate.course, choice.candidate.turn
        trace = self._trace(inquiry, course=course, eligible=choice.eligible, chosen_by=choice.chosen_by, why=choice.why)
        self._offer(inquiry, course, self._board.desks[turn[2]], trace)

    def _offer(self, inquiry: Inquiry, course: Course, desk: Desk, trace: Trace) -> None:
        board = self._board
        seconds = self.plan.policy.offer_seconds.get(inquiry.demand.channel, 30.0)
        board.leave(inquiry)
        inquiry.stage, inquiry.offers, inquiry.told_closed = Stage.OFFERED, inquiry.offers + 1, False
        inquiry.agent, inquiry.pool, inquiry.contract = desk.id, course.profile.pool, course.contract
        inquiry.weight = board.asks(inquiry).weight
        inquiry.until = inquiry.ends = board.now + span(seconds)
        board.hold(desk, inquiry)
        self._remind_of_end(inquiry)
        self._out.append(
            Offered(
                offer=inquiry.offer,
                inquiry=inquiry.id,
                agent=desk.id,
                pool=course.profile.pool,
                contract=course.contract,
                weight=inquiry.weight,
                until=moment(inquiry.until),
                trace=trace,
            )
        )

    def _wait(self, inquiry: Inquiry) -> None:
        self._board.join(inquiry)
        self._set_step(inquiry)
        self._say_queued(inquiry)
        self._flag(inquiry)

    def _say_queued(self, inquiry: Inquiry) -> None:
        closed, opening = self._board.outlook(self._board.asks(inquiry))
        inquiry.told_closed = closed
        self._board.touch(inquiry)
        trace = self._trace(inquiry)
        self._out.append(Queued(inquiry=inquiry.id, trace=trace, all_closed=closed, next_opening=opening))

    def _flag(self, inquiry: Inquiry) -> None:
        """A person should look, said once each."""
        asks = self._board.asks(inquiry)
        if not asks.courses:
            self._flag_once(inquiry, Flag.NOBODY_QUALIFIED)
        elif inquiry.told_closed and asks.next_opening(self._board.now) is None:
            self._flag_once(inquiry, Flag.NO_OPENING)
        elif self._board.declined_by_all(inquiry):
            self._flag_once(inquiry, Flag.DECLINED_BY_ALL)

    def _flag_once(self, inquiry: Inquiry, flag: Flag) -> None:
        if flag.value not in inquiry.flags:
            inquiry.flags.add(flag.value)
            self._board.touch(inquiry)
            self._out.append(Flagged(inquiry=inquiry.id, because=flag.value))

    def _assign(self, inquiry: Inquiry, desk: Desk, course: Course) -> None:
        inquiry.stage, inquiry.until, inquiry.ends = Stage.ASSIGNED, None, None
        inquiry.contract = course.contract
        if inquiry.demand.agent is not None:  # it has arrived where it was addressed
            self._board.ask(inquiry, replace(inquiry.demand, agent=None))
        inquiry.front = True
        self._board.touch(inquiry)
        self._had_a_turn(desk)
        self._board.refresh(desk)
        self._out.append(
            Assigned(
                offer=inquiry.offer,
                inquiry=inquiry.id,
                agent=desk.id,
                pool=course.profile.pool,
                contract=course.contract,
                weight=inquiry.weight,
            )
        )

    def _withdraw(self, inquiry: Inquiry, because: Over) -> Desk:
        offer = inquiry.offer
        desk = self._let_go(inquiry)
        if inquiry.demand.agent == desk.id:
            self._board.ask(inquiry, replace(inquiry.demand, agent=None))
        self._out.append(Withdrawn(offer=offer, inquiry=inquiry.id, agent=desk.id, because=because.value))
        return desk

    def _release(self, inquiry: Inquiry, because: Over, *, requeued: bool = False) -> Desk:
        weight = inquiry.weight
        desk = self._let_go(inquiry)
        self._had_a_turn(desk)
        self._board.refresh(desk)
        self._out.append(Released(inquiry=inquiry.id, agent=desk.id, weight=weight, because=because.value, requeued=requeued))
        return desk

    def _let_go(self, inquiry: Inquiry) -> Desk:
        desk = self._holder(inquiry)
        self._board.let_go(desk, inquiry)
        inquiry.stage = Stage.WAITING
        inquiry.agent = inquiry.pool = inquiry.contract = inquiry.until = inquiry.ends = None
        inquiry.weight = 0
        self._board.touch(inquiry)
        return desk

    def _start_wrap_up(self, inquiry: Inquiry, because: str) -> None:
        assert inquiry.agent is not None
        inquiry.stage = Stage.WRAP_UP
        inquiry.until = inquiry.ends = self._board.now + span(self.plan.policy.wrap_up_seconds)
        self._board.touch(inquiry)
        self._remind_of_end(inquiry)
        self._out.append(WrapUpStarted(inquiry=inquiry.id, agent=inquiry.agent, until=moment(inquiry.until)))
        self._out.append(Closed(inquiry=inquiry.id, because=because))

    def _wrapped_up(self, inquiry: Inquiry, *, disposition: str, because: Over) -> None:
        assert inquiry.agent is not None
        self._out.append(WrapUpEnded(inquiry=inquiry.id, agent=inquiry.agent, disposition=disposition))
        desk = self._release(inquiry, because)
        self._board.forget(inquiry)
        self._fill(desk)
        self._board.tidy(desk)

    def _close(self, inquiry: Inquiry, because: str) -> None:
        self._board.leave(inquiry)
        self._board.forget(inquiry)
        self._out.append(Closed(inquiry=inquiry.id, because=because))

    # what becomes of an agent

    def _get_ready(self, desk: Desk, reason: str | None) -> None:
        if desk.availability is not Availability.READY:
            self._had_a_turn(desk)
        self._say_availability(desk, Availability.READY, reason)
        if desk.connected:
            self._set_lost(desk, None)
        self._board.refresh(desk)
        self._fill(desk)

    def _step_back(self, desk: Desk, availability: Availability, reason: str | None) -> list[Inquiry]:
        """No new offers; those that ring are withdrawn, and given back to be placed. Signing out starts the grace of the chats."""
        self._say_availability(desk, availability, reason)
        self._board.refresh(desk)
        ringing = [inquiry for _, inquiry in sorted(desk.held.items()) if inquiry.stage is Stage.OFFERED]
        for inquiry in ringing:
            self._withdraw(inquiry, Over.AGENT_AWAY)
        if availability is Availability.OFFLINE and desk.lost_at is None and desk.held:
            self._set_lost(desk, self._board.now + span(self.plan.policy.chat_grace_seconds))
        elif availability is not Availability.OFFLINE and desk.connected:
            self._set_lost(desk, None)
        return ringing

    def _say_availability(self, desk: Desk, availability: Availability, reason: str | None) -> None:
        if (desk.availability, desk.reason) != (availability, reason):
            desk.availability, desk.reason = availability, reason
            self._out.append(AvailabilityChanged(agent=desk.id, availability=availability, reason=reason))

    def _had_a_turn(self, desk: Desk) -> None:
        """Idle from now: the last in line among equals."""
        desk.idle_since = self._board.now

    def _lose(self, desk: Desk, *, offers_at: int, chats_at: int) -> None:
        """The socket is gone: the offers that ring and the chats each have their grace."""
        desk.connected = False
        self._set_lost(desk, chats_at)
        for inquiry in self._ringing_at(desk):
            assert inquiry.until is not None
            inquiry.ends = min(inquiry.until, offers_at)
            self._board.touch(inquiry)
            self._remind_of_end(inquiry)
        self._board.refresh(desk)

    def _reconnect(self, desk: Desk) -> None:
        """Back in time: the same offers go on, with what is left of their time."""
        desk.connected = True
        if desk.availability is not Availability.OFFLINE or not desk.held:
            self._set_lost(desk, None)
        for inquiry in self._ringing_at(desk):
            inquiry.ends = inquiry.until
            self._board.touch(inquiry)
            self._remind_of_end(inquiry)
        self._board.refresh(desk)
        self._fill(desk)

    def _set_lost(self, desk: Desk, at: int | None) -> None:
        desk.lost_at = at
        self._remind_of_loss(desk)
        self._board.refresh(desk)

    # helpers

    def _holder(self, inquiry: Inquiry) -> Desk:
        assert inquiry.agent is not None
        return self._board.desks[inquiry.agent]

    def _ringing_at(self, desk: Desk) -> list[Inquiry]:
        return [inquiry for _, inquiry in sorted(desk.held.items()) if inquiry.stage is Stage.OFFERED]

    def _ringing_all(self) -> list[Inquiry]:
        return [inquiry for _, inquiry in sorted(self._board.inquiries.items()) if inquiry.stage is Stage.OFFERED]

    def _ringing(self, offer: OfferId, agent: AgentId) -> Inquiry | None:
        """The inquiry this offer rings for, at this agent's desk; else the wish is refused (or was granted before)."""
        id_, _, number = offer.rpartition(".")
        inquiry = self._board.inquiries.get(InquiryId(id_))
        if inquiry is None or not number.isdecimal() or not 1 <= int(number) <= inquiry.offers:
            self._refuse(agent, Refusal.OFFER_UNKNOWN, offer=offer)
        elif inquiry.offer != offer or inquiry.agent is None:
            self._refuse(agent, Refusal.OFFER_LAPSED, offer=offer, inquiry=inquiry.id)
        elif inquiry.agent != agent:
            self._refuse(agent, Refusal.OFFER_NOT_YOURS, offer=offer, inquiry=inquiry.id)
        elif inquiry.stage is Stage.OFFERED:
            return inquiry
        return None

    def _refuse(self, agent: AgentId, code: Refusal, *, offer: OfferId | None = None, inquiry: InquiryId | None = None) -> None:
        self._out.append(Refused(agent=agent, code=code.value, offer=offer, inquiry=inquiry))

    def _why_not_any_more(self, inquiry: Inquiry, agent: AgentId) -> Refusal:
        known = self.plan.agents.get(agent)
        if known is not None:
            permanent = list(permanent_reasons(self.plan, known, inquiry.demand))
            if not permanent and Reason.CERTIFICATION_EXPIRED in dated_reasons(
                self.plan, known, inquiry.demand, moment(self._board.now)
            ):
                return Refusal.CERTIFICATION_EXPIRED
        return Refusal.NO_LONGER_ELIGIBLE

    def _tell(self, classes: Iterable[DemandClass], *, flag_all: bool = False) -> None:
        """Those who wait hear it when the last place closes for them, and when one opens again; in order, whenever a class was first met."""
        waiting = [one for one in classes if one.queue]
        closed = {id(one): self._board.outlook(one)[0] for one in waiting}
        for ticket, asks in merged(waiting):
            inquiry = self._board.inquiries[ticket[2]]
            told_anew = inquiry.told_closed != closed[id(asks)]
            if told_anew:
                self._say_queued(inquiry)
            if told_anew or flag_all:
                self._flag(inquiry)

    def _trace(
        self,
        inquiry: Inquiry,
        *,
        course: Course | None = None,
        eligible: int = 0,
        chosen_by: tuple[tuple[str, int], ...] = (),
        why: str = "",
    ) -> Trace:
        return Trace(
            rules=self.plan.version,
            tier=course.tier if course else None,
            eligible=eligible,
            excluded=self._board.excluded(inquiry),
            chosen_by=chosen_by,
            waited_seconds=(self._board.now - inquiry.arrived) / 1_000_000,
            why=str(why),
        )
