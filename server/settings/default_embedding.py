"""The embedding model of knowledge bases that name none."""

from graphs.embeddings.embedder import EmbeddingModel
from server.settings.sources import Settings

__all__ = ["default_embedding"]


def default_embedding(settings: Settings) -> EmbeddingModel:
    """Return the model that the settings name, else the best that is there."""
    provider = settings.embedding_provider
    if not provider:
        from graphs.embeddings.local_embeddings import local_embeddings_available  # not at the start

        if local_embeddings_available():
            provider = "local"
        else:
            provider = "openai" if settings.openai_api_key else "demo"
    return EmbeddingModel(provider=provider, model=settings.embedding_model)
