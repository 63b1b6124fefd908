"""Which texts the program uses: keys found in its own sources, against those English has.

A key stands in the code as a literal (`t("console.list")`), or is put together from a literal beginning and a value at run time
(``t(`console.away.${reason}`)``); such a pattern uses every key it can become. Python is read as a syntax tree, the front end by its string
literals. In Python only what is handed to a text function must exist: audit and log entries have names of the same make.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contact_hub.errors import HubError
from i18n.catalogues import DOMAINS

PACKAGES: Final = ("contact_hub", "agents", "routing", "i18n")
FRONT_END: Final = Path("contact_hub/web/ui/src")

_ANY: Final = "*"
_DOMAIN: Final = "|".join(sorted(DOMAINS))
_PIECE: Final = r"[a-z0-9_.]"
_KEY: Final = re.compile(rf"(?:{_DOMAIN})(?:\.[a-z0-9_]+)+")
_PATTERN: Final = re.compile(rf"(?:{_DOMAIN})\.(?:{_PIECE}|\*)*\*(?:{_PIECE}|\*)*")
_LITERAL: Final = re.compile(rf"([\"'`])((?:{_DOMAIN})\.(?:{_PIECE}|\$\{{[^{{}}`]*\}})*)\1(\s*\+)?")
_SPEAKERS: Final = frozenset({"text", "isolated_text", "_text", "say"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A key, or a pattern with `*` for what is known only at run time, and where it stands."""

    key: str
    where: str
    spoken: bool
    """Whether this must be a text, and cannot be the name of something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The code against English."""

    by_name: frozenset[str]
    by_pattern: dict[str, tuple[str, ...]]
    """Keys that only a pattern can reach, by pattern."""
    missing: dict[str, tuple[str, ...]]
    """What the code asks for and English has not, with the places."""
    unused: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "by_name": len(self.by_name),
            "by_pattern": {pattern: list(keys) for pattern, keys in self.by_pattern.items()},
            "missing": {key: list(places) for key, places in self.missing.items()},
            "unused": list(self.unused),
        }


def compare(uses: Iterable[Use], keys: Iterable[str]) -> Usage:
    """What is missing in English, and what English has for nobody."""
    known = tuple(keys)
    places: dict[str, list[str]] = {}
    spoken: set[str] = set()
    for use in uses:
        places.setdefault(use.key, []).append(use.where)
        spoken |= {use.key} if use.spoken else set()
    by_name = places.keys() & set(known)
    reached = {pattern: _reached(pattern, known) for pattern in sorted(places) if _ANY in pattern}
    by_pattern = {pattern: tuple(key for key in found if key not in by_name) for pattern, found in reached.items()}
    used = by_name.union(*by_pattern.values())
    absent = [key for key in sorted(spoken) if not (reached[key] if _ANY in key else key in by_name)]
    return Usage(
        by_name=frozenset(by_name),
        by_pattern={pattern: found for pattern, found in by_pattern.items() if found},
        missing={key: tuple(dict.fromkeys(places[key])) for key in absent},
        unused=tuple(key for key in known if key not in used),
    )


def uses_in(root: Path) -> Iterator[Use]:
    """Every use in the sources under `root`. Raises HubError `sources_missing` where there are none, as in an installed package."""
    if not (root / FRONT_END).is_dir():
        raise HubError("sources_missing", folder=str(root))
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if not {"node_modules", "ui"} & set(path.relative_to(root).parts):
                yield from uses_in_python(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    for path in sorted((root / FRONT_END).rglob("*")):
        if path.suffix in {".ts", ".tsx", ".svelte"} and ".test." not in path.name and ".gen." not in path.name:
            yield from uses_in_front_end(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())


def uses_in_python(source: str, name: str) -> Iterator[Use]:
    """Keys and patterns of a module."""
    tree = ast.parse(source)
    spoken = {id(node.args[0]) for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args and _speaks(node.func)}
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp | ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        # what stands inside an f-string or a sum is read with the whole
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and (id(node) not in parts or id(node) in spoken):
            key = _joined(node)
            if _KEY.fullmatch(key) or _PATTERN.fullmatch(key):
                yield Use(key=key, where=f"{name}:{node.lineno}", spoken=id(node) in spoken)


def uses_in_front_end(source: str, name: str) -> Iterator[Use]:
    """Keys and patterns of a TypeScript or Svelte file. All of them are texts."""
    for found in _LITERAL.finditer(source):
        key = re.sub(r"\$\{[^{}]*\}", _ANY, found[2]) + (_ANY if found[3] else "")
        if _KEY.fullmatch(key) or _PATTERN.fullmatch(key):
            yield Use(key=key, where=f"{name}:{source.count(chr(10), 0, found.start()) + 1}", spoken=True)


def _reached(pattern: str, known: Iterable[str]) -> tuple[str, ...]:
    beginning, *rest = (re.escape(piece) for piece in pattern.split(_ANY))
    # a value is a word or a way of several; never nothing
    expression = re.compile(beginning + "".join(rf"[a-z0-9_]+(?:\.[a-z0-9_]+)*{piece}" for piece in rest))
    return tuple(key for key in known if expression.fullmatch(key))


def _speaks(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    return name in _SPEAKERS


def _joined(node: ast.expr) -> str:
    """The string an expression makes, with `*` for what is not known before run time."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(_joined, values))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined(left) + _joined(right)
        case _:
            return _ANY
