"""Mailboxes against a real dovecot: nothing missed, nothing twice, whoever was killed and whatever others do to the mailbox."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contact_hub.channels.email.mail import BYTES_MAX
from contact_hub.clock import SystemClock
from contact_hub.mail.boxes import Boxes, try_mailbox
from contact_hub.store import Store
from contact_hub.store.records import MailboxCursor, RawMail
from contact_hub.workspace import parse
from tests.mail import dovecot as servers
from tests.mail import killing
from tests.mail.dovecot import PASSWORD, Dovecot, access_token
from tests.mail.killing import SECRET, USER, numbered, workspace
from tests.mail.offices import MAIL_WORKSPACE, SYSTEM, Office, letter, office

PATIENCE_SECONDS = 60
pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    if not servers.installed():
        absent = "no dovecot (apt-get install dovecot-imapd dovecot-lmtpd)"
        if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
            pytest.fail(absent)
        pytest.skip(absent)
    with servers.dovecot() as server:
        yield server


@pytest.fixture
async def sonne(sqlite_url: str, imap: Dovecot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """An office whose first mailbox is read over IMAP, and is empty."""
    monkeypatch.setenv(SECRET, PASSWORD)
    with imap.client(USER) as client:
        client.delete_messages(client.search())
        client.expunge()
    async with office(sqlite_url) as found:
        await found.workspaces.apply(workspace(imap.imap_port), by="tests", first_password_hash="x")
        yield found


@contextlib.asynccontextmanager
async def fetching(sonne: Office, *, node: str = "one", **given: Any) -> AsyncIterator[Boxes]:
    settings = {"poll_seconds": 20, "lease_seconds": 6, "back_off_seconds": (0.2,), **given}
    boxes = Boxes(intake=sonne.intake, store=sonne.store, workspaces=sonne.workspaces, clock=SystemClock(), node=node, **settings)
    task = asyncio.create_task(boxes.run())
    try:
        yield boxes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def mails(store: Store) -> list[RawMail]:
    async with store.read() as tx:
        return await tx.mail.raw_mails(SYSTEM, limit=1_000)


async def cursor(sonne: Office) -> MailboxCursor | None:
    async with sonne.store.read() as tx:
        return await tx.mail.cursor("test", "sonne-help", "INBOX")


async def until(ask: Callable[[], Any], right: Callable[[Any], bool]) -> Any:
    """What `ask` answers once it is right."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not right(found := await ask()):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.03)
        return found


async def test_what_is_there_is_fetched_and_what_comes_is_pushed(sonne: Office, imap: Dovecot) -> None:
    await asyncio.to_thread(imap.deliver, USER, *numbered(3))
    async with fetching(sonne):
        await until(lambda: mails(sonne.store), lambda found: len(found) == 3)
        await until(lambda: cursor(sonne), lambda row: row is not None and row.state == "up")
        began = time.monotonic()
        await asyncio.to_thread(imap.deliver, USER, *numbered(1, 3))
        await until(lambda: mails(sonne.store), lambda found: len(found) == 4)
        assert time.monotonic() - began < 15, "the server said so at once; looking would have taken longer"
        with imap.client(USER) as client:
            await until(lambda: asyncio.to_thread(client.search, ["UNSEEN"]), lambda unseen: not unseen)


async def test_a_mail_that_somebody_else_has_read_is_fetched_and_one_that_is_gone_holds_up_nobody(
    sonne: Office, imap: Dovecot
) -> None:
    await asyncio.to_thread(imap.deliver, USER, *numbered(4))
    with imap.client(USER) as client:
        first, *_, last = client.search()
        client.add_flags([first, last], [b"\\Seen"])
        client.delete_messages([first])
        client.expunge([first])
    async with fetching(sonne):
        found = await until(lambda: mails(sonne.store), lambda found: len(found) == 3)
    assert {mail.uid for mail in found} == {first + 1, first + 2, last}


async def test_a_folder_that_counts_anew_brings_only_what_is_new_and_an_alert(sonne: Office, imap: Dovecot) -> None:
    await asyncio.to_thread(imap.deliver, USER, *numbered(20))
    async with fetching(sonne):
        found = await until(lambda: mails(sonne.store), lambda found: len(found) == 20)
        await until(lambda: cursor(sonne), lambda row: row is not None and row.state == "up")
    await sonne.store.write(lambda tx: tx.mail.bury_raw("test", found[0].id, sonne.clock.now()), name="bury")
    await asyncio.to_thread(imap.count_anew, USER)
    await asyncio.to_thread(imap.deliver, USER, *numbered(3, 20))
    async with fetching(sonne):
        found = await until(lambda: mails(sonne.store), lambda found: len(found) >= 23)
        row = await until(lambda: cursor(sonne), lambda row: row is not None and row.alert is not None)
    assert len(found) == 23
    assert [mail.state for mail in found].count("tombstone") == 1
    assert row.alert == "uidvalidity_changed"


