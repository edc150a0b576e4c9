"""Triggers: schedules and webhooks, which start runs, and what is sent out when runs end or ask."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.storage.tables.columns import WHERE, Id, metadata

__all__ = [
    "schedules",
    "webhook_calls",
    "webhook_deliveries",
    "webhook_secrets",
    "webhook_targets",
    "webhooks",
]

Number = BigInteger().with_variant(Integer, "sqlite")

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

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("token", String(64), nullable=False),  # ends its URL; the secret proves who calls
    Column("style", String(16), nullable=False),  # token, hmac, github, slack or standard
    Column("header", String(100), nullable=False),  # of the token or signature; empty: that of the style
    Column("delivery_header", String(100), nullable=False),  # names a delivery; empty: that of the style
    Column("answer", String(16), nullable=False),  # async, sync or stream
    Column("input", Text),  # JSON object whose texts are templates; NULL: query and body
    Column("version", String(64), nullable=False),  # a number or a label; empty: the current one
    Column("enabled", Boolean, nullable=False),
    Column("key_id", Id, nullable=False),  # whose rights its runs have: a key, a user, or nobody's
    Column("user_id", Id, nullable=False),
    Column("made_by", String(255), nullable=False),  # the name of that key or user
    Column("stopped", Text, nullable=False),  # why the server paused it; empty: it did not
    Column("revision", Integer, nullable=False),  # of its settings
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("token"),
    Index(None, "workspace", "created_at"),
)

# What came to a webhook: its last calls, so that people see why a run did not start.
webhook_calls = Table(
    "webhook_calls",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("webhook_id", Id, nullable=False),
    Column("at", Double, nullable=False),
    Column("outcome", String(16), nullable=False),  # started, repeated, answered or refused
    Column("status", Integer, nullable=False),  # of the HTTP answer
    Column("delivery", String(255), nullable=False),  # what its sender calls it; empty: nothing
    Column("execution_id", Id),
    Column("detail", Text, nullable=False),  # why it was refused
    Index(None, "webhook_id", "id"),
)

# Secrets of webhooks and of webhook targets: the one of now, and one that is valid for a while.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("owner_id", Id, nullable=False),  # a webhook or a webhook target
    Column("ciphertext", LargeBinary, nullable=False),  # bound to the three columns above
    Column("key_id", String(32), nullable=False),  # which key it takes to read it
    Column("created_at", Double, nullable=False),
    Column("ends_at", Double),  # until when a replaced one is valid; NULL: the one of now
    Index(None, "owner_id"),
)

webhook_targets = Table(
    "webhook_targets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("flow_id", Id),  # NULL: all flows of the workspace
    Column("url", Text, nullable=False),  # empty: it is sent by mail
    Column("mail", Text),  # JSON: the mail server and who gets the questions; NULL: it is sent to the URL
    Column("events", Text, nullable=False),  # JSON list of types of events
    Column("with_output", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("key_id", Id, nullable=False),  # who made it: it is paused when they have no access any more
    Column("user_id", Id, nullable=False),
    Column("made_by", String(255), nullable=False),
    Column("stopped", Text, nullable=False),  # why the server paused it; empty: it did not
    Column("revision", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "workspace", "created_at"),
)

# The outbox: rows are added by the transaction that ends a run, or asks, and sent after it.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),  # the order in which they are sent
    Column("id", String(80), nullable=False),  # of the event: the receiver knows repetitions by it
    Column("workspace", Id, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("execution_id", Id, nullable=False),
    Column("type", String(32), nullable=False),
    Column("data", Text, nullable=False),  # JSON: what is known of the event, without outputs
    Column("status", String(16), nullable=False),  # waiting, delivered or dead
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("claimed_by", Id),  # the process that sends it now
    Column("claimed_until", Double),  # by the database's steady clock
    Column("last_status", Integer),  # of the receiver's last answer
    Column("last_error", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),  # when it was delivered or given up
    UniqueConstraint("target_id", "id"),
    Index(None, "target_id", "number"),
    Index(None, "status"),
    Index("ix_webhook_deliveries_lane", "target_id", "flow_id", "number", info={WHERE: "status = 'waiting'"}),
    Index("ix_webhook_deliveries_due", "due_at", info={WHERE: "status = 'waiting'"}),
    Index("ix_webhook_deliveries_ended", "ended_at", info={WHERE: "ended_at IS NOT NULL"}),
)
