"""From the journal to records: read every entry once, in order, and note what it says.

`Fold.add` only ever looks at the entry and at the record it concerns, so a fold that stopped at entry n goes on with entry n + 1 as if it had
never stopped (`dump`, `load`), and costs the same whether the floor is a day or a year old. What the journal says by version only (how well an agent
speaks a language, which contract overflows after how long) is looked up in the plan of that version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Decision,
    Offered,
    Released,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.eligibility import SAME_LANGUAGE_MAX, near
from routing.events import DemandCorrected, HandlingEnded, InquiryArrived, InquiryLeft, PlanChanged, Transferred
from routing.journal import ConversationEnded, ConversationRated, Entry, InquiryOpened, LanguageSettled, MessagePosted, Step
from routing.measures.records import (
    ACCEPTED,
    AWAY,
    HANDLING,
    IDLE,
    OFFLINE,
    AgentRecord,
    Handling,
    InquiryRecord,
    Leg,
    Offer,
    Response,
)
from routing.model import Availability, Demand, Plan

PlanOf = Callable[[int], Plan | None]
"""The plan of a version of the rules; None where it is not kept any more."""


_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(InquiryRecord)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return round(at.timestamp() * 1000)


@dataclass(slots=True, kw_only=True)
class Roster:
    """What of a plan the measures need."""

    version: int | None = None
    languages: dict[str, dict[str, int]] = field(default_factory=dict)
    floors: dict[str, int] = field(default_factory=dict)
    overflow_ms: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Roster:
        """Taken from this plan."""
        return cls(
            version=plan.version,
            languages={agent.id: {tag: int(level) for tag, level in agent.languages.items()} for agent in plan.agents.values()},
            floors={brand.id: int(brand.floor) for brand in plan.brands.values()},
            overflow_ms={contract.id: round(contract.overflow_after_seconds * 1000) for contract in plan.contracts.values()},
        )

    def command(self, agent: str, wanted: Iterable[str]) -> int | None:
        """The agent's best level in any of these languages, 0 for none of them; None where the agent or the wish is not known."""
        spoken, wanted = self.languages.get(agent), tuple(wanted)
        if spoken is None or not wanted:
            return None
        return max((level for tag, level in spoken.items() for wish in wanted if near(wish, tag) <= SAME_LANGUAGE_MAX), default=0)


@dataclass(slots=True, kw_only=True)
class _State:
    """All a fold knows; what `dump` writes."""

    seq: int = 0
    at_ms: int = 0
    inquiries: dict[str, InquiryRecord | bytes] = field(default_factory=dict)
    agents: dict[str, AgentRecord] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    of_conversation: dict[str, str] = field(default_factory=dict)
    by_topic: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)


