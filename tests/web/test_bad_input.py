"""Whatever is wrong gets its code and a sentence, and hurts nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import websockets

from contact_hub.errors import CODES
from tests import hubs


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "malformed_frame"),
        ("[]", "malformed_frame"),
        ('{"type":"dance"}', "unknown_frame"),
        ('{"text":"no type"}', "unknown_frame"),
        ('{"type":"rate","conversation":"c","score":9}', "invalid_field"),
        ('{"type":"post","client_message_id":"short","conversation":"c","text":"x"}', "invalid_field"),
        ('{"type":"read","conversation":"c","position":1,"extra":true}', "invalid_field"),
        ('{"type":"hello","protocol":1,"ticket":"again"}', "out_of_order"),
        ('{"type":"post","client_message_id":"abcdefgh1","conversation":"cnv_foreign","text":"x"}', "not_found"),
        ('{"type":"start","client_message_id":"abcdefgh2","text":"   "}', "text_empty"),
        ('{"type":"start","client_message_id":"abcdefgh3","text":"hallo","kind":"poetry"}', "kind_unknown"),
        ('{"type":"start","client_message_id":"abcdefgh4","text":"hallo","language":"!!"}', "language_unknown"),
        ('{"type":"start","client_message_id":"abcdefgh5","text":"hallo","email":"nowhere"}', "form_incomplete"),
        ('{"type":"rate","conversation":"cnv_foreign","score":3}', "not_found"),
        (json.dumps({"type": "start", "client_message_id": "abcdefgh6", "text": "x" * 70_000}), "frame_too_large"),
        (json.dumps({"type": "start", "client_message_id": "abcdefgh7", "text": "x" * 9_000}), "invalid_field"),
    ],
)
async def test_a_bad_frame_is_refused_and_the_line_stays(floor: hubs.Floor, raw: str, code: str) -> None:
    customer = await floor.visitor()
    await customer.raw(raw)
    refusal = await customer.expect("refusal")
    assert refusal["code"] == code
    assert refusal["sentence"]
    await customer.start("Guten Tag, es geht trotzdem.")


async def test_too_many_bad_frames_end_the_line(floor: hubs.Floor) -> None:
    customer = await floor.visitor()
    for _ in range(25):
        await customer.raw("{")
    assert await customer.until_closed() == 4400


async def test_frames_of_the_other_protocol_mean_nothing(floor: hubs.Floor) -> None:
    customer = await floor.visitor()
    await customer.send("accept", offer="inq.1")
    assert (await customer.expect("refusal"))["code"] == "unknown_frame"


async def test_a_ticket_opens_one_socket(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        ticket = (await http.post("/api/widget/session", json={"brand": "sonne"})).json()["ticket"]
    hello = json.dumps({"type": "hello", "protocol": 1, "ticket": ticket})
    async with websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket") as first:
        await first.send(hello)
        assert json.loads(await first.recv())["type"] == "welcome"
        async with websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket") as second:
            await second.send(hello)
            assert json.loads(await second.recv())["code"] == "ticket_invalid"
            with pytest.raises(websockets.ConnectionClosed):
                await second.recv()
            assert second.close_code == 4003


async def test_a_widget_ticket_does_not_open_a_console(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        ticket = (await http.post("/api/widget/session", json={"brand": "sonne"})).json()["ticket"]
    async with websockets.connect(f"ws://localhost:{floor.port}/v1/console/socket") as socket:
        await socket.send(json.dumps({"type": "hello", "protocol": 1, "ticket": ticket}))
        assert json.loads(await socket.recv())["code"] == "ticket_invalid"


async def test_a_foreign_page_opens_no_socket(floor: hubs.Floor) -> None:
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket", origin=websockets.Origin("http://evil.example"))


async def test_another_protocol_version_is_told_which_one_is_spoken(floor: hubs.Floor) -> None:
    async with websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket") as socket:
        await socket.send('{"type":"hello","protocol":99,"ticket":"x"}')
        refusal = json.loads(await socket.recv())
        assert (refusal["code"], refusal["values"]["supported"]) == ("protocol_unsupported", "1")


async def test_a_flood_meets_its_limit_and_is_told_when_to_come_back(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, visitor_messages_per_minute=30) as floor:
        customer = await floor.visitor()
        for number in range(30):
            await customer.send("post", client_message_id=f"flood-{number:05}", conversation="cnv_x", text="!")
        refusal = await customer.expect("refusal", lambda frame: frame["code"] == "rate_limited")
        assert refusal["retry_after_seconds"] > 0
        assert refusal["about"].startswith("flood-")
        calm = await floor.visitor()
        await calm.start("Mich stört das nicht.")


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "/api/me", "not_signed_in", 401),
        ("GET", "/api/quality/report", "not_signed_in", 401),
        ("GET", "/api/conversations", "not_signed_in", 401),
        ("GET", "/api/workspace", "not_signed_in", 401),
        ("GET", "/api/nowhere", "not_found", 404),
        ("POST", "/api/socket-ticket", "not_signed_in", 401),
        ("GET", "/assets/nothing.js", "not_found", 404),
        ("GET", "/assets/..%2fsettings.py", "not_found", 404),
    ],
)
async def test_http_errors_have_the_same_shape(floor: hubs.Floor, method: str, path: str, code: str, status: int) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["sentence"] == CODES[code]


async def test_a_request_that_no_page_of_ours_made_changes_nothing(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        without = await http.post("/api/sign-in", json={"email": "olga@hub.example", "password": hubs.PASSWORD})
        foreign = await http.post(
            "/api/sign-in",
            json={"email": "olga@hub.example", "password": hubs.PASSWORD},
            headers={"x-contact-hub": "1", "origin": "http://evil.example"},
        )
    assert [without.json()["code"], foreign.json()["code"]] == ["origin_refused", "origin_refused"]


async def test_reports_refuse_what_they_do_not_understand(floor: hubs.Floor) -> None:
    olga = await floor.staff("olga@hub.example")
    assert (await olga.get("/api/quality/report", params={"from": "2026-02-30"})).json()["code"] == "report_range_invalid"
    assert (await olga.get("/api/quality/report", params={"mood": "good"})).json()["code"] == "filter_unknown"
    assert (await olga.get("/api/conversations", params={"after": "nonsense"})).json()["code"] == "invalid_field"


async def test_an_agent_may_not_read_reports_nor_the_workspace(floor: hubs.Floor) -> None:
    anna = await floor.staff("anna@aurora.example")
    for path in ("/api/quality/report", "/api/conversations", "/api/workspace", "/api/floor"):
        answer = await anna.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_the_outgoing_guard_stops_and_warns(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich habe eine Frage.")
    await anna.take()
    await anna.send("reply", client_message_id="guarded-0001", conversation=conversation, text="Das ist wirklich billig.")
    refused = await anna.expect("refusal")
    assert (refused["code"], refused["values"]["findings"], refused["about"]) == ("guard_refused", "forbidden_word", "guarded-0001")
    await anna.send("reply", client_message_id="guarded-0002", conversation=conversation, text="Guten Tag {customer}, gerne.")
    warned = await anna.expect("refusal", lambda frame: frame["code"] == "guard_warned")
    assert warned["values"]["findings"] == "unfilled_variable"
    await anna.reply(conversation, "Guten Tag {customer}, gerne.", mine="guarded-0002", confirmed=["unfilled_variable"])
    await customer.until(lambda: "Guten Tag {customer}, gerne." in customer.texts)


async def test_a_card_number_is_masked_before_anybody_sees_it(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Meine Karte ist 4111 1111 1111 1111, bitte helfen Sie mir.")
    await anna.take()
    await anna.until(lambda: bool(anna.thread(conversation)))
    assert "4111 1111" not in "".join(floor.received)
    assert "•••• 1111" in anna.thread(conversation)[0]["text"]
