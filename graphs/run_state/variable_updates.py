"""Variable updates: what a node's `set` gives, and whether declared variables take it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from graphs import expressions
from graphs.node.node import Node, Outcome
from graphs.node.variables import VariableDeclaration
from graphs.parsing.text import TextError, clean
from graphs.values.findings import shown
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["NOTHING_DECLARED", "with_updates"]

NOTHING_DECLARED: Mapping[str, VariableDeclaration] = MappingProxyType({})


def with_updates(
    node: Node, id: str, view: View, outcome: Outcome, declared: Mapping[str, VariableDeclaration]
) -> Outcome:
    """Return an outcome with what the node's `set` gives: clean, and of the declared types.

    Raises:
        NodeError: an expression fails, or a declared variable does not take its update (code
            ``bad_variable``).
    """
    updates: dict[str, Any] = dict(outcome.variables)
    if node.set and not node.sets_itself:
        scope = {**expressions.scope(view), "output": outcome.output}
        scope["nodes"] = {**view.outputs, id: outcome.output}
        for name, source in node.set.items():
            found = expressions.parse(source, names=expressions.UPDATE_NAMES).evaluate(scope)
            try:
                updates[name] = clean(found)
            except TextError as error:
                raise NodeError(
                    f"What node {shown(id)} sets variable '{name}' to cannot be kept: {error}",
                    code="bad_output",
                ) from error
    if declared:
        for name, update in (*updates.items(), *outcome.updates):
            if name in declared and (problem := declared[name].update_misfit(update)):
                raise NodeError(f"Node {shown(id)}: {problem}", code="bad_variable")
    return outcome if updates == outcome.variables else msgspec.structs.replace(outcome, variables=updates)
