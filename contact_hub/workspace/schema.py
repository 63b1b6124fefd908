"""The published JSON Schema of `workspace.yaml`, for editors and for whoever writes such a file by a program.

It says what a schema can say: the shape. What the parts must be to each other is in the table of codes, which is made here too,
so that the page cannot fall behind the program. `python -m contact_hub.workspace.schema` prints the schema, `… codes` the table.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from contact_hub.workspace.model import Workspace
from contact_hub.workspace.problems import RULES


def json_schema() -> dict[str, Any]:
    """Draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Workspace.model_json_schema(mode="validation"),
        "title": "Contact Hub workspace",
    }


def schema_text() -> str:
    """As it stands in `docs/workspace.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def codes_table() -> str:
    """Every code as a Markdown table, as it stands in `docs/workspace.md`."""
    rows = [f"| `{code}` | {rule.severity} | {_cell(rule.sentence)} |" for code, rule in RULES.items()]
    return "\n".join(["| code | severity | sentence |", "|---|---|---|", *rows]) + "\n"


def _cell(sentence: str) -> str:
    plain = sentence.replace("{{", "\0").replace("}}", "\1").replace("{", "*").replace("}", "*")
    return plain.replace("\0", "{").replace("\1", "}").replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(codes_table() if sys.argv[1:] == ["codes"] else schema_text())
