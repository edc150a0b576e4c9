"""Documents of knowledge bases: added, listed, retried, deleted; their passages."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from persistence.knowledge.document_rows import DocumentStatus
from persistence.knowledge.documents import KnowledgeDocuments
from persistence.knowledge.passages import Passages
from server.description.operations import operation
from server.http.cursors import TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, Offset, known_id
from server.http.problems import not_found
from server.identity.authentication import Caller
from server.knowledge.sweeping import Sweeper
from server.requests.document_intake import AddedDocument, DocumentIntake, GivenDocument, check_metadata
from server.requests.document_requests import (
    FORM,
    NewDocumentRequest,
    given_document,
    limit_body,
    read_document_request,
)
from server.routes.flow_lists import Deleted
from server.views.knowledge_views import DocumentView, KnowledgePassage, document_view, passage_view

__all__ = ["KnowledgeDocumentsController"]

ORDER = "knowledge-documents"
Cursor = Annotated[
    str | None, QueryParameter(max_length=4000, description="The `next_cursor` of the page before.")
]
StatusParameter = Annotated[DocumentStatus | None, QueryParameter(description="Only those of this status.")]
Search = Annotated[str | None, QueryParameter(max_length=255, description="Text in the name.")]


class QueuedDocument(Struct, frozen=True, kw_only=True):
    """A document that will be ingested."""

    id: str
    name: str
    status: DocumentStatus
    execution_id: str
    """The run that ingests it."""
    documents: list[AddedDocument] = []
    """All documents of a folder; this is the first of them."""


class DocumentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a document."""

    metadata: dict[str, Any]
    """All of it: what is missing here is removed."""


class RetryRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a document is ingested once more."""

    reparse: bool = False
    """Whether it is parsed and split again, such as after a change of `chunk`."""


class DocumentList(Struct, frozen=True, kw_only=True):
    """A page of documents, the newest first."""

    documents: list[DocumentView]
    next_cursor: str | None
    """What the next request sends as `cursor`; null on the last page."""


class PassageList(Struct, frozen=True, kw_only=True):
    """Passages of a document, in order."""

    passages: list[KnowledgePassage]
    total: int


class KnowledgeDocumentsController(Controller):
    """Documents of a knowledge base."""

    path = "/knowledge-bases/{knowledge_base_id:str}/documents"
    tags = ("Knowledge",)

    @post(
        "/",
        operation_id="addKnowledgeDocument",
        status_code=202,
        guards=[limit_body],
        request_max_body_size=None,  # the guard sets a limit
        opt=operation(
            400,
            404,
            409,
            413,
            415,
            422,
            needs="knowledge:write",
            form=FORM,
            json=NewDocumentRequest,
        ),
    )
    async def add(
        self,
        request: Request[Any, Any, Any],
        knowledge_base_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        caller: NamedDependency[Caller],
    ) -> QueuedDocument:
        """Add a document, which is ingested in the background.

        A form with a `file`, or JSON with one of `text`, `url`, `file_id` and `folder`. Formats: Markdown,
        HTML, text, CSV, JSON, PDF, DOCX, XLSX, PPTX and EPUB. `GET` shows how far it is; a search finds it
        when its status is `ready`."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        wanted = await read_document_request(request)
        if isinstance(wanted, GivenDocument):
            added = [await document_intake.add(caller, base, wanted)]
        elif wanted.folder is not None:
            added = await document_intake.add_folder(caller, base, wanted.folder, wanted.metadata)
        elif wanted.file_id is not None:
            given = await document_intake.session_file(caller, wanted.file_id)
            named = msgspec.structs.replace(given, name=wanted.name or given.name, metadata=wanted.metadata)
            added = [await document_intake.add(caller, base, named)]
        else:
            added = [await document_intake.add(caller, base, given_document(wanted))]
        first = added[0]
        return QueuedDocument(
            id=first.id,
            name=first.name,
            status="queued",
            execution_id=first.execution_id,
            documents=added,
        )

    @get(
        "/",
        operation_id="listKnowledgeDocuments",
        opt=operation(404, 422, needs="knowledge:read"),
    )
    async def list(
        self,
        knowledge_base_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_documents: NamedDependency[KnowledgeDocuments],
        caller: NamedDependency[Caller],
        status: StatusParameter = None,
        search: Search = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> DocumentList:
        """List the documents of a knowledge base, the newest first."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        place: Any = place_after(cursor, ORDER, [TimeKey, TextKey])
        rows = await knowledge_documents.list(
            caller.workspace, base.id, status=status, search=search or "", limit=limit, place=place
        )
        return DocumentList(
            documents=[document_view(row) for row in rows],
            next_cursor=next_cursor(ORDER, rows, limit, lambda row: (row.created_at, row.id)),
        )

    @get(
        "/{document_id:str}",
        operation_id="getKnowledgeDocument",
        opt=operation(404, needs="knowledge:read"),
    )
    async def read(
        self,
        knowledge_base_id: FromPath[str],
        document_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        caller: NamedDependency[Caller],
    ) -> DocumentView:
        """Return a document with its status and progress."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        return document_view(await document_intake.document(caller, base, known_id("document", document_id)))

    @put(
        "/{document_id:str}",
        operation_id="updateKnowledgeDocument",
        opt=operation(400, 404, 413, 415, 422, needs="knowledge:write"),
    )
    async def update(
        self,
        knowledge_base_id: FromPath[str],
        document_id: FromPath[str],
        data: JSONBody[DocumentChange],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_documents: NamedDependency[KnowledgeDocuments],
        caller: NamedDependency[Caller],
    ) -> DocumentView:
        """Replace the metadata of a document. Searches use it at once."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        check_metadata(base, data.metadata)
        id = known_id("document", document_id)
        if not await knowledge_documents.change(caller.workspace, base.id, id, data.metadata):
            raise not_found("document", document_id)
        return document_view(await document_intake.document(caller, base, id))

    @delete(
        "/{document_id:str}",
        operation_id="deleteKnowledgeDocument",
        status_code=200,
        opt=operation(404, needs="knowledge:write"),
    )
    async def delete(
        self,
        knowledge_base_id: FromPath[str],
        document_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_documents: NamedDependency[KnowledgeDocuments],
        knowledge_sweeper: NamedDependency[Sweeper],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a document. No search finds it from now on; a run that ingests it ends."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        row = await knowledge_documents.delete(caller.workspace, base.id, known_id("document", document_id))
        if row is None:
            raise not_found("document", document_id)
        knowledge_sweeper.tell()
        return Deleted(row.id, True, f"The document '{row.name}' is deleted.")

    @post(
        "/{document_id:str}/retry",
        operation_id="retryKnowledgeDocument",
        status_code=202,
        opt=operation(400, 404, 409, 413, 415, 422, needs="knowledge:write"),
    )
    async def retry(
        self,
        knowledge_base_id: FromPath[str],
        document_id: FromPath[str],
        data: JSONBody[RetryRequest],
        document_intake: NamedDependency[DocumentIntake],
        caller: NamedDependency[Caller],
    ) -> QueuedDocument:
        """Ingest a document once more. What was embedded before is not embedded again."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        row = await document_intake.document(caller, base, known_id("document", document_id))
        added = await document_intake.retry(caller, base, row, anew=data.reparse)
        return QueuedDocument(
            id=row.id, name=row.name, status="queued", execution_id=added.execution_id, documents=[added]
        )

    @get(
        "/{document_id:str}/passages",
        operation_id="listKnowledgePassages",
        opt=operation(404, 422, needs="knowledge:read"),
    )
    async def passages(
        self,
        knowledge_base_id: FromPath[str],
        document_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_passages: NamedDependency[Passages],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> PassageList:
        """List the passages of a document that searches see, in order."""
        base = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        row = await document_intake.document(caller, base, known_id("document", document_id))
        found = await knowledge_passages.of_document(caller.workspace, row, first=offset, limit=limit)
        total = row.total if row.generation is not None else 0
        return PassageList(passages=[passage_view(each) for each in found], total=total)
