"""What the two sockets have in common: bytes in, bytes out, limits, heartbeat, re-validation and an orderly end.

A `Session` knows frames and nothing of sockets; this file knows sockets and nothing of frames. One task reads, one lets the session tell what moved, and
one writes while there is something to write; all sockets of a process share the timer by which they beat and are looked at again (`web.wheel`). Whatever
comes to its end first takes the others with it, and says why in the close code (docs/protocol.md lists them).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import random
from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any, Final, Protocol

import msgspec
import structlog
from fastapi import WebSocket, WebSocketDisconnect
from prometheus_client import Counter, Gauge

from agents.wire import FRAME_BYTES_MAX, Reconnect, Refusal
from contact_hub.admission import Allowance, Buckets, Limit, Limited, visitor_allowance
from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.tracing import span
from contact_hub.web.outbound import SLOW_READER, Outbound
from contact_hub.web.wheel import Wheel

GOING_AWAY: Final = 1012
HELLO_EXPECTED: Final = 4001
NOT_WELCOME: Final = 4003
SUPERSEDED: Final = 4009
SESSION_ENDED: Final = 4010
MALFORMED_TOO_OFTEN: Final = 4400
LIMITED: Final = 4429

_HELLO_SECONDS: Final = 10
_MALFORMED_MAX: Final = 20
_PATIENCE: Final = Allowance(per_second=1 / 6, burst=20)
"""How often somebody may go on in spite of their own limit before the socket is closed."""
_PAUSE_SECONDS_MAX: Final = 3.0
_COME_BACK_SECONDS: Final = 15.0
_FLUSH_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 1.0
_FRAMES: Final[dict[str, Limit]] = {"widget": "visitor_frames", "console": "agent_frames"}
_LATER: Final = {"overloaded": LIMITED, "unavailable": GOING_AWAY, "shutting_down": GOING_AWAY, "storage_full": GOING_AWAY}
"""What is nobody's fault at the door, and may be otherwise in a moment."""
_LATER_SECONDS: Final = (1.0, 4.0)
_CLOSE_CODES: Final = {"superseded": SUPERSEDED, "session_ended": SESSION_ENDED, "out_of_order": HELLO_EXPECTED}

_allowance = functools.cache(visitor_allowance)
_log = structlog.get_logger(__name__)
_open = Gauge("contact_hub_sockets_open", "Sockets open now", ["face"])
_frames = Counter("contact_hub_socket_frames_total", "Frames read", ["face"])
_refused = Counter("contact_hub_socket_refusals_total", "Frames refused", ["face", "code"])
_slow = Counter("contact_hub_sockets_slow_total", "Sockets closed because they read too slowly", ["face"])


class Session(Protocol):
    """One party's side of the talk. Every method may raise `HubError`; `open` ends the socket with it, `hear` only refuses the frame."""

    @property
    def workspace(self) -> str:
        """Whose floor it is; empty before the hello."""

    async def open(self, raw: bytes) -> None:
        """The first frame: says hello, puts `welcome` and everything missed into the outbound queue."""

    async def hear(self, raw: bytes) -> None:
        """One frame."""

    async def tell(self) -> None:
        """For ever: wait for what moved, put it into the outbound queue."""

    def heartbeat(self) -> msgspec.Struct: ...

    def revalidate(self) -> Coroutine[Any, Any, None] | None:
        """Raises `session_ended` where the right to be here is gone, `superseded` where somebody else has taken the place; at once, or where rows have to be
        asked, when it is awaited."""

    async def close(self) -> None: ...


class SessionOver(Exception):
    """The session ends the socket on its own account."""

    def __init__(self, code: int) -> None:
        self.code = code


class Sockets:
    """All sockets of this process: what they share, and who can be sent home together at shutdown."""

    def __init__(self, *, heartbeat_seconds: float, revalidate_seconds: float) -> None:
        self._talks: dict[asyncio.Task[None], _Talk] = {}
        self.closing = False
        self.frames: Buckets[int] = Buckets()
        self.impatient: Buckets[int] = Buckets()
        self.numbers = itertools.count(1)
        self.beats: Wheel[_Talk] = Wheel(round_seconds=heartbeat_seconds, turn=_Talk.beat)
        self.checks: Wheel[_Talk] = Wheel(round_seconds=revalidate_seconds, turn=_Talk.check)

    def count(self) -> int:
        return len(self._talks)

    async def host(self, talk: _Talk) -> int:
        """Let it run to its end, known to all who go home."""
        task = asyncio.current_task()
        assert task is not None
        self._talks[task] = talk
        try:
            if self.closing:
                talk.leave(1)
            return await talk.run()
        finally:
            del self._talks[task]

    async def send_home(self, *, within_seconds: float) -> None:
        """Tell every client to come back soon, and wait until they are gone or the time is over."""
        self.closing = True
        talks = dict(self._talks)
        for index, talk in enumerate(talks.values()):
            talk.leave(1 + 4 * index / max(1, len(talks)))
        if talks:
            await asyncio.wait(talks, timeout=within_seconds)


