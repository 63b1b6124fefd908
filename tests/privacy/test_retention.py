"""Originals are kept for as long as the rules say, and for nobody who wants to be forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.privacy.retention import Retention
from contact_hub.store import Tx
from contact_hub.store.records import AttachmentRecord, Outgoing
from contact_hub.workspace import parse
from routing.model import BrandId
from tests.mail.offices import MAIL_WORKSPACE, NOW, SYSTEM, Office, letter, office

DAY = 86_400.0
CARD = "4111 1111 1111 1111"
DOUBTFUL = {"authentication_results": "mx.hub.example; dmarc=fail header.from=kunde.example"}


@pytest.fixture
async def sonne(sqlite_url: str) -> AsyncIterator[Office]:
    async with office(sqlite_url) as made:
        yield made


def _retention(here: Office) -> Retention:
    return Retention(store=here.store, workspaces=here.workspaces, clock=here.clock, ids=Ids())


async def _kept(here: Office, mail: str) -> bool:
    """Whether anything of the original is left in its row."""
    async with here.store.read() as tx:
        raw, html = await tx.mail.raw_bytes("test", mail), await tx.mail.html_of(SYSTEM, mail)
    return raw is not None or html is not None


async def _audited(here: Office) -> list[tuple[str, str]]:
    async with here.store.read() as tx:
        return [(row.action, row.subject) for row in await tx.audit.read(SYSTEM) if row.action.startswith("mail.")]


async def test_a_mail_is_kept_as_it_came_for_thirty_days_and_what_it_says_for_longer(sonne: Office) -> None:
    old = await sonne.arrive(letter(f"Meine Karte: {CARD}"))
    sonne.clock.advance(29 * DAY)
    young = await sonne.arrive(letter("Guten Tag", message_id="<young@kunde.example>"))
    await _retention(sonne).expire("test")
    assert await _kept(sonne, old.id)

    sonne.clock.advance(DAY + 1)
    await _retention(sonne).expire("test")

    assert not await _kept(sonne, old.id)
    assert await _kept(sonne, young.id)
    row = await sonne.row(old.id)
    assert (row.state, row.gone_at, row.subject) == ("stored", sonne.clock.now(), "Mein Paket")
    (said,) = [entry for entry in await sonne.entries(str(old.conversation)) if entry.body.get("mail") == old.id]
    assert said.body["text"] == "Meine Karte: •••• •••• •••• 1111"
    again = await sonne.arrive(letter(f"Meine Karte: {CARD}"))
    assert again.id == old.id
    assert not await _kept(sonne, old.id)


async def test_a_workspace_says_for_how_many_days(sonne: Office) -> None:
    await sonne.workspaces.apply(
        parse(MAIL_WORKSPACE + "\nretention: {original_mail_days: 2}\n"), by="tests", first_password_hash="x"
    )
    mail = await sonne.arrive(letter())
    sonne.clock.advance(2 * DAY + 1)
    await _retention(sonne).expire("test")
    assert not await _kept(sonne, mail.id)


async def test_what_nobody_decided_about_in_time_is_gone_too_and_the_audit_knows(sonne: Office) -> None:
    held = await sonne.arrive(letter(**DOUBTFUL))
    robot = await sonne.arrive(letter(auto_submitted="auto-replied", message_id="<robot@kunde.example>"))
    waiting = await sonne.intake.take("test", "sonne-help", letter(message_id="<waits@kunde.example>"))
    assert (held.state, robot.state) == ("held", "dropped")
    sonne.clock.advance(31 * DAY)
    await _retention(sonne).expire("test")
    assert [(await sonne.row(one)).state for one in (held.id, robot.id, waiting)] == ["tombstone", "tombstone", "waiting"]
    assert await _audited(sonne) == [("mail.expired", held.id)]
    await sonne.intake.work_off("test", waiting)
    assert (await sonne.row(waiting)).state == "stored"


async def test_files_that_nobody_sent_are_deleted_after_a_day(sonne: Office) -> None:
    ids, conversation = Ids(), str((await sonne.arrive(letter())).conversation)

    def file(mail: str) -> AttachmentRecord:
        name = ids.mint("att", sonne.clock.now())
        return AttachmentRecord(
            workspace="test", id=name, conversation=conversation, mail=mail, name="a.pdf", type="application/pdf", size=1
        )

    early, sent = file(""), file("out_x")
    sonne.clock.advance(23 * 3600)
    late = file("")

    async def attach(tx: Tx) -> None:
        for one in (early, sent, late):
            await tx.mail.attach(one, b"x")

    await sonne.store.write(attach, name="attach")
    sonne.clock.advance(3601)
    await _retention(sonne).expire("test")
    async with sonne.store.read() as tx:
        assert {one.id for one in await tx.mail.attachments_of(SYSTEM, conversation)} == {late.id, sent.id}


async def test_who_wants_to_be_forgotten_is_at_once_and_nobody_else(sonne: Office) -> None:
    hers = await sonne.arrive(letter(f"Karte {CARD}"))
    apart = await sonne.arrive(letter(sender="Ana <ANA@Kunde.example>", message_id="<apart@kunde.example>", **DOUBTFUL))
    his = await sonne.arrive(letter(sender="Max <max@kunde.example>", message_id="<max@kunde.example>"))
    sent = Outgoing(
        workspace="test",
        id="out_sent",
        brand=BrandId("sonne"),
        conversation=hers.conversation,
        kind="reply",
        message_id="x@sonne.example",
        subject="Re: Mein Paket",
        envelope_from="hilfe@sonne.example",
        state="sent",
        due_at=NOW,
        made_at=NOW,
    )
    file = AttachmentRecord(
        workspace="test", id="att_1", conversation=str(hers.conversation), mail=hers.id, name="a.pdf", type="x/y", size=1
    )

    async def put(tx: Tx) -> None:
        await tx.mail.put_out(sent, b"frozen", ["ana@kunde.example"])
        await tx.mail.attach(file, b"x")

    await sonne.store.write(put, name="put")
    gone = await _retention(sonne).forget(SYSTEM, "Ana@kunde.example", by="olga")

    assert (gone.came, gone.went, gone.files) == (2, 1, 1)
    assert [await _kept(sonne, one) for one in (hers.id, apart.id, his.id)] == [False, False, True]
    async with sonne.store.read() as tx:
        assert await tx.mail.outgoing_bytes("test", sent.id) == b""
        assert await tx.mail.attachments_of(SYSTEM, str(hers.conversation)) == []
    ((action, subject),) = await _audited(sonne)
    assert action == "mail.forgotten"
    assert "kunde.example" not in subject
    with pytest.raises(HubError, match="not_found"):
        await _retention(sonne).forget(SYSTEM, "nobody@kunde.example", by="olga")
