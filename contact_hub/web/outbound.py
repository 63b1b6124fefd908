"""What waits to be sent on one socket: bounded, so that one slow reader costs its own connection and nothing else.

`put` never waits. Past half of the limits frames that may be lost (typing, queue positions) are dropped; past the limits the
socket is closed with 4008, and the client resumes from its positions when it can read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import msgspec

_encode = msgspec.json.Encoder().encode

SLOW_READER: Final = 4008


class Overflow(Exception):
    """The other side reads too slowly."""


class Outbound:
    def __init__(self, *, frames_max: int, bytes_max: int) -> None:
        self._frames_max, self._bytes_max = frames_max, bytes_max
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._drained = asyncio.Event()
        self._drained.set()
        self.overflowed = False

    def put(self, frame: msgspec.Struct, *, may_be_lost: bool = False) -> None:
        """Queue a frame. After an overflow nothing more is taken: the client will resume from what it got."""
        if self.overflowed:
            return
        encoded = _encode(frame)
        share = 2 if may_be_lost else 1
        if len(self._waiting) >= self._frames_max // share or self._bytes + len(encoded) > self._bytes_max // share:
            if may_be_lost:
                return
            self.overflowed = True
            self._wake.set()
            return
        self._waiting.append(encoded)
        self._bytes += len(encoded)
        self._wake.set()
        self._drained.clear()
        if not self._has_room():
            self._room.clear()

    async def room(self) -> None:
        """Wait until a long catch-up may go on: half of the limits is free."""
        await self._room.wait()

    def _has_room(self) -> bool:
        return len(self._waiting) < self._frames_max // 2 and self._bytes < self._bytes_max // 2

    async def next(self) -> bytes:
        """The next frame to send.

        Raises:
            Overflow: too much gathered; close with `SLOW_READER`.
        """
        while not self._waiting or self.overflowed:
            if self.overflowed:
                raise Overflow
            self._drained.set()  # the last one went out before this call
            self._wake.clear()
            await self._wake.wait()
        frame = self._waiting.popleft()
        self._bytes -= len(frame)
        if self._has_room():
            self._room.set()
        return frame

    async def drained(self) -> None:
        """Wait until everything queued has been handed to the socket."""
        await self._drained.wait()
