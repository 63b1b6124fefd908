"""Between rows and records: the columns of a record, and how to read and write one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, Table

from routing.model import Availability, Channel

R = TypeVar("R")

_READ_AS: Final[dict[str, Callable[[Any], Any]]] = {"Channel": Channel, "Availability": Availability}


class Shape(Generic[R]):
    """One record type and its table; a field is the column of the same name."""

    def __init__(self, record: Callable[..., R], table: Table) -> None:
        told = fields(record)  # type: ignore[arg-type]  # a dataclass type, which `Callable[..., R]` cannot say
        self._record = record
        self._names = [item.name for item in told]
        self._enums = [(item.name, _READ_AS[str(item.type)]) for item in told if str(item.type) in _READ_AS]
        self.columns: list[Column[Any]] = [table.c[name] for name in self._names]

    def read(self, row: Sequence[Any]) -> R:
        values = dict(zip(self._names, row, strict=True))
        for name, enum in self._enums:
            values[name] = enum(values[name])
        return self._record(**values)

    def write(self, record: R) -> dict[str, Any]:
        """StrEnums go in as the strings they are."""
        return {name: getattr(record, name) for name in self._names}
