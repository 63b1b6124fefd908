"""The same figures, worked out by somebody who never saw our code: straight from the entries, with lists and loops, one definition at a time.

Slow and simple on purpose. It knows the words of the journal and QUALITY.md and shares nothing with `routing.measures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean

from routing.decisions import Assigned, AvailabilityChanged, Offered, Released, Withdrawn, WrapUpEnded
from routing.events import HandlingEnded, InquiryArrived, InquiryLeft
from routing.journal import ConversationEnded, ConversationRated, Entry, InquiryOpened, LanguageSettled, MessagePosted, Step
from routing.model import Availability
from tests.quality.floors import SPEAKS


@dataclass
class Told:
    """What is said about one inquiry, as loose lists."""

    opened: datetime
    brand: str
    customer: str
    kind: str
    language: str | None
    asked: str | None = None
    queued: datetime | None = None
    accepts: list[tuple[datetime, str]] = field(default_factory=list)
    left: datetime | None = None
    messages: list[tuple[datetime, str]] = field(default_factory=list)
    work: list[tuple[datetime, str, datetime | None, str]] = field(default_factory=list)
    ended: datetime | None = None
    offers: dict[str, str] = field(default_factory=dict)
    score: int | None = None
    corrected: bool = False


def tell(entries: Iterable[Entry]) -> dict[str, Told]:
    """By inquiry."""
    told: dict[str, Told] = {}
    for entry in entries:
        body, at = entry.body, entry.at
        if isinstance(body, InquiryOpened):
            told[body.inquiry] = Told(opened=at, brand=body.brand, customer=body.customer, kind=body.kind, language=body.language)
        elif isinstance(body, MessagePosted) and body.inquiry:
            told[body.inquiry].messages.append((at, body.speaker))
        elif isinstance(body, LanguageSettled) and body.inquiry:
            told[body.inquiry].language = body.tag
            told[body.inquiry].corrected = True
        elif isinstance(body, ConversationRated):
            told[body.inquiry].score = body.score
        elif isinstance(body, ConversationEnded) and body.inquiry:
            told[body.inquiry].ended = at
        elif isinstance(body, Step):
            if isinstance(body.event, InquiryArrived):
                told[body.event.inquiry].queued = at
                told[body.event.inquiry].asked = next(iter(body.event.demand.languages), None)
            if isinstance(body.event, InquiryLeft):
                told[body.event.inquiry].left = at
            if isinstance(body.event, HandlingEnded):
                told[body.event.inquiry].ended = told[body.event.inquiry].ended or at
            for decision in body.decisions:
                if isinstance(decision, Offered):
                    told[decision.inquiry].offers[decision.offer] = "live"
                elif isinstance(decision, Withdrawn):
                    told[decision.inquiry].offers[decision.offer] = decision.because
                elif isinstance(decision, Assigned):
                    told[decision.inquiry].offers[decision.offer] = "accepted"
                    told[decision.inquiry].accepts.append((at, decision.agent))
                    told[decision.inquiry].work.append((at, decision.agent, None, ""))
                elif isinstance(decision, Released):
                    since, agent, _, _ = told[decision.inquiry].work.pop()
                    told[decision.inquiry].work.append((since, agent, at, decision.because))
                elif isinstance(decision, WrapUpEnded):
                    assert told[decision.inquiry].ended is not None
    return told


def shares(
    entries: list[Entry], answer_seconds: int = 60, short_seconds: int = 10, follow_up_days: int = 7
) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of the shares; counts have themselves for both."""
    told = [one for one in tell(entries).values() if one.queued]
    as_of = max(entry.at for entry in entries)
    answered = [one for one in told if one.accepts]
    abandoned = [one for one in told if not one.accepts and one.left]
    short = [one for one in abandoned if one.left - one.queued < timedelta(seconds=short_seconds)]  # type: ignore[operator]
    quick = [one for one in answered if one.accepts[0][0] - one.queued <= timedelta(seconds=answer_seconds)]  # type: ignore[operator]
    handled = [one for one in answered if all(until for _, _, until, _ in one.work)]
    ended = [one for one in answered if one.ended]
    window = timedelta(days=follow_up_days)
    settled = [one for one in ended if one.ended and one.ended + window <= as_of]
    back = [
        one
        for one in settled
        if any(
            (other.customer, other.kind, other.brand) == (one.customer, one.kind, one.brand)
            and one.ended is not None
            and _later(told, other, one)
            and other.opened - one.ended <= window
            for other in told
        )
    ]
    offers = [outcome for one in told for outcome in one.offers.values() if outcome != "live"]
    present = [outcome for outcome in offers if outcome != "customer_left"]
    rated = [one for one in ended if one.score is not None]
    spoken = [(one, SPEAKS[one.accepts[0][1]].get(one.asked, 0)) for one in answered if one.asked]
    known = [one for one in told if one.language]
    return {
        "offered": (len(told), len(told)),
        "answered": (len(answered), len(answered)),
        "abandoned": (len(abandoned), len(abandoned)),
        "abandoned_short": (len(short), len(short)),
        "waiting": (len(told) - len(answered) - len(abandoned),) * 2,
        "answer_rate": (len(answered), len(told)),
        "abandon_rate": (len(abandoned) - len(short), len(told)),
        "service_level": (len(quick), len(answered) + len(abandoned) - len(short)),
        "transfer_rate": (sum(any(why == "transferred" for *_, why in one.work) for one in handled), len(handled)),
        "agent_lost": (sum(any(why == "agent_lost" for *_, why in one.work) for one in answered), len(answered)),
        "missed_offers": (offers.count("lapsed"), len(offers)),
        "missed_offers_present": (present.count("lapsed"), len(present)),
        "csat": (sum((one.score or 0) >= 4 for one in rated), len(rated)),
        "csat_response": (len(rated), len(ended)),
        "fcr": (len(settled) - len(back), len(settled)),
        "language_match": (sum(level >= 4 for _, level in spoken), len(spoken)),
        "language_corrected": (sum(one.corrected for one in known), len(known)),
    }


