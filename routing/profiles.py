"""The plan, made ready for a decision.

Agents who are alike to every rule share a *profile*; demands that ask the same share a *class*. What can be known before anybody waits is
worked out once, when a class is first met: which profiles may ever take it, under which contracts, in which order of preference (a *course*
each). What is left for the moment of a decision is a walk along the courses: open, dated right, somebody in line? Hours flip a profile, not
its agents, so ten thousand people starting work at nine is one change.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from operator import itemgetter
from typing import Final

from routing.eligibility import Match, Term, match, permanent_reasons, terms
from routing.hours import HORIZON, Calendar, calendar, day_start
from routing.model import Agent, AgentId, Channel, ContractId, Demand, Hours, InquiryId, Plan, PoolId
from routing.reasons import Reason

SECOND: Final = 1_000_000
"""Inside, time is whole microseconds since 1970: exact, fast to compare, and the same after a restore."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Turn = tuple[int, int, AgentId]
"""An agent's place in line: how many inquiries in hand, idle since when, id."""

Ticket = tuple[int, int, InquiryId]
"""An inquiry's place in a queue: its key (arrival less head start), its arrival, its id."""


def micros(at: datetime) -> int:
    """An aware instant as microseconds."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Microseconds as an aware instant."""
    return _EPOCH + at * _MICROSECOND


def span(seconds: float) -> int:
    """Seconds as microseconds."""
    return round(seconds * SECOND)


