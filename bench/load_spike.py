"""What the same stack does without a service: a relay, and the no-feature spike (decode, check, group commit, ack, relay).

The socket server is the product's (FastAPI on uvicorn, `websockets-sansio`, no deflate, uvloop); frames look like the product's, so one driver serves both.
One row is written per message, nothing is read, nobody is asked for a right: an upper limit for anything that must be durable before it is acknowledged.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

BATCH_MAX: Final = 500
_TABLE: Final = "CREATE TABLE spike (conversation text, position integer, sender integer, at {}, body text, PRIMARY KEY (conversation, position))"


class Post(msgspec.Struct, tag_field="type", tag="post"):
    client_message_id: str
    conversation: str
    text: str


class Ack(msgspec.Struct, tag_field="type", tag="ack"):
    client_message_id: str
    conversation: str
    position: int
    at: datetime


class Entry(msgspec.Struct, tag_field="type", tag="public_entry"):
    client_message_id: str
    conversation: str
    position: int
    at: datetime
    text: str


_decode: Final = msgspec.json.Decoder(Post).decode
_encode: Final = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Said:
    """A message on its way, and whom to tell."""

    post: Post
    position: int
    sender: int
    agent: int
    at: datetime
    answer: Callable[[str], None]


class _Keeper:
    """Writes what came during the last commit with the next one; without a store it only answers."""

    def __init__(self, url: str, agents: dict[int, Callable[[str], None]]) -> None:
        self._url, self._agents = url, agents
        self._waiting: list[_Said] = []
        self._wake = asyncio.Event()
        self._keep: Callable[[list[_Said]], Any] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        if self._url.startswith("sqlite"):
            self._keep = _sqlite(self._url.removeprefix("sqlite:///"))
        elif self._url.startswith("postgresql"):
            self._keep = await _postgres(self._url)
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()

    def put(self, said: _Said) -> None:
        if self._keep is None:
            self._tell(said)
        else:
            self._waiting.append(said)
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
                assert self._keep is not None
                await self._keep(batch)
                for said in batch:
                    self._tell(said)

    def _tell(self, said: _Said) -> None:
        post = said.post
        said.answer(_encode(Ack(post.client_message_id, post.conversation, said.position, said.at)).decode())
        self._agents[said.agent](
            _encode(Entry(post.client_message_id, post.conversation, said.position, said.at, post.text)).decode()
        )


def _sqlite(path: str) -> Callable[[list[_Said]], Any]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE.format("text"))

    def keep(rows: list[tuple[Any, ...]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO spike VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")

    async def hop(batch: list[_Said]) -> None:
        rows = [(one.post.conversation, one.position, one.sender, one.at.isoformat(), one.post.text) for one in batch]
        await asyncio.get_running_loop().run_in_executor(None, keep, rows)

    return hop


async def _postgres(url: str) -> Callable[[list[_Said]], Any]:
    connection = await asyncpg.connect(url)
    await connection.execute(_TABLE.format("timestamptz"))
    insert = await connection.prepare(
        "INSERT INTO spike SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[])"
    )

    async def keep(batch: list[_Said]) -> None:
        await insert.fetch(
            [one.post.conversation for one in batch],
            [one.position for one in batch],
            [one.sender for one in batch],
            [one.at for one in batch],
            [one.post.text for one in batch],
        )

    return keep


def spike_app(url: str) -> FastAPI:
    """`url` names the store; empty, it is the bare relay."""
    agents: dict[int, Callable[[str], None]] = {}
    heads: defaultdict[str, int] = defaultdict(int)
    keeper = _Keeper(url, agents)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        async with keeper.open():
            yield

    app = FastAPI(lifespan=life)

    @app.websocket("/customer/{customer}/{agent}")
    async def customer(socket: WebSocket, customer: int, agent: int) -> None:
        await socket.accept()
        send, task = _sender(socket)
        try:
            while True:
                post = _decode(await socket.receive_text())
                heads[post.conversation] += 1
                keeper.put(_Said(post, heads[post.conversation], customer, agent, datetime.now(UTC), send))
        except WebSocketDisconnect:
            task.cancel()

    @app.websocket("/agent/{agent}")
    async def agent(socket: WebSocket, agent: int) -> None:
        await socket.accept()
        agents[agent], task = _sender(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            task.cancel()

    @app.websocket("/idle")
    async def idle(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            return

    return app


def _sender(socket: WebSocket) -> tuple[Callable[[str], None], asyncio.Task[None]]:
    """A queue and a task per socket, so that the keeper never waits for a slow one."""
    queue: asyncio.Queue[str] = asyncio.Queue()

    async def run() -> None:
        while True:
            await socket.send_text(await queue.get())

    return queue.put_nowait, asyncio.create_task(run())
