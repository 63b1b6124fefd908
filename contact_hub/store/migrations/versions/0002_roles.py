"""What a node does, and how old a program may be that still gets along with the database."""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

oldest_program = "0001"
"""A column that may be empty and a table nobody else reads: programs of 0001 go on beside us."""


def upgrade() -> None:
    with op.batch_alter_table("nodes") as table:
        table.add_column(sa.Column("roles", Words(), nullable=True))
    op.create_table(
        "schema_floor",
        sa.Column("oldest", Words(), nullable=False),
        sa.PrimaryKeyConstraint("oldest", name=op.f("pk_schema_floor")),
    )
