"""One round: load, faults, peace, judgement.

Three lanes run beside each other until each has had its share: messages, faults of processes, faults of sockets. Then everything is healed, those who talk
come to rest, and the judge reads the rows. What a round has to show for itself stays in its folder where something was found.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from contact_hub.robots.client import http_client, sign_in, staff_headers
from tests.faults import judge
from tests.faults.drivers import SETTLE_SECONDS, Agent, Customer, Ledger, Probe
from tests.faults.proxy import Door
from tests.faults.schedule import Tormentor, Wish, lanes, wishes
from tests.faults.world import PASSWORD, TALKING, World, dump_rows, new_home, operator_email, say, write_lines
from tests.servers import free_port

_TELL_SECONDS: Final = 10.0
_CONVERGE_SECONDS: Final = 30.0
_MOST_FAULTS: Final = 100_000
_INEXCUSABLE: Final = ("owner_failed", "frame_failed", "telling_failed", "after_commit_failed", "input_set_aside", "routing_halted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything."""

    seed: int = 1
    process_faults: int = 9
    socket_faults: int = 60
    messages: int = 1_000
    nodes: int = 2
    agents: int = 3
    customers: int = 16
    rate: float = 40.0
    """Messages of customers a second, all together; agents answer some."""
    seconds_max: float = 36_000.0
    gap: tuple[float, float] = (0.2, 2.5)
    socket_pause: float = 0.4
    lanes: int = 1
    """2: faults of Redis beside those of everything else."""
    kinds: tuple[str, ...] = ()
    """These faults of processes only, in this order at first; empty: all."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it. `figures` is what is printed; `findings` is what is behind them, and what else was wrong."""

    figures: dict[str, Any]
    findings: list[str]
    late: list[str]
    """What took longer than it may on a machine that does nothing else."""
    seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Of each recovery, by kind."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How often which fault of processes was wished for."""
    evidence: Path | None = None
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not self.findings


