"""DocumentIntake: documents of requests become documents of a base, each with the run that ingests it."""

import asyncio
import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from graphs.document.document_version import CURRENT
from graphs.embeddings.embedder import EmbeddingModel
from graphs.outbound.http_messages import EgressError
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.values.run_options import Limits
from persistence.knowledge.bases import BaseRow, KnowledgeBases
from persistence.knowledge.contents import keep_content
from persistence.knowledge.document_rows import DocumentRow, Source
from persistence.knowledge.documents import DuplicateDocument, KnowledgeDocuments, NewDocument, NotReadable
from persistence.knowledge.reindexing import ReindexRunning, beginning_index
from persistence.library.session_files import Files
from persistence.runs.accept import Beside
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.knowledge.document_sources import FolderError, folder_files, name_of_url
from server.knowledge.knowledge_extra import EXTRA_MISSING, extra_installed
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order
from server.settings.sources import Settings

__all__ = ["AddedDocument", "DocumentIntake", "GivenDocument"]


class GivenDocument(Struct, frozen=True, kw_only=True):
    """A document of a request: its bytes, or where they are."""

    name: str = ""
    content: bytes | None = None
    source: Source
    content_type: str = ""
    metadata: dict[str, Any] = {}


class AddedDocument(Struct, frozen=True):
    """A document that was added, and the run that ingests it."""

    id: str
    name: str
    execution_id: str


