"""What the scripted model server answers: a `Reply` as a value, and the steps that put it on the wire."""

import time
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

__all__ = ["Cut", "Exchange", "Reply", "ScriptedCall", "Step", "question", "response", "steps"]


class ScriptedCall(Struct, frozen=True, kw_only=True):
    """A tool call of a scripted answer."""

    name: str
    arguments: str = "{}"
    """Raw text, so that it may be broken."""
    id: str = "call_1"


class Reply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the server does with one request."""

    match: str = ""
    """Serve only a request whose model or last user message contains this; empty serves any."""
    status: int = 200
    headers: dict[str, str] = {}
    body: str | None = None
    """Sent as it is in place of an answer; for a status other than 200 an error object by default."""
    body_hex: str = ""
    """Like ``body`` for bytes that are no text."""
    content_type: str = "application/json"
    """Of ``body`` and ``body_hex``."""
    error_code: str = ""
    """``error.code`` of the default error object, e.g. ``context_length_exceeded``."""
    text: str | None = None
    """The answer, split after spaces; None for ``tokens`` made-up words."""
    echo: bool = False
    """Answer with the last user message."""
    tokens: int = 32
    reasoning: str = ""
    """Sent before the text as ``delta.reasoning_content``."""
    annotations: list[dict[str, Any]] = []
    """Sent after the text in a delta of their own, as OpenAI's search models do
    (https://github.com/openai/openai-java/issues/297), or with a whole message."""
    search_results: list[dict[str, Any]] = []
    """Sent beside `choices` with the end, their addresses as `citations`, as Perplexity does."""
    tool_calls: list[ScriptedCall] = []
    argument_bytes: int = 0
    """Characters of tool arguments a delta; 0 for all in one."""
    finish_reason: str | None = ""
    """Empty for ``stop`` or ``tool_calls``; None to leave it out."""
    usage: bool = True
    """Count tokens: in an answer always, in a stream when it was asked to. One a word of the request."""
    done: bool = True
    """End a stream with ``[DONE]``."""
    silence: float = 0.0
    """Seconds before the first byte, status line included."""
    delay: float = 0.0
    """Seconds before each token."""
    stall_at: int | None = None
    """Fall silent for ``stall`` seconds, or until a release, before this delta (0 is the first)."""
    stall: float = 3600.0
    insert_at: int | None = None
    """Write ``insert_hex`` before this delta: garbage, unknown events, invalid UTF-8."""
    insert_hex: str = ""
    cut_after: int | None = None
    """End the connection after so many deltas."""
    cut: Literal["close", "reset", "half"] = "close"
    """``half`` sends half of the next delta first, ``reset`` sends RST."""
    byte_size: int = 0
    """Write the stream in pieces of so many bytes, which splits multi-byte characters; 0 a delta a piece."""


class Exchange(Struct, kw_only=True):
    """One request and what became of it. Times are `time.monotonic`, one clock for all processes."""

    number: int
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: Any = None
    opened: float
    ended: float | None = None
    end: Literal["", "finished", "cut", "peer_closed"] = ""
    """Empty while it is served; ``peer_closed`` when the client left before the end."""
    deltas: int = 0
    """Deltas written so far."""
    connection: int = 0
    """The same number for requests on one connection."""
    input_tokens: int = 0
    """What an answer to it is charged, whole or not."""
    output_tokens: int = 0


class Cut(Struct, frozen=True):
    """End the connection."""

    reset: bool = False
    """With RST in place of FIN."""


Step = bytes | float | Cut
"""Bytes to write, seconds to wait, or the end of the connection."""

_encode = msgspec.json.Encoder().encode
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n"
)


def question(body: Any) -> str:
    """Return the text of the last user message."""
    for message in reversed(body.get("messages", [])):
        if message.get("role") == "user":
            content = message.get("content", "")
            if isinstance(content, str):
                return content
            return "".join(part.get("text", "") for part in content)
    return ""


def response(status: int, body: bytes, content_type: str = "application/json", extra: str = "") -> bytes:
    """Return a whole HTTP response."""
    head = f"HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n"
    head += extra + "\r\n"
    return head.encode("latin-1") + body


def steps(reply: Reply, body: Any, exchange: Exchange) -> Iterator[Step]:
    """Return the steps that answer a request."""
    if reply.silence:
        yield float(reply.silence)
    if reply.status == 200 and reply.usage:
        charged = _usage(reply, body)
        exchange.input_tokens = charged["prompt_tokens"]
        exchange.output_tokens = charged["completion_tokens"]
    extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    if reply.body_hex or reply.body is not None:
        content = bytes.fromhex(reply.body_hex) if reply.body_hex else (reply.body or "").encode()
        yield response(reply.status, content, reply.content_type, extra)
    elif reply.status != 200:
        error = {"message": f"scripted {reply.status}", "type": "scripted", "code": reply.error_code or None}
        yield response(reply.status, _encode({"error": error}), extra=extra)
    elif body.get("stream"):
        yield from _stream(reply, body, exchange, extra)
    else:
        yield from _whole(reply, body, exchange, extra)


