"""What waits to be sent on one socket: bounded, so that one slow reader costs its own connection and nothing else.

`put` never waits. Past half of the limits frames that may be lost (typing, queue positions) are dropped; past the limits the
socket is closed with 4008, and the client resumes from its positions when it can read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

_encode = msgspec.json.Encoder().encode

SLOW_READER: Final = 4008


class Outbound:
    """`moved` is called whenever there is something to `take`, and when too much has gathered. What is empty takes next to no room: most sockets are silent
    most of the time, and there are many of them."""

    __slots__ = ("_bytes", "_bytes_max", "_frames_max", "_room", "_waiting", "moved", "overflowed")

    def __init__(self, *, frames_max: int, bytes_max: int, moved: Callable[[], None] = lambda: None) -> None:
        self._frames_max, self._bytes_max, self.moved = frames_max, bytes_max, moved
        self._waiting: deque[bytes] | None = None
        self._bytes = 0
        self._room: asyncio.Event | None = None
        self.overflowed = False

    def put(self, frame: msgspec.Struct, *, may_be_lost: bool = False) -> None:
        """Queue a frame. After an overflow nothing more is taken: the client will resume from what it got."""
        if self.overflowed:
            return
        encoded = _encode(frame)
        waiting = self._waiting
        if waiting is None:
            waiting = self._waiting = deque()
        share = 2 if may_be_lost else 1
        if len(waiting) >= self._frames_max // share or self._bytes + len(encoded) > self._bytes_max // share:
            if may_be_lost:
                return
            self.overflowed = True
        else:
            waiting.append(encoded)
            self._bytes += len(encoded)
        self.moved()

    async def room(self) -> None:
        """Wait until a long catch-up may go on: half of the limits is free."""
        while not self._has_room():
            if self._room is None:
                self._room = asyncio.Event()
            await self._room.wait()

    def _has_room(self) -> bool:
        return self._waiting is None or (len(self._waiting) < self._frames_max // 2 and self._bytes < self._bytes_max // 2)

    def take(self) -> bytes | None:
        """The next frame to send; None where there is none, or after an overflow."""
        if self._waiting is None or self.overflowed:
            return None
        if not self._waiting:
            self._waiting = None
            return None
        frame = self._waiting.popleft()
        self._bytes -= len(frame)
        if self._room is not None and self._has_room():
            self._room.set()
            self._room = None
        return frame
