"""The note node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs.node.node import Example, Node

__all__ = ["Note"]


class Note(Node, frozen=True, kw_only=True, tag="note"):
    """A comment in the diagram. It has no edges and never runs."""

    asks_context: ClassVar[bool] = True

    runs: ClassVar[bool] = False
    group: ClassVar[str] = "note"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(title="A remark", data={"text": "The left branch answers refunds."}),
    )

    text: Annotated[str, Meta(max_length=20_000, description="The comment.")] = ""

    def outlets(self) -> tuple[str, ...]:
        """Return none."""
        return ()
