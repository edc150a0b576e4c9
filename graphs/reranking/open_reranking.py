"""OpenReranking: scores by a `/rerank` server or a chat model, with the retries and limits of models."""

import math
from collections.abc import Sequence

from msgspec import Struct

from graphs.conversation.messages import ErrorClass, Message, ModelRequest, Usage
from graphs.model_api.connection import Connection
from graphs.model_api.model_interface import Listener, ModelError, Models
from graphs.model_api.provider import Address
from graphs.model_api.provider_errors import bad_response
from graphs.model_api.token_estimate import estimate_tokens
from graphs.model_calls.booked_attempt import booked_attempt
from graphs.model_calls.model_addresses import address_of, named_rules
from graphs.model_calls.retry_loop import Lane, RetryLoop, Target
from graphs.outbound.credentials import Credential
from graphs.outbound.egress import Egress
from graphs.passage_search.reranker import Reranker
from graphs.providers.json_posts import JsonPosts
from graphs.providers.settings import ModelSettings
from graphs.reranking.model_scores import read_model_scores, scoring_request
from graphs.reranking.rerank_requests import MOST_TEXTS, Scored, read_scores, rerank_body
from graphs.reranking.reranking import LONGEST_PASSAGE

__all__ = ["OpenReranking"]

_CONCURRENCY = 8
"""Requests to servers of one form at a time."""


class _Call(Struct, frozen=True):
    """One request to a `/rerank` server."""

    request: ModelRequest
    """What is booked: as provider it has the form of the request."""
    address: Address
    query: str
    texts: Sequence[str]
    listener: Listener
    end: float


class OpenReranking:
    """`graphs.reranking.reranking.Reranking` over HTTP and over models. Close it when it is done."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._egress = Egress(named_rules(settings))
        self._loop = RetryLoop(settings, self._lane)

    async def close(self) -> None:
        """Close every client."""
        await self._loop.close()

    async def rerank(
        self,
        reranker: Reranker,
        query: str,
        texts: Sequence[str],
        *,
        models: Models,
        listener: Listener,
        connection: Connection | None = None,
        credential: Credential | None = None,
        workspace: str = "",
        deadline: float | None = None,
    ) -> tuple[float, ...]:
        """Return a score of 0..1 for each text; see `graphs.reranking.reranking.Reranking.rerank`."""
        cut = [text[:LONGEST_PASSAGE] for text in texts]
        end = self._loop.clock() + self._settings.rerank_seconds
        end = end if deadline is None else min(end, deadline)
        if reranker.api == "model":
            request = scoring_request(reranker, query, cut)
            request = request if connection is None else connection.asked(request)
            answer = await models.answer(
                request, listener, credential=credential, deadline=end, workspace=workspace
            )
            try:
                return read_model_scores(answer.content, len(cut))
            except ValueError as error:
                raise bad_response(answer.provider, str(error)) from None
        api, model, address = self._server(reranker, connection, credential)
        size = MOST_TEXTS.get(api, len(cut))
        scores: list[float] = []
        for at in range(0, len(cut), size):
            part = cut[at : at + size]
            content = "\n".join([query, *part])
            request = ModelRequest(
                provider=api,
                model=model,
                messages=[Message(role="user", content=content)],
                max_tokens=1,
                connection=reranker.connection,
            )
            call = _Call(request, address, query, part, listener, end)
            scores += (await self._sent(call, workspace)).scores
        return _shares(scores)

    def _server(
        self, reranker: Reranker, connection: Connection | None, credential: Credential | None
    ) -> tuple[str, str, Address]:
        """Return the form of requests, the model and the address.

        Raises:
            ModelError: the operator has set no reranker, or the connection cannot be used.
        """
        settings = self._settings
        if connection is None:
            if not settings.rerank_api or not settings.rerank_base_url:
                raise ModelError(
                    "This server has no reranker. Set rerank_api and rerank_base_url, or name a 'reranker' "
                    "with a connection or a model.",
                    error_class="bad_request",
                    code="no_reranker",
                )
            if reranker.api not in ("", settings.rerank_api):
                raise ModelError(
                    f"The server's reranker takes requests of the form '{settings.rerank_api}', not "
                    f"'{reranker.api}'. Leave 'api' out, or name a connection.",
                    error_class="bad_request",
                )
            address = Address(settings.rerank_base_url, settings.rerank_api_key)
            return settings.rerank_api, reranker.model or settings.rerank_model, address
        request = connection.asked(
            ModelRequest(
                provider="", model=reranker.model, messages=[], connection=reranker.connection or "reranker"
            )
        )
        return reranker.api, request.model, address_of(settings, request, "", credential)

    async def _sent(self, call: _Call, workspace: str) -> Scored:
        """Return the scores of one request; the breaker counts it as one, however often it is sent."""
        request = call.request

        async def post(posts: JsonPosts) -> Scored:
            body = rerank_body(request.provider, request.model, call.query, call.texts)
            content = await posts.post("/rerank", body, call.address, "")
            try:
                return read_scores(request.provider, content, len(call.texts))
            except ValueError as error:
                raise bad_response(request.provider, str(error)) from None

        def usage_of(found: Scored) -> Usage:
            tokens = found.tokens
            if tokens is not None:
                return Usage(input_tokens=tokens)
            counted = len(call.texts) * estimate_tokens(call.query) + sum(map(estimate_tokens, call.texts))
            return Usage(input_tokens=counted, estimated=True)

        async def send(posts: JsonPosts, retry_of: ErrorClass | None) -> Scored:
            return await booked_attempt(
                request,
                call.listener,
                lambda: post(posts),
                usage_of,
                seconds=call.end - self._loop.clock(),
                late=f"{request.provider} gave no scores within {self._settings.rerank_seconds:g} s "
                "(rerank_seconds), or the run's time was up.",
                api_key=call.address.api_key,
                retry_of=retry_of,
            )

        target = Target(workspace, request.provider, call.address, request.model, "rerank")
        return await self._loop.run(target, send, end=call.end)

    def _lane(self, name: str) -> Lane[JsonPosts]:
        return Lane(name, lambda: JsonPosts(self._settings, self._egress, name), _CONCURRENCY)


def _shares(scores: Sequence[float]) -> tuple[float, ...]:
    """Return scores as numbers of 0..1: as they are, or by the logistic function where some are outside."""
    if all(0 <= score <= 1 for score in scores):
        return tuple(scores)
    return tuple((1 + math.tanh(score / 2)) / 2 for score in scores)
