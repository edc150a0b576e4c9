"""The settings of a model call that not every server takes: their types, and how they reach the request."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

__all__ = [
    "MORE_SETTINGS",
    "OLD_DEFAULTS",
    "PROTECTED",
    "ContextTokens",
    "ExtraBody",
    "FirstTokenSeconds",
    "IdleSeconds",
    "KeepAlive",
    "LogitBias",
    "MinP",
    "ParallelToolCalls",
    "Penalty",
    "ReasoningEffort",
    "TemplateArguments",
    "Think",
    "TopK",
    "User",
    "extra_body_problem",
    "more_settings",
]

_TopK = Annotated[int, Meta(ge=1, le=1000)]
_MinP = Annotated[float, Meta(ge=0, le=1)]
_Penalty = Annotated[float, Meta(ge=-2, le=2)]
_Bias = Annotated[float, Meta(ge=-100, le=100)]
_Tokens = Annotated[int, Meta(ge=256, le=10_000_000)]

TopK = Annotated[_TopK | None, Meta(description="Choose among so many likeliest tokens.")]
MinP = Annotated[
    _MinP | None, Meta(description="Leave out tokens less likely than this share of the likeliest.")
]
Penalty = Annotated[
    _Penalty | None, Meta(description="Above 0, words that were used are used less often; null for none.")
]
LogitBias = Annotated[
    dict[str, _Bias],
    Meta(max_length=1000, description="Makes tokens, by their numbers, likelier (to 100) or not (to -100)."),
]
User = Annotated[str, Meta(max_length=255, description="A name of who asks, for the provider's records.")]
ReasoningEffort = Annotated[
    str,
    Meta(
        max_length=32,
        pattern=r"^[a-z_]*$",
        description="How much a reasoning model reasons: `minimal` to `high`; empty for its own.",
    ),
]
ParallelToolCalls = Annotated[
    bool | None, Meta(description="Whether the model may ask for several tools at once; null for its own.")
]
TemplateArguments = Annotated[
    dict[str, Any],
    Meta(max_length=50, description='Arguments of the chat template (vLLM): `{"enable_thinking": false}`.'),
]
ContextTokens = Annotated[
    _Tokens | None, Meta(description="Ollama's context in tokens; null for what the request needs.")
]
KeepAlive = Annotated[
    str, Meta(max_length=32, description="How long Ollama keeps the model loaded: `10m`, `-1` for always.")
]
Think = Annotated[
    bool | str | None, Meta(description="Whether, or how much (`low`, `high`), a model of Ollama's reasons.")
]
_Patience = Annotated[float, Meta(gt=0, le=86_400)]
FirstTokenSeconds = Annotated[
    _Patience | None,
    Meta(description="Maximum seconds until the model's first sign of life. Null: the server's setting."),
]
IdleSeconds = Annotated[
    _Patience | None,
    Meta(description="Maximum seconds of silence within the answer. Null: the server's setting."),
]
ExtraBody = Annotated[
    dict[str, Any],
    Meta(
        max_length=50,
        description="Further fields of the request; never messages, model, stream or tools.",
    ),
]

MORE_SETTINGS = (
    "top_k",
    "min_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "user",
    "reasoning_effort",
    "parallel_tool_calls",
    "chat_template_kwargs",
    "num_ctx",
    "keep_alive",
    "think",
    "model_first_token_seconds",
    "model_idle_seconds",
    "extra_body",
)
OLD_DEFAULTS = (0.7, 2000)
"""Temperature and limit that the last release wrote into every chat and agent that named neither: they count
as not set."""
PROTECTED = frozenset({"messages", "model", "stream", "tools"})


def more_settings(values: Any) -> Mapping[str, Any]:
    """Return the settings that have these names, for a `ModelRequest`."""
    return {name: getattr(values, name) for name in MORE_SETTINGS}


def extra_body_problem(extra_body: Mapping[str, Any]) -> str:
    """Return why a request cannot have these further fields; empty where it can."""
    if wrong := sorted(PROTECTED & {*extra_body}):
        return f"'extra_body' cannot set {', '.join(map(repr, wrong))}: the node does. Leave them out."
    return ""
