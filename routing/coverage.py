"""Who could answer when: for every class of demand and every hour of the coming weeks, how many agents the hours alone would let work on it.

Presence, seats and caps are of the day and are left out; what stays are the promises of the file: contracts with their dates, certifications
with theirs, hours of pools and shifts of agents. Where nobody is left, the hour is *uncovered*, whoever signs in. The rules themselves are those
of `eligibility`, asked once for each kind of agent: agents who differ in nothing a brand asks for are one crew, and crews that work at the
same times are one entry of a roster. Counts hold between two instants, so a gap is exact to the second; hours are a way of looking at them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from routing.eligibility import permanent_reasons, skills_needed, terms
from routing.hours import HORIZON, Calendar, Interval, calendar, day_start, end_of
from routing.model import Agent, Brand, BrandId, Channel, Contract, Demand, Plan

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From this instant on, so many agents could be at work."""

    at: datetime
    agents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One class of demand over the whole time looked at; the first step stands at its beginning."""

    demand: Demand
    steps: tuple[Step, ...]
    until: datetime

    @property
    def gaps(self) -> tuple[Interval, ...]:
        """When nobody could serve it."""
        ends = [step.at for step in self.steps[1:]] + [self.until]
        return tuple((step.at, end) for step, end in zip(self.steps, ends, strict=True) if step.agents == 0)

    @property
    def first_gap(self) -> Interval | None:
        """The first of them; None: somebody always can."""
        return next(iter(self.gaps), None)

    def agents_at(self, at: datetime) -> int:
        """How many could be at work at this instant."""
        return self.steps[max(bisect_right(self.steps, at, key=lambda step: step.at) - 1, 0)].agents

    def by_hour(self) -> tuple[int, ...]:
        """For each hour the fewest at any instant of it: 0 where the hour has a gap, however short."""
        since = self.steps[0].at
        fewest: list[int | None] = [None] * _hours(self.until - since)
        ends = [step.at for step in self.steps[1:]] + [self.until]
        for step, end in zip(self.steps, ends, strict=True):
            for hour in range((step.at - since) // HOUR, _hours(end - since)):
                before = fewest[hour]
                fewest[hour] = step.agents if before is None else min(before, step.agents)
        return tuple(agents or 0 for agents in fewest)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMap:
    """All classes asked about, in the order in which they were."""

    since: datetime
    until: datetime
    covers: tuple[Cover, ...]

    @property
    def uncovered(self) -> tuple[Cover, ...]:
        """The classes that somebody should worry about."""
        return tuple(cover for cover in self.covers if cover.gaps)

    @property
    def first_gap(self) -> Interval | None:
        """The first time anything is uncovered."""
        return min((gap for cover in self.covers if (gap := cover.first_gap)), default=None)


def coverage(plan: Plan, since: datetime, weeks: int = 4, demands: Iterable[Demand] | None = None) -> CoverageMap:
    """From the hour of `since` for so many weeks; of every class under contract in that time, unless others are asked about."""
    since = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    until = since + weeks * WEEK
    rosters = _Rosters(plan, since, until)
    asked = classes(plan, since, until) if demands is None else demands
    covers = tuple(Cover(demand=demand, steps=rosters.steps(demand), until=until) for demand in asked)
    return CoverageMap(since=since, until=until, covers=covers)


def classes(plan: Plan, since: datetime, until: datetime) -> tuple[Demand, ...]:
    """Every brand × promised language × kind × channel that a contract valid at some time of it covers."""
    return tuple(
        Demand(brand=brand.id, channel=channel, kind=kind, languages=(language,))
        for brand in plan.brands.values()
        for kind, channel in sorted(_promised(plan, brand, since, until))
        for language in brand.languages
    )


def next_opening(plan: Plan, demand: Demand, at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """The first instant from `at` on at which somebody who may take this could be at work; None: not within the horizon."""
    steps = _Rosters(plan, at.astimezone(UTC), at.astimezone(UTC) + horizon).steps(demand)
    return next((step.at for step in steps if step.agents), None)


def _promised(plan: Plan, brand: Brand, since: datetime, until: datetime) -> set[tuple[str, Channel]]:
    return {
        (kind, channel)
        for contract in _of_brand(plan, brand)
        if _begins(contract) < until and since < _ends(contract)
        for kind in contract.kinds or plan.kinds
        for channel in contract.channels
    }


def _of_brand(plan: Plan, brand: Brand) -> Iterator[Contract]:
    for contract in plan.contracts.values():
        if contract.client == brand.client and (not contract.brands or brand.id in contract.brands):
            yield contract


def _begins(contract: Contract) -> datetime:
    return day_start(contract.valid_from, contract.zone) if contract.valid_from else datetime.min.replace(tzinfo=UTC)


def _ends(contract: Contract) -> datetime:
    return end_of(contract.valid_to or date.max, contract.zone)


def _hours(time: timedelta) -> int:
    return -(-time // HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crew:
    """Agents of whom a brand asks and gets the same: one stands for all."""

    one: Agent
    size: int


_Times = tuple[Calendar, Calendar | None, tuple[Interval, ...]]
"""When a crew can work on something: pool open, shift on, and one of these spans of dates."""


class _Rosters:
    """Counts of agents by time, each question answered once: crews by brand, working times by calendars, steps by what they are made of."""

    def __init__(self, plan: Plan, since: datetime, until: datetime) -> None:
        self._plan, self._since, self._until = plan, since, until
        self._alike = _alike(plan.agents.values())
        self._crews: dict[BrandId, tuple[Plan, list[_Crew]]] = {}
        self._times: dict[_Times, tuple[Interval, ...]] = {}
        self._open: dict[Calendar, tuple[Interval, ...]] = {}
        self._asked: dict[Hashable, tuple[Step, ...]] = {}
        self._steps: dict[Hashable, tuple[Step, ...]] = {}

    def steps(self, demand: Demand) -> tuple[Step, ...]:
        """How many agents could be at work on this, from when to when."""
        plan, crews = self._of(demand)
        asked = _asked(plan, demand)
        if asked not in self._asked:
            roster = self._roster(plan, crews, demand)
            made_of = frozenset(roster.items())
            if made_of not in self._steps:
                self._steps[made_of] = self._counted(roster)
            self._asked[asked] = self._steps[made_of]
        return self._asked[asked]

    def _roster(self, plan: Plan, crews: Sequence[_Crew], demand: Demand) -> Counter[_Times]:
        """How many can work on it at which times, for all who may at all."""
        roster: Counter[_Times] = Counter()
        for crew in crews:
            if not any(permanent_reasons(plan, crew.one, demand)) and (dates := self._dates(plan, crew.one, demand)):
                shift = crew.one.shift
                roster[calendar(plan.pools[crew.one.pool].hours), calendar(shift) if shift else None, dates] += crew.size
        return roster

    def _of(self, demand: Demand) -> tuple[Plan, list[_Crew]]:
        """The crews for a brand, and the plan as far as it concerns the brand; a named agent is a crew alone."""
        if demand.agent is not None:
            named = self._plan.agents.get(demand.agent)
            return self._plan, [_Crew(one=named, size=1)] if named else []
        if demand.brand not in self._crews:
            self._crews[demand.brand] = _crews(self._plan, demand.brand, self._alike)
        return self._crews[demand.brand]

    def _dates(self, plan: Plan, agent: Agent, demand: Demand) -> tuple[Interval, ...]:
        """The spans of dates, within the time looked at, on which contract and certification hold."""
        spans = (
            (max(term.valid_from, self._since), min(term.valid_until, term.certified_until, self._until))
            for term in terms(plan, agent, demand)
        )
        return _joined(span for span in spans if span[0] < span[1])

    def _counted(self, roster: Counter[_Times]) -> tuple[Step, ...]:
        turns: defaultdict[datetime, int] = defaultdict(int, {self._since: 0})
        for times, agents in roster.items():
            for begins, ends in self._at_work(times):
                turns[begins] += agents
                turns[ends] -= agents
        turns.pop(self._until, None)
        steps: list[Step] = []
        agents = 0
        for at in sorted(turns):
            agents += turns[at]
            if not steps or steps[-1].agents != agents:
                steps.append(Step(at=at, agents=agents))
        return tuple(steps)

    def _at_work(self, times: _Times) -> tuple[Interval, ...]:
        known = self._times.get(times)
        if known is None:
            pool, shift, dates = times
            known = _both(self._hours_of(pool), dates)
            if shift is not None:
                known = _both(known, self._hours_of(shift))
            self._times[times] = known
        return known

    def _hours_of(self, hours: Calendar) -> tuple[Interval, ...]:
        """The open times that reach into the time looked at; a day on either side, for a local date is not one of UTC."""
        if hours not in self._open:
            first = (self._since - 2 * DAY).date()
            days = hours.days(first, (self._until - self._since).days + 5)
            self._open[hours] = _joined(interval for day in days for interval in day.open)
        return self._open[hours]


def _asked(plan: Plan, demand: Demand) -> Hashable:
    """What the answer depends on: kinds of work that need the same skills under the same contracts are one question."""
    kind = plan.kinds.get(demand.kind)
    contracts = frozenset(
        contract.id
        for contract in plan.contracts.values()
        if demand.channel in contract.channels and demand.kind in (contract.kinds or {demand.kind})
    )
    skills = frozenset(skills_needed(plan, demand).items())
    person = demand.brand, demand.languages, demand.floor, demand.pool, demand.agent, demand.residency
    return person, contracts, skills, kind.data if kind else None


def _alike(agents: Iterable[Agent]) -> list[_Crew]:
    """Agents who differ in nothing but name, seats and ceilings, taken together."""
    return _together(_Crew(one=agent, size=1) for agent in agents)


def _crews(plan: Plan, brand: BrandId, alike: Iterable[_Crew]) -> tuple[Plan, list[_Crew]]:
    """Those whom a contract of the brand may engage, as far as this brand can tell them apart, and the plan with its contracts alone."""
    known = plan.brands.get(brand)
    contracts = {contract.id: contract for contract in _of_brand(plan, known)} if known else {}
    pools = {contract.pool for contract in contracts.values() if contract.pool is not None}
    vendors = {contract.vendor for contract in contracts.values() if contract.vendor is not None}
    engaged = (crew for crew in alike if crew.one.pool in pools or plan.pools[crew.one.pool].vendor in vendors)
    return replace(plan, contracts=contracts), _together(engaged, brand)


def _together(crews: Iterable[_Crew], brand: BrandId | None = None) -> list[_Crew]:
    found: dict[Hashable, _Crew] = {}
    for crew in crews:
        key = _likeness(crew.one, brand)
        before = found.get(key)
        found[key] = crew if before is None else _Crew(one=before.one, size=before.size + crew.size)
    return list(found.values())


def _likeness(agent: Agent, brand: BrandId | None) -> Hashable:
    """What one brand, or any, could tell two agents apart by."""
    certified: Hashable = frozenset(agent.certifications.items())
    faces: Hashable = agent.personas
    if brand is not None:
        certified = (brand in agent.certifications, agent.certifications.get(brand))
        faces = brand in agent.personas
    shift = calendar(agent.shift) if agent.shift else None
    return agent.pool, shift, frozenset(agent.languages.items()), frozenset(agent.skills.items()), certified, faces


def _both(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """The times in both of two ordered rows of intervals."""
    shared: list[Interval] = []
    here = there = 0
    while here < len(one) and there < len(other):
        begins, ends = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if begins < ends:
            shared.append((begins, ends))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return tuple(shared)


def _joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for begins, ends in sorted(intervals):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return tuple(joined)
