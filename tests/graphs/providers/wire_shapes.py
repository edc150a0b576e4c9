"""Answers of model servers as bytes, in the shapes that their users report, and what each means."""

import gzip
import json
import zlib
from typing import Any

from msgspec import Struct

from tests.runtimes.wire_server import Part, http, sse

__all__ = ["ANSWERS", "CALLS", "FAILURES", "Shape", "chunk", "counted", "finish", "tool"]


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


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _good(name: str, *chunks: Any, done: bool = True, **expected: Any) -> Shape:
    return Shape(name, (sse(*chunks, done=done),), **expected)


def _counts(name: str, usage: Any, expected: tuple[int, int] | None, **more: Any) -> Shape:
    counts = {"choices": [], "usage": usage}
    return _good(f"counts_{name}", SAID, finish(), counts, usage=expected, **more)


def _raw(name: str, body: bytes, head: bytes = HEAD, **expected: Any) -> Shape:
    return Shape(name, (head + body,), **expected)


def _packed(encoding: str, body: bytes, kind: str = "text/event-stream", status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


_BODY = sse(SAID, finish(), counted()).partition(b"\r\n\r\n")[2]
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _frames(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


ANSWERS: tuple[Shape, ...] = (
    _good("plain", SAID, finish(), counted(), usage=(10, 5)),
    # form of the stream
    _raw("cr_only", _BODY.replace(b"\n", b"\r"), usage=(10, 5)),
    _raw("crlf", _BODY.replace(b"\n", b"\r\n"), usage=(10, 5)),
    _raw("bom", b"\xef\xbb\xbf" + _BODY, usage=(10, 5)),
    _raw("no_blank_lines", _BODY.replace(b"\n\n", b"\n"), usage=(10, 5)),
    _raw("no_last_newline", _BODY.rstrip(b"\n"), usage=(10, 5)),
    _raw("last_chunk_without_newline", b"data: " + _json(chunk({"content": "Hello"}, "stop"))),
    _raw(
        "multi_line_data",
        b"data: " + json.dumps(SAID, indent=1).replace("\n", "\ndata: ").encode() + b"\n\n"
        b"data: " + _json(finish()) + b"\n\ndata: [DONE]\n\n",
    ),
    _raw("comments", b": keep-alive\n\n:\n\n" + _BODY, usage=(10, 5)),
    _raw("comment_as_data", b"data: : OPENROUTER PROCESSING\n\n" + _BODY, usage=(10, 5)),
    _raw("words_as_data", b"data: ping\n\n" + _BODY, usage=(10, 5)),
    _raw("queue_event", b'event: queue\ndata: {"position": 3}\n\n' + _BODY, usage=(10, 5)),
    _raw("queue_object", b'data: {"status": "queued", "position": 3}\n\n' + _BODY, usage=(10, 5)),
    _raw("ping_object", b'event: ping\ndata: {"type": "ping"}\n\n' + _BODY, usage=(10, 5)),
    _raw("ids_and_retry", b"retry: 10\nid: 1\n" + _BODY, usage=(10, 5)),
    _raw("named_events", _BODY.replace(b"data: {", b"event: chat.completion.chunk\ndata: {"), usage=(10, 5)),
    _raw("quoted_done", _BODY.replace(b"[DONE]", b'"[DONE]"'), usage=(10, 5)),
    _raw("after_done", _BODY + b'data: {"error": {"message": "late"}}\n\n', usage=(10, 5)),
    _good("error_after_the_end", SAID, finish(), b'{"error": {"message": "late", "code": 500}}', done=False),
    _raw(
        "broken_frame_after_the_end",
        b"data: " + _json(SAID) + b"\n\ndata: " + _json(finish()) + b'\n\ndata: {"a\n\n',
    ),
    _raw("ndjson", _json(SAID) + b"\n" + _json(finish()) + b"\n" + _json(counted()) + b"\n", usage=(10, 5)),
    _raw(
        "control_characters",
        b'data: {"choices":[{"delta":{"content":"Hel\tlo"},"finish_reason":"stop"}]}\n\n',
        text="Hel\tlo",
    ),
    _raw(
        "nan", b'data: {"choices":[{"delta":{"content":"Hello"},"logprobs":NaN,"finish_reason":"stop"}]}\n\n'
    ),
    _good("null_and_lists", b"null", b"[]", b"3", b'"x"', b"true", b"{}", SAID, finish()),
    _good("choices_object", {"choices": {"delta": {"content": "Hello"}, "finish_reason": "stop"}}),
    _good("choices_in_a_list", [SAID, finish()]),
    _good("text_completion", {"choices": [{"text": "Hello", "finish_reason": "stop"}]}),
    _good("delta_is_text", {"choices": [{"delta": "Hello", "finish_reason": "stop"}]}),
    # ends
    _good("done_alone", SAID),
    _good("finish_alone", SAID, finish(), done=False),
    _good("counts_and_close", SAID, counted(), done=False, usage=(10, 5)),
    _good("finish_then_more", chunk({"content": "Hel"}, "stop"), chunk({"content": "lo"}, "stop")),
    _good("finish_empty_text", chunk({"content": "Hello"}, ""), finish()),
    _good("finish_null_text", chunk({"content": "Hello"}, "null"), finish()),
    *(
        _good(f"finish_{reason}", SAID, finish(reason))
        for reason in (
            "stop",
            "STOP",
            "eos",
            "end_turn",
            "stop_sequence",
            "COMPLETE",
            "completed",
            1,
            {"type": "stop"},
            "eos_token",
            True,
        )
    ),
    *(
        _good(f"finish_{reason}", SAID, finish(reason), ending="length")
        for reason in ("length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded")
    ),
    Shape("chunked_without_its_last_chunk", (_CHUNKED + _frames(_BODY),), usage=(10, 5)),
    Shape("chunked_cut_after_the_end", (_CHUNKED + _frames(_BODY) + b"ff\r\ndata",), usage=(10, 5)),
    Shape(
        "http_1_0", (b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + _BODY,), usage=(10, 5)
    ),
    Shape("created", (HEAD.replace(b"200 OK", b"201 Created") + _BODY,), usage=(10, 5)),
    # other content types, and JSON
    *(
        _raw(f"type_{kind}", _BODY, HEAD.replace(b"text/event-stream", kind.encode()), usage=(10, 5))
        for kind in (
            "text/plain",
            "text/html",
            "application/json",
            "application/octet-stream",
            "application/x-ndjson",
        )
    ),
    Shape("json", (http(200, _json(WHOLE)),), usage=(10, 5)),
    Shape("json_indented", (http(200, json.dumps(WHOLE, indent=2).encode()),), usage=(10, 5)),
    Shape("json_as_event_stream", (http(200, _json(WHOLE), "text/event-stream"),), usage=(10, 5)),
    Shape("json_as_text", (http(200, b"\n" + _json(WHOLE) + b"\n", "text/plain"),), usage=(10, 5)),
    Shape("json_without_finish", (http(200, _json({"choices": [{"message": {"content": "Hello"}}]})),)),
    Shape("json_longer_than_told", (http(200, _json(WHOLE)) + b"  ",), usage=(10, 5)),
    # packed
    Shape("gzip", (_packed("gzip", gzip.compress(_BODY)),), usage=(10, 5)),
    Shape("deflate", (_packed("deflate", zlib.compress(_BODY)),), usage=(10, 5)),
    Shape("deflate_raw", (_packed("deflate", zlib.compress(_BODY, wbits=-15)),), usage=(10, 5)),
    Shape("gzip_json", (_packed("gzip", gzip.compress(_json(WHOLE)), "application/json"),), usage=(10, 5)),
    # content
    _good(
        "parts",
        chunk({"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]}),
        finish(),
    ),
    _good("part", chunk({"content": {"type": "text", "text": "Hello"}}), finish()),
    _good("part_strings", chunk({"content": ["Hel", "lo"]}), finish()),
    _good("message", {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
    _good(
        "messages_that_grow",
        {"choices": [{"message": {"content": "Hel"}}]},
        {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    _good(
        "messages_in_parts",
        {"choices": [{"message": {"content": "Hel"}}]},
        {"choices": [{"message": {"content": "lo"}, "finish_reason": "stop"}]},
    ),
    _good(
        "message_repeats_deltas",
        SAID,
        {"choices": [{"delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    _good(
        "delta_null_message",
        {"choices": [{"delta": None, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    _good(
        "second_choice_is_silent",
        {"choices": [{"index": 0, "delta": {"content": "Hello"}}, {"index": 1, "delta": {"content": "Hi"}}]},
        finish(),
    ),
    _good(
        "only_choice_is_1",
        {"choices": [{"index": 1, "delta": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    _good("refusal", chunk({"refusal": "Hello"}), finish(), ending="refusal"),
    # reasoning
    *(
        _good(f"reasoning_{name}", chunk({name: value}), SAID, finish(), reasoning="hm")
        for name, value in (
            ("reasoning_content", "hm"),
            ("reasoning_content", [{"type": "text", "text": "hm"}]),
            ("reasoning_content", {"text": "hm"}),
            ("reasoning", "hm"),
            ("reasoning", {"content": "hm"}),
            ("reasoning", {"summary": "hm"}),
            ("reasoning_text", "hm"),
            ("thinking", "hm"),
            ("thinking", {"thinking": "hm"}),
            ("reasoning_details", [{"type": "reasoning.text", "text": "hm"}]),
            ("reasoning_details", [{"type": "reasoning.summary", "summary": "hm"}]),
            ("thinking_blocks", [{"type": "thinking", "thinking": "hm", "signature": "s"}]),
        )
    ),
    _good(
        "reasoning_twice",
        chunk({"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}),
        SAID,
        finish(),
        reasoning="hm",
    ),
    _good(
        "thinking_parts",
        chunk(
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "Hello"},
                ]
            }
        ),
        finish(),
        reasoning="hm",
    ),
    _good(
        "reasoning_parts",
        chunk(
            {
                "content": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                    {"type": "text", "text": "Hello"},
                ]
            }
        ),
        finish(),
        reasoning="hm",
    ),
    _good("think", chunk({"content": "<think>hm</think>\n\nHello"}), finish(), reasoning="hm"),
    _good(
        "think_no_opener",
        chunk({"content": "hm"}),
        chunk({"content": "</th"}),
        chunk({"content": "ink>\n\nHello"}),
        finish(),
        reasoning="hm",
    ),
    _good(
        "channels",
        chunk(
            {
                "content": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hello"
            }
        ),
        finish(),
        reasoning="hm",
    ),
    # counts
    _counts("floats", {"prompt_tokens": 10.0, "completion_tokens": 5.0}, (10, 5)),
    _counts("texts", {"prompt_tokens": "10", "completion_tokens": "5"}, (10, 5)),
    _counts("other_names", {"input_tokens": 10, "output_tokens": 5}, (10, 5)),
    _counts("list", [], None),
    _counts("empty", {}, None),
    _counts("zeros", {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
    _counts(
        "details_null", {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None}, (10, 5)
    ),
    *(
        _counts(
            f"cached_{name}", {"prompt_tokens": 100, "completion_tokens": 5, name: value}, (100, 5), cached=60
        )
        for name, value in (
            ("prompt_tokens_details", {"cached_tokens": 60}),
            ("input_tokens_details", {"cached_tokens": 60.0}),
            ("prompt_cache_hit_tokens", 60),
            ("cached_tokens", 60),
            ("cache_read_input_tokens", 60),
            ("num_cached_tokens", 60),
        )
    ),
    _counts(
        "cache_beside",
        {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 105, "cache_read_input_tokens": 60},
        (100, 5),
        cached=60,
    ),
    _counts(
        "cache_write_beside",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 115,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 40,
        },
        (110, 5),
        cached=60,
        written=40,
    ),
    _counts(
        "cache_more_than_input",
        {"input_tokens": 4, "output_tokens": 5, "cache_read_input_tokens": 60},
        (64, 5),
        cached=60,
    ),
    _counts(
        "reasoning_inside",
        {
            "prompt_tokens": 10,
            "completion_tokens": 50,
            "total_tokens": 60,
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        (10, 50),
    ),
    _counts(
        "reasoning_beside",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 55,
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        (10, 45),
    ),
    _counts(
        "reasoning_more_than_output",
        {"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 40},
        (10, 45),
    ),
    _counts(
        "reasoning_in_the_total_alone",
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 55},
        (10, 45),
    ),
    _good(
        "counts_in_a_choice",
        SAID,
        {
            "choices": [
                {"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 10, "completion_tokens": 5}}
            ]
        },
        usage=(10, 5),
    ),
    _good(
        "counts_in_x_groq",
        SAID,
        finish(x_groq={"usage": {"prompt_tokens": 10, "completion_tokens": 5}}),
        usage=(10, 5),
    ),
    _good(
        "counts_grow",
        chunk({"content": "Hel"}, usage={"prompt_tokens": 10, "completion_tokens": 1}),
        chunk({"content": "lo"}, "stop", usage={"prompt_tokens": 10, "completion_tokens": 5}),
        usage=(10, 5),
    ),
    _good("counts_then_zeros", SAID, finish(), counted(), counted(0, 0), usage=(10, 5)),
    _good(
        "counts_in_two_parts",
        chunk({"content": "Hello"}, usage={"prompt_tokens": 10}),
        finish(usage={"completion_tokens": 5}),
        usage=(10, 5),
    ),
)

_E = '{"expression": "6*7"}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_BOTH = (*_MEANT, ("calculator", {"expression": "10+1"}))
_E2 = '{"expression": "10+1"}'


def _calls(
    name: str,
    *deltas: Any,
    meant: Any = _MEANT,
    end: Any = "tool_calls",
    text: str = "",
    ending: str = "tool_calls",
) -> Shape:
    chunks = [chunk({"tool_calls": [*delta]} if isinstance(delta, tuple) else delta) for delta in deltas]
    return _good(f"calls_{name}", *chunks, finish(end), calls=meant, text=text, ending=ending)


CALLS: tuple[Shape, ...] = (
    _calls(
        "plain",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E[:9]),),
        (tool(0, None, None, _E[9:]),),
    ),
    _calls("one_piece", (tool(0, "a", "calculator", _E),)),
    _calls("object_arguments", (tool(0, "a", "calculator", {"expression": "6*7"}),)),
    _calls(
        "name_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "a", "calculator", _E[:9]),),
        (tool(0, "a", "calculator", _E[9:]),),
    ),
    _calls(
        "name_each_time_no_id", (tool(0, None, "calculator", _E[:9]),), (tool(0, None, "calculator", _E[9:]),)
    ),
    _calls(
        "name_in_parts",
        (tool(0, "a", "calc", ""),),
        (tool(0, None, "ulator", ""),),
        (tool(0, None, None, _E),),
    ),
    _calls(
        "name_that_grows",
        (tool(0, "a", "calc", ""),),
        (tool(0, "a", "calculator", ""),),
        (tool(0, "a", "", _E),),
    ),
    _calls("name_late", (tool(0, "a", None, ""),), (tool(0, None, "calculator", _E),)),
    _calls("no_index", (tool(None, "a", "calculator", ""),), (tool(None, None, None, _E),)),
    _calls("index_text", (tool("0", "a", "calculator", ""),), (tool("0", None, None, _E),)),
    _calls("index_null_then_0", (tool(None, "a", "calculator", _E[:9]),), (tool(0, "a", None, _E[9:]),)),
    _calls("id_number", (tool(0, 7, "calculator", _E),)),
    _calls(
        "new_id_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", None, _E[:9]),),
        (tool(0, "c", None, _E[9:]),),
    ),
    _calls(
        "new_id_and_name_each_time",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", "calculator", _E[:9]),),
        (tool(0, "c", "calculator", _E[9:]),),
    ),
    _calls(
        "empty_object_first",
        (tool(0, "a", "calculator", "{}"),),
        (tool(0, None, None, _E[:9]),),
        (tool(0, None, None, _E[9:]),),
    ),
    _calls(
        "empty_object_first_whole", (tool(0, "a", "calculator", "{}"),), (tool(0, "a", "calculator", _E),)
    ),
    _calls("repeated", (tool(0, "a", "calculator", _E),), (tool(0, "a", "calculator", _E),)),
    _calls(
        "repeated_under_another_index", (tool(0, "a", "calculator", _E),), (tool(1, "a", "calculator", _E),)
    ),
    _calls("repeated_without_id", (tool(0, None, "calculator", _E),), (tool(0, None, "calculator", _E),)),
    _calls(
        "growing",
        (tool(0, "a", "calculator", _E[:9]),),
        (tool(0, "a", "calculator", _E[:15]),),
        (tool(0, "a", "calculator", _E),),
    ),
    _calls("double_encoded", (tool(0, "a", "calculator", json.dumps(_E)),)),
    _calls("fenced", (tool(0, "a", "calculator", f"```json\n{_E}\n```"),)),
    _calls("closed_twice", (tool(0, "a", "calculator", _E + "}"),)),
    _calls("in_a_list", (tool(0, "a", "calculator", f"[{_E}]"),)),
    _calls("white_space", (tool(0, "a", "calculator", f"\n {_E} \n"),)),
    _calls(
        "new_line_in_text",
        (tool(0, "a", "calculator", '{"expression": "6*\n7"}'),),
        meant=(("calculator", {"expression": "6*\n7"}),),
    ),
    _calls("no_arguments", (tool(0, "a", "calculator"),), meant=(("calculator", {}),)),
    _calls("null_arguments", (tool(0, "a", "calculator", "null"),), meant=(("calculator", {}),)),
    _calls(
        "legacy",
        {"function_call": {"name": "calculator", "arguments": ""}},
        {"function_call": {"arguments": _E}},
        end="function_call",
    ),
    _calls("flat", {"tool_calls": [{"id": "a", "name": "calculator", "arguments": {"expression": "6*7"}}]}),
    _calls("not_in_a_list", {"tool_calls": tool(0, "a", "calculator", _E)}),
    _calls("name_with_channel", (tool(0, "a", "calculator<|channel|>commentary", _E),)),
    _calls("name_with_prefix", (tool(0, "a", "functions.calculator", _E),)),
    _calls("finish_stop", (tool(0, "a", "calculator", _E),), end="stop", ending="stop"),
    _calls("after_text", {"content": "Let me see."}, (tool(0, "a", "calculator", _E),), text="Let me see."),
    _calls(
        "parallel",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E),),
        (tool(1, "b", "calculator", ""),),
        (tool(1, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_from_1", (tool(1, "a", "calculator", _E),), (tool(2, "b", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_interleaved",
        (tool(0, "a", "calculator", ""), tool(1, "b", "calculator", "")),
        (tool(0, None, None, _E),),
        (tool(1, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_one_chunk",
        (tool(None, None, "calculator", _E), tool(None, None, "calculator", _E2)),
        meant=_BOTH,
    ),
    _calls(
        "parallel_index_0", (tool(0, "a", "calculator", _E),), (tool(0, "b", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_index_0_no_id",
        (tool(0, None, "calculator", _E),),
        (tool(0, None, "calculator", _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_index_0_in_parts",
        (tool(0, "a", "calculator", ""),),
        (tool(0, None, None, _E),),
        (tool(0, "b", "calculator", ""),),
        (tool(0, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_no_index_in_parts",
        (tool(None, "a", "calculator", ""),),
        (tool(None, None, None, _E),),
        (tool(None, "b", "calculator", ""),),
        (tool(None, None, None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_ids_tell",
        (tool(0, "a", "calculator", ""),),
        (tool(0, "b", "calculator", ""),),
        (tool(0, "a", None, _E),),
        (tool(0, "b", None, _E2),),
        meant=_BOTH,
    ),
    _calls(
        "parallel_one_id", (tool(0, "a", "calculator", _E),), (tool(1, "a", "calculator", _E2),), meant=_BOTH
    ),
    _calls(
        "parallel_two_tools",
        (tool(0, None, "calculator", _E),),
        (tool(0, None, "current_time", "{}"),),
        meant=(*_MEANT, ("current_time", {})),
    ),
    _good(
        "calls_in_another_choice",
        {
            "choices": [
                {"index": 0, "delta": {"content": "Let me see."}},
                {"index": 1, "delta": {"tool_calls": [tool(0, "a", "calculator", _E)]}},
            ]
        },
        finish("tool_calls"),
        calls=_MEANT,
        text="Let me see.",
        ending="tool_calls",
    ),
    Shape(
        "calls_in_json",
        (
            http(
                200,
                _json(
                    {
                        "choices": [
                            {
                                "message": {
                                    "content": None,
                                    "tool_calls": [tool(None, "a", "calculator", _E)],
                                },
                                "finish_reason": "tool_calls",
                            }
                        ]
                    }
                ),
            ),
        ),
        calls=_MEANT,
        text="",
        ending="tool_calls",
    ),
    _good(
        "calls_repeated_by_a_message",
        chunk({"tool_calls": [tool(0, "a", "calculator", _E)]}),
        {
            "choices": [
                {
                    "delta": {},
                    "message": {"content": None, "tool_calls": [tool(None, "a", "calculator", _E)]},
                    "finish_reason": "tool_calls",
                }
            ]
        },
        calls=_MEANT,
        text="",
        ending="tool_calls",
    ),
)


def _refused(
    name: str, status: int, body: Any, *classes: str, wait: float | None = None, headers: Any = None
) -> Shape:
    said = body if isinstance(body, bytes) else _json(body)
    return Shape(f"error_{name}", (http(status, said, headers=headers),), error=classes, wait=wait)


def _told(
    name: str,
    status: int,
    message: str,
    *classes: str,
    wait: float | None = None,
    headers: Any = None,
    **more: Any,
) -> Shape:
    return _refused(
        name, status, {"error": {"message": message} | more}, *classes, wait=wait, headers=headers
    )


def _broken(
    name: str,
    *chunks: Any,
    classes: tuple[str, ...] = ("bad_response", "server", "overloaded"),
    done: bool = True,
) -> Shape:
    return Shape(f"broken_{name}", (sse(chunk({"content": "Hel"}), *chunks, done=done),), error=classes)


_CONTEXT_WORDS = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "prompt is too long: 213462 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
    "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "Please reduce the length of the messages or completion.",
    "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens.",
    "the request exceeds the available context size, try increasing it",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "invalid params, context window exceeds limit (2013)",
    "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 and 1000",
    "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000",
    "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    "Requested token count exceeds the model's maximum context length of 8192 tokens.",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
    "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
    "prompt token count of 150000 exceeds the limit of 128000",
    "Input is too long for requested model.",
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576.",
    "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens",
    "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException",
    "input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    "Prompt too long",
    "Too many tokens: the total is 9000, the maximum 8192.",
    "Input exceeds the model's token limit.",
    "Failed to start sampling: [input_too_large] Current message (1149677 tokens) exceeds budget (975424 tokens)",
    "The prompt is too long for this model",
    "exceeded max context length",
    "Context size has been exceeded.",
)

FAILURES: tuple[Shape, ...] = (
    *(
        _told(f"context_{number}", 400, words, "context_length")
        for number, words in enumerate(_CONTEXT_WORDS)
    ),
    _told(
        "context_413",
        413,
        "Request body too large for gpt-4o model. Max size: 8000 tokens.",
        "context_length",
        code="tokens_limit_reached",
    ),
    _refused(
        "context_413_page",
        413,
        b"<html><head><title>413 Request Entity Too Large</title></head></html>",
        "context_length",
    ),
    _told(
        "context_groq",
        413,
        "Request too large for model `x` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 8000, please reduce your message size and try again.",
        "context_length",
        code="rate_limit_exceeded",
        type="tokens",
    ),
    _told(
        "context_tpm",
        429,
        "Request too large for gpt-4o in organization o on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.",
        "context_length",
        code="rate_limit_exceeded",
    ),
    _refused(
        "context_ollama", 500, {"error": "input length exceeds maximum context length"}, "context_length"
    ),
    # when to come back
    _told("rate_plain", 429, "Rate limit reached", "rate_limited"),
    _told(
        "rate_anthropic",
        429,
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute.",
        "rate_limited",
        type="rate_limit_error",
    ),
    _told(
        "rate_seconds",
        429,
        "Rate limit reached for x: Limit 30000, Used 28000, Requested 4000. Please try again in 4.2s.",
        "rate_limited",
        wait=4.2,
    ),
    _told("rate_minutes", 429, "Rate limit reached. Please try again in 1m30s.", "rate_limited", wait=90),
    _told(
        "rate_milliseconds", 429, "Rate limit reached. Please try again in 20ms.", "rate_limited", wait=0.02
    ),
    _told(
        "rate_after",
        429,
        "Your account reached max organization concurrency: 1, please try again after 1 seconds",
        "rate_limited",
        wait=1,
    ),
    _told("rate_header", 429, "Slow down", "rate_limited", headers={"retry-after": "7"}, wait=7),
    _told(
        "rate_header_ms",
        429,
        "Slow down",
        "rate_limited",
        headers={"retry-after-ms": "700", "retry-after": "1"},
        wait=0.7,
    ),
    _told(
        "rate_reset",
        429,
        "Slow down",
        "rate_limited",
        headers={
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "4s",
            "x-ratelimit-remaining-requests": "10",
            "x-ratelimit-reset-requests": "2m",
        },
        wait=4,
    ),
    _told(
        "rate_in_the_body",
        429,
        "Rate limit exceeded: free-models-per-min.",
        "rate_limited",
        code=429,
        metadata={
            "headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}
        },
        wait=0,
    ),
    _refused(
        "rate_gemini",
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "You exceeded your current quota, please check your plan and billing details.",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}],
                }
            }
        ],
        "rate_limited",
        wait=34,
    ),
    _told("rate_bedrock", 429, "Too many tokens, please wait before trying again.", "rate_limited"),
    _told(
        "rate_throttled",
        400,
        "An error occurred (ThrottlingException): Too many requests, please wait before trying again.",
        "rate_limited",
        code="ThrottlingException",
    ),
    _refused("rate_detail", 429, {"detail": "Too Many Requests"}, "rate_limited"),
    _refused("rate_page", 429, b"<html><title>Too many</title></html>", "rate_limited"),
    _told(
        "rate_raw",
        429,
        "Provider returned error",
        "rate_limited",
        metadata={"raw": '{"error":{"message":"x is rate-limited upstream"}}'},
    ),
    # money
    _told("quota_402", 402, "Insufficient Balance", "quota"),
    _told(
        "quota_openai",
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "quota",
        code="insufficient_quota",
    ),
    _told(
        "quota_anthropic",
        400,
        "Your credit balance is too low to access the Anthropic API.",
        "quota",
        type="invalid_request_error",
    ),
    _told(
        "quota_moonshot",
        429,
        "Your account x is suspended, please check your plan and billing details",
        "quota",
        type="exceeded_current_quota_error",
    ),
    _told(
        "quota_xai",
        403,
        "Your team has either used all available credits or reached its monthly spending limit.",
        "quota",
    ),
    _told(
        "quota_qwen",
        400,
        "Access denied, please make sure your account is in good standing.",
        "quota",
        code="Arrearage",
    ),
    _told(
        "quota_litellm",
        400,
        "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0",
        "quota",
        type="budget_exceeded",
    ),
    _refused(
        "quota_minimax",
        200,
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        "quota",
    ),
    # keys
    _told("auth_401", 401, "Incorrect API key provided", "auth", code="invalid_api_key"),
    _refused(
        "auth_gemini",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        "auth",
    ),
    _refused(
        "auth_azure",
        401,
        {
            "statusCode": 401,
            "message": "Access denied due to invalid subscription key or wrong API endpoint.",
        },
        "auth",
    ),
    _refused("auth_detail", 403, {"detail": "Not authenticated"}, "auth"),
    _refused("auth_aws", 403, {"message": "The security token included in the request is invalid."}, "auth"),
    _refused("auth_minimax", 200, {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "auth"),
    _refused("auth_code_msg", 200, {"code": 401, "msg": "token expired", "success": False}, "auth"),
    _refused(
        "auth_errors",
        403,
        {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]},
        "auth",
    ),
    _refused("auth_zhipu", 401, {"error": {"code": "1002", "message": "Authorization Token非法"}}, "auth"),
    # moderation
    _told(
        "filter_azure",
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "content_filter",
        code="content_filter",
    ),
    _told("filter_deepseek", 400, "Content Exists Risk", "content_filter"),
    _told(
        "filter_moonshot",
        400,
        "The request was rejected because it was considered high risk",
        "content_filter",
        type="content_filter",
    ),
    _told(
        "filter_openrouter",
        403,
        'google/x requires moderation on Google. Your input was flagged for "violence".',
        "content_filter",
        code=403,
        metadata={"reasons": ["violence"], "flagged_input": "x"},
    ),
    _told(
        "filter_xai",
        403,
        "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_CSAM",
        "content_filter",
    ),
    _told(
        "filter_openai",
        400,
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        "content_filter",
        code="invalid_prompt",
    ),
    _told(
        "filter_qwen",
        400,
        "Output data may contain inappropriate content.",
        "content_filter",
        code="data_inspection_failed",
    ),
    _refused(
        "filter_minimax",
        200,
        {"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}},
        "content_filter",
    ),
    _told("filter_bedrock", 400, "The request was blocked by a guardrail policy.", "content_filter"),
    *(
        Shape(
            f"error_filter_{reason}",
            (sse(chunk({"content": "Hel"}), finish(reason)),),
            error=("content_filter",),
        )
        for reason in (
            "content_filter",
            "SAFETY",
            "RECITATION",
            "sensitive",
            "content_filter: PROHIBITED_CONTENT",
            "guardrail_intervened",
            "refusal",
            "content-filter",
        )
    ),
    # models and addresses
    _told(
        "model_openai",
        404,
        "The model `gpt-9` does not exist or you do not have access to it.",
        "unknown_model",
        code="model_not_found",
    ),
    _refused("model_ollama", 404, {"error": 'model "x" not found, try pulling it first'}, "unknown_model"),
    _told("model_openrouter", 400, "x/y is not a valid model ID", "unknown_model", code=400),
    _told("model_endpoints", 404, "No endpoints found for x/y.", "unknown_model", code=404),
    _told(
        "model_azure",
        404,
        "The API deployment for this resource does not exist.",
        "unknown_model",
        code="DeploymentNotFound",
    ),
    _refused(
        "model_vllm",
        404,
        {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
        "unknown_model",
    ),
    _refused(
        "model_gemini",
        404,
        [
            {
                "error": {
                    "code": 404,
                    "message": "models/gemini-9.5-pro is not found for API version v1main, or is not supported for generateContent.",
                    "status": "NOT_FOUND",
                }
            }
        ],
        "unknown_model",
    ),
    _told(
        "model_groq",
        400,
        "The model `x` has been decommissioned and is no longer supported.",
        "unknown_model",
        code="model_decommissioned",
    ),
    _refused(
        "model_databricks",
        404,
        {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Endpoint with name 'x' does not exist."},
        "unknown_model",
    ),
    _told(
        "model_litellm",
        400,
        "/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view available models",
        "unknown_model",
    ),
    _told(
        "model_lmstudio", 404, "No models loaded. Please load a model in the developer page.", "unknown_model"
    ),
    _refused("address", 404, {"detail": "Not Found"}, "bad_request"),
    _refused("address_page", 404, b"<html><title>404 Not Found</title></html>", "bad_request"),
    _refused("method", 405, {"detail": "Method Not Allowed"}, "bad_request"),
    # overload and failures
    _told("busy_503", 503, "The engine is currently overloaded, please try again later", "overloaded"),
    _told("busy_529", 529, "Overloaded", "overloaded", type="overloaded_error"),
    _told(
        "busy_moonshot",
        429,
        "The engine is currently overloaded, please try again later",
        "overloaded",
        type="engine_overloaded_error",
    ),
    _told("busy_loading", 503, "Loading model", "overloaded", code=503, type="unavailable_error"),
    _told("busy_groq", 498, "capacity exceeded", "overloaded"),
    _refused("server_500", 500, b"Internal Server Error", "server"),
    _refused("server_html", 502, b"<html><title>502 Bad Gateway</title></html>", "server"),
    _refused("server_524", 524, b"error code: 524", "server"),
    _told(
        "llama_grammar",
        500,
        'Failed to parse input at pos 12: {"a',
        "bad_response",
        code=500,
        type="server_error",
    ),
    _told(
        "groq_tools",
        400,
        "Failed to call a function. Please adjust your prompt.",
        "bad_response",
        code="tool_use_failed",
    ),
    _told(
        "bad_request",
        400,
        "Invalid value for 'messages[0].role'",
        "bad_request",
        type="invalid_request_error",
    ),
    _refused(
        "fastapi_list",
        422,
        {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]},
        "bad_request",
    ),
    # errors where an answer should be
    _refused("200_error", 200, {"error": {"message": "Rate limit exceeded", "code": 429}}, "rate_limited"),
    _refused("200_error_text", 200, {"error": "model is overloaded"}, "overloaded"),
    Shape(
        "error_first_event",
        (sse({"error": {"message": "prompt is too long: 9 tokens > 8 maximum", "code": 400}}),),
        error=("context_length",),
    ),
    Shape(
        "error_bare_json",
        (HEAD + b'{"error":{"message":"Rate limit exceeded","code":429}}',),
        error=("rate_limited",),
    ),
    Shape("error_detail_event", (sse({"detail": "Invalid API key", "code": 401}),), error=("auth",)),
    Shape(
        "error_packed",
        (
            _packed(
                "gzip",
                gzip.compress(b'{"error": {"message": "prompt is too long"}}'),
                "application/json",
                400,
            ),
        ),
        error=("context_length",),
    ),
    _broken("cut", done=False),
    _broken("error", {"error": {"message": "Provider disconnected", "code": 502}}),
    _broken("error_text", {"error": "boom"}),
    _broken(
        "error_choice",
        {
            "choices": [
                {
                    "delta": {},
                    "finish_reason": "error",
                    "error": {"code": 502, "message": "Upstream idle timeout"},
                }
            ]
        },
    ),
    _broken("finish_error", finish("error")),
    _broken("finish_network_error", finish("network_error")),
    _broken("finish_no_room", finish("insufficient_system_resource"), classes=("overloaded",)),
    _broken(
        "finish_malformed", finish("function_call_filter: MALFORMED_FUNCTION_CALL"), classes=("bad_response",)
    ),
    _broken(
        "object_error",
        {"object": "error", "message": "EngineDeadError", "type": "InternalServerError", "code": 500},
    ),
    Shape(
        "broken_error_line",
        (
            HEAD
            + b"data: "
            + _json(chunk({"content": "Hel"}))
            + b'\n\nerror: {"code":500,"message":"boom"}\n\n',
        ),
        error=("server",),
    ),
    Shape(
        "broken_error_event",
        (
            HEAD
            + b"data: "
            + _json(chunk({"content": "Hel"}))
            + b"\n\nevent: error\ndata: Internal Server Error\n\n",
        ),
        error=("server",),
    ),
    Shape(
        "broken_frame",
        (
            HEAD
            + b"data: "
            + _json(chunk({"content": "Hel"}))
            + b'\n\ndata: {"choices": [{"del\n\ndata: '
            + _json(finish())
            + b"\n\n",
        ),
        error=("bad_response",),
    ),
    Shape("broken_json", (http(200, b'{"choices": [{"message": {"content": "Hel'),), error=("bad_response",)),
    Shape(
        "broken_page",
        (http(200, b"<!doctype html><title>Sign in</title>", "text/html"),),
        error=("bad_response",),
    ),
    Shape(
        "redirect",
        (http(308, b"", headers={"location": "https://example.com/v1"}),),
        error=("bad_response", "bad_request"),
    ),
    # nothing
    Shape("empty", (sse(chunk({"role": "assistant", "content": ""}), finish()),), error=("empty_answer",)),
    Shape("empty_done", (sse(),), error=("empty_answer", "bad_response")),
    Shape("empty_space", (sse(chunk({"content": " \n"}), finish()),), error=("empty_answer",)),
    Shape(
        "empty_length",
        (sse(chunk({"content": ""}), finish("length"), counted(10, 1000)),),
        error=("empty_answer",),
    ),
    Shape("empty_reasoning", (sse(chunk({"reasoning": "hm"}), finish("length")),), error=("empty_answer",)),
    Shape("empty_think", (sse(chunk({"content": "<think>hm"}), finish("length")),), error=("empty_answer",)),
    Shape("empty_calls", (sse(chunk({"tool_calls": []}), finish("tool_calls")),), error=("empty_answer",)),
)
