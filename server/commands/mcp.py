"""`agenticrag mcp`: list MCP servers, ask them for their tools, and approve the tools."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from cyclopts import App

from server.commands.workspace_tools import opened_for_command
from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from server.mcp.mcp_servers import MCPServers

__all__ = ["mcp"]

mcp = App(name="mcp", help="List and check MCP servers, whose tools flows can use.")


@mcp.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the MCP servers of the first workspace. No server is contacted.

    Parameters
    ----------
    json
        Print `{"mcp_servers": [{id, name, kind, url, tools, approved}]}`.
    """
    from server.identity.authentication import WORKSPACE

    async with _open() as servers:
        if problem := await servers.problem():
            print_progress(problem)
        found = [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "url": row.settings.url,
                "tools": len(row.tools),
                "approved": sum(one.state == "approved" for one in servers.offered(row)),
            }
            for row in await servers.list(WORKSPACE)
        ]
    if json:
        print_json({"mcp_servers": found})
        return
    print_table(
        ("NAME", "KIND", "URL", "TOOLS", "APPROVED"),
        [[str(one[name]) for name in ("name", "kind", "url", "tools", "approved")] for one in found],
    )


@mcp.command
async def check(name: str, /, *, approve: bool = False, json: bool = False) -> None:
    """Ask an MCP server for its tools and keep the list. Exit code 1 if it does not answer.

    Parameters
    ----------
    name
        Its name from `agenticrag mcp list`.
    approve
        Approve all tools that it lists, so that flows can use them until they change.
    json
        Print `{"protocol_version", "server_name", "tools": [{name, state, hash, description}]}`.
    """
    from graphs.mcp.server_access import MCPError
    from server.identity.authentication import WORKSPACE

    async with _open() as servers:
        row = await servers.find(WORKSPACE, name)
        if row is None:
            raise CommandError(f"There is no MCP server '{name}': agenticrag mcp list shows all.")
        try:
            said = await servers.check(row)
        except MCPError as error:
            raise CommandError(str(error)) from None
        tools = said.tools
        if approve:
            approved = {one.listed.name: one.listed.hash for one in tools}
            await servers.rows.approve(WORKSPACE, row.id, lambda _: approved)
            if (fresh := await servers.find(WORKSPACE, name)) is not None:
                tools = servers.offered(fresh)
    if json:
        shown = [
            {
                "name": one.listed.name,
                "state": one.state,
                "hash": one.listed.hash,
                "description": one.listed.description,
            }
            for one in tools
        ]
        print_json(
            {
                "protocol_version": said.protocol_version,
                "server_name": said.server_name,
                "tools": shown,
            }
        )
        return
    print_progress(f"'{name}' answers, protocol {said.protocol_version}.")
    print_table(
        ("TOOL", "STATE", "DESCRIPTION"),
        [(one.listed.name, one.state, one.listed.description.partition("\n")[0][:80]) for one in tools],
    )


def _open() -> "AbstractAsyncContextManager[MCPServers]":
    """Give those of this machine's database."""
    from persistence.identity.mcp_servers import MCPServerRows
    from server.checkup.command_database import variables_of
    from server.mcp.mcp_servers import MCPServers

    return opened_for_command(
        lambda settings, database, credentials: MCPServers(
            settings, MCPServerRows(database), credentials, variables_of(database, settings)
        )
    )
