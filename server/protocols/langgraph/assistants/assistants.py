"""Assistants: each flow of a workspace is one, named by its slug."""

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import GraphDefinition
from persistence.library.flows import FlowRow, Flows
from server.flow_choice.named_flows import NamedFlows
from server.http.answers.sse_bytes import iso
from server.http.problems import Problem
from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.requests.chat_inputs import declared_by

__all__ = ["Assistants", "AssistantSearch", "assistant_id", "may_see_nodes", "shown_assistant"]

NAMESPACE = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
"""What LangGraph's servers make the ids of their own assistants from."""
PAGE = 100


class AssistantSearch(Struct, frozen=True, kw_only=True):
    """Which assistants to list. What else a client sends is ignored."""

    graph_id: str | None = None
    metadata: dict[str, Any] | None = None
    name: str | None = None
    limit: int = 10
    offset: int = 0
    sort_by: str | None = None
    sort_order: str | None = None
    select: list[str] | None = None


@lru_cache(4096)
def assistant_id(slug: str) -> str:
    """Return the id of the assistant that a flow is."""
    return str(uuid.uuid5(NAMESPACE, slug))


def may_see_nodes(caller: Caller) -> bool:
    """Say whether a caller may know what a flow is made of."""
    return "flows:read" in caller.permissions and not caller.flow_id


def shown_assistant(flow: FlowRow) -> dict[str, Any]:
    """Return a flow as an assistant."""
    return {
        "assistant_id": assistant_id(flow.slug),
        "graph_id": flow.slug,
        "name": flow.name,
        "description": flow.description,
        "config": {},
        "context": {},
        "metadata": {"created_by": "system", "flow_id": flow.id, "flow_type": flow.flow_type},
        "version": flow.version,
        "created_at": iso(flow.created_at),
        "updated_at": iso(flow.updated_at),
    }


class Assistants:
    """Finds assistants."""

    def __init__(self, flows: Flows, named: NamedFlows) -> None:
        self._flows = flows
        self._named = named

    async def get(self, caller: Caller, id: str, *, status: int = 404) -> FlowRow:
        """Return the flow of an assistant: by its id, its graph's name or the flow's id.

        Raises:
            Problem: `status` if there is none that is switched on.
        """
        flow = await self._named.find(caller, id)
        if flow is None and _is_uuid(id):
            for one in await self.all(caller):
                if assistant_id(one.slug) == id.lower():
                    flow = await self._flows.get(caller.workspace, one.id)
                    break
        if flow is None:
            detail = f"There is no assistant '{id[:80]}'. POST /langgraph/assistants/search lists all."
            raise Problem(404 if _is_uuid(id) else status, "not_found", detail)
        return flow

    async def all(self, caller: Caller) -> list[FlowRow]:
        """Return the flows that a caller may use, the newest first, without their documents."""
        found: list[FlowRow] = []
        while True:
            page, total = await self._flows.list(
                caller.workspace, is_active=True, limit=PAGE, offset=len(found), whole=False
            )
            found += page
            if not page or len(found) >= total:
                return [one for one in found if is_within(caller, one.id)]

    async def search(self, caller: Caller, wanted: AssistantSearch) -> tuple[list[dict[str, Any]], int]:
        """Return assistants, and how many match in all."""
        shown = [shown_assistant(one) for one in await self.all(caller)]
        facts = wanted.metadata or {}
        found = [
            one
            for one in shown
            if wanted.graph_id in (None, "", one["graph_id"])
            and all(one["metadata"].get(name) == value for name, value in facts.items())
            and (not wanted.name or wanted.name.casefold() in one["name"].casefold())
        ]
        key = wanted.sort_by if wanted.sort_by in ("assistant_id", "graph_id", "name", "updated_at") else None
        reverse = (wanted.sort_order or "desc").lower() != "asc"
        found.sort(key=lambda one: str(one[key or "created_at"]), reverse=reverse)
        page = found[wanted.offset : wanted.offset + max(0, min(wanted.limit, 1000))]
        if wanted.select:
            page = [{name: one[name] for name in wanted.select if name in one} for one in page]
        return page, len(found)

    def drawn(self, caller: Caller, flow: FlowRow) -> dict[str, Any]:
        """Return the graph of a flow; for who may not see its nodes, one node in their place."""
        definition = _definition(flow) if may_see_nodes(caller) else None
        if definition is None or not definition.nodes:
            named = {"id": "agent", "type": "runnable", "data": {"id": ["agent"], "name": "agent"}}
            ends = [_end("__start__"), named, _end("__end__")]
            return {
                "nodes": ends,
                "edges": [
                    {"source": "__start__", "target": "agent"},
                    {"source": "agent", "target": "__end__"},
                ],
            }
        nodes = [
            {"id": one.id, "type": "runnable", "data": {"id": [one.type], "name": one.id}}
            for one in definition.nodes
        ]
        out: dict[str, int] = {}
        for edge in definition.edges:
            out[edge.source] = out.get(edge.source, 0) + 1
        edges: list[dict[str, Any]] = [
            {
                "source": edge.source,
                "target": edge.target,
                **({"conditional": True, "data": edge.source_handle} if edge.source_handle else {}),
            }
            for edge in definition.edges
        ]
        entered = {edge.target for edge in definition.edges}
        first = [one.id for one in definition.nodes if one.id not in entered]
        last = [one.id for one in definition.nodes if one.id not in out]
        edges = [{"source": "__start__", "target": id} for id in first] + edges
        edges += [{"source": id, "target": "__end__"} for id in last]
        return {"nodes": [_end("__start__"), *nodes, _end("__end__")], "edges": edges}

    def schemas(self, flow: FlowRow) -> dict[str, Any]:
        """Return what a flow takes and gives, as JSON Schemas."""
        messages = {"type": "array", "items": {"type": "object"}, "title": "Messages"}
        properties: dict[str, Any] = {"messages": messages}
        for entry in declared_by(flow.document).inputs:
            properties.setdefault(entry.name, {"title": entry.name})
        given: dict[str, Any] = {"type": "object", "title": "Input", "properties": properties}
        state = {"type": "object", "title": "State", "properties": {"messages": messages}}
        nothing: Mapping[str, Any] = {"type": "object", "properties": {}}
        if flow.flow_type == "agentflow":
            given = {"type": "object", "title": "Input", "properties": {}, "additionalProperties": True}
            state = {"type": "object", "title": "State", "additionalProperties": True}
        return {
            "graph_id": flow.slug,
            "input_schema": given,
            "output_schema": state,
            "state_schema": state,
            "config_schema": nothing,
            "context_schema": nothing,
        }


def _definition(flow: FlowRow) -> GraphDefinition | None:
    drawn = flow.document.get("graph_definition")
    try:
        if drawn:
            return msgspec.convert(drawn, GraphDefinition)
        return definition_of(flow.document) if flow.flow_type == "chatflow" else None
    except Exception:  # a stored flow that an older release took
        return None


def _end(id: str) -> dict[str, Any]:
    return {"id": id, "type": "schema", "data": id}


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
