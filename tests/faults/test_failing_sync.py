"""A disk that takes what is written and then says that it could not keep it, under a real server on SQLite. After such an error the kernel takes the pages for
clean, so the next fsync proves nothing about them: what was refused has to be written again, and nothing of it may be acknowledged by a later success."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hubs
from tests.faults.machine import Sync


@pytest.fixture
def sync() -> Iterator[Sync]:
    sync = Sync()
    yield sync
    sync.mend()


async def test_what_the_disk_could_not_keep_is_not_acknowledged_and_is_there_once_it_can(
    sync: Sync, sqlite_url: str, tmp_path: Path
) -> None:
    if not sync.able:
        pytest.skip("this machine has no strace")
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start("Guten Tag, meine Lieferung fehlt.", name="Fatma", email="f@customer.example")
        await anna.take()
        await customer.post(conversation, "Es geht um drei Kartons.", mine="kept-0001")
        await asyncio.to_thread(sync.fail)
        for mine in ("lost-0001", "lost-0002"):
            await customer.send("post", client_message_id=mine, conversation=conversation, text=f"Noch etwas: {mine}")
            await customer.until(lambda mine=mine: any(frame.get("about") == mine for frame in customer.frames))
        refused = [frame for frame in customer.frames if frame["type"] == "refusal"]
        assert [(frame["code"], frame["about"]) for frame in refused] == [
            ("unavailable", "lost-0001"),
            ("unavailable", "lost-0002"),
        ]
        assert all(frame["retry_after_seconds"] > 0 for frame in refused)
        assert not [frame for frame in customer.frames if frame.get("client_message_id") in {"lost-0001", "lost-0002"}]

        await asyncio.to_thread(sync.mend)
        await customer.post(conversation, "Noch etwas: lost-0001", mine="lost-0001")
        await anna.reply(conversation, "Ich sehe gleich nach.", mine="reply-0001")
        await customer.post(conversation, "Noch etwas: lost-0002", mine="lost-0002")
        said = [entry["body"]["client_message_id"] for entry in customer.entries if entry["body"]["kind"] == "customer_message"]
        assert said[1:] == ["kept-0001", "lost-0001", "lost-0002"], "each once, in order"
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
