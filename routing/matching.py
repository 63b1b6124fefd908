"""Who gets whom when many wait and many are free at once: the opening minute, a mass reconnect.

One by one, each inquiry would take its best supply and might take the only one another could use. Here they are matched together, by two promises:

1. *Nobody is left out for a younger one, and as many as possible are matched.* The sets of inquiries that can be matched at once form a transversal matroid
   (Edmonds & Fulkerson 1965; Schrijver, Combinatorial Optimization, ch. 39), so taking them in order of priority, and keeping each that still finds an
   augmenting path (Kuhn 1955), gives the set that is first in the order *and* of maximum size: the two never conflict.
2. *Then each, in the same order, gets the best supply it can have* without costing a match to anybody or a better supply to those before it. That assignment
   is unique, so the outcome depends on nothing but the wishes.

Supplies are whole profiles with room for several, named by small whole numbers. Sets of them are integers used as bit sets: a search steps over supplies in
use, never over edges. With n inquiries only the first n open wishes of each can matter (the others occupy fewer supplies than that), so long lists are cut.

Cost: cutting is linear in what is kept, at most n² wishes. Each inquiry then searches at most twice, a search enters each supply in use once, and there are
at most min(n, supplies) of those: n · min(n, supplies) steps in all, each over supplies / 64 machine words. What a failed search met is never entered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Wishes = Sequence[int] | NDArray[np.integer]
"""The supplies an inquiry may use, best first."""
Room = Mapping[int, int] | Sequence[int] | NDArray[np.integer]
"""How many each supply can take: by supply, or a list in which the supply is the index. Unnamed ones have none."""


def match(wishes: Sequence[Wishes], room: Room) -> list[int | None]:
    """For each inquiry, in order of priority, the supply it gets, or None."""
    return _Table(wishes, room).matched()


def contested(wishes: Sequence[Wishes], room: Room) -> bool:
    """Whether two inquiries and two supplies hang together. If not, the best open supply for each in turn is what `match` would say.

    They do exactly where an inquiry with a choice shares one of its supplies with another inquiry; wishes too far down to matter are not looked at.
    """
    if len(wishes) < 2:
        return False
    once = shared = 0
    choosy: list[int] = []
    space = _space(room)
    for wish in wishes:
        open_wishes = _open(wish, space, len(wishes))
        if not open_wishes.size:
            continue
        mask = _mask(open_wishes, space.size)
        shared |= once & mask
        once |= mask
        if open_wishes.size > 1:
            choosy.append(mask)
    return any(mask & shared for mask in choosy)


class _Table:
    """The matching while it grows: where each inquiry sits, who sits at each supply, which supplies have room."""

    __slots__ = ("_closed", "_exits", "_masks", "_orders", "_room", "_seated", "_settled", "_spare", "_staying", "_supply")

    def __init__(self, wishes: Sequence[Wishes], room: Room) -> None:
        space = _space(room)
        self._orders: list[list[int]] = []
        self._masks: list[int] = []
        for wish in wishes:
            kept = _open(wish, space, len(wishes))
            self._orders.append(kept.tolist())
            self._masks.append(_mask(kept, space.size))
        self._room: list[int] = space.tolist()
        self._spare = _mask(np.flatnonzero(space), space.size)
        self._supply: list[int | None] = [None] * len(wishes)
        self._seated: dict[int, list[int]] = {}
        self._settled = [False] * len(wishes)
        self._exits: dict[int, int] = {}
        self._staying: dict[int, int] = {}  # settled guests by supply
        self._closed = 0  # full of them

    def matched(self) -> list[int | None]:
        self._seat_as_many_as_possible()
        self._settle_by_preference()
        return self._supply

    def _seat_as_many_as_possible(self) -> None:
        dead = 0
        for inquiry, mask in enumerate(self._masks):
            if mask & self._spare:
                self._sit(inquiry, next(supply for supply in self._orders[inquiry] if self._room[supply]))
            elif hopeful := mask & ~dead:
                path, met = self._path(hopeful, self._spare, dead)
                if path:
                    self._shift(inquiry, path)
                else:
                    dead |= met

    def _settle_by_preference(self) -> None:
        """In order of priority, move each to the best supply from which those not yet settled can make way."""
        for inquiry, now_at in enumerate(self._supply):
            if now_at is None:
                continue
            dead = self._closed
            goal = self._spare | 1 << now_at
            for supply in self._orders[inquiry]:
                if supply == now_at:
                    break
                if dead >> supply & 1:
                    continue
                path, met = self._path(1 << supply, goal, dead)
                if path:
                    self._rise(inquiry)
                    self._shift(inquiry, path)
                    break
                dead |= met
            self._settle(inquiry)

    def _path(self, start: int, goal: int, dead: int) -> tuple[list[int], int]:
        """Supplies from one in `start` to one in `goal`, each of whose unsettled guests could sit at the next; and all supplies met."""
        if found := start & goal:
            return [_lowest(found)], start
        met = start
        came_from: dict[int, int] = {}
        ahead = _each(start)
        for supply in ahead:  # grows while it is walked: breadth first
            exits = self._exits_of(supply)
            if found := exits & goal:
                path = [_lowest(found), supply]
                while (supply := came_from.get(supply, -1)) >= 0:
                    path.append(supply)
                return path[::-1], met
            if fresh := exits & ~met & ~dead:
                met |= fresh
                for reached in _each(fresh):
                    came_from[reached] = supply
                    ahead.append(reached)
        return [], met

    def _exits_of(self, supply: int) -> int:
        """Where its unsettled guests could sit instead."""
        exits = self._exits.get(supply)
        if exits is None:
            exits = 0
            for guest in self._seated.get(supply, ()):
                if not self._settled[guest]:
                    exits |= self._masks[guest]
            self._exits[supply] = exits
        return exits

    def _shift(self, inquiry: int, path: list[int]) -> None:
        """Seat it at the first supply of the path; one guest of each moves on to the next, the last supply has room."""
        movers = [inquiry]
        for supply, following in pairwise(path):
            movers.append(
                next(guest for guest in self._seated[supply] if not self._settled[guest] and self._masks[guest] >> following & 1)
            )
        for mover in movers[1:]:
            self._rise(mover)
        for mover, supply in zip(movers, path, strict=True):
            self._sit(mover, supply)

    def _sit(self, inquiry: int, supply: int) -> None:
        self._supply[inquiry] = supply
        self._seated.setdefault(supply, []).append(inquiry)
        self._exits.pop(supply, None)
        self._room[supply] -= 1
        if not self._room[supply]:
            self._spare ^= 1 << supply

    def _rise(self, inquiry: int) -> None:
        supply = self._supply[inquiry]
        assert supply is not None
        self._supply[inquiry] = None
        self._seated[supply].remove(inquiry)
        self._exits.pop(supply, None)
        if not self._room[supply]:
            self._spare |= 1 << supply
        self._room[supply] += 1

    def _settle(self, inquiry: int) -> None:
        supply = self._supply[inquiry]
        assert supply is not None
        self._settled[inquiry] = True
        self._exits.pop(supply, None)
        self._staying[supply] = staying = self._staying.get(supply, 0) + 1
        if not self._room[supply] and staying == len(self._seated[supply]):
            self._closed |= 1 << supply


def _space(room: Room) -> NDArray[np.int64]:
    """Room by supply as an array, never negative."""
    if isinstance(room, Mapping):
        space = np.zeros(max(room, default=-1) + 1, dtype=np.int64)
        space[list(room)] = list(room.values())
    else:
        space = np.array(room, dtype=np.int64)
    return np.maximum(space, 0)


def _open(wish: Wishes, space: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The first so many of the wishes that have room. Twice as many usually hold them; a list of thousands is seldom walked to its end."""
    for cut in (2 * most, len(wish)):
        array = np.asarray(wish[:cut], dtype=np.int64)
        array = array[array < space.size]
        array = array[space[array] > 0]
        if array.size >= most or cut >= len(wish):
            break
    return array[:most]


def _mask(supplies: NDArray[np.int64], size: int) -> int:
    bits = np.zeros(size, dtype=np.uint8)
    bits[supplies] = 1
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _each(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
