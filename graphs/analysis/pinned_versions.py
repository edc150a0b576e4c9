"""Pinned versions: the stored agents, default models and sub-flow versions that a run uses to its end."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field, structs

from graphs.analysis.pinned_server_tools import with_server_tools
from graphs.document.called_flows import called_flows
from graphs.document.called_servers import called_servers
from graphs.document.flow import FlowType, GraphDefinition, NodeDocument
from graphs.mcp.pinned_tools import PinnedServer
from graphs.model_nodes.model_node import ModelNode
from graphs.model_nodes.model_settings import OLD_DEFAULTS
from graphs.nodes import node_types
from graphs.openapi.pinned_operations import PinnedAPI
from graphs.values.environment import Environment, named_in
from graphs.values.findings import Finding, FlowError, shown

__all__ = ["Missing", "PinnedFlow", "PinnedVersions", "missing_of", "with_pinned_versions"]


class Missing(Struct, frozen=True):
    """What a definition leaves to the server that runs it."""

    agents: frozenset[str] = frozenset()
    """Ids of stored agents."""
    models: frozenset[tuple[str, str]] = frozenset()
    """(provider, model) pairs of which one part, or both, are empty."""
    subflows: frozenset[tuple[str, int | str | None]] = frozenset()
    """Flows that it calls, by id and version or label, None for the current one."""

    servers: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    """MCP servers by name, with the tools that it names there, none for all."""
    apis: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    """APIs by name, with the operations that it names there, none for all."""

    env: frozenset[str] = frozenset()
    """Names of workspace variables that it may look up."""

    @property
    def nothing(self) -> bool:
        """Whether the definition says everything itself, as most do."""
        return not (self.agents or self.models or self.subflows or self.servers or self.apis or self.env)


class PinnedFlow(Struct, frozen=True):
    """A sub-flow as it is called, and the version that runs."""

    id: str
    wanted: int | str | None
    """The version or label that the calling node names; None for the current one."""
    version: int
    type: FlowType
    name: str = ""
    """What a tool is called that runs it and has no alias."""
    description: str = ""
    parameters: dict[str, Any] | None = None
    """JSON Schema of its inputs, for tools that run it."""


class PinnedVersions(Struct, frozen=True, omit_defaults=True):
    """What stands in for what a definition leaves out."""

    agents: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Stored agents by id, as the API gives them."""
    models: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """(provider, model) by ``provider/model`` with the empty parts left empty."""
    flows: list[PinnedFlow] = []
    """Sub-flows, those of sub-flows included. One that is not there is missing here too."""
    servers: dict[str, PinnedServer] = {}
    """MCP servers by name, with the tools that are used of them."""
    apis: dict[str, PinnedAPI] = {}
    """APIs by name, with the operations that are used of them."""
    env: Environment = Environment()
    """Workspace variables that the flow and its sub-flows read."""


def missing_of(definition: GraphDefinition, pins: PinnedVersions | None = None) -> Missing:
    """Return what a definition leaves out; with the agents of `pins`, what they leave out in turn."""
    agents: set[str] = set()
    models: set[tuple[str, str]] = set()
    subflows: set[tuple[str, int | str | None]] = set()
    servers: set[tuple[str, tuple[str, ...]]] = set()
    apis: set[tuple[str, tuple[str, ...]]] = set()
    env: set[str] = set()
    for node in definition.nodes:
        data = {**_settings(node, pins), **_explicit(node)} if _asks(node) else node.data
        env |= {*named_in(data)}
        subflows |= {(called.flow_id, called.version) for called in called_flows(node.type, data)}
        servers |= {(called.server, called.tools) for called in called_servers(data, "mcp")}
        apis |= {(called.server, called.tools) for called in called_servers(data, "openapi")}
        if not _asks(node):
            continue
        id = node.data.get("agent_id")
        if isinstance(id, str) and id and node.type == "agent":
            agents.add(id)
            if pins is None:
                continue
        named = _model(data)
        if not all(named) and not data.get("connection"):
            models.add(named)
    return Missing(
        frozenset(agents),
        frozenset(models),
        frozenset(subflows),
        frozenset(servers),
        frozenset(apis),
        frozenset(env),
    )


