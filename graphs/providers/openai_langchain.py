"""ChatOpenAI as a provider: for models that only OpenAI's Responses API has, and by setting for all."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any, cast

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from graphs.chat_completions.openai_payload import tool_choice, wire_tool
from graphs.chat_completions.server_profiles import profile_of
from graphs.conversation.citations import from_annotations, from_search
from graphs.conversation.messages import ModelRequest, Usage
from graphs.model_api.provider import Address, Piece, ToolPiece
from graphs.outbound.egress import Egress
from graphs.providers.langchain_messages import to_langchain
from graphs.providers.openai import open_client
from graphs.providers.settings import ModelSettings
from graphs.transport.client_pool import Pool

__all__ = ["ChatOpenAIProvider", "ReasoningChatOpenAI", "piece_of"]


class ReasoningChatOpenAI(ChatOpenAI):
    """ChatOpenAI that keeps ``reasoning_content`` and citations, which servers send and it drops."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        converted = super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )
        choices = chunk.get("choices")
        if converted is not None and choices:
            delta = choices[0].get("delta") or {}
            if thought := delta.get("reasoning_content") or delta.get("reasoning"):
                converted.message.additional_kwargs["reasoning_content"] = thought
            if annotations := delta.get("annotations"):
                converted.message.additional_kwargs["annotations"] = annotations
        if converted is not None and (chunk.get("citations") or chunk.get("search_results")):
            searched = (chunk.get("citations"), chunk.get("search_results"))
            converted.message.additional_kwargs["searched"] = searched
        return converted


class ChatOpenAIProvider:
    """Streams through ChatOpenAI; its own retries are off: there is one retry loop for all providers."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        self._pool = Pool(self._open, _close)

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives."""
        async with self._pool.lease(address) as client:
            chat = client.model_copy(update={"model_name": request.model})
            asked = _parameters(request, address, idempotency_key)
            # No callbacks: a run's events come from our own pieces, a callback a token is expensive.
            stream = chat.astream(to_langchain(request.messages), {"callbacks": []}, **asked)
            async with contextlib.aclosing(cast("AsyncGenerator[AIMessageChunk]", stream)) as chunks:
                async for chunk in chunks:
                    yield [piece_of(chunk)]

    def _open(self, address: Address) -> ReasoningChatOpenAI:
        chat = ReasoningChatOpenAI(
            model="",
            base_url=address.base_url,
            # Without one it would take the key of the environment, and send it anywhere.
            api_key=SecretStr(address.api_key or "none"),
            max_retries=0,
            stream_usage=True,
            stream_chunk_timeout=None,
            timeout=httpx2.Timeout(None, connect=self._settings.connect_seconds),
            http_async_client=open_client(self._settings, address, self._egress),
        )
        chat.root_async_client.organization = None
        return chat

    async def close(self) -> None:
        """Close the clients."""
        await self._pool.close()


async def _close(chat: ReasoningChatOpenAI) -> None:
    await chat.root_async_client.close()
    if chat.root_client is not None:
        chat.root_client.close()


def _parameters(request: ModelRequest, address: Address, idempotency_key: str) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for name in ("temperature", "top_p", "seed"):
        if (value := getattr(request, name)) is not None:
            asked[name] = value
    if request.stop:
        asked["stop"] = request.stop
    body: dict[str, Any] = {}
    if request.max_tokens is not None:
        # ChatOpenAI always sends the new name of the limit, which other servers may not know.
        if profile_of(address.base_url).limit == "max_tokens":
            body["max_tokens"] = request.max_tokens
        else:
            asked["max_tokens"] = request.max_tokens
    if request.response_format is not None:
        # As a parameter of its own it would switch to an API that parses, and fails on, partial answers.
        body["response_format"] = request.response_format
    if body:
        asked["extra_body"] = body
    if request.tools:
        asked["tools"] = [wire_tool(tool) for tool in request.tools]
        if request.tool_choice:
            asked["tool_choice"] = tool_choice(request.tool_choice)
    if idempotency_key:
        asked["extra_headers"] = {"Idempotency-Key": idempotency_key}
    return asked


def piece_of(chunk: AIMessageChunk) -> Piece:
    """Return a LangChain chunk as a piece."""
    text: list[str] = []
    reasoning = [str(chunk.additional_kwargs.get("reasoning_content") or "")]
    citations = [
        *from_search(*chunk.additional_kwargs.get("searched", (None, None))),
        *from_annotations(chunk.additional_kwargs.get("annotations")),
    ]
    if isinstance(chunk.content, str):
        text.append(chunk.content)
    else:
        for block in chunk.content:
            if isinstance(block, str):
                text.append(block)
            elif block.get("type") == "text":
                text.append(str(block.get("text") or ""))
                citations.extend(from_annotations(block.get("annotations")))
            elif block.get("type") == "reasoning":
                summary = block.get("summary") or []
                reasoning.extend(str(part.get("text") or "") for part in summary)
    facts = chunk.response_metadata
    finish = facts.get("finish_reason") or ("stop" if facts.get("status") == "completed" else "")
    if not finish and isinstance(details := facts.get("incomplete_details"), dict):
        finish = (
            "length" if details.get("reason") == "max_output_tokens" else str(details.get("reason") or "")
        )
    return Piece(
        text="".join(text),
        reasoning="".join(reasoning),
        tools=tuple(
            ToolPiece(
                _index(call.get("index")),
                call.get("id") or "",
                call.get("name") or "",
                call.get("args") or "",
            )
            for call in chunk.tool_call_chunks
        ),
        finish_reason=str(finish),
        usage=_usage(chunk),
        citations=tuple(citations),
    )


def _index(index: Any) -> int | None:
    return index if isinstance(index, int) else None


def _usage(chunk: AIMessageChunk) -> Usage | None:
    if (counted := chunk.usage_metadata) is None:
        return None
    return Usage(
        input_tokens=counted["input_tokens"],
        output_tokens=counted["output_tokens"],
        cached_input_tokens=counted.get("input_token_details", {}).get("cache_read") or 0,
        reasoning_tokens=counted.get("output_token_details", {}).get("reasoning") or 0,
    )
