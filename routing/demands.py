"""What is asked, made ready for a decision.

Demands that ask the same share a class (`Ask`). What can be known before anybody waits is worked out when a class is first met: which
profiles may ever take it, under which contracts, from what age, in which order of preference (a *course* each, together a `Form`). At one
relaxation step, under the hours and caps of the moment, some of the courses are open to it: a `View`, with a queue of those who wait
there (`Node`). Everything is columns: at the moment of a decision there is a gather, an argmax, and the head of one line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from i18n.levels import Level
from routing.codec import canonical, dump
from routing.eligibility import SAME_LANGUAGE_MAX, may_see, near, needed_level, skills_needed, wishes_for
from routing.hours import day_start, end_of
from routing.model import Brand, BrandId, Channel, Contract, ContractId, Demand, Plan, Preference, Presentation
from routing.moments import NEVER, SECOND, micros, span
from routing.reasons import Reason, Why
from routing.roster import Columns, Rows, group_ends, offset_minutes

if TYPE_CHECKING:
    from routing.floor import Inquiry

CHANNELS: Final = tuple(Channel)
CHANNEL_NUMBER: Final = {channel: n for n, channel in enumerate(CHANNELS)}

FRONT: Final = 86_400 * SECOND
"""The head start of an inquiry that somebody had already taken: a day, so that it comes before all that are new."""

_HEAD_START_MAX: Final = 20 * 365 * 86_400 * SECOND
"""A head start beyond twenty years orders nothing new; within it, keys fit 64 bits."""

NTH_BITS: Final = 11
NTH_MAX: Final = (1 << NTH_BITS) - 1
"""A place is the arrival less head starts, in microseconds, then which it was of those that arrived at the same one."""

_BY_KEY = attrgetter("key")


class Ground:
    """Who may serve one brand, kind and channel under which contract, languages and skills apart."""

    __slots__ = ("certified_until", "contract", "profile")

    def __init__(self, profile: Rows, contract: NDArray[np.int32], certified_until: NDArray[np.int64]) -> None:
        self.profile, self.contract, self.certified_until = profile, contract, certified_until


class Form:
    """The courses of one class under one version of the rules, in the order of preference; parallel columns."""

    __slots__ = (
        "above",
        "after",
        "ages",
        "certified",
        "channel",
        "columns",
        "contested",
        "contract",
        "contracts",
        "cost",
        "demand",
        "flexibility",
        "group",
        "head_start",
        "limited",
        "line",
        "lost",
        "members",
        "never_counted",
        "offset",
        "profile",
        "since",
        "spoken",
        "tier",
        "tiered",
        "until",
        "volatile",
        "wait_over",
        "waits",
        "weight",
        "wish",
    )

    demand: Demand
    columns: Columns
    channel: Channel
    weight: int
    head_start: int
    ages: tuple[int, ...]
    waits: tuple[int, ...]
    contracts: tuple[Contract, ...]
    limited: tuple[ContractId, ...]
    line: int
    contested: frozenset[int]
    tiered: bool
    volatile: bool
    never_counted: dict[str, int] | None
    above: NDArray[Any]
    lost: NDArray[Any]
    spoken: NDArray[Any] | None
    cost: NDArray[Any]
    flexibility: NDArray[Any]
    offset: NDArray[Any]
    profile: Rows
    contract: NDArray[np.int64]
    tier: NDArray[np.int64]
    after: NDArray[np.int64]
    wish: NDArray[np.int64]
    wait_over: NDArray[np.int64]
    since: NDArray[np.int64] | None
    until: NDArray[np.int64] | None
    certified: NDArray[np.int64] | None
    members: Rows
    group: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.profile)

    @property
    def shape(self) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """What nodes and keys are made by: another one, and they must be made anew."""
        return self.head_start, self.ages, self.waits

    def contract_of(self, course: int) -> Contract:
        """The contract of a course."""
        return self.columns.contracts[int(self.contract[course])]


def rebased(form: Form, columns: Columns, contracts: NDArray[np.int64]) -> Form:
    """The same courses under another version that does not touch them; `contracts` gives contracts their numbers there."""
    other = Form()
    for name in Form.__slots__:
        setattr(other, name, getattr(form, name))
    other.columns, other.never_counted, other.contract = columns, None, contracts[form.contract]
    return other


(
    _PROFILE, _CONTRACT, _TIER, _AFTER, _WAIT_OVER, _COST, _LOT, _LOST, _ABOVE, _SPOKEN, _FLEXIBILITY, _OFFSET, _WISH, _CERTIFIED, _WIDTH,
) = range(15)  # fmt: skip
"""The rows of a form while it is made; tier to lot are those of a contract's terms."""

