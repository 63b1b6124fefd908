"""What a quiet workspace feels of a neighbour's flood, on one process of ours over SQLite and real sockets.

    python -m bench.fairness [--rounds 5] [--seconds 6] [--times 4] [--json]

One node serves two workspaces. The quiet one's visitors write at a steady pace and measure from sending to acknowledgement (on disk, that is). Each round has
the quiet one alone, then beside the flood's driver that writes to a wall instead of the node, then beside a neighbour that keeps to its limit, then beside one
that offers `--times` what the node can do at all. They stand next to each other within seconds because the machine is shared; ratios are the medians over the
rounds. The driver is a process of its own on the same cores: what it takes from the node by being there is told by the wall, and is no doing of the node's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import websockets

from bench.child import Child
from contact_hub.app import Hub, build
from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.log import set_up
from contact_hub.scope import VisitorScope
from contact_hub.settings import Settings
from contact_hub.store import migrate
from contact_hub.web.server import running
from contact_hub.workspace import parse

QUIET_VISITORS: Final = 25
LOUD_VISITORS: Final = 50
_TICK_SECONDS: Final = 0.01
_SENDER_BYTES_MAX: Final = 262_144
_QUIET, _WALL, _CALM, _LOUD = "quiet", "wall", "calm", "loud"

_UNLIMITED: Final = (
    "{messages_per_second: 100000.0, messages_burst: 100000, brand_messages_per_second: 100000.0, brand_messages_burst: 100000}"
)
_DEFAULTS: Final = "{brand_conversations_per_second: 100.0, brand_conversations_burst: 1000}"
"""The limits of messages as they come; every round opens fifty conversations, which is not what is measured."""
_WORKSPACE: Final = """
workspace: {{id: {id}, name: {id}}}
clients: [{{id: shop, name: Shop, country: FR, zone: Europe/Paris}}]
brands:
  - {{id: {id}-shop, client: shop, name: Shop, languages: [en], certification_required: false, zone: Europe/Paris,
      look: {{colour: "#1f5fd0", initials: S}}, sites: ["http://shop.localhost"], fallback: leave_message}}