def _later(told: list[Told], other: Told, one: Told) -> bool:
    """Opened after the end; at the very instant of the end the journal's order decides, and then the other was told of later."""
    assert one.ended is not None
    return other.opened > one.ended or (other.opened == one.ended and told.index(other) > told.index(one))


def times(entries: list[Entry]) -> dict[str, list[float]]:
    """The values behind the times, in seconds, sorted."""
    told = [one for one in tell(entries).values() if one.queued]
    waits = [(one.accepts[0][0] - one.queued).total_seconds() for one in told if one.accepts and one.queued]
    handling = [
        sum((until - since).total_seconds() for since, _, until, _ in one.work if until)
        for one in told
        if one.work and all(until for _, _, until, _ in one.work)
    ]
    first, later = [], []
    for one in told:
        pending: datetime | None = None
        replies = 0
        for at, speaker in one.messages:
            if speaker == "customer" and pending is None:
                pending = at
            elif speaker == "agent":
                start = pending or (one.opened if replies == 0 else None)
                if start:
                    (later if replies else first).append((at - start).total_seconds())
                    replies += 1
                pending = None
    return {"wait": sorted(waits), "handle": sorted(handling), "first_response": sorted(first), "next_response": sorted(later)}


def means(entries: list[Entry]) -> dict[str, float | None]:
    """Their means."""
    return {name: fmean(values) if values else None for name, values in times(entries).items()}


def occupancy(entries: list[Entry]) -> float | None:
    """Second by second: who works, who waits for work."""
    first, last = min(entry.at for entry in entries), max(entry.at for entry in entries)
    busy = idle = 0.0
    for agent in SPEAKS:
        changes = _changes(entries, lambda decision, agent=agent: getattr(decision, "agent", None) == agent)
        ready, hands, before = False, 0, first
        for at, kind in [*changes, (last, "")]:
            lasted = (at - before).total_seconds()
            busy += lasted if hands else 0
            idle += lasted if ready and not hands else 0
            before = at
            ready = kind == "ready" if kind in ("ready", "not_ready") else ready
            hands += {"take": 1, "free": -1}.get(kind, 0)
    return round(busy / (busy + idle), 4) if busy + idle else None


def _changes(entries: list[Entry], mine: Callable[[object], bool]) -> list[tuple[datetime, str]]:
    found = []
    for entry in entries:
        for decision in entry.body.decisions if isinstance(entry.body, Step) else ():
            if isinstance(decision, AvailabilityChanged) and mine(decision):
                found.append((entry.at, "ready" if decision.availability is Availability.READY else "not_ready"))
            elif isinstance(decision, Assigned) and mine(decision):
                found.append((entry.at, "take"))
            elif isinstance(decision, Released) and mine(decision):
                found.append((entry.at, "free"))
    return found
