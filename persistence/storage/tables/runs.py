"""Executions, their journal and calls, questions to people, and what is kept of nodes."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from persistence.storage.tables.columns import WHERE, Id, metadata

__all__ = [
    "calls",
    "execution_counts",
    "executions",
    "idempotency_keys",
    "inputs",
    "journal",
    "outcomes",
    "processes",
    "responses",
]

executions = Table(
    "executions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id),  # NULL: a chat by config alone
    Column("flow_version", Integer),
    Column("flow_type", String(16), nullable=False),
    Column("session_id", Id, ForeignKey("sessions.id", ondelete="CASCADE")),
    Column("thread_id", Id, nullable=False),  # the session's id, or the execution's own
    Column("status", String(24), nullable=False),
    Column("input", Text, nullable=False),  # JSON
    Column("document", Text),  # JSON: the flow as it ran, where it is not a stored version
    Column("options", Text, nullable=False),  # JSON: limits and the like, fixed at the start
    Column("output", Text),  # JSON
    Column("error", Text),  # JSON {code, message}
    Column("position", BigInteger, nullable=False),  # order of acceptance
    Column("process_id", Id),  # who runs it; NULL: nobody, take it
    Column("claim", Integer, nullable=False),  # fencing token: every write of a run names the claim it holds
    Column("recoveries", Integer, nullable=False),
    Column("parked_at", Double),  # since when it waits for an input, by no process; NULL: it does not
    Column("last_seq", BigInteger, nullable=False),
    Column("cancel_requested", String(16), nullable=False),  # "", cancel, interrupt or rollback
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("completed_at", Double),
    Column("duration_ms", Double),
    Column("parent_id", Id),  # the execution that it goes on from, which may be deleted
    Column("schedule_id", Id),  # the schedule that started it, which may be deleted
    Column("pruned_at", Double),  # when its journal and calls were dropped for their age
    Column("queue", String(64)),  # the workers' queue that it waits in; NULL: accepted without one
    Column("priority", Integer),  # of runs of a workspace in one queue the lowest begins first
    Index(
        "uq_executions_running_session",
        "thread_id",
        unique=True,
        info={WHERE: "status = 'running'"},
    ),
    Index(
        "ix_executions_open",
        "status",
        "position",
        info={WHERE: "status IN ('pending', 'running', 'waiting_approval')"},
    ),
    Index(
        "ix_executions_queued",
        "queue",
        "workspace",
        "priority",
        "position",
        info={WHERE: "status = 'pending' AND process_id IS NULL"},
    ),
    Index("ix_executions_workspace_created_at_id", "workspace", "created_at", "id"),
    Index("ix_executions_workspace_status_created_at_id", "workspace", "status", "created_at", "id"),
    Index("ix_executions_flow_id_created_at_id", "flow_id", "created_at", "id"),
    Index("ix_executions_flow_id_status_created_at_id", "flow_id", "status", "created_at", "id"),
    Index(None, "session_id", "position"),
    Index(None, "parent_id", info={WHERE: "parent_id IS NOT NULL"}),
    Index(None, "schedule_id", "created_at", "id", info={WHERE: "schedule_id IS NOT NULL"}),
    Index(
        "ix_executions_ended",
        "workspace",
        "completed_at",
        "flow_id",
        "duration_ms",
        info={WHERE: "completed_at IS NOT NULL"},
    ),
    Index(
        "ix_executions_unpruned",
        "completed_at",
        info={WHERE: "pruned_at IS NULL AND completed_at IS NOT NULL"},
    ),
)

# How many executions there are; triggers of the migrations count, so that lists need not.
execution_counts = Table(
    "execution_counts",
    metadata,
    Column("workspace", Id, primary_key=True),
    Column("flow_id", Id, primary_key=True),  # "": a chat by config alone
    Column("status", String(24), primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),  # who counted; all shards together count
    Column("runs", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

journal = Table(
    "journal",
    metadata,
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # first event of the row
    Column("last_seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON list of events, deltas folded; zlib after compaction
    sqlite_with_rowid=False,
)

calls = Table(
    "calls",
    metadata,
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("task_id", String(1024), primary_key=True),
    Column("kind", String(16), primary_key=True),  # graphs.values.events.CallKind
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("request_hash", Id, nullable=False),
    Column("result", LargeBinary, nullable=False),  # JSON of what the kind says; zlib where it is long
    Column("created_at", Double, nullable=False),  # of one that another run has given: when it was given
    Column("given", String(8)),  # by another run: new, or shown once the events have it; NULL: its own
    sqlite_with_rowid=False,
)

inputs = Table(
    "inputs",
    metadata,
    Column("id", Id, primary_key=True),  # made from the execution and the question's place in it
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), nullable=False),
    Column("workspace", Id, nullable=False),
    Column("node", String(255), nullable=False),
    Column("path", Text, nullable=False),
    Column("kind", String(16), nullable=False),  # graphs.conversation.messages.InputKind
    Column("request", Text, nullable=False),  # JSON InputRequest
    Column("requested_at", Double, nullable=False),  # by the database's clock, as the next two
    Column("expires_at", Double),  # NULL: never
    Column("answered_at", Double),  # NULL: open
    Column("answer", Text),  # JSON InputAnswer
    Column("answered_by", String(255)),
    Index(None, "execution_id"),
    Index("ix_inputs_open", "workspace", "requested_at", info={WHERE: "answered_at IS NULL"}),
    Index("ix_inputs_expiring", "expires_at", info={WHERE: "answered_at IS NULL AND expires_at IS NOT NULL"}),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("key", Id, primary_key=True),  # hex SHA-256 of workspace, flow, node, its configuration and inputs
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id),
    Column("outcome", LargeBinary, nullable=False),  # JSON graphs.node.node.Outcome
    Column("expires_at", Double, nullable=False),
    Index(None, "expires_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workspace", Id, primary_key=True),
    Column("route", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("execution_id", Id),
    Column("status", Integer),  # HTTP status of the answer; NULL while the first request is under way
    Column("body", LargeBinary),
    Column("created_at", Double, nullable=False),
    Column("after_seq", Integer),  # the last event before it, where it answered a question; NULL = 0
    Column("attempt", Integer),  # last retry of a client that marks them; NULL: the key is the client's own
    Index(None, "created_at"),
)

# Answers that clients of other protocols know by an id: a stretch of a run's events each.
responses = Table(
    "responses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("after_seq", Integer, nullable=False),  # the last event before it
    Column("previous_id", Id, index=True),  # the response that it continues
    Column("asked", Text, nullable=False),  # JSON: what of the request the answer repeats
    Column("continued_at", Double),  # since when another continues its session; NULL = nothing does
    Column("created_at", Double, nullable=False),
    Column("deleted_at", Double),
)

processes = Table(
    "processes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),  # by the database's steady clock
)

# When a boot of the machine began, by the wall clock of then; of a SQLite file alone, see `storage.clock`.
boots = Table(
    "boots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("began_at", Double, nullable=False),  # Unix seconds: the monotonic clock's zero
    sqlite_with_rowid=False,
)
