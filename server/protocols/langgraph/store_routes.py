"""Routes of LangGraph's server: its store, which is the memories of whom the caller is."""

from typing import Any, cast

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from msgspec import Struct

from persistence.memories.memories import Memories, MemoryRow
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.bodies import shape
from server.http.page_bytes import refuse_large
from server.http.problems import Fault, Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.langgraph.assistants.assistant_routes import body_of
from server.settings.sources import Settings

__all__ = ["LangGraphStoreController"]

READ = operation(404, needs="runs:read")
CHANGE = operation(404, needs="runs:start")
MOST = 1000
PART, PARTS, KEY = 100, 8, 255
MINUTE, DAY = 60.0, 86_400.0


class StoreItem(Struct, frozen=True, kw_only=True):
    """An item to keep or to delete. What else a client sends is ignored."""

    namespace: list[str] = []
    key: str = ""
    value: dict[str, Any] | None = None
    ttl: float | None = None
    """Minutes."""


class StoreSearch(Struct, frozen=True, kw_only=True):
    """Which items or namespaces to list."""

    namespace_prefix: list[str] = []
    filter: dict[str, Any] | None = None
    query: str | None = None
    limit: int = 10
    offset: int = 0
    prefix: list[str] | None = None
    suffix: list[str] | None = None
    max_depth: int | None = None


class LangGraphStoreController(Controller):
    """Items: memories, below the caller's own name."""

    path = "/langgraph/store"
    include_in_schema = False
    opt = ANY_QUERY

    @put("/items", operation_id="langgraphPutItem", status_code=204, opt=CHANGE)
    async def put(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> None:
        """Keep an item."""
        item = shape(await body_of(request), StoreItem)
        seconds = item.ttl * MINUTE if item.ttl else settings.memory_ttl_days * DAY or None
        space = _space(caller, item.namespace)
        refuse_large(item.value or {}, settings.max_memory_entry_bytes)
        await memories.put(
            caller.workspace, space, _key(item.key), item.value or {}, owner=caller.owner, ttl_seconds=seconds
        )

    @get("/items", operation_id="langgraphGetItem", opt=READ)
    async def read(
        self,
        request: Request[Any, Any, Any],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return an item."""
        query = request.query_params
        named = [part for one in query.getall("namespace", []) for part in one.split(".") if part]
        row = await memories.get(caller.workspace, _space(caller, named), _key(query.get("key", "")))
        if row is None:
            raise Problem(404, "not_found", "There is no item of this key in that namespace.")
        return _shown(row)

    @delete("/items", operation_id="langgraphDeleteItem", status_code=204, opt=CHANGE)
    async def remove(
        self,
        request: Request[Any, Any, Any],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> None:
        """Delete an item."""
        item = shape(await body_of(request), StoreItem)
        await memories.delete(caller.workspace, _space(caller, item.namespace), _key(item.key))

    @post("/items/search", operation_id="langgraphSearchItems", status_code=200, opt=READ)
    async def search(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """List items."""
        wanted = shape(await body_of(request), StoreSearch)
        limit, offset = max(0, min(wanted.limit, MOST)), max(0, wanted.offset)
        space, query, most = (
            _space(caller, wanted.namespace_prefix),
            wanted.query or "",
            settings.max_page_bytes,
        )
        if wanted.filter:
            given = wanted.filter.items()
            rows = await memories.matching(
                caller.workspace,
                space,
                lambda row: all(_fits(row.value.get(name), value) for name, value in given),
                query=query,
                limit=limit,
                offset=offset,
                most_bytes=most,
            )
        else:
            rows, _ = await memories.search(
                caller.workspace, space, query=query, limit=limit, offset=offset, most_bytes=most
            )
        return {"items": [{**_shown(row), "score": None} for row in rows]}

    @post("/namespaces", operation_id="langgraphListNamespaces", status_code=200, opt=READ)
    async def namespaces(
        self,
        request: Request[Any, Any, Any],
        memories: NamedDependency[Memories],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """List namespaces."""
        wanted = shape(await body_of(request), StoreSearch)
        suffix = wanted.suffix or []
        below = await memories.namespaces(caller.workspace, _space(caller, wanted.prefix or []))
        spaces = {space[1:] for space in below}
        found = sorted(
            {space[: wanted.max_depth] for space in spaces if [*space[len(space) - len(suffix) :]] == suffix}
        )
        limit = max(0, min(wanted.limit, MOST))
        offset = max(0, wanted.offset)
        return {"namespaces": [[*one] for one in found[offset : offset + limit]]}


def _space(caller: Caller, namespace: list[str]) -> list[str]:
    """Return the namespace of memories that a client means: below the caller's own name.

    Raises:
        Problem: 422 for what is no namespace.
    """
    fits = len(namespace) <= PARTS and all(
        0 < len(one) <= PART and "\n" not in one and "." not in one for one in namespace
    )
    if not fits:
        detail = f"A namespace has at most {PARTS} parts of {PART} characters, without '.' and line breaks."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/namespace")])
    return [caller.owner, *namespace]


def _key(key: str) -> str:
    if 1 <= len(key) <= KEY:
        return key
    detail = f"A key has 1 to {KEY} characters."
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/key")])


def _fits(found: Any, wanted: Any) -> bool:
    """Say whether a value is what a filter wants: equal, or as its operators say."""
    fields = cast("dict[str, Any]", wanted) if isinstance(wanted, dict) else {}
    if not fields or not all(name.startswith("$") for name in fields):
        return bool(found == wanted)
    try:
        return all(_compared(name, found, value) for name, value in fields.items())
    except TypeError:
        return False


def _compared(operator: str, found: Any, value: Any) -> bool:
    match operator:
        case "$eq":
            return bool(found == value)
        case "$ne":
            return bool(found != value)
        case "$gt":
            return bool(found > value)
        case "$gte":
            return bool(found >= value)
        case "$lt":
            return bool(found < value)
        case "$lte":
            return bool(found <= value)
        case _:
            raise Problem(422, "invalid", f"A filter has no operator '{operator[:20]}'.")


def _shown(row: MemoryRow) -> dict[str, Any]:
    return {
        "namespace": [*row.namespace[1:]],
        "key": row.key,
        "value": row.value,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }
