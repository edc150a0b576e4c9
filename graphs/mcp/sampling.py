"""Sampling: what a server wants a model to be asked in the middle of a call, read and shown to people."""

import hashlib
from typing import Any, Literal

import msgspec

from graphs.conversation.messages import Message
from graphs.conversation.tool_questions import ToolQuestion
from graphs.mcp.server_access import (
    SampleAnswer,
    SampleRefused,
    SampleRequest,
    SamplingSettings,
)
from graphs.mcp.tool_lists import visible
from graphs.parsing.text import clean

__all__ = ["approval_question", "read_sampling", "sampling_key", "sampling_result"]

MAX_MESSAGES, MAX_STOPS = 200, 16


def read_sampling(params: Any, settings: SamplingSettings) -> SampleRequest:
    """Return what a model is asked.

    The server's wishes for a model and for the context of other servers are not followed.

    Args:
        params: ``CreateMessageRequestParams`` of the library.
        settings: What the workspace allows.

    Raises:
        SampleRefused: it asks for more than is allowed, or for what is not supported.
    """
    if params.tools or params.tool_choice is not None:
        raise SampleRefused("The request offers tools to the model, which is not supported.")
    messages = [Message(role="system", content=_text(params.system_prompt))] if params.system_prompt else []
    messages += [Message(role=_role(one.role), content=_said(one)) for one in params.messages]
    if not params.messages or len(messages) > MAX_MESSAGES:
        raise SampleRefused(f"The request has {len(params.messages):,} messages; 1 to {MAX_MESSAGES} fit.")
    length = sum(len(str(one.content)) for one in messages)
    if length > settings.max_chars:
        raise SampleRefused(
            f"The request has {length:,} characters; 'max_chars' of 'sampling' allows {settings.max_chars:,}."
        )
    temperature = params.temperature
    return SampleRequest(
        messages=messages,
        max_tokens=max(1, min(int(params.max_tokens), settings.max_tokens)),
        temperature=None if temperature is None else min(2.0, max(0.0, float(temperature))),
        stop=[_text(stop)[:500] for stop in (params.stop_sequences or [])[:MAX_STOPS] if stop],
        provider=settings.provider,
        model=settings.model,
        connection=settings.connection,
    )


def sampling_key(request: SampleRequest) -> str:
    """Return what tells a request from others where the server has no name for it."""
    return hashlib.sha256(b"sampling " + msgspec.json.encode(request)).hexdigest()


def approval_question(key: str, request: SampleRequest) -> ToolQuestion:
    """Return the question whether a model may be asked, with all that it would be asked."""
    told = "\n\n".join(f"{one.role}: {visible(str(one.content))}" for one in request.messages)
    return ToolQuestion(
        key=key,
        message=f"May a model be asked the following for the server, and the answer (at most "
        f"{request.max_tokens:,} tokens) be sent to it?\n\n{told}",
    )


def sampling_result(answer: SampleAnswer) -> Any:
    """Return an answer as ``CreateMessageResult`` of the library."""
    import mcp_types

    return mcp_types.CreateMessageResult(
        role="assistant",
        content=mcp_types.TextContent(type="text", text=answer.text),
        model=answer.model,
        stop_reason=answer.stop_reason,
    )


def _role(role: Any) -> Literal["user", "assistant"]:
    return "assistant" if role == "assistant" else "user"


def _said(message: Any) -> str:
    blocks: list[Any] = message.content if isinstance(message.content, list) else [message.content]
    if wrong := [block.type for block in blocks if block.type != "text"]:
        raise SampleRefused(f"The request has content of the type {wrong[0]!r}; only text is supported.")
    return "\n".join(_text(block.text) for block in blocks)


def _text(text: Any) -> str:
    return str(clean(str(text)))
