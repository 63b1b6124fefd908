"""Every acknowledged message is in the transcript exactly once, in order, whatever the line does."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from contact_hub.bus import MemoryBus, Poke
from tests import hubs


async def running(floor: hubs.Floor) -> tuple[hubs.Visitor, hubs.Agent, str]:
    anna = await floor.agent("anna")
    customer = await floor.visitor()
    conversation = await customer.start("Guten Tag, ich habe eine Frage.")
    await anna.take()
    await customer.expect("state", lambda frame: frame["conversation"]["state"] == "open")
    return customer, anna, conversation


async def test_the_same_id_sent_again_is_one_message(floor: hubs.Floor) -> None:
    customer, anna, conversation = await running(floor)
    first = await customer.post(conversation, "Hallo?", mine="same-id-00001")
    customer.frames = [frame for frame in customer.frames if frame["type"] != "ack"]
    again = await customer.post(conversation, "Hallo?", mine="same-id-00001")
    assert (again["position"], again["at"]) == (first["position"], first["at"])
    await customer.post(conversation, "danach")
    await customer.until(lambda: "danach" in customer.texts)
    assert customer.texts.count("Hallo?") == 1
    await anna.reply(conversation, "Ja bitte?", mine="same-id-00002")
    anna.frames = [frame for frame in anna.frames if frame["type"] != "ack"]
    await anna.reply(conversation, "Ja bitte?", mine="same-id-00002")
    await anna.until(lambda: any(entry.get("text") == "Ja bitte?" for entry in anna.thread(conversation)))
    assert [entry.get("text") for entry in anna.thread(conversation)].count("Ja bitte?") == 1


async def test_the_same_id_with_other_words_is_refused(floor: hubs.Floor) -> None:
    customer, _, conversation = await running(floor)
    await customer.post(conversation, "eins", mine="same-id-00003")
    await customer.send("post", client_message_id="same-id-00003", conversation=conversation, text="zwei")
    assert (await customer.expect("refusal"))["code"] == "id_reused"


async def test_starting_twice_with_one_id_is_one_conversation(floor: hubs.Floor) -> None:
    customer = await floor.visitor()
    await customer.send("start", client_message_id="start-000001", text="Guten Tag")
    await customer.send("start", client_message_id="start-000001", text="Guten Tag")
    await customer.until(lambda: len([frame for frame in customer.frames if frame["type"] == "ack"]) == 2)
    assert len({frame["conversation"] for frame in customer.frames if frame["type"] == "ack"}) == 1
    await customer.send("start", client_message_id="start-000002", text="Noch eins")
    assert (await customer.expect("refusal"))["code"] == "conversation_open"


async def test_a_cut_line_resumes_without_a_hole(floor: hubs.Floor) -> None:
    customer, anna, conversation = await running(floor)
    epoch = customer.frames[0]["epoch"]
    position = max(entry["position"] for entry in customer.entries)
    customer.cut()
    for number in range(30):
        await anna.reply(conversation, f"Satz {number}")
    back = await floor.visitor(token=customer.token, resume={"epoch": epoch, "conversation": conversation, "position": position})
    await back.until(lambda: "Satz 29" in back.texts)
    assert [entry["position"] for entry in back.entries] == list(range(position + 1, position + 31))
    assert not [frame for frame in back.frames if frame["type"] == "resync"]


@pytest.mark.parametrize(
    ("resume", "because"),
    [
        ({"epoch": "another-epoch", "position": 1}, "epoch"),
        ({"position": 10_000}, "position"),
        ({"conversation": "cnv_unknown", "position": 1}, "conversation"),
    ],
)
async def test_what_does_not_fit_is_said_and_sent_from_the_start(
    floor: hubs.Floor, resume: dict[str, object], because: str
) -> None:
    customer, _, conversation = await running(floor)
    given = {"epoch": customer.frames[0]["epoch"], "conversation": conversation, **resume}
    back = await floor.visitor(token=customer.token, resume=given)
    assert (await back.expect("resync"))["because"] == because
    await back.until(lambda: len(back.entries) == 2)
    assert [entry["position"] for entry in back.entries] == [1, 2]


async def test_a_long_transcript_comes_whole(sqlite_url: str, tmp_path: Path) -> None:
    patient = (
        "limits: {brand_messages_per_second: 500, brand_messages_burst: 2000, messages_per_second: 500, messages_burst: 2500}\n"
    )
    async with hubs.floor(sqlite_url, tmp_path, text=hubs.WORKSPACE + patient) as floor:
        customer, _, conversation = await running(floor)
        for number in range(450):
            await customer.send("post", client_message_id=f"many-{number:06}", conversation=conversation, text=f"Nummer {number}")
        await customer.until(lambda: len([frame for frame in customer.frames if frame["type"] == "ack"]) == 451)
        back = await floor.visitor(token=customer.token)
        await back.until(lambda: len(back.entries) == 452)
        assert [entry["position"] for entry in back.entries] == list(range(1, 453))


async def test_two_tabs_of_one_browser_show_the_same_conversation(floor: hubs.Floor) -> None:
    one = await floor.visitor()
    other = await floor.visitor(token=one.token)
    conversation = await one.start("Guten Tag aus dem ersten Fenster")
    await other.until(lambda: "Guten Tag aus dem ersten Fenster" in other.texts)
    await other.post(conversation, "und aus dem zweiten")
    await one.until(lambda: "und aus dem zweiten" in one.texts)


async def test_an_agent_resumes_and_learns_what_was_missed(floor: hubs.Floor) -> None:
    customer, anna, conversation = await running(floor)
    await anna.until(lambda: len(anna.thread(conversation)) == 2)
    staff = len([frame for frame in anna.frames if frame["type"] == "staff_entry"])
    resume = {"epoch": anna.frames[0]["epoch"], "cursors": {conversation: {"public": 2, "staff": staff}}}
    anna.cut()
    await customer.post(conversation, "Sind Sie noch da?")
    back = await floor.agent("anna", ready=False, resume=resume, take_over=True)
    welcome = await back.expect("welcome")
    assert welcome["caught_up"] >= 1
    await back.until(lambda: bool(back.thread(conversation)))
    assert [entry["position"] for entry in back.thread(conversation)] == [3]


async def test_an_agent_who_does_not_come_back_loses_the_chat_and_the_customer_is_told_neutrally(floor: hubs.Floor) -> None:
    customer, anna, conversation = await running(floor)
    viktor = await floor.agent("viktor")
    await anna.close()
    assert await viktor.take() == conversation
    await customer.until(lambda: "notice.reconnecting_agent" in customer.notices)
    back = await floor.agent("anna", ready=False)
    assert conversation not in back.view["conversations"]


async def test_a_second_console_takes_over_only_when_told_to(floor: hubs.Floor) -> None:
    anna = await floor.agent("anna")
    refused = await hubs.Agent.connect(floor, anna.staff, resume=None, take_over=False)
    assert (await refused.expect("superseded"))["by"] == "open"
    assert await refused.until_closed() == 4009
    second = await floor.agent("anna", ready=False, take_over=True)
    assert (await anna.expect("superseded"))["by"] == "other"
    assert await anna.until_closed() == 4009
    assert second.view["me"]["availability"] == "ready"


async def test_going_away_sends_everybody_home_and_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        customer = await floor.visitor()
        await customer.start("Ich warte hier.")
        floor.server.stop()
        assert (await customer.expect("reconnect"))["after_seconds"] > 0
        assert await customer.until_closed() == 1012
        token = customer.token
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        back = await floor.visitor(token=token)
        await back.until(lambda: back.texts == ["Ich warte hier."])
        anna = await floor.agent("anna")
        await anna.take()


class _BadBus(MemoryBus):
    """Loses and doubles pokes."""

    def __init__(self) -> None:
        super().__init__(alone=False)
        self.chance = random.Random(7)

    def publish(self, pokes) -> None:  # type: ignore[no-untyped-def]
        kept: list[Poke] = []
        for poke in pokes:
            kept += [poke] * self.chance.choice([0, 0, 1, 2])
        super().publish(kept)


async def test_lost_and_doubled_pokes_cost_time_and_nothing_else(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, bus=_BadBus()) as floor:
        customer, anna, conversation = await running(floor)
        for number in range(20):
            await customer.post(conversation, f"Frage {number}")
            await anna.reply(conversation, f"Antwort {number}")
        await asyncio.gather(
            customer.until(lambda: "Antwort 19" in customer.texts),
            anna.until(lambda: anna.thread(conversation)[-1].get("text") == "Antwort 19"),
        )
        ours = [(entry["position"], entry["body"].get("text", "")) for entry in customer.entries]
        theirs = [(entry["position"], entry.get("text", "")) for entry in anna.thread(conversation)]
        assert ours == theirs
        assert [position for position, _ in ours] == list(range(1, len(ours) + 1))
