"""MCP servers: the servers of a workspace whose tools flows can use."""

from collections.abc import Iterable, Mapping

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from graphs.mcp.pinned_tools import MCPSettings, OfferedTool
from graphs.mcp.server_access import MCPError
from graphs.outbound.variable_addresses import address_problem
from graphs.outbound.variable_headers import env_headers, template_problem
from persistence.identity.credentials import NameTaken
from persistence.identity.mcp_servers import MCPServerRow
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.field_problems import HEADER, distinct, invalid_field, name_taken, readable_url
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.mcp.mcp_servers import MCPServers
from server.requests.stored_uses import Use, connection_uses, credential_uses, refuse_uses, variable_uses
from server.routes.flow_lists import Deleted
from server.routes.mcp_views import (
    MCPApproval,
    MCPCheck,
    MCPServerChange,
    MCPServerList,
    MCPServerView,
    MCPTool,
    MCPToolList,
    NewMCPServer,
)

__all__ = ["MCPServersController"]


class MCPServersController(Controller):
    """Create, read, change, check and delete MCP servers, and approve their tools."""

    path = "/mcp-servers"
    tags = ("Tools",)

    @post("/", operation_id="createMCPServer", opt=operation(400, 409, 413, 415, 422, needs="tools:write"))
    async def create(
        self,
        data: JSONBody[NewMCPServer],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPServerView:
        """Store an MCP server. It is not contacted before somebody checks it."""
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if name != "name"}
        settings = _checked(MCPSettings(**said))
        refuse_uses(caller.permissions, _uses(settings))
        if await mcp_servers.find(caller.workspace, data.name) is not None:
            raise name_taken("an MCP server", data.name)
        try:
            return _view(mcp_servers, await mcp_servers.rows.create(caller.workspace, data.name, settings))
        except NameTaken:
            raise name_taken("an MCP server", data.name) from None

    @get("/", operation_id="listMCPServers", opt=operation(needs="tools:read"))
    async def list(
        self, mcp_servers: NamedDependency[MCPServers], caller: NamedDependency[Caller]
    ) -> MCPServerList:
        """List the MCP servers by name, the operator's among them."""
        rows = await mcp_servers.list(caller.workspace)
        return MCPServerList([_view(mcp_servers, row) for row in rows], len(rows))

    @get("/{mcp_server_id:str}", operation_id="getMCPServer", opt=operation(404, needs="tools:read"))
    async def read(
        self,
        mcp_server_id: FromPath[str],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPServerView:
        """Return an MCP server."""
        return _view(mcp_servers, await _known(mcp_servers, caller, mcp_server_id))

    @put(
        "/{mcp_server_id:str}",
        operation_id="updateMCPServer",
        opt=operation(400, 404, 409, 413, 415, 422, needs="tools:write"),
    )
    async def update(
        self,
        mcp_server_id: FromPath[str],
        data: JSONBody[MCPServerChange],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPServerView:
        """Update an MCP server. Active runs use it from their next call."""
        said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        renamed = said.pop("name", None)
        while True:
            known = await _known(mcp_servers, caller, mcp_server_id)
            if known.kind == "stdio":
                for field in ("name", "url", "credential", "headers", "oauth"):
                    if field in said or (field == "name" and renamed is not None):
                        raise invalid_field(
                            field, f"'{known.name}' is a command of the operator's. Leave '{field}' out."
                        )
            name = known.name if renamed is None else renamed
            settings = msgspec.structs.replace(known.settings, **said)
            settings = _checked(settings) if known.kind == "http" else _checked_sampling(settings)
            if settings != known.settings:
                refuse_uses(caller.permissions, _uses(settings))
            try:
                row = await mcp_servers.rows.replace(known, name, settings)
            except NameTaken:
                raise name_taken("an MCP server", name) from None
            if row is not None:
                return _view(mcp_servers, row)

    @delete(
        "/{mcp_server_id:str}",
        operation_id="deleteMCPServer",
        status_code=200,
        opt=operation(404, needs="tools:write"),
    )
    async def delete(
        self,
        mcp_server_id: FromPath[str],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete an MCP server with its approvals. One of the operator's comes back without them."""
        known = await _known(mcp_servers, caller, mcp_server_id)
        if not await mcp_servers.rows.delete(caller.workspace, known.id):
            raise not_found("mcp_server", mcp_server_id)
        return Deleted(known.id, True, f"The MCP server '{known.name}' is deleted.")

    @get("/{mcp_server_id:str}/tools", operation_id="listMCPTools", opt=operation(404, needs="tools:read"))
    async def tools(
        self,
        mcp_server_id: FromPath[str],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPToolList:
        """List the tools that the server listed last. The server is not contacted."""
        known = await _known(mcp_servers, caller, mcp_server_id)
        return _tools(mcp_servers, known)

    @post(
        "/{mcp_server_id:str}/check",
        operation_id="checkMCPServer",
        status_code=200,
        opt=operation(404, needs="tools:write"),
    )
    async def check(
        self,
        mcp_server_id: FromPath[str],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPCheck:
        """Ask the server for its tools and keep the list. Approves none."""
        known = await _known(mcp_servers, caller, mcp_server_id)
        try:
            said = await mcp_servers.check(known)
        except MCPError as error:
            return MCPCheck(ok=False, code=error.code, message=str(error))
        return MCPCheck(
            ok=True,
            protocol_version=said.protocol_version,
            server_name=said.server_name,
            server_version=said.server_version,
            tools=[_tool(one) for one in said.tools],
        )

    @post(
        "/{mcp_server_id:str}/approve",
        operation_id="approveMCPTools",
        status_code=200,
        opt=operation(400, 404, 409, 413, 415, 422, needs="tools:write"),
    )
    async def approve(
        self,
        mcp_server_id: FromPath[str],
        data: JSONBody[MCPApproval],
        mcp_servers: NamedDependency[MCPServers],
        caller: NamedDependency[Caller],
    ) -> MCPToolList:
        """Approve tools as the server listed them last. Flows can use them until they change."""
        known = await _known(mcp_servers, caller, mcp_server_id)

        def wanted(row: MCPServerRow) -> Mapping[str, str]:
            listed = {tool.name: tool.hash for tool in row.tools}
            for name, hash in (data.tools or {}).items():
                if listed.get(name) != hash:
                    detail = (
                        f"The tool '{name}' is not as you saw it, or is no longer there. Check the server, "
                        "look at the tool and approve it by its new hash."
                    )
                    raise Problem(409, "mcp_tool_changed", detail, errors=[Fault(detail, pointer="/tools")])
            return listed if data.tools is None else data.tools

        row = await mcp_servers.rows.approve(caller.workspace, known.id, wanted)
        if row is None:
            raise not_found("mcp_server", mcp_server_id)
        return _tools(mcp_servers, row)


async def _known(mcp_servers: MCPServers, caller: Caller, mcp_server_id: str) -> MCPServerRow:
    row = await mcp_servers.rows.get(caller.workspace, known_id("mcp_server", mcp_server_id))
    if row is None:
        raise not_found("mcp_server", mcp_server_id)
    return row


def _uses(settings: MCPSettings) -> Iterable[Use]:
    """Return the credentials, the connection and the variables that a server's settings name."""
    named = {"credential": settings.credential}
    looked_up = env_headers(settings.headers)
    named |= {f"headers/{name}": said for name, said in settings.headers.items() if name not in looked_up}
    if settings.oauth is not None:
        named["oauth/credential"] = settings.oauth.credential
    connection = settings.sampling.connection if settings.sampling is not None else ""
    uses = [*credential_uses(named), *connection_uses({"sampling/connection": connection})]
    return [*uses, *variable_uses(settings.url, "/url"), *variable_uses(settings.headers, "/headers")]


def _checked(settings: MCPSettings) -> MCPSettings:
    """Return settings that requests can go by.

    Raises:
        Problem: 422, with what is wrong.
    """
    if wrong := address_problem(settings.url):
        raise invalid_field("url", wrong)
    if wrong := template_problem(settings.headers):
        raise invalid_field("headers", wrong)
    if settings.oauth is not None:
        readable_url("oauth/token_url", settings.oauth.token_url)
        if settings.credential:
            raise invalid_field("oauth", "Give 'credential' or 'oauth', not both.")
    for name in settings.headers:
        lower = name.lower()
        if lower.startswith("mcp-") or lower in _OURS or not HEADER.fullmatch(name):
            raise invalid_field("headers", f"The header '{name[:80]}' cannot be set. Leave it out.")
    distinct(settings.rename, "tools")
    return _checked_sampling(settings)


def _checked_sampling(settings: MCPSettings) -> MCPSettings:
    """Return settings whose model can be asked.

    Raises:
        Problem: 422, with what is wrong.
    """
    sampling = settings.sampling
    if sampling is None:
        return settings
    if bool(sampling.model) != bool(sampling.provider or sampling.connection):
        detail = "Give 'model' together with 'provider' or 'connection', or leave all of them out."
        raise invalid_field("sampling/model", detail)
    if sampling.provider and sampling.connection:
        raise invalid_field("sampling/connection", "Give 'provider' or 'connection', not both.")
    from graphs.model_calls import known_providers, unknown_provider

    if sampling.provider and sampling.provider not in known_providers():
        raise invalid_field("sampling/provider", unknown_provider(sampling.provider))
    return settings


_OURS = frozenset(
    {"host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "te"}
    | {"keep-alive", "upgrade", "trailer", "expect", "accept", "accept-encoding", "last-event-id", "cookie"}
    | {"proxy-authorization", "idempotency-key"}
)
"""Headers that belong to the connection or to the protocol."""


def _tools(mcp_servers: MCPServers, row: MCPServerRow) -> MCPToolList:
    found = [_tool(one) for one in mcp_servers.offered(row)]
    return MCPToolList(found, len(found))


def _tool(one: OfferedTool) -> MCPTool:
    return MCPTool(
        name=one.listed.name,
        called=one.name,
        description=one.listed.description,
        input_schema=one.listed.input_schema,
        state=one.state,
        message=one.why,
        approval=one.approval,
        repeatable=one.listed.repeatable,
        hash=one.listed.hash,
    )


def _view(mcp_servers: MCPServers, row: MCPServerRow) -> MCPServerView:
    said = msgspec.structs.asdict(row.settings)
    return MCPServerView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        tools=len(row.tools),
        approved=sum(one.state == "approved" for one in mcp_servers.offered(row)),
        checked_at=iso(row.checked_at),
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
        **said,
    )
