"""Intake over a real store, without sockets: two brands of two clients, a mailbox or two each, and a clock that stands still."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from contact_hub.bus import MemoryBus
from contact_hub.clock import ManualClock
from contact_hub.conversations.service import Conversations, Detect
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.mail.intake import Intake
from contact_hub.mail.names import Names
from contact_hub.mail.placing import Placing
from contact_hub.mail.returns import Returns
from contact_hub.mail.workshop import InProcess, MailReader
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.store.records import Conversation, Inquiry, PublicEntry, RawMail, StaffEntry
from contact_hub.workspace import parse
from contact_hub.workspace.service import Workspaces
from i18n.detection import Detection, Detectors, Hints, detect
from tests.hubs import WORKSPACE

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SYSTEM = Scope.system("test")
OWN_SERVER = "mx.hub.example"

_SONNE = """    mailboxes:
      - {id: sonne-help, address: hilfe@sonne.example, intake: {lmtp: true}, own_servers: [mx.hub.example]}
      - {id: sonne-complaints, address: beschwerde@sonne.example, intake: {lmtp: true}, own_servers: [mx.hub.example], kind: complaint}
"""
_QAMAR = """    mailboxes:
      - {id: qamar-help, address: help@qamar.example, intake: {lmtp: true}, own_servers: [mx.hub.example]}
"""
MAIL_WORKSPACE = (
    WORKSPACE.replace("    fallback: leave_message\n  - id: qamar", f"    fallback: leave_message\n{_SONNE}  - id: qamar")
    .replace("    fallback: leave_message\nvendors:", f"    fallback: leave_message\n{_QAMAR}vendors:")
    .replace("pool: berlin, tier: 1}", "pool: berlin, tier: 1, channels: [chat, email]}")
    .replace("vendor: monsun, tier: 1}", "vendor: monsun, tier: 1, channels: [chat, email]}")
)

_detectors = Detectors.parse("eldc")


def hear(text: str, hints: Hints) -> Detection:
    return detect(text, hints=hints, detectors=_detectors)


def letter(
    text: str = "Guten Tag, wo ist mein Paket?", *, sender: str | None = "Ana Meyer <ana@kunde.example>", **headers: str
) -> bytes:
    """A mail as people write it. Headers by keyword (`message_id="<a@b>"`); one that is empty is left out."""
    given = {
        "From": sender or "",
        "To": "hilfe@sonne.example",
        "Subject": "Mein Paket",
        "Message-ID": "<first@kunde.example>",
        "Date": format_datetime(NOW),
        **{name.replace("_", "-").title().replace("Message-Id", "Message-ID"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return (
        f"{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
        + text.replace("\n", "\r\n").encode()
        + b"\r\n"
    )


@dataclass(frozen=True, kw_only=True)
class Office:
    store: Store
    intake: Intake
    clock: ManualClock
    conversations: Conversations
    workspaces: Workspaces

    async def arrive(self, raw: bytes, mailbox: str = "sonne-help", **given: Any) -> RawMail:
        """A mail comes and is worked off; its row then."""
        mail = await self.intake.take("test", mailbox, raw, **given)
        await self.intake.work_off("test", mail)
        return await self.row(mail)

    async def again(self, mail: str, **given: Any) -> None:
        """An operator has it worked off once more."""
        await self.store.write(lambda tx: self.intake.again(tx, "test", mail, **given), name="again")

    async def bury(self, mail: str) -> None:
        """An operator deletes it."""
        await self.store.write(lambda tx: self.intake.bury(tx, "test", mail), name="bury")

    async def row(self, mail: str) -> RawMail:
        async with self.store.read() as tx:
            found = await tx.mail.raw("test", mail)
        assert found is not None
        return found

    async def conversation(self, mail: RawMail) -> Conversation:
        assert mail.conversation is not None, mail
        async with self.store.read() as tx:
            return await tx.conversations.get(SYSTEM, mail.conversation)

    async def entries(self, conversation: str) -> list[PublicEntry]:
        async with self.store.read() as tx:
            return await tx.conversations.public_after(SYSTEM, conversation, 0)

    async def told(self, conversation: str) -> list[StaffEntry]:
        async with self.store.read() as tx:
            return await tx.conversations.staff_after(SYSTEM, conversation, 0)

    async def inquiries(self) -> list[Inquiry]:
        async with self.store.read() as tx:
            return await tx.inquiries.unfinished(SYSTEM)

    async def key(self) -> bytes:
        async with self.store.read() as tx:
            return (await tx.mail.keys("test"))[0]

    async def end(self, conversation: str) -> None:
        await self.store.write(
            lambda tx: tx.conversations.update(SYSTEM, conversation, state="ended", ended_at=self.clock.now(), ended_by="agent"),
            name="end",
        )


@contextlib.asynccontextmanager
async def office(
    url: str, *, reader: MailReader | None = None, hear: Detect = hear, names: Names | None = None
) -> AsyncIterator[Office]:
    store = await Store.open(url)
    clock, ids, bus = ManualClock(NOW), Ids(), MemoryBus()
    try:
        workspaces = Workspaces(store=store, bus=bus, clock=clock)
        await workspaces.apply(parse(MAIL_WORKSPACE), by="tests", first_password_hash="x")
        conversations = Conversations(store=store, workspaces=workspaces, bus=bus, clock=clock, ids=ids, detect=hear)
        intake = Intake(
            store=store,
            workspaces=workspaces,
            jobs=Jobs(clock=clock, ids=ids),
            clock=clock,
            ids=ids,
            reader=reader or InProcess(),
            placing=Placing(conversations=conversations, clock=clock, ids=ids, detect=hear),
            returns=Returns(conversations=conversations, bus=bus),
            names=names,
        )
        yield Office(store=store, intake=intake, clock=clock, conversations=conversations, workspaces=workspaces)
    finally:
        await store.close()
