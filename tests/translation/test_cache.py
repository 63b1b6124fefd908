"""What was translated lately is not asked for again: bounded, by workspace, and one request for many who ask."""

from __future__ import annotations

import asyncio

import pytest

from contact_hub.errors import HubError
from contact_hub.translation import Translation
from contact_hub.translation.cache import Cache, Key


class Engine:
    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False

    async def make(self) -> Translation:
        self.asked += 1
        await self.open.wait()
        if self.fails:
            raise HubError("translate_late")
        return Translation(text=f"hello {self.asked}", source="de", target="en", engine="test")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def key(text: str = "hallo", target: str = "en") -> Key:
    return Key(text, "de", target)


async def test_the_same_text_is_asked_for_once_and_another_anew() -> None:
    cache, engine = Cache(entries_max=10, seconds=60, monotonic=Clock()), Engine()
    first = await cache.get("one", key(), engine.make)
    assert await cache.get("one", key(), engine.make) is first
    await cache.get("one", key("hallo!"), engine.make)
    await cache.get("one", key(target="fr"), engine.make)
    assert engine.asked == 3


async def test_workspaces_share_nothing() -> None:
    cache, engine = Cache(entries_max=10, seconds=60, monotonic=Clock()), Engine()
    await cache.get("one", key(), engine.make)
    await cache.get("two", key(), engine.make)
    assert engine.asked == 2
    cache.forget("one")
    assert (cache.count("one"), cache.count("two")) == (0, 1)


async def test_it_forgets_the_oldest_and_the_old() -> None:
    clock = Clock()
    cache, engine = Cache(entries_max=3, seconds=60, monotonic=clock), Engine()
    for n in range(5):
        await cache.get("one", key(str(n)), engine.make)
    assert cache.count("one") == 3
    await cache.get("one", key("4"), engine.make)
    assert engine.asked == 5
    clock.now = 61
    await cache.get("one", key("4"), engine.make)
    assert (engine.asked, cache.count("one")) == (6, 1)


async def test_many_who_ask_at_once_are_answered_by_one_request() -> None:
    cache, engine = Cache(entries_max=10, seconds=60, monotonic=Clock()), Engine()
    engine.open.clear()
    asking = [asyncio.create_task(cache.get("one", key(), engine.make)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    engine.open.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [answer.text for answer in answers[1:] if isinstance(answer, Translation)] == ["hello 1"] * 4
    assert engine.asked == 1


async def test_a_failure_is_told_to_all_and_remembered_by_nobody() -> None:
    cache, engine = Cache(entries_max=10, seconds=60, monotonic=Clock()), Engine()
    engine.fails = True
    told = await asyncio.gather(*(cache.get("one", key(), engine.make) for _ in range(3)), return_exceptions=True)
    assert [error.code for error in told if isinstance(error, HubError)] == ["translate_late"] * 3
    engine.fails = False
    assert (await cache.get("one", key(), engine.make)).text == "hello 2"


@pytest.mark.parametrize("seconds", [0.0])
async def test_a_cache_of_no_seconds_keeps_nothing(seconds: float) -> None:
    cache, engine = Cache(entries_max=10, seconds=seconds, monotonic=Clock()), Engine()
    await cache.get("one", key(), engine.make)
    await cache.get("one", key(), engine.make)
    assert engine.asked == 2
