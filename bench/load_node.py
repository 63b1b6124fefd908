"""What is measured, in a process of its own: a node of the product, or the spike.

    python -m bench.load_node hub --port 8399 --database sqlite:////tmp/x/hub.sqlite3 --folder /tmp/x --agents 200
    python -m bench.load_node spike --port 8399 --database postgresql://…
    python -m bench.load_node seed --database postgresql://… --waiting 1000000

It serves until its input is closed and answers each line there with one line of JSON. Between `profile on` and `profile FILE` it samples where its CPU time
goes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import uvicorn
import uvloop

from bench.load_spike import spike_app
from bench.sampling import Sampler
from contact_hub.app import Hub, build, learn_languages
from contact_hub.ids import new_token, token_hash
from contact_hub.log import set_up
from contact_hub.settings import Settings
from contact_hub.store import Tx, migrate
from contact_hub.store.records import Session, Ticket
from contact_hub.web.server import running
from contact_hub.workspace import Workspace, from_document
from routing.engine import Engine
from routing.events import InquiryArrived
from routing.model import BrandId, Channel, Demand, InquiryId, Plan

WORKSPACE: Final = "load"
BRAND: Final = "load-shop"
_MUCH: Final = 1_000_000
_AT_ONCE: Final = 200
"""Things asked of the hub at the same time while a floor is being set up."""

_FACTS_AT_ONCE: Final = 20_000


def load_workspace(agents: int, *, auto_accept: bool) -> Workspace:
    """One brand, one team, agents who speak English and never sleep, and limits that nobody meets."""
    limits = dict.fromkeys(
        (
            "visitor_messages_per_second",
            "visitor_messages_burst",
            "brand_messages_per_second",
            "brand_messages_burst",
            "brand_conversations_per_second",
            "brand_conversations_burst",
            "brand_sockets_max",
            "messages_per_second",
            "messages_burst",
            "waiting_max",
            "address_visitors_per_second",
            "address_visitors_burst",
        ),
        100_000,
    )
    hours = {"mon-sun": ["00:00-24:00"]}
    person = {
        "pool": "paris",
        "languages": {"en": "native"},
        "seats": 20,
        "ceilings": {"chat": 20},
        "certifications": {BRAND: None},
        "personas": {BRAND: {"name": "Ann"}},
    }
    return from_document(
        {
            "workspace": {"id": WORKSPACE, "name": "Load"},
            "clients": [{"id": "shop", "name": "Shop", "country": "FR", "zone": "Europe/Paris"}],
            "brands": [
                {
                    "id": BRAND,
                    "client": "shop",
                    "name": "Shop",
                    "languages": ["en"],
                    "zone": "Europe/Paris",
                    "look": {"colour": "#1f5fd0", "initials": "S"},
                    "sites": ["http://shop.localhost"],
                    "fallback": "leave_message",
                }
            ],
            "pools": [
                {"id": "paris", "name": "Paris", "sourcing": "in_house", "country": "FR", "zone": "Europe/Paris", "hours": hours}
            ],
            "agents": [person | {"id": name, "name": name, "email": f"{name}@load.example"} for name in names(agents)],
            "contracts": [{"id": "own", "client": "shop", "pool": "paris"}],
            "kinds": [{"id": "service", "labels": {"en": "Service"}}],
            "rules": {
                "auto_accept": ["chat"] if auto_accept else [],
                "takeover_grace_seconds": 1,
                "missed_offer_makes_away": False,
                "offer_seconds": {"chat": 300},
            },
            "limits": limits,
        }
    )


def names(agents: int) -> list[str]:
    return [f"agent-{number:05}" for number in range(agents)]


def load_settings(arguments: argparse.Namespace) -> Settings:
    return Settings(
        database_url=arguments.database,
        redis_url=arguments.redis,
        data_dir=Path(arguments.folder),
        port=arguments.port,
        workspace=WORKSPACE,
        visitor_messages_per_minute=_MUCH,
        agent_messages_per_minute=_MUCH,
        ticket_seconds=300,
        heartbeat_seconds=10,
        socket_frames_max=4_096,
        socket_bytes_max=8 * 1024 * 1024,
        log_level="warning",
    )


async def hub_node(arguments: argparse.Namespace) -> None:
    set_up(level="warning", style="json")
    settings = load_settings(arguments)
    if not arguments.joins:
        await migrate(settings.url)
    learn_languages(settings)
    async with build(settings) as hub:
        if not (arguments.joins or arguments.takes_over):
            await hub.workspaces.apply(load_workspace(arguments.agents, auto_accept=not arguments.ring), by="load")
        began = time.monotonic()
        async with running(hub):
            for owner in [] if arguments.joins else hub.owners.values():
                await owner.owned.wait()
            await _serve_lines(_HubAnswers(hub, time.monotonic() - began).answer)


class _HubAnswers:
    """Sets a floor up from the inside, so that setting up is quick and what is measured goes the full way."""

    def __init__(self, hub: Hub, took: float) -> None:
        self._hub, self._took = hub, took

    async def answer(self, words: list[str]) -> Any:
        match words:
            case ["customers", count]:
                admitted = await _many(int(count), lambda _number: self._customer(None))
                return [{"token": token, "ticket": ticket} for token, ticket in admitted]
            case ["customers_again", *tokens]:
                return [ticket for _, ticket in await _many(len(tokens), lambda number: self._customer(tokens[number]))]
            case ["agents", first, count]:
                return await _many(int(count), lambda number: self._console(names(int(first) + number + 1)[-1]))
            case ["statements"]:
                return self._hub.store.asked
            case ["owned_after"]:
                return self._took
            case ["waiting"]:
                return sum(owner.engine.waiting_count() for owner in self._hub.owners.values() if owner.engine is not None)
            case _:
                raise AssertionError(words)

    async def _customer(self, token: str | None) -> tuple[str, str]:
        admitted = await self._hub.visitors.admit(WORKSPACE, BRAND, token, locale="en", zone=None)
        return admitted.token, admitted.ticket

    async def _console(self, agent: str) -> str:
        """What signing in and asking for a console's ticket leave behind."""
        now, token, session = self._hub.clock.now(), new_token(), token_hash(new_token())
        subject = {"account": agent, "agent": agent, "session": session}
        later = now + timedelta(hours=8)

        async def command(tx: Tx) -> None:
            await tx.sessions.insert(
                Session(
                    workspace=WORKSPACE,
                    token_hash=session,
                    account=agent,
                    generation=1,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=later,
                )
            )
            ticket = Ticket(workspace=WORKSPACE, ticket_hash=token_hash(token), kind="console", subject=subject, expires_at=later)
            await tx.tickets.insert(ticket)

        await self._hub.store.write(command, name="console.ticket")
        return token


