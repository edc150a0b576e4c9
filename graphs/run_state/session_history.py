"""A session's history and variables, read from and written to LangGraph's checkpoints without a run."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Overwrite

from graphs.run_state.flow_state import SESSION, FlowState

__all__ = ["read_history", "read_variables", "write_history", "write_variables"]


async def read_history(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> list[dict[str, Any]]:
    """Return the messages of a thread, oldest first: `graphs.values.messages.Message` as plain JSON."""
    snapshot = await _graph(checkpointer).aget_state(_config(thread_id))
    return list(snapshot.values.get("messages", []))


async def write_history(
    checkpointer: BaseCheckpointSaver[Any], thread_id: str, messages: list[dict[str, Any]]
) -> None:
    """Replace the messages of a thread, and forget what a summary had folded of the old ones."""
    await _graph(checkpointer).aupdate_state(
        _config(thread_id), {"messages": Overwrite(messages), "summary": {}}, as_node="history"
    )


async def read_variables(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> dict[str, Any]:
    """Return the variables of a session by name."""
    snapshot = await _graph(checkpointer).aget_state(_config(thread_id))
    gathered: dict[str, Any] = snapshot.values.get("gathered", {})
    return {key.removeprefix(SESSION): value for key, value in gathered.items() if key.startswith(SESSION)}


async def write_variables(
    checkpointer: BaseCheckpointSaver[Any], thread_id: str, values: Mapping[str, Any]
) -> None:
    """Give variables of a session other values; null takes one away. No run of it may be under way."""
    do = [
        ["drop", SESSION + name] if value is None else ["put", SESSION + name, value]
        for name, value in values.items()
    ]
    await _graph(checkpointer).aupdate_state(
        _config(thread_id), {"gathered": {"at": [-1, 0], "do": do}}, as_node="history"
    )


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _graph(checkpointer: BaseCheckpointSaver[Any]) -> Any:
    graph = StateGraph(FlowState)
    graph.add_node("history", _nothing)
    graph.add_edge(START, "history")
    return graph.compile(checkpointer=checkpointer)


async def _nothing(state: FlowState) -> None:
    return None
