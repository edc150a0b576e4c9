"""The template node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.expressions import templates
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["Template"]


class Template(Node, frozen=True, kw_only=True, tag="template"):
    """Make a text from a template.

    `{{ look-ups }}` are replaced by values; a value is put in as it is, also where it looks like a template.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A greeting",
            data={"template": "Hello {{ variables.name }}, you wrote: {{ message }}"},
            input={"message": "{{ 7*7 }}"},
            variables={"name": "Ada"},
            output="Hello Ada, you wrote: {{ 7*7 }}",
        ),
        Example(
            title="A part of a node's output",
            data={"template": '{{ nodes["fetch-1"].items[0].title }}'},
            outputs={"fetch-1": {"items": [{"title": "First"}]}},
            output="First",
        ),
    )

    template: Annotated[str, Meta(description="Text with `{{ look-ups }}`.")]

    def templates(self) -> dict[str, str]:
        """Return the template."""
        return {"template": self.template}

    def reads_arrived(self) -> bool:
        """Say no: it works on what its templates look up."""
        return False

    def gives(self) -> str:
        """Return the template."""
        return self.template

    def gives_text(self) -> bool:
        """Say yes."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Give the text."""
        template, scope = templates.parse(self.template), expressions.scope(view)
        return Outcome(output=await aside(lambda: template.render(scope)))
