"""What a model can do, as far as its provider and its name tell."""

import re

from msgspec import Struct

from graphs.chat_completions.server_profiles import profile_of
from graphs.providers.settings import ModelSettings

__all__ = ["Abilities", "abilities_of"]

_IMAGES = re.compile(
    r"gpt-(4o|4\.1|[5-9])|(^|/)o[1-9](?!-mini)|claude|gemini|llava|vision|[-_]vl\b|pixtral|llama-?4|gemma-?3"
    r"|grok-4|mistral-(small|medium)",
    re.IGNORECASE,
)
_REASONING = re.compile(
    r"(^|/)o[1-9]|gpt-[5-9]|gpt-oss|reason|think|deepseek-r\d|qwq|qwen-?3|magistral|grok-4|gemini-(2\.5|[3-9])"
    r"|claude-(opus|sonnet|haiku)-[4-9]",
    re.IGNORECASE,
)


class Abilities(Struct, frozen=True, kw_only=True):
    """What a model can do. Null: not known."""

    tools: bool | None
    images: bool | None
    json_schema: bool | None
    """Whether its server holds an answer to a schema. Others are asked in words, and checked."""
    reasoning: bool | None


def abilities_of(settings: ModelSettings, provider: str, model: str) -> Abilities:
    """Return what a model of the operator's providers can do."""
    if provider == "demo":
        return Abilities(tools=True, images=False, json_schema=False, reasoning=False)
    if provider == "local" and not settings.local_model:
        return Abilities(tools=True, images=False, json_schema=True, reasoning=False)
    schema: bool | None = None
    if provider == "openai":
        schema = profile_of(settings.openai_base_url, settings.openai_profile).json == "json_schema"
    elif provider in ("ollama", "local"):
        schema = True
    elif provider == "anthropic":
        schema = False
    return Abilities(
        tools=True if provider == "anthropic" else None,
        images=True if _IMAGES.search(model) else None,
        json_schema=schema,
        reasoning=True if _REASONING.search(model) else None,
    )
