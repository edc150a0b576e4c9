"""The say node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.conversation.messages import Message
from graphs.conversation.spoken_answers import SAID
from graphs.expressions import templates
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Say"]

GAP = "\n\n"
"""After what is said, for readers who join the pieces of a stream: what follows is another text."""


class Say(Node, frozen=True, kw_only=True, tag="say"):
    """Send a message to the user during a run, before its answer.

    The text streams immediately, also to visitors of embedded chats. It is added to the history as a separate
    assistant message before the answer. The node does not wait. Its output is the output of the previous
    node, so you can insert it between any two nodes.
    """

    asks_context: ClassVar[bool] = True

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Before something slow",
            data={"text": "I look up order {{ input.order }}. This takes a minute."},
            input={"order": 17},
            outputs={"order": {"number": 17}},
            output={"number": 17},
        ),
    )

    text: Annotated[str, Meta(min_length=1, description="Template of the message.")]

    def templates(self) -> dict[str, str]:
        """Return the text."""
        return {"text": self.text}

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Say it."""
        text, scope = templates.parse(self.text), expressions.scope(view)
        said = await aside(lambda: text.render(scope))
        if not said.strip():
            raise NodeError(
                "Expected something to say, found an empty text; give 'text' a default, or lead past this "
                "node.",
                code="bad_input",
            )
        context.emit("message.started")
        context.emit("message.delta", content=said + GAP)
        context.emit("message.completed", content=said, finish_reason="stop")
        message = Message(role="assistant", content=said, metadata={SAID: True})
        return Outcome(output=view.arrived(), messages=[message])
