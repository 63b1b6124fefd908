"""What shall be done. The engine decides, the owner writes it down and carries it out.

Decisions are frozen values with stable names; each belongs to the event that caused it and to a version of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import Struct

from routing.model import AgentId, Availability, ContractId, InquiryId, OfferId, PoolId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """Why a choice fell as it did. Counts and codes only, rendered into sentences later; the engine's own are not even counted before
    somebody reads them (`routing.traces`), so traces are equal where what they say is.

    `eligible` agents could have taken it; `excluded` counts the others by their *first* failing rule; `chosen_by` are the ranking
    steps that still had more than one candidate, in order, with the number left after each (`("tier", 3), ("longest_idle", 1)`).
    """

    rules: int
    tier: int | None
    eligible: int
    excluded: Mapping[str, int]
    chosen_by: tuple[tuple[str, int], ...] = ()
    waited_seconds: float = 0.0
    why: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trace) and all(getattr(self, name) == getattr(other, name) for name in _TRACE_FIELDS)

    def __hash__(self) -> int:
        return hash((self.rules, self.tier, self.waited_seconds))


_TRACE_FIELDS: Final = ("rules", "tier", "eligible", "excluded", "chosen_by", "waited_seconds", "why")


class Estimate(Struct, frozen=True, kw_only=True, gc=False):
    """How long an inquiry will probably wait from now, in seconds: the middle, and the range that should hold it four times of five."""

    low: float
    likely: float
    high: float


class Queued(Struct, frozen=True, kw_only=True, gc=False):
    """Nobody can take it now; it waits. `next_opening` is set (UTC) where everybody who ever could is closed, `estimate` where enough
    is known to give one, `held_for` and `held_until` while it waits for the agent its customer knows."""

    inquiry: InquiryId
    trace: Trace
    all_closed: bool = False
    next_opening: datetime | None = None
    estimate: Estimate | None = None
    held_for: AgentId | None = None
    held_until: datetime | None = None


class Offered(Struct, frozen=True, kw_only=True, gc=False):
    offer: OfferId
    inquiry: InquiryId
    agent: AgentId
    pool: PoolId
    contract: ContractId
    weight: int
    until: datetime
    trace: Trace


class Withdrawn(Struct, frozen=True, kw_only=True, gc=False):
    """A live offer is over without an assignment: lapsed, declined, agent_lost, agent_away, demand_corrected, customer_left, rules_changed, …"""

    offer: OfferId
    inquiry: InquiryId
    agent: AgentId
    because: str


class Assigned(Struct, frozen=True, kw_only=True, gc=False):
    offer: OfferId
    inquiry: InquiryId
    agent: AgentId
    pool: PoolId
    contract: ContractId
    weight: int


class Refused(Struct, frozen=True, kw_only=True, gc=False):
    """An agent's wish cannot be granted (offer_lapsed, certification_expired, …); nothing else changed because of the wish itself."""

    agent: AgentId
    code: str
    offer: OfferId | None = None
    inquiry: InquiryId | None = None


class Released(Struct, frozen=True, kw_only=True, gc=False):
    """An assignment is over and its seats are free: wrapped_up, wrap_up_timeout, transferred, agent_lost, customer_left."""

    inquiry: InquiryId
    agent: AgentId
    weight: int
    because: str
    requeued: bool = False


class WrapUpStarted(Struct, frozen=True, kw_only=True, gc=False):
    inquiry: InquiryId
    agent: AgentId
    until: datetime


class WrapUpEnded(Struct, frozen=True, kw_only=True, gc=False):
    """`disposition` is `timeout` where nobody chose one in time."""

    inquiry: InquiryId
    agent: AgentId
    disposition: str


class AvailabilityChanged(Struct, frozen=True, kw_only=True, gc=False):
    agent: AgentId
    availability: Availability
    reason: str | None = None


class Closed(Struct, frozen=True, kw_only=True, gc=False):
    """The inquiry asks nothing any more: handled, customer_left, …"""

    inquiry: InquiryId
    because: str


class Flagged(Struct, frozen=True, kw_only=True, gc=False):
    """A person should look: nobody_qualified, no_opening, declined_by_all."""

    inquiry: InquiryId
    because: str


Decision = (
    Queued
    | Offered
    | Withdrawn
    | Assigned
    | Refused
    | Released
    | WrapUpStarted
    | WrapUpEnded
    | AvailabilityChanged
    | Closed
    | Flagged
)

DECISION_NAMES: Final[Mapping[str, type[Decision]]] = {
    "queued": Queued,
    "offered": Offered,
    "withdrawn": Withdrawn,
    "assigned": Assigned,
    "refused": Refused,
    "released": Released,
    "wrap_up_started": WrapUpStarted,
    "wrap_up_ended": WrapUpEnded,
    "availability_changed": AvailabilityChanged,
    "closed": Closed,
    "flagged": Flagged,
}
"""The names under which the journal keeps them; a name never changes its meaning."""
