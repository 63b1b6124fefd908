"""YAML as far as a workspace needs it: text to plain values with the place of each, and back.

Read from the parser's events instead of through a loader, for a loader does too much: it makes objects from tags, lets an alias
grow a file of one kilobyte to gigabytes, keeps the last of two equal keys, and takes the language `no` and the country `NO` for
false. Here a plain scalar is null, true, false, a decimal number or text; everything else is refused by name, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from contact_hub.workspace.problems import Problem, Where, WorkspaceRefused, problem

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

LENGTH_MAX: Final = 8_000_000
DEPTH_MAX: Final = 40

_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
# As many decimals as the shortest text of any float has before it is written with an exponent.
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,21}(?:e[-+][0-9]{1,3})?")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# libyaml is ten times faster; the pure parser says the same where it is missing.
_Parser: Any = getattr(yaml, "CLoader", yaml.Loader)


class Place(NamedTuple):
    line: int
    column: int


class Reading(NamedTuple):
    """A document of plain values, and where each of them stands."""

    document: Plain
    places: Mapping[Where, Place]

    def place(self, where: Where) -> Place | None:
        """Where this stands in the text, or the nearest that holds it."""
        while where not in self.places and where:
            where = where[:-1]
        return self.places.get(where)


def read(text: str) -> Reading:
    """The one document of a YAML text. Raises WorkspaceRefused (`workspace_unreadable`) with the line and the column."""
    if len(text) > LENGTH_MAX:
        raise _unreadable(problem("yaml_too_large", (), limit=LENGTH_MAX, depth=DEPTH_MAX))
    return _Reader(_events(text)).whole()


def write(document: Mapping[str, Plain]) -> str:
    """Canonical text: keys as they come, one item a line, every script as it is, dates plain."""
    return yaml.dump(
        _with_dates(document), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=130, default_flow_style=False
    )


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_Parser)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = problem("yaml_invalid", (), reason=(error.problem or error.context or "it cannot be read").rstrip("."))
        raise _unreadable(found, _place(mark) if mark else None) from None
    except yaml.reader.ReaderError as error:
        found = problem("yaml_invalid", (), form="character")
        raise _unreadable(found, _place_at(text, error.position)) from None
    except UnicodeEncodeError as error:
        raise _unreadable(problem("yaml_invalid", (), form="unicode"), _place_at(text, error.start)) from None


class _Reader:
    """Walks the events once, depth first."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._places: dict[Where, Place] = {}

    def whole(self) -> Reading:
        documents = [self._value(next(self._events), ()) for event in self._events if self._begins(event)]
        if len(documents) != 1:
            raise _unreadable(problem("yaml_documents", ()))
        return Reading(documents[0], self._places)

    def _begins(self, event: Any) -> bool:
        if isinstance(event, yaml.DocumentStartEvent) and self._places:
            raise _unreadable(problem("yaml_documents", ()), _place(event.start_mark))
        return isinstance(event, yaml.DocumentStartEvent)

    def _value(self, event: Any, where: Where) -> Plain:
        self._refuse_magic(event, where)
        self._places.setdefault(where, _place(event.start_mark))
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(where)
            case yaml.SequenceStartEvent():
                return self._sequence(where)
            case _:
                return _scalar(event)

    def _mapping(self, where: Where) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, where)
            here = (*where, key)
            if key in found:
                raise _unreadable(problem("yaml_key_twice", here, key=key, first=self._places[here].line), _place(event.start_mark))
            self._places[here] = _place(event.start_mark)
            found[key] = self._value(next(self._events), here)
        return found

    def _sequence(self, where: Where) -> list[Plain]:
        found: list[Plain] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*where, len(found))))
        return found

    def _key(self, event: Any, where: Where) -> str:
        self._refuse_magic(event, where)
        if not isinstance(event, yaml.ScalarEvent):
            raise _unreadable(problem("yaml_key_not_text", where), _place(event.start_mark))
        return str(event.value)

    def _refuse_magic(self, event: Any, where: Where) -> None:
        place = _place(event.start_mark)
        if len(where) > DEPTH_MAX:
            raise _unreadable(problem("yaml_too_large", where, limit=LENGTH_MAX, depth=DEPTH_MAX), place)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _unreadable(problem("yaml_alias", where), place)
        if event.tag is not None:
            raise _unreadable(problem("yaml_tag", where, tag=event.tag), place)


def _scalar(event: Any) -> Plain:
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


class _Writer(yaml.SafeDumper):
    """Lists are indented under their key, and nothing is shared, so there are no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 – the point is to ignore it
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 – a base class signature
        return True


def _flow(dumper: yaml.SafeDumper, items: list[object]) -> yaml.Node:
    """Short lists of scalars on one line, as a person writes hours and languages; the rest one a line."""
    short = (
        all(isinstance(item, str | int | date) and len(str(item)) <= 40 for item in items)
        and sum(len(str(item)) for item in items) <= 90
    )
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """The quotes a text needs; None leaves it to the dumper, which knows all but what follows."""
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return "'"  # the dumper would write these plain, and we (and YAML 1.2) would read a number
    if _CONTROL.search(text):
        return '"'  # line ends that YAML 1.1 folds into spaces
    # Several lines stand as they are read, unless spaces at their edges would need YAML's finer points.
    blockable = "\n" in text and text[0] != "\n" and all(line == line.strip() for line in text.split("\n"))
    return "|" if blockable else None


_Writer.add_representer(list, _flow)
_Writer.add_representer(str, _text)


def _with_dates(value: object) -> object:
    """Texts that are dates as dates, for the dumper writes those plain; read back they are texts again."""
    match value:
        case Mapping():
            return {_with_dates(key): _with_dates(item) for key, item in value.items()}
        case list():
            return [_with_dates(item) for item in value]
        case str() if _DAY.fullmatch(value):
            return _day(value)
        case _:
            return value


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_at(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _unreadable(found: Problem, place: Place | None = None) -> WorkspaceRefused:
    line, column = place or (None, None)
    return WorkspaceRefused([replace(found, line=line, column=column)], "workspace_unreadable")
