"""Provider ``openai``: OpenAI, and every server that speaks its chat completions."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator
from importlib import import_module
from typing import Any, cast
from urllib.request import getproxies

import httpx2
import msgspec

from graphs.chat_completions.openai_payload import payload, structured_as
from graphs.chat_completions.openai_wire import StreamReader
from graphs.chat_completions.server_capabilities import LearnedServers, learn
from graphs.chat_completions.server_profiles import ServerProfile, chat_url, profile_of
from graphs.conversation.messages import ModelRequest
from graphs.model_api.environment_proxies import usable_proxies
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece, Provider
from graphs.model_api.provider_errors import from_status
from graphs.outbound.egress import Egress
from graphs.parsing.base_urls import is_loopback, origin_of
from graphs.providers.settings import OPENAI_URL, ModelSettings
from graphs.transport.body_decoding import BodyDecoder
from graphs.transport.guarded_transport import guarded
from graphs.transport.http_transport import StreamTransport

__all__ = ["CompletionsClient", "OpenAIProvider", "open_client"]

_PART = 16_384
"""Bytes of a stream that are read at one go."""
_ERROR_BYTES = 65_536
_DRAIN_SECONDS = 0.25


def open_client(settings: ModelSettings, address: Address, egress: Egress) -> httpx2.AsyncClient:
    """Return a client for an address of the operator's, or by the egress for one that a flow has named."""
    own = address.named or is_loopback(address.base_url)
    transport: httpx2.AsyncBaseTransport | None = None
    # What goes by a proxy of the environment needs httpx2's own transport.
    if own or not getproxies():
        transport = StreamTransport(trust_env=not own)
    if address.named:
        transport = guarded(httpx2, transport, egress, most=settings.max_answer_bytes, unpacks=True)
    # Redirects are not followed: the address that was checked is the one that is asked.
    with usable_proxies("The model server"):
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=settings.connect_seconds),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=15),
            follow_redirects=False,
            trust_env=not own,
            transport=transport,
        )


