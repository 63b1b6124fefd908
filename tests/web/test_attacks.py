"""What somebody who means harm would try. Each test is a hole that was once open."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
import yaml

from tests import hubs


async def visitor_who_says(floor: hubs.Floor, **hello: Any) -> hubs.Visitor:
    """A visitor of `sonne` whose hello is written by hand."""
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        session = (await http.post("/api/widget/session", json={"brand": "sonne"})).json()
    visitor = hubs.Visitor(floor, await websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket"))
    await visitor.send("hello", protocol=1, ticket=session["ticket"], **hello)
    await visitor.expect("welcome")
    return visitor


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "\x00"])
async def test_a_zone_that_does_not_exist_stops_nobodys_routing(sqlite_url: str, tmp_path: Path, zone: str) -> None:
    closed = hubs.WORKSPACE.replace('{mon-sun: ["00:00-24:00"]}', '{mon: ["03:00-03:10"]}')
    async with hubs.floor(sqlite_url, tmp_path, text=closed) as floor:
        attacker = await visitor_who_says(floor, zone=zone)
        await attacker.start("Guten Tag, ich habe eine Frage.")
        await attacker.until(lambda: "notice.closed_next_opening" in attacker.notices)
        await attacker.close()
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe auch eine Frage.")
        await customer.until(lambda: "notice.closed_next_opening" in customer.notices)


async def handed_on(floor: hubs.Floor) -> tuple[hubs.Visitor, hubs.Agent, hubs.Agent, str]:
    """A conversation that Viktor had and Anna has; they work for rivals."""
    viktor, customer = await floor.agent("viktor"), await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche Hilfe mit meiner Rechnung.")
    await viktor.take()
    anna = await floor.agent("anna")
    await viktor.send("transfer", conversation=conversation)
    await anna.take()
    await viktor.until(lambda: conversation not in viktor.view["conversations"])
    return customer, viktor, anna, conversation


async def refused(agent: hubs.Agent, kind: str, **fields: Any) -> str:
    """The code with which the next frame is refused."""
    before = len(agent.frames)
    await agent.send(kind, **fields)
    await agent.until(lambda: any(frame["type"] == "refusal" for frame in agent.frames[before:]))
    return next(str(frame["code"]) for frame in agent.frames[before:] if frame["type"] == "refusal")


async def test_whoever_had_a_conversation_once_has_no_say_in_it_any_more(floor: hubs.Floor) -> None:
    customer, viktor, anna, conversation = await handed_on(floor)
    noted = hubs.message_id()
    await viktor.send("note", client_message_id=noted, conversation=conversation, text="Ich bin noch da.")
    await viktor.expect("refusal", lambda frame: (frame["code"], frame["about"]) == ("not_yours", noted))
    assert await refused(viktor, "language", conversation=conversation, tag="tr") == "not_yours"
    assert await refused(viktor, "read", conversation=conversation, position=3) == "not_yours"
    await anna.reply(conversation, "Guten Tag, ich helfe Ihnen weiter.")
    await customer.until(lambda: bool(customer.texts[1:]))
    assert "notice.language_changed" not in customer.notices


async def test_a_note_that_was_kept_is_acknowledged_again_after_the_hand_over(floor: hubs.Floor) -> None:
    viktor, customer = await floor.agent("viktor"), await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche Hilfe mit meiner Rechnung.")
    await viktor.take()
    note = {"client_message_id": hubs.message_id(), "conversation": conversation, "text": "Fragt nach der Rechnung."}
    await viktor.send("note", **note)
    await viktor.expect("ack")
    await viktor.send("transfer", conversation=conversation)
    await viktor.until(lambda: conversation not in viktor.view["conversations"])
    await viktor.send("note", **note)
    await viktor.until(lambda: len({frame["position"] for frame in viktor.frames if frame["type"] == "ack"}) == 1)
    await viktor.until(lambda: sum(frame["type"] == "ack" for frame in viktor.frames) == 2)


@pytest.mark.parametrize(
    "target", [{"agent": "bashir"}, {"agent": "viktor"}, {"pool": "manila"}, {"pool": "cairo"}, {"agent": "nobody"}]
)
async def test_a_rivals_people_are_as_unknown_as_nobody(floor: hubs.Floor, target: dict[str, str]) -> None:
    anna, customer = await floor.agent("anna"), await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche Hilfe mit meiner Rechnung.")
    await anna.take()
    await anna.send("transfer", conversation=conversation, **target)
    assert (await anna.expect("refusal"))["code"] == "transfer_target_unknown"


async def test_other_words_under_the_id_of_the_first_message_are_refused_not_lost(floor: hubs.Floor) -> None:
    customer = await floor.visitor()
    mine = hubs.message_id()
    await customer.send("start", client_message_id=mine, text="Guten Tag.")
    first = await customer.expect("ack")
    await customer.send("start", client_message_id=mine, text="Ganz etwas anderes.")
    assert (await customer.expect("refusal"))["code"] == "id_reused"
    await customer.send("start", client_message_id=mine, text="Guten Tag.")
    await customer.until(lambda: sum(frame["type"] == "ack" for frame in customer.frames) == 2)
    assert [frame for frame in customer.frames if frame["type"] == "ack"] == [first, first]


async def test_nobody_reads_of_teams_and_brands_without_a_contract(floor: hubs.Floor) -> None:
    _, _, _, conversation = await handed_on(floor)
    stefan, zoe = await floor.staff("stefan@aurora.example"), await floor.staff("zoe@zephyr.example")
    inquiry = (await stefan.get(f"/api/conversations/{conversation}")).json()["line"]["inquiry"]
    asked = {
        stefan: ("bashir", "cairo", "monsun", "qamar", "borealis"),
        zoe: ("bashir", "cairo", "monsun", "qamar", "borealis", "anna", "berlin"),
    }
    paths = (
        "/api/quality/facets",
        f"/api/conversations/{conversation}",
        f"/api/inquiries/{inquiry}/explain",
        "/api/floor",
        "/api/conversations",
    )
    for client, strangers in asked.items():
        for path in paths:
            said = (await client.get(path)).text
            assert not [stranger for stranger in strangers if stranger in said], path


async def test_a_search_for_a_rivals_team_does_not_tell_who_handled_it(floor: hubs.Floor) -> None:
    _, _, _, conversation = await handed_on(floor)
    zoe = await floor.staff("zoe@zephyr.example")

    async def found(**wanted: str) -> list[str]:
        return [line["conversation"] for line in (await zoe.get("/api/conversations", params=wanted)).json()["items"]]

    assert await found(pool="manila") == await found(agent="viktor") == await found(vendor="zephyr") == [conversation]
    assert await found(pool="berlin") == await found(agent="anna") == await found(vendor="monsun") == []


CURSORS = ('["2026-01-01T00:00:00","x"]', '["0001-01-01T00:00:00+14:00","x"]', '["2026-01-01T00:00:00Z","\\ud800"]', "[" * 5000)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/api/conversations?after={base64.urlsafe_b64encode(cursor.encode()).decode()}" for cursor in CURSORS),
        "/api/conversations?from=0001-01-01T00:00:00%2B14:00",
        "/api/conversations?to=9999-12-31T23:59:59-14:00",
        "/api/workspace/versions/99999999999999999999999",
        f"/assets/{'a' * 300}",
    ],
)
async def test_nonsense_in_an_address_is_not_our_fault(floor: hubs.Floor, path: str) -> None:
    olga = await floor.staff("olga@hub.example")
    answer = await olga.get(path)
    assert answer.status_code in {400, 404, 422}
    assert answer.json()["code"] in {"invalid_field", "report_range_invalid", "not_found"}


async def test_a_brand_site_leads_nowhere_else_and_survives_odd_names(sqlite_url: str, tmp_path: Path) -> None:
    async with (
        hubs.floor(sqlite_url, tmp_path, sites=True) as floor,
        httpx.AsyncClient(headers={"host": "velour.localhost"}) as http,
    ):
        away = await http.get(floor.origin + "//evil.example%2f..")
        assert (away.status_code, away.headers["location"]) == (307, "/")
        for name in ("%00", "a" * 300, "..%2f..%2fsites.py", "%2e%2e/%2e%2e/server.py"):
            assert (await http.get(f"{floor.origin}/{name}")).status_code == 404
        assert (await http.get(floor.origin + "/")).status_code == 200


async def test_a_conversation_of_a_brand_that_is_gone_can_still_be_ended(floor: hubs.Floor) -> None:
    bashir, customer = await floor.agent("bashir"), await floor.visitor("qamar", locales=("ar",))
    conversation = await customer.start("مرحبا، أحتاج إلى مساعدة في الفاتورة")
    await bashir.take()
    rules = yaml.safe_load(hubs.WORKSPACE)
    for part in ("brands", "contracts", "agents"):
        rules[part] = [one for one in rules[part] if "qamar" not in one["id"] and "borealis" not in one["id"]]
    bashirs = next(agent for agent in rules["agents"] if agent["id"] == "bashir")
    bashirs |= {"certifications": {}, "personas": {}}
    await floor.hub.workspaces.apply(hubs.workspace(yaml.safe_dump(rules)), by="olga")
    await bashir.expect("reference")
    again = await hubs.Agent.connect(floor, bashir.staff, resume=None, take_over=True)
    assert conversation in again.view["conversations"]
    await again.send("end", conversation=conversation)
    await again.until(lambda: again.view["conversations"][conversation]["state"] == "wrap_up")
    await again.close()


async def test_an_agent_whom_the_rules_no_longer_name_stays_unknown_to_rivals(floor: hubs.Floor) -> None:
    customer, viktor = await floor.visitor(), await floor.agent("viktor")
    conversation = await customer.start("Guten Tag, ich brauche Hilfe mit meiner Rechnung.")
    await viktor.take()
    await viktor.reply(conversation, "Guten Tag, ich sehe nach.")
    rules = yaml.safe_load(hubs.WORKSPACE)
    rules["agents"] = [agent for agent in rules["agents"] if agent["id"] != "viktor"]
    anna = await floor.agent("anna")
    await floor.hub.workspaces.apply(hubs.workspace(yaml.safe_dump(rules)), by="olga")
    await viktor.until_closed()
    await anna.take()
    await anna.until(lambda: any(frame["type"] == "staff_entry" for frame in anna.frames) and len(anna.thread(conversation)) > 2)
    assert "viktor" not in str(anna.frames)


async def console_hello(floor: hubs.Floor, ticket: str) -> dict[str, Any]:
    async with websockets.connect(f"ws://localhost:{floor.port}/v1/console/socket") as socket:
        await socket.send(json.dumps({"type": "hello", "protocol": 1, "ticket": ticket}))
        return dict(json.loads(await socket.recv()))


async def test_a_ticket_does_not_outlive_its_session(floor: hubs.Floor) -> None:
    anna = await floor.staff("anna@aurora.example")
    ticket = (await anna.post("/api/socket-ticket")).json()["ticket"]
    await anna.post("/api/sign-out")
    assert (await console_hello(floor, ticket))["code"] == "session_ended"
    anna = await floor.staff("anna@aurora.example")
    ticket = (await anna.post("/api/socket-ticket")).json()["ticket"]
    await anna.post("/api/password", json={"old": hubs.PASSWORD, "new": "another horse, another battery"})
    assert (await console_hello(floor, ticket))["code"] == "session_ended"


async def test_a_console_ends_with_its_session_even_if_nobody_is_told(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, revalidate_seconds=0.5) as floor:
        anna = await floor.agent("anna")
        await floor.hub.store.write(
            lambda tx: tx.sessions.revoke_all("test", "anna", floor.hub.clock.now()), name="revoked elsewhere"
        )
        assert await anna.until_closed() == 4010


async def test_guesses_at_the_same_moment_are_throttled_like_guesses_one_by_one(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}, timeout=60) as http:
        account = {"email": "stefan@aurora.example"}
        asked = (http.post("/api/sign-in", json=account | {"password": f"wrong-{number}"}) for number in range(31))
        told = [answer.json().get("code") for answer in await asyncio.gather(*asked)]
        right = await http.post("/api/sign-in", json=account | {"password": hubs.PASSWORD})
    assert told.count("sign_in_failed") == 10
    assert told.count("throttled") == 21
    assert right.json()["code"] == "throttled"


async def test_a_found_session_is_no_place_to_guess_the_password(floor: hubs.Floor) -> None:
    olga = await floor.staff("olga@hub.example")
    told = [
        (await olga.post("/api/password", json={"old": f"guess {number}", "new": "long enough"})).json()["code"]
        for number in range(11)
    ]
    assert told == ["sign_in_failed"] * 10 + ["throttled"]


async def test_a_frame_of_brackets_only_costs_its_own_refusal(floor: hubs.Floor) -> None:
    customer = await floor.visitor()
    await customer.raw('{"type":"start","client_message_id":"deep-00001","text":' + "[" * 30_000 + "]" * 30_000 + "}")
    assert (await customer.expect("refusal"))["code"] == "invalid_field"
    await customer.start("Guten Tag, es geht trotzdem.")


async def test_a_name_in_the_form_is_masked_and_stays_in_its_line(floor: hubs.Floor) -> None:
    anna, customer = await floor.agent("anna"), await floor.visitor()
    await customer.start("Guten Tag, eine Frage.", name="Eve \u202e\u0000\n4111 1111 1111 1111")
    assert (await anna.offer())["customer_name"] == "Eve •••• •••• •••• 1111"
