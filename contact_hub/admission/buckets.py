"""How much is let through, and when the next may come.

Pure: time is given, in seconds of a clock that never runs backwards. A bucket is one number, the instant at which it will be full again (the generic cell
rate algorithm, ITU-T I.371), kept in whole nanoseconds: nothing drifts, and an allowance may change under it from one call to the next.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_NANO: Final = 1_000_000_000
_KEYS_MAX: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """So many a second on average, `burst` of them at once."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        assert self.per_second > 0, "what lets nothing through is no limit but a wall"
        assert self.burst >= 1, "a bucket holds one at least"

    @cached_property
    def apart_ns(self) -> int:
        return math.ceil(_NANO / self.per_second)


class Buckets(Generic[K]):
    """Many buckets by key. Only those that are not full take room, and of those the `keys_max` used last: to forget one is to be kind to somebody."""

    def __init__(self, *, keys_max: int = _KEYS_MAX) -> None:
        self._full_at: OrderedDict[K, int] = OrderedDict()
        self._keys_max = keys_max

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_seconds(self, key: K, allowance: Allowance, now_seconds: float, *, reserve: int = 0) -> float:
        """0 where one more may go now; else after how long, to the millisecond above. `reserve` of the burst is left for others."""
        now, apart = round(now_seconds * _NANO), allowance.apart_ns
        full_at = min(self._full_at.get(key, 0), now + allowance.burst * apart)  # the burst was larger once
        early = full_at - (max(1, allowance.burst - reserve) - 1) * apart - now
        return 0.0 if early <= 0 else (early // 1_000_000 + 1) / 1_000

    def take(self, key: K, allowance: Allowance, now_seconds: float) -> None:
        """One goes. Ask `wait_seconds` before."""
        now, apart = round(now_seconds * _NANO), allowance.apart_ns
        full_at = min(self._full_at.get(key, 0), now + allowance.burst * apart)
        self._full_at[key] = max(full_at, now) + apart
        self._full_at.move_to_end(key)
        self._forget(now)

    def _forget(self, now: int) -> None:
        """Two for one that came, the longest unused first: what is full says nothing."""
        for _ in range(2):
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._keys_max:
                return
            del self._full_at[key]
            if not self._full_at:
                return


class Tally(Generic[K]):
    """How often something happened in the last minute, by key."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, Counter[K]]] = deque()

    def count(self, key: K, now_seconds: float) -> None:
        """Once more."""
        second = int(now_seconds)
        if not self._seconds or self._seconds[-1][0] != second:
            self._drop(now_seconds)
            self._seconds.append((second, Counter()))
        self._seconds[-1][1][key] += 1

    def last_minute(self, now_seconds: float) -> Counter[K]:
        """Everything that happened within the last sixty seconds."""
        self._drop(now_seconds)
        return sum((counts for _, counts in self._seconds), Counter())

    def _drop(self, now_seconds: float) -> None:
        while self._seconds and self._seconds[0][0] <= int(now_seconds) - 60:
            self._seconds.popleft()
