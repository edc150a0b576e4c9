"""Credentials: secrets that flows name. What was stored can be used and replaced, and never read again."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from graphs.outbound.credentials import CredentialError, CredentialKind, StoredKind, host_of, unfit
from persistence.identity.credentials import CredentialRow, Credentials, NameTaken
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.field_problems import invalid_field
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.oauth.authorizations import OAuthAuthorizations
from server.routes.flow_lists import Deleted

__all__ = ["CredentialView", "CredentialsController", "shown_credential"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Hosts = Annotated[list[Annotated[str, Meta(min_length=1, max_length=300)]], Meta(min_length=1, max_length=50)]
Secret = Annotated[str, Meta(min_length=1, max_length=8192)]


class NewCredential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new credential."""

    name: Name
    """The name that flows use. Unique in the workspace."""
    kind: CredentialKind
    """`bearer`, `header`, `basic` or `query` for requests, `provider_key` for models."""
    field: Annotated[str, Meta(max_length=255)] = ""
    """Name of the header or query parameter, or the user name of `basic`."""
    hosts: Hosts
    """Hosts that may receive it: `api.example.com` over https, or `host:port`."""
    secret: Secret
    """8 to 8,192 characters. It is never returned."""

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"NewCredential({self.name!r})"


class CredentialChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a credential. Missing fields stay unchanged."""

    hosts: Hosts | UnsetType = UNSET
    """To change the hosts, send the `secret` in the same request. This protects a stored secret."""
    secret: Secret | UnsetType = UNSET

    def __repr__(self) -> str:
        """Leave the secret out."""
        return "CredentialChange()"


class CredentialView(Struct, frozen=True, kw_only=True):
    """A credential without its secret."""

    id: str
    name: str
    kind: StoredKind
    field: str
    """Name of the header or query parameter, the user name of `basic`, or the OAuth client of `oauth2`."""
    hosts: list[str]
    expires_at: str | None
    """When the access token of `oauth2` expires. It is renewed before."""
    created_at: str
    updated_at: str
    last_used_at: str | None
    """To the minute."""
    created_by: str
    """The name of the API key that stored it."""


class CredentialList(Struct, frozen=True):
    """The workspace's credentials, by name."""

    credentials: list[CredentialView]
    total: int


class CredentialsController(Controller):
    """Create, read, change and delete credentials."""

    path = "/credentials"
    tags = ("Credentials",)

    @post(
        "/",
        operation_id="createCredential",
        opt=operation(400, 409, 413, 415, 422, needs="credentials:write"),
    )
    async def create(
        self,
        data: JSONBody[NewCredential],
        credentials: NamedDependency[Credentials],
        caller: NamedDependency[Caller],
    ) -> CredentialView:
        """Store a credential, encrypted."""
        if not data.name.isprintable() or data.name != data.name.strip():
            raise invalid_field("name", "A name has printable characters, and no blanks around it.")
        _refuse_unfit(data.kind, data.field, data.secret)
        hosts = _hosts(data.hosts)
        try:
            row = await credentials.create(
                caller.workspace,
                name=data.name,
                kind=data.kind,
                field=data.field,
                hosts=hosts,
                secret=data.secret,
                created_by=caller.name,
            )
        except NameTaken:
            detail = f"There is a credential '{data.name}' already. Change that one, or take another name."
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/name")]) from None
        return shown_credential(row)

    @get("/", operation_id="listCredentials", opt=operation(needs="credentials:read"))
    async def list(
        self, credentials: NamedDependency[Credentials], caller: NamedDependency[Caller]
    ) -> CredentialList:
        """List the credentials by name, without their secrets."""
        rows = await credentials.list(caller.workspace)
        return CredentialList([shown_credential(row) for row in rows], len(rows))

    @get("/{credential_id:str}", operation_id="getCredential", opt=operation(404, needs="credentials:read"))
    async def read(
        self,
        credential_id: FromPath[str],
        credentials: NamedDependency[Credentials],
        caller: NamedDependency[Caller],
    ) -> CredentialView:
        """Return a credential without its secret."""
        return shown_credential(await _known(credentials, caller, credential_id))

    @put(
        "/{credential_id:str}",
        operation_id="updateCredential",
        opt=operation(400, 404, 409, 413, 415, 422, needs="credentials:write"),
    )
    async def update(
        self,
        credential_id: FromPath[str],
        data: JSONBody[CredentialChange],
        credentials: NamedDependency[Credentials],
        caller: NamedDependency[Caller],
    ) -> CredentialView:
        """Update the secret or hosts of a credential. Active runs use it from their next request."""
        secret = None if data.secret is UNSET else data.secret
        while True:
            known = await _known(credentials, caller, credential_id)
            hosts = known.hosts if data.hosts is UNSET else _hosts(data.hosts)
            if secret is not None:
                if known.kind == "oauth2":
                    raise invalid_field(
                        "secret", f"'{known.name}' has tokens of OAuth. Authorize it again instead."
                    )
                _refuse_unfit(known.kind, known.field, secret)
            elif more := sorted({*hosts} - {*known.hosts}):
                raise invalid_field(
                    "hosts",
                    f"The stored secret was not meant for {', '.join(more)}. Send 'secret' with 'hosts'.",
                )
            try:
                row = await credentials.replace(known, hosts=hosts, secret=secret)
            except CredentialError as error:
                raise Problem(409, error.code, str(error)) from None
            if row is not None:
                return shown_credential(row)

    @delete(
        "/{credential_id:str}",
        operation_id="deleteCredential",
        status_code=200,
        opt=operation(404, needs="credentials:write"),
    )
    async def delete(
        self,
        credential_id: FromPath[str],
        credentials: NamedDependency[Credentials],
        oauth: NamedDependency[OAuthAuthorizations],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a credential. Flows that use it fail until a new one has its name.

        Tokens of OAuth are revoked at the authorization server, where it offers that.
        """
        known = await _known(credentials, caller, credential_id)
        told = await oauth.revoke(known) if known.kind == "oauth2" else ""
        if not await credentials.delete(caller.workspace, known.id):
            raise not_found("credential", credential_id)
        return Deleted(known.id, True, f"The credential '{known.name}' is deleted. {told}".strip())


async def _known(credentials: Credentials, caller: Caller, credential_id: str) -> CredentialRow:
    row = await credentials.get(caller.workspace, known_id("credential", credential_id))
    if row is None:
        raise not_found("credential", credential_id)
    return row


def _hosts(wanted: list[str]) -> list[str]:
    found: list[str] = []
    for place, entry in enumerate(wanted):
        try:
            found.append(host_of(entry))
        except ValueError as error:
            raise invalid_field(f"hosts/{place}", str(error)) from None
    return [*dict.fromkeys(found)]


def _refuse_unfit(kind: CredentialKind, field: str, secret: str) -> None:
    if (wrong := unfit(kind, field, secret)) is not None:
        raise invalid_field(*wrong)


def shown_credential(row: CredentialRow) -> CredentialView:
    """Return a credential as the API shows it."""
    return CredentialView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        field=row.field,
        hosts=row.hosts,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
        last_used_at=iso(row.last_used_at),
        created_by=row.created_by,
        expires_at=iso(row.expires_at),
    )
