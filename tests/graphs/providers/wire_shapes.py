"""Answers of model servers as bytes, in the shapes that their users report, and what each means."""

import json
from typing import Any

from msgspec import Struct

from tests.runtimes.wire_server import Part, sse

__all__ = [
    "BODY",
    "CHUNKED",
    "HEAD",
    "SAID",
    "WHOLE",
    "Shape",
    "as_json",
    "chunk",
    "counted",
    "counts",
    "finish",
    "frames",
    "good",
    "packed",
    "raw",
    "tool",
]


class Shape(Struct, frozen=True):
    """One response, and what must come of it."""

    name: str
    reply: tuple[Part, ...]
    text: str = "Hello"
    usage: tuple[int, int] | None = None
    cached: int = 0
    written: int = 0
    reasoning: str | None = None
    ending: str = "stop"
    error: tuple[str, ...] = ()
    """Classes, any of which is right."""
    wait: float | None = None
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()


def chunk(delta: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    """Return a chunk with one choice."""
    envelope = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return envelope | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]} | more


def finish(reason: Any = "stop", **more: Any) -> dict[str, Any]:
    """Return the chunk that ends an answer."""
    return chunk({}, reason, **more)


def counted(given: Any = 10, answered: Any = 5, **more: Any) -> dict[str, Any]:
    """Return the chunk with the counts."""
    usage = {"prompt_tokens": given, "completion_tokens": answered} | more
    return {"id": "c", "choices": [], "usage": usage}


def tool(
    index: Any = None, id: Any = None, name: Any = None, arguments: Any = None, **more: Any
) -> dict[str, Any]:
    """Return a part of a tool call with what is given of it."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    head = {key: value for key, value in (("index", index), ("id", id)) if value is not None}
    return head | {"type": "function", "function": function} | more


SAID = chunk({"role": "assistant", "content": "Hello"})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
WHOLE = {
    "id": "x",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def good(name: str, *chunks: Any, done: bool = True, **expected: Any) -> Shape:
    return Shape(name, (sse(*chunks, done=done),), **expected)


def counts(name: str, usage: Any, expected: tuple[int, int] | None, **more: Any) -> Shape:
    counts = {"choices": [], "usage": usage}
    return good(f"counts_{name}", SAID, finish(), counts, usage=expected, **more)


def raw(name: str, body: bytes, head: bytes = HEAD, **expected: Any) -> Shape:
    return Shape(name, (head + body,), **expected)


def packed(encoding: str, body: bytes, kind: str = "text/event-stream", status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


BODY = sse(SAID, finish(), counted()).partition(b"\r\n\r\n")[2]
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def frames(body: bytes) -> bytes:
    """Return a chunk of HTTP's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(body), body)
