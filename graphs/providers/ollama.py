"""Provider ``ollama``: ChatOllama for configuration and messages, its client for the stream."""

import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextvars import ContextVar
from typing import Any, ClassVar, cast

import httpx
import msgspec
from httpx import AsyncHTTPTransport, Request, Timeout
from langchain_ollama import ChatOllama
from ollama import ResponseError

from graphs.chat_completions.openai_payload import wire_tool
from graphs.chat_completions.server_capabilities import Learned, LearnedServers, learn
from graphs.chat_completions.wire_messages import merged
from graphs.conversation.messages import ModelRequest, Usage
from graphs.model_api.environment_proxies import usable_proxies
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece, ToolPiece
from graphs.model_api.provider_errors import classify
from graphs.model_api.token_estimate import estimate_usage
from graphs.outbound.egress import Egress
from graphs.parsing.base_urls import is_loopback
from graphs.providers.langchain_messages import to_langchain
from graphs.providers.settings import ModelSettings
from graphs.transport.client_pool import Pool
from graphs.transport.guarded_transport import guarded

__all__ = ["OllamaProvider", "StreamingChatOllama"]

_NAME = "ollama"
_LEFT_OUT: Mapping[str, Any] = {"tools": [], "think": None}
"""What some models refuse, and what a request has that does without."""
_idempotency_key: ContextVar[str] = ContextVar("idempotency_key", default="")


class StreamingChatOllama(ChatOllama):
    """ChatOllama that also gives the parts of a stream as they are.

    Its own chunks drop ``thinking`` unless reasoning was asked for, which models without it refuse.
    """

    async def parts(self, request: ModelRequest) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of the streamed answer to a request."""
        messages = to_langchain(merged(request.messages))
        async for part in self._acreate_chat_stream(messages, **_parameters(request)):
            if not isinstance(part, str):
                yield part

    async def most_context(self, model: str) -> int | None:
        """Return the tokens that a model can have as context; None where Ollama does not tell."""
        try:
            facts = (await self._async_client.show(model)).modelinfo or {}
        except Exception:  # the chat itself will say what is wrong
            return None
        found = (value for name, value in facts.items() if name.endswith(".context_length"))
        return next((value for value in found if isinstance(value, int) and value > 0), None)

    async def close(self) -> None:
        """Close the connections."""
        await self._async_client.close()
        self._client.close()


class OllamaProvider:
    """Streams from Ollama servers."""

    show_again_seconds: ClassVar[float] = 60.0
    """Seconds until a model is asked again for its context, where it did not say."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        self._contexts: dict[tuple[str, str], tuple[int | None, float]] = {}
        """The most context of each model, by its server, and when to ask again where it was not told."""
        self._learned = LearnedServers()
        self._pool = Pool(self._open, StreamingChatOllama.close)

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives.

        Raises:
            ModelError: class ``unsupported`` where the model takes no tools, or cannot be told to think.
        """
        _refuse_linked_images(request)
        async with self._pool.lease(address) as chat:
            _idempotency_key.set(idempotency_key)
            if request.num_ctx is None:
                told = await self._most_context(chat, address.base_url, request.model)
                most = min(told or self._settings.ollama_max_context, self._settings.ollama_max_context)
                request = msgspec.structs.replace(request, num_ctx=fitting_context(request, most))
            learned = self._learned.of(address.base_url, request.model)
            if told := learned.warnings() if request.tools else ():
                yield [Piece(warnings=told)]
            changes = {name: _LEFT_OUT[name] for name in learned.dropped if name in _LEFT_OUT}
            request = msgspec.structs.replace(request, **changes)
            try:
                async with contextlib.aclosing(chat.parts(request)) as parts:
                    async for part in parts:
                        yield [_piece(part)]
            except ResponseError as error:
                raise self._mended(classify(_NAME, error), address, request, learned) from None

    async def _most_context(self, chat: StreamingChatOllama, base_url: str, model: str) -> int | None:
        """Return what the model says that it takes. Where it did not, it is asked again later."""
        known = (base_url, model)
        most, again = self._contexts.get(known, (None, 0.0))
        if most is None and time.monotonic() >= again:
            if len(self._contexts) > 1000:
                self._contexts.clear()
            most = await chat.most_context(model)
            self._contexts[known] = (most, time.monotonic() + self.show_again_seconds)
        return most

    def _mended(
        self, error: ModelError, address: Address, request: ModelRequest, learned: Learned
    ) -> ModelError:
        """Return a refusal's error: of class ``unsupported`` where the model does without from now on."""
        if error.refused is None:
            return error
        if self._learned.of(address.base_url, request.model) == learned:
            sent = {name: value for name in _LEFT_OUT if (value := getattr(request, name)) not in (None, [])}
            more = learn(learned, sent, error.refused, error.refused.parameter)
            if more is None or more.dropped == learned.dropped:
                return error
            self._learned.keep(address.base_url, request.model, more)
        return error.as_class("unsupported")

    def _open(self, address: Address) -> StreamingChatOllama:
        async def prepare(request: Request) -> None:
            # Ollama's client takes a key from the environment for any host: it goes to the operator's alone.
            if address.api_key:
                request.headers["authorization"] = f"Bearer {address.api_key}"
            elif address.base_url != self._settings.ollama_base_url.rstrip("/"):
                request.headers.pop("authorization", None)
            if key := _idempotency_key.get():
                request.headers["idempotency-key"] = key

        transport = None
        if address.named:
            inner = AsyncHTTPTransport(trust_env=False)
            transport = guarded(httpx, inner, self._egress, most=self._settings.max_answer_bytes)
        with usable_proxies(_NAME):
            return StreamingChatOllama(
                model="",
                base_url=address.base_url,
                client_kwargs={
                    "timeout": Timeout(None, connect=self._settings.connect_seconds),
                    "follow_redirects": False,
                    "trust_env": not (address.named or is_loopback(address.base_url)),
                },
                async_client_kwargs={"event_hooks": {"request": [prepare]}, "transport": transport},
            )

    async def close(self) -> None:
        """Close the clients."""
        await self._pool.close()


