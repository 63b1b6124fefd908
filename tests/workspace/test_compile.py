"""Routing gets what it needs of a workspace, and nothing it could leak."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, time
from typing import Any

import pytest

from contact_hub.workspace import compile_plan, demo_workspace, from_document
from contact_hub.workspace.country_groups import countries_in
from contact_hub.workspace.model import Rules
from i18n.levels import Level
from routing.model import (
    AgentId,
    Block,
    BrandId,
    Channel,
    Contract,
    ContractId,
    Hours,
    Policy,
    PoolId,
    Preference,
    Presentation,
    Share,
    Sourcing,
    Span,
    VendorId,
    Wish,
)
from tests.workspace.builders import SMALL, small


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


def contract(**said: Any) -> Contract:
    one = {**SMALL["contracts"][0], **said}
    return compile_plan(from_document(small((["contracts", 0], one))), version=1).contracts[ContractId("one")]


@pytest.mark.parametrize(
    ("currency", "price", "budget", "units"), [("EUR", 4.2, 2500, (420, 250_000)), ("JPY", 500, 1e6, (500, 1_000_000))]
)
def test_money_is_counted_in_the_smallest_unit_of_its_currency(
    currency: str, price: float, budget: float, units: tuple[int, int]
) -> None:
    found = contract(currency=currency, price=price, budget_per_day=budget)

    assert (found.price, found.budget_per_day) == units


def test_a_contract_without_a_word_of_it_costs_nothing_and_has_no_bounds() -> None:
    found = contract()

    assert (found.price, found.cap_per_day, found.budget_per_day, found.minimum_per_day) == (0, None, None, 0)
    assert (found.overflow_wait_seconds, found.answer_within_seconds, found.data) == (None, None, None)


def test_the_bounds_of_a_day_reach_routing_as_they_stand() -> None:
    found = contract(cap_per_day=600, minimum_per_day=50, overflow_wait_seconds=90, data=["order"])

    assert (found.cap_per_day, found.minimum_per_day, found.overflow_wait_seconds, found.data) == (
        600,
        50,
        90,
        frozenset({"order"}),
    )


def test_an_empty_list_of_data_lets_nothing_be_seen() -> None:
    assert contract(data=[]).data == frozenset()


@pytest.mark.parametrize(
    ("said", "promised"),
    [
        ({"answer_within_seconds": 45, "targets": {"service_level": {"percent": 80, "seconds": 20}}}, 45),
        ({"targets": {"service_level": {"percent": 80, "seconds": 20}, "answer_seconds": 15}}, 20),
        ({"targets": {"answer_seconds": 15}}, 15),
        ({"targets": {"handle_seconds": 300}}, None),
    ],
)
def test_an_inquiry_is_late_when_the_contract_says_or_when_its_targets_do(said: dict[str, Any], promised: float | None) -> None:
    assert contract(**said).answer_within_seconds == promised


def test_a_group_of_countries_reaches_routing_as_its_countries() -> None:
    plan = compile_plan(from_document(small((["brands", 0, "residency"], ["EEA", "PH"]))), version=1)

    assert plan.brands[BrandId("maison")].residency == countries_in(["EU"]) | {"IS", "LI", "NO", "PH"}


def test_wishes_come_in_the_order_of_the_file() -> None:
    german = [{"until_seconds": 60, "level": "C1"}, {"until_seconds": 120, "skills": {"orders": 3}, "dialect": True}]
    plan = compile_plan(from_document(small((["brands", 0, "wishes"], german), (["kinds", 0, "wishes"], german[1:]))), version=1)

    wishes = (Wish(until_seconds=60, level=Level.C1), Wish(until_seconds=120, skills={"orders": 3}, dialect=True))
    assert plan.brands[BrandId("maison")].wishes == wishes
    assert plan.kinds["service"].wishes == wishes[1:]
    assert plan.brands[BrandId("maison")].zone == "Europe/Paris"


def test_a_share_reaches_routing_with_its_weights() -> None:
    share = compile_plan(demo_workspace(8000), version=1).shares["kestrel-overflow"]

    assert share == Share(
        id="kestrel-overflow", weights={ContractId("kestrel-lusora"): 60, ContractId("kestrel-tambuli"): 40}, catch_up=20
    )


def test_the_new_numbers_of_the_floor_reach_routing() -> None:
    rules = {
        "sticky_hold_seconds": 15,
        "ageing_guard_seconds": None,
        "auto_accept": ["chat"],
        "choice": ["lowest_cost", "least_flexible"],
        "fewest_in_hand": False,
    }

    policy = compile_plan(from_document(small((["rules"], rules))), version=1).policy

    assert (policy.sticky_hold_seconds, policy.ageing_guard_seconds, policy.auto_accept) == (15, None, frozenset({Channel.CHAT}))
    assert (policy.choice, policy.fewest_in_hand) == ((Preference.LOWEST_COST, Preference.LEAST_FLEXIBLE), False)


def test_no_name_and_no_address_of_a_person_reaches_routing() -> None:
    workspace = demo_workspace(8000)
    told = repr(compile_plan(workspace, version=1))

    for agent in workspace.agents:
        assert agent.name not in told
        assert agent.email not in told
