"""Answers and tool calls in further spellings of single vendors and gateways."""

import json
from typing import Any

from tests.graphs.providers.wire_shapes import (
    BODY,
    CHUNKED,
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
    raw,
    tool,
)
from tests.runtimes.wire_server import http

__all__ = ["VENDOR_ANSWERS", "VENDOR_CALLS"]

_E = '{"expression": "6*7"}'
_E2 = '{"expression": "10+1"}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_BOTH = (*_MEANT, ("calculator", {"expression": "10+1"}))


_TEXT_CALLS = {
    "hermes": '<tool_call>\n{"name": "calculator", "arguments": {"expression": "6*7"}}\n</tool_call>',
    "hermes_open": 'Let me see.\n<tool_call>{"name": "calculator", "arguments": {"expression": "6*7"}}',
    "qwen_coder": "<tool_call>\n<function=calculator>\n<parameter=expression>\n6*7\n</parameter>\n"
    "</function>\n</tool_call>",
    "llama": '<function=calculator>{"expression": "6*7"}</function>',
    "python_tag": '<|python_tag|>{"name": "calculator", "parameters": {"expression": "6*7"}}<|eom_id|>',
    "mistral": '[TOOL_CALLS][{"name": "calculator", "arguments": {"expression": "6*7"}}]</s>',
    "mistral_args": '[TOOL_CALLS]calculator[ARGS]{"expression": "6*7"}',
    "deepseek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>calculator\n```json\n"
    '{"expression": "6*7"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "deepseek_new": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>calculator<｜tool▁sep｜>"
    '{"expression": "6*7"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.calculator:0"
    '<|tool_call_argument_begin|>{"expression": "6*7"}<|tool_call_end|><|tool_calls_section_end|>',
    "glm": "<tool_call>calculator\n<arg_key>expression</arg_key>\n<arg_value>6*7</arg_value>\n</tool_call>",
    "minimax": '<minimax:tool_call>\n<invoke name="calculator">\n<parameter name="expression">6*7'
    "</parameter>\n</invoke>\n</minimax:tool_call>",
    "hunyuan": '<tool_calls>[{"name": "calculator", "arguments": {"expression": "6*7"}}]</tool_calls>',
    "gpt_oss": "<|channel|>commentary to=functions.calculator <|constrain|>json<|message|>"
    '{"expression": "6*7"}<|call|>',
}
"""Calls that a model wrote into its text."""
_NO_CALLS = (
    'Write `<tool_call>{"name": "calculator", "arguments": {}}</tool_call>` to call it.',
    '<tool_call>{"name": "shell", "arguments": {"command": "rm"}}</tool_call>',
    '<tool_call>{"name": "calculator", "arguments": {}}</tool_call> is how a call looks.',
    "<tool_call> is a mark.",
)


def _calls(name: str, *deltas: Any, meant: Any = _MEANT, text: str = "", end: Any = "tool_calls") -> Shape:
    chunks = [chunk({"tool_calls": [*delta]} if isinstance(delta, tuple) else delta) for delta in deltas]
    return good(
        f"calls_{name}",
        *chunks,
        finish(end),
        calls=meant,
        text=text,
        ending="stop" if end == "stop" else "tool_calls",
    )


