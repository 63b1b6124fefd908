"""Background work: who does it until when, why it failed, and where the trace of its cause began."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

oldest_program = "0001"
"""Columns that may be empty, and an index: programs of 0001 neither write to the outbox nor read these."""


def upgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        for name in ("holder", "last_error", "discarded_by", "trace"):
            table.add_column(sa.Column(name, Words(), nullable=True))
        for name in ("created_at", "lease_until", "begun_at", "finished_at"):
            table.add_column(sa.Column(name, Instant(), nullable=True))
    op.create_index(op.f("ix_outbox_state_due_at"), "outbox", ["state", "due_at"], unique=False)
    with op.batch_alter_table("routing_inputs") as table:
        table.add_column(sa.Column("trace", Words(), nullable=True))
