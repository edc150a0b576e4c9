"""Profiles of model servers that speak OpenAI's chat completions: what each takes, and how it is reached.

A server that has no entry is asked as plainly as can be; what it refuses is learned
(`graphs.chat_completions.server_capabilities`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

__all__ = ["PLAIN", "PROFILES", "ServerProfile", "chat_url", "profile_of"]


class ServerProfile(Struct, frozen=True, kw_only=True):
    """What is known of one kind of server."""

    name: str
    title: str
    base_url: str
    """Where it usually is; with ``{…}`` for what an operator fills in."""
    hosts: tuple[str, ...] = ()
    """Ends of host names by which it is known."""
    ports: tuple[int, ...] = ()
    """Ports on this machine by which it is known."""
    key: str = ""
    """Where its key comes from; empty where it needs none."""
    model: str
    """A name of a model as it writes them."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The field that limits an answer."""
    key_header: Literal["authorization", "api-key"] = "authorization"
    counts: bool = True
    """Whether it takes ``stream_options``; without them it counts anyway."""
    json: Literal["json_schema", "json_object", "instruction"] = "json_schema"
    """The strictest way in which it takes a form for the answer."""
    call_ids: Literal["any", "nine"] = "any"
    """Which ids of tool calls it takes: any, or nine letters and digits."""
    after_tools: Literal["any", "assistant"] = "any"
    """What may follow the results of tools."""
    beside_calls: Literal["null", "empty", "omitted"] = "null"
    """What the content of a turn is that has nothing but tool calls."""
    tool_names: bool = True
    """Whether the result of a tool carries the tool's name."""
    reasoning_back: bool = False
    """Whether it wants the reasoning back with the tool calls of the same turn of the user."""
    cache_reads: str = "prompt_tokens_details.cached_tokens"
    """Where it counts what it read from its cache."""
    reasoning: str = "completion_tokens_details.reasoning_tokens"
    """Where it counts reasoning."""
    reasoning_beside: bool = False
    """Whether reasoning lies beside the output tokens, and is added to them."""
    note: str = ""
    """What else makes it work."""


PLAIN = ServerProfile(
    name="compatible", title="Any other server", base_url="https://{host}/v1", model="{model}"
)

