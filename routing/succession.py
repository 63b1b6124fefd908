"""Another version of the rules, taken up while the floor goes on.

What is new is worked out beside what holds: who has another profile, which classes must be compiled again. Only when all of it is there
do the new rules begin to hold, for everything at once; until then every decision is made, and named, under the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.board import Board
from routing.demands import Ask, Compiler, Form, rebased, special_contracts
from routing.floor import Desk
from routing.model import AgentId, BrandId, Hours, Plan, PoolId
from routing.roster import AT_ONCE, Columns, Profile, calendars_of

_AS_CHEAP, _COMPILED = 4, 10
"""How many agents are compared, or rows written, for the cost of a move; what compiling a class costs, in moves."""


class Succession:
    """From the board's plan to another one."""

    __slots__ = ("_board", "_compiler", "_dates", "_forms", "_moved", "_new_hours", "plan", "touched")

    def __init__(self, board: Board, plan: Plan) -> None:
        self._board, self.plan = board, plan
        self._moved: dict[AgentId, Profile | None] = {}
        self._forms: dict[Ask, Form] = {}
        self._compiler = board.compiler
        self._dates: list[int] = []
        self._new_hours = False
        self.touched: dict[Ask, None] = {}
        """The classes that the change concerns: compiled anew, and to be looked at afresh."""

    def prepare(self) -> Iterator[int]:
        """Work it out, in portions; each yields what it cost, in moves."""
        board, plan = self._board, self.plan
        for part in board.roster.changed(board.plan, plan):
            self._moved |= part
            yield min(AT_ONCE, len(plan.agents)) // _AS_CHEAP
        self._compiler = Compiler(Columns(plan, board.roster, self._sizes()))
        yield len(board.roster) // _AS_CHEAP
        self._dates = self._compiler.all_dates()
        self._new_hours = _hours(board.plan) != _hours(plan)
        yield len(plan.brands)
        brands, kinds = self._concerned()
        renumbered = self._renumbered()
        while missing := [ask for ask in board.asks.values() if ask.alive and ask not in self._forms]:  # some come meanwhile
            for ask in missing:
                if brands is None or ask.demand.brand in brands or ask.demand.kind in kinds:
                    self.touched[ask] = None
                    self._forms[ask] = self._compiler.form(ask.demand)
                    yield _COMPILED
                else:
                    self._forms[ask] = rebased(ask.form, self._compiler.columns, renumbered)
                    yield 1

    def take_over(self) -> list[Desk]:
        """From now on these rules. The desks that must be seen afresh."""
        board, old, plan = self._board, self._board.plan, self.plan
        board.plan, board.compiler = plan, self._compiler
        fresh = {profile for profile in self._moved.values() if profile is not None and not profile.size}
        for agent, profile in self._moved.items():
            board.move(agent, profile)
        if self._new_hours:
            fresh = {profile for profile in board.roster.profiles if profile.pool in plan.pools}
            for profile in fresh:
                profile.calendars = calendars_of(profile.sample, plan)
        board.rehang_calendars(sorted(fresh, key=lambda profile: profile.number))
        board.reclass(self._forms, self.touched)
        board.new_rules(self._dates)
        if old.policy != plan.policy:
            return list(board.desks.values())
        return [board.desks[agent] for agent in self._moved if agent in board.desks]

    def _sizes(self) -> dict[int, int]:
        """By how much profiles grow and shrink."""
        change: dict[int, int] = {}
        for agent, profile in self._moved.items():
            before = self._board.roster.of_agent.get(agent)
            if before is not None:
                change[before.number] = change.get(before.number, 0) - 1
            if profile is not None:
                change[profile.number] = change.get(profile.number, 0) + 1
        return change

    def _renumbered(self) -> NDArray[np.int64]:
        """The new numbers of the contracts by their old ones; of those that are gone: none that anybody asks for."""
        numbers = {contract.id: n for n, contract in enumerate(self._compiler.columns.contracts)}
        return np.array([numbers.get(contract.id, -1) for contract in self._board.compiler.columns.contracts], np.int64)

    def _concerned(self) -> tuple[set[BrandId] | None, set[str]]:
        """The brands and kinds whose classes the change can concern; None: every one."""
        old, new = self._board.plan, self.plan
        unlike = (
            old.policy != new.policy
            or old.pools != new.pools
            or {b.id: b.certification_required for b in old.brands.values()}
            != {b.id: b.certification_required for b in new.brands.values()}
            or _longest_promise(old) != _longest_promise(new)
        )
        if unlike:
            return None, set()
        brands = {b.id for b in new.brands.values() if old.brands.get(b.id) != b}
        divided = special_contracts(old).keys() ^ special_contracts(new).keys()
        for id_ in old.contracts.keys() | new.contracts.keys():
            before, after = old.contracts.get(id_), new.contracts.get(id_)
            if before != after or id_ in divided:
                for one in (before, after):
                    brands |= (one.brands or set(new.brands)) if one is not None else set()
        for agent, profile in self._moved.items():
            was = self._board.roster.of_agent.get(agent)
            for seat in (was, profile):
                if seat is not None:
                    brands |= set(seat.sample.certifications) | {b.id for b in new.brands.values() if not b.certification_required}
        kinds = {id_ for id_ in old.kinds.keys() | new.kinds.keys() if old.kinds.get(id_) != new.kinds.get(id_)}
        return brands, kinds


def _hours(plan: Plan) -> dict[PoolId, Hours]:
    return {id_: pool.hours for id_, pool in plan.pools.items()}


def _longest_promise(plan: Plan) -> float:
    return max((c.answer_within_seconds or 0.0 for c in plan.contracts.values()), default=0.0)
