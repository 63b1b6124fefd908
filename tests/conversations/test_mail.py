"""What agents and customers do with mail: answered as the persona, under the brand's rules, with files; a chat that goes on by mail."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from agents.frames import ReplyByMail
from contact_hub.app import Hub
from contact_hub.conversations.mail import MailDesk, Post, Wanted
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.mail.drafts import Draft, Made
from contact_hub.mail.outgoing import OutgoingMail
from contact_hub.mail.workshop import InProcess
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.web.site_mail import Postbox, Sent
from contact_hub.workspace.floor import Floor
from tests import hubs
from tests.mail.offices import MAIL_WORKSPACE, letter

ANNA, EVE = "anna.berger@kunde.example", "eve@elsewhere.example"


@dataclass
class Desk:
    """An agent with a mail in hand, and the world that takes what is sent."""

    floor: hubs.Floor
    agent: hubs.Agent
    post: Postbox
    conversation: str

    async def mail(self, text: str, **fields: Any) -> str:
        """Write a mail; its client id."""
        mine = hubs.message_id()
        wanted = {"to": [ANNA], "subject": "", "text": text, **fields}
        await self.agent.send("reply_by_mail", client_message_id=mine, conversation=self.conversation, **wanted)
        return mine

    async def refused(self, text: str, **fields: Any) -> str:
        mine = await self.mail(text, **fields)
        refusal = await self.agent.expect("refusal", lambda frame: frame.get("about") == mine)
        return str(refusal["code"])

    async def sent(self, address: str = ANNA, *, how_many: int = 1) -> list[Sent]:
        """What arrived at somebody's."""
        async with asyncio.timeout(hubs.PATIENCE_SECONDS):
            while len(found := self.post.sent_to(address)) < how_many:
                self.post.came.clear()
                await self.post.came.wait()
        return found

    @property
    def card(self) -> dict[str, Any]:
        return dict(self.agent.view["conversations"][self.conversation])


@contextlib.asynccontextmanager
async def mailing(url: str, folder: Path, *, rules: str = "", hours: str = "") -> AsyncIterator[tuple[hubs.Floor, Postbox]]:
    post = Postbox(door=lambda: 0)
    await post.start()
    relay = f"relay: {{host: 127.0.0.1, port: {post.port}, security: none}}"
    text = MAIL_WORKSPACE.replace("intake: {lmtp: true}", f"intake: {{lmtp: true}}, {relay}")
    if hours:
        text = text.replace('hours: {mon-sun: ["00:00-24:00"]}', f"hours: {hours}")
    if rules:
        text = text.replace("    mailboxes:", f"    mail: {rules}\n    mailboxes:", 1)
    try:
        async with hubs.floor(url, folder, text=text, reader=InProcess()) as floor:
            yield floor, post
    finally:
        await post.stop()


@contextlib.asynccontextmanager
async def a_mail_in_hand(url: str, folder: Path, *, rules: str = "") -> AsyncIterator[Desk]:
    async with mailing(url, folder, rules=rules) as (floor, post):
        agent = await floor.agent("anna")
        await floor.hub.intake.take("test", "sonne-help", letter("Guten Tag, wo ist mein Paket?", sender=ANNA))
        yield Desk(floor=floor, agent=agent, post=post, conversation=await agent.take())


async def test_an_agent_answers_as_the_persona_and_sees_it_leave(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path) as desk:
        mine = await desk.mail("Guten Tag Frau Berger,\n\n**Ihr Paket** ist unterwegs:\n- Sendung 4711")
        await desk.agent.expect("ack", lambda frame: frame["client_message_id"] == mine)
        (came,) = await desk.sent()
        assert came.mail.sender is not None
        assert came.mail.sender.name == "Klara – Sonne"
        assert "Ihr Paket ist unterwegs:" in (came.mail.text or "")
        assert "<b>Ihr Paket</b>" in (came.mail.html or "")
        assert "<li>Sendung 4711</li>" in (came.mail.html or "")
        await desk.agent.until(lambda: [mail["state"] for mail in desk.card.get("mails", {}).values()] == ["sent"])