async def serve(socket: WebSocket, session_of: Callable[[Outbound], Session], *, face: str, per_minute: float) -> None:
    """Run one socket to its end: let it in, talk, say goodbye."""
    hub: Hub = socket.app.state.hub
    sockets: Sockets = socket.app.state.sockets
    settings = hub.settings
    if not _welcome_origin(socket, settings.public_origin):
        await socket.close(NOT_WELCOME)
        return
    await socket.accept()
    outbound = Outbound(frames_max=settings.socket_frames_max, bytes_max=settings.socket_bytes_max)
    session = session_of(outbound)
    talk = _Talk(socket, session, outbound, face, _allowance(round(per_minute)), hub, sockets)
    _open.labels(face).inc()
    try:
        code = await sockets.host(talk)
        # who reads nothing does not read this either, and must not keep a seat meanwhile
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await socket.close(code)
    finally:
        _open.labels(face).dec()
        await session.close()


def _welcome_origin(socket: WebSocket, own: str) -> bool:
    """Whether a page of ours opens this socket. A client that is no browser sends no origin, and shows its ticket all the same."""
    origin = socket.headers.get("origin")
    return origin is None or origin == own


class _Talk:
    __slots__ = (
        "_allowance",
        "_checking",
        "_clock",
        "_face",
        "_gate",
        "_malformed",
        "_number",
        "_outbound",
        "_over",
        "_session",
        "_socket",
        "_sockets",
        "_writing",
    )

    def __init__(
        self, socket: WebSocket, session: Session, outbound: Outbound, face: str, allowance: Allowance, hub: Hub, sockets: Sockets
    ) -> None:
        self._socket, self._session, self._outbound, self._face, self._allowance = socket, session, outbound, face, allowance
        self._gate, self._clock, self._sockets, self._number = hub.gate, hub.clock, sockets, next(sockets.numbers)
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._writing: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[int | None] | None = None
        self._malformed = 0
        outbound.moved = self._moved

    def leave(self, after_seconds: float) -> None:
        self._outbound.put(Reconnect(after_seconds=round(after_seconds, 2)))
        self._end(GOING_AWAY)

    def beat(self) -> None:
        self._outbound.put(self._session.heartbeat())

    def check(self) -> None:
        """Look whether the session may still be here; not while it is being looked at."""
        if self._checking is not None:
            return
        try:
            looking = self._session.revalidate()
        except HubError as refusal:
            self._sent_away(refusal)
            return
        if looking is not None:  # with nothing around it, which cancelled before its first step would leave it never awaited
            self._checking = self._start(looking)

    async def run(self) -> int:
        """Returns the close code."""
        try:
            try:
                async with asyncio.timeout(_HELLO_SECONDS):
                    await self._session.open(self._raw(await self._socket.receive()))
            except TimeoutError:
                return HELLO_EXPECTED
            except Limited as limited:
                self._refuse(limited)
                self._outbound.put(Reconnect(after_seconds=round(limited.retry_after_seconds, 2)))
                await self._flush()
                return LIMITED
            except HubError as refusal:
                self._refuse(refusal)
                if refusal.code in _LATER:  # the ticket is as good as before
                    self._outbound.put(Reconnect(after_seconds=round(random.uniform(*_LATER_SECONDS), 2)))  # noqa: S311 - jitter
                await self._flush()
                return _LATER.get(refusal.code) or _CLOSE_CODES.get(refusal.code, NOT_WELCOME)
            except SessionOver as over:
                await self._flush()
                return over.code
            except WebSocketDisconnect:
                return 1000
            code = await self._talk()
            await self._flush()
            return code
        finally:
            self._outbound.moved = _nobody_cares  # or all of this would be garbage only a collector finds
            await _stop(self._writing)

    async def _talk(self) -> int:
        """Until something comes to its end; returns the close code."""
        sockets, reading, telling = self._sockets, self._start(self._read()), self._start(self._tell())
        sockets.beats.add(self)
        sockets.checks.add(self)
        try:
            return await self._over
        finally:
            sockets.beats.remove(self)
            sockets.checks.remove(self)
            await _stop(reading, telling, self._checking)

    def _start(self, part: Coroutine[Any, Any, int | None]) -> asyncio.Task[int | None]:
        """A part of the talk in a task of its own; with its result, if there is one, the talk is over."""
        task = asyncio.create_task(part)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[int | None]) -> None:
        checked = task is self._checking
        if checked:
            self._checking = None
        if task.cancelled():
            return
        mistake = task.exception()  # looked at in any case: asyncio complains of one that nobody looks at
        if self._over.done():
            return
        if checked and isinstance(mistake, HubError):
            self._sent_away(mistake)
        elif mistake is not None:
            self._over.set_exception(mistake)
        elif (code := task.result()) is not None:
            self._over.set_result(code)

    def _end(self, code: int) -> None:
        if not self._over.done():
            self._over.set_result(code)

    def _moved(self) -> None:
        if self._outbound.overflowed:
            _slow.labels(self._face).inc()
            self._end(SLOW_READER)
        elif self._writing is None:
            # the one task that comes and goes with every frame: it says itself how it ended, which spares a callback
            self._writing = asyncio.get_running_loop().create_task(self._write())

    def _raw(self, message: MutableMapping[str, Any]) -> bytes:
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        text = message.get("text")
        raw: bytes = text.encode() if text is not None else message.get("bytes") or b""
        _frames.labels(self._face).inc()
        return raw

    async def _read(self) -> int:
        while True:
            try:
                raw = self._raw(await self._socket.receive())
            except WebSocketDisconnect:
                return 1000
            try:
                self._not_too_often()
                if len(raw) > FRAME_BYTES_MAX:
                    raise HubError("frame_too_large")
                with span("socket.frame", face=self._face):
                    await self._session.hear(raw)
            except Limited as limited:
                self._refuse(limited, about=_about(raw))
                if limited.own and self._impatient():
                    self._outbound.put(Reconnect(after_seconds=_COME_BACK_SECONDS))
                    return LIMITED
                # what is not read waits in the sender's own machine: there it costs nobody else anything
                await asyncio.sleep(min(limited.retry_after_seconds, _PAUSE_SECONDS_MAX))
            except HubError as refusal:
                self._refuse(refusal, about=_about(raw))
                self._malformed += refusal.code in {"malformed_frame", "unknown_frame", "frame_too_large", "invalid_field"}
                if self._malformed > _MALFORMED_MAX:
                    return MALFORMED_TOO_OFTEN
                if refusal.code in _CLOSE_CODES and refusal.code != "out_of_order":
                    return _CLOSE_CODES[refusal.code]
            except SessionOver as over:
                return over.code
            except Exception:
                # our fault, not the client's: it keeps its message and tries again
                _log.exception("frame_failed", face=self._face)
                self._put(
                    Refusal(code="internal", sentence=HubError("internal").sentence, about=_about(raw), retry_after_seconds=2)
                )

    def _not_too_often(self) -> None:
        now, frames = self._clock.monotonic(), self._sockets.frames
        if wait := frames.wait_seconds(self._number, self._allowance, now):
            limit = _FRAMES[self._face]
            self._gate.note(limit, self._session.workspace)
            raise Limited("rate_limited", limit=limit, retry_after_seconds=wait, own=True)
        frames.take(self._number, self._allowance, now)

    def _impatient(self) -> bool:
        """Whether this one has gone on in spite of its own limit too often."""
        now, impatient = self._clock.monotonic(), self._sockets.impatient
        if impatient.wait_seconds(self._number, _PATIENCE, now):
            return True
        impatient.take(self._number, _PATIENCE, now)
        return False

    async def _tell(self) -> int:
        try:
            await self._session.tell()
        except HubError as refusal:
            self._refuse(refusal)
            return _CLOSE_CODES.get(refusal.code, GOING_AWAY)
        except SessionOver as over:
            return over.code
        except Exception:
            _log.exception("telling_failed", face=self._face)
            return GOING_AWAY
        raise AssertionError("a session tells for ever")

    def _sent_away(self, refusal: HubError) -> None:
        """The end, where it means that; a database that does not answer is no reason."""
        if refusal.code in {"session_ended", "superseded"}:
            self._refuse(refusal)
            self._end(_CLOSE_CODES[refusal.code])

    async def _write(self) -> None:
        """While there is something to write."""
        try:
            while (frame := self._outbound.take()) is not None:
                await self._socket.send_text(frame.decode())
            self._writing = None  # in the same breath: whatever is put from now on needs a new one
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._end(1000)
        except Exception:
            _log.exception("writing_failed", face=self._face)
            self._end(GOING_AWAY)

    async def _flush(self) -> None:
        """Give what is queued a moment to leave."""
        if self._writing is not None and not self._outbound.overflowed:
            await asyncio.wait([self._writing], timeout=_FLUSH_SECONDS)

    def _put(self, frame: Refusal) -> None:
        _refused.labels(self._face, frame.code).inc()
        self._outbound.put(frame)

    def _refuse(self, error: HubError, *, about: str | None = None) -> None:
        values = {key: str(value) for key, value in error.values.items() if key != "retry_after_seconds"}
        pause = error.values.get(
            "retry_after_seconds", 1.0 if error.code in {"overloaded", "storage_full", "unavailable", "shutting_down"} else None
        )
        retry = float(pause) if isinstance(pause, int | float) else None
        self._put(Refusal(code=error.code, sentence=error.sentence, about=about, values=values, retry_after_seconds=retry))


def _nobody_cares() -> None:
    """The socket is gone."""


async def _stop(*tasks: asyncio.Task[Any] | None) -> None:
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


class _About(msgspec.Struct):
    """The few fields by which a client recognises its own frame."""

    client_message_id: str | None = None
    offer: str | None = None
    conversation: str | None = None


_about_decoder = msgspec.json.Decoder(_About)


def _about(raw: bytes) -> str | None:
    if len(raw) > FRAME_BYTES_MAX:
        return None
    try:
        frame = _about_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    about = frame.client_message_id or frame.offer or frame.conversation
    return about[:64] if about else None
