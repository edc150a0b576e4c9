"""The chat models that the graph asks."""

import os
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

__all__ = ["ChatModel", "openai_model", "ollama_model", "anthropic_model", "chat_model", "form_of"]

ChatModel = Runnable[LanguageModelInput, AIMessage]


def openai_model(model: str, **settings: Any) -> BaseChatModel:
    """Return a model of OpenAI, or of another server at `OPENAI_BASE_URL` that speaks its protocol."""
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=model, **settings)


def ollama_model(model: str, **settings: Any) -> BaseChatModel:
    """Return a model of Ollama."""
    from langchain_ollama import ChatOllama

    if "max_tokens" in settings:
        settings["num_predict"] = settings.pop("max_tokens")
    return ChatOllama(model=model, base_url=os.environ.get("OLLAMA_BASE_URL"), **settings)


def anthropic_model(model: str, **settings: Any) -> BaseChatModel:
    """Return a model of Anthropic."""
    from langchain_anthropic import ChatAnthropic

    if "stop" in settings:
        settings["stop_sequences"] = settings.pop("stop")
    return ChatAnthropic(model_name=model, **settings)


def chat_model(
    *models: BaseChatModel, tools: Sequence[BaseTool] = (), schema: dict[str, Any] | None = None
) -> ChatModel:
    """Return a model, the others as fallbacks in this order.

    Args:
        models: The models.
        tools: What they may call.
        schema: The JSON Schema of their answers, which the prompt tells too.
    """
    ready: list[ChatModel] = []
    for model in models:
        one: Any = model.bind_tools(tools) if tools else model
        if schema is not None:
            one = one.bind(**form_of(model, schema))
        ready.append(one)
    return ready[0].with_fallbacks(ready[1:]) if len(ready) > 1 else ready[0]


def form_of(model: BaseChatModel, schema: dict[str, Any]) -> dict[str, Any]:
    """Return how a provider is told the form of its answer; nothing where the prompt alone does."""
    match type(model).__name__:
        case "ChatOpenAI" if not schema:
            return {"response_format": {"type": "json_object"}}
        case "ChatOpenAI":
            form = {"name": "answer", "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": form}}
        case "ChatOllama":
            return {"format": schema or "json"}
        case _:
            return {}
