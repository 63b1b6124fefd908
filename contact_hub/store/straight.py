"""Statements that are asked again and again, straight to the driver.

SQLAlchemy's way from a statement to the driver and back is walked anew each time: its cache finds the words again, but parameters are gathered, ordered and
converted by general code, and that was a fifth of what an inquiry costs. A statement of ours is mostly one object that is built once (`visibility.once`, or a
constant of its module), so what SQLAlchemy finds out about it is kept beside it: the words for the driver, the order of its parameters, how each is converted,
and what a row is like. What is built for one question alone, or cannot be bound so simply, goes SQLAlchemy's way.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Executable, Float, Numeric, SelectBase, UpdateBase
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
Bound = tuple[str | None, Any, Convert | None]
"""Under which name a value is given, or None and the value that stands in the statement; and how a given one is converted."""
Keys = tuple[str, ...]
SEEN: Final = 3
"""What was asked so often before is one of those statements that are kept."""
_PLAIN: Final = (str, int, float, type(None))


class Plan:
    """How a statement is bound for a driver, and how its rows are read."""

    def __init__(self, words: str, order: Sequence[Bound], columns: Sequence[tuple[str, Convert | None]]) -> None:
        self.words = words
        self.words_of_columns = _in_columns(words)
        self._order = order
        self.returns_rows = bool(columns)
        self._row: Any = namedtuple("Row", [name for name, _ in columns], rename=True)  # type: ignore[misc]  # its names are the statement's
        self._converted = [(place, convert) for place, (_, convert) in enumerate(columns) if convert is not None]

    def bind(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The driver's parameters, in their order."""
        return [
            standing if key is None else parameters[key] if convert is None else convert(parameters[key])
            for key, standing, convert in self._order
        ]

    def bind_columns(self, many: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The same for many at once, each parameter a whole column."""
        return list(zip(*map(self.bind, many), strict=True))

    def read(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Each with its columns by name."""
        make = self._row._make
        if not self._converted:
            return [make(row) for row in rows]
        found = []
        for row in rows:
            values = list(row)
            for place, convert in self._converted:
                values[place] = convert(values[place])
            found.append(make(values))
        return found


class Plans:
    """Those of one database. `asked` counts its statements, whichever way they went."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, dict[Keys, Plan | int | None]] = WeakKeyDictionary()
        self.asked = 0

    def of(self, statement: Executable, keys: Keys) -> Plan | None:
        """None where the statement goes SQLAlchemy's way."""
        self.asked += 1
        known = self._known.get(statement)
        if known is None:
            known = self._known[statement] = {}
        plan = known.get(keys, 0)
        if isinstance(plan, int):
            plan = known[keys] = plan + 1 if plan < SEEN else plan_of(statement, keys, self._dialect)
        return plan if isinstance(plan, Plan) else None


def plan_of(statement: Executable, keys: Keys, dialect: Dialect) -> Plan | None:
    """None for what needs more than an order: lists that are spelt anew for each length, values that are made up on the way."""
    if not isinstance(statement, ClauseElement):
        return None
    given = frozenset(keys)
    compiled = statement.compile(dialect=dialect, column_keys=list(keys))
    if (
        not isinstance(compiled, SQLCompiler)
        or compiled.literal_execute_params
        or compiled.insert_prefetch
        or compiled.update_prefetch
    ):
        return None
    if any(bind.callable or (bind.expanding and (bind.required or bind.key in given)) for bind in compiled.bind_names):
        return None
    spelt = compiled.construct_expanded_state({bind.key: None for bind in compiled.bind_names if bind.required})
    order: list[Bound] = []
    for name in spelt.positiontup or ():
        bind = compiled.binds.get(name)
        if bind is None:  # a member of a list that stands in the statement
            value = spelt.parameters[name]
            if not isinstance(value, _PLAIN):
                return None
            order.append((None, value, None))
            continue
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.key in given:
            order.append((bind.key, None, convert))
        elif bind.required:
            return None
        else:
            order.append((None, bind.value if convert is None else convert(bind.value), None))
    rows = _rows_of(statement, dialect)
    return None if rows is None else Plan(spelt.statement, order, rows)


def _rows_of(statement: ClauseElement, dialect: Dialect) -> list[tuple[str, Convert | None]] | None:
    """Name and conversion of each column; empty where there are no rows, None where that is not to be known beforehand."""
    if not isinstance(statement, SelectBase | UpdateBase):
        return None
    columns: list[tuple[str, Convert | None]] = []
    for column in statement.exported_columns:
        kind = column.type.dialect_impl(dialect)
        if dialect.name == "postgresql" and isinstance(kind, Numeric | Float):
            if not isinstance(column, Column):
                return None  # a sum, perhaps: what comes depends on what it is a sum of
            columns.append((column.name, None))  # the driver speaks in floats
        else:
            columns.append((str(getattr(column, "name", "")), kind.result_processor(dialect, None)))
    return columns


_ONE_ROW: Final = re.compile(r"(INSERT INTO \S+ \([^()]*\)) VALUES \(([^()]*)\)")
_PLACE: Final = re.compile(r"\$(\d+)::([A-Z ]+)")


def _in_columns(words: str) -> str | None:
    """A plain insert of one row, in PostgreSQL's words for many whose columns come as arrays: one row costs the server a fifth of what it costs by itself. None
    for whatever else it may be."""
    found = _ONE_ROW.fullmatch(words)
    places = [_PLACE.fullmatch(place) for place in found[2].split(", ")] if found else []
    if not found or not all(places):
        return None
    columns = ", ".join(f"${place[1]}::{place[2]}[]" for place in places if place)
    return f"{found[1]} SELECT * FROM unnest({columns})"  # noqa: S608 - SQLAlchemy compiled both
