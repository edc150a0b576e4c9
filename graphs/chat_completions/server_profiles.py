"""Profiles of model servers that speak OpenAI's chat completions: what each takes, and how it is reached.

A server that has no entry is asked as plainly as can be; what it refuses is learned
(`graphs.chat_completions.server_capabilities`).
"""

from collections.abc import Mapping
from functools import lru_cache
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
    start: str = ""
    """The command that starts it, where people run it themselves."""
    note: str = ""
    """What else makes it work."""
    reason: str = ""
    """How its models are told how much to reason: JSON of a chat's settings; empty where it is not told."""


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
                reason='{"reasoning_effort": "low"}',
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
                reason='{"reasoning_effort": "low"}',
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
                reason='{"extra_body": {"reasoning": {"effort": "low"}}}',
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
                reason='{"extra_body": {"thinking": {"type": "enabled"}}}',
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
                reason='{"reasoning_effort": "low"}',
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
                reason='{"reasoning_effort": "low"}',
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
                note="Ids of tool calls have nine letters or digits, and a turn of the assistant stands "
                "between results of tools and the next message: AgenticRAG does both. `magistral` "
                "models send their reasoning in parts of the content.",
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
                reason='{"reasoning_effort": "low"}',
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
                note="`kimi-k2-thinking` wants its reasoning back with a turn that used tools: AgenticRAG "
                "does that. It takes a temperature of 1 only: leave it out.",
            ),
            ServerProfile(
                name="together",
                title="Together",
                base_url="https://api.together.xyz/v1",
                hosts=(".together.xyz", ".together.ai"),
                key="https://api.together.ai",
                model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
                reason='{"reasoning_effort": "low"}',
                note="Only serverless models need no endpoint of your own; another name is `unknown_model`.",
            ),
            ServerProfile(
                name="fireworks",
                title="Fireworks",
                base_url="https://api.fireworks.ai/inference/v1",
                hosts=(".fireworks.ai",),
                key="https://fireworks.ai",
                model="accounts/fireworks/models/llama-v3p3-70b-instruct",
                reason='{"reasoning_effort": "low"}',
                note="Names of models begin with `accounts/`. A suspended account is `quota`.",
            ),
            ServerProfile(
                name="vllm",
                base_url="http://127.0.0.1:8000/v1",
                model="Qwen/Qwen3-8B",
                title="vLLM",
                start="vllm serve Qwen/Qwen3-8B --enable-auto-tool-choice --tool-call-parser hermes "
                "--reasoning-parser qwen3",
                reason='{"chat_template_kwargs": {"enable_thinking": false}}',
                note="Without a tool parser, agents with tools get no calls. Without a reasoning parser, "
                "`<think>` blocks are still read as reasoning.",
            ),
            ServerProfile(
                name="sglang",
                title="SGLang",
                base_url="http://127.0.0.1:30000/v1",
                ports=(30000,),
                model="Qwen/Qwen3-8B",
                start="python -m sglang.launch_server --model-path Qwen/Qwen3-8B --tool-call-parser qwen25 "
                "--reasoning-parser qwen3",
                reason='{"chat_template_kwargs": {"enable_thinking": false}}',
                note="Without a tool parser, agents with tools get no calls.",
            ),
            ServerProfile(
                name="tgi",
                title="Text Generation Inference (TGI)",
                base_url="http://127.0.0.1:3000/v1",
                ports=(3000,),
                model="tgi",
                start="docker run --gpus all -p 3000:80 ghcr.io/huggingface/text-generation-inference "
                "--model-id Qwen/Qwen2.5-7B-Instruct",
                json="json_object",
                note="It serves one model and takes any name. Its `--max-total-tokens` limits prompt and "
                "answer together.",
            ),
            ServerProfile(
                name="lmstudio",
                title="LM Studio",
                base_url="http://127.0.0.1:1234/v1",
                ports=(1234,),
                model="qwen/qwen3-8b",
                note="Load the model with a context that fits; what does not fit is `context_length`.",
                start="lms server start && lms load qwen/qwen3-8b --context-length 16384",
                reason='{"reasoning_effort": "low"}',
            ),
            ServerProfile(
                name="llamacpp",
                title="llama.cpp",
                base_url="http://127.0.0.1:8080/v1",
                ports=(8080,),
                model="default",
                start="llama-server --model model.gguf --jinja --ctx-size 16384",
                reason='{"chat_template_kwargs": {"enable_thinking": false}}',
                note="Without `--jinja` it takes no tools. What does not fit into `--ctx-size` is "
                "`context_length`.",
            ),
            ServerProfile(
                name="litellm",
                title="LiteLLM",
                base_url="http://127.0.0.1:4000/v1",
                ports=(4000,),
                key="a virtual key of its own",
                model="gpt-4.1-mini",
                note="`drop_params: true` in its settings saves a refused request for each parameter.",
                start="litellm --config config.yaml",
                reason='{"reasoning_effort": "low"}',
            ),
            ServerProfile(
                name="ollama",
                title="Ollama by its OpenAI API",
                base_url="http://127.0.0.1:11434/v1",
                ports=(11434,),
                model="qwen3:8b",
                beside_calls="empty",
                note="Provider `ollama` speaks its own API and sets a context that fits; prefer it.",
                start="ollama serve && ollama pull qwen3:8b",
                reason='{"reasoning_effort": "low"}',
            ),
            ServerProfile(
                name="databricks",
                title="Databricks model serving",
                base_url="https://{workspace}.cloud.databricks.com/serving-endpoints",
                hosts=(".databricks.com", ".azuredatabricks.net", ".databricks.net"),
                key="a personal access token",
                model="databricks-claude-sonnet-4",
                counts=False,
                note="Claude models there send their reasoning in parts of the content; it is read. Names "
                "of models are those of serving endpoints.",
            ),
            ServerProfile(
                name="bedrock",
                title="Amazon Bedrock and its gateways",
                base_url="https://bedrock-runtime.{region}.amazonaws.com/openai/v1",
                hosts=("amazonaws.com",),
                key="a Bedrock API key from the AWS console",
                model="openai.gpt-oss-20b-1:0",
                json="instruction",
                reason='{"reasoning_effort": "low"}',
                note="For a gateway such as bedrock-access-gateway, the base URL is the gateway's, which "
                "ends in `/api/v1`, and the key is its own. Errors of Bedrock that a gateway passes "
                "on as `detail` are read.",
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
                reason='{"extra_body": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}',
            ),
        )
    }
)
"""By name."""


@lru_cache(maxsize=1024)
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
