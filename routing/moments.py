"""Time as the engine counts it: whole microseconds since 1970, exact, fast to compare, and the same after a restore."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
NEVER: Final = (1 << 63) - 1
"""Later than everything: the largest value of a 64-bit column."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def micros(at: datetime) -> int:
    """An aware instant as microseconds."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Microseconds as an aware instant; what is later than dates go is the last of them."""
    return _EPOCH + min(at, _LAST) * _MICROSECOND


def span(seconds: float) -> int:
    """Seconds as microseconds."""
    return round(seconds * SECOND)