PROFILES: Mapping[str, ServerProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            ServerProfile(
                name="openai",
                title="OpenAI",
                base_url="https://api.openai.com/v1",
                hosts=(".openai.com",),
                key="https://platform.openai.com",
                model="gpt-4.1-mini",
                limit="max_completion_tokens",
                note="Reasoning models refuse a temperature: leave it out. Models of the Responses API alone "
                "go through LangChain by themselves.",
            ),
            ServerProfile(
                name="azure",
                title="Azure OpenAI",
                base_url="https://{resource}.openai.azure.com/openai/deployments/{deployment}?api-version=2024-10-21",
                hosts=(".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"),
                key="the resource's page 'Keys and Endpoint'",
                model="{deployment}",
                limit="max_completion_tokens",
                key_header="api-key",
                note="The URL of a deployment names the model; `…/openai/v1` works without a version. "
                "A prompt or an answer that its filter refuses is `content_filter`.",
            ),
            ServerProfile(
                name="openrouter",
                title="OpenRouter",
                base_url="https://openrouter.ai/api/v1",
                hosts=("openrouter.ai",),
                key="https://openrouter.ai/keys",
                model="deepseek/deepseek-chat",
                note="`reasoning_details` are kept and sent back. Set `extra_body` to "
                '`{"provider": {"require_parameters": true}}` to reach only providers that take tools.',
            ),
            ServerProfile(
                name="deepseek",
                title="DeepSeek",
                base_url="https://api.deepseek.com/v1",
                hosts=(".deepseek.com",),
                key="https://platform.deepseek.com",
                model="deepseek-chat",
                json="json_object",
                reasoning_back=True,
                cache_reads="prompt_cache_hit_tokens",
                note="`deepseek-reasoner` wants its reasoning back in a turn that uses tools: that is done.",
            ),
            ServerProfile(
                name="gemini",
                title="Google Gemini",
                base_url="https://generativelanguage.googleapis.com/v1beta/openai",
                hosts=("generativelanguage.googleapis.com", "aiplatform.googleapis.com"),
                key="https://aistudio.google.com",
                model="gemini-2.5-flash",
                reasoning="total_tokens",
                reasoning_beside=True,
                note="Thought signatures of Gemini 3 are kept and sent back with each tool call.",
            ),
            ServerProfile(
                name="groq",
                title="Groq",
                base_url="https://api.groq.com/openai/v1",
                hosts=(".groq.com",),
                key="https://console.groq.com",
                model="llama-3.3-70b-versatile",
                limit="max_completion_tokens",
                json="json_object",
                tool_names=False,
                note="A request above the limit of tokens a minute is `context_length`: no waiting helps.",
            ),
            ServerProfile(
                name="mistral",
                title="Mistral",
                base_url="https://api.mistral.ai/v1",
                hosts=(".mistral.ai",),
                key="https://console.mistral.ai",
                model="mistral-small-latest",
                counts=False,
                call_ids="nine",
                after_tools="assistant",
                beside_calls="empty",
                cache_reads="num_cached_tokens",
            ),
            ServerProfile(
                name="xai",
                title="xAI",
                base_url="https://api.x.ai/v1",
                hosts=(".x.ai",),
                key="https://console.x.ai",
                model="grok-4",
                reasoning_beside=True,
                note="Grok's reasoning models refuse `stop`, `presence_penalty` and `frequency_penalty`.",
            ),
            ServerProfile(
                name="moonshot",
                title="Moonshot (Kimi)",
                base_url="https://api.moonshot.ai/v1",
                hosts=(".moonshot.ai", ".moonshot.cn"),
                key="https://platform.moonshot.ai",
                model="kimi-k2-0905-preview",
                json="json_object",
                reasoning_back=True,
                cache_reads="cached_tokens",
            ),
            ServerProfile(
                name="together",
                title="Together",
                base_url="https://api.together.xyz/v1",
                hosts=(".together.xyz", ".together.ai"),
                key="https://api.together.ai",
                model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
            ),
            ServerProfile(
                name="fireworks",
                title="Fireworks",
                base_url="https://api.fireworks.ai/inference/v1",
                hosts=(".fireworks.ai",),
                key="https://fireworks.ai",
                model="accounts/fireworks/models/llama-v3p3-70b-instruct",
            ),
            ServerProfile(
                name="vllm",
                title="vLLM and SGLang",
                base_url="http://127.0.0.1:8000/v1",
                model="Qwen/Qwen3-8B",
                note="Start it with `--enable-auto-tool-choice --tool-call-parser …` for tools and "
                "`--reasoning-parser …` for reasoning.",
            ),
            ServerProfile(
                name="lmstudio",
                title="LM Studio",
                base_url="http://127.0.0.1:1234/v1",
                ports=(1234,),
                model="qwen/qwen3-8b",
                note="Load the model with a context that fits; what does not fit is `context_length`.",
            ),
            ServerProfile(
                name="llamacpp",
                title="llama.cpp",
                base_url="http://127.0.0.1:8080/v1",
                ports=(8080,),
                model="default",
                note="Start `llama-server` with `--jinja` for tools.",
            ),
            ServerProfile(
                name="litellm",
                title="LiteLLM",
                base_url="http://127.0.0.1:4000/v1",
                ports=(4000,),
                key="a virtual key of its own",
                model="gpt-4.1-mini",
                note="`drop_params: true` in its settings saves a refused request for each parameter.",
            ),
            ServerProfile(
                name="ollama",
                title="Ollama by its OpenAI API",
                base_url="http://127.0.0.1:11434/v1",
                ports=(11434,),
                model="qwen3:8b",
                beside_calls="empty",
                note="Provider `ollama` speaks its own API and sets a context that fits; prefer it.",
            ),
            ServerProfile(
                name="databricks",
                title="Databricks model serving",
                base_url="https://{workspace}.cloud.databricks.com/serving-endpoints",
                hosts=(".databricks.com", ".azuredatabricks.net", ".databricks.net"),
                key="a personal access token",
                model="databricks-claude-sonnet-4",
                counts=False,
            ),
            ServerProfile(
                name="anthropic-compatible",
                title="Anthropic by its OpenAI API",
                base_url="https://api.anthropic.com/v1",
                hosts=(".anthropic.com",),
                key="https://console.anthropic.com",
                model="claude-sonnet-4-5",
                json="instruction",
                cache_reads="cache_read_input_tokens",
                note="`max_tokens` is required by some of its models.",
            ),
        )
    }
)
"""By name."""


def profile_of(base_url: str, name: str = "") -> ServerProfile:
    """Return the profile of a server: by its name where one is given, else by its address."""
    if name:
        return PROFILES.get(name, PLAIN)
    parts = urlsplit(base_url)
    host = f".{parts.hostname or ''}"
    for profile in PROFILES.values():
        if any(host.endswith(f".{end.lstrip('.')}") for end in profile.hosts):
            return profile
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        for profile in PROFILES.values():
            if parts.port in profile.ports:
                return profile
    return PLAIN


def chat_url(base_url: str) -> str:
    """Return where chats of a base URL go; a pasted address of the chats themselves, and a query, are
    kept."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return parts._replace(path=path).geturl()
