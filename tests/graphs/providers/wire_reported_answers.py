"""Answers, tool calls and failures in the shapes that users of model servers report to their projects."""

# ruff: noqa: E501 - sentences of servers

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
    counts,
    finish,
    good,
    raw,
    tool,
)
from tests.runtimes.wire_server import http

__all__ = ["REPORTED_ANSWERS", "REPORTED_CALLS", "REPORTED_FAILURES"]

_E = '{"expression": "6*7"}'
_E2 = '{"expression": "10+1"}'
_MEANT = (("calculator", {"expression": "6*7"}),)
_BOTH = (*_MEANT, ("calculator", {"expression": "10+1"}))
_SAFE = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"detected": False, "filtered": False}}


def _line(value: Any) -> bytes:
    return b"data: " + as_json(value) + b"\n\n"


def _calls(name: str, *deltas: Any, meant: Any = _MEANT, text: str = "", end: Any = "tool_calls") -> Shape:
    chunks = [chunk({"tool_calls": [*delta]} if isinstance(delta, tuple) else delta) for delta in deltas]
    ending = "stop" if end == "stop" else "tool_calls"
    return good(f"calls_{name}", *chunks, finish(end), calls=meant, text=text, ending=ending)


def _written(name: str, text: str, *, meant: Any = _MEANT, said: str = "") -> Shape:
    """Return an answer whose text is, or holds, a call."""
    parts = [text[at : at + 7] for at in range(0, len(text), 7)]
    return _calls(
        f"written_{name}", *({"content": part} for part in parts), meant=meant, text=said, end="stop"
    )


def _failed(name: str, body: Any, *error: str, status: int = 200, **more: Any) -> Shape:
    packed = body if isinstance(body, bytes) else as_json(body)
    return Shape(f"reported_{name}", (http(status, packed),), error=error, **more)


def _broken(name: str, *events: Any, error: tuple[str, ...]) -> Shape:
    body = b"".join(each if isinstance(each, bytes) else _line(each) for each in events)
    return raw(f"reported_{name}", body, error=error)


