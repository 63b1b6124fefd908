"""The first shape of the database: everything."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant, Json, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

oldest_program = "0001"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("email", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("role", Words(), nullable=False),
        sa.Column("agent", Words(), nullable=True),
        sa.Column("vendor", Words(), nullable=True),
        sa.Column("client", Words(), nullable=True),
        sa.Column("password_hash", Words(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.CheckConstraint("role IN ('agent', 'vendor_manager', 'client_supervisor', 'operator')", name=op.f("ck_accounts_role")),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "audit",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", Words(), nullable=False),
        sa.Column("action", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.Column("hash", Words(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_workspace_at"), "audit", ["workspace", "at"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("client", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("customer", Words(), nullable=True),
        sa.Column("device", Words(), nullable=True),
        sa.Column("channel", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("public_head", sa.Integer(), nullable=False),
        sa.Column("staff_head", sa.Integer(), nullable=False),
        sa.Column("language", Json(), nullable=False),
        sa.Column("language_tag", Words(), nullable=True),
        sa.Column("language_confidence", sa.Float(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", Words(), nullable=True),
        sa.Column("inquiry", Words(), nullable=True),
        sa.Column("agent", Words(), nullable=True),
        sa.Column("pool", Words(), nullable=True),
        sa.Column("persona", Json(), nullable=True),
        sa.Column("customer_read", sa.Integer(), nullable=False),
        sa.Column("agent_read", sa.Integer(), nullable=False),
        sa.Column("csat_score", sa.Integer(), nullable=True),
        sa.Column("csat_comment", Words(), nullable=True),
        sa.Column("last_speaker", Words(), nullable=False),
        sa.Column("last_words", Words(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("customer_waits_since", Instant(), nullable=True),
        sa.Column("zone", Words(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'open', 'ended')", name=op.f("ck_conversations_state")),
        sa.CheckConstraint("csat_score IS NULL OR (csat_score BETWEEN 1 AND 5)", name=op.f("ck_conversations_csat")),
        sa.CheckConstraint("public_head >= 0 AND staff_head >= 0", name=op.f("ck_conversations_heads")),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_conversations")),
    )
    op.create_index(
        op.f("ix_conversations_workspace_brand_opened_at_id"),
        "conversations",
        ["workspace", "brand", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_client_opened_at_id"),
        "conversations",
        ["workspace", "client", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_customer_opened_at_id"),
        "conversations",
        ["workspace", "customer", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_device_opened_at_id"),
        "conversations",
        ["workspace", "device", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_opened_at_id"), "conversations", ["workspace", "opened_at", "id"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("client", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("name", Words(), nullable=True),
        sa.Column("email", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_customers")),
    )
    op.create_table(
        "devices",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("token_hash", Words(), nullable=False),
        sa.Column("customer", Words(), nullable=True),
        sa.Column("locale", Words(), nullable=True),
        sa.Column("zone", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "brand", "id", name=op.f("pk_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_devices_token_hash")),
    )
    op.create_table(
        "drafts",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("account", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("mode", Words(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.CheckConstraint("mode IN ('reply', 'note')", name=op.f("ck_drafts_mode")),
        sa.PrimaryKeyConstraint("workspace", "account", "conversation", "mode", name=op.f("pk_drafts")),
    )
    op.create_table(
        "journal",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("inquiry", Words(), nullable=True),
        sa.Column("conversation", Words(), nullable=True),
        sa.Column("body", Json(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "seq", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_workspace_at"), "journal", ["workspace", "at"], unique=False)
    op.create_index(op.f("ix_journal_workspace_conversation"), "journal", ["workspace", "conversation"], unique=False)
    op.create_table(
        "journal_about",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("inquiry", Words(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "inquiry", "seq", name=op.f("pk_journal_about")),
    )
    op.create_index(op.f("ix_journal_about_workspace_seq"), "journal_about", ["workspace", "seq"], unique=False)
    op.create_table(
        "nodes",
        sa.Column("id", Words(), nullable=False),
        sa.Column("alive_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_table(
        "leases",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("holder", Words(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_leases")),
    )
    op.create_table(
        "outbox",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_workspace_state_due_at"), "outbox", ["workspace", "state", "due_at"], unique=False)
    op.create_table(
        "presences",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("agent", Words(), nullable=False),
        sa.Column("presence_epoch", sa.Integer(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("node", Words(), nullable=True),
        sa.Column("availability", Words(), nullable=False),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("since", Instant(), nullable=False),
        sa.CheckConstraint("availability IN ('offline', 'ready', 'away', 'wrap_up')", name=op.f("ck_presences_availability")),
        sa.PrimaryKeyConstraint("workspace", "agent", name=op.f("pk_presences")),
    )
    op.create_table(
        "routing_facts",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("key", Words(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "key", name=op.f("pk_routing_facts")),
    )
    op.create_table(
        "routing_inputs",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", Json(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "seq", name=op.f("pk_routing_inputs")),
    )
    op.create_table(
        "seats",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("agent", Words(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seats_used", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= seats_used AND seats_used <= seats", name=op.f("ck_seats_bounds")),
        sa.PrimaryKeyConstraint("workspace", "agent", name=op.f("pk_seats")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", Words(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_attempts")),
    )
    op.create_table(
        "tickets",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("ticket_hash", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("subject", Json(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('console', 'widget')", name=op.f("ck_tickets_kind")),
        sa.PrimaryKeyConstraint("workspace", "ticket_hash", name=op.f("pk_tickets")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_tickets_ticket_hash")),
    )
    op.create_index(op.f("ix_tickets_expires_at"), "tickets", ["expires_at"], unique=False)
    op.create_table(
        "workspace_versions",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", Json(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.Column("applied_by", Words(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "version", name=op.f("pk_workspace_versions")),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", Words(), nullable=False),
        sa.Column("delivery_epoch", Words(), nullable=False),
        sa.Column("journal_head", sa.Integer(), nullable=False),
        sa.Column("input_head", sa.Integer(), nullable=False),
        sa.Column("audit_head", sa.Integer(), nullable=False),
        sa.Column("audit_hash", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "inquiries",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("client", Words(), nullable=False),
        sa.Column("brand", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("channel", Words(), nullable=False),
        sa.Column("demand", Json(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=False),
        sa.Column("assigned_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("agent", Words(), nullable=True),
        sa.Column("pool", Words(), nullable=True),
        sa.Column("contract", Words(), nullable=True),
        sa.Column("disposition", Words(), nullable=True),
        sa.Column("closed_because", Words(), nullable=True),
        sa.Column("all_closed", sa.Boolean(), nullable=False),
        sa.Column("next_opening", Instant(), nullable=True),
        sa.Column("wrap_up_until", Instant(), nullable=True),
        sa.Column("flagged", Words(), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'assigned', 'wrap_up', 'closed')", name=op.f("ck_inquiries_state")),
        sa.ForeignKeyConstraint(
            ["workspace", "conversation"], ["conversations.workspace", "conversations.id"], name=op.f("fk_inquiries_conversations")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_inquiries")),
    )
    op.create_index(op.f("ix_inquiries_workspace_arrived_at"), "inquiries", ["workspace", "arrived_at"], unique=False)
    op.create_index(op.f("ix_inquiries_workspace_conversation"), "inquiries", ["workspace", "conversation"], unique=False)
    op.create_index(op.f("ix_inquiries_workspace_state_brand"), "inquiries", ["workspace", "state", "brand"], unique=False)
    op.create_table(
        "public_entries",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("speaker", Words(), nullable=False),
        sa.Column("sender", Words(), nullable=False),
        sa.Column("pool", Words(), nullable=True),
        sa.Column("client_message_id", Words(), nullable=True),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.CheckConstraint("speaker IN ('customer', 'agent', 'brand')", name=op.f("ck_public_entries_speaker")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_public_entries_position")),
        sa.ForeignKeyConstraint(
            ["workspace", "conversation"],
            ["conversations.workspace", "conversations.id"],
            name=op.f("fk_public_entries_conversations"),
        ),
        sa.PrimaryKeyConstraint("workspace", "conversation", "position", name=op.f("pk_public_entries")),
        sa.UniqueConstraint("workspace", "conversation", "sender", "client_message_id", name="uq_public_entries_sent"),
    )
    op.create_table(
        "sessions",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("token_hash", Words(), nullable=False),
        sa.Column("account", Words(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workspace", "account"], ["accounts.workspace", "accounts.id"], name=op.f("fk_sessions_accounts")),
        sa.PrimaryKeyConstraint("workspace", "token_hash", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_workspace_account"), "sessions", ["workspace", "account"], unique=False)
    op.create_table(
        "staff_entries",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("sender", Words(), nullable=False),
        sa.Column("pool", Words(), nullable=True),
        sa.Column("client_message_id", Words(), nullable=True),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_staff_entries_position")),
        sa.ForeignKeyConstraint(
            ["workspace", "conversation"],
            ["conversations.workspace", "conversations.id"],
            name=op.f("fk_staff_entries_conversations"),
        ),
        sa.PrimaryKeyConstraint("workspace", "conversation", "position", name=op.f("pk_staff_entries")),
        sa.UniqueConstraint("workspace", "conversation", "sender", "client_message_id", name="uq_staff_entries_sent"),
    )
    op.create_table(
        "offers",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("inquiry", Words(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("agent", Words(), nullable=False),
        sa.Column("pool", Words(), nullable=False),
        sa.Column("contract", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("assigned_at", Instant(), nullable=True),
        sa.Column("over_at", Instant(), nullable=True),
        sa.Column("because", Words(), nullable=True),
        sa.Column("trace", Json(), nullable=False),
        sa.CheckConstraint("state IN ('offered', 'assigned', 'over')", name=op.f("ck_offers_state")),
        sa.ForeignKeyConstraint(
            ["workspace", "inquiry"], ["inquiries.workspace", "inquiries.id"], name=op.f("fk_offers_inquiries")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_workspace_agent_state"), "offers", ["workspace", "agent", "state"], unique=False)
    op.create_index(op.f("ix_offers_workspace_conversation_agent"), "offers", ["workspace", "conversation", "agent"], unique=False)
    op.create_index(op.f("ix_offers_workspace_inquiry"), "offers", ["workspace", "inquiry"], unique=False)
    op.create_index(
        "uq_offers_live",
        "offers",
        ["workspace", "inquiry"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'assigned')"),
        postgresql_where=sa.text("state IN ('offered', 'assigned')"),
    )
