"""How agents spend their time: handling, ready and idle, away for a reason.

Belongs to the clock, not to inquiries: an hour counts in the hour in which it passed. Chats that overlap are one stretch of handling.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.measures.cases import Directory
from routing.measures.definitions import Targets
from routing.measures.records import AWAY, HANDLING, IDLE, OFFLINE, AgentRecord
from routing.measures.statistics import Integers, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Milliseconds of one agent in one period."""

    agent: str
    handling: int
    idle: int
    productive: int
    other_away: int

    @property
    def signed_in(self) -> int:
        """All of it."""
        return self.handling + self.idle + self.productive + self.other_away

    def occupancy(self) -> tuple[int, int]:
        """Handling, and handling + idle ready."""
        return self.handling, self.handling + self.idle

    def utilisation(self) -> tuple[int, int]:
        """Handling + idle + productive away, and signed in."""
        return self.handling + self.idle + self.productive, self.signed_in


class Attendance:
    """The step functions of some agents, closed at `as_of_ms`. `known` is False where the asker may not see anybody's time."""

    def __init__(self, agents: Iterable[AgentRecord], directory: Directory, as_of_ms: int, *, known: bool = True) -> None:
        self._directory = directory
        self._as_of_ms = as_of_ms
        self._agents = list(agents)
        self.known = known
        self._arrays: dict[str, tuple[Integers, Integers, list[str]]] = {}

    def pool(self, agent: AgentRecord) -> str:
        """Where the agent works: by the directory, else by the last offer."""
        return self._directory.agents.get(agent.id) or agent.pool

    def pools(self) -> list[str]:
        """Every pool somebody works in."""
        return sorted({self.pool(agent) for agent in self._agents})

    def restrict(self, *, clients: Collection[str] | None = None, vendor: str | None = None) -> Attendance:
        """A vendor sees its own people; a client nobody's time, because an hour of a shared agent tells of other clients."""
        mine = [agent for agent in self._agents if vendor is None or self._directory.vendor(self.pool(agent)) == vendor]
        return Attendance(mine if clients is None else [], self._directory, self._as_of_ms, known=self.known and clients is None)

    def spent(
        self, bounds: Integers, targets: Targets, pools: Collection[str] | None = None, groups: Sequence[int] | None = None
    ) -> list[list[Spent]]:
        """For each stretch between two bounds, what the agents of these pools did; who was not signed in is left out.

        With `groups` (one number a stretch, from 0) stretches of the same number are put together, as the same hour of several days is.
        """
        together = np.arange(bounds.size - 1, dtype=np.int64) if groups is None else np.array(groups, dtype=np.int64)
        found: list[list[Spent]] = [[] for _ in range(int(together.max()) + 1)]
        for agent in self._agents:
            if pools is None or self.pool(agent) in pools:
                for group, spent in self._of(agent, bounds, together, targets):
                    found[group].append(spent)
        return found

    def _of(self, agent: AgentRecord, bounds: Integers, groups: Integers, targets: Targets) -> Iterable[tuple[int, Spent]]:
        marks, states, names = self._array(agent)
        if marks.size == 0:
            return
        cuts = np.unique(np.concatenate([bounds, marks[(marks > bounds[0]) & (marks < bounds[-1])]]))
        state = np.searchsorted(marks, cuts[:-1], side="right") - 1
        lasting = np.maximum(0, np.minimum(cuts[1:], self._as_of_ms) - cuts[:-1])
        group = groups[np.searchsorted(bounds, cuts[:-1], side="right") - 1]
        signed = state >= 0
        spent = np.zeros((int(groups.max()) + 1, len(names)), dtype=np.int64)
        np.add.at(spent, (group[signed], states[state[signed]]), lasting[signed])
        for place in np.flatnonzero(spent.sum(axis=1)).tolist():
            one = _spent(agent.id, dict(zip(names, spent[place].tolist(), strict=True)), targets)
            if one.signed_in:
                yield place, one

    def _array(self, agent: AgentRecord) -> tuple[Integers, Integers, list[str]]:
        if agent.id not in self._arrays:
            names = sorted(set(agent.states))
            codes = {name: place for place, name in enumerate(names)}
            self._arrays[agent.id] = (
                np.array(agent.marks, dtype=np.int64),
                np.array([codes[state] for state in agent.states], dtype=np.int64),
                names,
            )
        return self._arrays[agent.id]


def _spent(agent: str, by_name: dict[str, int], targets: Targets) -> Spent:
    away = {name.removeprefix(AWAY): ms for name, ms in by_name.items() if name not in (HANDLING, IDLE, OFFLINE)}
    productive = sum(ms for reason, ms in away.items() if reason in targets.productive_reasons)
    return Spent(
        agent=agent,
        handling=by_name.get(HANDLING, 0),
        idle=by_name.get(IDLE, 0),
        productive=productive,
        other_away=sum(away.values()) - productive,
    )


def occupancy(people: Collection[Spent]) -> Tally:
    """The tally of occupancy over these people."""
    return _share([one.occupancy() for one in people])


def utilisation(people: Collection[Spent]) -> Tally:
    """The tally of utilisation over these people."""
    return _share([one.utilisation() for one in people])


def _share(parts: list[tuple[int, int]]) -> Tally:
    counted = [(part, whole) for part, whole in parts if whole]
    return Tally.of_time(sum(part for part, _ in counted), sum(whole for _, whole in counted), len(counted))
