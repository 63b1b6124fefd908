"""Every table, in the order in which one would explain the service.

The workspace leads each key, so that a row of another tenant is not merely forbidden but somewhere else. Positions and sequence numbers are
given by row updates (`public_head`, `journal_head` …), never by a database sequence: those leave holes and can be seen out of order.
The second lock of the floor's rules stands here too: one live offer per inquiry, seats within their bounds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from contact_hub.store.types import Instant, Json, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _words(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Words, nullable=null)


def _at(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=null)


def _json(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Json, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=null)


def _large(name: str, *, null: bool = False) -> Column[Any]:
    """Numbers of IMAP have 32 bits, without a sign."""
    return Column(name, BigInteger, nullable=null)


def _bytes(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, nullable=null)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _key(*columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("workspace", *columns)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def _belongs(to: str, **columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace", *columns], [f"{to}.workspace", *(f"{to}.{name}" for name in columns.values())])


# ---------------------------------------------------------------- the tenant and its rules

workspaces = Table(
    "workspaces",
    metadata,
    _words("id"),
    _words("delivery_epoch"),
    _number("journal_head"),
    _number("input_head"),
    _number("audit_head"),
    _words("audit_hash"),
    _at("created_at"),
    PrimaryKeyConstraint("id"),
)

workspace_versions = Table(
    "workspace_versions",
    metadata,
    _words("workspace"),
    _number("version"),
    _json("document"),
    _at("applied_at"),
    _words("applied_by"),
    _key("version"),
)

# ---------------------------------------------------------------- people of the floor

accounts = Table(
    "accounts",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("email"),
    _words("name"),
    _words("role"),
    _words("agent", null=True),
    _words("vendor", null=True),
    _words("client", null=True),
    _words("password_hash", null=True),
    _number("generation"),
    _at("created_at"),
    _at("disabled_at", null=True),
    _key("id"),
    UniqueConstraint("email"),
    _one_of("role", "agent", "vendor_manager", "client_supervisor", "operator"),
)

sessions = Table(
    "sessions",
    metadata,
    _words("workspace"),
    _words("token_hash"),
    _words("account"),
    _number("generation"),
    _at("created_at"),
    _at("last_seen_at"),
    _at("expires_at"),
    _at("revoked_at", null=True),
    _key("token_hash"),
    UniqueConstraint("token_hash"),
    _belongs("accounts", account="id"),
    Index(None, "workspace", "account"),
)

tickets = Table(
    "tickets",
    metadata,
    _words("workspace"),
    _words("ticket_hash"),
    _words("kind"),
    _json("subject"),
    _at("expires_at"),
    _at("used_at", null=True),
    _key("ticket_hash"),
    UniqueConstraint("ticket_hash"),
    _one_of("kind", "console", "widget"),
    Index(None, "expires_at"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    _words("key"),
    _number("failures"),
    _at("since"),
    PrimaryKeyConstraint("key"),
)

drafts = Table(
    "drafts",
    metadata,
    _words("workspace"),
    _words("account"),
    _words("conversation"),
    _words("mode"),
    _words("text"),
    _key("account", "conversation", "mode"),
    _one_of("mode", "reply", "note"),
)

# ---------------------------------------------------------------- customers

customers = Table(
    "customers",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("client"),
    _words("brand"),
    _words("name", null=True),
    _words("email", null=True),
    _at("created_at"),
    _key("id"),
    Index(None, "workspace", "brand", "email"),
)

devices = Table(
    "devices",
    metadata,
    _words("workspace"),
    _words("brand"),
    _words("id"),
    _words("token_hash"),
    _words("customer", null=True),
    _words("locale", null=True),
    _words("zone", null=True),
    _at("created_at"),
    _at("last_seen_at"),
    _key("brand", "id"),
    UniqueConstraint("token_hash"),
)

# ---------------------------------------------------------------- conversations and their two logs

conversations = Table(
    "conversations",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("client"),
    _words("brand"),
    _words("customer", null=True),
    _words("device", null=True),
    _words("channel"),
    _words("kind"),
    _words("state"),
    _number("public_head"),
    _number("staff_head"),
    _json("language"),
    _words("language_tag", null=True),
    Column("language_confidence", Float, nullable=False),
    _at("opened_at"),
    _at("ended_at", null=True),
    _words("ended_by", null=True),
    _words("inquiry", null=True),
    _words("agent", null=True),
    _words("pool", null=True),
    _json("persona", null=True),
    _number("customer_read"),
    _number("agent_read"),
    _number("csat_score", null=True),
    _words("csat_comment", null=True),
    _words("last_speaker"),
    _words("last_words"),
    _at("last_at"),
    _at("customer_waits_since", null=True),
    _words("zone", null=True),
    _key("id"),
    _one_of("state", "waiting", "open", "ended"),
    CheckConstraint("public_head >= 0 AND staff_head >= 0", name="heads"),
    CheckConstraint("csat_score IS NULL OR (csat_score BETWEEN 1 AND 5)", name="csat"),
    Index(None, "workspace", "opened_at", "id"),
    Index(None, "workspace", "client", "opened_at", "id"),
    Index(None, "workspace", "brand", "opened_at", "id"),
    Index(None, "workspace", "device", "opened_at", "id"),
    Index(None, "workspace", "customer", "opened_at", "id"),
)

public_entries = Table(
    "public_entries",
    metadata,
    _words("workspace"),
    _words("conversation"),
    _number("position"),
    _at("at"),
    _words("speaker"),
    _words("sender"),
    _words("pool", null=True),
    _words("client_message_id", null=True),
    _words("fingerprint"),
    _json("body"),
    _key("conversation", "position"),
    UniqueConstraint("workspace", "conversation", "sender", "client_message_id", name="uq_public_entries_sent"),
    _belongs("conversations", conversation="id"),
    _one_of("speaker", "customer", "agent", "brand"),
    CheckConstraint("position >= 1", name="position"),
)

staff_entries = Table(
    "staff_entries",
    metadata,
    _words("workspace"),
    _words("conversation"),
    _number("position"),
    _at("at"),
    _words("kind"),
    _words("sender"),
    _words("pool", null=True),
    _words("client_message_id", null=True),
    _words("fingerprint"),
    _json("body"),
    _key("conversation", "position"),
    UniqueConstraint("workspace", "conversation", "sender", "client_message_id", name="uq_staff_entries_sent"),
    _belongs("conversations", conversation="id"),
    CheckConstraint("position >= 1", name="position"),
)

# ---------------------------------------------------------------- the floor

inquiries = Table(
    "inquiries",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("conversation"),
    _words("client"),
    _words("brand"),
    _words("kind"),
    _words("channel"),
    _json("demand"),
    _words("state"),
    _at("arrived_at"),
    _at("assigned_at", null=True),
    _at("ended_at", null=True),
    _words("agent", null=True),
    _words("pool", null=True),
    _words("contract", null=True),
    _words("disposition", null=True),
    _words("closed_because", null=True),
    _flag("all_closed"),
    _at("next_opening", null=True),
    _at("wrap_up_until", null=True),
    _words("flagged", null=True),
    _number("rules", null=True),
    _key("id"),
    _belongs("conversations", conversation="id"),
    _one_of("state", "waiting", "offered", "assigned", "wrap_up", "closed"),
    Index(None, "workspace", "conversation"),
    Index(None, "workspace", "state", "brand"),
    Index(None, "workspace", "arrived_at"),
)

_LIVE_ONLY: Final = text("state IN ('offered', 'assigned')")

offers = Table(
    "offers",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("inquiry"),
    _words("conversation"),
    _words("agent"),
    _words("pool"),
    _words("contract"),
    _words("state"),
    _number("weight"),
    _at("offered_at"),
    _at("until"),
    _at("assigned_at", null=True),
    _at("over_at", null=True),
    _words("because", null=True),
    _json("trace"),
    _key("id"),
    _belongs("inquiries", inquiry="id"),
    _one_of("state", "offered", "assigned", "over"),
    Index("uq_offers_live", "workspace", "inquiry", unique=True, sqlite_where=_LIVE_ONLY, postgresql_where=_LIVE_ONLY),
    Index(None, "workspace", "inquiry"),
    Index(None, "workspace", "conversation", "agent"),
    Index(None, "workspace", "agent", "state"),
)

seats = Table(
    "seats",
    metadata,
    _words("workspace"),
    _words("agent"),
    _number("seats"),
    _number("seats_used"),
    _key("agent"),
    CheckConstraint("0 <= seats_used AND seats_used <= seats", name="bounds"),
)

presences = Table(
    "presences",
    metadata,
    _words("workspace"),
    _words("agent"),
    _number("presence_epoch"),
    _flag("connected"),
    _words("node", null=True),
    _words("availability"),
    _words("reason", null=True),
    _at("since"),
    _key("agent"),
    _one_of("availability", "offline", "ready", "away", "wrap_up"),
)

# ---------------------------------------------------------------- the owner's rows

leases = Table(
    "leases",
    metadata,
    _words("workspace"),
    _words("holder"),
    _number("epoch"),
    _at("expires_at"),
    _key(),
)

nodes = Table(
    "nodes",
    metadata,
    _words("id"),
    _at("alive_until"),
    _words("roles", null=True),
    PrimaryKeyConstraint("id"),
)

schema_floor = Table(
    "schema_floor",
    metadata,
    _words("oldest"),
    PrimaryKeyConstraint("oldest"),
)

routing_inputs = Table(
    "routing_inputs",
    metadata,
    _words("workspace"),
    _number("seq"),
    _at("at"),
    _json("event"),
    _words("trace", null=True),
    _key("seq"),
)

routing_facts = Table(
    "routing_facts",
    metadata,
    _words("workspace"),
    _words("key"),
    _json("body"),
    _key("key"),
)

# ---------------------------------------------------------------- what happened, for ever

journal = Table(
    "journal",
    metadata,
    _words("workspace"),
    _number("seq"),
    _at("at"),
    _number("epoch"),
    _words("kind"),
    _words("inquiry", null=True),
    _words("conversation", null=True),
    _json("body"),
    _key("seq"),
    Index(None, "workspace", "at"),
    Index(None, "workspace", "conversation"),
)

journal_about = Table(
    "journal_about",
    metadata,
    _words("workspace"),
    _words("inquiry"),
    _number("seq"),
    _key("inquiry", "seq"),
    Index(None, "workspace", "seq"),
)
"""Which inquiries a line of the journal speaks of: one step may decide about several."""

audit = Table(
    "audit",
    metadata,
    _words("workspace"),
    _number("seq"),
    _at("at"),
    _words("who"),
    _words("action"),
    _words("subject"),
    _json("details"),
    _words("hash"),
    _key("seq"),
    Index(None, "workspace", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("kind"),
    _json("payload"),
    _words("state"),
    _number("attempts"),
    _at("due_at"),
    _words("holder", null=True),
    _words("last_error", null=True),
    _words("discarded_by", null=True),
    _words("trace", null=True),
    _at("created_at", null=True),
    _at("lease_until", null=True),
    _at("begun_at", null=True),
    _at("finished_at", null=True),
    _key("id"),
    _one_of("state", "waiting", "running", "done", "failed"),
    Index(None, "workspace", "state", "due_at"),
    Index(None, "state", "due_at"),
)
"""Background work. A row that runs has a holder, new for each attempt: only who can name it may say how the attempt ended."""

# ---------------------------------------------------------------- mail

mail_keys = Table(
    "mail_keys",
    metadata,
    _words("workspace"),
    _number("number"),
    _bytes("key"),
    _at("made_at"),
    _key("number"),
)
"""What conversations' tokens in addresses and Message-IDs are sealed with; the highest number seals, all of them open."""