_PREFERRED: Final[Mapping[Preference, int]] = {
    Preference.LEAST_FLEXIBLE: _FLEXIBILITY,
    Preference.CLOSEST_LEVEL: _ABOVE,
    Preference.NEAREST_DIALECT: _LOST,
    Preference.NEAREST_ZONE: _OFFSET,
    Preference.LOWEST_COST: _COST,
}


class Compiler:
    """Forms under one version of the rules."""

    __slots__ = ("_dated", "_grounds", "_longest_promise", "_nearby", "_spoken", "_terms", "columns", "contract_dates", "plan")

    def __init__(self, columns: Columns) -> None:
        self.columns, self.plan = columns, columns.plan
        self._grounds: dict[tuple[BrandId, str, Channel], Ground] = {}
        self._nearby: dict[str, tuple[int, list[tuple[int, int]]]] = {}
        self._spoken: dict[object, tuple[Ground, NDArray[Any], NDArray[Any], NDArray[Any] | None]] = {}
        promises = [c.answer_within_seconds for c in self.plan.contracts.values() if c.answer_within_seconds is not None]
        self._longest_promise = max(promises, default=0.0)
        self.contract_dates = np.array([_dates(contract) for contract in columns.contracts], np.int64).reshape(-1, 2)
        self._dated = bool((self.contract_dates[:, 0] > 0).any() or (self.contract_dates[:, 1] != NEVER).any())
        lots = special_contracts(self.plan)
        terms = [
            (
                one.tier,
                span(one.overflow_after_seconds),
                NEVER if one.overflow_wait_seconds is None else span(one.overflow_wait_seconds),
                one.price,
                lots.get(one.id, 0),
            )
            for one in columns.contracts
        ]
        self._terms = np.array(terms, np.int64).reshape(-1, 5)

    def all_dates(self) -> list[int]:
        """The instants at which a contract begins or ends, or a certification ends."""
        found: set[int] = set(self.contract_dates.ravel().tolist())
        peopled = self.columns.sizes > 0
        for brand in self.columns.roster.certified:
            if brand in self.plan.brands and self.plan.brands[brand].certification_required:
                found.update(np.unique(self.certified(brand)[peopled]).tolist())
        return sorted(found - {0, NEVER})

    def form(self, demand: Demand) -> Form:
        """The form of a demand. Whom it is addressed to, and whom its customer knows, are no part of it."""
        plan, columns = self.plan, self.columns
        form = Form()
        form.demand, form.columns, form.channel, form.line = demand, columns, demand.channel, CHANNEL_NUMBER[demand.channel]
        form.weight = plan.policy.weights.get(demand.channel, 1)
        ground = self._ground(demand)
        met = self._able(demand, ground)
        brand = plan.brands.get(demand.brand)
        if brand is None or met is None:
            return self._finished(form, demand, _NOWHERE, _NO_MATCH, np.zeros(0, np.int64))
        keep, lost, above, spoken = met
        chosen = Ground(ground.profile[keep], ground.contract[keep], ground.certified_until[keep])
        match = (lost[keep], above[keep], spoken[keep] if spoken is not None else None)
        return self._finished(form, demand, chosen, match, self._wish_ages(demand, chosen, match))

    def _ground(self, demand: Demand) -> Ground:
        key = (demand.brand, demand.kind, demand.channel)
        known = self._grounds.get(key)
        if known is None:
            known = self._grounds[key] = self._survey(demand)
        keep = None
        if demand.pool is not None:
            rows = np.zeros(len(self.columns.sizes), bool)
            rows[self._rows_of([demand.pool])] = True
            keep = rows[known.profile]
        if demand.residency:
            there = np.isin(self.columns.country[known.profile], list(demand.residency))
            keep = there if keep is None else keep & there
        return known if keep is None else Ground(known.profile[keep], known.contract[keep], known.certified_until[keep])

    def _rows_of(self, pools: Sequence[Any]) -> Rows:
        count = len(self.columns.sizes)
        rows = np.array([row for pool in pools for row in self.columns.roster.by_pool.get(pool, ()) if row < count], np.intp)
        return rows[self.columns.sizes[rows] > 0]

    def _survey(self, demand: Demand) -> Ground:
        plan, columns, roster = self.plan, self.columns, self.columns.roster
        brand_id, kind_id, channel = demand.brand, demand.kind, demand.channel
        brand = plan.brands.get(brand_id)
        if brand is None:
            return _NOWHERE
        count = len(columns.sizes)
        certified = self.certified(brand_id) if brand.certification_required else np.full(count, NEVER, np.int64)
        faces = np.zeros(count, bool)
        faces[[row for row in roster.faces.get(brand_id, ()) if row < count]] = True
        there = np.isin(columns.country, list(brand.residency)) if brand.residency else None
        profiles, contracts = [_NOWHERE.profile], [_NOWHERE.contract]
        for n in columns.contracts_of[brand_id]:
            contract = columns.contracts[n]
            if (
                channel not in contract.channels
                or (contract.kinds and kind_id not in contract.kinds)
                or not may_see(plan, contract, demand)
            ):
                continue
            rows = self._rows_of(columns.pool_rows[n])
            able = certified[rows] > 0
            if contract.presentation is Presentation.BRAND:
                able &= faces[rows]
            if there is not None:
                able &= there[rows]
            profiles.append(rows[able])
            contracts.append(np.full(int(able.sum()), n, np.int32))
        rows = np.concatenate(profiles)
        return Ground(rows, np.concatenate(contracts), certified[rows])

    def certified(self, brand: BrandId) -> NDArray[np.int64]:
        """Until when each profile is certified for a brand (the end of the last day where its pool is); 0: is not."""
        count = len(self.columns.sizes)
        until = np.zeros(count, np.int64)
        profiles, pools = self.columns.roster.profiles, self.plan.pools
        rows, days = self.columns.roster.certified.get(brand, ((), ()))
        for row, day in zip(rows, days, strict=True):
            if row < count:
                pool = pools.get(profiles[row].pool) if day else None
                until[row] = _end_of_ordinal(day, pool.hours.zone) if pool else NEVER
        return until

    def _able(self, demand: Demand, ground: Ground) -> tuple[Rows, NDArray[Any], NDArray[Any], NDArray[Any] | None] | None:
        """Which of the ground speak and can what is asked: rows, what the nearest language loses, the level above need, languages spoken."""
        brand = self.plan.brands.get(demand.brand)
        if brand is None or not len(ground.profile):
            return None
        key = (id(ground), demand.languages, demand.floor)
        spoken_to = self._spoken.get(key)
        if spoken_to is None or spoken_to[0] is not ground:  # classes that differ in skills alone share it
            spoken_to = self._spoken[key] = (ground, *self._speak(demand, ground, brand))
        _, lost, above, spoken = spoken_to
        able = lost < 255
        for skill, level in skills_needed(self.plan, demand).items():
            row = self.columns.roster.skill_rows.get(skill)
            if row is not None:
                able &= self.columns.roster.skills[row, ground.profile] >= level
            elif level > 0:
                able &= False
        return np.flatnonzero(able), lost, above, spoken

    def _speak(self, demand: Demand, ground: Ground, brand: Brand) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]:
        """What the nearest language of each loses (255: none will do), its level above need, and how many languages are spoken."""
        levels, rows = self.columns.roster.levels, ground.profile
        least = needed_level(demand, brand)
        wanted = demand.languages or brand.languages
        lost, above, spoken = np.full(len(rows), 255, np.int16), np.zeros(len(rows), np.int16), None
        for loss, row in sorted(one for wish in wanted for one in self._near(wish)):
            held = levels[row].take(rows)
            able = (held >= least) & ((lost > loss) | ((lost == loss) & (held - int(least) < above)))
            lost[able], above[able] = loss, held[able] - int(least)
        if not demand.languages:
            spoken = np.zeros(len(rows), np.int16)
            for wish in brand.languages:
                near_enough = [row for _, row in self._near(wish)]
                if near_enough:
                    spoken += (levels[near_enough][:, rows] >= least).any(axis=0)
        return lost, above, spoken

    def _near(self, wish: str) -> list[tuple[int, int]]:
        """The languages spoken on this floor that will do for this one: what is lost in it, and its row."""
        known, tags = self._nearby.get(wish), self.columns.roster.tags
        if known is None or known[0] != len(tags):
            found = [(loss, row) for tag, row in tags.items() if (loss := near(wish, tag)) <= SAME_LANGUAGE_MAX]
            known = self._nearby[wish] = (len(tags), found)
        return known[1]

    def _wish_ages(self, demand: Demand, ground: Ground, match: tuple[Any, Any, Any]) -> NDArray[np.int64]:
        """The age from which no wish speaks against a course any more."""
        ages = np.zeros(len(ground.profile), np.int64)
        brand = self.plan.brands[demand.brand]
        least, skills, roster = needed_level(demand, brand), self.columns.roster.skills, self.columns.roster
        for wish in wishes_for(self.plan, demand):
            unmet = np.zeros(len(ages), bool)
            if wish.level is not None:
                unmet |= match[1] + int(least) < int(wish.level)
            if wish.dialect and demand.languages:
                unmet |= match[0] > 0
            for skill, level in wish.skills.items():
                row = roster.skill_rows.get(skill)
                unmet |= skills[row, ground.profile] < level if row is not None else level > 0
            np.maximum(ages, span(wish.until_seconds), out=ages, where=unmet)
        return ages

    def _finished(self, form: Form, demand: Demand, ground: Ground, match: tuple[Any, Any, Any], wish: NDArray[np.int64]) -> Form:
        columns, plan, contracts = self.columns, self.plan, self.columns.contracts
        lost, above, spoken = match
        zone = demand.zone or (plan.brands[demand.brand].zone if demand.brand in plan.brands else "UTC")
        table = np.empty((_WIDTH, len(ground.profile)), np.int64)
        table[_PROFILE], table[_CONTRACT], table[_CERTIFIED] = ground.profile, ground.contract, ground.certified_until
        table[_TIER : _LOT + 1] = self._terms[ground.contract].T
        if demand.pool is not None:
            table[_AFTER] = 0
        table[_LOST], table[_ABOVE], table[_SPOKEN] = lost, above, 0 if spoken is None else -spoken
        table[_FLEXIBILITY], table[_WISH] = columns.flexibility[ground.profile], wish
        table[_OFFSET] = apart(columns.offset[ground.profile], offset_minutes(zone))
        rank = (_TIER, _LOT, _SPOKEN, *(_PREFERRED[one] for one in plan.policy.choice))
        if len(ground.profile) > 1:
            table = table.take(np.lexsort(table[[_PROFILE, *reversed(rank)]]), axis=1)
        form.profile, form.contract, form.tier = table[_PROFILE], table[_CONTRACT], table[_TIER]
        form.after, form.wish, form.wait_over, form.cost = table[_AFTER], table[_WISH], table[_WAIT_OVER], table[_COST]
        form.lost, form.above, form.flexibility, form.offset = table[_LOST], table[_ABOVE], table[_FLEXIBILITY], table[_OFFSET]
        form.spoken = None if spoken is None else -table[_SPOKEN]
        form.group = _groups(table[list(rank)])
        plain = table.tolist()
        tiers, lots = plain[_TIER], plain[_LOT]
        form.tiered = len(set(tiers)) > 1 or any(plain[_AFTER])
        form.contested = frozenset(tier for tier, lot in zip(tiers, lots, strict=True) if lot)
        form.members = np.array(sorted(set(plain[_PROFILE])), np.intp)
        form.contracts = tuple([contracts[n] for n in sorted(set(plain[_CONTRACT]))])
        form.ages = tuple(sorted({*plain[_AFTER], *plain[_WISH], 0}))
        form.waits = tuple(sorted(set(plain[_WAIT_OVER]) - {NEVER}))
        form.limited = tuple([c.id for c in form.contracts if c.cap_per_day is not None or c.budget_per_day is not None])
        self._date(form, table[_CERTIFIED], dated=self._dated or plain[_CERTIFIED].count(NEVER) < len(form))
        form.head_start = self._head_start(demand, form.contracts)
        form.never_counted = None
        return form

    def _date(self, form: Form, certified: NDArray[np.int64], *, dated: bool) -> None:
        form.since = form.until = form.certified = None
        form.volatile = bool(form.limited)
        if dated:
            since, until = self.contract_dates[form.contract].T
            if since.any() or (until != NEVER).any() or (certified != NEVER).any():
                form.since, form.until, form.certified = since, np.minimum(until, certified), certified
                form.volatile = True

    def _head_start(self, demand: Demand, contracts: Sequence[Contract]) -> int:
        """In microseconds: what priority and promise are worth. The tightest promise of those who may take it counts."""
        kind, policy = self.plan.kinds.get(demand.kind), self.plan.policy
        priority = demand.priority if demand.priority is not None else kind.priority if kind else 0
        promises = [c.answer_within_seconds for c in contracts if c.answer_within_seconds is not None]
        promised = self._longest_promise - min(promises) if promises else 0.0
        start = span(priority * policy.priority_step_seconds + promised)
        return max(-_HEAD_START_MAX, min(start, _HEAD_START_MAX))


