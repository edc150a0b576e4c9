"""Provider ``anthropic``: the Messages API, with ChatAnthropic for configuration and messages.

`langchain-anthropic` is an extra: it is imported with this module, at the provider's first use.
"""

import contextlib
from collections.abc import AsyncGenerator
from functools import cached_property
from typing import Any

import anthropic
import httpx2
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, BaseMessage
from pydantic import PrivateAttr, SecretStr

from graphs.anthropic_messages.message_events import MessageEvents, thinking_blocks
from graphs.anthropic_messages.message_request import (
    DROPPABLE,
    KIND,
    MessageRequest,
    api_root,
    message_request,
)
from graphs.chat_completions.server_capabilities import LearnedServers, learn
from graphs.conversation.messages import Message, ModelRequest
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece
from graphs.model_api.provider_errors import from_status
from graphs.outbound.egress import Egress
from graphs.providers.langchain_messages import to_langchain
from graphs.providers.openai import open_client
from graphs.providers.settings import ModelSettings
from graphs.transport.client_pool import Pool

__all__ = ["AnthropicProvider", "StreamingChatAnthropic"]

_NAME = "anthropic"


class StreamingChatAnthropic(ChatAnthropic):
    """ChatAnthropic over a client of ours, that also gives the bytes of a stream as they come.

    Its own chunks leave out what keeps a connection alive, and stop at events that they do not know.
    """

    _http: httpx2.AsyncClient = PrivateAttr()
    _named: bool = PrivateAttr(default=False)
    _headers: dict[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def over(cls, http: httpx2.AsyncClient, address: Address) -> "StreamingChatAnthropic":
        """Return one for an address."""
        chat = cls(
            model_name="claude",
            base_url=api_root(address.base_url),
            # Without one it would take the key of the environment, and send it anywhere.
            api_key=SecretStr(address.api_key or "none"),
            max_retries=0,
            timeout=None,
            stop=None,
        )
        chat._http = http
        chat._named = address.named
        # A packed body may be a bomb.
        chat._headers = {**dict(address.headers), "accept-encoding": "identity"}
        return chat

    @cached_property
    def _async_client(self) -> anthropic.AsyncClient:
        client = anthropic.AsyncClient(
            api_key=self.anthropic_api_key.get_secret_value(),
            base_url=self.anthropic_api_url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=self._http.timeout.connect),
            default_headers=self._headers,
            http_client=self._http,
        )
        if self._named:
            # Headers of the environment are the operator's, and there is no other way to leave them out.
            client._custom_headers = self._headers  # pyright: ignore[reportPrivateUsage]
        return client

    def body(self, asked: MessageRequest, model: str) -> dict[str, Any]:
        """Return the body of a request, as ChatAnthropic writes it for a model.

        Raises:
            ModelError: it cannot be written (class ``bad_request``).
        """
        chat = self.model_copy(update={"model": model})
        try:
            body = chat._get_request_payload(_turns(asked.messages), **asked.parameters)
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(f"Anthropic cannot be asked this: {error}", error_class="bad_request") from None
        return {name: value for name, value in body.items() if value is not None}

    async def bytes_of(
        self, body: dict[str, Any], extra: dict[str, Any], idempotency_key: str
    ) -> AsyncGenerator[bytes]:
        """Yield the bytes of the answer to a request.

        Raises:
            ModelError: the server refused it.
        """
        headers = {"idempotency-key": idempotency_key} if idempotency_key else None
        # ChatAnthropic puts there what the SDK's method has no parameter for.
        extra = {**body.pop("extra_body", {}), **extra}
        client = self._async_client.messages.with_streaming_response
        try:
            async with client.create(
                **body, stream=True, extra_headers=headers, extra_body=extra or None
            ) as response:
                async for data in response.iter_bytes():
                    yield data
        except anthropic.APIStatusError as error:
            refused = error.response
            raise from_status(_NAME, refused.status_code, refused.headers, refused.content) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class AnthropicProvider:
    """Streams from Anthropic, and from servers that speak its Messages API."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        self._learned = LearnedServers()
        self._pool = Pool(self._open, StreamingChatAnthropic.close)

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives.

        Raises:
            ModelError: class ``unsupported`` where the server refused a parameter that is left out from
            now on.
        """
        learned = self._learned.of(address.base_url, request.model)
        asked = message_request(request, learned, max_tokens=self._settings.anthropic_max_tokens)
        yield [Piece(echo={"kind": KIND}, warnings=asked.warnings, structured=asked.structured)]
        events = MessageEvents(_NAME, self._settings.max_answer_bytes)
        try:
            async with self._pool.lease(address) as chat:
                stream = chat.bytes_of(chat.body(asked, request.model), asked.extra, idempotency_key)
                async with contextlib.aclosing(stream):
                    async for data in stream:
                        # Without a piece it is a sign of life.
                        yield events.feed(data)
                        if events.failed:
                            raise events.failed
            yield events.end()
            if events.failed:
                raise events.failed
        except ModelError as error:
            if error.refused is None:
                raise
            # What another run has learned since this was sent is tried first.
            if self._learned.of(address.base_url, request.model) == learned:
                sent = {name: asked.parameters[name] for name in DROPPABLE if name in asked.parameters}
                more = learn(learned, sent, error.refused, error.refused.parameter)
                if more is None or more.dropped == learned.dropped:
                    raise
                self._learned.keep(address.base_url, request.model, more)
            raise error.as_class("unsupported") from None

    def _open(self, address: Address) -> StreamingChatAnthropic:
        http = open_client(self._settings, address, self._egress)
        return StreamingChatAnthropic.over(http, address)

    async def close(self) -> None:
        """Close the clients."""
        await self._pool.close()


def _turns(messages: list[Message]) -> list[BaseMessage]:
    """Return LangChain's messages; a turn that thought begins with its thoughts, as their server wants."""
    turns = to_langchain(messages)
    for place, (message, turn) in enumerate(zip(messages, turns, strict=True)):
        if isinstance(turn, AIMessage) and (thoughts := thinking_blocks(message.echo)):
            said = [{"type": "text", "text": message.content}] if message.content else []
            turns[place] = turn.model_copy(update={"content": [*thoughts, *said]})
    return turns
