"""Robots on a real floor: a real server, real sockets, everybody is answered."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from contact_hub.app import Hub, build
from contact_hub.robots.client import http_client
from contact_hub.robots.phrases import book
from contact_hub.robots.play import Stage
from contact_hub.scope import Scope
from contact_hub.settings import read_settings
from contact_hub.store import migrate
from contact_hub.store.records import Conversation, ConversationFilter
from contact_hub.web.server import running
from contact_hub.workspace import Workspace, demo_workspace, from_document, to_document
from tests.servers import free_port

PASSWORD = "robots-play-2026"
AGENTS = [
    "rafaela-monteiro",
    "chiara-lombardi",
    "carmen-iglesias",
    "dalal-haddad",
    "eli-mizrahi",
    "grace-tan",
    "kenji-villanueva",
    "priya-raghunathan",
    "zofia-nowicka",
]
CUSTOMERS = 20
PLACES = [
    ("velour-maison", "fr"),
    ("velour-maison", "it"),
    ("velour-maison", "es"),
    ("velour-maison", "pt-BR"),
    ("velour-maison", "ja"),
    ("velour-maison", "zh-Hans"),
    ("noor-living", "ar"),
    ("noor-living", "he"),
    ("noor-living", "hi"),
    ("noor-living", "en"),
]


def always_open(port: int) -> Workspace:
    """The demo without closing times, overflow and long cool-downs, so that the test depends on neither the hour nor the tier nor chance."""
    document = to_document(demo_workspace(port))
    for pool in document["pools"]:
        pool["hours"] = {"daily": ["00:00-24:00"]}
        pool.pop("holidays", None)
        pool.pop("overrides", None)
    for agent in document["agents"]:
        agent.pop("shift", None)
        agent["seats"], agent["ceilings"] = 6, {"chat": 6}
        agent["certifications"] = dict.fromkeys(agent["certifications"])
    for contract in document["contracts"]:
        contract.pop("overflow_after_seconds", None)
    # robots decline now and then; where one is the only one who may answer, the real cool-down is longer than a customer of this speed waits
    document["rules"]["decline_cooldown_seconds"] = 1
    return from_document(document)


async def test_twenty_customers_are_all_answered_in_their_language(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path, port=free_port(), log_level="error")
    await migrate(settings.url)
    async with build(settings) as hub, http_client() as http:
        workspace = always_open(settings.port)
        await hub.workspaces.apply(workspace, by="test", first_password_hash=await hub.passwords.hash(PASSWORD))
        async with running(hub):
            stage = Stage(http, settings.public_origin, workspace, speed=50, seed=7, password=PASSWORD)
            await _twenty_visits(stage)
            assert stage.answered == CUSTOMERS
        spoken = {(row.brand, row.language_tag) for row in await _all(hub)}
        assert spoken == set(PLACES)


async def _twenty_visits(stage: Stage) -> None:
    chance = random.Random(7)
    topics = [chance.choice(book().topics[place]) for place in PLACES for _ in range(CUSTOMERS // len(PLACES))]
    async with asyncio.timeout(150), asyncio.TaskGroup() as staff:
        robots = [await stage.begin_work(agent, staff) for agent in AGENTS]
        for robot in robots:
            await robot.client.until(
                lambda mind=robot.mind: mind.me is not None and mind.me.availability == "ready", seconds=60, what="a robot ready"
            )
        async with asyncio.TaskGroup() as visits:
            for topic in topics:
                visits.create_task(stage.visit(topic))
        for robot in robots:
            robot.go_home()


async def _all(hub: Hub) -> list[Conversation]:
    async with hub.store.read() as tx:
        return await tx.conversations.search(Scope.system(hub.settings.workspace), ConversationFilter(), limit=100)
