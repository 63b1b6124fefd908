"""Which workspaces this node should own: what nobody holds goes to whoever holds least, and what somebody holds stays until that is clearly unfair.

Every node works it out from the same rows, the leases and the nodes that said lately that they live, so nothing is agreed upon; where two see different rows
for a moment both reach for a lease, and the lease row decides. Two rules, one for each direction:

* **Nobody's** is what has no holder, or one that was not heard of for the time of a lease. It is placed at once, for people wait; a living node never loses
  anything by this rule, not even where its lease ran out because it was slow.
* **Handing over** is the holder's own decision: only from the fullest node to the emptiest, only where they differ by two or more, and only once the same
  nodes have lived for as long as two leases. At a difference of one a move would only change who is the fuller one, so it would go on for ever; a node that
  is starved, and is heard of by fits and starts, gets nothing back before it has kept time for long enough to lose a lease twice. Each hand-over is given to
  the emptiest by the first rule, so the difference shrinks with each and nothing moves twice while the nodes stay the same (`tests/live/test_spread.py`).

A pure function of the nodes alone (rendezvous hashing with a ceiling, as this was before) knows no history: there every late heartbeat moves a share away, and
the next one back. What is nobody's for two leases although somebody should have reached for it is reached for by everybody: a node of another version, or
one that does not know the workspace yet, may never want it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

from contact_hub.clock import Clock
from contact_hub.store import Store

_LOOKS_PER_LEASE: Final = 8
_STEADY_LEASES: Final = 2
_UNFAIR: Final = 2
_SURELY_SECONDS: Final = 0.01


def placed(workspaces: Iterable[str], nodes: Collection[str], held: Mapping[str, str]) -> dict[str, str]:
    """The node of every workspace: who lives and holds it, else whoever has least by then; of several the one it ranks first."""
    if not nodes:
        return {}
    place, nobodys = dict[str, str](), list[str]()
    for workspace in sorted(workspaces):
        if (holder := held.get(workspace, "")) in nodes:
            place[workspace] = holder
        else:
            nobodys.append(workspace)
    has = Counter(place.values())
    for workspace in nobodys:
        node = min(nodes, key=lambda node: (has[node], _rank(node, workspace)))
        has[node] += 1
        place[workspace] = node
    return place


def evened(place: Mapping[str, str], nodes: Collection[str]) -> dict[str, str]:
    """The same, after every hand-over from the fullest node to the emptiest that differ by two or more: none, where none do."""
    after, of = dict(place), {node: set[str]() for node in sorted(nodes)}
    for workspace, node in place.items():
        of[node].add(workspace)
    while of:
        fullest, emptiest = max(of, key=lambda node: len(of[node])), min(of, key=lambda node: len(of[node]))
        if len(of[fullest]) - len(of[emptiest]) < _UNFAIR:
            break
        workspace = min(of[fullest], key=lambda workspace: (_rank(emptiest, workspace), workspace))
        of[fullest].remove(workspace)
        of[emptiest].add(workspace)
        after[workspace] = emptiest
    return after


def _rank(node: str, workspace: str) -> bytes:
    return hashlib.blake2b(f"{node}\0{workspace}".encode(), digest_size=8).digest()


class Spread:
    """Looks at who lives and who holds what, and tells our share."""

    def __init__(self, *, store: Store, clock: Clock, node: str, lease_seconds: float, node_seconds: float) -> None:
        self._store, self._clock, self._node = store, clock, node
        self._lease_seconds, self._early_seconds = lease_seconds, node_seconds - lease_seconds
        self.look_seconds = min(0.5, lease_seconds / _LOOKS_PER_LEASE)
        self.pause_seconds = self.look_seconds
        """Until the next look. It does not go beyond the moment from which somebody is passed over."""
        self._nodes, self._same_since = frozenset[str](), 0.0
        self._nobodys_since = dict[str, float]()

    async def share(self, workspaces: Collection[str]) -> frozenset[str]:
        """What is ours. A node that was not heard of for the time of a lease is passed over: its leases are over too."""
        now, self.pause_seconds = self._clock.now(), self.look_seconds
        async with self._store.read() as tx:
            heard = await tx.nodes.routing(now, early_seconds=self._early_seconds)
            nodes = frozenset({*heard, self._node})
            held = {workspace: lease.holder for workspace, lease in (await tx.leases.all()).items()}
            if any((holder := held.get(workspace)) and holder not in nodes for workspace in workspaces):
                await tx.nodes.end_standstills()  # one of them may lock the lease that we are about to reach for
        next_over = min((until - now for node, until in heard.items() if node != self._node), default=timedelta.max)
        self.pause_seconds = min(self.look_seconds, next_over.total_seconds() + _SURELY_SECONDS)
        place = placed(workspaces, nodes, held)
        ours = {workspace for workspace, node in place.items() if node == self._node}
        if self._steady(nodes):
            ours -= {workspace for workspace, node in evened(place, nodes).items() if node != self._node}
        return frozenset(ours | self._forsaken(workspace for workspace in place if held.get(workspace) not in nodes))

    def _steady(self, nodes: frozenset[str]) -> bool:
        """Whether the same ones have lived for long enough to hand something over."""
        now = self._clock.monotonic()
        if nodes != self._nodes:
            self._nodes, self._same_since = nodes, now
        return now - self._same_since >= _STEADY_LEASES * self._lease_seconds

    def _forsaken(self, nobodys: Iterable[str]) -> set[str]:
        """What has been nobody's for so long that whoever should have taken it will not."""
        now = self._clock.monotonic()
        self._nobodys_since = {workspace: self._nobodys_since.get(workspace, now) for workspace in nobodys}
        return {
            workspace for workspace, since in self._nobodys_since.items() if now - since >= _STEADY_LEASES * self._lease_seconds
        }
