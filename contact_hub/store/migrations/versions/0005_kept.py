"""How long a mail is kept as it came: when its bytes were deleted, and an index over those that still are there."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

oldest_program = "0001"
"""A column that may be empty and an index: programs of 0004 go on beside us, and what they delete we find."""


def upgrade() -> None:
    op.add_column("raw_mails", sa.Column("gone_at", Instant(), nullable=True))
    op.execute(sa.text("UPDATE raw_mails SET gone_at = due_at WHERE state = 'tombstone'"))
    op.create_index(
        op.f("ix_raw_mails_workspace_due_at"),
        "raw_mails",
        ["workspace", "due_at"],
        unique=False,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
