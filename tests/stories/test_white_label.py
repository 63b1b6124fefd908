"""A customer sees the brand: canaries stand in every staff-side field, and all bytes that reach customers are read."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests import hubs


async def test_no_byte_sent_to_a_customer_names_who_stands_behind_the_brand(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, sites=True) as floor:
        secret = _staff_side_words(floor)
        assert len(secret) >= 15
        anna, viktor = await floor.agent("anna"), await floor.agent("viktor")
        customer = await floor.visitor()
        conversation = await customer.start(
            "Guten Tag, meine Lieferung ist noch nicht da.", name="Fatma", email="fatma@customer.example"
        )
        await anna.until(lambda: bool(anna.view["offers"]) or bool(viktor.view["offers"]))
        first, second = (anna, viktor) if anna.view["offers"] else (viktor, anna)
        await first.take()
        await first.send("note", client_message_id="canary-note-1", conversation=conversation, text=f"{hubs.CANARY}-note")
        await first.reply(conversation, "Guten Tag Fatma, einen Augenblick bitte.")
        for said in (f"Ich heiße {hubs.CANARY}-agent-anna", f"Hier ist {hubs.CANARY}-vendor-zephyr", f"{hubs.CANARY}-pool-manila"):
            await first.send("reply", client_message_id=hubs.message_id(), conversation=conversation, text=said)
            await first.expect("refusal", lambda frame: frame["code"] == "guard_refused")
            first.frames = [frame for frame in first.frames if frame["type"] != "refusal"]
        await first.send("transfer", conversation=conversation, note=f"{hubs.CANARY}-transfer")
        await first.until(lambda: conversation not in first.view["conversations"])
        taker = second if second.view["offers"] else first
        if not taker.view["offers"]:
            await second.until(lambda: bool(second.view["offers"]) or bool(first.view["offers"]))
            taker = second if second.view["offers"] else first
        await taker.take()
        await taker.reply(conversation, "Ich habe übernommen.")
        await customer.until(lambda: "Ich habe übernommen." in customer.texts)
        await taker.send("end", conversation=conversation)
        await customer.expect("state", lambda frame: frame["conversation"]["state"] == "ended")
        back = await floor.visitor(token=customer.token)
        await back.until(lambda: len(back.entries) == len(customer.entries))
        async with httpx.AsyncClient(base_url=floor.origin) as http:
            asked = ("/widget/frame?brand=sonne", "/widget/loader.js", "/api/texts/widget/de.json", "/api/texts/widget/ar.json")
            answers = [await http.get(path) for path in asked]
        pages = [part for answer in answers for part in (answer.text, str(answer.headers))]
        seen = "\n".join([*customer.wire, *back.wire, *pages])  # as it came, before anybody parsed it
        assert "Klara" in seen or "Jonas" in seen
        found = [word for word in secret if word.casefold() in seen.casefold()]
        assert found == []


def _staff_side_words(floor: hubs.Floor) -> list[str]:
    """Names, addresses and ids of vendors, pools, agents and contracts, and everything that carries the canary."""
    rules = floor.hub.workspaces.floor("test").workspace
    words = [hubs.CANARY]
    words += [word for vendor in rules.vendors for word in (vendor.id, vendor.name, vendor.alias or "")]
    words += [word for pool in rules.pools for word in (pool.name, f'"{pool.id}"')]
    words += [word for agent in rules.agents for word in (agent.name, str(agent.email), f'"{agent.id}"')]
    words += [contract.id for contract in rules.contracts]
    return [word for word in words if word]
