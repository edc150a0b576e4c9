"""Node cache: the key under which a node's outcome is reused."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from graphs import expressions
from graphs.expressions import templates
from graphs.node.context import Context
from graphs.node.node import Node
from graphs.values.node_view import View

__all__ = ["reuse_key"]

_ABOUT_MESSAGE = ("id", "created_at", "metadata")


def reuse_key(node: Node, view: View, context: Context) -> str:
    """Return a hex SHA-256 of a node's configuration and of all that it can see.

    Of other nodes' outputs and of the variables that is what came in and what its templates and expressions
    look up. The ids and times of messages do not count.
    """
    looked_up = sorted(set(_paths(node)), key=repr)
    seen = {
        "node": [str(node.__struct_config__.tag), msgspec.to_builtins(node)],
        "input": view.input,
        "arrived": view.arrived(),
        "incoming": view.incoming,
        "messages": [_said(message) for message in view.messages],
        "summary": view.summary,
        "loop": [view.loop, view.enclosing],
        "memory": context.memory,
        "looked_up": [[path, _value(view, path)] for path in looked_up],
    }
    if context.call_settings is not None:
        seen["call_settings"] = msgspec.to_builtins(context.call_settings)
    return hashlib.sha256(msgspec.json.encode(seen, order="sorted")).hexdigest()


def _paths(node: Node) -> Iterable[tuple[Any, ...]]:
    for source in node.templates().values():
        yield from (tuple(path) for path in templates.parse(source).paths)
    for source in node.expressions().values():
        yield from (tuple(path) for path in expressions.parse(source).paths)
    for source in node.set.values():
        yield from (tuple(path) for path in expressions.parse(source, names=expressions.UPDATE_NAMES).paths)


def _value(view: View, path: tuple[Any, ...]) -> Any:
    """Return what lies at the first two parts of a path: more than is looked up, never less."""
    whole = {"nodes": view.outputs, "variables": view.variables, **view.facts}.get(path[0])
    if not isinstance(whole, dict) or len(path) < 2:
        return whole
    return whole.get(path[1])


def _said(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in _ABOUT_MESSAGE}
