"""Why an inquiry stands where it stands, now: everybody who could take it, why the others cannot, and what will change that.

Values for screens and for `contact-hub explain`; sentences are made of them by the catalogues (`routing.reason.<code>`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.model import AgentId, BrandId, ContractId, Demand, InquiryId, PoolId
from routing.reasons import Reason


class Changes(StrEnum):
    """What will come and may change the answer."""

    OFFER_ENDS = "offer_ends"
    OVERFLOW = "overflow"
    COOL_DOWN_ENDS = "cool_down_ends"
    OPENING = "opening"
    WRAP_UP_ENDS = "wrap_up_ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One agent: may take it now (no reasons), or every reason why not. `contract` is the one it would be taken under."""

    agent: AgentId
    pool: PoolId
    reasons: tuple[Reason, ...]
    contract: ContractId | None = None
    tier: int | None = None

    @property
    def eligible(self) -> bool:
        """May take it now?"""
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """At `at` the answer may change, because of an agent's or a tier's turn."""

    what: Changes
    at: datetime
    agent: AgentId | None = None
    tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole answer. `ahead` counts the waiting that compete for the same agents; None where it does not wait."""

    inquiry: InquiryId
    stage: str
    demand: Demand
    rules: int
    waited_seconds: float
    agent: AgentId | None
    ahead: int | None
    all_closed: bool
    flags: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of the queue view: waiting, or ringing at somebody's desk (`offered_to`)."""

    inquiry: InquiryId
    conversation: str
    brand: BrandId
    demand: Demand
    arrived: datetime
    offered_to: AgentId | None = None
    all_closed: bool = False
    flags: tuple[str, ...] = ()
