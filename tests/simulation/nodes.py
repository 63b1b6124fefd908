"""Nodes of the product as processes of the simulation: the real `build`, the real sockets' code, over a simulated store, bus and network."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, Literal, TypeVar

from contact_hub.app import Hub, build
from contact_hub.channels.chat.visitor import VisitorSession
from contact_hub.clock import Clock, DatabaseClock
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.live.console import ConsoleSession
from contact_hub.settings import Settings
from contact_hub.web.outbound import Outbound
from contact_hub.web.socket import Session, Sockets, serve
from tests.simulation.bugs import SOUND, Bug
from tests.simulation.exchange import Exchange, SimulatedBus
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.storage import Link, Server
from tests.simulation.weather import Trace, Weather
from tests.simulation.wire import Line

T = TypeVar("T")
Face = Literal["widget", "console"]

NOON: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEASE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 1.0


class LoopClock:
    """A machine's clock in the history; `wrong` by so much."""

    def __init__(self, loop: VirtualLoop, wrong: timedelta = timedelta(0)) -> None:
        self._loop, self._wrong = loop, wrong

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._loop.time()) + self._wrong

    def monotonic(self) -> float:
        return self._loop.time()


class Unreachable(Exception):
    """Nobody answered."""


class Place:
    """What all nodes of a history share."""

    def __init__(
        self, loop: VirtualLoop, weather: Weather, trace: Trace, server: Server, settings: Settings, dice: random.Random, bug: Bug
    ) -> None:
        self.loop, self.weather, self.trace, self.server, self.settings = loop, weather, trace, server, settings
        self.dice, self.bug = dice, bug
        self.exchange = Exchange(loop, weather)


class Node:
    """One machine: its program may die and be started again, each time under another name."""

    def __init__(self, place: Place, name: str, wrong: timedelta) -> None:
        self.place, self.name = place, name
        self._wrong = wrong
        self.lives = 0
        self.process = Process(f"{name}.0")
        self.process.state = "dead"
        self.hub: Hub | None = None
        self.link: Link | None = None
        self.bus: SimulatedBus | None = None
        self.lines: list[Line] = []
        self._app = SimpleNamespace()
        self._leave = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self.process.state != "dead"

    @property
    def open(self) -> bool:
        """Whether a balancer would send somebody here."""
        return self.alive and self.hub is not None and self.hub.ready

    def start(self) -> None:
        assert not self.alive
        self.lives += 1
        self.process = Process(f"{self.name}.{self.lives}")
        self.hub, self.lines = None, []
        self._leave = asyncio.Event()
        self.place.trace(f"start {self.process.name}")
        self.task = self.place.loop.spawn(self.process, self._main(self.process), self.process.name)

    def kill(self) -> None:
        self.place.trace(f"kill {self.process.name}")
        self.hub = None
        self.place.loop.kill(self.process)

    def ask_to_leave(self) -> None:
        self.place.trace(f"term {self.process.name}")
        self._leave.set()

    async def _main(self, process: Process) -> None:
        place = self.place
        self.link = Link(place.server, place.weather, process)
        self.bus = SimulatedBus(place.exchange, process)
        clock: Clock = LoopClock(place.loop, self._wrong)
        try:
            store = place.bug.store(self.link, place.bug.outfit)
            async with build(
                place.settings,
                clock=place.bug.clock(clock),
                ids=Ids(place.dice.randbytes),
                bus=self.bus,
                store=store,
                node=process.name,
            ) as hub:
                hub.spread.look_seconds = LOOK_SECONDS
                place.bug.hub(hub)
                await hub.start()
                sockets = Sockets(
                    heartbeat_seconds=place.settings.heartbeat_seconds, revalidate_seconds=place.settings.revalidate_seconds
                )
                self._app.state = SimpleNamespace(hub=hub, sockets=sockets)
                self.hub = hub
                place.trace(f"serves {process.name}")
                await self._leave.wait()
                hub.ready = False
                await sockets.send_home(within_seconds=5)
                await hub.stop()
        except HubError as trouble:
            place.trace(f"fails {process.name} {trouble.code}")
        except Exception as error:
            place.loop.troubles.append(f"{process.name} died: {error!r}")
        self.hub = None
        place.loop.kill(process)
        place.trace(f"gone {process.name}")

    # ------------------------------------------------------------ what clients reach

    def connect(self, face: Face) -> Line:
        """A socket to this node. Raises Unreachable."""
        if not self.open:
            raise Unreachable
        line = Line(self.place.loop, self.place.weather, self.process, self._app)
        self.lines = [one for one in self.lines if not one.done] + [line]
        self.place.loop.spawn(self.process, self._serve(line, face), f"{face} of {self.process.name}")
        return line

    async def _serve(self, line: Line, face: Face) -> None:
        hub = self.hub
        assert hub is not None
        sessions = self.place.bug

        def visitor(out: Outbound) -> Session:
            return sessions.visitor(out=out, wires=hub.wires(), visitors=hub.visitors, places=hub.places, gate=hub.gate)

        def console(out: Outbound) -> Session:
            return sessions.console(out=out, wires=hub.wires(), desk=hub.desk, gate=hub.gate)

        try:
            socket: Any = line
            await serve(socket, visitor if face == "widget" else console, face=face, per_minute=6_000)
        except HubError as trouble:  # what a session could not write while it closed
            self.place.trace(f"serve ended {trouble.code}")
        finally:
            line.finished()

    async def ask(self, question: Callable[[Hub], Awaitable[T]]) -> T:
        """A request over HTTP. Raises Unreachable, HubError."""
        place, hub = self.place, self.hub
        if not self.open or hub is None:
            raise Unreachable
        answer: asyncio.Future[T] = place.loop.create_future()
        process, request = self.process, object()

        def lost() -> None:
            if not answer.done():
                answer.set_exception(Unreachable())

        async def work() -> None:
            await asyncio.sleep(place.weather.socket_seconds())
            try:
                found = await question(hub)
            except HubError as refused:
                outcome: Any = refused
                place.loop.world_later(place.weather.socket_seconds(), _fail, answer, outcome)
            else:
                place.loop.world_later(place.weather.socket_seconds(), _tell, answer, found)
            finally:
                process.cares.pop(request, None)

        process.cares[request] = lost
        place.loop.spawn(process, work(), "request")
        try:
            async with asyncio.timeout(6):
                return await answer
        except TimeoutError:
            raise Unreachable from None
        finally:
            with suppress(asyncio.InvalidStateError):
                answer.cancel()


def _tell(answer: asyncio.Future[Any], found: Any) -> None:
    if not answer.done():
        answer.set_result(found)


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)


__all__ = ["LEASE_SECONDS", "NOON", "POLL_SECONDS", "SOUND", "ConsoleSession", "DatabaseClock", "Node", "Place", "VisitorSession"]
