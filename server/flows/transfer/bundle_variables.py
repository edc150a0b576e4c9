"""Workspace variables of bundles: an export names those that it reads, an import those that are missing."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from graphs.values.environment import named_in

__all__ = ["FIELD", "BoundVariable", "bound_variables", "exported_variables"]

FIELD = "workspace_variables"
"""Where a bundle names them: ``[{"name", "secret"}]``. It has no values."""
MOST = 1_000


class BoundVariable(Struct, frozen=True):
    """A workspace variable that the flows of a bundle read."""

    name: str
    secret: bool | None
    """Null where neither the file nor the workspace says it."""
    how: Literal["existing", "missing"]


def exported_variables(bundle: Mapping[str, Any], known: Mapping[str, bool]) -> list[dict[str, Any]]:
    """Return what a bundle says of the variables that its flows read: names, never values."""
    return [{"name": name, "secret": known[name]} for name in _names(bundle) if name in known]


def bound_variables(bundle: Mapping[str, Any], known: Mapping[str, bool] | None) -> list[BoundVariable]:
    """Return the variables that the flows of a bundle read, and whether they are here.

    Args:
        bundle: As it was sent.
        known: The workspace's, each with whether it is secret; None where they are not asked.
    """
    told = bundle.get(FIELD)
    secret: dict[str, bool] = {}
    for one in told[:MOST] if isinstance(told, list) else []:
        match one:
            case {"name": str(name), "secret": bool(is_secret)}:
                secret[name] = is_secret
            case _:
                pass
    here = known or {}
    return [
        BoundVariable(name, here.get(name, secret.get(name)), "existing" if name in here else "missing")
        for name in _names(bundle)
    ]


def _names(bundle: Mapping[str, Any]) -> list[str]:
    return sorted({name for part in _parts(bundle) for name in named_in(part)})[:MOST]


def _parts(bundle: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what in a bundle may have templates: settings of nodes, chats and agents, and no descriptions."""
    includes: Any = bundle.get("includes") or {}
    for flow in (bundle, *_values(includes, "flows")):
        graph = flow.get("graph_definition") or {}
        nodes: Any = graph.get("nodes") if isinstance(graph, dict) else None
        yield from (node.get("data") for node in nodes or [] if isinstance(node, dict))
        yield from (flow.get(name) for name in ("chat_config", "supervisor_config", "agents"))
    for agent in _values(includes, "agents"):
        yield [agent.get("system_prompt"), agent.get("tools")]


def _values(includes: Any, name: str) -> list[Mapping[str, Any]]:
    found: Any = includes.get(name) if isinstance(includes, dict) else None
    return [one for one in found.values() if isinstance(one, dict)] if isinstance(found, dict) else []
