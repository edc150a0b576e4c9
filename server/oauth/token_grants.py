"""Token grants: tokens that the operator's OAuth clients get, renew and have revoked."""

import asyncio

from graphs.outbound.egress import Egress
from graphs.outbound.oauth_tokens import (
    OAuthError,
    OAuthTokens,
    client_form,
    request_tokens,
    revoke_token,
)
from server.oauth.oauth_clients import OAuthClientEntry, OAuthClients, load_oauth_clients
from server.settings.sources import Settings

__all__ = ["TokenGrants"]


class TokenGrants:
    """Asks token servers. Reads the operator's file, and opens connections, at the first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: OAuthClients | None = None
        self._egress = Egress(settings.egress())

    async def close(self) -> None:
        """Close connections."""
        await self._egress.close()

    async def clients(self) -> OAuthClients:
        """Return the operator's clients."""
        if self._clients is None:
            self._clients = await asyncio.to_thread(load_oauth_clients, self._settings)
        return self._clients

    async def renew(self, name: str, tokens: OAuthTokens) -> OAuthTokens:
        """Return newer tokens of a client.

        Raises:
            OAuthError: there are none.
        """
        client = await self._client(name)
        if client.grant == "client_credentials":
            return await self.granted(client, [*tokens.scope.split()])
        if not tokens.refresh_token:
            raise OAuthError("There is no refresh token.", code="oauth_denied")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return await self._asked(client, form, before=tokens)

    async def granted(self, client: OAuthClientEntry, scopes: list[str]) -> OAuthTokens:
        """Return the tokens of a client that authorizes itself (RFC 6749 §4.4).

        Raises:
            OAuthError: there are none.
        """
        form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
        before = OAuthTokens(access_token="", scope=" ".join(scopes))
        return await self._asked(client, form, before=before)

    async def exchanged(
        self, client: OAuthClientEntry, code: str, verifier: str, redirect_uri: str
    ) -> OAuthTokens:
        """Return the tokens for an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises:
            OAuthError: there are none.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return await self._asked(client, form)

    async def revoked(self, name: str, tokens: OAuthTokens) -> bool:
        """Have tokens revoked; say whether that was possible (RFC 7009).

        Raises:
            OAuthError: the server did not do it.
        """
        client = await self._client(name)
        if not client.revocation_url:
            return False
        for hint, token in (("refresh_token", tokens.refresh_token), ("access_token", tokens.access_token)):
            if token:
                form, headers = client_form(
                    client.client_id,
                    client.client_secret,
                    client.authentication,
                    client.revocation_url,
                    {"token": token, "token_type_hint": hint},
                )
                await revoke_token(self._egress, client.revocation_url, form, headers=headers)
        return True

    async def _client(self, name: str) -> OAuthClientEntry:
        client = (await self.clients()).entries.get(name)
        if client is None:
            raise OAuthError(
                f"The operator's file has no OAuth client '{name}' (AGENTICRAG_OAUTH_CLIENTS_FILE)."
            )
        return client

    async def _asked(
        self, client: OAuthClientEntry, form: dict[str, str], *, before: OAuthTokens | None = None
    ) -> OAuthTokens:
        form, headers = client_form(
            client.client_id, client.client_secret, client.authentication, client.token_url, form
        )
        return await request_tokens(self._egress, client.token_url, form, headers=headers, before=before)
