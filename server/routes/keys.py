"""API keys: made with no more than their maker may do, shown once, and taken back."""

import time
from typing import Annotated, Any, Literal

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from persistence.identity.api_keys import KeyRow, Keys
from persistence.library.flows import Flows
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.identity.permissions import Permission, Role, permissions_of

__all__ = ["KeysController"]

DAY = 86_400
OnDisconnect = Literal["continue", "cancel"]
Name = Annotated[str, Meta(min_length=1, max_length=255)]


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new API key."""

    name: Name
    """A name for lists."""
    role: Role = "runner"
    """Its role. It never has more permissions than its creator."""
    scopes: Annotated[list[Permission], Meta(min_length=1, max_length=100)] | None = None
    """The permissions that it has, of those of its role. Null: all of them."""
    days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    """Days until it expires. Null: it works until it is revoked."""
    flow_id: str | None = None
    """The one flow that it may use: chats, runs, and what is read of them. Null: all of the workspace."""
    on_disconnect: OnDisconnect | None = None
    """What happens to a run whose client disconnects. Null: the default of each endpoint."""


class KeyView(Struct, frozen=True, kw_only=True):
    """What is known of an API key, which is not the key."""

    id: str
    name: str
    prefix: str
    """The key's first characters."""
    role: str
    scopes: list[str] | None
    user_id: str | None
    """Whose it is: it can do no more than they."""
    flow_id: str | None
    """The one flow that it may use; null for all of the workspace."""
    on_disconnect: str | None
    """What happens to a run whose client disconnects: `continue` or `cancel`; null for the default."""
    created_at: str
    last_used_at: str | None
    """To the minute."""
    expires_at: str | None
    revoked_at: str | None


class MadeKey(KeyView, frozen=True, kw_only=True):
    """An API key that was made now."""

    key: str
    """The key. It is kept as its hash: this is the only time it can be seen."""


class KeyList(Struct, frozen=True):
    """The workspace's keys."""

    keys: list[KeyView]
    total: int


class KeysController(Controller):
    """Make, list and revoke API keys."""

    path = "/keys"
    tags = ("Keys",)

    @post(
        "/", operation_id="createKey", opt=operation(400, 404, 413, 415, 422, needs="keys:write", secret=True)
    )
    async def create(
        self,
        data: JSONBody[NewKey],
        keys: NamedDependency[Keys],
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
    ) -> MadeKey:
        """Create an API key. It belongs to the user who creates it."""
        wanted = permissions_of(data.role, caller.workspace)
        if data.scopes is not None:
            beyond = [scope for scope in data.scopes if scope not in wanted]
            if beyond:
                detail = f"The role {data.role} does not have {', '.join(beyond)}. Leave them out of scopes."
                raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/scopes")])
            wanted = frozenset(data.scopes)
        if not wanted <= caller.permissions:
            missing = ", ".join(sorted(wanted - caller.permissions))
            raise Problem(403, "forbidden", f"A key can do no more than its maker, who lacks {missing}.")
        flow_id = None
        if data.flow_id is not None:
            if (flow := await flows.get(caller.workspace, known_id("flow", data.flow_id))) is None:
                raise not_found("flow", data.flow_id)
            flow_id = flow.id
        row, key = await keys.create(
            caller.workspace,
            data.name,
            None if data.days is None else time.time() + data.days * DAY,
            role=data.role,
            scopes=data.scopes,
            user_id=caller.user_id or None,
            flow_id=flow_id,
            on_disconnect=data.on_disconnect,
        )
        return MadeKey(**_fields(row), key=key)

    @get("/", operation_id="listKeys", opt=operation(needs="keys:read"))
    async def list(self, keys: NamedDependency[Keys], caller: NamedDependency[Caller]) -> KeyList:
        """List API keys, newest first, including revoked and expired ones."""
        rows = await keys.list(caller.workspace)
        return KeyList([KeyView(**_fields(row)) for row in rows], len(rows))

    @get("/{key_id:str}", operation_id="getKey", opt=operation(404, needs="keys:read"))
    async def read(
        self, key_id: FromPath[str], keys: NamedDependency[Keys], caller: NamedDependency[Caller]
    ) -> KeyView:
        """Return an API key without its secret."""
        return KeyView(**_fields(await _key(keys, caller, key_id)))

    @delete(
        "/{key_id:str}", operation_id="revokeKey", status_code=200, opt=operation(404, needs="keys:write")
    )
    async def revoke(
        self, key_id: FromPath[str], keys: NamedDependency[Keys], caller: NamedDependency[Caller]
    ) -> KeyView:
        """Revoke an API key. It stops working within a second; its streams end within five."""
        row = await _key(keys, caller, key_id)
        await keys.revoke(caller.workspace, row.id)
        return KeyView(**_fields(await _key(keys, caller, key_id)))


async def _key(keys: Keys, caller: Caller, key_id: str) -> KeyRow:
    row = await keys.get(caller.workspace, known_id("key", key_id))
    if row is None:
        raise not_found("key", key_id)
    return row


def _fields(row: KeyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "prefix": row.prefix,
        "role": row.role,
        "scopes": row.scopes,
        "user_id": row.user_id,
        "flow_id": row.flow_id,
        "on_disconnect": row.on_disconnect,
        "created_at": iso(row.created_at) or "",
        "last_used_at": iso(row.last_used_at),
        "expires_at": iso(row.expires_at),
        "revoked_at": iso(row.revoked_at),
    }