def with_pinned_versions(definition: GraphDefinition, pins: PinnedVersions) -> GraphDefinition:
    """Return a definition in which stored agents and default models are written out.

    What a node says itself wins over what its agent says; an empty text or list counts as left out.

    Raises:
        FlowError: an agent is not there (code ``agent_gone``), or a tool of a server may not be used (code
            ``mcp_tool_refused`` or ``openapi_tool_refused``).
    """
    nodes: list[NodeDocument] = []
    for place, node in enumerate(definition.nodes):
        if not _asks(node):
            nodes.append(_with_tools(node, place, node.data, pins))
            continue
        id = node.data.get("agent_id")
        if id and id not in pins.agents:
            message = f"Node {shown(node.id)}: there is no agent {shown(str(id))}. Choose another."
            finding = Finding(
                code="agent_gone", message=message, node=node.id, pointer=f"/nodes/{place}/data/agent_id"
            )
            raise FlowError([finding])
        data = {**_settings(node, pins), **_explicit(node)}
        provider, model = _model(data)
        chosen = pins.models.get(f"{provider}/{model}", (provider, model))
        data |= {"provider": chosen[0], "model": chosen[1]}
        nodes.append(_with_tools(node, place, data, pins))
    return structs.replace(definition, nodes=nodes)


def _with_tools(node: NodeDocument, place: int, data: dict[str, Any], pins: PinnedVersions) -> NodeDocument:
    with_flows = _with_flow_tools(data, pins)
    return structs.replace(node, data=with_server_tools(node, place, with_flows, pins.servers, pins.apis))


def _with_flow_tools(data: dict[str, Any], pins: PinnedVersions) -> dict[str, Any]:
    """Return a node's data in which each tool that runs a flow has its name, description and parameters."""
    places = [called for called in called_flows("", data) if called.is_tool]
    if not places:
        return data
    tools: list[Any] = data.get("tools") or []
    taken = {str(tool.get("alias") or tool.get("name")) if isinstance(tool, dict) else tool for tool in tools}
    written: dict[int, dict[str, Any]] = {}
    for called in places:
        wanted = (called.flow_id, called.version)
        pinned = next((one for one in pins.flows if (one.id, one.wanted) == wanted), None)
        if pinned is None:
            continue  # it is not there; who calls it is told
        alias = called.holder.get("alias") or _alias(pinned.name, taken)
        taken.add(alias)
        written[id(called.holder)] = {
            **called.holder,
            "alias": alias,
            "description": called.holder.get("description")
            or pinned.description
            or f"Run the flow '{pinned.name}' and read its output.",
            "parameters_schema": called.holder.get("parameters_schema") or pinned.parameters,
        }
    changed = {**data, "tools": [written.get(id(tool), tool) for tool in tools]} if tools else dict(data)
    if id(data.get("tool")) in written:
        changed["tool"] = written[id(data["tool"])]
    return changed


def _alias(name: str, taken: set[str]) -> str:
    """Return a name for a tool that models take and that no other has."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:56] or "flow"
    number, alias = 2, plain
    while alias in taken:
        number, alias = number + 1, f"{plain}_{number}"
    return alias


def _asks(node: NodeDocument) -> bool:
    kind = node_types().get(node.type)
    return kind is not None and issubclass(kind, ModelNode)


def _settings(node: NodeDocument, pins: PinnedVersions | None) -> dict[str, Any]:
    """Return the settings of a node's stored agent as a node has them."""
    agent = pins.agents.get(str(node.data.get("agent_id"))) if pins is not None else None
    if agent is None:
        return {}
    named = {
        "provider": agent.get("llm_provider"),
        "model": agent.get("llm_model"),
        "credential": agent.get("credential"),
        "connection": agent.get("connection"),
        "instructions": agent.get("system_prompt"),
        "temperature": agent.get("temperature"),
        "max_tokens": agent.get("max_tokens"),
        "tools": agent.get("tools"),
        "output_schema": agent.get("output_schema"),
    }
    if (named["temperature"], named["max_tokens"]) == OLD_DEFAULTS:
        named["temperature"] = named["max_tokens"] = None
    settings = {name: value for name, value in named.items() if value not in (None, "", [])}
    if _explicit(node).keys() & {
        "provider",
        "model",
        "connection",
    }:  # a model's name and a key mean nothing elsewhere
        for name in ("provider", "model", "credential", "connection"):
            settings.pop(name, None)
    return settings


def _explicit(node: NodeDocument) -> dict[str, Any]:
    return {
        name: value for name, value in node.data.items() if name not in _PINNED or value not in (None, "", [])
    }


_PINNED = frozenset(
    (
        "provider",
        "model",
        "credential",
        "connection",
        "instructions",
        "temperature",
        "max_tokens",
        "tools",
        "output_schema",
    )
)


def _model(data: Mapping[str, Any]) -> tuple[str, str]:
    provider, model = data.get("provider", ""), data.get("model", "")
    # What is no text is for `check` to tell.
    return (provider if isinstance(provider, str) else "?", model if isinstance(model, str) else "?")
