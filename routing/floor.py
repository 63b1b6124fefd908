"""What the engine remembers: desks and inquiries, and their form as facts.

A *fact* is one thing's state under a key (`inquiry:…`, `agent:…`, `contract:…`, `share:…`, `floor`) as a plain dict. The owner writes the facts
that changed in the commit of the decisions they came with, and gives them all back after a crash; whatever else the engine keeps (lines,
queues, timers) follows from facts and plan and is never written. There may be a million inquiries, so what most of them do not have costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from routing.decisions import Estimate
from routing.demands import FRONT, NTH_BITS, NTH_MAX, Ask, Node
from routing.model import AgentId, Availability, Channel, ContractId, Demand, InquiryId, OfferId, PoolId
from routing.reasons import Reason
from routing.roster import Profile

Fact = dict[str, Any]

FLOOR: Final = "floor"


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


class Inquiry:
    """One request for a person's attention, until it asks nothing more and its seats are free."""

    __slots__ = (
        "_more",
        "agent",
        "arrived",
        "ask",
        "front",
        "id",
        "node",
        "nth",
        "offers",
        "refusals",
        "stage",
        "told",
        "told_closed",
    )

    def __init__(self, id_: InquiryId, ask: Ask, arrived: int, nth: int = 0) -> None:
        self.id = id_
        self.ask = ask
        self.arrived = arrived
        self.nth = nth
        """Which it was of those that arrived at the same microsecond."""
        self.stage = Stage.WAITING
        self.front = False
        self.offers = 0
        self.agent: AgentId | None = None
        self.told: Estimate | None = None
        """What was estimated when it began to wait, kept for some so that estimates learn from what came."""
        self.told_closed = False
        self.refusals: dict[AgentId, Refusals] | None = None
        self.node: Node | None = None
        self._more: More | None = None

    @property
    def key(self) -> int:
        """Its place in every queue: from its age and its class."""
        nth = self.nth
        arrived = self.arrived - FRONT if self.front else self.arrived
        return (arrived - self.ask.form.head_start) << NTH_BITS | (nth if nth < NTH_MAX else NTH_MAX)  # noqa: FURB136 - asked often

    @property
    def demand(self) -> Demand:
        """What it asks, and of whom."""
        more = self._more
        return more.demand if more is not None and more.demand is not None else self.ask.demand

    @property
    def offer(self) -> OfferId:
        """The id of the last offer made for it."""
        return OfferId(f"{self.id}.{self.offers}")

    @property
    def more(self) -> More:
        """What few inquiries have; made when first asked for."""
        if self._more is None:
            self._more = More()
        return self._more

    @property
    def rare(self) -> More:
        """The same to read: nothing, where it has nothing."""
        return self._more or _NOTHING_MORE

    def barred(self, agent: AgentId, now: int, rounds_max: int) -> bool:
        """Has this agent just declined or missed it, or done so too often?"""
        memory = self.refusals.get(agent) if self.refusals is not None else None
        return memory is not None and (memory.until > now or memory.count >= rounds_max)

    def fact(self) -> Fact:
        """Its state as a fact."""
        rare = self.rare
        plain = {
            "demand": self.ask.plain,
            "agent_asked": rare.demand.agent if rare.demand else None,
            "last_agent": rare.demand.last_agent if rare.demand else None,
            "arrived": self.arrived,
            "nth": self.nth or None,
            "stage": self.stage.value,
            "front": self.front or None,
            "offers": self.offers,
            "agent": self.agent,
            "pool": rare.pool,
            "contract": rare.contract,
            "weight": rare.weight or None,
            "until": rare.until,
            "ends": rare.ends,
            "since": rare.since,
            "refusals": {agent: [memory.count, memory.until] for agent, memory in sorted((self.refusals or {}).items())} or None,
            "flags": sorted(rare.flags) or None,
            "told_closed": self.told_closed or None,
            "told": [self.told.low, self.told.likely, self.told.high] if self.told else None,
            "level": rare.level or None,
            "hold": rare.hold,
        }
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def restored(cls, id_: InquiryId, fact: Mapping[str, Any], ask: Ask) -> Inquiry:
        """Back from its fact, in its class."""
        inquiry = cls(id_, ask, fact["arrived"])
        inquiry.offers = fact["offers"]
        if len(fact) > _PLAIN_FIELDS:
            inquiry._restore_more(fact)
        return inquiry

    def _restore_more(self, fact: Mapping[str, Any]) -> None:
        get = fact.get
        self.stage, self.nth = _STAGES[fact["stage"]], get("nth", 0)
        self.front, self.told_closed = get("front", False), get("told_closed", False)
        told, refusals = get("told"), get("refusals")
        self.told = Estimate(low=told[0], likely=told[1], high=told[2]) if told else None
        if refusals:
            self.refusals = {AgentId(agent): Refusals(count, until) for agent, (count, until) in refusals.items()}
        self.agent = get("agent")
        if _RARE.isdisjoint(fact):
            return
        more = self.more
        more.weight, more.ends, more.level = get("weight", 0), get("ends"), get("level", 0)
        more.pool, more.contract, more.until, more.since = get("pool"), get("contract"), get("until"), get("since")
        more.flags = frozenset(get("flags", ()))
        more.hold = get("hold")
        if "agent_asked" in fact or "last_agent" in fact:
            more.demand = addressed(self.ask.demand, get("agent_asked"), get("last_agent"))


