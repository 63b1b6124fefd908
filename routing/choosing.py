"""Who of those who may, shall; and which of the waiting, for an agent with room.

Tier first, then (where the day decides between contracts) minimum and share, then the preferences in the plan's order: all but the day's part is
known when a class is compiled, so courses lie in that order and the first with somebody in line is the best. What is left is decided by the
moment: fewest in hand, longest idle. Among the waiting, the smallest key of the heads of all queues an agent may serve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.board import Board
from routing.demands import CHANNELS, Form, Node, View
from routing.floor import Desk, Inquiry
from routing.model import ContractId
from routing.moments import NEVER, span
from routing.reasons import Reason, Why


@dataclass(frozen=True, slots=True)
class Pick:
    """Who it shall be, under which course, and how the day decided where it did."""

    desk: Desk
    course: int
    lot: Why | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody is free, and yet nobody: another contract's turn, or seats kept for one that waits longer."""

    because: Reason


def choose(board: Board, inquiry: Inquiry, node: Node) -> Pick | Passed | None:
    """The best of those in line who may take it at this step."""
    view, n = node.view, node.ask.form.line
    if not len(view.profile):
        return None
    there = board.ready[n].take(view.profile)
    first = int(there.argmax())
    if not there[first]:
        return None
    form = node.ask.form
    if form.contested or board.guarded or inquiry.refusals:
        return _choose_with_care(board, inquiry, form, view, there, n)
    profiles = board.roster.profiles
    while there[first]:
        end = int(view.ends[first])
        best = first if end - first == 1 else first + int(board.turns[n].take(view.profile[first:end]).argmin())
        course = int(view.course[best])
        if not form.volatile or board.holds(form, course):
            return Pick(profiles[view.profile[best]].lines[n][0][1], course)
        there[best] = False
        first = int(there.argmax())
    return None


def _choose_with_care(
    board: Board, inquiry: Inquiry, form: Form, view: View, there: NDArray[np.bool_], n: int
) -> Pick | Passed | None:
    """The same where some are barred, where contracts compete, or where seats may be kept: a walk along those who are there."""
    if not form.contested:
        pick, kept = _first_unbarred(board, inquiry, form, view, there, n, None)
        return pick or (Passed(Reason.SEATS_KEPT) if kept else None)
    at = np.flatnonzero(there)
    courses = view.course[at]
    passed: Reason | None = None
    for tier in dict.fromkeys(form.tier[courses].tolist()):
        here = at[form.tier[courses] == tier]
        for lot, contract in _lots(board, form, view, here) if tier in form.contested else [(None, None)]:
            if lot is _WAITS:
                passed = Reason.SHARE_TURN
                continue
            among = np.zeros(len(there), bool)
            among[here if contract is None else here[form.contract[view.course[here]] == contract]] = True
            pick, kept = _first_unbarred(board, inquiry, form, view, among, n, lot)
            if pick is not None:
                return pick
            passed = Reason.SEATS_KEPT if kept else passed
    return None if passed is None else Passed(passed)


_WAITS: Final = Why.SHARE, None
"""In place of a lot: the turn is another contract's, and it is waited for."""


def _lots(board: Board, form: Form, view: View, here: NDArray[np.intp]) -> list[tuple[object, int | None]]:
    """The contracts with somebody free in a contested tier, in the order of the day: below their minimum, then by share, then others."""
    free = dict.fromkeys(form.contract[view.course[here]].tolist())
    by_id = {form.columns.contracts[number].id: number for number in free}
    tier = form.tier[view.course[here[0]]]
    short = [id_ for id_ in sorted(by_id) if board.books.below_minimum(id_)]
    division = board.books.division_of(short[0]) if short else None
    if division is not None:  # of several below their minimum, the share says which
        by_share = division.order([id_ for id_ in short if board.books.division_of(id_) is division])
        short = [*by_share, *(id_ for id_ in short if id_ not in by_share)]
    lots: list[tuple[object, int | None]] = [(Why.MINIMUM, by_id[id_]) for id_ in short]
    rest = [id_ for id_ in sorted(by_id) if not board.books.below_minimum(id_)]
    divided = [id_ for id_ in rest if board.books.division_of(id_) is not None]
    while divided:
        division = board.books.division_of(divided[0])
        assert division is not None
        mine = [id_ for id_ in divided if board.books.division_of(id_) is division]
        divided = [id_ for id_ in divided if id_ not in mine]
        if division.share.strict:
            turn = division.turn(open_contracts(board, form, view, int(tier)))
            lots.append((Why.SHARE, by_id[turn]) if turn in mine and turn is not None else (_WAITS, None))
        else:
            lots += [(Why.SHARE, by_id[id_]) for id_ in division.order(mine)]
    lots += [(None, by_id[id_]) for id_ in rest if board.books.division_of(id_) is None]
    return lots


def open_contracts(board: Board, form: Form, view: View, tier: int) -> list[ContractId]:
    """The contracts of a tier that have a place open at all for this, whether anybody is free or not."""
    courses = view.course[(form.tier[view.course] == tier) & board.open[view.profile]]
    return [form.columns.contracts[number].id for number in dict.fromkeys(form.contract[courses].tolist())]


