"""${message}"""

import sqlalchemy as sa
from alembic import op

from contact_hub.store.types import Instant, Json, Words

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

oldest_program = ${repr(down_revision)}
"""Programs from here on serve this schema. Only add what they can live with (docs/operations.md, "Upgrade")."""


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