REPORTED_ANSWERS: tuple[Shape, ...] = (
    # counts
    counts("cohere_usage", {"tokens": {"input_tokens": 10, "output_tokens": 5}}, (10, 5)),
    counts(
        "cohere_both",
        {
            "billed_units": {"input_tokens": 10, "output_tokens": 5},
            "tokens": {"input_tokens": 90, "output_tokens": 6},
        },
        (10, 5),
    ),
    good(
        "counts_meta_tokens",
        SAID,
        finish(meta={"tokens": {"input_tokens": 10, "output_tokens": 5}}),
        usage=(10, 5),
    ),
    good(
        "counts_meta_billed",
        SAID,
        finish(meta={"billed_units": {"input_tokens": 10.0, "output_tokens": 5.0}, "tokens": {}}),
        usage=(10, 5),
    ),
    good(
        "counts_metadata_usage",
        SAID,
        finish(),
        {"choices": [], "metadata": {"usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}}},
        usage=(10, 5),
    ),
    counts(
        "openrouter_cost",
        {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.0001, "cost_details": {"upstream": None}},
        (10, 5),
    ),
    counts(
        "sglang_null_details",
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None, "reasoning_tokens": 0},
        (10, 5),
    ),
    counts("negative", {"prompt_tokens": -1, "completion_tokens": -1}, None),
    counts("booleans", {"prompt_tokens": True, "completion_tokens": False}, None),
    counts("nested_without_end", json.loads('{"usage":' * 80 + "1" + "}" * 80), None),
    good("counts_on_each_chunk", chunk({"content": "Hel"}, usage={"prompt_tokens": 10, "completion_tokens": 1}),
         chunk({"content": "lo"}, usage={"prompt_tokens": 10, "completion_tokens": 5}), finish(), usage=(10, 5)),
    # endings
    good("ends_other_with_text", SAID, finish("OTHER"), counted(), usage=(10, 5)),
    good("ends_unknown_with_text", SAID, finish("unknown"), counted(), usage=(10, 5)),
    good("ends_in_a_native_word", SAID, finish(None, native_finish_reason="STOP"), counted(), usage=(10, 5)),
    good("ends_with_empty_reason_each_time", chunk({"content": "Hello"}, ""), finish("stop"), counted(),
         usage=(10, 5)),
    good("ends_on_the_last_text", chunk({"content": "Hello"}, "stop"), counted(), usage=(10, 5)),
    good("ends_twice", SAID, finish(), finish(), counted(), usage=(10, 5)),
    good("ends_length_then_stop", SAID, finish("length"), finish("stop"), ending="length"),
    # frames
    raw("azure_report_first", _line({"id": "", "choices": [], "created": 0, "model": "", "object": "",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}]})
        + _line(SAID) + _line(finish()) + _line(counted()) + b"data: [DONE]\n\n", usage=(10, 5)),
    raw("azure_offsets_last", _line(SAID) + _line(finish()) + _line({"id": "", "choices": [{"index": 0,
        "finish_reason": None, "content_filter_results": _SAFE, "content_filter_offsets":
        {"check_offset": 44, "start_offset": 44, "end_offset": 198}}], "usage": None})
        + _line(counted()) + b"data: [DONE]\n\n", usage=(10, 5)),
    raw("azure_filter_error_in_results", _line(chunk({"content": "Hello"}) | {"prompt_filter_results":
        [{"prompt_index": 0, "content_filter_result": {"error": {"code": "content_filter_error",
        "message": "The contents are not filtered"}}}]}) + _line(finish()) + b"data: [DONE]\n\n"),
    raw("keepalive_json", b'data: {"type": "keepalive"}\n\n' + _line(SAID) + _line(finish())
        + b"data: [DONE]\n\n"),
    raw("keepalive_choiceless", b'data: {"id": "c", "object": "chat.completion.chunk"}\n\n' + _line(SAID)
        + _line(finish()) + b"data: [DONE]\n\n"),
    raw("data_null_in_between", _line(SAID) + b"data: null\n\n" + _line(finish()) + b"data: [DONE]\n\n"),
    raw("openrouter_processing", b": OPENROUTER PROCESSING\n\n" * 3 + _line(SAID | {"provider": "OpenAI"})
        + _line(finish()) + b"data: [DONE]\n\n"),
    raw("lmstudio_progress", b'event: prompt_processing.progress\ndata: {"progress": 0.5}\n\n' + _line(SAID)
        + _line(finish()) + b"data: [DONE]\n\n"),
    raw("vertex_carriage", (_line(SAID) + _line(finish())).replace(b"\n\n", b"\r\n\r\n")
        + b"data: [DONE]\r\n\r\n"),
    raw("done_with_a_dot", _line(SAID) + _line(finish()) + b"data: [DONE].\n\n"),
    raw("litellm_done_object", _line(SAID) + _line(finish()) + b'data: {"done": true}\n\n'),
    # text and reasoning
    good("empty_calls_beside", chunk({"content": "Hello", "tool_calls": []}), finish()),
    good("null_calls_beside", chunk({"content": "Hello", "tool_calls": None, "function_call": None}), finish()),
    good("audio_null", chunk({"content": "Hello", "audio": None, "refusal": None}), finish()),
    good("parts_with_a_signature", chunk({"content": [{"type": "text", "text": "Hello"}],
         "extra_content": {"google": {"thought_signature": "abc"}}}), finish()),
    good("signature_after_the_text", SAID, chunk({"content": "", "extra_content":
         {"google": {"thought_signature": "abc"}}}), finish()),
    good("databricks_parts", chunk({"content": [{"type": "reasoning", "summary": [{"type": "summary_text",
         "text": "hm", "signature": "s"}]}]}), chunk({"content": [{"type": "text", "text": "Hello"}]}),
         finish(), reasoning="hm"),
    good("reasoning_and_text_in_one", chunk({"reasoning_content": "hm", "content": "Hello"}), finish(),
         reasoning="hm"),
    good("reasoning_null_then_text", chunk({"reasoning": None, "reasoning_content": "hm", "content": None}),
         SAID, finish(), reasoning="hm"),
    good("reasoning_empty_text", chunk({"reasoning_content": "", "content": "Hello"}), finish()),
    good("think_split_in_letters", *(chunk({"content": letter}) for letter in "<think>hm</think>Hello"),
         finish(), reasoning="hm"),
    good("json_null_message_fields", SAID | {"service_tier": None, "system_fingerprint": None}, finish()),
    Shape("json_with_an_empty_error", (http(200, as_json(WHOLE | {"error": ""})),), usage=(10, 5)),
    Shape("json_with_false_error", (http(200, as_json(WHOLE | {"error": False})),), usage=(10, 5)),
    Shape("json_with_code_zero", (http(200, as_json(WHOLE | {"code": 0, "msg": "success"})),), usage=(10, 5)),
    Shape("json_base_resp_good", (http(200, as_json(WHOLE | {"base_resp": {"status_code": 0,
          "status_msg": ""}})),), usage=(10, 5)),
    Shape("json_status_201", (http(201, as_json(WHOLE)),), usage=(10, 5)),
    Shape("json_with_a_mark", (http(200, b"\xef\xbb\xbf" + as_json(WHOLE)),), usage=(10, 5)),
)  # fmt: skip

