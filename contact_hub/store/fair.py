"""Whose turn it is: a queue in which nobody's flood stands before somebody else's single command.

Pure. Deficit round robin (Shreedhar and Varghese, 1995) on two levels: workspaces take turns, and within one its brands and its staff do. A lane may spend
`QUANTUM` a turn, carries over what it could not spend, and loses it when it is empty, so that idling saves up nothing. Within a lane, order stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

from contact_hub.scope import Scope, VisitorScope

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Lane = tuple[str, str]
"""Whose a command is: the workspace, and which part of it. The house's own (leases, heartbeats) are nobody's."""

HOUSE: Final[Lane] = ("", "")
STAFF: Final = ""
QUANTUM: Final = 4


def lane_of(scope: Scope) -> Lane:
    """A visitor stands in the lane of the brand, all others in that of the workspace's staff."""
    return (scope.workspace, scope.brand if isinstance(scope, VisitorScope) else STAFF)


class _Turns(Protocol[T_co]):
    """Something that gives out one after the other."""

    @property
    def next_cost(self) -> int: ...

    def __len__(self) -> int: ...

    def peek(self) -> T_co: ...

    def pop(self) -> T_co: ...


class _Line(Generic[T]):
    """First come, first served."""

    def __init__(self) -> None:
        self._items: deque[tuple[int, T]] = deque()

    @property
    def next_cost(self) -> int:
        return self._items[0][0]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return (item for _, item in self._items)

    def push(self, item: T, cost: int) -> None:
        self._items.append((cost, item))

    def push_first(self, item: T, cost: int) -> None:
        self._items.appendleft((cost, item))

    def peek(self) -> T:
        return self._items[0][1]

    def pop(self) -> T:
        return self._items.popleft()[1]


class _Ring(Generic[T]):
    """Deficit round robin over parts that are not empty."""

    def __init__(self) -> None:
        self._parts: dict[str, _Turns[T]] = {}
        self._turn: deque[str] = deque()
        self._credit: dict[str, int] = {}
        self._visited: str | None = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def parts(self) -> int:
        return len(self._parts)

    @property
    def next_cost(self) -> int:
        return self._parts[self._settle()].next_cost

    def came(self, key: str, part: _Turns[T]) -> None:
        """One more stands in this part."""
        self._length += 1
        if key not in self._parts:
            self._parts[key], self._credit[key] = part, 0
            self._turn.append(key)

    def peek(self) -> T:
        return self._parts[self._settle()].peek()

    def pop(self) -> T:
        key = self._settle()
        part = self._parts[key]
        self._credit[key] -= part.next_cost
        item = part.pop()
        self._length -= 1
        if not len(part):
            self._turn.popleft()
            del self._parts[key], self._credit[key]
            self._visited = None
        return item

    def _settle(self) -> str:
        """Go round until somebody can afford what stands first; the turn stays there, so that asking twice answers the same."""
        while True:
            key = self._turn[0]
            if self._visited != key:
                self._visited = key
                self._credit[key] += QUANTUM
            if self._credit[key] >= self._parts[key].next_cost:
                return key
            self._turn.rotate(-1)
            self._visited = None


class FairQueue(Generic[T]):
    """What waits, by lane."""

    def __init__(self) -> None:
        self._all: _Ring[T] = _Ring()
        self._rings: dict[str, _Ring[T]] = {}
        self._lines: dict[Lane, _Line[T]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[T]:
        return (item for line in self._lines.values() for item in line)

    @property
    def workspaces(self) -> int:
        """How many have something waiting, the house among them."""
        return self._all.parts

    def waiting_of(self, workspace: str) -> int:
        ring = self._rings.get(workspace)
        return len(ring) if ring is not None else 0

    def push(self, lane: Lane, item: T, *, cost: int = 1) -> None:
        """To the end of its lane."""
        self._line(lane, cost).push(item, cost)
        self._came(lane)

    def push_first(self, lane: Lane, item: T, *, cost: int = 1) -> None:
        """To the head of its lane: what stood there already and must be done again."""
        self._line(lane, cost).push_first(item, cost)
        self._came(lane)

    def peek(self) -> T:
        """What `pop` would give. Somebody must wait."""
        return self._all.peek()

    def pop(self) -> T:
        """Whose turn it is. Somebody must wait."""
        return self._all.pop()

    def _line(self, lane: Lane, cost: int) -> _Line[T]:
        assert 1 <= cost <= QUANTUM, "no command is worth more than a turn"
        return self._lines.setdefault(lane, _Line())

    def _came(self, lane: Lane) -> None:
        workspace, part = lane
        ring = self._rings.setdefault(workspace, _Ring())
        ring.came(part, self._lines[lane])
        self._all.came(workspace, ring)
