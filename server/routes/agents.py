"""Agents: models with a role and an instruction, kept for the flows that use them."""

from typing import Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from graphs.expressions import templates
from graphs.values.node_error import NodeError
from persistence.library.agents import AgentRow, Agents
from server.compilation.tool_setup import ServerTools
from server.description.operations import operation
from server.flow_choice.adhoc_tools import refuse_bad_tools
from server.flows.agent_documents import Agent, AgentChange
from server.flows.flow_uses import APART, uses_of_agent
from server.http.answers.sse_bytes import iso
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Page, PageSize, SortBy, SortOrder, known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.requests.stored_uses import refuse_uses
from server.routes.flow_lists import Deleted, Search

__all__ = ["AgentsController"]


class AgentView(Struct, frozen=True, kw_only=True):
    """An agent as it is stored."""

    id: str
    name: str
    description: str
    llm_provider: str
    llm_model: str
    credential: str = ""
    connection: str = ""
    system_prompt: str
    temperature: float
    max_tokens: int
    tools: list[Any]
    output_schema: dict[str, Any] | None
    created_at: str
    updated_at: str


class AgentPage(Struct, frozen=True):
    """A page of agents."""

    agents: list[AgentView]
    total: int
    page: int
    page_size: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class AgentsController(Controller):
    """Create, read, change and delete agents."""

    path = "/agents"
    tags = ("Agents",)

    @post("/", operation_id="createAgent", opt=operation(400, 413, 415, 422, needs="flows:write"))
    async def create(
        self,
        data: JSONBody[Agent],
        agents: NamedDependency[Agents],
        tools: NamedDependency[ServerTools],
        caller: NamedDependency[Caller],
    ) -> AgentView:
        """Store an agent."""
        plain: dict[str, Any] = msgspec.to_builtins(data)
        _refuse_faulty(tools, plain)
        refuse_uses(caller.permissions, uses_of_agent(plain, tools.loaded.kinds))
        row = await agents.create(
            caller.workspace, name=data.name, description=data.description, document=plain
        )
        return _view(row)

    @get("/", operation_id="listAgents", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        agents: NamedDependency[Agents],
        caller: NamedDependency[Caller],
        search: Search = None,
        page: Page = 1,
        page_size: PageSize = 20,
        after: After = None,
        sort_by: FromQuery[SortBy] = "created_at",
        sort_order: FromQuery[SortOrder] = "desc",
    ) -> AgentPage:
        """List agents, the newest first."""
        order = f"agents {sort_by} {sort_order}"
        kind = TextKey if sort_by == "name" else TimeKey
        place = place_after(after, order, (kind, TextKey), begins=page == 1)
        rows, total = await agents.list(
            caller.workspace,
            search=search or "",
            page=page,
            page_size=page_size,
            sort_by=sort_by,
            sort_order=sort_order,
            after=place,
        )
        cursor = next_cursor(order, rows, page_size, lambda row: row.place(sort_by))
        return AgentPage([_view(row) for row in rows], total, page, page_size, cursor)

    @get("/{agent_id:str}", operation_id="getAgent", opt=operation(404, needs="flows:read"))
    async def read(
        self, agent_id: FromPath[str], agents: NamedDependency[Agents], caller: NamedDependency[Caller]
    ) -> AgentView:
        """Return an agent."""
        return _view(await _agent(agents, caller, agent_id))

    @put(
        "/{agent_id:str}",
        operation_id="updateAgent",
        opt=operation(400, 404, 413, 415, 422, needs="flows:write"),
    )
    async def update(
        self,
        agent_id: FromPath[str],
        data: JSONBody[AgentChange],
        agents: NamedDependency[Agents],
        tools: NamedDependency[ServerTools],
        caller: NamedDependency[Caller],
    ) -> AgentView:
        """Update an agent. Missing fields stay unchanged."""
        while True:
            known = await _agent(agents, caller, agent_id)
            plain: dict[str, Any] = {**known.document, **msgspec.to_builtins(data)}
            _refuse_faulty(tools, plain)
            if any(plain[name] != known.document.get(name) for name in plain.keys() - APART):
                refuse_uses(caller.permissions, uses_of_agent(plain, tools.loaded.kinds))
            row = await agents.replace(
                known, name=plain["name"], description=plain["description"], document=plain
            )
            if row is not None:
                return _view(row)

    @delete(
        "/{agent_id:str}",
        operation_id="deleteAgent",
        status_code=200,
        opt=operation(404, needs="flows:write"),
    )
    async def delete(
        self, agent_id: FromPath[str], agents: NamedDependency[Agents], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete an agent."""
        row = await _agent(agents, caller, agent_id)
        await agents.delete(caller.workspace, row.id)
        return Deleted(row.id, True, f"The agent '{row.name}' is deleted.")


async def _agent(agents: Agents, caller: Caller, agent_id: str) -> AgentRow:
    row = await agents.get(caller.workspace, known_id("agent", agent_id))
    if row is None:
        raise not_found("agent", agent_id)
    return row


def _refuse_faulty(tools: ServerTools, agent: dict[str, Any]) -> None:
    """Return if an agent can be put to work.

    Raises:
        Problem: 422 that says why not.
    """
    refuse_bad_tools(agent["tools"], tools, pointer="/tools")
    try:
        templates.parse(agent["system_prompt"])
    except NodeError as error:
        raise Problem(422, "invalid", str(error), errors=[Fault(str(error), "/system_prompt")]) from None
    if agent["output_schema"] is not None:
        from graphs.parsing.schemas import SchemaError, check_schema  # a native library

        try:
            check_schema(agent["output_schema"])
        except SchemaError as error:
            raise Problem(422, "invalid", str(error), errors=[Fault(str(error), "/output_schema")]) from None


def _view(row: AgentRow) -> AgentView:
    values = {
        **row.document,
        "id": row.id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }
    return msgspec.convert(values, AgentView)
