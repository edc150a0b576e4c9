"""Answers that an address gives in another protocol than OpenAI's, and frames that only some gateways write."""

# ruff: noqa: E501 - chunks as they come

import gzip
import json
from typing import Any

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
    raw,
)
from tests.runtimes.wire_server import http, sse

__all__ = ["OTHER_ANSWERS", "OTHER_CALLS", "OTHER_FAILURES"]

_EXPRESSION = {"expression": "6*7"}
_MEANT = (("calculator", _EXPRESSION),)


def _lines(name: str, *objects: Any, **expected: Any) -> Shape:
    return raw(name, b"".join(as_json(each) + b"\n" for each in objects), **expected)


def _events(name: str, *objects: Any, **expected: Any) -> Shape:
    """Return a stream that ends without ``[DONE]``, as those of other protocols do."""
    return good(name, *objects, done=False, **expected)


def _json(name: str, document: Any, **expected: Any) -> Shape:
    return Shape(name, (http(200, as_json(document)),), **expected)


def _framed(name: str, field: str = "data: ", end: str = "\n\n", before: str = "") -> Shape:
    """Return an ordinary answer whose events begin and end as is said."""
    body = "".join(f"{before}{field}{json.dumps(each)}{end}" for each in (SAID, finish(), counted()))
    return raw(f"framed_{name}", body.encode(), usage=(10, 5))


def _tagged(name: str, written: str, **expected: Any) -> Shape:
    return good(f"tagged_{name}", *(chunk({"content": one}) for one in written), finish(), **expected)


def _ollama(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": text}, "done": False} | more


def _tencent(text: str, reason: str = "") -> dict[str, Any]:
    usage = {"PromptTokens": 10, "CompletionTokens": 5, "TotalTokens": 15}
    choice = {"Index": 0, "Delta": {"Role": "assistant", "Content": text}, "FinishReason": reason}
    return {"Id": "x", "Choices": [choice], "Usage": usage}


def _gemini(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [*parts], "role": "model"}, "index": 0} | more]}


_OLLAMA_END = _ollama("", done=True, done_reason="stop", prompt_eval_count=10, eval_count=5)
_GEMINI_COUNTS = {"usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}}
_MESSAGE = {"type": "message_start", "message": {"usage": {"input_tokens": 10, "output_tokens": 1}}}
_COUNTED = {"input_tokens": 10, "output_tokens": 5}
_CONVERSE = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}


def _block(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def _stopped(reason: str = "end_turn") -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}}


