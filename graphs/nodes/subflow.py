"""The subflow node."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions.json_templates import fill, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.subgraph_entry import SubflowCall
from graphs.parsing.text import as_text
from graphs.values.node_view import View
from graphs.values.wanted_version import WantedVersion

__all__ = ["Subflow"]


class Subflow(Node, frozen=True, kw_only=True, tag="subflow"):
    """Run another flow of the workspace as one step. Its output is the output of this node.

    The sub-flow sees only its `input` and `variables`. With `reads_history`, it also takes part in the
    conversation, and so do the agents of a team. Without `input`, it gets the output of the previous node: an
    object as it is, anything else as `message`. A chatflow gets a `message`.

    Its version is fixed when the run starts, also if the flow or the label changes later, or the server
    restarts. Flows can
    call each other up to the depth limit of the run.
    """

    frames: ClassVar[bool] = True
    speaks_text: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Ask a chatflow",
            data={"flow_id": "0b7f9f0a", "input": {"message": "Translate: {{ message }}"}},
            input={"message": "Hello"},
            passes=["Bonjour"],
            output="Bonjour",
        ),
        Example(
            title="A list stays a list",
            data={"flow_id": "0b7f9f0a", "version": 3, "input": {"cities": "{{ variables.cities }}"}},
            variables={"cities": ["Oslo", "Lima"]},
            passes=[["cold", "mild"]],
            output=["cold", "mild"],
        ),
    )

    flow_id: Annotated[str, Meta(min_length=1, max_length=64, description="ID of the flow to run.")]
    version: Annotated[
        WantedVersion | None,
        Meta(
            description="Version of the flow: a number, or a label such as `production`. Empty: the current "
            "one."
        ),
    ] = None
    input: Annotated[
        dict[str, Any] | None,
        Meta(
            description="Its input: JSON whose texts are templates. Empty: the output of the previous node."
        ),
    ] = None
    variables: Annotated[
        dict[str, Any], Meta(description="Its variables: JSON whose texts are templates.")
    ] = field(default_factory=dict[str, Any])
    reads_history: Annotated[
        bool | None,
        Meta(description="Whether it takes part in the conversation: its nodes get the history. Null: no."),
    ] = None
    speaks: Annotated[
        bool | None,
        Meta(
            description="Whether its answer streams to the user of a chat. Null: if it is the answer of the "
            "flow, or a part of it."
        ),
    ] = None
    history: Annotated[
        bool | None,
        Meta(description="Earlier name: sets both `reads_history` and `speaks` where they are null."),
    ] = None

    def templates(self) -> dict[str, str]:
        """Return the templates of what it is given."""
        return {**sources(self.input, "input"), **sources(self.variables, "variables")}

    def reads_arrived(self) -> bool:
        """Say whether what arrived is its input."""
        return self.input is None

    async def run(self, view: View, context: Context) -> Outcome:
        """Run the other flow."""
        scope = expressions.scope(view)
        passed = await context.call(
            SubflowCall(
                flow_id=self.flow_id,
                version=self.version,
                input=_given(view.arrived()) if self.input is None else fill(self.input, scope),
                variables=fill(self.variables, scope),
                history=bool(self.history if self.reads_history is None else self.reads_history),
                speaks=self.history if self.speaks is None else self.speaks,
            )
        )
        return Outcome(
            output=passed.output, messages=passed.messages, summary=passed.summary, answer=passed.answer
        )


def _given(arrived: Any) -> dict[str, Any]:
    if isinstance(arrived, Mapping):
        return dict(arrived)  # pyright: ignore[reportUnknownArgumentType]  # JSON: its keys are texts
    return {"message": as_text(arrived)}
