"""The tables. Times are Unix seconds, ids are UUID strings, JSON columns are text that msgspec wrote."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "agents",
    "api_keys",
    "audit_log",
    "budget_periods",
    "budgets",
    "calls",
    "checkpoint_writes",
    "checkpoints",
    "credentials",
    "embeds",
    "execution_counts",
    "executions",
    "feedback",
    "flow_versions",
    "flows",
    "idempotency_keys",
    "inputs",
    "journal",
    "logins",
    "members",
    "metadata",
    "model_pricing",
    "outcomes",
    "process_metrics",
    "processes",
    "rate_limits",
    "reservations",
    "run_periods",
    "sessions",
    "usage",
    "usage_periods",
    "users",
    "workspaces",
]

WHERE = "where"
"""Key of a partial index's condition in its ``info``. The migrations write it.

To name a dialect's own option here would import that dialect: PostgreSQL's costs a server on SQLite 2.4 MB.
"""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(64)

flows = Table(
    "flows",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_type", String(16), nullable=False),  # chatflow, agentflow
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("document", Text, nullable=False),  # JSON: the whole flow as the API takes and gives it
    Column("version", Integer, nullable=False),
    Column("tags", Text, nullable=False),  # JSON list
    Column("search", Text, nullable=False),  # name, description and tags, case-folded
    Column("category", String(64), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Index(None, "workspace", "flow_type", "created_at"),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    Column("flow_id", Id, ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # graphs.outbound.credentials.CredentialKind
    Column("field", String(255), nullable=False),  # the header's or parameter's name, or the user
    Column("hosts", Text, nullable=False),  # JSON list
    Column(
        "ciphertext", LargeBinary, nullable=False
    ),  # persistence.storage.encryption: bound to the columns above
    Column("key_id", String(32), nullable=False),  # which key it takes to read it
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("created_by", String(255), nullable=False),
    UniqueConstraint("workspace", "name"),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("search", Text, nullable=False),  # name and description case-folded
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Index(None, "workspace", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),  # LangGraph's thread id: ours, never the caller's
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),  # the caller's session_id
    Column("flow_id", Id),
    Column("title", String(255), nullable=False),
    Column("memory", Text, nullable=False),  # JSON {strategy, memory_config}; "{}" = the flow's own
    Column("status", String(16), nullable=False),  # active
    Column("message_count", Integer, nullable=False),
    Column("total_tokens", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("last_activity_at", Double, nullable=False),
    Column("owner", String(96)),  # a user's id, "key:" and a key's, "visitor"; null = the workspace's
    UniqueConstraint("workspace", "name"),
    Index(None, "workspace", "last_activity_at"),
)

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
    Column("pruned_at", Double),  # when its journal and calls were dropped for their age
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
    Index("ix_executions_workspace_created_at_id", "workspace", "created_at", "id"),
    Index("ix_executions_workspace_status_created_at_id", "workspace", "status", "created_at", "id"),
    Index("ix_executions_flow_id_created_at_id", "flow_id", "created_at", "id"),
    Index("ix_executions_flow_id_status_created_at_id", "flow_id", "status", "created_at", "id"),
    Index(None, "session_id", "position"),
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
    Column("result", LargeBinary, nullable=False),  # JSON of what the kind says
    Column("created_at", Double, nullable=False),
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
    Column("kind", String(16), nullable=False),  # graphs.values.messages.InputKind
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

usage = Table(
    "usage",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("execution_id", Id, nullable=False),  # no foreign key: what was spent outlives the run
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id),
    Column("session_id", Id),
    Column("key_id", Id),  # the API key that asked for the run; NULL: none
    Column("user_id", Id),  # the user who asked for the run; NULL: none
    Column("node", String(255), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("error_class", String(32)),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("cost_usd", Double),  # NULL: unknown
    Column("first_token_ms", Double),
    Column("duration_ms", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "execution_id"),
    Index(None, "workspace", "created_at"),
)

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

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),  # hex SHA-256 of the key
    Column("created_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("role", String(16), nullable=False),  # server.identity.permissions.Role
    Column("scopes", Text),  # JSON list of permissions, of those of the role; NULL: all of them
    Column("user_id", Id),  # whose it is: it may do no more than they; NULL: made on the server itself
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Id, primary_key=True),  # what `workspace` is in every other table
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("created_at", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(320), unique=True),  # case-folded; NULL: known by an outside issuer alone
    Column("subject", String(1024), unique=True),  # JSON [issuer, subject] of an outside issuer
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255)),  # argon2id; NULL: no login by password
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
)

members = Table(
    "members",
    metadata,
    Column("workspace", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),  # server.identity.permissions.Role
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),  # since when the workspace keeps them out of itself
    Index(None, "user_id"),
)

# Whoever has the address may become a member: nobody is one whom a workspace alone has named.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("email", String(320), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("workspace", "email"),
    Index(None, "email"),
)

# A login is one chain of refresh tokens, which are signed and not kept: the newest generation is good, once.
logins = Table(
    "logins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("refreshed_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("revoked_at", Double),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("ts", Double, nullable=False),
    Column("workspace", Id, nullable=False),  # "": of none, as a failed login is
    Column("actor_kind", String(16), nullable=False),  # key, user, visitor, operator, nobody
    Column("actor_id", Id, nullable=False),
    Column("actor_name", String(255), nullable=False),
    Column("action", String(64), nullable=False),  # an operation's id of the OpenAPI document, or a command
    Column("target_kind", String(32), nullable=False),
    Column("target_id", String(255), nullable=False),
    Column("address", String(64), nullable=False),  # where the request came from; "" for commands
    Column("details", Text, nullable=False),  # JSON object; never a secret
    Index(None, "workspace", "id"),
    Index(None, "ts"),
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
    Index(None, "created_at"),
)

processes = Table(
    "processes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),  # by the database's clock
)

model_pricing = Table(
    "model_pricing",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("provider", String(64), nullable=False),
    Column("model", String(255), nullable=False),  # "*": every model of the provider
    Column("input_price_per_1k", Double, nullable=False),
    Column("output_price_per_1k", Double, nullable=False),
    Column("cached_input_price_per_1k", Double),  # NULL: as other input
    Column("reasoning_price_per_1k", Double),  # NULL: as other output
    Column("currency", String(3), nullable=False),
    Column("valid_from", Double, nullable=False),  # 0: always
    Column("source", String(255), nullable=False),
    Column("edited_by_operator", Boolean, nullable=False),  # such a price stands above every listed one
    Column("created_at", Double, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("name", String(255), nullable=False),
    Column("scope", String(16), nullable=False),  # workspace, flow, key, user
    Column("scope_id", Id, nullable=False),  # "" for the workspace
    Column("period", String(8), nullable=False),  # day, month
    Column("unit", String(8), nullable=False),  # usd, tokens
    Column("amount", Double, nullable=False),
    Column("revision", Integer, nullable=False),  # grows with every change, so that processes notice
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Index(None, "workspace", "created_at"),
)

budget_periods = Table(
    "budget_periods",
    metadata,
    Column("budget_id", Id, ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True),
    Column("period", String(10), primary_key=True),  # 2026-11-23 or 2026-11, in UTC
    Column("spent", Double, nullable=False),
    Column("reserved", Double, nullable=False),
    Column("alerted", Integer, nullable=False),  # the highest of 0, 50, 80, 100 per cent that was told
    sqlite_with_rowid=False,
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", Id, primary_key=True),  # one call's
    Column("budget_id", Id, primary_key=True),
    Column("period", String(10), nullable=False),
    Column("amount", Double, nullable=False),
    Column("process_id", Id, nullable=False),  # its death frees it
    Column("created_at", Double, nullable=False),
    Index(None, "process_id"),
    sqlite_with_rowid=False,
)

# What dashboards and metrics read instead of a million rows: sums over spans of time, written in the
# transaction that writes what they count. Each process adds to rows of its own, so that none waits for
# another's transaction; `persistence.spending.rollups` joins them later.
usage_periods = Table(
    "usage_periods",
    metadata,
    Column("start", BigInteger, primary_key=True, autoincrement=False),  # Unix seconds
    Column("span", Integer, primary_key=True, autoincrement=False),  # seconds
    Column("workspace", Id, primary_key=True),
    Column("flow_id", Id, primary_key=True),  # "": none
    Column("provider", String(64), primary_key=True),
    Column("model", String(255), primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("process_id", Id, primary_key=True),  # "": of processes that are gone
    Column("requests", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("cost_usd", Double, nullable=False),  # of the requests whose price is known
    Column("unpriced", BigInteger, nullable=False),  # requests whose price is not known
    Column("estimated", BigInteger, nullable=False),  # requests whose tokens are estimated
    sqlite_with_rowid=False,
)

run_periods = Table(
    "run_periods",
    metadata,
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("span", Integer, primary_key=True, autoincrement=False),
    Column("workspace", Id, primary_key=True),
    Column("flow_id", Id, primary_key=True),
    Column("flow_type", String(16), primary_key=True),
    Column("status", String(24), primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),  # of its duration
    Column("process_id", Id, primary_key=True),
    Column("runs", BigInteger, nullable=False),
    Column("duration_ms", Double, nullable=False),
    sqlite_with_rowid=False,
)

process_metrics = Table(
    "process_metrics",
    metadata,
    Column("process_id", Id, primary_key=True),  # "": what processes that are gone had counted
    Column("body", LargeBinary, nullable=False),  # JSON persistence.counters.process_metrics.Measured
    Column("written_at", Double, nullable=False),
    sqlite_with_rowid=False,
)

embeds = Table(
    "embeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("token", Id, nullable=False, unique=True),  # publishable: pages show it, so it is readable
    Column("config", Text, nullable=False),  # JSON: how the chat looks and who may show it
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("workspace", "flow_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("execution_id", Id, ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace", Id, nullable=False),
    Column("flow_id", Id, nullable=False),
    Column("rating", String(8), nullable=False),  # up, down
    Column("comment", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "workspace", "flow_id", "created_at"),
)

# What users sent with their messages; the history names them by id.
session_files = Table(
    "session_files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session_id", Id, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("kind", String(16), nullable=False),  # text, image
    Column("media_type", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "session_id"),
)

# How much callers have had of what they may have in a span of time; see `persistence.counters.request_rates`.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("name", String(128), primary_key=True),  # who, and of what
    Column("spent", Double, nullable=False),  # when all that was had is made good again
    Column("seen", Double, nullable=False),
    Column("granted", Integer, nullable=False),  # of the last take
    Index(None, "spent"),
    sqlite_with_rowid=False,
)
