"""What a node sees of a run: the input, variables, outputs and messages of its state."""

from typing import Any

from msgspec import Struct, field

from graphs.values.clock import Clock

__all__ = ["View"]


class View(Struct, frozen=True):
    """What a node sees of the state: plain JSON that it must not change in place."""

    input: dict[str, Any]
    """The run's input; a chat's has ``message``."""
    variables: dict[str, Any]
    outputs: dict[str, Any]
    """Outputs of the nodes that ran before, by node id."""
    messages: list[dict[str, Any]]
    """The session's history, this turn's user message included, as `Message` in plain JSON."""
    summary: dict[str, Any]
    incoming: list[str]
    """Ids of the nodes whose edges brought the run here."""
    loop: dict[str, Any]
    """This node's own loop record; empty when the loop is entered and for every node but a loop."""
    enclosing: dict[str, Any] = field(default_factory=dict[str, Any])
    """The record of the innermost loop around this node (``index``, ``item``, ``count``), what expressions
    call ``loop``; empty outside loops. A loop node's own record is not its enclosing one."""
    broken: bool = False
    """Whether the body of this loop has ended it: by an edge back with ``targetHandle`` ``break``."""
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    """What there is to know of the run: ``session``, ``user``, ``run`` and ``env``, each an object."""
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    """What models said in this turn of a chat, by node id: messages that are not part of the history."""
    clock: Clock | None = None
    """The clock of this node run, where an expression of it asks for the time."""

    def arrived(self) -> Any:
        """Return what came in: the output of the node before, an object by node id where several came in."""
        outputs = {node: self.outputs.get(node) for node in self.incoming}
        if len(outputs) > 1:
            return outputs
        return next(iter(outputs.values()), None)
