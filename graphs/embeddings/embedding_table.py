"""The table of embedding providers: one entry each, imported when it is first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from msgspec import Struct

from graphs.embeddings.embedder import EmbeddingProvider
from graphs.model_api.model_interface import ModelError
from graphs.outbound.egress import Egress
from graphs.providers.settings import ModelSettings

__all__ = ["EMBEDDING_PROVIDERS", "EmbeddingEntry", "embedding_entry"]


class EmbeddingEntry(Struct, frozen=True, kw_only=True):
    """What is known of a provider before anything of it is imported."""

    title: str
    """Its name for people."""
    opener: str
    """``module:function`` that makes the provider of `ModelSettings` and an `Egress`."""
    default_model: str
    batch: int = 64
    """Texts of one request."""
    concurrency: int = 4
    """Requests at a time."""

    def open(self, settings: ModelSettings, egress: Egress) -> EmbeddingProvider:
        """Import the provider's module and make the provider."""
        module, _, function = self.opener.partition(":")
        make = cast(
            "Callable[[ModelSettings, Egress], EmbeddingProvider]", getattr(import_module(module), function)
        )
        return make(settings, egress)


EMBEDDING_PROVIDERS: Mapping[str, EmbeddingEntry] = MappingProxyType(
    {
        "local": EmbeddingEntry(
            title="a multilingual model in a process of this server",
            opener="graphs.embeddings.local_embeddings:LocalEmbeddings",
            default_model="use-multilingual-v3",
            # A question waits for one batch of a document at most.
            batch=8,
            concurrency=1,
        ),
        "openai": EmbeddingEntry(
            title="OpenAI or a server that speaks its API",
            opener="graphs.embeddings.http_embeddings:OpenAIEmbeddings",
            default_model="text-embedding-3-small",
        ),
        "ollama": EmbeddingEntry(
            title="Ollama",
            opener="graphs.embeddings.http_embeddings:OllamaEmbeddings",
            default_model="nomic-embed-text",
            batch=32,
        ),
        "demo": EmbeddingEntry(
            title="built-in demo",
            opener="graphs.embeddings.demo_embeddings:DemoEmbeddings",
            default_model="demo",
        ),
    }
)


def embedding_entry(name: str) -> EmbeddingEntry:
    """Return the entry of a provider.

    Raises:
        ModelError: no provider of embeddings has this name; the message lists those that there are.
    """
    if (entry := EMBEDDING_PROVIDERS.get(name)) is None:
        *others, last = EMBEDDING_PROVIDERS
        raise ModelError(
            f"Provider {name!r} has no embeddings. Choose {', '.join(others)} or {last}.",
            error_class="bad_request",
        )
    return entry
