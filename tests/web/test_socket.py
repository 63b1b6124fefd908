"""One socket and its session, without a network: who ends it, with which code, and what is still said."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import warnings
import weakref
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from fastapi import WebSocketDisconnect

from contact_hub.errors import HubError
from contact_hub.web.outbound import Outbound
from contact_hub.web.socket import Session, SessionOver, Sockets, serve


class Word(msgspec.Struct, tag="word"):
    text: str


class Beat(msgspec.Struct, tag="beat"):
    pass


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()


class Gate:
    def note(self, limit: str, workspace: str) -> None:
        """Nobody looks."""


class Browser:
    """The other end. While it `reads` nothing, whoever sends to it waits; while it `listens` to nothing, whoever says goodbye."""

    def __init__(self, sockets: Sockets, **settings: Any) -> None:
        given = {"public_origin": "https://hub.example", "socket_frames_max": 16, "socket_bytes_max": 65_536} | settings
        hub = SimpleNamespace(settings=SimpleNamespace(**given), gate=Gate(), clock=Clock())
        self.app = SimpleNamespace(state=SimpleNamespace(hub=hub, sockets=sockets))
        self.headers: dict[str, str] = {}
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.listens = asyncio.Event()
        self.listens.set()
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._moved = asyncio.Event()

    def say(self, text: str) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def words(self) -> list[str]:
        return [frame["text"] for frame in self.heard if frame["type"] == "word"]

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not enough():
                self._moved.clear()
                await self._moved.wait()

    # what the server calls

    async def accept(self) -> None:
        """Let in."""

    async def receive(self) -> dict[str, Any]:
        return await self._said.get()

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        if self.code is not None:
            raise WebSocketDisconnect(1006)
        self.heard.append(json.loads(text))
        self._moved.set()

    async def close(self, code: int = 1000) -> None:
        await self.listens.wait()
        self.code = code
        self._moved.set()


class Talker:
    """A session that says what it is told to."""

    workspace = "test"

    def __init__(self, out: Outbound) -> None:
        self.out = out
        self.valid: HubError | None = None
        self.asks_rows = self.overflows = False
        self.checked = 0
        self.told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    async def open(self, raw: bytes) -> None:
        if raw == b"stranger":
            raise HubError("ticket_invalid")
        if raw in {b"overloaded", b"unavailable"}:
            raise HubError(raw.decode())
        self.out.put(Word("welcome"))

    async def hear(self, raw: bytes) -> None:
        if raw == b"over":
            raise SessionOver(4010)
        if raw == b"broken":
            raise ValueError(raw)
        self.out.put(Word(raw.decode()))

    async def tell(self) -> None:
        await self.told

    def heartbeat(self) -> msgspec.Struct:
        return Beat()

    def revalidate(self) -> Coroutine[Any, Any, None] | None:
        self.checked += 1
        for number in range(20 if self.overflows else 0):
            self.out.put(Word(str(number)))
        if self.asks_rows:
            return self._look()
        if self.valid is not None:
            raise self.valid
        return None

    async def _look(self) -> None:
        await asyncio.sleep(0)
        if self.valid is not None:
            raise self.valid

    async def close(self) -> None:
        self.closed = True


class Visit:
    """A browser, its session and the task that serves them."""

    def __init__(self, sockets: Sockets, **settings: Any) -> None:
        self.browser = Browser(sockets, **settings)
        self.sessions: list[Talker] = []

        def session_of(out: Outbound) -> Session:
            self.sessions.append(Talker(out))
            return self.sessions[-1]

        socket: Any = self.browser
        self.task = asyncio.create_task(serve(socket, session_of, face="widget", per_minute=6_000))

    @property
    def session(self) -> Talker:
        return self.sessions[0]

    async def opened(self) -> Visit:
        self.browser.say("hello")
        await self.browser.until(lambda: bool(self.browser.heard))
        return self

    async def code(self) -> int | None:
        async with asyncio.timeout(10):
            await self.task
        assert self.session.closed
        return self.browser.code


@pytest.fixture
def sockets() -> Sockets:
    return Sockets(heartbeat_seconds=0.1, revalidate_seconds=0.1)


async def test_what_is_said_is_answered_in_order(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    for number in range(10):
        visit.browser.say(str(number))
    await visit.browser.until(lambda: len(visit.browser.words()) == 11)
    assert visit.browser.words() == ["welcome", *map(str, range(10))]
    visit.browser.leave()
    assert await visit.code() == 1000


async def test_a_stranger_hears_why_before_the_door_closes(sockets: Sockets) -> None:
    visit = Visit(sockets)
    visit.browser.say("stranger")
    assert await visit.code() == 4003
    assert [frame["code"] for frame in visit.browser.heard] == ["ticket_invalid"]


@pytest.mark.parametrize(("trouble", "code"), [("overloaded", 4429), ("unavailable", 1012)])
async def test_who_comes_when_there_is_too_much_to_do_is_told_when_to_come_again(sockets: Sockets, trouble: str, code: int) -> None:
    visit = Visit(sockets)
    visit.browser.say(trouble)
    assert await visit.code() == code
    refusal, reconnect = visit.browser.heard
    assert (refusal["code"], reconnect["type"]) == (trouble, "reconnect")
    assert 1 <= reconnect["after_seconds"] <= 4


async def test_a_silent_socket_hears_beats(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    await visit.browser.until(lambda: [frame["type"] for frame in visit.browser.heard].count("beat") == 3)
    visit.browser.leave()
    assert await visit.code() == 1000
    assert len(sockets.beats) == len(sockets.checks) == sockets.count() == 0


@pytest.mark.parametrize("asks_rows", [False, True])
async def test_whose_right_is_gone_is_told_and_sent_away(sockets: Sockets, asks_rows: bool) -> None:
    visit = await Visit(sockets).opened()
    visit.session.asks_rows = asks_rows
    visit.session.valid = HubError("session_ended")
    assert await visit.code() == 4010
    assert visit.browser.heard[-1]["code"] == "session_ended"


@pytest.mark.parametrize("asks_rows", [False, True])
async def test_a_database_that_does_not_answer_is_no_reason_to_send_anybody_away(sockets: Sockets, asks_rows: bool) -> None:
    visit = await Visit(sockets).opened()
    visit.session.asks_rows = asks_rows
    visit.session.valid = HubError("unavailable")
    await visit.browser.until(lambda: visit.session.checked >= 3)
    visit.browser.leave()
    assert await visit.code() == 1000


async def test_a_check_that_its_socket_does_not_outlive_is_forgotten_without_a_word(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    visit.browser.reads.clear()
    visit.session.asks_rows = visit.session.overflows = True
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert await visit.code() == 4008
    assert not heard


async def test_who_reads_too_slowly_is_cut_off_at_once_and_alone(sockets: Sockets) -> None:
    slow, other = await Visit(sockets).opened(), await Visit(sockets).opened()
    slow.browser.reads.clear()
    for number in range(20):
        slow.session.out.put(Word(str(number)))
    assert await slow.code() == 4008
    assert slow.browser.words() == ["welcome"]
    other.browser.say("still here")
    await other.browser.until(lambda: other.browser.words() == ["welcome", "still here"])
    other.browser.leave()
    assert await other.code() == 1000


async def test_who_reads_nothing_at_all_keeps_no_seat(sockets: Sockets) -> None:
    frozen = await Visit(sockets).opened()
    frozen.browser.reads.clear()
    frozen.browser.listens.clear()
    for number in range(20):
        frozen.session.out.put(Word(str(number)))
    assert await frozen.code() is None
    assert sockets.count() == 0


async def test_a_long_catch_up_waits_for_room_and_loses_nothing(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    for number in range(100):
        await visit.session.out.room()
        visit.session.out.put(Word(str(number)))
    await visit.browser.until(lambda: len(visit.browser.words()) == 101)
    assert visit.browser.words()[1:] == [str(number) for number in range(100)]
    visit.browser.leave()
    assert await visit.code() == 1000


async def test_what_may_be_lost_makes_room_for_what_may_not(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    visit.browser.reads.clear()
    for number in range(12):
        visit.session.out.put(Word(f"typing {number}"), may_be_lost=True)
    for number in range(4):
        visit.session.out.put(Word(f"word {number}"))
    visit.browser.reads.set()
    await visit.browser.until(lambda: "word 3" in visit.browser.words())
    assert [word for word in visit.browser.words() if word.startswith("word")] == [f"word {number}" for number in range(4)]
    assert len(visit.browser.words()) < 1 + 12 + 4
    visit.browser.leave()
    assert await visit.code() == 1000


async def test_everybody_is_told_to_come_back_before_the_house_closes(sockets: Sockets) -> None:
    visits = [await Visit(sockets).opened() for _ in range(3)]
    await sockets.send_home(within_seconds=5)
    assert [await visit.code() for visit in visits] == [1012, 1012, 1012]
    assert {visit.browser.heard[-1]["type"] for visit in visits} == {"reconnect"}
    late = Visit(sockets)
    late.browser.say("hello")
    assert await late.code() == 1012


async def test_a_session_may_end_by_itself_and_a_mistake_of_ours_is_no_end(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    visit.browser.say("broken")
    await visit.browser.until(lambda: visit.browser.heard[-1].get("code") == "internal")
    visit.browser.say("over")
    assert await visit.code() == 4010


async def test_a_mistake_while_telling_sends_the_client_away_to_come_back(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    visit.session.told.set_exception(ValueError("ours"))
    assert await visit.code() == 1012


async def test_a_server_that_stops_waits_for_nobody(sockets: Sockets) -> None:
    visit = await Visit(sockets).opened()
    visit.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visit.task
    assert visit.session.closed
    assert sockets.count() == len(sockets.beats) == 0


async def test_a_socket_that_is_gone_leaves_no_garbage_behind(sockets: Sockets) -> None:
    """Nobody else will collect it soon: the collector is asked rarely where thousands are connected."""
    visit = await Visit(sockets).opened()
    visit.browser.leave()
    await visit.code()
    session = weakref.ref(visit.session)
    gc.disable()
    try:
        del visit
        await asyncio.sleep(0)
        assert session() is None
    finally:
        gc.enable()