class DocumentIntake:
    """Adds documents to bases, tries them again, and has indexes built anew."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        bases: KnowledgeBases,
        documents: KnowledgeDocuments,
        service: ExecutionService,
        files: Files,
    ) -> None:
        self._settings = settings
        self._database = database
        self._bases = bases
        self._documents = documents
        self._service = service
        self._files = files

    async def base(self, caller: Caller, base_id: str) -> BaseRow:
        """Return a base of the caller's workspace, by its id.

        Raises:
            Problem: 404.
        """
        found = await self._bases.get(caller.workspace, base_id)
        if found is None:
            raise not_found("knowledge base", base_id)
        return found

    async def document(self, caller: Caller, base: BaseRow, document_id: str) -> DocumentRow:
        """Return a document of a base.

        Raises:
            Problem: 404.
        """
        found = await self._documents.get(caller.workspace, base.id, document_id)
        if found is None:
            raise not_found("document", document_id)
        return found

    async def add(self, caller: Caller, base: BaseRow, given: GivenDocument) -> AddedDocument:
        """Add one document; its run begins when it is its turn.

        Raises:
            Problem: 409 where the base has the same content or the extra is missing, 413 where it is too
                large, 422 where its metadata does not fit the base's schema or it is empty.
        """
        check_extra()
        check_metadata(base, given.metadata)
        document_id, digest = new_id(), ""
        if given.content is not None:
            most = self._settings.max_document_bytes
            if len(given.content) > most:
                raise Problem(
                    413, "too_large", f"The document has {len(given.content):,} bytes; {most:,} are taken."
                )
            if not given.content or given.content.isspace():
                raise Problem(422, "invalid", "The document is empty. Send one with text.")
            digest = await asyncio.to_thread(lambda: hashlib.sha256(given.content or b"").hexdigest())
            await keep_content(self._database, caller.workspace, document_id, given.content)
        elif given.source.kind == "url":
            _check_url(given.source.url)
        new = NewDocument(
            id=document_id,
            workspace=caller.workspace,
            base_id=base.id,
            name=(given.name or name_of_url(given.source.url) or "document")[:255],
            source=given.source,
            content_type=given.content_type[:255],
            bytes=len(given.content or b""),
            hash=digest,
            metadata=given.metadata,
        )
        execution_id = await self._start(
            caller, _ingesting(document_id), self._documents.adding(new), base.id
        )
        return AddedDocument(document_id, new.name, execution_id)

    async def session_file(self, caller: Caller, file_id: str) -> GivenDocument:
        """Return a file of a chat that the caller may read, as a document.

        Raises:
            Problem: 404.
        """
        found = await self._files.find(caller.workspace, file_id)
        if found is None or (found[1] not in ("", caller.owner) and not caller.any_session):
            raise not_found("file", file_id)
        file = found[0]
        return GivenDocument(
            name=file.ref.name,
            content=file.content,
            source=Source(kind="session_file", file_id=file_id),
            content_type=file.ref.media_type,
        )

    async def add_folder(
        self, caller: Caller, base: BaseRow, folder: str, metadata: dict[str, Any]
    ) -> list[AddedDocument]:
        """Add the files of a folder of the operator.

        Raises:
            Problem: 422 where there is no such folder.
        """
        check_extra()
        check_metadata(base, metadata)
        try:
            paths = await asyncio.to_thread(
                folder_files, folder, self._settings.folders(), self._settings.max_folder_files
            )
        except FolderError as error:
            raise Problem(422, "invalid", str(error), errors=[Fault(str(error), pointer="/folder")]) from None
        return [
            await self.add(
                caller,
                base,
                GivenDocument(
                    name=path.partition("/")[2] or path,
                    source=Source(kind="folder", path=path),
                    metadata=metadata,
                ),
            )
            for path in paths
        ]

    async def retry(
        self, caller: Caller, base: BaseRow, document: DocumentRow, *, anew: bool = False
    ) -> AddedDocument:
        """Ingest a document once more. What was stored of the last time is used, unless it is done anew.

        Raises:
            Problem: 409 while a run works on it.
        """
        check_extra()
        beside = self._documents.restarting(caller.workspace, document.id, anew=anew)
        execution_id = await self._start(caller, _ingesting(document.id), beside, base.id)
        return AddedDocument(document.id, document.name, execution_id)

    async def reindex(self, caller: Caller, base: BaseRow, embedding: EmbeddingModel) -> str:
        """Have another index of a base built by a model; return the run that does it.

        Raises:
            Problem: 409 while another is being built.
        """
        check_extra()
        following = base.next_index
        same = following is not None and following.embedding == embedding
        index_id = following.index_id if following is not None and same else new_id()
        beside = beginning_index(caller.workspace, base.id, index_id, embedding)
        node = {"type": "reindex_base", "data": {"knowledge_base_id": base.id, "index_id": index_id}}
        return await self._start(caller, node, beside, base.id)

    async def _start(self, caller: Caller, node: dict[str, Any], beside: Beside, base_id: str) -> str:
        settings = self._settings
        order = Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            flow_type="agentflow",
            document=_flow(node),
            input={"knowledge_base_id": base_id, **node["data"]},
            background=True,
            own_limits=msgspec.structs.replace(
                Limits(), max_model_calls=10**9, max_tool_calls=10**9, max_tokens=10**15,
                max_seconds=settings.ingestion_seconds,
            ),
            beside=beside,
        )  # fmt: skip
        try:
            return (await self._service.start(order)).execution.id
        except DuplicateDocument as duplicate:
            raise Problem(
                409,
                "duplicate_document",
                f"Document '{duplicate.name}' ({duplicate.document_id}) of this knowledge base has the same "
                "content. Delete it first, or keep it.",
            ) from None
        except NotReadable:
            raise Problem(
                409, "document_busy", "A run works on the document, or it was deleted. Wait for its end."
            ) from None
        except ReindexRunning as running:
            raise Problem(
                409,
                "reindex_running",
                f"{running} Wait for it, or cancel it.",
                execution_id=running.execution_id,
            ) from None


def check_extra() -> None:
    """Return if documents can be read in.

    Raises:
        Problem: 409, which names the command that installs what is missing.
    """
    if not extra_installed():
        raise Problem(409, "extra_missing", EXTRA_MISSING)


def check_metadata(base: BaseRow, metadata: dict[str, Any]) -> None:
    """Return if metadata fits a base's schema.

    Raises:
        Problem: 422.
    """
    if base.metadata_schema is None:
        return
    from graphs.parsing.schemas import misfits  # a native library that most bases do without

    faults = [
        Fault(one.message, pointer="".join(f"/{part}" for part in ("metadata", *one.place)))
        for one in misfits(base.metadata_schema, metadata)
    ]
    if faults:
        raise Problem(422, "invalid", f"The metadata does not fit: {faults[0].message}.", errors=faults)


def _check_url(url: str) -> None:
    try:
        read_address(url)
    except (WebAddressError, EgressError) as error:
        detail = f"The URL cannot be fetched. {error}"
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/url")]) from None


def _ingesting(document_id: str) -> dict[str, Any]:
    return {"type": "ingest_document", "data": {"document_id": document_id}}


def _flow(node: dict[str, Any]) -> dict[str, Any]:
    """Return the flow whose one step a node is."""
    return {
        "graph_definition": {
            "version": CURRENT,
            "nodes": [
                {"id": "start", "type": "start", "data": {}},
                {"id": "work", **node},
                {"id": "end", "type": "end", "data": {}},
            ],
            "edges": [
                {"id": "to-work", "source": "start", "target": "work"},
                {"id": "to-end", "source": "work", "target": "end"},
            ],
        }
    }
