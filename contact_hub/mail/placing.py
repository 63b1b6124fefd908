"""Where a mail belongs: an inquiry of its own, or one more word in a conversation that it proves to know.

Proof is a token or an id of a mail of that conversation (`channels.email.threads`), within one brand. Whoever writes into a conversation without being its
customer is shown as a third party and moves nothing: not the customer's name, not the language. A conversation that ended a while ago is opened again for the
agent who had it; one that ended long ago is left alone and the new one says whence it comes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from contact_hub.channels.chat.frames import AttachmentRef, CustomerMail, MailAddress
from contact_hub.channels.email.mail import InboundMail
from contact_hub.channels.email.threads import Seen, Thread, find_thread, ids_of, looks_like_ours
from contact_hub.clock import Clock
from contact_hub.conversations.service import Conversations, Detect
from contact_hub.ids import Ids
from contact_hub.mail.reading import Person, ReadMail
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import AttachmentRecord, Conversation, Customer, NewStaffEntry, RawMail
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Mailbox
from contact_hub.workspace.values import plain_address
from i18n import formatting
from i18n.detection import Detection, Hints
from i18n.settling import Evidence, LanguageState, settle
from routing.model import BrandId, Channel, ClientId, InquiryId

TEXT_CHARS_MAX: Final = 20_000
QUOTED_CHARS_MAX: Final = 20_000
SIGNATURE_CHARS_MAX: Final = 2_000
_SUBJECT_CHARS_MAX: Final = 500
_PEOPLE_MAX: Final = 50
_NAME_CHARS_MAX: Final = 120
_EMAIL_CHARS_MAX: Final = 254
_ANCESTORS_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All that is known of a mail before the store is asked."""

    floor: Floor
    brand: Brand
    box: Mailbox | None
    mail: RawMail
    read: ReadMail
    now: datetime
    text: str
    heard: Detection
    hints: Hints
    html: str | None

    @property
    def workspace(self) -> str:
        return self.mail.workspace

    @property
    def released(self) -> bool:
        """Whether a person said that this is somebody's inquiry, whatever it looks like."""
        return "released_by" in self.mail.findings

    @property
    def writer(self) -> Person | None:
        """Whose inquiry this is."""
        return self.read.inquiry_from or (self.read.sender if self.released else None)

    @property
    def sender_key(self) -> str:
        """By what a sender is counted; empty where nobody signed."""
        who = self.read.inquiry_from or self.read.sender
        return plain_address(who.email) if who is not None else ""

    @property
    def folder(self) -> str:
        imap = self.box.intake.imap if self.box is not None else None
        return imap.folder if imap is not None else "INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the mail stands now. `begun`: it asked for a person anew."""

    conversation: str
    position: int
    begun: bool
    third_party: bool


class Answers(Protocol):
    """Who may answer automatically. Called in the transaction that stores a mail: of each that comes, and (`consider`) where a person was asked anew."""

    async def consider(self, tx: Tx, place: Place, placed: Placed) -> None: ...

    async def answered(self, tx: Tx, place: Place) -> None: ...

    async def rated(self, tx: Tx, place: Place, tie: Thread) -> Placed | None: ...


