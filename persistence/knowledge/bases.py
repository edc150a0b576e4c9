"""Knowledge bases: their rows, what they count, and the index that each of them searches."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from graphs.embeddings.embedder import EmbeddingModel, Fingerprint
from graphs.passage_search.passages import ChunkOptions
from graphs.passage_search.reranker import Reranker
from persistence.knowledge.document_rows import counted_by_status
from persistence.knowledge.garbage import add_garbage
from persistence.storage.database import Database
from persistence.storage.dialects.text_search import contains, folded
from persistence.storage.ids import new_id
from persistence.storage.tables.knowledge import knowledge_bases, knowledge_documents

__all__ = ["BaseChange", "BaseCounts", "BaseNameTaken", "BaseRow", "KnowledgeBases", "NextIndex", "read_base"]

_c = knowledge_bases.c


class BaseNameTaken(Exception):
    """Another base of the workspace has the name."""


class NextIndex(Struct, frozen=True, kw_only=True):
    """An index that is being built beside the one in use."""

    index_id: str
    embedding: EmbeddingModel
    execution_id: str
    fingerprint: Fingerprint | None = None
    """None until the first vectors have come."""


class BaseRow(Struct, frozen=True, kw_only=True):
    """A knowledge base. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    description: str
    embedding: EmbeddingModel
    fingerprint: Fingerprint | None
    """What the vectors of the index in use have in common; None while there are none."""
    index_id: str
    chunk: ChunkOptions
    metadata_schema: dict[str, Any] | None
    reranker: Reranker | None
    """What reranks where a search names none; None for the server's."""
    version: int
    """One more with each change that a search sees."""
    next_index: NextIndex | None
    created_at: float
    updated_at: float


class BaseCounts(Struct, frozen=True):
    """How much is in a base."""

    documents: int = 0
    passages: int = 0
    """Of documents that searches see."""
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    """Documents by status."""

    @property
    def pending(self) -> int:
        """How many documents are on their way."""
        return sum(self.statuses.get(status, 0) for status in ("queued", "parsing", "embedding"))


