"""Context: what a node may do beside computing: emit events and ask models, both through the journal."""

from typing import Any, Protocol

from graphs.events import EventType, Visibility
from graphs.messages import ModelAnswer, ModelRequest

__all__ = ["Context"]


class Context(Protocol):
    """One node run's hold on the world. `graphs.execute` makes one for every run of every node."""

    execution_id: str
    session_id: str
    node: str
    attempt: int
    memory: dict[str, Any]
    """The session's own memory settings; empty where the flow's count."""

    def emit(self, type: EventType, *, visibility: Visibility | None = None, **data: Any) -> None:
        """Append an event about this node to the journal. Returns at once."""
        ...

    async def ask(self, request: ModelRequest, *, publish: bool = True) -> ModelAnswer:
        """Return a model's answer, from the journal where it was answered before a crash.

        With `publish`, tokens become ``message.delta`` events as they arrive; without, only usage is recorded
        (a summary, a decision). Counts against the run's caps.

        Raises:
            ModelError: no provider gave an answer.
            NodeError: a cap of the run is reached (code ``limit_reached``).
        """
        ...
