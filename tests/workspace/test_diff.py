"""What changes is told by id, once, and readably."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from rich.console import Console

from contact_hub.workspace import Change, check, diff, from_document, render, render_problems
from tests.workspace.builders import SMALL, documents, small


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return diff(from_document(old), from_document(new))


def two_agents() -> list[dict[str, Any]]:
    first = deepcopy(SMALL["agents"][0])
    return [first, {**first, "id": "yael", "name": "יעל", "email": "yael@lusora.example"}]


@given(documents(), documents())
@settings(max_examples=30, deadline=None)
def test_the_difference_is_empty_exactly_between_equals(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = from_document(one), from_document(other)

    assert diff(first, first) == []
    assert (diff(first, second) == []) == (first == second)


def test_a_changed_level_is_told_at_the_agents_id() -> None:
    new = small((["agents", 0, "languages", "fr"], "C2"))

    assert changes(small(), new) == [Change(path="agents[dalal].languages.fr", kind="changed", before="C1", after="C2")]


def test_an_agent_who_moves_up_the_file_has_not_changed() -> None:
    first, second = two_agents()

    told = changes(small((["agents"], [first, second])), small((["agents"], [second, first])))

    assert told == [Change(path="agents", kind="changed", before=["dalal", "yael"], after=["yael", "dalal"])]


def test_a_new_agent_is_one_change_and_a_leaver_another() -> None:
    first, second = two_agents()

    came = changes(small((["agents"], [first])), small((["agents"], [second, first])))
    went = changes(small((["agents"], [second, first])), small((["agents"], [first])))

    assert [(each.path, each.kind) for each in came] == [("agents[yael]", "added")]
    assert [(each.path, each.kind) for each in went] == [("agents[yael]", "removed")]


def test_the_order_of_a_brands_languages_is_a_change() -> None:
    (told,) = changes(small(), small((["brands", 0, "languages"], ["ar", "fr"])))

    assert (told.path, told.before, told.after) == ("brands[maison].languages", ["fr", "ar"], ["ar", "fr"])


def test_a_text_added_in_a_language_is_told_there() -> None:
    (told,) = changes(small(), small((["brands", 0, "canned", "greeting", "en"], "Hello {customer}")))

    assert (told.path, told.kind, told.after) == ("brands[maison].canned.greeting.en", "added", "Hello {customer}")


def test_a_share_that_moves_is_told_contract_by_contract() -> None:
    def split(part: int) -> dict[str, Any]:
        both = [SMALL["contracts"][0], {"id": "two", "client": "velour", "vendor": "lusora", "kinds": []}]
        return small((["contracts"], both), (["shares"], [{"id": "split", "contracts": {"one": part, "two": 100 - part}}]))

    told = changes(split(60), split(55))

    assert [(each.path, each.before, each.after) for each in told] == [
        ("shares[split].contracts.one", 60, 55),
        ("shares[split].contracts.two", 40, 45),
    ]


def test_money_and_wishes_are_told_as_they_are_written() -> None:
    priced = {**SMALL["contracts"][0], "currency": "EUR", "price": 4.2}
    told = changes(
        small((["contracts", 0], priced)),
        small((["contracts", 0], {**priced, "price": 4.25}), (["brands", 0, "wishes"], [{"until_seconds": 60, "level": "C1"}])),
    )

    assert [(each.path, each.before, each.after) for each in told] == [
        ("brands[maison].wishes", [], [{"until_seconds": 60, "level": "C1", "skills": {}, "dialect": False}]),
        ("contracts[one].price", 4.2, 4.25),
    ]


def test_the_first_workspace_is_told_thing_by_thing() -> None:
    told = diff(None, from_document(small()))

    assert {each.kind for each in told} == {"added"}
    assert {"workspace", "brands[maison]", "agents[dalal]", "rules"} <= {each.path for each in told}


def test_a_terminal_shows_what_changes() -> None:
    console = Console(width=120, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as shown:
        console.print(render(changes(small(), small((["agents", 0, "languages", "fr"], "C2"), (["pools", 0, "name"], "Lisboa")))))
        console.print(render([]))

    assert shown.get().splitlines() == [
        "~ pools[lisbon].name: Lisbon → Lisboa",
        "~ agents[dalal].languages.fr: C1 → C2",
        "No changes.",
    ]


def test_a_terminal_shows_problems_with_place_and_code() -> None:
    console = Console(width=160)
    with console.capture() as shown:
        console.print(render_problems(check(small((["brands", 0, "fallback"], None)))))

    assert shown.get().startswith("warning brands[0]  The brand maison does not say")
    assert "[brand_without_fallback]" in shown.get()
