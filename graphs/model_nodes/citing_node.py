"""SourcedNode: a node whose model answers from passages of knowledge bases, and cites them."""

from collections.abc import Sequence
from operator import mul
from typing import Annotated

from msgspec import Meta

from graphs import expressions
from graphs.conversation.messages import SOURCES, Citation, Message
from graphs.embeddings.embedder import EmbeddingModel
from graphs.knowledge.quoting import Quote, quoted_answer, quotes_of
from graphs.knowledge.retrieved import Source, cited_sources, read_sources, sources_text
from graphs.model_nodes.model_node import ModelNode
from graphs.node.context import Context
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["NO_ANSWER", "SourcedNode"]

NO_ANSWER = "I found nothing about this in the documents that I have."
FLOOR = 0.3
"""Score below which no passage answers a question, where the node answers from its sources only."""
_TOLD = (
    "Answer from these sources. Put the number of a source in brackets after what you take from it, as [1]."
)
_GROUNDED = "Use nothing else that you know. If the answer is not in the sources, write only: {sentence}"


class SourcedNode(ModelNode, frozen=True, kw_only=True):
    """Base of the nodes that answer a user, who may want to see where an answer comes from."""

    sources: Annotated[
        str,
        Meta(
            description="Expression with the passages to answer from: the output of a `retrieve` node, such "
            "as `nodes.search`. They are added to the system prompt, and the answer cites them. Empty: none."
        ),
    ] = ""
    sources_only: Annotated[
        bool,
        Meta(
            description="Whether the model may answer from `sources` only. If they have nothing about the "
            "question, the answer is `no_answer`, and the model is not called."
        ),
    ] = False
    no_answer: Annotated[
        str, Meta(max_length=1000, description="The answer if the sources have none. Empty: a sentence.")
    ] = ""
    quote_sources: Annotated[
        bool | None,
        Meta(
            description="Whether the answer is sentences of `sources`, word for word, and the model is not "
            "called. Null: with `sources_only`, for the provider `local`, whose small model does not keep to "
            "its sources."
        ),
    ] = None

    def expressions(self) -> dict[str, str]:
        """Return the sources."""
        return super().expressions() | ({"sources": self.sources} if self.sources else {})

    def problems(self) -> dict[str, str]:
        """Return what does not fit."""
        found = super().problems()
        if self.sources_only and not self.sources:
            found["sources_only"] = "Expected 'sources' with it: name a retrieve node, such as nodes.search."
        return found

    def given_sources(self, view: View) -> list[Source]:
        """Return the passages that the model may answer from.

        Raises:
            NodeError: the expression gives something else (code ``bad_input``).
        """
        if not self.sources:
            return []
        try:
            found = read_sources(expressions.parse(self.sources).evaluate(expressions.scope(view)))
        except ValueError as error:
            raise NodeError(str(error), code="bad_input") from None
        return [source for source in found if not self.sources_only or source.score >= FLOOR]

    def sources_message(self, sources: Sequence[Source]) -> list[Message]:
        """Return the passages as the model is shown them."""
        if not sources:
            return []
        rules = [_TOLD]
        if self.sources_only:
            rules.append(_GROUNDED.format(sentence=self.no_answer or NO_ANSWER))
        content = f"{' '.join(rules)}\n\n{sources_text(sources)}"
        return [Message(role="system", content=content, metadata={SOURCES: True})]

    async def without_model(self, view: View, sources: Sequence[Source], context: Context) -> str:
        """Say what needs no model and return it: quotes, or that the sources have no answer; else nothing."""
        if self.sources_only and not sources:
            sentence = self.no_answer or NO_ANSWER
            await context.say(sentence, aside=self.aside_in(context))
            return sentence
        by_itself = self.sources_only and self.provider == "local"
        if not (by_itself if self.quote_sources is None else self.quote_sources):
            return ""
        question = str(view.input.get("message") or "")
        quotes = quotes_of(sources)
        answer = quoted_answer(question, quotes, await _likeness(question, quotes, context))
        if answer:
            await context.say(answer, aside=self.aside_in(context))
            self.cited(answer, sources, context)
        return answer

    def cited(self, answer: str, sources: Sequence[Source], context: Context) -> list[Citation]:
        """Tell the sources that an answer cites, and return them."""
        if not sources or answer.strip() == (self.no_answer or NO_ANSWER):
            return []
        return context.cite(cited_sources(answer, sources), aside=self.aside_in(context))


async def _likeness(question: str, quotes: Sequence[Quote], context: Context) -> list[float]:
    """Return how close quotes are to a question in meaning; nothing where there is no model to say it."""
    if not question.strip() or len(quotes) < 2:
        return []
    try:
        texts = [question, *(quote.compared for quote in quotes)]
        found = await context.embed(EmbeddingModel(provider="local"), texts)  # which costs nothing
    except NodeError as error:
        if error.code in ("limit_reached", "budget"):
            raise
        return []
    asked, *others = found.vectors
    return [sum(map(mul, asked, other)) for other in others]
