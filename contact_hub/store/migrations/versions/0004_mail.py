"""Mail: what came, what goes out, and what keeps robots from talking to each other."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant, Json, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

oldest_program = "0001"
"""New tables and an index. Programs before us meet no mail: it begins with rules that name a mailbox, which they do not load."""


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("mail", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("type", Words(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_id", Words(), nullable=True),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("risks", Json(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_workspace_conversation"), "attachments", ["workspace", "conversation"], unique=False)
    op.create_index(op.f("ix_attachments_workspace_mail"), "attachments", ["workspace", "mail"], unique=False)
    op.create_table(
        "automatic_answers",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("sender_key", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "brand", "sender_key", name=op.f("pk_automatic_answers")),
    )
    op.create_table(
        "mail_ancestors",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("message_id", Words(), nullable=False),
        sa.Column("person", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "brand", "message_id", "person", name=op.f("pk_mail_ancestors")),
    )
    op.create_table(
        "mail_breaker",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("sender_key", Words(), nullable=False),
        sa.Column("times", Json(), nullable=False),
        sa.Column("tripped_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", "brand", "sender_key", name=op.f("pk_mail_breaker")),
    )
    op.create_table(
        "mail_ids",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("message_id", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "brand", "message_id", name=op.f("pk_mail_ids")),
    )
    op.create_index(op.f("ix_mail_ids_workspace_message_id"), "mail_ids", ["workspace", "message_id"], unique=False)
    op.create_table(
        "mail_keys",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("pk_mail_keys")),
    )
    op.create_table(
        "mailbox_cursors",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("mailbox", Words(), nullable=False),
        sa.Column("folder", Words(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("leader", Words(), nullable=True),
        sa.Column("leader_until", Instant(), nullable=True),
        sa.Column("state", Words(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("trouble", Words(), nullable=True),
        sa.Column("trouble_text", Words(), nullable=True),
        sa.Column("trouble_since", Instant(), nullable=True),
        sa.Column("alert", Words(), nullable=True),
        sa.Column("alert_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('up', 'down', 'stopped')", name=op.f("ck_mailbox_cursors_state")),
        sa.PrimaryKeyConstraint("workspace", "mailbox", "folder", name=op.f("pk_mailbox_cursors")),
    )
    op.create_table(
        "outgoing_mails",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("message_id", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("envelope_from", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("leased_by", Words(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("last_answer", Words(), nullable=True),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('reply', 'acknowledgement', 'out_of_hours', 'survey', 'forward', 'transcript')",
            name=op.f("ck_outgoing_mails_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'data_started', 'sent', 'unknown', 'deferred', 'failed', 'bounced')",
            name=op.f("ck_outgoing_mails_state"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint("workspace", "message_id", name=op.f("uq_outgoing_mails_workspace_message_id")),
    )
    op.create_index(op.f("ix_outgoing_mails_workspace_conversation"), "outgoing_mails", ["workspace", "conversation"], unique=False)
    op.create_index(
        op.f("ix_outgoing_mails_workspace_state_due_at"), "outgoing_mails", ["workspace", "state", "due_at"], unique=False
    )
    op.create_table(
        "raw_mails",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("mailbox", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("dedupe_key", Words(), nullable=False),
        sa.Column("envelope", Json(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("sender", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("html", Words(), nullable=True),
        sa.Column("bytes", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'stored', 'held', 'failed', 'dropped', 'tombstone')", name=op.f("ck_raw_mails_state")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_raw_mails")),
        sa.UniqueConstraint("workspace", "mailbox", "dedupe_key", name=op.f("uq_raw_mails_workspace_mailbox_dedupe_key")),
        sa.UniqueConstraint(
            "workspace", "mailbox", "uidvalidity", "uid", name=op.f("uq_raw_mails_workspace_mailbox_uidvalidity_uid")
        ),
    )
    op.create_index(op.f("ix_raw_mails_workspace_conversation"), "raw_mails", ["workspace", "conversation"], unique=False)
    op.create_index(op.f("ix_raw_mails_workspace_state_due_at"), "raw_mails", ["workspace", "state", "due_at"], unique=False)
    op.create_table(
        "outgoing_recipients",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("mail", Words(), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("status", Words(), nullable=True),
        sa.Column("answer", Words(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'data_started', 'sent', 'unknown', 'deferred', 'failed', 'bounced')",
            name=op.f("ck_outgoing_recipients_state"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "mail"],
            ["outgoing_mails.workspace", "outgoing_mails.id"],
            name=op.f("fk_outgoing_recipients_outgoing_mails"),
        ),
        sa.PrimaryKeyConstraint("workspace", "mail", "address", name=op.f("pk_outgoing_recipients")),
    )
    op.create_index(op.f("ix_outgoing_recipients_workspace_address"), "outgoing_recipients", ["workspace", "address"], unique=False)
    op.create_index(op.f("ix_customers_workspace_brand_email"), "customers", ["workspace", "brand", "email"], unique=False)
