"""Routing gets what it needs of a workspace, and nothing it could leak."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, time

from contact_hub.workspace import compile_plan, demo_workspace, from_document
from contact_hub.workspace.model import Rules
from i18n.levels import Level
from routing.model import (
    AgentId,
    Block,
    BrandId,
    Channel,
    ContractId,
    Hours,
    Policy,
    PoolId,
    Presentation,
    Sourcing,
    Span,
    VendorId,
)
from tests.workspace.builders import small


def test_a_plan_says_who_there_is() -> None:
    plan = compile_plan(from_document(small()), version=7)

    agent = plan.agents[AgentId("dalal")]
    assert plan.version == 7
    assert agent.languages == {"ar": Level.NATIVE, "fr": Level.C1}
    assert (agent.pool, agent.seats, agent.personas, agent.shift) == (PoolId("lisbon"), 3, frozenset({"maison"}), None)
    assert agent.certifications == {"maison": None}
    assert plan.pools[PoolId("lisbon")].sourcing is Sourcing.OUTSOURCED
    assert plan.brands[BrandId("maison")].languages == ("fr", "ar")


def test_what_a_contract_leaves_open_is_said_in_full() -> None:
    contract = compile_plan(from_document(small()), version=1).contracts[ContractId("one")]

    assert (contract.vendor, contract.brands, contract.kinds) == (VendorId("lusora"), frozenset({"maison"}), frozenset({"service"}))
    assert (contract.zone, contract.channels, contract.presentation) == (
        "Europe/Paris",
        frozenset({Channel.CHAT}),
        Presentation.BRAND,
    )


def test_hours_keep_their_blocks_and_dates() -> None:
    document = small(
        (["pools", 0, "hours"], {"mon-tue": ["09:00-13:00", "22:00-06:00"]}),
        (["pools", 0, "overrides"], {"2026-12-24": ["09:00-12:00"], "2026-12-25": []}),
        (["pools", 0, "holidays"], "PT"),
        (["agents", 0, "shift"], {"sat": ["22:00-06:00"]}),
    )

    plan = compile_plan(from_document(document), version=1)

    blocks = tuple(Block(weekday=day, opens=o, closes=c) for day in (0, 1) for o, c in ((time(9), time(13)), (time(22), time(6))))
    dates = {date(2026, 12, 24): (Span(opens=time(9), closes=time(12)),), date(2026, 12, 25): ()}
    assert plan.pools[PoolId("lisbon")].hours == Hours(zone="Europe/Lisbon", weekly=blocks, holidays="PT", overrides=dates)
    shift = plan.agents[AgentId("dalal")].shift
    assert shift == Hours(zone="Europe/Lisbon", weekly=(Block(weekday=5, opens=time(22), closes=time(6)),))


def test_a_shared_persona_is_everybodys() -> None:
    shared = {"rule": "shared", "shared": {"name": "The Maison"}}

    plan = compile_plan(from_document(small((["agents", 0, "personas"], {}), (["brands", 0, "persona"], shared))), version=1)

    assert plan.agents[AgentId("dalal")].personas == frozenset({"maison"})


def test_the_rules_are_the_policy_under_the_same_names_and_defaults() -> None:
    assert set(Rules.model_fields) == {each.name for each in fields(Policy)}
    assert compile_plan(from_document(small()), version=1).policy == Policy()


def test_no_name_and_no_address_of_a_person_reaches_routing() -> None:
    workspace = demo_workspace(8000)
    told = repr(compile_plan(workspace, version=1))

    for agent in workspace.agents:
        assert agent.name not in told
        assert agent.email not in told