class More:
    """What an inquiry has once somebody was asked, or where its customer is known."""

    __slots__ = ("contract", "demand", "ends", "flags", "hold", "level", "pool", "since", "step_at", "until", "weight")

    def __init__(self) -> None:
        self.demand: Demand | None = None
        """The demand with whom it is addressed to; else the class's says it all."""
        self.pool: PoolId | None = None
        self.contract: ContractId | None = None
        self.weight = 0
        self.ends: int | None = None
        """When the offer really ends (earlier than `until` while its agent is lost), or the wrap-up."""
        self.level = 0
        """How many of its class's waits the estimate exceeded: these contracts have joined before their age."""
        self.until: int | None = None
        """When the offer lapses, or the wrap-up times out."""
        self.since: int | None = None
        """When its agent took it."""
        self.flags: frozenset[str] = frozenset()
        self.hold: list[Any] | None = None
        """The agent it waits for, and until when."""
        self.step_at: int | None = None
        """When a cool-down ends and it is looked at again."""


class Desk:
    """An agent at work: available or not, connected or not, and what is in hand (offers, assignments, wrap-ups)."""

    __slots__ = (
        "availability",
        "ceilings",
        "connected",
        "expected",
        "held",
        "held_up",
        "id",
        "idle_since",
        "lost_at",
        "mails_at",
        "profile",
        "reason",
        "rooms",
        "seats",
        "turn",
        "used",
    )

    def __init__(self, id_: AgentId) -> None:
        self.id = id_
        self.availability = Availability.OFFLINE
        self.reason: str | None = None
        self.connected = False
        self.idle_since = 0
        self.lost_at: int | None = None
        """When the chats of this agent are given to others, unless they are back."""
        self.mails_at: int | None = None
        """When their mails are: nobody sits before those and waits."""
        # what follows from the facts
        self.profile: Profile | None = None
        self.seats = 0
        self.ceilings: Mapping[Channel, int] = {}
        self.held: dict[InquiryId, Inquiry] = {}
        self.expected: list[Inquiry] = []
        """Those that wait for this very agent, by key."""
        self.used = 0
        self.turn = -1
        """The place in line: how many in hand, idle since when. -1: in no line."""
        self.rooms: tuple[int, ...] = ()
        """The channels (by number) with room for one more."""
        self.held_up: Reason | None = Reason.OFFLINE

    @property
    def untouched(self) -> bool:
        """Is there nothing to remember?"""
        return (
            self.availability is Availability.OFFLINE
            and not self.connected
            and not self.reason
            and not self.held
            and self.lost_at is None
            and self.mails_at is None
        )

    def in_channel(self, channel: Channel) -> int:
        """How many inquiries of a channel are in hand."""
        return sum(inquiry.ask.demand.channel is channel for inquiry in self.held.values())

    def has_room(self, channel: Channel, weight: int) -> bool:
        """Are there seats for one more? A ceiling counts inquiries of its channel, seats count weights."""
        if self.used + weight > self.seats:
            return False
        ceiling = self.ceilings.get(channel) if self.ceilings else None
        return ceiling is None or self.in_channel(channel) < ceiling

    def why_held_up(self) -> Reason | None:
        """Why nothing new may be offered, seats apart."""
        if self.availability is Availability.READY:
            return None if self.connected else Reason.NOT_CONNECTED
        return _HELD_UP[self.availability]

    def fact(self) -> Fact:
        """Its state as a fact."""
        plain = {
            "availability": self.availability.value,
            "reason": self.reason,
            "connected": self.connected,
            "idle_since": self.idle_since,
            "lost_at": self.lost_at,
            "mails_at": self.mails_at,
        }
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def restored(cls, id_: AgentId, fact: Mapping[str, Any]) -> Desk:
        """Back from its fact."""
        desk = cls(id_)
        desk.availability = Availability(fact["availability"])
        desk.reason = fact.get("reason")
        desk.connected = fact["connected"]
        desk.idle_since = fact["idle_since"]
        desk.lost_at = fact.get("lost_at")
        desk.mails_at = fact.get("mails_at")
        return desk


def addressed(demand: Demand, agent: AgentId | None, last_agent: AgentId | None) -> Demand | None:
    """The demand with whom it is addressed to and whom its customer knows; None where that is nobody."""
    return None if agent is None and last_agent is None else replace(demand, agent=agent, last_agent=last_agent)


_HELD_UP: Final = {
    Availability.OFFLINE: Reason.OFFLINE,
    Availability.AWAY: Reason.AWAY,
    Availability.WRAP_UP: Reason.IN_WRAP_UP,
}
_STAGES: Final = {stage.value: stage for stage in Stage}
_PLAIN_FIELDS: Final = 4
"""demand, arrived, stage, offers: what an inquiry that nobody was asked about has."""
_RARE: Final = frozenset(
    {"agent_asked", "last_agent", "pool", "contract", "weight", "until", "ends", "since", "flags", "level", "hold"}
)
_NOTHING_MORE: Final = More()
