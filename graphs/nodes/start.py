"""The start node."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs.node.context import Context
from graphs.node.input_declaration import Input, complete, input_faults
from graphs.node.node import Example, Node, Outcome
from graphs.node.variables import VariableDeclaration
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Start"]


class Start(Node, frozen=True, kw_only=True, tag="start"):
    """Start the run.

    A flow has exactly one. Without declared inputs, it accepts any input. With declared inputs, missing,
    unknown and wrongly typed inputs are errors, and defaults are filled in. The `message` of a chat needs no
    declaration. A chat gives the others in `inputs`. The output is the input.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    starts: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(title="A chat", data={}, input={"message": "Hello!"}, output={"message": "Hello!"}),
        Example(
            title="Declared inputs",
            data={
                "inputs": [
                    {"name": "topic", "required": True},
                    {"name": "tone", "default": "friendly", "choices": ["friendly", "formal"]},
                    {"name": "words", "type": "integer", "default": 100},
                ]
            },
            input={"topic": "otters", "words": 50},
            output={"topic": "otters", "tone": "friendly", "words": 50},
        ),
        Example(
            title="Variables that several nodes write, and one that lasts for the session",
            data={
                "variables": [
                    {"name": "findings", "reducer": "append"},
                    {"name": "asked", "type": "integer", "reducer": "add", "scope": "session"},
                ]
            },
            input={"message": "Hello!"},
            output={"message": "Hello!"},
        ),
    )

    inputs: Annotated[list[Input], Meta(max_length=100, description="The inputs of the flow.")] = field(
        default_factory=list[Input]
    )

    variables: Annotated[
        list[VariableDeclaration],
        Meta(max_length=100, description="Variables with a type, a default, a reducer or a scope."),
    ] = field(default_factory=list[VariableDeclaration])

    def __post_init__(self) -> None:
        """Refuse two inputs or variables of one name."""
        for named in ("inputs", "variables"):
            names = [declared.name for declared in getattr(self, named)]
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"{named}: each name once, found several of {', '.join(sorted(twice))}")

    def declares(self) -> Sequence[VariableDeclaration]:
        """Return the declared variables."""
        return self.variables

    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return a run's input with defaults filled in.

        Raises:
            NodeError: an input is missing, does not fit or is not declared; code ``bad_input``.
        """
        if not self.inputs:
            return given
        if faults := input_faults(self.inputs, given):
            raise NodeError(faults[0].message, code="bad_input")
        return complete(self.inputs, given)

    async def run(self, view: View, context: Context) -> Outcome:
        """Check the input and give it on."""
        completed = self.complete(view.input)
        changed = any(one is not view.input.get(name) for name, one in completed.items())
        return Outcome(output=completed, input=completed if changed else None)
