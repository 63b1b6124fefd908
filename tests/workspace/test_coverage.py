"""Who may answer, as the file's author is told it, is who may answer when work is given out."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import product
from typing import Any

from hypothesis import given, settings

from contact_hub.workspace import Workspace, compile_plan, demo_workspace, from_document
from contact_hub.workspace.coverage import answering, persona_of, speaking
from routing.eligibility import permanent_reasons
from routing.model import BrandId, Demand
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
