"""The published protocol says what the types say, and nothing else."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec
import pytest

from contact_hub.errors import CODES
from contact_hub.web import protocol_docs
from contact_hub.web.protocol_examples import EXAMPLES

FRAMES = [(direction, frame) for direction, union in protocol_docs.UNIONS.items() for frame in get_args(union)]


@pytest.mark.parametrize("path", protocol_docs.written(), ids=lambda path: path.name)
def test_published_file_is_current(path: Any) -> None:
    assert path.read_text(encoding="utf-8") == protocol_docs.written()[path], "run `python -m contact_hub.web.protocol_docs`"


@pytest.mark.parametrize(("direction", "frame"), FRAMES, ids=lambda value: getattr(value, "__name__", value))
def test_every_frame_has_an_example_that_its_reader_takes(direction: str, frame: type[msgspec.Struct]) -> None:
    examples = [example for example in EXAMPLES if type(example) is frame]
    assert examples
    for example in examples:
        assert msgspec.json.decode(msgspec.json.encode(example), type=protocol_docs.UNIONS[direction]) == example


def test_every_frame_and_part_is_described_in_the_schema() -> None:
    schema = msgspec.json.decode(protocol_docs.json_schema())["$defs"]
    references = set(re.findall(r'"#/\$defs/(\w+)"', protocol_docs.json_schema()))
    assert references <= set(schema)
    assert {frame.__name__ for _, frame in FRAMES} <= set(schema)


def test_moments_are_marked_as_such() -> None:
    described = protocol_docs.definitions()
    assert described["PublicEntry"]["properties"]["at"]["format"] == "date-time"
    assert "format" not in described["PublicEntry"]["properties"]["conversation"]


def test_page_names_every_error_code_and_every_close_code() -> None:
    page = protocol_docs.page()
    assert [code for code in CODES if f"| `{code}` |" not in page] == []
    assert [code for code in (1012, 4001, 4003, 4008, 4009, 4010, 4429, 4400) if f"| {code} |" not in page] == []


def test_customer_types_cannot_name_who_stands_behind_the_brand() -> None:
    described = protocol_docs.definitions()
    waiting, reached = ["ToWidget"], set[str]()
    unions = {name: [frame.__name__ for frame in get_args(union)] for name, union in protocol_docs.UNIONS.items()}
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += unions.get(name, []) or re.findall(r"#/\$defs/(\w+)", msgspec.json.encode(described[name]).decode())
    fields = {field for name in reached - set(unions) for field in described[name]["properties"]}
    assert fields & {"agent", "vendor", "pool", "note", "author", "why", "inquiry", "sourcing", "contract"} == set()
