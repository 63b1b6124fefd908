"""Alembic's entry: the connection is handed in by `contact_hub.store.schema`, which owns its transaction."""

from __future__ import annotations

from alembic import context

from contact_hub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
