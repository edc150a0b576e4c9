"""Values of a connection, as the API and the command line take them, and whether requests can go by it."""

import re
from typing import Annotated

import msgspec
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

__all__ = [
    "URL",
    "ConnectionDefaults",
    "ConnectionPrice",
    "ConnectionPrices",
    "Headers",
    "Name",
    "NewConnection",
    "Profile",
    "Provider",
    "UnfitConnection",
    "Word",
    "fit_connection",
]

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Provider = Annotated[str, Meta(min_length=1, max_length=64)]
URL = Annotated[str, Meta(max_length=2048)]
Amount = Annotated[float, Meta(ge=0, le=1_000_000)]
Profile = Annotated[str, Meta(max_length=64)]
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


class ConnectionPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a model costs by a connection, in US dollars for a thousand tokens."""

    input_price_per_1k: Amount
    output_price_per_1k: Amount
    cached_input_price_per_1k: Amount | None = None
    """Null: the price of other input."""
    cache_write_price_per_1k: Amount | None = None
    """Of input that the provider writes to its cache. Null: the price of other input."""
    reasoning_price_per_1k: Amount | None = None
    """Null: the price of other output."""


ConnectionPrices = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=255)], ConnectionPrice], Meta(max_length=200)
]


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
    profile: Profile = ""
    """Which kind of server it is, such as `azure` or `vllm`. Empty: the URL tells."""
    headers: Headers = {}
    """Sent with each request, such as `OpenAI-Organization`. They are no place for secrets."""
    defaults: ConnectionDefaults = ConnectionDefaults()
    prices: ConnectionPrices = {}
    """What its models cost, by their names; `*` for all others. They win over the server's prices."""

    def connection(self) -> Connection:
        """Return it as requests go by it."""
        return Connection(
            provider=self.provider,
            base_url=self.base_url,
            credential=self.credential,
            profile=self.profile,
            headers=self.headers,
            defaults=msgspec.to_builtins(self.defaults),
            prices=msgspec.to_builtins(self.prices),
        )


class UnfitConnection(ValueError):
    """No request could go by a connection. The message says why."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        """The field that is wrong, as a JSON pointer without its first slash."""


def fit_connection(connection: Connection) -> Connection:
    """Return a connection that requests can go by, as it is.

    Raises:
        UnfitConnection: none could.
    """
    from graphs.chat_completions.server_profiles import PROFILES
    from graphs.providers.table import provider_entries

    remote = [name for name, entry in provider_entries().items() if entry.remote]
    if connection.provider not in remote:
        raise UnfitConnection(
            "provider", f"Expected one of {', '.join(remote)}, found '{connection.provider[:80]}'."
        )
    if connection.base_url:
        try:
            read_address(connection.base_url)
        except WebAddressError as error:
            raise UnfitConnection("base_url", f"The URL cannot be asked. {error}") from None
    if connection.profile and connection.profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise UnfitConnection("profile", f"Expected one of {known}, found '{connection.profile}'.")
    if connection.profile and connection.provider != "openai":
        raise UnfitConnection("profile", "Profiles are of provider 'openai'. Leave it out.")
    for name, value in connection.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise UnfitConnection("headers", f"The header '{name[:80]}' cannot be set. Leave it out.")
        if not value.isascii() or not value.isprintable():
            raise UnfitConnection("headers", f"The value of '{name}' has characters that no header can have.")
    if wrong := extra_body_problem(connection.defaults.get("extra_body") or {}):
        raise UnfitConnection("defaults/extra_body", wrong)
    return connection
