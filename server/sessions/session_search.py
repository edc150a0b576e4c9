"""Session search: sessions whose title, or a message, has a text in it, those last active first.

Histories are stored whole, so no index of the database knows their words. A request reads a bounded number of
sessions, and its cursor leads on from there: all are found, page by page.
"""

import asyncio
from typing import Any

from msgspec import Struct

from graphs.conversation.files import parted
from persistence.library.sessions import SessionRow, Sessions
from server.compilation.langgraph_engine import Engine
from server.projections.session_views import SessionMatch

__all__ = ["Found", "SessionSearch"]

CHARACTERS = 10_000_000
"""Of messages that one request looks through, about; the session that passes it is the last."""
AROUND = 60
"""Characters that an excerpt shows before and behind the text."""


class Found(Struct, frozen=True):
    """A page of a search."""

    matches: list[tuple[SessionRow, SessionMatch]]
    last: SessionRow | None
    """The last session that was looked at, where there may be more behind it; None where it was the last."""


class SessionSearch:
    """Searches the sessions of a workspace."""

    def __init__(self, sessions: Sessions, engine: Engine, *, most: int) -> None:
        self._sessions = sessions
        self._engine = engine
        self._most = most

    async def find(
        self,
        workspace: str,
        text: str,
        *,
        flow_id: str | None,
        owner: str | None,
        limit: int,
        after: tuple[Any, ...] | None,
    ) -> Found:
        """Return the sessions that have a text, whatever its case, the last active first.

        Args:
            workspace: Whose sessions they are.
            text: What is searched for.
            flow_id: Only sessions of this flow.
            owner: As `Sessions.list` has it.
            limit: How many to find.
            after: As `Sessions.list` has it.
        """
        rows, _ = await self._sessions.list(
            workspace, flow_id=flow_id, owner=owner, limit=self._most, after=after
        )
        wanted = text.casefold()
        matches: list[tuple[SessionRow, SessionMatch]] = []
        read = 0
        for place, row in enumerate(rows):
            match = _in_title(row, wanted)
            if match is None:
                messages = await self._engine.sessions.messages(row.id)
                match, length = await asyncio.to_thread(_in_messages, messages, wanted)
                read += length
            if match is not None:
                matches.append((row, match))
            if len(matches) == limit or read >= CHARACTERS:
                more = place + 1 < len(rows) or len(rows) == self._most
                return Found(matches, row if more else None)
        return Found(matches, rows[-1] if len(rows) == self._most else None)


def _in_title(row: SessionRow, wanted: str) -> SessionMatch | None:
    for text in (row.title, row.name):
        if wanted in text.casefold():
            return SessionMatch(None, _excerpt(text, wanted))
    return None


def _in_messages(messages: list[dict[str, Any]], wanted: str) -> tuple[SessionMatch | None, int]:
    """Return the first message that has the text, and how many characters were looked through."""
    read = 0
    for message in messages:
        text = parted(message.get("content", ""))[0]
        read += len(text)
        if wanted in text.casefold():
            return SessionMatch(message["id"], _excerpt(text, wanted)), read
    return None, read


def _excerpt(text: str, wanted: str) -> str:
    """Return the text around what was found; characters that casefolding lengthens may shift it a little."""
    at = text.casefold().find(wanted)
    start, end = max(0, at - AROUND), min(len(text), at + len(wanted) + AROUND)
    shown = " ".join(text[start:end].split())
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")
