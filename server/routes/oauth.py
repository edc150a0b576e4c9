"""OAuth: authorizations that make credentials, by the operator's OAuth clients."""

from typing import Annotated, Any, Literal

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.problems import Fault, Problem
from server.identity.authentication import Caller
from server.oauth.authorizations import CALLBACK, AuthorizationError, OAuthAuthorizations
from server.routes.credentials import CredentialView, shown_credential
from server.settings.sources import Settings

__all__ = ["OAuthController"]

Name = Annotated[str, Meta(min_length=1, max_length=255)]
ClientName = Annotated[str, Meta(min_length=1, max_length=64)]
Scopes = Annotated[list[Annotated[str, Meta(min_length=1, max_length=300)]], Meta(max_length=100)]


class OAuthClientView(Struct, frozen=True, kw_only=True):
    """An OAuth client of the operator's. Its client ID and secret are not shown."""

    name: str
    grant: Literal["authorization_code", "client_credentials"]
    """`authorization_code`: a person authorizes. `client_credentials`: the client authorizes itself."""
    hosts: list[str]
    """Hosts that may receive the tokens."""
    scopes: list[str]
    """Scopes that may be asked for."""


class OAuthClientList(Struct, frozen=True):
    """The OAuth clients that the workspace may use."""

    clients: list[OAuthClientView]
    total: int
    callback_url: str
    """The redirect URI that the operator registers with authorization servers."""
    problem: str
    """Why the operator's file cannot be used. Empty if it can."""


class NewAuthorization(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be authorized."""

    client: ClientName
    """Name of an OAuth client, from `GET /oauth/clients`."""
    name: Name
    """Name of the credential. One of this client gets the new tokens."""
    scopes: Scopes = []
    """Scopes to request. Empty: all scopes of the client."""


class AuthorizationView(Struct, frozen=True, kw_only=True):
    """An authorization that began."""

    authorization_url: str
    """Open it in a browser. Empty if the client authorizes itself: the credential is stored."""
    expires_at: str | None
    """When it can no longer be finished."""
    credential: CredentialView | None
    """The stored credential of a client that authorizes itself."""


class AuthorizationCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authorization server added to the callback URL."""

    state: Annotated[str, Meta(min_length=1, max_length=500)]
    code: Annotated[str, Meta(max_length=8192)] = ""
    error: Annotated[str, Meta(max_length=1000)] = ""
    iss: Annotated[str, Meta(max_length=2048)] = ""

    def __repr__(self) -> str:
        """Leave the code out."""
        return "AuthorizationCode()"


class OAuthController(Controller):
    """Begin and finish authorizations."""

    path = "/oauth"
    tags = ("Credentials",)

    @get("/clients", operation_id="listOAuthClients", opt=operation(needs="credentials:read"))
    async def clients(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        oauth: NamedDependency[OAuthAuthorizations],
        caller: NamedDependency[Caller],
    ) -> OAuthClientList:
        """List the OAuth clients that the operator has registered."""
        found = await oauth.grants.clients()
        views = [
            OAuthClientView(name=name, grant=one.grant, hosts=one.hosts, scopes=one.scopes)
            for name, one in sorted(found.of(caller.workspace).items())
        ]
        return OAuthClientList(views, len(views), callback_url(settings, request), found.problem)

    @post(
        "/authorizations",
        operation_id="beginAuthorization",
        status_code=200,
        opt=operation(400, 409, 413, 415, 422, needs="credentials:write"),
    )
    async def begin(
        self,
        data: JSONBody[NewAuthorization],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        oauth: NamedDependency[OAuthAuthorizations],
        caller: NamedDependency[Caller],
    ) -> AuthorizationView:
        """Begin an authorization. You must finish it yourself within 10 minutes."""
        if not data.name.isprintable() or data.name != data.name.strip():
            detail = "A name has printable characters, and no blanks around it."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/name")])
        client = (await oauth.grants.clients()).of(caller.workspace).get(data.client)
        try:
            if client is not None and client.grant == "client_credentials":
                row = await oauth.grant(
                    caller.workspace, client=data.client, name=data.name, scopes=data.scopes, by=caller.name
                )
                return AuthorizationView(
                    authorization_url="", expires_at=None, credential=shown_credential(row)
                )
            begun = await oauth.begin(
                caller.workspace,
                caller.owner,
                client=data.client,
                name=data.name,
                scopes=data.scopes,
                redirect_uri=callback_url(settings, request),
            )
        except AuthorizationError as error:
            raise _problem(error) from None
        return AuthorizationView(
            authorization_url=begun.url, expires_at=iso(begun.expires_at), credential=None
        )

    @post(
        "/authorizations/finish",
        operation_id="finishAuthorization",
        status_code=200,
        opt=operation(400, 409, 413, 415, 422, needs="credentials:write"),
    )
    async def finish(
        self,
        data: JSONBody[AuthorizationCode],
        oauth: NamedDependency[OAuthAuthorizations],
        caller: NamedDependency[Caller],
    ) -> CredentialView:
        """Finish an authorization that you began, with the parameters of the callback URL."""
        try:
            row = await oauth.finish(
                caller.workspace,
                caller.owner,
                state=data.state,
                code=data.code,
                error=data.error,
                iss=data.iss,
                by=caller.name,
            )
        except AuthorizationError as error:
            raise _problem(error) from None
        return shown_credential(row)


def callback_url(settings: Settings, request: Request[Any, Any, Any]) -> str:
    """Return the redirect URI."""
    return (settings.public_url or str(request.base_url)).rstrip("/") + CALLBACK


def _problem(error: AuthorizationError) -> Problem:
    detail = str(error)
    pointer = f"/{error.field}" if error.field else ""
    status = 409 if error.code == "name_taken" else 422
    return Problem(status, error.code, detail, errors=[Fault(detail, pointer=pointer)])
