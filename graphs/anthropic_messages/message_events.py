"""The events of an answer of the Messages API, from the bytes of the socket to pieces."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from graphs.anthropic_messages.message_request import KIND
from graphs.conversation.messages import Citation, Usage
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Piece, ToolPiece
from graphs.model_api.provider_errors import bad_response, from_body
from graphs.model_api.token_counts import TokenCounts, token_count
from graphs.transport.stream_lines import StreamLines

__all__ = ["MessageEvents", "thinking_blocks"]

_COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


class MessageEvents:
    """Takes bytes as they come and gives the pieces of the events that are complete.

    Events of unknown types are left out, as the API's rules of versions ask for.
    """

    def __init__(self, provider: str, max_bytes: int) -> None:
        self.failed: ModelError | None = None
        """What is wrong with the stream after the pieces that were given last: to be raised after them."""
        self._provider = provider
        self._left = max_bytes
        self._lines = StreamLines()
        self._document: list[bytes] = []
        """Lines of an answer that is one JSON document."""
        self._blocks: dict[int, dict[str, Any]] = {}
        """Blocks of thinking, by their place: they go back with the turn as they came."""
        self._called = False
        self._counts: dict[str, Any] = {}
        self._ended = False

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces in the complete lines so far.

        Raises:
            ModelError: the stream carries an error, or what is no event. After pieces that came with it, it
                is `failed` instead.
        """
        self._left -= len(data)
        if self._left < 0:
            raise bad_response(self._provider, "more than this server takes as one answer")
        pieces: list[Piece] = []
        try:
            for line in self._lines.feed(data):
                self._line(line, pieces)
        except ModelError as error:
            return self._last(pieces, error)
        return pieces

    def end(self) -> list[Piece]:
        """Return the pieces in what is left: the answer's bytes have ended.

        Raises:
            ModelError: what is left is an error, or no JSON. After pieces it is `failed` instead.
        """
        pieces: list[Piece] = []
        try:
            if rest := self._lines.end():
                self._line(rest, pieces)
            if self._document:
                self._whole(self._read(b"\n".join(self._document)), pieces)
        except ModelError as error:
            return self._last(pieces, error)
        return pieces

    def _last(self, pieces: list[Piece], error: ModelError) -> list[Piece]:
        """Return the pieces that came before an error, so that none is lost by coming in the same bytes."""
        if not pieces:
            raise error
        self.failed = error
        return pieces

    def _line(self, line: bytes, pieces: list[Piece]) -> None:
        if line.startswith(b"data:"):
            if (data := line[5:].strip()) and data != b"[DONE]":
                self._take(self._read(data), pieces)
        elif self._document or line.lstrip()[:1] == b"{":
            self._document.append(line)

    def _read(self, data: bytes) -> Any:
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if self._ended:
                return None
            shown = data[:200].decode("utf-8", "replace")
            raise bad_response(self._provider, f"an event that is no JSON: {shown!r}") from None

    def _take(self, event: Any, pieces: list[Piece]) -> None:
        facts = _object(event)
        match facts.get("type"):
            case "content_block_delta":
                self._delta(_place(facts), _object(facts.get("delta")), pieces)
            case "content_block_start":
                self._start(_place(facts), _object(facts.get("content_block")), pieces)
            case "message_start":
                self._count(_object(facts.get("message")).get("usage"))
            case "message_delta":
                self._count(facts.get("usage"))
                self._end(_object(facts.get("delta")).get("stop_reason"), pieces)
            case "error":
                if not self._ended:
                    raise self._failed(event)
            case _:
                pass

    def _start(self, place: int, block: Mapping[str, Any], pieces: list[Piece]) -> None:
        match block.get("type"):
            case "text":
                if text := _string(block.get("text")):
                    pieces.append(Piece(text=text))
            case "thinking":
                kept = {"type": "thinking", "thinking": "", "signature": ""}
                self._blocks[place] = kept
                self._think(place, block, pieces)
            case "redacted_thinking":
                self._blocks[place] = {"type": "redacted_thinking", "data": block.get("data")}
            case "tool_use":
                self._called = True
                given = block.get("input")
                arguments = msgspec.json.encode(given).decode() if given else ""
                call = ToolPiece(place, _string(block.get("id")), _string(block.get("name")), arguments)
                pieces.append(Piece(tools=(call,)))
            case _:
                pass

    def _delta(self, place: int, delta: Mapping[str, Any], pieces: list[Piece]) -> None:
        match delta.get("type"):
            case "text_delta":
                pieces.append(Piece(text=_string(delta.get("text"))))
            case "thinking_delta" | "signature_delta":
                self._think(place, delta, pieces)
            case "input_json_delta":
                if part := _string(delta.get("partial_json")):
                    pieces.append(Piece(tools=(ToolPiece(place, arguments=part),)))
            case "citations_delta":
                cited = _object(delta.get("citation"))
                if url := _string(cited.get("url")):
                    title, text = _string(cited.get("title")), _string(cited.get("cited_text"))
                    pieces.append(Piece(citations=(Citation(url=url, title=title, text=text),)))
            case _:
                pass

    def _think(self, place: int, told: Mapping[str, Any], pieces: list[Piece]) -> None:
        block = self._blocks.setdefault(place, {"type": "thinking", "thinking": "", "signature": ""})
        block["signature"] += _string(told.get("signature"))
        if thought := _string(told.get("thinking")):
            block["thinking"] += thought
            pieces.append(Piece(reasoning=thought))

    def _count(self, usage: Any) -> None:
        """Keep the counts: they are cumulative, and the later event tells only some of them."""
        counted = _object(usage)
        self._counts |= {name: value for name, value in counted.items() if value is not None}

    def _usage(self) -> Usage | None:
        # Reads and writes of the cache lie beside the input; the total says so.
        total = sum(token_count(self._counts.get(name)) or 0 for name in _COUNTS)
        counts = TokenCounts()
        counts.add({**self._counts, "total_tokens": total})
        return counts.usage()

    def _end(self, reason: Any, pieces: list[Piece]) -> None:
        echo = None
        if reason and self._called and self._blocks:
            kept = [{**block, "index": place} for place, block in sorted(self._blocks.items())]
            echo = {"thinking_blocks": kept}
        self._ended = self._ended or bool(reason)
        pieces.append(Piece(finish_reason=_string(reason), usage=self._usage(), echo=echo))

    def _whole(self, message: Any, pieces: list[Piece]) -> None:
        """Take an answer that came as one document, though a stream was asked for."""
        facts = _object(message)
        if facts.get("type") != "message":
            raise self._failed(message)
        blocks = facts.get("content")
        for place, block in enumerate(blocks if isinstance(blocks, list) else []):
            self._start(place, _object(block), pieces)
        self._count(facts.get("usage"))
        self._end(facts.get("stop_reason") or "stop", pieces)

    def _failed(self, content: Any) -> ModelError:
        return from_body(self._provider, content)


def thinking_blocks(echo: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the blocks of thinking that a turn of this kind of server came with, as they go back."""
    if echo.get("kind") != KIND:
        return []
    kept = echo.get("thinking_blocks") or []
    return [{name: value for name, value in block.items() if name != "index"} for block in kept]


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _place(event: Mapping[str, Any]) -> int:
    return token_count(event.get("index")) or 0
