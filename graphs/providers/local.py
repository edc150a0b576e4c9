"""Provider ``local``: a real model in a process of this server, with no key and no account.

SmolLM2-135M, or a GGUF file of the operator's.
"""

import contextlib
import os
import secrets
from collections.abc import AsyncGenerator

import msgspec

from graphs.conversation.messages import ModelRequest
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece
from graphs.outbound.egress import Egress
from graphs.providers.llama_process import LlamaProcess
from graphs.providers.local_model import LOCAL_MODEL, local_model_file, local_model_name
from graphs.providers.openai import CompletionsClient
from graphs.providers.settings import ModelSettings
from graphs.providers.small_model import as_call, tool_to_call, with_form

__all__ = ["LocalProvider"]


_OWN_START_SECONDS = 300
"""How long a file of the operator's, which may be large, may take to load."""


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
        address = await self._started()
        if warning := self._other_model(request.model):
            yield [Piece(warnings=(warning,))]
        tool = None
        if not self._settings.local_model:
            tool = tool_to_call(request)
            request = with_form(request, tool)
        stream = self._wire.stream(
            _asked(request), address, idempotency_key=idempotency_key, profile_name="llamacpp"
        )
        call = f"call_{secrets.token_hex(8)}"
        async with contextlib.aclosing(stream):
            async for pieces in stream:
                yield pieces if tool is None else [as_call(piece, tool, call) for piece in pieces]

    def _other_model(self, asked: str) -> str:
        """Return what to tell who named another model than answers; empty where this one was meant."""
        name = local_model_name(self._settings)
        if asked in ("", name, LOCAL_MODEL):
            return ""
        return (
            f"Provider 'local' has one model, '{name}', and it answered in place of '{asked[:80]}'. "
            f"For that one, name its provider, or its file in AGENTICRAG_LOCAL_MODEL."
        )

    async def start(self) -> None:
        """Start the process if it does not run, and return when it has loaded its model."""
        await self._started()

    async def _started(self) -> Address:
        if self._process is None:
            settings = self._settings
            own = bool(settings.local_model)
            self._process = LlamaProcess(
                local_model_file(settings),
                context=settings.local_context,
                threads=settings.local_threads or (max(1, (os.cpu_count() or 1) - 1) if own else 1),
                own_template=own,
                start_seconds=max(settings.local_start_seconds, _OWN_START_SECONDS if own else 0),
            )
        return await self._process.address()

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
