"""Reranking that a node asks for: by the run's connections and credentials, booked on its budgets."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphs.model_api.model_interface import ModelError
from graphs.node_execution.answer_stream import AnswerStream
from graphs.node_execution.model_connections import connection_of, silent
from graphs.outbound.credentials import Credential
from graphs.passage_search.reranker import Reranker
from graphs.run_state.run_state import RunState
from graphs.values.node_error import NodeError

__all__ = ["rerank_for_node"]


async def rerank_for_node(
    running: RunState,
    place: dict[str, Any],
    reranker: Reranker,
    query: str,
    texts: Sequence[str],
    *,
    credential: Callable[[str], Awaitable[Credential]],
) -> Sequence[float]:
    """Return a score of 0..1 for each text.

    Raises:
        NodeError: there are none, or a cap of the run is reached (code ``limit_reached``).
    """
    if running.reranking is None:
        raise NodeError("This process has no rerankers.", code="not_available")
    connection = await connection_of(running, reranker.connection)
    key = await credential(connection.credential) if connection and connection.credential else None
    running.reserve_call(place["node"], place["path"])
    listener = AnswerStream(running.recorder, silent, place, publish=False)
    try:
        return await running.reranking.rerank(
            reranker,
            query,
            texts,
            models=running.models,
            listener=listener,
            connection=connection,
            credential=key,
            workspace=running.run.workspace,
            deadline=running.deadline,
        )
    except ModelError as error:
        failed = NodeError(str(error), code=error.code, retry_after=error.retry_after)
        raise (running.exhaust(failed) if listener.refused else failed) from error
    finally:
        running.spend(attempt.usage for attempt in listener.attempts)
        running.recorder.book(listener.attempts, **place)
