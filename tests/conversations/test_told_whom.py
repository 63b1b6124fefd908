"""Who is told what when the language of a conversation is found, chosen, corrected or left: the table in `docs/languages.md`, row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import hubs

QUESTION = "Guten Tag, meine Rechnung stimmt leider nicht."
NOTICE = "notice.language_changed"


def card(anna: hubs.Agent, conversation: str) -> dict[str, Any]:
    language: dict[str, Any] = anna.view["conversations"][conversation]["language"]
    return language


def staff_log(anna: hubs.Agent) -> list[str]:
    return [frame["kind"] for frame in anna.frames if frame["type"] == "staff_entry"]


def is_(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["kind"] == kind


async def test_the_first_message_tells_staff_the_language_how_sure_and_why(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        await customer.start(QUESTION)
        language = (await anna.offer())["language"]
        assert (language["tag"], language["settled"], language["reason"]) == ("de", True, "language.reason.text")
        assert language["confidence"] > 0.9
        assert NOTICE not in customer.notices


async def test_a_customer_who_chooses_is_answered_in_the_chat_and_staff_read_the_same_line(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        conversation = await customer.start(QUESTION)
        await anna.take()
        await customer.send("language", conversation=conversation, tag="en")
        await customer.until(lambda: NOTICE in customer.notices)
        await anna.until(lambda: card(anna, conversation)["tag"] == "en")
        assert card(anna, conversation)["reason"] == "language.reason.chosen"
        assert "language_corrected" not in staff_log(anna)
        told = [entry for entry in anna.thread(conversation) if entry.get("key") == NOTICE]
        assert [entry["values"] for entry in told] == [{"language": "en"}]


async def test_a_correction_tells_the_customer_and_staff_who_from_what_to_what(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        conversation = await customer.start(QUESTION)
        await anna.take()
        await anna.send("language", conversation=conversation, tag="es")
        entry = await anna.expect("staff_entry", is_("language_corrected"))
        assert entry["values"] == {"from": "de", "to": "es"}
        assert entry["author"]
        await customer.until(lambda: NOTICE in customer.notices)
        assert card(anna, conversation)["reason"] == "language.reason.corrected"


async def test_one_foreign_message_tells_nobody_anything(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        conversation = await customer.start(QUESTION)
        await anna.take()
        await customer.post(conversation, "Sorry, could we please continue in English instead?")
        await anna.reply(conversation, "Gerne, ich sehe sofort nach Ihrer Rechnung.")
        await anna.until(lambda: card(anna, conversation)["reason"] == "language.reason.kept")
        assert card(anna, conversation)["tag"] == "de"
        assert NOTICE not in customer.notices
        assert not {"language_switched", "language_corrected"} & set(staff_log(anna))
