"""Files that users sent with their messages: kept with their session, and gone with it."""

import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, insert, select

from graphs.conversation.files import DOCUMENT_TYPES, FilePage, FileRef, StoredFile
from persistence.storage.database import Database
from persistence.storage.tables.library import session_files, sessions

__all__ = ["Files", "add_files", "delete_files"]


class _Parsed(Struct, frozen=True, array_like=True):
    """What `session_files.parsed` holds."""

    text: str
    pages: list[tuple[int, int]]
    """Number and characters of each page: together they are the text."""


class Files:
    """The files of all sessions; each call sees those of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, session_ids: Sequence[str], ids: Sequence[str]) -> Mapping[str, StoredFile]:
        """Return files by id; ids that the sessions do not have are left out.

        Args:
            session_ids: Our own ids of the sessions, not the caller's names.
            ids: Ids of files.
        """
        c = session_files.c
        wanted = select(session_files).where(c.session_id.in_(session_ids), c.id.in_(list(ids)))
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return {row.id: _file(row) for row in rows}

    async def find(self, workspace: str, file_id: str) -> tuple[StoredFile, str] | None:
        """Return a file of any session of a workspace with the session's owner; None where there is none."""
        wanted = (
            select(session_files, sessions.c.owner)
            .join(sessions, sessions.c.id == session_files.c.session_id)
            .where(sessions.c.workspace == workspace, session_files.c.id == file_id)
        )
        row = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else (_file(row), row.owner or "")

    async def add(self, session_id: str, file: StoredFile) -> None:
        """Keep a file that a run has made with its session; one whose session is gone is not kept."""

        def work(connection: Connection) -> None:
            known = select(sessions.c.id).where(sessions.c.id == session_id)
            if connection.execute(known).first() is not None:
                add_files(connection, session_id, [file])

        await self._database.write(work)


def add_files(connection: Connection, session_id: str, files: Sequence[StoredFile]) -> None:
    """Keep files with a session."""
    now = time.time()
    connection.execute(
        insert(session_files),
        [
            {
                "id": file.ref.id,
                "session_id": session_id,
                "name": file.ref.name,
                "kind": file.ref.kind,
                "media_type": "" if file.ref.kind == "document" else file.ref.media_type,
                "content": file.content,
                "created_at": now,
                "parsed": None if file.text is None else msgspec.json.encode(_parsed(file)).decode(),
            }
            for file in files
        ],
    )


def delete_files(connection: Connection, session_id: str) -> None:
    """Delete a session's files."""
    connection.execute(delete(session_files).where(session_files.c.session_id == session_id))


def _parsed(file: StoredFile) -> _Parsed:
    return _Parsed(file.text or "", [(page.number, len(page.text)) for page in file.pages])


def _file(row: Row[Any]) -> StoredFile:
    content = bytes(row.content)
    # The column is shorter than some names of Office formats.
    media = row.media_type or DOCUMENT_TYPES.get(PurePath(row.name).suffix.lower(), "")
    ref = FileRef(id=row.id, name=row.name, kind=row.kind, media_type=media, size=len(content))
    if row.parsed is None:
        return StoredFile(ref, content)
    parsed = msgspec.json.decode(row.parsed, type=_Parsed)
    ends = [*accumulate(length for _, length in parsed.pages)]
    pages = [
        FilePage(number, parsed.text[end - length : end])
        for (number, length), end in zip(parsed.pages, ends, strict=True)
    ]
    return StoredFile(ref, content, parsed.text, tuple(pages))
