"""Provider ``local``: a real small model in a process of this server, with no key and no account."""

import contextlib
from collections.abc import AsyncGenerator

import msgspec

from graphs.outbound.egress import Egress
from graphs.providers.llama_process import LlamaProcess
from graphs.providers.local_model import local_model_file
from graphs.providers.model_interface import ModelError
from graphs.providers.openai import CompletionsClient
from graphs.providers.provider import Address, Piece
from graphs.providers.settings import ModelSettings
from graphs.values.messages import ModelRequest

__all__ = ["LocalProvider"]


class LocalProvider:
    """Streams from llama.cpp's server; the process starts with the first request."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._settings = settings
        self._wire = CompletionsClient(settings, egress, "the local model")
        self._process: LlamaProcess | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None while none runs."""
        return self._process.pid if self._process else None

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives. `address` is the process's own."""
        _refuse_images(request)
        if self._process is None:
            self._process = LlamaProcess(
                local_model_file(self._settings),
                context=self._settings.local_context,
                start_seconds=self._settings.local_start_seconds,
            )
        address = await self._process.address()
        stream = self._wire.stream(
            _asked(request), address, idempotency_key=idempotency_key, profile_name="llamacpp"
        )
        async with contextlib.aclosing(stream):
            async for pieces in stream:
                yield pieces

    async def close(self) -> None:
        """Close the connections and end the process."""
        await self._wire.close()
        if self._process is not None:
            await self._process.close()


def _asked(request: ModelRequest) -> ModelRequest:
    """Return the request as the local server takes it."""
    if not request.tools:
        return request
    choice, tools = request.tool_choice, request.tools
    if choice not in ("", "auto", "required", "none"):
        # The server ignores a tool's name as the choice: offering that tool alone, it must be called.
        choice, tools = "required", [tool for tool in tools if tool.name == choice]
    return msgspec.structs.replace(request, tools=tools, tool_choice=choice, parallel_tool_calls=False)


def _refuse_images(request: ModelRequest) -> None:
    for message in request.messages:
        if isinstance(message.content, list) and any(
            part.get("type") == "image_url" for part in message.content
        ):
            raise ModelError(
                "The local model reads text and found an image. Choose a model that takes images.",
                error_class="bad_request",
            )