class Round:
    """One run of the plan in a world."""

    def __init__(self, plan: Plan, world: World, door: Door, http: httpx.AsyncClient) -> None:
        self.plan, self.world, self.door = plan, world, door
        self.ledger, self.stop = Ledger(), asyncio.Event()
        chance = random.Random(plan.seed)
        origin = f"http://localhost:{door.port}"
        pause = plan.customers / plan.rate

        def own() -> random.Random:
            return random.Random(chance.random())

        self.agents = [Agent(http, origin, TALKING, number, self.ledger, own()) for number in range(plan.agents)]
        self.customers = [
            Customer(http, origin, TALKING, f"c{number}", self.ledger, own(), pause=lambda: pause)
            for number in range(plan.customers)
        ]
        self.probes = {
            node.name: Probe(http, node.origin, TALKING, f"probe-{node.name}", self.ledger, own(), pause=lambda: pause)
            for node in world.nodes
        }
        self.tormentor = Tormentor(world, self.probes, self._go_back)
        self._sockets, self._windows = own(), own()
        self.began = time.monotonic()

    @property
    def talking(self) -> list[Customer]:
        return [*self.customers, *self.probes.values()]

    @property
    def socket_faults(self) -> int:
        return self.door.faults + sum(agent.take_overs for agent in self.agents)

    def had_enough(self) -> bool:
        """Whether every lane had its share, or the time is over."""
        plan = self.plan
        shares = (
            self.tormentor.faults >= plan.process_faults,
            self.socket_faults >= plan.socket_faults,
            self.ledger.acked >= plan.messages,
        )
        return all(shares) or time.monotonic() - self.began > plan.seconds_max

    async def run(self) -> None:
        """Load and faults, until everybody had enough; then peace."""
        async with asyncio.TaskGroup() as group:
            for customer in self.talking:
                group.create_task(customer.run(self.stop))
            beside = [
                asyncio.create_task(lane, name=name)
                for name, lane in (
                    ("sockets", self._disturb()),
                    ("windows", self._change_windows()),
                    ("progress", self._tell()),
                )
            ]
            try:
                wished = wishes(self.plan.seed, _MOST_FAULTS, gap=self.plan.gap, kinds=self.plan.kinds)
                async with asyncio.TaskGroup() as torments:
                    for lane in lanes(wished, many=self.plan.lanes > 1):
                        torments.create_task(self._torment(lane, beside))
            finally:
                for task in beside[:2]:
                    task.cancel()
                await asyncio.gather(*beside[:2], return_exceptions=True)
                self.stop.set()
            await self.tormentor.heal()
            healed = time.monotonic()
            for customer in self.talking:
                customer.client.kick()
            await self._rest()
            self.tormentor.recovered.note("all_at_rest", time.monotonic() - healed)
            beside[2].cancel()

    async def judged(self) -> Outcome:
        """What the rows say. Whoever is behind gets half a minute to catch up."""
        give_up = time.monotonic() + _CONVERGE_SECONDS
        everybody: list[Customer | Agent] = [*self.talking, *self.agents]
        while True:
            rows = await judge.read_rows(self.world.postgres.url)
            screens = [(one.name, conversation, shown) for one in everybody for conversation, shown in one.screen().items()]
            found = judge.findings(self.ledger, rows, screens)
            found += await self._reports(rows) + await self._stale(everybody)
            if not found or time.monotonic() > give_up:
                break
            await asyncio.sleep(1)
        figures = {
            "process_faults": self.tormentor.faults,
            "socket_faults": self.socket_faults,
            "acked": self.ledger.acked,
            **judge.counted(found),
            "recovery_s": self.tormentor.recovered.told(),
        }
        stuck = [f"stuck: {what}" for what in self.tormentor.stuck] + self._broken()
        stuck += [f"broken: {one.name}, {one.client.died_of!r}" for one in everybody if one.client.died_of is not None]
        told = {
            "seconds": round(time.monotonic() - self.began, 1),
            "said": len(self.ledger.said),
            "refused": sum(bool(said.refused) for said in self.ledger.said),
            "conversations": len(rows.conversations),
            "told_to_try_again": dict(self.ledger.later),
            "sockets": dict(self.door.happened),
            "take_overs": sum(agent.take_overs for agent in self.agents),
        }
        return Outcome(
            figures=figures,
            findings=found + stuck,
            late=self.tormentor.late,
            seconds=self.tormentor.recovered.seconds,
            kinds=Counter(fault["kind"] for fault in self.tormentor.history),
            told=told,
        )

    def _broken(self) -> list[str]:
        """What no fault excuses, by the nodes' own logs."""
        found = []
        for node in self.world.nodes:
            log = node.hub.log()
            found += [f"broken: {node.name} {event}" for event in _INEXCUSABLE if f'"{event}"' in log]
            found += [f"broken: {node.name} had an exception that nobody caught"] if _uncaught(log) else []
        return found

    # ------------------------------------------------------------ lanes

    async def _torment(self, lane: list[Wish], beside: list[asyncio.Task[None]]) -> None:
        """One fault after the other, until everybody had enough."""
        for wish in lane:
            while not self.had_enough() and self.tormentor.faults >= self.plan.process_faults:
                await asyncio.sleep(0.2)
                self._no_lane_died(beside)
            if self.had_enough():
                return
            await self.tormentor.do(wish)
            self._no_lane_died(beside)

    async def _disturb(self) -> None:
        while True:
            await asyncio.sleep(self.plan.socket_pause * self._sockets.uniform(0.2, 1.8))
            if self.socket_faults / max(1, self.plan.socket_faults) <= 0.02 + self.ledger.acked / max(1, self.plan.messages):
                self.door.disturb(self._sockets)  # in step with the messages, however slow the machine

    async def _change_windows(self) -> None:
        while True:
            await asyncio.sleep(self._windows.uniform(2, 8))
            await self._windows.choice(self.agents).take_over()
            for agent in self.agents:
                await agent.come_back()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            say(self.progress())

    def progress(self) -> str:
        plan, after = self.plan, time.monotonic() - self.began
        return (
            f"{after:5.0f} s  processes {self.tormentor.faults}/{plan.process_faults}  sockets {self.socket_faults}/{plan.socket_faults}"
            f"  acked {self.ledger.acked}/{plan.messages}  serving {len(self.world.serving)}/{len(self.world.nodes)}"
            f"  {' '.join(self.tormentor.now) or ('at rest' if self.stop.is_set() else '')}"
        )

    def _no_lane_died(self, lanes: list[asyncio.Task[None]]) -> None:
        for lane in lanes:
            if lane.done():
                lane.result()

    # ------------------------------------------------------------ peace

    async def _rest(self) -> None:
        """Everybody has said what there was to say, and read it."""
        for agent in self.agents:
            await agent.come_back()
        for agent in self.agents:
            with contextlib.suppress(TimeoutError):
                await agent.quiet()

    async def _go_back(self, since: float) -> None:
        """Nobody hears anything any more of the time that is taken back; then everybody says again what they said in it."""
        for link in list(self.door.links):
            link.cut()
        everybody: list[Customer | Agent] = [*self.talking, *self.agents]
        while any(one.mind.welcomed for one in everybody):  # noqa: ASYNC110 - many connections, each in its own time
            await asyncio.sleep(0.05)
        self.ledger.take_back(since)
        for agent in self.agents:
            agent.go_back()
        for customer in self.talking:
            await customer.go_back()

    async def _stale(self, everybody: Sequence[Customer | Agent]) -> list[str]:
        """Who counts positions under an epoch that is over."""
        epochs = await self.world.delivery_epochs()
        return [f"stale_epoch: {one.name}" for one in everybody if one.epoch != epochs[one.workspace]]

    async def _reports(self, rows: judge.Rows) -> list[str]:
        async with http_client() as http:
            origin = self.world.nodes[0].origin
            session = await sign_in(http, origin, operator_email(TALKING), PASSWORD)
            answer = await http.get(f"{origin}/api/quality/report", headers=staff_headers(session))
            answer.raise_for_status()
            return judge.report_differs(answer.json(), rows.journals[TALKING])