VENDOR_ANSWERS: tuple[Shape, ...] = (
    # form of the stream
    raw("data_twice", BODY.replace(b"data: {", b"data: data: {"), usage=(10, 5)),
    raw("no_space_after_data", BODY.replace(b"data: ", b"data:"), usage=(10, 5)),
    raw("two_spaces_after_data", BODY.replace(b"data: ", b"data:  "), usage=(10, 5)),
    raw("indented_lines", BODY.replace(b"data: ", b"  data: "), usage=(10, 5)),
    raw("done_in_small_letters", BODY.replace(b"[DONE]", b"[done]"), usage=(10, 5)),
    raw("done_with_blanks", BODY.replace(b"[DONE]", b" [DONE] "), usage=(10, 5)),
    raw("done_named", BODY.replace(b"data: [DONE]", b"event: done\ndata: [DONE]"), usage=(10, 5)),
    raw("event_message", BODY.replace(b"data: {", b"event: message\ndata: {"), usage=(10, 5)),
    raw("event_after_data", BODY.replace(b"}\n\n", b"}\nevent: message\n\n"), usage=(10, 5)),
    raw("form_feed", BODY.replace(b"\n\n", b"\n\n\n\n\n"), usage=(10, 5)),
    raw("chunks_side_by_side", b"data: " + as_json(SAID) + as_json(finish()) + b"\n\ndata: [DONE]\n\n"),
    raw("ndjson_and_done", as_json(SAID) + b"\n" + as_json(finish()) + b"\n[DONE]\n"),
    raw("timeout_comments", b": keepalive 1\n\n: keepalive 2\n\n" + BODY, usage=(10, 5)),
    Shape(
        "json_chunked_without_its_last_chunk",
        (CHUNKED.replace(b"text/event-stream", b"application/json") + frames(as_json(WHOLE)),),
        usage=(10, 5),
    ),
    Shape(
        "json_shorter_than_told",
        (http(200, as_json(WHOLE)).replace(b"Content-Length: ", b"Content-Length: 9"),),
        usage=(10, 5),
    ),
    Shape(
        "early_hints",
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(200, as_json(WHOLE)),),
        usage=(10, 5),
    ),
    Shape("json_in_data", (http(200, as_json({"code": 0, "msg": "ok", "data": WHOLE})),), usage=(10, 5)),
    Shape(
        "json_in_result",
        (http(200, as_json({"result": WHOLE, "success": True, "errors": [], "messages": []})),),
        usage=(10, 5),
    ),
    Shape(
        "json_in_output",
        (
            http(
                200,
                as_json(
                    {
                        "output": {
                            "choices": [
                                {
                                    "finish_reason": "stop",
                                    "message": {"role": "assistant", "content": "Hello"},
                                }
                            ]
                        },
                        "usage": {"input_tokens": 10, "output_tokens": 5},
                        "request_id": "r",
                    }
                ),
            ),
        ),
        usage=(10, 5),
    ),
    Shape("json_in_a_list", (http(200, as_json([WHOLE])),), usage=(10, 5)),
    Shape(
        "json_error_null",
        (http(200, as_json(WHOLE | {"error": None, "detail": None, "code": 0, "success": True})),),
        usage=(10, 5),
    ),
    *(
        good(
            f"end_mark_{number}",
            chunk({"content": "Hel"}),
            *(chunk({"content": part}) for part in parts),
            finish(),
        )
        for number, parts in enumerate(
            (
                ("lo<|im_end|>",),
                ("lo", "<|eot", "_id|>"),
                ("lo</s>",),
                ("lo<|endoftext|>\n",),
                ("lo<|im_end|><|endoftext|>",),
                ("lo", "<end_of_turn>"),
            )
        )
    ),
    good("end_mark_of_html", chunk({"content": "<s>old</s>"}), finish(), text="<s>old</s>"),
    good("end_mark_within", chunk({"content": "a <|im_end|> b <"}), finish(), text="a <|im_end|> b <"),
    *(
        good(
            f"reasoning_tags_{number}", chunk({"content": text[:12]}), chunk({"content": text[12:]}), finish()
        )
        for number, text in enumerate(
            (
                "<mm:think>hm</mm:think>Hello",
                "<longcat_think>hm</longcat_think>\nHello",
                "<unused94>thought\nhm<unused95>Hello",
                "<|channel>thought\nhm<channel|>Hello",
                "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>",
                "<|begin_of_thought|>hm<|end_of_thought|>\n<|begin_of_solution|>Hello<|end_of_solution|>",
            )
        )
    ),
    # contents
    good("content_number", chunk({"content": 42}), finish(), text="42"),
    good(
        "content_value",
        chunk({"content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}]}),
        finish(),
    ),
    good("content_output_text", chunk({"content": [{"type": "output_text", "text": "Hello"}]}), finish()),
    good(
        "content_reference",
        chunk({"content": [{"type": "text", "text": "Hello"}, {"type": "reference", "reference_ids": [1]}]}),
        finish(),
    ),
    good("delta_text", chunk({"role": "assistant", "text": "Hello"}), finish()),
    good("message_text", {"choices": [{"message": "Hello", "finish_reason": "stop"}]}),
    good(
        "perplexity",
        *(
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": part},
                        "message": {"role": "assistant", "content": whole},
                        "finish_reason": None,
                    }
                ]
            }
            for part, whole in (("Hel", "Hel"), ("lo", "Hello"))
        ),
        {
            "object": "chat.completion.done",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": ""},
                    "message": {"role": "assistant", "content": "Hello"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        },
        done=False,
        usage=(10, 5),
    ),
    good(
        "minimax_whole_at_the_end",
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}, "stop"),
        {
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
            ],
            "object": "chat.completion",
            "usage": {"total_tokens": 15, "prompt_tokens": 10, "completion_tokens": 5},
            "base_resp": {"status_code": 0, "status_msg": ""},
        },
        usage=(10, 5),
    ),
    good(
        "llamacpp_progress",
        {
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}],
            "prompt_progress": {"total": 10, "cache": 0, "processed": 5, "time_ms": 3},
        },
        SAID,
        finish(),
        counted(),
        usage=(10, 5),
    ),
    good(
        "role_of_another",
        chunk(
            {"role": "model", "content": "Hello", "tool_calls": None, "function_call": None, "audio": None}
        ),
        finish(),
    ),
    good(
        "groq_first",
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1", "seed": 1}),
        SAID,
        finish(
            x_groq={
                "id": "req_1",
                "usage": {
                    "queue_time": 0.01,
                    "prompt_tokens": 10,
                    "completion_tokens": 5,
                    "total_tokens": 15,
                },
            }
        ),
        usage=(10, 5),
    ),
    # endings
    *(
        good(f"ends_{reason}", SAID, finish(reason))
        for reason in (
            "FINISH_REASON_STOP",
            "stop_token",
            "EOS_TOKEN",
            "eos_found",
            "stop_str",
            "end",
            "done",
            "finished",
            "natural_stop",
            "pause_turn",
            "OTHER",
        )
    ),
    *(
        good(f"ends_{str(reason)[:30]}", SAID, finish(reason), ending="length")
        for reason in (
            "FINISH_REASON_MAX_TOKENS",
            "max_tokens_reached",
            "MAX_OUTPUT_TOKENS_REACHED",
            "length_limit",
            "token_limit_reached",
            "LENGTH",
            "Length",
            "MaxTokens",
            {"type": "length", "length": 100},
            "context_window_full",
            "max_output_reached",
        )
    ),
    good(
        "ends_matched",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {},
                    "finish_reason": {"type": "stop", "matched": 151645},
                    "matched_stop": 151645,
                }
            ]
        },
    ),
    good(
        "ends_native",
        SAID,
        finish("stop", provider="X")
        | {
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": ""},
                    "finish_reason": "stop",
                    "native_finish_reason": "STOP",
                    "logprobs": None,
                }
            ]
        },
    ),
    good("ends_calls_without_any", SAID, finish("tool_calls")),
    # reasoning
    *(
        good(f"thought_{name}", delta, SAID, finish(), reasoning="hm")
        for name, delta in (
            (
                "gemini_flag",
                chunk({"role": "assistant", "content": "hm", "extra_content": {"google": {"thought": True}}}),
            ),
            (
                "gemini_tags",
                chunk(
                    {
                        "role": "assistant",
                        "content": "<thought>hm</thought>",
                        "extra_content": {"google": {"thought": True}},
                    }
                ),
            ),
            ("flag", chunk({"content": "hm", "thought": True})),
            ("part_flag", chunk({"content": [{"text": "hm", "thought": True}]})),
            (
                "mistral",
                chunk(
                    {
                        "content": [
                            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
                        ]
                    }
                ),
            ),
            (
                "summary",
                chunk(
                    {
                        "content": [
                            {
                                "type": "reasoning",
                                "summary": [{"type": "summary_text", "text": "hm", "signature": "S"}],
                            }
                        ]
                    }
                ),
            ),
            (
                "encrypted",
                chunk(
                    {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.encrypted", "data": "xyz"}]}
                ),
            ),
            (
                "litellm",
                chunk(
                    {
                        "reasoning_content": "hm",
                        "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": ""}],
                        "provider_specific_fields": {"thinking_blocks": []},
                    }
                ),
            ),
            ("empty_content", chunk({"content": "", "reasoning_content": "hm", "reasoning": "hm"})),
            ("thoughts", chunk({"content": None, "thoughts": "hm"})),
        )
    ),
    good("think_no_words", chunk({"content": "<think>\n\n</think>\n\nHello"}), finish(), reasoning=None),
    good(
        "think_closed_after_a_field",
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "</think>\n\nHello"}),
        finish(),
        reasoning="hm",
    ),
    good("think_thinking_tag", chunk({"content": "<thinking>hm</thinking>Hello"}), finish(), reasoning="hm"),
    good("think_upper", chunk({"content": "<THINK>hm</THINK>Hello"}), finish(), reasoning="hm"),
    good(
        "think_magistral",
        chunk({"content": "[THINK]hm"}),
        chunk({"content": "[/THINK]Hello"}),
        finish(),
        reasoning="hm",
    ),
    good(
        "think_magistral_no_opener",
        chunk({"content": "hm[/THI"}),
        chunk({"content": "NK]Hello"}),
        finish(),
        reasoning="hm",
    ),
    good(
        "channels_in_parts",
        *(
            chunk({"content": part})
            for part in (
                "<|chan",
                "nel|>ana",
                "lysis<|mess",
                "age|>hm<|e",
                "nd|><|start|>assi",
                "stant<|channel|>fi",
                "nal<|message|>Hel",
                "lo<|return|>",
            )
        ),
        finish(),
        reasoning="hm",
    ),
    good(
        "channels_bare",
        *(chunk({"content": part}) for part in ("analysis", "hm", "assistant", "final", "Hello")),
        finish(),
        reasoning="hm",
    ),
    good(
        "channels_no_opener",
        chunk({"content": "hm<|end|><|start|>assistant<|channel|>final<|message|>Hello"}),
        finish(),
        reasoning="hm",
    ),
    good(
        "text_about_tags",
        chunk({"content": "Use `</think>` to close."}),
        finish(),
        text="Use `</think>` to close.",
    ),
    good("text_of_analysis", chunk({"content": "analysis of it"}), finish(), text="analysis of it"),
    # counts
    *(
        counts(name, usage, expected, **more)
        for name, usage, expected, more in (
            ("camel", {"promptTokens": 10, "completionTokens": 5, "totalTokens": 15}, (10, 5), {}),
            (
                "bedrock",
                {
                    "inputTokens": 10,
                    "outputTokens": 5,
                    "totalTokens": 75,
                    "cacheReadInputTokens": 60,
                    "cacheWriteInputTokens": 0,
                },
                (70, 5),
                {"cached": 60},
            ),
            (
                "billed",
                {
                    "billed_units": {"input_tokens": 10, "output_tokens": 5},
                    "tokens": {"input_tokens": 70, "output_tokens": 5},
                },
                (10, 5),
                {},
            ),
            ("output_in_the_total", {"prompt_tokens": 10, "total_tokens": 15}, (10, 5), {}),
            (
                "gemini_cached",
                {
                    "prompt_tokens": 100,
                    "completion_tokens": 5,
                    "total_tokens": 105,
                    "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": None},
                },
                (100, 5),
                {"cached": 60},
            ),
            (
                "deepseek",
                {
                    "prompt_tokens": 100,
                    "completion_tokens": 5,
                    "total_tokens": 105,
                    "prompt_cache_hit_tokens": 60,
                    "prompt_cache_miss_tokens": 40,
                },
                (100, 5),
                {"cached": 60},
            ),
            (
                "openai_zeros",
                {
                    "prompt_tokens": 10,
                    "completion_tokens": 5,
                    "total_tokens": 15,
                    "prompt_tokens_details": {"cached_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
                },
                (10, 5),
                {},
            ),
            (
                "responses",
                {
                    "input_tokens": 10,
                    "output_tokens": 5,
                    "total_tokens": 15,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens_details": {"reasoning_tokens": 3},
                },
                (10, 5),
                {},
            ),
            (
                "perplexity",
                {
                    "prompt_tokens": 10,
                    "completion_tokens": 5,
                    "total_tokens": 15,
                    "search_context_size": "low",
                    "cost": {"total_cost": 0.006},
                },
                (10, 5),
                {},
            ),
            (
                "litellm_anthropic",
                {
                    "prompt_tokens": 110,
                    "completion_tokens": 5,
                    "total_tokens": 115,
                    "prompt_tokens_details": {"cached_tokens": 60},
                    "cache_creation_input_tokens": 40,
                    "cache_read_input_tokens": 60,
                },
                (110, 5),
                {"cached": 60, "written": 40},
            ),
            (
                "thoughts_gemini",
                {
                    "promptTokenCount": 10,
                    "candidatesTokenCount": 5,
                    "thoughtsTokenCount": 40,
                    "totalTokenCount": 55,
                },
                (10, 45),
                {},
            ),
            ("with_a_comma", {"prompt_tokens": "1,010", "completion_tokens": "5"}, (1010, 5), {}),
        )
    ),
    good(
        "counts_usage_metadata",
        SAID,
        finish(),
        {
            "choices": [],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
        },
        usage=(10, 5),
    ),
    good(
        "counts_bedrock_metrics",
        SAID,
        finish(**{"amazon-bedrock-invocationMetrics": {"inputTokenCount": 10, "outputTokenCount": 5}}),
        usage=(10, 5),
    ),
    good(
        "counts_timings",
        SAID,
        finish(timings={"prompt_n": 4, "cache_n": 6, "predicted_n": 5, "predicted_ms": 3.5}),
        usage=(10, 5),
        cached=6,
    ),
    good(
        "counts_usage_and_timings",
        SAID,
        finish(),
        counted(timings=None) | {"timings": {"prompt_n": 1, "predicted_n": 9}},
        usage=(10, 5),
    ),
    good(
        "counts_every_chunk_and_null",
        chunk({"content": "Hel"}, usage={"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}),
        chunk({"content": "lo"}, usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}),
        finish(usage=None),
        usage=(10, 5),
    ),
    good(
        "counts_in_the_delta",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"usage": {"prompt_tokens": 10, "completion_tokens": 5}},
                    "finish_reason": "stop",
                }
            ]
        },
        usage=(10, 5),
    ),
    good(
        "counts_before_the_text",
        chunk({"content": ""}, usage={"prompt_tokens": 10, "completion_tokens": 0}),
        SAID,
        finish(),
        {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}},
        usage=(10, 5),
    ),
)