OTHER_ANSWERS: tuple[Shape, ...] = (
    _framed("in_capitals", "DATA: "),
    _framed("with_a_capital", "Data:"),
    _framed("nul_before", before="\0\0"),
    _framed("nul_after", end="\0\n\n"),
    _framed("nul_lines", before="\0\n\n"),
    _framed("marks_before", before="\ufeff"),
    _framed("json_sequence", "\x1e", "\n"),
    raw("nul_then_json", b"\0\0" + as_json(WHOLE), usage=(10, 5)),
    raw("done_without_a_field", sse(SAID, done=False).removeprefix(HEAD) + b"[DONE]\n"),
    good("json_in_text", *(as_json(json.dumps(each)) for each in (SAID, finish(), counted())), usage=(10, 5)),
    good("a_comma_too_many", SAID, as_json(finish()) + b","),
    _lines("ollama", _ollama("Hel"), _ollama("lo"), _OLLAMA_END, usage=(10, 5)),
    _events("ollama_as_events", _ollama("Hello"), _OLLAMA_END, usage=(10, 5)),
    _lines("ollama_thinks", _ollama("", message={"thinking": "hm"}), _ollama("Hello"), _OLLAMA_END, reasoning="hm", usage=(10, 5)),
    _lines("ollama_completion", {"response": "Hello", "done": False}, {"response": "", "done": True}),
    _lines("ollama_cut", _ollama("Hello"), _ollama("", done=True, done_reason="length"), ending="length"),
    _events("anthropic", _MESSAGE, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "ping"}, _block("Hel"), _block("lo"), {"type": "content_block_stop", "index": 0}, _stopped(), {"type": "message_stop"}, usage=(10, 5)),
    _events("anthropic_thinks", _MESSAGE, {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}, _block("Hello", 1), _stopped(), reasoning="hm", usage=(10, 5)),
    _json("anthropic_whole", {"type": "message", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn", "usage": {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 5}}, usage=(160, 5), cached=60),
    _events("gemini", _gemini({"text": "hm", "thought": True}), _gemini({"text": "Hello"}, finishReason="STOP") | _GEMINI_COUNTS, reasoning="hm", usage=(10, 5)),
    _json("gemini_in_a_list", [_gemini({"text": "Hel"}), _gemini({"text": "lo"}, finishReason="STOP") | _GEMINI_COUNTS], usage=(10, 5)),
    _events("tencent", _tencent("Hel"), _tencent("lo"), _tencent("", "stop"), usage=(10, 5)),
    _json("tencent_whole", {"Response": {"Choices": [{"Message": {"Content": "Hello"}, "FinishReason": "stop"}], "Usage": {"PromptTokens": 10, "CompletionTokens": 5}}}, usage=(10, 5)),
    _events("cohere", {"type": "message-start"}, {"type": "content-delta", "delta": {"message": {"content": {"text": "Hello"}}}}, {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"billed_units": _COUNTED}}}, usage=(10, 5)),
    _json("cohere_whole", {"message": {"content": [{"type": "text", "text": "Hello"}]}, "finish_reason": "COMPLETE", "usage": {"billed_units": _COUNTED}}, usage=(10, 5)),
    _json("converse_whole", {"output": {"message": {"content": [{"text": "Hello"}]}}, "stopReason": "end_turn", "usage": _CONVERSE}, usage=(10, 5)),
    _events("converse", {"messageStart": {"role": "assistant"}}, {"contentBlockDelta": {"delta": {"text": "Hello"}}}, {"messageStop": {"stopReason": "end_turn"}}, {"metadata": {"usage": _CONVERSE}}, usage=(10, 5)),
    _events("tgi", {"token": {"text": "Hel"}, "generated_text": None}, {"token": {"text": "lo"}, "generated_text": "Hello"}),
    _json("tgi_whole", [{"generated_text": "Hello"}]),
    _events("llamacpp", {"content": "Hello", "stop": False}, {"content": "", "stop": True, "tokens_evaluated": 10, "tokens_predicted": 5}, usage=(10, 5)),
    good("cloudflare", {"response": "Hello"}, {"response": "", "usage": _COUNTED}, usage=(10, 5)),
    _json("cloudflare_whole", {"result": {"response": "Hello", "usage": _COUNTED}, "success": True, "errors": []}, usage=(10, 5)),
    _json("dashscope", {"output": {"text": "Hello", "finish_reason": "stop"}, "usage": _COUNTED}, usage=(10, 5)),
    _json("watsonx", {"results": [{"generated_text": "Hello", "generated_token_count": 5, "input_token_count": 10, "stop_reason": "eos_token"}]}, usage=(10, 5)),
    _json("responses_whole", {"object": "response", "status": "completed", "output": [{"type": "reasoning", "summary": [{"text": "hm"}]}, {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}], "usage": _COUNTED}, reasoning="hm", usage=(10, 5)),
    _events("responses", {"type": "response.created", "response": {"status": "in_progress"}}, {"type": "response.output_text.delta", "delta": "Hello"}, {"type": "response.completed", "response": {"status": "completed", "usage": _COUNTED}}, usage=(10, 5)),
    _tagged("answer", "<answer>Hello</answer>"),
    _tagged("answer_after_thoughts", "<think>hm</think>\n<answer>\nHello\n</answer>\n", reasoning="hm"),
    _tagged("output_after_thoughts", "<thinking>hm</thinking><output>Hello</output>", reasoning="hm"),
    _tagged("output_alone", "<output>Hello</output>", text="<output>Hello</output>"),
    _tagged("two_answers", "<answer>a</answer><answer>b</answer>", text="<answer>a</answer><answer>b</answer>"),
    _tagged("chatml", "<|im_start|>assistant\nHello<|im_end|>"),
    _tagged("llama_header", "<|start_header_id|>assistant<|end_header_id|>\n\nHello"),
    counts("input_output", {"input": 10, "output": 5, "total": 15}, (10, 5)),
    counts("input_output_cache", {"input": 40, "output": 5, "cache_read": 60, "total": 105}, (100, 5), cached=60),
    counts("pascal_case", {"PromptTokens": 10, "CompletionTokens": 5}, (10, 5)),
    counts("within_tokens", {"tokens": {"input": 10, "output": 5}}, (10, 5)),
    counts("in_a_list", [{"prompt_tokens": 10, "completion_tokens": 5}], (10, 5)),
    counts("as_text", '{"prompt_tokens": 10, "completion_tokens": 5}', (10, 5)),
    good("calls_told_and_none", SAID, finish("tool_calls")),
    good("choice_numbered_in_text", {"choices": [{"index": "0", "delta": {"content": "Hel"}}]}, chunk({"content": "lo"}), finish()),
    good("choices_end_apart", SAID, {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}, finish()),
    good("ends_in_the_delta", SAID, {"choices": [{"index": 0, "delta": {"finish_reason": "stop"}}]}, done=False),
    good("ends_beside_the_choices", SAID, {"choices": [{"index": 0, "delta": {}}], "finish_reason": "length"}, ending="length"),
    good("written_by_python", str(SAID).encode(), finish()),
    raw("gzip_unsaid", gzip.compress(BODY), usage=(10, 5)),
    Shape("chunked_and_a_length", (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n") + frames(BODY) + b"0\r\n\r\n",), usage=(10, 5)),
    good("gemini_end_with_the_last_text", chunk({"content": "Hel"}), {"choices": [{"index": 0, "delta": {"content": "lo"}, "finishReason": "STOP"}]}, done=False),
)  # fmt: skip
OTHER_CALLS: tuple[Shape, ...] = (
    _lines("calls_ollama", _ollama("", message={"tool_calls": [{"function": {"name": "calculator", "arguments": _EXPRESSION}}]}), _OLLAMA_END, calls=_MEANT, text=""),
    _events("calls_anthropic", _MESSAGE, {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "calculator", "input": {}}}, *({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": part}} for part in ("", '{"expression"', ': "6*7"}')), _stopped("tool_use"), calls=_MEANT, text="", ending="tool_calls"),
    _json("calls_gemini", _gemini({"functionCall": {"name": "calculator", "args": _EXPRESSION}}, finishReason="STOP"), calls=_MEANT, text=""),
    _json("calls_converse", {"output": {"message": {"content": [{"toolUse": {"toolUseId": "t", "name": "calculator", "input": _EXPRESSION}}]}}, "stopReason": "tool_use"}, calls=_MEANT, text="", ending="tool_calls"),
    good("calls_in_the_choice", {"choices": [{"index": 0, "delta": {}, "tool_calls": [{"id": "a", "function": {"name": "calculator", "arguments": _EXPRESSION}}], "finish_reason": "stop"}]}, calls=_MEANT, text=""),
    good("calls_legacy_in_a_list", chunk({"function_call": [{"name": "calculator", "arguments": '{"expression": "6*7"}'}]}), finish(), calls=_MEANT, text=""),
    good("calls_among_thoughts", chunk({"reasoning_content": 'So: <tool_call>{"name": "calculator", "arguments": {"expression": "6*7"}}</tool_call>'}), finish(), calls=_MEANT, text=""),
    good("calls_two_under_one_number", *(chunk({"tool_calls": [{"index": 0, "function": {"name": name, "arguments": given}}]}) for name, given in (("calculator", '{"expression": "6*7"}'), ("", '{"expression": "10+1"}'))), finish("tool_calls"), calls=(*_MEANT, ("calculator", {"expression": "10+1"})), text="", ending="tool_calls"),
)  # fmt: skip
OTHER_FAILURES: tuple[Shape, ...] = (
    raw("framed_error_in_capitals", b'EVENT: error\nDATA: {"error": {"message": "Rate limit reached"}}\n\n', error=("rate_limited",)),
    _json("tencent_auth", {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "The SecretId is not found."}}}, error=("auth",)),
    _json("tencent_rate", {"Response": {"Error": {"Code": "RequestLimitExceeded", "Message": "Too many."}}}, error=("rate_limited",)),
    _events("tencent_filtered", _tencent("Hel"), _tencent("", "sensitive"), error=("content_filter",)),
    _events("anthropic_refuses", _MESSAGE, _block("I"), _stopped("refusal"), error=("content_filter",)),
    _events("anthropic_broken_off", _MESSAGE, _block("Hel"), error=("bad_response", "network")),
    _json("gemini_unsafe", {"candidates": [{"finishReason": "SAFETY"}]}, error=("content_filter",)),
    _lines("ollama_broken_off", _ollama("Hel"), error=("bad_response", "network")),
    good("refusal", chunk({"refusal": "I cannot help."}), finish(), error=("content_filter",)),
    _json("refusal_in_a_part", {"choices": [{"message": {"content": [{"type": "refusal", "refusal": "I cannot."}]}, "finish_reason": "stop"}]}, error=("content_filter",)),
    good("calls_told_and_nothing", chunk({"content": ""}), finish("tool_calls"), error=("empty_answer", "bad_response")),
)  # fmt: skip
