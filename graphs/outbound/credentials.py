"""Credentials: secrets that flows name and never hold, each bound to the hosts that may get it."""

import base64
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from msgspec import Meta, Struct

from graphs.parsing.web_address import WebAddress, WebAddressError, read_address

__all__ = [
    "LEFT_TO_OTHERS",
    "Credential",
    "CredentialError",
    "CredentialKind",
    "CredentialName",
    "StoredKind",
    "FindCredential",
    "host_of",
    "no_credentials",
    "unfit",
]

CredentialKind = Literal["bearer", "header", "basic", "query", "provider_key"]
"""``bearer``: ``Authorization: Bearer …``; ``header``: a header of its own; ``basic``: user and password;
``query``: a parameter behind the ``?``; ``provider_key``: the key of a model provider."""

StoredKind = Literal["bearer", "header", "basic", "query", "provider_key", "oauth2"]
"""The kinds that are stored. ``oauth2``: tokens of an authorization server, sent as ``bearer``."""

CredentialName = Annotated[str, Meta(max_length=255, description="Name of a credential to use. Empty: none.")]

SHORTEST, LONGEST = 8, 8_192
"""Characters of a secret. A shorter one could not be told from other text where a service repeats it."""

LEFT_TO_OTHERS = frozenset(
    {"accept", "accept-language", "accept-encoding", "content-type", "content-length", "user-agent", "host"}
    | {"transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "cookie2"}
)
"""Headers that mean something else, belong to the connection, or go along to other origins."""


class CredentialError(Exception):
    """A credential cannot be used. The message says why and what to do, and has nothing of the secret."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
        """``no_credential``, ``bad_credential``, ``credential_host_mismatch``, ``credential_unreadable``,
        ``credential_expired`` where somebody must authorize again, or ``credential_not_renewed``."""


class Credential(Struct, frozen=True, kw_only=True):
    """A secret and where it may go."""

    name: str
    kind: CredentialKind
    hosts: tuple[str, ...]
    """``host`` for https on its usual port, ``host:port`` for that port alone."""
    field: str = ""
    """Name of the header or of the query parameter, or the user of ``basic``."""
    secret: str

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"Credential({self.name!r}, {self.kind!r}, {self.hosts!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may get to read: the secret, and what stands for it on the wire."""
        return (self.secret, self._pair()) if self.kind == "basic" else (self.secret,)

    def refuse_elsewhere(self, address: WebAddress) -> None:
        """Return if the secret may go to an address.

        Raises:
            CredentialError: it may not (code ``credential_host_mismatch``).
        """
        usual = address.scheme == "https" and address.port == 443
        if (usual and _bare(address) in self.hosts) or f"{_bare(address)}:{address.port}" in self.hosts:
            return
        raise CredentialError(
            f"The credential '{self.name}' may not go to {address.origin}; it is for "
            f"{', '.join(self.hosts)}. Ask that host, or store a credential for this one.",
            code="credential_host_mismatch",
        )

    def header(self) -> tuple[str, str]:
        """Return the header that carries it, name and value; the name is empty where none does."""
        match self.kind:
            case "bearer":
                return "authorization", f"Bearer {self.secret}"
            case "basic":
                return "authorization", f"Basic {self._pair()}"
            case "header":
                return self.field.lower(), self.secret
            case _:
                return "", ""

    def added_to(self, url: str) -> str:
        """Return an address with it in the query, where that is how it is carried."""
        if self.kind != "query":
            return url
        base, _, _ = url.partition("#")
        return f"{base}{'&' if '?' in base else '?'}{urlencode({self.field: self.secret}, quote_via=quote)}"

    def _pair(self) -> str:
        return base64.b64encode(f"{self.field}:{self.secret}".encode()).decode()


FindCredential = Callable[[str], Awaitable[Credential | None]]
"""From a name to the credential of the run's own workspace; raises `CredentialError` for one that cannot be
read, and None where there is none."""


async def no_credentials(_name: str) -> Credential | None:
    """Find nothing: where a flow runs beside a server."""
    return None


def host_of(entry: str) -> str:
    """Return an entry of `Credential.hosts` in its one spelling.

    Raises:
        ValueError: it is neither ``host`` nor ``host:port``.
    """
    expected = f"Expected a host such as api.example.com, or host:port, found {entry[:80]!r}."
    try:
        address = read_address(f"https://{entry}")
    except WebAddressError:
        raise ValueError(expected) from None
    if address.target != "/" or entry.endswith(("/", "?", "#")):
        raise ValueError(expected)
    named = entry.rpartition("]")[2] if entry.startswith("[") else entry
    return f"{_bare(address)}:{address.port}" if ":" in named and address.port != 443 else _bare(address)


def unfit(kind: CredentialKind, field: str, secret: str) -> tuple[str, str] | None:
    """Return which part of a credential cannot be and why, a sentence; None where it can be used."""
    match kind:
        case "header":
            if not field or not all(letter.isalnum() or letter in "-_" for letter in field):
                return "field", "'field' must name the header that carries the secret."
            if not field.isascii() or field.lower() in LEFT_TO_OTHERS:
                return "field", f"The header '{field[:80]}' cannot carry a secret. Name another."
        case "query":
            if not field or not field.isprintable():
                return "field", "'field' must name the query parameter that carries the secret."
        case "basic":
            if not field or ":" in field or not field.isprintable():
                return "field", "'field' must be the user's name, without ':'."
        case _:
            if field:
                return "field", f"A credential of kind '{kind}' has no 'field'; leave it out."
    if set(secret) <= set("*•…·●xX"):
        return "secret", "That is a mask and no secret. Leave 'secret' out to keep the one that is stored."
    if not SHORTEST <= len(secret) <= LONGEST:
        return "secret", f"A secret has {SHORTEST} to {LONGEST:,} characters; this one has {len(secret):,}."
    if not secret.isprintable() or (kind in ("bearer", "header", "provider_key") and not secret.isascii()):
        return "secret", "The secret has characters that cannot be sent in a header."
    return None


def _bare(address: WebAddress) -> str:
    return f"[{address.host}]" if ":" in address.host else address.host
