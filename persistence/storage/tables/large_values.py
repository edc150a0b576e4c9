"""Large values, each stored once, and who refers to them."""

from sqlalchemy import Column, Double, ForeignKey, Index, LargeBinary, String, Table

from persistence.storage.tables.columns import Id, metadata

__all__ = ["checkpoint_values", "large_values", "run_values"]

large_values = Table(
    "large_values",
    metadata,
    Column("id", Id, primary_key=True),  # hex, BLAKE2b of the bytes, keyed by the workspace
    Column("workspace", Id, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),  # msgpack; last, so that a walk does not read it
)

# Whoever takes a reference away drops the value if it was the last: `release`.
run_values = Table(
    "run_values",
    metadata,
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("value_id", Id, ForeignKey("large_values.id"), primary_key=True),
    Index(None, "value_id"),
    sqlite_with_rowid=False,
)

checkpoint_values = Table(
    "checkpoint_values",
    metadata,
    Column("thread_id", Id, primary_key=True),
    Column("checkpoint_ns", String(1024), primary_key=True),
    Column("checkpoint_id", Id, primary_key=True),
    Column("value_id", Id, ForeignKey("large_values.id"), primary_key=True),
    Index(None, "value_id"),
    sqlite_with_rowid=False,
)
