"""Messages, and what is asked of models, tools and people with their answers, as plain values: what crosses
state, journal and wire."""

from typing import Any, Literal

from msgspec import Struct, field

from graphs.conversation.tool_questions import ToolQuestion

__all__ = [
    "INSTRUCTION",
    "SOURCES",
    "Attempt",
    "Citation",
    "ErrorClass",
    "InputAnswer",
    "InputAudience",
    "InputKind",
    "InputRequest",
    "Message",
    "ModelAnswer",
    "ModelRequest",
    "ToolCall",
    "ToolResult",
    "ToolSpec",
    "ToolUse",
    "Usage",
]

INSTRUCTION = "instruction"
"""In the metadata of a system message that a caller gave with a conversation: it holds for all of it."""
SOURCES = "sources"
"""In the metadata of a message: whether it has, after its first paragraph, the passages to answer from."""

ErrorClass = Literal[
    "rate_limited",
    "overloaded",
    "timeout_connect",
    "timeout_first_token",
    "timeout_idle",
    "network",
    "server",
    "bad_response",
    "auth",
    "bad_request",
    "context_length",
    "content_filter",
    "budget",
    "quota",
    "unknown_model",
    "empty_answer",
    "unsupported",
]
"""Why a provider's attempt failed; `graphs.model_api.error_classes` says what follows from each."""


class ToolCall(Struct, frozen=True, omit_defaults=True):
    """One call that the model asked for."""

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    invalid: str = ""
    """The raw text of the arguments where they were no JSON object; then ``arguments`` is empty."""
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the server that made the call wants to see again with it (`Message.echo`)."""


class ToolSpec(Struct, frozen=True):
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments object."""


class Message(Struct, frozen=True, omit_defaults=True):
    """One message of a conversation. State holds it as plain JSON (`msgspec.to_builtins`)."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] = ""
    """Text, or parts: ``{"type": "text", "text": …}``, ``{"type": "image_url", "image_url": {"url": …}}``,
    and of `graphs.conversation.files` ``{"type": "file", "id": …, "name": …, …}``, which no provider sees."""
    id: str = ""
    tool_calls: list[ToolCall] = []
    tool_call_id: str = ""
    name: str = ""
    created_at: float = 0.0
    """Unix time in seconds."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """Facts about the message that no model sees: execution_id, usage, …"""
    echo: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the server that wrote an assistant's turn wants to see again with it, as it came, and in ``kind``
    which kind of server that was: others never get it."""


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens of one attempt, as the provider counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    """Part of ``input_tokens`` that the provider read from its cache."""
    cache_write_tokens: int = 0
    """Part of ``input_tokens`` that the provider wrote to its cache."""
    reasoning_tokens: int = 0
    """Part of ``output_tokens`` spent on reasoning text."""
    estimated: bool = False
    """True where the provider gave no usage and a tokenizer's estimate stands in."""


class Citation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source of an answer."""

    number: int = 0
    """1 for the first source of the run, and so on: the same for each citation of one address."""
    url: str
    """An address of http or https; empty where a passage of a knowledge base has none."""
    title: str = ""
    text: str = ""
    """The passage that counts, where it is known."""
    start: int | None = None
    """Where in the answer's text it is cited, in characters, with `end`; None where nobody said."""
    end: int | None = None
    passage_id: str = ""
    """Of a knowledge base; empty for a source of the web."""
    document_id: str = ""
    page: int | None = None
    """The page of the document, from 1; None where it has none."""

    @property
    def key(self) -> str:
        """What its number stands for."""
        return self.url if not self.passage_id else f"passage:{self.passage_id}"


class Attempt(Struct, frozen=True, omit_defaults=True):
    """One request to a provider: the ledger has a row for each."""

    provider: str
    model: str
    status: Literal["completed", "failed", "cancelled", "interrupted"]
    """``interrupted``: the server died while it waited for the answer; what it used is an estimate."""
    usage: Usage = Usage()
    error_class: ErrorClass | None = None
    error: str = ""
    """A sentence for people, without secrets; empty on success."""
    retry_of: ErrorClass | None = None
    """How the attempt failed that this one repeats at the same provider and model; None for a first."""
    started_at: float = 0.0
    """Unix time in seconds."""
    duration_ms: float = 0.0
    first_token_ms: float | None = None
    """Milliseconds from the request to the first token; None if none came."""
    held: str = ""
    """What was reserved of budgets for it: an id of the recorder's; empty where none applies."""
    connection: str = ""
    """Name of the workspace's connection that it went by, which may have prices of its own."""


class ModelRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model is asked. Holds no secret: its canonical JSON is hashed as the call's identity."""

    provider: str
    model: str
    messages: list[Message]
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: list[str] = []
    seed: int | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] = {}
    user: str = ""
    """Who asks, for the provider's own records."""
    reasoning_effort: str = ""
    parallel_tool_calls: bool | None = None
    chat_template_kwargs: dict[str, Any] = {}
    num_ctx: int | None = None
    """Tokens of context, of Ollama; None for as many as the request needs."""
    keep_alive: str = ""
    """How long Ollama keeps the model loaded."""
    think: bool | str | None = None
    """Whether, or how much, a model of Ollama's reasons."""
    model_first_token_seconds: float | None = None
    """Longest wait for the model's first sign of life; None for the server's setting of this name."""
    model_idle_seconds: float | None = None
    """Longest silence within its answer; None for the server's setting of this name."""
    extra_body: dict[str, Any] = {}
    """Further fields of the request, as the server knows them; never messages, model, stream or tools."""
    tools: list[ToolSpec] = []
    tool_choice: str = ""
    """Empty (provider's default), ``auto``, ``required``, ``none`` or a tool's name."""
    response_format: dict[str, Any] | None = None
    """``{"type": "json_object"}`` or ``{"type": "json_schema", "json_schema": {…}}``."""
    base_url: str = ""
    """Empty for the operator's configured address."""
    credential: str = ""
    """Name of the workspace's credential that has the provider's key; empty for the operator's key."""
    connection: str = ""
    """Name of the workspace's connection that it goes by; empty for the operator's addresses."""
    profile: str = ""
    """The connection's: which kind of server it asks."""
    headers: dict[str, str] = {}
    """The connection's: sent with the request."""
    fallbacks: list[tuple[str, str]] = []
    """(provider, model) pairs asked in turn when the first is exhausted."""


class ModelAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole answer, with one entry in ``attempts`` per request that was sent for it."""

    provider: str
    """The provider that answered in the end: the fallback's where one was used."""
    model: str
    content: str = ""
    reasoning: str = ""
    tool_calls: list[ToolCall] = []
    finish_reason: str = ""
    usage: Usage = Usage()
    """The answering attempt's usage; the sum over ``attempts`` is what the call cost."""
    attempts: list[Attempt] = []
    citations: list[Citation] = []
    """The sources that the provider names."""
    echo: dict[str, Any] = field(default_factory=dict[str, Any])
    """See `Message.echo`."""
    warnings: list[str] = []
    """Sentences: what was not as it was asked for, and the answer counts all the same."""
    structured: str = ""
    """How JSON was asked for: ``json_schema``, ``json_object`` or ``instruction``; empty where it was not."""


class ToolUse(Struct, frozen=True, omit_defaults=True):
    """Something to be done outside: a tool, an HTTP request. Its canonical JSON is the call's identity."""

    name: str
    arguments: dict[str, Any]
    """Clean JSON without secrets: it is shown to the flow's owner."""
    call_id: str = ""
    """The model's own id of the call, where a model asked for it."""
    repeatable: bool = True
    """False for what must not be done twice: after a crash in the middle of it a person decides."""
    source: str = ""
    """Where the tool comes from: ``builtin``, ``python``, ``mcp`` or ``flow``; no part of the identity."""


class ToolResult(Struct, frozen=True, omit_defaults=True):
    """What a `ToolUse` gave."""

    content: str
    """The result as text: what a model gets to read."""
    value: Any = None
    """The result as plain JSON, for flows."""
    error: str = ""
    """A sentence where it failed, without secrets."""
    status: Literal["completed", "failed"] = "completed"
    duration_ms: float = 0.0
    citations: list[Citation] = []
    """The sources that it names."""
    asks: list[ToolQuestion] = []
    """What people must answer before there is a result."""
    state: str = ""
    """What the tool is given back with their answers."""


InputAudience = Literal["team", "visitor"]
"""Whom a run asks: whoever has a key of the workspace, or also who chats with an embedded chat."""
InputKind = Literal["approval", "input", "decision", "timer"]
"""What a run waits for: a yes or no, a value, a choice among several, or only the time to pass."""


class InputRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run asks of a person, and how long it waits. Its canonical JSON is the question's identity."""

    kind: InputKind
    message: str = ""
    """A sentence for whoever answers."""
    schema: dict[str, Any] | None = None
    """JSON Schema that the value of an ``edit`` or ``submit`` must fit; None for any."""
    value: Any = None
    """What to show, and to edit."""
    choices: list[str] = []
    """The actions that may be answered, where they are not those of the kind."""
    labels: dict[str, str] = {}
    """What to call actions, by action."""
    audience: InputAudience = "team"
    """Who may answer."""
    timeout_seconds: float | None = None
    """Seconds, by the database's clock, after which the answer is ``expired``; None: it waits for ever."""
    expires_at: float | None = None
    """Unix time at which the answer is ``expired``, in place of `timeout_seconds`."""
    conversation: bool = False
    """Whether it is asked in a conversation: its next message answers it, or is refused where the team must
    answer."""
    interrupt: bool = False
    """Whether code asks by LangGraph's ``interrupt``: LangGraph's clients see `value` as it is, and what they
    resume with is the answer."""


class InputAnswer(Struct, frozen=True, omit_defaults=True):
    """What came of an `InputRequest`."""

    action: str
    """``approve``, ``reject``, ``edit``, ``submit``, one of the choices, or ``expired``."""
    value: Any = None
    comment: str = ""
    by: str = ""
    """Who answered: the name of the API key; empty where time did or nobody is named."""
