"""A session's history and variables, read from and written to LangGraph's checkpoints without a run."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Overwrite

from graphs.run_state.flow_state import SESSION, FlowState, adding

__all__ = ["choose_message", "read_messages", "read_variables", "write_history", "write_variables"]

_OF_RUNS = ("variables", "outputs", "answers", "signals", "loops")
"""What a run leaves of its own in the state; nobody reads it when the run has ended."""
Exclusive = Any
"""What a checkpointer does in the transaction of a change: `persistence.checkpoints.exclusive.Exclusive`."""


async def read_messages(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> list[dict[str, Any]]:
    """Return a thread's messages with their alternatives, as `graphs.run_state.message_tree` has them."""
    snapshot = await _graph(checkpointer).aget_state(_config(thread_id))
    return list(snapshot.values.get("messages", []))


async def write_history(
    checkpointer: BaseCheckpointSaver[Any],
    thread_id: str,
    messages: list[dict[str, Any]],
    exclusive: Exclusive = None,
    variables: Mapping[str, Any] | None = None,
    keeps_summary: bool = False,
) -> None:
    """Make these the messages of a thread, and keep nothing else of its runs but the session's variables, or
    those given.

    So nothing of a message that is no longer there stays in the state: no summary, no node's output.
    """
    if variables is None:
        variables = await read_variables(checkpointer, thread_id)
    kept = {SESSION + name: value for name, value in variables.items()}
    change = {
        "messages": Overwrite(messages),
        "gathered": Overwrite(kept),
        **({} if keeps_summary else {"summary": {}}),
        "input": {},
        **{channel: Overwrite({}) for channel in _OF_RUNS},
    }
    await _graph(checkpointer).aupdate_state(_config(thread_id, exclusive), change, as_node="history")


async def choose_message(
    checkpointer: BaseCheckpointSaver[Any], thread_id: str, id: str, exclusive: Exclusive = None
) -> None:
    """Let the line of a thread go through one of its messages."""
    change = {"messages": adding([{"role": "choose", "id": id}])}
    await _graph(checkpointer).aupdate_state(_config(thread_id, exclusive), change, as_node="history")


async def read_variables(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> dict[str, Any]:
    """Return the variables of a session by name."""
    snapshot = await _graph(checkpointer).aget_state(_config(thread_id))
    gathered: dict[str, Any] = snapshot.values.get("gathered", {})
    return {key.removeprefix(SESSION): value for key, value in gathered.items() if key.startswith(SESSION)}


async def write_variables(
    checkpointer: BaseCheckpointSaver[Any],
    thread_id: str,
    values: Mapping[str, Any],
    exclusive: Exclusive = None,
) -> None:
    """Give variables of a session other values; null takes one away."""
    do = [
        ["drop", SESSION + name] if value is None else ["put", SESSION + name, value]
        for name, value in values.items()
    ]
    change = {"gathered": {"at": [-1, 0], "do": do}}
    await _graph(checkpointer).aupdate_state(_config(thread_id, exclusive), change, as_node="history")


def _config(thread_id: str, exclusive: Exclusive = None) -> RunnableConfig:
    alone = {} if exclusive is None else {"exclusive": exclusive, "workspace": exclusive.workspace}
    return {"configurable": {"thread_id": thread_id, **alone}}


def _graph(checkpointer: BaseCheckpointSaver[Any]) -> Any:
    graph = StateGraph(FlowState)
    graph.add_node("history", _nothing)
    graph.add_edge(START, "history")
    return graph.compile(checkpointer=checkpointer)


async def _nothing(state: FlowState) -> None:
    return None