@dataclass(slots=True, kw_only=True, eq=False)
class Profile:
    """Agents alike to every rule. `lines` hold those with room for one more inquiry of a channel, next one first;
    `present` counts the ready and connected, with room or without, `held_up` the others by what is against them."""

    pool: PoolId
    sample: Agent
    flexibility: int
    calendars: tuple[Calendar, ...]
    size: int = 0
    open: bool = False
    closed_by: Reason = Reason.POOL_CLOSED
    lines: dict[Channel, list[Turn]] = field(default_factory=lambda: {channel: [] for channel in Channel})
    present: int = 0
    held_up: dict[Reason, int] = field(default_factory=dict)
    courses: list[Course] = field(default_factory=list)

    def next_opening(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which pool and shift are both open."""
        until = at + HORIZON
        while at <= until:
            opening = max((c.next_opening(at) or _EPOCH for c in self.calendars if not c.is_open(at)), default=None)
            if opening is None:
                return at
            if opening <= at:
                return None
            at = opening
        return None

    def look_at_the_clock(self, at: datetime) -> None:
        """Open or closed from now, and by which of the two."""
        self.open = self.is_open(at)
        self.closed_by = Reason.OFF_SHIFT if self.calendars[0].is_open(at) else Reason.POOL_CLOSED

    def is_open(self, at: datetime) -> bool:
        """Are pool and shift open at this instant?"""
        return all(c.is_open(at) for c in self.calendars)


@dataclass(slots=True, kw_only=True, eq=False)
class Course:
    """One way in which a class may be served: this profile under this contract. `rank` orders courses, best first."""

    profile: Profile
    demand: DemandClass
    contract: ContractId
    tier: int
    after: int
    since: int
    until: int
    rank: tuple[int, int, int, int, int]
    expires: Reason = Reason.CONTRACT_NOT_VALID

    def waits(self, age: int, first_tier: int) -> bool:
        """Is it still the turn of a lower tier that is open?"""
        return self.after > age and self.tier > first_tier

    def holds(self, now: int) -> bool:
        """Is the profile at work, and do contract and certification allow it now?"""
        return self.profile.open and self.since <= now < self.until


@dataclass(slots=True, kw_only=True, eq=False)
class DemandClass:
    """Inquiries that ask the same. `courses` are in the order of rank, `steps` the ages at which more of them join; `never` counts the
    agents who never may, by the first rule against them."""

    demand: Demand
    channel: Channel
    weight: int
    head_start: int
    courses: tuple[Course, ...] = ()
    served_by: dict[Profile, tuple[Course, ...]] = field(default_factory=dict)
    steps: tuple[int, ...] = ()
    never: Counter[str] = field(default_factory=Counter)
    queue: list[Ticket] = field(default_factory=list)
    opening: int | None = None

    def join(self, ticket: Ticket) -> None:
        """Take the place the key gives."""
        insort(self.queue, ticket)

    def leave(self, ticket: Ticket) -> None:
        """Give the place up."""
        at = bisect_left(self.queue, ticket)
        assert self.queue[at] == ticket
        del self.queue[at]

    def first_tier(self) -> int:
        """The lowest tier that is open by its hours; it never waits for an overflow."""
        return next((course.tier for course in self.courses if course.profile.open), 0)

    def staffed(self) -> bool:
        """Is anybody in line anywhere who may ever take it?"""
        return any(profile.open and profile.lines[self.channel] for profile in self.served_by)

    def next_opening(self, now: int) -> int | None:
        """When somebody who may take it is next at work; remembered until that moment."""
        if self.opening is None or self.opening <= now:
            self.opening = self.look_ahead(now)
        return self.opening

    def look_ahead(self, now: int) -> int | None:
        """The first instant from `now` on at which somebody who may take it is at work."""
        openings = []
        for course in self.courses:
            opens = course.profile.next_opening(moment(max(now, course.since))) if course.until > now else None
            if opens is not None and micros(opens) < course.until:
                openings.append(micros(opens))
        return min(openings, default=None)


class Index:
    """One plan, collapsed. Profiles at once, demand classes as they are met."""

    __slots__ = ("_classes", "_profile_of", "calendars", "plan", "profiles")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._profile_of: dict[AgentId, Profile] = {}
        self.profiles = self._collapse()
        self.calendars: dict[Calendar, list[Profile]] = {}
        for profile in self.profiles:
            for hours in profile.calendars:
                self.calendars.setdefault(hours, []).append(profile)
        self._classes: dict[object, DemandClass] = {}

    def profile_of(self, agent: AgentId) -> Profile | None:
        """The agent's profile; None where the plan does not know the agent."""
        return self._profile_of.get(agent)

    def classes(self) -> Iterable[DemandClass]:
        """Every class met so far."""
        return self._classes.values()

    def class_of(self, demand: Demand) -> DemandClass:
        """The class of a demand, compiled when it is first met. Whom it is addressed to is no part of it: see `Engine`."""
        key = _demand_key(demand)
        known = self._classes.get(key)
        if known is None:
            known = self._classes[key] = self._compile(replace(demand, agent=None))
            for course in known.courses:
                course.profile.courses.append(course)
        return known

    def sketch(self, demand: Demand) -> DemandClass:
        """The class of a demand that nobody has yet: asked about, but not kept."""
        return self._classes.get(_demand_key(demand)) or self._compile(replace(demand, agent=None))

    def contract_starts(self, after: int) -> list[int]:
        """The instants, still to come, at which a contract begins."""
        starts = {micros(term_from) for term_from in _starts(self.plan)}
        return sorted(start for start in starts if start > after)

    def _collapse(self) -> list[Profile]:
        found: dict[object, Profile] = {}
        for agent in sorted(self.plan.agents.values(), key=lambda a: a.id):
            key = _profile_key(agent)
            profile = found.get(key) or found.setdefault(key, self._profile(agent))
            profile.size += 1
            self._profile_of[agent.id] = profile
        return list(found.values())

    def _profile(self, agent: Agent) -> Profile:
        hours = [self.plan.pools[agent.pool].hours, *([agent.shift] if agent.shift else [])]
        return Profile(
            pool=agent.pool, sample=agent, flexibility=_flexibility(self.plan, agent), calendars=tuple(calendar(h) for h in hours)
        )

    def _compile(self, demand: Demand) -> DemandClass:
        kind = self.plan.kinds.get(demand.kind)
        priority = demand.priority if demand.priority is not None else kind.priority if kind else 0
        policy = self.plan.policy
        compiled = DemandClass(
            demand=demand,
            channel=demand.channel,
            weight=policy.weights.get(demand.channel, 1),
            head_start=span(priority * policy.priority_step_seconds),
        )
        courses = [course for profile in self.profiles for course in self._courses(profile, compiled)]
        compiled.courses = tuple(sorted(courses, key=lambda course: course.rank))
        compiled.steps = tuple(sorted({course.after for course in courses if course.after > 0}))
        for course in compiled.courses:
            compiled.served_by[course.profile] = (*compiled.served_by.get(course.profile, ()), course)
        return compiled

    def _courses(self, profile: Profile, compiled: DemandClass) -> Iterator[Course]:
        demand, agent = compiled.demand, profile.sample
        against = next(permanent_reasons(self.plan, agent, demand), None)
        if against is not None:
            compiled.never[against.value] += profile.size
            return
        met = match(agent, demand, self.plan.brands[demand.brand])
        assert met is not None
        for term in terms(self.plan, agent, demand):
            yield _course(profile, compiled, term, met)


def merged(classes: Iterable[DemandClass]) -> Iterator[tuple[Ticket, DemandClass]]:
    """The waiting of several classes, in the order in which they are to be served; the queues may change meanwhile."""
    return heapq.merge(*(zip(tuple(one.queue), repeat(one), strict=False) for one in classes), key=itemgetter(0))


def _course(profile: Profile, compiled: DemandClass, term: Term, met: Match) -> Course:
    narrowed = compiled.demand.pool is not None
    return Course(
        profile=profile,
        demand=compiled,
        contract=term.contract,
        tier=term.tier,
        after=0 if narrowed else span(term.overflow_after_seconds),
        since=micros(term.valid_from),
        until=micros(min(term.valid_until, term.certified_until)),
        expires=Reason.CERTIFICATION_EXPIRED if term.certified_until < term.valid_until else Reason.CONTRACT_NOT_VALID,
        rank=(term.tier, -met.spoken, profile.flexibility, met.above, met.distance),
    )


def _flexibility(plan: Plan, agent: Agent) -> int:
    """How much else an agent could do: brands times languages, and skills. Who can do least is asked first, to keep the others free."""
    brands = sum(1 for brand in plan.brands.values() if not brand.certification_required or brand.id in agent.certifications)
    return brands * len(agent.languages) + len(agent.skills)


def _starts(plan: Plan) -> Iterator[datetime]:
    return (day_start(contract.valid_from, contract.zone) for contract in plan.contracts.values() if contract.valid_from)


def _profile_key(agent: Agent) -> object:
    return (
        agent.pool,
        frozenset(agent.languages.items()),
        frozenset(agent.skills.items()),
        frozenset(agent.certifications.items()),
        agent.personas,
        _hours_key(agent.shift),
    )


def _hours_key(hours: Hours | None) -> object:
    return hours and (hours.zone, hours.weekly, hours.holidays, frozenset(hours.overrides.items()))


def _demand_key(demand: Demand) -> object:
    return (
        demand.brand,
        demand.channel,
        demand.kind,
        demand.languages,
        demand.floor,
        frozenset(demand.skills.items()),
        demand.priority,
        demand.pool,
    )
