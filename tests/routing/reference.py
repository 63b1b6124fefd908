"""The router one would write to be sure: plain lists, every agent asked every time, nothing remembered that could be worked out.

It shares with the engine the values (model, events, reasons), the calendar and the distance of languages, each proved elsewhere, and
nothing else. One rule makes it simple: after whatever happens, while any waiting inquiry may be taken by anybody, the first such inquiry
goes to the best of those (`_settle`). There are no classes, no lines, no steps: time is looked at afresh at every instant that could
matter (`next_instant` names more of them than needed). What it does is told in `Deed`s, plain words the engine's decisions
translate to (`deeds`), so that the two can be compared.

Not here: estimated waits (they are the engine's own opinion), what a take-over does, and what is told to those who wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Closed,
    Decision,
    Offered,
    Refused,
    Released,
    Withdrawn,
    WrapUpStarted,
)
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
    PlanChanged,
    Transferred,
    WrapUpDone,
)
from routing.hours import calendar, day_start
from routing.model import (
    Agent,
    AgentId,
    Availability,
    Channel,
    Contract,
    Demand,
    InquiryId,
    Plan,
)
from routing.reasons import Reason
from tests.routing.reference_rules import A_DAY, Case, Desk, Pair, Rules, seconds

Deed = tuple[str, ...]
"""What was done, to which inquiry (or agent), with whom, and why: ("offered", "i1", "anna", "c-home")."""


def deeds(decisions: Iterable[Decision]) -> list[Deed]:
    """The engine's decisions in plain words. What is told to the waiting and to supervisors is left out."""
    return [deed for decision in decisions if (deed := _deed(decision)) is not None]


def _deed(decision: Decision) -> Deed | None:
    match decision:
        case Offered():
            return ("offered", decision.inquiry, decision.agent, decision.contract)
        case Withdrawn():
            return ("withdrawn", decision.inquiry, decision.agent, decision.because)
        case Assigned():
            return ("assigned", decision.inquiry, decision.agent, decision.contract)
        case Released():
            return ("released", decision.inquiry, decision.agent, decision.because)
        case WrapUpStarted():
            return ("wrap_up", decision.inquiry, decision.agent)
        case Closed():
            return ("closed", decision.inquiry)
        case Refused():
            return ("refused", decision.agent, decision.code)
        case AvailabilityChanged():
            return ("availability", decision.agent, decision.availability.value, decision.reason or "")
        case _:
            return None


