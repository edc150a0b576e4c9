"""Tool calls that a server or a model has written in another way, and a few answers and refusals."""

# ruff: noqa: E501 - markup and sentences as they come

import json
from typing import Any

from tests.graphs.providers.wire_shapes import (
    HEAD,
    SAID,
    WHOLE,
    Shape,
    as_json,
    chunk,
    counted,
    finish,
    good,
    raw,
    tool,
)
from tests.runtimes.wire_server import http

__all__ = ["REWRITTEN_ANSWERS", "REWRITTEN_CALLS", "REWRITTEN_FAILURES"]

_E = '{"expression": "6*7"}'
_E2 = '{"expression": "10+1"}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_BOTH = (*_MEANT, ("calculator", {"expression": "10+1"}))
_PREFIX = "an" + "tml:"
_HERMES = f'<tool_call>\n{{"name": "calculator", "arguments": {_E}}}\n</tool_call>'


def _given(name: str, *arguments: str, called: str = "calculator") -> Shape:
    parts = [chunk({"tool_calls": [tool(0, "a", called, each)]}) for each in arguments]
    return good(f"rewritten_{name}", *parts, finish("tool_calls"), calls=_MEANT, text="", ending="tool_calls")


def _part(name: str, part: dict[str, Any]) -> Shape:
    return good(
        f"rewritten_{name}",
        chunk({"content": [part]}),
        finish("tool_calls"),
        calls=_MEANT,
        text="",
        ending="tool_calls",
    )


def _written(name: str, text: str, meant: Any = _MEANT) -> Shape:
    parts = [chunk({"content": text[at : at + 9]}) for at in range(0, len(text), 9)]
    return good(f"rewritten_{name}", *parts, finish(), calls=meant, text="")


def _refused(name: str, status: int, body: Any, *error: str) -> Shape:
    return Shape(f"rewritten_{name}", (http(status, as_json(body)),), error=error)


REWRITTEN_CALLS: tuple[Shape, ...] = (
    _given("what_came_and_the_whole", "", '{"expression": "6*7"{"expression": "6*7"}'),
    _given("entities", "{&quot;expression&quot;: &quot;6*7&quot;}"),
    _given("braces_twice", '{{"expression": "6*7"}}'),
    _given("typographic_quotes", "{“expression”: “6*7”}"),
    _given("quotes_behind_backslashes", '{\\"expression\\": \\"6*7\\"}'),
    _given("label", f"Arguments: {_E}"),
    _given("addressed", _E, called="assistant<|channel|>commentary to=functions.calculator"),
    _part("gemini_part", {"functionCall": {"name": "calculator", "args": {"expression": "6*7"}}}),
    _part(
        "gemini_part_with_underscore",
        {"function_call": {"name": "calculator", "args": {"expression": "6*7"}}},
    ),
    _part(
        "bedrock_part", {"toolUse": {"toolUseId": "t", "name": "calculator", "input": {"expression": "6*7"}}}
    ),
    good(
        "rewritten_in_the_text_as_well",
        chunk({"content": f"Let me see. {_HERMES}"}),
        chunk({"tool_calls": [tool(0, "a", "calculator", _E)]}),
        finish("tool_calls"),
        calls=_MEANT,
        text="Let me see.",
        ending="tool_calls",
    ),
    _written("text_entities", _HERMES.replace('"', "&quot;")),
    _written("text_without_last_brace", _HERMES.replace("}}", "}")),
    _written(
        "text_two_of_mistral", f"[TOOL_CALLS]calculator[ARGS]{_E}[TOOL_CALLS]calculator[ARGS]{_E2}", _BOTH
    ),
    _written("text_id_of_mistral", f"[TOOL_CALLS]calculator[CALL_ID]abcdefghi[ARGS]{_E}"),
    _written("text_groq_equals", f"<function=calculator={_E}></function>"),
    _written("text_groq_brackets", f"<function=calculator({_E})</function>"),
    _written("text_gigachat", f'{{"function_call": {{"name": "calculator", "arguments": {_E}}}}}'),
    _written(
        "text_openai_list",
        json.dumps(
            {
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "calculator", "arguments": _E}}
                ]
            }
        ),
    ),
    _written(
        "text_with_prefix",
        '<!function_calls>\n<!invoke name="calculator">\n<!parameter name="expression">6*7</!parameter>\n</!invoke>\n</!function_calls>'.replace(
            "!", _PREFIX
        ),
    ),
)
REWRITTEN_ANSWERS: tuple[Shape, ...] = (
    good(
        "rewritten_apertus",
        chunk({"content": "<|inner_prefix|>I add.<|inner"}),
        chunk({"content": "_suffix|>Hello"}),
        finish(),
        reasoning="I add.",
    ),
    good("rewritten_pad", chunk({"content": "Hello<pad><pad>"}), finish()),
    raw("rewritten_done_small", b"data: " + as_json(SAID) + b"\n\ndata: [done]\n\n", HEAD),
    Shape("rewritten_json_as_text", (http(200, as_json(json.dumps(WHOLE)), "text/plain"),), usage=(10, 5)),
    good(
        "rewritten_json_chunks_as_texts",
        as_json(json.dumps(SAID)),
        as_json(json.dumps(finish())),
        counted(),
        usage=(10, 5),
    ),
)
REWRITTEN_FAILURES: tuple[Shape, ...] = (
    _refused(
        "naver",
        200,
        {"status": {"code": "40006", "message": "Token limit exceeded"}, "result": None},
        "context_length",
    ),
    _refused(
        "volume",
        403,
        {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:02:03."},
        "quota",
    ),
    _refused(
        "legacy",
        404,
        {
            "message": "Access denied. This Model is marked by provider as Legacy and was not used for 30 days."
        },
        "unknown_model",
    ),
    _refused(
        "token_quota",
        429,
        {
            "errors": [
                {"code": "token_quota_reached", "message": "This request exceeds the monthly token quota"}
            ]
        },
        "quota",
    ),
    _refused("none_loaded", 400, {"error": {"message": "No models are currently loaded."}}, "unknown_model"),
)
