"""Models of a flow that only the server has, replaced by one that any project can ask."""

from msgspec import structs

from graphs.document.flow import GraphDefinition
from graphs.export.model_code import PROVIDERS
from graphs.export.problems import Gap
from graphs.model_nodes.model_node import ModelNode
from graphs.node.node import Node
from graphs.nodes import node_types

__all__ = ["needs_model", "with_model"]


def needs_model(definition: GraphDefinition) -> bool:
    """Say whether a node of a flow names no model."""
    kinds = node_types()
    return any(
        issubclass(kinds.get(node.type, Node), ModelNode) and not node.data.get("model")
        for node in definition.nodes
    )


def with_model(
    definition: GraphDefinition, model: tuple[str, str], *, unnamed_only: bool = False
) -> tuple[GraphDefinition, list[Gap]]:
    """Return a flow whose nodes ask a model instead of one that only the server has, with what is left out.

    Args:
        definition: The flow.
        model: The provider and the name of the model.
        unnamed_only: Whether only nodes that name no model get it.
    """
    kinds = node_types()
    told: list[Gap] = []
    nodes = list(definition.nodes)
    for place, node in enumerate(nodes):
        if not issubclass(kinds.get(node.type, Node), ModelNode):
            continue
        data = dict(node.data)
        named = str(data.get("provider") or "")
        if not data.get("model") or (named not in PROVIDERS and not unnamed_only):
            if named:
                message = f"The model {named}/{data.get('model')} is replaced by {'/'.join(model)}."
                told.append(Gap(node=node.id, field="model", message=message))
            data |= {"provider": model[0], "model": model[1]}
            data.pop("connection", None)
        fallbacks = data.get("fallbacks")
        if isinstance(fallbacks, list) and not unnamed_only:
            kept = [one for one in fallbacks if isinstance(one, dict) and one.get("provider") in PROVIDERS]
            if len(kept) < len(fallbacks):
                message = "Fallbacks to models that only the server has are left out."
                told.append(Gap(node=node.id, field="fallbacks", message=message))
                data["fallbacks"] = kept
        nodes[place] = structs.replace(node, data=data)
    return structs.replace(definition, nodes=nodes), told
