"""Chatflows without a drawing: from the settings of a chat to the flow that they stand for."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from graphs.analysis.chat_guardrails import ChatGuardrails, guardrail_problems, with_guardrails
from graphs.analysis.chat_retrieval import RagConfig, reranker_of, with_retrieval
from graphs.conversation.files import Uploads
from graphs.document.flow import Edge, GraphDefinition, NodeDocument
from graphs.memory import MemoryConfig
from graphs.model_api.connection import ConnectionName
from graphs.model_nodes.model_node import Fallback, MaxTokens, Stop, Temperature, TopP
from graphs.model_nodes.model_settings import (
    OLD_DEFAULTS,
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
)
from graphs.nodes.llm import JsonObjectFormat, ResponseFormat
from graphs.outbound.credentials import CredentialName
from graphs.passage_search.reranker import reranker_problem
from graphs.values.findings import Finding, FlowError

__all__ = ["ChatConfig", "MemoryConfig", "RagConfig", "chat_graph", "definition_of"]


class ChatConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Model and appearance of a chatflow."""

    llm_provider: Annotated[str, Meta(min_length=1, max_length=64, description="Where the model runs.")] = (
        "ollama"
    )
    llm_model: Annotated[str, Meta(min_length=1, max_length=255, description="The model's name there.")] = (
        "llama3.3:70b"
    )
    system_prompt: Annotated[str, Meta(max_length=100_000, description="Template of the system prompt.")] = ""
    temperature: Annotated[
        Temperature | UnsetType | None,
        Meta(description="0 to 2. Lower values give more predictable answers. Null: the model's default."),
    ] = UNSET
    max_tokens: Annotated[
        MaxTokens | UnsetType | None,
        Meta(description="Maximum number of tokens in the answer. Null: the model's default."),
    ] = UNSET
    top_p: Annotated[
        TopP | None, Meta(description="Nucleus sampling: only the most likely tokens up to this probability.")
    ] = None
    stop: Annotated[Stop, Meta(description="Texts that end the answer.")] = field(default_factory=list[str])
    seed: Annotated[
        int | None, Meta(description="Seed for repeatable answers, if the provider supports it.")
    ] = None
    top_k: TopK = None
    min_p: MinP = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    logit_bias: LogitBias = field(default_factory=dict[str, float])
    user: User = ""
    reasoning_effort: ReasoningEffort = ""
    parallel_tool_calls: ParallelToolCalls = None
    chat_template_kwargs: TemplateArguments = field(default_factory=dict[str, Any])
    num_ctx: ContextTokens = None
    keep_alive: KeepAlive = ""
    think: Think = None
    model_first_token_seconds: FirstTokenSeconds = None
    model_idle_seconds: IdleSeconds = None
    extra_body: ExtraBody = field(default_factory=dict[str, Any])
    response_format: Annotated[ResponseFormat | None, Meta(description="Text, or JSON.")] = None
    fallbacks: Annotated[
        list[Fallback], Meta(max_length=5, description="Models to try in this order if the model fails.")
    ] = field(default_factory=list[Fallback])
    base_url: Annotated[
        str, Meta(max_length=2000, description="Another URL of the provider, from the operator's list.")
    ] = ""
    credential: CredentialName = ""
    connection: ConnectionName = ""
    tools: Annotated[
        list[str | dict[str, Any]],
        Meta(max_length=100, description="Tools of the model: names, or objects with `name` and settings."),
    ] = field(default_factory=list[str | dict[str, Any]])
    max_iterations: Annotated[
        int,
        Meta(ge=1, le=100, description="Maximum number of model calls for one answer with tools."),
    ] = 10
    max_tool_calls: Annotated[
        int, Meta(ge=0, le=1000, description="Maximum number of tool calls for one answer.")
    ] = 25
    streaming: Annotated[bool, Meta(description="Whether front ends should stream. Streams always work.")] = (
        True
    )
    welcome_message: Annotated[str | None, Meta(description="Text before the first message.")] = None
    suggested_questions: Annotated[
        list[Annotated[str, Meta(max_length=1000)]],
        Meta(max_length=50, description="Suggested questions in front ends."),
    ] = field(default_factory=list[str])
    uploads: Annotated[Uploads, Meta(description="Files that a message can contain.")] = Uploads()
    guardrails: Annotated[
        ChatGuardrails | None,
        Meta(description="Checks of messages and answers. A drawn flow uses `guardrail` nodes instead."),
    ] = None


_WITH_DEFAULTS = ("local", "demo")
"""Providers whose models get a temperature and a limit where none is set; others keep their own."""
_NOT_OF_A_NODE = (
    "llm_provider",
    "llm_model",
    "streaming",
    "welcome_message",
    "suggested_questions",
    "tools",
    "max_iterations",
    "max_tool_calls",
    "uploads",
    "guardrails",
)


