"""The demo is a floor on which, at any hour, everybody who writes is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product

import pytest

from contact_hub.workspace import Workspace, canned, check, compile_plan, demo_text, demo_workspace, dump, parse
from contact_hub.workspace.coverage import speaking
from contact_hub.workspace.model import Agent, Brand
from i18n.promises import STAFF_TAGS
from routing.eligibility import reasons_against
from routing.hours import is_open
from routing.model import AgentId, BrandId, Demand, Sourcing

TODAY = date(2026, 11, 21)
DEMO = demo_workspace(8123)
LANGUAGES = ("en", "es", "fr", "de", "it", "pt-BR", "pl", "tr", "ar", "he", "hi", "fil", "ja", "zh-Hans")
PROMISES = [(brand.id, language) for brand in DEMO.brands for language in brand.languages]


def brand_called(name: str) -> Brand:
    return next(brand for brand in DEMO.brands if brand.id == name)


PLAN = compile_plan(DEMO, version=1)
INSTANTS = tuple(
    start + timedelta(minutes=30 * half_hour)
    for start in (datetime(2026, 10, 19, tzinfo=UTC), datetime(2027, 3, 22, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC))
    for half_hour in range(14 * 48)
)
"""Every half hour of the weeks in which Europe turns its clocks, and of those in which the year ends."""


@cache
def duty(agent_id: str) -> frozenset[datetime]:
    """The instants at which an agent may sign on and is offered work."""
    agent = PLAN.agents[AgentId(agent_id)]
    hours = [each for each in (PLAN.pools[agent.pool].hours, agent.shift) if each is not None]
    return frozenset(at for at in INSTANTS if all(is_open(each, at) for each in hours))


def lasting(agents: list[Agent]) -> list[Agent]:
    """Those whose certifications have no end: the demo must stand in five years too."""
    return [agent for agent in agents if all(end is None for end in agent.certifications.values())]


def uncovered(agents: list[Agent]) -> list[datetime]:
    covered = frozenset().union(*(duty(agent.id) for agent in agents))
    return [at for at in INSTANTS if at not in covered]


def test_the_demo_has_no_error_and_only_the_two_warnings_it_shows_off() -> None:
    assert [(found.code, found.path) for found in check(DEMO, today=TODAY)] == [
        ("certification_expired", "agents[4].certifications.velour-maison"),
        ("certification_expiring", "agents[15].certifications.noor-living"),
    ]


def test_the_demo_is_the_floor_that_was_promised() -> None:
    sourcing = [pool.sourcing for pool in DEMO.pools]
    outsourced = {pool.vendor for pool in DEMO.pools if pool.sourcing is Sourcing.OUTSOURCED}
    assert (len(DEMO.clients), len(DEMO.brands), len(outsourced)) == (2, 3, 3)
    assert {Sourcing.IN_HOUSE, Sourcing.SHARED_SERVICE_CENTRE, Sourcing.JOINT_VENTURE} <= set(sourcing)
    assert 28 <= len(DEMO.agents) <= 34
    assert len({pool.zone for pool in DEMO.pools}) == 6
    assert sorted(person.role for person in DEMO.staff) == ["client_supervisor", "client_supervisor", "operator", "vendor_manager"]
    assert brand_called("noor-living").languages[:2] == ("ar", "he")


@pytest.mark.parametrize(("brand", "language"), PROMISES)
def test_each_promised_language_has_two_who_may_answer(brand: str, language: str) -> None:
    assert len(speaking(DEMO, brand_called(brand), language, on=TODAY)) >= 2


@pytest.mark.parametrize(("brand", "language"), PROMISES)
def test_at_every_hour_somebody_speaks_each_promised_language(brand: str, language: str) -> None:
    assert uncovered(lasting(speaking(DEMO, brand_called(brand), language))) == []


@pytest.mark.parametrize("brand", [brand.id for brand in DEMO.brands])
def test_at_every_hour_each_kind_of_work_can_be_done_in_each_language(brand: str) -> None:
    face = brand_called(brand)
    for language, kind in product(face.languages, face.kinds):
        assert uncovered(lasting(speaking(DEMO, face, language, kind=kind))) == [], (language, kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_in_fourteen_languages_are_promised_an_answer(language: str) -> None:
    assert any(language in brand.languages for brand in DEMO.brands)


def test_an_overflow_joins_after_twenty_to_forty_seconds() -> None:
    for contract in DEMO.contracts:
        wanted = (0, 0) if contract.tier == 1 else (20, 40)
        assert wanted[0] <= contract.overflow_after_seconds <= wanted[1]


def test_no_persona_gives_its_agent_away() -> None:
    for agent in DEMO.agents:
        own = f"{agent.id} {agent.name} {agent.email}".casefold()
        for persona in agent.personas.values():
            assert persona.name.casefold() not in own


def test_no_two_speak_for_one_brand_under_one_name() -> None:
    for brand in DEMO.brands:
        faces = [agent.personas[brand.id].name for agent in DEMO.agents if brand.id in agent.personas]
        assert len(set(faces)) == len(faces)


def test_no_brand_lets_the_name_of_a_vendor_out() -> None:
    for brand in DEMO.brands:
        said = repr((brand.texts, brand.canned, brand.name))
        for vendor in DEMO.vendors:
            assert vendor.name in brand.forbidden_words
            assert vendor.name not in said


def test_canned_replies_are_there_in_every_language_with_the_same_variables() -> None:
    for brand in DEMO.brands:
        assert {"greeting", "apology", "closing"} <= set(brand.canned)
        assert len(brand.canned) >= 6
        for texts in brand.canned.values():
            assert set(texts) == set(brand.languages)
            known = {frozenset(field for field in canned.fields(text) if not field.startswith("?")) for text in texts.values()}
            assert len(known) == 1


def test_whatever_staff_choose_from_is_labelled_in_all_their_languages() -> None:
    choices = [brand.dispositions for brand in DEMO.brands]
    labelled = [labels for each in choices for labels in each.values()]
    labelled += [reason.labels for reason in DEMO.away_reasons] + [kind.labels for kind in DEMO.kinds]
    assert [labels["en"] for labels in labelled if not set(STAFF_TAGS) <= set(labels)] == []


def test_sites_are_on_the_port_the_demo_listens_on() -> None:
    assert [brand.sites for brand in DEMO.brands] == [
        ("http://velour.localhost:8123",),
        ("http://noor.localhost:8123",),
        ("http://kestrel.localhost:8123",),
    ]


def test_the_demo_file_is_a_file_like_any_other() -> None:
    workspace: Workspace = parse(demo_text())

    assert parse(dump(workspace)) == workspace


@pytest.mark.parametrize(("brand", "language"), PROMISES)
def test_the_engines_own_rules_find_somebody_on_a_winter_night(brand: str, language: str) -> None:
    night = datetime(2026, 12, 25, 2, 30, tzinfo=UTC)
    demand = Demand(brand=BrandId(brand), kind="complaint", languages=(language,))

    assert [agent.id for agent in PLAN.agents.values() if not reasons_against(PLAN, agent, demand, night)]
