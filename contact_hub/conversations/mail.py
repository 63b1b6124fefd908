"""What people do with mail in a conversation: answer, forward, attach, decide about what nobody knows.

Like every command: one transaction. Where a mail is made, its making stands before it, since looking through a file takes a second and everybody's writes
would wait for it; what could have changed meanwhile is asked again. Whom a brand writes to is the brand's rule (`mail.cc`, `mail.forward`) and is asked here,
before the guard reads the words exactly as it does in a chat. What was said before stands below an answer only where each of its readers was there: an
address that the agent adds gets the answer and no history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from agents import frames as f
from contact_hub.brands.faces import persona_face
from contact_hub.bus import Bus, Poke
from contact_hub.channels.chat.frames import (
    AttachmentRef,
    BrandMail,
    BrandMessage,
    CustomerMail,
    CustomerMessage,
    MailAddress,
    Notice,
    PublicBody,
)
from contact_hub.channels.email.attachments import safe_name, verdict
from contact_hub.channels.email.filetypes import type_of
from contact_hub.channels.email.mail import Address, Attachment
from contact_hub.channels.email.richtext import to_html, to_text
from contact_hub.clock import Clock
from contact_hub.conversations.service import Conversations, Posted
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.mail import mime
from contact_hub.mail.compose import File, Letter, Quoted
from contact_hub.mail.drafts import Draft, Made
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.store import Store, Tx, lane_of
from contact_hub.store.records import AttachmentRecord, Conversation, NewStaffEntry, PublicEntry
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand
from contact_hub.workspace.service import Workspaces
from i18n import catalogues, formatting

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
FILES_BYTES_MAX: Final = 20 * 1024 * 1024
"""Of one mail: many servers take no more than 25 MB, and Base 64 makes four bytes of three."""
_LOOKED_BACK: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A mail that shall go out: what `Post` makes bytes of. `raw`: the mail that is answered, by its id; `persona` is empty where nobody signs."""

    kind: Literal["reply", "forward", "transcript"]
    conversation: Conversation
    letter: Letter
    persona: str = ""
    answers: str | None = None
    sender: str = ""
    """The account or agent on whose behalf; never leaves."""


class Post(Protocol):
    """Whoever makes mails, freezes and sends them. What takes time is done between two transactions and in none."""

    async def draft(self, tx: Tx, floor: Floor, wanted: Wanted, now: datetime, /) -> Draft:
        """What a mail is made of; only reads."""

    async def make(self, draft: Draft, /) -> Made:
        """The mail itself."""

    async def put(self, tx: Tx, made: Made, /) -> str:
        """The id of the frozen mail, which is on its way once the transaction is."""

    async def decide(self, tx: Tx, workspace: str, mail: str, decision: Literal["sent", "again"], now: datetime, /) -> bool:
        """What a person says of a mail that nobody knows about; False where it is not in doubt any more."""


