"""Settings as a value: everything an operator may choose, each with its default and its documentation."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["SECRETS", "Values"]

SECRETS = frozenset(
    {
        *("metrics_token", "otel_headers"),
        *("database_url", "redis_url", "queue_url"),
        *("anthropic_api_key", "openai_api_key", "rerank_api_key"),
        *("secret_key", "encryption_key", "encryption_keys_old"),
    }
)
Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Limit = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Seconds = Annotated[float, Meta(gt=0)]


class Values(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting."""

    host: str = "127.0.0.1"
    """IP address to listen on. `0.0.0.0` makes the server reachable from the network."""
    port: Port = 8000
    """Port to listen on. 0 selects a free port."""
    tls_cert: str = ""
    """File with the certificate and its chain, in PEM: the server then speaks HTTPS by itself. A renewed file
    is read within a minute. Empty: plain HTTP, as behind a proxy."""
    tls_key: str = ""
    """File with the certificate's private key, in PEM."""
    workers: Count = 1
    """Number of server processes. They share the database. SQLite supports a few, PostgreSQL many."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level of log messages. Requests are logged with `info` and `debug`."""
    data_dir: str = "./data"
    """Folder for the SQLite database, the owner's key and the server's secrets. It is created if it does not
    exist."""
    database_url: str = ""
    """SQLAlchemy URL: `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`. Empty: a SQLite file in the data
    folder."""
    secret_key: str = ""
    """Key for signatures of tokens and sessions, at least 32 characters. Empty: the server creates one in the
    data folder."""
    encryption_key: str = ""
    """Key that encrypts stored credentials, at least 32 characters. Empty: derived from the secret key."""
    encryption_keys_old: list[str] = []
    """Old encryption keys. They decrypt stored credentials but encrypt nothing new. `agenticrag credentials
    rotate-key` encrypts everything with the current key."""
    auth: Literal["on", "off"] = "on"
    """`off` accepts all requests as the owner. The server then listens on loopback only."""
    editor_sessions: Literal["own", "all"] = "own"
    """Whether editors can see and continue the sessions of other users and keys. Owners can."""
    keys_in_query: Literal["on", "off"] = "off"
    """Whether `?token=` of a stream accepts API keys. `off`: tickets only."""
    access_token_seconds: Seconds = 900
    """Lifetime of an access token. Its streams end with it and can be continued with a new token."""
    refresh_token_days: Seconds = 30
    """Days until a login ends that was not refreshed."""
    audit_days: Annotated[float, Meta(ge=0)] = 365
    """Days that audit entries are kept. 0 keeps them forever."""
    jwt_jwks_url: str = ""
    """URL where an identity provider publishes its keys. The server then accepts its tokens. Empty: it
    accepts none."""
    jwt_issuer: str = ""
    """The `iss` of the identity provider's tokens."""
    jwt_audience: str = ""
    """The `aud` of tokens for this server."""
    jwt_email_claim: str = "email"
    """Claim with the user's email address."""
    jwt_workspace_claim: str = ""
    """Claim with the ID or slug of the workspace. Empty: `default`."""
    jwt_role_claim: str = ""
    """Claim with the user's role or a list of roles: `owner`, `editor`, `runner` or `viewer`. Empty: members
    keep the role that they have in the workspace."""
    jwt_default_role: Literal["", "viewer", "runner", "editor", "owner"] = ""
    """Role of users who are not members yet, if no claim names one. Empty: no access."""
    allowed_hosts: list[str] = []
    """Accepted `Host` names. `*.example.com` accepts all subdomains. Empty: all, or loopback names only if
    the server listens on loopback."""
    cors_origins: list[str] = []
    """Origins of pages that may call the API, exactly as browsers send them: `https://app.example.com`."""
    trusted_proxies: list[str] = []
    """IP addresses and networks of your proxies, such as `10.0.0.0/8`. `X-Forwarded-For`, `-Proto` and
    `-Host` are used only if one of these sends them."""
    redis_url: str = ""
    """`redis://…` for limits, open streams of visitors and wake-ups. Empty: limits are counted in the
    database, and each process counts its own streams."""

    compression: Literal["on", "off"] = "on"
    """Whether answers of text and JSON are compressed (zstd or gzip) for clients that take it. Streams, and
    answers that hand out a secret, never are."""
    compression_min_bytes: Count = 1024
    """Shorter answers are sent as they are."""
    start_wait_seconds: Annotated[float, Meta(ge=0, le=60)] = 2
    """How long a request waits that comes while the database is being opened; then it is answered 503."""
    max_body_bytes: Count = 10_000_000
    """Maximum size of a request body. Larger ones return 413 and are not read."""
    linger_bytes: Limit = 100_000_000
    """How much of a refused body is received and thrown away, so that a client that sends all before it reads
    gets the answer. 0: none; the connection is reset."""
    max_body_values: Count = 250_000
    """Maximum number of values and keys in a JSON or YAML body, which need more memory than their bytes."""
    head_seconds: Seconds = 10
    """Maximum time to receive the request line and headers."""
    body_seconds: Seconds = 120
    """Maximum time to receive a request body."""
    keep_alive_seconds: Seconds = 130
    """How long a connection without a request stays open. Longer than its proxies and clients keep theirs
    (nginx 60, Caddy 120): otherwise a request can meet the closing of its connection."""
    max_flow_bytes: Count = 5_000_000
    """Maximum size of a body that creates or replaces a flow."""
    max_yaml_bytes: Count = 300_000
    """Maximum size of a YAML import. YAML takes about fifty times as long to read as JSON."""
    max_flow_nodes: Count = 1000
    """Maximum number of nodes of a flow that is created, replaced or imported. Stored flows are not affected,
    also for the next two."""
    max_flow_edges: Count = 5000
    """Maximum number of edges of such a flow."""
    max_flow_depth: Annotated[int, Meta(ge=1, le=64)] = 64
    """Maximum nesting of lists and objects in a node's data."""
    max_message_chars: Count = 1_000_000
    """Maximum length of a chat message, in characters."""
    max_files: Limit = 4
    """Maximum number of files of a message, if its chatflow accepts files. 0: no chatflow accepts files."""
    max_file_bytes: Count = 5_000_000
    """Maximum size of a file of a message. The message with its files, in base64, must also fit into
    `max_body_bytes`."""
    heartbeat_seconds: Annotated[float, Meta(ge=0.05, le=60)] = 10
    """A stream without events sends a comment after this time, so that proxies keep it open."""
    stall_seconds: Seconds = 30
    """A client that reads nothing from its stream for this time is disconnected. It can continue with
    `Last-Event-ID`."""
    max_sockets: Count = 1000
    """Maximum number of WebSockets in one process. More are closed with 4429."""
    max_socket_bytes: Count = 1_048_576
    """Maximum size of a WebSocket message, with its files in base64. A larger one closes the socket with
    1009."""
    socket_messages_per_minute: Count = 120
    """Maximum number of messages per minute on one WebSocket. More close it with 4429."""
    socket_auth_seconds: Seconds = 10
    """How long a WebSocket waits for the `auth` message, if the handshake had no key."""
    key_cache_seconds: Annotated[float, Meta(ge=0, le=1)] = 1
    """How long a valid API key is cached. A revoked key can work this much longer."""

    rate_address: Limit = 30_000
    """Requests per minute from one IP address. An IPv6 network of 64 bits counts as one. 0: no limit, also
    for the next ones."""
    rate_key: Limit = 30_000
    """Requests per minute with one API key."""
    rate_starts: Limit = 30_000
    """Runs per minute that one API key starts."""
    rate_session: Limit = 600
    """Runs per minute in one session."""
    rate_flow: Limit = 0
    """Runs per minute of one flow."""
    rate_new_users: Limit = 100
    """Users that the owners of a workspace can create per hour. The reply says if another user has the
    email address, so this also limits guesses."""
    rate_logins: Limit = 10
    """Login attempts per minute for one account from one IP address."""

    max_streams: Limit = 5000
    """Maximum number of event streams in one process."""
    max_streams_per_caller: Limit = 1000
    """Maximum number of event streams of one key or user in one process."""

    max_concurrent_runs: Count = 64
    """Maximum number of active runs in one process. More runs wait."""
    max_open_runs: Limit = 10_000
    """Maximum number of pending and running runs of one workspace, over all processes. More return 429. 0: no
    limit."""
    max_open_runs_flow: Limit = 0
    """The same for the runs of one flow."""
    max_steps: Annotated[int, Meta(ge=1, le=100_000)] = 10_000
    """Maximum number of steps of a run. Nodes that run in parallel count as one step. A flow or a request
    can set a lower value in `limits`, also for the next four."""
    max_model_calls: Count = 1000
    """Maximum number of model calls of a run."""
    max_tool_calls: Count = 5000
    """Maximum number of tool calls and outbound requests of a run."""
    max_depth: Annotated[int, Meta(ge=0, le=50)] = 8
    """Maximum nesting of sub-flows."""
    max_node_runs: Count = 50_000
    """Maximum node runs of a run, in all its containers and sub-flows together."""
    max_parallel_passes: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """Passes through containers and sub-flows that a run has under way at once, at each depth. More wait."""
    max_run_bytes: Annotated[int, Meta(ge=100_000)] = 200_000_000
    """Maximum bytes that a run stores, as JSON: its events, and the results of its calls and nodes."""
    max_memory_bytes: Annotated[int, Meta(ge=100_000)] = 200_000_000
    """Maximum bytes of the outputs that a run holds in memory at once, as JSON."""
    max_run_tokens: Count = 2_000_000
    """Maximum number of input and output tokens of a run."""
    max_run_seconds: Seconds = 900
    """Maximum time of a run. Then its status is `timeout`. Waiting for approval does not count."""
    max_recoveries: Annotated[int, Meta(ge=0)] = 3
    """Maximum number of recovery attempts after crashes. Then the run fails."""
    lease_seconds: Seconds = 15
    """Lifetime of a server's lease. If a server does not renew it, others resume its runs."""
    drain_seconds: Annotated[float, Meta(ge=0)] = 25
    """How long a stopping server lets its runs finish. Unfinished runs resume later."""
    retention_days: Annotated[float, Meta(ge=0)] = 90
    """Days that events of ended runs are kept. 0 keeps them forever."""
    idempotency_hours: Seconds = 24
    """Hours that the response to an `Idempotency-Key` is kept."""

    embed_session_minutes: Annotated[float, Meta(gt=0, le=1440)] = 30
    """Minutes after the last request until the session of a visitor ends."""
    embed_message_bytes: Annotated[int, Meta(ge=1, le=150_000)] = 32_768
    """Maximum size of a visitor's message, in bytes of UTF-8."""
    embed_model_calls: Count = 100
    """Maximum number of model calls of a visitor's run, if its chatflow sets no `limits`."""
    embed_streams: Count = 2
    """Maximum number of open streams of a visitor's session: over all processes if `redis_url` is set,
    otherwise in each."""

    budget_default_price: Annotated[float, Meta(ge=0)] = 0
    """US dollars per million tokens that budgets in dollars assume if a model has no price. 0: such requests
    are rejected under a budget in dollars."""
    budget_output_tokens: Count = 4096
    """Maximum output of a request under a budget that sets no `max_tokens`. The budget reserves the cost of
    this output."""
    metrics_token: str = ""
    """Token that can read `/metrics` and nothing else, for Prometheus. Empty: an API key is required."""
    metrics_networks: list[str] = []
    """IP addresses and networks, as `10.0.0.0/8`, from which `/metrics` and
    `/api/agent-builder/metrics/prometheus` need no key. A proxy in front of the server must be in
    `trusted_proxies`, else every request comes from it."""
    metrics_models: list[str] = []
    """Models that always have their own series in the metrics, as `provider/model`. Others get one with their
    first successful answer, or if they have a stored price, while there is room."""
    metrics_port: Port = 0
    """Second port with `/metrics` only. It requires no key. 0: none."""
    metrics_host: str = "127.0.0.1"
    """IP address to listen on for `metrics_port`."""
    otel_endpoint: str = ""
    """OTLP/HTTP endpoint for traces of runs: `http://127.0.0.1:4318/v1/traces`. Empty: none."""
    otel_headers: list[str] = []
    """Headers for that endpoint, as `Name=value`."""
    otel_service_name: str = "agenticrag"
    """Name of this service in traces."""
    otel_content: Literal["on", "off"] = "off"
    """Whether traces contain the messages of users, models and tools. `off`: only names, times, tokens and
    costs."""
    otel_openinference: Literal["on", "off"] = "off"
    """Whether spans also have the attributes of OpenInference, which Phoenix shows."""

    tools_dir: str = ""
    """Folder of Python files whose functions are tools, with the rights of the server. Empty: none."""
    extensions_dir: str = ""
    """Folder of Python files with tools, node types and providers. A broken one stops the start."""
    tool_seconds: Seconds = 60
    """Maximum time of one tool call, including its retries."""
    sql_dir: str = ""
    """Folder of SQLite files that the `sql` tool may read. Empty: none."""
    max_tool_result_chars: Count = 32_768
    """Maximum characters of a tool result for the model. The rest is cut off, and the model is informed."""
    max_citations: Count = 200
    """Maximum number of citations in one run. More are dropped."""
    max_citations_at_once: Count = 50
    """Maximum number of citations in one model answer or tool result."""
    max_citation_url_chars: Annotated[int, Meta(ge=1, le=8000)] = 2000
    """Maximum length of a citation's URL. Citations with a longer one are dropped."""
    max_citation_title_chars: Count = 300
    """Maximum length of a citation's title. The rest is cut off."""
    max_citation_text_chars: Count = 500
    """Maximum length of a citation's text. The rest is cut off."""
    egress_allow: list[str] = []
    """`host:port` pairs in private networks that flows may call, as flows name them. Empty: public hosts."""
    egress_seconds: Seconds = 30
    """Maximum time of an outbound request of a flow, including redirects."""
    egress_max_bytes: Count = 10_485_760
    """Maximum size of a response to an outbound request, after decompression."""
    code_seconds: Seconds = 5
    """Maximum time of one program of a `code` node or tool."""
    code_memory_bytes: Annotated[int, Meta(ge=1_048_576)] = 67_108_864
    """Maximum memory of one program."""
    code_output_bytes: Count = 1_000_000
    """Maximum size of a program's output as JSON, and of the text that it prints."""
    code_processes: Annotated[int, Meta(ge=1, le=64)] = 2
    """Maximum number of programs at the same time, each in its own process. More wait."""
    code_for_visitors: bool = False
    """Whether runs of anonymous visitors of embedded chats may use the `code` node and tool."""

    database_pool: Annotated[int, Meta(ge=1, le=1000)] = 8
    """Maximum number of database connections of one process."""
    sqlite_synchronous: Literal["OFF", "NORMAL", "FULL"] = "NORMAL"
    """SQLite's `synchronous`. `NORMAL` can lose the last commits in a power failure. `FULL` loses none and is
    slower. A killed process loses nothing with either."""

    large_value_bytes: Annotated[int, Meta(ge=0)] = 32_768
    """Bytes from which on a value of a run is stored once, whatever holds it: events, results, outputs,
    checkpoints. 0: never."""

    default_provider: str = ""
    """Provider for chats without one. Empty: the first available of Ollama, OpenAI with a key, the installed
    local model, `demo`."""
    default_model: str = ""
    """Model for chats without one. Empty: the provider's first model."""
    openai_api_key: str = ""
    """API key for the provider `openai`."""
    openai_base_url: str = ""
    """URL of an OpenAI-compatible API. Empty: OpenAI."""
    openai_profile: str = ""
    """Profile of that server: `azure`, `vllm`, `mistral`, … Empty: the server is known by its URL."""
    openai_transport: Literal["direct", "langchain"] = "direct"
    """How provider `openai` sends requests: with our own client, or through LangChain's ChatOpenAI."""
    openai_organization: str = ""
    """Sent as `OpenAI-Organization` to that URL."""
    openai_headers: list[str] = []
    """More headers for that URL, each as `Name: value`."""
    anthropic_api_key: str = ""
    """API key for the provider `anthropic`."""
    anthropic_base_url: str = ""
    """URL of a server that speaks Anthropic's Messages API. Empty: Anthropic."""
    anthropic_max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] = 8192
    """Longest answer of provider `anthropic` where `max_tokens` is not set: its API needs one."""
    ollama_base_url: str = ""
    """URL of Ollama. Empty: `http://127.0.0.1:11434`."""
    ollama_max_context: Annotated[int, Meta(ge=1024)] = 32_768
    """Maximum context of Ollama, in tokens. Longer requests are refused, not cut."""
    local_model: str = ""
    """Path of a GGUF file for the provider `local`. Empty: SmolLM2-135M of `agenticrag models install`."""
    local_threads: Limit = 0
    """Threads of the local model. 0: one for SmolLM2-135M; for other models all cores except one."""
    local_context: Annotated[int, Meta(ge=512, le=1_000_000)] = 8192
    """Tokens of prompts and answers that concurrent requests share. Two requests run at a time."""
    allowed_base_urls: list[str] = []
    """URLs that the `base_url` of a flow or chat may use. Empty: only the configured ones. A name in a
    private network must also be in `egress_allow`."""
    model_connect_seconds: Seconds = 5
    """Maximum time to connect to a provider."""
    model_first_token_seconds: Seconds = 120
    """Maximum time until a model server's first sign of life: a comment, reasoning or a token."""
    model_load_seconds: Seconds = 300
    """The same for servers on this machine, which may have to load the model first."""
    model_idle_seconds: Seconds = 60
    """Maximum silence of a model server within an answer."""
    model_total_seconds: Seconds = 600
    """Maximum time of one model answer."""
    model_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    """Attempts for one model call, before a fallback or a failure."""
    model_concurrency: Count = 1000
    """Maximum number of concurrent requests to one provider. More requests wait."""