def chat_graph(
    chat_config: ChatConfig,
    memory_config: MemoryConfig | None = None,
    rag_config: RagConfig | None = None,
) -> GraphDefinition:
    """Return the flow that a chatflow without a drawing runs: start → llm → end, an agent where it has tools.

    Raises:
        FlowError: it asks for retrieval or a form of answers that is not available; all is told.
    """
    memory = (memory_config or MemoryConfig()).strategy()
    problems: dict[str, str] = {}
    rag = rag_config if rag_config is not None and rag_config.enabled else None
    if rag is not None and not rag.knowledgebase_ids:
        problems["/rag_config/knowledgebase_ids"] = (
            "Retrieval needs a knowledge base: name one in 'knowledgebase_ids', or set 'enabled' to false."
        )
    model = {
        "provider": chat_config.llm_provider,
        "model": chat_config.llm_model,
        "connection": chat_config.connection,
    }
    if rag is not None and (problem := reranker_problem(rag.reranking_enabled, reranker_of(rag, model))):
        problems["/rag_config/reranker"] = problem
    if chat_config.tools and isinstance(chat_config.response_format, JsonObjectFormat):
        problems["/chat_config/response_format"] = (
            "A chat with tools answers in text, or with JSON that follows a schema: set 'response_format' to "
            "a 'json_schema', or leave it out."
        )
    findings = [Finding(code="not_available", message=said, pointer=at) for at, said in problems.items()]
    guardrails = chat_config.guardrails or ChatGuardrails()
    findings += [
        Finding(code="not_possible", message=said, pointer=f"/chat_config/guardrails{at}")
        for at, said in guardrail_problems(guardrails).items()
    ]
    if findings:
        raise FlowError(findings)
    kind, data = ("agent", _agent(chat_config)) if chat_config.tools else ("llm", _llm(chat_config))
    data["memory"] = msgspec.to_builtins(memory)
    if rag is not None:
        return with_guardrails(guardrails, with_retrieval(rag, kind, data), kind)
    plain = GraphDefinition(
        nodes=[
            NodeDocument(id="start", type="start", position={"x": 0, "y": 0}),
            NodeDocument(id=kind, type=kind, position={"x": 240, "y": 0}, data=data),
            NodeDocument(id="end", type="end", position={"x": 480, "y": 0}),
        ],
        edges=[
            Edge(id=f"start-{kind}", source="start", target=kind),
            Edge(id=f"{kind}-end", source=kind, target="end"),
        ],
    )
    return with_guardrails(guardrails, plain, kind)


def definition_of(document: Mapping[str, Any]) -> GraphDefinition:
    """Return what a stored flow runs: its own ``graph_definition``, or the one that its settings stand for.

    A provider or model that is empty counts as left out.

    Raises:
        FlowError: the settings do not decode, or ask for something that is not available.
    """
    try:
        if document.get("graph_definition") is not None:
            if (document.get("chat_config") or {}).get("guardrails"):
                raise FlowError([_UNUSED])
            return msgspec.convert(document["graph_definition"], GraphDefinition)
        if "orchestration_type" in document:
            from graphs.orchestration.compose import graph_of  # with every type, for agentflows alone

            return graph_of(document)
        chat = {name: value for name, value in (document.get("chat_config") or {}).items() if value != ""}
        return chat_graph(
            msgspec.convert(chat, ChatConfig),
            msgspec.convert(document.get("memory_config"), MemoryConfig | None),
            msgspec.convert(document.get("rag_config"), RagConfig | None),
        )
    except msgspec.ValidationError as error:
        raise FlowError([Finding(code="bad_settings", message=f"{error}.")]) from error


_UNUSED = Finding(
    code="not_available",
    message="A flow with a 'graph_definition' does not run 'guardrails': leave them out, and draw "
    "`guardrail` nodes that check the message and the answer.",
    pointer="/chat_config/guardrails",
)


def _llm(chat: ChatConfig) -> dict[str, Any]:
    """Return the data of the llm node that a chat without tools runs."""
    if (chat.temperature, chat.max_tokens) == OLD_DEFAULTS:
        chat = msgspec.structs.replace(chat, temperature=UNSET, max_tokens=UNSET)
    if chat.llm_provider in _WITH_DEFAULTS:
        chat = msgspec.structs.replace(
            chat,
            temperature=0.7 if chat.temperature is UNSET else chat.temperature,
            max_tokens=1000 if chat.max_tokens is UNSET else chat.max_tokens,
        )
    configured: dict[str, Any] = msgspec.to_builtins(chat)
    data = {"provider": chat.llm_provider, "model": chat.llm_model}
    for name in _NOT_OF_A_NODE:
        del configured[name]
    return data | {name: value for name, value in configured.items() if value not in (None, "", [], {})}


def _agent(chat: ChatConfig) -> dict[str, Any]:
    """Return the data of the agent node that a chat with tools runs."""
    data = _llm(chat)
    told = data.pop("system_prompt", None)
    match data.pop("response_format", None):
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            data["output_schema"] = schema
        case _:
            pass
    return data | {
        **({"instructions": told} if told else {}),
        "tools": chat.tools,
        "max_iterations": chat.max_iterations,
        "max_tool_calls": chat.max_tool_calls,
        "reads_history": True,
    }
