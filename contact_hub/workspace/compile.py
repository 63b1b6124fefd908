"""From the file to the plan: what routing needs of a workspace and nothing that it could leak.

Names, faces, addresses and texts stay behind. What the file leaves open by an empty list is said in full here, so that the engine
never has to know what "all" means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from contact_hub.workspace import coverage
from contact_hub.workspace import model as file
from contact_hub.workspace.country_groups import countries_in
from i18n.money import in_smallest_units
from routing.model import (
    Agent,
    AgentId,
    Block,
    Brand,
    BrandId,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Hours,
    Kind,
    Plan,
    Policy,
    Pool,
    PoolId,
    Share,
    Span,
    VendorId,
    Wish,
)


def compile_plan(workspace: file.Workspace, version: int) -> Plan:
    """One version of the rules, for the engine. The workspace must be free of errors."""
    zones = {pool.id: pool.zone for pool in workspace.pools}
    return Plan(
        version=version,
        pools={PoolId(pool.id): _pool(pool) for pool in workspace.pools},
        agents={AgentId(agent.id): _agent(agent, zones[agent.pool], workspace.brands) for agent in workspace.agents},
        brands={BrandId(brand.id): _brand(brand) for brand in workspace.brands},
        contracts={ContractId(contract.id): _contract(contract, workspace) for contract in workspace.contracts},
        kinds={kind.id: _kind(kind) for kind in workspace.kinds},
        policy=_policy(workspace.rules),
        shares={share.id: _share(share) for share in workspace.shares},
    )


def _pool(pool: file.Pool) -> Pool:
    return Pool(
        id=PoolId(pool.id),
        vendor=VendorId(pool.vendor) if pool.vendor else None,
        sourcing=pool.sourcing,
        country=pool.country,
        hours=_hours(pool.zone, pool.hours, pool.overrides, pool.holidays),
    )


def _agent(agent: file.Agent, zone: str, brands: Sequence[file.Brand]) -> Agent:
    return Agent(
        id=AgentId(agent.id),
        pool=PoolId(agent.pool),
        languages=dict(agent.languages),
        skills=dict(agent.skills),
        certifications={BrandId(brand): last for brand, last in agent.certifications.items()},
        personas=frozenset(BrandId(brand.id) for brand in brands if coverage.persona_of(brand, agent)),
        seats=agent.seats,
        ceilings=dict(agent.ceilings),
        shift=_hours(zone, agent.shift, agent.shift_overrides) if agent.shift is not None else None,
    )


def _brand(brand: file.Brand) -> Brand:
    return Brand(
        id=BrandId(brand.id),
        client=ClientId(brand.client),
        languages=brand.languages,
        floor=brand.floor,
        certification_required=brand.certification_required,
        residency=countries_in(brand.residency),
        wishes=_wishes(brand.wishes),
        zone=brand.zone,
    )


def _kind(kind: file.Kind) -> Kind:
    return Kind(
        id=kind.id,
        skills=dict(kind.skills),
        priority=kind.priority,
        wishes=_wishes(kind.wishes),
        data=frozenset(kind.data),
    )


def _wishes(wishes: Sequence[file.Wish]) -> tuple[Wish, ...]:
    return tuple(
        Wish(until_seconds=wish.until_seconds, level=wish.level, skills=dict(wish.skills), dialect=wish.dialect) for wish in wishes
    )


def _contract(contract: file.Contract, workspace: file.Workspace) -> Contract:
    brands = [brand.id for brand in workspace.brands if coverage.covers(contract, brand)]
    return Contract(
        id=ContractId(contract.id),
        client=ClientId(contract.client),
        pool=PoolId(contract.pool) if contract.pool else None,
        vendor=VendorId(contract.vendor) if contract.vendor else None,
        brands=frozenset(map(BrandId, brands)),
        kinds=frozenset(contract.kinds or [kind.id for kind in workspace.kinds]),
        channels=frozenset(contract.channels),
        tier=contract.tier,
        overflow_after_seconds=contract.overflow_after_seconds,
        presentation=contract.presentation,
        zone=contract.zone or next(client.zone for client in workspace.clients if client.id == contract.client),
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
        overflow_wait_seconds=contract.overflow_wait_seconds,
        price=_units(contract.price, contract) or 0,
        cap_per_day=contract.cap_per_day,
        budget_per_day=_units(contract.budget_per_day, contract),
        minimum_per_day=contract.minimum_per_day,
        data=None if contract.data is None else frozenset(contract.data),
        answer_within_seconds=_promise(contract),
    )


def _units(amount: Decimal | None, contract: file.Contract) -> int | None:
    """In the smallest unit of the contract's currency; without one there is nothing but zero to count."""
    return None if amount is None else in_smallest_units(amount, contract.currency) if contract.currency else 0


def _promise(contract: file.Contract) -> float | None:
    """What was promised to each inquiry, or what the target for most of them, or for their mean, makes of it."""
    level = contract.targets.service_level
    target = level.seconds if level is not None else contract.targets.answer_seconds
    return target if contract.answer_within_seconds is None else contract.answer_within_seconds


def _share(share: file.Share) -> Share:
    weights = {ContractId(contract): weight for contract, weight in share.contracts.items()}
    return Share(id=share.id, weights=weights, catch_up=share.catch_up, strict=share.strict)


def _policy(rules: file.Rules) -> Policy:
    return Policy(
        offer_seconds={Channel.CHAT: rules.offer_seconds.chat, Channel.EMAIL: rules.offer_seconds.email},
        weights={Channel.CHAT: rules.weights.chat, Channel.EMAIL: rules.weights.email},
        priority_step_seconds=rules.priority_step_seconds,
        decline_cooldown_seconds=rules.decline_cooldown_seconds,
        decline_rounds_max=rules.decline_rounds_max,
        missed_offer_makes_away=rules.missed_offer_makes_away,
        offer_grace_seconds=rules.offer_grace_seconds,
        chat_grace_seconds=rules.chat_grace_seconds,
        email_grace_seconds=rules.email_grace_seconds,
        wrap_up_seconds=rules.wrap_up_seconds,
        takeover_grace_seconds=rules.takeover_grace_seconds,
        sticky_hold_seconds=rules.sticky_hold_seconds,
        ageing_guard_seconds=rules.ageing_guard_seconds,
        auto_accept=frozenset(rules.auto_accept),
        choice=rules.choice,
        fewest_in_hand=rules.fewest_in_hand,
    )


def _hours(
    zone: str, week: Sequence[Sequence[Span]], overrides: Mapping[date, tuple[Span, ...]], holidays: str | None = None
) -> Hours:
    blocks = (Block(weekday=day, opens=span.opens, closes=span.closes) for day, spans in enumerate(week) for span in spans)
    return Hours(zone=zone, weekly=tuple(blocks), holidays=holidays, overrides=dict(overrides))