class BaseChange(Struct, frozen=True, kw_only=True):
    """Changes of a base; what is unset stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    chunk: ChunkOptions | UnsetType = UNSET
    metadata_schema: dict[str, Any] | UnsetType | None = UNSET
    reranker: Reranker | UnsetType | None = UNSET


class KnowledgeBases:
    """The bases of all workspaces; each call sees those of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        workspace: str,
        name: str,
        *,
        description: str = "",
        embedding: EmbeddingModel,
        chunk: ChunkOptions | None = None,
        metadata_schema: dict[str, Any] | None = None,
        reranker: Reranker | None = None,
    ) -> BaseRow:
        """Make an empty base.

        Raises:
            BaseNameTaken: the workspace has one of this name.
        """
        now = time.time()
        row = BaseRow(
            id=new_id(),
            workspace=workspace,
            name=name,
            description=description,
            embedding=embedding,
            fingerprint=None,
            index_id=new_id(),
            chunk=chunk or ChunkOptions(),
            metadata_schema=metadata_schema,
            reranker=reranker,
            version=1,
            next_index=None,
            created_at=now,
            updated_at=now,
        )
        values = {
            "id": row.id,
            "workspace": workspace,
            "name": name,
            "live_name": name,
            "description": description,
            "search": folded(name, description),
            "embedding": _json(embedding),
            "fingerprint": "",
            "index_id": row.index_id,
            "chunk": _json(row.chunk),
            "metadata_schema": _optional(metadata_schema),
            "reranker": _optional(reranker),
            "version": 1,
            "next_index": "",
            "created_at": now,
            "updated_at": now,
        }
        try:
            await self._database.write(
                lambda connection: connection.execute(insert(knowledge_bases).values(values))
            )
        except IntegrityError:
            raise BaseNameTaken(name) from None
        return row

    async def get(self, workspace: str, base_id: str) -> BaseRow | None:
        """Return a base; None if the workspace has none of this id."""
        wanted = _live(workspace).where(_c.id == base_id)
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else read_base(found)

    async def named(self, workspace: str, name: str) -> BaseRow | None:
        """Return the base of a name."""
        wanted = _live(workspace).where(_c.live_name == name)
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if found is None else read_base(found)

    async def find(self, workspace: str, wanted: str) -> BaseRow | None:
        """Return the base of an id, or else of a name."""
        return await self.get(workspace, wanted) or await self.named(workspace, wanted)

    async def list(
        self, workspace: str, *, search: str = "", limit: int = 100, offset: int = 0
    ) -> tuple[list[BaseRow], int]:
        """Return bases by name, and how many there are in all."""
        dialect = self._database.dialect
        where = [_c.workspace == workspace, _c.deleted_at.is_(None)]
        if search:
            where.append(contains(dialect, _c.search, search))

        def work(connection: Connection) -> tuple[list[BaseRow], int]:
            rows = connection.execute(
                select(knowledge_bases).where(*where).order_by(_c.search, _c.id).limit(limit).offset(offset)
            ).all()
            total = connection.scalar(select(func.count()).select_from(knowledge_bases).where(*where))
            return [read_base(row) for row in rows], total or 0

        return await self._database.read(work)

    async def counts(self, workspace: str, base_ids: "list[str]") -> dict[str, BaseCounts]:
        """Return how much is in each of some bases."""
        if not base_ids:
            return {}
        d = knowledge_documents.c
        shown = (
            select(d.base_id, func.sum(d.total))
            .where(d.workspace == workspace, d.base_id.in_(base_ids), d.generation.is_not(None))
            .group_by(d.base_id)
        )

        def work(connection: Connection) -> dict[str, BaseCounts]:
            statuses: dict[str, dict[str, int]] = {}
            counted: Sequence[Any] = connection.execute(counted_by_status(workspace, base_ids)).all()
            for base_id, status, count in counted:
                statuses.setdefault(base_id, {})[status] = count
            passages = {base_id: int(total or 0) for base_id, total in connection.execute(shown)}
            return {
                base_id: BaseCounts(
                    sum(statuses.get(base_id, {}).values()),
                    passages.get(base_id, 0),
                    statuses.get(base_id, {}),
                )
                for base_id in base_ids
            }

        return await self._database.read(work)

    async def change(self, workspace: str, base_id: str, change: BaseChange) -> BaseRow | None:
        """Change a base; None if there is none.

        Raises:
            BaseNameTaken: another base has the name.
        """

        def work(connection: Connection) -> BaseRow | None:
            found = connection.execute(
                _live(workspace).where(_c.id == base_id).with_for_update()
            ).one_or_none()
            if found is None:
                return None
            known = read_base(found)
            said = {
                name: value
                for name in change.__struct_fields__
                if (value := getattr(change, name)) is not UNSET
            }
            row = msgspec.structs.replace(known, **said, updated_at=time.time())
            connection.execute(
                update(knowledge_bases)
                .where(_c.id == base_id)
                .values(
                    name=row.name,
                    live_name=row.name,
                    description=row.description,
                    search=folded(row.name, row.description),
                    chunk=_json(row.chunk),
                    metadata_schema=_optional(row.metadata_schema),
                    reranker=_optional(row.reranker),
                    updated_at=row.updated_at,
                )
            )
            return row

        try:
            return await self._database.write(work)
        except IntegrityError:
            raise BaseNameTaken(str(change.name)) from None

    async def delete(self, workspace: str, base_id: str) -> bool:
        """Hide a base with all that is in it; the rows go later, in steps. False if there is none."""

        def work(connection: Connection) -> bool:
            now = time.time()
            hidden = connection.execute(
                update(knowledge_bases)
                .where(_c.workspace == workspace, _c.id == base_id, _c.deleted_at.is_(None))
                .values(deleted_at=now, live_name=None, version=_c.version + 1)
            )
            if hidden.rowcount == 0:
                return False
            add_garbage(connection, "base", base_id)
            return True

        return await self._database.write(work)

    async def workspace_of_run(self, base_id: str, index_id: str, execution_id: str) -> str | None:
        """Return the workspace of a base whose next index a run builds; None where it builds none."""
        wanted = select(knowledge_bases).where(_c.id == base_id, _c.deleted_at.is_(None))
        found = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        following = None if found is None else read_base(found).next_index
        if following is None or (following.index_id, following.execution_id) != (index_id, execution_id):
            return None
        return None if found is None else found.workspace

    async def set_fingerprint(self, base_id: str, index_id: str, fingerprint: Fingerprint) -> Fingerprint:
        """Return the fingerprint of an index: this one, if it is the first."""
        encoded = _json(fingerprint)

        def work(connection: Connection) -> Fingerprint:
            found = connection.execute(
                select(knowledge_bases).where(_c.id == base_id).with_for_update()
            ).one_or_none()
            row = None if found is None else read_base(found)
            if row is None:
                return fingerprint
            if row.index_id == index_id:
                if row.fingerprint is None:
                    connection.execute(
                        update(knowledge_bases).where(_c.id == base_id).values(fingerprint=encoded)
                    )
                return row.fingerprint or fingerprint
            following = row.next_index
            if following is not None and following.index_id == index_id and following.fingerprint is None:
                following = msgspec.structs.replace(following, fingerprint=fingerprint)
                connection.execute(
                    update(knowledge_bases).where(_c.id == base_id).values(next_index=_json(following))
                )
            return (following and following.fingerprint) or fingerprint

        return await self._database.write(work)


def _live(workspace: str) -> Any:
    return select(knowledge_bases).where(_c.workspace == workspace, _c.deleted_at.is_(None))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _optional(value: Any) -> str:
    return "" if value is None else _json(value)


def read_base(row: Row[Any]) -> BaseRow:
    """Return a row of the table as a value."""
    return BaseRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        description=row.description,
        embedding=msgspec.json.decode(row.embedding, type=EmbeddingModel),
        fingerprint=msgspec.json.decode(row.fingerprint, type=Fingerprint) if row.fingerprint else None,
        index_id=row.index_id,
        chunk=msgspec.json.decode(row.chunk, type=ChunkOptions),
        metadata_schema=msgspec.json.decode(row.metadata_schema) if row.metadata_schema else None,
        reranker=msgspec.json.decode(row.reranker, type=Reranker) if row.reranker else None,
        version=row.version,
        next_index=msgspec.json.decode(row.next_index, type=NextIndex) if row.next_index else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
