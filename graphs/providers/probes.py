"""What answers and which models it has: for a first default, for ``doctor`` and for lists of models."""

import asyncio
from importlib import import_module
from typing import Any

from msgspec import Struct

from graphs.anthropic_messages.message_request import api_root
from graphs.model_api.model_interface import ModelError
from graphs.providers.demo import DEMO_MODEL
from graphs.providers.local_model import local_model_file, local_model_name
from graphs.providers.settings import ANTHROPIC_URL, OPENAI_URL, ModelSettings
from graphs.providers.table import known_providers, provider_entry

__all__ = ["Probe", "default_model", "probe", "probe_all"]


class Probe(Struct, frozen=True, kw_only=True):
    """What a provider said when it was looked at."""

    provider: str
    answers: bool
    models: list[str] = []
    """Names of its chat models; empty where it names none."""
    detail: str
    """A sentence for people: what was found, or what to do."""


async def default_model(settings: ModelSettings) -> tuple[str, str]:
    """Return the (provider, model) that a new installation talks to.

    The operator's local model if one is set, else Ollama if it answers with a model, else OpenAI if a key
    or a server of one's own is set, else the local
    model if it is installed, else the demo. Takes at most about ``probe_seconds``.
    """
    if settings.local_model and (found := await probe("local", settings)).answers:
        return "local", found.models[0]
    ollama = await probe("ollama", settings)
    if ollama.answers and ollama.models:
        return "ollama", ollama.models[0]
    if settings.openai_base_url.rstrip("/") != OPENAI_URL:
        found = await probe("openai", settings)
        if found.answers:
            return "openai", found.models[0] if found.models else settings.openai_model
    if settings.openai_api_key:
        return "openai", settings.openai_model
    local = await probe("local", settings)
    return ("local", local_model_name(settings)) if local.answers else ("demo", DEMO_MODEL)


async def probe_all(settings: ModelSettings, *, seconds: float | None = None) -> list[Probe]:
    """Look at every provider at once."""
    return list(await asyncio.gather(*(probe(name, settings, seconds=seconds) for name in known_providers())))


async def probe(
    provider: str, settings: ModelSettings, *, api_key: str = "", seconds: float | None = None
) -> Probe:
    """Look whether a provider answers and which models it has. Asks no model anything and costs nothing.

    Args:
        provider: A known provider.
        settings: Where it is.
        api_key: A key to try in place of the operator's.
        seconds: Longest wait; None for ``probe_seconds``.

    Raises:
        ModelError: the provider is not known.
    """
    if models := provider_entry(provider).models:
        return Probe(provider=provider, answers=True, models=[*models], detail="Of an extension.")
    wait = settings.probe_seconds if seconds is None else seconds
    header = "authorization"
    match provider:
        case "demo":
            return Probe(
                provider=provider, answers=True, models=[DEMO_MODEL], detail="Built in; no language model."
            )
        case "local":
            return _probe_local(settings)
        case "ollama":
            url, key, path = settings.ollama_base_url, api_key, "/api/tags"
        case "anthropic":
            url, path = api_root(settings.anthropic_base_url), "/v1/models?limit=1000"
            key, header = api_key or settings.anthropic_api_key, "x-api-key"
            if not key and url == ANTHROPIC_URL:
                return Probe(provider=provider, answers=False, detail="No key: set ANTHROPIC_API_KEY.")
        case _:
            url, key, path = settings.openai_base_url, api_key or settings.openai_api_key, "/models"
            if not key and url.rstrip("/") == OPENAI_URL:
                return Probe(provider=provider, answers=False, detail="No key: set OPENAI_API_KEY.")
    module = await asyncio.to_thread(import_module, "graphs.transport.json_fetch")
    try:
        async with asyncio.timeout(wait):
            found = await asyncio.to_thread(
                module.fetch_json, url.rstrip("/") + path, key=key, seconds=wait, header=header
            )
    except TimeoutError:
        return Probe(provider=provider, answers=False, detail=f"{url} did not answer in time.")
    except module.FetchError as error:
        return Probe(provider=provider, answers=False, detail=f"{url} {error}.")
    models = _ollama_models(found) if provider == "ollama" else _openai_models(found)
    count = "1 model" if len(models) == 1 else f"{len(models)} models"
    return Probe(provider=provider, answers=True, models=models, detail=f"{url} answers with {count}.")


def _probe_local(settings: ModelSettings) -> Probe:
    try:
        path = local_model_file(settings)
    except ModelError as error:
        return Probe(provider="local", answers=False, detail=str(error))
    return Probe(
        provider="local", answers=True, models=[local_model_name(settings)], detail=f"Installed: {path.name}."
    )


def _ollama_models(found: Any) -> list[str]:
    entries = found.get("models") if isinstance(found, dict) else None
    # Embedding models are listed with the others and cannot chat.
    return [
        str(entry["name"])
        for entry in entries or []
        if "embed" not in entry["name"] and "bert" not in str(entry.get("details", {}).get("family", ""))
    ]


def _openai_models(found: Any) -> list[str]:
    entries = found.get("data") if isinstance(found, dict) else None
    return [str(entry["id"]) for entry in entries or [] if "embed" not in str(entry.get("id"))]
