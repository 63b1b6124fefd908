"""Who may, who of those, and which first: the rules of routing as plainly as they can be written.

Every question is worked out from the plan, the clock and a list of what happened; every agent is asked every time. The first half says who may
take an inquiry now (`why_not`), the second who of those shall (`choose`), the third in which order those that wait are served (`waiting`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from i18n.levels import Level
from i18n.tags import UNRELATED, InvalidTag, distance
from routing.hours import calendar, day_start
from routing.model import (
    Agent,
    AgentId,
    Availability,
    Brand,
    Contract,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    Kind,
    Plan,
    Preference,
    Presentation,
    Share,
    Wish,
)
from routing.reasons import COUNTED, DATED, Reason

SAME_LANGUAGE = 10
A_DAY = timedelta(days=1)
PASSING = DATED | COUNTED
LONG_AGO = datetime.min.replace(tzinfo=UTC)

Pair = tuple[Agent, Contract]
"""Somebody who may take an inquiry, and under which contract."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """An agent at work. `turn` is the number of the last turn they had: the lower, the longer idle."""

    id: AgentId
    availability: Availability = Availability.OFFLINE
    reason: str | None = None
    connected: bool = False
    turn: int = 0
    lost_at: datetime | None = None
    mails_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Case:
    """An inquiry from arrival to the end of its wrap-up. `fresh` until it was tried whether anybody may take it; `held` for its customer's
    last agent."""

    id: InquiryId
    demand: Demand
    arrived: datetime
    stage: str = "waiting"
    front: bool = False
    fresh: bool = True
    held: bool = False
    offers: int = 0
    agent: AgentId | None = None
    contract: ContractId | None = None
    weight: int = 0
    until: datetime | None = None
    ends: datetime | None = None
    not_again_until: dict[AgentId, datetime] = field(default_factory=dict)
    declines: dict[AgentId, int] = field(default_factory=dict)


class Rules:
    """The floor, and what the rules say of it now."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.now = LONG_AGO
        self.desks: list[Desk] = []
        self.cases: list[Case] = []
        self.accepted: list[tuple[ContractId, datetime]] = []
        self.turns = 0

    # who may

    def pairs(self, case: Case) -> list[Pair]:
        """Everybody who may be offered it now, and under which contracts."""
        keeper = self.keeper(case)
        if keeper is not None:
            return [
                (keeper, contract)
                for contract in self.plan.contracts.values()
                if not any(self.hard(keeper, contract, case.demand)) and self.has_room(keeper, case.demand)
            ]
        return [
            (agent, contract)
            for agent in self.plan.agents.values()
            for contract in self.plan.contracts.values()
            if self.why_not(case, agent, contract) is None
        ]

    def why_not(self, case: Case, agent: Agent, contract: Contract) -> Reason | None:
        """The first rule against it: hard ones, the agent's own state, then what gives way with time."""
        for against in (self.hard, self.standing):
            for reason in against(agent, contract, case.demand):
                return reason
        if self.barred(case, agent):
            return Reason.DECLINED
        return next(self.soft(case, agent, contract), None)

    def hard(self, agent: Agent, contract: Contract, demand: Demand) -> Iterator[Reason]:
        """What no waiting relaxes; the same at offer and at accept."""
        brand, kind = self.plan.brands.get(demand.brand), self.plan.kinds.get(demand.kind, Kind(id=demand.kind))
        pool = self.plan.pools[agent.pool]
        if brand is None:
            yield Reason.BRAND_UNKNOWN
            return
        if demand.pool not in {None, agent.pool} or demand.agent not in {None, agent.id}:
            yield Reason.NOT_ADDRESSED
        if contract.client != brand.client or (contract.pool or agent.pool) != agent.pool:
            yield Reason.NO_CONTRACT
        if contract.vendor is not None and contract.vendor != pool.vendor:
            yield Reason.NO_CONTRACT
        if (contract.brands and brand.id not in contract.brands) or (contract.kinds and demand.kind not in contract.kinds):
            yield Reason.NO_CONTRACT
        if demand.channel not in contract.channels:
            yield Reason.CHANNEL_NOT_ALLOWED
        if contract.presentation is Presentation.BRAND and brand.id not in agent.personas:
            yield Reason.NO_PERSONA
        if any(countries and pool.country not in countries for countries in (brand.residency, demand.residency)):
            yield Reason.RESIDENCY
        if contract.data is not None and not kind.data <= contract.data:
            yield Reason.DATA_ACCESS
        if brand.certification_required:
            if brand.id not in agent.certifications:
                yield Reason.NOT_CERTIFIED
            elif self.over(agent.certifications[brand.id], pool.hours.zone):
                yield Reason.CERTIFICATION_EXPIRED
        if not languages_that_do(agent, demand, brand, floor_of(demand, brand)):
            yield Reason.LANGUAGE_BELOW_FLOOR
        if not has_skills(agent, kind.skills) or not has_skills(agent, demand.skills):
            yield Reason.SKILL_MISSING
        if contract.valid_from is not None and self.now < day_start(contract.valid_from, contract.zone):
            yield Reason.CONTRACT_NOT_VALID
        if self.over(contract.valid_to, contract.zone):
            yield Reason.CONTRACT_NOT_VALID
        if not self.open(pool.hours):
            yield Reason.POOL_CLOSED
        if agent.shift is not None and not self.open(agent.shift):
            yield Reason.OFF_SHIFT
        yield from self._counted(contract)

    def _counted(self, contract: Contract) -> Iterator[Reason]:
        taken = self.taken_today(contract)
        if contract.cap_per_day is not None and taken >= contract.cap_per_day:
            yield Reason.CAP_REACHED
        if contract.budget_per_day is not None and (taken + 1) * contract.price > contract.budget_per_day:
            yield Reason.BUDGET_SPENT

    def standing(self, agent: Agent, contract: Contract, demand: Demand) -> Iterator[Reason]:
        """What the agent's own state says."""
        desk = self.desk(agent.id)
        if desk.availability is not Availability.READY:
            yield Reason.AWAY
        if not desk.connected:
            yield Reason.NOT_CONNECTED
        if not self.has_room(agent, demand):
            yield Reason.SEATS_FULL

    def soft(self, case: Case, agent: Agent, contract: Contract) -> Iterator[Reason]:
        """What gives way as the inquiry waits."""
        if not self._tier_reached(case, contract):
            yield Reason.TIER_NOT_YET
        if not self._wishes_met(case, agent):
            yield Reason.WISH_NOT_MET
        if self._anothers_turn(case, contract):
            yield Reason.SHARE_TURN
        if self._seats_kept(case, agent):
            yield Reason.SEATS_KEPT

    def has_room(self, agent: Agent, demand: Demand) -> bool:
        """Are there seats, and is the channel below its ceiling?"""
        held = [one for one in self.cases if one.agent == agent.id]
        in_channel = sum(one.demand.channel is demand.channel for one in held)
        ceiling = agent.ceilings.get(demand.channel)
        return sum(one.weight for one in held) + self.weight(demand) <= agent.seats and (ceiling is None or in_channel < ceiling)

    def barred(self, case: Case, agent: Agent) -> bool:
        """Did they decline or miss it just now, or too often?"""
        too_often = case.declines.get(agent.id, 0) >= self.plan.policy.decline_rounds_max
        return too_often or self.now < case.not_again_until.get(agent.id, LONG_AGO)

    def keeper(self, case: Case) -> Agent | None:
        """The agent the customer knows, where it is theirs: handed out anew while they are free, or held for them."""
        known = self.plan.agents.get(case.demand.last_agent or AgentId(""))
        if known is None or not self._here_for(known, case):
            return None
        return known if (case.fresh and self.has_room(known, case.demand)) or case.held else None

    def hold(self, case: Case) -> None:
        """What was handed out in vain is held for the agent its customer knows, if they are there and just busy; not for ever, and not
        once they have gone."""
        known = self.plan.agents.get(case.demand.last_agent or AgentId(""))
        young = self.now < case.arrived + seconds(self.plan.policy.sticky_hold_seconds)
        case.held = (case.held or case.fresh) and young and known is not None and self._here_for(known, case)
        case.fresh = False

    def _here_for(self, agent: Agent, case: Case) -> bool:
        desk = self.desk(agent.id)
        ready = desk.availability is Availability.READY and desk.connected
        return ready and not self.barred(case, agent) and self.entitled(agent, case.demand)

    def entitled(self, agent: Agent, demand: Demand) -> bool:
        return any(not any(self.hard(agent, contract, demand)) for contract in self.plan.contracts.values())

    def _tier_reached(self, case: Case, contract: Contract) -> bool:
        """The lowest tier that is open never waits, the others until their time has come; who is addressed does not wait."""
        if case.demand.pool is not None or case.demand.agent is not None:
            return True
        if self.now >= case.arrived + seconds(contract.overflow_after_seconds):
            return True
        return contract.tier <= min(one.tier for one in self.plan.contracts.values() if self._is_open(one, case.demand))

    def _is_open(self, contract: Contract, demand: Demand) -> bool:
        """Is there anybody at all to whom hours, dates and caps allow it now?"""
        return any(not any(self.hard(agent, contract, demand)) for agent in self.plan.agents.values())

    def ever(self, agent: Agent, demand: Demand) -> Iterator[Contract]:
        """The contracts under which this agent might take it some day."""
        for contract in self.plan.contracts.values():
            if PASSING.issuperset(self.hard(agent, contract, demand)):
                yield contract

    def _wishes_met(self, case: Case, agent: Agent) -> bool:
        """Judged by the language in which the agent would answer: the nearest; of several, the one closest above the floor."""
        brand = self.plan.brands[case.demand.brand]
        floor = floor_of(case.demand, brand)
        lost, above = min(languages_that_do(agent, case.demand, brand, floor))
        return all(
            (wish.level is None or floor + above >= wish.level)
            and (not wish.dialect or not case.demand.languages or lost == 0)
            and has_skills(agent, wish.skills)
            for wish in self._wishes(case, brand)
        )

    def _wishes(self, case: Case, brand: Brand) -> list[Wish]:
        if case.demand.pool is not None or case.demand.agent is not None:
            return []
        kind = self.plan.kinds.get(case.demand.kind)
        every = [*brand.wishes, *(kind.wishes if kind else ())]
        return [wish for wish in every if self.now < case.arrived + seconds(wish.until_seconds)]

    def _anothers_turn(self, case: Case, contract: Contract) -> bool:
        """Does a strict share wait for another contract that is open for this, whether anybody is free there or not?"""
        for share in self.plan.shares.values():
            if share.strict and contract.id in share.weights and self.taken_today(contract) >= contract.minimum_per_day:
                return (
                    self.turn(share, {one for one in share.weights if self._could_take(case, self.plan.contracts[one])})
                    != contract.id
                )
        return False

    def _could_take(self, case: Case, contract: Contract) -> bool:
        """Is there anybody at all to whom everything but their own state allows it now?"""
        return self._tier_reached(case, contract) and any(
            not any(self.hard(agent, contract, case.demand)) and self._wishes_met(case, agent)
            for agent in self.plan.agents.values()
        )

    def _seats_kept(self, case: Case, agent: Agent) -> bool:
        """Does something heavier wait, past the guard, for seats that this agent would give away?"""
        guard = self.plan.policy.ageing_guard_seconds
        return guard is not None and any(
            self.weight(other.demand) > self.weight(case.demand)
            and self.now > other.arrived + seconds(guard)
            and self._would_take(other, agent)
            for other in self.waiting()
        )

    def _would_take(self, heavy: Case, agent: Agent) -> bool:
        """Are seats all that this agent lacks for it?"""
        weight = self.weight(heavy.demand)
        held = [one for one in self.cases if one.agent == agent.id]
        ceiling = agent.ceilings.get(heavy.demand.channel)
        in_channel = sum(one.demand.channel is heavy.demand.channel for one in held)
        short_of_seats = sum(one.weight for one in held) + weight > agent.seats >= weight
        return (
            short_of_seats
            and (ceiling is None or in_channel < ceiling)
            and not self.barred(heavy, agent)
            and self.keeper(heavy) in {None, agent}
            and any(
                not any(self.hard(agent, contract, heavy.demand))
                and self._tier_reached(heavy, contract)
                and self._wishes_met(heavy, agent)
                for contract in self.plan.contracts.values()
            )
        )

    # who of those who may

    def choose(self, case: Case, able: list[Pair]) -> Pair:
        """One rule after the other, each leaving those it likes best."""
        able = least(able, lambda pair: pair[1].tier)
        if len({contract.id for _, contract in able}) > 1:
            able = [(a, c) for a, c in able if self.taken_today(c) < c.minimum_per_day] or able
            able = self._whose_turn(able)
        brand = self.plan.brands[case.demand.brand]
        if not case.demand.languages:
            able = least(able, lambda pair: -languages_spoken(pair[0], case.demand, brand))
        for preference in self.plan.policy.choice:
            able = least(able, self._liking(preference, case.demand, brand))
        if self.plan.policy.fewest_in_hand:
            able = least(able, lambda pair: sum(one.agent == pair[0].id for one in self.cases))
        able = least(able, lambda pair: (self.desk(pair[0].id).turn, pair[0].id))
        return min(able, key=lambda pair: (pair[1].tier, pair[1].overflow_after_seconds, pair[1].id))

    def merit(self, demand: Demand, agent: Agent, contract: Contract) -> tuple[Any, ...]:
        """What the choice goes by before turns and the moment decide: the less, the better."""
        brand = self.plan.brands[demand.brand]
        liked = [self._liking(preference, demand, brand)((agent, contract)) for preference in self.plan.policy.choice]
        return (contract.tier, 0 if demand.languages else -languages_spoken(agent, demand, brand), *liked)

    def _liking(self, preference: Preference, demand: Demand, brand: Brand) -> Callable[[Pair], Any]:
        match preference:
            case Preference.LEAST_FLEXIBLE:
                return lambda pair: flexibility(self.plan, pair[0])
            case Preference.CLOSEST_LEVEL:
                return lambda pair: min(languages_that_do(pair[0], demand, brand, floor_of(demand, brand)))[1]
            case Preference.NEAREST_DIALECT:
                return lambda pair: min(languages_that_do(pair[0], demand, brand, floor_of(demand, brand)))[0]
            case Preference.NEAREST_ZONE:
                return lambda pair: self._hours_apart(demand.zone or brand.zone, self.plan.pools[pair[0].pool].hours.zone)
            case Preference.LOWEST_COST:
                return lambda pair: pair[1].price

    def _hours_apart(self, one: str, other: str) -> timedelta:
        """How far apart two clocks are now, the short way round."""
        here, there = (self.now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0) for zone in (one, other))
        apart = abs(here - there)
        return min(apart, A_DAY - apart)

    def _whose_turn(self, able: list[Pair]) -> list[Pair]:
        """Tijdeman's chairman rule among the contracts of one share."""
        there = {contract.id for _, contract in able}
        for share in self.plan.shares.values():
            if there <= set(share.weights):
                turn = self.turn(share, there)
                return [(agent, contract) for agent, contract in able if contract.id == turn]
        return able

    def turn(self, share: Share, there: set[ContractId]) -> ContractId:
        """Whose turn it is, of those who are there."""
        whole = sum(share.weights.values())
        weight = {contract: Fraction(share.weights[contract], whole) for contract in share.weights}
        taken = {contract: self.taken(contract) for contract in share.weights}
        slack = Fraction(1, 2 * len(weight) - 2)
        number = sum(taken.values()) + 1
        due = {c for c in there if weight[c] * number - taken[c] >= slack} or there
        return min(due, key=lambda c: ((taken[c] + 1 - slack) / weight[c], c))

    def taken(self, contract: ContractId) -> int:
        """What was accepted under a contract, and what rings."""
        return sum(one == contract for one, _ in self.accepted) + self._ringing_under(contract)

    def taken_today(self, contract: Contract) -> int:
        """The same, of today where the contract counts its days."""
        zone = ZoneInfo(contract.zone)
        today = self.now.astimezone(zone).date()
        before = sum(one == contract.id and at.astimezone(zone).date() == today for one, at in self.accepted)
        return before + self._ringing_under(contract.id)

    def _ringing_under(self, contract: ContractId) -> int:
        return sum(one.stage == "offered" and one.contract == contract for one in self.cases)

    # which of those that wait

    def waiting(self) -> list[Case]:
        """Those that wait, in the order in which they are to be served."""
        return sorted((one for one in self.cases if one.stage == "waiting"), key=self._place)

    def _place(self, case: Case) -> tuple[datetime, datetime, InquiryId]:
        """Arrival less the head start of priority, of a promise, and of having been taken before."""
        kind = self.plan.kinds.get(case.demand.kind)
        priority = case.demand.priority if case.demand.priority is not None else kind.priority if kind else 0
        head_start = priority * seconds(self.plan.policy.priority_step_seconds) + self._promised(case.demand)
        return (case.arrived - head_start - (A_DAY if case.front else timedelta(0)), case.arrived, case.id)

    def _promised(self, demand: Demand) -> timedelta:
        """How much sooner than the plan's longest promise this must be answered."""
        promises = [c.answer_within_seconds for c in self.plan.contracts.values() if c.answer_within_seconds is not None]
        ours = [
            contract.answer_within_seconds
            for agent in self.plan.agents.values()
            for contract in self.ever(agent, demand)
            if contract.answer_within_seconds is not None
        ]
        return seconds(max(promises) - min(ours)) if ours else timedelta(0)

    # plain look-ups

    def desk(self, id_: AgentId) -> Desk:
        for desk in self.desks:
            if desk.id == id_:
                return desk
        self.desks.append(Desk(id=id_))
        return self.desks[-1]

    def held(self, id_: AgentId) -> list[Case]:
        return sorted((one for one in self.cases if one.agent == id_), key=lambda one: one.id)

    def weight(self, demand: Demand) -> int:
        return self.plan.policy.weights.get(demand.channel, 1)

    def open(self, hours: Hours) -> bool:
        return calendar(hours).is_open(self.now)

    def over(self, last: date | None, zone: str) -> bool:
        """Is this last day over, there?"""
        return last is not None and self.now >= day_start(last + A_DAY, zone)


