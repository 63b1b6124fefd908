"""How much mail one sender may cause, when a refused mail is tried again, and through which states an outgoing one goes.

Pure: counters are values, given the present moment and returning their successor. The guards here are the last against loops, for a robot that hides itself
can only be recognised by how often it speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

ANSWER_PAUSE: Final = timedelta(hours=24)
"""At most one automatic answer a brand and sender in this time."""
BREAKER_WINDOW: Final = timedelta(minutes=120)
BREAKER_MAILS: Final = 20
"""So many mails of one sender in the window stop everything automatic for them."""
SENDERS_MAX: Final = 100_000
RETRY_PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""Pauses after the first, second … temporary refusal; the last one repeats."""
RETRY_FOR: Final = timedelta(hours=48)
"""How long a mail that is refused temporarily is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimit:
    """When each sender last got an automatic answer of each brand."""

    answered: Mapping[tuple[str, str], datetime] = field(default_factory=lambda: MappingProxyType({}))

    def allows(self, brand: str, sender: str, now: datetime) -> bool:
        """Whether a robot may write to this sender now."""
        last = self.answered.get((brand, sender.lower()))
        return last is None or now - last >= ANSWER_PAUSE

    def after(self, brand: str, sender: str, now: datetime) -> AnswerLimit:
        """The counter once an answer was written; what no longer counts is forgotten."""
        assert self.allows(brand, sender, now), "one automatic answer a day"
        kept = {who: when for who, when in self.answered.items() if now - when < ANSWER_PAUSE}
        return AnswerLimit(answered=MappingProxyType({**kept, (brand, sender.lower()): now}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """When one sender's latest mails to one brand came, oldest first."""

    times: tuple[datetime, ...] = ()

    def after(self, now: datetime) -> Arrivals:
        """With one mail more. No more are kept than the breaker counts."""
        recent = tuple(time for time in self.times if now - time < BREAKER_WINDOW)
        return Arrivals(times=(*recent, now)[-BREAKER_MAILS:])

    def tripped(self, now: datetime) -> bool:
        """Whether so much came that only a loop explains it: nothing automatic for this sender, and an alert."""
        return sum(now - time < BREAKER_WINDOW for time in self.times) >= BREAKER_MAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The arrivals of all senders, for one process that wants to count without a store."""

    arrivals: Mapping[tuple[str, str], Arrivals] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, brand: str, sender: str, now: datetime) -> Breaker:
        """With one mail more; senders who fell silent are forgotten, and the longest silent one where there are too many."""
        who = (brand, sender.lower())
        heard = {**self.arrivals, who: self.arrivals.get(who, Arrivals()).after(now)}
        if len(heard) > SENDERS_MAX:
            heard = {one: times for one, times in heard.items() if now - times.times[-1] < BREAKER_WINDOW}
        while len(heard) > SENDERS_MAX:
            heard.pop(min(heard, key=lambda one: heard[one].times[-1]))
        return Breaker(arrivals=MappingProxyType(heard))

    def tripped(self, brand: str, sender: str, now: datetime) -> bool:
        """Whether this sender writes so often that only a loop explains it."""
        return self.arrivals.get((brand, sender.lower()), Arrivals()).tripped(now)


def next_try(*, first_try: datetime, refusals: int, now: datetime) -> datetime | None:
    """When a mail that was refused temporarily (4xx) for the `refusals`-th time is tried again; None once its 48 hours are over.

    The last try is made at the end of the 48 hours, not given up a pause before.
    """
    assert refusals >= 1, "only a refused mail is tried again"
    last = first_try + RETRY_FOR
    if now >= last:
        return None
    return min(now + RETRY_PAUSES[min(refusals, len(RETRY_PAUSES)) - 1], last)


class OutboxState(StrEnum):
    """Where an outgoing mail to one recipient stands."""

    QUEUED = "queued"
    LEASED = "leased"
    """A worker has it and has told the server nothing that could deliver it."""
    DATA_STARTED = "data_started"
    """Journalled before DATA: from here on nobody can know whether it was delivered unless the server said so."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """The worker or the connection was lost after DATA: looked up, or decided by a person, never simply sent again."""
    DEFERRED = "deferred"
    FAILED = "failed"
    BOUNCED = "bounced"


class IllegalTransition(ValueError):
    """A step that would risk sending a mail twice, or forgetting one."""

    def __init__(self, before: OutboxState, after: OutboxState) -> None:
        super().__init__(f"an outgoing mail cannot go from {before} to {after}")
        self.before = before
        self.after = after


_S = OutboxState
TRANSITIONS: Final[Mapping[OutboxState, frozenset[OutboxState]]] = MappingProxyType(
    {
        _S.QUEUED: frozenset({_S.LEASED, _S.FAILED}),
        _S.LEASED: frozenset({_S.QUEUED, _S.DATA_STARTED, _S.DEFERRED, _S.FAILED}),
        _S.DATA_STARTED: frozenset({_S.SENT, _S.UNKNOWN, _S.DEFERRED, _S.FAILED}),
        _S.SENT: frozenset({_S.BOUNCED}),
        _S.UNKNOWN: frozenset({_S.SENT, _S.BOUNCED, _S.FAILED, _S.QUEUED}),
        _S.DEFERRED: frozenset({_S.LEASED, _S.QUEUED, _S.FAILED}),
        _S.FAILED: frozenset({_S.QUEUED}),
        _S.BOUNCED: frozenset(),
    }
)
"""Every legal step. From `unknown` and `failed` back to `queued` only a person decides; a lost lease goes back only from `leased`."""
BY_A_PERSON: Final = frozenset({(_S.UNKNOWN, _S.QUEUED), (_S.FAILED, _S.QUEUED)})
"""Steps no program may take by itself."""


def advance(before: OutboxState, after: OutboxState, *, by_person: bool = False) -> OutboxState:
    """The state after a step; raises `IllegalTransition` where there is no such step or a person would have to decide it."""
    if after not in TRANSITIONS[before] or ((before, after) in BY_A_PERSON and not by_person):
        raise IllegalTransition(before, after)
    return after


def lost_worker(state: OutboxState) -> OutboxState:
    """Where a mail stands whose worker died: what was only leased is queued again, what may have been delivered is unknown."""
    match state:
        case OutboxState.LEASED:
            return advance(state, OutboxState.QUEUED)
        case OutboxState.DATA_STARTED:
            return advance(state, OutboxState.UNKNOWN)
        case _:
            return state
