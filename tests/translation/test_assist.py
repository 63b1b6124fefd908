"""Translate this message for me: who may, what leaves the house, what comes back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from contact_hub.workspace import dump, parse
from tests import hubs
from tests.translation.libre import Libre

ASSIST = hubs.WORKSPACE + "\ntranslation: assist\n"
GERMAN = "Guten Tag, meine Rechnung stimmt leider nicht, können Sie mir helfen?"


@contextlib.asynccontextmanager
async def floor(url: str, folder: Path, libre: Libre, *, text: str = ASSIST, **settings: Any) -> AsyncIterator[hubs.Floor]:
    given = {"translation_engine": "libretranslate", "translation_url": libre.url, **settings}
    async with hubs.floor(url, folder, text=text, **given) as running:
        yield running


async def talk(floor: hubs.Floor, text: str = GERMAN) -> tuple[hubs.Agent, hubs.Visitor, str]:
    """Anna answers a customer who wrote `text` at position 1."""
    anna, customer = await floor.agent("anna"), await floor.visitor("sonne")
    conversation = await customer.start(text)
    await anna.take()
    return anna, customer, conversation


async def ask(staff: httpx.AsyncClient, conversation: str, position: int = 1, to: str = "en") -> httpx.Response:
    return await staff.post(f"/api/conversations/{conversation}/messages/{position}/translation", json={"to": to})


async def test_a_message_is_translated_for_its_agent_and_nobody_else_hears_of_it(
    sqlite_url: str, tmp_path: Path, libre: Libre
) -> None:
    async with floor(sqlite_url, tmp_path, libre) as running:
        anna, customer, conversation = await talk(running)
        assert (await anna.staff.get("/api/translation")).json() == {"on": True, "engine": "LibreTranslate", "chars_max": 5000}
        answer = await ask(anna.staff, conversation)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "conversation": conversation,
            "position": 1,
            "text": f"[en] {GERMAN}",
            "source": "de",
            "target": "en",
            "direction": "ltr",
            "engine": "LibreTranslate",
            "confidence": None,
            "machine": True,
        }
        assert answer.headers["cache-control"] == "no-store"
        await ask(anna.staff, conversation)
        assert libre.asked == [{"q": GERMAN, "source": "de", "target": "en", "format": "text"}]
        assert not any("[en]" in frame for frame in (*customer.wire, *anna.wire))


async def test_only_whoever_has_the_conversation_in_hand_may_ask(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre) as running:
        anna, _, conversation = await talk(running)
        viktor = await running.staff("viktor@zephyr.example")
        salma, stefan = await running.staff("salma@borealis.example"), await running.staff("stefan@aurora.example")
        assert (await ask(viktor, conversation)).status_code == 404
        assert (await ask(salma, conversation)).status_code == 404
        assert (await ask(anna.staff, "cnv-unknown")).status_code == 404
        assert (await ask(anna.staff, conversation, position=99)).status_code == 404
        assert (await ask(stefan, conversation)).status_code == 200
        async with httpx.AsyncClient(base_url=running.origin, headers={"x-contact-hub": "1"}) as stranger:
            assert (await ask(stranger, conversation)).json()["code"] == "not_signed_in"
        foreign = await anna.staff.post(
            f"/api/conversations/{conversation}/messages/1/translation",
            json={"to": "en"},
            headers={"origin": "http://evil.example"},
        )
        assert foreign.json()["code"] == "origin_refused"


async def test_cards_are_masked_before_anything_leaves(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre) as running:
        anna, _, conversation = await talk(running, "Guten Tag, meine Kartennummer ist 4111 1111 1111 1111, bitte stornieren Sie.")
        assert (await ask(anna.staff, conversation)).status_code == 200
        assert "4111 1111" not in libre.asked[0]["q"]


async def test_what_is_in_the_readers_language_is_not_sent_away(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre) as running:
        anna, customer, conversation = await talk(running)
        assert (await ask(anna.staff, conversation, to="de-CH")).json()["code"] == "translate_needless"
        posted = await customer.post(conversation, "Sorry, this one I had better write in English, I think.")
        told = await ask(anna.staff, conversation, position=posted["position"], to="de")
        assert (told.status_code, told.json()["source"]) == (200, "en")
        assert len(libre.asked) == 1


async def test_a_workspace_that_does_not_want_it_has_none(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre, text=hubs.WORKSPACE) as running:
        anna, _, conversation = await talk(running)
        assert (await anna.staff.get("/api/translation")).json()["on"] is False
        refused = await ask(anna.staff, conversation)
        assert (refused.status_code, refused.json()["code"]) == (409, "translate_off")
        assert libre.asked == []


async def test_a_deployment_without_an_engine_has_none(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre, translation_engine="off") as running:
        anna, _, conversation = await talk(running)
        assert (await ask(anna.staff, conversation)).json()["code"] == "translate_off"


async def test_data_that_must_stay_in_a_country_is_translated_there_or_not_at_all(
    sqlite_url: str, tmp_path: Path, libre: Libre
) -> None:
    text = ASSIST.replace("    floor: B2\n", "    floor: B2\n    residency: [EU]\n", 1)
    async with floor(sqlite_url, tmp_path, libre, text=text) as running:
        anna, _, conversation = await talk(running)
        assert (await ask(anna.staff, conversation)).json()["code"] == "translate_elsewhere"
        assert libre.asked == []
    async with floor(sqlite_url, tmp_path / "again", libre, text=text, translation_country="NL") as running:
        assert running.hub.translations.offered("test")


async def test_errors_come_with_their_code(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(
        sqlite_url, tmp_path, libre, translation_budget_seconds=0.3, translation_chars_max=200, translation_requests_per_minute=5
    ) as running:
        anna, customer, conversation = await talk(running)
        assert (await ask(anna.staff, conversation, to="ja")).json()["code"] == "translate_pair"
        assert (await ask(anna.staff, conversation, to="no tag")).json()["code"] == "language_unknown"
        assert (await ask(anna.staff, conversation, to="x" * 36)).json()["code"] == "invalid_field"
        assert (await ask(anna.staff, conversation, position=0)).json()["code"] == "invalid_field"
        posted = await customer.post(conversation, f"{GERMAN} " * 10)
        assert (await ask(anna.staff, conversation, position=posted["position"])).json()["code"] == "translate_too_long"
        libre.status = 500
        assert (await ask(anna.staff, conversation)).status_code == 502
        libre.hang = threading.Event()
        late = await ask(anna.staff, conversation)
        assert (late.status_code, late.json()["code"]) == (504, "translate_late")
        libre.hang.set()
        for _ in range(6):
            last = await ask(anna.staff, conversation)
        assert (last.status_code, last.json()["code"]) == (429, "rate_limited")
        assert int(last.headers["retry-after"]) >= 1


async def test_notices_and_empty_words_are_no_messages(sqlite_url: str, tmp_path: Path, libre: Libre) -> None:
    async with floor(sqlite_url, tmp_path, libre) as running:
        anna, customer, conversation = await talk(running)
        await anna.send("language", conversation=conversation, tag="es")
        await customer.until(lambda: "notice.language_changed" in customer.notices)
        notice = next(entry["position"] for entry in customer.entries if entry["body"]["kind"] == "notice")
        assert (await ask(anna.staff, conversation, position=notice)).status_code == 404


def test_the_switch_stands_in_the_workspace_file_and_comes_back_from_it() -> None:
    on = parse(ASSIST)
    assert (on.translation, parse(hubs.WORKSPACE).translation) == ("assist", "off")
    assert parse(dump(on)) == on
    assert parse(hubs.WORKSPACE + "\ntranslation: off\n").translation == "off"
