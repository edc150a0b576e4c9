"""OAuth clients: the operator's registrations with authorization servers, read from the operator's file.

Only this file holds client IDs and secrets. Workspaces see names, hosts and scopes.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from graphs.outbound.credentials import host_of
from graphs.parsing.web_address import WebAddressError, read_address
from server.settings.sources import Settings

__all__ = ["OAuthClientEntry", "OAuthClients", "load_oauth_clients"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
URL = Annotated[str, Meta(max_length=2048)]
_OURS = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    }
)
"""Parameters of the authorization URL that the server sets."""


class OAuthClientEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One registration."""

    client_id: Annotated[str, Meta(min_length=1, max_length=1000)]
    client_secret: Annotated[str, Meta(max_length=4000)] = ""
    """Empty: a public client."""
    grant: Literal["authorization_code", "client_credentials"] = "authorization_code"
    authorization_url: URL = ""
    token_url: Annotated[URL, Meta(min_length=1)]
    revocation_url: URL = ""
    issuer: str = ""
    """Compared with `iss` of the callback (RFC 9207) where it is set."""
    hosts: Annotated[list[str], Meta(min_length=1, max_length=50)]
    """Hosts that may receive the tokens."""
    scopes: Annotated[list[str], Meta(max_length=100)] = []
    """Scopes that a workspace may ask for; it asks for all if it names none."""
    authentication: Literal["basic", "body"] = "basic"
    """How the client shows its secret."""
    parameters: dict[str, str] = {}
    """More parameters of the authorization URL."""
    workspaces: list[str] = field(default_factory=lambda: ["*"])

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"OAuthClientEntry({self.token_url!r})"


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    clients: dict[str, OAuthClientEntry]


class OAuthClients(Struct, frozen=True):
    """The clients of the operator's file."""

    entries: Mapping[str, OAuthClientEntry] = {}
    problem: str = ""
    """Why the file cannot be used, a sentence."""

    def of(self, workspace: str) -> dict[str, OAuthClientEntry]:
        """Return the clients that a workspace may use, by name."""
        return {name: one for name, one in self.entries.items() if {"*", workspace} & {*one.workspaces}}


def load_oauth_clients(settings: Settings) -> OAuthClients:
    """Return the clients of the file that `oauth_clients_file` names. Reads it: call this in a thread."""
    if not settings.oauth_clients_file:
        return OAuthClients()
    path = Path(settings.oauth_clients_file)
    expected = 'Expected {"clients": {"name": {"client_id": "…", "token_url": "…", "hosts": ["…"], …}}}'
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=_File).clients
    except OSError as error:
        return OAuthClients(problem=f"The file {path} cannot be read: {error.strerror}.")
    except (msgspec.DecodeError, RecursionError) as error:
        return OAuthClients(problem=f"The file {path} cannot be used: {error}. {expected}.")
    made: dict[str, OAuthClientEntry] = {}
    for name, entry in entries.items():
        try:
            made[name] = _checked(name, entry)
        except (ValueError, WebAddressError) as error:
            return OAuthClients(problem=f"The file {path} cannot be used: client {name[:80]!r}: {error}")
    return OAuthClients(made)


def _checked(name: str, entry: OAuthClientEntry) -> OAuthClientEntry:
    if not re.fullmatch(NAME, name):
        raise ValueError("its name has other characters than letters, digits, '.', '_' and '-'.")
    if entry.grant == "authorization_code" and not entry.authorization_url:
        raise ValueError("it has no 'authorization_url'.")
    if entry.grant == "client_credentials" and not entry.client_secret:
        raise ValueError("it has no 'client_secret'.")
    for url in filter(None, (entry.authorization_url, entry.token_url, entry.revocation_url)):
        read_address(url)
    if wrong := _OURS & entry.parameters.keys():
        raise ValueError(f"the server sets '{min(wrong)}' itself.")
    if wrong := [scope for scope in entry.scopes if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope)]:
        raise ValueError(f"{wrong[0][:80]!r} is no scope.")
    return msgspec.structs.replace(entry, hosts=[*dict.fromkeys(map(host_of, entry.hosts))])
