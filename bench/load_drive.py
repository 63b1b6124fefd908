"""Those who write and read, in one process of their own: customers and agents on real sockets.

Takes one JSON command a line, answers with one line of JSON. A message counts once it is acknowledged to its customer and stands on its agent's screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from bench.load_node import raise_files
from bench.load_wire import Line

_TEXT: Final = "Thank you, and when will the second parcel arrive? My order has the number"
_AT_ONCE: Final = 100
_SETTLED_SECONDS: Final = 120.0
_COME_LATER: Final = (1012, 4429)


class _Heard(msgspec.Struct):
    """What a driver must know of any frame."""

    type: str
    client_message_id: str = ""
    conversation: Any = None
    position: int = 0
    code: str = ""


class _Delta(msgspec.Struct):
    changes: list[dict[str, Any]]


class _Welcome(msgspec.Struct):
    epoch: str


_hear: Final = msgspec.json.Decoder(_Heard).decode
_deltas: Final = msgspec.json.Decoder(_Delta).decode
_welcomes: Final = msgspec.json.Decoder(_Welcome).decode


class Run:
    """Everything that is connected, and what was said so far."""

    def __init__(self) -> None:
        self.customers: list[Customer] = []
        self.agents: list[AgentScreen] = []
        self.by_message: dict[str, tuple[Customer, float]] = {}
        self.offered: dict[str, float] = {}
        self.numbers = itertools.count()
        self.delivered = 0
        self.refused: dict[str, int] = {}
        self.took: list[float] = []
        self.acked: list[float] = []
        self.flowing = False
        self.product = True

    # ------------------------------------------------------------ what the sockets tell

    def on_screen(self, message: str) -> None:
        found = self.by_message.get(message)
        if found is not None:
            customer, began = found
            customer.on_screen = True
            self._maybe_done(message, customer, began)

    def on_ack(self, message: str) -> None:
        found = self.by_message.get(message)
        if found is not None:
            customer, began = found
            customer.acked = True
            self.acked.append(time.perf_counter() - began)
            self._maybe_done(message, customer, began)

    def _maybe_done(self, message: str, customer: Customer, began: float) -> None:
        if customer.acked and customer.on_screen:
            del self.by_message[message]
            self.delivered += 1
            self.took.append(time.perf_counter() - began)
            customer.busy = False
            if self.flowing:
                customer.write()

    def refuse(self, code: str) -> None:
        self.refused[code] = self.refused.get(code, 0) + 1

    def lines_lost(self) -> dict[str, int]:
        """Close codes of lines that are gone."""
        lost = [one.line.code for one in [*self.customers, *self.agents] if one.line is not None and one.line.gone.is_set()]
        return {str(code): lost.count(code) for code in sorted(set(lost))}

    # ------------------------------------------------------------ commands

    async def open(self, port: int, customers: list[Any], agents: list[Any], *, product: bool) -> dict[str, Any]:
        began = time.perf_counter()
        self.product = product
        first = len(self.agents)
        new_agents = [AgentScreen(self, port, first + number, ticket) for number, ticket in enumerate(agents)]
        self.agents += new_agents
        await _some_at_a_time(agent.connect() for agent in new_agents)
        new = [Customer(self, port, len(self.customers) + number, one) for number, one in enumerate(customers)]
        self.customers += new
        await _some_at_a_time(customer.connect(max(1, len(self.agents))) for customer in new)
        return {"seconds": round(time.perf_counter() - began, 2)}

    async def begin(self, *, taken: bool = True) -> dict[str, Any]:
        """Every customer opens a conversation, and somebody takes it (or it waits)."""
        began = time.perf_counter()
        try:
            await _some_at_a_time(customer.begin(taken=taken) for customer in self.customers)
        except TimeoutError:
            raise RuntimeError(f"not all could begin: lost {self.lines_lost()}, refused {self.refused}") from None
        return {"seconds": round(time.perf_counter() - began, 2)}

    async def saturate(self, seconds: float, warm: float, pids: list[list[int]]) -> dict[str, Any]:
        """Everybody writes again as soon as the message before is on the screen."""
        _quiet_collector()
        self.flowing = True
        for customer in self.customers:
            customer.write()
        await asyncio.sleep(warm)
        at, count, cpu, mine = time.perf_counter(), self.delivered, [cpu_seconds(group) for group in pids], time.process_time()
        self.took.clear()
        await asyncio.sleep(seconds)
        passed, done = time.perf_counter() - at, self.delivered - count
        spent = [after - before for before, after in zip(cpu, (cpu_seconds(group) for group in pids), strict=True)]
        result = {
            "per_second": round(done / passed, 1),
            "cpu_us": [round(1e6 * one / max(1, done), 1) for one in spent],
            "driver_cpu_us": round(1e6 * (time.process_time() - mine) / max(1, done), 1),
            "p50_ms": at_share(self.took, 0.5),
            "refused": dict(self.refused),
            "lines_lost": self.lines_lost(),
        }
        self.flowing = False
        await self._until_quiet()
        return result

    async def rest(self, seconds: float, pids: list[list[int]]) -> dict[str, Any]:
        """Nobody says anything: what merely being there costs, in cores."""
        before = [cpu_seconds(group) for group in pids]
        await asyncio.sleep(seconds)
        return {"cores": [(cpu_seconds(group) - cpu) / seconds for group, cpu in zip(pids, before, strict=True)]}

    async def pace(self, rate: float, seconds: float, warm: float, pids: list[list[int]]) -> dict[str, Any]:
        """So many messages a second, whatever comes back; who still waits for an answer is passed over."""
        _quiet_collector()
        began, sent, passed_over = time.perf_counter(), 0, 0
        turn = itertools.cycle(self.customers)
        measured = False
        cpu, done = [0.0 for _ in pids], 0
        while (now := time.perf_counter() - began) < warm + seconds:
            if not measured and now >= warm:
                measured, done = True, self.delivered
                cpu = [cpu_seconds(group) for group in pids]
                self.took.clear()
                self.acked.clear()
            due = int(now * rate)
            while sent < due:
                for _ in range(len(self.customers)):
                    customer = next(turn)
                    if not customer.busy:
                        customer.write()
                        break
                else:
                    passed_over += 1
                sent += 1
            await asyncio.sleep(max(0.0005, (sent + 1) / rate - (time.perf_counter() - began)))
        spent = [after - before for before, after in zip(cpu, (cpu_seconds(group) for group in pids), strict=True)]
        count = max(1, self.delivered - done)
        await self._until_quiet()
        return {
            "offered_per_second": rate,
            "delivered": count,
            "per_second": round(count / seconds, 1),
            "passed_over": passed_over,
            "p50_ms": at_share(self.took, 0.5),
            "p99_ms": at_share(self.took, 0.99),
            "ack_p50_ms": at_share(self.acked, 0.5),
            "cpu_us": [round(1e6 * one / count, 1) for one in spent],
        }

    async def inquire(self, rate: float, pids: list[list[int]]) -> dict[str, Any]:
        """Everybody who has none yet opens a conversation, `rate` a second; agents take what rings. Timed from the acknowledgement of the first
        message (the inquiry is accepted) to the offer on a screen; what it costs, until everybody is in somebody's hands."""
        _quiet_collector()
        idle = [customer for customer in self.customers if not customer.conversation]
        cpu, began = [cpu_seconds(group) for group in pids], time.perf_counter()
        for number, customer in enumerate(idle):
            await asyncio.sleep(max(0.0, number / rate - (time.perf_counter() - began)))
            customer.start()
        took = time.perf_counter() - began
        async with asyncio.timeout(_SETTLED_SECONDS):
            while any(customer.conversation not in self.offered for customer in idle):  # noqa: ASYNC110 - told by many
                await asyncio.sleep(0.05)
            for customer in idle:
                await customer.taken.wait()
        spent = [after - before for before, after in zip(cpu, (cpu_seconds(group) for group in pids), strict=True)]
        waits = [self.offered[customer.conversation] - customer.accepted_at for customer in idle]
        ways = [self.offered[customer.conversation] - customer.started_at for customer in idle]
        return {
            "inquiries": len(idle),
            "per_second": round(len(idle) / took, 1),
            "p50_ms": at_share(waits, 0.5),
            "p99_ms": at_share(waits, 0.99),
            "from_sending_p99_ms": at_share(ways, 0.99),
            "cpu_us": [round(1e6 * one / max(1, len(idle)), 1) for one in spent],
        }

    async def idle(self, port: int, count: int, path: str) -> dict[str, Any]:
        """Bare sockets that say nothing."""
        self.lines = list[Line]()

        async def one() -> None:
            self.lines.append(await Line.connect(port, path, lambda _: None))

        await _some_at_a_time(one() for _ in range(count))
        return {"open": len(self.lines)}

    async def storm(self, tickets: list[str]) -> dict[str, Any]:
        """All customers' lines are cut at once; all come back at once, with where they stood."""
        for customer in self.customers:
            customer.cut()
        for customer, ticket in zip(self.customers, tickets, strict=True):
            customer.ticket = ticket
        began = time.perf_counter()
        took: list[float] = []

        later = 0

        async def back(customer: Customer) -> None:
            nonlocal later
            while True:
                try:
                    await customer.connect(1, resume=True)
                    break
                except ConnectionError:
                    if customer.line is None or customer.line.code not in _COME_LATER:
                        raise
                later += 1
                await asyncio.sleep(random.uniform(1, 4))
            took.append(time.perf_counter() - began)

        await asyncio.gather(*(back(customer) for customer in self.customers))
        return {
            "all_live_s": round(time.perf_counter() - began, 2),
            "half_live_s": round(sorted(took)[len(took) // 2], 2),
            "told_to_come_later": later,
        }

    async def _until_quiet(self) -> None:
        give_up = time.perf_counter() + 30
        while self.by_message and time.perf_counter() < give_up:  # noqa: ASYNC110 - told by many
            await asyncio.sleep(0.02)
        self.by_message.clear()
        for customer in self.customers:
            customer.busy = False


class _Party:
    line: Line | None = None

    def cut(self) -> None:
        if self.line is not None:
            self.line.abort()
            self.line = None


class Customer(_Party):
    """One visitor's browser; one message on its way at a time."""

    def __init__(self, run: Run, port: int, number: int, ticket: Any) -> None:
        self._run, self._port, self._number, self.ticket = run, port, number, ticket
        self._welcome = asyncio.Event()
        self._started = asyncio.Event()
        self.taken = asyncio.Event()
        self.conversation = "" if run.product else f"cnv_{number:026}"
        self._epoch = ""
        self._position = 0
        self.busy = self.acked = self.on_screen = False
        self.started_at = self.accepted_at = 0.0

    async def connect(self, agents: int, *, resume: bool = False) -> None:
        if not self._run.product:
            self.line = await Line.connect(self._port, f"/customer/{self._number}/{self._number % agents}", self.hear)
            return
        self._welcome.clear()
        self.line = await Line.connect(self._port, "/v1/widget/socket", self.hear, seconds=300)
        hello: dict[str, Any] = {"type": "hello", "protocol": 1, "ticket": self.ticket, "locales": ["en"]}
        if resume and self.conversation:
            hello["resume"] = {"epoch": self._epoch, "conversation": self.conversation, "position": self._position}
        self.line.say(json.dumps(hello).encode())
        await _or_gone(self._welcome, self.line)

    def start(self) -> None:
        assert self.line is not None
        self.started_at = time.perf_counter()
        frame = {"type": "start", "client_message_id": f"start-{self._number:08}", "text": "Hello there, where is my parcel?"}
        self.line.say(json.dumps(frame).encode())

    async def begin(self, *, taken: bool) -> None:
        if self._run.product:
            self.start()
            async with asyncio.timeout(_SETTLED_SECONDS):
                await self._started.wait()
                if taken:
                    await self.taken.wait()

    def write(self) -> None:
        if self.line is None:
            return
        message = f"m-{next(self._run.numbers):010}"
        self.busy, self.acked, self.on_screen = True, False, False
        self._run.by_message[message] = (self, time.perf_counter())
        self.line.say(
            f'{{"type":"post","client_message_id":"{message}","conversation":"{self.conversation}","text":"{_TEXT} {message}"}}'.encode()
        )

    def hear(self, raw: bytes) -> None:
        heard = _hear(raw)
        match heard.type:
            case "ack":
                if self.conversation:
                    self._run.on_ack(heard.client_message_id)
                else:
                    self.conversation, self.accepted_at = heard.conversation, time.perf_counter()
                    self._started.set()
            case "entry":
                self._position = heard.position
            case "state":
                if heard.conversation.get("state") == "open":
                    self.taken.set()
            case "welcome":
                self._epoch = _welcomes(raw).epoch
                self._welcome.set()
            case "refusal":
                self._run.refuse(heard.code)
            case _:
                pass


class AgentScreen(_Party):
    """One console: sees entries, takes what rings."""

    def __init__(self, run: Run, port: int, number: int, ticket: Any) -> None:
        self._run, self._port, self._number, self._ticket = run, port, number, ticket
        self._welcome = asyncio.Event()

    async def connect(self) -> None:
        if not self._run.product:
            self.line = await Line.connect(self._port, f"/agent/{self._number}", self.hear)
            return
        self.line = await Line.connect(self._port, "/v1/console/socket", self.hear, seconds=300)
        self.line.say(json.dumps({"type": "hello", "protocol": 1, "ticket": self._ticket, "take_over": True}).encode())
        await _or_gone(self._welcome, self.line)
        self.line.say(b'{"type":"availability","availability":"ready"}')

    def hear(self, raw: bytes) -> None:
        heard = _hear(raw)
        match heard.type:
            case "public_entry":
                if heard.client_message_id:
                    self._run.on_screen(heard.client_message_id)
            case "delta":
                if b'"offers"' in raw:
                    self._take(raw)
            case "welcome":
                self._welcome.set()
            case "refusal":
                self._run.refuse(heard.code)
            case _:
                pass

    def _take(self, raw: bytes) -> None:
        for change in _deltas(raw).changes:
            card = change.get("value")
            if change["collection"] == "offers" and card is not None and self.line is not None:
                self._run.offered.setdefault(card["conversation"], time.perf_counter())
                self.line.say(json.dumps({"type": "accept", "offer": card["offer"]}).encode())


async def _or_gone(event: asyncio.Event, line: Line) -> None:
    """Wait for it, or for the end of the line, which is an error."""
    waits = [asyncio.ensure_future(one.wait()) for one in (event, line.gone)]
    await asyncio.wait(waits, timeout=300, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
    if not event.is_set():
        raise ConnectionError(f"closed with {line.code}")


async def _some_at_a_time(work: Iterable[Any]) -> None:
    """A hundred sockets are opened together, not ten thousand."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(piece: Any) -> None:
        async with turns:
            await piece

    await asyncio.gather(*(one(piece) for piece in work))


def at_share(seconds: list[float], share: float) -> float:
    """A percentile in milliseconds."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)


def cpu_seconds(pids: list[int]) -> float:
    """What these processes have used so far, with all threads and with their children: those that live, and those that have ended and were waited for, as a
    database's server waits for its backends."""
    wanted, total = set(pids), 0
    for stat in Path("/proc").glob("[0-9]*/stat") if pids else ():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rsplit(")", 1)[1].split()
            own, of_the_ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
            if int(stat.parent.name) in wanted:
                total += own + of_the_ended
            elif int(fields[1]) in wanted:
                total += own
    return total / os.sysconf("SC_CLK_TCK")


def _quiet_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.disable()


async def _serve() -> None:
    loop, run = asyncio.get_running_loop(), Run()
    commands: dict[str, Callable[..., Any]] = {
        "open": run.open,
        "begin": run.begin,
        "saturate": run.saturate,
        "pace": run.pace,
        "rest": run.rest,
        "inquire": run.inquire,
        "idle": run.idle,
        "storm": run.storm,
    }
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        said = commands[command.pop("do")](**command)
        result = await said if asyncio.iscoroutine(said) else said
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    raise_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
