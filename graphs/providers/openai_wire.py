"""OpenAI's chat completions stream, from the bytes of the socket to pieces, with one decoder and no SDK.

The SDK builds and walks several pydantic objects for every token; that was two thirds of a run's CPU time.
`tests/graphs/providers` holds this reader equal to ChatOpenAI's on the same streams.
"""

import json
from typing import Any

import msgspec
from msgspec import Struct

from graphs.providers.provider import Piece, ToolPiece
from graphs.providers.provider_errors import bad_response, from_body
from graphs.values.citations import from_annotations, from_search
from graphs.values.messages import Usage

__all__ = ["StreamReader", "whole_answer"]

_SPOKEN = (b"", b"message", b"error", b"completion")


class _Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _ToolCall(Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(Struct):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    annotations: Any = None


class _Choice(Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Cached(Struct):
    cached_tokens: int | None = None


class _Thought(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    completion_tokens_details: _Thought | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None
    citations: Any = None
    search_results: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class StreamReader:
    """Takes bytes as they come and gives the pieces that are complete."""

    def __init__(self, provider: str, max_bytes: int) -> None:
        self._provider = provider
        self._left = max_bytes
        self._rest: list[bytes] = []
        self._event = b""
        self.done = False
        """Whether ``[DONE]`` came."""

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces in the complete lines so far; text that came together is one piece.

        Raises:
            ModelError: the stream carries an error, or what is no chunk of a chat completion.
        """
        self._left -= len(data)
        if self._left < 0:
            raise bad_response(self._provider, "more than this server takes as one answer")
        if b"\n" not in data:
            self._rest.append(data)  # joined once, however many parts a line comes in
            return []
        if self._rest:
            data = b"".join([*self._rest, data])
        lines = data.split(b"\n")
        rest = lines.pop()
        self._rest = [rest] if rest else []
        pieces: list[Piece] = []
        for line in lines:
            if line.startswith(b"data:"):
                if self._event in _SPOKEN:
                    self._data(line[5:].strip(), pieces)
            elif line.startswith(b"event:"):
                self._event = line[6:].strip()
            elif not line.strip():
                self._event = b""
        return _joined(pieces)

    def _data(self, text: bytes, pieces: list[Piece]) -> None:
        if text == b"[DONE]":
            self.done = True
            return
        if self.done or not text:
            return
        chunk = _chunk(self._provider, text)
        if chunk.error:
            raise from_body(self._provider, {"error": chunk.error})
        if piece := _piece(chunk):
            pieces.append(piece)


def whole_answer(provider: str, body: bytes) -> list[Piece]:
    """Return the pieces of an answer that was not streamed: some servers know no streams."""
    chunk = _chunk(provider, body)
    if chunk.error:
        raise from_body(provider, {"error": chunk.error})
    piece = _piece(chunk)
    return [piece] if piece else []


def _chunk(provider: str, text: bytes) -> _Chunk:
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        # Half of a surrogate pair is JSON for some servers; the strict decoder refuses it.
        try:
            return msgspec.convert(json.loads(text), _Chunk)
        except (ValueError, RecursionError):
            found = repr(text[:80].decode("utf-8", "replace"))
            raise bad_response(provider, f"a chunk that is none ({error}): {found}") from None
    except RecursionError:
        raise bad_response(provider, "a chunk nested too deep") from None


def _piece(chunk: _Chunk) -> Piece | None:
    usage = _usage(chunk.usage) if chunk.usage is not None else None
    citations = from_search(chunk.citations, chunk.search_results) if _searched(chunk) else ()
    if not chunk.choices:
        return Piece(usage=usage, citations=citations) if usage is not None or citations else None
    choice = chunk.choices[0]
    delta = choice.delta or choice.message or _Delta()
    return Piece(
        text=_text(delta.content) or delta.refusal or "",
        reasoning=delta.reasoning_content or delta.reasoning or "",
        tools=tuple(_tool(call) for call in delta.tool_calls) if delta.tool_calls else (),
        finish_reason=choice.finish_reason or "",
        usage=usage,
        citations=(*citations, *from_annotations(delta.annotations)) if delta.annotations else citations,
    )


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Return pieces that came together with those in a row as one that are nothing but text."""
    if len(pieces) < 2:
        return pieces
    joined: list[Piece] = []
    texts: list[str] = []
    for piece in pieces:
        if piece.text and piece == Piece(text=piece.text):
            texts.append(piece.text)
            continue
        if texts:
            joined.append(Piece(text="".join(texts)))
            texts = []
        joined.append(piece)
    if texts:
        joined.append(Piece(text="".join(texts)))
    return joined


def _searched(chunk: _Chunk) -> bool:
    return chunk.citations is not None or chunk.search_results is not None


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


def _tool(call: _ToolCall) -> ToolPiece:
    function = call.function or _Function()
    arguments = function.arguments
    if isinstance(arguments, dict):
        arguments = msgspec.json.encode(arguments).decode()
    return ToolPiece(call.index, call.id or "", function.name or "", arguments or "")


def _usage(usage: _Usage) -> Usage | None:
    if usage.prompt_tokens is None and usage.completion_tokens is None:
        return None
    cached = usage.prompt_tokens_details
    thought = usage.completion_tokens_details
    return Usage(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_input_tokens=(cached.cached_tokens or 0) if cached else 0,
        reasoning_tokens=(thought.reasoning_tokens or 0) if thought else 0,
    )
