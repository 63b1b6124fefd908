"""What the operator writes is what the hub understood, and what it gives back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_hub.workspace import WorkspaceRefused, check, dump, from_document, from_stored, parse, to_document
from contact_hub.workspace.load import parse_placed, placed
from contact_hub.workspace.yaml_text import DEPTH_MAX, read, write
from tests.workspace.builders import documents, nasty, small, texts


@given(documents())
@settings(max_examples=60, deadline=None)
def test_what_is_exported_is_what_was_applied(document: dict[str, Any]) -> None:
    workspace = from_document(document)

    assert parse(dump(workspace)) == workspace


@given(documents())
@settings(max_examples=40, deadline=None)
def test_a_stored_workspace_comes_back_as_it_was(document: dict[str, Any]) -> None:
    workspace = from_document(document)

    assert from_document(json.loads(json.dumps(to_document(workspace)))) == workspace


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), texts, nasty, st.just("")),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(texts, nasty), inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(st.one_of(texts, nasty), plain))
@settings(max_examples=150, deadline=None)
def test_any_plain_document_survives_the_yaml(document: dict[str, Any]) -> None:
    assert read(write(document)).document == document


@given(st.floats(0, 1e15))
@settings(max_examples=100, deadline=None)
@example(0.0001767881270113433)
@example(0.00010000000000000002)
@example(1e-300)
def test_any_number_survives_the_yaml(number: float) -> None:
    assert read(write({"seconds": number})).document == {"seconds": number}


def test_an_exported_file_says_the_same_twice() -> None:
    text = dump(from_document(small()))

    assert dump(parse(text)) == text


def test_norway_and_its_language_are_not_false() -> None:
    assert read("country: NO\nlanguage: no\nopen: on\nsix: 6:30\nday: 2026-12-24").document == {
        "country": "NO",
        "language": "no",
        "open": "on",
        "six": "6:30",
        "day": "2026-12-24",
    }


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [1, 2\nb: 3", "yaml_invalid", 2, 2),
        ("a: 1\nb:\n  c: 1\n  c: 2", "yaml_key_twice", 4, 3),
        ("a: !!python/object/apply:os.system [ls]", "yaml_tag", 1, 4),
        ("a: !!str 3", "yaml_tag", 1, 4),
        ("a: &x [1]\nb: *x", "yaml_alias", 1, 4),
        ("? [1, 2]\n: 3", "yaml_key_not_text", 1, 3),
        ("a: 1\n---\nb: 2", "yaml_documents", 2, 1),
        ("", "yaml_documents", None, None),
        ("# nothing", "yaml_documents", None, None),
        ("a: 1\nb: \x07", "yaml_invalid", 2, 4),
        ("a: \ud800", "yaml_invalid", 1, 4),
        ("a: }", "yaml_invalid", 1, 4),
        ("[" * (DEPTH_MAX + 2), "yaml_too_large", 1, DEPTH_MAX + 2),
        ("x" * 8_000_001, "yaml_too_large", None, None),
    ],
)
def test_a_text_that_is_no_workspace_file_is_refused_with_its_place(
    text: str, code: str, line: int | None, column: int | None
) -> None:
    with pytest.raises(WorkspaceRefused) as refused:
        parse(text)

    (found,) = refused.value.problems
    assert (refused.value.code, found.code, found.line, found.column) == ("workspace_unreadable", code, line, column)


@pytest.mark.parametrize("text", ["- 1", "hello", "3", "null"])
def test_a_document_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(WorkspaceRefused) as refused:
        parse(text)

    assert refused.value.code == "workspace_refused"


def test_a_refused_file_tells_every_error_with_its_line() -> None:
    text = dump(from_document(small()))
    broken = text.replace("Europe/Lisbon", "Europe/Lisboa").replace("ar: native", "ar: D7")

    with pytest.raises(WorkspaceRefused) as refused:
        parse(broken)

    told = {found.path: (found.code, found.line) for found in refused.value.problems}
    lines = broken.splitlines()
    assert told == {
        "pools[0].zone": ("zone_unknown", lines.index("    zone: Europe/Lisboa") + 1),
        "agents[0].languages.ar": ("level_invalid", lines.index("      ar: D7") + 1),
    }
    assert "(and 1 more)" in refused.value.sentence


def test_a_warning_can_be_told_with_its_line() -> None:
    text = dump(from_document(small())).replace("    fallback: leave_message\n", "")
    workspace, reading = parse_placed(text)

    (found,) = placed(check(workspace), reading)

    assert (found.code, text.splitlines()[(found.line or 0) - 1]) == ("brand_without_fallback", "  - id: maison")


def test_spellings_come_out_canonical() -> None:
    document = small(
        (["brands", 0, "languages"], ["FR", "ar", "pt_br"]),
        (["brands", 0, "sites"], ["HTTPS://Maison.Example:443/"]),
        (["brands", 0, "look", "colour"], "#7A1F3D"),
        (["pools", 0, "hours"], {"Mon-Fri": ["14:00-18:00", "9:00 – 13:00"]}),
    )

    workspace = from_document(document)

    brand = to_document(workspace)["brands"][0]
    assert (brand["languages"], brand["sites"], brand["look"]["colour"]) == (
        ["fr", "ar", "pt-BR"],
        ["https://maison.example"],
        "#7a1f3d",
    )
    assert to_document(workspace)["pools"][0]["hours"] == {"mon-fri": ["09:00-13:00", "14:00-18:00"]}


def test_what_was_accepted_once_is_not_judged_by_later_checks() -> None:
    document = small(
        (["pools", 1], {**small()["pools"][0], "id": "porto", "vendor": None, "sourcing": "in_house"}),
        (["contracts", 0, "overflow_after_seconds"], 30),
        (["contracts", 1], {"id": "two", "client": "velour", "pool": "porto", "tier": 2}),
    )

    with pytest.raises(WorkspaceRefused):
        from_document(document)
    assert [contract.tier for contract in from_stored(document).contracts] == [1, 2]


def test_money_is_written_as_it_is_read() -> None:
    priced = {**small()["contracts"][0], "currency": "EUR", "price": 4.20, "budget_per_day": 2500}
    text = dump(from_document(small((["contracts", 0], priced))))

    assert "    price: 4.2\n" in text
    assert "    budget_per_day: 2500\n" in text
