"""Code flows: rows of flows that stand for graphs in code. The server writes them when it starts."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, update

from graphs.document.flow import FlowType
from persistence.library.flow_slugs import SlugTaken, take_slug
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import folded
from persistence.storage.named_locks import hold
from persistence.storage.tables.library import flow_versions, flows

__all__ = ["CATEGORY", "CodeFlow", "CodeFlows", "code_flow_id"]

CATEGORY = "code"
_FLOWS = uuid.UUID("5b0c5c5e-52f1-5f1d-9c0f-0f3c1a3e8e6d")


class CodeFlow(Struct, frozen=True, kw_only=True):
    """A graph in code as a flow."""

    name: str
    """Its slug."""
    flow_type: FlowType
    description: str
    document: dict[str, Any]


def code_flow_id(workspace: str, name: str) -> str:
    """Return the id of a code graph's flow in a workspace: always the same."""
    return str(uuid.uuid5(_FLOWS, f"{workspace}/{name}"))


class CodeFlows:
    """Stores graphs in code as flows. Processes that start at once store the same and do no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def any(self) -> bool:
        """Say whether any workspace has, or had, one that is switched on."""
        wanted = select(flows.c.id, flows.c.workspace, flows.c.name).where(
            flows.c.category == CATEGORY, flows.c.is_active, flows.c.deleted_at.is_(None)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return any(row.id == code_flow_id(row.workspace, row.name) for row in rows)

    async def store(self, workspaces: Sequence[str], wanted: Sequence[CodeFlow]) -> list[str]:
        """Store what is wanted in each workspace, switch off what is not, and return what went wrong."""

        def work(connection: Connection) -> list[str]:
            hold(connection, "code flows")
            problems = [
                problem
                for workspace in workspaces
                for flow in wanted
                if (problem := _put(connection, workspace, flow)) is not None
            ]
            kept = {code_flow_id(workspace, flow.name) for workspace in workspaces for flow in wanted}
            known = select(flows.c.id, flows.c.workspace, flows.c.name).where(
                flows.c.category == CATEGORY, flows.c.is_active
            )
            for row in connection.execute(known).all():
                if row.id == code_flow_id(row.workspace, row.name) and row.id not in kept:
                    connection.execute(update(flows).where(flows.c.id == row.id).values(is_active=False))
            return problems

        return await self._database.write(work)


def _put(connection: Connection, workspace: str, flow: CodeFlow) -> str | None:
    """Store a flow, or its next version where its document has changed; return why it could not be."""
    id, now = code_flow_id(workspace, flow.name), time.time()
    encoded = msgspec.json.encode(flow.document).decode()
    values: dict[str, Any] = {
        "name": flow.name,
        "description": flow.description,
        "document": encoded,
        "tags": msgspec.json.encode(flow.document["tags"]).decode(),
        "search": folded(flow.name, flow.description, *flow.document["tags"]),
        "category": CATEGORY,
        "is_active": True,
        "updated_at": now,
        "flow_type": flow.flow_type,
        "deleted_at": None,
    }
    known = connection.execute(select(flows).where(flows.c.id == id)).one_or_none()
    if known is not None and known.document == encoded and known.is_active and known.deleted_at is None:
        return None
    latest = (
        connection.scalar(select(func.max(flow_versions.c.version)).where(flow_versions.c.flow_id == id)) or 0
    )
    version = latest if known is not None and known.document == encoded else latest + 1
    try:
        if known is None:
            connection.execute(
                insert(flows).values(
                    **values, id=id, workspace=workspace, version=version, is_public=False, created_at=now
                )
            )
        else:
            connection.execute(update(flows).where(flows.c.id == id).values(**values, version=version))
        if version > latest:
            connection.execute(
                insert(flow_versions).values(
                    flow_id=id,
                    version=version,
                    document=encoded,
                    created_at=now,
                    notes="The source changed." if latest else None,
                )
            )
        take_slug(connection, connection.dialect.name, workspace, id, flow.name)
        connection.execute(update(flows).where(flows.c.id == id).values(slug=flow.name))
    except SlugTaken:
        connection.execute(update(flows).where(flows.c.id == id).values(is_active=False))
        return (
            f"The code graph '{flow.name}' is off in workspace '{workspace}': another flow has this slug. "
            "Change that slug."
        )
    return None
