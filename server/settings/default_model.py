"""The model of chats that name none: what the operator set, or what answers on this machine."""

import asyncio
import time

from server.settings.sources import Settings

__all__ = ["OLLAMA_MODEL", "DefaultModel"]

OLLAMA_MODEL = "llama3.3:70b"
"""The model of Ollama that a chat gets which names none, where Ollama has it."""
ANTHROPIC_MODEL = "claude-sonnet-4-5"
"""The same of Anthropic, where its list of models cannot be had."""
REMEMBERED_SECONDS = 30.0


class DefaultModel:
    """Looks which provider answers, and remembers it for half a minute."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: dict[str, tuple[float, tuple[str, str]]] = {}
        self._asking = asyncio.Lock()

    async def complete(self, provider: str, model: str) -> tuple[str, str]:
        """Return (provider, model) with what is missing filled in.

        A model without a provider is taken to be of the default provider; a provider without a model
        answers with the first that it has."""
        from graphs.providers.table import known_providers

        if provider and (model or provider not in known_providers()):
            return provider, model or "unknown"  # what is wrong with it, `check` says
        provider = provider or self._settings.default_provider
        if provider and provider == self._settings.default_provider:
            model = model or self._settings.default_model
        if provider and model:
            return provider, model
        async with self._asking:
            until, found = self._found.get(provider, (0.0, ("", "")))
            if time.monotonic() >= until:
                found = await self._look(provider)
                self._found[provider] = (time.monotonic() + REMEMBERED_SECONDS, found)
        return found[0], model or found[1]

    async def _look(self, provider: str) -> tuple[str, str]:
        from graphs.providers.probes import default_model, probe

        settings = self._settings.models()
        found = await default_model(settings)
        if provider not in ("", found[0]):
            models = (await probe(provider, settings)).models
            fallback = {
                "ollama": OLLAMA_MODEL,
                "openai": settings.openai_model,
                "anthropic": ANTHROPIC_MODEL,
            }.get(provider, "")
            found = provider, models[0] if models else fallback
        if found[0] == "ollama" and OLLAMA_MODEL in (await probe("ollama", settings)).models:
            return "ollama", OLLAMA_MODEL
        return found
