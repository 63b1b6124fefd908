"""Who talks to whom, decided: events and the time in, decisions out.

One floor, one engine. It reads no clock, draws no lots and does no IO, so the same events under the same rules give the same decisions for
ever: live, in the simulator, in a replay. Time is told with every event; `next_deadline` says when the owner shall come back with
`DeadlinePassed` if nothing else happens. What is asked wrongly is answered with `Refused`, or, where nobody waits for an answer, with nothing.

What concerns many at once (an opening, another version of the rules) is worked off in slices between events (`routing.backlog`); while any
of it is left, `next_deadline` is now. docs/routing.md tells how it works inside, and what each step costs.

Choices worth knowing: an agent who steps away loses the offers that ring but keeps what is assigned; an offer withdrawn from one who
is away or lost is no decline; who is gone for the chat grace is signed out as `agent_lost`, and must say so when they are ready again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from routing.backlog import SLICE
from routing.batches import AT_ONCE, pairs
from routing.board import Board
from routing.books import Today
from routing.choosing import Pick, choose
from routing.decisions import Decision, Estimate
from routing.demands import Ask, Node
from routing.eligibility import dated_reasons, permanent_reasons, terms
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
from routing.model import AgentId, Availability, BrandId, Channel, ContractId, Demand, InquiryId, OfferId, Plan
from routing.moments import NEVER, micros, moment, span
from routing.moves import InvariantBroken, Moves
from routing.reasons import Flag, Over, Reason, Refusal, Why
from routing.succession import Succession
from routing.timers import Kind, Timer, Timers

__all__ = ["Engine", "InvariantBroken", "Ledger"]

MISSED_OFFER = "missed_offer"

_AS_CHEAP: Final = 8
"""How many classes take up other rules for the cost of a move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One contract today, for a screen: what it accepted, what rings, what that cost, its limits, and its share of what is divided."""

    contract: ContractId
    today: Today
    against: Reason | None = None
    share: str | None = None
    share_weight: int | None = None
    share_total: int | None = None
    share_accepted: int | None = None
    share_accepted_by_all: int | None = None


class Engine:
    """The state machine of one floor. With `tracked=False` it keeps no account of changed facts: a simulation has no use for it."""

    __slots__ = ("_board", "_moves", "_timers")

    def __init__(self, plan: Plan, *, tracked: bool = True) -> None:
        self._board = Board(plan, tracked=tracked)
        self._timers = Timers(self._still_means_something)
        self._moves = Moves(self._board, self._timers)

    # the whole of its life

    def feed(self, event: Event, now: datetime) -> tuple[Decision, ...]:
        """What follows from this event at this time. What was due before it comes first, so an answer after its deadline is late.

        Raises `InvariantBroken` where what can never be has come to be."""
        moves, timers, at = self._moves, self._timers, micros(now)
        if self._board.tick(at):
            self._begin()
        kind = type(event)
        if kind is not OwnerTookOver:  # nobody was listening: the deadlines passed meanwhile are no one's fault
            if timers.earliest() <= at:
                self._run_due()
            if moves.backlog.left:
                self._work_off(SLICE)
        _HANDLERS[kind](self, event)
        if timers.earliest() <= at:
            self._run_due()
        if moves.backlog.left:
            self._work_off(SLICE)
        decisions, moves.out = tuple(moves.out), []
        return decisions

    def next_deadline(self) -> datetime | None:
        """When to come back with `DeadlinePassed` if nothing happens before; now, while work is left."""
        if self._moves.backlog.left:
            return moment(self._board.now)
        first = self._timers.first()
        return None if first is None else moment(first)

    @property
    def busy(self) -> bool:
        """Is there work left that the next feed goes on with, whatever is fed?"""
        return self._moves.backlog.left

    def changes(self) -> dict[str, Fact | None]:
        """The facts that changed since the last call; None: gone. Folded over time they equal `capture()`."""
        return self._board.changes()

    def capture(self) -> dict[str, Fact]:
        """Everything there is to remember, as facts."""
        return self._board.capture()

    @classmethod
    def restore(cls, plan: Plan, facts: Mapping[str, Mapping[str, Any]]) -> Engine:
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

    def estimate(self, inquiry: InquiryId) -> Estimate | None:
        """How long it will still wait; None where that cannot be said, or it does not wait in a queue."""
        found = self._board.inquiries.get(inquiry)
        return None if found is None else self._moves.estimate(found)

    def could_open(self, demand: Demand, at: datetime) -> tuple[bool, datetime | None]:
        """Is anybody who may ever take this at work at this instant, and if not, when next?"""
        form, now, profiles = self._board.sketch(demand), micros(at), self._board.roster.profiles
        for course, number in enumerate(form.profile.tolist()):
            since = form.since[course] if form.since is not None else 0
            until = form.until[course] if form.until is not None else NEVER
            if since <= now < until and profiles[number].is_open(at):
                return True, None
        opening = self._board.next_opening(form, now)
        return False, None if opening is None else moment(opening)

    def explain(self, inquiry: InquiryId, now: datetime) -> Explanation | None:
        """Why it stands where it stands: everybody who could take it, why the others cannot, what will change that. None: not known."""
        found = self._board.inquiries.get(inquiry)
        return None if found is None else explanation_of(self._board, found, now, self._moves.estimate(found))

    def books(self) -> tuple[Ledger, ...]:
        """Contracts with a daily limit, a minimum or a share, today."""
        return tuple(ledger for id_ in sorted(self.plan.contracts) if (ledger := self._ledger(id_)) is not None)

    def _ledger(self, contract: ContractId) -> Ledger | None:
        books = self._board.books
        today, division = books.today(contract), books.division_of(contract)
        if today is None:
            return None
        if division is None:
            return Ledger(contract=contract, today=today, against=books.against(contract))
        counts, weights = division.counts(), division.share.weights
        return Ledger(
            contract=contract,
            today=today,
            against=books.against(contract),
            share=division.share.id,
            share_weight=weights[contract],
            share_total=sum(weights.values()),
            share_accepted=counts.get(contract, 0),
            share_accepted_by_all=sum(counts.values()),
        )

    # time

    def _begin(self) -> None:
        """The first instant of all."""
        board = self._board
        board.open_doors()
        board.books.follow(board.plan, board.now)
        board.used_up_changed(board.plan.contracts)
        self._set_timers()

    def _run_due(self) -> None:
        while (timer := self._timers.due(self._board.now)) is not None:
            self._remind(timer)

    def _remind(self, timer: Timer) -> None:
        _, kind, whom = timer
        board, moves = self._board, self._moves
        match kind:
            case Kind.HOURS:
                self._hours_changed()
            case Kind.DATES:
                board.dates_changed()
                self._remind_of_dates()
                moves.backlog.review(node.ask for node in board.waiting_nodes() if node.ask.form.volatile)
            case Kind.BOOKS:
                self._day_over()
            case Kind.LOST:
                self._give_up_on(board.desks[AgentId(str(whom))])
            case Kind.OFFER:
                self._offer_ended(board.inquiries[InquiryId(str(whom))])
            case Kind.WRAP_UP:
                moves.wrapped_up(board.inquiries[InquiryId(str(whom))], disposition="timeout", because=Over.WRAP_UP_TIMEOUT)
            case Kind.HOLD:
                inquiry = board.inquiries[InquiryId(str(whom))]
                board.leave(inquiry)
                moves.place(self._known_to_nobody(inquiry))
            case Kind.STEP:
                self._relax(board.by_number[int(whom)])
            case Kind.COOL_DOWN:
                inquiry = board.inquiries[InquiryId(str(whom))]
                if not moves.try_again(inquiry):
                    moves.set_cool_down(inquiry)

    def _still_means_something(self, timer: Timer) -> bool:
        at, kind, whom = timer
        board = self._board
        if kind is Kind.STEP:
            return board.by_number[int(whom)].due == at
        if kind is Kind.HOURS:
            return board.flips[int(whom)] == at if int(whom) < len(board.flips) else False
        if kind is Kind.DATES:
            return board.date_due == at
        if kind is Kind.BOOKS:
            return board.midnight_due == at
        if kind is Kind.LOST:
            desk = board.desks.get(AgentId(str(whom)))
            return desk is not None and at in (desk.lost_at, desk.mails_at)
        inquiry = board.inquiries.get(InquiryId(str(whom)))
        if inquiry is None:
            return False
        if kind is Kind.HOLD:
            hold = inquiry.rare.hold
            return hold is not None and hold[1] == at
        if kind is Kind.COOL_DOWN:
            return inquiry.rare.step_at == at
        stage = Stage.OFFERED if kind is Kind.OFFER else Stage.WRAP_UP
        return inquiry.stage is stage and inquiry.rare.ends == at

    def _set_timers(self) -> None:
        """Every reminder that follows from the facts, from scratch."""
        board, moves = self._board, self._moves
        self._timers.clear()
        self._remind_of_hours()
        self._remind_of_dates()
        self._remind_of_midnight()
        for desk in board.desks.values():
            for gone in (desk.lost_at, desk.mails_at):
                if gone is not None:
                    self._timers.set(gone, Kind.LOST, desk.id)
            for inquiry in desk.held.values():
                moves.remind_of_end(inquiry)
            for inquiry in desk.expected:
                assert inquiry.rare.hold is not None
                self._timers.set(inquiry.rare.hold[1], Kind.HOLD, inquiry.id)
        for node in board.waiting_nodes():
            node.due = NEVER
            moves.set_step(node)
            for inquiry in node.waiting():
                if inquiry.refusals:
                    moves.set_cool_down(inquiry)

    def _remind_of_hours(self) -> None:
        for n, flip in enumerate(self._board.flips):
            self._timers.set(flip, Kind.HOURS, n)

    def _remind_of_dates(self) -> None:
        self._board.date_due = at = self._board.next_date()
        if at != NEVER:
            self._timers.set(at, Kind.DATES, 0)

    def _remind_of_midnight(self) -> None:
        at = self._board.books.next_reset()
        self._board.midnight_due = NEVER if at is None else at
        if at is not None:
            self._timers.set(at, Kind.BOOKS, 0)

    # events

    def _arrived(self, event: InquiryArrived) -> None:
        if event.inquiry not in self._board.inquiries:
            self._moves.place(self._board.arrive(event.inquiry, event.demand))

    def _left(self, event: InquiryLeft) -> None:
        inquiry, moves = self._board.inquiries.get(event.inquiry), self._moves
        if inquiry is None or inquiry.stage is Stage.WRAP_UP:
            return
        if inquiry.stage is Stage.ASSIGNED:
            moves.start_wrap_up(inquiry, because=event.because)
            return
        desk = moves.withdraw(inquiry, Over.CUSTOMER_LEFT) if inquiry.stage is Stage.OFFERED else None
        moves.close(inquiry, because=event.because)
        if desk is not None:
            moves.fill(desk)

    def _corrected(self, event: DemandCorrected) -> None:
        inquiry, moves = self._board.inquiries.get(event.inquiry), self._moves
        if inquiry is None or event.demand == inquiry.demand or inquiry.stage is Stage.WRAP_UP:
            return
        if inquiry.rare.flags:
            inquiry.more.flags -= {Flag.NOBODY_QUALIFIED.value, Flag.NO_OPENING.value}
        if inquiry.stage is Stage.ASSIGNED:
            self._correct_assigned(inquiry, event.demand)
        elif inquiry.stage is Stage.WAITING:
            moves.gone_from_queue(inquiry)
            self._board.reask(inquiry, event.demand)
            moves.place(inquiry)
        else:
            self._correct_ringing(inquiry, event.demand)

    def _correct_assigned(self, inquiry: Inquiry, demand: Demand) -> None:
        """Nothing moves; but it may count against another ceiling now."""
        desk = self._moves.holder(inquiry)
        self._board.reask(inquiry, demand)
        self._board.refresh(desk)
        self._moves.fill(desk)

    def _correct_ringing(self, inquiry: Inquiry, demand: Demand) -> None:
        """The offer goes on ringing if its agent may still take it and nobody free would now be preferred by rule."""
        board, moves = self._board, self._moves
        desk = moves.holder(inquiry)
        board.reask(inquiry, demand)
        course, form = board.course(inquiry, desk), inquiry.ask.form
        stays = course is not None and demand.agent in {None, desk.id} and form.weight == inquiry.rare.weight
        if stays and course is not None:
            rival = choose(board, inquiry, board.node(inquiry.ask, board.now - inquiry.arrived, inquiry.rare.level))
            stays = not isinstance(rival, Pick) or form.group[rival.course] >= form.group[course]
        if not stays:
            moves.withdraw(inquiry, Over.DEMAND_CORRECTED)
            moves.place(inquiry)
        board.refresh(desk)
        moves.fill(desk)

    def _accepted(self, event: OfferAccepted) -> None:
        inquiry, board, moves = self._ringing(event.offer, event.agent), self._board, self._moves
        if inquiry is None:
            return
        desk = board.desks[event.agent]
        course = self._course_still(inquiry, desk)
        if course is not None:
            moves.assign(inquiry, desk, course)
            return
        code = self._why_not_any_more(inquiry, event.agent)
        moves.withdraw(inquiry, Over(code.value))
        moves.refuse(event.agent, code, offer=event.offer, inquiry=inquiry.id)
        moves.place(inquiry)
        moves.fill(desk)

    def _course_still(self, inquiry: Inquiry, desk: Desk) -> int | None:
        """The course under which an offer may be accepted now. Its own reservation does not speak against it."""
        board, profile, form = self._board, desk.profile, inquiry.ask.form
        if profile is None or not profile.open:
            return None
        offered = inquiry.rare.contract
        for course in (form.profile == profile.number).nonzero()[0].tolist():
            contract = form.contract_of(course).id
            if contract == offered and board.dated_right(form, course) and board.books.against_accept(contract) is None:
                return int(course)
        return board.course(inquiry, desk)

    def _declined(self, event: OfferDeclined) -> None:
        inquiry, board, moves = self._ringing(event.offer, event.agent), self._board, self._moves
        if inquiry is None:
            return
        desk = board.desks[event.agent]
        board.remember(inquiry, desk.id, counts=True)
        board.had_a_turn(desk)
        moves.withdraw(inquiry, Over.DECLINED)
        moves.place(inquiry)
        moves.fill(desk)

    def _claimed(self, event: InquiryClaimed) -> None:
        board, moves = self._board, self._moves
        inquiry, desk = board.inquiries.get(event.inquiry), board.desk(event.agent)
        if desk is None:
            moves.refuse(event.agent, Refusal.AGENT_UNKNOWN, inquiry=event.inquiry)
        elif inquiry is None:
            moves.refuse(event.agent, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.WAITING:
            moves.refuse(event.agent, Refusal.OUT_OF_ORDER, inquiry=event.inquiry)
        elif (course := board.course(inquiry, desk)) is None or not desk.connected or desk.availability is Availability.OFFLINE:
            moves.refuse(event.agent, self._why_not_any_more(inquiry, event.agent), inquiry=event.inquiry)
        elif not desk.has_room(inquiry.ask.form.channel, inquiry.ask.form.weight):
            moves.refuse(event.agent, Refusal.SEATS_FULL, inquiry=event.inquiry)
        else:
            moves.offer(inquiry, Pick(desk, course), inquiry.node, why=Why.CLAIMED)
            if inquiry.id in board.ringing:
                moves.assign(inquiry, desk, course)
        if desk is not None:
            board.tidy(desk)

    def _availability_set(self, event: AvailabilitySet) -> None:
        board, moves = self._board, self._moves
        desk = board.desk(event.agent)
        if desk is None:
            moves.refuse(event.agent, Refusal.AGENT_UNKNOWN)
            return
        if event.availability is Availability.READY:
            moves.get_ready(desk, event.reason)
        else:
            moves.place_all(moves.step_back(desk, event.availability, event.reason))
        board.tidy(desk)

    def _connected(self, event: AgentConnected) -> None:
        desk = self._board.desk(event.agent)
        if desk is None:
            self._moves.refuse(event.agent, Refusal.AGENT_UNKNOWN)
        elif not desk.connected:
            self._moves.reconnect(desk)

    def _disconnected(self, event: AgentDisconnected) -> None:
        desk, moves = self._board.desks.get(event.agent), self._moves
        if desk is not None and desk.connected:
            policy, now = self.plan.policy, self._board.now
            freed = moves.lose(
                desk, offers_at=now + span(policy.offer_grace_seconds), chats_at=now + span(policy.chat_grace_seconds)
            )
            moves.place_all(freed)
            self._board.tidy(desk)

    def _transferred(self, event: Transferred) -> None:
        inquiry, moves = self._board.inquiries.get(event.inquiry), self._moves
        if inquiry is None:
            moves.refuse(event.by, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.ASSIGNED or inquiry.agent != event.by:
            moves.refuse(event.by, Refusal.NOT_YOURS, inquiry=event.inquiry)
        elif (event.agent and event.agent not in self.plan.agents) or (event.pool and event.pool not in self.plan.pools):
            moves.refuse(event.by, Refusal.TRANSFER_TARGET_UNKNOWN, inquiry=event.inquiry)
        else:
            self._transfer(inquiry, event)

    def _transfer(self, inquiry: Inquiry, event: Transferred) -> None:
        board, moves, before = self._board, self._moves, inquiry.demand
        board.reask(inquiry, replace(before, agent=event.agent, last_agent=None, pool=None if event.agent else event.pool))
        if not self._target_able(inquiry, event):
            board.reask(inquiry, before)
            moves.refuse(event.by, Refusal.TRANSFER_TARGET_UNABLE, inquiry=event.inquiry)
            return
        desk = moves.release(inquiry, Over.TRANSFERRED, requeued=True)
        board.remember(inquiry, desk.id, counts=False)
        moves.place(inquiry)
        moves.fill(desk)

    def _target_able(self, inquiry: Inquiry, event: Transferred) -> bool:
        """An agent must be free now; of a pool, somebody who may must be at work. The queue is always able."""
        if event.agent is not None:
            return event.agent != event.by and self._moves.addressee(inquiry, event.agent) is not None
        if event.pool is None:
            return True
        form, board = inquiry.ask.form, self._board
        return bool((board.open[form.profile] & board.holding(form)).any())

    def _handling_ended(self, event: HandlingEnded) -> None:
        inquiry = self._board.inquiries.get(event.inquiry)
        if inquiry is not None and inquiry.stage is Stage.ASSIGNED:
            self._moves.start_wrap_up(inquiry, because=Over.HANDLED.value)

    def _wrap_up_done(self, event: WrapUpDone) -> None:
        inquiry, moves = self._board.inquiries.get(event.inquiry), self._moves
        if inquiry is None:
            moves.refuse(event.agent, Refusal.NOT_FOUND, inquiry=event.inquiry)
        elif inquiry.agent != event.agent:
            moves.refuse(event.agent, Refusal.NOT_YOURS, inquiry=event.inquiry)
        elif inquiry.stage is not Stage.WRAP_UP:
            moves.refuse(event.agent, Refusal.OUT_OF_ORDER, inquiry=event.inquiry)
        else:
            moves.wrapped_up(inquiry, disposition=event.disposition, because=Over.WRAPPED_UP)

    def _plan_changed(self, event: PlanChanged) -> None:
        """Waiting work is seen afresh; an offer goes on ringing unless a hard rule fails now; what is assigned stays."""
        succession = Succession(self._board, event.plan)
        self._moves.backlog.succession = self._succeed(succession)

    def _succeed(self, succession: Succession) -> Iterator[int]:
        board, moves, backlog = self._board, self._moves, self._moves.backlog
        yield from succession.prepare()
        yield len(board.asks) // _AS_CHEAP  # what comes now cannot be divided: where it is much, it has a slice for itself
        desks = succession.take_over()
        board.used_up_changed(board.books.follow(board.plan, board.now))
        self._remind_of_hours()
        self._remind_of_dates()
        self._remind_of_midnight()
        for desk in desks:
            board.refresh(desk)
        touched = succession.touched
        ringing = sorted(id_ for id_, inquiry in board.ringing.items() if inquiry.ask in touched)
        over = [i for i in map(board.inquiries.__getitem__, ringing) if self._course_still(i, moves.holder(i)) is None]
        for inquiry in over:
            moves.withdraw(inquiry, Over.RULES_CHANGED)
        backlog.flag_all = True  # anybody may have become able, or nobody
        backlog.review(touched)
        backlog.fill(desks)
        backlog.succession = None
        moves.place_all(over)
        for desk in desks:
            board.tidy(desk)
        yield 1 + len(board.asks) // _AS_CHEAP

    def _owner_took_over(self, _: OwnerTookOver) -> None:
        """Who is connected is unknown; who was gets a grace to say so."""
        board, moves = self._board, self._moves
        policy, now = self.plan.policy, board.now
        grace = span(policy.takeover_grace_seconds)
        board.quiet_until = now + grace
        freed: list[Inquiry] = []
        for desk in [desk for _, desk in sorted(board.desks.items())]:
            if desk.connected:
                freed += moves.lose(desk, offers_at=now + grace, chats_at=now + max(grace, span(policy.chat_grace_seconds)))
            elif desk.lost_at is not None:
                moves.set_lost(desk, max(desk.lost_at, now + grace))
            if desk.mails_at is not None and desk.mails_at < now + grace:
                desk.mails_at = now + grace
                moves.keep_mails(desk)
        moves.place_all(freed)
        moves.backlog.review(node.ask for node in board.waiting_nodes())  # what was left undone when the last owner went

    def _nothing(self, _: DeadlinePassed) -> None:
        """What is due is run around every event."""

    # what comes due

    def _hours_changed(self) -> None:
        board = self._board
        changed, turned = board.turn_clocks()
        for n in turned:
            self._timers.set(board.flips[n], Kind.HOURS, n)
        self._moves.backlog.review(board.concerned(changed))  # what closes gives the next tier its turn

    def _day_over(self) -> None:
        board = self._board
        opened = board.books.reset(board.now)
        self._remind_of_midnight()
        if opened:
            board.used_up_changed(opened)
            self._moves.backlog.review(node.ask for node in board.waiting_nodes() if node.ask.form.volatile)

    def _offer_ended(self, inquiry: Inquiry) -> None:
        board, moves = self._board, self._moves
        desk = moves.holder(inquiry)
        if not desk.connected:
            moves.withdraw(inquiry, Over.AGENT_LOST)
            moves.place(inquiry)
            return
        board.remember(inquiry, desk.id, counts=True)
        board.had_a_turn(desk)
        moves.withdraw(inquiry, Over.LAPSED)
        others: list[Inquiry] = []
        if self.plan.policy.missed_offer_makes_away and board.now >= board.quiet_until:
            others = moves.step_back(desk, Availability.AWAY, MISSED_OFFER)
        moves.place_all([inquiry, *others])
        moves.fill(desk)

    def _give_up_on(self, desk: Desk) -> None:
        """The agent did not come back: chats, later mails, go to others, in front and with their age; the agent is signed out."""
        moves, now = self._moves, self._board.now
        chats_too, mails_too = (at is not None and at <= now for at in (desk.lost_at, desk.mails_at))
        given: list[Inquiry] = []
        for _, inquiry in sorted(desk.held.items()):
            theirs = chats_too if inquiry.ask.form.channel is Channel.CHAT else mails_too
            if theirs and inquiry.stage is Stage.ASSIGNED:
                given.append(inquiry)
        desk.lost_at = None if chats_too else desk.lost_at
        desk.mails_at = None if mails_too or not desk.held.keys() - {one.id for one in given} else desk.mails_at
        self._board.touch(desk)
        for inquiry in given:
            moves.release(inquiry, Over.AGENT_LOST, requeued=True)
        others = (
            [] if desk.availability is Availability.OFFLINE else moves.step_back(desk, Availability.OFFLINE, Over.AGENT_LOST.value)
        )
        moves.place_all([*given, *others])
        self._board.tidy(desk)

    def _relax(self, node: Node) -> None:
        """Whoever is old enough goes on to the next step, where more people may take it."""
        board, moves, ages = self._board, self._moves, node.ask.form.ages
        if node.step + 1 < len(ages):
            age, grown = ages[node.step + 1], []
            for inquiry in node.each():
                if inquiry.arrived + age <= board.now:
                    grown.append(inquiry)
                elif not inquiry.front:
                    break
            for inquiry in grown:
                board.leave(inquiry)
                joined = board.join(inquiry)
                moves.set_step(joined)
                if moves.backlog.busy:
                    moves.backlog.serve(joined)
                elif not moves.try_again(inquiry) and inquiry.refusals:
                    moves.set_cool_down(inquiry)
        node.due = NEVER
        moves.set_step(node)

    # work in slices

    def _work_off(self, budget: int) -> None:
        """Do so much of what is left, in order."""
        backlog, moves = self._moves.backlog, self._moves
        while budget > 0 and backlog.left:
            if backlog.succession is not None:
                budget -= next(backlog.succession, 0)
            elif (ask := next(backlog.reviews(), None)) is not None:
                budget -= self._review(ask)
            elif (node := backlog.next_to_serve()) is not None:
                budget -= self._serve_together(node) or self._serve(node)
            elif (desk := backlog.next_to_fill()) is not None:
                moves.fill(desk)
                budget -= 1
            elif (inquiry := backlog.next_to_tell()) is not None:
                budget -= 1
                if inquiry.node is not None:
                    self._tell(inquiry)
        if not backlog.left:
            backlog.flag_all = False

    def _review(self, ask: Ask) -> int:
        """See a class afresh: who may serve it, and whether its customers must be told anything."""
        board, moves, backlog = self._board, self._moves, self._moves.backlog
        if not ask.waiting:
            return 1
        if ask.shape != ask.form.shape:
            board.rebuild(ask)
        nodes = [node for node in ask.nodes.values() if len(node)]
        for node in nodes:
            board.freshen(node)
            moves.set_step(node)
            if board.staffed(node):
                backlog.serve(node)
        closed, opening = board.outlook(ask)
        hopeless = backlog.flag_all and (not len(ask.form) or (closed and opening is None))
        if closed != ask.told_closed or hopeless:
            ask.told_closed = closed
            backlog.tell(inquiry for node in nodes for inquiry in node.waiting())
        elif backlog.flag_all:  # whoever may still be asked may have declined it
            backlog.tell(inquiry for node in nodes for inquiry in node.each() if inquiry.refusals)
        return 2 + len(nodes)

    def _serve_together(self, node: Node) -> int:
        """Pair the first of all that are to be served, where that serves more of them; 0: it does not."""
        board, moves, backlog = self._board, self._moves, self._moves.backlog
        if backlog.one_by_one:
            backlog.one_by_one -= 1
            return 0
        paired = pairs(board, [node, *backlog.serving(AT_ONCE)], node.ask.form.line)
        for inquiry, at, pick in paired:
            moves.offer(inquiry, pick, at, why=Why.MATCHED)
        if paired:
            backlog.serve(node)
        else:
            backlog.one_by_one = AT_ONCE
        return len(paired)

    def _serve(self, node: Node) -> int:
        """Offer the first that anybody may take; those whom only who declined them could take do not hold up the others."""
        board, moves, cost = self._board, self._moves, 1
        for inquiry in node.each():
            found = choose(board, inquiry, node)
            cost += 1
            if isinstance(found, Pick):
                moves.offer(inquiry, found, node)
                moves.backlog.serve(node)
                break
            if not inquiry.refusals:
                break
        return cost

    def _tell(self, inquiry: Inquiry) -> None:
        """Those who wait hear it when the last place closes for them, and when one opens again."""
        told_anew = inquiry.told_closed != inquiry.ask.told_closed
        if told_anew:
            self._moves.say_queued(inquiry)
            self._board.touch(inquiry)
        if told_anew or self._moves.backlog.flag_all:
            self._moves.flag(inquiry)

    # helpers

    def _known_to_nobody(self, inquiry: Inquiry) -> Inquiry:
        """The agent it was held for had their time."""
        self._board.reask(inquiry, replace(inquiry.demand, last_agent=None))
        return inquiry

    def _ringing(self, offer: OfferId, agent: AgentId) -> Inquiry | None:
        """The inquiry this offer rings for, at this agent's desk; else the wish is refused (or was granted before)."""
        moves = self._moves
        id_, _, number = offer.rpartition(".")
        inquiry = self._board.inquiries.get(InquiryId(id_))
        if inquiry is None or not number.isdecimal() or not 1 <= int(number) <= inquiry.offers:
            moves.refuse(agent, Refusal.OFFER_UNKNOWN, offer=offer)
        elif inquiry.offer != offer or inquiry.agent is None:
            moves.refuse(agent, Refusal.OFFER_LAPSED, offer=offer, inquiry=inquiry.id)
        elif inquiry.agent != agent:
            moves.refuse(agent, Refusal.OFFER_NOT_YOURS, offer=offer, inquiry=inquiry.id)
        elif inquiry.stage is Stage.OFFERED:
            return inquiry
        return None

    def _why_not_any_more(self, inquiry: Inquiry, agent: AgentId) -> Refusal:
        board, known = self._board, self.plan.agents.get(agent)
        if known is not None:
            demand = inquiry.demand
            if not list(permanent_reasons(self.plan, known, demand)):
                dated = list(dated_reasons(self.plan, known, demand, moment(board.now)))
                if Reason.CERTIFICATION_EXPIRED in dated:
                    return Refusal.CERTIFICATION_EXPIRED
                holding = [one for one in terms(self.plan, known, demand) if one.holds(moment(board.now))]
                if not dated and all(
                    board.books.against_accept(one.contract) or board.books.against(one.contract) for one in holding
                ):
                    return Refusal.CAP_REACHED
        return Refusal.NO_LONGER_ELIGIBLE


_HANDLERS: Final[Mapping[type[Event], Callable[[Engine, Any], None]]] = {
    InquiryArrived: Engine._arrived,
    InquiryLeft: Engine._left,
    DemandCorrected: Engine._corrected,
    OfferAccepted: Engine._accepted,
    OfferDeclined: Engine._declined,
    InquiryClaimed: Engine._claimed,
    AvailabilitySet: Engine._availability_set,
    AgentConnected: Engine._connected,
    AgentDisconnected: Engine._disconnected,
    Transferred: Engine._transferred,
    HandlingEnded: Engine._handling_ended,
    WrapUpDone: Engine._wrap_up_done,
    PlanChanged: Engine._plan_changed,
    OwnerTookOver: Engine._owner_took_over,
    DeadlinePassed: Engine._nothing,
}
