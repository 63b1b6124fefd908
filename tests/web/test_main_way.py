"""The whole way of one inquiry, over real sockets: question, offer, answer, end, wrap-up, rating, report."""

from __future__ import annotations

from pathlib import Path

from tests import hubs


async def test_a_question_is_answered_under_the_brand_and_stands_in_the_report(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor("sonne")
        conversation = await customer.start("Guten Tag, meine Rechnung stimmt leider nicht.", name="Jürgen")
        offer = await anna.offer()
        assert (offer["brand"], offer["language"]["tag"], offer["customer_name"]) == ("sonne", "de", "Jürgen")
        assert await anna.take() == conversation
        await customer.expect("state", lambda frame: frame["conversation"]["state"] == "open")
        await anna.reply(conversation, "Guten Tag, ich sehe gleich nach.")
        await customer.until(lambda: "Guten Tag, ich sehe gleich nach." in customer.texts)
        await customer.post(conversation, "Vielen Dank für Ihre Hilfe!")
        await anna.until(lambda: len([entry for entry in anna.thread(conversation) if entry["speaker"] == "customer"]) == 2)
        await anna.send("end", conversation=conversation)
        await customer.expect("state", lambda frame: frame["conversation"]["state"] == "ended")
        await customer.send("rate", conversation=conversation, score=5)
        await customer.expect("state", lambda frame: frame["conversation"].get("rated"))
        await anna.until(lambda: anna.view["conversations"][conversation]["state"] == "wrap_up")
        await anna.send("wrap_up", conversation=conversation, disposition="solved")
        await anna.until(lambda: conversation not in anna.view["conversations"])
        assert anna.view["me"].get("seats_used", 0) == 0

        stefan = await floor.staff("stefan@aurora.example")
        report = (await stefan.get("/api/quality/report", params={"by": "language"})).json()
        tiles = {tile["key"]: tile for tile in report["tiles"]}
        assert (tiles["answer_rate"]["value"], tiles["answer_rate"]["n"]) == (1, 1)
        assert tiles["csat"]["value"] == 1
        drilled = (await stefan.get("/api/quality/drill", params={"by": "language", "measure": "answered", "row": "de"})).json()
        assert [item["conversation"] for item in drilled["items"]] == [conversation]
        told = (await stefan.get(f"/api/conversations/{conversation}")).json()
        assert [entry.get("text") for entry in told["public"] if entry["speaker"] == "customer"] == [
            "Guten Tag, meine Rechnung stimmt leider nicht.",
            "Vielen Dank für Ihre Hilfe!",
        ]
        assert any(decision["is"] == "offered" for step in told["steps"] for decision in step.get("decisions", []))


async def test_another_client_sees_nothing_of_it(floor: hubs.Floor) -> None:
    customer = await floor.visitor("sonne")
    conversation = await customer.start("Ich habe eine Frage zu meinem Vertrag.")
    salma = await floor.staff("salma@borealis.example")
    assert (await salma.get(f"/api/conversations/{conversation}")).status_code == 404
    assert (await salma.get("/api/conversations")).json()["items"] == []
    report = (await salma.get("/api/quality/report", params={"by": "brand"})).json()
    assert all((tile["n"] or 0) == 0 for tile in report["tiles"])
    stefan = await floor.staff("stefan@aurora.example")
    assert [item["conversation"] for item in (await stefan.get("/api/conversations")).json()["items"]] == [conversation]


async def test_an_agent_of_another_brand_is_not_asked(floor: hubs.Floor) -> None:
    bashir, anna = await floor.agent("bashir"), await floor.agent("anna")
    customer = await floor.visitor("qamar", locales=("ar",))
    await customer.start("مرحبا، أريد أن أعرف أين طلبي من فضلك")
    offer = await bashir.offer()
    assert offer["language"]["tag"] == "ar"
    assert anna.view["offers"] == {}


async def test_a_declined_offer_goes_to_the_next_agent(floor: hubs.Floor) -> None:
    anna, viktor = await floor.agent("anna"), await floor.agent("viktor")
    customer = await floor.visitor()
    await customer.start("Guten Morgen, ich möchte meine Bestellung ändern.")
    await anna.until(lambda: bool(anna.view["offers"]) or bool(viktor.view["offers"]))
    first, second = (anna, viktor) if anna.view["offers"] else (viktor, anna)
    offer = await first.offer()
    await first.send("decline", offer=offer["offer"], reason="busy")
    await first.until(lambda: not first.view["offers"])
    assert (await second.offer())["inquiry"] == offer["inquiry"]


async def test_a_transfer_keeps_the_thread_and_tells_the_customer_nothing_but_a_notice(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche bitte Hilfe mit meiner Rechnung.")
    await anna.take()
    viktor = await floor.agent("viktor")
    await anna.send("transfer", conversation=conversation, note="bitte übernehmen")
    await anna.until(lambda: conversation not in anna.view["conversations"])
    if not viktor.view["offers"]:
        await viktor.until(lambda: bool(viktor.view["offers"]) or bool(anna.view["offers"]))
    taker = viktor if viktor.view["offers"] else anna
    assert await taker.take() == conversation
    await customer.until(lambda: customer.notices.count("notice.joined") == 2)
    assert "notice.transferred" in customer.notices
    note = await taker.expect("staff_entry", lambda frame: frame["kind"] == "transfer_asked")
    assert note["text"] == "bitte übernehmen"


async def test_a_corrected_language_routes_what_nobody_has_accepted_anew(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche bitte Hilfe mit meiner Rechnung.")
    await anna.offer()
    olga = await floor.staff("olga@hub.example")
    assert (await olga.post(f"/api/conversations/{conversation}/language", json={"tag": "es"})).status_code == 204
    await anna.until(lambda: not anna.view["offers"])
    viktor = await floor.agent("viktor")
    assert (await viktor.offer())["language"]["tag"] == "es"
    told = (await olga.get(f"/api/conversations/{conversation}")).json()
    assert told["language"]["reason"] == "language.reason.corrected"


async def test_the_widget_speaks_the_language_the_customer_turned_out_to_speak(floor: hubs.Floor) -> None:
    customer = await floor.visitor("sonne", locales=("de",))
    assert customer.frames[0]["brand"]["language"] == "de"
    await customer.start("Buenos días, necesito ayuda con mi última factura, por favor.")
    face = await customer.expect("face")
    assert (face["brand"]["language"], face["texts"]) == ("es", "/api/texts/widget/es.json")
    back = await floor.visitor(token=customer.token, locales=("de",))
    assert back.frames[0]["texts"] == "/api/texts/widget/es.json"


async def test_a_vendors_manager_sees_the_own_people_and_nobody_else(floor: hubs.Floor) -> None:
    await floor.agent("viktor")
    zoe = await floor.staff("zoe@zephyr.example")
    seen = (await zoe.get("/api/floor")).json()
    assert [agent["agent"] for agent in seen["agents"]] == ["viktor"]
    assert [pool["id"] for pool in seen["pools"]] == ["manila"]
    assert seen["queues"] == []


async def test_a_private_note_stays_in_its_house_when_a_rival_vendor_takes_over(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich brauche bitte Hilfe mit meiner Rechnung.")
    await anna.take()
    await anna.send("note", client_message_id="private-note-1", conversation=conversation, text="nur für unser Haus")
    own = await anna.expect("staff_entry", lambda frame: frame["kind"] == "note")
    assert own["text"] == "nur für unser Haus"
    viktor = await floor.agent("viktor")
    await anna.send("transfer", conversation=conversation, note="bitte übernehmen")
    await viktor.take()
    handed = await viktor.expect("staff_entry", lambda frame: frame["kind"] == "transfer_asked")
    assert handed["text"] == "bitte übernehmen"
    assert "nur für unser Haus" not in "".join(viktor.wire)
    positions = [frame["position"] for frame in viktor.frames if frame["type"] == "staff_entry"]
    assert positions == list(range(1, len(positions) + 1))
