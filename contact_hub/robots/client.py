"""The clients: a mind, a socket, and the patience to come back for ever.

These are the reference for anybody who writes a client from docs/protocol.md: whatever the protocol promises to a good client, these rely on, and
whatever it asks of one, these do. Robots, the load driver and the fault tests all speak through them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, TypeVar

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from agents import frames as console
from agents.wire import FRAME_BYTES_MAX
from contact_hub.channels.chat import frames as widget
from contact_hub.robots.console import ConsoleMind
from contact_hub.robots.logs import ComeBack, Over
from contact_hub.robots.widget import WidgetMind

_OPEN_SECONDS: Final = 15.0
_SILENT_BEATS: Final = 2.5
_SESSION_COOKIE: Final = "__Host-contact-hub"

_encode = msgspec.json.Encoder().encode
Frame = TypeVar("Frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait before coming back: doubling from `first_seconds` to `most_seconds`, each between half and one and a half of that."""

    first_seconds: float = 0.3
    most_seconds: float = 10.0

    def seconds(self, failures: int, chance: random.Random) -> float:
        doubled = self.first_seconds * 2.0 ** min(failures, 16)
        return min(self.most_seconds, doubled) * chance.uniform(0.5, 1.5)


class Mind(Protocol):
    """What both minds have in common."""

    heartbeat_seconds: float
    welcomed: bool

    def hello(self, ticket: str) -> Any: ...
    def heard(self, frame: Any, now: float) -> None: ...
    def due(self, now: float) -> Sequence[Any]: ...
    def next_due(self) -> float | None: ...
    def connection_lost(self) -> None: ...


class Client:
    """Keeps one mind connected. `async with` runs it; `over` is the code under which the server sent it away for good."""

    def __init__(
        self,
        mind: Mind,
        decoder: msgspec.json.Decoder[Any],
        *,
        patience: Patience,
        chance: random.Random,
        on_frame: Callable[[Any], None] | None,
    ) -> None:
        self.over: str | None = None
        self.connections = 0
        self.comebacks: list[str] = []
        self._mind, self._decoder, self._patience, self._chance = mind, decoder, patience, chance
        self._on_frame = on_frame
        self._kick = asyncio.Event()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def _address(self) -> tuple[str, str]:
        """Where the socket is, and a ticket for it."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name=type(self).__name__)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """For ever, or until the server says that it is over."""
        failures = 0
        while True:
            pause = None
            try:
                async with asyncio.timeout(_OPEN_SECONDS):
                    url, ticket = await self._address()
                    socket = await connect(
                        url, compression=None, max_size=4 * FRAME_BYTES_MAX, proxy=None, open_timeout=None, close_timeout=1
                    )
                self.connections += 1
                try:
                    await self._talk(socket, ticket)
                finally:
                    await _closed(socket)
            except Over as over:
                self.over = over.code
                return
            except ComeBack as why:
                self.comebacks.append(str(why))
                pause = why.after_seconds * self._chance.uniform(1, 1.3) if why.after_seconds else None
            except (OSError, TimeoutError, WebSocketException, httpx.HTTPError) as lost:
                self.comebacks.append(f"{type(lost).__name__}: {lost}")
            finally:
                failures = 0 if self._mind.welcomed else failures + 1
                self._mind.connection_lost()
                self._tell()
            await asyncio.sleep(self._patience.seconds(failures, self._chance) if pause is None else pause)

    async def until(self, so: Callable[[], bool], *, seconds: float, what: str = "it") -> None:
        """Wait until something about the mind is so.

        Raises:
            TimeoutError: it did not become so in time; names `what`.
        """
        try:
            async with asyncio.timeout(seconds):
                while not so():
                    await self.moved()
        except TimeoutError:
            raise TimeoutError(f"{what} was not so within {seconds} s") from None

    async def moved(self) -> None:
        """Wait for whatever happens next."""
        await self._moved.wait()

    @property
    def died_of(self) -> BaseException | None:
        """What ended it that nobody foresaw: a mistake of ours, not of the network."""
        ended = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.exception() if ended and self._task is not None else None

    def kick(self) -> None:
        """The mind has something to say."""
        self._kick.set()

    # ------------------------------------------------------------ inside

    async def _talk(self, socket: ClientConnection, ticket: str) -> None:
        """One connection, to its end; always ends with an exception."""
        await socket.send(_encode(self._mind.hello(ticket)).decode())
        reading, writing = asyncio.create_task(self._read(socket)), asyncio.create_task(self._write(socket))
        try:
            done, _ = await asyncio.wait([reading, writing], return_when=asyncio.FIRST_COMPLETED)
            ends = [task.exception() for task in done]
            # what the reader heard (superseded, reconnect) says more than that the writer found the door shut
            raise next((end for end in ends if isinstance(end, Over | ComeBack)), ends[0]) or ComeBack("closed")
        finally:
            reading.cancel()
            writing.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            silence = _SILENT_BEATS * self._mind.heartbeat_seconds
            try:
                async with asyncio.timeout(silence):
                    raw = await socket.recv()
            except TimeoutError:
                raise ComeBack(f"nothing heard for {silence} s") from None
            frame = self._decoder.decode(raw)
            self._mind.heard(frame, time.monotonic())
            if self._on_frame is not None:
                self._on_frame(frame)
            self._tell()
            self._kick.set()

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            for frame in self._mind.due(time.monotonic()):
                await socket.send(_encode(frame).decode())
            moment = self._mind.next_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if moment is None else max(0.0, moment - time.monotonic())):
                    await self._kick.wait()
            self._kick.clear()

    def _tell(self) -> None:
        """Wake whoever waits; those who come now wait for the next."""
        self._moved.set()
        self._moved = asyncio.Event()


class WidgetClient(Client):
    """A visitor of one brand. `mind` holds what is known and offers what can be done; call `kick` after doing."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        origin: str,
        brand: str,
        *,
        locales: Sequence[str] = (),
        page_language: str | None = None,
        zone: str | None = None,
        token: str | None = None,
        patience: Patience = Patience(),
        chance: random.Random | None = None,
        on_frame: Callable[[widget.ToWidget], None] | None = None,
    ) -> None:
        self.mind = WidgetMind(locales=locales, page_language=page_language, zone=zone)
        decoder: msgspec.json.Decoder[widget.ToWidget] = _WIDGET_DECODER
        super().__init__(self.mind, decoder, patience=patience, chance=chance or random.Random(), on_frame=on_frame)  # noqa: S311
        self.token = token
        self._http, self._origin, self._brand = http, origin, brand
        self._asked = {"brand": brand, "locales": list(locales), "page_language": page_language, "zone": zone}

    async def _address(self) -> tuple[str, str]:
        headers = {"x-contact-hub": "1"} | ({"authorization": f"Bearer {self.token}"} if self.token else {})
        answer = await self._http.post(f"{self._origin}/api/widget/session", json=self._asked, headers=headers)
        answer.raise_for_status()
        session = answer.json()
        self.token = session["token"]
        return _socket(self._origin, "/v1/widget/socket"), session["ticket"]


