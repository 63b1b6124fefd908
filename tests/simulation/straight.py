"""The product's statements, straight to SQLite's driver.

Half of a history's time was SQLAlchemy's way from a statement to the driver and back, walked again for each of some seven hundred statements. So it is walked
once for each *kind* of statement: the first of a kind goes through SQLAlchemy, which compiles it and knows how its rows are read; those after it bind their
parameters by what was learnt from the first. What cannot be bound so simply goes through SQLAlchemy every time.
The rows are SQLAlchemy's own, and so are the errors. Transactions are the driver's business alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Executable, create_engine
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from contact_hub.store.engines import Parameters, Result

Source = Callable[[], sqlite3.Connection]
_KINDS_MAX = 4_000


class Plan:
    """How one kind of statement is bound and read."""

    def __init__(self, result: CursorResult[Any]) -> None:
        compiled: Any = result.context.compiled
        self.sql: str = compiled.string
        self.simple = not (compiled.literal_execute_params or compiled.insert_prefetch or compiled.update_prefetch)
        self._compiled = compiled
        self._lists = tuple(sorted(compiled.bind_names[bind] for bind in compiled.post_compile_params))
        self._spelled: dict[tuple[int, ...], tuple[str, list[tuple[str, int, Any]]]] = {}
        self.rows: Callable[[list[Any]], Sequence[Any]] | None = result._row_getter[1] if result.returns_rows else None
        processors, match = compiled._bind_processors, compiled._cache_key_bind_match
        given = {bind: index for index, b in enumerate(compiled.cache_key[1]) for bind in match[0][b]} if compiled.cache_key else {}
        by_name = {name: bind for bind, name in compiled.bind_names.items()}
        self.slots: list[tuple[str, str, Any, int | None, Any, bool]] = []
        for name in compiled.positiontup or ():
            bind = by_name.get(name)
            if bind is None or bind.callable is not None:
                self.simple = False
                return
            self.slots.append((bind.key, name, processors.get(name), given.get(bind), bind.value, bind.required))

    def bind(self, parameters: Mapping[str, Any], extracted: Sequence[Any]) -> tuple[str, list[Any]]:
        """The statement, and its values in order: those given now, else those that stand in it."""
        if self._lists:
            return self._spell(parameters, extracted)
        return self.sql, self._values(parameters, extracted)

    def _spell(self, parameters: Mapping[str, Any], extracted: Sequence[Any]) -> tuple[str, list[Any]]:
        """Lists become as many marks as they have members: once for each length."""
        raw = self._values(parameters, extracted, plain=True)
        named = {slot[1]: value for slot, value in zip(self.slots, raw, strict=True)}
        lengths = tuple(len(named[name]) for name in self._lists)
        known = self._spelled.get(lengths)
        if known is None:
            state = self._compiled._process_parameters_for_postcompile(dict(named))
            processors = {**self._compiled._bind_processors, **state.processors}
            member = {one: (name, at) for name, all_ in state.parameter_expansion.items() for at, one in enumerate(all_)}
            places = [(*member.get(name, (name, -1)), processors.get(name)) for name in state.positiontup]
            known = self._spelled[lengths] = state.statement, places
        sql, places = known
        values = [named[name] if at < 0 else list(named[name])[at] for name, at, _ in places]
        return sql, [value if process is None else process(value) for value, (_, _, process) in zip(values, places, strict=True)]

    def _values(self, parameters: Mapping[str, Any], extracted: Sequence[Any], *, plain: bool = False) -> list[Any]:
        values = []
        for key, name, process, index, value, required in self.slots:
            if key in parameters:
                found = parameters[key]
            elif name in parameters:
                found = parameters[name]
            else:
                assert not required, f"no value for {key}"
                found = value if index is None else extracted[index].value
            values.append(found if process is None or plain else process(found))
        return values


class Kinds:
    """All plans of this process; every connection shares them."""

    def __init__(self) -> None:
        self._of_key: dict[Any, Plan] = {}
        self._of_statement: WeakKeyDictionary[Any, dict[Any, tuple[Plan, Sequence[Any]]]] = WeakKeyDictionary()

    def find(self, statement: Any, shape: Any) -> tuple[Plan, Sequence[Any]] | None:
        """The plan, and what stands in this very statement."""
        known = self._of_statement.get(statement)
        if known is not None and shape in known:
            return known[shape]
        key = statement._generate_cache_key()
        if key is None:
            return None
        plan = self._of_key.get((key.key, shape))
        if plan is None:
            return None
        found = plan, key.bindparams
        if known is None:
            self._of_statement[statement] = {shape: found}
        else:
            known[shape] = found
        return found

    def learn(self, statement: Any, shape: Any, result: CursorResult[Any]) -> None:
        key = statement._generate_cache_key()
        if key is not None and not key.params and len(self._of_key) < _KINDS_MAX:
            self._of_key[key.key, shape] = Plan(result)


class Straight:
    """One connection: the driver's, with SQLAlchemy beside it for what is new."""

    def __init__(self, connection: Connection, kinds: Kinds) -> None:
        self._slow, self._kinds = connection, kinds
        self.driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        self._dialect: Dialect = connection.dialect

    def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        many = parameters if isinstance(parameters, Sequence) else None
        first: Mapping[str, Any] = (many[0] if many else {}) if many is not None else cast("Mapping[str, Any]", parameters or {})
        shape = (many is not None and len(many) > 1, *first)
        known = self._kinds.find(statement, shape)
        if known is None or not known[0].simple or (known[0].rows is not None and shape[0]):
            result = self._slow.execute(statement, parameters)
            if known is None:
                self._kinds.learn(statement, shape, result)
            rows = result.fetchall() if result.returns_rows else ()
            return Result(rows, len(rows) if result.returns_rows else result.rowcount)
        plan, extracted = known
        values: Any = None
        try:
            if shape[0]:
                values = [plan.bind(one, extracted)[1] for one in many or ()]
                return Result((), self.driver.executemany(plan.sql, values).rowcount)
            sql, values = plan.bind(first, extracted)
            cursor = self.driver.execute(sql, values)
            if plan.rows is None:
                return Result((), cursor.rowcount)
            found = plan.rows(cursor.fetchall())
            return Result(found, len(found))
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                plan.sql, values, error, sqlite3.Error, hide_parameters=True, dialect=self._dialect
            ) from error

    def begin(self, how: str) -> None:
        self.driver.execute(how)

    def commit(self) -> None:
        self.driver.execute("COMMIT")

    def rollback(self) -> None:
        if self.driver.in_transaction:
            self.driver.execute("ROLLBACK")


def beside(source: Source) -> Engine:
    """An engine that speaks over the connections of another, and leaves beginning and ending to whoever holds them."""
    return create_engine("sqlite://", creator=source, poolclass=QueuePool, pool_size=96, pool_reset_on_return=None)
