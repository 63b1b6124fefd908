"""Without Redis two nodes are only slower: what is said on one is read on the other at its next look, and who is revoked on one is sent away there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contact_hub.scope import Scope
from contact_hub.settings import Settings
from tests import hubs
from tests.hubs import Floor

POLL_SECONDS = float(Settings.model_fields["poll_seconds"].default)
ADDED_SECONDS = 2.0
REVOKED_SECONDS = 10.0
SLACK_SECONDS = 0.5
"""The machine of the tests does other things too; how slow it is shows in how long things take on one node."""
CUSTOMERS = 8


@asynccontextmanager
async def two_deaf_nodes(url: str, folder: Path) -> AsyncIterator[tuple[Floor, Floor]]:
    """They share a database and a Redis that is not there."""
    given: dict[str, Any] = {
        "text": hubs.WORKSPACE.replace("seats: 2", "seats: 20\n    ceilings: {chat: 20}"),
        "redis_url": "redis://127.0.0.1:1/0",
        "poll_seconds": POLL_SECONDS,
        "revalidate_seconds": REVOKED_SECONDS,
    }
    async with hubs.floor(url, folder, **given) as one, hubs.floor(url, folder, **given) as other:
        assert not one.hub.bus.healthy()
        yield one, other


async def until(client: hubs.Client, so: Callable[[], bool]) -> float:
    await client.until(so)
    return time.monotonic()


@pytest.mark.services
async def test_without_redis_the_other_node_is_two_seconds_behind_at_most_and_a_revoked_session_ends(
    postgres_url: str, tmp_path: Path
) -> None:
    async with two_deaf_nodes(postgres_url, tmp_path) as (here, there):
        anna, viktor = await there.agent("anna"), await there.agent("viktor", ready=False)
        far, near = [await here.visitor() for _ in range(CUSTOMERS)], [await there.visitor() for _ in range(CUSTOMERS)]
        talks = [one_talk(customer, anna, number) for number, customer in enumerate([*far, *near])]
        ended, took = await asyncio.gather(revoked(here, viktor), asyncio.gather(*talks))
        from_afar = max(seconds for one in took[:CUSTOMERS] for seconds in one)
        from_nearby = max(seconds for one in took[CUSTOMERS:] for seconds in one)
        assert from_afar - from_nearby <= ADDED_SECONDS + SLACK_SECONDS
        assert ended <= REVOKED_SECONDS + SLACK_SECONDS + from_nearby


async def revoked(here: Floor, viktor: hubs.Agent) -> float:
    """Seconds until the console on the other node is closed."""
    began = time.monotonic()
    await here.hub.staff.disable(Scope.system("test"), "viktor")
    assert await viktor.until_closed() == 4010
    return time.monotonic() - began


async def one_talk(customer: hubs.Visitor, anna: hubs.Agent, number: int) -> list[float]:
    """Seconds from the acknowledgement on one node to the screen on the other, to the agent and back."""
    conversation = await customer.start(f"Guten Tag, ich habe die Frage Nummer {number}.")
    await anna.until(lambda: any(offer["conversation"] == conversation for offer in anna.view["offers"].values()))
    offer = next(id_ for id_, offer in anna.view["offers"].items() if offer["conversation"] == conversation)
    await anna.send("accept", offer=offer)
    await anna.until(lambda: conversation in anna.view["conversations"])
    await asyncio.sleep(POLL_SECONDS * number / CUSTOMERS)  # so that they do not all come at the same moment of the poll
    await customer.post(conversation, f"Und noch etwas: {number}.")
    asked = time.monotonic()
    seen = await until(anna, lambda: any(f"Und noch etwas: {number}." == frame.get("text") for frame in anna.frames))
    await anna.send("reply", client_message_id=f"reply-{number:04}", conversation=conversation, text=f"Antwort {number}")
    await anna.expect("ack", lambda frame: frame["client_message_id"] == f"reply-{number:04}")
    answered = time.monotonic()
    read = await until(customer, lambda: f"Antwort {number}" in str(customer.frames))
    return [seen - asked, read - answered]