class ConsoleClient(Client):
    """An agent at the console."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        origin: str,
        email: str,
        password: str,
        *,
        take_over: bool = False,
        patience: Patience = Patience(),
        chance: random.Random | None = None,
        on_frame: Callable[[console.ToConsole], None] | None = None,
    ) -> None:
        self.mind = ConsoleMind(take_over=take_over)
        decoder: msgspec.json.Decoder[console.ToConsole] = _CONSOLE_DECODER
        super().__init__(self.mind, decoder, patience=patience, chance=chance or random.Random(), on_frame=on_frame)  # noqa: S311
        self._http, self._origin, self._email, self._password = http, origin, email, password
        self._session: str | None = None

    async def _address(self) -> tuple[str, str]:
        if self._session is None:
            self._session = await sign_in(self._http, self._origin, self._email, self._password)
        answer = await self._http.post(f"{self._origin}/api/socket-ticket", headers=staff_headers(self._session))
        if answer.status_code in {401, 403}:
            self._session = None
            raise ComeBack("signed out")
        answer.raise_for_status()
        ticket = answer.json()
        return _socket(self._origin, ticket["url"]), ticket["ticket"]


async def sign_in(http: httpx.AsyncClient, origin: str, email: str, password: str) -> str:
    """A staff session's token.

    Raises:
        Over: the password is wrong.
    """
    asked = {"email": email, "password": password}
    answer = await http.post(f"{origin}/api/sign-in", json=asked, headers={"x-contact-hub": "1"})
    if answer.status_code == 401:
        raise Over("sign_in_failed")
    answer.raise_for_status()
    # taken from the header: a cookie jar rightly keeps a Secure cookie from plain http, and knows no localhost exception
    pairs = (part.split(";", 1)[0].partition("=") for part in answer.headers.get_list("set-cookie"))
    return next(value for name, _, value in pairs if name == _SESSION_COOKIE)


def staff_headers(session: str) -> dict[str, str]:
    """What a request of a signed-in person carries."""
    return {"cookie": f"{_SESSION_COOKIE}={session}", "x-contact-hub": "1"}


def http_client() -> httpx.AsyncClient:
    """One for a whole process: making it is the slow part."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
    return httpx.AsyncClient(timeout=_OPEN_SECONDS, limits=limits, trust_env=False)


_WIDGET_DECODER: Final[msgspec.json.Decoder[widget.ToWidget]] = msgspec.json.Decoder(widget.ToWidget)
_CONSOLE_DECODER: Final[msgspec.json.Decoder[console.ToConsole]] = msgspec.json.Decoder(console.ToConsole)


def _socket(origin: str, path: str) -> str:
    return origin.replace("http", "ws", 1) + path


async def _closed(socket: ClientConnection) -> None:
    with contextlib.suppress(OSError, WebSocketException):
        await socket.close()
