"""Load: the whole way of a message, beside what this machine can do this minute.

    python -m bench.load [--only messages,latency,…] [--rounds 3] [--seconds 6] [--json]

The run first measures the limits (fdatasync, bare inserts, a bare relay on the same socket stack, the no-feature spike), then the product, in turns, and
prints ratios: the machine is shared, so wall times alone mean little. Those who write are a process of their own; server, driver and database share the
machine's cores. docs/performance.md tells what was seen and what bounds the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.child import Child
from bench.floors import free_port, machine, show
from bench.load_limits import fdatasync_ms, postgres_rows_per_second, sqlite_rows_per_second
from tests.servers import Postgres, RedisServer, postgres_programs

_STORES: Final = ("postgresql", "sqlite")


class Bench:
    """One run: where databases come from, who drives, what was found."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, server: Postgres | None) -> None:
        self.arguments, self.folder, self._server = arguments, folder, server
        self._number = 0
        self.found: dict[str, Any] = {}

    def tell(self, text: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stderr.flush()

    @property
    def stores(self) -> list[str]:
        wanted = self.arguments.stores.split(",")
        return [store for store in _STORES if store in wanted and (store == "sqlite" or self._server)]

    async def database(self, store: str) -> str:
        """A fresh one."""
        self._number += 1
        if store == "sqlite":
            return f"sqlite:///{self.folder}/load-{self._number}.sqlite3"
        assert self._server is not None
        name = f"load_{self._number}"
        connection = await asyncpg.connect(self._server.url)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return f"{self._server.url.rsplit('/', 1)[0]}/{name}"

    def servers(self, store: str) -> list[int]:
        """The database's own process, where it has one; its backends are its children."""
        return [] if store == "sqlite" or self._server is None or self._server.server is None else [self._server.server.pid]

    @contextlib.asynccontextmanager
    async def node(self, kind: str, *, database: str = "", options: tuple[str, ...] = ()) -> AsyncIterator[tuple[Child, int]]:
        """A started process that serves, and its port."""
        port = free_port()
        arguments = [kind, "--port", str(port), "--folder", str(self.folder)]
        arguments += ["--database", database] if database else []
        async with Child.of("bench.load_node", *arguments, *options) as child:
            await child.hear()
            yield child, port

    @contextlib.asynccontextmanager
    async def driver(self) -> AsyncIterator[Child]:
        async with Child.of("bench.load_drive") as child:
            yield child

    @contextlib.asynccontextmanager
    async def floor(
        self, database: str, *, customers: int = 0, agents: int = 0, begin: bool = True, options: tuple[str, ...] = ()
    ) -> AsyncIterator[tuple[Child, Child]]:
        """The product with everybody connected and every conversation in somebody's hands: node and driver."""
        customers, agents = customers or self.arguments.customers, agents or self.arguments.agents
        async with (
            self.node("hub", database=database, options=("--agents", str(agents), *options)) as (hub, port),
            self.driver() as driver,
        ):
            await self.populate(hub, driver, port, customers=customers, agents=agents)
            if begin:
                said = await driver.do("begin")
                self.tell(f"  {customers} conversations begun in {said['seconds']} s")
            yield hub, driver

    async def populate(self, hub: Child, driver: Child, port: int, *, customers: int, agents: int, first: int = 0) -> None:
        people = [one["ticket"] for one in await hub.ask(f"customers {customers}")] if customers else []
        consoles = await hub.ask(f"agents {first} {agents}") if agents else []
        said = await driver.do("open", port=port, customers=people, agents=consoles, product=True)
        self.tell(f"  {customers} customers and {agents} agents connected in {said['seconds']} s")

    @contextlib.asynccontextmanager
    async def spike(self, database: str) -> AsyncIterator[tuple[Child, Child]]:
        customers, agents = self.arguments.customers, self.arguments.agents
        async with self.node("spike", database=database) as (spike, port), self.driver() as driver:
            await driver.do("open", port=port, customers=list(range(customers)), agents=list(range(agents)), product=False)
            yield spike, driver


# ------------------------------------------------------------ the scenarios


async def limits(bench: Bench) -> dict[str, Any]:
    """The disk and the databases alone."""
    found: dict[str, Any] = {"fdatasync_ms": fdatasync_ms(bench.folder)}
    for store in bench.stores:
        url = await bench.database(store)
        rows = sqlite_rows_per_second(bench.folder) if store == "sqlite" else await postgres_rows_per_second(url)
        found[f"{store}_bare_inserts_per_second"] = rows
    return found


async def messages(bench: Bench) -> dict[str, Any]:
    """Saturated: everybody writes again as soon as the message before is on the screen."""
    found: dict[str, Any] = {}
    for store in bench.stores:
        rounds = []
        for number in range(bench.arguments.rounds):
            spike = await _saturated(bench, bench.spike, store)
            hub = await _saturated(bench, bench.floor, store)
            rounds.append({"spike": spike, "hub": hub})
            bench.tell(f"{store} round {number + 1}: spike {spike['per_second']}/s, hub {hub['per_second']}/s")
        found[store] = {
            "spike_per_second": _median(one["spike"]["per_second"] for one in rounds),
            "hub_per_second": _median(one["hub"]["per_second"] for one in rounds),
            "ratio": _spread(one["hub"]["per_second"] / one["spike"]["per_second"] for one in rounds),
            "spike_cpu_us": _median(one["spike"]["cpu_us"][0] for one in rounds),
            "hub_cpu_us": _median(one["hub"]["cpu_us"][0] for one in rounds),
            "cpu_ratio": _spread(one["hub"]["cpu_us"][0] / max(1, one["spike"]["cpu_us"][0]) for one in rounds),
            "database_cpu_us": {who: _median(one[who]["cpu_us"][1] for one in rounds) for who in ("spike", "hub")},
            "driver_cpu_us": {who: _median(one[who]["driver_cpu_us"] for one in rounds) for who in ("spike", "hub")},
            "hub_p50_ms": _median(one["hub"]["p50_ms"] for one in rounds),
            "refused": rounds[-1]["hub"]["refused"],
        }
    return found


async def _saturated(bench: Bench, world: Callable[..., Any], store: str) -> dict[str, Any]:
    async with world(await bench.database(store)) as (node, driver):
        path = bench.arguments.profile if world == bench.floor else None
        if path:
            await node.ask("profile on")
        said: dict[str, Any] = await driver.do(
            "saturate",
            seconds=bench.arguments.seconds,
            warm=2,
            pids=[[node.pid], bench.servers(store)],
        )
        if path:
            await node.ask(f"profile {path}")
        return said


async def latency(bench: Bench) -> dict[str, Any]:
    """From sending to the later of acknowledgement and the agent's screen, at a steady pace: half of what the machine could do just now, 2,000/s at most."""
    found: dict[str, Any] = {}
    for store in bench.stores:
        async with bench.floor(await bench.database(store)) as (hub, driver):
            pids = [[hub.pid]]
            most = (await driver.do("saturate", seconds=3, warm=2, pids=pids))["per_second"]
            rate = bench.arguments.rate or round(min(2_000.0, most / 2))
            rounds = []
            for _ in range(bench.arguments.rounds):
                async with bench.spike("") as (relay, others):
                    bare = await others.do("pace", rate=rate, seconds=bench.arguments.seconds, warm=1, pids=[[relay.pid]])
                disk = fdatasync_ms(bench.folder)
                said = await driver.do("pace", rate=rate, seconds=bench.arguments.seconds, warm=1, pids=pids)
                rounds.append({"bare": bare, "hub": said, "disk": disk})
                bench.tell(f"{store} at {rate}/s: p50 {said['p50_ms']} ms, p99 {said['p99_ms']} ms; relay p99 {bare['p99_ms']} ms")
        found[store] = {
            "offered_per_second": rate,
            "p50_ms": _median(one["hub"]["p50_ms"] for one in rounds),
            "p99_ms": _median(one["hub"]["p99_ms"] for one in rounds),
            "relay_p50_ms": _median(one["bare"]["p50_ms"] for one in rounds),
            "relay_p99_ms": _median(one["bare"]["p99_ms"] for one in rounds),
            "fdatasync_ms": _median(one["disk"] for one in rounds),
            "p50_to_8_fdatasync_and_1_ms": _spread(one["hub"]["p50_ms"] / (8 * one["disk"] + 1) for one in rounds),
            "p99_to_relay": _spread(one["hub"]["p99_ms"] / max(0.001, one["bare"]["p99_ms"]) for one in rounds),
            "passed_over": sum(one["hub"]["passed_over"] for one in rounds),
        }
    return found


async def offers(bench: Bench) -> dict[str, Any]:
    """From the acknowledgement of the first message to the offer on an agent's screen, beside the way of a message at the same rate."""
    found: dict[str, Any] = {}
    for store in bench.stores:
        database = await bench.database(store)
        async with bench.floor(database, begin=False, options=("--ring",)) as (hub, driver):
            rate, path = bench.arguments.inquiries, bench.arguments.profile
            pids = [[hub.pid], bench.servers(store)]
            if path:
                await hub.ask("profile on")
            asked = await hub.ask("statements")
            said = await driver.do("inquire", rate=rate, pids=pids)
            said["statements_each"] = round((await hub.ask("statements") - asked) / said["inquiries"], 2)
            if path:
                await hub.ask(f"profile {path}")
            await asyncio.sleep(2)
            message = await driver.do("pace", rate=rate, seconds=bench.arguments.seconds, warm=1, pids=[[hub.pid]])
        found[store] = said | {
            "offered_per_second": rate,
            "message_p99_ms": message["p99_ms"],
            "p99_to_message": round(said["p99_ms"] / max(0.001, message["p99_ms"]), 3),
        }
        bench.tell(
            f"{store}: offer p99 {said['p99_ms']} ms, message p99 {message['p99_ms']} ms; {said['cpu_us'][0]} µs of the node each"
        )
    return found


async def online(bench: Bench) -> dict[str, Any]:
    """What a message costs with few and with many agents online: the node's CPU while fifty customers write, less what it uses while nobody does."""
    store, costs = bench.stores[0], {}
    for agents in (50, bench.arguments.many):
        async with bench.floor(await bench.database(store), customers=50, agents=agents) as (hub, driver):
            rest = await driver.do("rest", seconds=bench.arguments.seconds, pids=[[hub.pid]])
            said = await driver.do("saturate", seconds=bench.arguments.seconds, warm=2, pids=[[hub.pid]])
            idle = rest["cores"][0]
            costs[agents] = {
                "cpu_us": said["cpu_us"][0],
                "idle_cores": round(idle, 3),
                "marginal_us": round(said["cpu_us"][0] - 1e6 * idle / max(0.1, said["per_second"]), 1),
                "per_second": said["per_second"],
            }
            bench.tell(f"{agents} agents online: {costs[agents]}")
    few, many = costs[50], costs[bench.arguments.many]
    return {
        "store": store,
        "agents": costs,
        "ratio": round(many["marginal_us"] / max(1.0, few["marginal_us"]), 3),
        "ratio_with_idling": round(many["cpu_us"] / max(1.0, few["cpu_us"]), 3),
    }


async def idle(bench: Bench) -> dict[str, Any]:
    """Memory of a socket that says nothing, beside one of bare FastAPI; and what they cost while they idle."""
    count = bench.arguments.sockets
    async with bench.node("spike") as (bare, port), bench.driver() as driver:
        before = await bare.ask("memory")
        await driver.do("idle", port=port, count=count, path="/idle")
        alone = (await bare.ask("memory") - before) / count
    store = bench.stores[0]
    async with bench.node("hub", database=await bench.database(store)) as (hub, port), bench.driver() as driver:
        people = [one["ticket"] for one in await hub.ask(f"customers {count}")]
        before = await hub.ask("memory")
        said = await driver.do("open", port=port, customers=people, agents=[], product=True)
        ours = (await hub.ask("memory") - before) / count
        rest = await driver.do("rest", seconds=bench.arguments.seconds, pids=[[hub.pid]])
    return {
        "store": store,
        "sockets": count,
        "bytes_each": round(ours),
        "bare_bytes_each": round(alone),
        "ratio": round(ours / alone, 3),
        "opened_s": said["seconds"],
        "idle_cores": round(rest["cores"][0], 3),
    }


async def storm(bench: Bench) -> dict[str, Any]:
    """Everybody's line is cut in the same moment, and everybody comes back at once, saying where they stood."""
    store, count = bench.stores[0], bench.arguments.storm
    async with bench.node("hub", database=await bench.database(store)) as (hub, port), bench.driver() as driver:
        people = await hub.ask(f"customers {count}")
        await driver.do("open", port=port, customers=[one["ticket"] for one in people], agents=[], product=True)
        begun = await driver.do("begin", taken=False)
        bench.tell(f"  {count} conversations wait after {begun['seconds']} s")
        tickets = await hub.ask("customers_again " + " ".join(one["token"] for one in people))
        await asyncio.sleep(1)
        resting, quiet = await hub.ask("statements"), 4.0
        await asyncio.sleep(quiet)
        before = await hub.ask("statements")
        said = await driver.do("storm", tickets=tickets)
        asked = await hub.ask("statements") - before
    background = (before - resting) / quiet * said["all_live_s"]
    return {
        "store": store,
        "sockets": count,
        **said,
        "statements_each": round((asked - background) / count, 2),
        "with_idling": round(asked / count, 2),
    }


async def nodes(bench: Bench) -> dict[str, Any]:
    """Two nodes on one PostgreSQL and one Redis against one node: half of the customers and agents on each."""
    program = shutil.which("redis-server")
    if "postgresql" not in bench.stores or program is None:
        return {"not_run": "needs PostgreSQL and redis-server"}
    redis = RedisServer(program)
    redis.start()
    try:
        rates = {count: await _on_nodes(bench, redis.url, count) for count in (1, 2)}
    finally:
        redis.stop()
    return {"per_second": rates, "ratio": round(rates[2] / rates[1], 3), "cores": os.cpu_count()}


async def _on_nodes(bench: Bench, redis: str, count: int) -> float:
    database = await bench.database("postgresql")
    customers, agents = bench.arguments.customers // count, bench.arguments.agents // count
    async with contextlib.AsyncExitStack() as stack:
        driver = await stack.enter_async_context(bench.driver())
        for number in range(count):
            options = ("--redis", redis, "--agents", str(agents * count), *(["--joins"] if number else []))
            hub, port = await stack.enter_async_context(bench.node("hub", database=database, options=options))
            await bench.populate(hub, driver, port, customers=customers, agents=agents, first=number * agents)
        await driver.do("begin")
        said = await driver.do("saturate", seconds=bench.arguments.seconds, warm=2, pids=[])
    bench.tell(f"{count} nodes: {said['per_second']}/s")
    return float(said["per_second"])


async def takeover(bench: Bench) -> dict[str, Any]:
    """A workspace in which very many wait is taken over by a node that begins: from its start to owning, beside reading the rows and building an engine
    with nothing else around."""
    found: dict[str, Any] = {"waiting": bench.arguments.waiting}
    for store in bench.stores:
        database = await bench.database(store)
        seed = ("seed", "--database", database, "--folder", str(bench.folder), "--waiting", str(bench.arguments.waiting))
        async with Child.of("bench.load_node", *seed) as child:
            bare = json.loads(await child.hear())
        async with bench.node("hub", database=database, options=("--takes-over",)) as (hub, _):
            took, waiting = await hub.ask("owned_after"), await hub.ask("waiting")
        floor = bare["read_s"] + bare["build_s"]
        found[store] = {key: round(value, 3) for key, value in bare.items()} | {
            "owned_after_s": round(took, 3),
            "waiting": waiting,
            "ratio": round(took / floor, 3),
        }
        bench.tell(f"{store}: {found[store]}")
    return found


SCENARIOS: Final[dict[str, Callable[[Bench], Awaitable[dict[str, Any]]]]] = {
    "limits": limits,
    "messages": messages,
    "latency": latency,
    "offers": offers,
    "online": online,
    "idle": idle,
    "storm": storm,
    "nodes": nodes,
    "takeover": takeover,
}


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(list(values)), 3)


