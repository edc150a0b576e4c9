"""Embeddings and reranking for requests that are no runs, on the caller's connections and budgets."""

from collections.abc import Awaitable, Callable, Sequence

from graphs.conversation.messages import Attempt, ModelRequest
from graphs.embeddings.embedder import Embedded, Embedder, EmbeddingModel
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import ModelError, Models
from graphs.outbound.credentials import Credential, CredentialError
from graphs.passage_search.reranker import Reranker
from graphs.reranking.reranking import Reranking
from graphs.values.node_error import NodeError
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.spending.budget_messages import refusal
from persistence.spending.ledger import Ledger
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.ids import new_id

__all__ = ["RequestModels"]


class RequestModels:
    """Embeds the questions of requests, and reranks what they find."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        embedder: Embedder,
        reranking: Reranking,
        models: Callable[[], Awaitable[Models]],
        connections: Connections,
        credentials: Credentials,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._embedder = embedder
        self._reranking = reranking
        self._models = models
        self._connections = connections
        self._credentials = credentials

    async def embed(
        self, workspace: str, key_id: str, user_id: str, model: EmbeddingModel, texts: Sequence[str]
    ) -> Embedded:
        """Return vectors of texts.

        Raises:
            NodeError: the provider gave none, a budget does not allow it, or there is no such connection.
        """
        connection, credential = await self._reached(workspace, model.connection)
        listener = _Booking(self._ledger, _spender(workspace, key_id, user_id))
        try:
            return await self._embedder.embed(
                model,
                texts,
                listener=listener,
                connection=connection,
                credential=credential,
                workspace=workspace,
            )
        except ModelError as error:
            raise NodeError(str(error), code=error.code) from None
        finally:
            await listener.write(self._database)

    async def rerank(
        self,
        workspace: str,
        key_id: str,
        user_id: str,
        reranker: Reranker,
        query: str,
        texts: Sequence[str],
    ) -> Sequence[float]:
        """Return a score of 0..1 for each text.

        Raises:
            NodeError: the reranker gave none, a budget does not allow it, or there is no such connection.
        """
        connection, credential = await self._reached(workspace, reranker.connection)
        listener = _Booking(self._ledger, _spender(workspace, key_id, user_id))
        try:
            return await self._reranking.rerank(
                reranker,
                query,
                texts,
                models=await self._models(),
                listener=listener,
                connection=connection,
                credential=credential,
                workspace=workspace,
            )
        except ModelError as error:
            raise NodeError(str(error), code=error.code) from None
        finally:
            await listener.write(self._database)

    async def _reached(self, workspace: str, name: str) -> tuple[Connection | None, Credential | None]:
        """Return the connection of a name and the key that it names; None for an empty name."""
        if not name:
            return None, None
        connection = await self._connections.find(workspace, name)
        if connection is None:
            raise NodeError(f"There is no connection '{name}'.", code="no_connection")
        if not connection.credential:
            return connection, None
        try:
            credential = await self._credentials.find(workspace, connection.credential)
        except CredentialError as error:
            raise NodeError(str(error), code=error.code) from None
        if credential is None:
            raise NodeError(f"There is no credential '{connection.credential}'.", code="no_credential")
        return connection, credential


class _Booking:
    """The `graphs.model_api.model_interface.Listener` of one request: only what it costs counts."""

    def __init__(self, ledger: Ledger, spender: ExecutionRow) -> None:
        self._ledger = ledger
        self._spender = spender
        self._attempts: list[Attempt] = []
        self._held: set[str] = set()

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        if not self._ledger.keeps(self._spender):
            return request, ""
        held = new_id()
        request, refused = await self._ledger.admit(self._spender, request, held)
        if refused is not None:
            raise ModelError(refusal(refused)[0], error_class="budget")
        self._held.add(held)
        return request, held

    def attempt(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self._held.discard(attempt.held)

    def text(self, chunk: str) -> None:
        pass

    def reasoning(self, chunk: str) -> None:
        pass

    def reset(self) -> None:
        pass

    async def ready(self) -> None:
        pass

    async def write(self, database: Database) -> None:
        """Book what was spent, and give back what was not."""
        entries = [self._ledger.entry(self._spender, "", attempt) for attempt in self._attempts]
        self._ledger.release([*self._held])
        if entries:
            await database.write(lambda connection: self._ledger.write(connection, "", entries))


def _spender(workspace: str, key_id: str, user_id: str) -> ExecutionRow:
    """Return who spends, as the ledger reads it of a run."""
    return ExecutionRow(
        id="", workspace=workspace, flow_id=None, flow_version=None, flow_type="agentflow", session_id=None,
        session=None, memory={}, thread_id="", status="running", input={}, document=None,
        options={"key_id": key_id or None, "user_id": user_id or None}, output=None, error=None, position=0,
        process_id=None, claim=0, recoveries=0, parked_at=None, last_seq=0, cancel_requested="",
        created_at=0.0, started_at=None, completed_at=None, duration_ms=None,
    )  # fmt: skip
