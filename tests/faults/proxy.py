"""The door in front of the nodes: a balancer that sends each connection to a node that is ready, and does to sockets whatever networks do, and worse.

Bytes before the upgrade pass as they are; after it each WebSocket frame is seen, so that a cut can fall between a commit and its acknowledgement, a frame
can be sent by halves or twice, and two can change places. What a fault did is counted when it happened, not when it was wished for.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal, cast

Kind = Literal[
    "cut", "ack_lost", "truncated_down", "truncated_up", "doubled_up", "doubled_down", "reordered", "delayed", "not_read", "storm"
]
KINDS: Final[tuple[Kind, ...]] = (
    "cut",
    "ack_lost",
    "truncated_down",
    "truncated_up",
    "doubled_up",
    "doubled_down",
    "reordered",
    "delayed",
    "not_read",
    "storm",
)
WEIGHTS: Final = (20, 25, 8, 8, 12, 8, 6, 8, 4, 0.12)

_ACK: Final = b'{"type":"ack"'
_ENTRIES: Final = (b'{"type":"entry"', b'{"type":"public_entry"', b'{"type":"staff_entry"')
"""What carries a position may change places; the rest of a stream means what it means because of what came before it."""
_DOUBLES: Final = 3
_TEXT: Final = 0x81
_HELD_SECONDS: Final = 0.3


class Link:
    """One connection through the door."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.talking = False
        self.armed: Kind | None = None
        self.path = b""
        self._left = 0
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None
        self._early = bytearray()
        self._bytes = {"up": bytearray(), "down": bytearray()}
        self._heard = {"up": 0, "down": 0}
        self._held: bytes | None = None
        self._late: list[tuple[str, bytes]] | None = None

    # ------------------------------------------------------------ faults

    def do(self, kind: Kind, seconds: float) -> None:
        """At once, or with the next frame that it may happen to."""
        if kind in {"cut", "storm"}:
            self._happened(kind)
            self.cut()
        elif kind == "delayed" and self._late is None:
            self._happened(kind)
            self._late = []
            asyncio.get_running_loop().call_later(seconds, self._catch_up)
        elif kind == "not_read" and self._server is not None:
            self._happened(kind)
            self._server.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._read_on)
        elif kind not in {"delayed", "not_read"}:
            self.armed, self._left = kind, _DOUBLES

    def cut(self) -> None:
        """Both sides hear that the other is gone, without a word of farewell."""
        self.door.links.pop(self, None)
        for transport in (self._client, self._server):
            if transport is not None:
                transport.abort()

    # ------------------------------------------------------------ bytes

    def met(self, transport: asyncio.Transport) -> None:
        self._client = transport
        self.door.links[self] = None
        self.door.busy.add(task := asyncio.create_task(self._connect()))
        task.add_done_callback(self.door.busy.discard)

    def joined(self, transport: asyncio.Transport) -> None:
        self._server = transport
        transport.write(bytes(self._early))
        self._early.clear()

    def came(self, side: str, data: bytes) -> None:
        if self._late is not None:
            self._late.append((side, data))
            return
        if not self.talking:
            self._greet(side, data)
            return
        buffer = self._bytes[side]
        buffer += data
        while (frame := _first_frame(buffer)) is not None:
            del buffer[: len(frame)]
            self._heard[side] += 1
            if self._pass(side, frame):
                return

    def _greet(self, side: str, data: bytes) -> None:
        if side == "up" and not self.path:
            self.path = data.split(b" ", 2)[1] if data.count(b" ") > 1 else b"?"
        if side == "down" and data.startswith(b"HTTP/1.1 101"):
            head, _, rest = data.partition(b"\r\n\r\n")
            self.talking = True
            self._send(side, head + b"\r\n\r\n")
            if rest:
                self.came(side, rest)
            return
        self._send(side, data)

    def _pass(self, side: str, frame: bytes) -> bool:
        """One whole frame; true where that was the last."""
        if (
            frame[0] != _TEXT or self.armed is None or self._heard[side] < 2
        ):  # a first word twice is another protocol, not another fault
            self._send(side, frame)
            return False
        match self.armed:
            case "ack_lost" if side == "down" and _payload(frame).startswith(_ACK):
                return self._end("ack_lost")
            case "truncated_down" if side == "down":
                self._send(side, frame[: len(frame) // 2])
                return self._end("truncated_down")
            case "truncated_up" if side == "up":
                self._send(side, frame[: len(frame) // 2])
                return self._end("truncated_up")
            case ("doubled_up" | "doubled_down") as doubled if doubled.endswith(side):
                self._send(side, frame)
                self._send(side, frame)
                self._left -= 1
                if self._left == 0:
                    self._happened(doubled)
            case "reordered" if side == "down":
                self._swap(frame)
            case _:
                self._send(side, frame)
        return False

    def _swap(self, frame: bytes) -> None:
        if self._held is None:
            if not _payload(frame).startswith(_ENTRIES):
                self._send("down", frame)
                return
            self._held = frame
            asyncio.get_running_loop().call_later(_HELD_SECONDS, self._let_go)
            return
        self._send("down", frame)
        self._let_go()
        self._happened("reordered")

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._send("down", held)

    def _end(self, kind: Kind) -> bool:
        self._happened(kind)
        for transport in (self._client, self._server):
            if transport is not None:
                transport.close()
        self.door.links.pop(self, None)
        return True

    def _catch_up(self) -> None:
        late, self._late = self._late or [], None
        for side, data in late:
            self.came(side, data)

    def _read_on(self) -> None:
        if self._server is not None and not self._server.is_closing():
            self._server.resume_reading()

    def _happened(self, kind: Kind) -> None:
        self.armed = None
        self.door.happened[kind] += 1

    def _send(self, side: str, data: bytes) -> None:
        to = self._server if side == "up" else self._client
        if to is None:
            self._early += data
        elif not to.is_closing():
            to.write(data)

    async def _connect(self) -> None:
        port = self.door.choose()
        try:
            if port is None:
                raise OSError("nobody is ready")
            async with asyncio.timeout(1):
                await asyncio.get_running_loop().create_connection(lambda: _Side(self, "down"), "127.0.0.1", port)
        except (OSError, TimeoutError):
            self.cut()

    def lost(self) -> None:
        """One side went; what it said last still reaches the other."""
        self._let_go()
        self.door.links.pop(self, None)
        for transport in (self._client, self._server):
            if transport is not None and not transport.is_closing():
                transport.close()


class _Side(asyncio.Protocol):
    def __init__(self, link: Link, side: str) -> None:
        self._link, self._side = link, side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        mine = cast(asyncio.Transport, transport)
        (self._link.met if self._side == "up" else self._link.joined)(mine)

    def data_received(self, data: bytes) -> None:
        self._link.came(self._side, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.lost()


class Door:
    """Listens at `port`; `choose` says to which node's port the next connection goes, None where nobody is ready."""

    def __init__(self, port: int, choose: Callable[[], int | None]) -> None:
        self.port, self.choose = port, choose
        self.links: dict[Link, None] = {}
        self.happened: Counter[Kind] = Counter()
        self.busy: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Door:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(Link(self), "up"), ["127.0.0.1", "::1"], self.port, backlog=4096)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self.links):
            link.cut()

    @property
    def faults(self) -> int:
        return sum(self.happened.values())

    def disturb(self, chance: random.Random) -> None:
        """One fault to one socket; a storm takes them all."""
        kind = chance.choices(KINDS, WEIGHTS)[0]
        seconds, place = chance.uniform(0.1, 3.0), chance.random()
        talking = [link for link in self.links if link.talking]
        if kind == "storm":
            for link in talking:
                link.do("storm", 0)
        elif talking:
            talking[int(place * len(talking))].do(kind, seconds)


def _first_frame(buffer: bytearray) -> bytes | None:
    """The first whole frame, with its head."""
    if len(buffer) < 2:
        return None
    length, at = buffer[1] & 0x7F, 2
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(buffer) < at + size:
            return None
        length, at = int.from_bytes(buffer[at : at + size], "big"), at + size
    whole = at + length + (4 if buffer[1] & 0x80 else 0)
    return bytes(buffer[:whole]) if len(buffer) >= whole else None


def _payload(frame: bytes) -> bytes:
    """Of a frame that is not masked, which is one of a server."""
    length = frame[1] & 0x7F
    return frame[2 if length < 126 else 4 if length == 126 else 10 :]
