"""OAuth tokens: asked for at a token server, and revoked, by the egress (RFC 6749, RFC 7009)."""

import time
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from graphs.outbound.credentials import LONGEST, Credential, CredentialError
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError, Inbound, Outbound

__all__ = ["EARLY_SECONDS", "OAuthError", "OAuthTokens", "client_form", "request_tokens", "revoke_token"]

EARLY_SECONDS = 60.0
"""A token is replaced so long before its end."""
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class OAuthError(Exception):
    """A token server gave no token. The message has no secret in it."""

    def __init__(self, message: str, *, code: str = "oauth_failed") -> None:
        super().__init__(message)
        self.code = code
        """``oauth_denied`` where the grant is no longer valid: somebody must authorize again; the code of an
        `EgressError`; else ``oauth_failed``."""


class OAuthTokens(Struct, frozen=True, kw_only=True):
    """What a token server gave."""

    access_token: str
    refresh_token: str = ""
    expires_at: float | None = None
    """Unix seconds; None where it does not say."""
    scope: str = ""

    def __repr__(self) -> str:
        """Leave the secrets out."""
        return f"OAuthTokens(expires_at={self.expires_at!r})"

    def lasts(self, seconds: float = 0.0) -> bool:
        """Whether the access token can be used for so long from now."""
        return bool(self.access_token) and (
            self.expires_at is None or self.expires_at > time.time() + seconds
        )


class _TokenReply(Struct):
    """What a token server says (RFC 6749 §5.1 and §5.2)."""

    access_token: str = ""
    token_type: str = ""
    expires_in: float | str | None = None
    refresh_token: str = ""
    scope: str = ""
    error: str = ""


def client_form(
    client_id: str, client_secret: str, how: Literal["basic", "body"], url: str, form: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the form and the headers by which a client shows who it is (RFC 6749 §2.3.1)."""
    if client_secret and how == "basic":
        pair = Credential(
            name=client_id,
            kind="basic",
            hosts=(),
            field=quote(client_id, safe=""),
            secret=quote(client_secret, safe=""),
        )
        name, value = pair.header()
        return dict(form), {name: value}
    named = {**form, "client_id": client_id}
    return ({**named, "client_secret": client_secret} if client_secret else named), {}


async def request_tokens(
    egress: Egress,
    url: str,
    form: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    credential: Credential | None = None,
    before: OAuthTokens | None = None,
) -> OAuthTokens:
    """Return the tokens that a token server gives for a form.

    Args:
        egress: The rules of the operator.
        url: Of the token server. It may not redirect elsewhere.
        form: ``grant_type`` and what belongs to it.
        headers: More headers.
        credential: Client ID and secret, where they are a credential.
        before: The tokens so far: a refresh token stays where no new one comes.

    Raises:
        OAuthError: it gives none.
    """
    answer = await _posted(egress, url, form, headers, credential)
    try:
        said = msgspec.json.decode(answer.content, type=_TokenReply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = _TokenReply()
    token, refresh = said.access_token, said.refresh_token or (before.refresh_token if before else "")
    if answer.status >= 400 or said.error or not _fits(token) or said.token_type.lower() != "bearer":
        why = said.error[:80] if said.error.isascii() and said.error.isprintable() else ""
        raise OAuthError(
            f"The token server {answer.url} answered {answer.status} without a bearer token"
            f"{f' ({why})' if why else ''}.",
            code="oauth_denied" if said.error == "invalid_grant" else "oauth_failed",
        )
    if refresh and not _fits(refresh):
        raise OAuthError(f"The token server {answer.url} gave a refresh token that cannot be kept.")
    try:
        seconds = None if said.expires_in is None else max(0.0, min(float(said.expires_in), 1e9))
    except ValueError:
        seconds = None
    return OAuthTokens(
        access_token=token,
        refresh_token=refresh,
        expires_at=None if seconds is None else time.time() + seconds,
        scope=said.scope[:2000] or (before.scope if before else ""),
    )


async def revoke_token(
    egress: Egress, url: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
) -> None:
    """Have a token revoked (RFC 7009 §2.1): one that is not known there counts as revoked.

    Raises:
        OAuthError: the server did not do it.
    """
    answer = await _posted(egress, url, form, headers, None)
    if answer.status >= 300:
        raise OAuthError(f"The revocation server {answer.url} answered {answer.status}.")


async def _posted(
    egress: Egress,
    url: str,
    form: Mapping[str, str],
    headers: Mapping[str, str] | None,
    credential: Credential | None,
) -> Inbound:
    try:
        return await egress.fetch(
            Outbound(
                method="POST",
                url=url,
                headers={**_FORM, **(headers or {})},
                content=urlencode(form).encode(),
                seconds=20,
                max_bytes=65_536,
                stay=True,
                credential=credential,
            )
        )
    except (EgressError, CredentialError) as error:
        raise OAuthError(str(error), code=error.code) from None


def _fits(token: str) -> bool:
    return bool(token) and len(token) <= LONGEST and token.isascii() and token.isprintable()
