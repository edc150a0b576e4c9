"""A chunk of a chat completion as values, decoded strictly where it is well formed and patiently where
not."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.chat_completions.lenient_json import read_json
from graphs.chat_completions.other_answers import as_chunk
from graphs.model_api.finish_reasons import ending_of
from graphs.parsing.json_text import tolerant_json

__all__ = [
    "Choice",
    "Chunk",
    "Delta",
    "chunk_of",
    "decode_chunk",
    "last_message",
    "plain_text_of",
    "translated",
    "wrapped",
]


class Delta(Struct):
    """A part of a message, or a whole one. The names are the servers'."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    reasoning_text: Any = None
    reasoning_details: Any = None
    thinking: Any = None
    thought: Any = None
    thinking_blocks: Any = None
    refusal: Any = None
    tool_calls: Any = None
    function_call: Any = None
    annotations: Any = None
    extra_content: Any = None
    text: Any = None
    thoughts: Any = None
    usage: Any = None
    finish_reason: Any = None
    tool_call: Any = None
    toolCalls: Any = None
    audio: Any = None
    """Speech, with its ``transcript``."""
    response: Any = None


class Choice(Struct):
    """One of the answers that were asked for; we ask for one."""

    index: Any = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: Any = None
    finish_reason: Any = None
    usage: Any = None
    error: Any = None
    content_filter_results: Any = None
    tool_calls: Any = None
    """As a gateway writes them that has no message."""
    finishReason: Any = None
    """As a gateway to Gemini writes it, beside an empty one or alone."""
    stop_reason: Any = None
    """As a gateway to Anthropic writes it; vLLM has the text or token there that ended the answer."""
    native_finish_reason: Any = None
    """OpenRouter's word for how the server behind it ended."""
    content: Any = None
    messages: Any = None
    """As a gateway writes them that has no delta."""

    @property
    def ending(self) -> Any:
        """How it ended, as the server says it; None where it has not."""
        if self.finish_reason:
            if self.native_finish_reason and ending_of(self.native_finish_reason) == "error":
                return self.native_finish_reason
            return self.finish_reason
        if self.delta is not None and self.delta.finish_reason:
            return self.delta.finish_reason
        told = self.finishReason or (self.stop_reason if isinstance(self.stop_reason, str) else None)
        return told or self.finish_reason


class Chunk(Struct):
    """A chunk, or a whole answer."""

    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    finish_reason: Any = None
    citations: Any = None
    search_results: Any = None
    x_groq: Any = None
    usage_metadata: Any = msgspec.field(name="usageMetadata", default=None)
    bedrock_counts: Any = msgspec.field(name="amazon-bedrock-invocationMetrics", default=None)
    meta: Any = None
    metadata: Any = None
    timings: Any = None
    """What llama.cpp says of an answer, also where it counts nothing else."""
    tool_calls: Any = None
    """As a gateway writes them beside the choices."""


class _PlainDelta(Struct, gc=False):
    content: str
    reasoning_content: None = None
    reasoning: None = None
    reasoning_text: None = None
    reasoning_details: None = None
    thinking: None = None
    thought: None = None
    thinking_blocks: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    annotations: None = None
    extra_content: None = None
    text: None = None
    thoughts: None = None
    usage: None = None


class _PlainChoice(Struct, gc=False):
    delta: _PlainDelta
    index: int = 0
    message: None = None
    finish_reason: None = None
    usage: None = None
    error: None = None
    finishReason: None = None


class _PlainChunk(Struct, gc=False):
    choices: tuple[_PlainChoice]
    usage: None = None
    error: None = None
    citations: None = None
    search_results: None = None
    x_groq: None = None
    usage_metadata: None = msgspec.field(name="usageMetadata", default=None)


_decode_plain = msgspec.json.Decoder(_PlainChunk).decode
_decode = msgspec.json.Decoder(Chunk).decode
_choice_fields = (*Choice.__struct_fields__,)
_delta_fields = (*Delta.__struct_fields__,)