def _spread(values: Iterable[float]) -> dict[str, float]:
    found = sorted(values)
    return {"median": round(statistics.median(found), 3), "low": round(found[0], 3), "high": round(found[-1], 3)}


async def measure(bench: Bench) -> dict[str, Any]:
    wanted = bench.arguments.only.split(",") if bench.arguments.only else list(SCENARIOS)
    for name in wanted:
        bench.tell(name)
        bench.found[name] = await SCENARIOS[name](bench)
    return {"machine": machine(), **bench.found}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--only", help=f"some of {', '.join(SCENARIOS)}")
    parser.add_argument("--stores", default=",".join(_STORES))
    parser.add_argument("--customers", type=int, default=800)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument(
        "--rate",
        type=float,
        default=0.0,
        help="messages a second for `latency`; half of what the machine can do where nothing is said",
    )
    parser.add_argument("--inquiries", type=float, default=200.0, help="inquiries a second for `offers`")
    parser.add_argument("--many", type=int, default=5_000, help="agents online for `online`")
    parser.add_argument("--sockets", type=int, default=10_000, help="for `idle`")
    parser.add_argument("--storm", type=int, default=10_000, help="sockets that come back at once")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="inquiries for `takeover`")
    parser.add_argument("--profile", help="write a profile of the node's event loop to this file")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    programs = postgres_programs()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="contact-hub-load-")))
        server = None
        if programs is not None and "postgresql" in arguments.stores:
            server = Postgres(programs, durable=True)
            stack.callback(server.remove)
            server.start()
        show(asyncio.run(measure(Bench(arguments, folder, server))), as_json=arguments.json)


if __name__ == "__main__":
    main()
