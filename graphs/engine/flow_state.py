"""Flow state: what LangGraph checkpoints for a session, all of it plain JSON, with its reducers."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from langgraph.channels import DeltaChannel

__all__ = ["FlowState", "SubgraphState", "adding", "append", "latest", "merge", "reduce_messages"]


def adding(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the write that adds messages: LangGraph makes objects of its own out of a bare list of them."""
    return {"add": messages}


def reduce_messages(history: list[dict[str, Any]], writes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append messages; a known id replaces that message, ``{"role": "remove", "id": …}`` takes it out.

    Batching-invariant, as `langgraph.channels.DeltaChannel` requires. Never changes ``history`` in place.
    """
    added = [message for write in writes for message in write["add"]]
    if not any(message["role"] == "remove" for message in added):
        known = {message["id"] for message in history}
        ids = {message["id"] for message in added}
        if len(ids) == len(added) and known.isdisjoint(ids):
            return [*history, *added]
    merged = {message["id"]: message for message in history}
    for message in added:
        if message["role"] == "remove":
            merged.pop(message["id"], None)
        else:
            merged[message["id"]] = message
    return list(merged.values())


def merge(left: dict[str, Any], right: tuple[dict[str, Any]]) -> dict[str, Any]:
    """Lay one dictionary over another.

    It is written in a tuple: LangGraph would take ``{"__overwrite__": …}`` from a flow for an order.
    """
    return {**left, **right[0]}


def append(left: list[dict[str, Any]], right: dict[str, Any]) -> list[dict[str, Any]]:
    """Put what was written with `adding` behind what is there."""
    return [*left, *right["add"]]


def latest(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Take the new value; of two written side by side, that of the later node."""
    return right


class FlowState(TypedDict, total=False):
    """Channels of every compiled flow. ``messages`` and ``summary`` outlive a run, the others are its own."""

    messages: Annotated[list[dict[str, Any]], DeltaChannel(reduce_messages, snapshot_frequency=50)]
    """The conversation: `graphs.values.messages.Message` as plain JSON, each with an id.

    Written with `adding`."""
    summary: Annotated[dict[str, Any], latest]
    """``{"text": str, "until": message id}``: what the summary memory has folded, empty without."""
    input: dict[str, Any]
    """This run's input: ``message`` for chats, ``input_data`` keys for agentflows."""
    variables: Annotated[dict[str, Any], merge]
    outputs: Annotated[dict[str, Any], merge]
    """Output of each node that ran in this run, by node id."""
    signals: Annotated[dict[str, Any], merge]
    """Edge id → True (live), False (dead) or None (taken): how joins know what still may arrive."""
    loops: Annotated[dict[str, Any], merge]
    """Loop node id → ``{"index": int, …}`` while it turns."""


class SubgraphState(FlowState, total=False):
    """Channels of a graph that runs within another: those of a flow, and what the one around it gets to know.

    Of nodes that ran side by side, what the later one by id wrote counts.
    """

    changed: Annotated[dict[str, Any], merge]
    """Variables that were set."""
    added: Annotated[list[dict[str, Any]], append]
    """Messages that were added, in order."""
