"""Rows as values: what goes into the store and what comes out of it.

A record holds what its table holds, under the same names, and knows nothing of SQL. Changes are typed dictionaries, so that a service names just the
fields it means. Two kinds of entry stay two types: nothing that reads staff entries can be handed a public one by mistake, nor the other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypedDict

import msgspec

from routing.model import AgentId, Availability, BrandId, Channel, ClientId, ContractId, InquiryId, OfferId, PoolId, VendorId

ConversationState = Literal["waiting", "open", "ended"]
InquiryState = Literal["waiting", "offered", "assigned", "wrap_up", "closed"]
OfferState = Literal["offered", "assigned", "over"]
Speaker = Literal["customer", "agent", "brand"]
Role = Literal["agent", "vendor_manager", "client_supervisor", "operator"]
DraftMode = Literal["reply", "note"]

_HIDDEN: Final = frozenset({"password_hash", "token_hash", "ticket_hash"})


class Record(msgspec.Struct, frozen=True):
    """A value of named fields. A struct, because records come and go by the thousand a second; secrets are not shown."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _HIDDEN)
        return f"{type(self).__name__}({', '.join(shown)})"


# ---------------------------------------------------------------- the tenant and its rules


class Workspace(Record, frozen=True, kw_only=True):
    """`delivery_epoch` changes when an older backup is restored: positions of another epoch mean nothing."""

    id: str
    delivery_epoch: str
    created_at: datetime


class WorkspaceVersion(Record, frozen=True, kw_only=True):
    workspace: str
    version: int
    document: Mapping[str, Any]
    applied_at: datetime
    applied_by: str


# ---------------------------------------------------------------- people


class Account(Record, frozen=True, kw_only=True):
    """`generation` grows with whatever must end every session: a new password, another role, being disabled."""

    workspace: str
    id: str
    email: str
    name: str
    role: Role
    agent: AgentId | None = None
    vendor: VendorId | None = None
    client: ClientId | None = None
    password_hash: str | None = None
    generation: int = 1
    created_at: datetime
    disabled_at: datetime | None = None


class Session(Record, frozen=True, kw_only=True):
    workspace: str
    token_hash: str
    account: str
    generation: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Ticket(Record, frozen=True, kw_only=True):
    """A right to open one socket, once, soon. `subject` says whose."""

    workspace: str
    ticket_hash: str
    kind: Literal["console", "widget"]
    subject: Mapping[str, Any]
    expires_at: datetime
    used_at: datetime | None = None


class Customer(Record, frozen=True, kw_only=True):
    workspace: str
    id: str
    client: ClientId
    brand: BrandId
    name: str | None = None
    email: str | None = None
    created_at: datetime


class Device(Record, frozen=True, kw_only=True):
    """One browser on one brand's site."""

    workspace: str
    brand: BrandId
    id: str
    token_hash: str
    customer: str | None = None
    locale: str | None = None
    zone: str | None = None
    created_at: datetime
    last_seen_at: datetime


# ---------------------------------------------------------------- conversations


class Conversation(Record, frozen=True, kw_only=True):
    """`language` is the settling state as `i18n` keeps it, `language_tag` and `language_confidence` what can be searched of it."""

    workspace: str
    id: str
    client: ClientId
    brand: BrandId
    customer: str | None = None
    device: str | None = None
    channel: Channel = Channel.CHAT
    kind: str = "service"
    state: ConversationState = "waiting"
    public_head: int = 0
    staff_head: int = 0
    language: Mapping[str, Any] = msgspec.field(default_factory=dict)
    language_tag: str | None = None
    language_confidence: float = 0.0
    opened_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    inquiry: InquiryId | None = None
    agent: AgentId | None = None
    pool: PoolId | None = None
    persona: Mapping[str, Any] | None = None
    customer_read: int = 0
    agent_read: int = 0
    csat_score: int | None = None
    csat_comment: str | None = None
    last_speaker: Literal["customer", "agent", "brand", "none"] = "none"
    last_words: str = ""
    last_at: datetime
    customer_waits_since: datetime | None = None
    zone: str | None = None


class ConversationChanges(TypedDict, total=False):
    customer: str | None
    channel: Channel
    kind: str
    state: ConversationState
    language: Mapping[str, Any]
    language_tag: str | None
    language_confidence: float
    ended_at: datetime | None
    ended_by: str | None
    inquiry: InquiryId | None
    agent: AgentId | None
    pool: PoolId | None
    persona: Mapping[str, Any] | None
    customer_read: int
    agent_read: int
    csat_score: int | None
    csat_comment: str | None
    last_speaker: Literal["customer", "agent", "brand", "none"]
    last_words: str
    last_at: datetime
    customer_waits_since: datetime | None
    zone: str | None


