"""Session search: sessions that have the words of a query in their title, id or messages, last active first.

The index names the sessions. Their messages are read to show where the words are, and those of sessions that
the index does not have yet, which it has from then on. A request reads a bounded number of sessions, and its
cursor leads on from there: all are found, page by page.
"""

import asyncio
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from graphs.conversation.files import parted
from persistence.library.session_words import SessionWords
from persistence.library.sessions import SessionRow
from server.compilation.langgraph_engine import Engine
from server.views.session_views import SessionMatch

if TYPE_CHECKING:
    from graphs.knowledge.word_keys import SearchedWord

__all__ = ["Found", "SessionSearch"]

CHARACTERS = 10_000_000
"""Of messages that one request looks through, about; the session that passes it is the last."""
AROUND = 60
"""Characters that an excerpt shows before and behind the text."""
WORDS = 32
"""The most words of a query that count."""


class Found(Struct, frozen=True):
    """A page of a search."""

    matches: list[tuple[SessionRow, SessionMatch]]
    last: SessionRow | None
    """The last session that was looked at, where there may be more behind it; None where it was the last."""


class SessionSearch:
    """Searches the sessions of a workspace."""

    def __init__(self, words: SessionWords, engine: Engine, *, most: int) -> None:
        self._words = words
        self._engine = engine
        self._most = most

    async def find(
        self,
        workspace: str,
        query: str,
        *,
        flow_id: str | None,
        owner: str | None,
        limit: int,
        after: tuple[Any, ...] | None,
    ) -> Found:
        """Return the sessions that have all words of a query, the last active first; none without a word.

        Args:
            workspace: Whose sessions they are.
            query: What is searched for.
            flow_id: Only sessions of this flow.
            owner: As `Sessions.list` has it.
            limit: How many to find.
            after: As `Sessions.list` has it.
        """
        from graphs.knowledge.word_keys import searched_words

        words = searched_words(query, WORDS)
        if not words:
            return Found([], None)
        keys = [word.keys for word in words]
        sessions = await self._words.find(
            workspace, keys, flow_id=flow_id, owner=owner, limit=self._most, after=after
        )
        matches: list[tuple[SessionRow, SessionMatch]] = []
        read = 0
        for place, session in enumerate(sessions):
            row = session.row
            messages = await self._engine.sessions.messages(row.id)
            if not session.is_indexed:
                await self._engine.session_index.add(session, messages)
            texts = [(None, row.title), (None, row.name), *((one["id"], _text(one)) for one in messages)]
            read += sum(len(text) for _, text in texts)
            if (match := await asyncio.to_thread(_matched, texts, words)) is not None:
                matches.append((row, match))
            if len(matches) == limit or read >= CHARACTERS:
                more = place + 1 < len(sessions) or len(sessions) == self._most
                return Found(matches, row if more else None)
        return Found(matches, sessions[-1].row if len(sessions) == self._most else None)


def _matched(texts: Sequence[tuple[str | None, str]], words: Sequence["SearchedWord"]) -> SessionMatch | None:
    """Return the first text that has the most of the words; None if one of them is in no text."""
    from graphs.knowledge.word_keys import fold

    found: set[str] = set()
    best, match = 0, None
    for id, text in texts:
        folded = fold(text)
        places = {word.text: place for word in words if (place := word.place_in(folded)) >= 0}
        found.update(places)
        if len(places) > best:
            at = min(places.values())
            best, match = len(places), SessionMatch(id, _excerpt(text, at))
        if best == len(words):
            return match
    return match if len(found) == len(words) else None


def _text(message: dict[str, Any]) -> str:
    return parted(message.get("content", ""))[0]


def _excerpt(text: str, at: int) -> str:
    """Return the text around a place; characters that folding lengthens may shift it a little."""
    text = unicodedata.normalize("NFKC", text)
    start, end = max(0, at - AROUND), min(len(text), at + 2 * AROUND)
    shown = " ".join(text[start:end].split())
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")
