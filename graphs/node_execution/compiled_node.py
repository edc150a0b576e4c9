"""Place: a node's step among the edges of its flow."""

from collections.abc import Mapping

from msgspec import Struct

from graphs.document.edges import Link
from graphs.node.node import Node

__all__ = ["Place"]


class Place(Struct, frozen=True, kw_only=True):
    """A step among its edges."""

    id: str
    node: Node
    type: str
    outlets: tuple[str, ...]
    bodies: tuple[str, ...]
    """The outlets of a loop behind which its body lies."""
    enclosing: str
    """Id of the innermost loop around the step; empty outside of loops."""
    sources: list[str]
    """Where the forward edges come from."""
    waits: tuple[Link, ...]
    """The forward edges of a join; empty for a step with a single one."""
    needs: int
    """How many live edges a join needs; 0 for all that may still come."""
    back: tuple[Link, ...]
    """The edges that lead back to a loop, and the signals of the joins in its body that ran early."""
    outgoing: tuple[Link, ...]
    """Without those into the bodies of a container, which it follows by itself."""
    reads_clock: bool = False
    """Whether an expression or template of it asks for the time or for chance."""
    falls_back: Mapping[str, str] = {}
    """Outlets that nothing leaves by, and those that the run leaves by in their place."""
    rank: int = 0
    """Its place in the order of edges from the start on, in which nodes side by side update variables."""
    inside: tuple[str, ...] = ()
    """Of a loop the steps in its body, those of the bodies in it included."""
    forgotten: bool = False
    """Whether its output is gone when a turn of the loop around it skips it."""

    def dying(self, outlet: str | None) -> list[Link]:
        """Return the links that die when the step is left by an outlet, or by None because it was skipped."""
        if outlet in self.bodies:
            return []
        return [link for link in self.outgoing if link.outlet != outlet and link.outlet not in self.bodies]