class NewPublicEntry(Record, frozen=True, kw_only=True):
    """To be appended. `fingerprint` stands for what the client sent; without it the body does, which is right only where the same input
    always makes the same body. `pool` is that of the agent who speaks."""

    at: datetime
    speaker: Speaker
    sender: str
    body: Mapping[str, Any]
    client_message_id: str | None = None
    fingerprint: str | None = None
    pool: PoolId | None = None


class PublicEntry(Record, frozen=True, kw_only=True):
    """`sender` is empty where the reader may not know who spoke."""

    conversation: str
    position: int
    at: datetime
    speaker: Speaker
    sender: str
    body: Mapping[str, Any]
    client_message_id: str | None


class NewStaffEntry(Record, frozen=True, kw_only=True):
    at: datetime
    kind: str
    sender: str
    body: Mapping[str, Any]
    client_message_id: str | None = None
    fingerprint: str | None = None
    pool: PoolId | None = None


class StaffEntry(Record, frozen=True, kw_only=True):
    conversation: str
    position: int
    at: datetime
    kind: str
    sender: str
    body: Mapping[str, Any]
    client_message_id: str | None


class Appended(Record, frozen=True, kw_only=True):
    """Where an entry stands. `fresh` is false when it stood there before: the client sent it again."""

    position: int
    at: datetime
    fresh: bool


class ConversationFilter(Record, frozen=True, kw_only=True):
    """What to look for; `since` and `until` bound the opening, the first included, the second not. Pools and agents: whoever handled it, at any time."""

    brand: str | None = None
    client: str | None = None
    pool: str | None = None
    pools: frozenset[str] | None = None
    agent: str | None = None
    language: str | None = None
    kind: str | None = None
    channel: str | None = None
    state: ConversationState | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: frozenset[str] | None = None


class PageKey(Record, frozen=True, kw_only=True):
    """Where the next page begins; opaque to whoever carries it."""

    opened_at: datetime
    id: str


# ---------------------------------------------------------------- the floor


class Inquiry(Record, frozen=True, kw_only=True):
    workspace: str
    id: InquiryId
    conversation: str
    client: ClientId
    brand: BrandId
    kind: str
    channel: Channel
    demand: Mapping[str, Any]
    state: InquiryState = "waiting"
    arrived_at: datetime
    assigned_at: datetime | None = None
    ended_at: datetime | None = None
    agent: AgentId | None = None
    pool: PoolId | None = None
    contract: ContractId | None = None
    disposition: str | None = None
    closed_because: str | None = None
    all_closed: bool = False
    next_opening: datetime | None = None
    wrap_up_until: datetime | None = None
    flagged: str | None = None
    rules: int | None = None


class InquiryChanges(TypedDict, total=False):
    kind: str
    demand: Mapping[str, Any]
    state: InquiryState
    assigned_at: datetime | None
    ended_at: datetime | None
    agent: AgentId | None
    pool: PoolId | None
    contract: ContractId | None
    disposition: str | None
    closed_because: str | None
    all_closed: bool
    next_opening: datetime | None
    wrap_up_until: datetime | None
    flagged: str | None
    rules: int | None


class OfferRecord(Record, frozen=True, kw_only=True):
    """An offer and the assignment that it may become."""

    workspace: str
    id: OfferId
    inquiry: InquiryId
    conversation: str
    agent: AgentId
    pool: PoolId
    contract: ContractId
    state: OfferState = "offered"
    weight: int
    offered_at: datetime
    until: datetime
    assigned_at: datetime | None = None
    over_at: datetime | None = None
    because: str | None = None
    trace: Mapping[str, Any]


class Waiting(Record, frozen=True, kw_only=True):
    """How many wait for a brand, and since when the longest."""

    brand: BrandId
    waiting: int
    oldest_since: datetime | None


class Seats(Record, frozen=True, kw_only=True):
    workspace: str
    agent: AgentId
    seats: int
    seats_used: int


class Presence(Record, frozen=True, kw_only=True):
    """`presence_epoch` numbers the logins of an agent's console: a later one fences the earlier."""

    workspace: str
    agent: AgentId
    presence_epoch: int
    connected: bool
    node: str | None
    availability: Availability
    reason: str | None
    since: datetime


class Lease(Record, frozen=True, kw_only=True):
    workspace: str
    holder: str
    epoch: int
    expires_at: datetime


class RoutingInput(Record, frozen=True, kw_only=True):
    """`trace` is where its cause was traced, if it was (W3C `traceparent`)."""

    seq: int
    at: datetime
    event: Mapping[str, Any]
    trace: str | None = None


# ---------------------------------------------------------------- what happened


class NewJournalLine(Record, frozen=True, kw_only=True):
    """`about` are all inquiries the body speaks of, `inquiry` the one whose event it is."""

    at: datetime
    epoch: int
    kind: str
    body: Mapping[str, Any]
    inquiry: InquiryId | None = None
    conversation: str | None = None
    about: frozenset[InquiryId] = frozenset()