def plain_text_of(text: bytes) -> tuple[str, int] | None:
    """Return the text of a chunk that has text and nothing else, and its choice's index; None for others.

    Nearly every token comes so: the decoder itself looks whether there is anything else.
    """
    try:
        choice = _decode_plain(text).choices[0]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return choice.delta.content, choice.index


def decode_chunk(text: bytes) -> tuple[Chunk, Any]:
    """Return a chunk, and the plain JSON where the strict decoder refused it (else None).

    Raises:
        NotJson: it is no JSON.
    """
    try:
        return _decode(text), None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = read_json(text)
        return chunk_of(found), found


def wrapped(found: Any) -> Any:
    """Return the chunk that a gateway has put into a field of an object of its own; None where there is
    none."""
    fields = _object(found)
    for inner in _within(fields):
        if "choices" in inner:
            return _with_counts(fields, inner)
    return None


def translated(found: Any) -> Any:
    """Return the chunk that an answer of another protocol means, also within a gateway's object; None for
    what is none."""
    fields = _object(found)
    if (known := as_chunk(fields)) is not None:
        return known
    for inner in _within(fields):
        if (known := as_chunk(inner)) is not None:
            return _with_counts(fields, known)
    return None


_ENVELOPES = (
    "data", "result", "output", "response", "body", "Response", "results", "payload", "completion", "chunk",
)  # fmt: skip
"""Fields in which gateways, clouds and batches put an answer."""


def _within(fields: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for name in _ENVELOPES:
        inner = fields.get(name)
        if isinstance(inner, list) and inner:
            inner = cast("list[Any]", inner)[0]
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            inner = tolerant_json(inner)
        if isinstance(inner, dict):
            yield cast("Mapping[str, Any]", inner)
            if depth < 2:
                yield from _within(cast("Mapping[str, Any]", inner), depth + 1)


def _with_counts(outer: Mapping[str, Any], chunk: Mapping[str, Any]) -> dict[str, Any]:
    counted = chunk.get("usage")
    return {**chunk, "usage": outer.get("usage") if counted is None else counted}


def chunk_of(found: Any) -> Chunk:
    """Return what plain JSON has of a chunk; what has another form than it should is as if left out."""
    fields = _object(found)
    listed = fields.get("choices")
    choices = cast("list[Any]", listed) if isinstance(listed, list) else [listed] if listed else []
    return Chunk(
        choices=[_choice(each) for each in choices if isinstance(each, dict)],
        usage=fields.get("usage"),
        error=fields.get("error"),
        finish_reason=fields.get("finish_reason"),
        citations=fields.get("citations"),
        search_results=fields.get("search_results"),
        x_groq=fields.get("x_groq"),
        usage_metadata=fields.get("usageMetadata"),
        bedrock_counts=fields.get("amazon-bedrock-invocationMetrics"),
        meta=fields.get("meta"),
        metadata=fields.get("metadata"),
        timings=fields.get("timings"),
        tool_calls=fields.get("tool_calls"),
    )


def last_message(found: Any) -> tuple[Delta | None, Delta | None]:
    """Return the whole message, or the part of one, that a gateway's list of messages ends with."""
    listed = cast("list[Any]", found) if isinstance(found, list) else [found]
    last = listed[-1] if listed else None
    if not isinstance(last, dict):
        return None, None
    fields = cast("Mapping[str, Any]", last)
    if "delta" in fields:
        return None, _delta(fields["delta"])
    return _delta(fields), None


def _choice(found: Any) -> Choice:
    fields = {name: value for name, value in _object(found).items() if name in _choice_fields}
    for name in ("delta", "message"):
        if name in fields:
            fields[name] = _delta(fields[name])
    return Choice(**fields)


def _delta(found: Any) -> Delta | None:
    if isinstance(found, str):
        return Delta(content=found)
    if not isinstance(found, dict):
        return None
    return Delta(**{name: value for name, value in _object(found).items() if name in _delta_fields})


def _object(found: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}
