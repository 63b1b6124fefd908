"""A WebSocket client that costs next to nothing, so that the measured server is what gets tired.

Text frames only, masked with zeros, parsed in one pass over what arrived; pings are answered. Nothing here is fit for the open internet.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from typing import Final, cast

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_BUFFER_BYTES_MAX: Final = 262_144


class Line(asyncio.Protocol):
    """One connection. `hear` gets every text frame's bytes; `gone` is set once the connection is over."""

    def __init__(self, path: str, hear: Callable[[bytes], None]) -> None:
        self._path, self._hear = path, hear
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._open = False
        self.up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self.code = 0

    @classmethod
    async def connect(cls, port: int, path: str, hear: Callable[[bytes], None], *, seconds: float = 60.0) -> Line:
        """Connected and upgraded. Raises `ConnectionError` or `TimeoutError`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            _, line = await loop.create_connection(lambda: cls(path, hear), "127.0.0.1", port)
            await line.up
        return line

    def say(self, text: bytes) -> None:
        """To nobody, where the line is gone: whoever waits for an answer will notice."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_head(_TEXT, len(text)) + text)

    def abort(self) -> None:
        """Cut the line as a lost network does."""
        if self._transport is not None:
            self._transport.abort()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        transport.set_write_buffer_limits(high=_BUFFER_BYTES_MAX)
        key = b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        if not self.up.done():
            self.up.set_exception(exc or ConnectionError("the server closed before the upgrade"))

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0
        if not self._open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.up.set_exception(ConnectionError(data[:end].decode("latin-1")))
                self.abort()
                return
            self._open, at = True, end + 4
            self.up.set_result(None)
        size = len(data)
        while size - at >= 2:
            kind, length, body = data[at], data[at + 1], at + 2
            if length == 126:
                length, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if body > size or size - body < length:
                break
            at = body + length
            self._take(kind, data[body:at])
        self._rest = data[at:]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._hear(payload)
        elif kind == _PING and self._transport is not None:
            self._transport.write(_head(_PONG, len(payload)) + payload)
        elif kind == _CLOSE and self._transport is not None:
            self.code = int.from_bytes(payload[:2], "big")
            self._transport.close()


def _head(kind: int, length: int) -> bytes:
    """Masked with zeros, as a client must."""
    if length < 126:
        return bytes((kind, 0x80 | length)) + b"\0\0\0\0"
    if length < 65_536:
        return bytes((kind, 0xFE)) + length.to_bytes(2, "big") + b"\0\0\0\0"
    return bytes((kind, 0xFF)) + length.to_bytes(8, "big") + b"\0\0\0\0"
