"""Chatflows without a drawing: their settings become a flow of three nodes."""

from typing import Any

import msgspec
import pytest

from graphs.analysis.chatflow import (
    ChatConfig,
    MemoryConfig,
    RagConfig,
    chat_graph,
    definition_of,
)
from graphs.checks.check import read_flow
from graphs.memory import Summary
from graphs.nodes import decode_node
from graphs.nodes.llm import Llm
from graphs.nodes.retrieve import Retrieve
from graphs.values.findings import FlowError


def test_a_chatflow_has_the_defaults_of_its_contract() -> None:
    assert msgspec.to_builtins(msgspec.convert({}, ChatConfig)) == {
        "llm_provider": "ollama",
        "llm_model": "llama3.3:70b",
        "system_prompt": "",
        "top_p": None,
        "stop": [],
        "seed": None,
        "top_k": None,
        "min_p": None,
        "presence_penalty": None,
        "frequency_penalty": None,
        "logit_bias": {},
        "user": "",
        "reasoning_effort": "",
        "parallel_tool_calls": None,
        "chat_template_kwargs": {},
        "num_ctx": None,
        "keep_alive": "",
        "think": None,
        "model_first_token_seconds": None,
        "model_idle_seconds": None,
        "extra_body": {},
        "response_format": None,
        "fallbacks": [],
        "base_url": "",
        "credential": "",
        "connection": "",
        "tools": [],
        "max_iterations": 10,
        "max_tool_calls": 25,
        "streaming": True,
        "welcome_message": None,
        "suggested_questions": [],
        "uploads": {"max_files": 0, "max_bytes": 1_000_000, "kinds": ["text"]},
        "guardrails": None,
    }
    assert msgspec.to_builtins(msgspec.convert({}, RagConfig)) == {
        "enabled": False,
        "knowledgebase_ids": [],
        "retrieval_strategy": "hybrid",
        "top_k": 5,
        "score_threshold": None,
        "reranking_enabled": False,
        "reranker": None,
        "filters": {},
        "section_characters": 0,
        "query_rewriting": False,
        "sources_only": False,
        "quote_sources": None,
        "no_answer": "",
    }
    assert msgspec.convert({}, MemoryConfig) == MemoryConfig(type="buffer", max_messages=10)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        (ChatConfig, {"temperature": -0.1}, r">= 0.0 - at `\$.temperature`"),
        (ChatConfig, {"temperature": 2.1}, "<= 2.0"),
        (ChatConfig, {"max_tokens": 0}, ">= 1"),
        (ChatConfig, {"top_p": 0}, "> 0.0"),
        (ChatConfig, {"llm_model": ""}, "length >= 1"),
        (ChatConfig, {"api_key": "secret"}, "unknown field `api_key`"),
        (ChatConfig, {"response_format": {"type": "xml"}}, r"\$.response_format.type"),
        (MemoryConfig, {"type": "elephant"}, "elephant"),
        (MemoryConfig, {"max_messages": 1001}, "<= 1000"),
        (RagConfig, {"top_k": 0}, ">= 1"),
        (RagConfig, {"score_threshold": 1.5}, "<= 1.0"),
        (RagConfig, {"retrieval_strategy": "magic"}, "magic"),
    ],
)
def test_settings_out_of_bounds_are_refused_with_their_path(
    kind: Any, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(settings, kind)


def test_settings_become_start_llm_end() -> None:
    chat = ChatConfig(
        llm_provider="openai",
        llm_model="gpt-4.1-mini",
        system_prompt="Be brief.",
        temperature=0,
        stop=["END"],
        welcome_message="Hello!",
    )
    graph = chat_graph(chat, MemoryConfig(type="summary", summary_threshold=30), RagConfig())
    assert [(node.id, node.type) for node in graph.nodes] == [
        ("start", "start"),
        ("llm", "llm"),
        ("end", "end"),
    ]
    assert [(edge.source, edge.target) for edge in graph.edges] == [("start", "llm"), ("llm", "end")]
    decoded = [decode_node(node.type, node.data) for node in graph.nodes]
    assert decoded[1] == Llm(
        provider="openai",
        model="gpt-4.1-mini",
        system_prompt="Be brief.",
        temperature=0,
        stop=["END"],
        memory=Summary(summary_threshold=30),
    )


def test_a_flow_made_from_settings_survives_the_wire() -> None:
    response_format = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    chat = msgspec.convert(
        {"response_format": response_format, "seed": 0, "fallbacks": [{"provider": "p", "model": "m"}]},
        ChatConfig,
    )
    graph = chat_graph(chat)
    again = msgspec.json.decode(msgspec.json.encode(graph), type=type(graph))
    assert again == graph
    assert graph.nodes[1].data["seed"] == 0
    assert graph.nodes[1].data["response_format"] == response_format
    assert decode_node("llm", again.nodes[1].data) == decode_node("llm", graph.nodes[1].data)


def test_retrieval_without_a_knowledge_base_is_refused() -> None:
    with pytest.raises(FlowError, match="name one in 'knowledgebase_ids'") as refused:
        chat_graph(ChatConfig(), None, RagConfig(enabled=True))
    assert refused.value.findings[0].pointer == "/rag_config/knowledgebase_ids"


def test_retrieval_comes_before_the_model_and_a_query_is_written_where_it_is_wanted() -> None:
    rag = RagConfig(enabled=True, knowledgebase_ids=["handbook"], top_k=3, sources_only=True)
    graph = chat_graph(ChatConfig(), None, rag)
    assert [(node.id, node.type) for node in graph.nodes] == [
        ("start", "start"),
        ("retrieve", "retrieve"),
        ("llm", "llm"),
        ("end", "end"),
    ]
    search, answer = decode_node("retrieve", graph.nodes[1].data), decode_node("llm", graph.nodes[2].data)
    assert isinstance(search, Retrieve)
    assert (search.knowledge_bases, search.top_k, search.strategy) == (["handbook"], 3, "hybrid")
    assert isinstance(answer, Llm)
    assert (answer.sources, answer.sources_only) == ("nodes.retrieve", True)
    rewriting = chat_graph(ChatConfig(), None, msgspec.structs.replace(rag, query_rewriting=True))
    flow = read_flow(rewriting, name="chat", type="chatflow")
    assert flow.type == "chatflow"
    assert [node.id for node in rewriting.nodes] == ["start", "follows", "rewrite", "retrieve", "llm", "end"]


@pytest.mark.parametrize(
    ("provider", "chat_config", "sent"),
    [
        ("openai", {}, (None, None)),
        ("openai", {"temperature": 0.7, "max_tokens": 2000}, (None, None)),
        ("openai", {"temperature": 0.7, "max_tokens": 500}, (0.7, 500)),
        ("openai", {"temperature": 0.2}, (0.2, None)),
        ("openai", {"temperature": None, "max_tokens": 500}, (None, 500)),
        ("local", {}, (0.7, 1000)),
        ("demo", {"temperature": 0.7, "max_tokens": 2000}, (0.7, 1000)),
        ("local", {"temperature": None, "max_tokens": None}, (None, None)),
        ("local", {"temperature": 0.1}, (0.1, 1000)),
    ],
)
@pytest.mark.parametrize("tools", [[], ["calculator"]])
def test_a_model_gets_only_what_was_set(
    provider: str, chat_config: dict[str, Any], sent: tuple[Any, Any], tools: list[str]
) -> None:
    settings = {"llm_provider": provider, "llm_model": "m", "tools": tools} | chat_config
    data = definition_of({"chat_config": settings}).nodes[1].data
    assert (data.get("temperature"), data.get("max_tokens")) == sent
