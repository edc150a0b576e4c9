"""Asking a model: what a provider is, a request's errors and their classes, retries, token counts."""
