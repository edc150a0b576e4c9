"""References: what a flow refers to, looked up for its check: stored agents, flows that it calls,
whether strangers chat with it, whether files come with messages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphs.analysis.chatflow import definition_of
from graphs.values.findings import FlowError
from persistence.library.agents import Agents
from persistence.library.embeds import Embeds
from persistence.library.flows import Flows

if TYPE_CHECKING:
    from graphs.checks.data_flow import References
    from graphs.document.flow import GraphDefinition

__all__ = ["references_of"]

MOST = 50
"""Flows and agents that are looked up for one document."""


async def references_of(
    flows: Flows,
    agents: Agents,
    embeds: Embeds | None,
    workspace: str,
    document: Mapping[str, Any],
    *,
    flow_id: str = "",
    included: Mapping[str, Mapping[str, Any]] | None = None,
) -> "References":
    """Return what a flow's document leaves to others; what is not there is left out.

    Args:
        flows: Where flows are looked up.
        agents: Where stored agents are.
        embeds: Where its embed is; None for a flow that has none yet.
        workspace: Whose all of this is.
        document: The flow.
        flow_id: Its id; empty for one that has none yet.
        included: Documents of agents and flows by id that come along, and count before the stored ones.
    """
    from graphs.analysis.pinned_versions import missing_of
    from graphs.checks.data_flow import References  # with every node type

    included = included or {}
    called: dict[str, GraphDefinition] = {}
    brought: dict[str, Mapping[str, Any]] = {}
    waiting = [*_definition(document)]
    for definition in waiting:  # grows while it is walked
        missing = missing_of(definition)
        for id in missing.agents - brought.keys():
            if len(called) + len(brought) < MOST:
                agent = None if id in included else await agents.get(workspace, id)
                brought[id] = agent.document if agent is not None else included.get(id, {})
        for id in {id for id, _ in missing.subflows} - called.keys() - {flow_id}:
            if len(called) + len(brought) < MOST:
                flow = None if id in included else await flows.get(workspace, id)
                for found in _definition(flow.document if flow is not None else included.get(id)):
                    called[id] = found
                    waiting.append(found)
    embed = await embeds.get(workspace, flow_id) if embeds is not None and flow_id else None
    visited = bool(document.get("is_public")) or (embed is not None and embed.is_active)
    return References(agents=brought, flows=called, visited=visited, files=_takes_files(document))


def _takes_files(document: Mapping[str, Any]) -> bool:
    match document:
        case {"chat_config": {"uploads": {"max_files": int(most)}}}:
            return most > 0
        case _:
            return False


def _definition(document: Mapping[str, Any] | None) -> "list[GraphDefinition]":
    """Return what a document runs; nothing where there is none, or where it cannot run."""
    try:
        return [] if document is None else [definition_of(document)]
    except FlowError:
        return []
