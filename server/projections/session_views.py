"""Session views: what the addresses of sessions take and give."""

from typing import Any, Literal

from msgspec import Struct

from graphs.memory import StrategyInfo
from server.projections.conversation_files import StoredMessage

__all__ = [
    "Cleared",
    "Imported",
    "MemoryChange",
    "MemorySet",
    "SessionDetails",
    "SessionHistory",
    "SessionPage",
    "SessionSummary",
    "Strategies",
]


class SessionSummary(Struct, frozen=True, kw_only=True):
    """A session as lists show it."""

    id: str
    """The caller's name of it."""
    title: str
    memory_type: str
    message_count: int
    created_at: str | None
    last_activity_at: str | None
    total_tokens_used: int


class SessionPage(Struct, frozen=True):
    """A page of sessions."""

    success: bool
    sessions: list[SessionSummary]
    total: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class SessionDetails(Struct, frozen=True, kw_only=True):
    """A session without its messages."""

    id: str
    chatflow_id: str | None
    title: str
    memory_type: str
    memory_config: dict[str, Any]
    status: str
    message_count: int
    created_at: str | None
    last_activity_at: str | None
    total_tokens_used: int


class SessionHistory(Struct, frozen=True, kw_only=True):
    """A session with its messages, the oldest first."""

    success: bool
    session: SessionDetails
    session_id: str
    messages: list[StoredMessage]
    message_count: int
    """Of the whole session."""
    next_cursor: str | None = None
    """With `limit`: the `before` of the next request, for the messages before these. Null: there are none."""


class Cleared(Struct, frozen=True):
    """What became of a session."""

    session_id: str
    cleared: bool
    message: str


class Imported(Struct, frozen=True):
    """A session that was made from a file."""

    success: bool
    session_id: str
    message_count: int
    message: str


class Strategies(Struct, frozen=True):
    """The kinds of memory."""

    success: bool
    strategies: list[StrategyInfo]


class MemoryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Memory of a session, instead of the flow's."""

    strategy: Literal["buffer", "summary", "vector", "hybrid"]
    memory_config: dict[str, Any] = {}
    """Options of the strategy. Missing ones have their defaults."""


class MemorySet(Struct, frozen=True):
    """A session's memory as it now is."""

    success: bool
    session_id: str
    strategy: str
    memory_config: dict[str, Any]
