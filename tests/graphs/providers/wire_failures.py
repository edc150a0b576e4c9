"""Refusals and broken answers, in the words of servers."""

# ruff: noqa: E501 - sentences of servers

import gzip
from typing import Any

from tests.graphs.providers.wire_shapes import HEAD, Shape, as_json, chunk, counted, finish, packed
from tests.runtimes.wire_server import http, sse

__all__ = ["FAILURES"]


def _refused(
    name: str, status: int, body: Any, *classes: str, wait: float | None = None, headers: Any = None
) -> Shape:
    said = body if isinstance(body, bytes) else as_json(body)
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
            "violation",
            "risk_control",
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
            packed(
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
            + as_json(chunk({"content": "Hel"}))
            + b'\n\nerror: {"code":500,"message":"boom"}\n\n',
        ),
        error=("server",),
    ),
    Shape(
        "broken_error_event",
        (
            HEAD
            + b"data: "
            + as_json(chunk({"content": "Hel"}))
            + b"\n\nevent: error\ndata: Internal Server Error\n\n",
        ),
        error=("server",),
    ),
    Shape(
        "broken_frame",
        (
            HEAD
            + b"data: "
            + as_json(chunk({"content": "Hel"}))
            + b'\n\ndata: {"choices": [{"del\n\ndata: '
            + as_json(finish())
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
