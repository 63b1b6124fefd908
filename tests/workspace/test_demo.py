"""The demo is a floor on which, at any hour, everybody who writes is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from contact_hub.workspace import Workspace, canned, check, demo_text, demo_workspace, dump, parse
from contact_hub.workspace.coverage import speaking
from contact_hub.workspace.hours import span_minutes
from contact_hub.workspace.model import Agent, Brand
from routing.model import Sourcing, Span

TODAY = date(2026, 11, 21)
DEMO = demo_workspace(8123)
LANGUAGES = ("en", "es", "fr", "de", "it", "pt-BR", "pl", "tr", "ar", "he", "hi", "fil", "ja", "zh-Hans")
PROMISES = [(brand.id, language) for brand in DEMO.brands for language in brand.languages]


def brand_called(name: str) -> Brand:
    return next(brand for brand in DEMO.brands if brand.id == name)


HALF_HOURS_A_DAY = 48
INSTANTS = tuple(
    start + timedelta(minutes=30 * half_hour)
    for start in (datetime(2026, 10, 19, tzinfo=UTC), datetime(2027, 3, 22, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC))
    for half_hour in range(14 * HALF_HOURS_A_DAY)
)
"""Every half hour of the weeks in which Europe turns its clocks, and of those in which the year ends."""


@cache
def on_the_wall(zone: str) -> tuple[int, ...]:
    """Each instant as a half hour of the local week, Monday's first."""
    walls = (at.astimezone(ZoneInfo(zone)) for at in INSTANTS)
    return tuple(wall.weekday() * HALF_HOURS_A_DAY + wall.hour * 2 + wall.minute // 30 for wall in walls)


def half_hours(week: tuple[tuple[Span, ...], ...]) -> frozenset[int]:
    """The half hours of a week that its blocks hold; all of the demo's begin and end on one."""
    found = set()
    for day, spans in enumerate(week):
        for span in spans:
            first = day * HALF_HOURS_A_DAY + span.opens.hour * 2 + span.opens.minute // 30
            found |= {slot % (7 * HALF_HOURS_A_DAY) for slot in range(first, first + span_minutes(span) // 30)}
    return frozenset(found)


@cache
def duty(agent_id: str) -> frozenset[datetime]:
    """The instants at which an agent may sign on. A pool with holidays or overrides counts for nothing: it may be closed."""
    agent = next(agent for agent in DEMO.agents if agent.id == agent_id)
    pool = next(pool for pool in DEMO.pools if pool.id == agent.pool)
    if pool.holidays or pool.overrides or agent.shift_overrides:
        return frozenset()
    weeks = [half_hours(week) for week in (pool.hours, agent.shift) if week is not None]
    open_slots = frozenset.intersection(*weeks)
    return frozenset(at for at, slot in zip(INSTANTS, on_the_wall(pool.zone), strict=True) if slot in open_slots)


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


def test_no_persona_is_the_agents_own_name() -> None:
    for agent in DEMO.agents:
        for persona in agent.personas.values():
            assert not set(persona.name.casefold().split()) & set(agent.name.casefold().split()), agent.id


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


def test_sites_are_on_the_port_the_demo_listens_on() -> None:
    assert [brand.sites for brand in DEMO.brands] == [
        ("http://velour.localhost:8123",),
        ("http://noor.localhost:8123",),
        ("http://kestrel.localhost:8123",),
    ]


def test_the_demo_file_is_a_file_like_any_other() -> None:
    workspace: Workspace = parse(demo_text())

    assert parse(dump(workspace)) == workspace
