"""MCP servers: what a workspace has of them, and the calls of its runs to them."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from msgspec import Struct

from graphs.mcp.pinned_tools import MCPSettings, OfferedTool, PinnedServer, PinnedTool, offered
from graphs.mcp.server_access import MCPAnswer, MCPCall, MCPError, OAuthClient, ServerAccess
from graphs.mcp.session import SessionRules
from graphs.mcp.session_pool import SessionPool
from graphs.mcp.tool_lists import ListedTool
from graphs.outbound.credentials import Credential, CredentialError
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError
from graphs.outbound.variable_addresses import filled_service, looks_up
from graphs.outbound.variable_headers import env_headers
from graphs.parsing.web_address import WebAddressError, read_address
from persistence.identity.credentials import Credentials, NameTaken
from persistence.identity.mcp_servers import MCPServerRow, MCPServerRows
from persistence.identity.variables import Variables
from server.mcp.operator_servers import OperatorServers, load_operator_servers
from server.settings.sources import Settings

__all__ = ["MCPServers", "ServerCheck"]

log = logging.getLogger("agenticrag.mcp")


class ServerCheck(Struct, frozen=True):
    """What a server said when it was asked."""

    protocol_version: str
    server_name: str
    server_version: str
    tools: Sequence[OfferedTool]


class MCPServers:
    """The servers of all workspaces, and the sessions with them. Opens nothing before the first use."""

    def __init__(
        self, settings: Settings, rows: MCPServerRows, credentials: Credentials, variables: Variables
    ) -> None:
        self.rows = rows
        self._variables = variables
        self._settings = settings
        self._credentials = credentials
        self._egress = Egress(settings.egress())
        self._operators: asyncio.Task[OperatorServers] | None = None
        self.pool = SessionPool(
            self._egress,
            SessionRules(
                max_sessions=settings.mcp_sessions,
                idle_seconds=settings.mcp_idle_seconds,
                connect_seconds=settings.mcp_connect_seconds,
                list_seconds=settings.mcp_list_seconds,
                max_bytes=settings.egress_max_bytes,
                max_values=settings.mcp_max_values,
            ),
            self._listed,
        )

    async def close(self) -> None:
        """Close every session, and end the processes of stdio servers."""
        await self.pool.close()
        await self._egress.close()

    async def list(self, workspace: str) -> Sequence[MCPServerRow]:
        """Return a workspace's servers by name, the operator's among them."""
        rows = await self.rows.list(workspace)
        known = {row.name for row in rows}
        fresh = [name for name in (await self._operator()).names(workspace) if name not in known]
        for name in fresh:
            with contextlib.suppress(NameTaken):  # another process was first
                await self.rows.create(workspace, name, MCPSettings(), kind="stdio")
        return await self.rows.list(workspace) if fresh else rows

    async def find(self, workspace: str, name: str) -> MCPServerRow | None:
        """Return a server by its name."""
        row = await self.rows.find(workspace, name)
        if row is None and (await self._operator()).command(workspace, name) is not None:
            return next((each for each in await self.list(workspace) if each.name == name), None)
        return row

    def offered(self, row: MCPServerRow) -> Sequence[OfferedTool]:
        """Return a server's tools as they were listed last, and which of them flows may use."""
        return offered(row.name, row.settings, row.tools, row.approved)

    async def check(self, row: MCPServerRow) -> ServerCheck:
        """Ask a server for its tools, and keep them.

        Raises:
            MCPError: it does not answer, or may not be asked.
        """
        tools, said = await self.pool.tools(await self._access(row))
        return ServerCheck(
            protocol_version=said.get("protocol_version", ""),
            server_name=said.get("server_name", ""),
            server_version=said.get("server_version", ""),
            tools=offered(row.name, row.settings, tools, row.approved),
        )

    async def call(self, workspace: str, label: str, call: MCPCall) -> MCPAnswer:
        """Call a tool for a run of a workspace, with the workspace variables of a label.

        Raises:
            MCPError: there is no answer.
        """
        row = await self.find(workspace, call.server)
        if row is None:
            raise _unknown(call.server)
        return await self.pool.call(await self._access(row, label), call)

    async def pin(
        self, workspace: str, name: str, wanted: Sequence[str], pins: dict[str, PinnedServer]
    ) -> None:
        """Enter the tools of a server that a run uses. Asks no server: what was approved is stored."""
        row = await self.find(workspace, name)
        if row is None:
            pins[name] = PinnedServer(problem=str(_unknown(name)))
            return
        if not row.settings.enabled:
            pins[name] = PinnedServer(problem=f"The MCP server '{name}' is disabled. Enable it.")
            return
        before = pins.get(name, PinnedServer())
        tools, refused = {tool.tool: tool for tool in before.tools}, dict(before.refused)
        for one in self.offered(row):
            tool = one.listed.name
            if wanted and tool not in wanted:
                continue
            if one.state != "approved":
                refused[tool] = one.why
                continue
            tools[tool] = PinnedTool(
                tool=tool,
                name=one.name,
                description=one.listed.description,
                parameters=one.listed.input_schema,
                hash=one.listed.hash,
                repeatable=one.listed.repeatable,
                approval=one.approval,
            )
        env = looks_up(row.settings.url, row.settings.headers)
        pins[name] = PinnedServer(tools=[*tools.values()], refused=refused, env=env)

    async def problem(self) -> str:
        """Return why the operator's file cannot be used; empty where it can."""
        return (await self._operator()).problem

    async def _operator(self) -> OperatorServers:
        if self._operators is None:
            self._operators = asyncio.create_task(asyncio.to_thread(load_operator_servers, self._settings))
            if problem := (await asyncio.shield(self._operators)).problem:
                log.error("%s No stdio server is available.", problem)
        return await asyncio.shield(self._operators)

    async def _access(self, row: MCPServerRow, label: str = "") -> ServerAccess:
        """Return how a server is reached now, with its credentials and with the variables of a label.

        Raises:
            MCPError: it may not be used.
        """
        settings = row.settings
        if not settings.enabled:
            raise MCPError(f"The MCP server '{row.name}' is disabled. Enable it.", code="mcp_disabled")
        if row.kind == "stdio":
            command = (await self._operator()).command(row.workspace, row.name)
            if command is None:
                raise MCPError(
                    f"The operator's file of MCP servers has no '{row.name}' for this workspace. Commands "
                    "can be set there only (AGENTICRAG_MCP_SERVERS_FILE).",
                    code="mcp_stdio_disabled",
                )
            return ServerAccess(
                workspace=row.workspace,
                name=row.name,
                version=row.id,
                command=command,
                secrets=tuple(value for value in command.env.values() if len(value) >= 8),
                timeout_seconds=settings.timeout_seconds,
                sampling=settings.sampling,
            )
        try:
            headers, secrets = dict[str, str](), list[str]()
            looked_up = looks_up(settings.url, settings.headers)
            env = await self._variables.revealed(row.workspace, label, looked_up)
            templates = env_headers(settings.headers)
            service = filled_service(settings.url, templates, env, label)
            secrets += env.secrets.values()
            headers |= {header.lower(): value for header, value in service.headers.items()}
            address, url = read_address(service.url), service.url
            if settings.credential:
                credential = await self._credential(row, settings.credential)
                credential.refuse_elsewhere(address)
                name, value = credential.header()
                headers |= {name: value} if name else {}
                url = credential.added_to(url)
                secrets += credential.secrets
            for header, named in settings.headers.items():
                if header in templates:
                    continue
                credential = await self._credential(row, named)
                credential.refuse_elsewhere(address)
                headers[header.lower()] = credential.secret
                secrets += credential.secrets
            oauth = None
            if settings.oauth is not None:
                client = await self._credential(row, settings.oauth.credential)
                oauth = OAuthClient(
                    token_url=settings.oauth.token_url, scope=settings.oauth.scope, client=client
                )
                secrets += client.secrets
        except (CredentialError, EgressError, WebAddressError) as error:
            code = "bad_url" if isinstance(error, WebAddressError) else error.code
            raise MCPError(str(error), code=code) from None
        return ServerAccess(
            workspace=row.workspace,
            name=row.name,
            version=row.id,
            url=url,
            label=label if looked_up else "",
            headers=headers,
            oauth=oauth,
            secrets=tuple(secrets),
            timeout_seconds=settings.timeout_seconds,
            sampling=settings.sampling,
        )

    async def _credential(self, row: MCPServerRow, name: str) -> Credential:
        found = await self._credentials.find(row.workspace, name)
        if found is None:
            raise CredentialError(
                f"The MCP server '{row.name}' names the credential '{name}', which is not in this workspace. "
                "Store it, or name another.",
                code="no_credential",
            )
        if found.kind == "provider_key":
            raise CredentialError(
                f"The credential '{name}' is a provider's key, which models use. Store one of kind 'bearer'.",
                code="bad_credential",
            )
        return found

    async def _listed(self, access: ServerAccess, tools: Sequence[ListedTool]) -> None:
        if access.label:  # what is looked at and approved is the list of the default
            return
        await self.rows.keep_tools(access.workspace, access.name, tools)


def _unknown(name: str) -> MCPError:
    return MCPError(
        f"There is no MCP server '{name[:80]}' in this workspace. Store one of this name, or name another.",
        code="mcp_unknown_server",
    )
