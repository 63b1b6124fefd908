"""Mail that shall leave: composed, looked at once more and signed before anything is written, then frozen in the transaction of whoever wants it sent.

From here on its bytes never change. What is kept is what every try sends, what staff can look at, and what an answer's Message-ID is compared with. The rows
are the truth; the job beside them only hastens. How a mail travels is `sending`'s business; here is what people and other mails say about it afterwards.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from contact_hub.channels.email.headers import block, ids, message_id
from contact_hub.channels.email.limits import OutboxState, advance
from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.mended import Mended
from contact_hub.conversations.mail import Wanted
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Job, Jobs
from contact_hub.mail import mime
from contact_hub.mail.compose import ENTROPY_BYTES, Letter, Thread, compose, stationery
from contact_hub.mail.dkim import Key, signed
from contact_hub.mail.drafts import Draft, Made
from contact_hub.mail.egress import check, secrets_of
from contact_hub.mail.reading import Fate
from contact_hub.mail.secret import secret
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, Outgoing, OutgoingKind, OutgoingState, RawMail
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Mailbox
from contact_hub.workspace.values import plain_address

SEND: Final = "mail.send"
"""The kind of job that sends."""
BYTES_MAX: Final = 32 * 1024 * 1024
AT_ONCE_BYTES_MAX: Final = 32 * 1024
"""Larger mails are made in a thread: the others need not wait for a file to be looked through."""
_HEAD_BYTES_MAX: Final = 64 * 1024
_IDS_KEPT: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A mail that was put on its way."""

    id: str
    message_id: str
    subject: str
    recipients: tuple[str, ...]


