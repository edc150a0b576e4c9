"""Flow state: what LangGraph checkpoints for a session, all of it plain JSON, with its reducers."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any, TypedDict, cast

from langgraph.channels import DeltaChannel

from graphs.node.variables import reduced
from graphs.run_state.message_tree import applied

__all__ = [
    "FlowState",
    "SubgraphState",
    "adding",
    "append",
    "gather",
    "latest",
    "merge",
    "merge_outputs",
    "reduce_messages",
    "written",
]


def adding(messages: list[Any]) -> dict[str, Any]:
    """Return the write that adds items: LangGraph makes objects of its own out of a bare list of them."""
    return {"add": messages}


def reduce_messages(history: list[dict[str, Any]], writes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append messages to the chosen line; a known id replaces that message, ``{"role": "remove", "id": …}``
    takes it out. `graphs.run_state.message_tree.applied` says what else a write may order.

    Batching-invariant, as `langgraph.channels.DeltaChannel` requires. Never changes ``history`` in place.
    """
    added = [message for write in writes for message in write["add"]]
    if not any(message["role"] in _ORDERS for message in added) and "aside" not in (history or [{}])[-1]:
        known = {message["id"] for message in history}
        ids = {message["id"] for message in added}
        if len(ids) == len(added) and known.isdisjoint(ids):
            return [*history, *added]
    return applied(history, added)


def merge(left: dict[str, Any], right: tuple[dict[str, Any]]) -> dict[str, Any]:
    """Lay one dictionary over another.

    It is written in a tuple: LangGraph would take ``{"__overwrite__": …}`` from a flow for an order.
    """
    return {**left, **right[0]}


def merge_outputs(left: dict[str, Any], right: Sequence[Any]) -> dict[str, Any]:
    """Lay outputs over others; those of the nodes that a second part names are taken out."""
    kept = left
    if len(right) > 1 and any(id in left for id in right[1]):
        gone = set(right[1])
        kept = {id: output for id, output in left.items() if id not in gone}
    return {**kept, **right[0]} if right[0] else kept


def gather(left: dict[str, Any], writes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Apply operations on what grows while a run goes on, in the order of steps and of edges.

    A write is ``{"at": [superstep, rank], "do": [operation, …]}``. An operation is ``["reset"]`` (drop what
    ends with the run), ``["put", key, value]``, ``["drop", key]``, ``["add", key, name, item]`` (to a list in
    an object), or ``["reduce", key, reducer, initial, update]``. Batching-invariant, as
    `langgraph.channels.DeltaChannel` requires. Never changes what is there in place.
    """
    values = dict(left)
    steps = groupby(writes, key=lambda write: write["at"][0])
    for write in (one for _, step in steps for one in sorted(step, key=lambda write: write["at"][1])):
        for operation, *given in write["do"]:
            match operation:
                case "reset":
                    values = {key: value for key, value in values.items() if key.startswith(SESSION)}
                case "put":
                    values[given[0]] = given[1]
                case "drop":
                    values.pop(given[0], None)
                case "add":
                    key, name, item = given
                    held = values.get(key, {})
                    values[key] = {**held, name: [*held.get(name, ()), item]}
                case _:
                    key, reducer, initial, update = given
                    known = key in values
                    values[key] = reduced(reducer, known, values.get(key, initial), update)
    return values


def append(left: list[Any], right: dict[str, Any]) -> list[Any]:
    """Put what was written with `adding` behind what is there."""
    return [*left, *right["add"]]


def latest(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Take the new value; of two written side by side, that of the later node."""
    return right


_ORDERS = frozenset({"remove", "after", "choose"})
SESSION = "session/"
"""What keys of `FlowState.gathered` begin with that outlive a run."""


class FlowState(TypedDict, total=False):
    """Channels of every compiled flow. ``messages`` and ``summary`` outlive a run, the others are its own."""

    messages: Annotated[list[dict[str, Any]], DeltaChannel(reduce_messages, snapshot_frequency=50)]
    """The conversation: `graphs.conversation.messages.Message` as plain JSON, each with an id, and
    alternatives that are aside: read it with `graphs.run_state.message_tree.active_line`, write it with
    `adding`."""
    summary: Annotated[dict[str, Any], latest]
    """``{"text": str, "until": message id}``: what the summary memory has folded; ``turns``: what the vector
    memory keeps of turns. Empty without."""
    input: dict[str, Any]
    """This run's input: ``message`` for chats, ``input_data`` keys for agentflows."""
    variables: Annotated[dict[str, Any], merge]
    outputs: Annotated[dict[str, Any], merge_outputs]
    """Output of each node that ran in this run, by node id; in a loop without what this turn skipped."""
    answers: Annotated[dict[str, Any], merge]
    """What models said in this turn of a chat, by node id: `Message` as plain JSON."""
    signals: Annotated[dict[str, Any], merge]
    """Edge id → True (live), False (dead) or None (taken): how joins know what still may arrive."""
    loops: Annotated[dict[str, Any], merge]
    """Loop node id → ``{"index": int, …}`` while it turns."""
    gathered: Annotated[dict[str, Any], DeltaChannel(gather, snapshot_frequency=50)]
    """What grows or lasts, so that each step stores what it adds and not the whole: ``run/<name>`` and
    ``session/<name>`` for variables with a reducer or of the session, ``loop/<id>`` for a loop's lists."""


class SubgraphState(FlowState, total=False):
    """State of a graph that runs within another: that of a flow, and what the one around it gets to know.

    Of nodes that ran side by side, what the later one by id wrote counts.
    """

    changed: Annotated[list[Any], append]
    """Updates of variables, ``[name, value]`` each, in order."""
    added: Annotated[list[dict[str, Any]], append]
    """Messages that were added, in order."""


def written(state: SubgraphState, updates: Sequence[Mapping[str, Any]]) -> SubgraphState:
    """Return the state after the updates of one superstep, in order, by the reducers of its channels."""
    new = cast("dict[str, Any]", {**state})
    for channel in dict.fromkeys(channel for update in updates for channel in update):
        writes = [update[channel] for update in updates if channel in update]
        match channel:
            case "messages":
                new[channel] = reduce_messages(new.get(channel, []), writes)
            case "gathered":
                new[channel] = gather(new.get(channel, {}), writes)
            case "input" | "summary":
                new[channel] = writes[-1]
            case _:
                reducer, empty = _REDUCERS[channel]
                for write in writes:
                    new[channel] = reducer(new.get(channel, empty), write)
    return cast("SubgraphState", new)


_REDUCERS: Mapping[str, tuple[Any, Any]] = {
    **dict.fromkeys(("variables", "answers", "signals", "loops"), (merge, {})),
    "outputs": (merge_outputs, {}),
    **dict.fromkeys(("changed", "added"), (append, [])),
}
