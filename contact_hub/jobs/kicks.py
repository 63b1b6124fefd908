"""taskiq: how a worker hears at once that there is work, and where the attempts run.

Inside one process an in-memory broker; over several, Redis Streams, where one of them gets each kick. A kick names a row and says nothing else. It may
be lost (Redis away, flushed, full, standing still) or doubled: the rows are looked at every few seconds anyway, and claimed by compare-and-set.
What the looking finds runs through the in-memory broker too, so that there is one way to run work.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any, Final

import structlog
from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, InMemoryBroker
from taskiq.acks import AcknowledgeType
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from contact_hub.bus.streams import forget_consumers
from contact_hub.cancelling import end
from contact_hub.jobs.runner import SLOTS, Runner

STREAM: Final = "contact-hub:jobs"
GROUP: Final = "workers"
STREAM_LENGTH_MAX: Final = 10_000
UNSENT_MAX: Final = 10_000
_SEND_SECONDS: Final = 2.0
_BACK_OFF_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)

_log = structlog.get_logger(__name__)


class LocalKicks:
    """Within this process. Without a runner (this node is no worker) nothing is done: a worker looks."""

    def __init__(self, runner: Runner | None) -> None:
        self._broker = InMemoryBroker(max_async_tasks=SLOTS, max_stored_results=1, cast_types=False)
        self._task = _task_of(self._broker, runner)
        self._works = runner is not None
        self._pending: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()

    @property
    def local(self) -> LocalKicks:
        """The way for rows that this process has found by itself."""
        return self

    def kick(self, workspace: str, id_: str) -> None:
        """Send without waiting; what cannot be sent is forgotten."""
        if self._works and len(self._pending) < UNSENT_MAX:
            self._pending[workspace, id_] = None
            self._wake.set()

    async def run(self) -> None:
        """For the life of the process."""
        await self._broker.startup()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                workspace, id_ = next(iter(self._pending))
                del self._pending[workspace, id_]
                await self._task.kiq(workspace, id_)
                await asyncio.sleep(0)

    async def close(self) -> None:
        await self._broker.shutdown()


class StreamKicks:
    """Over Redis. What cannot be sent runs here, if we are a worker, rather than wait to be found."""

    def __init__(self, url: str, runner: Runner | None) -> None:
        self._local = LocalKicks(runner)
        self._works = runner is not None
        self._broker = RedisStreamBroker(
            url,
            queue_name=STREAM,
            consumer_group_name=GROUP,
            maxlen=STREAM_LENGTH_MAX,
            unacknowledged_lock_timeout=10,
            xread_block=1_000,
            xread_count=SLOTS,
            max_connection_pool_size=16,
            socket_connect_timeout=1,
            socket_keepalive=True,
        )
        self._task = _task_of(self._broker, runner)
        self._unsent: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._at_hand: set[asyncio.Task[None]] = set()
        self._mute = False
        """Redis took nothing when it was last tried: until it does, everything runs here at once, and is sent all the same."""

    @property
    def local(self) -> LocalKicks:
        return self._local

    def kick(self, workspace: str, id_: str) -> None:
        """Send without waiting; what cannot be sent is forgotten."""
        if self._mute:
            self._local.kick(workspace, id_)
        if len(self._unsent) < UNSENT_MAX:
            self._unsent[workspace, id_] = None
            self._wake.set()

    async def run(self) -> None:
        parts = [
            asyncio.create_task(self._local.run(), name="jobs run here"),
            asyncio.create_task(self._send(), name="jobs are announced"),
        ]
        if self._works:
            parts.append(asyncio.create_task(self._listen(), name="jobs are heard of"))
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:  # none of them ends by itself
                part.result()
        finally:
            await end(parts)

    async def close(self) -> None:
        await self._local.close()
        with contextlib.suppress(Exception):  # it may be gone already, and is not needed any more
            async with asyncio.timeout(_SEND_SECONDS):
                await self._broker.shutdown()

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._unsent:
                workspace, id_ = next(iter(self._unsent))
                del self._unsent[workspace, id_]
                try:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await self._task.kiq(workspace, id_)
                except Exception as trouble:  # whatever it is: the row waits to be found
                    _log.warning("kick_lost", error=type(trouble).__name__)
                    if not self._mute:
                        for row in ((workspace, id_), *self._unsent):
                            self._local.kick(*row)
                    self._mute = True
                    self._unsent.clear()
                    await asyncio.sleep(_BACK_OFF_SECONDS[2])
                else:
                    self._mute = False

    async def _listen(self) -> None:
        """Until the end, however often Redis goes away or forgets our group."""
        attempt = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._broker.startup()
                await forget_consumers(self._broker.connection_pool, STREAM, GROUP)
                await self._receive()
            except Exception as trouble:  # a group of whatever Redis, the network and taskiq make of it
                _log.warning("jobs_unheard", error=_kind(trouble))
            attempt = 0 if asyncio.get_running_loop().time() - began > 10 else attempt + 1
            pause = _BACK_OFF_SECONDS[min(attempt, len(_BACK_OFF_SECONDS) - 1)]
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    async def _receive(self) -> None:
        """Take kicks as long as there are hands, until Redis fails or this task is cancelled.

        In place of `Receiver.listen`, which reads in a task of its own that it cancels once and then waits for behind a shield: where redis-py loses
        that one cancellation (see `cancelling`), it reads for ever and its caller's end never comes. Here the caller's next cancellation gets through.
        """
        receiver = Receiver(self._broker, validate_params=False, max_async_tasks=SLOTS, ack_type=AcknowledgeType.WHEN_RECEIVED)
        hands = asyncio.Semaphore(SLOTS)
        kicks = self._broker.listen()
        try:
            while True:
                await hands.acquire()
                work = asyncio.create_task(receiver.callback(await anext(kicks)), name="job is kicked")
                self._at_hand.add(work)
                work.add_done_callback(_seen)
                work.add_done_callback(self._at_hand.discard)
                work.add_done_callback(lambda _: hands.release())
        finally:
            await kicks.aclose()


def _seen(task: asyncio.Task[None]) -> None:
    """What befell an attempt's acknowledgement is not the listener's concern: a row that was not begun is found."""
    if not task.cancelled() and (trouble := task.exception()) is not None:
        _log.warning("kick_not_taken", error=_kind(trouble))


def kicks_of(redis_url: str | None, runner: Runner | None) -> LocalKicks | StreamKicks:
    """The kicks of this node; `runner` only where it is a worker."""
    return LocalKicks(runner) if redis_url is None else StreamKicks(redis_url, runner)


def _task_of(broker: AsyncBroker, runner: Runner | None) -> AsyncTaskiqDecoratedTask[[str, str], Any]:
    async def work(workspace: str, id_: str) -> None:
        if runner is not None:
            await runner.run(workspace, id_)

    return broker.register_task(work, task_name="contact_hub.job")


def _kind(trouble: BaseException) -> str:
    while isinstance(trouble, BaseExceptionGroup):
        trouble = trouble.exceptions[0]
    return type(trouble).__name__
