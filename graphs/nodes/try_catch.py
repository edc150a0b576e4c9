"""The try_catch node."""

from typing import ClassVar

from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.subgraph_entry import SubgraphEntry
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["TryCatch"]


class TryCatch(Node, frozen=True, kw_only=True, tag="try_catch"):
    """Run a body, then continue at `done`, or at `catch` if a node of the body fails.

    The body starts at the outlet `body`, and its last node leads back to this node. It gets the output of the
    previous node. The output at `done` is the output of its last node. At `catch` it is `{code, message,
    node}`: an error code, a message and the ID of the node that failed. Variables and messages of a failed
    body are discarded. Cancelled runs, limits of the run, budgets and approval requests are not caught.
    """

    frames: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="All is well",
            data={},
            outputs={"start": "Hello"},
            passes=["Bonjour"],
            output="Bonjour",
            outlet="done",
        ),
        Example(
            title="The body fails",
            data={},
            outputs={"start": "Hello"},
            passes=[{"error": "The model did not answer."}],
            output={"code": "node_failed", "message": "The model did not answer.", "node": "inner"},
            outlet="catch",
        ),
    )

    def outlets(self) -> tuple[str, ...]:
        """Return the way into the body and the two ways on."""
        return ("body", "catch", "done")

    def bodies(self) -> tuple[str, ...]:
        """Return the outlet of the body."""
        return ("body",)

    def enters(self, outlet: str) -> bool:
        """Say that the body is always tried."""
        return True

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Run the body."""
        try:
            passed = await context.enter(SubgraphEntry(outlet="body", arrives=view.arrived()))
        except NodeError as error:
            caught = {"code": error.code, "message": str(error), "node": error.node}
            return Outcome(outlet="catch", output=caught)
        return Outcome(
            outlet="done",
            output=passed.output,
            updates=passed.updates,
            messages=passed.messages,
            summary=passed.summary,
        )
