"""ModelSettings: where models are reached, and every number of the retry loop."""

import re
from typing import Literal

from msgspec import Struct

from graphs.chat_completions.server_profiles import PROFILES
from graphs.outbound.http_messages import EgressRules
from graphs.parsing.base_urls import origin_of

__all__ = ["ANTHROPIC_URL", "OPENAI_URL", "ModelSettings"]

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com/v1"


class ModelSettings(Struct, frozen=True, kw_only=True):
    """How this server reaches models. Times are in seconds."""

    openai_api_key: str = ""
    """The operator's key; sent to ``openai_base_url`` only."""
    openai_base_url: str = OPENAI_URL
    """Any server that speaks OpenAI's chat completions."""
    openai_model: str = "gpt-4o-mini"
    """Model that `default_model` names where OpenAI's own server is configured."""
    openai_transport: Literal["direct", "langchain"] = "direct"
    """``direct`` speaks the wire itself, ``langchain`` goes through ChatOpenAI; both give the same answers.

    Models that exist only on OpenAI's Responses API always go through ChatOpenAI.
    """
    openai_profile: str = ""
    """Name of a profile of `chat_completions.server_profiles`; empty to know it by its address."""
    openai_organization: str = ""
    openai_headers: tuple[str, ...] = ()
    """``Name: value``; like the organisation, sent to ``openai_base_url`` only."""
    anthropic_api_key: str = ""
    """The operator's key; sent to ``anthropic_base_url`` only."""
    anthropic_base_url: str = ANTHROPIC_URL
    """Any server that speaks Anthropic's Messages API."""
    anthropic_max_tokens: int = 8192
    """Longest answer where a request names none: that API must be told one."""
    ollama_max_context: int = 32_768
    """The most tokens of context that Ollama is asked for."""
    ollama_base_url: str = "http://127.0.0.1:11434"
    local_model: str = ""
    """A GGUF file; empty for the model that ``agenticrag models install`` brings."""
    local_threads: int = 0
    """Threads that the local model computes with; 0: one for the small model, else all but one core."""
    local_context: int = 8192
    """Tokens that the local model's requests share."""
    allowed_base_urls: tuple[str, ...] = ()
    """Addresses that a request may name as its ``base_url``; scheme, host and port must match exactly."""
    egress: EgressRules = EgressRules()
    """What holds for those addresses beside: an allowed name that leads to a private address is refused,
    unless it is listed here too."""

    rerank_api: str = ""
    """The form of the requests to ``rerank_base_url``; empty where there is no reranker."""
    rerank_base_url: str = ""
    """The operator's reranker: ``/rerank`` is added."""
    rerank_api_key: str = ""
    """Sent to ``rerank_base_url`` only."""
    rerank_model: str = ""
    rerank_seconds: float = 30.0
    """Longest time for the scores of one search, with all repetitions."""

    connect_seconds: float = 5.0
    first_token_seconds: float = 120.0
    """Longest wait for a sign of life: a comment, an empty chunk, reasoning, a token."""
    load_seconds: float = 300.0
    """The same for servers on this machine, which may have a model to load first."""
    idle_seconds: float = 60.0
    """Longest silence between two signs of life."""
    total_seconds: float = 600.0
    """Longest time for a call with all its repetitions, fallbacks and waits."""
    local_start_seconds: float = 60.0
    probe_seconds: float = 0.3

    max_attempts: int = 3
    """Requests to one provider for one call."""
    backoff_base: float = 0.5
    """Upper bound of the first random wait; it doubles with each repetition."""
    backoff_cap: float = 20.0
    retry_after_cap: float = 60.0
    """A longer Retry-After is not waited for: the next fallback is asked, or the call fails."""
    retry_ratio: float = 0.1
    """Repetitions allowed as a share of a provider's calls within ``retry_window`` …"""
    retry_floor: int = 10
    """… but always so many, so that a quiet server may repeat at all."""
    retry_window: float = 60.0

    breaker_window: float = 30.0
    breaker_calls: int = 20
    """Attempts within the window before their failure rate counts."""
    breaker_ratio: float = 0.5
    breaker_in_a_row: int = 5
    breaker_open_seconds: float = 30.0

    concurrency: int = 1000
    """Requests open to one provider at a time; the others wait."""
    max_answer_bytes: int = 8_000_000
    """Bytes of a provider's response; more is a bad response."""
    demo_delay: float = 0.02
    """Seconds between the demo model's words."""

    def __post_init__(self) -> None:
        """Refuse addresses that no request could ever use.

        Raises:
            ValueError: the message names the setting and what it should look like.
        """
        for name in ("openai_base_url", "anthropic_base_url", "ollama_base_url"):
            if not (url := getattr(self, name)).startswith(("http://", "https://")):
                raise ValueError(f"{name}: expected http://… or https://…, found {url!r}.")
        if self.openai_profile and self.openai_profile not in PROFILES:
            raise ValueError(
                f"openai_profile: expected one of {', '.join(PROFILES)}, found {self.openai_profile!r}."
            )
        for header in self.openai_headers:
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+:[^\r\n\0]*", header):
                raise ValueError(
                    f"openai_headers: expected 'Name: value', found {header.partition(':')[0]!r}."
                )
        for url in self.allowed_base_urls:
            try:
                origin_of(url)
            except ValueError as error:
                raise ValueError(f"allowed_base_urls: {error}") from None

    def __repr__(self) -> str:
        """Leave the key out: settings get printed and logged."""
        shown = (
            f"{name}={getattr(self, name)!r}"
            for name in self.__struct_fields__
            if not name.endswith("_api_key")
        )
        return f"ModelSettings({', '.join(shown)})"
