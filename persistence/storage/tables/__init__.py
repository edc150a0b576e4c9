"""The tables. Times are Unix seconds, ids are UUID strings, JSON columns are text that msgspec wrote."""

from persistence.storage.tables import (
    counters,
    identity,
    knowledge,
    large_values,
    library,
    runs,
    spending,
    triggers,
)
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.columns import WHERE, metadata

__all__ = [
    "WHERE",
    "metadata",
    "runs",
    "checkpoints",
    "large_values",
    "library",
    "knowledge",
    "identity",
    "spending",
    "counters",
    "triggers",
]