class JournalLine(Record, frozen=True, kw_only=True):
    seq: int
    at: datetime
    epoch: int
    kind: str
    inquiry: InquiryId | None
    conversation: str | None
    body: Mapping[str, Any]


class AuditRow(Record, frozen=True, kw_only=True):
    seq: int
    at: datetime
    who: str
    action: str
    subject: str
    details: Mapping[str, Any]


class OutboxItem(Record, frozen=True, kw_only=True):
    """A piece of background work, as its row tells it. `due_at` of one that waits is when it may be tried next."""

    workspace: str
    id: str
    kind: str
    payload: Mapping[str, Any]
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    attempts: int = 0
    due_at: datetime
    created_at: datetime | None = None
    begun_at: datetime | None = None
    finished_at: datetime | None = None
    holder: str | None = None
    """Who runs it, new for every attempt."""
    lease_until: datetime | None = None
    last_error: str | None = None
    """Our code, or the class of what was raised: never its words."""
    discarded_by: str | None = None
    trace: str | None = None


class OutboxBacklog(Record, frozen=True, kw_only=True):
    """Of one kind of work: what waits, runs and was given up; `oldest_due` should have been begun by now; `lost` run without a sign of life;
    `troubled` wait after a failure."""

    kind: str
    waiting: int
    running: int
    failed: int
    lost: int
    troubled: int
    oldest_due: datetime | None


# ---------------------------------------------------------------- mail

MailboxState = Literal["up", "down", "stopped"]
RawMailState = Literal["waiting", "stored", "held", "failed", "dropped", "tombstone"]
OutgoingKind = Literal["reply", "acknowledgement", "out_of_hours", "survey", "forward", "transcript"]
OutgoingState = Literal["queued", "leased", "data_started", "sent", "unknown", "deferred", "failed", "bounced"]


class MailboxCursor(Record, frozen=True, kw_only=True):
    """How far one folder was read, who reads it, and how it fares. `trouble` is a stable code, `alert` the latest thing a person should know."""

    workspace: str
    mailbox: str
    folder: str
    uidvalidity: int = 0
    last_uid: int = 0
    leader: str | None = None
    leader_until: datetime | None = None
    state: MailboxState = "stopped"
    looked_at: datetime | None = None
    trouble: str | None = None
    trouble_text: str | None = None
    trouble_since: datetime | None = None
    alert: str | None = None
    alert_at: datetime | None = None


class RawMail(Record, frozen=True, kw_only=True):
    """A mail as it came, without its bytes: those are asked for one by one. `findings`: codes of what intake noticed about it; `gone_at`: when its bytes
    were deleted."""

    workspace: str
    id: str
    mailbox: str
    brand: BrandId
    uidvalidity: int | None = None
    uid: int | None = None
    dedupe_key: str
    envelope: Mapping[str, Any] | None = None
    received_at: datetime
    size: int
    state: RawMailState = "waiting"
    reason: str | None = None
    findings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    attempts: int = 0
    due_at: datetime
    sender: str = ""
    subject: str = ""
    conversation: str | None = None
    position: int | None = None
    gone_at: datetime | None = None


class Forgotten(Record, frozen=True, kw_only=True):
    """How many originals were deleted: of mails that came, of mails that went, and files."""

    came: int = 0
    went: int = 0
    files: int = 0


class AttachmentRecord(Record, frozen=True, kw_only=True):
    """A file of a conversation, without its content. `mail` is the raw or outgoing mail it belongs to; `risks` speak against opening it."""

    workspace: str
    id: str
    conversation: str
    mail: str
    name: str
    type: str
    size: int
    content_id: str | None = None
    inline: bool = False
    risks: Sequence[str] = ()


class Outgoing(Record, frozen=True, kw_only=True):
    """A mail of ours, frozen, without its bytes."""

    workspace: str
    id: str
    brand: BrandId
    conversation: str | None = None
    position: int | None = None
    kind: OutgoingKind
    message_id: str
    subject: str
    envelope_from: str
    state: OutgoingState = "queued"
    attempts: int = 0
    due_at: datetime
    leased_by: str | None = None
    leased_until: datetime | None = None
    made_at: datetime
    sent_at: datetime | None = None
    last_answer: str | None = None


class OutgoingRecipient(Record, frozen=True, kw_only=True):
    workspace: str
    mail: str
    address: str
    state: OutgoingState = "queued"
    status: str | None = None
    answer: str | None = None


class MailBacklog(Record, frozen=True, kw_only=True):
    """What a mailbox's mails are waiting for: how many in each state, and since when the oldest waits."""

    mailbox: str
    counts: Mapping[str, int]
    oldest_waiting: datetime | None
