"""Settings of sessions and of their recorded runs, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.groups.api_values import APIValues

__all__ = ["SessionValues"]

Count = Annotated[int, Meta(ge=1)]


class SessionValues(APIValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of sessions and recorded runs."""

    max_alternatives: Count = 100
    """Maximum number of alternatives of one message of a session: edits of it, or other answers."""
    max_session_messages: Count = 10_000
    """Maximum number of messages of a session, with their alternatives. What would add more is rejected with
    413."""
    max_session_bytes: Count = 20_000_000
    """Maximum size of the messages of a session, as JSON. What would add more is rejected with 413."""
    max_page_bytes: Count = 10_000_000
    """Size from which on a page of a list of large items ends early, as JSON: memories, events of a
    run, states and runs of threads. It has one item at least; the next page has the rest."""
    max_variable_bytes: Count = 32_768
    """Maximum size of the value of a workspace variable, as JSON."""
    replay_seconds: Annotated[float, Meta(ge=1, le=900)] = 20
    """Maximum time to walk a recorded run again: for its state, a replay, or a comparison with prompts."""
    max_replays: Count = 1
    """Maximum number of recorded runs that a process walks again or compares at once. More wait for
    `replay_seconds`, then they are rejected with 429."""
    session_search_sessions: Count = 100
    """Maximum number of sessions whose messages one search reads. The next page reads more."""
    session_index_seconds: Annotated[float, Meta(ge=0)] = 20
    """Time without activity after which the words of a session are indexed for searches. The search reads the
    messages of other sessions itself."""
