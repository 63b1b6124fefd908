"""Everybody on the plan, collapsed: agents who are alike to every rule share a *profile*, and profiles lie in columns.

A profile's number is its row in every column, for as long as the floor lives: another version of the rules adds rows and changes sizes, it
never moves what is there. So what was compiled for an untouched demand stays true, and a decision is a few gathers over rows instead of
a walk over people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.hours import Calendar, calendar, next_common_opening
from routing.model import Agent, AgentId, BrandId, Channel, Hours, Plan, PoolId
from routing.reasons import Reason

Rows = NDArray[np.intp]

AT_ONCE: Final = 1024
"""How many agents are looked at between two yields: a few milliseconds of work."""


class Tally:
    """The columns in which a profile counts its people."""

    IN_LINE: Final = {Channel.CHAT: 0, Channel.EMAIL: 1}
    PRESENT: Final = 2
    HELD_UP: Final = {Reason.OFFLINE: 3, Reason.AWAY: 4, Reason.IN_WRAP_UP: 5, Reason.NOT_CONNECTED: 6}
    SHUT: Final = {Reason.POOL_CLOSED: 7, Reason.OFF_SHIFT: 8}
    WIDTH: Final = 9


class Profile:
    """Agents alike to every rule. `lines` hold, per channel, those with room for one more, next one first; `tally` counts everybody."""

    __slots__ = ("calendars", "closed_by", "groups", "lines", "number", "open", "pool", "sample", "served", "size", "tally")

    def __init__(self, number: int, sample: Agent, calendars: tuple[Calendar, ...]) -> None:
        self.number = number
        self.sample = sample
        self.pool = sample.pool
        self.groups = tuple(f"{sample.pool}:{channel}" for channel in Channel)
        self.calendars = calendars
        self.size = 0
        self.open = False
        self.closed_by = Reason.POOL_CLOSED
        self.lines: tuple[list[Any], list[Any]] = ([], [])
        self.tally = [0] * Tally.WIDTH
        self.served: tuple[Served, Served] = (Served(), Served())

    def look_at_the_clock(self, at: datetime) -> None:
        """Open or closed from now, and by which of the two."""
        self.open = self.is_open(at)
        self.closed_by = Reason.OFF_SHIFT if self.calendars[0].is_open(at) else Reason.POOL_CLOSED

    def is_open(self, at: datetime) -> bool:
        """Are pool and shift open at this instant?"""
        return all(c.is_open(at) for c in self.calendars)

    def next_opening(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which pool and shift are both open."""
        return next_common_opening(self.calendars, at)


class Served:
    """The waiting a profile may serve on one channel: slots in the column of first keys, and the course under which.

    Appended to as classes are met; slots that are no longer used are dropped when the arrays are next made."""

    __slots__ = ("_courses", "_new", "_slots", "courses", "slots")

    def __init__(self) -> None:
        self._slots: list[int] = []
        self._courses: list[int] = []
        self._new = False
        self.slots: Rows = _EMPTY
        self.courses: Rows = _EMPTY

    def add(self, slot: int, course: int) -> None:
        """One more."""
        self._slots.append(slot)
        self._courses.append(course)
        self._new = True

    def ready(self, in_use: NDArray[np.bool_]) -> Rows:
        """The slots, as an array."""
        if self._new:
            slots, courses = np.array(self._slots, np.intp), np.array(self._courses, np.intp)
            alive = in_use[slots]
            if not alive.all():
                slots, courses = slots[alive], courses[alive]
                self._slots, self._courses = slots.tolist(), courses.tolist()
            self.slots, self.courses, self._new = slots, courses, False
        return self.slots


class Roster:
    """Profiles in the order in which they were met, and their columns."""

    def __init__(self) -> None:
        self.profiles: list[Profile] = []
        self.of_agent: dict[AgentId, Profile] = {}
        self.by_pool: dict[PoolId, list[int]] = {}
        self.certified: dict[BrandId, tuple[list[int], list[int]]] = {}
        """Per brand: rows, and the last certified day as an ordinal (0: without end)."""
        self.faces: dict[BrandId, list[int]] = {}
        self._by_key: dict[object, Profile] = {}
        self.tags: dict[str, int] = {}
        self.skill_rows: dict[str, int] = {}
        self._levels = np.zeros((8, 16), np.uint8)
        self._skills = np.zeros((8, 16), np.uint8)
        self._of_pool: list[PoolId] = []

    def __len__(self) -> int:
        return len(self.profiles)

    @property
    def levels(self) -> NDArray[np.uint8]:
        """Language level held: a row per tag, a column per profile."""
        return self._levels[:, : len(self.profiles)]

    @property
    def skills(self) -> NDArray[np.uint8]:
        """Skill level held: a row per skill, a column per profile."""
        return self._skills[:, : len(self.profiles)]

    def profile(self, agent: Agent, plan: Plan) -> Profile:
        """The profile of an agent, new where nobody is like them."""
        key = _profile_key(agent)
        return self._by_key.get(key) or self._add(key, agent, plan)

    def seat(self, agent: AgentId, profile: Profile | None) -> None:
        """The agent belongs to this profile from now on; None: to none."""
        before = self.of_agent.get(agent)
        if before is not None:
            before.size -= 1
        if profile is None:
            self.of_agent.pop(agent, None)
        else:
            self.of_agent[agent] = profile
            profile.size += 1

    def changed(self, old: Plan | None, new: Plan) -> Iterator[dict[AgentId, Profile | None]]:
        """Who has another profile under the new plan, in portions; None: is no longer there."""
        moved: dict[AgentId, Profile | None] = {}
        known: dict[AgentId, Agent] = dict(old.agents) if old else {}
        for n, agent in enumerate(new.agents.values()):
            before = known.pop(agent.id, None)
            if before is not agent and before != agent:
                moved[agent.id] = self.profile(agent, new)
            if n % AT_ONCE == AT_ONCE - 1:
                yield moved
                moved = {}
        moved |= dict.fromkeys(known)
        yield moved

    def _add(self, key: object, agent: Agent, plan: Plan) -> Profile:
        number = len(self.profiles)
        profile = self._by_key[key] = Profile(number, agent, calendars_of(agent, plan))
        self.profiles.append(profile)
        self.by_pool.setdefault(agent.pool, []).append(number)
        for brand, last in agent.certifications.items():
            rows, days = self.certified.setdefault(brand, ([], []))
            rows.append(number)
            days.append(last.toordinal() if last else 0)
        for brand in sorted(agent.personas):
            self.faces.setdefault(brand, []).append(number)
        self._levels = _with_room(self._levels, len(self.tags) + len(agent.languages), number + 1)
        for tag, level in agent.languages.items():
            self._levels[self.tags.setdefault(tag, len(self.tags)), number] = level
        self._skills = _with_room(self._skills, len(self.skill_rows) + len(agent.skills), number + 1)
        for skill, held in agent.skills.items():
            self._skills[self.skill_rows.setdefault(skill, len(self.skill_rows)), number] = min(held, 255)
        return profile