class CompletionsClient:
    """Streams chat completions over pooled connections; serves the providers ``openai`` and ``local``."""

    def __init__(self, settings: ModelSettings, egress: Egress, name: str) -> None:
        self._settings = settings
        self._egress = egress
        self._name = name
        self._clients: dict[str, httpx2.AsyncClient] = {}
        self._learned = LearnedServers()

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = "", profile_name: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Post one request and yield the pieces of each read of the socket.

        Raises:
            ModelError: class ``unsupported`` where the server refused a parameter that is left out from
            now on.
        """
        ours = not address.named and self._name == "openai"
        profile = profile_of(
            address.base_url,
            profile_name or address.profile or (self._settings.openai_profile if ours else ""),
        )
        learned = self._learned.of(address.base_url, request.model)
        body = payload(request, profile, learned)
        yield [
            Piece(
                echo={"kind": profile.name},
                warnings=learned.warnings() if request.tools else (),
                structured=structured_as(request, profile, learned),
            )
        ]
        try:
            async with contextlib.aclosing(self._post(body, address, profile, idempotency_key)) as pieces_of:
                async for pieces in pieces_of:
                    yield pieces
        except ModelError as error:
            if error.refused is None:
                raise
            # What another run has learned since this was sent is tried first.
            if self._learned.of(address.base_url, request.model) == learned:
                more = learn(learned, body, error.refused, error.refused.parameter)
                if more is None:
                    raise
                self._learned.keep(address.base_url, request.model, more)
            raise error.as_class("unsupported") from None

    async def _post(
        self, body: dict[str, Any], address: Address, profile: ServerProfile, idempotency_key: str
    ) -> AsyncGenerator[list[Piece]]:
        # An identity body cannot be a compression bomb, and needs no decompressor between socket and parser.
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            "accept-encoding": "identity",
        }
        if address.api_key:
            if profile.key_header == "api-key":
                headers["api-key"] = address.api_key
            else:
                headers["authorization"] = f"Bearer {address.api_key}"
        if self._name == "openai" and not address.named:
            if self._settings.openai_organization:
                headers["openai-organization"] = self._settings.openai_organization
            for header in self._settings.openai_headers:
                name, _, value = header.partition(":")
                headers[name.strip().lower()] = value.strip()
        headers |= {name.lower(): value for name, value in address.headers}
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        client = self._client(address)
        content = msgspec.json.encode(body)
        url = _chat_url(address.base_url)
        async with client.stream("POST", url, content=content, headers=headers) as response:
            most = self._settings.max_answer_bytes
            told = response.headers
            decoder = BodyDecoder(
                self._name,
                most,
                encoding=told.get("content-encoding", ""),
                content_type=told.get("content-type", ""),
            )
            if not 200 <= response.status_code < 300:
                answer = await _read(response, _ERROR_BYTES)
                try:
                    answer = (decoder.feed(answer) + decoder.end())[:_ERROR_BYTES]
                except ModelError:
                    answer = b"with a reason that is packed and cannot be read"
                raise from_status(self._name, response.status_code, told, answer)
            reader = StreamReader(self._name, most)
            bytes_of = response.aiter_raw()
            try:
                async for data in bytes_of:
                    plain = decoder.feed(data)
                    # Without a piece it is a sign of life. Others have their turns between the parts.
                    for at in range(0, len(plain) or 1, _PART):
                        yield reader.feed(plain[at : at + _PART])
                        if reader.failed:
                            raise reader.failed
                    if reader.done:
                        # What follows [DONE] is the end of the body; read, it leaves the connection reusable.
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(_DRAIN_SECONDS):
                                async for _ in bytes_of:
                                    pass
                        return
            except httpx2.TransportError:
                with contextlib.suppress(ModelError):
                    yield reader.feed(decoder.end())
                    yield reader.end()
                raise
            for rest in (lambda: reader.feed(decoder.end()), reader.end):
                yield rest()
                if reader.failed:
                    raise reader.failed

    def _client(self, address: Address) -> httpx2.AsyncClient:
        kept = (
            origin_of(address.base_url.partition("?")[0])
            if address.named
            else str(is_loopback(address.base_url))
        )
        if (client := self._clients.get(kept)) is None:
            client = self._clients[kept] = open_client(self._settings, address, self._egress)
        return client

    async def close(self) -> None:
        """Close the connections."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


class OpenAIProvider:
    """Asks over the wire itself, or through ChatOpenAI where the model or the settings want it."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        self._wire = CompletionsClient(settings, egress, "openai")
        self._chat: Provider | None = None

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives."""
        if self._settings.openai_transport == "langchain" or _may_need_responses(request, address):
            chat = self._chat or await self._open_chat()
            stream = chat.stream(request, address, idempotency_key=idempotency_key)
        else:
            stream = self._wire.stream(request, address, idempotency_key=idempotency_key)
        async with contextlib.aclosing(stream):
            async for pieces in stream:
                yield pieces

    async def _open_chat(self) -> Provider:
        # Importing langchain-openai takes most of a second of CPU time: not on the event loop's thread.
        module = await asyncio.to_thread(import_module, "graphs.providers.openai_langchain")
        self._chat = cast("Provider", module.ChatOpenAIProvider(self._settings, self._egress))
        return self._chat

    async def close(self) -> None:
        """Close the clients."""
        await self._wire.close()
        if self._chat is not None:
            await self._chat.close()


def _may_need_responses(request: ModelRequest, address: Address) -> bool:
    """Whether OpenAI may offer this only on its Responses API: ChatOpenAI knows for sure and speaks both."""
    model = request.model.lower()
    return address.base_url == OPENAI_URL and (
        "-pro" in model or "codex" in model or model.startswith("gpt-6")
    )


@functools.lru_cache(maxsize=256)
def _chat_url(base_url: str) -> httpx2.URL:
    """Return where chats of a base URL are sent; taking it apart costs as much as sending a request."""
    return httpx2.URL(chat_url(base_url))


async def _read(response: httpx2.Response, limit: int) -> bytes:
    body = bytearray()
    async for data in response.aiter_raw():
        body += data
        if len(body) >= limit:
            break
    return bytes(body[:limit])
