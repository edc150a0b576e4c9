"""Knowledge bases: created, changed, deleted, searched and indexed anew."""

from functools import partial
from typing import Annotated, Any

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.embeddings.embedder import EmbeddingModel
from graphs.passage_search.passages import ChunkOptions
from graphs.passage_search.reranker import Reranker, reranker_problem
from graphs.passage_search.search_request import SearchRequest
from graphs.values.node_error import NodeError
from persistence.knowledge.bases import (
    BaseChange,
    BaseCounts,
    BaseNameTaken,
    BaseRow,
    KnowledgeBases,
)
from persistence.runs.executions import Executions, goes_on
from server.description.operations import operation
from server.http.field_problems import name_taken
from server.http.parameters import Limit, Offset, known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller, require
from server.knowledge.knowledge_search import KnowledgeSearch
from server.knowledge.request_models import RequestModels
from server.knowledge.sweeping import Sweeper
from server.requests.document_intake import DocumentIntake
from server.requests.stored_uses import connection_uses, refuse_uses
from server.routes.flow_lists import Deleted
from server.settings.default_embedding import default_embedding
from server.settings.sources import Settings
from server.views.knowledge_views import KnowledgeBaseView, KnowledgeSearchAnswer, base_view, search_answer

__all__ = ["KnowledgeBasesController", "knowledge_problem"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Description = Annotated[str, Meta(max_length=10_000)]
Search = Annotated[str | None, QueryParameter(max_length=255, description="Text in the name or description.")]


class NewKnowledgeBase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A knowledge base."""

    name: Name
    """Unique in the workspace."""
    description: Description = ""
    embedding: EmbeddingModel | None = None
    """The model that compares meanings. Null: the server's default."""
    chunk: ChunkOptions = ChunkOptions()
    """How documents are split into passages."""
    metadata_schema: dict[str, Any] | None = None
    """JSON Schema of the metadata of documents. Null: any metadata."""
    reranker: Reranker | None = None
    """What reranks in searches with `rerank` that name no reranker. Null: the server's reranker."""


class KnowledgeBaseChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a knowledge base. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    embedding: EmbeddingModel | UnsetType = UNSET
    """Another model starts a reindex: searches use the old vectors until the new ones are complete."""
    chunk: ChunkOptions | UnsetType = UNSET
    """Holds for documents that are added or retried from then on."""
    metadata_schema: dict[str, Any] | UnsetType | None = UNSET
    reranker: Reranker | UnsetType | None = UNSET
    """Null: the server's reranker."""


class KnowledgeBaseList(Struct, frozen=True, kw_only=True):
    """Knowledge bases, by name."""

    knowledge_bases: list[KnowledgeBaseView]
    total: int


class ReindexRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a knowledge base is indexed again."""

    embedding: EmbeddingModel | None = None
    """The model. Null: the present one, in its present revision."""


class ReindexAnswer(Struct, frozen=True, kw_only=True):
    """The run that builds another index."""

    id: str
    execution_id: str


class KnowledgeBasesController(Controller):
    """The workspace's knowledge bases."""

    path = "/knowledge-bases"
    tags = ("Knowledge",)

    @post(
        "/",
        operation_id="createKnowledgeBase",
        opt=operation(400, 409, 413, 415, 422, needs="knowledge:write"),
    )
    async def create(
        self,
        data: JSONBody[NewKnowledgeBase],
        settings: NamedDependency[Settings],
        knowledge_bases: NamedDependency[KnowledgeBases],
        caller: NamedDependency[Caller],
    ) -> KnowledgeBaseView:
        """Create an empty knowledge base."""
        _check_schema(data.metadata_schema)
        _check_reranker(caller, data.reranker)
        embedding = data.embedding or default_embedding(settings)
        _check_provider(embedding)
        refuse_uses(caller.permissions, connection_uses({"embedding/connection": embedding.connection}))
        try:
            row = await knowledge_bases.create(
                caller.workspace,
                data.name,
                description=data.description,
                embedding=embedding,
                chunk=data.chunk,
                metadata_schema=data.metadata_schema,
                reranker=data.reranker,
            )
        except BaseNameTaken:
            raise name_taken("a knowledge base", data.name) from None
        return base_view(row, BaseCounts())

    @get("/", operation_id="listKnowledgeBases", opt=operation(422, needs="knowledge:read"))
    async def list(
        self,
        knowledge_bases: NamedDependency[KnowledgeBases],
        executions: NamedDependency[Executions],
        caller: NamedDependency[Caller],
        search: Search = None,
        limit: Limit = 100,
        offset: Offset = 0,
    ) -> KnowledgeBaseList:
        """List knowledge bases by name."""
        rows, total = await knowledge_bases.list(
            caller.workspace, search=search or "", limit=limit, offset=offset
        )
        counts = await knowledge_bases.counts(caller.workspace, [row.id for row in rows])
        views = [await _view(row, counts[row.id], executions) for row in rows]
        return KnowledgeBaseList(knowledge_bases=views, total=total)

    @get(
        "/{knowledge_base_id:str}",
        operation_id="getKnowledgeBase",
        opt=operation(404, needs="knowledge:read"),
    )
    async def read(
        self,
        knowledge_base_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_bases: NamedDependency[KnowledgeBases],
        executions: NamedDependency[Executions],
        caller: NamedDependency[Caller],
    ) -> KnowledgeBaseView:
        """Return a knowledge base with its counts."""
        row = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        counts = await knowledge_bases.counts(caller.workspace, [row.id])
        return await _view(row, counts[row.id], executions)

    @put(
        "/{knowledge_base_id:str}",
        operation_id="updateKnowledgeBase",
        opt=operation(400, 404, 409, 413, 415, 422, needs="knowledge:write"),
    )
    async def update(
        self,
        knowledge_base_id: FromPath[str],
        data: JSONBody[KnowledgeBaseChange],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_bases: NamedDependency[KnowledgeBases],
        executions: NamedDependency[Executions],
        caller: NamedDependency[Caller],
    ) -> KnowledgeBaseView:
        """Update a knowledge base."""
        row = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        if data.metadata_schema is not UNSET:
            _check_schema(data.metadata_schema)
        if data.embedding is not UNSET:
            _check_provider(data.embedding)
            if data.embedding != row.embedding:
                named = {"embedding/connection": data.embedding.connection}
                refuse_uses(caller.permissions, connection_uses(named))
        if data.reranker is not UNSET:
            _check_reranker(caller, data.reranker)
        change = BaseChange(
            name=data.name,
            description=data.description,
            chunk=data.chunk,
            metadata_schema=data.metadata_schema,
            reranker=data.reranker,
        )
        try:
            changed = await knowledge_bases.change(caller.workspace, row.id, change)
        except BaseNameTaken:
            raise name_taken("a knowledge base", str(data.name)) from None
        if changed is None:
            raise not_found("knowledge base", row.id)
        if data.embedding is not UNSET and data.embedding != row.embedding:
            await document_intake.reindex(caller, row, data.embedding)
            changed = await document_intake.base(caller, row.id)
        counts = await knowledge_bases.counts(caller.workspace, [row.id])
        return await _view(changed, counts[row.id], executions)

    @delete(
        "/{knowledge_base_id:str}",
        operation_id="deleteKnowledgeBase",
        status_code=200,
        opt=operation(404, needs="knowledge:write"),
    )
    async def delete(
        self,
        knowledge_base_id: FromPath[str],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_bases: NamedDependency[KnowledgeBases],
        knowledge_sweeper: NamedDependency[Sweeper],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a knowledge base with its documents. No search finds them from now on."""
        row = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        if not await knowledge_bases.delete(caller.workspace, row.id):
            raise not_found("knowledge base", row.id)
        knowledge_sweeper.tell()
        return Deleted(row.id, True, f"The knowledge base '{row.name}' is deleted.")

    @post(
        "/{knowledge_base_id:str}/search",
        operation_id="searchKnowledgeBase",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, 502, needs="knowledge:read"),
    )
    async def search(
        self,
        knowledge_base_id: FromPath[str],
        data: JSONBody[SearchRequest],
        document_intake: NamedDependency[DocumentIntake],
        knowledge_search: NamedDependency[KnowledgeSearch],
        request_models: NamedDependency[RequestModels],
        caller: NamedDependency[Caller],
    ) -> KnowledgeSearchAnswer:
        """Return the passages that fit a question best, with their scores."""
        row = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        _may_name(caller, data.reranker)
        spender = (caller.workspace, caller.key_id, caller.user_id)
        ask = partial(request_models.embed, *spender)
        rerank = partial(request_models.rerank, *spender)
        try:
            return search_answer(await knowledge_search.search([row], data, ask, rerank))
        except NodeError as error:
            raise knowledge_problem(error) from None

    @post(
        "/{knowledge_base_id:str}/reindex",
        operation_id="reindexKnowledgeBase",
        status_code=202,
        opt=operation(400, 404, 409, 413, 415, 422, needs="knowledge:write"),
    )
    async def reindex(
        self,
        knowledge_base_id: FromPath[str],
        data: JSONBody[ReindexRequest],
        document_intake: NamedDependency[DocumentIntake],
        caller: NamedDependency[Caller],
    ) -> ReindexAnswer:
        """Embed all passages again beside the index in use, then switch searches to the new one."""
        row = await document_intake.base(caller, known_id("knowledge base", knowledge_base_id))
        embedding = data.embedding or row.embedding
        _check_provider(embedding)
        if embedding != row.embedding:
            refuse_uses(caller.permissions, connection_uses({"embedding/connection": embedding.connection}))
        execution_id = await document_intake.reindex(caller, row, embedding)
        return ReindexAnswer(id=row.id, execution_id=execution_id)


def knowledge_problem(error: NodeError) -> Problem:
    """Return why a search could not be done as a problem."""
    match error.code:
        case "extra_missing" | "embedding_changed":
            return Problem(409, error.code, str(error))
        case "bad_reranker":
            return Problem(422, "invalid", str(error), errors=[Fault(str(error), pointer="/reranker")])
        case "rerank_failed":
            return Problem(502, "rerank_failed", str(error))
        case "bad_filter":
            return Problem(422, "bad_filter", str(error), errors=[Fault(str(error), pointer="/filters")])
        case "not_found":
            return Problem(404, "not_found", str(error))
        case _:
            return Problem(502, "embedding_failed", str(error))


async def _view(row: BaseRow, counts: BaseCounts, executions: Executions) -> KnowledgeBaseView:
    following = row.next_index
    building = False
    if following is not None:
        run = await executions.get(row.workspace, following.execution_id)
        building = run is not None and (goes_on(run) or run.completed_at is None)
    return base_view(row, counts, reindexing=building)


def _check_schema(schema: dict[str, Any] | None) -> None:
    if schema is None:
        return
    from graphs.parsing.schemas import SchemaError, check_schema  # a native library

    try:
        check_schema(schema)
    except SchemaError as error:
        detail = str(error)
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/metadata_schema")]) from None


def _check_reranker(caller: Caller, reranker: Reranker | None) -> None:
    if problem := reranker_problem(True, reranker):
        raise Problem(422, "invalid", problem, errors=[Fault(problem, pointer="/reranker")])
    _may_name(caller, reranker)


def _may_name(caller: Caller, reranker: Reranker | None) -> None:
    """Refuse a model or connection to those who may not start runs or use it: a chat needs that too."""
    if reranker is not None and (reranker.connection or reranker.model):
        require(caller, "runs:start")
        refuse_uses(caller.permissions, connection_uses({"reranker/connection": reranker.connection}))


def _check_provider(embedding: EmbeddingModel) -> None:
    from graphs.embeddings.embedding_table import EMBEDDING_PROVIDERS

    if embedding.provider not in EMBEDDING_PROVIDERS and not embedding.connection:
        known = ", ".join(EMBEDDING_PROVIDERS)
        detail = f"Expected one of {known}, found '{embedding.provider[:80]}'."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/embedding/provider")])
