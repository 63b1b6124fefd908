"""Who may take an inquiry.

Pure: given an agent and a demand, answer yes, and under which contract, or every reason why not. The rules come in three layers, by what can
change them: *permanent* ones (until other rules or another demand), *dated* ones (the calendar: contracts, certifications, hours) and
*standing* ones (the agent right now). The engine compiles the first layer once per profile and asks the others at every offer and accept;
`explain` asks all three of everybody. Order among the able is ranking's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from i18n.levels import Level
from i18n.tags import UNRELATED, InvalidTag, distance
from routing.hours import calendar, day_start, end_of
from routing.model import Agent, Availability, Brand, Contract, ContractId, Demand, Plan, PoolId, Presentation, Wish
from routing.reasons import Reason

SAME_LANGUAGE_MAX: Final = 10
"""Tags this near (in writing) count as the same language: pt-BR and pt-PT do, Simplified and Traditional Chinese do not."""

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One contract under which an agent may take a demand: from when to when, at which tier, and after how long a wait."""

    contract: ContractId
    tier: int
    overflow_after_seconds: float
    overflow_wait_seconds: float | None
    valid_from: datetime
    valid_until: datetime
    certified_until: datetime

    def holds(self, at: datetime) -> bool:
        """Do the dates allow it at this instant?"""
        return self.valid_from <= at < self.valid_until and at < self.certified_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How an agent's languages meet a demand. `spoken` counts the brand's languages held, where the customer's is not known."""

    above: int
    distance: int
    spoken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An agent right now, as the engine knows it."""

    availability: Availability = Availability.READY
    connected: bool = True
    seats_used: int = 0
    in_channel: int = 0
    declined_until: datetime | None = None
    declines: int = 0


def reasons_against(
    plan: Plan,
    agent: Agent,
    demand: Demand,
    now: datetime,
    *,
    standing: Standing | None = None,
    waited_seconds: float | None = None,
    first_tier: int | None = None,
    used_up: Mapping[ContractId, Reason] | None = None,
    expected_seconds: float = 0.0,
) -> tuple[Reason, ...]:
    """Every reason why this agent may not be offered this demand now; none: may.

    Without `standing` the agent's own state is not asked; without `waited_seconds` every tier has its turn and no wish counts.
    `first_tier` is the lowest tier that is open for this demand: it never waits, and the others wait for it alone. `used_up` are
    the contracts that take no more today, and why; `expected_seconds` is the wait that was estimated.
    """
    reasons = [*permanent_reasons(plan, agent, demand), *dated_reasons(plan, agent, demand, now)]
    holding = [term for term in terms(plan, agent, demand) if term.holds(now)]
    closed = used_up or {}
    if holding and all(term.contract in closed for term in holding):
        reasons.append(closed[holding[0].contract])
    if standing is not None:
        reasons += standing_reasons(plan, agent, demand, standing, now)
    if waited_seconds is not None and not reasons:
        left = [term for term in holding if term.contract not in closed]
        if not any(reached(term, demand, waited_seconds, first_tier, expected_seconds) for term in left):
            reasons.append(Reason.TIER_NOT_YET)
        elif waited_seconds < wished_until(plan, agent, demand):
            reasons.append(Reason.WISH_NOT_MET)
    return tuple(reasons)


def permanent_reasons(plan: Plan, agent: Agent, demand: Demand) -> Iterator[Reason]:
    """What no passing of time changes."""
    brand = plan.brands.get(demand.brand)
    if (demand.pool or agent.pool) != agent.pool or (demand.agent or agent.id) != agent.id:
        yield Reason.NOT_ADDRESSED
    if brand is None:
        yield Reason.BRAND_UNKNOWN
        return
    contracts = tuple(_contracts(plan, agent.pool, demand, brand))
    in_channel = tuple(contract for contract in contracts if demand.channel in contract.channels)
    if not contracts:
        yield Reason.NO_CONTRACT
    elif not in_channel:
        yield Reason.CHANNEL_NOT_ALLOWED
    elif not any(_can_present(agent, brand, contract) for contract in in_channel):
        yield Reason.NO_PERSONA
    country = plan.pools[agent.pool].country
    if not all(country in countries for countries in (brand.residency, demand.residency) if countries):
        yield Reason.RESIDENCY
    shown = [contract for contract in in_channel if _can_present(agent, brand, contract)]
    if shown and not any(may_see(plan, contract, demand) for contract in shown):
        yield Reason.DATA_ACCESS
    if brand.certification_required and brand.id not in agent.certifications:
        yield Reason.NOT_CERTIFIED
    if match(agent, demand, brand) is None:
        yield Reason.LANGUAGE_BELOW_FLOOR if match(agent, demand, brand, floor=Level.A1) else Reason.LANGUAGE_MISSING
    if any(agent.skills.get(skill, 0) < level for skill, level in skills_needed(plan, demand).items()):
        yield Reason.SKILL_MISSING


def dated_reasons(plan: Plan, agent: Agent, demand: Demand, now: datetime) -> Iterator[Reason]:
    """What the calendar says at this instant."""
    possible = terms(plan, agent, demand)
    if possible and not any(term.valid_from <= now < term.valid_until for term in possible):
        yield Reason.CONTRACT_NOT_VALID
    if certified_until(plan, agent, demand) <= now:
        yield Reason.CERTIFICATION_EXPIRED
    if not calendar(plan.pools[agent.pool].hours).is_open(now):
        yield Reason.POOL_CLOSED
    if agent.shift is not None and not calendar(agent.shift).is_open(now):
        yield Reason.OFF_SHIFT


def standing_reasons(plan: Plan, agent: Agent, demand: Demand, standing: Standing, now: datetime) -> Iterator[Reason]:
    """What the agent's own state says."""
    unavailable = {Availability.OFFLINE: Reason.OFFLINE, Availability.AWAY: Reason.AWAY, Availability.WRAP_UP: Reason.IN_WRAP_UP}
    if standing.availability in unavailable:
        yield unavailable[standing.availability]
    elif not standing.connected:
        yield Reason.NOT_CONNECTED
    if standing.seats_used + plan.policy.weights.get(demand.channel, 1) > agent.seats:
        yield Reason.SEATS_FULL
    elif standing.in_channel >= agent.ceilings.get(demand.channel, standing.in_channel + 1):
        yield Reason.CHANNEL_FULL
    if standing.declines >= plan.policy.decline_rounds_max:
        yield Reason.DECLINED_TOO_OFTEN
    elif standing.declined_until is not None and now < standing.declined_until:
        yield Reason.DECLINED


