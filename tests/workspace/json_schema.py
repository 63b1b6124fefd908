"""As much of JSON Schema 2020-12 as our schema uses, so that what we publish is held against real files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
READ = {
    *("$ref", "anyOf", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum"),
    *("minItems", "items"),
    *("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
}
ANNOTATIONS = {"$defs", "$schema", "title", "description", "default", "examples", "format"}


def complaints(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Every way in which the value breaks the schema."""
    assert set(schema) <= READ | ANNOTATIONS, f"{set(schema) - READ - ANNOTATIONS} is not read here"
    if "$ref" in schema:
        yield from complaints(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, at)
    if "anyOf" in schema and all(any(complaints(each, value, root, at)) for each in schema["anyOf"]):
        yield f"{at}: fits none of the alternatives"
    expected = TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected and object not in expected):
        yield f"{at}: is no {schema['type']}"
    elif ("enum" in schema and value not in schema["enum"]) or ("const" in schema and value != schema["const"]):
        yield f"{at}: is not one of the choices"
    elif isinstance(value, str):
        yield from _text(schema, value, at)
    elif isinstance(value, int | float):
        yield from _number(schema, value, at)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{at}: too few"
        for index, item in enumerate(value):
            yield from complaints(schema.get("items", {}), item, root, f"{at}[{index}]")
    elif isinstance(value, dict):
        yield from _object(schema, value, root, at)


def _number(schema: Mapping[str, Any], value: float, at: str) -> Iterator[str]:
    beyond = value <= schema["exclusiveMinimum"] if "exclusiveMinimum" in schema else False
    if beyond or not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: out of range"


def _text(schema: Mapping[str, Any], value: str, at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: does not match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at}: too short or too long"


def _object(schema: Mapping[str, Any], value: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: lacks {name}" for name in schema.get("required", ()) if name not in value)
    if len(value) < schema.get("minProperties", 0):
        yield f"{at}: too few"
    for key, item in value.items():
        here = f"{at}.{key}"
        yield from complaints(schema.get("propertyNames", {}), key, root, f"{here} (key)")
        by_pattern = [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        if key in schema.get("properties", {}):
            yield from complaints(schema["properties"][key], item, root, here)
        elif by_pattern:
            yield from (found for each in by_pattern for found in complaints(each, item, root, here))
        elif schema.get("additionalProperties", True) is False:
            yield f"{here}: is not known"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from complaints(schema["additionalProperties"], item, root, here)
