"""AnswerBuilder: puts a provider's pieces together to a `ModelAnswer`."""

import re
import uuid
from typing import Any

import msgspec
from msgspec import Struct

from graphs.models.reasoning_tags import ThinkSplitter
from graphs.models.token_estimate import estimate_usage
from graphs.providers.model_interface import Listener
from graphs.providers.provider import Piece, ToolPiece
from graphs.providers.provider_errors import bad_response
from graphs.values.messages import Attempt, Citation, ModelAnswer, ModelRequest, ToolCall, Usage
from graphs.values.text import TextError, clean

__all__ = ["AnswerBuilder"]

_SURROGATE = re.compile("[\ud800-\udfff]")
MOST_CALLS = 1_000
"""Tool calls that one answer may have."""
MOST_CITATIONS = 1_000
"""Citations of one answer that are looked at; further ones are left out."""
LONGEST_NAME = 1_000
"""Characters of a tool's name."""


class _Call(Struct):
    index: int | None
    id: str
    name: str
    arguments: list[str]


class AnswerBuilder:
    """Collects one attempt's pieces and lets a listener hear them."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[_Call] = []
        self._by_index: dict[int | None, _Call] = {}
        self._think = ThinkSplitter()
        self._half = ""
        self._usage: Usage | None = None
        self._cited: dict[tuple[str, int | None], Citation] = {}
        self.finish_reason = ""

    @property
    def heard(self) -> bool:
        """Whether the listener heard anything."""
        return bool(self._text or self._reasoning)

    @property
    def begun(self) -> bool:
        """Whether the model has begun to answer."""
        return self.heard or bool(self._calls)

    def add(self, piece: Piece) -> None:
        """Take a piece."""
        if piece.text:
            text, reasoning = self._think.feed(self._whole(piece.text))
            self._say(text, reasoning)
        if piece.reasoning:
            self._say("", _plain(piece.reasoning))
        for tool in piece.tools:
            self._add_tool(tool)
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason
        for one in piece.citations:
            # Some servers repeat them with every chunk, the later ones with titles.
            known = (one.url, one.start) in self._cited
            if (one.title or not known) and (known or len(self._cited) < MOST_CITATIONS):
                self._cited[one.url, one.start] = one
        if piece.usage is not None:
            self._usage = piece.usage

    def end(self) -> None:
        """Say what was held back; the answer is complete."""
        text, reasoning = self._think.end()
        self._say(text + ("�" if self._half else ""), reasoning)
        self._half = ""

    def usage(self, request: ModelRequest) -> Usage:
        """Return the provider's count, else an estimate of what has come so far."""
        if self._usage is not None:
            return self._usage
        calls = "".join(part for call in self._calls for part in (call.name, *call.arguments))
        return estimate_usage(request, "".join(self._text) + calls, "".join(self._reasoning))

    def answer(self, request: ModelRequest, usage: Usage, attempts: list[Attempt]) -> ModelAnswer:
        """Return the whole answer."""
        return ModelAnswer(
            provider=request.provider,
            model=request.model,
            content="".join(self._text),
            reasoning="".join(self._reasoning),
            tool_calls=[_finished(call) for call in self._calls],
            finish_reason=self.finish_reason,
            usage=usage,
            attempts=attempts,
            citations=[*self._cited.values()],
        )

    def _say(self, text: str, reasoning: str) -> None:
        if reasoning:
            self._reasoning.append(reasoning)
            self._listener.reasoning(reasoning)
        if text:
            self._text.append(text)
            self._listener.text(text)

    def _whole(self, chunk: str) -> str:
        """Join a character that a provider split into two surrogates over two chunks."""
        if chunk.isascii() and not self._half:
            return chunk.replace("\0", "")
        chunk = self._half + chunk
        self._half = ""
        if "\ud800" <= chunk[-1] <= "\udbff":
            self._half = chunk[-1]
            chunk = chunk[:-1]
        return _plain(chunk)

    def _add_tool(self, tool: ToolPiece) -> None:
        call = self._by_index.get(tool.index)
        if tool.index is None and self._calls:
            call = self._calls[-1]
        # Some servers number every call 0, or none: a new id is a new call.
        if call is None or (tool.id and call.id and tool.id != call.id):
            if len(self._calls) == MOST_CALLS:
                raise bad_response("The model", f"more than the {MOST_CALLS:,} tool calls of one answer")
            call = self._by_index[tool.index] = _Call(tool.index, "", "", [])
            self._calls.append(call)
        call.id = call.id or tool.id
        if tool.name != call.name and len(call.name) < LONGEST_NAME:
            call.name += tool.name
        call.arguments.append(tool.arguments)


def _plain(text: str) -> str:
    text = text.replace("\0", "")
    if _SURROGATE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _finished(call: _Call) -> ToolCall:
    raw = "".join(call.arguments)
    call_id = call.id or f"call_{uuid.uuid4().hex}"
    try:
        arguments: Any = clean(msgspec.json.decode(raw)) if raw.strip() else {}
    except (msgspec.DecodeError, TextError, RecursionError):
        arguments = None
    if isinstance(arguments, dict):
        return ToolCall(id=call_id, name=call.name, arguments=arguments)
    return ToolCall(id=call_id, name=call.name, invalid=_plain(raw))
