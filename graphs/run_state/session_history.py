"""A session's history and variables, read from and written to LangGraph's checkpoints without a run."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Overwrite
from msgspec import Struct

from graphs.run_state.flow_state import SESSION, FlowState, adding

__all__ = ["SessionState", "choose_message", "read_state", "write_history", "write_variables"]

_OF_RUNS = ("variables", "outputs", "answers", "signals", "loops")
"""What a run leaves of its own in the state; nobody reads it when the run has ended."""
Exclusive = Any
"""What a checkpointer does in the transaction of a change: `persistence.checkpoints.exclusive.Exclusive`."""


class SessionState(Struct, frozen=True):
    """What a session holds at one moment."""

    messages: list[dict[str, Any]] = []
    """With their alternatives, as `graphs.run_state.message_tree` has them."""
    variables: dict[str, Any] = {}
    """By name."""
    checkpoint_id: str | None = None
    """The checkpoint that they were read from; None where the session has none."""


async def read_state(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> SessionState:
    """Return what a thread holds; nothing for one that never ran."""
    snapshot = await _graph(checkpointer).aget_state(_config(thread_id))
    gathered: dict[str, Any] = snapshot.values.get("gathered", {})
    return SessionState(
        list(snapshot.values.get("messages", [])),
        {key.removeprefix(SESSION): value for key, value in gathered.items() if key.startswith(SESSION)},
        snapshot.config.get("configurable", {}).get("checkpoint_id"),
    )


async def write_history(
    checkpointer: BaseCheckpointSaver[Any],
    thread_id: str,
    messages: list[dict[str, Any]],
    variables: Mapping[str, Any],
    exclusive: Exclusive = None,
    keeps_summary: bool = False,
) -> None:
    """Make these the messages and the variables of a thread, and keep nothing else of its runs.

    So nothing of a message that is no longer there stays in the state: no summary, no node's output.
    """
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
