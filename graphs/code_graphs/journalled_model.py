"""JournalledModel: LangChain's chat model for code graphs, over the models of the server."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall
from langchain_core.messages import ToolCall as LangChainToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.config import get_config

from graphs.code_graphs.current_run import CURRENT, CurrentRun
from graphs.code_graphs.placed_checkpoints import on_loop
from graphs.conversation.messages import Message, ModelAnswer, ModelRequest, ToolCall, ToolSpec
from graphs.values.node_error import NodeError

__all__ = ["JournalledModel"]

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "tool"}
OWN = frozenset({"provider", "model", "messages", "tools", "credential", "base_url", "headers", "profile"})
SETTINGS = frozenset(ModelRequest.__struct_fields__) - OWN
SILENT = "nostream"
"""LangGraph's tag of a call that is not shown."""


class JournalledModel(BaseChatModel):
    """A chat model whose calls belong to the run that a code graph is part of."""

    provider: str = ""
    model: str = ""
    settings: dict[str, Any] = {}  # noqa: RUF012 (pydantic copies it)

    @classmethod
    def of(
        cls, *, model: str, provider: str, connection: str, settings: Mapping[str, Any]
    ) -> "JournalledModel":
        """Return a model.

        Raises:
            TypeError: a setting is none.
        """
        if unknown := settings.keys() - SETTINGS:
            raise TypeError(
                f"No setting {', '.join(sorted(unknown))}. chat_model takes {', '.join(sorted(SETTINGS))}."
            )
        more = {"connection": connection} if connection else {}
        return cls(model=model, provider=provider, settings={**settings, **more})

    @property
    def _llm_type(self) -> str:
        return "agenticrag"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the model with tools that it may call."""
        known = [convert_to_openai_tool(one) for one in tools]
        if tool_choice is not None:
            kwargs["tool_choice"] = {"any": "required", True: "required"}.get(tool_choice, tool_choice)
        return self.bind(tools=known, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await self._asked(_current(), _task(), messages, stop, _hidden(run_manager), kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        current, task, hidden = _current(), _task(), _hidden(run_manager)
        return on_loop(current.loop, lambda: self._asked(current, task, messages, stop, hidden, kwargs))

    async def _asked(
        self,
        current: CurrentRun,
        task: str,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        hidden: bool,
        more: Mapping[str, Any],
    ) -> ChatResult:
        provider, model = await current.complete_model(self.provider, self.model)
        given = {key: value for key, value in more.items() if key in SETTINGS}
        fields: dict[str, Any] = {**self.settings, **given, **({"stop": stop} if stop else {})}
        functions = [one["function"] for one in more.get("tools", ())]
        request = ModelRequest(
            provider=provider,
            model=model,
            messages=[_message(one) for one in messages],
            tools=[
                ToolSpec(one["name"], one.get("description", ""), one.get("parameters") or {"type": "object"})
                for one in functions
            ],
            **fields,
        )
        answer = await current.ask(task, request, publish=not hidden)
        return ChatResult(generations=[ChatGeneration(message=_answer(answer))])


def _current() -> CurrentRun:
    current = CURRENT.get()
    if current is None:
        raise NodeError(
            "chat_model() was asked outside of a run. Ask it in a node of a graph that the server runs.",
            code="not_available",
        )
    return current


def _task() -> str:
    """Return LangGraph's name of the task that asks; empty outside of one."""
    try:
        return str(get_config().get("configurable", {}).get("checkpoint_ns") or "")
    except RuntimeError:
        return ""


def _hidden(manager: AsyncCallbackManagerForLLMRun | CallbackManagerForLLMRun | None) -> bool:
    return manager is not None and SILENT in (manager.tags or ())


def _message(message: BaseMessage) -> Message:
    """Return a message of LangChain as one of ours."""
    role = ROLES.get(message.type) or str(getattr(message, "role", "user"))
    calls = [
        ToolCall(call["id"] or "", call["name"], call["args"]) for call in getattr(message, "tool_calls", ())
    ]
    return Message(
        role=cast("Any", role if role in ROLES.values() else "user"),
        content=_content(message.content),
        tool_calls=calls,
        tool_call_id=getattr(message, "tool_call_id", "") or "",
        name=message.name or "",
    )


def _content(content: Any) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return content
    parts: list[dict[str, Any]] = []
    for part in cast("list[Any]", content):
        if isinstance(part, str):
            parts.append({"type": "text", "text": part})
        elif part.get("type") in ("text", "image_url"):
            parts.append({key: part[key] for key in ("type", "text", "image_url") if key in part})
        elif part.get("type") not in ("tool_use", "tool_call", "reasoning", "thinking"):
            parts.append({"type": "text", "text": json.dumps(part, ensure_ascii=False)})
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _answer(answer: ModelAnswer) -> AIMessage:
    """Return an answer as LangChain has it."""
    good = [
        LangChainToolCall(name=call.name, args=call.arguments, id=call.id, type="tool_call")
        for call in answer.tool_calls
        if not call.invalid
    ]
    bad = [
        InvalidToolCall(name=call.name, args=call.invalid, id=call.id, error=None, type="invalid_tool_call")
        for call in answer.tool_calls
        if call.invalid
    ]
    usage = answer.usage
    total = usage.input_tokens + usage.output_tokens
    counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "total_tokens": total}
    more = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
    return AIMessage(
        content=answer.content,
        tool_calls=good,
        invalid_tool_calls=bad,
        additional_kwargs=more,
        usage_metadata=cast("Any", counts),
        response_metadata={
            "model_name": answer.model,
            "model_provider": answer.provider,
            "finish_reason": answer.finish_reason,
            **({"citations": msgspec.to_builtins(answer.citations)} if answer.citations else {}),
        },
    )
