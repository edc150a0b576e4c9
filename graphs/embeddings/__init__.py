"""Embeddings: from texts to vectors by a provider, with the retries, limits and usage records of models."""
