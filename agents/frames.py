"""The console's protocol: what an agent's screen says to us and hears from us.

Same rules as the widget's (see `agents.wire`): `hello` → `welcome` with a full view → `delta`s that turn it into the next view, and per conversation
two logs with their own positions. The view is small and always exact; `apply(view, delta)` on the client equals what a fresh `welcome` would say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from agents.wire import ClientMessageId, Frame, Id, Part, Reconnect, Refusal, ShortText, Tag, Text

Position = Annotated[int, msgspec.Meta(ge=0)]

# ---------------------------------------------------------------- from the console


class Cursor(Part, frozen=True, kw_only=True):
    """What the client has of one conversation's two logs."""

    public: Position = 0
    staff: Position = 0


class ConsoleResume(Part, frozen=True, kw_only=True):
    """Where the client stands. `desk` is the number its welcome gave: whoever comes back to a desk that nobody took meanwhile needs no `take_over`."""

    epoch: str
    desk: int | None = None
    cursors: dict[str, Cursor] = {}


class ConsoleHello(Frame, frozen=True, kw_only=True, tag="hello"):
    """First frame. The one-time ticket comes from `POST /api/socket-ticket`. Where the agent's console is open elsewhere the answer is
    `superseded` unless `take_over` is true, which closes the other."""

    protocol: int
    ticket: Annotated[str, msgspec.Meta(max_length=200)]
    resume: ConsoleResume | None = None
    take_over: bool = False


class SetAvailability(Frame, frozen=True, kw_only=True, tag="availability"):
    """`away` needs one of the workspace's reasons. While engaged it means: after what I have now nothing new."""

    availability: Literal["ready", "away", "offline"]
    reason: Id | None = None


class AcceptOffer(Frame, frozen=True, kw_only=True, tag="accept"):
    offer: Id


class DeclineOffer(Frame, frozen=True, kw_only=True, tag="decline"):
    offer: Id
    reason: Id


class Reply(Frame, frozen=True, kw_only=True, tag="reply"):
    """A public message as the persona. The outgoing guard may answer `guard_refused`, or `guard_warned` with codes; send the same again with those
    codes in `confirmed` to insist."""

    client_message_id: ClientMessageId
    conversation: Id
    text: Text
    confirmed: list[Id] = []


class NotePrivately(Frame, frozen=True, kw_only=True, tag="note"):
    """A note for staff; never leaves the staff log."""

    client_message_id: ClientMessageId
    conversation: Id
    text: Text


class AgentTyping(Frame, frozen=True, kw_only=True, tag="typing"):
    conversation: Id


class AgentRead(Frame, frozen=True, kw_only=True, tag="read"):
    conversation: Id
    position: Position


class SaveDraft(Frame, frozen=True, kw_only=True, tag="draft"):
    """Kept per conversation and mode; empty text forgets it."""

    conversation: Id
    mode: Literal["reply", "note"]
    text: Text


class Transfer(Frame, frozen=True, kw_only=True, tag="transfer"):
    """Hand on to a pool or an agent, or (neither) back to the queue; `note` is for the next one."""

    conversation: Id
    pool: Id | None = None
    agent: Id | None = None
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class CorrectLanguage(Frame, frozen=True, kw_only=True, tag="language"):
    conversation: Id
    tag: Tag


class EndHandling(Frame, frozen=True, kw_only=True, tag="end"):
    """End the conversation for the customer; wrap-up begins."""

    conversation: Id


class FinishWrapUp(Frame, frozen=True, kw_only=True, tag="wrap_up"):
    conversation: Id
    disposition: Id
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class ShowHistory(Frame, frozen=True, kw_only=True, tag="history"):
    """Earlier conversations of this customer with this brand; answered by `history`."""

    conversation: Id


EmailText = Annotated[str, msgspec.Meta(min_length=3, max_length=320)]


class ReplyByMail(Frame, frozen=True, kw_only=True, tag="reply_by_mail"):
    """A mail as the persona. `text` may carry the light markup (`**bold**`, `*italic*`, lists, `[words](https://place)`); `attachments` are ids that an
    upload gave. `quote` false leaves out the history that the brand would put below. The guard answers as for `reply`."""

    client_message_id: ClientMessageId
    conversation: Id
    to: Annotated[list[EmailText], msgspec.Meta(min_length=1, max_length=20)]
    cc: Annotated[list[EmailText], msgspec.Meta(max_length=20)] = []
    bcc: Annotated[list[EmailText], msgspec.Meta(max_length=20)] = []
    subject: Annotated[str, msgspec.Meta(max_length=250)] = ""
    text: Text
    attachments: Annotated[list[Id], msgspec.Meta(max_length=20)] = []
    quote: bool = True
    confirmed: list[Id] = []


class ForwardMail(Frame, frozen=True, kw_only=True, tag="forward_mail"):
    """Send an entry of the public log on to one of the addresses the brand names for that (`mail.forward`), with a few words. The customer sees nothing
    of it; staff reads of it in their log."""

    client_message_id: ClientMessageId
    conversation: Id
    position: Position
    to: EmailText
    text: Annotated[str, msgspec.Meta(max_length=8_000)] = ""
    confirmed: list[Id] = []


