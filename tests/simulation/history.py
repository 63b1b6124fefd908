"""One history: a seed becomes a floor, people, weather and misfortunes; then everything heals, and the books are opened."""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import structlog

from contact_hub.app import build
from contact_hub.clock import ManualClock
from contact_hub.settings import Settings
from contact_hub.store import Tx
from tests.simulation import floor
from tests.simulation.bugs import Bug
from tests.simulation.invariants import Books, broken
from tests.simulation.loop import Process, Stuck, VirtualLoop
from tests.simulation.nodes import LEASE_SECONDS, NOON, POLL_SECONDS, SOUND, Node, Place
from tests.simulation.people import Agent, Client, Customer, session_of
from tests.simulation.storage import Server, Storage
from tests.simulation.weather import Trace, Weather

CONVERGE_SECONDS: Final = 30.0
FIRST_LOOK_SECONDS: Final = 5.0
STEPS_MAX: Final = 2_000_000
_SELDOM_ALONE: Final = 0.35
"""How often a misfortune brings another along: what costs something comes in twos."""
_TIDY_EVERY: Final = 40
"""The collector looks at everything that was ever imported: between histories, and not after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a seed. `violations` is empty where all invariants held."""

    seed: int
    bug: str
    violations: tuple[str, ...]
    digest: str
    seconds: float
    """Virtual."""
    steps: int
    messages: int
    inquiries: int
    faults: int
    lines: tuple[str, ...] = field(repr=False, default=())


