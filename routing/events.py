"""What happened on the floor. The engine is told nothing else, and learns the time only beside them.

Every event is a frozen value with a stable name (`EVENT_NAMES`), because the journal keeps it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from routing.model import AgentId, Availability, Demand, InquiryId, OfferId, Plan, PoolId


class InquiryArrived(Struct, frozen=True, kw_only=True, gc=False):
    inquiry: InquiryId
    demand: Demand
    conversation: str = ""


class InquiryLeft(Struct, frozen=True, kw_only=True, gc=False):
    """The customer gave up or the conversation ended before anybody took it; `because`: customer_left, customer_ended, idle, closed."""

    inquiry: InquiryId
    because: str


class DemandCorrected(Struct, frozen=True, kw_only=True, gc=False):
    """The inquiry asks for something else now (language corrected, kind changed). Age is kept. Once accepted nothing moves."""

    inquiry: InquiryId
    demand: Demand


class OfferAccepted(Struct, frozen=True, kw_only=True, gc=False):
    offer: OfferId
    agent: AgentId


class OfferDeclined(Struct, frozen=True, kw_only=True, gc=False):
    offer: OfferId
    agent: AgentId
    reason: str


class InquiryClaimed(Struct, frozen=True, kw_only=True, gc=False):
    """An agent takes a waiting inquiry on their own accord (a supervisor asked them to, everybody declined it). Hard rules and seats hold."""

    inquiry: InquiryId
    agent: AgentId


class AvailabilitySet(Struct, frozen=True, kw_only=True, gc=False):
    """An agent (or the server, `by="server"`) set the availability. While engaged, AWAY means: no new offers."""

    agent: AgentId
    availability: Availability
    reason: str | None = None
    by: str = "agent"


class AgentConnected(Struct, frozen=True, kw_only=True, gc=False):
    agent: AgentId


class AgentDisconnected(Struct, frozen=True, kw_only=True, gc=False):
    agent: AgentId


class Transferred(Struct, frozen=True, kw_only=True, gc=False):
    """An assigned inquiry is handed on, to a pool, an agent, or (neither) back to the queue, with its age and in front."""

    inquiry: InquiryId
    by: AgentId
    pool: PoolId | None = None
    agent: AgentId | None = None


class HandlingEnded(Struct, frozen=True, kw_only=True, gc=False):
    """The conversation is over; its agent's seats stay in use until the wrap-up is done or timed out."""

    inquiry: InquiryId
    because: str = "agent_ended"


class WrapUpDone(Struct, frozen=True, kw_only=True, gc=False):
    inquiry: InquiryId
    agent: AgentId
    disposition: str


class PlanChanged(Struct, frozen=True, kw_only=True, gc=False):
    """From now on these rules. The journal keeps the version; the plan itself is kept by the workspace's versions."""

    plan: Plan


class OwnerTookOver(Struct, frozen=True, kw_only=True, gc=False):
    """Another process owns the floor now: who is connected is unknown until they say so or the grace is over."""


class DeadlinePassed(Struct, frozen=True, kw_only=True, gc=False):
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
