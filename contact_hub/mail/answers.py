"""What the brand's robot writes: that a mail was received and when to expect an answer, that everybody is at home, and whether the customer was satisfied.

A robot must never talk to a robot. So it writes at most once a day to one sender of one brand, and not at all where nobody signed, a machine or a list wrote,
the sender is one of our own addresses or not who it says, or writes so often that only a loop explains it. Everything is decided twice: when the mail comes
(what the mail says against it), and when the answer is written a moment later, in one transaction with the count. A survey that comes too early waits.

A rating needs no page and no cookie: each of the five answers is an address of the brand's own, sealed for this conversation and this score. Mail to it is the
rating; a plain figure as the answer to the survey is one too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from math import ceil
from typing import Final, Literal, Protocol
from urllib.parse import quote

import structlog
from prometheus_client import Counter

from contact_hub.channels.chat.frames import BrandMail, MailAddress, OpeningHours
from contact_hub.channels.chat.visitor import Place as QueuePlace
from contact_hub.channels.email.limits import ANSWER_PAUSE, BREAKER_WINDOW
from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.threads import LOCAL_PART_MAX, token
from contact_hub.channels.email.threads import Thread as Tie
from contact_hub.clock import Clock
from contact_hub.conversations.service import Conversations
from contact_hub.errors import HubError
from contact_hub.jobs import Attempt, GiveUp, Job, Jobs, Kind, Later
from contact_hub.live.lines import line
from contact_hub.mail import mime
from contact_hub.mail.compose import Letter, stationery
from contact_hub.mail.outgoing import Frozen, OutgoingMail
from contact_hub.mail.placing import Place, Placed
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.fair import STAFF
from contact_hub.store.records import Conversation, Customer, OutgoingKind, RawMail
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand
from contact_hub.workspace.service import Workspaces
from contact_hub.workspace.values import plain_address
from i18n import catalogues, formatting, tags
from routing import journal
from routing.model import Channel

ANSWER: Final = "mail.answer"
SURVEY: Final = "mail.survey"
ANSWER_SECONDS: Final = 3.0
"""So long after the mail: routing has placed it by then, and knows how long it will take."""
SURVEY_SECONDS: Final = 300.0
"""So long after the end: whoever thinks of something else to say is not asked yet."""
COMMENT_CHARS_MAX: Final = 2_000
_HOUR: Final = 3_600
_HOURS_MAX: Final = 24
_HOPELESS: Final = frozenset(("mail_refused", "mail_address_invalid", "mail_no_relay", "mail_too_large", "not_found"))
_RATING: Final = re.compile(r"cs([a-e])_([0-9a-hjkmnp-tv-z]{26})")
_FIGURE: Final = re.compile(r"\s*(\d)\s*[.!]?\s*")

_log = structlog.get_logger(__name__)
_written = Counter(
    "contact_hub_mail_automatic_total", "Automatic mails, written or left unwritten and why", ["occasion", "outcome"]
)

Occasion = Literal["acknowledgement", "out_of_hours", "survey"]
Opening = Callable[[Floor, str, str, Channel], OpeningHours]


class Queue(Protocol):
    """Where somebody stands who waits."""

    def place(self, workspace: str, inquiry: str) -> QueuePlace | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """To whom an automatic mail goes."""

    address: Address
    name: str

    @property
    def key(self) -> str:
        return plain_address(self.address)


class AutomaticAnswers:
    """Decides whether the robot may write, and writes. `opening` and `queue` tell what can be promised."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Workspaces,
        jobs: Jobs,
        clock: Clock,
        conversations: Conversations,
        outgoing: OutgoingMail,
        opening: Opening,
        queue: Queue,
    ) -> None:
        self._store, self._workspaces, self._jobs, self._clock = store, workspaces, jobs, clock
        self._conversations, self._outgoing, self._opening, self._queue = conversations, outgoing, opening, queue

    def kinds(self) -> tuple[Kind, ...]:
        """For the book of jobs."""
        return (Kind(name=ANSWER, handler=self._answer), Kind(name=SURVEY, handler=self._survey))

    # ------------------------------------------------------------ what others tell us

    async def consider(self, tx: Tx, place: Place, placed: Placed) -> None:
        """A mail came for which a person was asked anew. Says what speaks against a robot's answer now; the rest is asked when it is written."""
        policy = place.brand.mail
        if policy.acknowledge == "off" and not policy.out_of_hours:
            return
        if because := _against(place):
            _written.labels("acknowledgement", because).inc()
            return
        await self._jobs.add(
            tx,
            Job(
                kind=ANSWER,
                workspace=place.workspace,
                payload={"conversation": placed.conversation, "position": placed.position, "mail": place.mail.id},
                due_at=place.now + timedelta(seconds=ANSWER_SECONDS),
                key=place.mail.id,
            ),
        )

    async def ended(self, tx: Tx, conversation: Conversation, now: datetime) -> None:
        """A conversation was closed after somebody had answered in it."""
        brand = self._workspaces.floor(conversation.workspace).brands.get(conversation.brand)
        if brand is None or conversation.channel is not Channel.EMAIL or not brand.mail.survey or not brand.csat:
            return
        if conversation.agent is None or conversation.csat_score is not None:
            return
        due = now + timedelta(seconds=SURVEY_SECONDS)
        await self._jobs.add(
            tx, Job(kind=SURVEY, workspace=conversation.workspace, payload={"conversation": conversation.id}, due_at=due)
        )

    async def answered(self, tx: Tx, place: Place) -> None:
        """Somebody answers mails of ours: those have arrived, even where nobody knew."""
        await self._outgoing.arrived(tx, place.workspace, place.brand.id, (*place.read.in_reply_to, *place.read.references))

    async def rated(self, tx: Tx, place: Place, tie: Tie) -> Placed | None:
        """Take a mail as a rating, where it is one: the conversation it is about. It is nobody's inquiry then."""
        found = await self._rating_of(tx, place, tie)
        if found is None:
            return None
        conversation, score, comment = found
        if conversation.csat_score is None and conversation.inquiry is not None:
            await tx.conversations.update(
                Scope.system(place.workspace), conversation.id, csat_score=score, csat_comment=mask_cards(comment) or None
            )
            told = journal.ConversationRated(
                conversation=conversation.id, inquiry=conversation.inquiry, score=score, comment=bool(comment)
            )
            tx.journal.append(place.workspace, line(place.now, told))
            self._conversations.moved(tx, conversation)
        return Placed(conversation=conversation.id, position=conversation.public_head, begun=False, third_party=False)

    # ------------------------------------------------------------ writing

    async def _answer(self, attempt: Attempt) -> None:
        payload, workspace = attempt.payload, attempt.workspace
        floor = self._workspaces.floor(workspace)

        async def command(tx: Tx) -> str:
            now, scope = self._clock.now(), Scope.system(workspace)
            conversation = await tx.conversations.find(scope, str(payload["conversation"]))
            raw = await tx.mail.raw(workspace, str(payload["mail"]))
            brand = floor.brands.get(conversation.brand) if conversation is not None else None
            if (
                conversation is None
                or raw is None
                or brand is None
                or conversation.agent is not None
                or conversation.state == "ended"
            ):
                return "needless"
            opening = self._opening(floor, brand.id, conversation.kind, Channel.EMAIL)
            occasion = occasion_of(brand, opening)
            if occasion is None:
                return "not_wished"
            reader = await self._writer_of(tx, conversation, int(payload["position"]))
            if reader is None:
                return "no_sender"
            if because := await self._may_not(tx, floor, brand, reader, now):
                return because
            said = self._expectation(conversation, brand, opening, now)
            frozen = await self._write(tx, floor, conversation, reader, occasion, said, raw=raw, now=now)
            await self._keep(tx, conversation, frozen, reader, occasion, said, now)
            await attempt.finish(tx)
            return occasion

        _written.labels("acknowledgement", await self._run(command, "mail.answer", workspace)).inc()

    async def _survey(self, attempt: Attempt) -> None:
        workspace = attempt.workspace
        floor = self._workspaces.floor(workspace)

        async def command(tx: Tx) -> str:
            now, scope = self._clock.now(), Scope.system(workspace)
            conversation = await tx.conversations.find(scope, str(attempt.payload["conversation"]))
            brand = floor.brands.get(conversation.brand) if conversation is not None else None
            if conversation is None or brand is None or not brand.mail.survey or conversation.state != "ended":
                return "needless"
            if conversation.csat_score is not None or any(
                one.kind == "survey" for one in await tx.mail.outgoing_of(scope, conversation.id)
            ):
                return "needless"
            reader = await self._customer_of(tx, conversation)
            if reader is None:
                return "no_sender"
            last = await tx.mail.answered_at(workspace, brand.id, reader.key)
            if last is not None and now - last < ANSWER_PAUSE:
                raise Later(last + ANSWER_PAUSE, "mail_waits_its_turn", counts=False)
            if because := await self._may_not(tx, floor, brand, reader, now):
                return because
            frozen = await self._write(tx, floor, conversation, reader, "survey", "", raw=None, now=now)
            question = catalogues.text("mail.survey.question", _tag(brand, conversation))
            await self._keep(tx, conversation, frozen, reader, "survey", question, now)
            await attempt.finish(tx)
            return "survey"

        _written.labels("survey", await self._run(command, "mail.survey", workspace)).inc()

    async def _run(self, command: Callable[[Tx], object], name: str, workspace: str) -> str:
        try:
            return await self._store.write(command, name=name, lane=(workspace, STAFF))  # type: ignore[arg-type]  # both commands above
        except HubError as trouble:
            if trouble.code not in _HOPELESS:
                raise
            _log.warning("automatic_mail_refused", workspace=workspace, code=trouble.code, findings=trouble.values.get("findings"))
            raise GiveUp(trouble.code) from trouble

    async def _may_not(self, tx: Tx, floor: Floor, brand: Brand, reader: _Reader, now: datetime) -> str:
        """Why the robot may not write to them now; empty, and counted, where it may."""
        own = {plain_address(box.address) for face in floor.workspace.brands for box in face.mailboxes}
        if reader.key in own or mime.ascii_address(reader.address) is None:
            return "own_address"
        _, tripped_at = await tx.mail.arrivals(floor.id, brand.id, reader.key)
        if tripped_at is not None and now - tripped_at < BREAKER_WINDOW:
            return "breaker"
        if not await tx.mail.claim_answer(floor.id, brand.id, reader.key, now, pause=ANSWER_PAUSE):
            return "answered_lately"
        return ""

    async def _write(
        self,
        tx: Tx,
        floor: Floor,
        conversation: Conversation,
        reader: _Reader,
        occasion: Occasion,
        said: str,
        *,
        raw: RawMail | None,
        now: datetime,
    ) -> Frozen:
        brand, tag = floor.brand(conversation.brand), _tag(floor.brand(conversation.brand), conversation)
        thread, mailbox = await self._outgoing.thread(tx, floor, conversation, raw.id if raw is not None else None, now)
        greeting = _greeting(reader, tag)
        footer = catalogues.text("mail.automatic", tag)
        text, rich = f"{greeting}\n\n{said}\n\n{footer}", ""
        subject = ""
        if occasion == "survey":
            subject = catalogues.text("mail.survey.subject", tag, brand=brand.name)
            choices = rating_addresses(mailbox.address, conversation.id, brand.id, thread.key)
            text = "\n\n".join((greeting, _asked_plainly(choices, tag), footer))
            rich = f"<p>{escape(greeting)}</p>{_asked(choices, tag)}<p>{escape(footer)}</p>"
        letter = Letter(
            to=(reader.address,),
            subject=subject,
            text=text,
            rich=rich,
            automatic="auto-generated" if occasion == "survey" else "auto-replied",
        )
        kind: OutgoingKind = occasion
        return await self._outgoing.freeze(tx, floor, mailbox, conversation, letter, thread, now, kind=kind)

    async def _keep(
        self, tx: Tx, conversation: Conversation, frozen: Frozen, reader: _Reader, occasion: Occasion, said: str, now: datetime
    ) -> None:
        """Show it in the conversation. The customer still waits: a robot's word is no answer."""
        body = BrandMail(
            outgoing=frozen.id,
            subject=frozen.subject,
            text=said,
            to=(MailAddress(email=str(reader.address), name=reader.name),),
            automatic=occasion,
            language=conversation.language_tag,
        )
        said_at = await self._conversations.say(tx, conversation, conversation.inquiry, body, now)
        await tx.mail.place(conversation.workspace, frozen.id, said_at.position)

    def _expectation(self, conversation: Conversation, brand: Brand, opening: OpeningHours, now: datetime) -> str:
        """That it came, when to expect an answer, and the reference."""
        tag = _tag(brand, conversation)
        parts: list[str] = []
        if not opening.open and opening.next_opening is not None:
            when = formatting.next_opening(opening.next_opening, now, tag, conversation.zone or brand.zone)
            parts.append(catalogues.text("mail.closed.next_opening", tag, when=when))
        elif not opening.open:
            parts.append(catalogues.text("mail.closed", tag))
        else:
            parts.append(_received(tag, self._longest(conversation)))
        parts.append(catalogues.text("mail.reference", tag, reference=reference_of(brand, conversation.id)))
        return "\n\n".join(parts)

    def _longest(self, conversation: Conversation) -> int | None:
        """After how many minutes at most the customer can expect an answer, where the floor has shown its pace."""
        place = self._queue.place(conversation.workspace, conversation.inquiry or "") if conversation.inquiry else None
        return place.minutes[1] if place is not None and place.minutes is not None else None

    # ------------------------------------------------------------ who

    async def _writer_of(self, tx: Tx, conversation: Conversation, position: int) -> _Reader | None:
        """Who wrote the mail at this position of the log."""
        found = await tx.conversations.public_after(Scope.system(conversation.workspace), conversation.id, position - 1, limit=1)
        sender = found[0].body.get("sender") if found and found[0].body.get("kind") == "customer_mail" else None
        if not isinstance(sender, dict) or not sender.get("email"):
            return None
        return _Reader(address=Address(str(sender["email"]), str(sender.get("name", ""))), name=str(sender.get("name", "")))

    async def _customer_of(self, tx: Tx, conversation: Conversation) -> _Reader | None:
        known = await tx.customers.get_many(
            Scope.system(conversation.workspace), [conversation.customer] if conversation.customer else []
        )
        row: Customer | None = known.get(conversation.customer or "")
        return _Reader(address=Address(row.email, row.name or ""), name=row.name or "") if row and row.email else None

    # ------------------------------------------------------------ ratings

    async def _rating_of(self, tx: Tx, place: Place, tie: Tie) -> tuple[Conversation, int, str] | None:
        if tie.conversation is None:
            return None
        scope = Scope.system(place.workspace)
        if (sealed := rating_in(tie.conversation)) is not None:
            conversation = await tx.conversations.find(scope, sealed[0])
            return (conversation, sealed[1], "") if conversation is not None and conversation.brand == place.brand.id else None
        score = figure_in(place.read.own or place.text)
        if score is None:
            return None
        conversation = await tx.conversations.find(scope, tie.conversation)
        if conversation is None or conversation.brand != place.brand.id:
            return None
        for message_id in place.read.in_reply_to[:5]:
            mail = await tx.mail.outgoing_by_message_id(place.workspace, message_id)
            if mail is not None and mail.kind == "survey" and mail.conversation == conversation.id:
                return conversation, score, ""
        return None


