"""A disk with no room left, under a real server on SQLite: nothing is taken that is not kept, everybody is told to wait, and with room it goes on by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hubs
from tests.faults.machine import Disk


@pytest.fixture
def disk(tmp_path: Path, sqlite_template: Path) -> Iterator[Disk]:
    """With a database on it."""
    home = tmp_path / "disk"
    home.mkdir()
    disk = Disk(home)
    shutil.copy(sqlite_template, home / "hub.db")
    yield disk
    disk.remove()


async def test_what_finds_no_room_is_not_acknowledged_and_is_there_once_there_is_room(disk: Disk, tmp_path: Path) -> None:
    if not disk.able:
        pytest.skip("this machine lets nobody mount a small disk")
    async with hubs.floor(f"sqlite:///{disk.home / 'hub.db'}", tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start(
            "Guten Tag, meine Lieferung ist noch nicht da.", name="Fatma", email="f@customer.example"
        )
        await anna.take()
        disk.full()
        refused: list[dict[str, Any]] = []
        while not refused:  # until the last page is written on
            mine = hubs.message_id()
            await say(customer, conversation, mine)
            refused = [frame for frame in customer.frames if frame["type"] == "refusal"]
        assert refused[0]["code"] == "storage_full"
        assert refused[0]["retry_after_seconds"] > 0
        acked = [frame["client_message_id"] for frame in customer.frames if frame["type"] == "ack"]
        await anna.send("reply", client_message_id="reply-0001", conversation=conversation, text="Ich sehe gleich nach. " * 200)
        assert (await anna.expect("refusal"))["code"] == "storage_full"

        disk.room()
        await customer.post(conversation, words(mine), mine=mine)
        await anna.reply(conversation, "Ich sehe gleich nach. " * 200, mine="reply-0001")
        later = await floor.visitor()
        await later.start("Guten Tag, noch jemand.", name="Jonas", email="j@customer.example")
        await anna.take()
        entries = [entry["body"]["client_message_id"] for entry in customer.entries if entry["body"]["kind"] == "customer_message"]
        assert entries == [*acked, mine], "each once, in order"


def words(mine: str) -> str:
    return mine + "x" * 2_000


async def say(customer: hubs.Visitor, conversation: str, mine: str) -> None:
    """And wait for the answer, whatever it is."""
    await customer.send("post", client_message_id=mine, conversation=conversation, text=words(mine))
    await customer.until(lambda: any(mine in (frame.get("client_message_id"), frame.get("about")) for frame in customer.frames))
