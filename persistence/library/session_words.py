"""Words of sessions: an index for the search, written some time after the messages.

A row counts if its session had no activity since: `indexed_at` of the session is its last activity then.
Other sessions are found whatever is searched for, and who searches reads their messages.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, update

from persistence.library.sessions import PLACE, SessionRow, session_row, visible_sessions
from persistence.storage import keyset
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import has
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.tables.library import session_words, sessions

__all__ = ["FoundSession", "IndexedWords", "SessionWords"]

_indexed = sessions.c.indexed_at == sessions.c.last_activity_at
_not_indexed = or_(sessions.c.indexed_at.is_(None), sessions.c.indexed_at != sessions.c.last_activity_at)


class FoundSession(Struct, frozen=True):
    """A session that may have the words."""

    row: SessionRow
    indexed_at: float | None
    """As it was when the session was read."""

    @property
    def is_indexed(self) -> bool:
        """Whether the index has all that it says."""
        return self.indexed_at == self.row.last_activity_at


class IndexedWords(Struct, frozen=True):
    """What the index has of a session."""

    messages: int = 0
    """How many messages were read."""
    last_message: str = ""
    """The id of the last of them."""
    keys: str = ""
    """Keys of its words, one behind the other."""


class SessionWords:
    """The index of all workspaces; each search sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self,
        workspace: str,
        words: Sequence[Sequence[Sequence[str]]],
        *,
        flow_id: str | None,
        owner: str | None,
        limit: int,
        after: tuple[Any, ...] | None,
    ) -> list[FoundSession]:
        """Return sessions that have all words, or are not indexed, the last active first.

        Args:
            workspace: Whose sessions they are.
            words: Of each word groups of keys; a session with the word has all keys of one of them.
            flow_id: As `Sessions.list` has it.
            owner: As `Sessions.list` has it.
            limit: The most to return.
            after: As `Sessions.list` has it.
        """
        wanted = visible_sessions(workspace, flow_id=flow_id, owner=owner)
        if after is not None:
            wanted.append(keyset.after(self._database.dialect, PLACE, after, "desc"))
        found = (
            select(sessions)
            .outerjoin(session_words, and_(session_words.c.session_id == sessions.c.id, _indexed))
            .where(*wanted, or_(session_words.c.session_id.is_(None), self._having(words)))
            .order_by(*(key.desc() for key, _ in PLACE))
            .limit(limit)
        )
        return await self._database.read(lambda connection: _found(connection, found))

    async def not_indexed(self, limit: int, before: float) -> list[FoundSession]:
        """Return sessions of all workspaces that the index does not have, the last active first.

        Args:
            limit: The most to return.
            before: Unix seconds; those that were active since are left for later.
        """
        resting = sessions.c.last_activity_at <= before
        order = sessions.c.last_activity_at.desc()
        found = select(sessions).where(_not_indexed, resting).order_by(order).limit(limit)
        return await self._database.read(lambda connection: _found(connection, found))

    async def get(self, session_id: str) -> IndexedWords:
        """Return what the index has of a session, also if it is not all."""
        w = session_words.c
        wanted = select(w.messages, w.last_message, w.word_keys).where(w.session_id == session_id)
        row = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return IndexedWords() if row is None else IndexedWords(*row)

    def put(self, session: FoundSession, words: IndexedWords) -> None:
        """Write the words of a session a little later, if nothing has changed since it was read."""
        s = sessions.c
        counts = (
            update(sessions)
            .where(
                s.id == session.row.id,
                s.last_activity_at == session.row.last_activity_at,
                s.indexed_at.is_(None) if session.indexed_at is None else s.indexed_at == session.indexed_at,
            )
            .values(indexed_at=session.row.last_activity_at)
        )
        values = {"messages": words.messages, "last_message": words.last_message, "word_keys": words.keys}
        put = (
            insert_into(self._database.dialect, session_words)
            .values(session_id=session.row.id, **values)
            .on_conflict_do_update(index_elements=[session_words.c.session_id], set_=values)
        )

        def work(connection: Connection) -> None:
            if connection.execute(counts).rowcount:
                connection.execute(put)

        done = self._database.write_later(f"session-words:{session.row.id}", work)
        done.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _having(self, words: Sequence[Sequence[Sequence[str]]]) -> ColumnElement[bool]:
        """Match where the index has all words."""
        column, dialect = session_words.c.word_keys, self._database.dialect
        return and_(
            *(
                or_(false(), *(and_(*(has(dialect, column, key) for key in group)) for group in groups))
                for groups in words
            )
        )


def _found(connection: Connection, wanted: Any) -> list[FoundSession]:
    return [FoundSession(session_row(row), row.indexed_at) for row in connection.execute(wanted)]
