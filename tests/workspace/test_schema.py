"""The published pages say what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from contact_hub.workspace import demo_text, demo_workspace, dump, from_document, parse, to_document
from contact_hub.workspace.problems import RULES
from contact_hub.workspace.schema import codes_table, json_schema, schema_text
from contact_hub.workspace.yaml_text import read
from tests.workspace.builders import documents, small
from tests.workspace.json_schema import complaints
from tests.workspace.test_checks import CASES, Change

DOCS = Path(__file__).parents[2] / "docs"


def test_the_published_schema_is_current() -> None:
    assert (DOCS / "workspace.schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run the command at the end of docs/workspace.md"
    )


def test_the_published_table_of_codes_is_current() -> None:
    page = (DOCS / "workspace.md").read_text(encoding="utf-8")

    assert codes_table() in page, "run the command at the end of docs/workspace.md"


def test_the_schema_is_closed_everywhere() -> None:
    schema = json_schema()
    objects = [schema, *(each for each in schema["$defs"].values() if each.get("type") == "object")]

    assert all(each["additionalProperties"] is False for each in objects)


def test_every_default_is_a_value_that_may_be_written() -> None:
    schema = json_schema()
    fields = {
        f"{name}.{field}": each for name, model in schema["$defs"].items() for field, each in model.get("properties", {}).items()
    }

    wrong = [found for at, each in fields.items() if "default" in each for found in complaints(each, each["default"], schema, at)]
    assert wrong == []


def test_patterns_of_the_schema_are_patterns() -> None:
    patterns = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', json.dumps(json_schema()))

    assert patterns
    for pattern in patterns:
        re.compile(json.loads(f'"{pattern}"'))


def test_every_example_of_the_page_is_a_workspace() -> None:
    page = (DOCS / "workspace.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(workspace:.*?)```", page, flags=re.DOTALL)

    assert examples
    for example in examples:
        parse(example)


def test_every_fragment_of_the_page_says_what_a_workspace_can_say() -> None:
    page = (DOCS / "workspace.md").read_text(encoding="utf-8")
    fragments = [text for text in re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL) if not text.startswith("workspace:")]

    assert len(fragments) >= 7
    for fragment in fragments:
        told = complaints(json_schema(), read(fragment).document, json_schema())
        assert [found for found in told if ": lacks " not in found] == []


@pytest.mark.parametrize("code", RULES)
def test_a_code_is_a_name_and_its_sentence_a_sentence(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", code)
    assert RULES[code].sentence.endswith((".", "}."))


@given(documents())
@settings(max_examples=25, deadline=None)
def test_the_schema_accepts_what_the_hub_exports(document: dict[str, Any]) -> None:
    exported = read(dump(from_document(document))).document

    assert list(complaints(json_schema(), exported, json_schema())) == []


@pytest.mark.parametrize(
    "document", [read(demo_text()).document, to_document(demo_workspace(8000)), small()], ids=["file", "stored", "small"]
)
def test_the_schema_accepts_what_the_hub_accepts(document: object) -> None:
    assert list(complaints(json_schema(), document, json_schema())) == []


SHAPE = {
    "field_missing",
    "field_unknown",
    "choice_unknown",
    "number_out_of_range",
    "length_wrong",
    "level_invalid",
    "colour_invalid",
}


@pytest.mark.parametrize(("code", "path", "changes"), [case for case in CASES if case[0] in SHAPE])
def test_the_schema_sees_what_a_schema_can_see(code: str, path: str, changes: list[Change]) -> None:
    assert list(complaints(json_schema(), small(*changes), json_schema()))
