"""Session views: what the addresses of sessions take and give."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from graphs.memory import StrategyInfo
from server.views.conversation_files import StoredMessage

__all__ = [
    "Cleared",
    "DeletedMessages",
    "Imported",
    "MemoryChange",
    "MemorySet",
    "SessionBranch",
    "SessionChange",
    "SessionDetails",
    "SessionHistory",
    "SessionMatch",
    "SessionPage",
    "SessionSummary",
    "Strategies",
]


class SessionMatch(Struct, frozen=True):
    """Where a session has the words that were searched for."""

    message_id: str | None
    """The first message that has the most of them. Null: the session's title or id."""
    excerpt: str
    """The first of them, with what is around it."""


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
    match: SessionMatch | None = None
    """With `search`: where the words were found."""


class SessionPage(Struct, frozen=True):
    """A page of sessions."""

    success: bool
    sessions: list[SessionSummary]
    total: int
    """How many match on all pages. With `search`: on this page."""
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


class SessionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a session can be changed."""

    title: Annotated[str, Meta(min_length=1, max_length=255)]


class SessionBranch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which copy of a session is made."""

    message_id: str | None = None
    """The last message of the copy. Null: the copy has all messages, with their alternatives."""
    session_id: str | None = None
    """Name of the copy: 1 to 255 printable characters. Null: a new one."""
    title: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    """Null: the title of the session."""


class DeletedMessages(Struct, frozen=True):
    """What was deleted of a session."""

    session_id: str
    deleted: list[str]
    """Ids of the messages, with all alternatives that followed them."""
    message_count: int
    """Messages that are left on the chosen line."""


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
