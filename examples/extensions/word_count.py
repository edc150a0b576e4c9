"""A node type and a tool in one file: copy it to the folder of AGENTICRAG_EXTENSIONS_DIR."""

from typing import Annotated

from msgspec import Meta

from graphs.extend import Context, Example, Node, Outcome, ToolExample, View, expressions, templates, tool


class WordCount(Node, frozen=True, kw_only=True, tag="word_count"):
    """Count the words of a text."""

    group = "data"
    examples = (
        Example(
            title="Three words",
            data={"text": "{{ input.text }}"},
            input={"text": "Otters like fish."},
            output={"words": 3, "long": False},
        ),
        Example(title="A limit", data={"text": "a b", "limit": 1}, output={"words": 2, "long": True}),
    )

    text: Annotated[str, Meta(min_length=1, description="Template of the text.")]
    limit: Annotated[int, Meta(ge=1, description="Words from which on a text is long.")] = 100

    def templates(self) -> dict[str, str]:
        """Return the template, which is checked before a run."""
        return {"text": self.text}

    async def run(self, view: View, context: Context) -> Outcome:
        """Count."""
        words = len(templates.parse(self.text).render(expressions.scope(view)).split())
        return Outcome(output={"words": words, "long": words > self.limit})


@tool(examples=[ToolExample(title="A word", arguments={"text": "otter"}, result="retto")])
def reverse_text(text: str) -> str:
    """Write a text backwards.

    Args:
        text: What to write.
    """
    return text[::-1]
