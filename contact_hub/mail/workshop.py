"""Where strangers' mails are read: a process of its own that can be killed.

Whatever a mail does to the code that reads it (ten seconds of CPU, all the memory, a crash of a C library), it does to a child, and only to itself: the child
is killed and replaced, the mail is put aside with a reason, the next one is read. Questions and answers go over a pipe as values of declared types, never as
pickles: a child that was taken over could answer nonsense and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from contact_hub.mail.reading import Question, ReadMail, read_mail

SECONDS_MAX: Final = 10.0
_START_SECONDS: Final = 30.0
LENGTH_BYTES: Final = 4

_log = structlog.get_logger(__name__)


class Unreadable(Exception):
    """The mail could not be read; `code` says why: `too_slow`, or `reader_died` (out of memory, or a crash)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailReader(Protocol):
    """Reads mails, somewhere. Raises: Unreadable."""

    async def read(self, question: Question) -> ReadMail: ...


class Workshop:
    """So many children, begun when they are needed and kept."""

    def __init__(self, *, benches: int = 1, seconds_max: float = SECONDS_MAX, command: tuple[str, ...] = ()) -> None:
        self._seconds_max = seconds_max
        self._command = command or (sys.executable, "-m", "contact_hub.mail.reader")
        self._free: asyncio.Queue[asyncio.subprocess.Process | None] = asyncio.Queue()
        for _ in range(benches):
            self._free.put_nowait(None)
        self._benches = benches
        self._closed = False

    async def read(self, question: Question) -> ReadMail:
        """What this mail is, within `seconds_max`."""
        async with self._bench() as bench:
            try:
                async with asyncio.timeout(self._seconds_max + 1):
                    return await _ask(bench, question)
            except TimeoutError:
                await _kill(bench)
                raise Unreadable("too_slow") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                late = await bench.wait() == -signal.SIGALRM
                raise Unreadable("too_slow" if late else "reader_died") from None
            except msgspec.MsgspecError:
                await _kill(bench)
                raise Unreadable("reader_died") from None
            except BaseException:  # half a question was asked: nobody else could make sense of the answer
                await _kill(bench)
                raise

    async def warm_up(self) -> None:
        """Begin the children now: the first question does not wait for what loads slowly."""
        async with contextlib.AsyncExitStack() as benches:
            for _ in range(self._benches):
                await benches.enter_async_context(self._bench())

    async def close(self) -> None:
        self._closed = True
        while not self._free.empty():
            if (bench := self._free.get_nowait()) is not None:
                await _kill(bench)

    @contextlib.asynccontextmanager
    async def _bench(self) -> AsyncIterator[asyncio.subprocess.Process]:
        bench = await self._free.get()
        try:
            if bench is None or bench.returncode is not None:
                bench = await self._begin()
            yield bench
        finally:
            if bench is not None and (self._closed or bench.returncode is not None):
                await _kill(bench)
                bench = None
            self._free.put_nowait(bench)

    async def _begin(self) -> asyncio.subprocess.Process:
        root = str(Path(__file__).parents[2])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        bench = await asyncio.create_subprocess_exec(
            *self._command,
            str(self._seconds_max),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": paths, "CONTACT_HUB_NO_BOOTSTRAP": "1"},
            limit=2**20,
            start_new_session=True,  # a Ctrl-C is ours to handle
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                assert bench.stdout is not None
                await bench.stdout.readexactly(LENGTH_BYTES)
        except (TimeoutError, asyncio.IncompleteReadError):
            await _kill(bench)
            _log.error("mail_reader_does_not_start", returncode=bench.returncode)
            raise Unreadable("reader_died") from None
        except BaseException:
            await _kill(bench)
            raise
        return bench


class InProcess:
    """Reads here and now: for tests and measurements, never for strangers' mail."""

    async def read(self, question: Question) -> ReadMail:
        return read_mail(question)


async def _ask(bench: asyncio.subprocess.Process, question: Question) -> ReadMail:
    assert bench.stdin is not None and bench.stdout is not None  # noqa: PT018 - both are pipes
    asked = _encode(question)
    bench.stdin.write(len(asked).to_bytes(LENGTH_BYTES, "big"))
    bench.stdin.write(asked)
    await bench.stdin.drain()
    length = int.from_bytes(await bench.stdout.readexactly(LENGTH_BYTES), "big")
    return _decode_answer(await bench.stdout.readexactly(length))


async def _kill(bench: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        bench.kill()
    await bench.wait()


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_answer: Final = msgspec.msgpack.Decoder(ReadMail).decode
