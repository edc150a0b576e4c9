"""Settings as a value: everything an operator may choose, each with its default and its documentation."""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from graphs.document.flow import FlowSize
    from graphs.outbound.http_messages import EgressRules
    from graphs.providers.settings import ModelSettings
    from graphs.values.citations import CitationLimits
    from graphs.values.run_options import Limits

__all__ = ["SECRETS", "Settings"]

SECRETS = frozenset(
    {
        "metrics_token",
        "otel_headers",
        "database_url",
        "openai_api_key",
        "redis_url",
        "secret_key",
        "encryption_key",
        "encryption_keys_old",
    }
)
Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Limit = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Seconds = Annotated[float, Meta(gt=0)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the server runs with. The environment wins over the TOML file, the file over the defaults."""

    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` opens the server to the network."""
    port: Port = 8000
    """Port to listen on; 0 takes a free one."""
    workers: Count = 1
    """Server processes. More than one shares the database; SQLite bears a few, PostgreSQL many."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What the log shows. Requests are not logged below `info`."""
    data_dir: str = "./data"
    """Folder of the SQLite database, the owner's key and the server's secrets. Made if it is not there."""
    database_url: str = ""
    """SQLAlchemy URL: `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`. Empty: a SQLite file in the data
    folder."""
    secret_key: str = ""
    """Key that signs what the server hands to browsers, at least 32 characters. Empty: one is made and kept
    in the data folder."""
    encryption_key: str = ""
    """Key that encrypts stored credentials, at least 32 characters. Empty: it is derived from the secret key.
    """
    encryption_keys_old: list[str] = []
    """Keys that credentials may still be encrypted with: they are read and no longer used for new ones.
    `agenticrag credentials rotate-key` encrypts all with the present one."""
    auth: Literal["on", "off"] = "on"
    """`off` lets every request in as the owner. The server then refuses to listen on anything but loopback.
    """
    editor_sessions: Literal["own", "all"] = "own"
    """Whose sessions editors see and write to, beside those without an owner. Owners see all."""
    keys_in_query: Literal["on", "off"] = "off"
    """Whether an API key may be in an address, as `?token=` of a stream. `off`: tickets alone."""
    access_token_seconds: Seconds = 900
    """How long a login's access token works. Streams that it opened end with it and can be gone on with."""
    refresh_token_days: Seconds = 30
    """Days after which a login that was not refreshed has ended."""
    audit_days: Annotated[float, Meta(ge=0)] = 365
    """How long it is kept who did what. 0 keeps it for ever."""
    jwt_jwks_url: str = ""
    """Where an outside issuer publishes its keys: its tokens are then taken too. Empty: none are."""
    jwt_issuer: str = ""
    """The `iss` of that issuer's tokens."""
    jwt_audience: str = ""
    """The `aud` that its tokens for this server have."""
    jwt_email_claim: str = "email"
    """Claim with the user's address."""
    jwt_workspace_claim: str = ""
    """Claim with the id or slug of the workspace. Empty: `default`."""
    jwt_role_claim: str = ""
    """Claim with the user's role or a list of roles: `owner`, `editor`, `runner` or `viewer`. Empty: members
    have the role that they were given here."""
    jwt_default_role: Literal["", "viewer", "runner", "editor", "owner"] = ""
    """Role of the issuer's users who are no members yet, where no claim says it. Empty: they stay outside."""
    allowed_hosts: list[str] = []
    """`Host` names that are answered, `*.example.com` for all below one. Empty: any, or only loopback names
    where the server listens on loopback."""
    cors_origins: list[str] = []
    """Origins whose pages may call the API, exactly as browsers send them: `https://app.example.com`."""
    trusted_proxies: list[str] = []
    """Addresses and networks of the proxies in front of the server, as `10.0.0.0/8`. `X-Forwarded-For`,
    `-Proto` and `-Host` count where they come from one of these, and are ignored otherwise."""
    redis_url: str = ""
    """`redis://…` that limits are counted in, and visitors' open streams. Empty: limits in the database,
    streams by each process."""

    max_body_bytes: Count = 10_000_000
    """Largest request body. Larger ones are answered 413 without being read."""
    max_body_values: Count = 250_000
    """Values and keys that a body of JSON or YAML may have: each takes far more memory than its bytes."""
    head_seconds: Seconds = 10
    """How long a client may take to send a request's line and headers."""
    body_seconds: Seconds = 120
    """How long a client may take to send a request's body."""
    max_flow_bytes: Count = 5_000_000
    """Largest body that creates or replaces a flow."""
    max_yaml_bytes: Count = 300_000
    """Longest import that is YAML: reading it takes about fifty times as long as JSON, which has the limit
    above."""
    max_flow_nodes: Count = 1000
    """Nodes that a flow which is created, replaced or imported may have. Stored flows run on, as for the two
    below."""
    max_flow_edges: Count = 5000
    """Edges that it may have."""
    max_flow_depth: Annotated[int, Meta(ge=1, le=64)] = 64
    """How many lists and objects of a node's data may lie within one another."""
    max_message_chars: Count = 1_000_000
    """Longest chat message, in characters."""
    max_files: Limit = 4
    """Files that one message may bring where its chatflow takes any. 0: no chatflow takes files."""
    max_file_bytes: Count = 5_000_000
    """Largest file of a message, in bytes. A message with its files, in base64, must fit `max_body_bytes`
    too."""
    heartbeat_seconds: Annotated[float, Meta(ge=0.05, le=60)] = 10
    """How long a stream may be silent before it sends a comment, so that proxies keep it open."""
    stall_seconds: Seconds = 30
    """How long a client may leave a stream unread before it is dropped. It may come back with
    `Last-Event-ID`."""
    max_sockets: Count = 1000
    """WebSockets that one process holds open; more are closed with 4429."""
    max_socket_bytes: Count = 1_048_576
    """Longest message that a WebSocket takes, with its files in base64; a longer one closes it with 1009."""
    socket_messages_per_minute: Count = 120
    """Messages that one WebSocket takes a minute; more close it with 4429."""
    socket_auth_seconds: Seconds = 10
    """How long a WebSocket waits for the message that says who asks, where its handshake did not."""
    key_cache_seconds: Annotated[float, Meta(ge=0, le=1)] = 1
    """How long an API key that was found is not looked up again: a revoked key works at most this long."""

    rate_address: Limit = 30_000
    """Requests a minute from one address; an IPv6 network of 64 bits counts as one. 0: no limit, as for all
    of these."""
    rate_key: Limit = 30_000
    """Requests a minute with one API key."""
    rate_starts: Limit = 30_000
    """Runs a minute started with one API key."""
    rate_session: Limit = 600
    """Runs a minute started in one session."""
    rate_flow: Limit = 0
    """Runs a minute started of one flow."""
    rate_logins: Limit = 10
    """Attempts a minute to log in to one account from one address."""

    max_streams: Limit = 5000
    """Event streams that one process holds open."""
    max_streams_per_caller: Limit = 1000
    """Event streams that one process holds open for one key or user."""

    max_concurrent_runs: Count = 64
    """Runs that one process works on at once; more wait their turn."""
    max_open_runs: Limit = 10_000
    """Runs of one workspace that are pending or running at once, over all processes; more are refused, 429.
    0: no limit."""
    max_open_runs_flow: Limit = 0
    """The same for the runs of one flow."""
    max_steps: Annotated[int, Meta(ge=1, le=100_000)] = 10_000
    """Node runs after which a run is stopped. This and the next four are the most that a flow or a request
    may set as its `limits`, and hold where it sets none."""
    max_model_calls: Count = 1000
    """Model calls after which a run is stopped."""
    max_tool_calls: Count = 5000
    """Tools used and requests sent by a flow after which a run is stopped."""
    max_depth: Annotated[int, Meta(ge=0, le=50)] = 8
    """How many sub-flows may lie within one another."""
    max_node_runs: Count = 50_000
    """Node runs after which a run is stopped, those of all its containers and sub-flows counted."""
    max_parallel_passes: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """Passes through containers and sub-flows that a run has under way at once, of each depth; more wait."""
    max_run_bytes: Annotated[int, Meta(ge=100_000)] = 200_000_000
    """Bytes that a run may store, as JSON: its events, and what its calls and nodes gave."""
    max_memory_bytes: Annotated[int, Meta(ge=100_000)] = 200_000_000
    """Bytes that the outputs of a run's nodes may take in memory at once, as JSON."""
    max_run_tokens: Count = 2_000_000
    """Tokens, in and out together, after which a run is stopped."""
    max_run_seconds: Seconds = 900
    """Wall clock after which a run is stopped with status `timeout`; waiting for people does not count."""
    max_recoveries: Annotated[int, Meta(ge=0)] = 3
    """How often a run is taken up again whose process died, before it is given up as failed."""
    lease_seconds: Seconds = 15
    """How long a process may be silent before others take over its runs."""
    drain_seconds: Annotated[float, Meta(ge=0)] = 25
    """How long a stopping server lets its runs finish before it hands them back."""
    retention_days: Annotated[float, Meta(ge=0)] = 90
    """How long ended executions are kept, with their events. 0 keeps them for ever."""
    idempotency_hours: Seconds = 24
    """How long the answer to an `Idempotency-Key` is replayed."""

    embed_session_minutes: Annotated[float, Meta(gt=0, le=1440)] = 30
    """How long a visitor of an embedded chat may be silent before the conversation is over for them."""
    embed_message_bytes: Annotated[int, Meta(ge=1, le=150_000)] = 32_768
    """Longest message of a visitor, in bytes of UTF-8."""
    embed_model_calls: Count = 100
    """Model calls after which a visitor's run is stopped, where its chatflow sets no `limits`."""
    embed_streams: Count = 2
    """Streams that one visitor's session may have open at once: with all processes where `redis_url` is set,
    else with each."""

    budget_default_price: Annotated[float, Meta(ge=0)] = 0
    """US dollars for a million tokens that budgets in dollars reckon with where a model's price is not known.
    0: such calls are refused under a budget in dollars."""
    budget_output_tokens: Count = 4096
    """Longest answer of a call under a budget that names no `max_tokens`: what has no end cannot be reserved.
    """
    metrics_token: str = ""
    """A token that opens `/metrics` and nothing else, for Prometheus. Empty: an API key is needed."""
    metrics_port: Port = 0
    """A second port that has `/metrics` alone and asks for no key. 0: none."""
    metrics_host: str = "127.0.0.1"
    """Address to listen on for it."""
    otel_endpoint: str = ""
    """OTLP/HTTP endpoint that traces of runs are sent to: `http://127.0.0.1:4318/v1/traces`. Empty: none."""
    otel_headers: list[str] = []
    """Headers for that endpoint, as `Name=value`."""
    otel_service_name: str = "agenticrag"
    """Name of this service in traces."""
    otel_content: Literal["on", "off"] = "off"
    """Whether traces carry what users, models and tools said. `off`: names, times, tokens and costs alone."""

    tools_dir: str = ""
    """Folder of Python files whose functions are tools that agents can use. They are run as they are: as
    trusted as the server's own code. Empty: none."""
    tool_seconds: Seconds = 60
    """How long one use of a tool may take, its repetitions together."""
    max_tool_result_chars: Count = 32_768
    """How much of a tool's result a model gets to read, in characters; it is told where the rest was cut off.
    """
    max_citations: Count = 200
    """Sources that one run may cite; further ones are left out."""
    max_citations_at_once: Count = 50
    """Sources that one answer of a model or one result of a tool may cite."""
    max_citation_url_chars: Annotated[int, Meta(ge=1, le=8000)] = 2000
    """Longest address of a source; a longer one is none."""
    max_citation_title_chars: Count = 300
    """How much of a source's title is kept, in characters."""
    max_citation_text_chars: Count = 500
    """How much of a source's text is kept, in characters."""
    egress_allow: list[str] = []
    """`host:port` pairs in the server's own network that flows may send requests to, exactly as flows name
    them. Empty: public addresses only."""
    egress_seconds: Seconds = 30
    """How long a request that a flow sends may take, its redirects together."""
    egress_max_bytes: Count = 10_485_760
    """Longest answer to a request that a flow sends, unpacked."""

    database_pool: Annotated[int, Meta(ge=1, le=1000)] = 8
    """Connections to the database that one process holds at most."""
    sqlite_synchronous: Literal["OFF", "NORMAL", "FULL"] = "NORMAL"
    """SQLite's `synchronous`. `NORMAL` may lose the last commits at a power cut, `FULL` loses none and is
    slower; a killed process loses nothing under either."""

    default_provider: str = ""
    """Provider of chats that name none. Empty: Ollama if it answers, else OpenAI if a key is set, else the
    local model if it is installed, else `demo`."""
    default_model: str = ""
    """Model of chats that name none. Empty: what the provider offers."""
    openai_api_key: str = ""
    """Key for provider `openai`."""
    openai_base_url: str = ""
    """Address of an OpenAI-compatible API. Empty: OpenAI's own."""
    ollama_base_url: str = ""
    """Address of Ollama. Empty: `http://127.0.0.1:11434`."""
    local_model: str = ""
    """Path of a GGUF file that provider `local` serves. Empty: SmolLM2-135M, which
    `agenticrag models install` brings."""
    local_threads: Limit = 0
    """Threads that it computes with. 0: one for SmolLM2-135M, for another model all cores but one."""
    local_context: Annotated[int, Meta(ge=512, le=1_000_000)] = 8192
    """Tokens of prompts and answers that its requests share, two at a time."""
    allowed_base_urls: list[str] = []
    """Addresses that a flow's or a chat's `base_url` may name. Empty: none but the configured ones. A name
    that leads into the server's own network must be in `egress_allow` too."""
    model_connect_seconds: Seconds = 5
    """How long a connection to a provider may take."""
    model_first_token_seconds: Seconds = 30
    """How long a model may think before its first token."""
    model_idle_seconds: Seconds = 20
    """How long a model may pause between two tokens."""
    model_total_seconds: Seconds = 300
    """How long one answer of a model may take."""
    model_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    """Attempts at one model call before the next fallback or failure."""
    model_concurrency: Count = 1000
    """Requests to one provider at once; more wait."""

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in use: `database_url`, or the SQLite file in `data_dir`."""
        return self.database_url or f"sqlite+aiosqlite:///{Path(self.data_dir, 'agenticrag.db').absolute()}"

    def models(self) -> "ModelSettings":
        """Return what the providers of models need to know."""
        from graphs.providers.settings import ModelSettings

        known = ModelSettings()
        return ModelSettings(
            openai_api_key=self.openai_api_key,
            openai_base_url=self.openai_base_url or known.openai_base_url,
            ollama_base_url=self.ollama_base_url or known.ollama_base_url,
            local_model=self.local_model,
            local_threads=self.local_threads,
            local_context=self.local_context,
            allowed_base_urls=tuple(self.allowed_base_urls),
            egress=self.egress(),
            connect_seconds=self.model_connect_seconds,
            first_token_seconds=self.model_first_token_seconds,
            idle_seconds=self.model_idle_seconds,
            total_seconds=self.model_total_seconds,
            max_attempts=self.model_attempts,
            concurrency=self.model_concurrency,
        )

    def run_limits(self) -> "Limits":
        """Return the limits of a run that sets none, which are the most that one may set."""
        from graphs.values.run_options import Limits

        return Limits(
            max_steps=self.max_steps,
            max_model_calls=self.max_model_calls,
            max_tool_calls=self.max_tool_calls,
            max_depth=self.max_depth,
            max_tokens=self.max_run_tokens,
            max_node_runs=self.max_node_runs,
            max_parallel_passes=self.max_parallel_passes,
            max_run_bytes=self.max_run_bytes,
            max_memory_bytes=self.max_memory_bytes,
            max_seconds=self.max_run_seconds,
        )

    def flow_size(self) -> "FlowSize":
        """Return how large a flow may be that is taken in."""
        from graphs.document.flow import FlowSize

        return FlowSize(nodes=self.max_flow_nodes, edges=self.max_flow_edges, depth=self.max_flow_depth)

    def citations(self) -> "CitationLimits":
        """Return how much runs may cite."""
        from graphs.values.citations import CitationLimits

        return CitationLimits(
            at_once=self.max_citations_at_once,
            in_run=self.max_citations,
            url_chars=self.max_citation_url_chars,
            title_chars=self.max_citation_title_chars,
            text_chars=self.max_citation_text_chars,
        )

    def egress(self) -> "EgressRules":
        """Return where requests may go that flows send."""
        from graphs.outbound.http_messages import EgressRules

        own = [(self.host, self.port), (self.metrics_host, self.metrics_port)]
        for url, port in ((self.database_url, 5432), (self.redis_url, 6379)):
            parts = urlsplit(url)
            own.append((parts.hostname or "", parts.port or port))
        return EgressRules(
            allow=tuple(self.egress_allow),
            own=tuple(f"{_named(host)}:{port}" for host, port in own if host and port),
            seconds=self.egress_seconds,
            max_bytes=self.egress_max_bytes,
        )

    @property
    def loopback(self) -> bool:
        """Whether `host` can only be reached from this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def hosts(self) -> list[str]:
        """The `Host` names that are answered; empty for any."""
        if self.allowed_hosts or not self.loopback:
            return self.allowed_hosts
        return ["localhost", "127.0.0.1", "::1", self.host]

    def __repr__(self) -> str:
        """Show every setting but secrets."""
        shown = ", ".join(
            f"{name}={'***' if name in SECRETS and value else repr(value)}"[:200]
            for name, value in ((name, getattr(self, name)) for name in self.__struct_fields__)
        )
        return f"Settings({shown})"

    def __rich_repr__(self) -> Any:
        """Show the same to rich."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            yield name, "***" if name in SECRETS and value else value


def _named(host: str) -> str:
    """Return a host that something listens on, as one may ask it."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host
