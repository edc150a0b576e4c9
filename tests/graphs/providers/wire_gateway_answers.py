"""Answers, tool calls and failures as gateways and newer models write them."""

# ruff: noqa: E501 - sentences of servers

import gzip
import time
from typing import Any

from tests.graphs.providers.wire_shapes import (
    BODY,
    SAID,
    Shape,
    as_json,
    chunk,
    counted,
    counts,
    finish,
    good,
    packed,
    tool,
)
from tests.runtimes.wire_server import http

__all__ = ["GATEWAY_ANSWERS", "GATEWAY_CALLS", "GATEWAY_FAILURES"]

_E = '{"expression": "6*7"}'
_MEANT = (("calculator", {"expression": "6*7"}),)


def _written(name: str, text: str) -> Shape:
    """Return an answer whose text is a call."""
    parts = [chunk({"content": text[at : at + 5]}) for at in range(0, len(text), 5)]
    return good(f"calls_in_text_{name}", *parts, finish(), calls=_MEANT, text="")


def _called(name: str, *calls: dict[str, Any]) -> Shape:
    pieces = [chunk({"tool_calls": [call]}) for call in calls]
    return good(f"calls_{name}", *pieces, finish("tool_calls"), calls=_MEANT, text="", ending="tool_calls")


def _failed(
    name: str,
    message: str,
    error: str,
    wait: float | None = None,
    *,
    status: int = 429,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> Shape:
    body = as_json({"error": {"message": message} | fields})
    return Shape(f"gateway_{name}", (http(status, body, headers=headers),), error=(error,), wait=wait)


GATEWAY_ANSWERS: tuple[Shape, ...] = (
    good(
        "ends_in_camel_case",
        SAID,
        {"choices": [{"index": 0, "delta": {}, "finishReason": "MAX_TOKENS"}]},
        ending="length",
    ),
    good(
        "ends_with_stop_reason",
        SAID,
        {"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stop_reason": "max_tokens"}]},
        ending="length",
    ),
    good(
        "ends_with_a_stop_text",
        SAID,
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "max_"}]},
    ),
    good("ends_at_a_budget", SAID, finish("thinking_budget_exceeded"), ending="length"),
    Shape(
        "gzip_in_members",
        (packed("gzip", gzip.compress(BODY[:40]) + gzip.compress(BODY[40:])),),
        usage=(10, 5),
    ),
    Shape("gzip_that_is_none", (packed("gzip", BODY),), usage=(10, 5)),
    Shape("gzip_and_more", (packed("gzip", gzip.compress(BODY) + b"more"),), usage=(10, 5)),
    good(
        "box",
        chunk({"content": "<think>hm</think><|begin_of_box|>Hello<|end_of_box|>"}),
        finish(),
        reasoning="hm",
    ),
    counts(
        "snake_gemini",
        {
            "prompt_token_count": 10,
            "candidates_token_count": 5,
            "total_token_count": 25,
            "thoughts_token_count": 10,
        },
        (10, 15),
    ),
    counts(
        "gemini_tools",
        {
            "promptTokenCount": 10,
            "candidatesTokenCount": 5,
            "toolUsePromptTokenCount": 7,
            "totalTokenCount": 22,
        },
        (17, 5),
    ),
)
GATEWAY_CALLS: tuple[Shape, ...] = (
    _called("marks_after", tool(0, "a", "calculator", _E + "</tool_call><|im_end|>")),
    _called(
        "custom", {"index": 0, "id": "a", "type": "custom", "custom": {"name": "calculator", "input": _E}}
    ),
    _written(
        "dsml",
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="calculator">\n<｜DSML｜parameter name="expression" string="true">6*7</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    ),
    _written("gemma", '<|tool_call>call:calculator{expression:<|"|>6*7<|"|>}<tool_call|>'),
    _written("devstral", f"[TOOL_CALLS]calculator{_E}"),
    _written("olmo", '<function_calls>\ncalculator(expression="6*7")\n</function_calls>'),
    _written(
        "longcat", f'<longcat_tool_call>{{"name": "calculator", "arguments": {_E}}}</longcat_tool_call>'
    ),
    _written("nemotron", f'<TOOLCALL>[{{"name": "calculator", "arguments": {_E}}}]</TOOLCALL>'),
    _written("tool_code", '```tool_code\ncalculator(expression="6*7")\n```'),
)
GATEWAY_FAILURES: tuple[Shape, ...] = (
    _failed("ms_in_the_body", "Rate limited", "rate_limited", 2.5, retryAfterMs=2500),
    _failed("resets_in", "Rate limited", "rate_limited", 12, resets_in_seconds=12),
    _failed("reset_after", "Too many requests", "rate_limited", 9, headers={"x-ratelimit-reset-after": "9"}),
    _failed("draft_header", "Rate limited", "rate_limited", 11, headers={"RateLimit": '"default";r=0;t=11'}),
    _failed(
        "older_draft_header",
        "Rate limited",
        "rate_limited",
        13,
        headers={"RateLimit": "limit=100, remaining=0, reset=13"},
    ),
    _failed(
        "minutes_and_seconds", "Too many requests. Retry after 1 minute and 5 seconds.", "rate_limited", 65
    ),
    _failed(
        "next_request", "You can make your next request in 14 seconds. Rate limit: 3/min", "rate_limited", 14
    ),
    _failed("available", "Request limit exceeded. Your limit will be available in 45s", "rate_limited", 45),
    _failed("chinese_wait", "您的账户已达到速率限制，请您在 8 秒后重试", "rate_limited", 8),
    _failed("korean_wait", "요청이 너무 많습니다. 8초 후 다시 시도하세요.", "rate_limited", 8),
    _failed("at_a_time", "Rate limit exceeded, resets at 2001-01-01T00:00:00Z", "rate_limited", 0),
    _failed("at_seconds", "Rate limit exceeded", "rate_limited", 0, resets_at=int(time.time()) - 5),
    _failed(
        "korean_context", "요청한 토큰 수가 최대 컨텍스트 길이를 초과했습니다.", "context_length", status=400
    ),
    _failed("korean_credit", "크레딧이 부족합니다.", "quota", status=403),
    _failed("nvidia_function", "Function 'a-b': Not found for account 'c'", "unknown_model", status=404),
    Shape(
        "gateway_prompt_blocked",
        (
            http(
                200,
                as_json(
                    {
                        "choices": [],
                        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                        "usageMetadata": {"promptTokenCount": 10},
                    }
                ),
            ),
        ),
        error=("content_filter",),
    ),
    *(
        good(f"gateway_ends_{word}", SAID, finish(word), counted(), error=("content_filter",))
        for word in ("flagged", "harmful_content")
    ),
    good("gateway_ends_load_shed", SAID, finish("load_shed"), error=("overloaded",)),
    good("gateway_unseen", chunk({"content": "\u200b\ufeff"}), finish(), counted(), error=("empty_answer",)),
    good(
        "gateway_call_of_nothing",
        chunk({"tool_calls": [{"index": 0, "function": {}}]}),
        finish("tool_calls"),
        error=("empty_answer",),
    ),
)
