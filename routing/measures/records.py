"""What the journal says about one inquiry and about one agent, gathered in one place.

Records hold what happened and nothing that is computed: no rate, no group, no period. Times are whole milliseconds since 1970 (UTC), so
that sums are exact and two ways of adding up agree to the last digit. Only `Fold` writes them; for everybody else they are to be read.
They are not frozen, unlike other values of ours: a fold over millions of entries that copied its records would not be done in time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

ACCEPTED = "accepted"


@dataclass(slots=True, kw_only=True)
class Offer:
    """One offer. `outcome` is `accepted`, why it was withdrawn, or None while it is live."""

    id: str
    pool: str
    agent: str
    at_ms: int
    outcome: str | None = None
    ended_ms: int | None = None


@dataclass(slots=True, kw_only=True)
class Leg:
    """One inquiry as it concerned one pool, however often it was offered there.

    The pool's clock runs from `since_ms`: when the inquiry was queued, plus the overflow time of the pool's contract, or from the
    transfer that named the pool; never later than the first offer. `command` and `floor` are levels of language at the accept.
    """

    pool: str
    contract: str | None
    since_ms: int
    accepted_ms: int | None = None
    agent: str | None = None
    command: int | None = None
    floor: int | None = None


@dataclass(slots=True, kw_only=True)
class Handling:
    """An agent's work on an inquiry, accept to release. `attention_ms` is its part of the agent's time when chats overlap."""

    agent: str
    pool: str
    from_ms: int
    active_until_ms: int | None = None
    until_ms: int | None = None
    attention_ms: int = 0
    because: str | None = None


@dataclass(slots=True, kw_only=True)
class Response:
    """A reply of a person to a turn of the customer, which began with the oldest message nobody had answered."""

    pool: str
    since_ms: int
    at_ms: int


@dataclass(slots=True, kw_only=True)
class InquiryRecord:
    """Everything the measures need to know about one inquiry. `customer` is an opaque id."""

    id: str
    conversation: str = ""
    client: str = ""
    brand: str = ""
    channel: str = ""
    kind: str = ""
    customer: str = ""
    opened_ms: int
    queued_ms: int | None = None
    waiting_since_ms: int = 0
    # language
    language_at_opening: str | None = None
    language: str | None = None
    language_at_accept: str | None = None
    confidence: float | None = None
    corrections: int = 0
    asked_languages: tuple[str, ...] = ()
    asked_floor: int | None = None
    # routing
    pool_asked: str = ""
    offers: list[Offer] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    handlings: list[Handling] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left_ms: int | None = None
    left_because: str | None = None
    # talk
    responses: list[Response] = field(default_factory=list)
    turn_ms: int | None = None
    # end
    ended_ms: int | None = None
    ended_by: str | None = None
    disposition: str | None = None
    score: int | None = None
    came_back_ms: int | None = None
    reopened_ms: int | None = None

    def leg(self, pool: str) -> Leg | None:
        """The leg of this pool, if the inquiry ever concerned it."""
        return next((leg for leg in self.legs if leg.pool == pool), None)

    def pools(self) -> tuple[str, ...]:
        """The pools it concerned, in order of first contact."""
        return tuple(leg.pool for leg in self.legs)

    @property
    def accepted_ms(self) -> int | None:
        """When the first person took it."""
        return min((leg.accepted_ms for leg in self.legs if leg.accepted_ms is not None), default=None)

    @property
    def in_hand(self) -> bool:
        """Whether somebody holds it now (or still wraps it up)."""
        return any(handling.until_ms is None for handling in self.handlings)

    @property
    def over(self) -> bool:
        """Whether nothing more is likely to happen to it."""
        return (self.ended_ms is not None or self.left_ms is not None) and not self.in_hand


HANDLING, IDLE, OFFLINE, AWAY = "handling", "idle", "offline", "away:"
"""What an agent does at an instant; away is followed by its reason. Handling (any inquiry in hand, wrap-up included) goes before the rest."""


@dataclass(slots=True, kw_only=True)
class AgentRecord:
    """A step function: from `marks[i]` on the agent is in `states[i]`, until the next mark."""

    id: str
    pool: str = ""
    marks: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    availability: str = OFFLINE
    in_hand: dict[str, float] = field(default_factory=dict)
    counted_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One inquiry as a set of pools saw it: the unit that reports count. None: it does not apply (or not yet)."""

    since_ms: int
    answer_ms: int | None
    abandon_ms: int | None
    waiting: bool
    first_response_ms: int | None
    first_response_span: tuple[int, int] | None
    next_responses_ms: tuple[int, ...]
    handled: bool
    handle_ms: int
    attention_ms: int
    wrap_up_ms: int
    transferred: bool
    lost: bool
    offers: tuple[str, ...]
    command_met: bool | None
    ended_ms: int | None
    score: int | None