def terms(plan: Plan, agent: Agent, demand: Demand) -> tuple[Term, ...]:
    """The contracts under which this agent could present this demand, dates left open; lowest tier first."""
    brand = plan.brands.get(demand.brand)
    if brand is None:
        return ()
    certified = certified_until(plan, agent, demand)
    able = (
        c
        for c in _contracts(plan, agent.pool, demand, brand)
        if demand.channel in c.channels and _can_present(agent, brand, c) and may_see(plan, c, demand)
    )
    return tuple(_term(contract, certified) for contract in sorted(able, key=lambda c: (c.tier, c.overflow_after_seconds, c.id)))


def reached(term: Term, demand: Demand, waited_seconds: float, first_tier: int | None, expected_seconds: float = 0.0) -> bool:
    """Has this contract's turn come? A transfer names its target, so it does not wait for the overflow; nor does anybody wait for a
    lower tier that is closed or has nobody for this, nor where the wait that was estimated is longer than the contract lets it be."""
    if demand.pool is not None or demand.agent is not None:
        return True
    if term.overflow_wait_seconds is not None and expected_seconds > term.overflow_wait_seconds:
        return True
    return waited_seconds >= term.overflow_after_seconds or (first_tier is not None and term.tier <= first_tier)


def wishes_for(plan: Plan, demand: Demand) -> tuple[Wish, ...]:
    """What is wished for this demand while it is young: the brand's wishes and the kind's. A transfer names its target: no wishes."""
    if demand.pool is not None or demand.agent is not None:
        return ()
    brand, kind = plan.brands.get(demand.brand), plan.kinds.get(demand.kind)
    return (*(brand.wishes if brand else ()), *(kind.wishes if kind else ()))