class View:
    """The courses open to one class at one step, now; positions in the order of preference."""

    __slots__ = ("course", "ends", "everything", "profile")

    def __init__(self, form: Form, course: Rows | None) -> None:
        self.everything = course is None
        self.course = np.arange(len(form), dtype=np.intp) if course is None else course
        self.profile = form.profile if course is None else form.profile[course]
        self.ends = group_ends(form.group if course is None else form.group[course])


UNSEEN: Final = (-1, -1, -1)
"""Of a node that was never looked at, or not under these rules."""


class Node:
    """One class at one relaxation step: who may take it there, and the queue of those who wait."""

    __slots__ = ("ask", "due", "epoch", "final", "first", "level", "number", "queue", "seen", "slot", "step", "view")

    def __init__(self, ask: Ask, step: int, level: int) -> None:
        self.ask, self.step, self.level = ask, step, level
        self.final = step + 1 >= len(ask.form.ages)
        """Is there no further step?"""
        self.queue: list[Inquiry] = []
        self.first = 0
        self.slot = -1
        self.view: View = _NO_VIEW
        self.seen: tuple[int, int, int] = UNSEEN
        self.due = NEVER
        self.epoch = -1
        self.number = -1
        """Under which its reminders are kept; -1: it never had any."""

    def __len__(self) -> int:
        return len(self.queue) - self.first

    def head(self) -> Inquiry | None:
        """The first that waits."""
        return self.queue[self.first] if self.first < len(self.queue) else None

    def join(self, inquiry: Inquiry) -> bool:
        """Take the place the key gives; true where that is the first."""
        queue = self.queue
        if not queue or queue[-1].key < inquiry.key:
            queue.append(inquiry)
            return len(queue) - self.first == 1
        first = self.first
        if first and inquiry.key < queue[first].key:  # back to the head, where there is room for one
            self.first = first - 1
            queue[first - 1] = inquiry
            return True
        at = bisect_left(queue, inquiry.key, first, key=_BY_KEY)
        queue.insert(at, inquiry)
        return at == first

    def leave(self, inquiry: Inquiry) -> bool:
        """Give the place up; true where it was the first."""
        queue, first = self.queue, self.first
        if queue[first] is inquiry:
            queue[first] = None  # type: ignore[call-overload]  # before the head nobody looks
            self.first = first + 1
            if self.first == len(queue) or (self.first > 64 and self.first * 2 > len(queue)):
                del queue[: self.first]
                self.first = 0
            return True
        at = bisect_left(queue, inquiry.key, first, key=_BY_KEY)
        while queue[at] is not inquiry:
            at += 1
        del queue[at]
        return False

    def waiting(self) -> list[Inquiry]:
        """Everybody here, in order."""
        return self.queue[self.first :]

    def each(self) -> Iterator[Inquiry]:
        """The same, one by one; not to be gone on with once the queue has changed."""
        for at in range(self.first, len(self.queue)):
            yield self.queue[at]

    def before(self, key: int) -> int:
        """How many wait before this place."""
        return bisect_left(self.queue, key, self.first, key=_BY_KEY) - self.first

    def same_as(self, form: Form) -> None:
        """The form of its class says what this one said before: its view stays."""
        if self.seen[0] == id(form):
            self.seen = (id(self.ask.form), *self.seen[1:])

    def next_step(self) -> int:
        """When somebody here is old enough for the next step."""
        ages = self.ask.form.ages
        if self.final or self.step + 1 >= len(ages) or self.first >= len(self.queue):
            return NEVER
        # Who was in front is older or younger than who was not, in no order; behind them, the key tells the age.
        oldest = NEVER
        for at in range(self.first, len(self.queue)):
            inquiry = self.queue[at]
            oldest = min(oldest, inquiry.arrived)
            if not inquiry.front:
                break
        return oldest + ages[self.step + 1]


