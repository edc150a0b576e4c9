"""Agents: stored configurations that agentflows put to work."""

import time
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from persistence.storage import keyset
from persistence.storage.change_times import next_change
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import SortOrder, contains, folded, order
from persistence.storage.ids import new_id
from persistence.storage.keyset import sorted_text
from persistence.storage.tables.library import agents

__all__ = ["AgentRow", "AgentSort", "Agents"]

AgentSort = Literal["name", "created_at", "updated_at"]


class AgentRow(Struct, frozen=True, kw_only=True):
    """An agent as it is stored. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    description: str
    document: dict[str, Any]
    """The whole agent as the API takes and gives it."""
    created_at: float
    updated_at: float

    def place(self, sort_by: AgentSort) -> "AgentPlace":
        """Return where it stands in a list."""
        text = folded(self.name, self.description)[: keyset.SORTED_CHARACTERS]
        return (text if sort_by == "name" else getattr(self, sort_by), self.id)


AgentPlace = tuple[str | float, str]
"""What an agent is sorted by, and its id."""


class Agents:
    """The agents of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, workspace: str, *, name: str, description: str, document: dict[str, Any], id: str | None = None
    ) -> AgentRow:
        """Store a new agent; `id` is a UUID that nobody has used, None for a new one."""
        now = time.time()
        row = AgentRow(
            id=id or new_id(),
            workspace=workspace,
            name=name,
            description=description,
            document=document,
            created_at=now,
            updated_at=now,
        )
        values = {
            **msgspec.structs.asdict(row),
            "document": msgspec.json.encode(document).decode(),
            "search": folded(name, description),
        }
        await self._database.write(lambda connection: connection.execute(insert(agents).values(values)))
        return row

    async def get(self, workspace: str, id: str) -> AgentRow | None:
        """Return an agent."""
        return await self._database.read(lambda connection: _find(connection, workspace, id))

    async def replace(
        self, known: AgentRow, *, name: str, description: str, document: dict[str, Any]
    ) -> AgentRow | None:
        """Change an agent; None if it was changed or deleted since it was read."""
        row = msgspec.structs.replace(
            known,
            name=name,
            description=description,
            document=document,
            updated_at=next_change(known.updated_at),
        )
        changed = (
            update(agents)
            .where(
                agents.c.workspace == known.workspace,
                agents.c.id == known.id,
                agents.c.updated_at == known.updated_at,
                agents.c.deleted_at.is_(None),
            )
            .values(
                name=name,
                description=description,
                document=msgspec.json.encode(document).decode(),
                search=folded(name, description),
                updated_at=row.updated_at,
            )
        )
        done = await self._database.write(lambda connection: connection.execute(changed).rowcount > 0)
        return row if done else None

    async def delete(self, workspace: str, id: str) -> bool:
        """Hide an agent from now on; False if there is none."""
        hidden = (
            update(agents)
            .where(agents.c.workspace == workspace, agents.c.id == id, agents.c.deleted_at.is_(None))
            .values(deleted_at=time.time())
        )
        return await self._database.write(lambda connection: connection.execute(hidden).rowcount > 0)

    async def list(
        self,
        workspace: str,
        *,
        search: str = "",
        page: int = 1,
        page_size: int = 20,
        sort_by: AgentSort = "created_at",
        sort_order: SortOrder = "desc",
        after: AgentPlace | None = None,
    ) -> tuple[list[AgentRow], int]:
        """Return a page of agents, the first is 1, and how many match in all.

        `search` is text that name or description must have in them, in any case, literally. `after` is the
        `place` of the last agent that was seen, where the list goes on from there.
        """
        dialect = self._database.dialect
        wanted = [agents.c.workspace == workspace, agents.c.deleted_at.is_(None)]
        if search:
            wanted.append(contains(dialect, agents.c.search, search))
        column = sorted_text(agents.c.search) if sort_by == "name" else agents.c[sort_by]
        keys = ((column, sort_by == "name"), (agents.c.id, True))
        following = [] if after is None else [keyset.after(dialect, keys, after, sort_order)]
        found = (
            select(agents)
            .where(*wanted, *following)
            .order_by(*(order(dialect, key, sort_order, text=is_text) for key, is_text in keys))
            .limit(page_size)
            .offset((page - 1) * page_size)
        )
        count = select(func.count()).select_from(agents).where(*wanted)

        def work(connection: Connection) -> tuple[list[AgentRow], int]:
            return [_row(row) for row in connection.execute(found)], connection.scalar(count) or 0

        return await self._database.read(work)


def _find(connection: Connection, workspace: str, id: str) -> AgentRow | None:
    row = connection.execute(
        select(agents).where(
            agents.c.workspace == workspace, agents.c.id == id, agents.c.deleted_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else _row(row)


def _row(row: Row[Any]) -> AgentRow:
    return AgentRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        description=row.description,
        document=msgspec.json.decode(row.document),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
