"""Tokens: what the server signs for who has logged in, and for streams. Each kind is signed by a key of its
own, made from the secret key, so that none can be taken for another."""

import base64
import hashlib
import hmac
import time
from typing import Any

import msgspec
from msgspec import Struct

__all__ = ["ACCESS", "AccessClaims", "Ticket", "Tokens"]

ACCESS = "agenticrag"
"""Issuer and audience of the server's own access tokens."""


class AccessClaims(Struct, frozen=True):
    """Who an access token is for, as the server itself made it."""

    sub: str
    """The user's id."""
    workspace: str
    sid: str
    """The login's id."""
    exp: float


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may open a stream for a moment: the caller's ids, never their credential."""

    exp: float
    """Unix seconds."""
    workspace: str
    key_id: str = ""
    user_id: str = ""
    login_id: str = ""
    until: float = 0.0
    """When the caller's own token expires; 0 where it does not."""
    target: str = ""
    """The execution or flow that it is for alone; empty for any."""


class Tokens:
    """Signs and reads tokens."""

    def __init__(self, secret: str) -> None:
        self._access = _derived(secret, "access")
        self._refresh = _derived(secret, "refresh")
        self._ticket = _derived(secret, "ticket")

    def access(self, *, user_id: str, workspace: str, login_id: str, seconds: float) -> tuple[str, float]:
        """Return a signed JWT (RFC 7519) and when it expires, in Unix seconds."""
        import jwt  # with cryptography: only for who logs in

        from persistence.storage.ids import new_id

        now = int(time.time())
        expires = now + int(seconds)
        claims = {
            "iss": ACCESS,
            "aud": ACCESS,
            "sub": user_id,
            "workspace": workspace,
            "sid": login_id,
            "iat": now,
            "exp": expires,
            "jti": new_id(),
        }
        return jwt.encode(claims, self._access, algorithm="HS256"), float(expires)

    def read_access(self, token: str) -> AccessClaims | None:
        """Return whom a JWT is for if this server made it and it has not expired."""
        import jwt

        try:
            claims = jwt.decode(
                token,
                self._access,
                algorithms=["HS256"],
                issuer=ACCESS,
                audience=ACCESS,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"], "strict_aud": True},
            )
            return msgspec.convert(claims, AccessClaims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
            return None

    def refresh(self, login_id: str, generation: int) -> str:
        """Return the refresh token of a generation. It is not kept anywhere: its signature is what it is."""
        return f"rt_{login_id}.{generation}.{_signed(self._refresh, f'{login_id}.{generation}'.encode())}"

    def read_refresh(self, token: str) -> tuple[str, int] | None:
        """Return the login and the generation of a refresh token that this server made."""
        login_id, _, rest = token.removeprefix("rt_").partition(".")
        generation, _, signature = rest.partition(".")
        if not token.startswith("rt_") or not (generation.isascii() and generation.isdecimal()):
            return None
        right = _signed(self._refresh, f"{login_id}.{generation}".encode("utf-8", "surrogatepass"))
        if len(generation) > 9 or not hmac.compare_digest(
            right.encode(), signature.encode("utf-8", "replace")
        ):
            return None
        return login_id, int(generation)

    def ticket(self, ticket: Ticket) -> str:
        """Return a ticket as it goes into an address."""
        body = base64.urlsafe_b64encode(msgspec.json.encode(ticket)).rstrip(b"=")
        return f"st_{body.decode()}.{_signed(self._ticket, body)}"

    def read_ticket(self, token: str) -> Ticket | None:
        """Return what a ticket says if this server made it and it has not expired."""
        body, _, signature = token.removeprefix("st_").partition(".")
        raw = body.encode("utf-8", "replace")
        right = _signed(self._ticket, raw)
        if not token.startswith("st_") or not hmac.compare_digest(
            right.encode(), signature.encode("utf-8", "replace")
        ):
            return None
        said: Any = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
        ticket = msgspec.json.decode(said, type=Ticket)
        return ticket if ticket.exp > time.time() else None


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"agenticrag:{purpose}".encode(), hashlib.sha256)


def _signed(key: bytes, content: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, content, hashlib.sha256)).rstrip(b"=").decode()
