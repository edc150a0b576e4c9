"""The ledger, prices, budgets and their sums."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table

from persistence.storage.tables.columns import Id, metadata

__all__ = [
    "budget_periods",
    "budgets",
    "model_pricing",
    "reservations",
    "run_periods",
    "usage",
    "usage_periods",
]

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
    Column("cache_write_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("cost_usd", Double),  # NULL: unknown
    Column("first_token_ms", Double),
    Column("duration_ms", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "execution_id"),
    Index(None, "workspace", "created_at"),
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
    Column("cache_write_price_per_1k", Double),  # NULL: as other input
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
