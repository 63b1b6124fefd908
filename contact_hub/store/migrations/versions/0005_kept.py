"""How long a mail is kept as it came, and where: when its bytes were deleted, an index over those that still are there, and a table of their own for bytes."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

oldest_program = "0001"
"""A column that may be empty, an index, and a table that is written on SQLite alone, where one process is alone: programs of 0004 go on beside us."""


def upgrade() -> None:
    op.add_column("raw_mails", sa.Column("gone_at", Instant(), nullable=True))
    op.execute(sa.text("UPDATE raw_mails SET gone_at = due_at WHERE state = 'tombstone'"))
    op.create_table(
        "mail_bytes",
        sa.Column("workspace", Words(), nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_mail_bytes")),
    )
    op.create_index(
        op.f("ix_raw_mails_workspace_due_at"),
        "raw_mails",
        ["workspace", "due_at"],
        unique=False,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