class DecideMail(Frame, frozen=True, kw_only=True, tag="decide_mail"):
    """A mail of which nobody knows whether it went out (`unknown`): a person decides. `sent`: it arrived; `again`: send the same bytes once more."""

    conversation: Id
    mail: Id
    decision: Literal["sent", "again"]


FromConsole = (
    ConsoleHello
    | SetAvailability
    | AcceptOffer
    | DeclineOffer
    | Reply
    | NotePrivately
    | AgentTyping
    | AgentRead
    | SaveDraft
    | Transfer
    | CorrectLanguage
    | EndHandling
    | FinishWrapUp
    | ShowHistory
    | ReplyByMail
    | ForwardMail
    | DecideMail
)

# ---------------------------------------------------------------- the view (collections of keyed values)


class Me(Part, frozen=True, kw_only=True):
    """The agent's own line. `until` is the end of a wrap-up or of a grace where there is one."""

    agent: Id
    name: str
    pool: Id
    availability: Literal["offline", "ready", "away", "wrap_up"]
    reason: str | None = None
    seats: int = 0
    seats_used: int = 0
    since: datetime | None = None


class LanguageView(Part, frozen=True, kw_only=True):
    """What language the customer speaks, as far as we know; `reason` is a text key `language.reason.*`."""

    tag: Tag | None
    confidence: float
    settled: bool
    reason: str = ""
    name: str = ""


class OfferCard(Part, frozen=True, kw_only=True):
    """Ring: everything needed to say yes or no in two seconds. `why` is a text key `routing.reason.*`; `until` is the server's deadline."""

    offer: Id
    conversation: Id
    inquiry: Id
    brand: Id
    channel: str
    kind: str
    language: LanguageView
    waiting_since: datetime
    until: datetime
    why: str
    customer_name: str | None = None
    subject: str = ""
    first_words: str = ""


class MailRecipient(Part, frozen=True, kw_only=True):
    """How far a mail got with one of those it is for. `answer`: what the other side said, in its own words."""

    address: str
    state: str
    status: str = ""
    answer: str = ""


class SentMail(Part, frozen=True, kw_only=True):
    """How a mail of ours fares. `state`: queued, leased, data_started, sent, unknown, deferred (again at `due_at`), failed, bounced. `position` is that of
    its entry in the public log, where it has one."""

    mail: Id
    kind: str
    state: str
    position: int | None = None
    due_at: datetime | None = None
    answer: str = ""
    recipients: list[MailRecipient] = []


class ConversationCard(Part, frozen=True, kw_only=True):
    """One conversation in the agent's hands. `state`: open, ended (customer left or ended; wrap-up runs), wrap_up."""

    conversation: Id
    inquiry: Id
    brand: Id
    persona: str
    kind: str
    channel: str
    state: Literal["open", "wrap_up"]
    language: LanguageView
    customer_name: str | None
    customer_zone: str | None
    public_head: int
    staff_head: int
    agent_read: int
    customer_read: int
    last_speaker: Literal["customer", "agent", "brand", "none"]
    last_words: str
    last_at: datetime
    assigned_at: datetime
    waiting_since: datetime
    why: str = ""
    customer_waits_since: datetime | None = None
    reply_due: datetime | None = None
    wrap_up_until: datetime | None = None
    draft_reply: str = ""
    draft_note: str = ""
    customer_email: str | None = None
    mails: dict[str, SentMail] = {}


class QueueLine(Part, frozen=True, kw_only=True):
    """How many wait for a brand this agent may answer for."""

    brand: Id
    waiting: int
    oldest_since: datetime | None = None


class View(Part, frozen=True, kw_only=True):
    """Everything on the console but the threads. Keys of the collections are their ids."""

    me: Me
    offers: dict[str, OfferCard] = {}
    conversations: dict[str, ConversationCard] = {}
    queues: dict[str, QueueLine] = {}


# ---------------------------------------------------------------- reference (changes with the rules, not with the floor)


class MailVoice(Part, frozen=True, kw_only=True):
    """How the brand writes mail. `cc`: off, known (who takes part already) or any; `quote`: none, last or full; `forward`: whom mails may be sent on to."""

    address: str
    cc: str = "known"
    quote: str = "last"
    remote_images: bool = False
    forward: list[str] = []
    signatures: dict[Tag, str] = {}


class BrandVoice(Part, frozen=True, kw_only=True):
    """Whose voice am I now. `persona` and `signature` are this agent's for this brand; `canned` by key, then by language tag."""

    brand: Id
    name: str
    colour: str
    ink: str
    logo: str
    persona: str
    tone: dict[str, str]
    languages: list[Tag]
    canned: dict[str, dict[str, str]]
    dispositions: dict[str, dict[str, str]]
    mail: MailVoice | None = None


class Target(Part, frozen=True, kw_only=True):
    """Somewhere a conversation can be transferred to."""

    id: Id
    name: str
    pool: Id | None = None