def fitting_context(request: ModelRequest, most: int) -> int:
    """Return a context that the request and its answer fit in: a power of two, from 4,096 tokens to `most`.

    Ollama cuts what does not fit without a word, from the beginning.

    Raises:
        ModelError: the request alone is longer than `most` (class ``context_length``).
    """
    given = estimate_usage(request, "").input_tokens
    if given > most:
        raise ModelError(
            f"The request has about {given:,} tokens and {request.model} takes {most:,} here "
            "(ollama_max_context, and what the model itself takes). Show it less, or raise the limit.",
            error_class="context_length",
        )
    need = int(given * 1.25) + (request.max_tokens or 2048)
    size = 4096
    while size < need:
        size *= 2
    return min(size, most)


def _refuse_linked_images(request: ModelRequest) -> None:
    for message in request.messages:
        for part in message.content if isinstance(message.content, list) else ():
            image = part.get("image_url")
            url = image.get("url", "") if isinstance(image, dict) else image or ""
            if part.get("type") == "image_url" and not str(url).startswith("data:"):
                raise ModelError(
                    "Ollama takes images as data: URLs and found a link. Send the image itself.",
                    error_class="bad_request",
                )


def _parameters(request: ModelRequest) -> dict[str, Any]:
    named = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "num_predict": request.max_tokens,
        "stop": request.stop or None,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "num_ctx": request.num_ctx,
    }
    asked: dict[str, Any] = {
        "model": request.model,
        "options": {name: value for name, value in named.items() if value is not None},
    }
    if request.keep_alive:
        asked["keep_alive"] = _keep_alive(request.keep_alive)
    if request.think is not None:
        asked["reasoning"] = request.think
    if request.response_format is not None:
        asked["response_format"] = request.response_format
    # Ollama knows no tool_choice: "none" offers no tool, a name offers that one.
    if request.tools and request.tool_choice != "none":
        chosen = [tool for tool in request.tools if tool.name == request.tool_choice] or request.tools
        asked["tools"] = [wire_tool(tool) for tool in chosen]
    return asked


def _keep_alive(text: str) -> str | float:
    """Return how long a model stays loaded as Ollama takes it: seconds as a number, others with a unit."""
    try:
        return int(text) if text.strip().lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def _piece(part: Mapping[str, Any]) -> Piece:
    message = part.get("message") or cast("Mapping[str, Any]", {})
    finish = ""
    usage = None
    # "load" says that the model was loaded, with no answer yet.
    if part.get("done") and part.get("done_reason") != "load":
        finish = str(part.get("done_reason") or "stop")
        usage = _usage(part)
    return Piece(
        text=message.get("content") or "",
        reasoning=message.get("thinking") or "",
        tools=tuple(_tool(call) for call in message.get("tool_calls") or ()),
        finish_reason=finish,
        usage=usage,
    )


def _tool(call: Mapping[str, Any]) -> ToolPiece:
    function = call["function"]
    arguments = msgspec.json.encode(dict(function["arguments"])).decode()
    return ToolPiece(None, f"call_{uuid.uuid4().hex}", function["name"], arguments)


def _usage(part: Mapping[str, Any]) -> Usage | None:
    asked, answered = part.get("prompt_eval_count"), part.get("eval_count")
    if asked is None and answered is None:
        return None
    return Usage(input_tokens=asked or 0, output_tokens=answered or 0)
