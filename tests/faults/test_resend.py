"""An acknowledgement that got lost is given again, whatever happened to the conversation in between."""

from __future__ import annotations

from pathlib import Path

from tests import hubs


async def test_a_kept_reply_is_acknowledged_again_after_the_conversation_left_the_agent(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        conversation = await customer.start(
            "Guten Tag, meine Lieferung ist noch nicht da.", name="Fatma", email="fatma@customer.example"
        )
        await anna.take()
        reply = {"client_message_id": "reply-0001", "conversation": conversation, "text": "Ich sehe gleich nach."}
        await anna.send("reply", **reply)
        first = await anna.expect("ack")
        await customer.send("end", conversation=conversation)
        await anna.until(lambda: anna.view["conversations"][conversation]["state"] == "wrap_up")
        await anna.send("wrap_up", conversation=conversation, disposition="solved")
        await anna.until(lambda: conversation not in anna.view["conversations"])
        anna.frames.clear()

        await anna.send("reply", **reply)
        again = await anna.expect("ack")
        assert again["position"] == first["position"]

        await anna.send("reply", **(reply | {"client_message_id": "reply-0002"}))
        assert (await anna.expect("refusal"))["code"] == "not_yours"
        await anna.send("reply", **(reply | {"text": "Something else."}))
        await anna.expect("refusal", lambda frame: frame["code"] == "id_reused")
