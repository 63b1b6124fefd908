"""Where many wait and many are free at once, taking one after the other can leave somebody out whom another pairing would serve.

That is so at an opening, or when everybody comes back after an outage: the first takes the agent whom only the second could have had. There the
first of the waiting are paired as a whole (`routing.matching`): as many as can be are served, those with the better place before all, and each by
the agent that the order of choice prefers where it costs nobody a place. Where taking one after the other serves as many, it is left as it is,
and so is everything that the day decides: shares, minimums, seats that are kept, agents who declined.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.board import Board
from routing.choosing import Pick
from routing.demands import Form, Node
from routing.floor import Desk, Inquiry
from routing.matching import contested, match

AT_ONCE: Final = 128
"""How many of the waiting are weighed against each other."""

Pair = tuple[Inquiry, Node, Pick]


def pairs(board: Board, nodes: Iterable[Node], n: int) -> list[Pair]:
    """The pairing of the first that wait in these nodes for agents of one channel; empty where one after the other does as well."""
    waiting = list(_first(node for node in nodes if node.ask.form.line == n and _plain(board, node)))
    if len(waiting) < 2:
        return []
    ready, profiles = board.ready[n], board.roster.profiles
    positions = [np.flatnonzero(ready.take(node.view.profile)) for _, node in waiting]
    wishes = [_once(node.view.profile[at]) for (_, node), at in zip(waiting, positions, strict=True)]
    form = waiting[0][1].ask.form
    seats = {number: _seats(profiles[number].lines[n], form) for wish in wishes for number in wish.tolist()}
    room = {number: len(desks) for number, desks in seats.items()}
    if len(room) < 2 or not contested(wishes, room):
        return []
    matched = match(wishes, room)
    if [number is not None for number in matched] == _one_after_the_other(wishes, room):
        return []
    found: list[Pair] = []
    for (inquiry, node), number in zip(waiting, matched, strict=True):
        if number is not None:
            at = int(np.flatnonzero(node.view.profile == number)[0])
            found.append((inquiry, node, Pick(seats[number].pop(0), int(node.view.course[at]))))
    return found


def _seats(line: Sequence[tuple[int, Desk]], form: Form) -> list[Desk]:
    """The desks of a line once for each inquiry they have room for, those before who would be asked before; enough for a batch."""
    rooms = [(_room(desk, form), desk) for _, desk in line[:AT_ONCE]]
    most = max(room for room, _ in rooms)
    return [desk for turn in range(most) for room, desk in rooms if room > turn][:AT_ONCE]


def _room(desk: Desk, form: Form) -> int:
    """For how many of these a desk has seats, and no ceiling against them."""
    room, ceiling = (desk.seats - desk.used) // form.weight, desk.ceilings.get(form.channel)
    return room if ceiling is None else min(room, ceiling - desk.in_channel(form.channel))


def _plain(board: Board, node: Node) -> bool:
    """Is everything about it decided by places and preferences alone?"""
    form = node.ask.form
    return not form.contested and not board.guarded and not form.volatile


def _first(nodes: Iterable[Node]) -> Iterator[tuple[Inquiry, Node]]:
    """Those with the best places, nobody who was declined among them."""
    queues = [_queue(node) for node in dict.fromkeys(nodes)]
    for count, (_, _, inquiry, node) in enumerate(heapq.merge(*queues)):
        if count == AT_ONCE:
            return
        yield inquiry, node


def _queue(node: Node) -> Iterator[tuple[int, int, Inquiry, Node]]:
    return ((inquiry.key, node.slot, inquiry, node) for inquiry in node.each() if not inquiry.refusals)


def _once(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """A profile under two contracts is one supply, under the better."""
    _, first = np.unique(numbers, return_index=True)
    return numbers[np.sort(first)]


def _one_after_the_other(wishes: Sequence[NDArray[np.intp]], room: dict[int, int]) -> list[bool]:
    """Who would be served if each in turn took the best that is left."""
    left, served = dict(room), list[bool]()
    for wish in wishes:
        number = next((one for one in wish.tolist() if left[one]), None)
        served.append(number is not None)
        if number is not None:
            left[number] -= 1
    return served
