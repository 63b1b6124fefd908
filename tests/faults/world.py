"""What is tormented: PostgreSQL, Redis and some nodes of `contact-hub serve`, each a process of its own that may be killed, stopped and started again.

PostgreSQL is durable here: whatever it confirmed must outlive its own death. There are two small workspaces, so that two nodes own something; in one of them
people talk. Its limits lie beyond what the drivers can reach, and its graces are short, so that a run of a minute sees them end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from redis.asyncio import Redis

from bench.floors import HubProcess
from contact_hub.app import build
from contact_hub.settings import Settings
from contact_hub.store import Store, migrate
from contact_hub.store.restoring import begin_new_epochs
from contact_hub.workspace import from_document
from tests import servers
from tests.faults.machine import Disk, Wires

TALKING, QUIET = "alder", "birch"
"""Widgets of a deployment belong to one workspace; the other is there to be owned."""
WORKSPACES: Final = (TALKING, QUIET)
PASSWORD: Final = "correct horse battery staple"
LEASE_SECONDS: Final = 4.0
TAKE_OVER_SECONDS: Final = 5.0
RECOVERY_SECONDS: Final = 3.0
SEATS: Final = 20
_LOOK_SECONDS: Final = 0.25
_BOOT_SECONDS: Final = 300.0
_FAKETIME: Final = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def workspace(name: str, agents: int) -> dict[str, Any]:
    """A floor whose limits nobody meets and that never closes."""
    always = {"mon-sun": ["00:00-24:00"]}
    people = [
        {
            "id": f"{name}-agent{number}",
            "name": f"Agent {number} of {name}",
            "email": agent_email(name, number),
            "pool": "paris",
            "languages": {"en": "native"},
            "personas": {f"{name}-shop": {"name": f"Ann {number}"}},
            "seats": SEATS,
            "ceilings": {"chat": SEATS},
        }
        for number in range(agents)
    ]
    return {
        "workspace": {"id": name, "name": name},
        "clients": [{"id": "shop", "name": "Shop", "country": "FR", "zone": "Europe/Paris"}],
        "brands": [
            {
                "id": f"{name}-shop",
                "client": "shop",
                "name": "Shop",
                "languages": ["en"],
                "certification_required": False,
                "zone": "Europe/Paris",
                "look": {"colour": "#1f5fd0", "initials": "S"},
                "sites": [f"http://{name}.localhost"],
                "kinds": ["service"],
                "dispositions": {"solved": {"en": "Solved"}},
                "fallback": "leave_message",
            }
        ],
        "pools": [
            {"id": "paris", "name": "Paris", "sourcing": "in_house", "country": "FR", "zone": "Europe/Paris", "hours": always}
        ],
        "agents": people,
        "staff": [{"id": f"{name}-olga", "name": "Olga", "email": operator_email(name), "role": "operator"}],
        "contracts": [{"id": "own", "client": "shop", "pool": "paris"}],
        "kinds": [{"id": "service", "labels": {"en": "Service"}}],
        "rules": {
            "offer_seconds": {"chat": 20},
            "chat_grace_seconds": 4,
            "offer_grace_seconds": 2,
            "wrap_up_seconds": 60,
            "takeover_grace_seconds": 1,
        },
        "limits": dict.fromkeys(
            ("brand_messages_burst", "brand_conversations_burst", "messages_burst", "visitor_messages_burst"), 100_000
        )
        | dict.fromkeys(
            ("brand_messages_per_second", "brand_conversations_per_second", "messages_per_second", "visitor_messages_per_second"),
            10_000.0,
        ),
    }


def agent_email(name: str, number: int) -> str:
    return f"agent{number}@{name}.example"


def operator_email(name: str) -> str:
    return f"olga@{name}.example"


@dataclass(slots=True, kw_only=True)
class Node:
    """One node, whether it lives or not."""

    name: str
    hub: HubProcess
    paused: bool = False
    up: bool = False
    """Whether it was ready since it was last started."""

    @property
    def origin(self) -> str:
        return self.hub.origin

    @property
    def alive(self) -> bool:
        return self.hub.process is not None and self.hub.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.hub.process is not None
        return self.hub.process.pid

    def kill(self) -> None:
        self.up = self.paused = False
        self.hub.kill()

    def boot(self, *, clock_seconds_off: int = 0) -> None:
        for name in ("LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC"):
            self.hub.env.pop(name, None)
        if clock_seconds_off and _FAKETIME is not None:
            self.hub.env |= {
                "LD_PRELOAD": str(_FAKETIME),
                "FAKETIME": f"{clock_seconds_off:+d}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        self.hub.boot()

    async def ready(self) -> bool:
        """Wait until a balancer would send people to it; false where it ended instead. On a busy machine that may take a while."""
        give_up = time.monotonic() + _BOOT_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
            while not await _is_ready(http, self):
                if not self.alive:
                    return False
                if time.monotonic() > give_up:
                    raise RuntimeError(f"{self.name} did not start: {self.hub.log()[-2000:]}")
                await asyncio.sleep(0.1)
        return True

    def pause(self) -> None:
        """It stands still, in the middle of whatever it does, and does not know."""
        os.kill(self.pid, signal.SIGSTOP)
        self.paused = True

    def go_on(self) -> None:
        if self.paused:
            os.kill(self.pid, signal.SIGCONT)
            self.paused = False


async def _is_ready(http: httpx.AsyncClient, node: Node) -> bool:
    if not node.alive or node.paused:
        return False
    with contextlib.suppress(httpx.HTTPError):
        return (await http.get(f"{node.origin}/readyz")).status_code == 200
    return False


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    epoch: int
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class World:
    """Everything there is to break. `serving` are the nodes that a balancer would send somebody to."""

    home: Path
    postgres: servers.Postgres
    redis: servers.RedisServer
    disk: Disk
    """What PostgreSQL writes to."""
    wires: Wires
    nodes: list[Node] = field(default_factory=list)
    serving: list[Node] = field(default_factory=list)

    @classmethod
    async def made(cls, home: Path, *, nodes: int, agents: int, door: int) -> World:
        """Started servers, two workspaces in them; the nodes still sleep. `door` is the port under which people come."""
        programs, redis = servers.postgres_programs(), shutil.which("redis-server")
        if programs is None or redis is None:
            raise RuntimeError("no PostgreSQL or no redis-server on this machine")
        disk, wires = Disk(Path(tempfile.mkdtemp(prefix="contact-hub-disk-"))), Wires(nodes)
        addresses = ("127.0.0.1", *wires.addresses) if wires.able else ("127.0.0.1",)
        world = cls(
            home=home,
            postgres=servers.Postgres(programs, durable=True, home=disk.home, addresses=addresses),
            redis=servers.RedisServer(redis, addresses=addresses),
            disk=disk,
            wires=wires,
        )
        try:
            await world._lay_down(nodes=nodes, agents=agents, door=door)
        except BaseException:
            world.end()
            raise
        return world

    async def _lay_down(self, *, nodes: int, agents: int, door: int) -> None:
        await asyncio.to_thread(self.postgres.start)
        await asyncio.to_thread(self.redis.start)
        for number in range(nodes):
            folder = self.home / f"node{number}"
            folder.mkdir()
            address = self.wires.addresses[number] if self.wires.able else "127.0.0.1"
            env = {
                "CONTACT_HUB_DATABASE_URL": self.postgres.url.replace("127.0.0.1", address),
                "CONTACT_HUB_REDIS_URL": self.redis.url.replace("127.0.0.1", address),
                "CONTACT_HUB_ORIGIN": f"http://localhost:{door}",
                "CONTACT_HUB_WORKSPACE": TALKING,
                "CONTACT_HUB_HOST": "127.0.0.1",
                "CONTACT_HUB_POLL_SECONDS": "2",
                "CONTACT_HUB_HEARTBEAT_SECONDS": "2",
                "CONTACT_HUB_LEASE_SECONDS": str(LEASE_SECONDS),
                "CONTACT_HUB_LOG_LEVEL": "info",
                "CONTACT_HUB_VISITOR_MESSAGES_PER_MINUTE": "600000",
                "CONTACT_HUB_AGENT_MESSAGES_PER_MINUTE": "600000",
                "CONTACT_HUB_SHUTDOWN_SECONDS": "2",
            }
            self.nodes.append(Node(name=folder.name, hub=HubProcess(folder=folder, port=servers.free_port(), env=env)))
        settings = Settings(database_url=self.postgres.url, data_dir=self.home, log_level="warning")
        await migrate(settings.url)
        async with build(settings) as hub:
            secret = await hub.passwords.hash(PASSWORD)
            for name in WORKSPACES:
                await hub.workspaces.apply(from_document(workspace(name, agents)), by="faults", first_password_hash=secret)

    async def boot(self) -> None:
        """All nodes, at once."""
        for node in self.nodes:
            node.boot()
        for node, well in zip(self.nodes, await asyncio.gather(*(node.ready() for node in self.nodes)), strict=True):
            if not well:
                raise RuntimeError(f"{node.name} did not start: {node.hub.log()[-2000:]}")
            node.up = True
        self.serving = list(self.nodes)

    async def watch(self) -> None:
        """For ever: ask each node whether it is ready, as a balancer does."""
        async with httpx.AsyncClient(trust_env=False, timeout=1) as http:
            while True:
                ready = await asyncio.gather(*(_is_ready(http, node) for node in self.nodes))
                self.serving = [node for node, well in zip(self.nodes, ready, strict=True) if well]
                await asyncio.sleep(_LOOK_SECONDS)

    async def put_back(self) -> None:
        """The database as it was when it was last backed up, and told so, as `docs/operations.md` says. No node runs."""
        await asyncio.to_thread(self.postgres.put_back)
        settings = Settings(database_url=self.postgres.url, data_dir=self.home, log_level="warning")
        store = await Store.open(settings.url)
        try:
            await begin_new_epochs(store, datetime.now(UTC))
        finally:
            await store.close()

    async def delivery_epochs(self) -> dict[str, str]:
        """What clients have to be told that positions count under."""
        rows = await self.rows("SELECT id, delivery_epoch FROM workspaces")
        return {row["id"]: row["delivery_epoch"] for row in rows}

    async def leases(self) -> dict[str, Lease]:
        """Who owns what, by the rows."""
        rows = await self.rows("SELECT workspace, holder, epoch, expires_at FROM leases")
        return {row["workspace"]: Lease(row["holder"], row["epoch"], row["expires_at"]) for row in rows}

    async def rows(self, query: str) -> list[Any]:
        connection = await asyncpg.connect(self.postgres.url, timeout=5)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    def holder_of(self, lease: Lease) -> Node | None:
        """The node whose process holds it: its name has the process id between host and dice."""
        return next((node for node in self.nodes if node.alive and lease.holder.rsplit("-", 2)[-2:-1] == [str(node.pid)]), None)

    async def ask_redis(self, *words: str) -> None:
        redis = Redis(port=self.redis.port, socket_timeout=2)
        try:
            await redis.execute_command(*words)  # type: ignore[no-untyped-call]  # the library has no types there
        finally:
            await redis.aclose()

    def end(self) -> None:
        """Nothing of it stays but the folder."""
        self.wires.mend()
        for node in self.nodes:
            node.go_on() if node.alive else None
            node.kill()
        for server in (self.postgres, self.redis):
            with contextlib.suppress(OSError):
                shutil.copy(server.log, self.home / f"{type(server).__name__.lower()}.log")
        self.redis.remove()
        self.postgres.remove()
        self.disk.remove()


def new_home() -> Path:
    """Where a run keeps what it may have to show."""
    return Path(tempfile.mkdtemp(prefix="contact-hub-faults-"))


def dump_rows(world: World, into: Path) -> None:
    """The whole database as SQL, where the machine can."""
    programs = servers.postgres_programs()
    if programs is not None and (programs / "pg_dump").exists():
        with into.open("wb") as file:
            subprocess.run([programs / "pg_dump", "--inserts", world.postgres.url], stdout=file, check=False, timeout=120)


def write_lines(path: Path, lines: list[Any]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def say(text: str) -> None:
    """To whoever looks on; standard output is for the result."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
