"""Which workspaces this node should own: the same answer on every node, from the same two lists.

Rendezvous hashing, with a ceiling: each workspace ranks the nodes by a hash of both names and goes to the first one that is not full, so shares differ by
one at most, and a node that comes or goes moves little more than its own share. Nothing is agreed upon: two nodes that see different lists for a moment both
reach for a lease, and the lease row decides; what neither reaches for waits for the next look.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

from contact_hub.clock import Clock
from contact_hub.store import Store

_LOOKS_PER_LEASE: Final = 8


def shares(workspaces: Iterable[str], nodes: Collection[str]) -> dict[str, str]:
    """The node of every workspace."""
    if not nodes:
        return {}
    names = sorted(workspaces, key=_hash)
    room, larger = divmod(len(names), len(nodes))
    held: Counter[str] = Counter()
    place: dict[str, str] = {}
    for workspace in names:
        ranked = sorted(nodes, key=lambda node: _hash(f"{node}\0{workspace}"), reverse=True)
        node = next(node for node in ranked if held[node] < room + (larger > 0))
        larger -= held[node] == room
        held[node] += 1
        place[workspace] = node
    return place


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


class Spread:
    """Looks at who lives, and tells our share."""

    def __init__(self, *, store: Store, clock: Clock, node: str, lease_seconds: float, node_seconds: float) -> None:
        self._store, self._clock, self._node = store, clock, node
        self._lease_seconds, self._node_seconds = lease_seconds, node_seconds
        self.look_seconds = min(0.5, lease_seconds / _LOOKS_PER_LEASE)

    async def share(self, workspaces: Collection[str]) -> frozenset[str]:
        """What is ours. A node that was not heard of for the time of a lease is passed over: its leases are over too."""
        now = self._clock.now()
        heard_until = now + timedelta(seconds=self._node_seconds - self._lease_seconds)
        async with self._store.read() as tx:
            nodes = await tx.nodes.routing(now, heard_until=heard_until)
        place = shares(workspaces, nodes | {self._node})
        return frozenset(workspace for workspace, node in place.items() if node == self._node)
