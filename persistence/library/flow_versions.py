"""Versions of flows: what each was, which labels point at it, and the draft of the next one.

Deleting a flow takes neither its versions nor its draft; they are no more reached then, since every call asks
for a flow of a workspace that is still there.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.named_locks import hold
from persistence.storage.tables.library import flow_drafts, flow_labels, flow_versions, flows

__all__ = ["FlowDraft", "FlowVersion", "FlowVersions", "Published", "StaleDraft", "finish_draft"]


class FlowVersion(Struct, frozen=True):
    """A version of a flow. Times are Unix seconds."""

    version: int
    created_at: float
    notes: str
    labels: list[str]
    """Sorted."""


class FlowDraft(Struct, frozen=True):
    """What is being worked on. Times are Unix seconds."""

    document: dict[str, Any]
    based_on: int
    """The version that was current when the draft was begun."""
    revision: int
    """1, then one more for every change of the draft."""
    updated_at: float


class Published(Struct, frozen=True):
    """What a new version is published with."""

    notes: str = ""
    labels: Sequence[str] = ()
    revision: int | None = None
    """The revision of the draft that it is; None where it was none."""


class StaleDraft(Exception):
    """The draft is no longer what somebody thought it was."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"The draft is at revision {revision}.")
        self.revision = revision
        """Its revision now; 0 where there is none."""


