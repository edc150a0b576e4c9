"""Flows: chatflows and agentflows as documents, each version kept."""

import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, literal, select, update

from graphs.document.flow import FlowType
from persistence.library.flow_slugs import active_slugs, free_slugs, give_slug, id_of, take_slug
from persistence.library.flow_versions import Published, finish_draft
from persistence.storage import keyset
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import SortOrder, contains, folded, has_tags, order
from persistence.storage.ids import new_id
from persistence.storage.keyset import sorted_text
from persistence.storage.slugs import slug_from
from persistence.storage.tables.library import flow_versions, flows

__all__ = ["FlowPlace", "FlowRow", "FlowSort", "Flows"]

FlowSort = Literal["name", "category", "version", "created_at", "updated_at"]


class FlowRow(Struct, frozen=True, kw_only=True):
    """A flow as it is stored. Times are Unix seconds."""

    id: str
    workspace: str
    flow_type: FlowType
    slug: str
    """Its name in addresses: unique in the workspace."""
    name: str
    description: str
    document: dict[str, Any]
    """The whole flow as the API takes and gives it."""
    version: int
    """1, then one more for every replacement."""
    tags: list[str]
    category: str
    is_active: bool
    is_public: bool
    created_at: float
    updated_at: float
    label: str = ""  # by which a request has asked for it; it is not stored

    def place(self, sort_by: FlowSort) -> "FlowPlace":
        """Return where it stands in a list."""
        text = folded(self.name, self.description, *self.tags)[: keyset.SORTED_CHARACTERS]
        return (text if sort_by == "name" else getattr(self, sort_by), self.id)


_NONE = literal("{}").label("document")
FlowPlace = tuple[str | float, str]
"""What a flow is sorted by, and its id."""


