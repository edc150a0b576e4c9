"""Refusals and broken answers in further words of single vendors and gateways."""

# ruff: noqa: E501 - sentences of servers

from typing import Any

from tests.graphs.providers.wire_shapes import Shape, as_json, chunk, finish
from tests.runtimes.wire_server import http, sse

__all__ = ["VENDOR_FAILURES"]

_RATE = ("rate_limited",)
_BUSY = ("overloaded", "rate_limited")
_DOWN = ("server", "overloaded")
_QUOTA = ("quota",)
_AUTH = ("auth",)
_MODEL = ("unknown_model",)
_CONTEXT = ("context_length",)
_FILTER = ("content_filter",)
_WRONG = ("bad_request",)


def _said(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message} | more}


_REFUSALS: tuple[tuple[str, int, Any, tuple[str, ...], float | None], ...] = (
    # LM Studio, LiteLLM, MiniMax
    (
        "lmstudio_truncate",
        400,
        {"error": "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)"},
        _CONTEXT,
        None,
    ),
    (
        "litellm_auth",
        500,
        {
            "detail": "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided"
        },
        _AUTH,
        None,
    ),
    (
        "minimax_context",
        200,
        {"base_resp": {"status_code": 2013, "status_msg": "invalid params, context window exceeds limit"}},
        _CONTEXT,
        None,
    ),
    ("bedrock_wait", 200, {"throttlingException": {"message": "Too many tokens, please wait"}}, _RATE, None),
    # Azure
    (
        "azure_rate",
        429,
        _said(
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 26 seconds.",
            code="429",
        ),
        _RATE,
        26,
    ),
    (
        "azure_calls",
        429,
        _said(
            "Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current AIServices S0 pricing tier. Please retry after 5 seconds.",
            code="429",
        ),
        _RATE,
        5,
    ),
    (
        "azure_peak",
        429,
        _said(
            "The system is currently experiencing high demand and cannot process your request. Your request exceeds the maximum usage size allowed during peak load.",
            type="too_many_requests",
        ),
        _BUSY,
        None,
    ),
    (
        "azure_network",
        403,
        {
            "error": {
                "code": "AccessDenied",
                "message": "Access denied due to Virtual Network/Firewall rules.",
            }
        },
        _AUTH,
        None,
    ),
    (
        "azure_inner",
        400,
        {
            "error": {
                "code": None,
                "message": "Bad request",
                "innererror": {
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": {"hate": {"filtered": True}},
                },
            }
        },
        _FILTER,
        None,
    ),
    ("azure_where", 404, {"error": {"code": "404", "message": "Resource not found"}}, _WRONG, None),
    ("azure_model", 400, {"error": {"code": "unknown_model", "message": "Unknown model: x"}}, _MODEL, None),
    # Databricks
    (
        "databricks_rate",
        429,
        {
            "error_code": "REQUEST_LIMIT_EXCEEDED",
            "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for databricks-claude-sonnet-4.",
        },
        _RATE,
        None,
    ),
    (
        "databricks_auth",
        403,
        {"error_code": "PERMISSION_DENIED", "message": "User does not have permission 'Query' on endpoint."},
        _AUTH,
        None,
    ),
    (
        "databricks_away",
        503,
        {
            "error_code": "TEMPORARILY_UNAVAILABLE",
            "message": "The service at /serving-endpoints is taking too long to process your request.",
        },
        _DOWN,
        None,
    ),
    (
        "databricks_nested",
        400,
        {
            "error_code": "BAD_REQUEST",
            "message": '{"external_model_message":{"error":{"message":"prompt is too long: 213462 tokens > 200000 maximum"}}}',
        },
        _CONTEXT,
        None,
    ),
    # xAI
    (
        "xai_context",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        },
        _CONTEXT,
        None,
    ),
    (
        "xai_quota",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Your team 0a-1 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.",
        },
        _QUOTA,
        None,
    ),
    (
        "xai_auth",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your newly created team doesn't have any permissions yet.",
        },
        _AUTH,
        None,
    ),
    (
        "xai_key",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***yz. You can obtain an API key from https://console.x.ai.",
        },
        _AUTH,
        None,
    ),
    (
        "xai_model",
        404,
        {
            "code": "Some requested entity was not found",
            "error": "The model grok-9 does not exist or your team 0a-1 does not have access to it.",
        },
        _MODEL,
        None,
    ),
    # Gemini and Vertex
    (
        "vertex_exhausted",
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "Resource exhausted. Please try again later. Please refer to the docs for error code 429.",
                    "status": "RESOURCE_EXHAUSTED",
                }
            }
        ],
        _RATE,
        None,
    ),
    (
        "vertex_quota",
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model with base model: gemini-pro. Please submit a quota increase request.",
                    "status": "RESOURCE_EXHAUSTED",
                }
            }
        ],
        _RATE,
        None,
    ),
    (
        "gemini_free",
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "You exceeded your current quota. * Quota exceeded for metric: generate_content_free_tier_requests, limit: 250. Please retry in 43.5s.",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [
                        {
                            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                            "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
                        },
                        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "43s"},
                    ],
                }
            }
        ],
        _RATE,
        43,
    ),
    (
        "gemini_spent",
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
                    "status": "RESOURCE_EXHAUSTED",
                }
            }
        ],
        _QUOTA,
        None,
    ),
    (
        "gemini_busy",
        503,
        [
            {
                "error": {
                    "code": 503,
                    "message": "The model is overloaded. Please try again later.",
                    "status": "UNAVAILABLE",
                }
            }
        ],
        ("overloaded",),
        None,
    ),
    (
        "gemini_large",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "Request payload size exceeds the limit: 20971520 bytes.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        _CONTEXT,
        None,
    ),
    (
        "gemini_expired",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key expired. Please renew the API key.",
                    "status": "INVALID_ARGUMENT",
                    "details": [{"reason": "API_KEY_INVALID"}],
                }
            }
        ],
        _AUTH,
        None,
    ),
    (
        "vertex_model",
        404,
        [
            {
                "error": {
                    "code": 404,
                    "message": "Publisher Model `projects/p/locations/us-central1/publishers/google/models/x` was not found or your project does not have access to it.",
                    "status": "NOT_FOUND",
                }
            }
        ],
        _MODEL,
        None,
    ),
    (
        "vertex_auth",
        403,
        [
            {
                "error": {
                    "code": 403,
                    "message": "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/p' (or it may not exist).",
                    "status": "PERMISSION_DENIED",
                }
            }
        ],
        _AUTH,
        None,
    ),
    (
        "gemini_internal",
        500,
        [
            {
                "error": {
                    "code": 500,
                    "message": "An internal error has occurred. Please retry or report.",
                    "status": "INTERNAL",
                }
            }
        ],
        ("server",),
        None,
    ),
    (
        "gemini_deadline",
        504,
        [
            {
                "error": {
                    "code": 504,
                    "message": "Deadline expired before operation could complete.",
                    "status": "DEADLINE_EXCEEDED",
                }
            }
        ],
        ("server",),
        None,
    ),
    # Bedrock and its gateways
    (
        "bedrock_model",
        400,
        {
            "detail": "An error occurred (ValidationException) when calling the ConverseStream operation: The provided model identifier is invalid."
        },
        _MODEL,
        None,
    ),
    (
        "bedrock_access",
        403,
        {
            "detail": "An error occurred (AccessDeniedException) when calling the ConverseStream operation: You don't have access to the model with the specified model ID."
        },
        ("auth", "unknown_model"),
        None,
    ),
    (
        "bedrock_day",
        429,
        {
            "message": "Too many tokens per day, please wait before trying again.",
            "__type": "ThrottlingException",
        },
        _RATE,
        None,
    ),
    (
        "bedrock_away",
        503,
        {
            "message": "Bedrock is unable to process your request.",
            "__type": "com.amazon.coral.service#ServiceUnavailableException",
        },
        _DOWN,
        None,
    ),
    (
        "bedrock_expired",
        403,
        {
            "message": "The security token included in the request is expired",
            "__type": "ExpiredTokenException",
        },
        _AUTH,
        None,
    ),
    (
        "bedrock_500",
        500,
        {
            "detail": "An error occurred (ValidationException) when calling the Converse operation: Input is too long for requested model."
        },
        _CONTEXT,
        None,
    ),
    ("aws_gateway", 504, {"message": "Endpoint request timed out"}, ("server",), None),
    ("aws_forbidden", 403, {"message": "Forbidden"}, _AUTH, None),
    # Groq, Cerebras, SambaNova, Together, Fireworks, DeepInfra, NVIDIA, Hugging Face
    (
        "groq_day",
        429,
        _said(
            "Rate limit reached for model `x` in organization `o` service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 99900, Requested 500. Please try again in 5m45.6s. Need more tokens? Upgrade to Dev Tier today at https://example.com/settings/billing",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        _RATE,
        345.6,
    ),
    (
        "groq_terms",
        400,
        _said(
            "The model `x` requires terms acceptance. Please have the org admin accept the terms.",
            code="model_terms_required",
        ),
        ("auth", "bad_request", "unknown_model"),
        None,
    ),
    (
        "cerebras_day",
        429,
        {
            "message": "Tokens per day limit exceeded - too many tokens processed.",
            "type": "too_many_tokens_error",
            "param": "quota",
            "code": "token_quota_exceeded",
        },
        _RATE,
        None,
    ),
    (
        "cerebras_minute",
        429,
        {
            "message": "Requests per minute limit exceeded - too many requests sent.",
            "type": "too_many_requests_error",
            "param": "quota",
            "code": "request_quota_exceeded",
        },
        _RATE,
        None,
    ),
    (
        "cerebras_busy",
        429,
        {
            "message": "We're experiencing high traffic right now! Please try again soon.",
            "type": "too_many_requests_error",
            "param": "queue",
            "code": "queue_exceeded",
        },
        _BUSY,
        None,
    ),
    (
        "cerebras_context",
        400,
        {
            "message": "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        },
        _CONTEXT,
        None,
    ),
    (
        "sambanova_context",
        400,
        _said(
            "Requested generation length 1 is not possible! The provided prompt is 9000 tokens long, but the maximum sequence length is 8192"
        ),
        _CONTEXT,
        None,
    ),
    (
        "together_model",
        404,
        _said(
            "Unable to access model x/y. Please visit https://example.com/models to view the list of supported models.",
            type="invalid_request_error",
            code="model_not_available",
        ),
        _MODEL,
        None,
    ),
    (
        "together_non_serverless",
        400,
        _said(
            "Unable to access non-serverless model x/y. Please visit the site to create and start a new dedicated endpoint for the model.",
            type="invalid_request_error",
            code="model_not_available",
        ),
        _MODEL,
        None,
    ),
    (
        "together_credit",
        402,
        _said(
            "Credit limit exceeded, please navigate to the billing page to upgrade.",
            type="credit_limit",
            code=None,
        ),
        _QUOTA,
        None,
    ),
    (
        "together_rate",
        429,
        _said(
            "You have been rate limited. Your rate limit is 60 queries per minute. Please navigate to the page to upgrade.",
            type="credit_limit",
        ),
        _RATE,
        None,
    ),
    (
        "fireworks_model",
        404,
        _said("Model not found, inaccessible, and/or not deployed", code="NOT_FOUND", object="error"),
        _MODEL,
        None,
    ),
    (
        "fireworks_suspended",
        412,
        _said(
            "Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.",
            code="PRECONDITION_FAILED",
        ),
        _QUOTA,
        None,
    ),
    (
        "fireworks_context",
        400,
        _said(
            "The prompt is too long: 140000, model maximum context length: 131071",
            type="invalid_request_error",
        ),
        _CONTEXT,
        None,
    ),
    ("deepinfra_busy", 429, {"detail": {"error": "Model busy, retry later"}}, _BUSY, None),
    (
        "deepinfra_balance",
        402,
        {"detail": {"error": "inference prohibited, not enough balance"}},
        _QUOTA,
        None,
    ),
    (
        "nvidia_forbidden",
        403,
        {"type": "about:blank", "status": 403, "title": "Forbidden", "detail": "Authorization failed"},
        _AUTH,
        None,
    ),
    (
        "nvidia_credits",
        402,
        {
            "type": "about:blank",
            "status": 402,
            "title": "Payment Required",
            "detail": "Account 'x': Cloud credits expired - Please contact the representatives",
        },
        _QUOTA,
        None,
    ),
    (
        "hf_credits",
        402,
        {
            "error": "You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits."
        },
        _QUOTA,
        None,
    ),
    (
        "hf_provider",
        400,
        _said(
            "The requested model 'x/y' is not supported by any provider you have enabled.",
            code="model_not_supported",
        ),
        _MODEL,
        None,
    ),
    (
        "hf_loading",
        503,
        {"error": "Model x/y is currently loading", "estimated_time": 20.0},
        ("overloaded",),
        20,
    ),
    ("tgi_overloaded", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, _BUSY, None),
    (
        "tgi_generation",
        424,
        {
            "error": "Request failed during generation: Server error: CUDA out of memory",
            "error_type": "generation",
        },
        ("server",),
        None,
    ),
    (
        "tgi_validation",
        422,
        {
            "error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
            "error_type": "validation",
        },
        _CONTEXT,
        None,
    ),
    # OpenAI and Anthropic
    (
        "openai_project",
        403,
        _said(
            "Project `proj_x` does not have access to model `gpt-9`",
            type="invalid_request_error",
            code="model_not_found",
        ),
        _MODEL,
        None,
    ),
    (
        "openai_country",
        403,
        _said(
            "Country, region, or territory not supported",
            type="request_forbidden",
            code="unsupported_country_region_territory",
        ),
        _AUTH,
        None,
    ),
    (
        "openai_no_key",
        401,
        _said(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth",
            type="invalid_request_error",
        ),
        _AUTH,
        None,
    ),
    (
        "openai_hard_limit",
        400,
        _said(
            "Billing hard limit has been reached",
            type="invalid_request_error",
            code="billing_hard_limit_reached",
        ),
        _QUOTA,
        None,
    ),
    (
        "openai_inactive",
        429,
        _said(
            "Your account is not active, please check your billing details on our website.",
            type="billing_not_active",
            code="billing_not_active",
        ),
        _QUOTA,
        None,
    ),
    (
        "openai_500",
        500,
        _said(
            "The server had an error while processing your request. Sorry about that!", type="server_error"
        ),
        ("server",),
        None,
    ),
    (
        "openai_503",
        503,
        _said("The server is overloaded or not ready yet.", type="server_error"),
        ("overloaded",),
        None,
    ),
    (
        "openai_too_high",
        400,
        _said(
            "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
            type="invalid_request_error",
            param="max_tokens",
        ),
        ("bad_request", "context_length"),
        None,
    ),
    (
        "openai_tool_order",
        400,
        _said(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            param="messages.[2].role",
        ),
        _WRONG,
        None,
    ),
    (
        "openai_tool_schema",
        400,
        _said(
            "Invalid schema for function 'calculator': In context=(), array schema missing items.",
            param="tools[0].function.parameters",
            code="invalid_function_parameters",
        ),
        _WRONG,
        None,
    ),
    (
        "openai_image",
        400,
        _said("Error while downloading https://example.com/a.png.", code="invalid_image_url"),
        _WRONG,
        None,
    ),
    (
        "anthropic_large",
        413,
        {
            "type": "error",
            "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"},
        },
        _CONTEXT,
        None,
    ),
    (
        "anthropic_usage",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "You have reached your specified API usage limits. You will regain access on 2030-01-01 at 00:00 UTC.",
            },
        },
        _QUOTA,
        None,
    ),
    (
        "anthropic_filter",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Output blocked by content filtering policy",
            },
        },
        _FILTER,
        None,
    ),
    (
        "anthropic_key",
        401,
        {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}},
        _AUTH,
        None,
    ),
    (
        "anthropic_api",
        500,
        {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}},
        ("server",),
        None,
    ),
    (
        "anthropic_output",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude-x",
            },
        },
        ("bad_request", "context_length"),
        None,
    ),
    # LiteLLM, one-api, Cloudflare, Kong and other gateways
    (
        "litellm_rate",
        429,
        _said(
            "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached. Received Model Group=x\nAvailable Model Group Fallbacks=None",
            type="throttling_error",
            code="429",
        ),
        _RATE,
        None,
    ),
    (
        "litellm_key",
        401,
        _said(
            "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...abcd, Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
            type="token_not_found_in_db",
            code="401",
        ),
        _AUTH,
        None,
    ),
    (
        "litellm_none",
        429,
        _said(
            "No deployments available for selected model, Try again in 5 seconds. Passed model=x. pre-call-checks=False",
            type="None",
            code="429",
        ),
        _BUSY,
        5,
    ),
    (
        "litellm_spend",
        400,
        _said(
            "ExceededBudget: Crossed spend within budget. User=x over budget. Spend=12, Budget=10",
            type="budget_exceeded",
            code="400",
        ),
        _QUOTA,
        None,
    ),
    (
        "litellm_allowed",
        401,
        _said(
            "key not allowed to access model. This key can only access models=['a']. Tried to access b",
            type="key_model_access_denied",
            code="401",
        ),
        ("auth", "unknown_model"),
        None,
    ),
    (
        "litellm_overloaded",
        500,
        _said(
            "litellm.InternalServerError: AnthropicException - Overloaded. Received Model Group=x", code="500"
        ),
        _DOWN,
        None,
    ),
    (
        "litellm_timeout",
        408,
        _said(
            "litellm.Timeout: APITimeoutError - Request timed out. Received Model Group=x",
            type="timeout_error",
            code="408",
        ),
        ("server",),
        None,
    ),
    (
        "litellm_filter",
        400,
        _said(
            "litellm.ContentPolicyViolationError: litellm.BadRequestError: AzureException - The response was filtered",
            type=None,
            code="400",
        ),
        _FILTER,
        None,
    ),
    (
        "litellm_provider",
        400,
        _said(
            "litellm.BadRequestError: LLM Provider NOT provided. Pass in the LLM provider you are trying to call. You passed model=x"
        ),
        ("unknown_model", "bad_request"),
        None,
    ),
    (
        "oneapi_channel",
        503,
        _said("当前分组 default 下对于模型 x 无可用渠道", type="one_api_error"),
        ("overloaded", "unknown_model"),
        None,
    ),
    (
        "oneapi_quota",
        403,
        _said("用户额度不足", type="new_api_error", code="insufficient_user_quota"),
        _QUOTA,
        None,
    ),
    ("oneapi_token", 401, _said("无效的令牌", type="new_api_error"), _AUTH, None),
    (
        "cloudflare_errors",
        429,
        {
            "result": None,
            "success": False,
            "errors": [
                {"code": 3040, "message": "AiError: Capacity temporarily exceeded, please try again."}
            ],
            "messages": [],
        },
        _BUSY,
        None,
    ),
    (
        "cloudflare_gateway",
        400,
        {
            "success": False,
            "result": [],
            "messages": [],
            "error": [{"code": 2001, "message": "Please configure AI Gateway in the dashboard"}],
        },
        _WRONG,
        None,
    ),
    (
        "cloudflare_context",
        413,
        {
            "errors": [
                {
                    "message": "AiError: The estimated number of input and maximum output tokens (9000) exceeded this model context window limit (8192).",
                    "code": 5021,
                }
            ],
            "success": False,
        },
        _CONTEXT,
        None,
    ),
    ("kong_key", 401, {"message": "No API key found in request"}, _AUTH, None),
    ("kong_rate", 429, {"message": "API rate limit exceeded"}, _RATE, None),
    (
        "envoy",
        503,
        b"upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
        _DOWN,
        None,
    ),
    ("traefik", 503, b"no available server", ("overloaded",), None),
    ("nginx_504", 504, b"<html><head><title>504 Gateway Time-out</title></head></html>", ("server",), None),
    # Chinese vendors
    (
        "zhipu_busy",
        429,
        {"error": {"code": "1305", "message": "该模型当前访问量过大，请您稍后再试"}},
        _BUSY,
        None,
    ),
    (
        "zhipu_balance",
        429,
        {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}},
        _QUOTA,
        None,
    ),
    (
        "zhipu_filter",
        400,
        {
            "contentFilter": [{"level": 1, "role": "user"}],
            "error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"},
        },
        _FILTER,
        None,
    ),
    (
        "zhipu_rate",
        429,
        {"error": {"code": "1302", "message": "您的账户已达到速率限制，请您控制请求频率"}},
        _RATE,
        None,
    ),
    (
        "qwen_key",
        401,
        {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "r"},
        _AUTH,
        None,
    ),
    (
        "qwen_rate",
        429,
        {
            "error": {
                "message": "Requests rate limit exceeded, please try again later.",
                "type": "limit_requests",
                "code": "limit_requests",
            }
        },
        _RATE,
        None,
    ),
    (
        "qwen_allocation",
        429,
        {
            "error": {
                "message": "You exceeded your current quota, please check your plan and billing details.",
                "type": "insufficient_quota",
                "code": "insufficient_quota",
            }
        },
        _QUOTA,
        None,
    ),
    (
        "qwen_free",
        403,
        {
            "error": {
                "message": 'The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, please disable the "use free tier only" mode.',
                "code": "AllocationQuota.FreeTierOnly",
            }
        },
        _QUOTA,
        None,
    ),
    (
        "qwen_model",
        404,
        {
            "error": {
                "message": "The model `x` does not exist or you do not have access to it.",
                "code": "model_not_found",
            }
        },
        _MODEL,
        None,
    ),
    (
        "ark_filter",
        400,
        {
            "error": {
                "code": "SensitiveContentDetected",
                "message": "The request failed because the input text may contain sensitive information.",
                "type": "BadRequest",
            }
        },
        _FILTER,
        None,
    ),
    (
        "ark_open",
        404,
        {
            "error": {
                "code": "ModelNotOpen",
                "message": "Your account 1 has not activated the model x. Please activate the model service in the console.",
                "type": "NotFound",
            }
        },
        _MODEL,
        None,
    ),
    (
        "ark_endpoint",
        404,
        {
            "error": {
                "code": "InvalidEndpointOrModel.NotFound",
                "message": "The model or endpoint x does not exist or you do not have access to it.",
                "type": "NotFound",
            }
        },
        _MODEL,
        None,
    ),
    (
        "ark_rate",
        429,
        {
            "error": {
                "code": "RateLimitExceeded.EndpointTPMExceeded",
                "message": "The request has exceeded the endpoint's TPM limit.",
                "type": "TooManyRequests",
            }
        },
        _RATE,
        None,
    ),
    (
        "ark_overdue",
        403,
        {
            "error": {
                "code": "AccountOverdueError",
                "message": "The request failed because your account has an overdue balance.",
                "type": "Forbidden",
            }
        },
        _QUOTA,
        None,
    ),
    (
        "ark_overloaded",
        429,
        {
            "error": {
                "code": "ServerOverloaded",
                "message": "The service is currently unable to handle additional requests due to server overload.",
                "type": "TooManyRequests",
            }
        },
        _BUSY,
        None,
    ),
    ("qianfan_qps", 200, {"error_code": 18, "error_msg": "Open api qps request limit reached"}, _RATE, None),
    (
        "qianfan_token",
        200,
        {"error_code": 110, "error_msg": "Access token invalid or no longer valid"},
        _AUTH,
        None,
    ),
    (
        "qianfan_long",
        200,
        {"error_code": 336003, "error_msg": "the max length of current question is 2000"},
        _CONTEXT,
        None,
    ),
    (
        "qianfan_tpm",
        429,
        {
            "error": {
                "code": "tpm_rate_limit_exceeded",
                "message": "Rate limit reached for TPM",
                "type": "rate_limit_exceeded",
            }
        },
        _RATE,
        None,
    ),
    (
        "siliconflow_model",
        400,
        {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None},
        _MODEL,
        None,
    ),
    (
        "siliconflow_balance",
        403,
        {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None},
        _QUOTA,
        None,
    ),
    (
        "siliconflow_busy",
        503,
        {"code": 50505, "message": "Model service overloaded. Please try again later.", "data": None},
        ("overloaded",),
        None,
    ),
    ("siliconflow_token", 401, b'"Invalid token"', _AUTH, None),
    (
        "siliconflow_length",
        400,
        {
            "code": 20015,
            "message": "length of prompt_tokens (40000) must be less than max_seq_len (32768).",
            "data": None,
        },
        _CONTEXT,
        None,
    ),
    (
        "minimax_rate",
        200,
        {"base_resp": {"status_code": 1002, "status_msg": "rate limit exceeded(RPM)"}},
        _RATE,
        None,
    ),
    (
        "moonshot_long",
        400,
        _said(
            "Invalid request: Your request exceeded model token limit: 262144", type="invalid_request_error"
        ),
        _CONTEXT,
        None,
    ),
    (
        "moonshot_balance",
        429,
        _said(
            "Your account org-x<ak-y> is suspended due to insufficient balance, please recharge your account or check your plan and billing details",
            type="exceeded_current_quota_error",
        ),
        _QUOTA,
        None,
    ),
    (
        "spark",
        200,
        {
            "error": {
                "message": "AppIdQpsOverFlowError:(11202)",
                "type": "api_error",
                "param": None,
                "code": "11202",
            }
        },
        ("rate_limited", "server", "bad_request"),
        None,
    ),
    (
        "hunyuan",
        400,
        {"error": {"message": "请求 token 总长度超过模型上限", "code": "400001"}},
        _CONTEXT,
        None,
    ),
    # servers of one's own
    (
        "lmstudio_keep",
        400,
        {
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input"
        },
        _CONTEXT,
        None,
    ),
    (
        "lmstudio_crash",
        400,
        {"error": "The model has crashed without additional information. (Exit code: 18446744072635812000)"},
        ("server", "bad_response", "bad_request"),
        None,
    ),
    (
        "lmstudio_load",
        404,
        _said('Failed to load model "x". Error: insufficient system resources.', code="model_load_failed"),
        ("overloaded", "unknown_model", "server"),
        None,
    ),
    (
        "llamacpp_size",
        400,
        {
            "error": {
                "code": 400,
                "message": "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
        _CONTEXT,
        None,
    ),
    (
        "llamacpp_loading",
        503,
        {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}},
        ("overloaded",),
        None,
    ),
    (
        "ollama_memory",
        500,
        {
            "error": {
                "message": "model requires more system memory (48.0 GiB) than is available (16.0 GiB)",
                "type": "api_error",
            }
        },
        _DOWN,
        None,
    ),
    (
        "ollama_runner",
        500,
        {"error": {"message": "llama runner process has terminated: exit status 2", "type": "api_error"}},
        ("server",),
        None,
    ),
    (
        "ollama_busy",
        503,
        {"error": {"message": "server busy, please try again. maximum pending requests exceeded"}},
        ("overloaded",),
        None,
    ),
    (
        "ollama_model",
        404,
        {"error": {"message": "model 'x' not found", "type": "not_found_error"}},
        _MODEL,
        None,
    ),
    (
        "vllm_input",
        400,
        {
            "error": {
                "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 output tokens and your prompt contains at least 1 input tokens. Please reduce the length of the input prompt.",
                "type": "BadRequestError",
                "code": 400,
            }
        },
        _CONTEXT,
        None,
    ),
    (
        "vllm_new",
        400,
        {
            "error": {
                "message": "max_tokens must be at least 1, got -904.",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        },
        ("bad_request", "context_length"),
        None,
    ),
    (
        "vllm_dead",
        500,
        {
            "error": {
                "message": "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                "type": "InternalServerError",
                "code": 500,
            }
        },
        ("server",),
        None,
    ),
    (
        "sglang_queue",
        503,
        {
            "object": "error",
            "message": "The request queue is full.",
            "type": "service_unavailable",
            "code": 503,
        },
        ("overloaded",),
        None,
    ),
    (
        "sglang_input",
        400,
        {
            "object": "error",
            "message": "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        _CONTEXT,
        None,
    ),
    (
        "cohere_long",
        400,
        {
            "id": "1",
            "message": "too many tokens: size limit exceeded by 13 tokens. Try using shorter or fewer inputs.",
        },
        _CONTEXT,
        None,
    ),
    (
        "cohere_trial",
        429,
        {
            "message": "You are using a Trial key, which is limited to 10 API calls / minute. You can continue to use the Trial key for free."
        },
        _RATE,
        None,
    ),
    ("cohere_token", 401, {"message": "invalid api token"}, _AUTH, None),
    (
        "mistral_rate",
        429,
        {
            "object": "error",
            "message": "Service tier capacity exceeded for this model.",
            "type": "service_tier_capacity_exceeded",
            "param": None,
            "code": "3505",
        },
        _BUSY,
        None,
    ),
    ("mistral_unauthorized", 401, {"detail": "Unauthorized"}, _AUTH, None),
    (
        "mistral_model",
        400,
        {
            "object": "error",
            "message": "Invalid model: x",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        },
        _MODEL,
        None,
    ),
    (
        "mistral_long",
        400,
        {
            "object": "error",
            "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_prompt",
            "code": "3051",
        },
        _CONTEXT,
        None,
    ),
    (
        "copilot_seconds",
        429,
        {
            "error": {
                "code": "RateLimitReached",
                "message": "Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 25 seconds before retrying.",
                "details": "…",
            }
        },
        _RATE,
        25,
    ),
    (
        "openrouter_credits",
        402,
        _said(
            "This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only afford 100.",
            code=402,
        ),
        _QUOTA,
        None,
    ),
    (
        "openrouter_day",
        429,
        _said(
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
            code=429,
            metadata={"headers": {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0"}},
        ),
        _RATE,
        None,
    ),
    (
        "openrouter_policy",
        404,
        _said("No endpoints found matching your data policy (Free model publication).", code=404),
        ("unknown_model", "bad_request"),
        None,
    ),
    (
        "openrouter_raw",
        400,
        _said(
            "Provider returned error",
            code=400,
            metadata={
                "raw": '{"error":{"message":"Input is too long for requested model."}}',
                "provider_name": "X",
            },
        ),
        _CONTEXT,
        None,
    ),
    ("openrouter_key", 401, _said("No auth credentials found", code=401), _AUTH, None),
    (
        "openrouter_bad_gateway",
        502,
        _said("Provider returned error", code=502, metadata={"raw": "error code: 502"}),
        ("server", "overloaded"),
        None,
    ),
    (
        "rate_limit_policy",
        429,
        {"type": "https://example.com/rate", "title": "Too Many Requests", "status": 429},
        _RATE,
        None,
    ),
)

_IN_STREAM: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "overloaded_error",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ("overloaded",),
    ),
    (
        "exception",
        {"throttlingException": {"message": "Too many tokens, please wait before trying again."}},
        _RATE,
    ),
    (
        "exception_internal",
        {"internalServerException": {"message": "The system encountered an unexpected error"}},
        ("server",),
    ),
    (
        "tgi",
        {"error": "Request failed during generation: Server error: ", "error_type": "generation"},
        ("server", "bad_response"),
    ),
    (
        "x_groq",
        chunk({}, x_groq={"id": "req", "error": "over capacity"}),
        ("overloaded", "bad_response", "server"),
    ),
    (
        "vllm",
        {
            "object": "error",
            "message": "prompt is too long",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        _CONTEXT,
    ),
    ("status_error", {"status": "error", "message": "Internal error"}, ("server", "bad_response")),
    (
        "code_text",
        {"code": "InternalError", "message": "An internal error has occured", "request_id": "r"},
        ("server", "bad_response"),
    ),
    (
        "error_with_choices",
        {
            "id": "x",
            "error": {"code": 502, "message": "Network connection lost."},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        ("server", "bad_response"),
    ),
    ("quota", {"error": {"message": "Insufficient credits", "code": 402}}, _QUOTA),
    ("filter", {"error": {"message": "Content Exists Risk", "code": "invalid_request_error"}}, _FILTER),
)
_ENDINGS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ("FINISH_REASON_SAFETY", _FILTER),
    ("content_blocked", _FILTER),
    ("input_filtered", _FILTER),
    ("IMAGE_RECITATION", _FILTER),
    ("ContentFiltered", _FILTER),
    ("policy_violation", _FILTER),
    ({"type": "abort", "message": "Abort"}, ("bad_response",)),
    ("ERROR_LIMIT", ("overloaded", "bad_response")),
    ("exception", ("bad_response",)),
    ("generation_failed", ("bad_response",)),
    ("timed_out", ("bad_response",)),
    ("USER_CANCEL", ("bad_response",)),
    ("MALFORMED_RESPONSE", ("bad_response",)),
)

VENDOR_FAILURES: tuple[Shape, ...] = (
    *(
        Shape(
            f"said_{name}",
            (http(status, body if isinstance(body, bytes) else as_json(body)),),
            error=classes,
            wait=wait,
        )
        for name, status, body, classes, wait in _REFUSALS
    ),
    *(
        Shape(f"first_{name}", (sse(found, done=False),), error=classes)
        for name, found, classes in _IN_STREAM
    ),
    *(
        Shape(f"later_{name}", (sse(chunk({"content": "Hel"}), found, done=False),), error=classes)
        for name, found, classes in _IN_STREAM
    ),
    *(
        Shape(f"ends_{str(reason)[:24]}", (sse(chunk({"content": "Hel"}), finish(reason)),), error=classes)
        for reason, classes in _ENDINGS
    ),
    Shape(
        "broken_after_counts",
        (
            sse(
                chunk({"content": "Hel"}, usage={"prompt_tokens": 1, "completion_tokens": 1}),
                b'{"choi',
                done=False,
            ),
        ),
        error=("bad_response",),
    ),
    Shape(
        "broken_in_a_call",
        (
            sse(
                chunk(
                    {
                        "tool_calls": [
                            {"index": 0, "id": "a", "function": {"name": "calculator", "arguments": '{"exp'}}
                        ]
                    }
                ),
                done=False,
            ),
        ),
        error=("bad_response",),
    ),
    Shape("nothing_at_all", (http(200, b""),), error=("bad_response", "empty_answer")),
    Shape(
        "nothing_204",
        (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",),
        error=("bad_response", "empty_answer"),
    ),
    Shape(
        "nothing_choices",
        (http(200, as_json({"id": "x", "object": "chat.completion", "choices": []})),),
        error=("bad_response", "empty_answer"),
    ),
    Shape(
        "nothing_null_choices",
        (
            http(
                200,
                as_json({"id": "x", "choices": None, "usage": {"prompt_tokens": 10, "completion_tokens": 0}}),
            ),
        ),
        error=("bad_response", "empty_answer"),
    ),
    Shape(
        "nothing_null_content",
        (
            http(
                200,
                as_json(
                    {
                        "choices": [
                            {"message": {"role": "assistant", "content": None}, "finish_reason": "stop"}
                        ]
                    }
                ),
            ),
        ),
        error=("empty_answer",),
    ),
    Shape("hung_up", (b"",), error=("network",)),
)