class FlowVersions:
    """The versions, labels and drafts of all flows; each call asks for a flow of one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, workspace: str, flow_id: str, *, limit: int, before: int | None = None
    ) -> tuple[list[FlowVersion], int]:
        """Return the latest versions, below `before` where one is given, and how many there are in all."""
        ours = _ours(workspace, flow_id, flow_versions.c.flow_id)
        wanted = select(flow_versions.c.version, flow_versions.c.created_at, flow_versions.c.notes).where(
            ours
        )
        if before is not None:
            wanted = wanted.where(flow_versions.c.version < before)
        wanted = wanted.order_by(flow_versions.c.version.desc()).limit(limit)

        def work(connection: Connection) -> tuple[list[FlowVersion], int]:
            labels: dict[int, list[str]] = {}
            for label, version in connection.execute(
                select(flow_labels.c.label, flow_labels.c.version)
                .where(flow_labels.c.flow_id == flow_id)
                .order_by(flow_labels.c.label)
            ):
                labels.setdefault(version, []).append(label)
            total = connection.scalar(select(func.count()).select_from(flow_versions).where(ours)) or 0
            return [
                FlowVersion(row.version, row.created_at, row.notes or "", labels.get(row.version, []))
                for row in connection.execute(wanted)
            ], total

        return await self._database.read(work)

    async def labelled(self, workspace: str, flow_id: str, label: str) -> int | None:
        """Return the version that a label points at; None if the flow has no such label."""
        wanted = select(flow_labels.c.version).where(
            _ours(workspace, flow_id, flow_labels.c.flow_id), flow_labels.c.label == label
        )
        return await self._database.read(lambda connection: connection.scalar(wanted))

    async def document(self, workspace: str, flow_id: str, version: int) -> dict[str, Any] | None:
        """Return the document of a version; None if there is none."""
        wanted = select(flow_versions.c.document).where(
            _ours(workspace, flow_id, flow_versions.c.flow_id), flow_versions.c.version == version
        )
        found = await self._database.read(lambda connection: connection.scalar(wanted))
        return None if found is None else msgspec.json.decode(found)

    async def put_label(self, workspace: str, flow_id: str, label: str, version: int) -> bool:
        """Point a label at a version; False if the flow has no such version."""
        dialect = self._database.dialect
        there = select(flow_versions.c.version).where(
            _ours(workspace, flow_id, flow_versions.c.flow_id), flow_versions.c.version == version
        )

        def work(connection: Connection) -> bool:
            if connection.scalar(there) is None:
                return False
            _put_labels(connection, dialect, flow_id, [label], version)
            return True

        return await self._database.write(work)

    async def drop_label(self, workspace: str, flow_id: str, label: str) -> bool:
        """Take a label away; False if the flow has none of this name."""
        gone = delete(flow_labels).where(
            _ours(workspace, flow_id, flow_labels.c.flow_id), flow_labels.c.label == label
        )
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    async def draft(self, workspace: str, flow_id: str) -> FlowDraft | None:
        """Return the draft of a flow; None if nobody works on one."""
        wanted = select(flow_drafts).where(_ours(workspace, flow_id, flow_drafts.c.flow_id))

        def work(connection: Connection) -> FlowDraft | None:
            row = connection.execute(wanted).one_or_none()
            if row is None:
                return None
            document = msgspec.json.decode(row.document)
            return FlowDraft(document, row.based_on, row.revision, row.updated_at)

        return await self._database.read(work)

    async def put_draft(
        self,
        workspace: str,
        flow_id: str,
        document: dict[str, Any],
        *,
        based_on: int,
        revision: int | None = None,
    ) -> FlowDraft:
        """Keep a draft in place of the one before.

        Args:
            workspace: Whose.
            flow_id: A flow that is there.
            document: The whole flow, plain JSON.
            based_on: The current version; an earlier draft keeps its own.
            revision: The revision that it replaces, 0 for none; None replaces whatever is there.

        Raises:
            StaleDraft: the draft is at another revision.
        """
        encoded = msgspec.json.encode(document).decode()
        now = time.time()

        def work(connection: Connection) -> FlowDraft:
            hold(connection, f"draft of {flow_id}")
            known = connection.execute(
                select(flow_drafts.c.revision, flow_drafts.c.based_on)
                .where(_ours(workspace, flow_id, flow_drafts.c.flow_id))
                .with_for_update()
            ).one_or_none()
            if revision is not None and revision != (0 if known is None else known.revision):
                raise StaleDraft(0 if known is None else known.revision)
            draft = FlowDraft(
                document,
                based_on if known is None else known.based_on,
                1 if known is None else known.revision + 1,
                now,
            )
            values = {
                "document": encoded,
                "based_on": draft.based_on,
                "revision": draft.revision,
                "updated_at": now,
            }
            if known is None:
                connection.execute(insert(flow_drafts).values(flow_id=flow_id, **values))
            else:
                connection.execute(
                    update(flow_drafts).where(flow_drafts.c.flow_id == flow_id).values(**values)
                )
            return draft

        return await self._database.write(work)

    async def drop_draft(self, workspace: str, flow_id: str) -> bool:
        """Throw a draft away; False if there is none."""
        gone = delete(flow_drafts).where(_ours(workspace, flow_id, flow_drafts.c.flow_id))
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)


def finish_draft(
    connection: Connection, dialect: str, flow_id: str, version: int, published: Published
) -> None:
    """Point the labels of a new version at it, and take away the draft that it was.

    Raises:
        StaleDraft: the draft has another revision.
    """
    _put_labels(connection, dialect, flow_id, published.labels, version)
    if published.revision is None:
        return
    draft = delete(flow_drafts).where(
        flow_drafts.c.flow_id == flow_id, flow_drafts.c.revision == published.revision
    )
    if connection.execute(draft).rowcount == 0:
        now = select(flow_drafts.c.revision).where(flow_drafts.c.flow_id == flow_id)
        raise StaleDraft(connection.scalar(now) or 0)


def _put_labels(
    connection: Connection, dialect: str, flow_id: str, labels: Sequence[str], version: int
) -> None:
    now = time.time()
    for label in labels:
        put = insert_into(dialect, flow_labels).values(
            flow_id=flow_id, label=label, version=version, updated_at=now
        )
        connection.execute(
            put.on_conflict_do_update(
                index_elements=[flow_labels.c.flow_id, flow_labels.c.label],
                set_={"version": put.excluded.version, "updated_at": put.excluded.updated_at},
            )
        )


def _ours(workspace: str, flow_id: str, column: Any) -> Any:
    """Return the condition that a row is of a flow of the workspace that is not deleted."""
    there = select(flows.c.id).where(
        flows.c.id == flow_id, flows.c.workspace == workspace, flows.c.deleted_at.is_(None)
    )
    return (column == flow_id) & there.exists()