def _words(reply: Reply, body: Any) -> list[str]:
    if reply.tool_calls:
        return []
    text = question(body) if reply.echo else reply.text
    if text is None:
        return [f"word{number} " for number in range(reply.tokens)]
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + [words[-1]] if text else []


def _usage(reply: Reply, body: Any) -> dict[str, Any]:
    prompt = sum(len(str(message.get("content", "")).split()) for message in body.get("messages", []))
    completion = len(_words(reply, body)) + len(reply.tool_calls)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _finish(reply: Reply) -> str | None:
    if reply.finish_reason is None:
        return None
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def _whole(reply: Reply, body: Any, exchange: Exchange, extra: str) -> Iterator[Step]:
    words = _words(reply, body)
    if reply.delay and words:
        yield reply.delay * len(words)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(words) or None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.annotations:
        message["annotations"] = reply.annotations
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in reply.tool_calls
        ]
    answer = {
        "id": f"chatcmpl-{exchange.number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply)}],
    }
    answer |= _searched(reply)
    if reply.usage:
        answer["usage"] = _usage(reply, body)
    exchange.deltas = len(words)
    yield response(200, _encode(answer), extra=extra)


def _searched(reply: Reply) -> dict[str, Any]:
    if not reply.search_results:
        return {}
    urls = [result["url"] for result in reply.search_results]
    return {"citations": urls, "search_results": reply.search_results}


def _deltas(reply: Reply, body: Any) -> Iterator[dict[str, Any]]:
    if reply.reasoning:
        for word in reply.reasoning.split(" "):
            yield {"reasoning_content": word + " "}
    for word in _words(reply, body):
        yield {"content": word}
    for index, call in enumerate(reply.tool_calls):
        head = {"index": index, "id": call.id, "type": "function"}
        yield {"tool_calls": [head | {"function": {"name": call.name, "arguments": ""}}]}
        size = reply.argument_bytes or max(1, len(call.arguments))
        for start in range(0, len(call.arguments), size):
            piece = {"arguments": call.arguments[start : start + size]}
            yield {"tool_calls": [{"index": index, "function": piece}]}
    if reply.annotations:
        yield {"annotations": reply.annotations}


def _stream(reply: Reply, body: Any, exchange: Exchange, extra: str) -> Iterator[Step]:
    yield _HEAD + extra.encode("latin-1") + b"\r\n"
    for step in _events(reply, body, exchange):
        if isinstance(step, bytes):
            for piece in _pieces(step, reply.byte_size):
                yield b"%x\r\n%b\r\n" % (len(piece), piece)
                if reply.byte_size:
                    # Let each piece travel on its own: one turn of the loop between writes.
                    yield 0.0
        else:
            yield step
    yield b"0\r\n\r\n"


def _pieces(event: bytes, size: int) -> list[bytes]:
    return [event[start : start + size] for start in range(0, len(event), size)] if size else [event]


def _events(reply: Reply, body: Any, exchange: Exchange) -> Iterator[Step]:
    frame: dict[str, Any] = {
        "id": f"chatcmpl-{exchange.number}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body.get("model"),
    }
    # The envelope is the same for every delta: encode it once, it is most of the bytes.
    head = b"data: " + _encode(frame)[:-1] + b',"choices":[{"index":0,"delta":'
    tail = b',"finish_reason":null}]}\n\n'
    yield head + b'{"role":"assistant","content":""}' + tail
    for number, delta in enumerate(_deltas(reply, body)):
        event = head + _encode(delta) + tail
        if reply.cut_after == number:
            if reply.cut == "half":
                yield event[: len(event) // 2]
            # A pause lets what was written travel before the connection ends.
            yield 0.01
            yield Cut(reset=reply.cut == "reset")
            return
        if reply.stall_at == number:
            yield reply.stall
        if reply.insert_at == number:
            yield bytes.fromhex(reply.insert_hex)
        if reply.delay:
            yield reply.delay
        exchange.deltas = number + 1
        yield event
    finish = _finish(reply)
    if finish is not None:
        searched = _encode(_searched(reply))[1:-1]
        end = b"}]" + (b"," + searched if searched else b"") + b"}\n\n"
        yield head + b"{}" + b',"finish_reason":' + _encode(finish) + end
    if reply.usage and (body.get("stream_options") or {}).get("include_usage"):
        yield b"data: " + _encode(frame | {"choices": [], "usage": _usage(reply, body)}) + b"\n\n"
    if reply.done:
        yield b"data: [DONE]\n\n"
