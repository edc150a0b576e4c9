"""The start node."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.variables import VariableDeclaration
from graphs.parsing.numbers import kind, whole
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Input", "Start"]

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An input that a run takes."""

    name: Annotated[str, Meta(pattern=r"^[^\W\d]\w*$", max_length=64, description="Read as `input.<name>`.")]
    type: Annotated[
        Literal["string", "number", "integer", "boolean", "object", "array"],
        Meta(description="JSON type of the value."),
    ] = "string"
    description: Annotated[str, Meta(description="Description for users.")] = ""
    required: Annotated[bool, Meta(description="Whether a run without it is rejected.")] = False
    default: Annotated[Any, Meta(description="Value if it is missing. Null: none.")] = None
    choices: Annotated[list[Any], Meta(description="Allowed values. Empty: any.")] = []

    def __post_init__(self) -> None:
        """Refuse a default that the input itself would not take."""
        if self.default is not None and (problem := self.problem(self.default)):
            raise ValueError(f"default: {problem}")

    def schema(self) -> dict[str, Any]:
        """Return a JSON Schema of its values."""
        found: dict[str, Any] = {"type": self.type}
        if self.description:
            found["description"] = self.description
        if self.choices:
            found["enum"] = self.choices
        if self.default is not None:
            found["default"] = self.default
        return found

    def problem(self, value: Any) -> str:
        """Return why it does not take this value, a sentence; empty where it does."""
        fits = isinstance(value, _KINDS[self.type]) and (self.type == "boolean") == isinstance(value, bool)
        if not fits or (self.type == "integer" and whole(value) is None):
            return f"Input '{self.name}' takes {self.type}, found {kind(value)}."
        if self.choices and value not in self.choices:
            choices = ", ".join(str(choice)[:40] for choice in self.choices[:20])
            return f"Input '{self.name}' takes one of {choices}; found {str(value)[:40]!r}."
        return ""


class Start(Node, frozen=True, kw_only=True, tag="start"):
    """Start the run.

    A flow has exactly one. Without declared inputs, it accepts any input. With declared inputs, missing,
    unknown and wrongly typed inputs are errors, and defaults are filled in. The `message` of a chat needs no
    declaration. The output is the input.
    """

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
        """Return a run's input with defaults filled in, so that a server can refuse a bad one before the run.

        Raises:
            NodeError: an input is missing, does not fit or is not declared; code ``bad_input``.
        """
        if not self.inputs:
            return given
        declared = {entry.name: entry for entry in self.inputs}
        if unknown := [name for name in given if name not in declared and name != "message"]:
            raise NodeError(
                f"There is no input {unknown[0][:80]!r}; this flow takes {', '.join(declared)}.",
                code="bad_input",
            )
        completed = dict(given)
        for name, entry in declared.items():
            if completed.get(name) is None:
                if entry.required and entry.default is None:
                    raise NodeError(f"Input '{name}' is missing; this flow requires it.", code="bad_input")
                completed[name] = entry.default
            elif problem := entry.problem(completed[name]):
                raise NodeError(problem, code="bad_input")
            elif entry.type == "integer":
                completed[name] = whole(completed[name])
        return completed

    async def run(self, view: View, context: Context) -> Outcome:
        """Check the input and give it on."""
        completed = self.complete(view.input)
        changed = any(one is not view.input.get(name) for name, one in completed.items())
        return Outcome(output=completed, input=completed if changed else None)