mailbox_cursors = Table(
    "mailbox_cursors",
    metadata,
    _words("workspace"),
    _words("mailbox"),
    _words("folder"),
    _large("uidvalidity"),
    _large("last_uid"),
    _words("leader", null=True),
    _at("leader_until", null=True),
    _words("state"),
    _at("looked_at", null=True),
    _words("trouble", null=True),
    _words("trouble_text", null=True),
    _at("trouble_since", null=True),
    _words("alert", null=True),
    _at("alert_at", null=True),
    _key("mailbox", "folder"),
    _one_of("state", "up", "down", "stopped"),
)
"""How far a mailbox was read and how it fares: cursor, lease of whoever fetches, and health in one row."""

_STILL_THERE: Final = text("gone_at IS NULL")
raw_mails = Table(
    "raw_mails",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("mailbox"),
    _words("brand"),
    _large("uidvalidity", null=True),
    _large("uid", null=True),
    _words("dedupe_key"),
    _json("envelope", null=True),
    _at("received_at"),
    _number("size"),
    _words("state"),
    _words("reason", null=True),
    _json("findings"),
    _number("attempts"),
    _at("due_at"),
    _words("sender"),
    _words("subject"),
    _words("conversation", null=True),
    _number("position", null=True),
    _words("html", null=True),
    _bytes("bytes", null=True),
    _at("gone_at", null=True),
    _key("id"),
    UniqueConstraint("workspace", "mailbox", "uidvalidity", "uid"),
    UniqueConstraint("workspace", "mailbox", "dedupe_key"),
    _one_of("state", "waiting", "stored", "held", "failed", "dropped", "tombstone"),
    Index(None, "workspace", "state", "due_at"),
    Index(None, "workspace", "conversation"),
    Index(None, "workspace", "due_at", sqlite_where=_STILL_THERE, postgresql_where=_STILL_THERE),
)
"""Every mail that came, as it came, before anybody understood it. `held`: kept apart, since its sender is doubtful; `dropped`: nobody's inquiry;
`gone_at`: when its bytes were deleted."""

