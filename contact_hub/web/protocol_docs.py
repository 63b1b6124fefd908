"""The published protocol, written from the frame types: a page for people, a JSON Schema for tools, TypeScript for our own screens.

`python -m contact_hub.web.protocol_docs` writes the three files; a test holds them current, so that none of them can say something the
server does not do. What types cannot say (the order of talk, close codes, how to resend) stands as prose in `protocol_page.md`; the examples
are values of the types.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec

from agents import frames as console
from agents.wire import FRAME_BYTES_MAX, PROTOCOL, TEXT_CHARS_MAX
from contact_hub.channels.chat import frames as widget
from contact_hub.errors import CODES
from contact_hub.web.protocol_examples import EXAMPLES

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "protocol.md"
SCHEMA: Final = ROOT / "docs" / "protocol.schema.json"
TYPESCRIPT: Final = ROOT / "contact_hub" / "web" / "ui" / "src" / "shared" / "protocol.gen.ts"

UNIONS: Final[Mapping[str, Any]] = {
    "FromWidget": widget.FromWidget,
    "ToWidget": widget.ToWidget,
    "FromConsole": console.FromConsole,
    "ToConsole": console.ToConsole,
}

_Schema = Mapping[str, Any]
_PROSE: Final = Path(__file__).with_name("protocol_page.md")


def definitions() -> dict[str, dict[str, Any]]:
    """Every frame and every part of one, by name, as JSON Schema."""
    _, found = msgspec.json.schema_components(list(UNIONS.values()), ref_template="#/$defs/{name}")
    for struct in _structs(list(UNIONS.values())):
        for name in _moments(struct):
            _set_format(found[struct.__name__]["properties"][name])
    return found


def json_schema() -> str:
    """The schema of all four directions; `$defs/FromWidget` and its sisters are the entry points."""
    unions = {
        name: {"title": name, "oneOf": [{"$ref": f"#/$defs/{member.__name__}"} for member in get_args(union)]}
        for name, union in UNIONS.items()
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Contact Hub socket protocol",
        "description": f"Protocol {PROTOCOL}. Validate a frame against one of FromWidget, ToWidget, FromConsole, ToConsole.",
        "$defs": unions | definitions(),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def typescript() -> str:
    """The same types for our own front ends. What may be absent on the wire is optional here, too."""
    head = [
        "// Written by `python -m contact_hub.web.protocol_docs` from the frame types. Do not edit.",
        "",
        f"export const PROTOCOL = {PROTOCOL};",
        f"export const FRAME_BYTES_MAX = {FRAME_BYTES_MAX};",
        f"export const TEXT_CHARS_MAX = {TEXT_CHARS_MAX};",
        "",
    ]
    unions = [
        f"export type {name} = {' | '.join(member.__name__ for member in get_args(union))};" for name, union in UNIONS.items()
    ]
    interfaces = [line for name, schema in definitions().items() for line in _interface(name, schema)]
    return "\n".join([*head, *interfaces, *unions, ""])


def page() -> str:
    """The page: prose, then every frame with its fields and an example, then the parts and the error codes."""
    described = definitions()
    frames = {member.__name__ for union in UNIONS.values() for member in get_args(union)}
    sections = {
        name: "\n".join(_section(member.__name__, described) for member in get_args(union)) for name, union in UNIONS.items()
    }
    return _PROSE.read_text(encoding="utf-8").format(
        protocol=PROTOCOL,
        frame_bytes=f"{FRAME_BYTES_MAX:,}",
        text_chars=f"{TEXT_CHARS_MAX:,}",
        from_widget=sections["FromWidget"],
        to_widget=sections["ToWidget"],
        from_console=sections["FromConsole"],
        to_console=sections["ToConsole"],
        parts="\n".join(_section(name, described) for name in described if name not in frames),
        codes="\n".join(f"| `{code}` | {sentence} |" for code, sentence in CODES.items()),
    )


def _section(name: str, described: Mapping[str, _Schema]) -> str:
    schema = described[name]
    kind = schema["properties"].get("type", {}).get("enum")
    required = schema.get("required", ())
    fields = {field: of for field, of in schema["properties"].items() if field != "type"}
    lines = [f"### `{kind[0]}`" if kind else f"### {name}", ""]
    if "description" in schema:
        lines += [" ".join(schema["description"].split()), ""]
    if fields:
        lines += ["| field | type | |", "|---|---|---|"]
        lines += [f"| `{field}` | {_words(of)} | {_remark(field, of, required)} |" for field, of in fields.items()]
        lines.append("")
    for example in EXAMPLES:
        if type(example).__name__ == name:
            lines += [
                "```json",
                msgspec.json.format(msgspec.json.encode(example), indent=1 if len(fields) > 6 else 0).decode(),
                "```",
                "",
            ]
    return "\n".join(lines)


def _words(schema: _Schema) -> str:
    """A type as a reader says it: `text | null`, `list of OpeningHours`."""
    match schema:
        case {"$ref": ref}:
            name = str(ref).rsplit("/", 1)[-1]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": options}:
            return " or ".join(_words(option) for option in options)
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "prefixItems": items}:
            return f"[{', '.join(_words(item) for item in items)}]"
        case {"type": "array", "items": item}:
            return f"list of {_words(item)}"
        case {"type": "object", "additionalProperties": dict() as value}:
            return f"object of {_words(value)}"
        case {"format": "date-time"}:
            return "moment"
        case {"type": plain}:
            return {"string": "text"}.get(str(plain), str(plain))
    raise AssertionError(f"no words for {schema}")


def _remark(field: str, schema: _Schema, required: Sequence[str]) -> str:
    """What else holds of a field: whether it may be missing, its bounds, what is said of its type."""
    inner = next((option for option in schema.get("anyOf", ()) if option.get("type") != "null"), schema)
    bounds = [
        f"{word} {inner[key]}"
        for key, word in (
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("maxItems", "at most"),
        )
        if key in inner
    ]
    units = " characters" if "maxLength" in inner else ""
    default = schema.get("default")
    absent = (
        []
        if field in required
        else [f"default `{msgspec.json.encode(default).decode()}`" if default not in (None, "") else "optional"]
    )
    return "; ".join(
        [
            *absent,
            *([", ".join(bounds) + units] if bounds else []),
            *([inner["description"]] if "description" in inner and "$ref" not in inner else []),
        ]
    )


def _interface(name: str, schema: _Schema) -> Iterator[str]:
    if "description" in schema:
        yield f"/** {' '.join(schema['description'].split())} */"
    yield f"export interface {name} {{"
    required = schema.get("required", ())
    for field, of in schema["properties"].items():
        yield f"  {field}{'' if field in required else '?'}: {_typescript_type(of)};"
    yield "}"
    yield ""


def _typescript_type(schema: _Schema) -> str:
    match schema:
        case {"$ref": ref}:
            return str(ref).rsplit("/", 1)[-1]
        case {"anyOf": options}:
            return " | ".join(_typescript_type(option) for option in options)
        case {"enum": values}:
            return " | ".join(msgspec.json.encode(value).decode() for value in values)
        case {"type": "array", "prefixItems": items}:
            return f"[{', '.join(_typescript_type(item) for item in items)}]"
        case {"type": "array", "items": item}:
            return f"({_typescript_type(item)})[]" if "anyOf" in item or "enum" in item else f"{_typescript_type(item)}[]"
        case {"type": "object", "additionalProperties": dict() as value}:
            return f"Record<string, {_typescript_type(value)}>"
        case {"type": "object"}:
            return "Record<string, unknown>"
        case {"type": "integer" | "number"}:
            return "number"
        case {"type": "string" | "boolean" | "null" as plain}:
            return str(plain)
    raise AssertionError(f"no TypeScript for {schema}")


def _structs(types: list[Any]) -> list[type[msgspec.Struct]]:
    """Every struct the types reach, each once."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting = list(types)
    while waiting:
        looked_at = waiting.pop(0)
        if isinstance(looked_at, type) and issubclass(looked_at, msgspec.Struct):
            if looked_at not in found:
                found[looked_at] = None
                waiting += get_type_hints(looked_at).values()
        else:
            waiting += [argument for argument in get_args(looked_at) if argument is not looked_at]
    return list(found)


def _moments(struct: type[msgspec.Struct]) -> list[str]:
    return [name for name, hint in get_type_hints(struct).items() if hint is datetime or datetime in get_args(hint)]


def _set_format(schema: dict[str, Any]) -> None:
    for option in schema.get("anyOf", [schema]):
        if option.get("type") == "string":
            option["format"] = "date-time"


def written() -> dict[Path, str]:
    """Every file with what should stand in it."""
    return {PAGE: page(), SCHEMA: json_schema(), TYPESCRIPT: typescript()}


def main() -> None:
    """Write the files."""
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
