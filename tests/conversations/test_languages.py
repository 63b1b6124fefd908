"""The language of a conversation, as its people meet it: replies in another one, a customer who switches, one who comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import hubs


async def test_a_reply_in_another_language_is_sent_only_by_an_agent_who_means_it(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        conversation = await customer.start("Guten Tag, meine Rechnung stimmt leider nicht.")
        await anna.take()
        wrong = "I am sorry, I will look into your invoice right away."
        mine = hubs.message_id()
        await anna.send("reply", client_message_id=mine, conversation=conversation, text=wrong)
        refused = await anna.expect("refusal", lambda frame: frame["about"] == mine)
        assert (refused["code"], refused["values"]["findings"]) == ("guard_warned", "wrong_language")
        assert wrong not in customer.texts
        await anna.reply(conversation, wrong, confirmed=["wrong_language"])
        await customer.until(lambda: wrong in customer.texts)
        await anna.reply(conversation, "OK, danke!")  # too short to tell, and nobody is stopped


async def test_a_lasting_switch_is_followed_and_told_to_staff_alone(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        conversation = await customer.start("Guten Tag, meine Rechnung stimmt leider nicht.")
        await anna.take()
        await customer.post(conversation, "Sorry, could we please continue in English instead?")
        assert anna.view["conversations"][conversation]["language"]["tag"] == "de"
        await customer.post(conversation, "My invoice shows an amount that I have already paid in October.")
        await anna.until(lambda: anna.view["conversations"][conversation]["language"]["tag"] == "en")
        await anna.expect("staff_entry", lambda frame: frame["kind"] == "language_switched")
        told = next(frame for frame in anna.frames if frame["type"] == "staff_entry" and frame["kind"] == "language_switched")
        assert told["values"] == {"from": "de", "to": "en"}
        assert anna.view["conversations"][conversation]["language"]["reason"] == "language.reason.switched"
        assert "notice.language_changed" not in customer.notices


@pytest.mark.parametrize("greeting", ["ok", "👍"])
async def test_who_comes_back_is_met_in_the_language_of_last_time(sqlite_url: str, tmp_path: Path, greeting: str) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne", locales=())
        first = await customer.start("Buenos días, mi factura no es correcta y quiero cambiarla.")
        await customer.send("end", conversation=first)
        await customer.expect("state", lambda frame: frame["conversation"]["state"] == "ended")
        again = await floor.visitor("sonne", token=customer.token, locales=())
        await again.start(greeting)
        offer = await anna.offer()
        language = offer["language"]
        assert (language["tag"], language["settled"], language["reason"]) == ("es", False, "language.reason.earlier")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ana \u202egnp.exe", "Ana gnp.exe"),
        ("\u2067\u200fنور\u2069", "نور"),
        ("A\u200bna\nMaría", "Ana María"),
        ("\u200b\u2800", None),
        ("x" * 110 + "é" * 3, "x" * 110 + "é" * 3),
    ],
)
async def test_a_name_cannot_turn_the_agents_screen_around(sqlite_url: str, tmp_path: Path, given: str, shown: str | None) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
        await customer.start("Guten Tag, meine Rechnung stimmt leider nicht.", name=given)
        assert (await anna.offer()).get("customer_name") == shown
