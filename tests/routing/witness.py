"""One who watches the floor: from events and decisions alone, what stands where, and whether every promise is kept.

The witness knows the rules as the reference does (`Rules`), but decides nothing. It believes no count of the engine's: seats, caps, ages and
offers are added up here from what was decided, and each decision is judged at the instant at which it was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from routing.decisions import Assigned, AvailabilityChanged, Closed, Decision, Offered, Queued, Released, Withdrawn
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    DemandCorrected,
    Event,
    InquiryArrived,
    OwnerTookOver,
    PlanChanged,
    Transferred,
)
from routing.model import Agent, AgentId, Availability, Contract, InquiryId, OfferId, Plan
from routing.reasons import Over
from tests.routing.reference_rules import LONG_AGO, Case, Rules, seconds

FLEETING = {Over.DECLINED.value, Over.LAPSED.value}


class Witness(Rules):
    """What is known of the floor without asking the engine."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.offers: set[OfferId] = set()
        self.waited: dict[InquiryId, float] = {}

    def hear(self, event: Event, now: datetime, decisions: Iterable[Decision]) -> None:
        """Follow an event and what came of it."""
        assert now >= self.now
        self.now = now
        match event:
            case InquiryArrived() if all(one.id != event.inquiry for one in self.cases):
                self.cases.append(Case(id=event.inquiry, demand=event.demand, arrived=now))
            case AgentConnected() if event.agent in self.plan.agents:
                self.desk(event.agent).connected = True
            case AgentDisconnected():
                self.desk(event.agent).connected = False
            case OwnerTookOver():
                for desk in self.desks:
                    desk.connected = False
            case DemandCorrected():
                for case in self.cases:
                    if case.id == event.inquiry and case.stage != "wrap_up":
                        case.demand = event.demand
            case PlanChanged():
                self.plan = event.plan
            case _:
                pass
        for decision in decisions:
            self._see(decision, event)

    def _see(self, decision: Decision, event: Event) -> None:
        match decision:
            case Offered():
                self._offered(decision)
            case Withdrawn():
                case = self._ringing(decision.inquiry, decision.offer, decision.agent)
                if decision.because in FLEETING:
                    case.declines[decision.agent] = case.declines.get(decision.agent, 0) + 1
                    self._rest(case, decision.agent)
                self._let_go(case)
            case Assigned():
                self._assigned(decision)
            case Released():
                self._released(decision, event)
            case Closed():
                case = self.case(decision.inquiry)
                assert case.stage != "offered"
                if case.stage == "waiting":
                    self.cases.remove(case)
                else:
                    case.stage = "wrap_up"
            case AvailabilityChanged():
                desk = self.desk(decision.agent)
                desk.availability, desk.reason = decision.availability, decision.reason
            case Queued():
                self._aged(decision.inquiry, decision.trace.waited_seconds)
            case _:
                pass

    def _offered(self, offered: Offered) -> None:
        """One live offer an inquiry, under a name of its own, to somebody who may, ready and with room."""
        case, agent = self.case(offered.inquiry), self.plan.agents[offered.agent]
        assert case.stage == "waiting", f"{case.id} is {case.stage} and offered again"
        assert offered.offer not in self.offers
        self.offers.add(offered.offer)
        if case.demand.agent is not None:  # addressed to somebody who could not take it: anybody may
            case.demand = replace(case.demand, agent=None) if case.demand.agent != agent.id else case.demand
        contract = self.plan.contracts[offered.contract]
        self.allowed(agent, contract, case)
        desk = self.desk(agent.id)
        assert desk.connected
        assert desk.availability is Availability.READY or offered.trace.why == "claimed"
        assert offered.weight == self.weight(case.demand)
        assert self.has_room(agent, case.demand)
        self._aged(case.id, offered.trace.waited_seconds)
        case.stage, case.agent, case.contract, case.weight, case.until = (
            "offered",
            agent.id,
            contract.id,
            offered.weight,
            offered.until,
        )
        case.offers += 1
        assert self.seats_used(agent) <= agent.seats

    def _assigned(self, assigned: Assigned) -> None:
        """Accepted, and still allowed at this instant: the offer itself apart, which was reserved."""
        case, agent = self._ringing(assigned.inquiry, assigned.offer, assigned.agent), self.plan.agents[assigned.agent]
        assert self.now <= (case.until or LONG_AGO)
        case.stage = "answered"
        contract = self.plan.contracts[assigned.contract]
        self.allowed(agent, contract, case)
        case.stage, case.contract, case.until, case.front = "assigned", contract.id, None, True
        case.demand = replace(case.demand, agent=None)
        self.accepted.append((contract.id, self.now))
        self.limits_hold(contract)

    def allowed(self, agent: Agent, contract: Contract, case: Case) -> None:
        """No hard rule speaks against it at this instant."""
        against = list(self.hard(agent, contract, case.demand))
        assert not against, f"{case.id} for {agent.id} under {contract.id} at {self.now}: {against}"

    def limits_hold(self, contract: Contract) -> None:
        """No more was accepted today than the contract allows."""
        before = self.taken_today(contract)
        assert contract.cap_per_day is None or before <= contract.cap_per_day
        assert contract.budget_per_day is None or before * contract.price <= contract.budget_per_day

    def _released(self, released: Released, event: Event) -> None:
        case = self.case(released.inquiry)
        assert (case.agent, case.weight) == (released.agent, released.weight)
        if case.stage == "wrap_up":
            self.cases.remove(case)
            return
        assert case.stage == "assigned"
        assert released.requeued
        if isinstance(event, Transferred) and event.inquiry == case.id:
            case.demand = replace(case.demand, agent=event.agent, pool=None if event.agent else event.pool)
            self._rest(case, released.agent)
        self._let_go(case)

    def _rest(self, case: Case, agent: AgentId) -> None:
        case.not_again_until[agent] = self.now + seconds(self.plan.policy.decline_cooldown_seconds)

    def _let_go(self, case: Case) -> None:
        if case.demand.agent == case.agent:
            case.demand = replace(case.demand, agent=None)
        case.stage, case.agent, case.contract, case.weight, case.until = "waiting", None, None, 0, None

    def _ringing(self, inquiry: InquiryId, offer: OfferId, agent: AgentId) -> Case:
        case = self.case(inquiry)
        assert (case.stage, case.agent) == ("offered", agent)
        assert f"{case.id}.{case.offers}" == offer
        return case

    def _aged(self, inquiry: InquiryId, waited: float) -> None:
        """Age counts from arrival, whatever happened since, and never goes back."""
        assert waited == (self.now - self.case(inquiry).arrived).total_seconds()
        assert waited >= self.waited.get(inquiry, 0)
        self.waited[inquiry] = waited

    def case(self, inquiry: InquiryId) -> Case:
        """The inquiry, which must be there."""
        return next(one for one in self.cases if one.id == inquiry)

    def seats_used(self, agent: Agent) -> int:
        """What this agent has in hand, by weight."""
        return sum(one.weight for one in self.cases if one.agent == agent.id)

    def nobody_idles(self) -> None:
        """Nobody free may take anything that waits; holds, tiers, wishes, shares and kept seats considered."""
        for case in self.waiting():
            self.hold(case)
            able = [(agent.id, contract.id) for agent, contract in self.pairs(case)]
            assert not able, f"{case.id} waits and {able} could take it"
