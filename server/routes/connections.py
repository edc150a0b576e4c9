"""Connections: named model addresses of a workspace, each with a credential's key, a profile and defaults."""

from typing import Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from graphs.model_api.connection import Connection
from persistence.identity.connections import ConnectionRow, Connections
from persistence.identity.credentials import NameTaken
from persistence.spending.prices import Prices
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.field_problems import name_taken
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.requests.connection_values import (
    URL,
    ConnectionDefaults,
    ConnectionPrice,
    ConnectionPrices,
    Headers,
    Name,
    NewConnection,
    Profile,
    Provider,
    UnfitConnection,
    Word,
    fit_connection,
)
from server.requests.stored_uses import credential_uses, refuse_uses
from server.routes.flow_lists import Deleted

__all__ = ["ConnectionsController"]


class ConnectionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a connection. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    provider: Provider | UnsetType = UNSET
    base_url: URL | UnsetType = UNSET
    credential: Word | UnsetType = UNSET
    profile: Profile | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    defaults: ConnectionDefaults | UnsetType = UNSET
    """All of them: those that are missing here are unset."""
    prices: ConnectionPrices | UnsetType = UNSET
    """All of them. Recorded costs do not change."""


class ConnectionView(Struct, frozen=True, kw_only=True):
    """A connection. Its key is in the credential that it names."""

    id: str
    name: str
    provider: str
    base_url: str
    credential: str
    profile: str
    headers: dict[str, str]
    defaults: dict[str, Any]
    prices: dict[str, ConnectionPrice]
    created_at: str
    updated_at: str


class ConnectionList(Struct, frozen=True):
    """The workspace's connections, by name."""

    connections: list[ConnectionView]
    total: int


class ConnectionsController(Controller):
    """Create, read, change and delete connections."""

    path = "/connections"
    tags = ("Models",)

    @post(
        "/",
        operation_id="createConnection",
        opt=operation(400, 409, 413, 415, 422, needs="connections:write"),
    )
    async def create(
        self,
        data: JSONBody[NewConnection],
        connections: NamedDependency[Connections],
        prices: NamedDependency[Prices],
        caller: NamedDependency[Caller],
    ) -> ConnectionView:
        """Store a model's address under a name that flows use."""
        connection = _checked(data.connection())
        refuse_uses(caller.permissions, credential_uses({"credential": connection.credential}))
        try:
            row = await connections.create(caller.workspace, data.name, connection)
        except NameTaken:
            raise name_taken("a connection", data.name) from None
        await prices.refresh()
        return _view(row)

    @get("/", operation_id="listConnections", opt=operation(needs="connections:read"))
    async def list(
        self, connections: NamedDependency[Connections], caller: NamedDependency[Caller]
    ) -> ConnectionList:
        """List the connections by name."""
        rows = await connections.list(caller.workspace)
        return ConnectionList([_view(row) for row in rows], len(rows))

    @get("/{connection_id:str}", operation_id="getConnection", opt=operation(404, needs="connections:read"))
    async def read(
        self,
        connection_id: FromPath[str],
        connections: NamedDependency[Connections],
        caller: NamedDependency[Caller],
    ) -> ConnectionView:
        """Return a connection."""
        return _view(await _known(connections, caller, connection_id))

    @put(
        "/{connection_id:str}",
        operation_id="updateConnection",
        opt=operation(400, 404, 409, 413, 415, 422, needs="connections:write"),
    )
    async def update(
        self,
        connection_id: FromPath[str],
        data: JSONBody[ConnectionChange],
        connections: NamedDependency[Connections],
        prices: NamedDependency[Prices],
        caller: NamedDependency[Caller],
    ) -> ConnectionView:
        """Update a connection. Active runs use it from their next request."""
        said = {name: value for name, value in msgspec.to_builtins(data).items() if name != "name"}
        row = None
        while row is None:
            known = await _known(connections, caller, connection_id)
            connection = _checked(msgspec.structs.replace(known.connection, **said))
            if connection != known.connection:
                refuse_uses(caller.permissions, credential_uses({"credential": connection.credential}))
            name = known.name if data.name is UNSET else data.name
            try:
                row = await connections.replace(known, name, connection)
            except NameTaken:
                raise name_taken("a connection", name) from None
        await prices.refresh()
        return _view(row)

    @delete(
        "/{connection_id:str}",
        operation_id="deleteConnection",
        status_code=200,
        opt=operation(404, needs="connections:write"),
    )
    async def delete(
        self,
        connection_id: FromPath[str],
        connections: NamedDependency[Connections],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a connection. Flows that use it fail until a new one has its name."""
        known = await _known(connections, caller, connection_id)
        if not await connections.delete(caller.workspace, known.id):
            raise not_found("connection", connection_id)
        return Deleted(known.id, True, f"The connection '{known.name}' is deleted.")


async def _known(connections: Connections, caller: Caller, connection_id: str) -> ConnectionRow:
    row = await connections.get(caller.workspace, known_id("connection", connection_id))
    if row is None:
        raise not_found("connection", connection_id)
    return row


def _checked(connection: Connection) -> Connection:
    """Return a connection that requests can go by.

    Raises:
        Problem: 422, with what is wrong.
    """
    try:
        return fit_connection(connection)
    except UnfitConnection as error:
        detail = str(error)
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{error.place}")]) from None


def _view(row: ConnectionRow) -> ConnectionView:
    return ConnectionView(
        id=row.id,
        name=row.name,
        provider=row.connection.provider,
        base_url=row.connection.base_url,
        credential=row.connection.credential,
        profile=row.connection.profile,
        headers=dict(row.connection.headers),
        defaults=dict(row.connection.defaults),
        prices=msgspec.convert(row.connection.prices, dict[str, ConnectionPrice]),
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )
