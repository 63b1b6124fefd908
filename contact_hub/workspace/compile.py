"""From the file to the plan: what routing needs of a workspace and nothing that it could leak.

Names, faces, addresses and texts stay behind. What the file leaves open by an empty list is said in full here, so that the engine
never has to know what "all" means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from contact_hub.workspace import coverage
from contact_hub.workspace import model as file
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
    Span,
    VendorId,
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
        kinds={kind.id: Kind(id=kind.id, skills=dict(kind.skills), priority=kind.priority) for kind in workspace.kinds},
        policy=_policy(workspace.rules),
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
    )


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
        wrap_up_seconds=rules.wrap_up_seconds,
        takeover_grace_seconds=rules.takeover_grace_seconds,
    )


def _hours(
    zone: str, week: Sequence[Sequence[Span]], overrides: Mapping[date, tuple[Span, ...]], holidays: str | None = None
) -> Hours:
    blocks = (Block(weekday=day, opens=span.opens, closes=span.closes) for day, spans in enumerate(week) for span in spans)
    return Hours(zone=zone, weekly=tuple(blocks), holidays=holidays, overrides=dict(overrides))
