"""Answers and tool calls as newer models, their templates and the servers around them write them."""

# ruff: noqa: E501 - chunks as they come

import json
from typing import Any

from tests.graphs.providers.wire_shapes import (
    SAID,
    WHOLE,
    Shape,
    as_json,
    chunk,
    counted,
    counts,
    finish,
    good,
    raw,
    tool,
)
from tests.runtimes.wire_server import http

__all__ = ["NEWER_ANSWERS", "NEWER_CALLS"]

_E = '{"expression": "6*7"}'
_CALL = '{"name": "calculator", "arguments": {"expression": "6*7"}}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_COUNTED = (10, 5)
_END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def _in_parts(text: str, size: int = 5) -> list[dict[str, Any]]:
    return [chunk({"content": text[at : at + size]}) for at in range(0, len(text), size)]


def _thought(name: str, text: str, reasoning: str = "hm") -> Shape:
    parts = _in_parts(text)
    return good(f"thought_{name}", *parts, finish(), counted(), reasoning=reasoning, usage=_COUNTED)


def _written(name: str, said: str, **expected: Any) -> Shape:
    given: dict[str, Any] = {"calls": _MEANT, "text": ""} | expected
    return good(f"calls_as_text_{name}", *_in_parts(said), finish(), **given)


def _called(name: str, *calls: Any, ending: str = "tool_calls", **expected: Any) -> Shape:
    pieces = [chunk({"tool_calls": [call]}) for call in calls]
    given: dict[str, Any] = {"calls": _MEANT, "text": "", "ending": ending} | expected
    return good(f"calls_{name}", *pieces, finish(ending), **given)


def _whole(name: str, body: Any, status: int = 200, **expected: Any) -> Shape:
    return Shape(name, (http(status, as_json(body)),), usage=_COUNTED, **expected)


