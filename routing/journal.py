"""The journal: what happened on the floor and what was decided, in order. Reports, replay and explanations read nothing else.

Two kinds of record. A `Step` is one event with the decisions the engine drew from it, under one version of the rules. A *fact* is
something routing did not decide but measures need: who wrote when, how a customer rated, what language was settled. Both are kept for ever
under stable names, so the codec below (`to_json`, `from_json`) only ever grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from routing.decisions import Decision
from routing.events import Event
from routing.model import AgentId, BrandId, Channel, ClientId, InquiryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event and what followed from it."""

    event: Event
    decisions: tuple[Decision, ...]
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpened:
    """The circumstances of an inquiry that reports group by. `customer` is an opaque id, never a name."""

    inquiry: InquiryId
    conversation: str
    client: ClientId
    brand: BrandId
    channel: Channel
    kind: str
    customer: str
    language: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted:
    """Somebody wrote a public message; `brand` are automatic texts."""

    conversation: str
    inquiry: InquiryId | None
    speaker: Literal["customer", "agent", "brand"]
    position: int
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSettled:
    """`by`: text, customer_choice, agent_correction, supervisor_correction."""

    conversation: str
    inquiry: InquiryId | None
    tag: str | None
    confidence: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRated:
    conversation: str
    inquiry: InquiryId
    score: int
    comment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded:
    """`by`: customer, agent, idle."""

    conversation: str
    inquiry: InquiryId | None
    by: str


Fact = InquiryOpened | MessagePosted | LanguageSettled | ConversationRated | ConversationEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal; `seq` orders lines of one workspace, `epoch` is the lease under which a step was written (0 for facts)."""

    seq: int
    at: datetime
    epoch: int
    body: Step | Fact
