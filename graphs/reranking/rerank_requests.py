"""Requests to `/rerank` and their answers, in each form that servers have.

https://docs.cohere.com/reference/rerank, https://jina.ai/reranker,
https://huggingface.github.io/text-embeddings-inference, https://docs.vllm.ai (serving, rerank API)
"""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

__all__ = ["MOST_TEXTS", "Scored", "read_scores", "rerank_body"]

MOST_TEXTS = {"tei": 32}
"""Texts of one request, where a form has less than all: TEI's default of ``--max-client-batch-size``."""


class Scored(Struct, frozen=True):
    """What one request gave."""

    scores: tuple[float, ...]
    """One a text, as the server sent them."""
    tokens: int | None = None
    """Tokens of the request; None where the server counts none."""


class _Result(Struct, frozen=True):
    index: int
    relevance_score: float


class _TEIResult(Struct, frozen=True):
    index: int
    score: float


class _Usage(Struct, frozen=True):
    total_tokens: int | None = None


class _Tokens(Struct, frozen=True):
    input_tokens: float | None = None


class _Meta(Struct, frozen=True):
    tokens: _Tokens | None = None


class _Answer(Struct, frozen=True):
    results: list[_Result]
    usage: _Usage | None = None
    meta: _Meta | None = field(default=None)


def rerank_body(api: str, model: str, query: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return what is sent: ``cohere``, ``jina``, ``tei`` or ``vllm``."""
    if api == "tei":
        return {"query": query, "texts": [*texts], "raw_scores": False, "truncate": True}
    body: dict[str, Any] = {"query": query, "documents": [*texts], "top_n": len(texts)}
    if model:
        body["model"] = model
    if api == "jina":
        body["return_documents"] = False
    return body


def read_scores(api: str, content: bytes, count: int) -> Scored:
    """Return the scores of `count` texts from an answer's body.

    Raises:
        ValueError: it is something else, or does not have each text once; the message says what it is.
    """
    tokens: int | None = None
    try:
        if api == "tei":
            pairs = [(one.index, one.score) for one in msgspec.json.decode(content, type=list[_TEIResult])]
        else:
            answer = msgspec.json.decode(content, type=_Answer)
            pairs = [(one.index, one.relevance_score) for one in answer.results]
            counted = answer.meta.tokens if answer.meta else None
            if answer.usage is not None:
                tokens = answer.usage.total_tokens
            elif counted is not None and counted.input_tokens is not None:
                tokens = int(counted.input_tokens)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("no list of scores") from None
    if sorted(index for index, _ in pairs) != list(range(count)):
        raise ValueError(f"{len(pairs)} scores for {count} texts, or not one of each")
    if not all(math.isfinite(score) for _, score in pairs):
        raise ValueError("scores that are no numbers")
    return Scored(tuple(score for _, score in sorted(pairs)), tokens)
