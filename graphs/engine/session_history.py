"""A session's history, read from and written to LangGraph's checkpoints without running a flow."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Overwrite

from graphs.engine.flow_state import FlowState

__all__ = ["read_history", "write_history"]


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


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _graph(checkpointer: BaseCheckpointSaver[Any]) -> Any:
    graph = StateGraph(FlowState)
    graph.add_node("history", _nothing)
    graph.add_edge(START, "history")
    return graph.compile(checkpointer=checkpointer)


async def _nothing(state: FlowState) -> None:
    return None
