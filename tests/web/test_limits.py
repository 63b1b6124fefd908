"""A flood through the real doors: it meets its own limit, is told when to come again, loses nothing, and others do not feel it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets

from contact_hub import doctor
from contact_hub.clock import ManualClock
from tests import hubs

_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_BRAND = '    look: {colour: "#0b5fa5", initials: SO}\n'


def rules(*, brand: dict[str, Any] | None = None, **limits: Any) -> str:
    """The test floor; `brand` are the limits of Sonne."""
    text = hubs.WORKSPACE.replace(_BRAND, f"{_BRAND}    limits: {json.dumps(brand or {})}\n")
    return f"{text}limits: {json.dumps(limits)}\n"


async def ask_session(floor: hubs.Floor, *, address: str = "", token: str = "", brand: str = "sonne") -> httpx.Response:
    headers = {"x-contact-hub": "1"}
    if address:
        headers["x-forwarded-for"] = address  # this machine is trusted as a proxy
    if token:
        headers["authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(base_url=floor.origin, headers=headers) as http:
        return await http.post("/api/widget/session", json={"brand": brand})


async def test_a_flooding_brand_is_told_when_to_come_again_and_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(_NOON)
    text = rules(brand={"messages_per_second": 0.5, "messages_burst": 4})
    async with hubs.floor(sqlite_url, tmp_path, clock=clock, text=text) as floor:
        loud, quiet = await floor.visitor(), await floor.visitor("qamar", locales=("ar",))
        conversation = await loud.start("Nummer 0")
        for number in range(1, 4):
            await loud.post(conversation, f"Nummer {number}")
        await loud.send("post", client_message_id="flood-0004", conversation=conversation, text="Nummer 4")
        refusal = await loud.expect("refusal", lambda frame: frame["about"] == "flood-0004")
        assert (refusal["code"], refusal["sentence"]) == (
            "overloaded",
            "The service is busy; your message was not taken yet and will be tried again.",
        )
        await quiet.start("لا يزعجني هذا")
        clock.advance(refusal["retry_after_seconds"])
        await loud.post(conversation, "Nummer 4", mine="flood-0004")
        await loud.until(lambda: len(loud.texts) == 5)
        assert loud.texts == [f"Nummer {number}" for number in range(5)]

        olga = await floor.staff("olga@hub.example")
        told = (await olga.get("/api/routing/limits")).json()
        assert told == [{"brand": "sonne", "name": "Sonne", "limit": "brand_messages", "refused": 1}]
        finding = await doctor.limited(floor.hub.settings)
        assert finding.state == "warning"
        assert finding.sentence == "Held back in the last minute: sonne of test (brand_messages: 1)."
        metrics = (await olga.get("/metrics")).text
        assert 'contact_hub_limited_total{limit="brand_messages",workspace="test"}' in metrics


async def test_who_goes_on_in_spite_of_the_limit_is_sent_away_and_resumes(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(_NOON)
    text = rules(visitor_messages_per_second=1_000_000.0, visitor_messages_burst=2)
    async with hubs.floor(sqlite_url, tmp_path, clock=clock, text=text) as floor:
        loud = await floor.visitor()
        conversation = await loud.start("eins")
        await loud.post(conversation, "zwei")
        for number in range(22):
            await loud.send("post", client_message_id=f"flood-{number:04}", conversation=conversation, text="!")
        assert await loud.until_closed() == 4429
        refusals = [frame for frame in loud.frames if frame["type"] == "refusal"]
        assert {frame["code"] for frame in refusals} == {"rate_limited"}
        assert len(refusals) == 21
        assert loud.frames[-1]["type"] == "reconnect"
        clock.advance(loud.frames[-1]["after_seconds"])
        again = await floor.visitor(token=loud.token)
        await again.until(lambda: again.texts == ["eins", "zwei"])
        await again.post(conversation, "!", mine="flood-0000")


async def test_a_brand_without_a_place_left_says_when_to_come_again(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=rules(brand={"sockets_max": 1})) as floor:
        ticket = (await ask_session(floor)).json()["ticket"]
        first = await floor.visitor()
        async with websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket") as late:
            await late.send(json.dumps({"type": "hello", "protocol": 1, "ticket": ticket}))
            refusal, reconnect = json.loads(await late.recv()), json.loads(await late.recv())
            await late.wait_closed()
        assert (refusal["code"], reconnect["type"], late.close_code) == ("overloaded", "reconnect", 4429)
        assert refusal["retry_after_seconds"] >= 5 <= reconnect["after_seconds"]
        answer = await ask_session(floor)
        assert (answer.status_code, answer.json()["code"]) == (429, "overloaded")
        assert int(answer.headers["retry-after"]) >= 5
        assert (await ask_session(floor, brand="qamar")).status_code == 200
        await first.close()
        while (await ask_session(floor)).status_code != 200:
            pass
        await floor.visitor()


async def test_strangers_from_one_address_are_slowed_down_and_nobody_else(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(_NOON)
    text = rules(address_visitors_per_second=0.1, address_visitors_burst=2)
    async with hubs.floor(sqlite_url, tmp_path, clock=clock, text=text) as floor:
        tokens = [(await ask_session(floor, address="203.0.113.7")).json()["token"] for _ in range(2)]
        refused = await ask_session(floor, address="203.0.113.7")
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "overloaded", "11")
        invented = await ask_session(floor, address="203.0.113.7", token="x" * 43)
        assert invented.status_code == 429
        known = await ask_session(floor, address="203.0.113.7", token=tokens[0])
        assert (known.status_code, known.json()["token"]) == (200, tokens[0])
        assert (await ask_session(floor, address="203.0.113.8")).status_code == 200
        clock.advance(11)
        assert (await ask_session(floor, address="203.0.113.7")).status_code == 200


async def test_agents_may_answer_while_their_customers_flood(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(_NOON)
    async with hubs.floor(sqlite_url, tmp_path, clock=clock, text=rules(messages_per_second=0.01, messages_burst=50)) as floor:
        customer, agent = await floor.visitor(), await floor.agent()
        conversation = await customer.start("Guten Tag")
        await agent.take()
        refused = False
        for number in range(50):
            mine = f"flood-{number:04}"
            await customer.send("post", client_message_id=mine, conversation=conversation, text=f"{number}")
            await customer.until(lambda mine=mine: any(mine in line for line in customer.wire))  # type: ignore[misc]
            if refused := any(frame["type"] == "refusal" for frame in customer.frames):
                break
        assert refused
        await agent.reply(conversation, "Ich bin da.")
        await customer.until(lambda: "Ich bin da." in customer.texts)