class Router(Rules):
    """The floor, as plainly as can be."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.done: list[Deed] = []

    def feed(self, event: Event, now: datetime) -> list[Deed]:
        """What follows from this event, and from this instant before it."""
        self.now, self.done = now, []
        self._fall_due()
        self._on(event)
        self._settle()
        self._fall_due()
        return self.done

    def next_instant(self) -> datetime | None:
        """The next instant at which anything could be otherwise."""
        return min((at for at in self._instants() if at > self.now), default=None)

    # the one rule

    def _settle(self) -> None:
        while (found := self._first_that_may_be_taken()) is not None:
            case, (agent, contract) = found
            self._offer(case, agent, contract)

    def _first_that_may_be_taken(self) -> tuple[Case, Pair] | None:
        for case in self.waiting():
            if not case.fresh or self.keeper(case) is None:
                self.hold(case)
            able = self.pairs(case)
            if able:
                return case, self.choose(case, able)
        return None

    # what happens

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
                self._plan_changed(event.plan)
            case DeadlinePassed():
                pass
            case _:
                raise NotImplementedError(event)

    def _arrived(self, event: InquiryArrived) -> None:
        if self._case(event.inquiry) is None:
            self.cases.append(Case(id=event.inquiry, demand=event.demand, arrived=self.now))

    def _left(self, event: InquiryLeft) -> None:
        case = self._case(event.inquiry)
        if case is None or case.stage == "wrap_up":
            return
        if case.stage == "assigned":
            self._start_wrap_up(case)
            return
        if case.stage == "offered":
            self._withdraw(case, "customer_left")
        self._close(case)

    def _corrected(self, event: DemandCorrected) -> None:
        case = self._case(event.inquiry)
        if case is None or case.stage == "wrap_up" or case.demand == event.demand:
            return
        before, case.demand, case.fresh, case.held = case.demand, event.demand, True, False
        if case.stage == "offered" and not self._still_rings_rightly(case, before):
            self._withdraw(case, "demand_corrected")

    def _still_rings_rightly(self, case: Case, before: Demand) -> bool:
        """It goes on ringing if its agent may take it and nobody free would be preferred by rule."""
        agent = self.plan.agents.get(case.agent or AgentId(""))
        if agent is None or self.weight(case.demand) != self.weight(before):
            return False
        ours = [(agent, contract) for contract in self.plan.contracts.values() if not any(self.hard(agent, contract, case.demand))]
        if not ours:
            return False
        case.stage, holder, case.agent = "waiting", case.agent, None
        others = self.pairs(case)
        case.stage, case.agent = "offered", holder
        best = min(self.merit(case.demand, *pair) for pair in ours)
        return not any(self.merit(case.demand, *pair) < best for pair in others)

    def _accepted(self, event: OfferAccepted) -> None:
        case = self._ringing(event.offer, event.agent)
        if case is None:
            return
        agent = self.plan.agents[event.agent]
        case.stage = "answering"  # an offer does not stand in its own way
        contract = self._contract_for(case, agent)
        case.stage = "offered"
        if contract is not None:
            self._assign(case, contract)
            return
        code = self._why_refused(case, agent)
        self._withdraw(case, code)
        self._refuse(event.agent, code)

    def _contract_for(self, case: Case, agent: Agent) -> Contract | None:
        """The contract under which it was offered, or else the best that holds."""
        holding = [one for one in self.plan.contracts.values() if not any(self.hard(agent, one, case.demand))]
        same = [one for one in holding if one.id == case.contract]
        return min(same or holding, key=lambda c: (c.tier, c.overflow_after_seconds, c.id), default=None)

    def _why_refused(self, case: Case, agent: Agent) -> str:
        """A certification that ended, or a cap, where that is all there is against it."""
        for code in (Reason.CERTIFICATION_EXPIRED, Reason.CAP_REACHED):
            if any(list(self.hard(agent, contract, case.demand)) == [code] for contract in self.plan.contracts.values()):
                return code.value
        return "no_longer_eligible"

    def _declined(self, event: OfferDeclined) -> None:
        case = self._ringing(event.offer, event.agent)
        if case is not None:
            self._remember(case, event.agent, counts=True)
            self._had_a_turn(self.desk(event.agent))
            self._withdraw(case, "declined")

    def _claimed(self, event: InquiryClaimed) -> None:
        case, agent = self._case(event.inquiry), self.plan.agents.get(event.agent)
        if agent is None:
            self._refuse(event.agent, "agent_unknown")
            return
        if case is None:
            self._refuse(event.agent, "not_found")
            return
        if case.stage != "waiting":
            self._refuse(event.agent, "out_of_order")
            return
        desk, contract = self.desk(agent.id), self._contract_for(case, agent)
        if contract is None or not desk.connected or desk.availability is Availability.OFFLINE:
            self._refuse(agent.id, self._why_refused(case, agent))
        elif not self.has_room(agent, case.demand):
            self._refuse(agent.id, "seats_full")
        else:
            self._offer(case, agent, contract, claimed=True)
            if case.stage == "offered":
                self._assign(case, contract)

    def _availability_set(self, event: AvailabilitySet) -> None:
        if event.agent not in self.plan.agents:
            self._refuse(event.agent, "agent_unknown")
            return
        desk = self.desk(event.agent)
        if event.availability is Availability.READY:
            if desk.availability is not Availability.READY:
                self._had_a_turn(desk)
            self._say(desk, Availability.READY, event.reason)
            if desk.connected:
                desk.lost_at = desk.mails_at = None
        else:
            self._step_back(desk, event.availability, event.reason)

    def _connected(self, event: AgentConnected) -> None:
        if event.agent not in self.plan.agents:
            self._refuse(event.agent, "agent_unknown")
            return
        desk = self.desk(event.agent)
        if desk.connected:
            return
        desk.connected = True
        if desk.availability is not Availability.OFFLINE or not self.held(desk.id):
            desk.lost_at = desk.mails_at = None
        for case in self.held(desk.id):
            if case.stage == "offered":
                case.ends = case.until

    def _disconnected(self, event: AgentDisconnected) -> None:
        desk = self.desk(event.agent)
        if not desk.connected:
            return
        desk.connected = False
        desk.lost_at = self.now + seconds(self.plan.policy.chat_grace_seconds)
        desk.mails_at = desk.mails_at or self.now + seconds(self.plan.policy.email_grace_seconds)
        for case in self.held(desk.id):
            if case.stage == "offered" and case.until is not None:
                case.ends = min(case.until, self.now + seconds(self.plan.policy.offer_grace_seconds))

    def _transferred(self, event: Transferred) -> None:
        case = self._case(event.inquiry)
        if case is None:
            self._refuse(event.by, "not_found")
        elif case.stage != "assigned" or case.agent != event.by:
            self._refuse(event.by, "not_yours")
        elif (event.agent and event.agent not in self.plan.agents) or (event.pool and event.pool not in self.plan.pools):
            self._refuse(event.by, "transfer_target_unknown")
        else:
            self._transfer(case, event)

    def _transfer(self, case: Case, event: Transferred) -> None:
        wanted = replace(case.demand, agent=event.agent, pool=None if event.agent else event.pool)
        target = self.plan.agents.get(event.agent) if event.agent else None
        contract = self._free_for(target, wanted) if target is not None else None
        if target is not None and (contract is None or target.id == event.by):
            self._refuse(event.by, "transfer_target_unable")
            return
        if event.pool is not None and target is None and not any(self.entitled(a, wanted) for a in self.plan.agents.values()):
            self._refuse(event.by, "transfer_target_unable")
            return
        case.demand = wanted
        self._release(case, "transferred")
        self._remember(case, event.by, counts=False)
        if target is not None and contract is not None:
            self._offer(case, target, contract)

    def _free_for(self, agent: Agent, demand: Demand) -> Contract | None:
        """The contract under which they could take it at once."""
        holding = [one for one in self.plan.contracts.values() if not any(self.hard(agent, one, demand))]
        best = min(holding, key=lambda c: (c.tier, c.overflow_after_seconds, c.id), default=None)
        return best if best is not None and not any(self.standing(agent, best, demand)) else None

    def _handling_ended(self, event: HandlingEnded) -> None:
        case = self._case(event.inquiry)
        if case is not None and case.stage == "assigned":
            self._start_wrap_up(case)

    def _wrap_up_done(self, event: WrapUpDone) -> None:
        case = self._case(event.inquiry)
        if case is None:
            self._refuse(event.agent, "not_found")
        elif case.agent != event.agent:
            self._refuse(event.agent, "not_yours")
        elif case.stage != "wrap_up":
            self._refuse(event.agent, "out_of_order")
        else:
            self._wrapped_up(case, "wrapped_up")

    def _plan_changed(self, plan: Plan) -> None:
        """What is assigned stays; what rings goes on unless a hard rule fails now."""
        self.plan = plan
        for case in [one for one in self.cases if one.stage == "offered"]:
            agent = plan.agents.get(case.agent or AgentId(""))
            case.stage = "answering"
            holds = agent is not None and self._contract_for(case, agent) is not None
            case.stage = "offered"
            if not holds:
                self._withdraw(case, "rules_changed")

    # what falls due

    def _fall_due(self) -> None:
        """What ends at this instant: first what opens or joins, then people, then offers and wrap-ups, by name."""
        self._settle()
        while True:
            lost = sorted(
                (one for one in self.desks if any(at is not None and at <= self.now for at in (one.lost_at, one.mails_at))),
                key=lambda one: one.id,
            )
            over = sorted((one for one in self.cases if one.ends is not None and one.ends <= self.now), key=lambda one: one.id)
            if lost:
                self._give_up_on(lost[0])
            elif over:
                self._ended(next((one for one in over if one.stage == "offered"), over[0]))
            else:
                return
            self._settle()

    def _give_up_on(self, desk: Desk) -> None:
        chats, mails = (at is not None and at <= self.now for at in (desk.lost_at, desk.mails_at))
        for case in self.held(desk.id):
            if case.stage == "assigned" and (chats if case.demand.channel is Channel.CHAT else mails):
                self._release(case, "agent_lost")
        desk.lost_at = None if chats else desk.lost_at
        desk.mails_at = None if mails or not self.held(desk.id) else desk.mails_at
        if desk.availability is not Availability.OFFLINE:
            self._step_back(desk, Availability.OFFLINE, "agent_lost")

    def _ended(self, case: Case) -> None:
        if case.stage == "wrap_up":
            self._wrapped_up(case, "wrap_up_timeout")
            return
        desk = self.desk(case.agent or AgentId(""))
        if not desk.connected:
            self._withdraw(case, "agent_lost")
            return
        self._remember(case, desk.id, counts=True)
        self._had_a_turn(desk)
        self._withdraw(case, "lapsed")
        if self.plan.policy.missed_offer_makes_away:
            self._step_back(desk, Availability.AWAY, "missed_offer")

    # what becomes of an inquiry

    def _offer(self, case: Case, agent: Agent, contract: Contract, *, claimed: bool = False) -> None:
        policy = self.plan.policy
        case.stage, case.agent, case.contract = "offered", agent.id, contract.id
        case.offers += 1
        case.weight = self.weight(case.demand)
        case.until = case.ends = self.now + seconds(policy.offer_seconds.get(case.demand.channel, 30.0))
        self.done.append(("offered", case.id, agent.id, contract.id))
        if case.demand.channel in policy.auto_accept and not claimed:
            self._assign(case, contract)

    def _assign(self, case: Case, contract: Contract) -> None:
        assert case.agent is not None
        case.stage, case.until, case.ends, case.contract, case.front = "assigned", None, None, contract.id, True
        case.demand = replace(case.demand, agent=None)
        self.accepted.append((contract.id, self.now))
        self._had_a_turn(self.desk(case.agent))
        self.done.append(("assigned", case.id, case.agent, contract.id))

    def _withdraw(self, case: Case, because: str) -> None:
        assert case.agent is not None
        self.done.append(("withdrawn", case.id, case.agent, because))
        if case.demand.agent == case.agent:
            case.demand = replace(case.demand, agent=None)
        self._let_go(case)

    def _release(self, case: Case, because: str) -> None:
        assert case.agent is not None
        self._had_a_turn(self.desk(case.agent))
        self.done.append(("released", case.id, case.agent, because))
        self._let_go(case)

    def _let_go(self, case: Case) -> None:
        case.stage, case.agent, case.contract, case.weight, case.until, case.ends = "waiting", None, None, 0, None, None
        case.fresh, case.held = True, False

    def _start_wrap_up(self, case: Case) -> None:
        assert case.agent is not None
        wrap_up = self.plan.policy.wrap_up_seconds
        case.stage, case.until = "wrap_up", self.now + seconds(wrap_up)
        case.ends = case.until
        self.done += [("wrap_up", case.id, case.agent), ("closed", case.id)] if wrap_up else [("closed", case.id)]

    def _wrapped_up(self, case: Case, because: str) -> None:
        self._release(case, because)
        self.cases.remove(case)

    def _close(self, case: Case) -> None:
        self.cases.remove(case)
        self.done.append(("closed", case.id))

    def _remember(self, case: Case, agent: AgentId, *, counts: bool) -> None:
        case.declines[agent] = case.declines.get(agent, 0) + counts
        case.not_again_until[agent] = self.now + seconds(self.plan.policy.decline_cooldown_seconds)

    # what becomes of an agent

    def _step_back(self, desk: Desk, availability: Availability, reason: str | None) -> None:
        self._say(desk, availability, reason)
        for case in self.held(desk.id):
            if case.stage == "offered":
                self._withdraw(case, "agent_away")
        if availability is Availability.OFFLINE and desk.lost_at is None and self.held(desk.id):
            desk.lost_at = self.now + seconds(self.plan.policy.chat_grace_seconds)
            desk.mails_at = desk.mails_at or self.now + seconds(self.plan.policy.email_grace_seconds)
        elif availability is not Availability.OFFLINE and desk.connected:
            desk.lost_at = desk.mails_at = None

    def _say(self, desk: Desk, availability: Availability, reason: str | None) -> None:
        if (desk.availability, desk.reason) != (availability, reason):
            desk.availability, desk.reason = availability, reason
            self.done.append(("availability", desk.id, availability.value, reason or ""))

    def _had_a_turn(self, desk: Desk) -> None:
        self.turns += 1
        desk.turn = self.turns

    # plain look-ups

    def _case(self, id_: InquiryId) -> Case | None:
        return next((one for one in self.cases if one.id == id_), None)

    def _ringing(self, offer: str, agent: AgentId) -> Case | None:
        """The case this offer rings for, at this agent's desk; else the wish is refused (or was granted before)."""
        id_, _, number = offer.rpartition(".")
        case = self._case(InquiryId(id_))
        if case is None or not number.isdecimal() or not 1 <= int(number) <= case.offers:
            self._refuse(agent, "offer_unknown")
        elif int(number) != case.offers or case.agent is None:
            self._refuse(agent, "offer_lapsed")
        elif case.agent != agent:
            self._refuse(agent, "offer_not_yours")
        elif case.stage == "offered":
            return case
        return None

    def _refuse(self, agent: AgentId, code: str) -> None:
        self.done.append(("refused", agent, code))

    def _instants(self) -> Iterator[datetime]:
        plan, policy = self.plan, self.plan.policy
        yield from (at for desk in self.desks for at in (desk.lost_at, desk.mails_at) if at is not None)
        yield from (case.ends for case in self.cases if case.ends is not None)
        ages = [policy.sticky_hold_seconds, policy.ageing_guard_seconds or 0.0]
        ages += [contract.overflow_after_seconds for contract in plan.contracts.values()]
        ages += [wish.until_seconds for brand in plan.brands.values() for wish in brand.wishes]
        ages += [wish.until_seconds for kind in plan.kinds.values() for wish in kind.wishes]
        for case in self.cases:
            yield from (case.arrived + seconds(age) for age in ages)
            yield from case.not_again_until.values()
        shifts = [agent.shift for agent in plan.agents.values() if agent.shift is not None]
        for hours in [*(pool.hours for pool in plan.pools.values()), *shifts]:
            change = calendar(hours).next_change(self.now)
            if change is not None:
                yield change
        for contract in plan.contracts.values():
            yield day_start(self.now.astimezone(ZoneInfo(contract.zone)).date() + A_DAY, contract.zone)