def _first_unbarred(
    board: Board, inquiry: Inquiry, form: Form, view: View, among: NDArray[np.bool_], n: int, lot: object
) -> tuple[Pick | None, bool]:
    """The first in order of rank and turn whom nothing speaks against; and whether seats were kept."""
    kept, at = False, int(among.argmax())
    while among[at]:
        end, best = int(view.ends[at]), None
        for position in range(at, end):
            if not among[position]:
                continue
            course = int(view.course[position])
            if board.holds(form, course):
                found, kept_here = _unbarred_in(board, inquiry, form, int(view.profile[position]), n)
                kept = kept or kept_here
                if found is not None and (best is None or found[0] < best[0]):
                    best = (*found, course)
        if best is not None:
            return Pick(best[1], best[2], lot if isinstance(lot, Why) else None), kept
        among[at:end] = False
        at = int(among.argmax())
    return None, kept


def _unbarred_in(board: Board, inquiry: Inquiry, form: Form, number: int, n: int) -> tuple[tuple[int, Desk] | None, bool]:
    """The first in a profile's line whom nothing speaks against."""
    rounds_max, kept = board.plan.policy.decline_rounds_max, False
    for turn, desk in board.roster.profiles[number].lines[n]:
        if inquiry.refusals and inquiry.barred(desk.id, board.now, rounds_max):
            continue
        if board.guarded and seats_kept(board, desk, form.weight):
            kept = True
            continue
        return (turn, desk), kept
    return None, kept


def seats_kept(board: Board, desk: Desk, weight: int) -> bool:
    """Would taking this leave too little for something heavier that has waited past the guard? Then the seats are kept for that."""
    policy, profile = board.plan.policy, desk.profile
    guard = policy.ageing_guard_seconds
    if guard is None or profile is None:
        return False
    old = board.now - span(guard)
    for n, channel in enumerate(CHANNELS):
        heavier = policy.weights.get(channel, 1)
        if heavier <= weight or desk.used + weight + heavier <= desk.seats or heavier > desk.seats:
            continue
        ceiling = desk.ceilings.get(channel)
        if ceiling is not None and desk.in_channel(channel) >= ceiling:
            continue  # not for want of seats
        slots = profile.served[n].ready(board.in_use)
        for slot in slots[board.firsts[slots] != NEVER].tolist():
            node = board.nodes[slot]
            head = node.head() if node is not None else None
            if head is not None and head.arrived <= old and not head.barred(desk.id, board.now, policy.decline_rounds_max):
                board.keeping[desk] = None
                return True
    return False


def best_waiting(board: Board, desk: Desk) -> tuple[Inquiry, int] | None:
    """The inquiry this agent is to take next, and under which course."""
    profile = desk.profile
    if profile is None or not profile.open:
        return None
    best: tuple[int, Inquiry, int] | None = None
    for n in desk.rooms:
        served = profile.served[n]
        slots = served.ready(board.in_use)
        if not len(slots):
            continue
        keys = board.firsts.take(slots)
        at = int(keys.argmin())
        key = int(keys[at])
        if key == NEVER or (best is not None and key >= best[0]):
            continue
        node = board.nodes[slots[at]]
        assert node is not None
        head, course = node.queue[node.first], int(served.courses[at])
        form = node.ask.form
        if head.refusals or form.contested or board.guarded or not board.holds(form, course):
            found = _best_with_care(board, desk, slots, served.courses, keys)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        else:
            best = (key, head, course)
    for inquiry in desk.expected:
        if best is not None and best[0] < inquiry.key:
            break
        if inquiry.ask.form.line in desk.rooms:
            mine = board.course(inquiry, desk)
            if mine is not None:
                best = (inquiry.key, inquiry, mine)
                break
    return None if best is None else (best[1], best[2])


def _best_with_care(
    board: Board, desk: Desk, slots: NDArray[np.intp], courses: NDArray[np.intp], keys: NDArray[np.int64]
) -> tuple[int, Inquiry, int] | None:
    """The same where some of what waits is barred to the agent, or not to be taken now: the next best, until one is sure."""
    sure: dict[int, Inquiry] = {}
    rounds_max = board.plan.policy.decline_rounds_max
    while True:
        at = int(keys.argmin())
        if keys[at] == NEVER:
            return None
        if at in sure:
            return int(keys[at]), sure[at], int(courses[at])
        node = board.nodes[slots[at]]
        form, course = (node.ask.form, int(courses[at])) if node is not None else (None, 0)
        keys[at] = NEVER
        if node is None or form is None or not board.holds(form, course) or not in_turn(board, form, node.view, course):
            continue
        if board.guarded and seats_kept(board, desk, form.weight):
            continue
        for inquiry in node.each():
            if not inquiry.barred(desk.id, board.now, rounds_max):
                sure[at], keys[at] = inquiry, inquiry.key
                break


def in_turn(board: Board, form: Form, view: View, course: int) -> bool:
    """Is it this contract's turn, where turns are waited for?"""
    if not form.contested:
        return True
    contract = form.contract_of(course)
    division = board.books.division_of(contract.id)
    if division is None or not division.share.strict or board.books.below_minimum(contract.id):
        return True
    return division.turn(open_contracts(board, form, view, contract.tier)) == contract.id
