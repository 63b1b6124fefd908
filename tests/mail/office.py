"""A post office for tests: three brands, a store, and whoever writes and sends mail, joined as `app` joins them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contact_hub.bus import MemoryBus
from contact_hub.channels.email.mail import Address
from contact_hub.clock import Clock, ManualClock
from contact_hub.conversations.mail import Wanted
from contact_hub.conversations.service import Conversations
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.mail.attention import Attention
from contact_hub.mail.compose import Letter
from contact_hub.mail.outgoing import OutgoingMail
from contact_hub.mail.relay import Patience
from contact_hub.mail.sending import Pace, Sender
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Conversation, Outgoing, OutgoingRecipient
from contact_hub.workspace.floor import Floor
from i18n.detection import detect
from routing.model import BrandId, Channel, ClientId
from tests.mail.brands import HOST, NOW

WORKSPACE = "test"
SYSTEM = Scope.system(WORKSPACE)
QUICK = Patience(connect_seconds=2, command_seconds=2, data_seconds=0.4)


@dataclass
class Rules:
    """One floor, as the running service knows it."""

    of: Floor

    def floor(self, _workspace: str) -> Floor:
        return self.of

    def known(self) -> list[str]:
        return [self.of.id]


@dataclass
class Office:
    """`write` freezes a mail, `sender` sends; `sender_that(step)` sends and may die at a step."""

    store: Store
    rules: Rules
    clock: Clock
    ids: Ids
    jobs: Jobs
    conversations: Conversations
    outgoing: OutgoingMail
    sender: Sender

    async def open(self, brand: str = "sonne", *, name: str = "cnv_01jd5x0000000000000000000a", **more: Any) -> Conversation:
        """A conversation by mail."""
        face = self.rules.of.brand(brand)
        made = Conversation(
            workspace=WORKSPACE,
            id=name,
            client=ClientId(face.client),
            brand=BrandId(brand),
            channel=Channel.EMAIL,
            state="open",
            language_tag=face.languages[0],
            opened_at=self.clock.now(),
            last_at=self.clock.now(),
        )
        made = replace(made, **more)

        async def command(tx: Tx) -> None:
            await tx.workspaces.ensure(WORKSPACE, delivery_epoch="e1", at=self.clock.now())
            await tx.conversations.insert(made)

        await self.store.write(command, name="open")
        return made

    async def write(self, conversation: Conversation, *to: str, text: str = "Ihr Rad ist fertig.", **more: Any) -> str:
        wanted = Wanted(
            kind=more.pop("kind", "reply"),
            conversation=conversation,
            letter=Letter(to=tuple(Address(one) for one in to), text=text, **more),
            persona="Jonas",
        )
        return await self.store.write(lambda tx: self.outgoing.put(tx, self.rules.of, wanted, self.clock.now()), name="put")

    async def mail(self, id_: str) -> Outgoing:
        async with self.store.read() as tx:
            found = await tx.mail.outgoing(WORKSPACE, id_)
        assert found is not None
        return found

    async def recipients(self, id_: str) -> dict[str, OutgoingRecipient]:
        async with self.store.read() as tx:
            return {one.address: one for one in await tx.mail.recipients(WORKSPACE, id_)}

    async def raw(self, id_: str) -> bytes:
        async with self.store.read() as tx:
            return await tx.mail.outgoing_bytes(WORKSPACE, id_)

    async def told(self, conversation: str) -> list[str]:
        """The kinds of the staff entries of a conversation."""
        async with self.store.read() as tx:
            return [entry.kind for entry in await tx.conversations.staff_after(SYSTEM, conversation, 0)]

    def sender_that(self, step: Callable[[str], None] | None = None, *, clock: Clock | None = None, **more: Any) -> Sender:
        """Another worker."""
        return _sender(self.store, self.rules, clock or self.clock, self.ids, self.jobs, self.conversations, step=step, **more)


def office(store: Store, rules: Floor, *, clock: Clock | None = None, now: datetime = NOW, **more: Any) -> Office:
    clock, ids = clock or ManualClock(now), Ids()
    jobs, own = Jobs(clock=clock, ids=ids), Rules(rules)
    conversations = Conversations(
        store=store,
        workspaces=own,  # type: ignore[arg-type]  # as much of it as is asked for
        bus=MemoryBus(),
        clock=clock,
        ids=ids,
        detect=lambda text, hints: detect(text, hints=hints),
    )
    return Office(
        store=store,
        rules=own,
        clock=clock,
        ids=ids,
        jobs=jobs,
        conversations=conversations,
        outgoing=OutgoingMail(jobs=jobs, ids=ids, hosts=[HOST]),
        sender=_sender(store, own, clock, ids, jobs, conversations, **more),
    )


def _sender(
    store: Store,
    rules: Rules,
    clock: Clock,
    ids: Ids,
    jobs: Jobs,
    conversations: Conversations,
    *,
    step: Callable[[str], None] | None = None,
    patience: Patience = QUICK,
    pace: Pace | None = None,
    trust: ssl.SSLContext | None = None,
) -> Sender:
    return Sender(
        store=store,
        workspaces=rules,
        bus=MemoryBus(),
        clock=clock,
        ids=ids,
        jobs=jobs,
        attention=Attention(conversations),
        patience=patience,
        pace=pace,
        trust=trust,
        step=step,
    )