async def test_a_mailbox_that_cannot_be_read_says_why_and_is_read_once_it_can(
    sonne: Office, imap: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box,) = (box for brand in sonne.workspaces.floor("test").workspace.brands for box in brand.mailboxes if box.intake.imap)
    monkeypatch.setenv(SECRET, "wrong")
    async with fetching(sonne):
        row = await until(lambda: cursor(sonne), lambda row: row is not None and row.state == "down")
        assert (row.trouble, "wrong" in str(row.trouble_text)) == ("login_refused", False)
        found = await try_mailbox(box)
        assert found is not None
        assert found.code == "login_refused"
        monkeypatch.delenv(SECRET)
        await until(lambda: cursor(sonne), lambda row: row.trouble == "secret_missing")
        monkeypatch.setenv(SECRET, PASSWORD)
        row = await until(lambda: cursor(sonne), lambda row: row.state == "up")
        assert (row.trouble, row.trouble_since) == (None, None)
        assert await try_mailbox(box) is None
        await asyncio.to_thread(imap.stop)
        await until(lambda: cursor(sonne), lambda row: row.state == "down")
        await asyncio.to_thread(imap.start)
        await asyncio.to_thread(imap.deliver, USER, *numbered(1))
        await until(lambda: mails(sonne.store), lambda found: len(found) == 1)


async def test_an_access_token_is_read_anew_at_each_login_so_that_something_else_may_renew_it(
    sonne: Office, imap: Dovecot, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(access_token(USER, -30))
    there = f"{{host: 127.0.0.1, port: {imap.imap_port}, security: none, user: {USER}, auth: xoauth2, secret: 'file:{token}'}}"
    text = MAIL_WORKSPACE.replace("hilfe@sonne.example, intake: {lmtp: true}", f"hilfe@sonne.example, intake: {{imap: {there}}}")
    await sonne.workspaces.apply(parse(text), by="tests", first_password_hash="x")
    await asyncio.to_thread(imap.deliver, USER, *numbered(1))
    async with fetching(sonne):
        await until(lambda: cursor(sonne), lambda row: row is not None and row.trouble == "login_refused")
        token.write_text(access_token(USER, 600) + "\n")
        await until(lambda: mails(sonne.store), lambda found: len(found) == 1)


async def test_one_node_fetches_and_another_takes_over_when_it_is_gone(sonne: Office, imap: Dovecot) -> None:
    await asyncio.to_thread(imap.deliver, USER, *numbered(2))
    async with fetching(sonne, node="one", lease_seconds=1):
        await until(lambda: cursor(sonne), lambda row: row is not None and row.leader == "one" and row.state == "up")
        async with fetching(sonne, node="two", lease_seconds=1):
            row = await until(lambda: cursor(sonne), lambda row: row is not None and row.state == "up")
            assert row.leader == "one"
    async with fetching(sonne, node="two", lease_seconds=1):
        await until(lambda: cursor(sonne), lambda row: row is not None and row.leader == "two")
    assert len(await mails(sonne.store)) == 2


async def test_a_mailbox_that_the_rules_do_not_name_any_more_is_let_go_and_read_on_if_it_comes_back(
    sonne: Office, imap: Dovecot
) -> None:
    await asyncio.to_thread(imap.deliver, USER, *numbered(1))
    async with fetching(sonne) as boxes:
        await until(lambda: cursor(sonne), lambda row: row is not None and row.state == "up")
        await sonne.workspaces.apply(parse(MAIL_WORKSPACE), by="tests", first_password_hash="x")
        await boxes.follow_rules()
        row = await cursor(sonne)
        assert row is not None
        assert (row.state, row.leader) == ("stopped", None)
        await asyncio.to_thread(imap.deliver, USER, *numbered(1, 1))
        await sonne.workspaces.apply(workspace(imap.imap_port), by="tests", first_password_hash="x")
        await boxes.follow_rules()
        found = await until(lambda: mails(sonne.store), lambda found: len(found) == 2)
    assert len({mail.id for mail in found}) == 2


async def test_a_mail_that_is_too_large_is_known_by_its_head(sonne: Office, imap: Dovecot) -> None:
    with imap.client(USER) as client:
        client.append("INBOX", letter("x") + (b"y" * 998 + b"\r\n") * (BYTES_MAX // 1000 + 1))
    await asyncio.to_thread(imap.deliver, USER, *numbered(1))
    async with fetching(sonne):
        found = await until(lambda: mails(sonne.store), lambda found: len(found) == 2)
    (large,) = (mail for mail in found if mail.state == "failed")
    assert (large.reason, large.size > BYTES_MAX) == ("too_large", True)


async def test_a_fetcher_that_is_killed_again_and_again_brings_each_mail_once(
    sonne: Office, sqlite_url: str, imap: Dovecot
) -> None:
    """Thirty mails, three kills, and somebody who marks mails as read; `python -m bench.email --fetching` does it with 200 and 20."""
    counted = await killing.run(sqlite_url, imap, mails=30, kills=3, marked=9, patient=False)

    assert (counted.kept, counted.inquiries, counted.twice) == (30, 30, 0)
