"""One promise, two buses: most pokes arrive, soon, as a set; what was lost is told as `everything`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from contact_hub.bus import Bus, MemoryBus, Poke
from contact_hub.bus.numbering import BEAT_SECONDS, SILENCE_SECONDS, Batch
from contact_hub.bus.poke import EVERYTHING, PENDING_MAX, Subscription
from contact_hub.bus.redis import CHANNEL, RedisBus
from contact_hub.live.switchboard import Switchboard
from tests.servers import free_port


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    opened: Bus = MemoryBus() if request.param == "memory" else RedisBus(request.getfixturevalue("redis_url"))
    await opened.open()
    yield opened
    await opened.close()


async def heard(subscription: Subscription, wanted: Poke) -> None:
    async with asyncio.timeout(5):
        while wanted not in await subscription.next():
            pass


async def test_every_subscriber_hears_a_poke(bus: Bus) -> None:
    one, other = bus.subscribe(), bus.subscribe()
    poke = Poke("conversation", "w", "cnv_1")
    bus.publish([poke])
    await heard(one, poke)
    await heard(other, poke)


async def test_our_own_process_hears_a_poke_before_it_is_sent(bus: Bus) -> None:
    class Ear:
        def __init__(self) -> None:
            self.heard: list[Poke] = []

        def hear(self, pokes: Iterable[Poke]) -> None:
            self.heard += pokes

    ear, poke = Ear(), Poke("conversation", "w", "cnv_1")
    bus.overhear(ear)
    bus.publish([poke])
    assert poke in ear.heard


@pytest.mark.services
async def test_what_we_said_ourselves_is_not_heard_again_over_redis(redis_url: str) -> None:
    back = asyncio.Event()
    bus = RedisBus(redis_url, observe=lambda _seconds: back.set())
    await bus.open()
    try:
        subscription = bus.subscribe()
        await asyncio.wait_for(back.wait(), 5)  # numbered from the first beat on
        bus.publish([Poke("conversation", "w", "cnv_1")])
        await heard(subscription, Poke("conversation", "w", "cnv_1"))
        back.clear()
        await asyncio.wait_for(back.wait(), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(subscription.next(), 0.01)
    finally:
        await bus.close()


async def test_equal_pokes_that_wait_are_one(bus: Bus) -> None:
    subscription = bus.subscribe()
    bus.publish([Poke("input", "w", "w")] * 100 + [Poke("input", "w", "last")])
    seen: list[Poke] = []
    async with asyncio.timeout(5):
        while Poke("input", "w", "last") not in seen:
            seen += await subscription.next()
    assert seen.count(Poke("input", "w", "w")) == 1


async def test_who_left_hears_nothing(bus: Bus) -> None:
    gone, there = bus.subscribe(), bus.subscribe()
    bus.unsubscribe(gone)
    poke = Poke("agent", "w", "anna")
    bus.publish([poke])
    await heard(there, poke)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gone.next(), 0.05)


async def test_a_listener_that_sleeps_too_long_is_told_to_look_at_everything() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe()
    bus.publish(Poke("conversation", "w", str(number)) for number in range(PENDING_MAX + 1))
    assert [poke.kind for poke in await subscription.next()] == ["everything"]


@pytest.mark.services
async def test_redis_that_dies_and_comes_back_is_told_as_everything(tmp_path: Path, redis_program: str) -> None:
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    first = await asyncio.create_subprocess_exec(redis_program, *options, stdout=asyncio.subprocess.DEVNULL)
    bus = RedisBus(f"redis://127.0.0.1:{port}/0")
    second = None
    try:
        await bus.open()
        subscription = bus.subscribe()
        first.kill()
        await first.wait()
        bus.publish([Poke("input", "w", "w")])
        await heard(subscription, Poke("input", "w", "w"))  # our own process hears us all the same
        second = await asyncio.create_subprocess_exec(redis_program, *options, stdout=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(15):
            while EVERYTHING not in await subscription.next() or not bus.healthy():
                pass
    finally:
        await bus.close()
        if second is not None:
            second.kill()
            await second.wait()


@pytest.mark.services
async def test_redis_that_stands_still_shows_and_is_forgiven(tmp_path: Path, redis_program: str) -> None:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        redis_program, "--port", str(port), "--save", "", "--dir", str(tmp_path), stdout=-3
    )
    bus, other = RedisBus(f"redis://127.0.0.1:{port}/0"), RedisBus(f"redis://127.0.0.1:{port}/0")
    try:
        await bus.open()
        await other.open()
        mine, theirs = bus.subscribe(), other.subscribe()
        async with asyncio.timeout(10):
            while not (bus.healthy() and other.healthy()):
                await mine.next()
        server.send_signal(signal.SIGSTOP)
        bus.publish([Poke("input", "w", "w")])
        await heard(mine, Poke("input", "w", "w"))
        async with asyncio.timeout(10):
            while bus.healthy():  # noqa: ASYNC110 - nobody is told that a question remains unanswered
                await asyncio.sleep(0.01)
        server.send_signal(signal.SIGCONT)
        async with asyncio.timeout(10):
            while EVERYTHING not in await theirs.next():
                pass
            while not bus.healthy():
                await mine.next()
    finally:
        server.kill()
        await server.wait()
        await bus.close()
        await other.close()


@pytest.mark.services
async def test_what_redis_loses_is_told_as_everything_and_who_falls_silent_too(redis_url: str) -> None:
    bus = RedisBus(redis_url)
    await bus.open()
    subscription = bus.subscribe()
    try:
        async with Redis.from_url(redis_url) as other, asyncio.timeout(10):

            async def says(number: int, *pokes: Poke, last: bool = False) -> None:
                await other.publish(CHANNEL, msgspec.msgpack.encode(Batch("other", number, list(pokes), last)))

            mine = Poke("conversation", "w", "mine")
            await says(1, mine)
            await heard(subscription, mine)
            await says(3)
            await heard(subscription, EVERYTHING)
            await heard(subscription, EVERYTHING)  # it says nothing more, and did not say goodbye
            await other.publish(CHANNEL, b"of a later version")
            await heard(subscription, EVERYTHING)
            assert bus.hears_all()
    finally:
        await bus.close()
    assert not MemoryBus(alone=False).hears_all()


@pytest.mark.services
async def test_who_leaves_in_order_alarms_nobody(redis_url: str) -> None:
    bus, other = RedisBus(redis_url), RedisBus(redis_url)
    await bus.open()
    await other.open()
    poke = Poke("conversation", "w", "last")
    subscription = bus.subscribe()
    other.publish([poke])
    await heard(subscription, poke)  # from here on, each hears the other
    parting = Poke("conversation", "w", "parting")
    other.publish([parting])
    await other.close()
    await heard(subscription, parting)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(subscription.next(), SILENCE_SECONDS + 3 * BEAT_SECONDS)
    await bus.close()


async def test_the_switchboard_passes_on_only_what_a_listener_cares_for() -> None:
    switchboard = Switchboard(MemoryBus())
    listener = switchboard.listener([("conversation", "w", "mine")])
    switchboard.pass_on(Poke("conversation", "w", "theirs"))
    switchboard.pass_on(Poke("conversation", "other", "mine"))
    switchboard.pass_on(Poke("conversation", "w", "mine"))
    assert await listener.next(poll_seconds=1) == [Poke("conversation", "w", "mine")]
    switchboard.pass_on(Poke("everything", ""))
    assert [poke.kind for poke in await listener.next(poll_seconds=1)] == ["everything"]
    listener.close()
    switchboard.pass_on(Poke("everything", ""))
    assert await listener.next(poll_seconds=0.01) == []
