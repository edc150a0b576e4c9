"""What a refusal teaches: in the words of many servers, the one thing to be done differently."""

# ruff: noqa: E501 - sentences of servers

from typing import Any

import msgspec
import pytest

from graphs.chat_completions.openai_payload import payload
from graphs.chat_completions.server_capabilities import Learned, learn
from graphs.chat_completions.server_profiles import PLAIN, PROFILES
from graphs.conversation.messages import Message, ModelRequest, ToolCall, ToolSpec
from graphs.model_api.error_body import ErrorBody
from graphs.model_api.provider_errors import from_status

TOOL = ToolSpec("calculator", "", {"type": "object", "properties": {"expression": {"type": "string"}}})
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
HISTORY = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="6*7?"),
    Message(
        role="assistant", content="", tool_calls=[ToolCall("call_1", "calculator", {"expression": "6*7"})]
    ),
    Message(role="tool", name="calculator", tool_call_id="call_1", content="42"),
]
ALL = ModelRequest(
    provider="openai",
    model="m",
    messages=HISTORY,
    temperature=0.5,
    max_tokens=100,
    top_p=0.9,
    stop=["x"],
    seed=1,
    top_k=5,
    min_p=0.1,
    presence_penalty=0.5,
    frequency_penalty=0.5,
    logit_bias={"1": 1},
    user="u",
    reasoning_effort="low",
    parallel_tool_calls=False,
    chat_template_kwargs={"enable_thinking": False},
    extra_body={"repetition_penalty": 1.1},
    tools=[TOOL],
    response_format=SCHEMA,
)

