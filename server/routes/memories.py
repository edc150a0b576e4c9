"""Long-term memories across sessions, shown to whom they are about or who may manage their sessions."""

from typing import Annotated, Any

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from persistence.memories.memories import Memories, MemoryRow
from server.description.operations import operation
from server.http.cursors import TextKey, TimeKey, next_cursor, place_after
from server.http.page_bytes import refuse_large
from server.http.parameters import Limit
from server.http.problems import Problem
from server.identity.authentication import Caller
from server.settings.sources import Settings
from server.views.knowledge_views import MemoryView, memory_view

__all__ = ["MemoriesController"]

ORDER = "memories"
DAY = 86_400.0
LONGEST_TTL = 36_500 * DAY
Part = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\n]+$")]
Namespace = Annotated[list[Part], Meta(max_length=8)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
OwnerParameter = Annotated[
    str | None,
    QueryParameter(
        max_length=96, description="Only memories of this user (their ID), key (`key:` and its ID) or agent."
    ),
]
Search = Annotated[str | None, QueryParameter(max_length=1000, description="Words that all must be in it.")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=4000, description="The `next_cursor` of the page before.")
]
KeyParameter = Annotated[str, QueryParameter(min_length=1, max_length=255, description="Key of the memory.")]
NamespaceParameter = Annotated[
    str, QueryParameter(max_length=900, description="Namespace of the memory: its parts, separated by `/`.")
]


class NewMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A memory to keep, in place of the one of the same namespace and key."""

    key: Key
    value: dict[str, Any]
    namespace: Namespace = []
    """Parts of a name that groups memories. The owner stands before it."""
    owner: Annotated[str, Meta(max_length=96)] = ""
    """Whom it is about. Empty: the user or key of the request. Others need the permission `sessions:all`."""
    ttl_seconds: Annotated[float, Meta(gt=0, le=LONGEST_TTL)] | None = None
    """Seconds after which it is forgotten. Null: the setting `memory_ttl_days`."""


class MemoryList(Struct, frozen=True, kw_only=True):
    """A page of memories, the last changed first."""

    memories: list[MemoryView]
    next_cursor: str | None


class ForgottenMemory(Struct, frozen=True, kw_only=True):
    """What was forgotten."""

    key: str
    deleted: bool


class MemoriesController(Controller):
    """Memories of a user or key; with `sessions:all`, those of others."""

    path = "/memories"
    tags = ("Memories",)

    @get("/", operation_id="listMemories", opt=operation(404, 422, needs="runs:read"))
    async def list(
        self,
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
        settings: NamedDependency[Settings],
        owner: OwnerParameter = None,
        search: Search = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> MemoryList:
        """List memories, the last changed first."""
        place: Any = place_after(cursor, ORDER, [TimeKey, TextKey, TextKey])
        rows, whole = await memories.search(
            caller.workspace,
            owner=_whose(caller, owner),
            query=search or "",
            limit=limit,
            place=place,
            most_bytes=settings.max_page_bytes,
        )
        return MemoryList(
            memories=[memory_view(row) for row in rows],
            next_cursor=next_cursor(ORDER, rows, limit if whole else len(rows), _place),
        )

    @put("/", operation_id="putMemory", opt=operation(400, 404, 413, 415, 422, needs="runs:start"))
    async def put(
        self,
        data: JSONBody[NewMemory],
        settings: NamedDependency[Settings],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> MemoryView:
        """Keep a memory."""
        owner = _whose(caller, data.owner or caller.owner) or ""
        refuse_large(data.value, settings.max_memory_entry_bytes)
        ttl = data.ttl_seconds or settings.memory_ttl_days * DAY or None
        row = await memories.put(
            caller.workspace,
            [owner, *data.namespace],
            data.key,
            data.value,
            owner=owner,
            ttl_seconds=ttl,
        )
        return memory_view(row)

    @delete("/", operation_id="deleteMemory", status_code=200, opt=operation(404, 422, needs="runs:start"))
    async def forget(
        self,
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
        key: KeyParameter,
        namespace: NamespaceParameter = "",
        owner: OwnerParameter = None,
    ) -> ForgottenMemory:
        """Forget a memory."""
        whose = _whose(caller, owner or caller.owner) or ""
        parts = [part for part in namespace.split("/") if part]
        if not await memories.delete(caller.workspace, [whose, *parts], key):
            raise Problem(404, "not_found", f"There is no memory '{key[:80]}' in that namespace.")
        return ForgottenMemory(key=key, deleted=True)


def _whose(caller: Caller, owner: str | None) -> str | None:
    """Return whose memories a request is about; None for all that the caller may see.

    Raises:
        Problem: 404 for those of others, of which the caller may know nothing.
    """
    if caller.any_session or not caller.owner:
        return owner
    if owner in (None, "", caller.owner):
        return caller.owner
    raise Problem(404, "not_found", f"There are no memories of '{owner[:80] if owner else ''}' for you.")


def _place(row: MemoryRow) -> tuple[Any, ...]:
    return row.updated_at, "".join(f"{part}\n" for part in row.namespace), row.key
