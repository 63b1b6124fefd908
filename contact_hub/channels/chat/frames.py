"""The widget's protocol: everything a customer's browser may say to us, and everything we can say to it.

These types are the wall of the white label: there is no field here that could hold a vendor, a pool, an agent or a staff note. What is
not in this file cannot reach a customer.

The order of talk: `hello` → `welcome` (→ `resync`) → entries the client missed → anything. The client keeps its own messages until their `ack`
and resends them, same id, after every reconnect. Entries come in order of `position`, without gaps; a `heartbeat` carries the head, so a
client that sees `head` ahead of what it has simply reconnects with `resume`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from agents.wire import ClientMessageId, Frame, Id, Part, Reconnect, Refusal, ShortText, Tag, Text

# ---------------------------------------------------------------- from the widget


class Resume(Part, frozen=True, kw_only=True):
    """Where the client stands: what it last got of which conversation, under which delivery epoch."""

    epoch: str
    conversation: Id
    position: Annotated[int, msgspec.Meta(ge=0)]


class Hello(Frame, frozen=True, kw_only=True, tag="hello"):
    """First frame on every socket. The one-time ticket comes from `POST /api/widget/session`."""

    protocol: int
    ticket: Annotated[str, msgspec.Meta(max_length=200)]
    resume: Resume | None = None
    locales: Annotated[list[Tag], msgspec.Meta(max_length=12)] = []
    page_language: Tag | None = None
    zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Start(Frame, frozen=True, kw_only=True, tag="start"):
    """Open a conversation with its first message. `language` is the customer's own choice; leave it out to have it detected."""

    client_message_id: ClientMessageId
    text: Text
    kind: Id = "service"
    name: ShortText | None = None
    email: ShortText | None = None
    language: Tag | None = None


class Post(Frame, frozen=True, kw_only=True, tag="post"):
    """One more message in the open conversation."""

    client_message_id: ClientMessageId
    conversation: Id
    text: Text


class TypingNow(Frame, frozen=True, kw_only=True, tag="typing"):
    """The customer is typing; send at most every 3 s, it fades after 6."""

    conversation: Id


class ReadUpTo(Frame, frozen=True, kw_only=True, tag="read"):
    conversation: Id
    position: Annotated[int, msgspec.Meta(ge=0)]


class EndConversation(Frame, frozen=True, kw_only=True, tag="end"):
    conversation: Id


class Rate(Frame, frozen=True, kw_only=True, tag="rate"):
    """Customer satisfaction, 1–5, once per conversation, after its end."""

    conversation: Id
    score: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class ChooseLanguage(Frame, frozen=True, kw_only=True, tag="language"):
    """The customer says which language to use from now on."""

    conversation: Id
    tag: Tag


class SendTranscript(Frame, frozen=True, kw_only=True, tag="transcript"):
    """Have an ended conversation sent by mail, once; an answer to that mail goes on with it. A `notice.transcript_sent` tells that it is on its way."""

    conversation: Id
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]


FromWidget = Hello | Start | Post | TypingNow | ReadUpTo | EndConversation | Rate | ChooseLanguage | SendTranscript

# ---------------------------------------------------------------- to the widget


class PersonaFace(Part, frozen=True, kw_only=True):
    """Who speaks for the brand: a name and the initials of the picture."""

    name: str
    initials: str = ""


class CustomerMessage(Part, frozen=True, kw_only=True, tag_field="kind", tag="customer_message"):
    text: str
    client_message_id: str


class BrandMessage(Part, frozen=True, kw_only=True, tag_field="kind", tag="brand_message"):
    text: str
    persona: PersonaFace | None = None
    language: Tag | None = None


class Notice(Part, frozen=True, kw_only=True, tag_field="kind", tag="notice"):
    """Something happened that the customer should know; `key` is a text of the widget catalogue (`notice.*`)."""

    key: str
    values: dict[str, str] = {}


WidgetBody = CustomerMessage | BrandMessage | Notice
"""What a widget is shown. Of a conversation that goes on by mail it sees what was said, as messages (`shown_in_widget`)."""


class MailAddress(Part, frozen=True, kw_only=True):
    """Somebody in a mail's head; `name` is what the mail says, which proves nothing."""

    email: str
    name: str = ""


class AttachmentRef(Part, frozen=True, kw_only=True):
    """A file in the store; its content is asked for by `id`. `risks` are codes of what speaks against opening it."""

    id: str
    name: str
    type: str
    size: int
    inline: bool = False
    risks: tuple[str, ...] = ()


class CustomerMail(Part, frozen=True, kw_only=True, tag_field="kind", tag="customer_mail"):
    """A mail that came. `text` is what its sender newly wrote: what is searched, shown first and heard for its language. `third_party`: somebody other
    than the conversation's customer wrote it, which grants them nothing. `warnings`: codes of what a reader should know about it."""

    mail: str
    subject: str
    text: str
    quoted: str = ""
    signature: str = ""
    has_html: bool = False
    attachments: tuple[AttachmentRef, ...] = ()
    sender: MailAddress
    to: tuple[MailAddress, ...] = ()
    cc: tuple[MailAddress, ...] = ()
    third_party: bool = False
    warnings: tuple[str, ...] = ()


