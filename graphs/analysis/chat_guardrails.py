"""Guardrails of a chatflow without a drawing: the nodes that its settings stand for."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from graphs.document.flow import Edge, GraphDefinition, NodeDocument
from graphs.guardrails.personal_data import Kind
from graphs.nodes.guardrail import Guardrail, ModelCheck, Moderation, Patterns

__all__ = ["ChatGuardrail", "ChatGuardrails", "guardrail_problems", "with_guardrails"]


class ChatGuardrail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks and masks of a chatflow's messages or answers, as of a `guardrail` node."""

    patterns: Patterns = field(default_factory=list[str])
    masks: Annotated[list[Kind], Meta(max_length=4, description="Kinds of personal data to mask.")] = field(
        default_factory=list[Kind]
    )
    moderation: Annotated[
        Moderation | None, Meta(description="Moderation service that may block the text. Null: none.")
    ] = None
    model: Annotated[ModelCheck | None, Meta(description="Model that may block the text. Null: none.")] = None
    answer: Annotated[str, Meta(min_length=1, max_length=10_000, description="Answer to a blocked text.")] = (
        "Sorry, I cannot answer this."
    )


class ChatGuardrails(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Guardrails of a chatflow: what is checked before its model sees it, and before its user sees it."""

    input: Annotated[ChatGuardrail | None, Meta(description="Checks of the user's message. Null: none.")] = (
        None
    )
    output: Annotated[
        ChatGuardrail | None,
        Meta(description="Checks of the answer. It is sent as one part, after them. Null: none."),
    ] = None


def guardrail_problems(guardrails: ChatGuardrails) -> dict[str, str]:
    """Return what decodes but cannot run, a sentence by the pointer below the settings."""
    return {
        f"/{side}/{name.replace('[', '/').replace(']', '').replace('.', '/')}": problem
        for side in ("input", "output")
        if (checks := getattr(guardrails, side)) is not None
        for name, problem in msgspec.convert(_data(checks), Guardrail).problems().items()
    }


def with_guardrails(
    guardrails: ChatGuardrails, definition: GraphDefinition, answering: str
) -> GraphDefinition:
    """Return a chatflow's flow with its checks: start → check_message → … → check_answer → end.

    Args:
        guardrails: The settings.
        definition: The flow of the other settings. The node that answers is its last before the end.
        answering: The id of that node.
    """
    nodes, edges = [*definition.nodes], [*definition.edges]
    if guardrails.input is not None:
        nodes.insert(1, _node("check_message", "message", guardrails.input))
        edges = [
            msgspec.structs.replace(
                edge, id=f"check_message-{edge.target}", source="check_message", source_handle="passed"
            )
            if edge.source == "start"
            else edge
            for edge in edges
        ]
        edges += [_edge("start", "check_message"), _edge("check_message", "end", "blocked")]
    if guardrails.output is not None:
        nodes = [
            msgspec.structs.replace(node, data={**node.data, "speaks": False})
            if node.id == answering
            else node
            for node in nodes
        ]
        nodes.insert(len(nodes) - 1, _node("check_answer", "answer", guardrails.output))
        edges = [
            _edge(answering, "check_answer") if (edge.source, edge.target) == (answering, "end") else edge
            for edge in edges
        ]
        edges += [_edge("check_answer", "end", "passed"), _edge("check_answer", "end", "blocked")]
    return msgspec.structs.replace(
        definition,
        nodes=[
            msgspec.structs.replace(node, position={"x": 240 * place, "y": 0})
            for place, node in enumerate(nodes)
        ],
        edges=edges,
    )


def _data(checks: ChatGuardrail) -> dict[str, Any]:
    return {"type": "guardrail", **msgspec.to_builtins(checks)}


def _node(id: str, checked: str, checks: ChatGuardrail) -> NodeDocument:
    data = {name: value for name, value in msgspec.to_builtins(checks).items() if value not in (None, [])}
    return NodeDocument(id=id, type="guardrail", position={"x": 0, "y": 0}, data={**data, "checks": checked})


def _edge(source: str, target: str, way: str = "") -> Edge:
    id = f"{source}-{target}-{way}" if way else f"{source}-{target}"
    return Edge(id=id, source=source, target=target, source_handle=way or None)