class Flows:
    """The flows of all workspaces; each call sees one. Deleted ones are kept, and seen by `version` only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        workspace: str,
        flow_type: FlowType,
        *,
        name: str,
        description: str,
        document: dict[str, Any],
        tags: Sequence[str] = (),
        category: str = "",
        is_public: bool = False,
        is_active: bool = True,
        id: str | None = None,
        slug: str = "",
        exact: bool = False,
    ) -> FlowRow:
        """Store a new flow as its version 1.

        Args:
            workspace: Whose it is.
            flow_type: ``chatflow`` or ``agentflow``.
            name: For people.
            description: For people.
            document: The whole flow, plain JSON.
            tags: In the order that people see.
            category: Empty for none.
            is_public: Whether visitors may see it.
            is_active: Whether it may be run.
            id: A UUID that nobody has used; None for a new one.
            slug: Its name in addresses; empty for one that is made from the name.
            exact: Whether it must be that slug; otherwise a number follows where it is taken.

        Raises:
            SlugTaken: another flow has or had exactly this slug.
        """
        now = time.time()
        row = FlowRow(
            id=id or new_id(),
            workspace=workspace,
            flow_type=flow_type,
            slug="",
            name=name,
            description=description,
            document=document,
            version=1,
            tags=[*tags],
            category=category,
            is_active=is_active,
            is_public=is_public,
            created_at=now,
            updated_at=now,
        )

        dialect = self._database.dialect

        def work(connection: Connection) -> FlowRow:
            values = _values(row)
            connection.execute(insert(flows).values(values))
            _keep_version(connection, row.id, 1, values["document"], now)
            if not exact:
                given = give_slug(connection, dialect, workspace, row.id, slug or slug_from(name, flow_type))
            else:
                given = take_slug(connection, dialect, workspace, row.id, slug)
            connection.execute(update(flows).where(flows.c.id == row.id).values(slug=given))
            return msgspec.structs.replace(row, slug=given)

        return await self._database.write(work)

    async def get(self, workspace: str, id: str, flow_type: FlowType | None = None) -> FlowRow | None:
        """Return a flow, of the given kind where one is given."""
        return await self._database.read(lambda connection: _find(connection, workspace, id, flow_type))

    async def named(self, workspace: str, name: str, flow_type: FlowType | None = None) -> FlowRow | None:
        """Return the flow of an id, of a slug or of a former slug."""
        return await self._database.read(
            lambda connection: _find(connection, workspace, id_of(connection, workspace, name), flow_type)
        )

    async def active_slugs(self, workspace: str, flow_type: FlowType) -> list[tuple[str, float]]:
        """Return slug and time of creation of each flow of a kind that may be run, the newest first."""
        return await self._database.read(lambda connection: active_slugs(connection, workspace, flow_type))

    async def replace(
        self,
        workspace: str,
        id: str,
        *,
        name: str,
        description: str,
        document: dict[str, Any],
        tags: Sequence[str] = (),
        category: str = "",
        is_public: bool = False,
        is_active: bool = True,
        flow_type: FlowType | None = None,
        version: int | None = None,
        slug: str = "",
        published: Published | None = None,
    ) -> FlowRow | None:
        """Store the next version of a flow; None if there is none, of the given kind where one is given, and
        still at the given version where one is given. With `slug` that is its slug from now on.

        With `published` it has those notes and labels, and the draft that is published is gone with the same
        write.

        Raises:
            SlugTaken: another flow has the slug, or had it.
            StaleDraft: the draft that is published has another revision by now.
        """
        now = time.time()
        dialect = self._database.dialect

        def work(connection: Connection) -> FlowRow | None:
            encoded = _json(document)
            changed = (
                update(flows)
                .where(flows.c.workspace == workspace, flows.c.id == id, flows.c.deleted_at.is_(None))
                .values(
                    name=name,
                    description=description,
                    document=encoded,
                    version=flows.c.version + 1,
                    tags=_json([*tags]),
                    search=folded(name, description, *tags),
                    category=category,
                    is_active=is_active,
                    is_public=is_public,
                    updated_at=now,
                )
            )
            if flow_type is not None:
                changed = changed.where(flows.c.flow_type == flow_type)
            if version is not None:
                changed = changed.where(flows.c.version == version)
            if connection.execute(changed).rowcount == 0:
                return None
            if slug:
                take_slug(connection, dialect, workspace, id, slug)
                connection.execute(update(flows).where(flows.c.id == id).values(slug=slug))
            row = _find(connection, workspace, id, None)
            assert row is not None, "the row that was just updated is there"
            _keep_version(connection, id, row.version, encoded, now, published.notes if published else "")
            if published is not None:
                finish_draft(connection, dialect, id, row.version, published)
            return row

        return await self._database.write(work)

    async def delete(self, workspace: str, id: str, flow_type: FlowType | None = None) -> bool:
        """Hide a flow from now on; False if there is none. Its versions stay for the executions that ran."""
        hidden = (
            update(flows)
            .where(flows.c.workspace == workspace, flows.c.id == id, flows.c.deleted_at.is_(None))
            .values(deleted_at=time.time(), slug=None)
        )
        if flow_type is not None:
            hidden = hidden.where(flows.c.flow_type == flow_type)

        def work(connection: Connection) -> bool:
            found = connection.execute(hidden).rowcount > 0
            if found:
                free_slugs(connection, id)
            return found

        return await self._database.write(work)

    async def list(
        self,
        workspace: str,
        *,
        flow_type: FlowType | None = None,
        search: str = "",
        tags: Sequence[str] = (),
        category: str | None = None,
        is_active: bool | None = None,
        limit: int = 20,
        offset: int = 0,
        sort_by: FlowSort = "created_at",
        sort_order: SortOrder = "desc",
        after: FlowPlace | None = None,
        whole: bool = True,
    ) -> tuple[list[FlowRow], int]:
        """Return some flows, and how many match in all.

        Args:
            workspace: Whose.
            flow_type: None for both kinds; so are category and is_active.
            search: Text that name, description or tags must have in them, in any case, literally.
            tags: Tags that a flow must have, all of them.
            limit: How many at most, after leaving out `offset`.
            sort_by: Names sort without case, by code point; flows that are equal by id.
            after: The `place` of the last flow that was seen.
            whole: Whether with their documents; else these are empty.
        """
        dialect = self._database.dialect
        wanted = [flows.c.workspace == workspace, flows.c.deleted_at.is_(None)]
        if flow_type is not None:
            wanted.append(flows.c.flow_type == flow_type)
        if search:
            wanted.append(contains(dialect, flows.c.search, search))
        if category is not None:
            wanted.append(flows.c.category == category)
        if is_active is not None:
            wanted.append(flows.c.is_active == is_active)
        wanted.extend(has_tags(dialect, flows.c.tags, tags))
        column = sorted_text(flows.c.search) if sort_by == "name" else flows.c[sort_by]
        keys = ((column, sort_by in ("name", "category")), (flows.c.id, True))
        following = [] if after is None else [keyset.after(dialect, keys, after, sort_order)]
        columns = [one if whole or one.name != "document" else _NONE for one in flows.c]
        found = (
            select(*columns)
            .where(*wanted, *following)
            .order_by(*(order(dialect, key, sort_order, text=is_text) for key, is_text in keys))
            .limit(limit)
            .offset(offset)
        )
        count = select(func.count()).select_from(flows).where(*wanted)

        def work(connection: Connection) -> tuple[list[FlowRow], int]:
            return [_row(row) for row in connection.execute(found)], connection.scalar(count) or 0

        return await self._database.read(work)

    async def version(self, flow_id: str, version: int) -> dict[str, Any] | None:
        """Return a version's document, also of a deleted flow; None if there is none.

        Not scoped by workspace: it is for ids that our own rows hold, never for a caller's.
        """
        wanted = select(flow_versions.c.document).where(
            flow_versions.c.flow_id == flow_id, flow_versions.c.version == version
        )
        found = await self._database.read(lambda connection: connection.scalar(wanted))
        return None if found is None else msgspec.json.decode(found)


def _find(connection: Connection, workspace: str, id: str, flow_type: FlowType | None) -> FlowRow | None:
    wanted = select(flows).where(
        flows.c.workspace == workspace, flows.c.id == id, flows.c.deleted_at.is_(None)
    )
    if flow_type is not None:
        wanted = wanted.where(flows.c.flow_type == flow_type)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _row(row)


def _keep_version(
    connection: Connection, id: str, version: int, document: str, now: float, notes: str = ""
) -> None:
    connection.execute(
        insert(flow_versions).values(
            flow_id=id, version=version, document=document, created_at=now, notes=notes or None
        )
    )


def _values(row: FlowRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in FlowRow.__struct_fields__ if name not in ("label", "slug")},
        "document": _json(row.document),
        "tags": _json(row.tags),
        "search": folded(row.name, row.description, *row.tags),
    }


def _row(row: Row[Any]) -> FlowRow:
    return FlowRow(
        id=row.id,
        workspace=row.workspace,
        flow_type=row.flow_type,
        slug=row.slug or "",
        name=row.name,
        description=row.description,
        document=msgspec.json.decode(row.document),
        version=row.version,
        tags=msgspec.json.decode(row.tags),
        category=row.category,
        is_active=row.is_active,
        is_public=row.is_public,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
