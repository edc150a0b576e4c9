"""Reranking: scores of passages for a query, by a `/rerank` server or a chat model, retried as models are."""