async def test_the_same_mail_sent_again_by_the_console_leaves_once(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path) as desk:
        mine = await desk.mail("Ihr Paket ist unterwegs.")
        first = await desk.agent.expect("ack", lambda frame: frame["client_message_id"] == mine)
        desk.agent.frames.remove(first)
        again = {"client_message_id": mine, "conversation": desk.conversation, "to": [ANNA], "subject": ""}
        await desk.agent.send("reply_by_mail", text="Ihr Paket ist unterwegs.", **again)
        second = await desk.agent.expect("ack", lambda frame: frame["client_message_id"] == mine)
        await desk.agent.send("reply_by_mail", text="Etwas anderes.", **again)
        await desk.agent.expect("refusal", lambda frame: frame["code"] == "id_reused")
        await desk.sent()
        assert second["position"] == first["position"]
        assert len(desk.post.sent_to(ANNA)) == 1


async def test_a_brand_decides_whom_its_agents_may_write_to(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path) as desk:
        assert await desk.refused("Ihr Paket ist unterwegs.", cc=[EVE]) == "mail_recipient_refused"
        assert await desk.refused("Ihr Paket ist unterwegs.", to=["nobody"]) == "mail_address_invalid"
        assert await desk.refused("Hier spricht Kanarienvogel-vendor-zephyr.") == "guard_refused"
        assert desk.post.sent_to(ANNA) == desk.post.sent_to(EVE) == []


async def test_whoever_is_added_hears_nothing_of_what_was_said_before(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path, rules="{cc: any, quote: full}") as desk:
        await desk.mail("Ihr Paket ist unterwegs.")
        (known,) = await desk.sent()
        await desk.mail("Bitte wenden Sie sich an die Kollegin.", cc=[EVE])
        (added,) = await desk.sent(EVE)
        assert "wo ist mein Paket" in (known.mail.text or "")
        assert "wo ist mein Paket" not in (added.mail.text or "")


async def test_files_are_kept_until_the_mail_takes_them_along(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path) as desk:
        place = f"/api/conversations/{desk.conversation}/files"
        kept = await desk.agent.staff.post(f"{place}?name=Rechnung.pdf", content=b"%PDF-1.4 ein Beleg")
        assert kept.status_code == 200, kept.text
        program = await desk.agent.staff.post(f"{place}?name=hilfe.exe", content=b"MZ" + bytes(200))
        assert program.json()["code"] == "attachment_refused"
        await desk.mail("Anbei die Rechnung.", attachments=[kept.json()["id"]])
        (came,) = await desk.sent()
        assert [(file.name, file.content) for file in came.mail.attachments] == [("Rechnung.pdf", b"%PDF-1.4 ein Beleg")]
        assert await desk.refused("Noch einmal.", attachments=[kept.json()["id"]]) == "attachment_unknown"
        got = await desk.agent.staff.get(f"{place}/{kept.json()['id']}")
        assert got.content == b"%PDF-1.4 ein Beleg"
        assert got.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in got.headers["content-security-policy"]


async def test_a_mail_is_sent_on_to_the_clients_own_people_and_to_nobody_else(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path, rules="{forward: [lager@sonne.example]}") as desk:
        asked = {"conversation": desk.conversation, "position": 1, "text": "Wisst ihr mehr?"}
        await desk.agent.send("forward_mail", client_message_id=hubs.message_id(), to=EVE, **asked)
        await desk.agent.expect("refusal", lambda frame: frame["code"] == "mail_recipient_refused")
        mine = hubs.message_id()
        await desk.agent.send("forward_mail", client_message_id=mine, to="lager@sonne.example", **asked)
        await desk.agent.expect("ack", lambda frame: frame["client_message_id"] == mine)
        (came,) = await desk.sent("lager@sonne.example")
        assert "Wisst ihr mehr?" in (came.mail.text or "")
        assert "wo ist mein Paket" in (came.mail.text or "")
        await desk.agent.expect("staff_entry", lambda frame: frame["kind"] == "mail_forwarded")


