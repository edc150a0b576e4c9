"""Schedules: what starts runs by itself."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, String, Table, Text

from persistence.storage.tables.columns import WHERE, Id, metadata

__all__ = ["schedules"]

schedules = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("cron", String(255), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("input", Text, nullable=False),  # JSON object whose texts are templates
    Column("version", String(64), nullable=False),  # a number or a label; empty: the current one
    Column("missed", String(16), nullable=False),  # skip, once or all
    Column("ends_at", Double),  # NULL: never
    Column("jitter_seconds", Double, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("key_id", Id, nullable=False),  # whose rights its runs have: a key, a user, or nobody's
    Column("user_id", Id, nullable=False),
    Column("made_by", String(255), nullable=False),  # the name of that key or user
    Column("stopped", Text, nullable=False),  # why the server paused it; empty: it did not
    Column("revision", Integer, nullable=False),  # of its settings: a start names the one that it read
    Column("next_at", Double),  # the next time of its cron expression; NULL: none
    Column("due_at", Double),  # the same with its jitter, or when a start is tried again
    Column("claimed_by", Id),  # the process that starts its runs now
    Column("claimed_until", Double),  # by the database's steady clock
    Column("last_at", Double),  # the time of its last run
    Column("last_execution_id", Id),
    Column("last_error", Text, nullable=False),  # why its last run was not started
    Column("runs", BigInteger, nullable=False),  # how many it has started
    Column("missed_runs", BigInteger, nullable=False),  # how many times it left out
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "workspace", "created_at"),
    Index("ix_schedules_due", "due_at", info={WHERE: "enabled AND due_at IS NOT NULL"}),
)
