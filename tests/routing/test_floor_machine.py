"""Any history whatsoever: the promises of the floor hold after every event.

Two engines hear the same events. One lives on; the other is thrown away and restored from its facts at random moments. They must
never differ, and everything the decisions claim is recounted here from the decisions alone.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from i18n.levels import Level
from routing.decisions import Assigned, Closed, Decision, Offered, Queued, Released, Withdrawn
from routing.eligibility import reasons_against
from routing.engine import Engine
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
from routing.journal import Step, dumps, from_json, to_json
from routing.model import AgentId, Availability, Block, Channel, Demand, InquiryId, OfferId, Plan, Policy, PoolId
from tests.routing.builders import ACME, NOVA, T0, agent, certified_until, contract, plan, pool, with_version

OFFICE = tuple(Block(weekday=day, opens=time(9), closes=time(17)) for day in range(5))
NIGHT = tuple(Block(weekday=day, opens=time(16, 50), closes=time(6)) for day in range(7))
EN, DE, BOTH = {"en": Level.C1}, {"de": Level.B2, "en": Level.B1}, {"en": Level.NATIVE, "de": Level.B2}
POLICY = Policy(weights={Channel.CHAT: 2, Channel.EMAIL: 1}, decline_rounds_max=2, wrap_up_seconds=45)

PLAN = plan(
    [
        agent("a1", languages=EN, seats=2),
        agent("a2", languages=EN, seats=5, ceilings={Channel.CHAT: 1}),
        agent("a3", languages=BOTH, seats=4, skills={"router": 2}),
        agent("a4", languages=EN, seats=4),
        agent("b1", "manila", languages=EN, seats=4, certifications=certified_until(date(2026, 11, 23))),
        agent("b2", "manila", languages=DE, seats=2),
        agent("n1", "night", languages=BOTH, seats=3),
        agent("x1", "night", languages={"fi": Level.NATIVE}, seats=3),
    ],
    pools=[
        pool("home", weekly=OFFICE),
        pool("manila", zone="Asia/Manila", vendor="v"),
        pool("night", zone="Europe/Berlin", weekly=NIGHT),
    ],
    contracts=[contract("home"), contract("manila", tier=2, after=40), contract("night", tier=3, after=20)],
    policy=POLICY,
)
FEWER = with_version(
    PLAN,
    agents={a.id: a for a in PLAN.agents.values() if a.id not in {"a2", "b1"}},
    contracts={c.id: c for c in (contract("home", brands=frozenset({NOVA})), contract("night"))},
)
PLANS = (PLAN, FEWER)
AGENTS = (*PLAN.agents, AgentId("nobody"))
POOLS = (*PLAN.pools, PoolId("nowhere"))

agents = st.sampled_from(AGENTS)
picks = st.integers(0, 30)
demands = st.builds(
    Demand,
    brand=st.sampled_from([ACME, NOVA]),
    channel=st.sampled_from(list(Channel)),
    kind=st.sampled_from(["service", "complaint", "technical"]),
    languages=st.sampled_from([("en",), ("de",), ("en-GB", "en"), ("xx",), ()]),
    floor=st.sampled_from([None, Level.C2]),
)


class AnyHistory(RuleBasedStateMachine):
    """The floor under arbitrary events."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = self.before = PLAN
        self.steady, self.crashing = Engine(PLAN), Engine(PLAN)
        self.now = T0 + timedelta(hours=5, minutes=45)  # Manila's certification and Berlin's night are near
        self.folded: dict[str, object] = {}
        self.arrived: dict[InquiryId, datetime] = {}
        self.demand: dict[InquiryId, Demand] = {}
        self.offer_of: dict[InquiryId, tuple[OfferId, AgentId, int]] = {}
        self.held_by: dict[InquiryId, tuple[AgentId, int]] = {}
        self.seen: list[OfferId] = []
        self.corrected: Demand | None = None
        self.count = 0

    # what happens

    @initialize(ready=st.sets(agents, min_size=1))
    def begin(self, ready: set[AgentId]) -> None:
        for one in sorted(ready):
            self.feed(AgentConnected(agent=one))
            self.feed(AvailabilitySet(agent=one, availability=Availability.READY))

    @rule(demand=demands)
    def arrive(self, demand: Demand) -> None:
        self.count += 1
        id_ = InquiryId(f"i{self.count}")
        self.arrived[id_], self.demand[id_] = self.now, demand
        self.feed(InquiryArrived(inquiry=id_, demand=demand))

    @rule(pick=picks)
    def accept(self, pick: int) -> None:
        if self.offer_of:
            offer, who, _ = sorted(self.offer_of.values())[pick % len(self.offer_of)]
            self.feed(OfferAccepted(offer=offer, agent=who))

    @rule(pick=picks, who=agents)
    def accept_something_stale(self, pick: int, who: AgentId) -> None:
        offer = self.seen[pick % len(self.seen)] if self.seen else OfferId("strange")
        self.feed(OfferAccepted(offer=offer, agent=who))

    @rule(pick=picks)
    def decline(self, pick: int) -> None:
        if self.offer_of:
            offer, who, _ = sorted(self.offer_of.values())[pick % len(self.offer_of)]
            self.feed(OfferDeclined(offer=offer, agent=who, reason="busy"))

    @rule(who=agents, what=st.sampled_from(list(Availability)))
    def set_availability(self, who: AgentId, what: Availability) -> None:
        self.feed(AvailabilitySet(agent=who, availability=what, reason=None if what is Availability.READY else "break"))

    @rule(who=agents)
    def back_to_work(self, who: AgentId) -> None:
        self.feed(AgentConnected(agent=who))
        self.feed(AvailabilitySet(agent=who, availability=Availability.READY))

    @rule(who=agents)
    def disconnect(self, who: AgentId) -> None:
        self.feed(AgentDisconnected(agent=who))

    @rule(who=agents)
    def connect(self, who: AgentId) -> None:
        self.feed(AgentConnected(agent=who))

    @rule(pick=picks, because=st.sampled_from(["customer_left", "idle"]))
    def leave(self, pick: int, because: str) -> None:
        self.feed(InquiryLeft(inquiry=self.some_inquiry(pick), because=because))

    @rule(pick=picks, demand=demands)
    def correct(self, pick: int, demand: Demand) -> None:
        id_ = self.some_inquiry(pick)
        before = self.demand.get(id_)
        self.corrected = demand  # what falls due with the event is still decided under the old one
        self.feed(DemandCorrected(inquiry=id_, demand=demand))
        if before is not None:
            self.demand[id_] = demand
        self.corrected = None

    @rule(pick=picks, who=agents)
    def claim(self, pick: int, who: AgentId) -> None:
        self.feed(InquiryClaimed(inquiry=self.some_inquiry(pick), agent=who))

    @rule(pick=picks, to_pool=st.none() | st.sampled_from(POOLS), to_agent=st.none() | agents)
    def transfer(self, pick: int, to_pool: PoolId | None, to_agent: AgentId | None) -> None:
        if self.held_by:
            id_ = sorted(self.held_by)[pick % len(self.held_by)]
            self.feed(Transferred(inquiry=id_, by=self.held_by[id_][0], pool=to_pool, agent=to_agent))

    @rule(pick=picks)
    def end(self, pick: int) -> None:
        self.feed(HandlingEnded(inquiry=self.some_inquiry(pick)))

    @rule(pick=picks)
    def wrap_up(self, pick: int) -> None:
        if self.held_by:
            id_ = sorted(self.held_by)[pick % len(self.held_by)]
            self.feed(WrapUpDone(inquiry=id_, agent=self.held_by[id_][0], disposition="solved"))

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 15, 30, 45, 60, 120, 900, 40_000]))
    def time_passes(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        while (due := self.steady.next_deadline()) is not None and due <= until:
            self.now = max(due, self.now)
            self.feed(DeadlinePassed())
        self.now = until

    @rule(seconds=st.integers(1, 100))
    def the_owner_sleeps(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(which=st.sampled_from(PLANS))
    def change_plan(self, which: Plan) -> None:
        before, self.plan = self.plan, which  # what falls due with the event is still decided under the old one
        self.before = before
        self.feed(PlanChanged(plan=which))
        self.before = which

    @rule()
    def another_owner(self) -> None:
        self.feed(OwnerTookOver())

    @rule()
    def crash(self) -> None:
        facts = self.crashing.capture()
        self.crashing = Engine.restore(self.plan, facts)
        assert self.crashing.capture() == facts
        assert self.crashing.changes() == {}
        assert self.crashing.next_deadline() == self.steady.next_deadline()

    # what must hold

    @invariant()
    def both_engines_agree(self) -> None:
        assert self.crashing.capture() == self.steady.capture()
        assert self.crashing.queue() == self.steady.queue()

    @invariant()
    def changes_fold_to_everything(self) -> None:
        for key, fact in self.crashing.changes().items():
            self.folded.pop(key, None) if fact is None else self.folded.update({key: fact})
        for key, fact in self.steady.changes().items():
            assert fact == self.steady.capture().get(key)
        assert self.folded == self.crashing.capture()

    @invariant()
    def seats_are_the_sum_of_what_is_held_and_never_exceeded(self) -> None:
        for who in AGENTS:
            used = sum(weight for _, holder, weight in self.offer_of.values() if holder == who)
            used += sum(weight for holder, weight in self.held_by.values() if holder == who)
            assert self.steady.seats_used(who) == used
            assert used <= (PLAN.agents[who].seats if who in PLAN.agents else 0)

    @invariant()
    def age_is_never_lost(self) -> None:
        for waiting in self.steady.queue():
            assert waiting.arrived == self.arrived[waiting.inquiry]

    @invariant()
    def nobody_idle_while_something_they_could_take_waits(self) -> None:
        if (due := self.steady.next_deadline()) is not None and due <= self.now:
            return  # the owner sleeps
        for waiting in self.steady.queue():
            if waiting.offered_to is None:
                explanation = self.steady.explain(waiting.inquiry, self.now)
                assert explanation is not None
                assert not [verdict for verdict in explanation.verdicts if verdict.eligible]

    @precondition(lambda self: self.steady.waiting_count() > 0)
    @invariant()
    def waiting_is_counted(self) -> None:
        assert self.steady.waiting_count() == sum(waiting.offered_to is None for waiting in self.steady.queue())

    # the machinery

    def some_inquiry(self, pick: int) -> InquiryId:
        return sorted(self.arrived)[pick % len(self.arrived)] if self.arrived else InquiryId("unknown")

    def feed(self, event: Event) -> None:
        decisions = self.steady.feed(event, self.now)
        assert self.crashing.feed(event, self.now) == decisions
        for decision in decisions:
            self.recount(decision)
        step = Step(event=event, decisions=decisions, rules=self.plan.version)
        assert dumps(from_json(to_json(step))) == dumps(step)

    def recount(self, decision: Decision) -> None:
        match decision:
            case Offered():
                assert decision.inquiry not in self.offer_of
                assert decision.inquiry not in self.held_by
                assert decision.offer not in self.seen
                self.seen.append(decision.offer)
                self.offer_of[decision.inquiry] = (decision.offer, decision.agent, decision.weight)
                self.hard_rules_hold(decision.inquiry, decision.agent)
                if decision.trace.why not in {"claimed", "transferred_to_you"}:
                    assert decision.trace.eligible + sum(decision.trace.excluded.values()) == len(
                        PLANS[decision.trace.rules - 1].agents
                    )
            case Queued():
                assert decision.trace.eligible == 0
                assert sum(decision.trace.excluded.values()) == len(PLANS[decision.trace.rules - 1].agents)
            case Withdrawn():
                offer, who, _ = self.offer_of.pop(decision.inquiry)
                assert (offer, who) == (decision.offer, decision.agent)
            case Assigned():
                offer, who, weight = self.offer_of.pop(decision.inquiry)
                assert (offer, who, weight) == (decision.offer, decision.agent, decision.weight)
                self.held_by[decision.inquiry] = (decision.agent, decision.weight)
                self.hard_rules_hold(decision.inquiry, decision.agent)
            case Released():
                assert self.held_by.pop(decision.inquiry) == (decision.agent, decision.weight)
            case Closed():
                assert decision.inquiry not in self.offer_of
            case _:
                pass

    def hard_rules_hold(self, inquiry: InquiryId, who: AgentId) -> None:
        asked = [self.demand[inquiry], *([self.corrected] if self.corrected else [])]
        rules = [plan_ for plan_ in (self.before, self.plan) if who in plan_.agents]
        assert not all(reasons_against(plan_, plan_.agents[who], one, self.now) for one in asked for plan_ in rules)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
