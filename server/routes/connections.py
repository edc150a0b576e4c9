"""Connections: named model addresses of a workspace, each with a credential's key, a profile and defaults."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.model_api.connection import Connection
from graphs.model_nodes.model_settings import (
    ContextTokens,
    ExtraBody,
    FirstTokenSeconds,
    IdleSeconds,
    KeepAlive,
    LogitBias,
    MinP,
    ParallelToolCalls,
    Penalty,
    ReasoningEffort,
    TemplateArguments,
    Think,
    TopK,
    User,
    extra_body_problem,
)
from graphs.parsing.web_address import WebAddressError, read_address
from persistence.identity.connections import ConnectionRow, Connections
from persistence.identity.credentials import NameTaken
from server.description.operations import operation
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.http.sse_frames import iso
from server.identity.auth import Caller
from server.routes.flow_lists import Deleted

__all__ = ["ConnectionsController"]

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Provider = Annotated[str, Meta(min_length=1, max_length=64)]
URL = Annotated[str, Meta(max_length=2048)]
Word = Annotated[str, Meta(max_length=255)]
Stop = Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=16)]
Headers = Annotated[dict[str, Annotated[str, Meta(max_length=4096)]], Meta(max_length=20)]

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset(
    {"authorization", "api-key", "x-api-key", "proxy-authorization", "cookie", "host", "content-type"}
    | {"content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "upgrade", "te"}
    | {"trailer", "expect", "accept", "accept-encoding", "idempotency-key"}
)


class ConnectionDefaults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a model, where the node or chat that asks it has none of its own."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET
    stop: Stop | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    top_k: TopK | UnsetType = UNSET
    min_p: MinP | UnsetType = UNSET
    presence_penalty: Penalty | UnsetType = UNSET
    frequency_penalty: Penalty | UnsetType = UNSET
    logit_bias: LogitBias | UnsetType = UNSET
    user: User | UnsetType = UNSET
    reasoning_effort: ReasoningEffort | UnsetType = UNSET
    parallel_tool_calls: ParallelToolCalls | UnsetType = UNSET
    chat_template_kwargs: TemplateArguments | UnsetType = UNSET
    num_ctx: ContextTokens | UnsetType = UNSET
    keep_alive: KeepAlive | UnsetType = UNSET
    think: Think | UnsetType = UNSET
    model_first_token_seconds: FirstTokenSeconds | UnsetType = UNSET
    model_idle_seconds: IdleSeconds | UnsetType = UNSET
    extra_body: ExtraBody | UnsetType = UNSET


class NewConnection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A connection."""

    name: Name
    """The name that flows use. Unique in the workspace."""
    provider: Provider
    """`openai` for every server that speaks its API, `anthropic` or `ollama`."""
    base_url: URL = ""
    """Its URL. Empty: the server's own for this provider. A private IP address needs the operator's
    `egress_allow`."""
    credential: Word = ""
    """Name of a credential of kind `provider_key`, which must allow the host of the URL. Empty: no key."""
    profile: Annotated[str, Meta(max_length=64)] = ""
    """Which kind of server it is, such as `azure` or `vllm`. Empty: the URL tells."""
    headers: Headers = {}
    """Sent with each request, such as `OpenAI-Organization`. They are no place for secrets."""
    defaults: ConnectionDefaults = ConnectionDefaults()


class ConnectionChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a connection. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    provider: Provider | UnsetType = UNSET
    base_url: URL | UnsetType = UNSET
    credential: Word | UnsetType = UNSET
    profile: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    defaults: ConnectionDefaults | UnsetType = UNSET
    """All of them: those that are missing here are unset."""


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
        caller: NamedDependency[Caller],
    ) -> ConnectionView:
        """Store a model's address under a name that flows use."""
        connection = _checked(
            Connection(
                provider=data.provider,
                base_url=data.base_url,
                credential=data.credential,
                profile=data.profile,
                headers=data.headers,
                defaults=msgspec.to_builtins(data.defaults),
            )
        )
        try:
            return _view(await connections.create(caller.workspace, data.name, connection))
        except NameTaken:
            raise _taken(data.name) from None

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
        caller: NamedDependency[Caller],
    ) -> ConnectionView:
        """Update a connection. Active runs use it from their next request."""
        known = await _known(connections, caller, connection_id)
        said = {name: value for name, value in msgspec.to_builtins(data).items() if name != "name"}
        connection = _checked(msgspec.structs.replace(known.connection, **said))
        name = known.name if data.name is UNSET else data.name
        try:
            row = await connections.replace(known, name, connection)
        except NameTaken:
            raise _taken(name) from None
        if row is None:
            raise not_found("connection", connection_id)
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
    from graphs.chat_completions.server_profiles import PROFILES
    from graphs.providers.table import PROVIDERS

    remote = [name for name, entry in PROVIDERS.items() if entry.remote]
    if connection.provider not in remote:
        raise _invalid(
            "provider", f"Expected one of {', '.join(remote)}, found '{connection.provider[:80]}'."
        )
    if connection.base_url:
        try:
            read_address(connection.base_url)
        except WebAddressError as error:
            raise _invalid("base_url", f"The URL cannot be asked. {error}") from None
    if connection.profile and connection.profile not in PROFILES:
        raise _invalid("profile", f"Expected one of {', '.join(PROFILES)}, found '{connection.profile}'.")
    if connection.profile and connection.provider != "openai":
        raise _invalid("profile", "Profiles are of provider 'openai'. Leave it out.")
    for name, value in connection.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise _invalid("headers", f"The header '{name[:80]}' cannot be set. Leave it out.")
        if not value.isascii() or not value.isprintable():
            raise _invalid("headers", f"The value of '{name}' has characters that no header can have.")
    if wrong := extra_body_problem(connection.defaults.get("extra_body") or {}):
        raise _invalid("defaults/extra_body", wrong)
    return connection


def _taken(name: str) -> Problem:
    detail = f"There is a connection '{name}' already. Change that one, or take another name."
    return Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/name")])


def _invalid(place: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{place}")])


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
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )
