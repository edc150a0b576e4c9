"""OAuth authorizations: from the first request to a credential (RFC 6749 §4.1, RFC 7636, RFC 9700)."""

import base64
import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from graphs.outbound.oauth_tokens import OAuthError, OAuthTokens
from persistence.identity.credentials import CredentialRow, Credentials, NameTaken
from persistence.identity.oauth_authorizations import Authorizations
from server.oauth.oauth_clients import OAuthClientEntry
from server.oauth.token_grants import TokenGrants

__all__ = ["CALLBACK", "AuthorizationError", "Begun", "OAuthAuthorizations"]

CALLBACK = "/console/oauth.html"
"""The page that an authorization server sends people back to."""
SECONDS = 600
"""How long somebody may take at the authorization server."""

log = logging.getLogger("agenticrag.oauth")


class AuthorizationError(Exception):
    """An authorization cannot go on. The message says why and what to do."""

    def __init__(self, message: str, *, code: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        """``oauth_client``, ``oauth_state``, ``oauth_denied``, ``oauth_failed``, ``name_taken``, or the code
        of an `EgressError`."""
        self.field = field
        """The field of the request that is wrong."""


class Pending(Struct, frozen=True, kw_only=True):
    """What belongs to an authorization under way."""

    client: str
    name: str
    scopes: list[str]
    verifier: str
    redirect_uri: str


class Begun(Struct, frozen=True):
    """Where somebody authorizes."""

    url: str
    state: str
    expires_at: float


class OAuthAuthorizations:
    """Authorizations of all workspaces."""

    def __init__(self, grants: TokenGrants, pending: Authorizations, credentials: Credentials) -> None:
        self.grants = grants
        self._pending = pending
        self._credentials = credentials

    async def begin(
        self,
        workspace: str,
        owner: str,
        *,
        client: str,
        name: str,
        scopes: Sequence[str],
        redirect_uri: str,
    ) -> Begun:
        """Begin an authorization by a person.

        Args:
            workspace: Where the credential will be.
            owner: Who may finish it.
            client: Name of the operator's client.
            name: Name of the credential.
            scopes: What is asked for; none for all that the client may ask for.
            redirect_uri: The page of this server that the person comes back to.

        Raises:
            AuthorizationError: there is no such client, or it does not allow a scope.
        """
        entry, wanted = await self._entry(workspace, client, scopes, grant="authorization_code")
        await self._replaceable(workspace, name, client)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        pending = Pending(
            client=client, name=name, scopes=wanted, verifier=verifier, redirect_uri=redirect_uri
        )
        expires_at = time.time() + SECONDS
        await self._pending.begin(
            _hashed(state), workspace, owner, msgspec.json.encode(pending).decode(), expires_at
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": entry.client_id,
            "redirect_uri": redirect_uri,
            **({"scope": " ".join(wanted)} if wanted else {}),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **entry.parameters,
        }
        mark = "&" if "?" in entry.authorization_url else "?"
        return Begun(f"{entry.authorization_url}{mark}{urlencode(query)}", state, expires_at)

    async def finish(
        self, workspace: str, owner: str, *, state: str, code: str, error: str, iss: str, by: str
    ) -> CredentialRow:
        """Store the credential of an authorization; one of this name and client gets the new tokens.

        Args:
            workspace: The one that it was begun in.
            owner: Who began it.
            state: As the authorization server gives it back.
            code: What it gave.
            error: What it gave instead.
            iss: The issuer that it names; empty for none.
            by: Who stores it, in words.

        Raises:
            AuthorizationError: the state is not the caller's, or there are no tokens.
        """
        plain = await self._pending.take(_hashed(state), workspace, owner)
        if plain is None:
            raise AuthorizationError(
                "You began no authorization with this state, or its time is up, or it was used. Begin again.",
                code="oauth_state",
                field="state",
            )
        pending = msgspec.json.decode(plain, type=Pending)
        entry, _ = await self._entry(workspace, pending.client, pending.scopes, grant="authorization_code")
        if entry.issuer and iss != entry.issuer:
            raise AuthorizationError(
                f"Expected the issuer {entry.issuer}, found {iss[:200]!r}. Begin again.",
                code="oauth_state",
                field="iss",
            )
        if error or not code:
            shown = error[:80] if error.isascii() and error.isprintable() else ""
            raise AuthorizationError(
                f"The authorization server gave no code ({shown or 'no reason'}). Begin again.",
                code="oauth_denied",
                field="code",
            )
        try:
            tokens = await self.grants.exchanged(entry, code, pending.verifier, pending.redirect_uri)
        except OAuthError as failure:
            raise AuthorizationError(str(failure), code=failure.code, field="code") from None
        return await self._stored(workspace, pending.client, pending.name, entry, tokens, by)

    async def grant(
        self, workspace: str, *, client: str, name: str, scopes: Sequence[str], by: str
    ) -> CredentialRow:
        """Store the credential of a client that authorizes itself.

        Raises:
            AuthorizationError: there is no such client, or no token for it.
        """
        entry, wanted = await self._entry(workspace, client, scopes, grant="client_credentials")
        await self._replaceable(workspace, name, client)
        try:
            tokens = await self.grants.granted(entry, wanted)
        except OAuthError as failure:
            raise AuthorizationError(str(failure), code=failure.code) from None
        return await self._stored(workspace, client, name, entry, tokens, by)

    async def revoke(self, row: CredentialRow) -> str:
        """Have the tokens of a credential revoked, before it is deleted; return a sentence about it."""
        try:
            tokens = await self._credentials.tokens(row)
            done = tokens is not None and await self.grants.revoked(row.field, tokens)
        except Exception as error:  # it is deleted whatever the other server says
            log.warning("the tokens of credential %s were not revoked: %s", row.id, error)
            return "Its tokens could not be revoked at the authorization server. Revoke them there."
        if done:
            return "Its tokens are revoked."
        return "The authorization server revokes no tokens for us. Revoke the access there."

    async def _entry(
        self, workspace: str, client: str, scopes: Sequence[str], *, grant: str
    ) -> tuple[OAuthClientEntry, list[str]]:
        clients = await self.grants.clients()
        entry = clients.of(workspace).get(client)
        if entry is None:
            hint = clients.problem or "The operator adds clients (AGENTICRAG_OAUTH_CLIENTS_FILE)."
            raise AuthorizationError(
                f"There is no OAuth client '{client[:80]}' for this workspace. {hint}",
                code="oauth_client",
                field="client",
            )
        if entry.grant != grant:
            how = "by itself" if entry.grant == "client_credentials" else "through a person"
            raise AuthorizationError(
                f"The OAuth client '{client}' authorizes {how}.", code="oauth_client", field="client"
            )
        for scope in scopes:
            if scope not in entry.scopes:
                raise AuthorizationError(
                    f"The OAuth client '{client}' may not ask for the scope '{scope[:80]}'. It may ask for "
                    f"{', '.join(entry.scopes) or 'none'}.",
                    code="oauth_client",
                    field="scopes",
                )
        return entry, [*(scopes or entry.scopes)]

    async def _replaceable(self, workspace: str, name: str, client: str) -> CredentialRow | None:
        """Return the credential that gets other tokens; None where there is none of the name.

        Raises:
            AuthorizationError: the name belongs to a credential of another kind or client.
        """
        known = [row for row in await self._credentials.list(workspace) if row.name == name]
        if known and (known[0].kind, known[0].field) != ("oauth2", client):
            raise AuthorizationError(
                f"There is a credential '{name}' of another kind or client. Take another name.",
                code="name_taken",
                field="name",
            )
        return known[0] if known else None

    async def _stored(
        self,
        workspace: str,
        client: str,
        name: str,
        entry: OAuthClientEntry,
        tokens: OAuthTokens,
        by: str,
    ) -> CredentialRow:
        secret = msgspec.json.encode(tokens).decode()
        while (known := await self._replaceable(workspace, name, client)) is not None:
            row = await self._credentials.replace(
                known, hosts=entry.hosts, secret=secret, expires_at=tokens.expires_at
            )
            if row is not None:
                return row
        try:
            return await self._credentials.create(
                workspace,
                name=name,
                kind="oauth2",
                field=client,
                hosts=entry.hosts,
                secret=secret,
                created_by=by,
                expires_at=tokens.expires_at,
            )
        except NameTaken:
            raise AuthorizationError(
                f"There is a credential '{name}' already. Begin again.", code="name_taken", field="name"
            ) from None


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
