"""The wheel by which all sockets of a process beat."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from contact_hub.web.wheel import Wheel


class Turns:
    """Counts whose turn it was, and can be waited for."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()
        self._came = asyncio.Event()

    def __call__(self, who: str) -> None:
        self.of[who] += 1
        self._came.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not enough():
                self._came.clear()
                await self._came.wait()


async def test_everybody_has_a_turn_in_every_round_and_nobody_two() -> None:
    turns = Turns()
    wheel: Wheel[str] = Wheel(round_seconds=0.5, turn=turns)
    for who in "abcde":
        wheel.add(who)
    await turns.until(lambda: turns.of.total() >= 15)
    assert turns.of == dict.fromkeys("abcde", 3)
    for who in "abcde":
        wheel.remove(who)


async def test_who_is_removed_by_anothers_turn_has_none() -> None:
    turns = Turns()

    def turn(who: str) -> None:
        turns(who)
        wheel.remove("b" if who == "a" else "a")

    wheel: Wheel[str] = Wheel(round_seconds=0.1, turn=turn)
    wheel.add("a")
    wheel.add("b")
    await turns.until(lambda: turns.of.total() >= 3)
    assert len(turns.of) == 1
    assert len(wheel) == 1
    wheel.remove(next(iter(turns.of)))


async def test_one_that_fails_takes_no_turn_from_others() -> None:
    turns = Turns()

    def turn(who: str) -> None:
        turns(who)
        if who == "a":
            raise ValueError(who)

    wheel: Wheel[str] = Wheel(round_seconds=0.1, turn=turn)
    for who in "abc":
        wheel.add(who)
    await turns.until(lambda: turns.of.total() >= 6)
    assert turns.of == dict.fromkeys("abc", 2)
    for who in "abc":
        wheel.remove(who)


async def test_a_wheel_with_nobody_on_it_stands_still_and_turns_again_for_the_next() -> None:
    turns = Turns()
    wheel: Wheel[str] = Wheel(round_seconds=0.1, turn=turns)
    wheel.add("a")
    wheel.remove("a")
    wheel.remove("a")
    assert len(wheel) == 0
    wheel.add("b")
    await turns.until(lambda: turns.of.total() >= 2)
    assert set(turns.of) == {"b"}
    wheel.remove("b")