class Fold:
    """The records so far. `changed` collects the inquiries touched since somebody last emptied it."""

    def __init__(self, plans: PlanOf | None = None) -> None:
        self._plans = plans
        self._state = _State()
        self.changed: set[str] = set()
        self._on: dict[type[Any], Callable[[Any, int], None]] = {
            InquiryOpened: self._opened,
            MessagePosted: self._message,
            LanguageSettled: self._language,
            ConversationRated: self._rated,
            ConversationEnded: self._ended,
            Step: self._step,
            # events
            InquiryArrived: self._arrived,
            InquiryLeft: self._left,
            DemandCorrected: self._corrected,
            HandlingEnded: self._handling_ended,
            PlanChanged: self._plan_changed,
            # decisions
            Offered: self._offered,
            Withdrawn: self._withdrawn,
            Assigned: self._assigned,
            Released: self._released,
            WrapUpStarted: self._wrap_up_started,
            WrapUpEnded: self._wrap_up_ended,
            AvailabilityChanged: self._availability_changed,
        }

    @property
    def seq(self) -> int:
        """The last entry that was added."""
        return self._state.seq

    @property
    def at_ms(self) -> int:
        """The time of the last entry: as of when everything here is true."""
        return self._state.at_ms

    def ids(self) -> set[str]:
        """Every inquiry."""
        return set(self._state.inquiries)

    def record(self, inquiry: str) -> InquiryRecord:
        """What is known about this inquiry. To be read."""
        known = self._state.inquiries[inquiry]
        return _UNPACK.decode(known) if isinstance(known, bytes) else known

    def records(self) -> Iterator[InquiryRecord]:
        """All of them, oldest first."""
        return map(self.record, self._state.inquiries)

    @property
    def agents(self) -> dict[str, AgentRecord]:
        """Every agent that ever did something, by id. To be read."""
        return self._state.agents

    def add(self, entry: Entry) -> None:
        """Take note of the next entry. One that was added before changes nothing."""
        if entry.seq <= self._state.seq:
            return
        at = milliseconds(entry.at)
        self._hear(entry.body, at)
        self._state.seq = entry.seq
        self._state.at_ms = max(self._state.at_ms, at)

    def extend(self, entries: Iterable[Entry]) -> Fold:
        """Add all of these."""
        for entry in entries:
            self.add(entry)
        return self

    def pack(self, inquiries: Iterable[str]) -> None:
        """Put away the records of these inquiries that are probably over. A quarter of a million live records are a gigabyte, and a second
        of everybody's time whenever Python looks for garbage; packed they are neither, and a late rating unpacks the one it concerns."""
        for inquiry in inquiries:
            known = self._state.inquiries[inquiry]
            if not isinstance(known, bytes) and known.over:
                self._state.inquiries[inquiry] = _PACK.encode(known)

    def dump(self) -> bytes:
        """All that is known, as JSON."""
        return msgspec.json.encode(self._state)

    @classmethod
    def load(cls, data: bytes, plans: PlanOf | None = None) -> Fold:
        """A fold that goes on where the dumped one stopped."""
        fold = cls(plans)
        fold._state = msgspec.json.decode(data, type=_State)
        fold.changed = set(fold._state.inquiries)
        return fold

    def _hear(self, what: object, at: int) -> None:
        """What is not in the table is of no use to any measure: an offer refused, an inquiry queued, words the journal learned later."""
        hear = self._on.get(type(what))
        if hear is not None:
            hear(what, at)

    # facts

    def _opened(self, fact: InquiryOpened, at: int) -> None:
        record = self._record(fact.inquiry, at)
        record.conversation, record.customer = fact.conversation, fact.customer
        record.client, record.brand, record.channel, record.kind = fact.client, fact.brand, str(fact.channel), fact.kind
        record.opened_ms = at
        record.language_at_opening = fact.language
        record.language = record.language or fact.language
        record.confidence = fact.confidence if record.confidence is None else record.confidence
        self._mark_returns(record, at)
        self._state.of_conversation[fact.conversation] = record.id

    def _message(self, fact: MessagePosted, at: int) -> None:
        record = self._concerned(fact.inquiry, fact.conversation)
        if record is None or fact.speaker == "brand":
            return
        if fact.speaker == "customer":
            record.turn_ms = at if record.turn_ms is None else record.turn_ms
        else:
            self._reply(record, fact.agent or "", at)

    def _reply(self, record: InquiryRecord, agent: str, at: int) -> None:
        """The first reply answers even a customer who has said nothing but the form; later ones answer turns only."""
        since = record.opened_ms if record.turn_ms is None and not record.responses else record.turn_ms
        if since is not None:
            pool = next((one.pool for one in reversed(record.handlings) if one.agent == agent), self._agent(agent, at).pool)
            record.responses.append(Response(pool=pool, since_ms=since, at_ms=at))
        record.turn_ms = None

    def _language(self, fact: LanguageSettled, _at: int) -> None:
        record = self._concerned(fact.inquiry, fact.conversation)
        if record is None:
            return
        record.language = fact.tag
        if fact.by.endswith("_correction"):
            record.corrections += 1
        elif fact.by == "text":
            record.confidence = fact.confidence

    def _rated(self, fact: ConversationRated, at: int) -> None:
        self._record(fact.inquiry, at).score = fact.score

    def _ended(self, fact: ConversationEnded, at: int) -> None:
        record = self._concerned(fact.inquiry, fact.conversation)
        if record is None:
            return
        record.ended_ms, record.ended_by = at, fact.by
        if not record.in_hand:
            self._gone(record, fact.by, at)

    # events

    def _step(self, step: Step, at: int) -> None:
        if self._plans and step.rules != self._state.roster.version and (plan := self._plans(step.rules)) is not None:
            self._state.roster = Roster.of(plan)
        event = step.event
        self._hear(event, at)
        for decision in step.decisions:
            self._hear(decision, at)
        if isinstance(event, Transferred) and event.pool and any(_hands_over(one, event) for one in step.decisions):
            record = self._record(event.inquiry, at)
            self._leg(record, event.pool, None, at)
            record.pool_asked = event.pool

    def _arrived(self, event: InquiryArrived, at: int) -> None:
        record = self._record(event.inquiry, at)
        record.queued_ms = record.waiting_since_ms = at
        record.conversation = record.conversation or event.conversation
        record.brand = record.brand or event.demand.brand
        record.channel = record.channel or str(event.demand.channel)
        record.kind = record.kind or event.demand.kind
        self._ask(record, event.demand)

    def _left(self, event: InquiryLeft, at: int) -> None:
        record = self._record(event.inquiry, at)
        if not record.in_hand:
            self._gone(record, event.because, at)

    def _corrected(self, event: DemandCorrected, at: int) -> None:
        record = self._record(event.inquiry, at)
        record.kind = event.demand.kind
        self._ask(record, event.demand)

    def _handling_ended(self, event: HandlingEnded, at: int) -> None:
        record = self._record(event.inquiry, at)
        if record.handlings:
            self._rest(record.handlings[-1], at)
        if record.ended_ms is None:
            record.ended_ms, record.ended_by = at, event.because

    def _plan_changed(self, event: PlanChanged, _at: int) -> None:
        self._state.roster = Roster.of(event.plan)

    # decisions

    def _offered(self, decision: Offered, at: int) -> None:
        record = self._record(decision.inquiry, at)
        self._agent(decision.agent, at).pool = decision.pool
        overflow = self._state.roster.overflow_ms.get(decision.contract, 0)
        self._leg(record, decision.pool, decision.contract, min(at, record.waiting_since_ms + overflow))
        record.pool_asked = decision.pool
        record.offers.append(Offer(id=decision.offer, pool=decision.pool, agent=decision.agent, at_ms=at))
        self._state.live[decision.offer] = record.id

    def _withdrawn(self, decision: Withdrawn, at: int) -> None:
        self._settle(decision.offer, decision.because, at)

    def _assigned(self, decision: Assigned, at: int) -> None:
        self._settle(decision.offer, ACCEPTED, at)
        record, agent = self._record(decision.inquiry, at), self._agent(decision.agent, at)
        agent.pool = decision.pool
        leg = self._leg(record, decision.pool, decision.contract, record.waiting_since_ms)
        record.pool_asked = decision.pool
        if record.accepted_ms is None:
            record.language_at_accept = record.language
        if leg.accepted_ms is None:
            roster = self._state.roster
            leg.accepted_ms, leg.agent = at, decision.agent
            leg.floor = max(roster.floors.get(record.brand, 0), record.asked_floor or 0)
            leg.command = roster.command(decision.agent, record.asked_languages)
        record.handlings.append(Handling(agent=decision.agent, pool=decision.pool, from_ms=at))
        self._attend(agent, at)
        agent.in_hand[record.id] = 0.0
        self._mark(agent, at)

    def _released(self, decision: Released, at: int) -> None:
        record, agent = self._record(decision.inquiry, at), self._agent(decision.agent, at)
        self._attend(agent, at)
        attention = agent.in_hand.pop(record.id, 0.0)
        self._mark(agent, at)
        handling = next((one for one in reversed(record.handlings) if one.agent == decision.agent and one.until_ms is None), None)
        if handling is None:
            return
        self._rest(handling, at)
        handling.until_ms, handling.because, handling.attention_ms = at, decision.because, round(attention)
        if decision.because == "transferred":
            record.transfers.append(handling.pool)
        elif decision.because == "agent_lost":
            record.lost.append(handling.pool)
        if decision.requeued or decision.because in ("transferred", "agent_lost"):
            record.waiting_since_ms = at

    def _wrap_up_started(self, decision: WrapUpStarted, at: int) -> None:
        record = self._record(decision.inquiry, at)
        if record.handlings:
            self._rest(record.handlings[-1], at)
        if record.ended_ms is None:
            record.ended_ms = at

    def _wrap_up_ended(self, decision: WrapUpEnded, at: int) -> None:
        self._record(decision.inquiry, at).disposition = decision.disposition

    def _availability_changed(self, decision: AvailabilityChanged, at: int) -> None:
        agent = self._agent(decision.agent, at)
        match decision.availability:
            case Availability.READY:
                agent.availability = IDLE
            case Availability.OFFLINE:
                agent.availability = OFFLINE
            case Availability.WRAP_UP:
                agent.availability = HANDLING
            case Availability.AWAY:
                agent.availability = AWAY + (decision.reason or "")
        self._mark(agent, at)

    # what several of them do

    def _record(self, inquiry: str, at: int) -> InquiryRecord:
        if inquiry not in self._state.inquiries:
            self._state.inquiries[inquiry] = InquiryRecord(id=inquiry, opened_ms=at, waiting_since_ms=at)
        return self._known(inquiry)

    def _known(self, inquiry: str) -> InquiryRecord:
        """The record to be written to."""
        self.changed.add(inquiry)
        known = self._state.inquiries[inquiry]
        if isinstance(known, bytes):
            known = self._state.inquiries[inquiry] = _UNPACK.decode(known)
        return known

    def _concerned(self, inquiry: str | None, conversation: str) -> InquiryRecord | None:
        known = inquiry or self._state.of_conversation.get(conversation)
        return self._known(known) if known in self._state.inquiries and known is not None else None

    def _agent(self, agent: str, at: int) -> AgentRecord:
        record = self._state.agents.get(agent)
        if record is None:
            record = self._state.agents[agent] = AgentRecord(id=agent, counted_ms=at)
        return record

    def _mark_returns(self, record: InquiryRecord, at: int) -> None:
        """Tell the earlier inquiries of this customer on this topic, and of this conversation, that somebody came back."""
        topics = [f"conversation {record.conversation}"]
        if record.customer:
            topics.append(f"topic {record.client} {record.brand} {record.kind} {record.customer}")
        for topic in topics:
            still_open = []
            for earlier in self._state.by_topic.get(topic, ()):
                if self.record(earlier).ended_ms is None:
                    still_open.append(earlier)
                elif topic.startswith("topic "):
                    self._known(earlier).came_back_ms = at
                else:
                    self._known(earlier).reopened_ms = at
            self._state.by_topic[topic] = (*still_open, record.id)

    @staticmethod
    def _ask(record: InquiryRecord, demand: Demand) -> None:
        record.asked_languages = tuple(demand.languages)
        record.asked_floor = None if demand.floor is None else int(demand.floor)

    @staticmethod
    def _gone(record: InquiryRecord, because: str, at: int) -> None:
        if record.left_ms is None:
            record.left_ms, record.left_because = at, because

    @staticmethod
    def _rest(handling: Handling, at: int) -> None:
        if handling.active_until_ms is None:
            handling.active_until_ms = at

    @staticmethod
    def _leg(record: InquiryRecord, pool: str, contract: str | None, since: int) -> Leg:
        leg = record.leg(pool)
        if leg is None:
            leg = Leg(pool=pool, contract=contract, since_ms=since)
            record.legs.append(leg)
        leg.contract = leg.contract or contract
        return leg

    def _settle(self, offer: str, outcome: str, at: int) -> None:
        inquiry = self._state.live.pop(offer, None)
        if inquiry is None:
            return
        for one in reversed(self._known(inquiry).offers):
            if one.id == offer:
                one.outcome, one.ended_ms = outcome, at
                return

    @staticmethod
    def _attend(agent: AgentRecord, at: int) -> None:
        """Share the time since the last change among what the agent had in hand."""
        if agent.in_hand and at > agent.counted_ms:
            share = (at - agent.counted_ms) / len(agent.in_hand)
            for inquiry in agent.in_hand:
                agent.in_hand[inquiry] += share
        agent.counted_ms = max(at, agent.counted_ms)

    @staticmethod
    def _mark(agent: AgentRecord, at: int) -> None:
        state = HANDLING if agent.in_hand else agent.availability
        if not agent.states or agent.states[-1] != state:
            agent.marks.append(max(at, agent.marks[-1]) if agent.marks else at)
            agent.states.append(state)


def _hands_over(decision: Decision, event: Transferred) -> bool:
    """Was the transfer granted? Other inquiries may be released in the same step."""
    return isinstance(decision, Released) and decision.inquiry == event.inquiry and decision.because == "transferred"
