"""A provider, a node type and a tool that shout. Install it beside the server: ``pip install .``"""

from collections.abc import AsyncGenerator
from typing import Annotated

from msgspec import Meta

from graphs.extend import (
    Address,
    Context,
    Egress,
    Example,
    ModelRequest,
    ModelSettings,
    Node,
    Outcome,
    Piece,
    ProviderExample,
    ToolExample,
    Usage,
    View,
    expressions,
    provider,
    templates,
    tool,
)


@provider(
    "shout",
    title="Shouting example",
    models=["loud", "louder"],
    examples=[ProviderExample(title="Capitals", question="Hello otter", answer="HELLO OTTER")],
)
class Shout:
    """Repeats the last message in capitals. A real provider asks a model server here, by `egress`."""

    def __init__(self, settings: ModelSettings, egress: Egress) -> None:
        self._egress = egress

    async def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Yield the answer in pieces. The last one has a finish_reason and what was used."""
        said = str(request.messages[-1].content).upper()
        end = "!" if request.model == "louder" else ""
        yield [Piece(text=said)]
        words = len(said.split())
        usage = Usage(input_tokens=words, output_tokens=words)
        yield [Piece(text=end, finish_reason="stop", usage=usage)]

    async def close(self) -> None:
        """Close what is open; nothing here."""


class ShoutText(Node, frozen=True, kw_only=True, tag="shout_text"):
    """Write a text in capitals."""

    group = "data"
    examples = (Example(title="One word", data={"text": "otter"}, output="OTTER"),)

    text: Annotated[str, Meta(min_length=1, description="Template of the text.")]

    def templates(self) -> dict[str, str]:
        """Return the template, which is checked before a run."""
        return {"text": self.text}

    async def run(self, view: View, context: Context) -> Outcome:
        """Write it."""
        return Outcome(output=templates.parse(self.text).render(expressions.scope(view)).upper())


@tool(examples=[ToolExample(title="A word", arguments={"word": "hi"}, result="HI!")])
def shout_word(word: str) -> str:
    """Shout a word.

    Args:
        word: The word.
    """
    return f"{word.upper()}!"
