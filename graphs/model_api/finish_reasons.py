"""How an answer ended: the words that servers have for it, as the few that this product tells."""

import re
from typing import Any, Literal

__all__ = ["Ending", "ending_of"]

Ending = Literal[
    "", "stop", "length", "tool_calls", "content_filter", "refusal", "malformed", "overloaded", "error"
]
"""Empty where the answer has not ended; the last four are no answers that can be used."""

_WORDS: dict[str, Ending] = {
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "max_completion_tokens": "length",
    "max_length": "length",
    "max_new_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "context_length": "length",
    "context_length_exceeded": "length",
    "context_window_exceeded": "length",
    "token_limit": "length",
    "limit": "length",
    "tokens": "length",
    "incomplete": "length",
    "truncated": "length",
    "repetition": "length",
    "repetition_truncation": "length",
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "function_calls": "tool_calls",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "content_policy_violation": "content_filter",
    "contentfilter": "content_filter",
    "safety": "content_filter",
    "image_safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "blocked": "content_filter",
    "prohibited_content": "content_filter",
    "image_prohibited_content": "content_filter",
    "spii": "content_filter",
    "language": "content_filter",
    "sensitive": "content_filter",
    "moderation": "content_filter",
    "moderated": "content_filter",
    "guardrail": "content_filter",
    "guardrails": "content_filter",
    "guardrail_intervened": "content_filter",
    "refusal": "content_filter",
    "model_refusal": "refusal",
    "error_toxic": "content_filter",
    "risk": "content_filter",
    "malformed": "malformed",
    "malformed_function_call": "malformed",
    "unexpected_tool_call": "malformed",
    "too_many_tool_calls": "malformed",
    "missing_thought_signature": "malformed",
    "insufficient_system_resource": "overloaded",
    "error_limit": "overloaded",
    "engine_overloaded": "overloaded",
    "overloaded": "overloaded",
    "error": "error",
    "failed": "error",
    "failure": "error",
    "network_error": "error",
    "server_error": "error",
    "internal_error": "error",
    "timeout": "error",
    "abort": "error",
    "aborted": "error",
    "cancel": "error",
    "cancelled": "error",
    "canceled": "error",
}
_WORD_END = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PATTERNS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("malformed", re.compile("malformed|invalid_tool")),
    (
        "content_filter",
        re.compile(
            "filter|safety|block|prohibit|moderat|sensitive|polic|guardrail|recitation|toxic|violat|risk|flagged"
            "|harm|unsafe|armor|csam|illegal|abus|inappropriate"
        ),
    ),
    ("overloaded", re.compile("overload|capacity|no_resource|load_shed|rate_limit|throttl|preempt|evict")),
    ("error", re.compile("_lost|lost_|kill|crash|out_of_memory|unavailable|quota|upstream|disconnect")),
    (
        "length",
        re.compile(
            "max_|_max|length|budget|token_limit|tokens_limit|limit_reached|context|truncat|cut_?off|of_tokens"
        ),
    ),
    ("error", re.compile("error|fail|abort|cancel|timeout|timed_out|exception|interrupt")),
    ("tool_calls", re.compile("tool|function")),
)
"""What words that are not in the table speak of."""
_OPEN = frozenset(
    {"", "null", "none", "undefined", "unspecified", "finish_reason_unspecified", "in_progress"}
)


def ending_of(found: Any) -> Ending:
    """Return what a ``finish_reason`` means; a word that nobody knows is an ordinary end.

    Gemini writes two in one (``content_filter: PROHIBITED_CONTENT``), some servers a number or an object.
    """
    if found is None or found is False:
        return ""
    if isinstance(found, list) and found:
        found = found[0]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(found, dict):
        found = found.get("type") or found.get("reason") or "stop"  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(found, str):
        return "stop"
    word = _WORD_END.sub("_", found.strip()).lower().replace("-", "_").replace(" ", "_")
    word = word.removeprefix("finish_reason_")
    if word in _OPEN:
        return ""
    if (known := _WORDS.get(word)) is not None:
        return known
    for part in reversed(word.split(":")):
        if (known := _WORDS.get(part.strip("_"))) is not None:
            return known
    for ending, pattern in _PATTERNS:
        if pattern.search(word):
            return ending
    return "stop"
