"""Translations made lately, by workspace: in this process, bounded in number and age, gone with it.

What customers wrote is nowhere kept longer for having been translated: a table would have to follow every erasure and every retention rule, to save
a second now and then. Two who ask for the same at the same time are answered by one request.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from contact_hub.translation.engine import Translation


@dataclass(frozen=True, slots=True)
class Key:
    """The text itself, not its hash: equal keys are equal questions."""

    text: str
    source: str | None
    target: str


class Cache:
    def __init__(self, *, entries_max: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._entries_max, self._seconds, self._monotonic = entries_max, seconds, monotonic
        self._made: defaultdict[str, OrderedDict[Key, tuple[float, Translation]]] = defaultdict(OrderedDict)
        self._under_way: dict[tuple[str, Key], asyncio.Task[Translation]] = {}

    async def get(self, workspace: str, key: Key, make: Callable[[], Awaitable[Translation]]) -> Translation:
        """What was made before, or `make`, once for all who ask meanwhile. Failures are not remembered."""
        made = self._made[workspace]
        found = made.get(key)
        if found is not None and found[0] > self._monotonic():
            made.move_to_end(key)
            return found[1]
        task = self._under_way.get((workspace, key))
        if task is None:
            task = asyncio.ensure_future(self._make(workspace, key, make))
            self._under_way[workspace, key] = task
            task.add_done_callback(lambda done: self._over(workspace, key, done))
        return await asyncio.shield(task)  # who goes away leaves the others their answer

    def forget(self, workspace: str) -> None:
        """Everything of a workspace: it wants no more of it."""
        self._made.pop(workspace, None)

    def count(self, workspace: str) -> int:
        return len(self._made[workspace])

    async def _make(self, workspace: str, key: Key, make: Callable[[], Awaitable[Translation]]) -> Translation:
        translation = await make()
        made = self._made[workspace]
        now = self._monotonic()
        for old in [known for known, (until, _) in made.items() if until <= now]:
            del made[old]
        made[key] = (now + self._seconds, translation)
        while len(made) > self._entries_max:
            made.popitem(last=False)
        return translation

    def _over(self, workspace: str, key: Key, task: asyncio.Task[Translation]) -> None:
        self._under_way.pop((workspace, key), None)
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may
