"""Session index: reads sessions that the search does not know yet, a few at a time."""

import asyncio
from typing import Any

from graphs.conversation.files import parted
from persistence.library.session_words import FoundSession, IndexedWords, SessionWords
from server.compilation.session_states import SessionStates

__all__ = ["SessionIndex"]

AGAIN = 2
"""How many of the last messages are read again: a run may have stored a part of one."""


class SessionIndex:
    """Keeps `SessionWords` up to date."""

    def __init__(self, words: SessionWords, states: SessionStates) -> None:
        self._words = words
        self._states = states

    async def step(self, limit: int, before: float) -> bool:
        """Index sessions that were last active before a time; return whether there may be more."""
        found = await self._words.not_indexed(limit, before)
        for session in found:
            await self.add(session, await self._states.messages(session.row.id))
        return len(found) == limit

    async def add(self, session: FoundSession, messages: list[dict[str, Any]]) -> None:
        """Index a session that has these messages."""
        known = await self._words.get(session.row.id)
        self._words.put(session, await asyncio.to_thread(_extended, known, session, messages))


def _extended(known: IndexedWords, session: FoundSession, messages: list[dict[str, Any]]) -> IndexedWords:
    """Return the words with those of messages that came since."""
    from graphs.knowledge.word_keys import join_keys, keys_of, split_keys

    continues = (
        0 < known.messages <= len(messages) and messages[known.messages - 1]["id"] == known.last_message
    )
    begin = max(0, known.messages - AGAIN) if continues else 0
    keys = dict.fromkeys(split_keys(known.keys) if continues else ())
    for text in (session.row.title, session.row.name, *(_text(one) for one in messages[begin:])):
        keys.update(dict.fromkeys(keys_of(text)))
    last = messages[-1]["id"] if messages else ""
    return IndexedWords(len(messages), last, join_keys(keys))


def _text(message: dict[str, Any]) -> str:
    return parted(message.get("content", ""))[0]