class Ask:
    """A class: what is asked, its form under the rules in force, and its nodes. Outlives versions of the rules."""

    __slots__ = (
        "closed",
        "demand",
        "first_tier",
        "form",
        "held",
        "id",
        "nodes",
        "opening",
        "plain",
        "rivals",
        "seen",
        "shape",
        "told_closed",
    )

    def __init__(self, demand: Demand, form: Form) -> None:
        self.demand = demand
        self.form = form
        self.plain: Mapping[str, Any] = dump(demand)
        self.id = blake2b(canonical(self.plain), digest_size=8).hexdigest()
        self.nodes: dict[tuple[int, int], Node] = {}
        self.held = 0
        """How many are in somebody's hands, or wait for one agent alone."""
        self.first_tier = 0
        self.seen = (-1, -1)
        self.rivals: tuple[int, Rows] | None = None
        self.told_closed = False
        self.closed: tuple[int, bool] = (-1, False)
        """Whether all who might ever take it are closed, and as of which epoch that was known."""
        self.opening: tuple[int, int | None] | None = None
        """When somebody is next at work, and as of which epoch that was known."""
        self.shape = form.shape
        """Of the form under which its nodes were made."""

    @property
    def alive(self) -> bool:
        """Does anybody wait for this, or have it in hand?"""
        return self.held > 0 or any(self.nodes.values())

    @property
    def waiting(self) -> int:
        """How many wait, whatever their age."""
        return sum(len(node) for node in self.nodes.values())

    def step_at(self, age: int) -> int:
        """The last step of this age or less."""
        ages = self.form.ages
        step = len(ages) - 1
        if not step:
            return 0
        while ages[step] > age and step:
            step -= 1
        return step


