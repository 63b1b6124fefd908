"""The published pages say what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from contact_hub.workspace import parse
from contact_hub.workspace.problems import RULES
from contact_hub.workspace.schema import codes_table, json_schema, schema_text

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


@pytest.mark.parametrize("code", RULES)
def test_a_code_is_a_name_and_its_sentence_a_sentence(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", code)
    assert RULES[code].sentence.endswith((".", "}."))