async def _many(count: int, one: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """So many of the same, some hundred at a time, so that they share commits."""
    found: list[Any] = []
    for first in range(0, count, _AT_ONCE):
        found += await asyncio.gather(*(one(number) for number in range(first, min(count, first + _AT_ONCE))))
    return found


async def seed_node(arguments: argparse.Namespace) -> None:
    """A floor with nobody at the desk and so many inquiries that wait, as an owner who is gone has left it. Tells what reading those facts back and
    building an engine from them costs with nothing else around."""
    set_up(level="warning", style="json")
    settings = load_settings(arguments)
    await migrate(settings.url)
    async with build(settings) as hub:
        await hub.workspaces.apply(load_workspace(arguments.agents, auto_accept=True), by="load")
        floor = hub.workspaces.floor(WORKSPACE)
        engine, now = Engine(floor.plan), hub.clock.now()
        demand = Demand(brand=BrandId(BRAND), channel=Channel.CHAT, kind="service", languages=("en",))
        for number in range(arguments.waiting):
            engine.feed(InquiryArrived(inquiry=InquiryId(f"inq_{number:026}"), demand=demand), now + timedelta(microseconds=number))
        facts = sorted(engine.changes().items())
        for first in range(0, len(facts), _FACTS_AT_ONCE):
            some = dict(facts[first : first + _FACTS_AT_ONCE])
            await hub.store.write(lambda tx, some=some: tx.facts.apply(WORKSPACE, some), name="seed")  # type: ignore[misc]
        del engine, facts
        gc.collect()
        read, built = await _bare(arguments.database, floor.plan)
    _say({"read_s": read, "build_s": built})


async def _bare(url: str, plan: Plan) -> tuple[float, float]:
    began = time.perf_counter()
    asked = "SELECT key, body FROM routing_facts WHERE workspace = '" + WORKSPACE + "'"
    if url.startswith("sqlite"):
        rows = sqlite3.connect(url.removeprefix("sqlite:///")).execute(asked).fetchall()
    else:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch(asked)
        await connection.close()
    facts = {key: msgspec.json.decode(body) for key, body in rows}
    read = time.perf_counter() - began
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    Engine.restore(plan, facts)
    return read, time.perf_counter() - began


async def spike_node(arguments: argparse.Namespace) -> None:
    config = uvicorn.Config(
        spike_app(arguments.database),
        port=arguments.port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        backlog=4096,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    gc.collect()
    gc.freeze()

    async def nothing(words: list[str]) -> Any:
        raise AssertionError(words)

    await _serve_lines(nothing)
    server.should_exit = True
    await task


async def _serve_lines(answer: Callable[[list[str]], Awaitable[Any]]) -> None:
    """Until the input is closed."""
    loop, sampler = asyncio.get_running_loop(), Sampler()
    _say({"pid": os.getpid()})
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).split():
        match line:
            case ["memory"]:
                gc.collect()
                _say(_resident_bytes())
            case ["profile", "on"]:
                sampler.start()
                _say(True)
            case ["profile", path]:
                sampler.stop()
                sampler.write(Path(path))
                _say(True)
            case _:
                _say(await answer(line))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["hub", "spike", "seed"])
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--database", default="")
    parser.add_argument("--redis")
    parser.add_argument("--folder", default=".")
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--ring", action="store_true", help="offers ring instead of being taken as they are made")
    parser.add_argument("--joins", action="store_true", help="another node of a floor that stands already")
    parser.add_argument("--takes-over", action="store_true", help="the only node of a floor that stands already")
    parser.add_argument("--waiting", type=int, default=100_000)
    arguments = parser.parse_args()
    raise_files()
    work = {"hub": hub_node, "spike": spike_node, "seed": seed_node}[arguments.kind]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(arguments))


def raise_files() -> None:
    """As many open sockets as this machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