_AUDIO = {"id": "audio_1", "expires_at": 1, "data": "UklGRg=="}
NEWER_ANSWERS: tuple[Shape, ...] = (
    raw(
        "line_within_a_text",
        b'data: {"choices":[{"index":0,"delta":{"content":"Hel\nlo"}}]}\n\n' + _END,
        text="Hel\nlo",
    ),
    raw("commas_too_many", b'data: {"choices":[{"index":0,"delta":{"content":"Hello",},},]}\n\n' + _END),
    good("think_closed_itself", chunk({"content": "<think/>Hello"}), finish()),
    good(
        "audio_alone",
        chunk({"audio": {"id": "audio_1", "transcript": "Hel"}}),
        chunk({"audio": {"transcript": "lo"}}),
        chunk({"audio": {"data": "AAAA"}}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    _whole(
        "audio_in_json",
        WHOLE
        | {
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "audio": _AUDIO | {"transcript": "Hello"},
                    },
                    "finish_reason": "stop",
                }
            ]
        },
    ),
    good(
        "audio_and_text",
        chunk({"content": "Hello", "audio": {"transcript": "Hello"}}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    _whole(
        "batch_line",
        {
            "id": "batch_req_1",
            "custom_id": "1",
            "response": {"status_code": 200, "request_id": "r", "body": WHOLE},
            "error": None,
        },
    ),
    _whole(
        "lambda_envelope",
        {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(WHOLE)},
    ),
    _whole("lambda_object", {"statusCode": 200, "isBase64Encoded": False, "body": WHOLE}),
    _whole("code_and_data", {"code": 0, "msg": "ok", "data": {"result": WHOLE}}),
    _whole("success_envelope", {"success": True, "code": 200, "message": "success", "data": WHOLE}),
    _whole("payload_envelope", {"payload": WHOLE}),
    _whole("completion_envelope", {"completion": WHOLE}),
    good(
        "event_envelope",
        {"event": "chunk", "data": SAID},
        {"event": "chunk", "data": finish()},
        {"event": "usage", "data": counted()},
        usage=_COUNTED,
    ),
    good(
        "type_envelope",
        {"type": "chunk", "chunk": SAID},
        {"type": "chunk", "chunk": finish()},
        {"type": "chunk", "chunk": counted()},
        usage=_COUNTED,
    ),
    _thought(
        "details",
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n> hm\n</details>\nHello',
        "\n<summary>Thought for 3 seconds</summary>\n> hm\n",
    ),
    _thought("reason", "<reason>hm</reason>\n\nHello"),
    _thought("thoughts", "<thoughts>hm</thoughts>Hello"),
    _thought("reflection", "<reflection>hm</reflection>\nHello"),
    _thought("ant", "<antThinking>hm</antThinking>\nHello"),
    _thought("with_attributes", '<think time="2.1">hm</think>Hello'),
    _thought("thought_no_opener", "hm</thought>\nHello"),
    _thought(
        "harmony_constrain",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final <|constrain|>text<|message|>Hello<|return|>",
    ),
    _thought("two_blocks", "<think></think>\n<think>hm</think>\n\nHello"),
    good(
        "details_of_html",
        chunk({"content": "<details><summary>More</summary>x</details>"}),
        finish(),
        text="<details><summary>More</summary>x</details>",
    ),
    good(
        "reasoning_null_content_list",
        chunk(
            {
                "content": [
                    {
                        "type": "reasoning",
                        "summary": [{"type": "summary_text", "text": "hm", "signature": "s"}],
                    }
                ]
            }
        ),
        chunk({"content": [{"type": "text", "text": "Hello"}]}),
        finish(),
        counted(),
        reasoning="hm",
        usage=_COUNTED,
    ),
    good(
        "litellm_thinking_blocks",
        chunk(
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "hm",
                "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": None}],
                "provider_specific_fields": {"thinking_blocks": [{"type": "thinking", "thinking": "hm"}]},
            }
        ),
        SAID,
        finish(),
        counted(),
        reasoning="hm",
        usage=_COUNTED,
    ),
    good(
        "litellm_null_usage",
        chunk(
            {"content": "Hello"},
            usage={"prompt_tokens": None, "completion_tokens": None, "total_tokens": None},
        ),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "litellm_stop_chunk_twice",
        SAID,
        finish(provider_specific_fields=None),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "signature_alone",
        SAID,
        chunk({"extra_content": {"vertex": {"thought_signature": "s"}}}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "openrouter_provider",
        chunk({"role": "assistant", "content": ""}, provider="X", native_finish_reason=None),
        chunk({"content": "Hello", "reasoning": None, "reasoning_details": []}, provider="X"),
        finish(native_finish_reason="STOP"),
        counted(cost=0.001, is_byok=False, cost_details={"upstream_inference_cost": None}),
        usage=_COUNTED,
    ),
    good(
        "native_end_ordinary",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "finish_reason": "stop",
                    "native_finish_reason": "end_turn",
                }
            ]
        },
        counted(),
        usage=_COUNTED,
    ),
    good(
        "vllm_token_ids",
        chunk({"role": "assistant", "content": ""}, prompt_token_ids=[1, 2]),
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": "Hello"},
                    "logprobs": None,
                    "finish_reason": None,
                    "token_ids": [5],
                }
            ]
        },
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "finish_reason": "stop",
                    "stop_reason": 128009,
                    "token_ids": None,
                }
            ]
        },
        counted(),
        usage=_COUNTED,
    ),
    good(
        "vllm_last_text_at_a_limit",
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}, "length", stop_reason=None),
        counted(),
        ending="length",
        usage=_COUNTED,
    ),
    good(
        "sglang_matched",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": None, "content": None, "reasoning_content": None, "tool_calls": None},
                    "finish_reason": "stop",
                    "matched_stop": 151645,
                }
            ],
            "usage": None,
        },
        counted(prompt_tokens_details=None, reasoning_tokens=0),
        usage=_COUNTED,
    ),
    good(
        "sglang_hidden_states",
        SAID,
        chunk({"hidden_states": [[0.1, 0.2]]}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "llamacpp_verbose",
        chunk({"role": "assistant", "content": None}),
        SAID | {"__verbose": {"content": "Hello", "stop": False}},
        finish(__verbose={"stop": True}, timings={"prompt_n": 10, "predicted_n": 5, "cache_n": 0}),
        usage=_COUNTED,
    ),
    good(
        "tool_call_generating",
        chunk({}, tool_call_generating=True),
        SAID,
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "status_objects",
        {"status": "queued", "position": 3},
        {"status": "processing"},
        SAID,
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "search_progress",
        {"type": "search_results", "search_results": []},
        {
            "object": "chat.reasoning",
            "choices": [
                {
                    "index": 0,
                    "delta": {
                        "role": "assistant",
                        "reasoning_steps": [{"thought": "x", "type": "web_search"}],
                    },
                    "finish_reason": None,
                }
            ],
        },
        SAID,
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "created_as_text",
        SAID | {"created": "2026-01-01T00:00:00Z", "id": 5},
        finish(created=None),
        counted(),
        usage=_COUNTED,
    ),
    good("content_bool", chunk({"content": False}), SAID, finish(), counted(), usage=_COUNTED),
    good(
        "content_nested",
        chunk({"content": {"parts": [{"text": "Hel"}, {"text": "lo"}]}}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "content_markdown_part",
        chunk({"content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}]}),
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "delta_response",
        {"choices": [{"index": 0, "delta": {"role": "assistant", "response": "Hello"}}]},
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "choice_content",
        {"choices": [{"index": 0, "content": "Hello", "finish_reason": None}]},
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    good(
        "messages_in_a_choice",
        {
            "choices": [
                {"index": 0, "messages": [{"role": "assistant", "delta": "Hello"}], "finish_reason": None}
            ]
        },
        finish(),
        counted(),
        usage=_COUNTED,
    ),
    _whole(
        "messages_list",
        {
            "choices": [
                {
                    "index": 0,
                    "messages": [
                        {"role": "tool", "content": "{}"},
                        {"role": "assistant", "content": "Hello"},
                    ],
                    "finish_reason": "stop",
                }
            ],
            "usage": WHOLE["usage"],
        },
    ),
    _whole("status_206", WHOLE, 206),
    _whole("json_error_empty_object", WHOLE | {"error": {}, "errors": [], "detail": None}),
    _whole("json_warning", WHOLE | {"warning": "This model is deprecated", "message": "ok"}),
    _whole(
        "whole_with_finish_in_message",
        {
            "choices": [{"message": {"role": "assistant", "content": "Hello", "finish_reason": "stop"}}],
            "usage": WHOLE["usage"],
        },
    ),
    good("ends_n_a", SAID, finish("n/a"), counted(), usage=_COUNTED),
    good("ends_max_time", SAID, finish("max_time"), counted(), usage=_COUNTED, ending="length"),
    good("ends_context_full", SAID, finish("context_full"), counted(), usage=_COUNTED, ending="length"),
    good("ends_out_of_tokens", SAID, finish("out_of_tokens"), counted(), usage=_COUNTED, ending="length"),
    good("ends_completion_cut", SAID, finish("cutoff"), counted(), usage=_COUNTED, ending="length"),
    good("ends_complete", SAID, finish("COMPLETE"), counted(), usage=_COUNTED),
    good("ends_eod", SAID, finish("<|im_end|>"), counted(), usage=_COUNTED),
    good("ends_list", SAID, finish(["stop"]), counted(), usage=_COUNTED),
    good("ends_list_length", SAID, finish(["length"]), counted(), usage=_COUNTED, ending="length"),
    good(
        "ends_then_text",
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}, "stop"),
        chunk({"content": ""}, "stop"),
        counted(),
        usage=_COUNTED,
    ),
    counts(
        "prediction_tokens",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 2,
                "rejected_prediction_tokens": 1,
            },
        },
        _COUNTED,
    ),
    counts("total_too_small", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 5}, _COUNTED),
    counts("total_zero", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 0}, _COUNTED),
    counts(
        "deep_research",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "citation_tokens": 100,
            "reasoning_tokens": 200,
            "num_search_queries": 3,
        },
        (10, 205),
    ),
    counts(
        "cache_creation_parts",
        {
            "input_tokens": 10,
            "output_tokens": 5,
            "total_tokens": 15,
            "cache_creation_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 1},
        },
        _COUNTED,
        written=4,
    ),
    counts(
        "cache_parts_alone",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 1},
        },
        _COUNTED,
        written=4,
    ),
    counts(
        "cache_of_bedrock",
        {
            "prompt_tokens": 2,
            "completion_tokens": 5,
            "total_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 10, "cache_creation_tokens": 0},
        },
        (12, 5),
        cached=10,
    ),
    counts(
        "cache_and_writes_beside",
        {
            "prompt_tokens": 2,
            "completion_tokens": 5,
            "total_tokens": 21,
            "prompt_tokens_details": {"cached_tokens": 10, "cache_creation_tokens": 4},
        },
        (16, 5),
        cached=10,
        written=4,
    ),
    counts(
        "cache_writes_openrouter",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4, "audio_tokens": 0},
        },
        _COUNTED,
        cached=3,
        written=4,
    ),
    counts(
        "reasoning_beside_and_cache",
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 28,
            "prompt_tokens_details": {"cached_tokens": 4, "text_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 13},
        },
        (10, 18),
        cached=4,
    ),
    counts(
        "text_and_reasoning_parts",
        {
            "prompt_tokens": 10,
            "completion_tokens": 9,
            "total_tokens": 19,
            "completion_tokens_details": {"text_tokens": 5, "reasoning_tokens": 4},
        },
        (10, 9),
    ),
    counts("floats_as_text", {"prompt_tokens": "10.0", "completion_tokens": "5.0"}, _COUNTED),
    counts(
        "input_and_prompt",
        {
            "input_tokens": 10,
            "prompt_tokens": 10,
            "output_tokens": 5,
            "completion_tokens": 5,
            "total_tokens": 15,
        },
        _COUNTED,
    ),
    counts(
        "zero_prompt_and_input",
        {
            "input_tokens": 10,
            "prompt_tokens": 0,
            "output_tokens": 5,
            "completion_tokens": 0,
            "total_tokens": 15,
        },
        _COUNTED,
    ),
    counts(
        "google_snake_thoughts",
        {
            "prompt_token_count": 10,
            "candidates_token_count": 5,
            "total_token_count": 22,
            "thoughts_token_count": 7,
            "cached_content_token_count": 4,
        },
        (10, 12),
        cached=4,
    ),
    counts(
        "google_modalities",
        {
            "promptTokenCount": 10,
            "candidatesTokenCount": 5,
            "totalTokenCount": 15,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
            "cachedContentTokenCount": 3,
        },
        _COUNTED,
        cached=3,
    ),
    good(
        "counts_with_an_empty_choice",
        SAID,
        finish(),
        {
            "choices": [{"index": 0, "delta": {}, "finish_reason": None}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        },
        usage=_COUNTED,
    ),
    good(
        "counts_cumulative_then_smaller",
        chunk({"content": "Hel"}, usage={"prompt_tokens": 10, "completion_tokens": 1}),
        chunk({"content": "lo"}, usage={"prompt_tokens": 10, "completion_tokens": 4}),
        finish(usage={"prompt_tokens": 10, "completion_tokens": 5}),
        usage=_COUNTED,
    ),
    good(
        "counts_of_the_answer_alone",
        chunk({"content": "Hello"}, usage={"prompt_tokens": 10, "completion_tokens": 0}),
        finish(usage={"completion_tokens": 5}),
        usage=_COUNTED,
    ),
)
_STEP3 = '<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="calculator"><steptml:parameter name="expression">6*7</steptml:parameter></steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>'
NEWER_CALLS: tuple[Shape, ...] = (
    _called("arguments_and_nul", tool(0, "a", "calculator", _E + "\0")),
    _written("lmstudio", f"[TOOL_REQUEST]{_CALL}[END_TOOL_REQUEST]"),
    _written("tools", f"<tools>\n{_CALL}\n</tools>"),
    _written("tool", f"<tool>{_CALL}</tool>"),
    _written("tool_use", f"<tool_use>{_CALL}</tool_use>"),
    _written("tool_named", f'<tool_call name="calculator">{_E}</tool_call>'),
    _written("function_named", f'<function name="calculator">{_E}</function>'),
    _written(
        "function_named_parameters",
        '<function name="calculator"><parameter name="expression">6*7</parameter></function>',
    ),
    _written("invoke", '<invoke name="calculator">\n<parameter name="expression">6*7</parameter>\n</invoke>'),
    _written("functools", f"functools[{_CALL}]"),
    _written(
        "function_gemma",
        "<start_function_call>call:calculator{expression:<escape>6*7<escape>}<end_function_call>",
    ),
    _written("apertus", f'<|tools_prefix|>[{{"calculator": {_E}}}]<|tools_suffix|>'),
    _written("llama4", '<|python_start|>[calculator(expression="6*7")]<|python_end|>'),
    _written("phi4", f"<|tool_call|>[{_CALL}]<|/tool_call|>"),
    _written("step3", _STEP3),
    _written("qwen_agent", f"✿FUNCTION✿: calculator\n✿ARGS✿: {_E}"),
    _written(
        "tool_call_of_tags",
        "<tool_call>\n<name>calculator</name>\n<arguments>\n" + _E + "\n</arguments>\n</tool_call>",
    ),
    _written("tool_call_in_a_fence", f"<tool_call>\n```json\n{_CALL}\n```\n</tool_call>"),
    _written("groq_tail", f"<function=calculator{_E}</function>"),
    _written("groq_equals", f"<function=calculator>{_E}</function>"),
    _written(
        "details",
        f'<details type="reasoning" done="true">\n<summary>Thought</summary>\n> hm\n</details>\n<tool_call>{_CALL}</tool_call>',
    ),
    _written("after_words", f"I will look.\n<tools>{_CALL}</tools>", text="I will look."),
    _written(
        "not_another_tool",
        '<tools>{"name": "other", "arguments": {}}</tools>',
        calls=(),
        text='<tools>{"name": "other", "arguments": {}}</tools>',
    ),
    _called(
        "gemini_no_index",
        {
            "function": {"arguments": _E, "name": "calculator"},
            "id": "call_1",
            "type": "function",
            "extra_content": {"google": {"thought_signature": "s"}},
        },
        ending="stop",
    ),
    _called(
        "litellm_index_2",
        {"id": "c", "function": {"arguments": "", "name": "calculator"}, "type": "function", "index": 2},
        {
            "id": None,
            "function": {"arguments": '{"expression": ', "name": None},
            "type": "function",
            "index": 2,
        },
        {"id": None, "function": {"arguments": '"6*7"}', "name": None}, "type": "function", "index": 2},
    ),
    _called(
        "name_of_nulls",
        tool(0, "a", "calculator", ""),
        {"index": 0, "function": {"name": "", "arguments": _E}},
    ),
    _called("name_with_a_line_end", tool(0, "a", "calculator\n", _E)),
    _called("name_in_quotes", tool(0, "a", '"calculator"', _E)),
    _called("arguments_empty_list", tool(0, "a", "current_time", "[]"), calls=(("current_time", {}),)),
    _called("arguments_empty_text", tool(0, "a", "current_time", '""'), calls=(("current_time", {}),)),
    _called("arguments_none", tool(0, "a", "current_time", "None"), calls=(("current_time", {}),)),
    _called("arguments_blanks", tool(0, "a", "current_time", " \n"), calls=(("current_time", {}),)),
    _called(
        "generated_null_last",
        tool(0, "a", "calculator", _E),
        {"index": 0, "id": None, "type": None, "function": None},
    ),
    _called(
        "repeats_growing",
        tool(0, "a", "calculator", '{"expr'),
        tool(0, "a", "calculator", '{"expression": "6'),
        tool(0, "a", "calculator", _E),
    ),
    _called("index_minus_one", tool(-1, "a", "calculator", _E)),
    _called("index_big", tool(99, "a", "calculator", _E)),
    _called(
        "type_wrong",
        {"index": 0, "id": "a", "type": "tool_use", "function": {"name": "calculator", "arguments": _E}},
    ),
    good(
        "calls_beside_text_in_json_parts",
        chunk({"content": [{"type": "text", "text": ""}], "tool_calls": [tool(0, "a", "calculator", _E)]}),
        finish("tool_calls"),
        text="",
        calls=_MEANT,
        ending="tool_calls",
    ),
    good(
        "calls_in_reasoning_then_field",
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "\n\n"}),
        chunk({"tool_calls": [tool(0, "a", "calculator", _E)]}),
        finish("tool_calls"),
        text="\n\n",
        calls=_MEANT,
        ending="tool_calls",
    ),
    _whole(
        "calls_whole_no_finish",
        {
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [tool(None, "a", "calculator", _E)],
                    },
                }
            ],
            "usage": WHOLE["usage"],
        },
        text="",
        calls=_MEANT,
        ending="stop",
    ),
    _whole(
        "calls_in_tool_calls_of_the_body",
        {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "tool_calls"}
            ],
            "tool_calls": [tool(None, "a", "calculator", _E)],
            "usage": WHOLE["usage"],
        },
        text="",
        calls=_MEANT,
        ending="tool_calls",
    ),
)
