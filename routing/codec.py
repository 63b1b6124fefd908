"""Values to plain JSON and back, driven by their types.

One rule for every frozen record of this package, dataclass or struct: a field is written under its name, an absent value is not written at all,
an enum by its stable name, an instant as ISO 8601 in UTC. Reading follows the type hints, so what one version of the service wrote, a later one with more
fields (with defaults) reads. Same value, same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from functools import lru_cache
from types import UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct, structs

T = TypeVar("T")

Plain = Any
"""What `json` can write: the one place where the type checker looks away."""


class Unreadable(ValueError):
    """A record that no version of this codec wrote."""


def dump(value: object) -> Plain:
    """The plain form of a value."""
    return value if value.__class__ in _AS_IT_IS else _writer(value.__class__)(value)  # type: ignore[arg-type]  # a class is hashable


_AS_IT_IS = frozenset({type(None), bool, float, str, int})


@lru_cache(maxsize=512)
def _writer(kind: Any) -> Callable[[Any], Plain]:
    """How a value of this class is written: found out once for each."""
    if issubclass(kind, bool | float):
        return lambda value: value
    if issubclass(kind, IntEnum):
        return lambda value: value.name
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if issubclass(kind, date):
        return date.isoformat
    if issubclass(kind, Mapping):
        return lambda value: {dump(key): dump(item) for key, item in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [dump(item) for item in value]
    if issubclass(kind, Struct) or is_dataclass(kind):
        names = _names(kind)
        return lambda value: {name: dump(item) for name in names if (item := getattr(value, name)) is not None}
    raise TypeError(f"{kind.__name__} has no plain form")


def load(kind: type[T], plain: Plain) -> T:
    """The value of a dataclass from its plain form. Raises `Unreadable`."""
    try:
        value: T = _reader(kind)(plain)  # type: ignore[arg-type]  # a class is hashable
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{plain!r} is not a {kind.__name__}: {error}") from error
    return value


def canonical(plain: Plain) -> bytes:
    """The one way in which this is written: keys sorted, no spaces, UTF-8."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@lru_cache(maxsize=256)
def _names(kind: Any) -> tuple[str, ...]:
    return kind.__struct_fields__ if issubclass(kind, Struct) else tuple(field.name for field in fields(kind))


@lru_cache(maxsize=512)
def _reader(kind: Any) -> Callable[[Plain], Any]:
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return _optional(kind)
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        key, item = (_reader(argument) for argument in get_args(kind))
        return lambda plain: {key(k): item(v) for k, v in plain.items()}
    if origin is not None:
        return lambda plain: plain  # Literal
    if is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Struct)):
        return _record(kind)
    return _SIMPLE.get(kind) or _enum(kind)


def _optional(kind: Any) -> Callable[[Plain], Any]:
    (inner,) = (argument for argument in get_args(kind) if argument is not type(None))
    read = _reader(inner)
    return lambda plain: None if plain is None else read(plain)


def _may_be_none(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and type(None) in get_args(kind)


def _exactly(*kinds: type) -> Callable[[Plain], Any]:
    def read(plain: Plain) -> Any:
        if type(plain) not in kinds:
            raise TypeError(f"{plain!r} is no {kinds[0].__name__}")
        return kinds[0](plain)

    return read


def _tuple(arguments: tuple[Any, ...]) -> Callable[[Plain], Any]:
    if arguments[-1] is Ellipsis:
        read = _reader(arguments[0])
        return lambda plain: tuple(read(item) for item in plain)
    readers = tuple(_reader(argument) for argument in arguments)
    return lambda plain: tuple(read(item) for read, item in zip(readers, plain, strict=True))


def _record(kind: Any) -> Callable[[Plain], Any]:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _names(kind)}
    absent = {name: None for name in _required(kind) if _may_be_none(hints[name])}

    def read(plain: Plain) -> Any:
        found = {name: reader(plain[name]) for name, reader in readers.items() if name in plain}
        return kind(**(absent | found))

    return read


def _required(kind: Any) -> list[str]:
    if issubclass(kind, Struct):
        return [field.name for field in structs.fields(kind) if field.default is NODEFAULT and field.default_factory is NODEFAULT]
    return [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]


def _enum(kind: Any) -> Callable[[Plain], Any]:
    by_name: Callable[[Plain], Any] = kind.__getitem__
    return by_name if issubclass(kind, IntEnum) else kind


_SIMPLE: dict[Any, Callable[[Plain], Any]] = {
    str: _exactly(str),
    int: _exactly(int),
    float: _exactly(float, int),
    bool: _exactly(bool),
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