# --- pure --------------------------------------------------------------------------------------------------------------------------------


def occasion_of(brand: Brand, opening: OpeningHours) -> Occasion | None:
    """What the brand wishes to say to a first mail at this hour: one mail at most."""
    if not opening.open and brand.mail.out_of_hours:
        return "out_of_hours"
    wished = {"off": False, "always": True, "closed": not opening.open}[brand.mail.acknowledge]
    return "acknowledgement" if wished else None


def reference_of(brand: Brand, conversation: str) -> str:
    """What a customer can name on the telephone: `SO-7F3KQ2`. Of our own id it is a part nobody can go anywhere with."""
    return f"{brand.look.initials}-{conversation[-6:]}".upper()


def rating_addresses(address: str, conversation: str, brand: str, key: bytes) -> dict[int, str]:
    """For each score the address that stands for it, sealed for this conversation of this brand; empty where it would be longer than servers take."""
    local, _, host = address.rpartition("@")
    own = conversation.rpartition("_")[2]
    sealed = {score: f"{local}+{token(f'cs{chr(96 + score)}_{own}', brand, key)}" for score in range(5, 0, -1)}
    return {score: f"{place}@{host}" if len(place) <= LOCAL_PART_MAX else "" for score, place in sealed.items()}


def rating_in(tied: str) -> tuple[str, int] | None:
    """Conversation and score of what `find_thread` read out of such an address."""
    found = _RATING.fullmatch(tied)
    return (f"cnv_{found[2]}", ord(found[1]) - 96) if found else None


