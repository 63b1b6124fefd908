"""Who may answer, as the file's author is told it, is who may answer when work is given out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.workspace import Workspace, check, compile_plan, demo_workspace, from_document, from_stored
from contact_hub.workspace.coverage import answering, persona_of, speaking
from routing.eligibility import permanent_reasons, wished_until
from routing.model import AgentId, BrandId, Demand
from tests.workspace.builders import SMALL, TAGS, documents, small


def assert_agrees_with_the_engine(workspace: Workspace) -> None:
    plan = compile_plan(workspace, version=1)
    for brand, kind, language in product(workspace.brands, workspace.kinds, (*brand_languages(workspace), *TAGS)):
        demand = Demand(brand=BrandId(brand.id), kind=kind.id, languages=(language,))
        allowed = [agent.id for agent in plan.agents.values() if not any(permanent_reasons(plan, agent, demand))]
        assert [agent.id for agent in speaking(workspace, brand, language, kind=kind.id)] == allowed


def brand_languages(workspace: Workspace) -> list[str]:
    return [language for brand in workspace.brands for language in brand.languages]


@given(documents())
@settings(max_examples=40, deadline=None)
def test_the_author_and_the_engine_agree_on_any_floor(document: dict[str, Any]) -> None:
    assert_agrees_with_the_engine(from_document(document))


def test_the_author_and_the_engine_agree_on_the_demo() -> None:
    assert_agrees_with_the_engine(demo_workspace(8000))


def test_the_shared_persona_comes_before_ones_own() -> None:
    shared = {"rule": "shared", "shared": {"name": "The Maison"}}
    workspace = from_document(small((["brands", 0, "persona"], shared)))

    face = persona_of(workspace.brands[0], workspace.agents[0])

    assert face is not None
    assert face.name == "The Maison"


def test_nobody_answers_from_where_the_data_may_not_be_seen() -> None:
    residency: tuple[Sequence[str | int], Any] = (["brands", 0, "residency"], ["PT", "PH"])
    there = from_document(small(residency))
    two_pools = [deepcopy(SMALL["pools"][0]), {**deepcopy(SMALL["pools"][0]), "id": "maputo", "country": "MZ"}]
    elsewhere = from_document(small(residency, (["pools"], two_pools), (["agents", 0, "pool"], "maputo")))

    assert [agent.id for agent in answering(there, there.brands[0])] == ["dalal"]
    assert answering(elsewhere, elsewhere.brands[0]) == []


def test_nobody_takes_work_whose_data_the_contract_hides() -> None:
    kinds = [SMALL["kinds"][0], {**SMALL["kinds"][0], "id": "claim", "data": ["health", "order"]}]
    contracts = [{**SMALL["contracts"][0], "data": ["order"]}, {"id": "two", "client": "velour", "pool": "porto"}]
    pools = [SMALL["pools"][0], {**SMALL["pools"][0], "id": "porto", "vendor": None, "sourcing": "in_house"}]
    workspace = from_document(small((["kinds"], kinds), (["contracts"], contracts), (["pools"], pools)))

    assert [agent.id for agent in answering(workspace, workspace.brands[0], kind="service")] == ["dalal"]
    assert answering(workspace, workspace.brands[0], kind="claim") == []


@st.composite
def guarded_floors(draw: st.DrawFn) -> dict[str, Any]:
    """Two pools in two countries, work that touches data, contracts that hide some of it, and wishes."""
    pool, agent, brand, kind = (deepcopy(SMALL[part][0]) for part in ("pools", "agents", "brands", "kinds"))
    seen = st.sampled_from([None, [], ["order"], ["order", "health"]])
    asked = st.fixed_dictionaries(
        {
            "until_seconds": st.sampled_from([30, 60, 90]),
            "level": st.sampled_from(["C1", "C2", "native"]),
            "dialect": st.booleans(),
        },
        optional={"skills": st.dictionaries(st.just("orders"), st.integers(1, 5))},
    )
    return small(
        (["pools"], [pool, {**pool, "id": "maputo", "country": "MZ"}]),
        (
            ["agents"],
            [
                {
                    **agent,
                    "id": f"agent-{number}",
                    "email": f"{number}@lusora.example",
                    "pool": draw(st.sampled_from(["lisbon", "maputo"])),
                    "languages": draw(
                        st.dictionaries(
                            st.sampled_from(["fr", "ar", "pt-BR", "pt-PT", "pt"]),
                            st.sampled_from(["B1", "B2", "C1", "native"]),
                            min_size=1,
                        )
                    ),
                    "skills": {"orders": draw(st.integers(1, 5))},
                }
                for number in range(draw(st.integers(1, 4)))
            ],
        ),
        (
            ["brands"],
            [
                {
                    **brand,
                    "languages": ["pt-BR", "fr"],
                    "residency": draw(st.sampled_from([[], ["EU"], ["MZ"], ["EEA", "MZ"], ["FR"]])),
                    "wishes": draw(st.lists(asked, max_size=3, unique_by=lambda wish: wish["until_seconds"])),
                }
            ],
        ),
        (["kinds"], [kind, {**kind, "id": "claim", "data": draw(st.sampled_from([["order"], ["health", "order"]]))}]),
        (
            ["contracts"],
            [
                {
                    "id": f"in-{name}",
                    "client": "velour",
                    "pool": name,
                    "data": draw(seen),
                    "kinds": draw(st.sampled_from([[], ["claim"]])),
                }
                for name in ("lisbon", "maputo")
            ],
        ),
    )


@given(guarded_floors())
@settings(max_examples=60, deadline=None)
def test_the_author_and_the_engine_agree_on_what_is_guarded(document: dict[str, Any]) -> None:
    assert_agrees_with_the_engine(from_stored(document))


@given(guarded_floors())
@settings(max_examples=60, deadline=None)
def test_the_author_and_the_engine_agree_on_wishes(document: dict[str, Any]) -> None:
    """A wish that is told to be unmet in a language is one for which every able agent must be waited past."""
    workspace = from_stored(document)
    plan, brand = compile_plan(workspace, version=1), workspace.brands[0]
    told = Counter(found.where[3] for found in check(workspace) if found.code == "wish_unmet")
    for position, wish in enumerate(brand.wishes):
        idle = 0
        for language in brand.languages:
            # the author asks for any kind of work, the engine for one
            reached = [
                wished_until(plan, plan.agents[AgentId(agent.id)], Demand(brand=BrandId(brand.id), languages=(language,)))
                for agent in speaking(workspace, brand, language)
            ]
            idle += bool(reached) and all(until >= wish.until_seconds for until in reached)
        assert told[position] == idle
