"""MCP servers: those of workspaces, with the tools that they list and the hashes that were approved."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from graphs.mcp.pinned_tools import MCPSettings
from graphs.mcp.tool_lists import ListedTool
from persistence.identity.credentials import NameTaken
from persistence.storage.change_times import next_change
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import mcp_servers

__all__ = ["MCPServerRow", "MCPServerRows"]


class MCPServerRow(Struct, frozen=True, kw_only=True):
    """A stored server. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    kind: str
    """``http``, or ``stdio`` for a command of the operator's that has this name."""
    settings: MCPSettings
    tools: list[ListedTool] = []
    approved: dict[str, str] = {}
    checked_at: float | None = None
    created_at: float
    updated_at: float


class MCPServerRows:
    """The MCP servers of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, workspace: str, name: str, settings: MCPSettings, *, kind: str = "http"
    ) -> MCPServerRow:
        """Store a server.

        Raises:
            NameTaken: there is one of this name.
        """
        now = time.time()
        row = MCPServerRow(
            id=new_id(),
            workspace=workspace,
            name=name,
            kind=kind,
            settings=settings,
            created_at=now,
            updated_at=now,
        )
        values = {"id": row.id, "workspace": workspace, "kind": kind, "created_at": now, **_values(row)}
        values |= {"tools": "[]", "approved": "{}"}
        try:
            await self._database.write(lambda held: held.execute(insert(mcp_servers).values(values)))
        except IntegrityError:
            raise NameTaken(name) from None
        return row

    async def list(self, workspace: str) -> list[MCPServerRow]:
        """Return a workspace's servers by name."""
        wanted = select(mcp_servers).where(mcp_servers.c.workspace == workspace).order_by(mcp_servers.c.name)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        return [_row(row) for row in rows]

    async def get(self, workspace: str, id: str) -> MCPServerRow | None:
        """Return a server by its id."""
        return await self._one(workspace, mcp_servers.c.id == id)

    async def find(self, workspace: str, name: str) -> MCPServerRow | None:
        """Return a server by its name."""
        return await self._one(workspace, mcp_servers.c.name == name)

    async def replace(self, known: MCPServerRow, name: str, settings: MCPSettings) -> MCPServerRow | None:
        """Give a server another name and other settings; None if it was changed or deleted since it was read.

        Raises:
            NameTaken: there is another of this name.
        """
        row = msgspec.structs.replace(
            known, name=name, settings=settings, updated_at=next_change(known.updated_at)
        )
        changed = (
            update(mcp_servers)
            .where(
                mcp_servers.c.id == row.id,
                mcp_servers.c.workspace == row.workspace,
                mcp_servers.c.updated_at == known.updated_at,
            )
            .values(_values(row))
        )
        try:
            done = await self._database.write(lambda held: held.execute(changed).rowcount > 0)
        except IntegrityError:
            raise NameTaken(name) from None
        return row if done else None

    async def keep_tools(self, workspace: str, name: str, tools: Sequence[ListedTool]) -> None:
        """Keep what a server has listed."""
        changed = (
            update(mcp_servers)
            .where(mcp_servers.c.workspace == workspace, mcp_servers.c.name == name)
            .values(tools=msgspec.json.encode(tools).decode(), checked_at=time.time())
        )
        await self._database.write(lambda held: held.execute(changed))

    async def approve(
        self, workspace: str, id: str, wanted: Callable[[MCPServerRow], Mapping[str, str]]
    ) -> MCPServerRow | None:
        """Approve tools by their hashes; None if the server is gone.

        Args:
            workspace: Whose.
            id: Which.
            wanted: Returns the hashes by name, of the server as it is now. What it raises, this raises.

        What was approved before stays, of tools that the server still lists.
        """

        def work(held: Connection) -> MCPServerRow | Exception | None:
            theirs = (mcp_servers.c.id == id, mcp_servers.c.workspace == workspace)
            found = held.execute(select(mcp_servers).where(*theirs).with_for_update()).one_or_none()
            if found is None:
                return None
            row = _row(found)
            listed = {tool.name for tool in row.tools}
            try:
                chosen = wanted(row)
            except Exception as refusal:  # it is no failure of the transaction that others share
                return refusal
            approved = {name: hash for name, hash in row.approved.items() if name in listed}
            approved.update(chosen)
            kept = msgspec.json.encode(approved).decode()
            held.execute(update(mcp_servers).where(*theirs).values(approved=kept))
            return msgspec.structs.replace(row, approved=approved)

        done = await self._database.write(work)
        if isinstance(done, Exception):
            raise done
        return done

    async def delete(self, workspace: str, id: str) -> bool:
        """Forget a server for good; False if there is none."""
        gone = delete(mcp_servers).where(mcp_servers.c.id == id, mcp_servers.c.workspace == workspace)
        return await self._database.write(lambda held: held.execute(gone).rowcount > 0)

    async def _one(self, workspace: str, condition: Any) -> MCPServerRow | None:
        wanted = select(mcp_servers).where(mcp_servers.c.workspace == workspace, condition)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)


def _values(row: MCPServerRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "settings": msgspec.json.encode(row.settings).decode(),
        "updated_at": row.updated_at,
    }


def _row(row: Row[*tuple[Any, ...]]) -> MCPServerRow:
    return MCPServerRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        kind=row.kind,
        settings=msgspec.json.decode(row.settings, type=MCPSettings),
        tools=msgspec.json.decode(row.tools, type=list[ListedTool]),
        approved=msgspec.json.decode(row.approved, type=dict[str, str]),
        checked_at=row.checked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
