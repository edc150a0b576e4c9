"""Streamable HTTP: MCP's streamable HTTP by the egress rules, with headers and tokens for one origin."""

import contextlib
import time
from collections.abc import AsyncGenerator
from typing import Any

from graphs.mcp.server_access import MCPError, OAuthClient, ServerAccess
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError
from graphs.outbound.oauth_tokens import OAuthError, request_tokens
from graphs.values.secrets_in_answers import Redaction

__all__ = ["streamable_http"]

EARLY_SECONDS = 30
"""A token is replaced so long before its end."""


@contextlib.asynccontextmanager
async def streamable_http(
    access: ServerAccess,
    egress: Egress,
    failures: list[Exception],
    concealed: Redaction,
    *,
    most: int,
    most_values: int,
) -> AsyncGenerator[Any]:
    """Give the streams that `mcp.Client` takes.

    Args:
        access: The server. Its headers and tokens go to its URL's origin alone: the library follows no
            redirect to another.
        egress: The rules of the operator.
        failures: Gets what kept a request from being answered, last one last.
        concealed: Learns tokens as they come.
        most: Bytes that one answer may have.
        most_values: Values and keys of JSON that it may have.
    """
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    from graphs.transport.guarded_transport import guarded
    from graphs.transport.http_transport import StreamTransport

    inner = guarded(httpx2, StreamTransport(trust_env=False), egress, most=most, most_values=most_values)

    class NotingStream(httpx2.AsyncByteStream):
        """Notes why a body cannot be read to its end."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncGenerator[bytes]:
            try:
                async for chunk in self._stream:
                    yield chunk
            except EgressError as error:
                failures.append(error)
                raise

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Noting(httpx2.AsyncBaseTransport):
        """Notes what goes wrong, which the library tells in words of its own."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            try:
                response = await inner.handle_async_request(request)
            except (EgressError, httpx2.TransportError) as error:
                failures.append(error)
                raise
            if response.status_code in (401, 403):
                failures.append(_refused(access.name, response.status_code))
            response.stream = NotingStream(response.stream)
            return response

        async def aclose(self) -> None:
            await inner.aclose()

    class Token(httpx2.Auth):
        """Adds the token of the OAuth client; a refused one is replaced once."""

        def __init__(self, client: OAuthClient) -> None:
            self._tokens = TokenSource(client, egress, concealed)

        async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, Any]:
            request.headers["authorization"] = f"Bearer {await self._tokens.token()}"
            response = yield request
            if response.status_code == 401:
                request.headers["authorization"] = f"Bearer {await self._tokens.token(anew=True)}"
                yield request

    client = httpx2.AsyncClient(
        transport=Noting(),
        headers=dict(access.headers),
        auth=None if access.oauth is None else Token(access.oauth),
        timeout=httpx2.Timeout(None, connect=10),
        follow_redirects=False,
        trust_env=False,
    )
    async with client, streamable_http_client(access.url, http_client=client) as streams:
        yield streams


class TokenSource:
    """The token of an OAuth client, asked for when there is none or its time is nearly up."""

    def __init__(self, client: OAuthClient, egress: Egress, concealed: Redaction) -> None:
        self._client = client
        self._egress = egress
        self._concealed = concealed
        self._token = ""
        self._until = 0.0

    async def token(self, *, anew: bool = False) -> str:
        """Return a token that can be used.

        Raises:
            MCPError: the token server gives none.
        """
        if anew or not self._token or time.monotonic() >= self._until:
            self._token, seconds = await self._fetched()
            self._until = time.monotonic() + max(0.0, seconds - EARLY_SECONDS)
            self._concealed.add(self._token)
        return self._token

    async def _fetched(self) -> tuple[str, float]:
        client = self._client
        form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
        try:
            tokens = await request_tokens(self._egress, client.token_url, form, credential=client.client)
        except OAuthError as error:
            code = "mcp_unreachable" if error.code.startswith("oauth_") else error.code
            hint = f" Check the credential '{client.client.name}' and 'oauth.scope'."
            raise MCPError(f"No OAuth token. {error}{hint}", code=code) from None
        seconds = 300.0 if tokens.expires_at is None else tokens.expires_at - time.time()
        return tokens.access_token, seconds


def _refused(server: str, status: int) -> MCPError:
    return MCPError(
        f"The MCP server '{server}' refused the credential ({status}). Store a valid one, and name it in the "
        "server's settings.",
        code="mcp_unreachable",
    )
