"""Calls of runs that are given up: what a model was asked when the last process died is booked too."""

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.conversation.messages import Attempt, Message, ModelRequest, Usage
from graphs.values.events import Event
from graphs.values.findings import FlowError
from persistence.journal.journal import Journal
from persistence.journal.recorder import JournalRecorder
from persistence.storage.execution_rows import ExecutionRow
from server.compilation.compiled_flows import FlowGone
from server.compilation.langgraph_engine import Engine

if TYPE_CHECKING:
    from graphs.model_nodes.model_node import ModelNode

__all__ = ["book_given_up_calls"]

log = logging.getLogger("agenticrag.executions")

SENTENCE = "The server stopped while it waited for this answer, and the run was given up; an estimate."


async def book_given_up_calls(
    row: ExecutionRow, recorder: JournalRecorder, journal: Journal, engine: Engine
) -> None:
    """Book the calls that were in flight when the process of a run died that is not taken up any more.

    Each is an estimate. What was asked is known from the same call's estimate at an earlier taking up; where
    there is none, it is what the node's templates and the run's input come to.
    """
    if not recorder.cut_off:
        return
    before = {
        (event.path, event.node): event
        for event in await journal.read(row.id, limit=sys.maxsize)
        if event.type == "usage" and event.data.get("status") == "interrupted"
    }
    nodes: dict[str, ModelNode] | None = None
    for path, node in [*recorder.cut_off]:
        said = recorder.interrupted(node=node, path=path) or ""
        if (earlier := before.get((path, node))) is not None:
            attempt = _again(earlier, said)
        else:
            nodes = await _model_nodes(row, engine) if nodes is None else nodes
            if node not in nodes:  # it asks no model, or is a sub-flow's
                continue
            attempt = _first(nodes[node], row, said)
        recorder.book([attempt], node=node, path=path)


async def _model_nodes(row: ExecutionRow, engine: Engine) -> "dict[str, ModelNode]":
    """Return the nodes of a run's flow that ask a model, by id; none where the flow cannot be read."""
    from graphs.model_nodes.model_node import ModelNode
    from graphs.nodes import NodeTypeError, decode_node

    found: dict[str, ModelNode] = {}
    try:
        definition = await engine.compiled.definition(row)
        for document in definition.nodes:
            node = decode_node(document.type, document.data)
            if isinstance(node, ModelNode):
                found[document.id] = node
    except (FlowGone, FlowError, NodeTypeError, msgspec.ValidationError) as error:
        log.warning("What execution %s asked when it was given up is not booked: %s", row.id, error)
    return found


def _again(earlier: Event, said: str) -> Attempt:
    asked: dict[str, Any] = earlier.data
    return _cut(asked["provider"], asked["model"], _usage(asked["input_tokens"], said))


def _first(node: "ModelNode", row: ExecutionRow, said: str) -> Attempt:
    from graphs.model_api.token_estimate import estimate_usage

    texts = [*node.templates().values(), msgspec.json.encode(row.input).decode()]
    request = ModelRequest(
        provider=node.provider,
        model=node.model,
        messages=[Message(role="user", content=text) for text in texts if text],
    )
    return _cut(node.provider, node.model, estimate_usage(request, said))


def _usage(input_tokens: int, said: str) -> Usage:
    from graphs.model_api.token_estimate import estimate_tokens

    return Usage(input_tokens=input_tokens, output_tokens=estimate_tokens(said), estimated=True)


def _cut(provider: str, model: str, usage: Usage) -> Attempt:
    return Attempt(
        provider=provider,
        model=model,
        status="interrupted",
        usage=usage,
        error=SENTENCE,
        started_at=time.time(),
    )
