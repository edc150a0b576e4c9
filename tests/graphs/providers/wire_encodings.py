"""Answers in other encodings, packings and framings than they should have, as gateways and proxies send
them."""

# ruff: noqa: E501 - heads as they come

import gzip
import json
import zlib

import zstandard

from tests.graphs.providers.wire_shapes import (
    BODY,
    HEAD,
    SAID,
    WHOLE,
    Shape,
    as_json,
    chunk,
    counted,
    finish,
    frames,
    good,
    packed,
    raw,
)
from tests.runtimes.wire_server import http, sse

__all__ = ["ENCODED", "ENCODED_FAILURES"]

_JSON = as_json(WHOLE)
_COUNTED = (10, 5)
_EVENTS = [as_json(each) for each in (SAID, finish(), counted())]
_KOREAN = "안녕 Hello"
_LATIN = "H\u00e9llo"


def _reprs(prefix: str, ending: str) -> bytes:
    """Return events as a gateway in Python writes them that prints bytes in place of their text."""
    return b"".join(
        b"data: %s\n\n" % repr(prefix.encode() + each + ending.encode()).encode() for each in _EVENTS
    )


def _head(lines: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n\r\n".encode()


def _cut(body: bytes, size: int) -> bytes:
    return b"".join(frames(body[at : at + size]) for at in range(0, len(body), size)) + b"0\r\n\r\n"


def _in(charset: str, text: str, kind: str = "text/event-stream") -> Shape:
    events = b"".join(
        b"data: " + json.dumps(each, ensure_ascii=False).encode(charset) + b"\n\n"
        for each in (chunk({"content": text}), finish(), counted())
    )
    head = _head(f"Content-Type: {kind}; charset={charset}\r\nConnection: close")
    return Shape(f"charset_{charset}", (head + events,), text=text, usage=_COUNTED)


ENCODED: tuple[Shape, ...] = (
    raw("utf_16", BODY.decode().encode("utf-16"), usage=_COUNTED),
    raw("utf_16_big", b"\xfe\xff" + BODY.decode().encode("utf-16-be"), usage=_COUNTED),
    raw("utf_16_no_mark", BODY.decode().encode("utf-16-le"), usage=_COUNTED),
    raw("utf_16_big_no_mark", BODY.decode().encode("utf-16-be"), usage=_COUNTED),
    Shape("utf_16_json", (http(200, _JSON.decode().encode("utf-16")),), usage=_COUNTED),
    _in("euc-kr", _KOREAN),
    _in("gb18030", "你好 Hello"),
    _in("iso-8859-1", _LATIN),
    Shape(
        "charset_said_wrongly",
        (
            _head("Content-Type: text/event-stream; charset=ISO-8859-1\r\nConnection: close")
            + b"data: "
            + json.dumps(chunk({"content": _KOREAN}), ensure_ascii=False).encode()
            + b"\n\n"
            + sse(finish(), counted()).partition(b"\r\n\r\n")[2],
        ),
        text=_KOREAN,
        usage=_COUNTED,
    ),
    raw("zlib_unsaid", zlib.compress(BODY), usage=_COUNTED),
    raw("zlib_unsaid_quick", zlib.compress(BODY, 1), usage=_COUNTED),
    raw("zstd_unsaid", zstandard.compress(BODY), usage=_COUNTED),
    Shape("zstd", (packed("zstd", zstandard.compress(BODY)),), usage=_COUNTED),
    Shape(
        "zstd_in_frames",
        (packed("zstd", b"".join(map(zstandard.compress, (BODY[:40], BODY[40:])))),),
        usage=_COUNTED,
    ),
    Shape("zstd_that_is_none", (packed("zstd", BODY),), usage=_COUNTED),
    Shape("br_that_is_none", (packed("br", BODY),), usage=_COUNTED),
    Shape("deflate_that_is_none", (packed("deflate", BODY),), usage=_COUNTED),
    Shape("gzip_json_unsaid", (http(200, gzip.compress(_JSON)),), usage=_COUNTED),
    Shape("gzip_twice_said", (packed("gzip, gzip", gzip.compress(BODY)),), usage=_COUNTED),
    Shape("gzip_in_gzip", (packed("gzip, gzip", gzip.compress(gzip.compress(BODY))),), usage=_COUNTED),
    raw("python_bytes", _reprs("", ""), usage=_COUNTED),
    raw("python_bytes_of_lines", _reprs("data: ", b"\\n\\n".decode("unicode_escape")), usage=_COUNTED),
    raw("python_bytes_alone", repr(_JSON).encode(), usage=_COUNTED),
    raw("events_on_one_line", b"data: " + b"data: ".join(_EVENTS) + b"\n\ndata: [DONE]\n\n", usage=_COUNTED),
    raw("done_on_the_same_line", b"data: " + b"\n\ndata: ".join(_EVENTS) + b"[DONE]\n\n", usage=_COUNTED),
    raw("done_glued", b"data: " + b"\n\ndata: ".join(_EVENTS) + b"data: [DONE]", usage=_COUNTED),
    raw("events_with_escaped_ends", BODY.replace(b"\n", b"\\n"), usage=_COUNTED),
    raw("events_in_a_text", as_json(BODY.decode()), usage=_COUNTED),
    raw("chunks_in_a_list", b"[" + b"\n,\n".join(_EVENTS) + b"]", usage=_COUNTED),
    raw(
        "chunks_in_an_indented_list",
        json.dumps([SAID, finish(), counted()], indent=2).encode(),
        usage=_COUNTED,
    ),
    raw("separators_of_records", b"".join(b"\x1e" + each + b"\n" for each in _EVENTS), usage=_COUNTED),
    raw("lines_of_length", b"".join(b"%x\n%s\n" % (len(each), each) for each in _EVENTS), usage=_COUNTED),
    raw("xssi_guard", b")]}'\n" + _JSON, usage=_COUNTED),
    Shape(
        "length_twice",
        (
            _head(
                f"Content-Type: application/json\r\nContent-Length: {len(_JSON)}\r\nContent-Length: {len(_JSON)}"
            )
            + _JSON,
        ),
        usage=_COUNTED,
    ),
    Shape(
        "length_in_a_list",
        (_head(f"Content-Type: application/json\r\nContent-Length: {len(_JSON)}, {len(_JSON)}") + _JSON,),
        usage=_COUNTED,
    ),
    Shape(
        "length_and_stream",
        (
            _head("Content-Type: text/event-stream\r\nContent-Length: 0\r\nTransfer-Encoding: chunked")
            + _cut(BODY, 50),
        ),
        usage=_COUNTED,
    ),
    Shape(
        "chunked_with_extensions_and_trailers",
        (
            _head("Content-Type: text/event-stream\r\nTransfer-Encoding: Chunked\r\nTrailer: X-Took")
            + b"".join(
                b"%04X;name=value\r\n%s\r\n" % (len(BODY[at : at + 60]), BODY[at : at + 60])
                for at in range(0, len(BODY), 60)
            )
            + b"0\r\nX-Took: 1\r\n\r\n",
        ),
        usage=_COUNTED,
    ),
    Shape(
        "transfer_encoding_identity",
        (
            _head("Content-Type: text/event-stream\r\nTransfer-Encoding: identity\r\nConnection: close")
            + BODY,
        ),
        usage=_COUNTED,
    ),
    Shape(
        "transfer_encoding_twice",
        (
            _head(
                "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"
            )
            + _cut(BODY, 70),
        ),
        usage=_COUNTED,
    ),
    Shape("head_of_bare_lines", (HEAD.replace(b"\r\n", b"\n") + BODY,), usage=_COUNTED),
    Shape("no_reason_phrase", (HEAD.replace(b"200 OK", b"200") + BODY,), usage=_COUNTED),
    Shape(
        "blank_before_colon",
        (HEAD.replace(b"Connection: close", b"X-Server : one\r\nConnection: close") + BODY,),
        usage=_COUNTED,
    ),
    Shape(
        "header_without_value",
        (HEAD.replace(b"Connection: close", b"X-Empty:\r\nConnection: close") + BODY,),
        usage=_COUNTED,
    ),
    Shape(
        "header_in_utf_8",
        (HEAD.replace(b"Connection: close", "X-Name: 서버\r\nConnection: close".encode()) + BODY,),
        usage=_COUNTED,
    ),
    Shape("no_content_type", (_head("Connection: close") + BODY,), usage=_COUNTED),
    Shape("continues_first", (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + BODY,), usage=_COUNTED),
    Shape("in_slow_letters", (HEAD, *(BODY[at : at + 40] for at in range(0, len(BODY), 40))), usage=_COUNTED),
    good("nothing_between", {}, SAID, {}, finish(), counted(), usage=_COUNTED),
)
ENCODED_FAILURES: tuple[Shape, ...] = (
    Shape("packed_br", (packed("br", b"\x0b\x02\x80Hello\x03"),), error=("bad_response",)),
    Shape("packed_broken", (packed("gzip", gzip.compress(BODY)[:60]),), error=("bad_response", "network")),
    raw(
        "utf_16_error",
        json.dumps({"error": {"message": "Rate limit exceeded", "code": 429}}).encode("utf-16"),
        error=("rate_limited",),
    ),
    Shape(
        "utf_16_status",
        (http(401, json.dumps({"error": {"message": "No"}}).encode("utf-16")),),
        error=("auth",),
    ),
    Shape(
        "zlib_status",
        (http(400, zlib.compress(as_json({"error": {"message": "prompt is too long: 9 > 8"}}))),),
        error=("context_length",),
    ),
    Shape(
        "python_bytes_error",
        (http(429, repr(as_json({"error": {"message": "You are out of credits"}})).encode()),),
        error=("quota",),
    ),
    Shape("no_end", (sse(SAID, done=False),), error=("bad_response", "network", "server")),
    Shape(
        "no_end_with_counts_before",
        (sse(counted(), SAID, done=False),),
        error=("bad_response", "network", "server"),
    ),
    Shape(
        "no_end_in_a_text",
        (raw("x", as_json(sse(SAID, done=False).partition(b"\r\n\r\n")[2].decode())).reply[0],),
        error=("bad_response", "network", "server"),
    ),
    Shape(
        "nothing_with_a_type",
        (http(200, b"", "text/event-stream"),),
        error=("empty_answer", "bad_response", "network"),
    ),
)