def _uncaught(log: str) -> bool:
    """Whether an exception came through to the server; a request that a node going away could not wait for is none, it was cancelled and is asked again."""
    return log.count("\nTraceback ") > log.count("CancelledError: Task cancelled, timeout graceful shutdown exceeded")


@contextlib.asynccontextmanager
async def _floor(plan: Plan, home: Path) -> AsyncIterator[Round]:
    """A world with everybody in it, awake."""
    port = free_port()
    world = await World.made(home, nodes=plan.nodes, agents=plan.agents, door=port)
    chance = random.Random(plan.seed)

    def choose() -> int | None:
        return chance.choice(world.serving).hub.port if world.serving else None

    async with contextlib.AsyncExitStack() as stack:
        stack.callback(world.end)
        await world.boot()
        watching = asyncio.create_task(world.watch())
        stack.callback(watching.cancel)
        door = await stack.enter_async_context(Door(port, choose))
        http = await stack.enter_async_context(http_client())
        running = Round(plan, world, door, http)
        for agent in running.agents:
            await stack.enter_async_context(agent)
        for customer in running.talking:
            await stack.enter_async_context(customer)
        await asyncio.gather(*(agent.ready() for agent in running.agents))
        running.began = time.monotonic()
        try:
            yield running
        finally:
            if (home / "keep").exists():
                dump_rows(world, home / "rows.sql")


async def torment(plan: Plan) -> Outcome:
    """One round. Where something was found, `evidence` names the folder that shows it."""
    home = new_home()
    (home / "keep").touch()
    async with _floor(plan, home) as running:
        try:
            await running.run()
            outcome = await running.judged()
        finally:
            _write(home, running)
        if outcome.clean:
            (home / "keep").unlink()
        else:
            outcome.evidence = home
            (home / "findings.txt").write_text("\n".join(outcome.findings) + "\n")
    if outcome.clean:
        shutil.rmtree(home, ignore_errors=True)
    outcome.told["comebacks"] = dict(sorted(running.ledger.comebacks.items(), key=lambda one: -one[1])[:12])
    return outcome


def _write(home: Path, running: Round) -> None:
    write_lines(home / "ledger.jsonl", [dataclasses.asdict(said) for said in running.ledger.said])
    write_lines(home / "screens.jsonl", [list(screen) for screen in running.ledger.screens])
    write_lines(home / "faults.jsonl", running.tormentor.history)


__all__ = ["SETTLE_SECONDS", "Outcome", "Plan", "Round", "torment"]
