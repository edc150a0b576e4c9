"""Flow bundles: a flow with all that it refers to, as one document to take out of a server.

A bundle is what the API's POST takes, with ``flow_type``, and with ``includes``: the stored agents and
sub-flows that it names, by id, and the names of its knowledge bases.
Secrets and documents stay behind. `server.flows.transfer.flow_imports` brings one in.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from graphs.document.called_flows import called_flows, flow_tools
from graphs.parsing.yaml_text import write_yaml
from persistence.identity.variables import Variables
from persistence.knowledge.bases import KnowledgeBases
from persistence.library.agents import Agents
from persistence.library.flows import FlowRow, Flows
from server.flows.transfer.bundle_variables import FIELD, exported_variables
from server.flows.transfer.secrets_in_exports import without_secrets

__all__ = ["MAX_INCLUDED", "base_lists", "bundle_of", "node_data", "references", "written"]

MAX_INCLUDED = 200
"""Agents and sub-flows of one bundle."""


async def bundle_of(
    flows: Flows, agents: Agents, bases: KnowledgeBases, variables: Variables, workspace: str, row: FlowRow
) -> dict[str, Any]:
    """Return a stored flow with its agents and sub-flows, its bases by name and the names of variables."""
    found_agents: dict[str, Any] = {}
    found_flows: dict[str, Any] = {}
    waiting = [_written(row)]
    main = waiting[0]
    for content in waiting:  # grows while it is walked
        for kind, holder, field in references(content):
            id = holder[field]
            if len(found_agents) + len(found_flows) >= MAX_INCLUDED:
                break
            if kind == "agent" and id not in found_agents:
                agent = await agents.get(workspace, id)
                if agent is not None:
                    found_agents[id] = agent.document
                    waiting.append({"agents": [{"tools": agent.document.get("tools")}]})
            if kind == "flow" and id not in found_flows and id != row.id:
                called = await flows.get(workspace, id)
                if called is not None:
                    found_flows[id] = _written(called)
                    waiting.append(found_flows[id])
    found_bases: dict[str, Any] = {}
    for wanted in dict.fromkeys(name for each in waiting for names in base_lists(each) for name in names):
        base = await bases.find(workspace, wanted)
        if base is not None:
            found_bases[wanted] = {"name": base.name, "description": base.description}
    includes = {"agents": found_agents, "flows": found_flows, "knowledge_bases": found_bases}
    bundle = {**main, "includes": {name: each for name, each in includes.items() if each}}
    if not bundle["includes"]:
        del bundle["includes"]
    if named := exported_variables(bundle, await variables.kinds(workspace)):
        bundle[FIELD] = named
    cleared, removed = without_secrets(bundle)
    return {**cleared, "secrets_removed": removed} if removed else cleared


def written(bundle: dict[str, Any], format: Literal["json", "yaml"]) -> str:
    """Return a bundle as the text of a file."""
    if format == "yaml":
        return write_yaml(bundle)
    return msgspec.json.format(msgspec.json.encode(bundle), indent=2).decode() + "\n"


def references(document: dict[str, Any]) -> Iterator[tuple[Literal["agent", "flow"], dict[str, Any], str]]:
    """Yield each place of a flow that names a stored agent or a flow: which, the object, and its field."""
    for data in node_data(document):
        if isinstance(data.get("agent_id"), str) and data["agent_id"]:
            yield "agent", data, "agent_id"
        if isinstance(data.get("flow_id"), str) and data["flow_id"]:
            yield "flow", data, "flow_id"
        for called in called_flows("", data):
            yield "flow", called.holder, "flow_id"
    for holder in (document.get("chat_config") or {}, *(document.get("agents") or ())):
        for called in flow_tools(holder.get("tools")):
            yield "flow", called.holder, "flow_id"
    for agent in document.get("agents") or []:
        if agent.get("agent_id"):
            yield "agent", agent, "agent_id"


def base_lists(document: dict[str, Any]) -> Iterator[list[str]]:
    """Yield each list of ids and names of knowledge bases in a flow, or in an object with ``tools``."""
    holders: list[dict[str, Any]] = [
        document,
        document.get("chat_config") or {},
        *(document.get("agents") or ()),
        *node_data(document),
    ]
    named: list[Any] = [(document.get("rag_config") or {}).get("knowledgebase_ids")]
    for holder in holders:
        tools = holder.get("tools")
        named.append(holder.get("knowledge_bases"))
        named += [
            entry.get("knowledge_bases")
            for entry in [*(tools if isinstance(tools, list) else ()), holder.get("tool")]
            if isinstance(entry, dict) and entry.get("name") == "knowledge"
        ]
    for each in named:
        if isinstance(each, list) and all(isinstance(name, str) for name in each):
            yield each


def node_data(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the configuration of each node of a flow."""
    for node in (document.get("graph_definition") or {}).get("nodes", []):
        if isinstance(node.get("data"), dict):
            yield node["data"]


def _written(row: FlowRow) -> dict[str, Any]:
    return {
        "flow_type": row.flow_type,
        "slug": row.slug,
        **{name: value for name, value in row.document.items() if value is not None},
    }