pools: [{{id: paris, name: Paris, sourcing: in_house, country: FR, zone: Europe/Paris, hours: {{mon-sun: ["00:00-24:00"]}}}}]
agents: [{{id: {id}-ann, name: Ann, email: "ann@{id}.example", pool: paris, languages: {{en: native}}, personas: {{{id}-shop: {{name: Ann}}}}}}]
contracts: [{{id: own, client: shop, pool: paris}}]
kinds: [{{id: service, labels: {{en: Service}}}}]
limits: {limits}
"""


# ------------------------------------------------------------ the node


async def node(port: int, limits: str) -> None:
    """Serve until the other end of our input is closed; each line there is answered by one."""
    set_up(level="error", style="json")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/bench.sqlite3",
            data_dir=Path(folder),
            port=port,
            workspace=_QUIET,
            visitor_messages_per_minute=600_000,
            ticket_seconds=300,
        )
        await migrate(settings.url)
        async with build(settings) as hub:
            for name in (_QUIET, _LOUD):
                text = _WORKSPACE.format(id=name, limits=limits if name == _LOUD else _UNLIMITED)
                await hub.workspaces.apply(parse(text), by="bench")
            async with running(hub):
                await _answer(hub)


async def _answer(hub: Hub) -> None:
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).split():
        match line:
            case ["tickets", workspace, count]:
                admitted = [
                    await hub.visitors.admit(workspace, f"{workspace}-shop", None, locale="en", zone=None)
                    for _ in range(int(count))
                ]
                said: Any = [one.ticket for one in admitted]
            case ["capacity", seconds]:
                said = await _capacity(hub, float(seconds))
            case ["cpu"]:
                said = time.process_time()
            case ["refused"]:
                said = {one.limit: one.refused for one in hub.gate.limited_now(_LOUD)}
            case _:
                raise AssertionError(line)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


async def _capacity(hub: Hub, seconds: float) -> float:
    """Messages a second that the node stores when nothing holds it back: no gate, no sockets."""

    devices: list[tuple[VisitorScope, str]] = []
    for _ in range(64):
        admitted = await hub.visitors.admit(_QUIET, f"{_QUIET}-shop", None, locale="en", zone=None)
        scope = await hub.visitors.redeem(admitted.ticket)
        begin = Beginning(client_message_id=f"capacity-{scope.device}", text="Hello there", kind="service")
        devices.append((scope, (await hub.conversations.start(scope, begin, Surroundings())).conversation))
    began, counts = time.monotonic(), itertools.count()

    async def write(scope: VisitorScope, conversation: str) -> None:
        while time.monotonic() - began < seconds:
            number = next(counts)
            await hub.conversations.post(
                scope, conversation, f"capacity-{number:08}", "One more message of usual length.", Surroundings()
            )

    await asyncio.gather(*(write(scope, conversation) for scope, conversation in devices))
    return next(counts) / (time.monotonic() - began)


# ------------------------------------------------------------ those who write


class Writer:
    """One visitor's socket."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self._socket = connection
        self.counts: Counter[str] = Counter()
        self.took: list[float] = []
        self._sent: dict[str, float] = {}
        self._conversation = ""
        self._started = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int, ticket: str) -> Writer:
        connection = await websockets.connect(f"ws://localhost:{port}/v1/widget/socket", max_size=None, compression=None)
        writer = cls(connection)
        await connection.send(json.dumps({"type": "hello", "protocol": 1, "ticket": ticket}))
        return writer

    async def start(self, mine: str) -> None:
        """Open the conversation; asked again as often as it is refused."""
        while not self._started.is_set():
            await self._socket.send(json.dumps({"type": "start", "client_message_id": mine, "text": "Hello there"}))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._started.wait(), 3)

    async def say(self, mine: str) -> None:
        self._sent[mine] = time.perf_counter()
        await self._socket.send(self._frame(mine))

    def shout(self, mine: str) -> bool:
        return _shout(self._socket.transport, self._frame(mine))

    def abort(self) -> None:
        self._socket.transport.abort()
        self._reading.cancel()

    def _frame(self, mine: str) -> str:
        return _frame(mine, self._conversation)

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for raw in self._socket:
                frame = json.loads(raw)
                self.counts[frame["type"]] += 1
                if frame["type"] == "ack":
                    if began := self._sent.pop(frame["client_message_id"], 0.0):
                        self.took.append(time.perf_counter() - began)
                    self._conversation = frame["conversation"]
                    self._started.set()


class Bricks:
    """A connection to somebody who never reads: what a flood costs the machine before it costs the node anything."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self.counts: Counter[str] = Counter()

    @classmethod
    async def connect(cls, wall: socket.socket) -> Bricks:
        _, writer = await asyncio.open_connection(*wall.getsockname())
        return cls(writer.transport)

    def shout(self, mine: str) -> bool:
        return _shout(self._transport, _frame(mine, "cv_0000000000000000000000"))

    def abort(self) -> None:
        self._transport.abort()


def _frame(mine: str, conversation: str) -> str:
    return json.dumps(
        {
            "type": "post",
            "client_message_id": mine,
            "conversation": conversation,
            "text": "One more message of usual length.",
        }
    )


def _shout(transport: asyncio.WriteTransport, frame: str) -> bool:
    """Send without waiting; False where the other side reads no more and the sender's own buffer is full."""
    if transport.get_write_buffer_size() > _SENDER_BYTES_MAX or transport.is_closing():
        return False
    payload = frame.encode()
    transport.write(b"\x81" + (b"\xfe" + len(payload).to_bytes(2, "big")) + b"\0\0\0\0" + payload)
    return True