class Placing:
    """Puts mails into conversations, inside the caller's transaction."""

    def __init__(
        self, *, conversations: Conversations, clock: Clock, ids: Ids, detect: Detect, answers: Answers | None = None
    ) -> None:
        self._conversations, self._clock, self._ids, self._detect = conversations, clock, ids, detect
        self.answers = answers

    def prepare(self, floor: Floor, brand: Brand, box: Mailbox | None, mail: RawMail, read: ReadMail, html: str | None) -> Place:
        """Mask what must be masked, and hear the language of what its sender newly wrote. `html`: its page, masked already."""
        own = [tag for tag in read.languages if tag]
        hints = Hints(brand_languages=tuple(brand.languages), locales=tuple(own))
        return Place(
            floor=floor,
            brand=brand,
            box=box,
            mail=mail,
            read=read,
            now=self._clock.now(),
            text=_kept(read.reply or read.quoted or read.subject, TEXT_CHARS_MAX),
            heard=self._detect(read.own[:TEXT_CHARS_MAX], hints),
            hints=hints,
            html=html,
        )

    async def tie(self, tx: Tx, place: Place) -> Thread:
        """To which conversation the mail belongs, and what only looked as if it did."""
        mail = place.read.for_threading()
        keys = await self._keys(tx, place)
        person = place.sender_key
        asked = ids_of(mail)
        seen = Seen(
            conversations=await tx.mail.conversations_of(place.workspace, place.brand.id, asked),
            ancestors=await tx.mail.sharing_ancestors(place.workspace, place.brand.id, person, asked) if person else {},
        )
        return find_thread(mail, place.brand.id, keys, seen, dmarc_failed=place.read.doubtful)

    async def put(self, tx: Tx, place: Place, thread: Thread) -> Placed:
        """Append it to its conversation, or begin one."""
        scope = Scope.system(place.workspace)
        if self.answers is not None:
            await self.answers.answered(tx, place)
            if (rated := await self.answers.rated(tx, place, thread)) is not None:
                return rated
        tied = await tx.conversations.find(scope, thread.conversation) if thread.conversation else None
        if tied is not None and tied.brand != place.brand.id:
            tied = None
        origin = None
        if tied is not None and self._over_for_long(place, tied):
            origin = tied
            tied = await self._successor(tx, place, origin)
        if tied is None:
            placed = await self._begin(tx, place, origin)
        else:
            placed = await self._continue(tx, place, tied)
        await self._remember(tx, place, placed.conversation)
        if thread.refused:
            await self._tell(tx, place, placed.conversation, "mail_tie_refused", because=thread.refused[0].because.value)
        if placed.begun and not placed.third_party and self.answers is not None:
            await self.answers.consider(tx, place, placed)
        return placed

    async def note(self, tx: Tx, place: Place, thread: Thread) -> str | None:
        """A robot's mail in a known conversation: staff may read it, nobody is asked to. The conversation, where there is one."""
        if thread.conversation is None:
            return None
        conversation = await tx.conversations.find(Scope.system(place.workspace), thread.conversation)
        if conversation is None or conversation.brand != place.brand.id:
            return None
        sender = place.read.sender.email if place.read.sender else ""
        await self._tell(
            tx, place, conversation.id, "mail_automatic", text=place.text, what=place.read.kind, sender=sender[:_EMAIL_CHARS_MAX]
        )
        return conversation.id

    # ------------------------------------------------------------ two ways

    async def _begin(self, tx: Tx, place: Place, origin: Conversation | None) -> Placed:
        """A conversation of its own."""
        customer = await self._customer(tx, place)
        language = await self._first_language(tx, place, customer)
        conversation = Conversation(
            workspace=place.workspace,
            id=self._ids.mint("cnv", place.now),
            client=ClientId(place.brand.client),
            brand=BrandId(place.brand.id),
            customer=customer.id,
            channel=Channel.EMAIL,
            kind=self._kind(place),
            state="waiting",
            language=language.to_json(),
            language_tag=language.working,
            language_confidence=language.confidence,
            opened_at=place.now,
            last_at=place.now,
        )
        await tx.conversations.insert(conversation)
        inquiry = await self._conversations.ask_for_a_person(tx, place.floor, conversation, language, place.now)
        await tx.conversations.update(Scope.system(place.workspace), conversation.id, inquiry=inquiry)
        position = await self._say(tx, place, conversation, inquiry, third_party=False)
        if origin is not None:
            await tx.mail.learn_id(place.workspace, place.brand.id, _successor_of(origin.id), conversation.id, ours=True)
            await self._tell(tx, place, conversation.id, "mail_linked", other=origin.id)
            await self._tell(tx, place, origin.id, "mail_went_on", other=conversation.id)
        return Placed(conversation=conversation.id, position=position, begun=True, third_party=False)

    async def _continue(self, tx: Tx, place: Place, conversation: Conversation) -> Placed:
        """One more word in it. If it was over, a person is asked anew, first of all the one who had it."""
        scope = Scope.system(place.workspace)
        third_party = await self._is_third_party(tx, place, conversation)
        begun = conversation.state == "ended"
        inquiry = conversation.inquiry
        if begun:
            language = LanguageState.from_json(conversation.language)
            conversation = msgspec.structs.replace(conversation, channel=Channel.EMAIL)
            inquiry = await self._conversations.ask_for_a_person(
                tx, place.floor, conversation, language, place.now, known=conversation.agent
            )
            await tx.conversations.update(
                scope, conversation.id, channel=Channel.EMAIL, state="waiting", ended_at=None, ended_by=None, inquiry=inquiry,
                agent=None, pool=None, persona=None,
            )  # fmt: skip
            conversation = msgspec.structs.replace(
                conversation, state="waiting", ended_at=None, inquiry=inquiry, agent=None, pool=None
            )
        position = await self._say(tx, place, conversation, inquiry, third_party=third_party)
        if not third_party:
            await self._conversations.hear(tx, conversation, place.heard, place.now)
        return Placed(conversation=conversation.id, position=position, begun=begun, third_party=third_party)

    async def _say(self, tx: Tx, place: Place, conversation: Conversation, inquiry: InquiryId | None, *, third_party: bool) -> int:
        read = place.read
        files = await self._attach(tx, place, conversation.id)
        writer = place.writer or read.sender or Person(email="")
        body = CustomerMail(
            mail=place.mail.id,
            subject=_line(read.subject)[:_SUBJECT_CHARS_MAX],
            text=place.text,
            quoted=_kept(read.quoted if read.reply else "", QUOTED_CHARS_MAX),
            signature=_kept(read.signature, SIGNATURE_CHARS_MAX),
            has_html=place.html is not None,
            attachments=files,
            sender=_address(writer),
            to=tuple(map(_address, read.to[:_PEOPLE_MAX])),
            cc=tuple(map(_address, read.cc[:_PEOPLE_MAX])),
            third_party=third_party,
            warnings=tuple(_warnings(place)),
        )
        said = await self._conversations.say(tx, conversation, inquiry, body, place.now, fingerprint=place.mail.dedupe_key)
        return said.position

    async def _attach(self, tx: Tx, place: Place, conversation: str) -> tuple[AttachmentRef, ...]:
        found = []
        for file in place.read.files:
            row = AttachmentRecord(
                workspace=place.workspace,
                id=self._ids.mint("att", place.now),
                conversation=conversation,
                mail=place.mail.id,
                name=file.name,
                type=file.type,
                size=len(file.content),
                content_id=file.content_id,
                inline=file.inline,
                risks=file.risks,
            )
            await tx.mail.attach(row, file.content)
            found.append(AttachmentRef(id=row.id, name=row.name, type=row.type, size=row.size, inline=row.inline, risks=file.risks))
        return tuple(found)

    # ------------------------------------------------------------ who, in which language, about what

    async def _customer(self, tx: Tx, place: Place) -> Customer:
        """The one this address is known as within the brand. A doubtful sender is somebody new, whatever address is claimed."""
        writer = place.writer or place.read.sender
        email = plain_address(writer.email)[:_EMAIL_CHARS_MAX] if writer is not None and writer.email else None
        if email is not None and not place.read.doubtful:
            known = await tx.customers.by_email(place.workspace, place.brand.id, [email, writer.email if writer else email])
            if known is not None:
                return known
        name = formatting.person(writer.name) if writer is not None and writer.name else None
        customer = Customer(
            workspace=place.workspace,
            id=self._ids.mint("cus", place.now),
            client=ClientId(place.brand.client),
            brand=BrandId(place.brand.id),
            name=mask_cards(name)[:_NAME_CHARS_MAX] if name and name != formatting.UNNAMED else None,
            email=None if place.read.doubtful else email,
            created_at=place.now,
        )
        await tx.customers.insert(customer)
        return customer

    async def _first_language(self, tx: Tx, place: Place, customer: Customer) -> LanguageState:
        state = settle(None, Evidence.brand(place.brand.languages))
        state = settle(state, Evidence.mail(place.read.languages))
        if (earlier := await tx.conversations.latest_language_of(place.workspace, place.brand.id, customer.id)) is not None:
            tag, language = earlier
            if LanguageState.from_json(language).settled:
                state = settle(state, Evidence.earlier(tag))
        return settle(state, Evidence.text(place.heard))

    def _kind(self, place: Place) -> str:
        kinds = place.floor.kinds_of(place.brand)
        wanted = place.box.kind if place.box is not None else None
        return wanted if wanted in kinds and wanted is not None else kinds[0] if kinds else "service"

    async def _is_third_party(self, tx: Tx, place: Place, conversation: Conversation) -> bool:
        if conversation.customer is None:
            return True
        customers = await tx.customers.get_many(Scope.system(place.workspace), [conversation.customer])
        email = next((one.email for one in customers.values()), None)
        return not email or plain_address(email) != place.sender_key

    # ------------------------------------------------------------ threads

    async def _keys(self, tx: Tx, place: Place) -> list[bytes]:
        return await tx.mail.keys(place.workspace) or await tx.mail.ensure_key(place.workspace, secrets.token_bytes(32), place.now)

    def _over_for_long(self, place: Place, conversation: Conversation) -> bool:
        after = timedelta(seconds=place.brand.mail.reopen_seconds)
        return conversation.state == "ended" and conversation.ended_at is not None and place.now - conversation.ended_at > after

    async def _successor(self, tx: Tx, place: Place, origin: Conversation) -> Conversation | None:
        """The conversation in which one that ended long ago went on, as long as that one may still be added to."""
        found = await tx.mail.conversations_of(place.workspace, place.brand.id, [_successor_of(origin.id)])
        if not found:
            return None
        _, later = found[_successor_of(origin.id)]
        conversation = await tx.conversations.find(Scope.system(place.workspace), later)
        return None if conversation is None or self._over_for_long(place, conversation) else conversation

    async def _remember(self, tx: Tx, place: Place, conversation: str) -> None:
        """What later mails may name."""
        read = place.read
        if read.message_id:
            await tx.mail.learn_id(place.workspace, place.brand.id, read.message_id, conversation, ours=False)
        if not place.sender_key or read.doubtful:
            return
        named = [one for one in ids_of(_ids_only(read)) if not looks_like_ours(one)][:_ANCESTORS_MAX]
        known = await tx.mail.conversations_of(place.workspace, place.brand.id, named)
        unknown = [one for one in named if one not in known]
        await tx.mail.learn_ancestors(place.workspace, place.brand.id, place.sender_key, unknown, conversation)

    async def _tell(self, tx: Tx, place: Place, conversation: str, kind: str, *, text: str = "", **values: str) -> None:
        entry = NewStaffEntry(at=place.now, kind=kind, sender="", body={"text": text, "values": values})
        await tx.conversations.append_staff(Scope.system(place.workspace), conversation, entry)


def _ids_only(read: ReadMail) -> InboundMail:
    return InboundMail(in_reply_to=read.in_reply_to, references=read.references)


def _successor_of(conversation: str) -> str:
    """Under which name it is kept where a conversation went on; no mail has such an id."""
    return f"went-on:{conversation}"


def _warnings(place: Place) -> list[str]:
    """What a reader should know, as codes."""
    read = place.read
    found = list(read.warnings[:10])
    if read.lossy:
        found.append("lossy")
    if read.doubtful:
        found.append("sender_doubtful")
    elif not read.proven:
        found.append("sender_unproven")
    if len(read.reply) > TEXT_CHARS_MAX:
        found.append("text_cut")
    if read.kind == "auto_generated":
        found.append("written_by_a_form")
    return found


def _kept(text: str, most: int) -> str:
    """Without card numbers, as long as a screen can bear; the mail itself is kept whole."""
    return mask_cards(text[:most].strip())


def _line(text: str) -> str:
    return mask_cards(" ".join(text.split()))


def _address(person: Person) -> MailAddress:
    return MailAddress(email=person.email[:_EMAIL_CHARS_MAX], name=_line(person.name)[:_NAME_CHARS_MAX])
