"""Mail in rows, on both databases: kept once, read by one, counted by all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update

from contact_hub.store import Store, Tx
from contact_hub.store.records import Outgoing, RawMail
from contact_hub.store.tables import mail_bytes, raw_mails
from routing.model import BrandId
from tests.store.builders import NOW, WORKSPACE, at, laid_down

BRAND = "sonne"


def raw(name: str, **given: Any) -> RawMail:
    values: dict[str, Any] = {"dedupe_key": f"key-{name}", "mailbox": "help", "received_at": NOW, "due_at": NOW, "size": 3, **given}
    return RawMail(workspace=WORKSPACE, id=name, brand=BrandId(BRAND), **values)


async def test_a_mail_is_kept_once_whatever_names_it(store: Store) -> None:
    async def keep(mail: RawMail) -> tuple[str, bool]:
        return await store.write(lambda tx: tx.mail.keep_raw(mail, b"a\x00\xff"), name="keep")

    largest = 2**32 - 1
    assert await keep(raw("one", uidvalidity=largest, uid=largest)) == ("one", True)
    assert await keep(raw("same-number", uidvalidity=largest, uid=largest)) == ("one", False)
    assert await keep(raw("same-content", dedupe_key="key-one", uidvalidity=1, uid=2)) == ("one", False)
    assert await keep(raw("handed-in", dedupe_key="key-one")) == ("one", False)
    assert await keep(raw("elsewhere", dedupe_key="key-one", mailbox="other")) == ("elsewhere", True)
    assert await keep(raw("without-number")) == ("without-number", True)
    async with store.read() as tx:
        assert await tx.mail.raw_bytes(WORKSPACE, "one") == b"a\x00\xff"
        assert [mail.id for mail in await tx.mail.due(WORKSPACE, NOW)] == ["elsewhere", "one", "without-number"]
        assert [(box.mailbox, dict(box.counts)) for box in await tx.mail.backlog(WORKSPACE)] == [
            ("help", {"waiting": 2}),
            ("other", {"waiting": 1}),
        ]


async def test_a_mail_is_settled_by_who_comes_first_and_buried_for_good(store: Store) -> None:
    await store.write(lambda tx: tx.mail.keep_raw(raw("one"), b"x"), name="keep")
    settled = await asyncio.gather(
        *(store.write(lambda tx: tx.mail.settle_raw(WORKSPACE, "one", state="failed", reason="x"), name="settle") for _ in range(3))
    )
    assert sorted(settled) == [False, False, True]
    await store.write(lambda tx: tx.mail.bury_raw(WORKSPACE, "one", NOW), name="bury")
    assert await store.write(lambda tx: tx.mail.keep_raw(raw("again", dedupe_key="key-one"), b"x"), name="keep") == ("one", False)
    async with store.read() as tx:
        assert await tx.mail.raw_bytes(WORKSPACE, "one") is None


async def test_one_node_reads_a_mailbox_until_it_resigns_or_dies_and_the_cursor_never_goes_back(store: Store) -> None:
    async def lead(node: str, seconds: float) -> bool:
        return await store.write(
            lambda tx: tx.mail.lead(WORKSPACE, "help", "INBOX", node=node, now=at(seconds), seconds=10), name="lead"
        )

    assert [await lead("one", 0), await lead("two", 5), await lead("one", 8), await lead("two", 17), await lead("two", 18)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    await store.write(lambda tx: tx.mail.resign(WORKSPACE, "help", "INBOX", node="two"), name="resign")
    assert await lead("one", 19)
    await store.write(lambda tx: tx.mail.begin_folder(WORKSPACE, "help", "INBOX", 7, 10), name="begin")
    for uid in (12, 11):
        await store.write(lambda tx, uid=uid: tx.mail.advance(WORKSPACE, "help", "INBOX", 7, uid), name="advance")  # type: ignore[misc]
    await store.write(lambda tx: tx.mail.advance(WORKSPACE, "help", "INBOX", 6, 99), name="advance")
    await store.write(lambda tx: tx.mail.health(WORKSPACE, "help", "INBOX", "down", at(20), trouble="unreachable"), name="health")
    await store.write(lambda tx: tx.mail.health(WORKSPACE, "help", "INBOX", "down", at(30), trouble="unreachable"), name="health")
    async with store.read() as tx:
        (cursor,) = await tx.mail.cursors(WORKSPACE)
    assert (cursor.uidvalidity, cursor.last_uid, cursor.leader, cursor.trouble_since) == (7, 12, "one", at(20))
    await store.write(lambda tx: tx.mail.health(WORKSPACE, "help", "INBOX", "up", at(40)), name="health")
    async with store.read() as tx:
        found = await tx.mail.cursor(WORKSPACE, "help", "INBOX")
    assert found is not None
    assert (found.state, found.trouble, found.trouble_since, found.looked_at) == ("up", None, None, at(40))


async def test_of_any_number_of_robots_one_may_answer_in_a_day(store: Store) -> None:
    async def claim(seconds: float) -> bool:
        return await store.write(
            lambda tx: tx.mail.claim_answer(WORKSPACE, BRAND, "ana@x", at(seconds), pause=timedelta(hours=24)), name="claim"
        )

    assert sorted(await asyncio.gather(*(claim(0) for _ in range(4)))) == [False, False, False, True]
    assert [await claim(86_399), await claim(86_400)] == [False, True]
    await store.write(lambda tx: tx.mail.keep_arrivals(WORKSPACE, BRAND, "ana@x", [NOW, at(1)], at(1)), name="arrivals")
    async with store.read() as tx:
        assert await tx.mail.arrivals(WORKSPACE, BRAND, "ana@x") == ((NOW, at(1)), at(1))
        assert await tx.mail.tripped(WORKSPACE, NOW) == [(BRAND, "ana@x", at(1))]


async def test_an_id_belongs_to_its_brand_and_the_first_word_stands(store: Store) -> None:
    await laid_down(store, WORKSPACE)
    for brand, conversation in ((BRAND, "c1"), (BRAND, "c2"), ("qamar", "c3")):
        await store.write(
            lambda tx, brand=brand, conversation=conversation: tx.mail.learn_id(WORKSPACE, brand, "a@b", conversation, ours=False),  # type: ignore[misc]
            name="learn",
        )
    async with store.read() as tx:
        assert await tx.mail.conversations_of(WORKSPACE, BRAND, ["a@b", "x@y"]) == {"a@b": (BRAND, "c1")}
        assert await tx.mail.conversations_of(WORKSPACE, "qamar", ["a@b"]) == {"a@b": ("qamar", "c3")}
        assert await tx.mail.conversations_of(WORKSPACE, "third", ["a@b"]) != {}, "known, and another brand's"


async def test_an_outgoing_mail_keeps_its_bytes_and_each_recipient_a_state(store: Store) -> None:
    mail = Outgoing(
        workspace=WORKSPACE,
        id="out",
        brand=BrandId(BRAND),
        kind="reply",
        message_id="m@x",
        subject="s",
        envelope_from="h@x",
        due_at=NOW,
        made_at=NOW,
    )
    await store.write(lambda tx: tx.mail.put_out(mail, b"\x00raw", ["a@x", "b@x"]), name="put")
    await store.write(lambda tx: tx.mail.settle_recipient(WORKSPACE, "out", "a@x", "bounced", status="5.1.1"), name="settle")
    async with store.read() as tx:
        assert await tx.mail.outgoing_bytes(WORKSPACE, "out") == b"\x00raw"
        assert [one.state for one in await tx.mail.recipients(WORKSPACE, "out")] == ["bounced", "queued"]
        assert await tx.mail.outgoing_by_message_id(WORKSPACE, "m@x") == mail


async def test_a_mail_whose_bytes_an_earlier_version_kept_in_its_row_is_read_and_forgotten_like_any(store: Store) -> None:
    await store.write(lambda tx: tx.mail.keep_raw(raw("old"), b"new place"), name="keep")

    async def as_it_was(tx: Tx) -> None:
        await tx.execute(delete(mail_bytes).where(mail_bytes.c.id == "old"))
        await tx.execute(update(raw_mails).where(raw_mails.c.id == "old").values(bytes=b"old place", state="stored"))

    await store.write(as_it_was, name="as it was")
    async with store.read() as tx:
        assert await tx.mail.raw_bytes(WORKSPACE, "old") == b"old place"
    assert await store.write(lambda tx: tx.mail.expire_raw(WORKSPACE, at(1), at(1), 5), name="expire") == (1, [])
    async with store.read() as tx:
        assert await tx.mail.raw_bytes(WORKSPACE, "old") is None
