"""Flows of one's own: each becomes a method with the types of its input, its output and its questions."""

from msgspec import Struct

from sdk_templates.model import Field, Kind, Model

__all__ = ["FlowMethod", "Question"]


class Question(Struct, frozen=True):
    """What a node of a flow asks people."""

    node: str
    """The node's id."""
    value: Kind
    """What an answer carries."""


class FlowMethod(Struct, frozen=True):
    """A method that runs one flow."""

    name: str
    """`support_triage`."""
    id: str
    """The flow's id."""
    title: str
    description: str
    input: tuple[Field, ...]
    """What it takes, the required first."""
    output: Kind
    questions: tuple[Question, ...] = ()
    models: tuple[Model, ...] = ()
    """Models that its kinds name."""
    chats: bool = False
    """Whether it is a chatflow, which takes a message."""
