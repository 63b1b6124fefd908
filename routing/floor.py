"""What the engine remembers: desks and inquiries, and their form as facts.

A *fact* is one thing's state under a key (`inquiry:…`, `agent:…`, `floor`) as a plain dict. The owner writes the facts that changed in the
commit of the decisions they came with, and gives them all back after a crash; whatever else the engine keeps (lines, queues, timers) follows
from facts and plan and is never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from routing.codec import dump, load
from routing.model import AgentId, Availability, Channel, ContractId, Demand, InquiryId, OfferId, PoolId
from routing.profiles import DemandClass, Profile, Ticket, Turn
from routing.reasons import Reason

Fact = dict[str, Any]

FLOOR: Final = "floor"

FRONT: Final = 86_400 * 1_000_000
"""The head start of an inquiry that somebody had already taken: a day, so that it comes before all that are new."""


class Stage(StrEnum):
    """Where an inquiry stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    WRAP_UP = "wrap_up"


@dataclass(slots=True)
class Refusals:
    """What an inquiry remembers of one agent: how often declined or missed, and until when not to ask again."""

    count: int
    until: int


@dataclass(slots=True, kw_only=True, eq=False)
class Inquiry:
    """One request for a person's attention, until it asks nothing more and its seats are free."""

    id: InquiryId
    conversation: str
    demand: Demand
    arrived: int
    stage: Stage = Stage.WAITING
    front: bool = False
    offers: int = 0
    agent: AgentId | None = None
    pool: PoolId | None = None
    contract: ContractId | None = None
    weight: int = 0
    until: int | None = None
    """When the offer lapses, or the wrap-up times out."""
    ends: int | None = None
    """When the offer really ends: earlier than `until` while its agent is lost."""
    refusals: dict[AgentId, Refusals] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    told_closed: bool = False
    # what follows from the facts
    asks: DemandClass | None = None
    ticket: Ticket | None = None
    step_at: int | None = None

    @property
    def offer(self) -> OfferId:
        """The id of the last offer made for it."""
        return OfferId(f"{self.id}.{self.offers}")

    @property
    def key(self) -> str:
        """The key of its fact."""
        return f"inquiry:{self.id}"

    def barred(self, agent: AgentId, now: int, rounds_max: int) -> bool:
        """Has this agent just declined or missed it, or done so too often?"""
        memory = self.refusals.get(agent)
        return memory is not None and (memory.until > now or memory.count >= rounds_max)

    def fact(self) -> Fact:
        """Its state as a fact."""
        plain = {
            "conversation": self.conversation or None,
            "demand": dump(self.demand),
            "arrived": self.arrived,
            "stage": self.stage.value,
            "front": self.front or None,
            "offers": self.offers,
            "agent": self.agent,
            "pool": self.pool,
            "contract": self.contract,
            "weight": self.weight or None,
            "until": self.until,
            "ends": self.ends,
            "refusals": {agent: [memory.count, memory.until] for agent, memory in sorted(self.refusals.items())} or None,
            "flags": sorted(self.flags) or None,
            "told_closed": self.told_closed or None,
        }
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def restored(cls, id_: InquiryId, fact: Mapping[str, Any]) -> Inquiry:
        """Back from its fact."""
        return cls(
            id=id_,
            conversation=fact.get("conversation", ""),
            demand=load(Demand, fact["demand"]),
            arrived=fact["arrived"],
            stage=Stage(fact["stage"]),
            front=fact.get("front", False),
            offers=fact["offers"],
            agent=fact.get("agent"),
            pool=fact.get("pool"),
            contract=fact.get("contract"),
            weight=fact.get("weight", 0),
            until=fact.get("until"),
            ends=fact.get("ends"),
            refusals={AgentId(agent): Refusals(count, until) for agent, (count, until) in fact.get("refusals", {}).items()},
            flags=set(fact.get("flags", ())),
            told_closed=fact.get("told_closed", False),
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Desk:
    """An agent at work: available or not, connected or not, and what is in hand (offers, assignments, wrap-ups)."""

    id: AgentId
    availability: Availability = Availability.OFFLINE
    reason: str | None = None
    connected: bool = False
    idle_since: int = 0
    lost_at: int | None = None
    """When what this agent holds is given to others, unless they are back."""
    # what follows from the facts
    profile: Profile | None = None
    seats: int = 0
    ceilings: Mapping[Channel, int] = field(default_factory=dict)
    held: dict[InquiryId, Inquiry] = field(default_factory=dict)
    used: int = 0
    turn: Turn | None = None
    rooms: tuple[Channel, ...] = ()
    held_up: Reason | None = Reason.OFFLINE

    @property
    def key(self) -> str:
        """The key of its fact."""
        return f"agent:{self.id}"

    @property
    def untouched(self) -> bool:
        """Is there nothing to remember?"""
        return (
            self.availability is Availability.OFFLINE
            and not self.connected
            and not self.reason
            and not self.held
            and self.lost_at is None
        )

    def in_channel(self, channel: Channel) -> int:
        """How many inquiries of a channel are in hand."""
        return sum(inquiry.demand.channel is channel for inquiry in self.held.values())

    def has_room(self, channel: Channel, weight: int) -> bool:
        """Are there seats for one more? A ceiling counts inquiries of its channel, seats count weights."""
        ceiling = self.ceilings.get(channel)
        return self.used + weight <= self.seats and (ceiling is None or self.in_channel(channel) < ceiling)

    def why_held_up(self) -> Reason | None:
        """Why nothing new may be offered, seats apart."""
        match self.availability:
            case Availability.OFFLINE:
                return Reason.OFFLINE
            case Availability.AWAY:
                return Reason.AWAY
            case Availability.WRAP_UP:
                return Reason.IN_WRAP_UP
            case Availability.READY:
                return None if self.connected else Reason.NOT_CONNECTED

    def fact(self) -> Fact:
        """Its state as a fact."""
        plain = {
            "availability": self.availability.value,
            "reason": self.reason,
            "connected": self.connected,
            "idle_since": self.idle_since,
            "lost_at": self.lost_at,
        }
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def restored(cls, id_: AgentId, fact: Mapping[str, Any]) -> Desk:
        """Back from its fact."""
        return cls(
            id=id_,
            availability=Availability(fact["availability"]),
            reason=fact.get("reason"),
            connected=fact["connected"],
            idle_since=fact["idle_since"],
            lost_at=fact.get("lost_at"),
        )
