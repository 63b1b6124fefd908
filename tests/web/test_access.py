"""Who is in, who is out, and how fast out is out."""

from __future__ import annotations

import asyncio

import httpx

from contact_hub.scope import Scope
from tests import hubs


async def test_the_cookie_is_for_this_host_and_no_script(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        answer = await http.post("/api/sign-in", json={"email": "olga@hub.example", "password": hubs.PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-contact-hub=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part.casefold() in cookie.casefold()
    assert "Domain" not in cookie


async def test_signing_out_closes_the_console(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    assert (await anna.staff.post("/api/sign-out")).status_code == 204
    assert (await anna.expect("refusal"))["code"] == "session_ended"
    assert await anna.until_closed() == 4010
    assert (await anna.staff.get("/api/me")).status_code == 401


async def test_a_disabled_account_is_out_at_once_and_its_chat_goes_to_another(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich habe eine Frage.")
    await anna.take()
    viktor = await floor.agent("viktor")
    began = asyncio.get_running_loop().time()
    await floor.hub.staff.disable(Scope.system("test"), "anna")
    assert await anna.until_closed() == 4010
    assert asyncio.get_running_loop().time() - began < 2
    assert await viktor.take() == conversation


async def test_a_new_password_ends_every_session(floor: hubs.Floor) -> None:
    one, other = await floor.staff("stefan@aurora.example"), await floor.staff("stefan@aurora.example")
    changed = await one.post("/api/password", json={"old": hubs.PASSWORD, "new": "another long password"})
    assert changed.status_code == 204
    assert [(await client.get("/api/me")).status_code for client in (one, other)] == [401, 401]


async def test_wrong_password_and_unknown_name_look_alike_and_many_are_throttled(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        wrong = await http.post("/api/sign-in", json={"email": "olga@hub.example", "password": "wrong password"})
        unknown = await http.post("/api/sign-in", json={"email": "nobody@hub.example", "password": "wrong password"})
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (401, wrong.json())
        answers = [await http.post("/api/sign-in", json={"email": "olga@hub.example", "password": "wrong"}) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_only_the_brands_own_pages_may_frame_the_widget(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        frame = await http.get("/widget/frame", params={"brand": "sonne"})
        console = await http.get("/")
    assert "frame-ancestors http://sonne.localhost" in frame.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in console.headers["content-security-policy"]
    assert "'unsafe-inline'" not in frame.headers["content-security-policy"] + console.headers["content-security-policy"]


async def test_a_token_of_one_brand_is_a_stranger_to_another(floor: hubs.Floor) -> None:
    customer = await floor.visitor("sonne")
    await customer.start("Guten Tag")
    stranger = await floor.visitor("qamar", token=customer.token)
    assert "conversation" not in stranger.frames[0]
    assert stranger.token != customer.token


async def test_the_operator_sees_the_floor_and_changes_the_rules(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    olga = await floor.staff("olga@hub.example")
    seen = (await olga.get("/api/floor")).json()
    mine = next(one for one in seen["agents"] if one["agent"] == "anna")
    assert (mine["availability"], mine["connected"], seen["owner"]["healthy"]) == ("ready", True, True)
    sheet = (await olga.get("/api/workspace")).json()
    assert sheet["version"] == 1
    wanted = sheet["yaml"].replace("name: Klara", "name: Carla")
    tried = (await olga.post("/api/workspace/check", json={"yaml": wanted})).json()
    assert [change["kind"] for change in tried["changes"]] == ["changed"]
    applied = (await olga.post("/api/workspace", json={"yaml": wanted, "expected_version": 1})).json()
    assert applied["version"] == 2
    reference = await anna.expect("reference")
    assert reference["reference"]["brands"]["sonne"]["persona"] == "Carla"
    late = await olga.post("/api/workspace", json={"yaml": sheet["yaml"], "expected_version": 1})
    assert late.json()["code"] == "workspace_refused"
    nonsense = await olga.post("/api/workspace/check", json={"yaml": wanted.replace("pool: berlin", "pool: atlantis")})
    assert nonsense.status_code == 422
    assert any("atlantis" in problem["sentence"] for problem in nonsense.json()["problems"])
    assert "name: Klara" in (await olga.get("/api/workspace/versions/1")).json()["yaml"]


async def test_why_a_waiting_inquiry_waits(floor: hubs.Floor) -> None:
    customer = await floor.visitor("qamar", locales=("ar",))
    conversation = await customer.start("مرحبا، أريد أن أعرف أين طلبي من فضلك")
    salma, olga = await floor.staff("salma@borealis.example"), await floor.staff("olga@hub.example")
    line = (await salma.get("/api/conversations")).json()["items"][0]
    assert line["conversation"] == conversation
    told = (await salma.get(f"/api/inquiries/{line['inquiry']}/explain", params={"tag": "ar"})).json()
    assert told["state"] == "waiting"
    bashir = next(one for one in told["agents"] if one["agent"] == "bashir")
    assert (bashir["eligible"], bashir["reasons"]) == (False, ["offline"])
    assert told["sentence"]
    stefan = await floor.staff("stefan@aurora.example")
    assert (await stefan.get(f"/api/inquiries/{line['inquiry']}/explain")).status_code == 404
    assert (await olga.get(f"/api/inquiries/{line['inquiry']}/explain")).status_code == 200


async def test_health_readiness_and_metrics(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        assert (await http.get("/healthz")).text == "ok"
        assert (await http.get("/readyz")).text == "ready\nroles: web,router,worker"
        metrics = (await http.get("/metrics")).text
    assert "contact_hub_commit_seconds_count" in metrics
    assert "contact_hub_lease_epoch" in metrics
