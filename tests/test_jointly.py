"""Questions of many, asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from contact_hub.jointly import Jointly


class Oracle:
    """Knows the length of every word but the empty one, and nothing while it is `mute`."""

    def __init__(self, *, at_once: int = 250) -> None:
        self.asked: list[list[str]] = []
        self.mute = False
        self.thinks = asyncio.Event()
        self.jointly: Jointly[str, int] = Jointly(self._answer, name="oracle", at_once=at_once)

    async def ask(self, *words: str) -> list[int | None]:
        return await asyncio.gather(*(self.jointly.ask(word) for word in words))

    async def _answer(self, words: Collection[str]) -> dict[str, int]:
        self.asked.append(list(words))
        self.thinks.set()
        await asyncio.sleep(0)
        if self.mute:
            raise OSError("mute")
        return {word: len(word) for word in words if word}


async def test_all_who_ask_in_the_same_moment_are_answered_at_once_and_each_by_its_own() -> None:
    oracle = Oracle()
    assert await oracle.ask("one", "three", "", "one") == [3, 5, None, 3]
    assert oracle.asked == [["one", "three", ""]]


async def test_who_asks_while_others_are_answered_is_next() -> None:
    oracle = Oracle()
    first = asyncio.create_task(oracle.jointly.ask("a"))
    await oracle.thinks.wait()
    assert await oracle.ask("a", "bb") == [1, 2]
    assert await first == 1
    assert oracle.asked == [["a"], ["a", "bb"]]


async def test_a_crowd_is_divided() -> None:
    oracle = Oracle(at_once=2)
    assert await oracle.ask("a", "bb", "ccc", "dddd", "eeeee") == [1, 2, 3, 4, 5]
    assert [len(some) for some in oracle.asked] == [2, 2, 1]


async def test_a_failure_is_everybodys_who_asked_and_nobodys_afterwards() -> None:
    oracle = Oracle()
    oracle.mute = True
    told = await asyncio.gather(*(oracle.jointly.ask(word) for word in ("a", "bb")), return_exceptions=True)
    assert [type(one) for one in told] == [OSError, OSError]
    oracle.mute = False
    assert await oracle.ask("a") == [1]


async def test_who_no_longer_waits_holds_nobody_up() -> None:
    oracle = Oracle()
    gone = asyncio.create_task(oracle.jointly.ask("a"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await oracle.ask("a", "bb") == [1, 2]
    with pytest.raises(asyncio.CancelledError):
        await gone
