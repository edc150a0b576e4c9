"""Provider ``demo``: no model at all, for a first look without one. It says so in every answer."""

import asyncio
import re
from collections.abc import AsyncGenerator

import msgspec

from graphs.conversation.messages import Message, ModelRequest, ToolSpec, Usage
from graphs.model_api.provider import Address, Piece, ToolPiece
from graphs.outbound.egress import Egress
from graphs.providers.asked_tools import asked_tools, question_of, since_question, subject_of, text_of
from graphs.providers.schema_sample import sample
from graphs.providers.settings import ModelSettings

__all__ = ["DEMO_MODEL", "DemoProvider"]

DEMO_MODEL = "demo"
LONGEST = 600
"""Characters of a question that an answer repeats: answers that go into questions do not grow for ever."""
_WORD = re.compile(r"\S+\s*")


class DemoProvider:
    """Answers the same request always the same, word by word; a word is a token."""

    def __init__(self, settings: ModelSettings, _egress: Egress) -> None:
        self._delay = settings.demo_delay

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Yield a tool call where one is asked for, an object where a schema is given, else text."""
        asked = sum(_words(text_of(message)) for message in request.messages)
        if tools := _tools_to_call(request):
            # The same call has the same id; the count of messages sets calls of one conversation apart.
            said = subject_of(question_of(request))
            calls = tuple(
                ToolPiece(
                    number,
                    f"call_demo_{len(request.messages)}" + (f"_{number}" if number else ""),
                    tool.name,
                    msgspec.json.encode(sample(tool.parameters, said)).decode(),
                )
                for number, tool in enumerate(tools)
            )
            usage = Usage(input_tokens=asked, output_tokens=sum(1 + _words(call.arguments) for call in calls))
            yield [Piece(tools=calls, finish_reason="tool_calls", usage=usage)]
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
    question = question_of(request)
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
        results = [message for message in since_question(request) if message.role == "tool"]
        told = " ".join(
            f"The tool {message.name or message.tool_call_id!r} answered: {text_of(message)}"
            for message in results
        )
        return f"{notice} {told}"
    turn = sum(message.role == "user" for message in request.messages)
    if len(question) > LONGEST:
        question = f"{question[:LONGEST]}…"
    return f"{notice} You said: “{question}” (message {turn} of this conversation)."


def _tools_to_call(request: ModelRequest) -> list[ToolSpec]:
    """Return the tools that the choice demands, or that the message names or plainly asks for."""
    if not request.tools or request.tool_choice == "none" or request.messages[-1:] == []:
        return []
    if named := [tool for tool in request.tools if tool.name == request.tool_choice]:
        return named
    if request.messages[-1].role == "tool":
        return []
    if mentioned := asked_tools(request):
        return mentioned
    asks = request.tool_choice == "required" or re.search(r"\btools?\b", question_of(request).lower())
    return request.tools[:1] if asks else []


def _words(text: str) -> int:
    return len(text.split())