def wished_until(plan: Plan, agent: Agent, demand: Demand) -> float:
    """The age in seconds from which no wish speaks against this agent any more; 0: none does."""
    brand = plan.brands.get(demand.brand)
    found = match(agent, demand, brand) if brand is not None else None
    if brand is None or found is None:
        return 0.0
    level, until = needed_level(demand, brand) + found.above, 0.0
    for wish in wishes_for(plan, demand):
        unmet = (
            (wish.level is not None and level < wish.level)
            or (wish.dialect and bool(demand.languages) and found.distance > 0)
            or any(agent.skills.get(skill, 0) < needed for skill, needed in wish.skills.items())
        )
        until = max(until, wish.until_seconds) if unmet else until
    return until


def may_see(plan: Plan, contract: Contract, demand: Demand) -> bool:
    """Does the contract let its agents see the customers' data this kind of work touches?"""
    kind = plan.kinds.get(demand.kind)
    return kind is None or contract.data is None or kind.data <= contract.data


def match(agent: Agent, demand: Demand, brand: Brand, floor: Level | None = None) -> Match | None:
    """The agent's best language for this demand at or above the floor, nearest dialect first; None: none will do.

    While the language is unknown, one of the brand's languages must do, and the more of them the better.
    """
    least = floor or needed_level(demand, brand)
    able = [(tag, level) for tag, level in agent.languages.items() if level >= least]
    wanted = demand.languages or brand.languages
    found = [(lost, level - least) for tag, level in able for wish in wanted if (lost := near(wish, tag)) <= SAME_LANGUAGE_MAX]
    if not found:
        return None
    lost, above = min(found)
    if demand.languages:
        return Match(above=above, distance=lost)
    spoken = sum(any(near(wish, tag) <= SAME_LANGUAGE_MAX for tag, _ in able) for wish in brand.languages)
    return Match(above=above, distance=lost, spoken=spoken)


def needed_level(demand: Demand, brand: Brand) -> Level:
    """The floor: the brand's, or the demand's where that is higher."""
    return max(brand.floor, demand.floor or brand.floor)


def skills_needed(plan: Plan, demand: Demand) -> dict[str, int]:
    """What the kind of work and the demand ask for together."""
    kind = plan.kinds.get(demand.kind)
    needed = dict(kind.skills) if kind else {}
    for skill, level in demand.skills.items():
        needed[skill] = max(level, needed.get(skill, 0))
    return needed


def certified_until(plan: Plan, agent: Agent, demand: Demand) -> datetime:
    """The instant the certification for the brand ends: the end of its last day where the agent's pool is."""
    brand = plan.brands.get(demand.brand)
    if brand is None or not brand.certification_required:
        return FOREVER
    last = agent.certifications.get(demand.brand)
    return FOREVER if last is None else end_of(last, plan.pools[agent.pool].hours.zone)


@lru_cache(maxsize=65536)
def near(wanted: str, held: str) -> int:
    """How much is lost by answering the one in the other; a tag that is none is near nothing but itself."""
    try:
        return 0 if wanted == held else distance(wanted, held, use="writing")
    except InvalidTag:
        return UNRELATED


def _contracts(plan: Plan, pool: PoolId, demand: Demand, brand: Brand) -> Iterator[Contract]:
    """Empty `brands` or `kinds` of a contract mean all of the client's."""
    vendor = plan.pools[pool].vendor
    for contract in plan.contracts.values():
        ours = contract.pool == pool if contract.pool is not None else contract.vendor == vendor
        if (
            ours
            and contract.client == brand.client
            and demand.brand in (contract.brands or {demand.brand})
            and demand.kind in (contract.kinds or {demand.kind})
        ):
            yield contract


def _can_present(agent: Agent, brand: Brand, contract: Contract) -> bool:
    return contract.presentation is not Presentation.BRAND or brand.id in agent.personas


def _term(contract: Contract, certified: datetime) -> Term:
    return Term(
        contract=contract.id,
        tier=contract.tier,
        overflow_after_seconds=contract.overflow_after_seconds,
        overflow_wait_seconds=contract.overflow_wait_seconds,
        valid_from=day_start(contract.valid_from, contract.zone) if contract.valid_from else ALWAYS,
        valid_until=end_of(contract.valid_to, contract.zone) if contract.valid_to else FOREVER,
        certified_until=certified,
    )
