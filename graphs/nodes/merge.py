"""The merge node."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.parsing.text import as_text
from graphs.values.node_view import View

__all__ = ["Merge"]


class Merge(Node, frozen=True, kw_only=True, tag="merge"):
    """Wait for branches and combine their outputs.

    Skipped branches are not waited for. With `wait` other than `all`, the node runs once, as soon as enough
    branches have arrived. Later branches are not cancelled, but their results are ignored. Branches advance
    in steps, so the first branch is the one with fewer steps. To take the fastest branch by time and cancel
    the others, use `parallel`.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

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
        Example(
            title="Whichever comes first",
            data={"wait": "any", "mode": "list"},
            outputs={"cache": "Known."},
            output=["Known."],
        ),
    )

    mode: Annotated[
        Literal["object", "list", "text"],
        Meta(description="`object`: by node id; `list`: in the order of the edges; `text`: one text."),
    ] = "object"
    separator: Annotated[str, Meta(description="Separator between the parts of a text.")] = "\n\n"

    wait: Annotated[
        Literal["all", "any", "first"],
        Meta(description="`all` active branches, `any` one, or the `first` branches: `count`."),
    ] = "all"
    count: Annotated[int, Meta(ge=1, le=100, description="Number of branches that `first` waits for.")] = 1

    def needs(self) -> int:
        """Return how many branches must have come."""
        return {"all": 0, "any": 1, "first": self.count}[self.wait]

    def passes_on(self) -> bool:
        """Say that the texts that arrived are parts of its own."""
        return self.mode == "text"

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