# plain facts


def seconds(number: float) -> timedelta:
    """A number of seconds as a span."""
    return timedelta(seconds=number)


def least(able: list[Pair], by: Callable[[Pair], Any]) -> list[Pair]:
    """Those for which this is smallest."""
    smallest = min(map(by, able))
    return [pair for pair in able if by(pair) == smallest]


def floor_of(demand: Demand, brand: Brand) -> Level:
    """The brand's floor, or the demand's where that is higher."""
    return max(brand.floor, demand.floor or brand.floor)


def languages_that_do(agent: Agent, demand: Demand, brand: Brand, needed: Level) -> list[tuple[int, int]]:
    """For each of the agent's languages that will do at this level: how far it is from what is asked, and how far above the level."""
    return [
        (near(wish, tag), level - needed)
        for tag, level in agent.languages.items()
        for wish in (demand.languages or brand.languages)
        if level >= needed and near(wish, tag) <= SAME_LANGUAGE
    ]


def languages_spoken(agent: Agent, demand: Demand, brand: Brand) -> int:
    """How many of the brand's languages somebody can answer in."""
    held = [tag for tag, level in agent.languages.items() if level >= floor_of(demand, brand)]
    return sum(any(near(wish, tag) <= SAME_LANGUAGE for tag in held) for wish in brand.languages)


def near(wanted: str, held: str) -> int:
    """How much is lost by answering the one in the other."""
    try:
        return 0 if wanted == held else distance(wanted, held, use="writing")
    except InvalidTag:
        return UNRELATED


def has_skills(agent: Agent, wanted: Mapping[str, int]) -> bool:
    """Has the agent every skill at its level?"""
    return all(agent.skills.get(skill, 0) >= level for skill, level in wanted.items())


def flexibility(plan: Plan, agent: Agent) -> int:
    """How much else somebody could do: brands times languages, and skills."""
    brands = sum(not brand.certification_required or brand.id in agent.certifications for brand in plan.brands.values())
    return brands * len(agent.languages) + len(agent.skills)