@lru_cache
def storage() -> Storage:
    """The database of this process, laid down once."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="contact-hub-simulation-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    structlog.configure(
        processors=[_say_nothing],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=False,
    )
    for noisy in ("asyncio", "taskiq"):
        logging.getLogger(noisy).setLevel(100)
    made = Storage(folder)
    made.now = lambda: NOON
    asyncio.run(_lay_down(made))
    made.remember()
    gc.disable()
    return made


@lru_cache
def settings() -> Settings:
    return Settings(
        data_dir=Path(tempfile.gettempdir()) / "contact-hub-simulation-dumps",
        workspace=floor.WORKSPACE_ID,
        detectors="ngrams",
        poll_seconds=POLL_SECONDS,
        lease_seconds=LEASE_SECONDS,
        heartbeat_seconds=3,
        revalidate_seconds=5,
        visitor_messages_per_minute=6_000,
        agent_messages_per_minute=6_000,
    )


async def _lay_down(made: Storage) -> None:
    real = settings().model_copy(update={"database_url": made.url})
    async with build(real, clock=ManualClock(NOON)) as hub:
        await hub.workspaces.apply(floor.workspace(), by="history")

        async def sign_in(tx: Tx) -> None:
            for agent in floor.AGENTS:
                await tx.sessions.insert(session_of(agent))

        await hub.store.write(sign_in, name="sign_in")


def _say_nothing(_logger: object, _method: str, _event: object) -> str:
    raise structlog.DropEvent


_played = 0


def play(seed: int, bug: Bug = SOUND, *, keep: bool = False) -> Outcome:
    """One history, from its first moment to the judgement."""
    global _played  # noqa: PLW0603 - how long ago the collector was here
    made = storage()
    made.reset()
    random.seed(seed)
    history = _History(seed, bug, made, keep=keep)
    try:
        violations = history.loop.run(history.run())
    except Stuck:
        violations = ["stuck: nothing will ever happen again"]
    finally:
        made.tidy()
    _played += 1
    if _played % _TIDY_EVERY == 0:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
    return history.outcome(violations)


class _History:
    def __init__(self, seed: int, bug: Bug, made: Storage, *, keep: bool) -> None:
        self.seed, self.bug = seed, bug
        self.loop = VirtualLoop()
        self.trace = Trace(self.loop, keep=keep)
        dice = random.Random(seed)
        self.dice = dice
        self.weather = Weather.of(random.Random(dice.random()))
        made.now = lambda: NOON + timedelta(seconds=self.loop.time())
        server = Server(made, self.trace)
        self.place = Place(self.loop, self.weather, self.trace, server, settings(), random.Random(dice.random()), bug)
        wrong = [timedelta(seconds=dice.choice((0, 0, 0, 0.4, -3600, 3600))) for _ in range(3)]
        self.nodes = [Node(self.place, f"n{number}", wrong[number]) for number in range(dice.choice((1, 2, 2, 2, 3)))]
        self.customers = [
            Customer(f"customer-{n}", dice.choice(floor.BRANDS), self.nodes, random.Random(dice.random()), self.trace)
            for n in range(dice.randint(1, 3))
        ]
        chosen = dice.sample(sorted(floor.AGENTS), dice.choice((1, 2, 2, 3, 3)))
        self.agents = [Agent(name, floor.AGENTS[name], self.nodes, random.Random(dice.random()), self.trace) for name in chosen]
        self.seconds = dice.uniform(5, 15)
        self.faults = 0
        self.books = Books(nodes=self.nodes, customers=self.customers, agents=self.agents, storage=made)

    async def run(self) -> list[str]:
        for node in self.nodes:
            node.start()
        for client in self._clients():
            self._send_in(client)
        watch = self.loop.spawn(None, self._restart_the_dead(), "supervisor")
        misfortune = self.loop.spawn(None, self._misfortunes(), "misfortunes")
        await asyncio.sleep(self.seconds)
        misfortune.cancel()
        self._heal()
        found: list[str] = []
        healed_at = self.loop.time()
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            found = await broken(self.books)
            if not found or self.loop.time() > healed_at + CONVERGE_SECONDS:
                break
            await asyncio.sleep(2)
        watch.cancel()
        return found + self.loop.troubles

    def outcome(self, violations: list[str]) -> Outcome:
        for violation in violations:
            self.trace(f"VIOLATION {violation}")
        return Outcome(
            seed=self.seed,
            bug=self.bug.name,
            violations=tuple(violations),
            digest=self.trace.digest,
            seconds=self.loop.time(),
            steps=self.loop.steps,
            messages=sum(len(client.ledger) for client in self._clients()),
            inquiries=sum(one.log == "start" for client in self._clients() for one in client.ledger.values()),
            faults=self.faults,
            lines=tuple(self.trace.lines),
        )

    def _clients(self) -> list[Client]:
        return [*self.customers, *self.agents]

    def _send_in(self, client: Client) -> None:
        self.loop.spawn(None, client.live(), client.name)

    # ------------------------------------------------------------ what goes wrong

    def _somebody(self) -> Node:
        """One of the nodes; half of the time the one that owns the floor."""
        owners = [node for node in self.nodes if node.hub is not None and any(one.engine for one in node.hub.owners.values())]
        return self.dice.choice(owners if owners and self.dice.random() < 0.5 else self.nodes)

    def _doom(self, node: Node, strike: Callable[[], None]) -> None:
        """Not at a time but at a step: whatever the process is about to do then, it is in the middle of something."""
        if node.alive:
            node.process.doom = (node.process.steps + self.dice.randint(1, 200), strike)

    async def _restart_the_dead(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            for node in self.nodes:
                if not node.alive:
                    await asyncio.sleep(self.dice.uniform(0.1, 1.0))
                    node.start()

    async def _misfortunes(self) -> None:
        kinds = [
            self._kill,
            self._kill,
            self._stop,
            self._stop,
            self._cut_store,
            self._cut_store,
            self._cut_bus,
            self._leave,
            self._cut_sockets,
            self._other_rules,
            self._second_window,
            self._go_home,
        ]
        often = self.dice.choice((0.0, 1.0, 2.0, 4.0))
        while often:
            await asyncio.sleep(self.dice.expovariate(1 / often))
            node = self._somebody()
            self.dice.choice(kinds)(node)
            self.faults += 1
            if self.dice.random() < _SELDOM_ALONE:
                await asyncio.sleep(self.dice.uniform(0, 0.3))
                self.dice.choice(kinds)(node if self.dice.random() < 0.7 else self._somebody())
                self.faults += 1

    def _kill(self, node: Node) -> None:
        self._doom(node, node.kill)

    def _stop(self, node: Node) -> None:
        process, seconds = node.process, self.dice.uniform(0.5, 5)

        def strike() -> None:
            self.trace(f"stop {process.name}")
            self.loop.stop(process)
            if node.link is not None:
                node.link.lose()  # a server does not wait for a client that says nothing
            self.loop.world_later(seconds, self._wake, process)

        self._doom(node, strike)

    def _wake(self, process: Process) -> None:
        if process.state == "stopped":
            self.trace(f"wake {process.name}")
            self.loop.resume(process)

    def _cut_store(self, node: Node) -> None:
        if node.alive and node.link is not None:
            self.trace(f"cut store {node.process.name}")
            node.link.cut()
            self.loop.world_later(self.dice.uniform(0.3, 5), node.link.heal)

    def _cut_bus(self, node: Node) -> None:
        if node.alive and node.bus is not None:
            self.trace(f"cut bus {node.process.name}")
            node.bus.cut()
            tell = self.dice.random() < 0.5
            bus = node.bus
            self.loop.world_later(self.dice.uniform(0.3, 6), lambda: bus.heal(tell=tell))

    def _leave(self, node: Node) -> None:
        if node.open and node.process.state == "running":
            node.ask_to_leave()

    def _cut_sockets(self, _: Node) -> None:
        for node in self.nodes:
            for line in node.lines:
                if line.up and self.dice.random() < 0.5:
                    line.cut()

    def _other_rules(self, node: Node) -> None:
        rules = floor.other_rules(self.dice)
        if node.open:
            self.loop.spawn(None, _quietly(node.ask(lambda hub: hub.workspaces.apply(rules, by="history"))), "rules")

    def _second_window(self, node: Node) -> None:
        """An agent opens the console elsewhere, and works there from now on."""
        agent = self._one_at(node)
        if not agent.superseded and agent.here:
            windows = sum(one.agent == agent.agent for one in self.agents)
            other = Agent(agent.agent, agent.house, self.nodes, random.Random(self.dice.random()), self.trace, window=windows + 1)
            self.agents.append(other)
            self._send_in(other)

    def _go_home(self, node: Node) -> None:
        """The lid is closed, and nobody comes back."""
        agent = self._one_at(node)
        agent.here, agent.superseded = False, True
        if agent.line is not None:
            agent.line.cut() if self.dice.random() < 0.5 else agent.line.leave()

    def _one_at(self, node: Node) -> Agent:
        """An agent; one of those at this node, if there are any."""
        return self.dice.choice([agent for agent in self.agents if agent.line in node.lines] or self.agents)

    def _heal(self) -> None:
        self.trace("heals")
        self.weather.calm()
        for node in self.nodes:
            node.process.doom = None
            self._wake(node.process)
            if node.link is not None:
                node.link.heal()
            if node.bus is not None:
                node.bus.heal(tell=False)
        for client in self._clients():
            client.quiet = True
            if isinstance(client, Customer) or not client.superseded:
                client.here = True


async def _quietly(asked: object) -> None:
    try:
        await asked  # type: ignore[misc]
    except Exception:  # nobody waits for it
        return