VENDOR_CALLS: tuple[Shape, ...] = (
    *(
        good(
            f"calls_in_text_{name}",
            *(chunk({"content": text[at : at + 5]}) for at in range(0, len(text), 5)),
            finish(),
            calls=_MEANT,
            text="Let me see." if "Let me" in text else "",
        )
        for name, text in _TEXT_CALLS.items()
    ),
    good(
        "calls_in_text_two",
        chunk(
            {
                "content": "<think>hm</think>"
                + _TEXT_CALLS["hermes"]
                + _TEXT_CALLS["hermes"].replace("6*7", "10+1")
            }
        ),
        finish(),
        calls=_BOTH,
        text="",
        reasoning="hm",
    ),
    *(
        good(f"no_calls_in_text_{number}", chunk({"content": text}), finish(), text=text)
        for number, text in enumerate(_NO_CALLS)
    ),
    _calls("never_closed", (tool(0, "a", "calculator", _E[:-1]),)),
    _calls(
        "never_closed_list",
        (tool(0, "a", "calculator", '{"expression": ["6*7"'),),
        meant=(("calculator", {"expression": ["6*7"]}),),
    ),
    _calls("beside_the_function", (tool(0, "a", "calculator", None) | {"arguments": _E},)),
    _calls(
        "function_as_text",
        {
            "tool_calls": [
                {
                    "id": "a",
                    "function": json.dumps({"name": "calculator", "arguments": {"expression": "6*7"}}),
                }
            ]
        },
    ),
    _calls("by_number", {"tool_calls": {"0": tool(None, "a", "calculator", _E)}}),
    _calls(
        "index_of_each_part",
        (tool(0, "a", "calculator", ""),),
        (tool(1, None, None, _E[:9]),),
        (tool(2, None, None, _E[9:]),),
    ),
    _calls("python_literal", (tool(0, "a", "calculator", "{'expression': '6*7'}"),)),
    _calls("comma_at_the_end", (tool(0, "a", "calculator", '{"expression": "6*7",}'),)),
    _calls("words_before", (tool(0, "a", "calculator", "json\n" + _E),)),
    _calls(
        "named_again_inside",
        (tool(0, "a", "calculator", json.dumps({"name": "calculator", "arguments": {"expression": "6*7"}})),),
    ),
    _calls(
        "tgi",
        {
            "tool_calls": {
                "index": 0,
                "id": "",
                "type": "function",
                "function": {"name": "calculator", "arguments": _E},
            }
        },
    ),
    _calls(
        "parameters_in_function",
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "a",
                    "type": "function",
                    "function": {"name": "calculator", "parameters": {"expression": "6*7"}},
                }
            ]
        },
    ),
    _calls(
        "input_flat",
        {
            "tool_calls": [
                {"type": "tool_use", "id": "a", "name": "calculator", "input": {"expression": "6*7"}}
            ]
        },
    ),
    _calls(
        "args",
        {
            "tool_calls": [
                {"id": "a", "name": "calculator", "args": {"expression": "6*7"}, "type": "tool_call"}
            ]
        },
    ),
    _calls(
        "null_first",
        (tool(0, "a", "calculator") | {"function": {"name": "calculator", "arguments": None}},),
        (tool(0, None, None, _E),),
    ),
    _calls("empty_ids_after", (tool(0, "a", "calculator", _E[:9]),), (tool(0, "", "", _E[9:]),)),
    _calls("default_api", (tool(0, "a", "default_api.calculator", _E),)),
    _calls("default_api_colon", (tool(0, "a", "default_api:calculator", _E),)),
    _calls("brackets", (tool(0, "a", "calculator()", _E),)),
    _calls("capital", (tool(0, "a", "Calculator", _E),)),
    _calls("kimi_id_alone", (tool(0, "functions.calculator:0", None, _E),)),
    _calls("kimi_name", (tool(0, "functions.calculator:0", "functions.calculator:0", _E),)),
    _calls("gpt_oss_constrain", (tool(0, "a", "calculator<|constrain|>json", _E),)),
    _calls("joined_arguments", (tool(0, "a", "calculator", _E + _E2),), meant=_BOTH),
    _calls(
        "parallel_use",
        (
            tool(
                0,
                "a",
                "multi_tool_use.parallel",
                json.dumps(
                    {
                        "tool_uses": [
                            {"recipient_name": "functions.calculator", "parameters": {"expression": "6*7"}},
                            {"recipient_name": "functions.calculator", "parameters": {"expression": "10+1"}},
                        ]
                    }
                ),
            ),
        ),
        meant=_BOTH,
    ),
    _calls(
        "anthropic_part",
        {"content": [{"type": "tool_use", "id": "a", "name": "calculator", "input": {"expression": "6*7"}}]},
    ),
    _calls(
        "ollama_two",
        (tool(0, "call_1", "calculator", _E),),
        (tool(0, "call_2", "calculator", _E2),),
        meant=_BOTH,
    ),
    _calls(
        "gemini_two", (tool(0, "", "calculator", _E), tool(0, "", "calculator", _E2)), meant=_BOTH, end="stop"
    ),
    _calls(
        "interleaved_without_ids",
        (tool(0, None, "calculator", ""), tool(1, None, "calculator", "")),
        (tool(1, None, None, _E2), tool(0, None, None, _E)),
        meant=_BOTH,
    ),
    _calls(
        "legacy_in_parts",
        {"role": "assistant", "content": None, "function_call": {"name": "calculator", "arguments": _E[:9]}},
        {"function_call": {"arguments": _E[9:]}},
        end="function_call",
    ),
    _calls("empty_string_content", {"content": "", "tool_calls": [tool(0, "a", "calculator", _E)]}),
    _calls("empty_list_after", (tool(0, "a", "calculator", _E),), {"content": "", "tool_calls": []}),
    _calls("thought_then_call", {"reasoning_content": "hm"}, (tool(0, "a", "calculator", _E),)),
    _calls("think_then_call", {"content": "<think>hm</think>\n\n"}, (tool(0, "a", "calculator", _E),)),
    good(
        "calls_with_the_end",
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "tool_calls": [tool(0, "a", "calculator", _E)]},
                    "finish_reason": "tool_calls",
                }
            ]
        },
        done=False,
        calls=_MEANT,
        text="",
        ending="tool_calls",
    ),
    good(
        "calls_in_a_message_at_the_end",
        chunk({"content": "Let me see."}),
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "message": {"content": "Let me see.", "tool_calls": [tool(None, "a", "calculator", _E)]},
                    "finish_reason": "tool_calls",
                }
            ]
        },
        calls=_MEANT,
        text="Let me see.",
        ending="tool_calls",
    ),
)