mail_bytes = Table("mail_bytes", metadata, _words("workspace"), _words("id"), _bytes("bytes"), _key("id"))
"""On SQLite: bytes of raw mails, outgoing mails and files, by their id, since there each change of a row writes the whole of it anew. PostgreSQL keeps large
values apart by itself."""

mail_ids = Table(
    "mail_ids",
    metadata,
    _words("workspace"),
    _words("brand"),
    _words("message_id"),
    _words("conversation"),
    _flag("ours"),
    _key("brand", "message_id"),
    Index(None, "workspace", "message_id"),
)

mail_ancestors = Table(
    "mail_ancestors",
    metadata,
    _words("workspace"),
    _words("brand"),
    _words("message_id"),
    _words("person"),
    _words("conversation"),
    _key("brand", "message_id", "person"),
)
"""Ids that a person's mails name and that we never saw ourselves: two mails with one such ancestor are one conversation."""

attachments = Table(
    "attachments",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("conversation"),
    _words("mail"),
    _words("name"),
    _words("type"),
    _number("size"),
    _words("content_id", null=True),
    _flag("inline"),
    _json("risks"),
    _bytes("bytes"),
    _key("id"),
    Index(None, "workspace", "conversation"),
    Index(None, "workspace", "mail"),
)

outgoing_mails = Table(
    "outgoing_mails",
    metadata,
    _words("workspace"),
    _words("id"),
    _words("brand"),
    _words("conversation", null=True),
    _number("position", null=True),
    _words("kind"),
    _words("message_id"),
    _words("subject"),
    _words("envelope_from"),
    _words("state"),
    _number("attempts"),
    _at("due_at"),
    _words("leased_by", null=True),
    _at("leased_until", null=True),
    _at("made_at"),
    _at("sent_at", null=True),
    _words("last_answer", null=True),
    _bytes("bytes"),
    _key("id"),
    UniqueConstraint("workspace", "message_id"),
    _one_of("kind", "reply", "acknowledgement", "out_of_hours", "survey", "forward", "transcript"),
    _one_of("state", "queued", "leased", "data_started", "sent", "unknown", "deferred", "failed", "bounced"),
    Index(None, "workspace", "state", "due_at"),
    Index(None, "workspace", "conversation"),
)

outgoing_recipients = Table(
    "outgoing_recipients",
    metadata,
    _words("workspace"),
    _words("mail"),
    _words("address"),
    _words("state"),
    _words("status", null=True),
    _words("answer", null=True),
    _key("mail", "address"),
    _belongs("outgoing_mails", mail="id"),
    _one_of("state", "queued", "leased", "data_started", "sent", "unknown", "deferred", "failed", "bounced"),
    Index(None, "workspace", "address"),
)

automatic_answers = Table(
    "automatic_answers",
    metadata,
    _words("workspace"),
    _words("brand"),
    _words("sender_key"),
    _at("at"),
    _key("brand", "sender_key"),
)
"""When a brand's robot last wrote to somebody."""

mail_breaker = Table(
    "mail_breaker",
    metadata,
    _words("workspace"),
    _words("brand"),
    _words("sender_key"),
    _json("times"),
    _at("tripped_at", null=True),
    _key("brand", "sender_key"),
)
"""When a sender's latest mails to a brand came."""

LIVE: Final = ("offered", "assigned")
"""States in which an offer binds its inquiry and its agent."""