def demand_key(demand: Demand) -> object:
    """Demands with the same key ask the same."""
    return (
        demand.brand,
        demand.channel,
        demand.kind,
        demand.languages,
        demand.floor,
        frozenset(demand.skills.items()) if demand.skills else None,
        demand.priority,
        demand.pool,
        demand.residency,
        demand.zone,
    )


def special_contracts(plan: Plan) -> dict[ContractId, int]:
    """Contracts with a share or a minimum stand apart, each by a number above 0: between them the day decides."""
    shared = {id_ for share in plan.shares.values() for id_ in share.weights}
    special = sorted(id_ for id_, one in plan.contracts.items() if one.minimum_per_day or id_ in shared)
    return {id_: n for n, id_ in enumerate(special, start=1)}


def apart(offsets: NDArray[np.int32], offset: int) -> NDArray[np.int32]:
    """How many minutes of the day lie between zones, the short way round."""
    distance: NDArray[np.int32] = np.abs(offsets - offset) % 1440
    return np.minimum(distance, 1440 - distance)


STEPS: Final[Mapping[Preference, Why]] = {
    Preference.LEAST_FLEXIBLE: Why.LEAST_FLEXIBLE,
    Preference.CLOSEST_LEVEL: Why.CLOSEST_LEVEL,
    Preference.NEAREST_DIALECT: Why.NEAREST_DIALECT,
    Preference.NEAREST_ZONE: Why.NEAREST_ZONE,
    Preference.LOWEST_COST: Why.LOWEST_COST,
}


