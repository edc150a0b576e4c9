"""Embeddings that a node asks for: by the run's connections and credentials, booked on its budgets."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.model_api.model_interface import ModelError
from graphs.node_execution.answer_stream import AnswerStream
from graphs.node_execution.model_connections import connection_of, silent
from graphs.outbound.credentials import Credential
from graphs.run_state.run_state import RunState
from graphs.values.node_error import NodeError

__all__ = ["embed_for_node"]


async def embed_for_node(
    running: RunState,
    place: dict[str, Any],
    model: EmbeddingModel,
    texts: Sequence[str],
    *,
    credential: Callable[[str], Awaitable[Credential]],
    idempotency_key: str,
) -> Embedded:
    """Return vectors of texts; see `graphs.node.context.Context.embed`."""
    if running.embedder is None:
        raise NodeError("This process cannot embed texts.", code="not_available")
    connection = await connection_of(running, model.connection)
    key = await credential(connection.credential) if connection and connection.credential else None
    running.reserve_call(place["node"], place["path"])
    listener = AnswerStream(running.recorder, silent, place, publish=False)
    try:
        return await running.embedder.embed(
            model,
            texts,
            listener=listener,
            connection=connection,
            credential=key,
            workspace=running.run.workspace,
            idempotency_key=idempotency_key,
        )
    except ModelError as error:
        failed = NodeError(str(error), code=error.code, retry_after=error.retry_after)
        raise (running.exhaust(failed) if listener.refused else failed) from error
    finally:
        running.spend(attempt.usage for attempt in listener.attempts)
        running.recorder.book(listener.attempts, **place)
