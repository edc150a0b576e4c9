"""What processes measure and count together."""

from sqlalchemy import Column, Double, Index, Integer, LargeBinary, String, Table

from persistence.storage.tables.columns import Id, metadata

__all__ = ["process_metrics", "rate_limits"]

process_metrics = Table(
    "process_metrics",
    metadata,
    Column("process_id", Id, primary_key=True),  # "": what processes that are gone had counted
    Column("body", LargeBinary, nullable=False),  # JSON persistence.counters.process_metrics.Measured
    Column("written_at", Double, nullable=False),
    sqlite_with_rowid=False,
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