async def neighbour(port: int, rate: float) -> None:
    """Open conversations and offer `rate` frames a second over their sockets."""
    tickets = json.loads(await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline))
    writers = await asyncio.gather(*(Writer.connect(port, ticket) for ticket in tickets))
    await asyncio.gather(*(writer.start(f"start-{number:08}") for number, writer in enumerate(writers)))
    await _flood(writers, rate, port)


async def at_a_wall(port: int, rate: float) -> None:
    """The same to somebody who takes the connections and nothing else."""
    with socket.create_server(("127.0.0.1", 0), backlog=LOUD_VISITORS) as wall:
        await _flood([await Bricks.connect(wall) for _ in range(LOUD_VISITORS)], rate, port)


async def _flood(writers: Sequence[Writer | Bricks], rate: float, port: int) -> None:
    """Until the input is closed; then tell what became of them."""
    loop = asyncio.get_running_loop()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    until = loop.run_in_executor(None, sys.stdin.readline)
    began, offered, unsent = time.monotonic(), 0, 0
    while not until.done():
        due = int((time.monotonic() - began) * rate)
        for number in range(offered, due):
            unsent += not writers[number % len(writers)].shout(f"flood-{port}-{number:010}")
        offered = max(offered, due)
        await asyncio.sleep(_TICK_SECONDS)
    counts = sum((writer.counts for writer in writers), Counter())
    taken = max(0, counts["ack"] - len(writers))
    told = {
        "offered_per_second": round(offered / (time.monotonic() - began), 1),
        "offered": offered,
        "taken": taken,
        "refused": counts["refusal"],
        "never_read": offered - taken - counts["refusal"],
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    for writer in writers:
        writer.abort()


# ------------------------------------------------------------ the measurement


async def quiet_window(writers: list[Writer], per_second: float, seconds: float, names: itertools.count[int]) -> list[float]:
    """Milliseconds from sending to acknowledgement, at a steady pace whatever comes back."""
    for writer in writers:
        writer.took.clear()
    began = time.monotonic()
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        await writers[number % len(writers)].say(f"quiet-{next(names):010}")
    async with asyncio.timeout(30):
        while sum(len(writer.took) for writer in writers) < int(per_second * seconds):  # noqa: ASYNC110 - acknowledgements come to many
            await asyncio.sleep(_TICK_SECONDS)
    return sorted(1_000 * took for writer in writers for took in writer.took)


def at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    port = arguments.port
    windows: dict[str, list[list[float]]] = {_QUIET: [], _WALL: [], _CALM: [], _LOUD: []}
    neighbours: dict[str, list[dict[str, float]]] = {_WALL: [], _CALM: [], _LOUD: []}
    refused: Counter[str] = Counter()
    names = itertools.count()
    cpu: dict[str, list[float]] = {kind: [] for kind in windows}

    async def look(kind: str) -> None:
        before, began = await hub.ask("cpu"), time.monotonic()
        windows[kind].append(await quiet_window(writers, arguments.pace, arguments.seconds, names))
        cpu[kind].append((await hub.ask("cpu") - before) / (time.monotonic() - began))

    async with Child.of("bench.fairness", "--be", "node", "--port", str(port), "--limits", arguments.limits) as hub:
        capacity = await hub.ask("capacity 2")
        writers = [await Writer.connect(port, ticket) for ticket in await hub.ask(f"tickets {_QUIET} {QUIET_VISITORS}")]
        await asyncio.gather(*(writer.start(f"start-{number:08}") for number, writer in enumerate(writers)))
        await quiet_window(writers, arguments.pace, 2, names)
        limits = parse(_WORKSPACE.format(id=_LOUD, limits=arguments.limits)).limits
        allowed = min(limits.messages_per_second, limits.brand_messages_per_second)
        rates = {_WALL: arguments.times * capacity, _CALM: 0.8 * allowed, _LOUD: arguments.times * capacity}
        for _ in range(arguments.rounds):
            await look(_QUIET)
            for kind, rate in rates.items():
                role = "wall" if kind == _WALL else "neighbour"
                async with Child.of("bench.fairness", "--be", role, "--port", str(port), "--rate", str(rate)) as other:
                    if role == "neighbour":
                        other.tell(json.dumps(await hub.ask(f"tickets {_LOUD} {LOUD_VISITORS}")))
                    assert await other.hear() == "ready"
                    await asyncio.sleep(arguments.settle)
                    await look(kind)
                    neighbours[kind].append(await other.ask("enough"))
                if kind == _LOUD:
                    refused.update(await hub.ask("refused"))
                await asyncio.sleep(1)
        for writer in writers:
            writer.abort()

    def against(kind: str, other: str, share: float) -> float:
        """The median over the rounds of one window's figure to the other's in the same round."""
        pairs = zip(windows[kind], windows[other], strict=True)
        return round(statistics.median(at(one, share) / at(two, share) for one, two in pairs), 3)

    pooled = {kind: sorted(itertools.chain.from_iterable(found)) for kind, found in windows.items()}
    return {
        "capacity_per_second": round(capacity, 1),
        "times": arguments.times,
        "quiet_per_second": arguments.pace,
        "allowed_per_second": allowed,
        **{
            kind: {"p50_ms": round(at(found, 0.5), 2), "p99_ms": round(at(found, 0.99), 2), "samples": len(found)}
            for kind, found in (
                ("alone", pooled[_QUIET]),
                ("beside_the_driver_only", pooled[_WALL]),
                ("beside_one_at_its_limit", pooled[_CALM]),
                ("beside_flood", pooled[_LOUD]),
            )
        },
        "node_cpu": {kind: round(statistics.median(found), 3) for kind, found in cpu.items()},
        "p50_ratio_flood_to_alone": against(_LOUD, _QUIET, 0.5),
        "p99_ratio_flood_to_alone": against(_LOUD, _QUIET, 0.99),
        "p99_ratio_driver_to_alone": against(_WALL, _QUIET, 0.99),
        "p50_ratio_flood_to_driver": against(_LOUD, _WALL, 0.5),
        "p99_ratio_flood_to_driver": against(_LOUD, _WALL, 0.99),
        "p99_ratio_limit_to_alone": against(_CALM, _QUIET, 0.99),
        "p99_ratio_flood_to_limit": against(_LOUD, _CALM, 0.99),
        "flood": {key: round(statistics.median(one[key] for one in neighbours[_LOUD]), 1) for key in neighbours[_LOUD][0]},
        "flood_refused_by": dict(refused),
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="bench.fairness", description=__doc__.split("\n", 1)[0] if __doc__ else None)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument(
        "--settle", type=float, default=4, help="how long the neighbour has been at it before we look: its burst is used up"
    )
    options.add_argument("--times", type=float, default=4, help="how many times the node's capacity the flood offers")
    options.add_argument("--pace", type=float, default=50, help="messages a second of the quiet workspace")
    options.add_argument("--limits", default=_DEFAULTS, help="`limits` of the flooding workspace, as in workspace.yaml")
    options.add_argument("--port", type=int, default=8391)
    options.add_argument("--rate", type=float, default=0, help=argparse.SUPPRESS)
    options.add_argument("--be", choices=["node", "neighbour", "wall"], help=argparse.SUPPRESS)
    options.add_argument("--json", action="store_true")
    arguments = options.parse_args()
    if arguments.be == "node":
        asyncio.run(node(arguments.port, arguments.limits))
    elif arguments.be == "neighbour":
        asyncio.run(neighbour(arguments.port, arguments.rate))
    elif arguments.be == "wall":
        asyncio.run(at_a_wall(arguments.port, arguments.rate))
    else:
        found = asyncio.run(measure(arguments))
        lines = json.dumps(found) if arguments.json else "\n".join(f"{key:28} {value}" for key, value in found.items())
        sys.stdout.write(lines + "\n")


if __name__ == "__main__":
    main()