class Columns:
    """What one version of the rules says of every profile. Never changed once made: a trace may be rendered when other rules hold."""

    __slots__ = ("contracts", "contracts_of", "country", "flexibility", "offset", "plan", "pool_rows", "roster", "sizes")

    def __init__(self, plan: Plan, roster: Roster, growing: Mapping[int, int] | None = None) -> None:
        """`growing`: by how much profiles will have grown when this version holds."""
        self.plan, self.roster = plan, roster
        profiles, count = roster.profiles, len(roster)
        self.sizes = np.fromiter((p.size for p in profiles), np.int32, count)
        for number, change in (growing or {}).items():
            self.sizes[number] += change
        pools = plan.pools
        countries = {id_: pool.country for id_, pool in pools.items()}
        offsets = {id_: offset_minutes(pool.hours.zone) for id_, pool in pools.items()}
        self.country = np.array([countries.get(p.pool, "") for p in profiles], dtype="U3")
        self.offset = np.fromiter((offsets.get(p.pool, 0) for p in profiles), np.int32, count)
        self.flexibility = self._flexibility(count)
        self.contracts = tuple(sorted(plan.contracts.values(), key=lambda c: c.id))
        self.contracts_of: dict[BrandId, list[int]] = {brand: [] for brand in plan.brands}
        for n, contract in enumerate(self.contracts):
            for brand in contract.brands or plan.brands:
                if brand in plan.brands and plan.brands[brand].client == contract.client:
                    self.contracts_of[brand].append(n)
        vendors: dict[str, list[PoolId]] = {}
        for pool in pools.values():
            vendors.setdefault(pool.vendor or "", []).append(pool.id)
        self.pool_rows: list[list[PoolId]] = [[c.pool] if c.pool else vendors.get(c.vendor or "", []) for c in self.contracts]

    def _flexibility(self, count: int) -> NDArray[np.int32]:
        """How much else an agent could do: brands times languages, and skills. Who can do least is asked first, to keep the others free."""
        plan, roster = self.plan, self.roster
        brands = np.full(count, sum(not b.certification_required for b in plan.brands.values()), np.int32)
        for brand in plan.brands.values():
            if brand.certification_required and brand.id in roster.certified:
                brands[[row for row in roster.certified[brand.id][0] if row < count]] += 1
        languages = np.count_nonzero(roster.levels[:, :count], axis=0).astype(np.int32)
        skills = np.fromiter((len(p.sample.skills) for p in roster.profiles), np.int32, count)
        flexibility: NDArray[np.int32] = brands * languages + skills
        return flexibility


def calendars_of(agent: Agent, plan: Plan) -> tuple[Calendar, ...]:
    """When the agent may work: the pool's hours, and the shift's where there is one."""
    hours = [plan.pools[agent.pool].hours, *([agent.shift] if agent.shift else [])]
    return tuple(calendar(h) for h in hours)


@lru_cache(maxsize=1024)
def offset_minutes(zone: str) -> int:
    """How far east of Greenwich a zone is, in minutes of standard time: near zones share their day, whatever the season."""
    offsets = [datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7)]
    return min(int(offset.total_seconds()) // 60 for offset in offsets if offset is not None)


def group_ends(*keys: NDArray[Any]) -> Rows:
    """For rows sorted by these keys: where the group of equal rows that each belongs to ends."""
    count = len(keys[0])
    if count == 0:
        return _EMPTY
    differs = np.zeros(count - 1, bool)
    for key in keys:
        differs |= key[1:] != key[:-1]
    cuts = [0, *(np.flatnonzero(differs) + 1).tolist(), count]
    return np.repeat(np.array(cuts[1:], np.intp), [b - a for a, b in pairwise(cuts)])


def _with_room(array: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    have_rows, have_columns = array.shape
    if rows <= have_rows and columns <= have_columns:
        return array
    wider = np.zeros(
        (max(rows, have_rows * (1 + (rows > have_rows))), max(columns, have_columns * (1 + (columns > have_columns)))), np.uint8
    )
    wider[:have_rows, :have_columns] = array
    return wider


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


_EMPTY: Final[Rows] = np.zeros(0, np.intp)
