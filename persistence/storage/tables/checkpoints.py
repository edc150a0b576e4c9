"""LangGraph's checkpoints and their writes."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from persistence.storage.tables.columns import WHERE, Id, metadata

__all__ = ["checkpoint_writes", "checkpoints"]

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("thread_id", Id, primary_key=True),
    Column("checkpoint_ns", String(1024), primary_key=True),
    Column("checkpoint_id", Id, primary_key=True),
    Column("parent_id", Id),
    Column("run_id", Id),
    Column("channels", Text, nullable=False),  # JSON list: the channels whose values it holds
    Column("metadata", Text, nullable=False),  # JSON
    Column("checkpoint", LargeBinary, nullable=False),  # msgpack; last, so that a walk does not read it
    Index(
        None,
        "run_id",
        info={WHERE: "run_id IS NOT NULL"},
    ),
    sqlite_with_rowid=False,
)

checkpoint_writes = Table(
    "checkpoint_writes",
    metadata,
    Column("thread_id", Id, primary_key=True),
    Column("checkpoint_ns", String(1024), primary_key=True),
    Column("checkpoint_id", Id, primary_key=True),
    Column("task_id", Id, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("task_path", Text, nullable=False),
    Column("run_id", Id),
    Column("channel", Text, nullable=False),
    Column("value_type", String(32), nullable=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
