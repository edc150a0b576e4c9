"""The merge node."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from graphs.context import Context
from graphs.node import Example, Node, Outcome, View
from graphs.text import as_text

__all__ = ["Merge"]


class Merge(Node, frozen=True, kw_only=True, tag="merge"):
    """Wait for all branches that are still running and join what they bring.

    A branch that a condition left out is not waited for and brings nothing.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="By node",
            data={},
            outputs={"pro": "Cheap.", "con": "Slow."},
            output={"pro": "Cheap.", "con": "Slow."},
        ),
        Example(
            title="As a list",
            data={"mode": "list"},
            outputs={"pro": "Cheap.", "con": "Slow."},
            output=["Cheap.", "Slow."],
        ),
        Example(
            title="As one text",
            data={"mode": "text", "separator": " "},
            outputs={"pro": "Cheap.", "con": {"text": "Slow."}},
            output='Cheap. {"text":"Slow."}',
        ),
    )

    mode: Annotated[
        Literal["object", "list", "text"],
        Meta(description="`object`: by node id; `list`: in the order of the edges; `text`: one text."),
    ] = "object"
    separator: Annotated[str, Meta(description="What stands between the parts of a text.")] = "\n\n"

    async def run(self, view: View, context: Context) -> Outcome:
        """Give what arrived, joined."""
        arrived: dict[str, Any] = {node: view.outputs.get(node) for node in view.incoming}
        match self.mode:
            case "object":
                return Outcome(output=arrived)
            case "list":
                return Outcome(output=list(arrived.values()))
            case "text":
                return Outcome(output=self.separator.join(map(as_text, arrived.values())))