REPORTED_CALLS: tuple[Shape, ...] = (
    _written("bare", '{"name": "calculator", "arguments": {"expression": "6*7"}}'),
    _written("bare_parameters", '{"name": "calculator", "parameters": {"expression": "6*7"}}'),
    _written("bare_typed", '{"type": "function", "name": "calculator", "parameters": {"expression": "6*7"}}'),
    _written("bare_function", '{"type": "function", "function": {"name": "calculator", "arguments": '
             '{"expression": "6*7"}}}'),
    _written("bare_function_name", '{"function": "calculator", "arguments": {"expression": "6*7"}}'),
    _written("bare_text_arguments", json.dumps({"name": "calculator", "arguments": _E})),
    _written("bare_list", json.dumps([{"name": "calculator", "arguments": json.loads(each)}
             for each in (_E, _E2)]), meant=_BOTH),
    _written("bare_fenced", '```json\n{"name": "calculator", "arguments": {"expression": "6*7"}}\n```'),
    _written("not_an_answer", '{"name": "calculator", "price": 7}', meant=(),
             said='{"name": "calculator", "price": 7}'),
    _written("not_another_name", '{"name": "shell", "arguments": {}}', meant=(),
             said='{"name": "shell", "arguments": {}}'),
    _written("not_with_more", '{"name": "calculator", "arguments": {}, "result": 42}', meant=(),
             said='{"name": "calculator", "arguments": {}, "result": 42}'),
    _written("not_within_words", 'Use {"name": "calculator", "arguments": {"expression": "1"}} for it.',
             meant=(), said='Use {"name": "calculator", "arguments": {"expression": "1"}} for it.'),
    _calls("lone_text", (tool(0, "a", "calculator", '"6*7"'),)),
    _calls("lone_words", (tool(0, "a", "calculator", "6*7"),)),
    _calls("lone_number", (tool(0, "a", "calculator", "42"),),
           meant=(("calculator", {"expression": "42"}),)),
    _calls("arguments_none_then_whole", (tool(0, "a", "calculator") | {"function":
           {"name": "calculator", "arguments": None}},), (tool(0, None, None, _E),)),
    _calls("name_empty_for_parts", (tool(0, "a", "calculator", ""),), (tool(0, None, "", _E[:8]),),
           (tool(0, None, "", _E[8:]),)),
    _calls("kimi_counter", (tool(0, "functions.calculator:0", "calculator", _E),),
           (tool(1, "functions.calculator:1", "calculator", _E2),), meant=_BOTH),
    _calls("tgi_object", {"tool_calls": [{"id": "0", "type": "function", "function":
           {"description": None, "name": "calculator", "arguments": {"expression": "6*7"}}}]}),
    _calls("finish_stop_with_text", {"content": "One moment. "}, (tool(0, "a", "calculator", _E),),
           text="One moment. ", end="stop"),
    _calls("type_missing", {"tool_calls": [{"index": 0, "id": "a", "function":
           {"name": "calculator", "arguments": _E}}]}),
    _calls("gemini_signature", (tool(0, "a", "calculator", _E,
           extra_content={"google": {"thought_signature": "c2ln"}}),), end="stop"),
    _calls("empty_call_first", (tool(0, "", "", ""),), (tool(0, "a", "calculator", _E),)),
    _calls("ghost_call_after", (tool(0, "a", "calculator", _E),), (tool(1, None, "", ""),)),
    _calls("closing_brace_apart", (tool(0, "a", "calculator", _E[:-1]),), (tool(0, None, None, "}"),)),
    _calls("unicode_escapes", (tool(0, "a", "calculator", '{"expression": "6\\u002a7"}'),)),
    _calls("quoted_number_index", (tool("0", "a", "calculator", _E[:5]),), (tool("0", None, None, _E[5:]),)),
    _calls("reasoning_between", (tool(0, "a", "calculator", _E[:5]),), {"reasoning_content": "hm"},
           (tool(0, None, None, _E[5:]),)),
    _calls("text_between", (tool(0, "a", "calculator", _E[:5]),), {"content": "\n"},
           (tool(0, None, None, _E[5:]),), text="\n"),
    _written("hermes_in_parts", '<tool_call>\n{"arguments": {"expression": "6*7"}, "name": "calculator"}\n'
             "</tool_call>"),
    _written("kimi_singular", "<|tool_call_section_begin|><|tool_call_begin|>functions.calculator:0"
             '<|tool_call_argument_begin|>{"expression": "6*7"}<|tool_call_end|><|tool_call_section_end|>'),
    _written("kimi_bare", "<|tool_call_begin|>functions.calculator:0<|tool_call_argument_begin|>"
             '{"expression": "6*7"}<|tool_call_end|>'),
    _written("granite", '<|tool_call|>[{"name": "calculator", "arguments": {"expression": "6*7"}}]'),
    _written("granite_old", '<function_call> {"name": "calculator", "arguments": {"expression": "6*7"}}'),
    _written("internlm", '<|action_start|><|plugin|>\n{"name": "calculator", "parameters": '
             '{"expression": "6*7"}}<|action_end|>'),
    _written("lfm2", '<|tool_call_start|>[calculator(expression="6*7")]<|tool_call_end|>'),
    _written("pythonic", '[calculator(expression="6*7")]'),
    _written("qwen_without_opener", "<function=calculator>\n<parameter=expression>\n6*7\n</parameter>\n"
             "</function>\n</tool_call>"),
    _written("command_r", '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "calculator", "parameters": '
             '{"expression": "6*7"}}]<|END_ACTION|>'),
    _written("seed_oss", "<seed:tool_call><function=calculator><parameter=expression>6*7</parameter>"
             "</function></seed:tool_call>"),
    _written("gemini_code", '```tool_code\nprint(default_api.calculator(expression="6*7"))\n```', meant=(),
             said='```tool_code\nprint(default_api.calculator(expression="6*7"))\n```'),
)  # fmt: skip

