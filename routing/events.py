"""What happened on the floor. The engine is told nothing else, and learns the time only beside them.

Every event is a frozen value with a stable name (`EVENT_NAMES`), because the journal keeps it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from routing.model import AgentId, Availability, Demand, InquiryId, OfferId, Plan, PoolId


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryArrived:
    inquiry: InquiryId
    demand: Demand
    conversation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryLeft:
    """The customer gave up or the conversation ended before anybody took it; `because`: customer_left, customer_ended, idle, closed."""

    inquiry: InquiryId
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCorrected:
    """The inquiry asks for something else now (language corrected, kind changed). Age is kept. Once accepted nothing moves."""

    inquiry: InquiryId
    demand: Demand


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    offer: OfferId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined:
    offer: OfferId
    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryClaimed:
    """An agent takes a waiting inquiry on their own accord (a supervisor asked them to, everybody declined it). Hard rules and seats hold."""

    inquiry: InquiryId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySet:
    """An agent (or the server, `by="server"`) set the availability. While engaged, AWAY means: no new offers."""

    agent: AgentId
    availability: Availability
    reason: str | None = None
    by: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConnected:
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDisconnected:
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """An assigned inquiry is handed on, to a pool, an agent, or (neither) back to the queue, with its age and in front."""

    inquiry: InquiryId
    by: AgentId
    pool: PoolId | None = None
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingEnded:
    """The conversation is over; its agent's seats stay in use until the wrap-up is done or timed out."""

    inquiry: InquiryId
    because: str = "agent_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpDone:
    inquiry: InquiryId
    agent: AgentId
    disposition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """From now on these rules. The journal keeps the version; the plan itself is kept by the workspace's versions."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTookOver:
    """Another process owns the floor now: who is connected is unknown until they say so or the grace is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed:
    """Nothing happened but time: the moment `next_deadline()` named has come."""


Event = (
    InquiryArrived
    | InquiryLeft
    | DemandCorrected
    | OfferAccepted
    | OfferDeclined
    | InquiryClaimed
    | AvailabilitySet
    | AgentConnected
    | AgentDisconnected
    | Transferred
    | HandlingEnded
    | WrapUpDone
    | PlanChanged
    | OwnerTookOver
    | DeadlinePassed
)

EVENT_NAMES: Final[Mapping[str, type[Event]]] = {
    "inquiry_arrived": InquiryArrived,
    "inquiry_left": InquiryLeft,
    "demand_corrected": DemandCorrected,
    "offer_accepted": OfferAccepted,
    "offer_declined": OfferDeclined,
    "inquiry_claimed": InquiryClaimed,
    "availability_set": AvailabilitySet,
    "agent_connected": AgentConnected,
    "agent_disconnected": AgentDisconnected,
    "transferred": Transferred,
    "handling_ended": HandlingEnded,
    "wrap_up_done": WrapUpDone,
    "plan_changed": PlanChanged,
    "owner_took_over": OwnerTookOver,
    "deadline_passed": DeadlinePassed,
}
"""The names under which the journal keeps them; a name never changes its meaning."""