class MailDesk:
    """All commands on mail that an agent gives."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Workspaces,
        conversations: Conversations,
        post: Post,
        bus: Bus,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store, self._workspaces, self._conversations, self._post = store, workspaces, conversations, post
        self._bus, self._clock, self._ids = bus, clock, ids

    async def reply(self, scope: AgentScope, asked: f.ReplyByMail) -> Posted:
        """A mail as the persona.

        Raises: not_yours, conversation_ended, mail_no_relay, mail_address_invalid, mail_recipient_refused, attachment_unknown, attachment_too_large,
        guard_refused, guard_warned, id_reused, text_empty.
        """
        text = _clean(asked.text)
        subject = mime.one_line(mask_cards(asked.subject))
        to, cc, bcc = _addresses(asked.to), _addresses(asked.cc), _addresses(asked.bcc)
        now = self._clock.now()
        print_ = msgspec.json.encode([to, cc, bcc, subject, text, asked.attachments]).decode()

        async with self._store.read() as tx:
            drafted = None
            if not await self._said(tx, scope, asked.conversation, asked.client_message_id):
                drafted = await self._drafted_reply(tx, scope, asked, text, subject, (to, cc, bcc), now)
        made = await self._post.make(drafted[0]) if drafted is not None else None

        async def command(tx: Tx) -> Posted:
            if await self._said(tx, scope, asked.conversation, asked.client_message_id):
                conversation = await tx.conversations.get(Scope.system(scope.workspace), asked.conversation)
                said: PublicBody = BrandMail(outgoing="", subject=subject, text=text)
                return await self._say(tx, scope, conversation, said, now, asked.client_message_id, print_)
            conversation = await self._in_hand(tx, scope, asked.conversation)
            assert made is not None and drafted is not None, "what was said stays said"  # noqa: PT018
            outgoing = await self._post.put(tx, made)
            if await tx.mail.adopt(scope.workspace, conversation.id, asked.attachments, outgoing) != len(set(asked.attachments)):
                raise HubError("attachment_unknown")  # taken back meanwhile
            body = msgspec.structs.replace(drafted[1], outgoing=outgoing)
            posted = await self._say(tx, scope, conversation, body, now, asked.client_message_id, print_)
            await tx.mail.place(scope.workspace, outgoing, posted.position)
            return posted

        return await self._store.write(command, name="mail.reply", lane=lane_of(scope), cost=2)

    async def _drafted_reply(
        self, tx: Tx, scope: AgentScope, asked: f.ReplyByMail, text: str, subject: str, to: Sequence[tuple[str, ...]], now: datetime
    ) -> tuple[Draft, BrandMail]:
        """What the mail is made of, and what will stand in the conversation."""
        conversation = await self._in_hand(tx, scope, asked.conversation)
        floor = self._workspaces.floor(scope.workspace)
        brand = _writing(floor, conversation)
        thread = await _Thread.read(tx, conversation)
        addressed, copied, hidden = to
        thread.admit(brand, to=addressed, copied=(*copied, *hidden))
        self._conversations.check_words(floor, scope, brand, conversation, f"{subject}\n{to_text(text)}", asked.confirmed)
        files = await _files(tx, scope, conversation.id, asked.attachments)
        persona = persona_face(floor.persona(scope.agent_id, brand.id))
        letter = Letter(
            to=thread.named(addressed),
            cc=thread.named(copied),
            bcc=thread.named(hidden),
            subject=subject,
            text=to_text(text),
            rich=to_html(text),
            files=tuple(File(name=row.name, type=row.type, content=content) for row, content in files),
            quoted=thread.quoted(brand) if asked.quote and thread.was_there((*addressed, *copied, *hidden)) else (),
            quote=brand.mail.quote if asked.quote else "none",
        )
        wanted = Wanted(
            kind="reply",
            conversation=conversation,
            letter=letter,
            persona=persona.name,
            answers=thread.latest.mail if thread.latest else None,
            sender=scope.agent_id,
        )
        body = BrandMail(
            outgoing="",
            subject=subject or thread.subject,
            text=text,
            to=tuple(MailAddress(email=str(one), name=one.name) for one in letter.to),
            cc=tuple(MailAddress(email=str(one), name=one.name) for one in letter.cc),
            attachments=tuple(_ref(row) for row, _ in files),
            persona=persona,
            language=conversation.language_tag,
        )
        return await self._post.draft(tx, floor, wanted, now), body

    async def forward(self, scope: AgentScope, asked: f.ForwardMail) -> Posted:
        """Send what the customer wrote on to one of the client's own people; only staff sees that it was.

        Raises: not_yours, conversation_ended, mail_no_relay, mail_recipient_refused, not_found, guard_refused, guard_warned, id_reused.
        """
        words = mask_cards(asked.text.strip())
        now = self._clock.now()

        async with self._store.read() as tx:
            draft = None
            if not await self._said(tx, scope, asked.conversation, asked.client_message_id, log="staff"):
                draft = await self._drafted_forward(tx, scope, asked, words, now)
        made = await self._post.make(draft) if draft is not None else None

        async def command(tx: Tx) -> Posted:
            system = Scope.system(scope.workspace)
            values: dict[str, str] = {"to": asked.to, "position": str(asked.position)}
            if await self._said(tx, scope, asked.conversation, asked.client_message_id, log="staff"):
                conversation = await tx.conversations.get(system, asked.conversation)
            else:
                conversation = await self._in_hand(tx, scope, asked.conversation)
                assert made is not None, "what was said stays said"
                values["mail"] = await self._post.put(tx, made)
            entry = NewStaffEntry(
                at=now,
                kind="mail_forwarded",
                sender=scope.agent_id,
                pool=conversation.pool,
                client_message_id=asked.client_message_id,
                fingerprint=msgspec.json.encode([asked.to, asked.position, words]).decode(),
                body={"text": words, "values": values},
            )
            appended = await tx.conversations.append_staff(system, asked.conversation, entry)
            self._moved(tx, scope.workspace, asked.conversation)
            return Posted(conversation=asked.conversation, position=appended.position, at=appended.at)

        return await self._store.write(command, name="mail.forward", lane=lane_of(scope), cost=2)

    async def _drafted_forward(self, tx: Tx, scope: AgentScope, asked: f.ForwardMail, words: str, now: datetime) -> Draft:
        conversation = await self._in_hand(tx, scope, asked.conversation)
        floor = self._workspaces.floor(scope.workspace)
        brand = _writing(floor, conversation)
        if asked.to.casefold() not in {address.casefold() for address in brand.mail.forward}:
            raise HubError("mail_recipient_refused", address=asked.to)
        thread = await _Thread.read(tx, conversation)
        told = next((one for one in thread.entries if one.position == asked.position), None)
        if told is None or isinstance(told.body, Notice):
            raise HubError("not_found")
        if words:
            self._conversations.check_words(floor, scope, brand, conversation, to_text(words), [*asked.confirmed, "wrong_language"])
        body = told.body
        attached = body.attachments if isinstance(body, CustomerMail | BrandMail) else ()
        files = [await tx.mail.attachment(scope, one.id) for one in attached]
        letter = Letter(
            to=(Address(asked.to),),
            subject=f"Fwd: {body.subject}" if isinstance(body, CustomerMail | BrandMail) and body.subject else "",
            text=to_text(words) or "\u00a0",
            rich=to_html(words) if words else "",
            files=tuple(File(name=row.name, type=row.type, content=content) for row, content in files),
            quoted=(_quotation(told, thread.customer, brand),),
            quote="last",
        )
        persona = floor.persona(scope.agent_id, brand.id).name
        wanted = Wanted(kind="forward", conversation=conversation, letter=letter, persona=persona, sender=scope.agent_id)
        return await self._post.draft(tx, floor, wanted, now)

    async def transcript(self, scope: VisitorScope, conversation_id: str, email: str) -> None:
        """Send a customer what was said in a conversation that has ended; asked for again, it is not sent again. It takes an agent's word in it to be sent at
        all: nobody shall use us to write to strangers.

        Raises: not_found, not_ended, form_incomplete, mail_no_relay.
        """
        now = self._clock.now()
        address = email.strip()
        if mime.ascii_address(address) is None:
            raise HubError("form_incomplete", field="email")

        async with self._store.read() as tx:
            draft = await self._drafted_transcript(tx, scope, conversation_id, address, now)
        if draft is None:
            return
        made = await self._post.make(draft)

        async def command(tx: Tx) -> None:
            conversation = await tx.conversations.get(scope, conversation_id)
            if await _has_transcript(tx, conversation):
                return
            if conversation.state != "ended":
                raise HubError("not_ended")
            known = (await _Thread.read(tx, conversation)).customer
            if known is None and conversation.customer:
                await tx.customers.update(scope.workspace, conversation.customer, email=address)
            await self._post.put(tx, made)
            await self._conversations.say(
                tx, conversation, conversation.inquiry, Notice(key="notice.transcript_sent", values={"email": address}), now
            )

        await self._store.write(command, name="mail.transcript", lane=lane_of(scope))

    async def _drafted_transcript(
        self, tx: Tx, scope: VisitorScope, conversation_id: str, address: str, now: datetime
    ) -> Draft | None:
        """None where it was sent before."""
        conversation = await tx.conversations.get(scope, conversation_id)
        if await _has_transcript(tx, conversation):
            return None
        floor = self._workspaces.floor(scope.workspace)
        brand = _writing(floor, conversation)
        thread = await _Thread.read(tx, conversation)
        answered = any(isinstance(told.body, BrandMessage | BrandMail) for told in thread.entries)
        if conversation.state != "ended" or not answered:
            raise HubError("not_ended")
        text = _transcript(thread, brand, conversation)
        letter = Letter(to=(Address(address, thread.customer.name if thread.customer else ""),), text=text)
        return await self._post.draft(tx, floor, Wanted(kind="transcript", conversation=conversation, letter=letter), now)

    async def attach(self, scope: AgentScope, conversation_id: str, name: str, content: bytes) -> AttachmentRef:
        """Keep a file that a mail of this conversation will take along. Raises: not_yours, attachment_too_large, attachment_refused."""
        if len(content) > FILE_BYTES_MAX:
            raise HubError("attachment_too_large", megabytes=FILE_BYTES_MAX // 2**20)
        kind = await asyncio.to_thread(type_of, content, name=name)
        found = Attachment(name=safe_name(name, kind=kind, number=1), type=kind, content=content)
        judged = await asyncio.to_thread(verdict, found)
        if judged.risks:
            raise HubError("attachment_refused", risks=",".join(judged.risks))
        row = AttachmentRecord(
            workspace=scope.workspace,
            id=self._ids.mint("att", self._clock.now()),
            conversation=conversation_id,
            mail="",
            name=found.name,
            type=kind,
            size=len(content),
        )

        async def command(tx: Tx) -> AttachmentRef:
            await self._conversations.mine(tx, scope, conversation_id)
            waiting = await tx.mail.attachments_of(scope, conversation_id, mail="")
            if sum(one.size for one in waiting) + row.size > 2 * FILES_BYTES_MAX:
                raise HubError("attachment_too_large", megabytes=FILES_BYTES_MAX // 2**20)
            await tx.mail.attach(row, content)
            return _ref(row)

        return await self._store.write(command, name="mail.attach", lane=lane_of(scope))

    async def detach(self, scope: AgentScope, conversation_id: str, attachment: str) -> None:
        """The file shall not go along after all. Raises: not_yours."""

        async def command(tx: Tx) -> None:
            await self._conversations.mine(tx, scope, conversation_id)
            await tx.mail.detach(scope.workspace, conversation_id, attachment)

        await self._store.write(command, name="mail.detach", lane=lane_of(scope))

    async def decide(self, scope: AgentScope, conversation_id: str, mail: str, decision: Literal["sent", "again"]) -> None:
        """A mail of which nobody knows whether it went out. Raises: not_yours, not_found, mail_undecided."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            conversation = await self._conversations.mine(tx, scope, conversation_id)
            row = await tx.mail.outgoing(scope.workspace, mail)
            if row is None or row.conversation != conversation_id:
                raise HubError("not_found")
            if not await self._post.decide(tx, scope.workspace, mail, decision, now):
                raise HubError("mail_undecided")
            tx.audit.append(scope.workspace, at=now, who=scope.agent_id, action=f"mail.decided_{decision}", subject=mail)
            entry = NewStaffEntry(
                at=now,
                kind=f"mail_decided_{decision}",
                sender=scope.agent_id,
                pool=conversation.pool,
                body={"text": "", "values": {"mail": mail}},
            )
            await tx.conversations.append_staff(Scope.system(scope.workspace), conversation_id, entry)
            self._moved(tx, scope.workspace, conversation_id)

        await self._store.write(command, name="mail.decide", lane=lane_of(scope))

    async def _say(
        self, tx: Tx, scope: AgentScope, conversation: Conversation, body: PublicBody, now: datetime, id_: str, print_: str
    ) -> Posted:
        return await self._conversations.say(
            tx,
            conversation,
            conversation.inquiry,
            body,
            now,
            agent=scope.agent_id,
            client_message_id=id_,
            fingerprint=print_,
        )

    async def _said(
        self, tx: Tx, scope: AgentScope, conversation: str, id_: str, *, log: Literal["public", "staff"] = "public"
    ) -> bool:
        """Whether this agent's command was carried out before, under the same id."""
        system = Scope.system(scope.workspace)
        return await tx.conversations.sent_before(system, conversation, scope.agent_id, id_, log=log) is not None

    async def _in_hand(self, tx: Tx, scope: AgentScope, conversation: str) -> Conversation:
        """The conversation, where this agent may write in it now. Raises: not_yours, conversation_ended."""
        found = await self._conversations.mine(tx, scope, conversation)
        if found.state == "ended":
            raise HubError("conversation_ended")
        return found

    def _moved(self, tx: Tx, workspace: str, conversation: str) -> None:
        tx.after_commit(lambda: self._bus.publish([Poke("conversation", workspace, conversation)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An entry of the public log, read."""

    position: int
    at: datetime
    body: PublicBody

    @classmethod
    def of(cls, entry: PublicEntry) -> _Told:
        return cls(position=entry.position, at=entry.at, body=msgspec.convert(dict(entry.body), PublicBody))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thread:
    """What was said so far, and who took part."""

    entries: Sequence[_Told]
    customer: MailAddress | None
    people: Mapping[str, str]
    """Address (folded) to the name it gave, of everybody who was there."""
    strangers: Mapping[str, str]
    """The same of those who wrote into the conversation without being of it: they may be answered, and told nothing."""
    latest: CustomerMail | None

    @classmethod
    async def read(cls, tx: Tx, conversation: Conversation) -> _Thread:
        system = Scope.system(conversation.workspace)
        after = max(0, conversation.public_head - _LOOKED_BACK)
        entries = [_Told.of(row) for row in await tx.conversations.public_after(system, conversation.id, after, limit=_LOOKED_BACK)]
        known = await tx.customers.get_many(system, [conversation.customer]) if conversation.customer else {}
        row = known.get(conversation.customer or "")
        customer = MailAddress(email=row.email, name=row.name or "") if row and row.email else None
        people: dict[str, str] = {customer.email.casefold(): customer.name} if customer else {}
        strangers: dict[str, str] = {}
        latest: CustomerMail | None = None
        for told in entries:
            match told.body:
                case CustomerMail(third_party=True, sender=sender):
                    strangers[sender.email.casefold()] = sender.name
                    latest = latest or told.body
                case CustomerMail(sender=sender, cc=cc):
                    people |= {one.email.casefold(): one.name for one in (sender, *cc)}
                    latest = told.body
                case BrandMail(to=to, cc=cc, automatic=""):
                    people |= {one.email.casefold(): one.name for one in (*to, *cc) if one.email.casefold() not in strangers}
                case _:
                    pass
        return cls(entries=entries, customer=customer, people=people, strangers=strangers, latest=latest)

    @property
    def subject(self) -> str:
        """What the latest mail was about, as an answer says it."""
        said = next((one.body.subject for one in reversed(self.entries) if isinstance(one.body, CustomerMail | BrandMail)), "")
        return said if not said or said[:3].casefold() == "re:" else f"Re: {said}"

    def admit(self, brand: Brand, *, to: Iterable[str], copied: Iterable[str]) -> None:
        """Passes where the brand's rules let its mail go to all of these. Raises: mail_recipient_refused."""
        rule, copied = brand.mail.cc, tuple(copied)
        taking_part = {*self.people, *self.strangers}
        refused = list(copied) if rule == "off" else []
        if rule != "any":
            refused += [one for one in (*to, *copied) if one.casefold() not in taking_part]
        if refused:
            raise HubError("mail_recipient_refused", address=refused[0])

    def was_there(self, addresses: Iterable[str]) -> bool:
        return all(one.casefold() in self.people for one in addresses)

    def named(self, addresses: Iterable[str]) -> tuple[Address, ...]:
        names = {**self.strangers, **self.people}
        return tuple(Address(one, names.get(one.casefold(), "")) for one in addresses)

    def quoted(self, brand: Brand) -> tuple[Quoted, ...]:
        """What its readers said and heard, the latest first. Strangers' mails and what robots wrote are not part of it."""
        return tuple(
            _quotation(told, self.customer, brand)
            for told in reversed(self.entries)
            if not isinstance(told.body, Notice)
            and not (isinstance(told.body, CustomerMail) and told.body.third_party)
            and not (isinstance(told.body, BrandMail) and told.body.automatic)
        )


def _quotation(told: _Told, customer: MailAddress | None, brand: Brand) -> Quoted:
    match told.body:
        case CustomerMail(sender=sender, text=text):
            return Quoted(at=told.at, name=sender.name or sender.email, text=text)
        case CustomerMessage(text=text):
            return Quoted(at=told.at, name=(customer.name or customer.email) if customer else "", text=text)
        case BrandMail(text=text) | BrandMessage(text=text):
            return Quoted(at=told.at, name=brand.name, text=to_text(text), own=True)
        case _:
            raise AssertionError("a notice is nobody's word")


def _transcript(thread: _Thread, brand: Brand, conversation: Conversation) -> str:
    """What was said, in its order and in the words that the customer saw, with who said it when."""
    tag, zone = conversation.language_tag or brand.languages[0], conversation.zone or brand.zone
    parts = [catalogues.text("mail.transcript", tag)]
    for told in thread.entries:
        if isinstance(told.body, Notice) or (isinstance(told.body, CustomerMail) and told.body.third_party):
            continue
        said = _quotation(told, thread.customer, brand)
        who = formatting.person(said.name) if said.name else "–"
        parts.append(f"{who} · {formatting.date_time(told.at, tag, zone)}\n{said.text}")
    return "\n\n".join(parts)


async def _has_transcript(tx: Tx, conversation: Conversation) -> bool:
    mails = await tx.mail.outgoing_of(Scope.system(conversation.workspace), conversation.id)
    return any(mail.kind == "transcript" for mail in mails)


async def _files(tx: Tx, scope: AgentScope, conversation: str, wanted: Sequence[str]) -> list[tuple[AttachmentRecord, bytes]]:
    """The files of a mail, which wait in its conversation. Raises: attachment_unknown, attachment_too_large."""
    waiting = {row.id: row for row in await tx.mail.attachments_of(scope, conversation, mail="")} if wanted else {}
    if any(id_ not in waiting for id_ in wanted):
        raise HubError("attachment_unknown")
    if sum(waiting[id_].size for id_ in wanted) > FILES_BYTES_MAX:
        raise HubError("attachment_too_large", megabytes=FILES_BYTES_MAX // 2**20)
    return [await tx.mail.attachment(scope, id_) for id_ in dict.fromkeys(wanted)]


def _writing(floor: Floor, conversation: Conversation) -> Brand:
    """The brand, if it can write mail. Raises: mail_no_relay."""
    brand = floor.brand(conversation.brand)
    if not any(box.relay is not None for box in brand.mailboxes):
        raise HubError("mail_no_relay")
    return brand


def _addresses(asked: Iterable[str]) -> tuple[str, ...]:
    """Addresses that can be written to, each once. Raises: mail_address_invalid."""
    written = tuple(dict.fromkeys(one.strip() for one in asked))
    for one in written:
        if mime.ascii_address(one) is None:
            raise HubError("mail_address_invalid", address=one[:200])
    return written


def _clean(text: str) -> str:
    cleaned = mask_cards(text.encode("utf-8", "replace").decode("utf-8").strip())
    if not cleaned:
        raise HubError("text_empty")
    return cleaned


def _ref(row: AttachmentRecord) -> AttachmentRef:
    return AttachmentRef(id=row.id, name=row.name, type=row.type, size=row.size, inline=row.inline, risks=tuple(row.risks))


__all__ = ["FILE_BYTES_MAX", "MailDesk", "Post", "Wanted"]