REPORTED_FAILURES: tuple[Shape, ...] = (
    _broken("openrouter_mid_stream", SAID, {"id": "gen-1", "object": "chat.completion.chunk",
            "provider": "Nvidia", "error": {"code": 502, "message": "Worker local total request limit "
            "reached (33/32)", "metadata": {"error_type": "provider_unavailable"}}, "choices": [{"index": 0,
            "delta": {"content": ""}, "finish_reason": "error"}]},
            error=("server", "overloaded", "rate_limited")),
    _broken("openrouter_no_choices", {"id": "gen-1", "choices": [], "error": {"code": 429,
            "message": "Provider returned error", "metadata": {"raw": "Rate limit exceeded"}}},
            error=("rate_limited",)),
    _broken("nvidia_tools", {"error": {"object": "error", "message": "Tool calling is not supported in "
            "streaming mode!", "type": "BadRequestError", "param": None, "code": 400}},
            error=("bad_request",)),
    _broken("lmstudio_keep", b"event: error\n" + _line({"error": {"message": "Trying to keep the first 8082 "
            "tokens when context the overflows. However, the model is loaded with context length of only "
            "4096 tokens, which is not enough."}}), error=("context_length",)),
    _broken("lmstudio_unloaded", b"event: error\n" + _line({"error": {"message": "Model unloaded."}}),
            error=("server", "overloaded", "unknown_model")),
    _broken("gemini_malformed", finish("MALFORMED_FUNCTION_CALL"), error=("bad_response", "empty_answer")),
    _broken("gemini_filter_prefix", finish("function_call_filter: MALFORMED_FUNCTION_CALL"),
            error=("bad_response", "empty_answer")),
    _broken("gemini_empty_other", finish("OTHER"), b"data: [DONE]\n\n", error=("empty_answer",)),
    _broken("azure_filtered_midway", SAID, finish("content_filter"), b"data: [DONE]\n\n",
            error=("content_filter",)),
    _broken("vllm_engine_dead", SAID, {"error": {"message": "EngineCore encountered an issue.",
            "type": "InternalServerError", "param": None, "code": 500}}, error=("server",)),
    _broken("vllm_abort", SAID, finish("abort"), error=("server", "bad_response")),
    _broken("sglang_abort", SAID, chunk({}, {"type": "abort", "message": "Out of memory"}),
            error=("server", "bad_response", "overloaded")),
    _broken("tgi_event_error", b'event: error\ndata: {"error": "Request failed during generation: Server '
            b'error: CUDA out of memory", "error_type": "generation"}\n\n', error=("server", "overloaded")),
    _failed("databricks_parameter", {"error_code": "INVALID_PARAMETER_VALUE", "message": "INVALID_PARAMETER_"
            "VALUE: Invalid role."}, "bad_request", status=400),
    _failed("databricks_limit", {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "REQUEST_LIMIT_EXCEEDED:"
            " Exceeded workspace output tokens per minute rate limit"}, "rate_limited", status=429),
    _failed("ollama_tools", {"error": {"message": "registry.ollama.ai/library/gemma:2b does not support "
            "tools", "type": "api_error", "param": None, "code": None}}, "bad_request", status=400),
    _failed("ollama_missing", {"error": {"message": "model \"x\" not found, try pulling it first",
            "type": "api_error"}}, "unknown_model", status=404),
    _failed("ollama_memory", {"error": "model requires more system memory (9.6 GiB) than is available"},
            "server", "overloaded", status=500),
    _failed("deepseek_reasoning", {"error": {"message": "Missing `reasoning_content` field in the assistant "
            "message at message index 2.", "type": "invalid_request_error"}}, "unsupported", status=400),
    _failed("gemini_signature", [{"error": {"code": 400, "message": "Function call is missing a "
            "thought_signature in functionCall parts.", "status": "INVALID_ARGUMENT"}}], "bad_request",
            status=400),
    _failed("kimi_overloaded", {"error": {"message": "The engine is currently overloaded, please try again "
            "later", "type": "engine_overloaded_error"}}, "overloaded", status=429),
    _failed("kimi_suspended", {"error": {"message": "Your account org-1 <ak-1> is suspended, please check "
            "your plan and billing details", "type": "exceeded_current_quota_error"}}, "quota", status=429),
    _failed("bedrock_end_of_life", {"message": "This model version has reached the end of its life. Please "
            "refer to the AWS documentation for more details."}, "unknown_model", status=404),
    _failed("bedrock_profile", {"message": "Invocation of model ID anthropic.claude-x with on-demand "
            "throughput isn't supported. Retry your request with the ID or ARN of an inference profile that "
            "contains this model."}, "unknown_model", "bad_request", status=400),
    _failed("azure_string_code", {"error": {"code": "429", "message": "Requests to the "
            "ChatCompletions_Create Operation have exceeded token rate limit. Please retry after 6 "
            "seconds."}}, "rate_limited", status=429, wait=6.0),
    _failed("azure_filter", {"error": {"message": "The response was filtered due to the prompt triggering "
            "Azure OpenAI's content management policy.", "type": None, "param": "prompt",
            "code": "content_filter", "status": 400}}, "content_filter", status=400),
    _failed("litellm_context", {"error": {"message": "litellm.ContextWindowExceededError: litellm."
            "BadRequestError: This model's maximum context length is 8192 tokens.", "type": None,
            "code": "400"}}, "context_length", status=400),
    _failed("litellm_parallel", {"error": {"message": "Max parallel request limit reached for key",
            "type": "None", "code": "429"}}, "rate_limited", status=429),
    _failed("openrouter_no_tools", {"error": {"message": "No endpoints found that support tool use.",
            "code": 404}}, "bad_request", "unknown_model", status=404),
    _failed("openrouter_moderation", {"error": {"message": "Your chosen model requires moderation and your "
            "input was flagged for \"violence\".", "code": 403, "metadata": {"reasons": ["violence"]}}},
            "content_filter", status=403),
    _failed("mistral_422", {"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc":
            ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, "type": "invalid_request_error",
            "code": None}, "bad_request", status=422),
    _failed("mistral_capacity", {"object": "error", "message": "Service tier capacity exceeded for this "
            "model.", "type": "service_tier_capacity_exceeded", "code": "3505"}, "rate_limited",
            "overloaded", status=429),
    _failed("groq_capacity", {"error": {"message": "x is currently over capacity. Please try again and back "
            "off exponentially.", "type": "internal_server_error"}}, "overloaded", status=503),
    _failed("groq_decommissioned", {"error": {"message": "The model `x` has been decommissioned and is no "
            "longer supported.", "type": "invalid_request_error", "code": "model_decommissioned"}},
            "unknown_model", status=400),
    _failed("vllm_task", {"object": "error", "message": "The model does not support Chat Completions API",
            "type": "BadRequestError", "param": None, "code": 400}, "bad_request", "unknown_model",
            status=400),
    _failed("vllm_auto_tools", {"object": "error", "message": "\"auto\" tool choice requires --enable-auto-"
            "tool-choice and --tool-call-parser to be set", "type": "BadRequestError", "code": 400},
            "bad_request", status=400),
    _failed("lmstudio_template", {"error": "Error rendering prompt with jinja template: \"Conversation roles "
            "must alternate user/assistant\"."}, "bad_request", status=400),
    _failed("lmstudio_no_model", {"error": {"message": "No models loaded. Please load a model in the "
            "developer page or use the `lms load` command.", "code": "model_not_found"}}, "unknown_model",
            status=404),
    _failed("llamacpp_slots", {"error": {"code": 503, "message": "no slot available", "type":
            "unavailable_error"}}, "overloaded", status=503),
    _failed("llamacpp_context", {"error": {"code": 400, "message": "the request exceeds the available "
            "context size, try increasing it", "type": "exceed_context_size_error", "n_prompt_tokens": 9000,
            "n_ctx": 4096}}, "context_length", status=400),
    _failed("together_queue", {"error": {"message": "Model is too busy, queue is full", "type":
            "server_error"}}, "overloaded", status=503),
    _failed("fireworks_412", {"error": {"message": "Account x is suspended, possibly due to reaching the "
            "monthly spending limit", "code": "PRECONDITION_FAILED"}}, "quota", "auth", status=412),
    _failed("cloudflare_524", b"<html><head><title>524: A timeout occurred</title></head></html>", "server",
            status=524),
    _failed("portkey", {"error": {"message": "openai error: Rate limit reached", "type": "tokens",
            "code": "rate_limit_exceeded"}, "provider": "openai"}, "rate_limited", status=429),
    _failed("success_false", {"success": False, "error": "Invalid API key"}, "auth"),
    _failed("html_login", b"<!doctype html><html><title>Sign in</title></html>", "bad_response"),
    raw("reported_half_a_call", _line(chunk({"tool_calls": [tool(0, "a", "calculator", _E[:9])]})),
        head=HEAD, error=("network", "bad_response")),
)  # fmt: skip
