"""Questions of many, asked once.

Thousands of sockets want to know the same kind of thing in the same moment, each about its own row. What is asked within one turn of the event loop is asked of
the database in one go and handed out.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Jointly(Generic[K, V]):
    """`answer` knows the answers to at most `at_once` questions; to those that are missing there is none. What it raises, everybody hears who asked with it:
    whoever asks decides what that means."""

    def __init__(self, answer: Callable[[Collection[K]], Awaitable[Mapping[K, V]]], *, name: str, at_once: int = 250) -> None:
        self._answer, self._name, self._at_once = answer, name, at_once
        self._asked: defaultdict[K, list[asyncio.Future[V | None]]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: K) -> V | None:
        """What is so at some moment from now on."""
        waiting: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked[question].append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve(), name=self._name)
        return await waiting

    async def _serve(self) -> None:
        await asyncio.sleep(0)  # let everybody of this turn ask first
        while self._asked:
            asked, self._asked = self._asked, defaultdict(list)
            questions = list(asked)
            for first in range(0, len(questions), self._at_once):
                await self._serve_some({question: asked[question] for question in questions[first : first + self._at_once]})
                await asyncio.sleep(0)  # sockets have their turn

    async def _serve_some(self, asked: Mapping[K, Collection[asyncio.Future[V | None]]]) -> None:
        try:
            answers = await self._answer(asked.keys())
        except Exception as error:
            for waiting in itertools.chain.from_iterable(asked.values()):
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for question, crowd in asked.items():
            for waiting in crowd:
                if not waiting.done():
                    waiting.set_result(answers.get(question))