class Reference(Part, frozen=True, kw_only=True):
    rules: int
    brands: dict[str, BrandVoice]
    away_reasons: list[str]
    decline_reasons: list[str]
    pools: list[Target]
    agents: list[Target]
    kinds: dict[str, dict[str, str]]


# ---------------------------------------------------------------- to the console


class Change(Part, frozen=True, kw_only=True):
    """Set (`value`) or remove (no `value`) one key of one collection of the view; collection `me` has the one key `me`."""

    collection: Literal["me", "offers", "conversations", "queues"]
    key: str
    value: dict[str, Any] | None = None


class ConsoleWelcome(Frame, frozen=True, kw_only=True, tag="welcome"):
    """The session stands. Everything missed after the cursors follows at once; `caught_up` says how much that was."""

    protocol: int
    epoch: str
    view: View
    reference: Reference
    heartbeat_seconds: float
    now: datetime
    desk: int
    caught_up: int = 0


class ConsoleResync(Frame, frozen=True, kw_only=True, tag="resync"):
    """Forget the entries of these conversations; all of theirs follow from position 1."""

    because: Literal["epoch", "position"]
    epoch: str
    conversations: list[str]


class Delta(Frame, frozen=True, kw_only=True, tag="delta"):
    changes: list[Change]


class ReferenceChanged(Frame, frozen=True, kw_only=True, tag="reference"):
    reference: Reference


class MailPerson(Part, frozen=True, kw_only=True):
    """Somebody in a mail's head; `name` is what the mail says, which proves nothing."""

    email: str
    name: str = ""


class MailFile(Part, frozen=True, kw_only=True):
    """A file of a mail; its content is asked for by `id`. `risks` are codes of what speaks against opening it."""

    id: str
    name: str
    type: str
    size: int
    inline: bool = False
    risks: list[str] = []


class MailFace(Part, frozen=True, kw_only=True):
    """What a mail has beside its words. `id` is that of the mail that came, or of the one that went out (see `ConversationCard.mails`); `warnings` are codes
    of what a reader should know; `automatic` names the occasion of a mail that no person wrote."""

    id: Id
    subject: str
    sender: MailPerson | None = None
    to: list[MailPerson] = []
    cc: list[MailPerson] = []
    quoted: str = ""
    signature: str = ""
    has_html: bool = False
    files: list[MailFile] = []
    third_party: bool = False
    warnings: list[str] = []
    automatic: str = ""


class PublicEntryForStaff(Frame, frozen=True, kw_only=True, tag="public_entry"):
    """What the customer sees too. `speaker` agent: `author` is the colleague's display name; `body` fields as in the widget's protocol."""

    conversation: Id
    position: int
    at: datetime
    speaker: Literal["customer", "agent", "brand"]
    text: str = ""
    author: str = ""
    persona: str = ""
    key: str = ""
    values: dict[str, str] = {}
    client_message_id: str = ""
    mine: bool = False
    mail: MailFace | None = None


class StaffEntry(Frame, frozen=True, kw_only=True, tag="staff_entry"):
    """What only staff sees: notes, transfers, language corrections, wrap-ups. `kind` tells, `text` is what a person wrote,
    `values` fill `console.event.<kind>`."""

    conversation: Id
    position: int
    at: datetime
    kind: str
    author: str = ""
    text: str = ""
    values: dict[str, str] = {}
    client_message_id: str = ""


class ConsoleAck(Frame, frozen=True, kw_only=True, tag="ack"):
    """A reply or note is on disk. `log` tells which positions it belongs to."""

    client_message_id: str
    conversation: Id
    log: Literal["public", "staff"]
    position: int
    at: datetime


class CustomerTyping(Frame, frozen=True, kw_only=True, tag="customer_typing"):
    conversation: Id


class HistoryItem(Part, frozen=True, kw_only=True):
    conversation: Id
    started_at: datetime
    ended_at: datetime | None
    kind: str
    language: Tag | None
    disposition: str | None
    score: int | None
    messages: list[PublicEntryForStaff]


class History(Frame, frozen=True, kw_only=True, tag="history"):
    conversation: Id
    items: list[HistoryItem]


class ConsoleHeartbeat(Frame, frozen=True, kw_only=True, tag="heartbeat"):
    """`heads`: conversation → [public head, staff head] for everything in the view."""

    heads: dict[str, tuple[int, int]]


class Superseded(Frame, frozen=True, kw_only=True, tag="superseded"):
    """This agent's console is open in another window (`by="other"`: yours was just taken over; `by="open"`: say hello with `take_over`)."""

    by: Literal["other", "open"]
    author: ShortText = ""


ToConsole = (
    ConsoleWelcome
    | ConsoleResync
    | Delta
    | ReferenceChanged
    | PublicEntryForStaff
    | StaffEntry
    | ConsoleAck
    | CustomerTyping
    | History
    | ConsoleHeartbeat
    | Superseded
    | Refusal
    | Reconnect
)