class OutgoingMail:
    """All that may be done with mails that leave, inside the caller's transactions. `hosts`: names of our machines, which no mail may say.

    Three steps, so that no transaction waits for the work: `draft` reads what a mail is made of, `make` does the work, `put` writes it down.
    """

    def __init__(
        self, *, jobs: Jobs, ids: Ids, hosts: Collection[str] = (), entropy: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._jobs, self._ids, self._hosts, self._entropy = jobs, ids, tuple(hosts), entropy

    async def draft(self, tx: Tx, floor: Floor, wanted: Wanted, now: datetime) -> Draft:
        """What the mail that a person wrote is made of; only reads. Raises: mail_no_relay, mail_address_invalid, mail_too_large."""
        conversation = wanted.conversation
        brand = floor.brand(conversation.brand)
        fresh = None if await tx.mail.keys(floor.id) else self._entropy(32)
        if wanted.kind == "forward":  # to the client's own people: no answer of theirs may land in the customer's thread
            thread, mailbox = Thread(), _sending(brand)
        else:
            thread, mailbox = await self._thread(tx, brand, conversation, wanted.answers, fresh)
        return self._drafted(
            floor, mailbox, conversation, wanted.letter, thread, now, kind=wanted.kind, persona=wanted.persona, fresh=fresh
        )

    async def make(self, draft: Draft) -> Made:
        """Compose, check and sign it: all that takes time, and no transaction. Raises: mail_refused, mail_secret_missing."""
        if draft.size <= AT_ONCE_BYTES_MAX:
            return self._made(draft)
        return await asyncio.to_thread(self._made, draft)

    async def put(self, tx: Tx, made: Made) -> str:
        """Freeze a mail; it is on its way once the transaction is. Its id."""
        if (fresh := made.draft.fresh) is not None:
            keys = await tx.mail.ensure_key(made.draft.floor.id, fresh, made.draft.at)
            if keys[0] != fresh and made.draft.thread.key:
                raise HubError("unavailable")  # another first mail was faster: whoever asked asks again, and finds its key
        return (await self._keep(tx, made)).id

    async def freeze(
        self,
        tx: Tx,
        floor: Floor,
        mailbox: Mailbox,
        conversation: Conversation,
        letter: Letter,
        thread: Thread,
        now: datetime,
        *,
        kind: OutgoingKind,
        persona: str = "",
    ) -> Frozen:
        """All three steps at once, for a robot's few words. Raises as they do."""
        draft = self._drafted(floor, mailbox, conversation, letter, thread, now, kind=kind, persona=persona)
        return await self._keep(tx, await self.make(draft))

    def _drafted(
        self,
        floor: Floor,
        mailbox: Mailbox,
        conversation: Conversation,
        letter: Letter,
        thread: Thread,
        now: datetime,
        *,
        kind: OutgoingKind,
        persona: str,
        fresh: bytes | None = None,
    ) -> Draft:
        draft = Draft(
            floor=floor,
            mailbox=mailbox,
            conversation=conversation,
            letter=_addressed(letter, floor.brand(conversation.brand)),
            thread=thread,
            kind=kind,
            persona=persona,
            at=now,
            fresh=fresh,
        )
        if draft.size > BYTES_MAX:
            raise HubError("mail_too_large")
        return draft

    def _made(self, draft: Draft) -> Made:
        conversation, brand = draft.conversation, draft.brand
        paper = stationery(
            brand,
            address=draft.mailbox.address,
            language=conversation.language_tag,
            persona=draft.persona,
            zone=conversation.zone,
        )
        composed = compose(draft.letter, paper, draft.thread, now=draft.at, entropy=self._entropy(ENTROPY_BYTES))
        check(composed.raw, secrets_of(draft.floor, brand, hosts=self._hosts), composed.context)
        key = _key(draft.mailbox, paper.domain)
        return Made(draft=draft, composed=composed, raw=signed(composed.raw, key) if key else composed.raw)

    async def _keep(self, tx: Tx, made: Made) -> Frozen:
        draft, composed = made.draft, made.composed
        workspace, conversation = draft.floor.id, draft.conversation
        row = Outgoing(
            workspace=workspace,
            id=self._ids.mint("out", draft.at),
            brand=conversation.brand,
            conversation=conversation.id,
            kind=draft.kind,
            message_id=composed.message_id,
            subject=composed.subject,
            envelope_from=composed.envelope_from,
            due_at=draft.at,
            made_at=draft.at,
        )
        await tx.mail.put_out(row, made.raw, composed.recipients)
        if draft.thread.conversation is not None:
            await tx.mail.learn_id(workspace, draft.brand.id, composed.message_id, conversation.id, ours=True)
        await self._jobs.add(tx, Job(kind=SEND, workspace=workspace, payload={"mail": row.id}))
        return Frozen(id=row.id, message_id=row.message_id, subject=row.subject, recipients=composed.recipients)

    async def thread(
        self, tx: Tx, floor: Floor, conversation: Conversation, answers: str | None, now: datetime
    ) -> tuple[Thread, Mailbox]:
        """What ties a mail to its conversation, and the mailbox it is written from. Raises: mail_no_relay."""
        if not await tx.mail.keys(floor.id):
            await tx.mail.ensure_key(floor.id, self._entropy(32), now)
        return await self._thread(tx, floor.brand(conversation.brand), conversation, answers, None)

    async def decide(self, tx: Tx, workspace: str, mail: str, decision: Literal["sent", "again"], now: datetime) -> bool:
        """What a person says of a mail that nobody knows about: it arrived, or it shall be sent once more. A mail that failed may be sent once more too.
        False where there is nothing to decide. Whoever asks writes down who it was."""
        row = await tx.mail.outgoing(workspace, mail)
        if row is None:
            return False
        doubtful: tuple[OutgoingState, ...] = ("unknown",) if decision == "sent" else ("unknown", "failed")
        if row.state not in doubtful and not await self._any(tx, row, doubtful):
            return False
        to = advance(OutboxState.UNKNOWN, OutboxState.SENT if decision == "sent" else OutboxState.QUEUED, by_person=True)
        await tx.mail.settle_recipients(workspace, mail, from_=doubtful, to=to.value)
        state = await self._state(tx, row)
        if decision == "again":
            await tx.mail.settle_outgoing(workspace, mail, from_=[row.state], state=state, attempts=0, due_at=now)
        else:
            await tx.mail.settle_outgoing(workspace, mail, from_=[row.state], state=state, sent_at=row.sent_at or now)
        if decision == "again":
            await self._jobs.add(tx, Job(kind=SEND, workspace=workspace, payload={"mail": mail}))
        return True

    async def bounced(self, tx: Tx, mail: Outgoing, fate: Fate) -> None:
        """A report says that a recipient did not get it. One that names nobody speaks of all."""
        for recipient in await tx.mail.recipients(mail.workspace, mail.id):
            hit = not fate.address or plain_address(recipient.address) == plain_address(fate.address)
            if hit and recipient.state in {"sent", "unknown"}:
                said = (fate.diagnostic or fate.reason)[:300]
                await tx.mail.settle_recipient(
                    mail.workspace, mail.id, recipient.address, "bounced", status=fate.status or None, answer=said
                )
        state = await self._state(tx, mail)
        await tx.mail.settle_outgoing(mail.workspace, mail.id, from_=["sent", "unknown"], state=state, last_answer=fate.reason)

    async def arrived(self, tx: Tx, workspace: str, brand: str, message_ids: Iterable[str]) -> None:
        """Somebody answered these: whatever of them was in doubt has arrived."""
        for one in list(message_ids)[:_IDS_KEPT]:
            row = await tx.mail.outgoing_by_message_id(workspace, one)
            if row is not None and row.brand == brand and row.state == "unknown":
                await tx.mail.settle_recipients(workspace, row.id, from_=["unknown"], to="sent", answer="answered")
                await tx.mail.settle_outgoing(
                    workspace, row.id, from_=["unknown"], state=await self._state(tx, row), sent_at=row.sent_at or row.due_at
                )

    # ------------------------------------------------------------ inside

    async def _thread(
        self, tx: Tx, brand: Brand, conversation: Conversation, answers: str | None, fresh: bytes | None
    ) -> tuple[Thread, Mailbox]:
        workspace = conversation.workspace
        keys = [fresh] if fresh is not None else await tx.mail.keys(workspace)
        mailbox, subject = _sending(brand), ""
        replied: str | None = None
        earlier: tuple[str, ...] = ()
        raw = await tx.mail.raw(workspace, answers) if answers is not None else None
        if raw is not None:
            mailbox = _sending(brand, raw.mailbox)
            replied, earlier = _named_by(raw) or _ids_of(await tx.mail.raw_bytes(workspace, raw.id) or b"")
            subject = raw.subject
        else:
            before = await tx.mail.outgoing_of(Scope.system(workspace), conversation.id)
            earlier = tuple(one.message_id for one in before if one.kind != "forward")[-_IDS_KEPT:]
            subject = before[0].subject if before else ""
        thread = Thread(conversation=conversation.id, key=keys[0], in_reply_to=replied, references=earlier, subject=subject)
        return thread, mailbox

    async def _state(self, tx: Tx, mail: Outgoing) -> OutgoingState:
        return state_of([one.state for one in await tx.mail.recipients(mail.workspace, mail.id)])

    async def _any(self, tx: Tx, mail: Outgoing, states: Collection[OutgoingState]) -> bool:
        return any(one.state in states for one in await tx.mail.recipients(mail.workspace, mail.id))


_PRECEDENCE: Final[tuple[OutgoingState, ...]] = (
    "data_started",
    "leased",
    "queued",
    "deferred",
    "unknown",
    "failed",
    "bounced",
    "sent",
)


def state_of(recipients: Collection[OutgoingState]) -> OutgoingState:
    """Where a mail stands whose recipients stand there: what is still to be done first, then what a person should look at."""
    return next((state for state in _PRECEDENCE if state in recipients), "failed")


def mailbox_of(brand: Brand, envelope_from: str) -> Mailbox | None:
    """The mailbox a frozen mail is sent from, where the rules still have it; else whichever the brand writes from now."""
    wanted = plain_address(envelope_from)
    able = [box for box in brand.mailboxes if box.relay is not None]
    return next(
        (box for box in able if plain_address(mime.ascii_address(box.address) or box.address) == wanted), next(iter(able), None)
    )


def _sending(brand: Brand, mailbox: str = "") -> Mailbox:
    """The mailbox to write from: the one a mail came through if it can send, else the brand's first that can. Raises: mail_no_relay."""
    able = [box for box in brand.mailboxes if box.relay is not None]
    if not able:
        raise HubError("mail_no_relay")
    return next((box for box in able if box.id == mailbox), able[0])


def _addressed(letter: Letter, brand: Brand) -> Letter:
    """To whom it really goes: our own mailboxes are not written to. Raises: mail_address_invalid."""
    own = {plain_address(box.address) for box in brand.mailboxes}

    def others(addresses: Iterable[Address]) -> tuple[Address, ...]:
        return tuple(one for one in addresses if plain_address(one) not in own)

    letter = replace(letter, to=others(letter.to), cc=others(letter.cc), bcc=others(letter.bcc))
    everybody = (*letter.to, *letter.cc, *letter.bcc)
    for one in everybody:
        if mime.ascii_address(one) is None:
            raise HubError("mail_address_invalid", address=str(one)[:200])
    if not everybody:
        raise HubError("mail_address_invalid", address="")
    return letter


def _key(mailbox: Mailbox, domain: str) -> Key | None:
    if mailbox.dkim is None:
        return None
    return Key(domain=domain, selector=mailbox.dkim.selector, pem=secret(mailbox.dkim.secret))


def _named_by(raw: RawMail) -> tuple[str | None, tuple[str, ...]] | None:
    """Message-ID and references as intake wrote them down; None of a mail that came before it did."""
    match raw.findings.get("thread"):
        case {"id": own, "earlier": [*earlier]}:
            return own, tuple(earlier)
        case _:
            return None


def _ids_of(raw: bytes) -> tuple[str | None, tuple[str, ...]]:
    """Message-ID and references of a mail that came, from its head alone: the rest was read where strangers' mails are read."""
    head = raw[:_HEAD_BYTES_MAX]
    fields = block(head, 0, len(head), mended=Mended())
    own = fields.first("message-id")
    said = [value.decode("latin-1") for name in ("references", "in-reply-to") for value in fields.all(name)]
    return (message_id(own.decode("latin-1")) if own is not None else None), ids(said)[-_IDS_KEPT:]
