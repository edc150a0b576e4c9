"""Provider ``demo``: no model at all, for a first look without one. It says so in every answer."""

import asyncio
import re
from collections.abc import AsyncGenerator

import msgspec

from graphs.messages import Message, ModelRequest, ToolSpec, Usage
from graphs.providers.provider import Address, Piece, ToolPiece
from graphs.providers.sample import sample
from graphs.providers.settings import ModelSettings

__all__ = ["DEMO_MODEL", "DemoProvider"]

DEMO_MODEL = "demo"
_WORD = re.compile(r"\S+\s*")


class DemoProvider:
    """Answers the same request always the same, word by word; a word is a token."""

    def __init__(self, settings: ModelSettings) -> None:
        self._delay = settings.demo_delay

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Yield a tool call where one is asked for, an object where a schema is given, else text."""
        asked = sum(_words(_text(message)) for message in request.messages)
        if (tool := _tool_to_call(request)) is not None:
            arguments = msgspec.json.encode(sample(tool.parameters, _question(request))).decode()
            # The same call has the same id; the count of messages sets calls of one conversation apart.
            call = ToolPiece(0, f"call_demo_{len(request.messages)}", tool.name, arguments)
            usage = Usage(input_tokens=asked, output_tokens=1 + _words(arguments))
            yield [Piece(tools=(call,), finish_reason="tool_calls", usage=usage)]
            return
        words = _WORD.findall(_answer(request))
        kept = words[: request.max_tokens]
        for word in kept:
            await asyncio.sleep(self._delay)
            yield [Piece(text=word)]
        finish = "stop" if len(kept) == len(words) else "length"
        yield [Piece(finish_reason=finish, usage=Usage(input_tokens=asked, output_tokens=len(kept)))]

    async def close(self) -> None:
        """Nothing to close."""


def _answer(request: ModelRequest) -> str:
    question = _question(request)
    match request.response_format:
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return msgspec.json.encode(sample(schema, question)).decode()
        case {"type": "json_object" | "json_schema"}:
            return msgspec.json.encode({"demo": True, "message": question}).decode()
        case _:
            pass
    notice = "This is the built-in demo, no language model."
    last = request.messages[-1] if request.messages else Message(role="user")
    if last.role == "tool":
        return f"{notice} The tool {last.name or last.tool_call_id!r} answered: {_text(last)}"
    turn = sum(message.role == "user" for message in request.messages)
    return f"{notice} You said: “{question}” (message {turn} of this conversation)."


def _tool_to_call(request: ModelRequest) -> ToolSpec | None:
    """Return the tool that the choice demands, or that the message names or asks for."""
    if not request.tools or request.tool_choice == "none" or request.messages[-1:] == []:
        return None
    named = next((tool for tool in request.tools if tool.name == request.tool_choice), None)
    if named is not None:
        return named
    if request.messages[-1].role == "tool":
        return None
    question = _question(request).lower()
    mentioned = next((tool for tool in request.tools if tool.name.lower() in question), None)
    if mentioned is None and (request.tool_choice == "required" or re.search(r"\btools?\b", question)):
        return request.tools[0]
    return mentioned


def _question(request: ModelRequest) -> str:
    return next((_text(message) for message in reversed(request.messages) if message.role == "user"), "")


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(
        str(part.get("text", "")) if part.get("type") == "text" else "[image]" for part in message.content
    )


def _words(text: str) -> int:
    return len(text.split())
