"""Answers that are well, in every form that servers give them."""

# ruff: noqa: E501 - sentences of servers

import gzip
import json
import zlib

from tests.graphs.providers.wire_shapes import (
    BODY,
    CHUNKED,
    HEAD,
    SAID,
    WHOLE,
    Shape,
    as_json,
    chunk,
    counted,
    counts,
    finish,
    frames,
    good,
    packed,
    raw,
)
from tests.runtimes.wire_server import http

__all__ = ["ANSWERS"]

ANSWERS: tuple[Shape, ...] = (
    good("plain", SAID, finish(), counted(), usage=(10, 5)),
    # form of the stream
    raw("cr_only", BODY.replace(b"\n", b"\r"), usage=(10, 5)),
    raw("crlf", BODY.replace(b"\n", b"\r\n"), usage=(10, 5)),
    raw("bom", b"\xef\xbb\xbf" + BODY, usage=(10, 5)),
    raw("no_blank_lines", BODY.replace(b"\n\n", b"\n"), usage=(10, 5)),
    raw("no_last_newline", BODY.rstrip(b"\n"), usage=(10, 5)),
    raw("last_chunk_without_newline", b"data: " + as_json(chunk({"content": "Hello"}, "stop"))),
    raw(
        "multi_line_data",
        b"data: " + json.dumps(SAID, indent=1).replace("\n", "\ndata: ").encode() + b"\n\n"
        b"data: " + as_json(finish()) + b"\n\ndata: [DONE]\n\n",
    ),
    raw("comments", b": keep-alive\n\n:\n\n" + BODY, usage=(10, 5)),
    raw("comment_as_data", b"data: : OPENROUTER PROCESSING\n\n" + BODY, usage=(10, 5)),
    raw("words_as_data", b"data: ping\n\n" + BODY, usage=(10, 5)),
    raw("queue_event", b'event: queue\ndata: {"position": 3}\n\n' + BODY, usage=(10, 5)),
    raw("queue_object", b'data: {"status": "queued", "position": 3}\n\n' + BODY, usage=(10, 5)),
    raw("ping_object", b'event: ping\ndata: {"type": "ping"}\n\n' + BODY, usage=(10, 5)),
    raw("ids_and_retry", b"retry: 10\nid: 1\n" + BODY, usage=(10, 5)),
    raw("named_events", BODY.replace(b"data: {", b"event: chat.completion.chunk\ndata: {"), usage=(10, 5)),
    raw("quoted_done", BODY.replace(b"[DONE]", b'"[DONE]"'), usage=(10, 5)),
    raw("after_done", BODY + b'data: {"error": {"message": "late"}}\n\n', usage=(10, 5)),
    good("error_after_the_end", SAID, finish(), b'{"error": {"message": "late", "code": 500}}', done=False),
    raw(
        "broken_frame_after_the_end",
        b"data: " + as_json(SAID) + b"\n\ndata: " + as_json(finish()) + b'\n\ndata: {"a\n\n',
    ),
    raw(
        "ndjson",
        as_json(SAID) + b"\n" + as_json(finish()) + b"\n" + as_json(counted()) + b"\n",
        usage=(10, 5),
    ),
    raw(
        "control_characters",
        b'data: {"choices":[{"delta":{"content":"Hel\tlo"},"finish_reason":"stop"}]}\n\n',
        text="Hel\tlo",
    ),
    raw(
        "nan", b'data: {"choices":[{"delta":{"content":"Hello"},"logprobs":NaN,"finish_reason":"stop"}]}\n\n'
    ),
    good("null_and_lists", b"null", b"[]", b"3", b'"x"', b"true", b"{}", SAID, finish()),
    good("choices_object", {"choices": {"delta": {"content": "Hello"}, "finish_reason": "stop"}}),
    good("choices_in_a_list", [SAID, finish()]),
    good("text_completion", {"choices": [{"text": "Hello", "finish_reason": "stop"}]}),
    good("delta_is_text", {"choices": [{"delta": "Hello", "finish_reason": "stop"}]}),
    # ends
    good("done_alone", SAID),
    good("finish_alone", SAID, finish(), done=False),
    good("counts_and_close", SAID, counted(), done=False, usage=(10, 5)),
    good("finish_then_more", chunk({"content": "Hel"}, "stop"), chunk({"content": "lo"}, "stop")),
    good("finish_empty_text", chunk({"content": "Hello"}, ""), finish()),
    good("finish_null_text", chunk({"content": "Hello"}, "null"), finish()),
    *(
        good(f"finish_{reason}", SAID, finish(reason))
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
        good(f"finish_{reason}", SAID, finish(reason), ending="length")
        for reason in ("length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded")
    ),
    Shape("chunked_without_its_last_chunk", (CHUNKED + frames(BODY),), usage=(10, 5)),
    Shape("chunked_cut_after_the_end", (CHUNKED + frames(BODY) + b"ff\r\ndata",), usage=(10, 5)),
    Shape("http_1_0", (b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + BODY,), usage=(10, 5)),
    Shape("created", (HEAD.replace(b"200 OK", b"201 Created") + BODY,), usage=(10, 5)),
    # other content types, and JSON
    *(
        raw(f"type_{kind}", BODY, HEAD.replace(b"text/event-stream", kind.encode()), usage=(10, 5))
        for kind in (
            "text/plain",
            "text/html",
            "application/json",
            "application/octet-stream",
            "application/x-ndjson",
        )
    ),
    Shape("json", (http(200, as_json(WHOLE)),), usage=(10, 5)),
    Shape("json_indented", (http(200, json.dumps(WHOLE, indent=2).encode()),), usage=(10, 5)),
    Shape("json_as_event_stream", (http(200, as_json(WHOLE), "text/event-stream"),), usage=(10, 5)),
    Shape("json_as_text", (http(200, b"\n" + as_json(WHOLE) + b"\n", "text/plain"),), usage=(10, 5)),
    Shape("json_without_finish", (http(200, as_json({"choices": [{"message": {"content": "Hello"}}]})),)),
    Shape("json_longer_than_told", (http(200, as_json(WHOLE)) + b"  ",), usage=(10, 5)),
    # packed
    Shape("gzip", (packed("gzip", gzip.compress(BODY)),), usage=(10, 5)),
    Shape("deflate", (packed("deflate", zlib.compress(BODY)),), usage=(10, 5)),
    Shape("deflate_raw", (packed("deflate", zlib.compress(BODY, wbits=-15)),), usage=(10, 5)),
    Shape("gzip_json", (packed("gzip", gzip.compress(as_json(WHOLE)), "application/json"),), usage=(10, 5)),
    # content
    good(
        "parts",
        chunk({"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]}),
        finish(),
    ),
    good("part", chunk({"content": {"type": "text", "text": "Hello"}}), finish()),
    good("part_strings", chunk({"content": ["Hel", "lo"]}), finish()),
    good("message", {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
    good(
        "messages_that_grow",
        {"choices": [{"message": {"content": "Hel"}}]},
        {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    good(
        "messages_in_parts",
        {"choices": [{"message": {"content": "Hel"}}]},
        {"choices": [{"message": {"content": "lo"}, "finish_reason": "stop"}]},
    ),
    good(
        "message_repeats_deltas",
        SAID,
        {"choices": [{"delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    good(
        "delta_null_message",
        {"choices": [{"delta": None, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    good(
        "second_choice_is_silent",
        {"choices": [{"index": 0, "delta": {"content": "Hello"}}, {"index": 1, "delta": {"content": "Hi"}}]},
        finish(),
    ),
    good(
        "only_choice_is_1",
        {"choices": [{"index": 1, "delta": {"content": "Hello"}, "finish_reason": "stop"}]},
    ),
    # reasoning
    *(
        good(f"reasoning_{name}", chunk({name: value}), SAID, finish(), reasoning="hm")
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
    good(
        "reasoning_twice",
        chunk({"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}),
        SAID,
        finish(),
        reasoning="hm",
    ),
    good(
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
    good(
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
    good("think", chunk({"content": "<think>hm</think>\n\nHello"}), finish(), reasoning="hm"),
    good(
        "think_no_opener",
        chunk({"content": "hm"}),
        chunk({"content": "</th"}),
        chunk({"content": "ink>\n\nHello"}),
        finish(),
        reasoning="hm",
    ),
    good(
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
    counts("floats", {"prompt_tokens": 10.0, "completion_tokens": 5.0}, (10, 5)),
    counts("texts", {"prompt_tokens": "10", "completion_tokens": "5"}, (10, 5)),
    counts("other_names", {"input_tokens": 10, "output_tokens": 5}, (10, 5)),
    counts("list", [], None),
    counts("empty", {}, None),
    counts("zeros", {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
    counts(
        "details_null", {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None}, (10, 5)
    ),
    *(
        counts(
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
    counts(
        "cache_beside",
        {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 105, "cache_read_input_tokens": 60},
        (100, 5),
        cached=60,
    ),
    counts(
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
    counts(
        "cache_more_than_input",
        {"input_tokens": 4, "output_tokens": 5, "cache_read_input_tokens": 60},
        (64, 5),
        cached=60,
    ),
    counts(
        "reasoning_inside",
        {
            "prompt_tokens": 10,
            "completion_tokens": 50,
            "total_tokens": 60,
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        (10, 50),
    ),
    counts(
        "reasoning_beside",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 55,
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        (10, 45),
    ),
    counts(
        "reasoning_more_than_output",
        {"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 40},
        (10, 45),
    ),
    counts(
        "reasoning_in_the_total_alone",
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 55},
        (10, 45),
    ),
    good(
        "counts_in_a_choice",
        SAID,
        {
            "choices": [
                {"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 10, "completion_tokens": 5}}
            ]
        },
        usage=(10, 5),
    ),
    good(
        "counts_in_x_groq",
        SAID,
        finish(x_groq={"usage": {"prompt_tokens": 10, "completion_tokens": 5}}),
        usage=(10, 5),
    ),
    good(
        "counts_grow",
        chunk({"content": "Hel"}, usage={"prompt_tokens": 10, "completion_tokens": 1}),
        chunk({"content": "lo"}, "stop", usage={"prompt_tokens": 10, "completion_tokens": 5}),
        usage=(10, 5),
    ),
    good("counts_then_zeros", SAID, finish(), counted(), counted(0, 0), usage=(10, 5)),
    good(
        "counts_in_two_parts",
        chunk({"content": "Hello"}, usage={"prompt_tokens": 10}),
        finish(usage={"completion_tokens": 5}),
        usage=(10, 5),
    ),
)
