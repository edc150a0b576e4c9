"""Reranker: what orders the passages of a search again, as a search names it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from graphs.model_api.connection import ConnectionName

__all__ = ["Rerank", "Reranker", "reranker_problem"]

API = Literal["", "cohere", "jina", "tei", "vllm", "model"]


class Reranker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which reranker, and what it gets."""

    api: Annotated[
        API,
        Meta(
            description="`cohere`, `jina`, `tei` or `vllm`: a server whose `/rerank` takes requests of this "
            "form. `model`: a chat model scores the passages in one call. Empty: the server's setting "
            "`rerank_api`."
        ),
    ] = ""
    provider: Annotated[
        str, Meta(max_length=64, description="Provider of the chat model, for `model` without a connection.")
    ] = ""
    model: Annotated[
        str, Meta(max_length=255, description="Name of the model. Empty: the one that the server has.")
    ] = ""
    connection: ConnectionName = ""
    candidates: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            description="Number of passages that are reranked, at least `top_k`. `top_k` of them are "
            "returned.",
        ),
    ] = 30
    on_failure: Annotated[
        Literal["keep_order", "fail"],
        Meta(
            description="If the reranker fails. `keep_order`: the passages stay in the order of the search, "
            "and `warnings` says why. `fail`: the search fails."
        ),
    ] = "keep_order"


Rerank = Callable[[Reranker, str, Sequence[str]], Awaitable[Sequence[float]]]
"""From a reranker, a query and texts to a score of 0..1 for each text, booked on whoever asks."""


def reranker_problem(reranks: bool, reranker: Reranker | None) -> str:
    """Return what is wrong with the settings of reranking; empty if nothing is.

    Args:
        reranks: Whether reranking is on.
        reranker: Which one; None for the server's.
    """
    if reranker is None:
        return ""
    if not reranks:
        return "A reranker is set, but reranking is off. Turn it on, or leave the reranker out."
    if reranker.api == "model":
        if not reranker.model or not (reranker.provider or reranker.connection):
            return "A reranker with the api 'model' needs a 'model', and a 'provider' or a 'connection'."
        return ""
    if reranker.provider:
        return "'provider' belongs to the api 'model'. Name a 'connection', or leave 'provider' out."
    if reranker.connection and not reranker.api:
        return "A reranker with a connection needs an 'api': cohere, jina, tei, vllm or model."
    return ""
