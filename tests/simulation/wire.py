"""Sockets without a network: what one side says reaches the other in order and late, until the line is cut, which each side notices in its own time."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from types import SimpleNamespace
from typing import Any

from fastapi import WebSocketDisconnect

from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.weather import Weather


class Closed(Exception):
    """The line is gone; `code` where the other side said why."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Mail:
    """What has arrived on one side and was not read yet."""

    def __init__(self) -> None:
        self.waiting: deque[Any] = deque()
        self.came = asyncio.Event()
        self.closed: int | None = None
        self.arrives_at = 0.0

    def put(self, item: Any) -> None:
        if self.closed is None:
            self.waiting.append(item)
            self.came.set()

    def close(self, code: int) -> None:
        if self.closed is None:
            self.closed = code
            self.came.set()

    async def next(self) -> Any:
        while not self.waiting:
            if self.closed is not None:
                raise Closed(self.closed)
            self.came.clear()
            await self.came.wait()
        return self.waiting.popleft()


class Line:
    """One socket, both ends. The server's end is what `web.socket.serve` needs of a WebSocket."""

    def __init__(self, loop: VirtualLoop, weather: Weather, process: Process, app: SimpleNamespace) -> None:
        self._loop, self._weather, self._process = loop, weather, process
        self.app, self.headers = app, dict[str, str]()
        self._to_server, self._to_client = _Mail(), _Mail()
        self.up = True
        self.done = False
        """The server has finished with it."""
        process.cares[self] = self._server_died

    # ------------------------------------------------------------ the server's end

    async def accept(self) -> None:
        """Let in."""

    async def receive(self) -> dict[str, Any]:
        try:
            return {"type": "websocket.receive", "text": await self._to_server.next()}
        except Closed as gone:
            return {"type": "websocket.disconnect", "code": gone.code}

    async def send_text(self, text: str) -> None:
        if self._to_server.closed is not None:
            raise WebSocketDisconnect(1006)
        self._send(self._to_client, text)
        if self._weather.chance(0.05):
            await asyncio.sleep(self._weather.socket_seconds())

    async def close(self, code: int = 1000) -> None:
        self._hang_up(self._to_client, code)

    def finished(self) -> None:
        self.done = True
        self._process.cares.pop(self, None)
        self._hang_up(self._to_client, 1006)

    # ------------------------------------------------------------ the client's end

    def say(self, frame: dict[str, Any]) -> None:
        if self._to_client.closed is None:
            self._send(self._to_server, json.dumps(frame))

    async def hear(self) -> str:
        """Raises Closed."""
        text: str = await self._to_client.next()
        return text

    def leave(self) -> None:
        """The client closes its end."""
        self._to_client.close(1000)
        self._hang_up(self._to_server, 1000)

    # ------------------------------------------------------------ between

    def cut(self) -> None:
        """Nothing gets through any more; each side notices later."""
        if not self.up:
            return
        self.up = False
        self._loop.world_later(self._weather.dice.uniform(0, 2), self._to_client.close, 1006)
        self._loop.world_later(self._weather.dice.uniform(0, 6), self._to_server.close, 1006)

    def _server_died(self) -> None:
        self.done = True
        self.up = False
        self._loop.world_later(self._weather.dice.uniform(0, 0.5), self._to_client.close, 1006)

    def _send(self, mail: _Mail, text: str) -> None:
        self._travel(mail, mail.put, text)

    def _hang_up(self, mail: _Mail, code: int) -> None:
        self._travel(mail, mail.close, code)

    def _travel(self, mail: _Mail, arrive: Any, what: Any) -> None:
        """In order: nothing overtakes on one line."""
        mail.arrives_at = max(mail.arrives_at, self._loop.time() + self._weather.socket_seconds())
        self._loop.world_later(mail.arrives_at - self._loop.time(), self._arrive, arrive, what)

    def _arrive(self, arrive: Any, what: Any) -> None:
        if self.up:
            arrive(what)