def case(record: InquiryRecord, pools: Collection[str] | None = None) -> Case | None:
    """The inquiry as these pools saw it (None: as the customer saw it, all pools and the queue together).

    What happens once belongs to one pool: a reply to the pool of who wrote it, the end and the rating to the pool that worked last on
    it, leaving unanswered to the pool that was asked last. So pools never share a success or a failure; only *offered* may stand with several.
    """
    legs = record.legs if pools is None else [leg for leg in record.legs if leg.pool in pools]
    if record.queued_ms is None or (pools is not None and not legs):
        return None
    handlings = record.handlings if pools is None else [handling for handling in record.handlings if handling.pool in pools]
    since = record.queued_ms if pools is None else min(leg.since_ms for leg in legs)
    taken = min((leg for leg in legs if leg.accepted_ms is not None), key=lambda leg: leg.accepted_ms or 0, default=None)
    open_here = taken is None and (pools is None or record.pool_asked in pools)
    last = record.handlings[-1] if record.handlings else None
    finished = last is not None and (pools is None or last.pool in pools)
    first, later = _responses(record, pools)
    handled = bool(handlings) and all(handling.until_ms is not None for handling in handlings)
    done = handlings if handled else []
    return Case(
        since_ms=since,
        answer_ms=None if taken is None else _span(taken.since_ms if pools is not None else since, taken.accepted_ms),
        abandon_ms=_span(since, record.left_ms) if open_here and record.left_ms is not None else None,
        waiting=open_here and record.left_ms is None,
        first_response_ms=_span(*first) if first else None,
        first_response_span=first,
        next_responses_ms=later,
        handled=handled,
        handle_ms=sum(_span(one.from_ms, one.until_ms) for one in done),
        attention_ms=sum(one.attention_ms for one in done),
        wrap_up_ms=sum(_span(one.active_until_ms, one.until_ms) for one in done),
        transferred=any(pools is None or pool in pools for pool in record.transfers),
        lost=any(pools is None or pool in pools for pool in record.lost),
        offers=tuple(offer.outcome or "" for offer in record.offers if pools is None or offer.pool in pools),
        command_met=None if taken is None or taken.command is None else taken.command >= (taken.floor or 0),
        ended_ms=record.ended_ms if finished else None,
        score=record.score if finished and record.ended_ms is not None else None,
    )


def _responses(record: InquiryRecord, pools: Collection[str] | None) -> tuple[tuple[int, int] | None, tuple[int, ...]]:
    if not record.responses:
        return None, ()
    first, *later = record.responses
    return (
        (first.since_ms, first.at_ms) if pools is None or first.pool in pools else None,
        tuple(_span(one.since_ms, one.at_ms) for one in later if pools is None or one.pool in pools),
    )


def _span(since: int | None, until: int | None) -> int:
    """Milliseconds between; a clock that was set back makes them 0, never negative."""
    return 0 if since is None or until is None else max(0, until - since)
