"""Between rows and records: the columns of a record, and how to read and write one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, Table

from contact_hub.store.records import Record
from routing.model import Availability, Channel

R = TypeVar("R", bound=Record)

_READ_AS: Final[dict[str, Callable[[Any], Any]]] = {"Channel": Channel, "Availability": Availability}


class Shape(Generic[R]):
    """One record type and its table; a field is the column of the same name."""

    def __init__(self, record: type[R], table: Table) -> None:
        told: dict[str, str] = record.__annotations__
        self._record = record
        self._names = list(told)
        self._enums = [(name, _READ_AS[kind]) for name, kind in told.items() if kind in _READ_AS]
        self.columns: list[Column[Any]] = [table.c[name] for name in self._names]

    def read(self, row: Sequence[Any]) -> R:
        values = dict(zip(self._names, row, strict=True))
        for name, enum in self._enums:
            values[name] = enum(values[name])
        return self._record(**values)

    def write(self, record: R) -> dict[str, Any]:
        """StrEnums go in as the strings they are."""
        return {name: getattr(record, name) for name in self._names}
