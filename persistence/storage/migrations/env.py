"""Alembic's entry: runs migrations in the transaction that `persistence.storage.migrate` opened."""

from alembic import context

from persistence.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=True,
    render_as_batch=True,  # SQLite cannot alter most of a table; Alembic then copies it
    transactional_ddl=True,  # one transaction for all revisions, which the caller commits, on SQLite too
)
context.run_migrations()
