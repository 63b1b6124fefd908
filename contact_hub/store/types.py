"""Column types that mean the same on SQLite and PostgreSQL.

Words, instants and JSON: nothing else of ours is stored in any other form. JSON is text in one canonical spelling, not `jsonb`: hashes and
comparisons need one spelling, and `jsonb` refuses U+0000, which a customer may well send.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec
from sqlalchemy import ARRAY, Boolean, ColumnElement, DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder().decode


def canonical(value: object) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, UTF-8."""
    return _encode(value).decode()


class Words(TypeDecorator[str]):
    """Text. PostgreSQL cannot hold U+0000; it becomes the replacement character, so that such a text is stored and such an id finds nothing."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value.replace("\x00", "\ufffd") if value is not None and "\x00" in value else value


class Instant(TypeDecorator[datetime]):
    """An aware moment in UTC, to the microsecond. On SQLite a text of fixed width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        assert value.tzinfo is not None, "time is aware here"
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value in its canonical spelling."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else _decode(value)


class Names(TypeDecorator[list[str]]):
    """Several ids in one parameter: however many there are, the statement stays the same, and is prepared once."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        names = [name.replace("\x00", "\ufffd") for name in value]
        return names if dialect.name == "postgresql" else canonical(names)


class among(FunctionElement[bool]):  # noqa: N801 - reads as SQL does
    """`among(column, bindparam(…, type_=Names))`: whether the column is one of them."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], names: ColumnElement[Any]) -> None:
        super().__init__(column, names)

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """As it is. Where a database has no booleans it would be compared with 1, and no index serves `(id IN (…)) = 1`: SQLite would walk through
        everything the workspace has."""
        return self


@compiles(among, "postgresql")
def _among_array(element: Any, compiler: Any, **options: Any) -> str:
    column, names = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(names, **options)})"


@compiles(among, "sqlite")
def _among_json(element: Any, compiler: Any, **options: Any) -> str:
    column, names = element.clauses
    return f"{compiler.process(column, **options)} IN (SELECT value FROM json_each({compiler.process(names, **options)}))"  # noqa: S608 - both compiled
