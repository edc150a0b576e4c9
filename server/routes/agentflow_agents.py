"""Attached agents: who works in an agentflow. They are part of its document, each change a new version."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from graphs.orchestration.agents import MAX_AGENTS, AttachedAgent, AttachedAgentChange
from persistence.library.flows import FlowRow, Flows
from persistence.storage.ids import new_id
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flows.flow_documents import AttachedView, attached_views
from server.flows.flow_editor import FlowEditor
from server.http.answers.etags import expected
from server.http.problems import Problem, not_found
from server.identity.authentication import Caller
from server.routes.flow_lists import Deleted

__all__ = ["AgentflowAgentsController"]

Attached = list[dict[str, Any]]


class AttachedList(Struct, frozen=True):
    """The agents of an agentflow."""

    agents: list[AttachedView]
    """In the order in which they were attached."""
    total: int


class AgentflowAgentsController(Controller):
    """Attach agents to an agentflow, change them, take them away."""

    path = "/agentflows/{flow_id:str}/agents"
    tags = ("Agentflows",)

    @post(
        "/", operation_id="attachAgent", opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write")
    )
    async def attach(
        self,
        flow_id: FromPath[str],
        data: JSONBody[AttachedAgent],
        request: Request[Any, Any, Any],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> AttachedView:
        """Attach an agent to an agentflow.

        It may depend on an agent that is not attached yet: `GET /agentflows/{flow_id}/validate` tells what is
        still missing."""
        id = data.id or new_id()

        def added(_: FlowRow, agents: Attached) -> Attached:
            if len(agents) >= MAX_AGENTS:
                raise Problem(
                    409,
                    "too_many",
                    f"The agentflow has {len(agents)} agents; at most {MAX_AGENTS} are taken.",
                )
            if any(agent["id"] == id for agent in agents):
                raise Problem(
                    409, "exists", f"The agentflow has an agent with the id '{id}'. Leave the id out, or PUT."
                )
            return [*agents, {**msgspec.to_builtins(data), "id": id}]

        row = await _edited(flow_editor, caller, flow_id, added, expected(request))
        return _view(row, id)

    @get("/", operation_id="listAttachedAgents", opt=operation(404, needs="flows:read"))
    async def list(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> AttachedList:
        """List the agents of an agentflow."""
        row = await get_flow(flows, caller.workspace, flow_id, "agentflow")
        views = attached_views(row.document)
        return AttachedList(views, len(views))

    @get("/{attached_id:str}", operation_id="getAttachedAgent", opt=operation(404, needs="flows:read"))
    async def read(
        self,
        flow_id: FromPath[str],
        attached_id: FromPath[str],
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
    ) -> AttachedView:
        """Return an agent of an agentflow, by its ID or by the ID of its stored agent."""
        row = await get_flow(flows, caller.workspace, flow_id, "agentflow")
        return _view(row, _known(row, attached_id))

    @put(
        "/{attached_id:str}",
        operation_id="updateAttachedAgent",
        opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write"),
    )
    async def update(
        self,
        flow_id: FromPath[str],
        attached_id: FromPath[str],
        data: JSONBody[AttachedAgentChange],
        request: Request[Any, Any, Any],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> AttachedView:
        """Update an agent of an agentflow. Missing fields stay unchanged."""
        plain: dict[str, Any] = msgspec.to_builtins(data)
        changed: list[str] = []

        def laid_over(row: FlowRow, agents: Attached) -> Attached:
            id = _known(row, attached_id)
            changed[:] = [id]
            return [{**agent, **plain} if agent["id"] == id else agent for agent in agents]

        row = await _edited(flow_editor, caller, flow_id, laid_over, expected(request))
        return _view(row, changed[0])

    @delete(
        "/{attached_id:str}",
        operation_id="detachAgent",
        status_code=200,
        opt=operation(400, 404, 409, 412, 422, needs="flows:write"),
    )
    async def delete(
        self,
        flow_id: FromPath[str],
        attached_id: FromPath[str],
        request: Request[Any, Any, Any],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Remove an agent from an agentflow. The stored agent stays."""
        taken: list[dict[str, Any]] = []

        def without(row: FlowRow, agents: Attached) -> Attached:
            id = _known(row, attached_id)
            taken[:] = [agent for agent in agents if agent["id"] == id]
            return [agent for agent in agents if agent["id"] != id]

        row = await _edited(flow_editor, caller, flow_id, without, expected(request))
        agent = taken[0]
        return Deleted(agent["id"], True, f"The agent '{agent['name']}' is no longer in '{row.name}'.")


async def _edited(
    flow_editor: FlowEditor,
    caller: Caller,
    flow_id: str,
    edit: Callable[[FlowRow, Attached], Attached],
    tags: frozenset[str] | None,
) -> FlowRow:
    """Return an agentflow with other agents, if its version has one of the tags.

    Raises:
        Problem: 412 for another version, 404 for an agentflow, an attached agent or a stored agent that is
            not there.
        FlowError: it could not run.
    """

    def document(row: FlowRow) -> dict[str, Any]:
        return {**row.document, "agents": edit(row, row.document.get("agents") or [])}

    row, _ = await flow_editor.edit(caller, flow_id, "agentflow", document, tags=tags)
    return row


def _known(row: FlowRow, attached_id: str) -> str:
    """Return the id of an attached agent that is named by it, or by the stored agent that only it uses.

    Raises:
        Problem: 404.
    """
    agents: Attached = row.document.get("agents") or []
    if any(agent["id"] == attached_id for agent in agents):
        return attached_id
    stored = [agent["id"] for agent in agents if agent["agent_id"] == attached_id]
    if len(stored) != 1:
        raise not_found("attached agent", attached_id)
    return stored[0]


def _view(row: FlowRow, id: str) -> AttachedView:
    return next(view for view in attached_views(row.document) if view.id == id)
