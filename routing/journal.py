"""The journal: what happened on the floor and what was decided, in order. Reports, replay and explanations read nothing else.

Two kinds of record. A `Step` is one event with the decisions the engine drew from it, under one version of the rules. A *fact* is
something routing did not decide but measures need: who wrote when, how a customer rated, what language was settled. Both are kept for ever
under stable names, so the codec below (`to_json`, `from_json`) only ever grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from routing.codec import Unreadable, canonical, dump, load
from routing.decisions import DECISION_NAMES, Decision
from routing.events import EVENT_NAMES, Event, PlanChanged
from routing.model import AgentId, BrandId, Channel, ClientId, InquiryId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersionChanged:
    """How the journal keeps `PlanChanged`: by the version alone. A replay fetches the plan of that version from the workspace's versions."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event and what followed from it."""

    event: Event | PlanVersionChanged
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


FACT_NAMES: Final[Mapping[str, type[Fact]]] = {
    "inquiry_opened": InquiryOpened,
    "message_posted": MessagePosted,
    "language_settled": LanguageSettled,
    "conversation_rated": ConversationRated,
    "conversation_ended": ConversationEnded,
}

T = TypeVar("T")

_PLAN_CHANGED: Final = "plan_changed"
_EVENTS: Final[Mapping[str, type[Event | PlanVersionChanged]]] = {**EVENT_NAMES, _PLAN_CHANGED: PlanVersionChanged}
_NAME_OF: Final[Mapping[type, str]] = {
    kind: name for names in (_EVENTS, DECISION_NAMES, FACT_NAMES) for name, kind in names.items()
}


def to_json(body: Step | Fact) -> dict[str, Any]:
    """The plain form under which a record is kept. `is` names its kind, a step's is `step`."""
    if not isinstance(body, Step):
        return _named(body)
    event = PlanVersionChanged(version=body.event.plan.version) if isinstance(body.event, PlanChanged) else body.event
    return {
        "is": "step",
        "rules": body.rules,
        "event": _named(event),
        "decisions": [_named(decision) for decision in body.decisions],
    }


def from_json(plain: Mapping[str, Any]) -> Step | Fact:
    """A record from its plain form. Raises `Unreadable` for what this codec never wrote."""
    if not isinstance(plain, Mapping) or "is" not in plain:
        raise Unreadable(f"{plain!r} is not a record")
    if plain["is"] != "step":
        return _value(FACT_NAMES, plain)
    try:
        event, decisions, rules = plain["event"], plain["decisions"], plain["rules"]
    except KeyError as error:
        raise Unreadable(f"a step without {error}") from error
    return Step(
        event=_value(_EVENTS, event), decisions=tuple(_value(DECISION_NAMES, decision) for decision in decisions), rules=rules
    )


def dumps(body: Step | Fact) -> bytes:
    """The canonical bytes of a record: the same events under the same rules give the same bytes."""
    return canonical(to_json(body))


def _named(value: object) -> dict[str, Any]:
    return {"is": _NAME_OF[type(value)], **dump(value)}


def _value(names: Mapping[str, type[T]], plain: Mapping[str, Any]) -> T:
    kind = names.get(plain.get("is", ""))
    if kind is None:
        raise Unreadable(f"{plain.get('is')!r} is no kind of record")
    return load(kind, plain)


def event_to_json(event: Event | PlanVersionChanged) -> dict[str, Any]:
    """An event on its own, as it waits for the owner."""
    return _named(event)


def event_from_json(plain: Mapping[str, Any]) -> Event | PlanVersionChanged:
    """Back from `event_to_json`. Raises `Unreadable`."""
    return _value(_EVENTS, plain)
