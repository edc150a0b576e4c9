"""Model checks: four real requests that show what a model and its server take."""

import time

import msgspec
from msgspec import Struct

from graphs.conversation.messages import (
    Attempt,
    ErrorClass,
    Message,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    ToolSpec,
    Usage,
)
from graphs.model_api.model_interface import ModelError, Models
from graphs.parsing.json_text import json_values

__all__ = ["CHECKS", "ModelCheck", "check_model"]

CHECKS = ("chat", "stream", "tool", "structured")
MOST_ANSWERS = 5
"""Answers that all checks ask for together: the tool's result is told in a second request."""

_PARAMETERS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
_TOOL = ToolSpec("add", "Adds two whole numbers.", _PARAMETERS)
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
    "required": ["city", "country"],
    "additionalProperties": False,
}
_FORM = {"type": "json_schema", "json_schema": {"name": "place", "schema": _SCHEMA}}


class ModelCheck(Struct, frozen=True, kw_only=True):
    """What came of one check."""

    name: str
    """``chat``, ``stream``, ``tool`` or ``structured``."""
    ok: bool
    found: str
    """A sentence: what came, or what was wrong."""
    error_class: ErrorClass | None = None
    finish_reason: str = ""
    left_out: list[str] = []
    """What the server said of parameters that it refused; the request went on without them."""
    warnings: list[str] = []
    usage: Usage = Usage()
    """Of all its requests."""
    first_token_ms: float | None = None
    duration_ms: float = 0.0


class _Ear:
    """Hears an answer, and counts its pieces."""

    def __init__(self) -> None:
        self.pieces = 0
        self.attempts: list[Attempt] = []

    def text(self, chunk: str) -> None:
        """Count a piece."""
        self.pieces += 1

    def reasoning(self, chunk: str) -> None:
        """Take a piece of reasoning."""

    def reset(self) -> None:
        """Forget the pieces."""
        self.pieces = 0

    async def asked(self, request: ModelRequest) -> tuple[ModelRequest, str]:
        """Let a request go as it is."""
        return request, ""

    def attempt(self, attempt: Attempt) -> None:
        """Keep an attempt."""
        self.attempts.append(attempt)

    async def ready(self) -> None:
        """Hear on."""


class _Failed(Exception):
    """The model answered, and not as it was asked to."""


async def check_model(models: Models, name: str, provider: str, model: str, *, max_tokens: int) -> ModelCheck:
    """Return what comes of one of `CHECKS`: one request, or two for ``tool``. Nothing is raised.

    Args:
        models: Who asks.
        name: Which check.
        provider: A known provider.
        model: Its name of the model.
        max_tokens: Longest answer of each request.
    """
    ear = _Ear()
    began = time.perf_counter()
    error_class: ErrorClass | None = None
    answer: ModelAnswer | None = None
    asks = {"chat": _chat, "stream": _stream, "tool": _tool, "structured": _structured}
    request = ModelRequest(provider=provider, model=model, messages=[], max_tokens=max_tokens)
    try:
        answer, found = await asks[name](models, ear, request)
        ok = True
    except _Failed as error:
        ok, found = False, str(error)
    except ModelError as error:
        ok, found, error_class = False, str(error), error.error_class
    spent = [attempt.usage for attempt in ear.attempts]
    return ModelCheck(
        name=name,
        ok=ok,
        found=found,
        error_class=error_class,
        finish_reason=answer.finish_reason if answer is not None else "",
        left_out=[one.error for one in ear.attempts if one.error_class == "unsupported"],
        warnings=answer.warnings if answer is not None else [],
        usage=Usage(
            input_tokens=sum(one.input_tokens for one in spent),
            output_tokens=sum(one.output_tokens for one in spent),
            cached_input_tokens=sum(one.cached_input_tokens for one in spent),
            cache_write_tokens=sum(one.cache_write_tokens for one in spent),
            reasoning_tokens=sum(one.reasoning_tokens for one in spent),
            estimated=any(one.estimated for one in spent),
        ),
        first_token_ms=next((one.first_token_ms for one in ear.attempts if one.first_token_ms), None),
        duration_ms=(time.perf_counter() - began) * 1000,
    )


async def _chat(models: Models, ear: _Ear, request: ModelRequest) -> tuple[ModelAnswer, str]:
    answer = await models.answer(_asking(request, "Say hello in one short sentence."), ear)
    return answer, f"It answers: {_shown(answer.content)}"


async def _stream(models: Models, ear: _Ear, request: ModelRequest) -> tuple[ModelAnswer, str]:
    answer = await models.answer(_asking(request, "Count from one to ten, in words."), ear)
    if ear.pieces < 2:
        raise _Failed("The answer came in one piece: the server, or a proxy before it, does not stream.")
    return answer, f"The answer came in {ear.pieces} pieces."


async def _tool(models: Models, ear: _Ear, request: ModelRequest) -> tuple[ModelAnswer, str]:
    asked = _asking(request, "Use the tool 'add' to add 20 and 22, then say the result.")
    asked = msgspec.structs.replace(asked, tools=[_TOOL])
    answer = await models.answer(asked, ear)
    if any("takes no tools" in warning for warning in answer.warnings):
        raise _Failed("The server refused tools; agents with tools cannot use this model.")
    if not answer.tool_calls:
        raise _Failed(f"No tool was called. It answers: {_shown(answer.content)}")
    wrong = next((one for one in answer.tool_calls if one.name != "add" or one.invalid), None)
    if wrong is not None:
        raise _Failed(f"The call of a tool is not as asked: {wrong.name} {_shown(wrong.invalid)}")
    turn = Message(role="assistant", content=answer.content, tool_calls=answer.tool_calls, echo=answer.echo)
    results = [
        Message(role="tool", content=_sum(call), tool_call_id=call.id, name=call.name)
        for call in answer.tool_calls
    ]
    more = msgspec.structs.replace(asked, messages=[*asked.messages, turn, *results])
    last = await models.answer(more, ear)
    given = msgspec.json.encode(answer.tool_calls[0].arguments).decode()
    return last, f"It called add with {_shown(given)}, and took the result."


async def _structured(models: Models, ear: _Ear, request: ModelRequest) -> tuple[ModelAnswer, str]:
    asked = _asking(request, "Name the capital of Norway as JSON with 'city' and 'country'.")
    answer = await models.answer(msgspec.structs.replace(asked, response_format=_FORM), ear)
    used = answer.structured or "json_schema"
    for value in json_values(answer.content):
        if isinstance(value, dict) and {"city", "country"} <= {*value}:
            return answer, f"JSON that fits, asked for by {used}."
    raise _Failed(f"No JSON that fits, asked for by {used}. It answers: {_shown(answer.content)}")


def _asking(request: ModelRequest, question: str) -> ModelRequest:
    system = Message(role="system", content="You are a helpful assistant.")
    return msgspec.structs.replace(request, messages=[system, Message(role="user", content=question)])


def _sum(call: ToolCall) -> str:
    numbers = [value for value in call.arguments.values() if isinstance(value, int)]
    return str(sum(numbers))


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 80 else text[:80] + "…")
