"""Session variables: those that a flow declares to last from turn to turn, and whether values fit them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from graphs.document.flow import GraphDefinition
from graphs.node.node import Node
from graphs.node.variables import VariableDeclaration
from graphs.nodes import NodeTypeError, decode_node
from graphs.values.node_error import NodeError

__all__ = ["session_variables", "variable_problems"]

Decode = Callable[[str, dict[str, Any]], Node]


def session_variables(
    definition: GraphDefinition, *, decode: Decode = decode_node
) -> dict[str, VariableDeclaration]:
    """Return the variables of scope ``session`` that a flow declares, by name."""
    found: dict[str, VariableDeclaration] = {}
    for document in definition.nodes:
        try:
            declared = decode(document.type, document.data).declares()
        except (NodeTypeError, NodeError, msgspec.ValidationError):
            continue  # the flow's own check tells
        found |= {one.name: one for one in declared if one.scope == "session"}
    return found


def variable_problems(
    values: Mapping[str, Any], declared: Mapping[str, VariableDeclaration]
) -> dict[str, str]:
    """Return why values cannot be those of declared variables, a sentence by name."""
    problems: dict[str, str] = {}
    for name, value in values.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            problems[name] = f"The flow has no session variable {name[:64]!r}; it declares {known}."
        elif problem := declared[name].misfit(value):
            problems[name] = problem
    return problems
