"""Refusals and broken answers as users of many servers report them, with the class that each has."""

# ruff: noqa: E501 - sentences of servers

import json
from typing import Any

from tests.graphs.providers.wire_shapes import SAID, WHOLE, Shape, as_json, chunk, counted, finish, good
from tests.runtimes.wire_server import http

__all__ = ["NEWER_FAILURES"]


def _said(
    name: str,
    status: int,
    body: Any,
    *error: str,
    wait: float | None = None,
    headers: dict[str, str] | None = None,
) -> Shape:
    content = body if isinstance(body, bytes) else as_json(body)
    return Shape(f"newer_{name}", (http(status, content, headers=headers),), error=error, wait=wait)


def _message(text: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": text} | more}


def _broken(name: str, *chunks: Any, error: tuple[str, ...], done: bool = True) -> Shape:
    return good(f"newer_{name}", *chunks, done=done, error=error)


def _ends(word: Any, *error: str, **more: Any) -> Shape:
    return good(f"newer_ends_{str(word)[:24]}", SAID, finish(word, **more), counted(), error=error)


_FAILED = ("server", "bad_response", "network", "overloaded")
NEWER_FAILURES: tuple[Shape, ...] = (
    # LiteLLM
    _broken(
        "litellm_first",
        _message(
            'litellm.RateLimitError: AnthropicException - {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the rate limit"}}',
            type=None,
            param=None,
            code="429",
        ),
        error=("rate_limited",),
    ),
    _said(
        "litellm_budget",
        400,
        _message(
            "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0", type="budget_exceeded", code="400"
        ),
        "quota",
    ),
    _said(
        "litellm_over_tpm",
        429,
        _message(
            "LiteLLM Rate Limit Handler for rate limit type = key. Crossed TPM / RPM / Max Parallel Request Limit. current rpm: 5, rpm limit: 5",
            code="429",
        ),
        "rate_limited",
    ),
    _said(
        "litellm_no_deployments",
        429,
        _message(
            "No deployments available for selected model, Try again in 60 seconds. Passed model=gpt-4o. pre-call-checks=False, cooldown_list=['a']",
            type="None",
            code="429",
        ),
        "rate_limited",
        "overloaded",
        wait=60,
    ),
    _said(
        "litellm_not_allowed",
        401,
        _message(
            "key not allowed to access model. This key can only access models=['a']. Tried to access gpt-9",
            type="key_model_access_denied",
            param="model",
            code="401",
        ),
        "auth",
        "unknown_model",
    ),
    _said(
        "litellm_invalid_name",
        400,
        _message(
            "{'error': '/chat/completions: Invalid model name passed in model=gpt-9. Call `/v1/models` to view available models for your key.'}",
            code="400",
        ),
        "unknown_model",
    ),
    _said(
        "litellm_expired",
        400,
        _message("Authentication Error, ExpiredToken: key expired", type="auth_error", code="401"),
        "auth",
    ),
    _said(
        "litellm_context_window",
        400,
        _message(
            "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - Your input exceeds the context window of this model.",
            code="400",
        ),
        "context_length",
    ),
    _said(
        "litellm_guardrail",
        400,
        _message("{'error': 'Violated guardrail policy', 'bedrock_guardrail_response': 'Sorry'}", code="400"),
        "content_filter",
    ),
    _said(
        "litellm_api_connection",
        500,
        _message("litellm.APIConnectionError: OllamaException - [Errno 111] Connection refused", code="500"),
        "server",
        "network",
        "overloaded",
    ),
    _said(
        "context_allows", 400, {"error": "prompt has 9000 tokens but the model allows 8192"}, "context_length"
    ),
    _said("monthly_quota", 429, _message("Monthly quota exceeded. Upgrade your plan"), "quota"),
    # OpenRouter
    _said(
        "openrouter_afford",
        402,
        _message(
            "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 3000.",
            code=402,
        ),
        "quota",
    ),
    _said(
        "openrouter_key_limit",
        403,
        _message(
            "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys", code=403
        ),
        "quota",
    ),
    _said(
        "openrouter_allowed",
        404,
        _message("No allowed providers are available for the selected model.", code=404),
        "unknown_model",
    ),
    _said(
        "openrouter_upstream",
        429,
        _message(
            "Provider returned error",
            code=429,
            metadata={
                "raw": "deepseek/x:free is temporarily rate-limited upstream. Please retry shortly, or add your own key",
                "provider_name": "Chutes",
            },
        ),
        "rate_limited",
    ),
    _said(
        "openrouter_flagged",
        403,
        _message(
            'openai/x requires moderation on OpenAI. Your input was flagged for "violence". No credits were charged.',
            code=403,
            metadata={"reasons": ["violence"], "flagged_input": "…"},
        ),
        "content_filter",
    ),
    _said(
        "openrouter_middle_out",
        400,
        _message(
            'This endpoint\'s maximum context length is 131072 tokens. However, you requested about 140000 tokens. Please reduce the length of either one, or use the "middle-out" transform.',
            code=400,
        ),
        "context_length",
    ),
    _said("openrouter_no_user", 401, _message("User not found.", code=401), "auth"),
    _said("openrouter_cookie", 401, _message("No cookie auth credentials found", code=401), "auth"),
    _said("openrouter_timeout", 408, _message("Request timed out", code=408), "server"),
    _broken(
        "openrouter_native_error",
        chunk({"content": ""}),
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "finish_reason": "stop",
                    "native_finish_reason": "error",
                }
            ]
        },
        counted(),
        error=(*_FAILED, "empty_answer"),
    ),
    _broken(
        "openrouter_native_network",
        SAID,
        {
            "choices": [
                {"index": 0, "delta": {}, "finish_reason": "stop", "native_finish_reason": "network_error"}
            ]
        },
        counted(),
        error=_FAILED,
    ),
    _broken(
        "openrouter_error_chunk",
        SAID,
        {
            "id": "g",
            "error": {
                "code": 502,
                "message": "Upstream idle timeout exceeded",
                "metadata": {"error_type": "provider_unavailable"},
            },
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        error=_FAILED,
    ),
    _broken(
        "openrouter_error_in_choice",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": ""},
                    "finish_reason": "error",
                    "error": {"code": 429, "message": "Rate limit exceeded"},
                }
            ]
        },
        error=("rate_limited",),
    ),
    # Azure
    _said(
        "azure_audience",
        401,
        {
            "statusCode": 401,
            "message": "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.",
        },
        "auth",
    ),
    _said(
        "azure_network_rules",
        403,
        _message("Access denied due to Virtual Network/Firewall rules.", code="403"),
        "auth",
    ),
    _said(
        "azure_operation",
        400,
        _message(
            "The chatCompletion operation does not work with the specified model, text-embedding-ada-002. Please choose different model and try again.",
            code="OperationNotSupported",
        ),
        "unknown_model",
        "bad_request",
    ),
    _said(
        "azure_api_version",
        400,
        _message(
            "Model o3-mini is enabled only for api versions 2024-12-01-preview and later", code="BadRequest"
        ),
        "bad_request",
    ),
    _said("azure_no_version", 404, _message("API version not supported", code="404"), "bad_request"),
    _said("azure_timeout", 408, _message("The operation was timeout.", code="Timeout"), "server"),
    _said(
        "azure_quota_of_tokens",
        429,
        _message(
            "Your requests to gpt-4o for gpt-4o in Sweden Central have exceeded the token rate limit for your current AIServices S0 pricing tier. This request was for ChatCompletions_Create under Azure OpenAI API version 2024-12-01-preview. Please retry after 54 seconds. To increase your default rate limit, visit: https://aka.ms/oai/quotaincrease.",
            code="RateLimitReached",
        ),
        "rate_limited",
        wait=54,
    ),
    _said(
        "azure_project",
        404,
        _message(
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
            code="DeploymentNotFound",
        ),
        "unknown_model",
    ),
    _said(
        "azure_prompt_filter",
        400,
        _message(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
            param="prompt",
            code="content_filter",
            status=400,
            innererror={
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {"jailbreak": {"filtered": True, "detected": True}},
            },
        ),
        "content_filter",
    ),
    _broken(
        "azure_stream_error",
        SAID,
        _message(
            "The server had an error processing your request. Sorry about that!",
            type="server_error",
            code=None,
        ),
        error=("server",),
    ),
    # Gemini
    _said(
        "gemini_limit_zero",
        429,
        [
            _message(
                "You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-2.5-pro\nPlease retry in 12.5s.",
                code=429,
                status="RESOURCE_EXHAUSTED",
            )
        ],
        "rate_limited",
        "quota",
    ),
    _said(
        "gemini_location",
        400,
        [_message("User location is not supported for the API use.", code=400, status="FAILED_PRECONDITION")],
        "auth",
        "bad_request",
    ),
    _said(
        "gemini_turn_order",
        400,
        [
            _message(
                "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
                code=400,
                status="INVALID_ARGUMENT",
            )
        ],
        "bad_request",
    ),
    _said(
        "gemini_list_models",
        404,
        [
            _message(
                "models/gemini-9 is not found for API version v1main, or is not supported for generateContent. Call ListModels to see the list of available models.",
                code=404,
                status="NOT_FOUND",
            )
        ],
        "unknown_model",
    ),
    _said(
        "gemini_no_longer",
        404,
        [
            _message(
                "This model models/gemini-1.0-pro is no longer available. Please update your code to use a newer model.",
                code=404,
                status="NOT_FOUND",
            )
        ],
        "unknown_model",
    ),
    _said(
        "gemini_project_denied",
        403,
        [
            _message(
                "Generative Language API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.example and then retry.",
                code=403,
                status="PERMISSION_DENIED",
                details=[{"reason": "SERVICE_DISABLED"}],
            )
        ],
        "auth",
    ),
    _said(
        "gemini_leaked",
        403,
        [
            _message(
                "Your API key was reported as leaked. Please use another API key.",
                code=403,
                status="PERMISSION_DENIED",
            )
        ],
        "auth",
    ),
    _said(
        "gemini_no_key",
        400,
        [_message("Missing or invalid Authorization header.", code=400, status="INVALID_ARGUMENT")],
        "auth",
    ),
    _said(
        "gemini_spend_cap",
        429,
        [
            _message(
                "Your project has exceeded its monthly spending cap. Please go to AI Studio to manage your project spend cap.",
                code=429,
                status="RESOURCE_EXHAUSTED",
            )
        ],
        "quota",
    ),
    _said(
        "vertex_dynamic",
        429,
        [
            _message(
                "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
                code=429,
                status="RESOURCE_EXHAUSTED",
            )
        ],
        "rate_limited",
    ),
    _said(
        "vertex_context",
        400,
        [
            _message(
                "Unable to submit request because the input token count is 1100000 but model only supports up to 1048576. Reduce the input token count and try again.",
                code=400,
                status="INVALID_ARGUMENT",
            )
        ],
        "context_length",
    ),
    _ends("MISSING_THOUGHT_SIGNATURE", "bad_response"),
    _ends("finish_reason_prohibited_content", "content_filter"),
    _ends("MODEL_ARMOR", "content_filter"),
    # Bedrock and its gateways
    _said(
        "bedrock_too_long",
        400,
        {
            "detail": "An error occurred (ValidationException) when calling the ConverseStream operation: The model returned the following errors: prompt is too long: 208000 tokens > 200000 maximum"
        },
        "context_length",
    ),
    _said("bedrock_input", 400, {"message": "Input is too long for requested model."}, "context_length"),
    _said(
        "bedrock_quota",
        400,
        {
            "detail": "An error occurred (ServiceQuotaExceededException) when calling the Converse operation: Your request exceeds the service quota for your account."
        },
        "quota",
        "rate_limited",
    ),
    _said(
        "bedrock_model_error",
        424,
        {
            "detail": "An error occurred (ModelErrorException) when calling the Converse operation: The system encountered an unexpected error during processing. Try your request again."
        },
        "server",
    ),
    _said(
        "bedrock_not_ready",
        429,
        {
            "message": "Model is not ready for inference. Wait and try your request again",
            "__type": "ModelNotReadyException",
        },
        "overloaded",
        "rate_limited",
    ),
    _said(
        "bedrock_unavailable",
        503,
        {
            "detail": "An error occurred (ServiceUnavailableException) when calling the ConverseStream operation (reached max retries: 4): Bedrock is unable to process your request."
        },
        "overloaded",
    ),
    _said(
        "bedrock_resolve",
        404,
        {"message": "Could not resolve the foundation model from the provided model identifier."},
        "unknown_model",
    ),
    _said(
        "bedrock_gateway_model",
        400,
        {"detail": "Unsupported model us.x, please use models API to get a list of supported models"},
        "unknown_model",
    ),
    _said(
        "bedrock_signature",
        403,
        {
            "__type": "InvalidSignatureException",
            "message": "The request signature we calculated does not match the signature you provided.",
        },
        "auth",
    ),
    _said(
        "bedrock_marketplace",
        403,
        {
            "detail": "An error occurred (AccessDeniedException) when calling the Converse operation: Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions"
        },
        "auth",
        "unknown_model",
    ),
    _said(
        "bedrock_day",
        429,
        {"message": "Too many tokens per day, please wait before trying again."},
        "rate_limited",
        "quota",
    ),
    _broken(
        "bedrock_gateway_stream",
        _message(
            "An error occurred (ThrottlingException) when calling the ConverseStream operation: Too many tokens, please wait before trying again."
        ),
        error=("rate_limited",),
    ),
    # Databricks
    _said(
        "databricks_nested",
        400,
        {
            "error_code": "BAD_REQUEST",
            "message": json.dumps(
                {
                    "external_model_provider": "amazon-bedrock",
                    "external_model_error": {"message": "Input is too long for requested model."},
                }
            ),
        },
        "context_length",
    ),
    _said(
        "databricks_disabled",
        403,
        {
            "error_code": "PERMISSION_DENIED",
            "message": "PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.",
        },
        "auth",
        "quota",
    ),
    _said(
        "databricks_guardrail",
        400,
        {
            "usage": {"prompt_tokens": 9, "total_tokens": 9},
            "input_guardrail": [{"flagged": True, "categories": {"violent_crimes": True}}],
            "finishReason": "input_guardrail_triggered",
        },
        "content_filter",
    ),
    _said(
        "databricks_away",
        503,
        {
            "error_code": "TEMPORARILY_UNAVAILABLE",
            "message": "The service at /serving-endpoints/x/invocations is taking too long to process your request. Please try again later or try a faster operation.",
        },
        "overloaded",
    ),
    _said(
        "databricks_deadline",
        504,
        {"error_code": "DEADLINE_EXCEEDED", "message": "Model serving request timed out"},
        "server",
    ),
    _said("databricks_token", 403, {"error_code": 403, "message": "Invalid access token."}, "auth"),
    _said(
        "databricks_tokens_hour",
        429,
        {
            "error_code": "REQUEST_LIMIT_EXCEEDED",
            "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for databricks-claude-opus-4-1.",
        },
        "rate_limited",
    ),
    # Groq
    _said(
        "groq_restricted",
        400,
        _message(
            "Organization has been restricted. Please reach out to support if you believe this was in error.",
            type="invalid_request_error",
            code="organization_restricted",
        ),
        "auth",
        "quota",
    ),
    _said(
        "groq_blocked_model",
        403,
        _message(
            "The model `x` is blocked at the organization level. Please have the org admin enable this model in the org settings",
            type="permissions_error",
            code="model_permission_blocked_org",
        ),
        "unknown_model",
        "auth",
    ),
    _said(
        "groq_validation",
        400,
        _message(
            "tool call validation failed: attempted to call tool 'x' which was not in request.tools",
            type="invalid_request_error",
            code="tool_use_failed",
            failed_generation="{}",
        ),
        "bad_response",
    ),
    _said(
        "groq_request_large",
        413,
        _message(
            "Request too large for model `x` in organization `y` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        "context_length",
    ),
    _broken(
        "groq_stream",
        {
            "error": {
                "message": "Failed to call a function. Please adjust your prompt.",
                "type": "invalid_request_error",
                "code": "tool_use_failed",
                "failed_generation": "<function=x>",
                "status_code": 400,
            }
        },
        error=("bad_response",),
    ),
    # Mistral
    _said("mistral_inactive", 401, {"message": "Inactive subscription or usage limit reached"}, "quota"),
    _said(
        "mistral_1300",
        429,
        {
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
            "raw_status_code": 429,
        },
        "rate_limited",
    ),
    _said(
        "mistral_3051",
        400,
        {
            "object": "error",
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_prompt",
            "code": "3051",
        },
        "context_length",
    ),
    _said(
        "mistral_1500",
        400,
        {
            "object": "error",
            "message": "Invalid model: foo",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        },
        "unknown_model",
    ),
    _said(
        "mistral_3505",
        429,
        {
            "object": "error",
            "message": "Service tier capacity exceeded for this model.",
            "type": "service_tier_capacity_exceeded",
            "code": "3505",
        },
        "rate_limited",
        "overloaded",
    ),
    # xAI
    _said(
        "xai_credits",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your newly created team doesn't have any credits yet. You can purchase credits on https://console.x.ai/team/1.",
        },
        "quota",
    ),
    _said(
        "xai_limit",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Your team 1 has either used all available credits or reached its monthly spending limit.",
        },
        "quota",
    ),
    _said(
        "xai_away",
        503,
        {
            "code": "The service is currently unavailable",
            "error": "Service temporarily unavailable. The model did not respond to this request.",
        },
        "overloaded",
    ),
    _said(
        "xai_too_many",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Too many requests for team 1 and model grok-4. Your team's rate limit is: Requests per Second (actual/limit): 9/8",
        },
        "rate_limited",
    ),
    _said(
        "xai_prompt_length",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        },
        "context_length",
    ),
    _said(
        "xai_safety",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Content violates usage guidelines. Team: a, API key ID: b, Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO",
        },
        "content_filter",
    ),
    # Moonshot, DeepSeek
    _said(
        "moonshot_concurrency",
        429,
        _message(
            "Your account org-x request reached max organization concurrency: 3, please try again after 1 seconds",
            type="rate_limit_reached_error",
        ),
        "rate_limited",
        wait=1,
    ),
    _said(
        "moonshot_limit",
        400,
        _message(
            "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
            type="invalid_request_error",
        ),
        "context_length",
    ),
    _said(
        "moonshot_model",
        404,
        _message("Not found the model kimi-x or Permission denied", type="resource_not_found_error"),
        "unknown_model",
    ),
    _said(
        "moonshot_quota",
        429,
        _message(
            "You exceeded your current token quota: <org> 0, please check your account balance",
            type="exceeded_current_quota_error",
        ),
        "quota",
    ),
    _said(
        "moonshot_closed",
        403,
        _message("The API you are accessing is not open", type="permission_denied_error"),
        "auth",
    ),
    _said(
        "deepseek_busy",
        503,
        _message(
            "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
            type="service_unavailable_error",
        ),
        "overloaded",
    ),
    _said(
        "deepseek_key",
        401,
        _message(
            "Authentication Fails, Your api key: ****abcd is invalid",
            type="authentication_error",
            code="invalid_request_error",
        ),
        "auth",
    ),
    _said(
        "deepseek_model",
        400,
        _message("Model Not Exist", type="invalid_request_error", code="invalid_request_error"),
        "unknown_model",
    ),
    # vLLM, SGLang, TGI
    _said(
        "vllm_new_tokens",
        400,
        _message(
            "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 600 input tokens (4096 > 4096 - 600).",
            type="BadRequestError",
            param=None,
            code=400,
        ),
        "context_length",
    ),
    _said(
        "vllm_negative",
        400,
        {
            "object": "error",
            "message": "max_tokens must be at least 1, got -500.",
            "type": "BadRequestError",
            "code": 400,
        },
        "context_length",
        "bad_request",
    ),
    _said(
        "vllm_images",
        400,
        {
            "object": "error",
            "message": "At most 1 image(s) may be provided in one request.",
            "type": "BadRequestError",
            "code": 400,
        },
        "bad_request",
    ),
    _broken(
        "vllm_stream_error",
        SAID,
        {
            "error": {
                "object": "error",
                "message": "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                "type": "InternalServerError",
                "param": None,
                "code": 500,
            }
        },
        error=("server",),
    ),
    _broken("vllm_choice_error", SAID, finish("error"), counted(), error=_FAILED),
    _said(
        "sglang_memory",
        400,
        {
            "object": "error",
            "message": "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 40000 tokens: 35904 tokens from the input messages and 4096 tokens for the completion.",
            "type": "BadRequestError",
            "code": 400,
        },
        "context_length",
    ),
    _broken(
        "sglang_abort_object",
        SAID,
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {},
                    "finish_reason": {
                        "type": "abort",
                        "message": "Abort in waiting queue",
                        "status_code": 503,
                    },
                }
            ]
        },
        error=_FAILED,
    ),
    _said(
        "tgi_memory",
        424,
        {
            "error": "Request failed during generation: Server error: CUDA out of memory",
            "error_type": "generation",
        },
        "server",
    ),
    _said(
        "tgi_incomplete",
        500,
        {"error": "Incomplete generation", "error_type": "incomplete_generation"},
        "server",
        "bad_response",
    ),
    _said(
        "tgi_inputs",
        422,
        {
            "error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
            "error_type": "validation",
        },
        "context_length",
    ),
    # LM Studio, llama.cpp, Ollama
    _said(
        "lmstudio_endpoint",
        200,
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        "bad_request",
    ),
    _said("lmstudio_size", 400, {"error": "Context size has been exceeded."}, "context_length"),
    _broken(
        "lmstudio_nothing",
        {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]},
        finish(),
        counted(36000, 0),
        error=("empty_answer",),
    ),
    _said(
        "lmstudio_channel",
        400,
        {"error": "Model unloaded."},
        "overloaded",
        "unknown_model",
        "server",
        "bad_request",
    ),
    _said(
        "lmstudio_busy",
        200,
        {
            "error": {
                "message": 'Failed to load model "x". Error: Model loading was stopped due to insufficient system resources.',
                "code": "model_load_failed",
            }
        },
        "unknown_model",
        "overloaded",
        "server",
    ),
    _said(
        "llamacpp_200",
        200,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size. try increasing the context size or enable context shift",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 14429,
                "n_ctx": 8192,
            }
        },
        "context_length",
    ),
    _said(
        "llamacpp_500_size",
        500,
        _message(
            "the request exceeds the available context size. try increasing the context size or enable context shift",
            code=500,
            type="exceed_context_size_error",
            n_prompt_tokens=1407,
            n_ctx=256,
        ),
        "context_length",
    ),
    _broken(
        "llamacpp_compute",
        SAID,
        {"error": {"code": 500, "message": "Compute error.", "type": "server_error"}},
        error=("server",),
    ),
    _said(
        "llamacpp_input",
        500,
        _message(
            "input is too large to process. increase the physical batch size", code=500, type="server_error"
        ),
        "context_length",
    ),
    _said(
        "ollama_loading",
        500,
        _message("unexpected server status: llm server loading model", type="api_error"),
        "overloaded",
        "server",
    ),
    _said(
        "ollama_truncate",
        400,
        _message("prompt too long; exceeded max context length by 1200 tokens", type="invalid_request_error"),
        "context_length",
    ),
    _said(
        "ollama_hourly",
        429,
        {"error": "you (x) have reached your hourly usage limit, please upgrade to continue"},
        "quota",
        "rate_limited",
    ),
    _said(
        "ollama_signin", 401, {"error": "unauthorized", "signin_url": "https://ollama.com/connect"}, "auth"
    ),
    # Gateways and smaller vendors
    _said(
        "github_day",
        429,
        _message(
            "Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 35000 seconds before retrying.",
            code="RateLimitReached",
        ),
        "rate_limited",
        wait=35000,
    ),
    _said("github_unknown", 400, _message("Unknown model: gpt-9", code="unknown_model"), "unknown_model"),
    _said(
        "github_access",
        403,
        _message("No access to model: openai/gpt-9", code="no_access"),
        "unknown_model",
        "auth",
    ),
    _said(
        "novita_rate",
        429,
        {"code": 429, "reason": "RATE_LIMIT_EXCEEDED", "message": "rate limit exceeded", "metadata": {}},
        "rate_limited",
    ),
    _said(
        "novita_balance",
        403,
        {"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance", "metadata": {}},
        "quota",
    ),
    _said(
        "novita_model",
        404,
        {"code": 404, "reason": "MODEL_NOT_FOUND", "message": "model not found", "metadata": {"reason": "x"}},
        "unknown_model",
    ),
    _said("deepinfra_model", 404, {"detail": {"error": "Model is not available"}}, "unknown_model"),
    _said(
        "replicate_credit",
        402,
        {
            "title": "Insufficient credit",
            "detail": "You have insufficient credit to run this model.",
            "status": 402,
        },
        "quota",
    ),
    _said(
        "chutes_capacity",
        429,
        {"detail": "Infrastructure is at maximum capacity, try again later"},
        "overloaded",
        "rate_limited",
    ),
    _said("zhipu_length", 400, _message("Prompt exceeds max length", code="1261"), "context_length"),
    _said(
        "zai_five_hours",
        429,
        _message("Usage limit reached for 5 hour. Your limit will reset at 2025-10-18 13:22:13", code="1308"),
        "quota",
        "rate_limited",
    ),
    _said("zhipu_network", 500, _message("网络错误，错误id：123，请稍后重试", code="1234"), "server"),
    _said("nim_too_many", 429, {"status": 429, "title": "Too Many Requests"}, "rate_limited"),
    _said(
        "perplexity_last",
        400,
        _message("Last message must have role `user`.", type="last_message_not_user", code=400),
        "bad_request",
    ),
    _said(
        "vercel_free",
        403,
        _message(
            "Free credits temporarily have restricted access due to abuse. Purchase credits to continue.",
            type="no_providers_available",
        ),
        "quota",
        "auth",
    ),
    _said(
        "vercel_card",
        403,
        _message(
            "AI Gateway requires a valid credit card on file to service requests.",
            type="customer_verification_required",
        ),
        "quota",
        "auth",
    ),
    _said(
        "anthropic_credit",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
            },
        },
        "quota",
    ),
    _said(
        "anthropic_output_limit",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again",
            },
        },
        "context_length",
    ),
    _said(
        "anthropic_acceleration",
        429,
        {
            "type": "error",
            "error": {
                "type": "rate_limit_error",
                "message": "This request would exceed your organization's maximum usage increase rate for input tokens per minute. Please scale up your input tokens usage more gradually",
            },
        },
        "rate_limited",
    ),
    _said(
        "openai_org_verify",
        404,
        _message(
            "Your organization must be verified to use the model `o9`. Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization.",
            type="invalid_request_error",
            code="model_not_found",
        ),
        "unknown_model",
        "auth",
    ),
    _said(
        "openai_not_chat",
        404,
        _message(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?",
            type="invalid_request_error",
            param="model",
        ),
        "unknown_model",
        "bad_request",
    ),
    _said(
        "openai_responses_only",
        404,
        _message(
            "This model is only supported in v1/responses and not in v1/chat/completions.",
            type="invalid_request_error",
            param="model",
        ),
        "unknown_model",
        "bad_request",
    ),
    _said(
        "openai_tokens_a_minute",
        429,
        _message(
            "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000. The input or output tokens must be reduced in order to run successfully.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        "context_length",
    ),
    _said(
        "openai_safety",
        400,
        _message(
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt",
            type="invalid_request_error",
            code="invalid_prompt",
        ),
        "content_filter",
    ),
    _said(
        "openai_string",
        400,
        _message(
            "Invalid 'messages[1].content': string too long. Expected a string with maximum length 10485760, but got a string with length 12000000 instead.",
            code="string_above_max_length",
        ),
        "context_length",
    ),
    _said(
        "openai_ip",
        401,
        _message("Your IP is not authorized to access this resource", code="ip_not_authorized"),
        "auth",
    ),
    _said(
        "rate_http_date",
        429,
        _message("slow down"),
        "rate_limited",
        wait=0,
        headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
    ),
    _said(
        "rate_reset_requests",
        429,
        _message("Rate limit reached"),
        "rate_limited",
        wait=60,
        headers={
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1m0s",
            "x-ratelimit-remaining-tokens": "100",
            "x-ratelimit-reset-tokens": "6ms",
        },
    ),
    _said(
        "rate_words",
        429,
        _message("Too many requests. Please try again in one minute."),
        "rate_limited",
        wait=60,
    ),
    _said(
        "rate_seconds_left",
        429,
        {"message": "Rate limit exceeded", "seconds_until_reset": 17},
        "rate_limited",
        wait=17,
    ),
    _said("rate_wait_field", 429, {"error": "rate_limited", "wait": 21}, "rate_limited", wait=21),
    _said(
        "rate_japanese",
        429,
        _message("リクエストが多すぎます。30秒後に再試行してください。"),
        "rate_limited",
        wait=30,
    ),
    _said(
        "xml_body",
        403,
        b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
        "auth",
    ),
    _said("plain_text_quota", 402, b"Payment required", "quota"),
    _said(
        "plain_text_upstream",
        502,
        b"upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        "server",
        "network",
        "overloaded",
    ),
    _said(
        "batch_error",
        200,
        {
            "id": "b",
            "custom_id": "1",
            "response": {"status_code": 429, "body": _message("Rate limit reached")},
            "error": None,
        },
        "rate_limited",
    ),
    _said(
        "lambda_error",
        200,
        {
            "statusCode": 429,
            "body": json.dumps(_message("You exceeded your current quota", code="insufficient_quota")),
        },
        "quota",
    ),
    _said("error_as_answer", 200, {"status": "fail", "message": "Invalid API key"}, "auth"),
    _said("error_ok_false", 200, {"ok": False, "error_message": "model overloaded"}, "overloaded"),
    _said("error_code_of_its_own", 200, {"code": 40101, "msg": "token expired", "data": None}, "auth"),
    _said(
        "error_result",
        200,
        {
            "success": False,
            "result": None,
            "errors": [{"code": 7009, "message": "Upstream service unavailable"}],
            "messages": [],
        },
        "overloaded",
    ),
    _broken("stream_error_text", b"error: upstream timeout", error=_FAILED),
    _broken(
        "stream_message_alone",
        SAID,
        {"message": "Internal server error", "statusCode": 500},
        error=("server",),
    ),
    _broken("stream_aborted", SAID, {"type": "abort", "reason": "user"}, error=_FAILED, done=False),
    _ends("content_filter_triggered", "content_filter"),
    _ends("SENSITIVE_CONTENT", "content_filter"),
    _ends("input_guardrail_triggered", "content_filter"),
    _ends("prohibited", "content_filter"),
    _ends("csam", "content_filter"),
    _ends("rate_limit", "error", "server", "overloaded", "rate_limited", "bad_response"),
    _ends("engine_error", *_FAILED),
    _ends("connection_lost", *_FAILED),
    _ends("preempted", *_FAILED),
    _ends("killed", *_FAILED),
    _broken(
        "refusal_and_content",
        chunk({"content": None, "refusal": "I can't help."}),
        finish(),
        counted(),
        error=("content_filter",),
    ),
    _said(
        "refusal_in_json",
        200,
        {
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": None, "refusal": "No."},
                    "finish_reason": "stop",
                }
            ],
            "usage": WHOLE["usage"],
        },
        "content_filter",
    ),
    _broken(
        "truncated_json_call",
        chunk(
            {
                "tool_calls": [
                    {"index": 0, "id": "a", "function": {"name": "calculator", "arguments": '{"expr'}}
                ]
            }
        ),
        done=False,
        error=_FAILED,
    ),
)
