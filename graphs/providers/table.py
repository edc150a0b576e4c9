"""The provider table: one entry a provider. Adding a provider is adding its module and one entry here."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar, cast

from msgspec import Struct

from graphs.model_api.environment_proxies import usable_proxies
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Provider
from graphs.outbound.egress import Egress
from graphs.providers.settings import ModelSettings
from graphs.values.findings import shown

__all__ = [
    "PROVIDERS",
    "ProviderEntry",
    "ProviderExample",
    "add_provider",
    "known_providers",
    "marked_entry",
    "provider",
    "provider_entries",
    "provider_entry",
    "unknown_provider",
]

K = TypeVar("K", bound=type[Any])
_MARK = "agenticrag_provider"


class ProviderExample(Struct, frozen=True, kw_only=True):
    """A question to a provider that is its documentation and its test."""

    title: str
    question: str
    """The user's message."""
    answer: str | None = None
    """The text that it must answer; None where that is not the same each time."""


class ProviderEntry(Struct, frozen=True, kw_only=True):
    """What is known of a provider before anything of it is imported."""

    title: str
    """Its name for people."""
    opener: str
    """``module:function`` that makes the provider of `ModelSettings` and an `Egress`; imported at its first
    use."""
    concurrency: int | None = None
    """Requests at a time where it bears fewer than ``ModelSettings.concurrency``."""
    first_token_seconds: float = 0
    """How long its models may think before their first token, where that is longer than
    ``ModelSettings.first_token_seconds``."""
    remote: bool = True
    """Whether a request may name another address or a key for it."""
    extra: str = ""
    """The extra of our package that brings its libraries; empty where they are always there."""
    models: tuple[str, ...] = ()
    """Its models, of an extension; the others are asked for theirs."""
    examples: tuple[ProviderExample, ...] = ()
    """What an extension is checked with."""

    def open(self, settings: ModelSettings, egress: Egress) -> Provider:
        """Import the provider's module, which may take a second, and make the provider.

        Raises:
            ModelError: its libraries are not installed, or cannot be imported with the proxies of the
                environment; the message says what to do.
        """
        module, _, function = self.opener.partition(":")
        try:
            with usable_proxies(self.title):
                found = import_module(module)
        except ModuleNotFoundError as error:
            if not self.extra:
                raise
            raise ModelError(
                f"{self.title} needs '{error.name}', which is not installed. Install it with: "
                f"pip install 'agenticrag[{self.extra}]', and start the server again.",
                error_class="unknown_model",
                code="not_installed",
            ) from None
        make = cast("Callable[[ModelSettings, Egress], Provider]", getattr(found, function))
        return make(settings, egress)


PROVIDERS: Mapping[str, ProviderEntry] = MappingProxyType(
    {
        "ollama": ProviderEntry(title="Ollama", opener="graphs.providers.ollama:OllamaProvider"),
        "openai": ProviderEntry(
            title="OpenAI or a server that speaks its API", opener="graphs.providers.openai:OpenAIProvider"
        ),
        "anthropic": ProviderEntry(
            title="Anthropic's Messages API",
            opener="graphs.providers.anthropic:AnthropicProvider",
            extra="anthropic",
        ),
        "local": ProviderEntry(
            title="a model in a process of this server",
            opener="graphs.providers.local:LocalProvider",
            concurrency=2,
            first_token_seconds=120,
            remote=False,
        ),
        "demo": ProviderEntry(
            title="built-in demo", opener="graphs.providers.demo:DemoProvider", remote=False
        ),
    }
)


_ADDED: dict[str, ProviderEntry] = {}
"""Providers of extensions, as their modules are: once for the process, before any flow is read."""


def provider(
    name: str, *, title: str, models: Sequence[str], examples: Sequence[ProviderExample] = ()
) -> Callable[[K], K]:
    """Make a class a provider of an extension: it is called with `ModelSettings` and an `Egress`.

    Args:
        name: What flows call it.
        title: Its name for people.
        models: Its models, the default first.
        examples: Questions that `agenticrag extensions check` asks it.
    """

    def mark(kind: K) -> K:
        opener = f"{kind.__module__}:{kind.__qualname__}"
        entry = ProviderEntry(
            title=title, opener=opener, remote=False, models=tuple(models), examples=tuple(examples)
        )
        setattr(kind, _MARK, (name, entry))
        return kind

    return mark


def marked_entry(kind: Any) -> tuple[str, ProviderEntry] | None:
    """Return the name and entry of a class that `provider` has marked; None for anything else."""
    return vars(kind).get(_MARK) if isinstance(kind, type) else None


def add_provider(name: str, entry: ProviderEntry) -> None:
    """Let flows use a provider of an extension."""
    _ADDED[name] = entry


def provider_entries() -> Mapping[str, ProviderEntry]:
    """Return all providers by name: those of this folder, then those of extensions."""
    return {**PROVIDERS, **_ADDED}


def known_providers() -> tuple[str, ...]:
    """Return the names that a flow may use as its provider."""
    return tuple(provider_entries())


def provider_entry(name: str) -> ProviderEntry:
    """Return the entry of a provider.

    Raises:
        ModelError: no provider has this name; the message lists those that there are.
    """
    if (entry := PROVIDERS.get(name) or _ADDED.get(name)) is None:
        raise ModelError(unknown_provider(name), error_class="bad_request")
    return entry


def unknown_provider(name: str) -> str:
    """Return the sentence for a name that no provider has: what there is, and how others are asked."""
    *others, last = known_providers()
    return (
        f"Provider {shown(name)} is not known. Choose {', '.join(others)} or {last}. A server that speaks "
        "OpenAI's protocol is asked with 'openai' and its URL."
    )
