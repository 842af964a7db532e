"""What Alembic runs to reach the database: it is given an open connection by `migrations.upgrade`."""

from __future__ import annotations

from alembic import context

from assay_server.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite changes a column by copying its table
)
with context.begin_transaction():
    context.run_migrations()