DROPS: list[tuple[str, int, Any]] = [
    (
        "temperature",
        400,
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
    ),
    ("temperature", 400, "invalid temperature: only 1 is allowed for this model"),
    ("temperature", 400, "temperature is not supported with this model"),
    ("temperature", 400, "`temperature` is deprecated for this model."),
    (
        "temperature",
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "temperature"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
    ),
    ("top_p", 400, "`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
    ("top_p", 400, "Unsupported parameter: 'top_p' is not supported with this model."),
    ("top_p", 400, "topP is not supported on this model"),
    ("presence_penalty", 400, "Argument not supported on this model: presencePenalty"),
    (
        "presence_penalty",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Model grok-4 does not support parameter presencePenalty.",
        },
    ),
    ("frequency_penalty", 400, "frequency_penalty is not supported by this model"),
    (
        "frequency_penalty",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "Penalty is not enabled for models/x: frequencyPenalty",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    ("stop", 400, "Argument not supported on this model: stop"),
    ("stop", 400, "Unsupported parameter: 'stop' is not supported with this model."),
    ("stop", 400, "stop sequences are not supported by this model"),
    ("seed", 400, "property 'seed' is unsupported"),
    (
        "seed",
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "seed"],
                    "msg": "Extra inputs are not permitted",
                    "input": 1,
                }
            ]
        },
    ),
    ("seed", 400, "Unrecognized request argument supplied: seed"),
    ("logit_bias", 400, "property 'logit_bias' is unsupported, did you mean ..."),
    ("logit_bias", 400, "logit_bias is not currently supported"),
    ("user", 400, "Unknown parameter: 'user'."),
    (
        "user",
        422,
        {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", "user"], "msg": "Extra inputs are not permitted"}
            ]
        },
    ),
    ("top_k", 400, "Unrecognized request argument supplied: top_k"),
    (
        "top_k",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": 'Invalid JSON payload received. Unknown name "top_k": Cannot find field.',
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    ("min_p", 400, "Unrecognized request arguments supplied: min_p"),
    (
        "min_p",
        400,
        "litellm.UnsupportedParamsError: openai does not support parameters: ['min_p'], for model=m. To drop these, set `litellm.drop_params=True`",
    ),
    ("reasoning_effort", 400, "Unrecognized request argument supplied: reasoning_effort"),
    ("reasoning_effort", 400, "Argument not supported on this model: reasoningEffort"),
    ("reasoning_effort", 400, "Unsupported parameter: 'reasoning.effort' is not supported with this model."),
    ("reasoning_effort", 400, "`reasoning_effort` must be one of `none` or `default`"),
    ("reasoning_effort", 400, '"m" does not support thinking'),
    ("parallel_tool_calls", 400, "parallel_tool_calls is not supported by this model"),
    (
        "parallel_tool_calls",
        400,
        "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
    ),
    (
        "parallel_tool_calls",
        400,
        {
            "detail": "litellm.UnsupportedParamsError: bedrock does not support parameters: ['parallel_tool_calls'], for model=x"
        },
    ),
    (
        "parallel_tool_calls",
        400,
        "This model only supports single tool-calls at once! parallel tool calls are not supported",
    ),
    (
        "stream_options",
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "stream_options"],
                    "msg": "Extra inputs are not permitted",
                }
            ]
        },
    ),
    ("stream_options", 400, "Unrecognized request argument supplied: stream_options"),
    ("stream_options", 400, 'json: unknown field "stream_options"'),
    ("stream_options", 400, "streamOptions is not supported"),
    (
        "stream_options",
        500,
        "Additional properties are not allowed ('stream_options' was unexpected) - 'stream_options' is not supported",
    ),
    ("chat_template_kwargs", 400, "Unknown parameter: 'chat_template_kwargs'."),
    ("chat_template_kwargs", 400, "chat_template is not supported for Mistral tokenizers."),
    ("repetition_penalty", 400, "Unrecognized request argument supplied: repetition_penalty"),
    ("tools", 400, "registry.ollama.ai/library/x:latest does not support tools"),
    ("tools", 400, "deepseek-reasoner does not support Function Calling"),
    ("tools", 404, 'No endpoints found that support tool use. Try disabling "calculator".'),
    ("tools", 400, "`tools` is not supported with this model"),
    ("tools", 400, "This model doesn't support tool use in streaming mode."),
    ("tools", 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    (
        "tools",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "Function calling is not enabled for models/gemma-3",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    ("tools", 500, "tools param requires --jinja flag; tools are not supported"),
]
DROPS.extend(
    [
        ("temperature", 400, "`temperature` may only be set to 1 when thinking is enabled."),
        ("temperature", 400, "temperature: Input should be 1"),
        ("reasoning_effort", 400, "`reasoning_effort` must be one of `none` or `default`"),
        (
            "stream_options",
            400,
            {"error_code": "BAD_REQUEST", "message": 'json: unknown field "stream_options"'},
        ),
        ("tools", 500, "tools param requires --jinja flag"),
        (
            "tools",
            400,
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        ),
    ]
)
CHANGES: list[tuple[dict[str, Any], int, Any]] = [
    (
        {"limit": "max_completion_tokens"},
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
    (
        {"json": "json_object"},
        400,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    ),
    ({"json": "json_object"}, 400, "This model does not support response format `json_schema`."),
    (
        {"json": "json_object"},
        400,
        "Failed to deserialize the JSON body into the target type: response_format: This response_format type is unavailable now at line 1 column 5",
    ),
    ({"json": "json_object"}, 400, "response_format.type must be text or json_object"),
    (
        {"json": "json_object"},
        422,
        {
            "detail": [
                {
                    "type": "literal_error",
                    "loc": ["body", "response_format", "type"],
                    "msg": "Input should be 'text' or 'json_object'",
                }
            ]
        },
    ),
    (
        {"json": "json_object"},
        400,
        "Function calling with a response mime type: 'application/json' is unsupported",
    ),
    ({"json": "json_object"}, 400, "json mode cannot be combined with tool/function calling"),
    ({"json": "json_object"}, 400, "structured outputs are not supported by this model"),
    ({"no_system": True}, 400, "System role not supported"),
    ({"no_system": True}, 400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (
        {"no_system": True},
        400,
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    ),
    ({"no_system": True}, 500, "Conversation roles must alternate user/assistant/user/assistant/..."),
    ({"nine": True}, 400, "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."),
    ({"bridge": True}, 400, "Unexpected role 'user' after role 'tool'"),
    ({"beside_calls": "empty"}, 400, "invalid message content type: <nil>"),
    (
        {"beside_calls": "empty"},
        422,
        {
            "detail": [
                {
                    "type": "string_type",
                    "loc": ["body", "messages", 2, "content"],
                    "msg": "Input should be a valid string",
                    "input": None,
                }
            ]
        },
    ),
    (
        {"reasoning": "send"},
        400,
        "Missing `reasoning_content` field in the assistant message at message index 2. For more information, see the guide.",
    ),
    (
        {"reasoning": "send"},
        400,
        "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
    ),
    (
        {"reasoning": "keep"},
        400,
        "The reasoning_content is an intermediate result for display purposes only and will not be included in the context. Please remove the reasoning_content from your message.",
    ),
    (
        {"no_names": True},
        400,
        "'messages.3' : for 'role:tool' the following must be satisfied[('messages.3' : property 'name' is unsupported)]",
    ),
    (
        {"whole": True},
        400,
        {
            "error": {
                "message": "Your organization must be verified to stream this model. Please go to the settings to verify.",
                "type": "invalid_request_error",
                "param": "stream",
                "code": "unsupported_value",
            }
        },
    ),
    ({"whole": True}, 400, "Streaming is not supported by this model"),
]
IN_PARTS: list[tuple[int, Any]] = [
    (
        422,
        "Failed to deserialize the JSON body into the target type: messages[1]: invalid type: sequence, expected a string",
    ),
    (
        400,
        "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
    ),
    (
        422,
        {
            "detail": [
                {
                    "type": "string_type",
                    "loc": ["body", "messages", 1, "content"],
                    "msg": "Input should be a valid string",
                }
            ]
        },
    ),
    (400, "messages.1.content must be a string"),
]
CHANGES.extend(
    [
        (
            {"json": "json_object"},
            400,
            {"error": 'Grammar error: Unimplemented keys: ["a"] in response_format'},
        ),
        (
            {"no_system": True},
            400,
            'Error rendering prompt: "Error: Only user and assistant roles are supported!".',
        ),
        ({"whole": True}, 400, "Your organization must be verified to stream this model."),
    ]
)
NOTHING: list[tuple[int, Any]] = [
    (400, "temperature must be less than or equal to 2"),
    (
        400,
        {
            "error": {
                "message": "Invalid schema for function 'calculator': In context=(), array schema missing items.",
                "param": "tools[0].function.parameters",
                "code": "invalid_function_parameters",
            }
        },
    ),
    (400, "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12"),
    (
        400,
        {
            "error": {
                "message": "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
                "param": "messages.[3].role",
            }
        },
    ),
    (
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    ),
    (400, "Invalid value for 'messages[1].content[0].image_url': unsupported image"),
    (
        400,
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    ),
    (
        400,
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
    ),
]


def _learned(status: int, said: Any) -> Learned | None:
    body = said if isinstance(said, dict | list) else {"error": {"message": said}}
    error = from_status("openai", status, {}, msgspec.json.encode(body))
    sent = payload(ALL, PROFILES["vllm"], Learned())
    assert isinstance(error.refused, ErrorBody), f"{error.error_class}: {error}"
    return learn(Learned(), sent, error.refused, error.refused.parameter)


@pytest.mark.parametrize(("name", "status", "said"), DROPS)
def test_a_refused_parameter_is_left_out(name: str, status: int, said: Any) -> None:
    assert _learned(status, said) == Learned(dropped=frozenset({name}))


@pytest.mark.parametrize(("change", "status", "said"), CHANGES)
def test_a_refused_form_is_changed(change: dict[str, Any], status: int, said: Any) -> None:
    assert _learned(status, said) == Learned(**change)


@pytest.mark.parametrize(("status", "said"), NOTHING)
def test_a_mistake_of_the_request_takes_nothing_away(status: int, said: Any) -> None:
    body = said if isinstance(said, dict) else {"error": {"message": said}}
    error = from_status("openai", status, {}, msgspec.json.encode(body))
    sent = payload(ALL, PROFILES["vllm"], Learned())
    refused = error.refused
    found = None if refused is None else learn(Learned(), sent, refused, refused.parameter)
    assert found is None or "tools" not in found.dropped


@pytest.mark.parametrize(("status", "said"), IN_PARTS)
def test_text_in_parts_becomes_text_where_no_parts_are_taken(status: int, said: Any) -> None:
    body = said if isinstance(said, dict) else {"error": {"message": said}}
    parts = [{"type": "text", "text": "Hello"}, {"type": "text", "text": "there"}]
    request = msgspec.structs.replace(ALL, messages=[HISTORY[0], Message(role="user", content=parts)])
    refused = from_status("openai", status, {}, msgspec.json.encode(body)).refused
    assert refused is not None
    learned = learn(Learned(), payload(request, PLAIN, Learned()), refused, refused.parameter)
    assert learned is not None
    assert learned == Learned(plain_text=True)
    assert payload(request, PLAIN, learned)["messages"][1]["content"] == "Hello\n\nthere"


def test_calls_of_another_model_get_the_signature_that_stands_for_none() -> None:
    said = (
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
        "correctly. Additional data, function call `default_api:calculator`, position 2."
    )
    body = [{"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}]
    refused = from_status("openai", 400, {}, msgspec.json.encode(body)).refused
    assert refused is not None
    learned = learn(Learned(), payload(ALL, PROFILES["gemini"], Learned()), refused, refused.parameter)
    assert learned is not None
    assert learned == Learned(signatures=True)
    (call,) = payload(ALL, PROFILES["gemini"], learned)["messages"][2]["tool_calls"]
    assert call["extra_content"]["google"]["thought_signature"] == "skip_thought_signature_validator"


@pytest.mark.parametrize(
    ("said", "turns"),
    [
        ("A conversation must start with a user message.", "au"),
        ("messages: first message must use the user role", "au"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "au"),
        ("Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant", "ua"),
        ("Last message must have role `user`.", "ua"),
        ("This model does not support assistant message prefill. The conversation must end with a user message.", "ua"),
    ],
)  # fmt: skip
def test_a_turn_of_the_user_stands_where_a_server_wants_one(said: str, turns: str) -> None:
    messages = [
        Message(role="user", content="Hi") if turn == "u" else Message(role="assistant", content="Hello.")
        for turn in turns
    ]
    request = msgspec.structs.replace(ALL, messages=messages)
    refused = from_status("openai", 400, {}, msgspec.json.encode({"error": {"message": said}})).refused
    assert refused is not None
    learned = learn(Learned(), payload(request, PLAIN, Learned()), refused, refused.parameter)
    assert learned is not None
    sent = payload(request, PLAIN, learned)["messages"]
    assert [one["role"] for one in sent] == ["user", "assistant", "user"]
    others = payload(ALL, PLAIN, learned)["messages"]
    assert [one["role"] for one in others] == [one.role for one in HISTORY], "others are as they were"
