"""Documents of knowledge bases as rows, and the status that one has.

A document whose run has ended without a result is failed, whatever its row says: a run that was cancelled or
given up writes nothing of documents.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, and_, case, exists, func, literal_column, or_, select

from persistence.storage.execution_rows import is_open
from persistence.storage.tables.knowledge import knowledge_documents
from persistence.storage.tables.runs import executions

__all__ = [
    "DocumentRow",
    "DocumentStatus",
    "Source",
    "counted_by_status",
    "is_pending",
    "read_document",
    "selected_documents",
    "status_of",
]

DocumentStatus = Literal["queued", "parsing", "embedding", "ready", "failed"]

_c = knowledge_documents.c
_run = executions.alias("open_run")
_PENDING = ("queued", "parsing", "embedding")
_LOST = "The run that ingested it ended without a result. Retry."


class Source(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a document comes from."""

    kind: Literal["upload", "text", "url", "folder", "session_file"]
    url: str = ""
    path: str = ""
    """Within the operator's folder."""
    session_id: str = ""
    file_id: str = ""


class DocumentRow(Struct, frozen=True, kw_only=True):
    """A document. Times are Unix seconds."""

    id: str
    workspace: str
    base_id: str
    name: str
    source: Source
    content_type: str
    bytes: int
    hash: str
    metadata: dict[str, Any]
    status: DocumentStatus
    error: str
    error_code: str
    attempts: int
    done: int
    total: int
    pages: int
    generation: str | None
    """The reading that searches see; None where they see none."""
    next_generation: str
    """The reading that is written or was written last."""
    execution_id: str
    created_at: float
    updated_at: float


def is_pending() -> ColumnElement[bool]:
    """Return the condition that a document is on its way: its run is open."""
    runs = exists(select(_run.c.id).where(_run.c.id == _c.execution_id, is_open(_run)))
    return and_(_c.status.in_([literal_column(f"'{status}'") for status in _PENDING]), runs)


def status_of() -> ColumnElement[str]:
    """Return the status that a document has."""
    return case((or_(_c.status.in_(["ready", "failed"]), is_pending()), _c.status), else_="failed")


def counted_by_status(workspace: str, base_ids: list[str]) -> Any:
    """Return the statement that counts documents by base and status."""
    status = status_of().label("now")
    inner = select(_c.base_id, status).where(_c.workspace == workspace, _c.base_id.in_(base_ids)).subquery()
    return select(inner.c.base_id, inner.c.now, func.count()).group_by(inner.c.base_id, inner.c.now)


def selected_documents() -> Any:
    """Return the statement that reads documents with how their runs ended."""
    return select(
        knowledge_documents, status_of().label("now"), executions.c.error.label("run_error")
    ).select_from(knowledge_documents.outerjoin(executions, executions.c.id == _c.execution_id))


def read_document(row: Row[Any]) -> DocumentRow:
    """Return a row of `selected_documents` as a value."""
    error, code = row.error, row.error_code
    if row.now == "failed" and row.status != "failed":
        ended = msgspec.json.decode(row.run_error) if row.run_error else {}
        error, code = ended.get("message", _LOST), ended.get("code", "run_lost")
    return DocumentRow(
        id=row.id,
        workspace=row.workspace,
        base_id=row.base_id,
        name=row.name,
        source=msgspec.json.decode(row.source, type=Source),
        content_type=row.content_type,
        bytes=row.bytes,
        hash=row.hash,
        metadata=msgspec.json.decode(row.metadata),
        status=row.now,
        error=error,
        error_code=code,
        attempts=row.attempts,
        done=row.done,
        total=row.total,
        pages=row.pages,
        generation=row.generation,
        next_generation=row.next_generation,
        execution_id=row.execution_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
