"""Pokes over Redis pub/sub, in batches. Redis away costs latency only: pokes are dropped, listeners are told to look at everything once it is back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contact_hub.bus.numbering import BEAT_SECONDS, SILENCE_SECONDS, Attendance, Batch
from contact_hub.bus.poke import EVERYTHING, Ear, Poke, Subscription, traced
from contact_hub.cancelling import end

CHANNEL: Final = "contact-hub:pokes"
_UNSENT_MAX: Final = 50_000
_ECHOES_MAX: Final = 64
_GOODBYE_SECONDS: Final = 0.5
_BACK_OFF_SECONDS: Final = (0.05, 0.2, 0.5, 1.0)

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Batch).decode


class RedisBus:
    """Two tasks: one sends what gathered since it last sent, one listens. Losses are noticed (`bus.numbering`), by those who hear others and by those who do
    not hear themselves."""

    def __init__(self, url: str, *, observe: Callable[[float], None] = lambda _seconds: None) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=1, socket_keepalive=True)
        self._listeners: dict[Ear, None] = {}
        self._unsent: dict[Poke, None] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()
        self._observe = observe
        self._mute = False
        self._deaf, self._heard_ourselves_at = True, 0.0
        self._name, self._number = secrets.token_urlsafe(9), 0
        self._sent: deque[tuple[int, float]] = deque(maxlen=_ECHOES_MAX)
        self._attendance = Attendance()

    def publish(self, pokes: Iterable[Poke]) -> None:
        said = list(traced(pokes))
        self._tell(said)
        self._unsent.update(dict.fromkeys(said))
        if len(self._unsent) > _UNSENT_MAX:
            self._unsent = {EVERYTHING: None}
        self._wake.set()

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._listeners[subscription] = None
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._listeners.pop(subscription, None)

    def overhear(self, ear: Ear) -> None:
        self._listeners[ear] = None

    async def open(self) -> None:
        """Starts both tasks and waits a moment for Redis; without it we start all the same, slower."""
        self._tasks = [asyncio.create_task(self._listen(), name="bus listens"), asyncio.create_task(self._send(), name="bus sends")]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), 2)

    async def close(self) -> None:
        await end(self._tasks)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._redis.publish(CHANNEL, _encode(self._next(list(self._unsent), last=True)))
        self._listeners.clear()
        await self._redis.aclose()

    def healthy(self) -> bool:
        """Whether we hear, and were heard when we last said something: a Redis that stands still keeps its connections."""
        return self._listening.is_set() and not self._mute

    def hears_all(self) -> bool:
        return self._listening.is_set() and not self._deaf

    def _next(self, pokes: list[Poke], *, last: bool = False) -> Batch:
        self._number += 1
        self._sent.append((self._number, time.monotonic()))
        return Batch(self._name, self._number, pokes, last)

    async def _send(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            pokes, self._unsent = list(self._unsent), {}
            try:
                data = _encode(self._next(pokes))
                async with asyncio.timeout(2):
                    await self._redis.publish(CHANNEL, data)
            except (RedisError, OSError, TimeoutError):
                # the others poll, and are told to look at everything as soon as anybody can tell them
                self._mute = True
                await asyncio.sleep(_BACK_OFF_SECONDS[2])
                self._unsent[EVERYTHING] = None
                self._wake.set()
            else:
                self._mute = False

    async def _listen(self) -> None:
        attempt = 0
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CHANNEL)
                    self._listening.set()
                    self._mute = False
                    attempt = 0
                    self._attendance, self._heard_ourselves_at = Attendance(), time.monotonic()
                    self._turn(deaf=False)
                    while True:
                        message = await channel.get_message(timeout=BEAT_SECONDS)
                        self._hear(None if message is None else message["data"], time.monotonic())
            except (RedisError, OSError) as trouble:
                self._listening.clear()
                self._turn(deaf=True)
                _log.warning("bus_lost", error=type(trouble).__name__)
                pause = _BACK_OFF_SECONDS[min(attempt, len(_BACK_OFF_SECONDS) - 1)]
                attempt += 1
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    def _hear(self, data: bytes | None, now: float) -> None:
        if data is not None:
            try:
                batch = _decode(data)
            except msgspec.DecodeError:  # of another version of us: whatever it says, something moved
                self._tell([EVERYTHING])
                return
            lost = self._attendance.hear(batch, now)
            if batch.sender == self._name:  # our own process has heard it as it was said
                self._hear_ourselves(batch.number, now)
                self._tell([EVERYTHING] if lost or EVERYTHING in batch.pokes else [])
            else:
                self._tell([EVERYTHING, *batch.pokes] if lost else batch.pokes)
        if (now - self._heard_ourselves_at > SILENCE_SECONDS) != self._deaf:
            self._turn(deaf=not self._deaf)
        if self._attendance.fallen_silent(now) and not self._deaf:
            self._tell([EVERYTHING])

    def _hear_ourselves(self, number: int, now: float) -> None:
        self._heard_ourselves_at = now
        while self._sent and self._sent[0][0] <= number:
            sent, at = self._sent.popleft()
            if sent == number:
                self._observe(now - at)

    def _turn(self, *, deaf: bool) -> None:
        """Whoever trusts in silence must know at once when it means nothing any more, and when it does again."""
        self._deaf = deaf
        self._tell([EVERYTHING])

    def _tell(self, pokes: list[Poke]) -> None:
        for listener in self._listeners:
            listener.hear(pokes)