class BrandMail(Part, frozen=True, kw_only=True, tag_field="kind", tag="brand_mail"):
    """A mail of the brand. `automatic` names the occasion where no person wrote it: acknowledgement, out_of_hours, survey …"""

    outgoing: str
    subject: str
    text: str
    to: tuple[MailAddress, ...] = ()
    cc: tuple[MailAddress, ...] = ()
    attachments: tuple[AttachmentRef, ...] = ()
    automatic: str = ""
    persona: PersonaFace | None = None
    language: Tag | None = None


PublicBody = CustomerMessage | BrandMessage | Notice | CustomerMail | BrandMail
"""What the public log holds."""


def shown_in_widget(body: PublicBody) -> WidgetBody:
    """An entry as the customer's browser may see it: of a mail nothing but its words. A stranger's mail is there as little as its address is."""
    match body:
        case CustomerMail(mail=mail, text=text, third_party=strange):
            return CustomerMessage(text="" if strange else text, client_message_id=mail)
        case BrandMail(text=text, persona=persona, language=language):
            return BrandMessage(text=text, persona=persona, language=language)
        case _:
            return body


class PublicEntry(Frame, frozen=True, kw_only=True, tag="entry"):
    """One entry of the public log. Positions of a conversation are 1, 2, 3 … without gaps."""

    conversation: Id
    position: int
    at: datetime
    body: WidgetBody


class ConversationState(Part, frozen=True, kw_only=True):
    """`waiting`: nobody has it yet; `open`: somebody has; `ended`. `rated` is true once the customer gave or was spared a rating."""

    conversation: Id
    state: Literal["waiting", "open", "ended"]
    head: int
    language: Tag | None = None
    persona: PersonaFace | None = None
    brand_read: int = 0
    customer_read: int = 0
    rated: bool = False


class OpeningHours(Part, frozen=True, kw_only=True):
    """Whether somebody could answer now; `next_opening` in UTC where not, absent where no opening is known."""

    open: bool
    next_opening: datetime | None = None


class FormField(Part, frozen=True, kw_only=True):
    name: Literal["name", "email", "kind", "language", "question"]
    required: bool = False


class BrandFace(Part, frozen=True, kw_only=True):
    """What the widget needs to look like the brand. `texts` override the catalogue by key, in the language of `language`; `mail`: it writes mail too."""

    brand: Id
    name: str
    colour: str
    ink: str
    logo: str
    languages: list[Tag]
    language: Tag
    direction: Literal["ltr", "rtl"]
    kinds: list[str]
    form: list[FormField]
    texts: dict[str, str] = {}
    csat: bool = True
    mail: bool = False


class Welcome(Frame, frozen=True, kw_only=True, tag="welcome"):
    """The session stands. `texts` is the address of the catalogue that fits `brand.language`;
    `conversation` is the visitor's latest, if there is one; its entries after `resume.position` follow at once."""

    protocol: int
    epoch: str
    brand: BrandFace
    texts: str
    hours: OpeningHours
    heartbeat_seconds: float
    conversation: ConversationState | None = None
    visitor_name: str | None = None


class Face(Frame, frozen=True, kw_only=True, tag="face"):
    """The customer turned out to speak another language than the page: from now on the brand speaks it too. `texts` is the address of the catalogue."""

    brand: BrandFace
    texts: str


class Resync(Frame, frozen=True, kw_only=True, tag="resync"):
    """What the client has does not fit what we have (`because`: epoch, position, conversation). Forget the entries; all follow from position 1."""

    because: Literal["epoch", "position", "conversation"]
    epoch: str


class Ack(Frame, frozen=True, kw_only=True, tag="ack"):
    """The message is on disk, at this position. Only now may the client forget it."""

    client_message_id: str
    conversation: Id
    position: int
    at: datetime


class State(Frame, frozen=True, kw_only=True, tag="state"):
    """The state of the conversation changed (accepted, ended, read by the brand …)."""

    conversation: ConversationState


class Queue(Frame, frozen=True, kw_only=True, tag="queue"):
    """How many are before the customer (0: next); a wait range in seconds only where enough is known."""

    conversation: Id
    ahead: int
    wait_seconds_low: int | None = None
    wait_seconds_high: int | None = None


class BrandTyping(Frame, frozen=True, kw_only=True, tag="brand_typing"):
    conversation: Id
    persona: PersonaFace | None = None


class Hours(Frame, frozen=True, kw_only=True, tag="hours"):
    hours: OpeningHours


class Heartbeat(Frame, frozen=True, kw_only=True, tag="heartbeat"):
    """Every `heartbeat_seconds`; `head` is the last position of the conversation (0: none)."""

    head: int


ToWidget = Welcome | Face | Resync | PublicEntry | Ack | State | Queue | BrandTyping | Hours | Heartbeat | Refusal | Reconnect