def figure_in(text: str) -> int | None:
    """The score, where somebody wrote a figure from 1 to 5 in the digits of any script, and nothing else."""
    found = _FIGURE.fullmatch(text)
    score = unicodedata.digit(found[1]) if found else 0
    return score if 1 <= score <= 5 else None


def _against(place: Place) -> str:
    """What a mail itself says against a robot's answer; empty where nothing does."""
    read = place.read
    if place.released:
        return "released"
    if read.doubtful:
        return "doubtful"
    if read.no_answer_because is not None:
        return read.no_answer_because
    return "" if place.sender_key else "no_sender"


def _tag(brand: Brand, conversation: Conversation) -> str:
    return stationery(brand, address="x@y.example", language=conversation.language_tag).language


def _greeting(reader: _Reader, tag: str) -> str:
    name = formatting.person(reader.name) if reader.name.strip() else ""
    if not name or name == formatting.UNNAMED or "@" in name:
        return catalogues.text("mail.greeting", tag)
    said = catalogues.isolated_text if tags.direction(tag) == "rtl" else catalogues.text
    return said("mail.greeting.named", tag, name=name)


def _received(tag: str, minutes: int | None) -> str:
    received = catalogues.text("mail.received", tag)
    if minutes is None:
        return received
    hours = max(1, ceil(minutes * 60 / _HOUR))
    if hours <= _HOURS_MAX:
        return f"{received}\n\n{catalogues.text('mail.received.hours', tag, n=hours)}"
    return f"{received}\n\n{catalogues.text('mail.received.days', tag, n=ceil(hours / 24))}"


def _asked_plainly(choices: dict[int, str], tag: str) -> str:
    lines = [_choice(score, tag) + (f"\n    mailto:{address}" if address else "") for score, address in choices.items()]
    return "\n\n".join((catalogues.text("mail.survey.question", tag), *lines))


def _asked(choices: dict[int, str], tag: str) -> str:
    """Five links, each a mail that is ready to be sent."""
    items: list[str] = []
    for score, address in choices.items():
        label = _choice(score, tag)
        place = f"mailto:{quote(address, safe='@+')}?subject={quote(label)}&body={quote(label)}"
        items.append(f'<li><a href="{escape(place)}">{escape(label)}</a></li>' if address else f"<li>{escape(label)}</li>")
    return f"<p>{escape(catalogues.text('mail.survey.question', tag))}</p><ul>{''.join(items)}</ul>"


def _choice(score: int, tag: str) -> str:
    return f"{score} – {catalogues.text(f'widget.csat.{score}', tag)}"