def never_reasons(form: Form) -> dict[str, int]:
    """How many never may, by the first rule against them; worked out when somebody reads it."""
    if form.never_counted is None:
        form.never_counted = _count_never(form)
    return form.never_counted


def _count_never(form: Form) -> dict[str, int]:
    columns, demand, plan = form.columns, form.demand, form.columns.plan
    left = columns.sizes.copy()
    found: dict[str, int] = {}

    def against(mask: NDArray[np.bool_], reason: Reason) -> None:
        count = int(left[mask].sum())
        if count:
            found[reason.value] = found.get(reason.value, 0) + count
        left[mask] = 0

    count = len(left)
    if demand.pool is not None:
        elsewhere = np.ones(count, bool)
        elsewhere[[row for row in columns.roster.by_pool.get(demand.pool, ()) if row < count]] = False
        against(elsewhere, Reason.NOT_ADDRESSED)
    brand = plan.brands.get(demand.brand)
    if brand is None:
        against(np.ones(count, bool), Reason.BRAND_UNKNOWN)
        return found
    stages = {
        reason: np.zeros(count, bool)
        for reason in (Reason.NO_CONTRACT, Reason.CHANNEL_NOT_ALLOWED, Reason.NO_PERSONA, Reason.DATA_ACCESS)
    }
    faces = np.zeros(count, bool)
    faces[[row for row in columns.roster.faces.get(demand.brand, ()) if row < count]] = True
    for n in columns.contracts_of[demand.brand]:
        contract = columns.contracts[n]
        if contract.kinds and demand.kind not in contract.kinds:
            continue
        rows = [row for pool in columns.pool_rows[n] for row in columns.roster.by_pool.get(pool, ()) if row < count]
        stages[Reason.NO_CONTRACT][rows] = True
        if demand.channel not in contract.channels:
            continue
        stages[Reason.CHANNEL_NOT_ALLOWED][rows] = True
        shown = [row for row in rows if contract.presentation is not Presentation.BRAND or faces[row]]
        stages[Reason.NO_PERSONA][shown] = True
        if may_see(plan, contract, demand):
            stages[Reason.DATA_ACCESS][shown] = True
    for reason in (Reason.NO_CONTRACT, Reason.CHANNEL_NOT_ALLOWED, Reason.NO_PERSONA):
        against(~stages[reason], reason)
    for countries in (brand.residency, demand.residency):
        if countries:
            against(~np.isin(columns.country, list(countries)), Reason.RESIDENCY)
    against(~stages[Reason.DATA_ACCESS], Reason.DATA_ACCESS)
    if brand.certification_required:
        certified = np.zeros(count, bool)
        certified[[row for row in columns.roster.certified.get(demand.brand, ((), ()))[0] if row < count]] = True
        against(~certified, Reason.NOT_CERTIFIED)
    levels, tags = columns.roster.levels[:, :count], columns.roster.tags
    wanted = demand.languages or brand.languages
    rows = [tags[tag] for tag in tags if any(near(wish, tag) <= SAME_LANGUAGE_MAX for wish in wanted)]
    best = levels[rows].max(axis=0) if rows else np.zeros(count, np.uint8)
    least = needed_level(demand, brand)
    against((best < least) & (best >= Level.A1), Reason.LANGUAGE_BELOW_FLOOR)
    against(best < least, Reason.LANGUAGE_MISSING)
    for skill, level in skills_needed(plan, demand).items():
        row = columns.roster.skill_rows.get(skill)
        against(columns.roster.skills[row, :count] < level if row is not None else np.full(count, level > 0), Reason.SKILL_MISSING)
    return found


def _dates(contract: Contract) -> tuple[int, int]:
    since = micros(day_start(contract.valid_from, contract.zone)) if contract.valid_from else 0
    until = micros(end_of(contract.valid_to, contract.zone)) if contract.valid_to else NEVER
    return since, until


def _end_of_ordinal(day: int, zone: str) -> int:
    return micros(end_of(date.fromordinal(day), zone))


def _groups(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each column the number of its group: those with equal keys stand together."""
    group = np.zeros(keys.shape[1], np.int64)
    if len(group) > 1:
        np.cumsum((keys[:, 1:] != keys[:, :-1]).any(axis=0), out=group[1:])
    return group


_NOTHING: Final[Rows] = np.zeros(0, np.intp)
_NOWHERE: Final = Ground(_NOTHING, np.zeros(0, np.int32), np.zeros(0, np.int64))
_NO_MATCH: Final = (np.zeros(0, np.int16), np.zeros(0, np.int16), None)


class _NoView(View):
    __slots__ = ()

    def __init__(self) -> None:
        self.everything, self.course, self.profile, self.ends = True, _NOTHING, _NOTHING, _NOTHING


_NO_VIEW: Final = _NoView()
