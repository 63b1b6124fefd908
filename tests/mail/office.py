"""A post office for tests: three brands, a store, and whoever writes and sends mail, joined as `app` joins them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from contact_hub.bus import MemoryBus
from contact_hub.channels.chat.frames import OpeningHours
from contact_hub.channels.chat.visitor import Place
from contact_hub.channels.email.mail import Address
from contact_hub.clock import Clock, ManualClock
from contact_hub.conversations.mail import Wanted
from contact_hub.conversations.service import Conversations
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.jobs.runner import Runner
from contact_hub.mail.answers import AutomaticAnswers
from contact_hub.mail.attention import Attention
from contact_hub.mail.compose import Letter
from contact_hub.mail.intake import Intake
from contact_hub.mail.outgoing import OutgoingMail
from contact_hub.mail.placing import Placing
from contact_hub.mail.relay import Patience
from contact_hub.mail.returns import Returns
from contact_hub.mail.sending import Pace, Sender
from contact_hub.mail.workshop import InProcess
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Conversation, Inquiry, Outgoing, OutgoingRecipient, RawMail
from contact_hub.workspace.floor import Floor
from i18n.detection import Detection, Detectors, Hints, detect
from routing.model import BrandId, Channel, ClientId
from tests.mail.brands import HOST, NOW

WORKSPACE = "test"
SYSTEM = Scope.system(WORKSPACE)
_DETECTORS = Detectors.parse("eldc")
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
class Hours:
    """Whether anybody is there, and how long it takes, as a test wishes it."""

    opening: OpeningHours = field(default_factory=lambda: OpeningHours(open=True))
    minutes: tuple[int, int] | None = None

    def at(self, _floor: Floor, _brand: str, _kind: str, _channel: Channel) -> OpeningHours:
        return self.opening

    def place(self, _workspace: str, _inquiry: str) -> Place:
        return Place(ahead=0, minutes=self.minutes)


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
    intake: Intake
    answers: AutomaticAnswers
    runner: Runner
    hours: Hours

    async def arrive(self, raw: bytes, mailbox: str = "sonne-hilfe", **given: Any) -> RawMail:
        """A mail comes and is worked off; its row then."""
        await self.store.write(
            lambda tx: tx.workspaces.ensure(WORKSPACE, delivery_epoch="e1", at=self.clock.now()), name="workspace"
        )
        mail = await self.intake.take(WORKSPACE, mailbox, raw, **given)
        await self.intake.work_off(WORKSPACE, mail)
        async with self.store.read() as tx:
            found = await tx.mail.raw(WORKSPACE, mail)
        assert found is not None
        return found

    async def work(self, *kinds: str) -> None:
        """Let background work of these kinds happen that is due by now."""
        async with self.store.read() as tx:
            due = await tx.outbox.due(self.clock.now(), kinds or ["mail.answer", "mail.survey"], 100)
        for row in due:
            await self.runner.run(row.workspace, row.id)

    async def conversation(self, id_: str) -> Conversation:
        async with self.store.read() as tx:
            return await tx.conversations.get(SYSTEM, id_)

    async def written(self, conversation: str | None) -> list[Outgoing]:
        """The mails that were frozen for a conversation."""
        async with self.store.read() as tx:
            return await tx.mail.outgoing_of(SYSTEM, conversation or "")

    async def open_inquiries(self) -> list[Inquiry]:
        async with self.store.read() as tx:
            return await tx.inquiries.unfinished(SYSTEM)

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
        made = msgspec.structs.replace(made, **more)

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
        async with self.store.read() as tx:
            draft = await self.outgoing.draft(tx, self.rules.of, wanted, self.clock.now())
        made = await self.outgoing.make(draft)
        return await self.store.write(lambda tx: self.outgoing.put(tx, made), name="put")

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
    clock, ids, hours = clock or ManualClock(now), Ids(), Hours()
    jobs, own = Jobs(clock=clock, ids=ids), Rules(rules)
    workspaces: Any = own  # as much of them as is asked for
    conversations = Conversations(store=store, workspaces=workspaces, bus=MemoryBus(), clock=clock, ids=ids, detect=_hear)
    outgoing = OutgoingMail(jobs=jobs, ids=ids, hosts=[HOST])
    placing = Placing(conversations=conversations, clock=clock, ids=ids, detect=_hear)
    answers = AutomaticAnswers(
        store=store,
        workspaces=workspaces,
        jobs=jobs,
        clock=clock,
        conversations=conversations,
        outgoing=outgoing,
        opening=hours.at,
        queue=hours,
    )
    placing.answers, conversations.on_ended = answers, answers.ended
    sender = _sender(store, own, clock, ids, jobs, conversations, **more)
    jobs.register(*answers.kinds(), *sender.kinds())
    return Office(
        store=store,
        rules=own,
        clock=clock,
        ids=ids,
        jobs=jobs,
        conversations=conversations,
        outgoing=outgoing,
        sender=sender,
        intake=Intake(
            store=store,
            workspaces=workspaces,
            jobs=jobs,
            clock=clock,
            ids=ids,
            reader=InProcess(),
            placing=placing,
            returns=Returns(conversations=conversations, bus=MemoryBus(), bounced=outgoing.bounced),
        ),
        answers=answers,
        runner=Runner(jobs, store=store, clock=clock, node="test", poll_seconds=1),
        hours=hours,
    )


def _hear(text: str, hints: Hints) -> Detection:
    return detect(text, hints=hints, detectors=_DETECTORS)


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