async def test_an_ended_chat_goes_to_its_customer_once_and_only_if_somebody_answered(sqlite_url: str, tmp_path: Path) -> None:
    async with mailing(sqlite_url, tmp_path) as (floor, post):
        agent, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start("Guten Tag, ich suche mein Paket aus der letzten Woche.", name="Anna Berger")
        await customer.send("transcript", conversation=conversation, email=ANNA)
        await customer.expect("refusal", lambda frame: frame["code"] == "not_ended")
        await agent.take()
        await agent.reply(conversation, "Guten Tag Frau Berger, es kommt morgen.")
        await agent.send("end", conversation=conversation)
        await customer.expect("state", lambda frame: frame["conversation"]["state"] == "ended")
        for _ in range(2):
            await customer.send("transcript", conversation=conversation, email=ANNA)
        await customer.until(lambda: "notice.transcript_sent" in customer.notices)
        desk = Desk(floor=floor, agent=agent, post=post, conversation=conversation)
        (came,) = await desk.sent()
        text = came.mail.text or ""
        assert text.index("ich suche mein Paket") < text.index("es kommt morgen")
        assert "Kanarienvogel" not in came.raw.decode("latin-1")
        assert customer.notices.count("notice.transcript_sent") == 1


@pytest.mark.parametrize("email", [ANNA, None])
async def test_a_message_left_at_a_closed_door_becomes_mail_where_there_is_an_address(
    sqlite_url: str, tmp_path: Path, email: str | None
) -> None:
    async with mailing(sqlite_url, tmp_path, hours="{}") as (floor, _post):
        customer = await floor.visitor()
        given = {"email": email} if email else {}
        conversation = await customer.start("Guten Tag, bitte schreiben Sie mir zurück.", name="Anna", **given)
        async with floor.hub.store.read() as tx:
            found = await tx.conversations.find(Scope.system("test"), conversation)
        assert found is not None
        assert found.channel.value == ("email" if email else "chat")


@dataclass
class Meanwhile:
    """Makes mails as the hub does, and lets something happen while one is made."""

    of: Post
    happens: Callable[[], Awaitable[None]]

    async def draft(self, tx: Tx, floor: Floor, wanted: Wanted, now: datetime, /) -> Draft:
        return await self.of.draft(tx, floor, wanted, now)

    async def make(self, draft: Draft, /) -> Made:
        async with asyncio.timeout(hubs.PATIENCE_SECONDS):
            await self.happens()
        return await self.of.make(draft)

    async def put(self, tx: Tx, made: Made, /) -> str:
        return await self.of.put(tx, made)

    async def decide(self, tx: Tx, workspace: str, mail: str, decision: Literal["sent", "again"], now: datetime, /) -> bool:
        return await self.of.decide(tx, workspace, mail, decision, now)


def _desk_where(hub: Hub, happens: Callable[[], Awaitable[None]]) -> MailDesk:
    return MailDesk(
        store=hub.store,
        workspaces=hub.workspaces,
        conversations=hub.conversations,
        post=Meanwhile(OutgoingMail(jobs=hub.jobs, ids=Ids()), happens),
        bus=hub.bus,
        clock=hub.clock,
        ids=Ids(),
    )


async def test_while_a_mail_is_made_others_write_and_what_changed_meanwhile_is_asked_again(sqlite_url: str, tmp_path: Path) -> None:
    async with a_mail_in_hand(sqlite_url, tmp_path) as desk:
        hub, scope = desk.floor.hub, Scope.agent("test", "anna", "anna")
        place = f"/api/conversations/{desk.conversation}/files"
        file = (await desk.agent.staff.post(f"{place}?name=a.txt", content=b"hello")).json()["id"]
        asked = ReplyByMail(
            client_message_id=hubs.message_id(),
            conversation=desk.conversation,
            to=[ANNA],
            subject="",
            text="Ihr Paket ist unterwegs.",
            attachments=[file],
        )

        async def somebody_writes() -> None:
            await hub.store.write(lambda tx: tx.mail.sweep_guards(datetime(2000, 1, 1, tzinfo=UTC)), name="else")

        async def it_is_taken_back() -> None:
            await hub.mail.detach(scope, desk.conversation, file)

        async def nobody_asks() -> None:
            raise AssertionError("made twice")

        with pytest.raises(HubError, match="attachment_unknown"):
            await _desk_where(hub, it_is_taken_back).reply(scope, asked)
        without = msgspec.structs.replace(asked, attachments=[])
        posted = await _desk_where(hub, somebody_writes).reply(scope, without)
        assert await _desk_where(hub, nobody_asks).reply(scope, without) == posted
        assert len(await desk.sent()) == 1
