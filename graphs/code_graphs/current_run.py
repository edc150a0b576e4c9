"""Current run: what code within a code graph finds of the run that it is part of."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from graphs.conversation.messages import ModelAnswer, ModelRequest

__all__ = ["CURRENT", "CurrentRun"]


class CurrentRun(Protocol):
    """The run of a code graph that is under way."""

    loop: "asyncio.AbstractEventLoop"
    """The server's event loop: threads wait for what happens on it."""

    async def ask(self, checkpoint_ns: str, request: "ModelRequest", *, publish: bool) -> "ModelAnswer":
        """Return a model's answer for a task of the graph, by LangGraph's name of it."""
        ...

    async def complete_model(self, provider: str, model: str) -> tuple[str, str]:
        """Return provider and model with the server's default for what is empty."""
        ...


CURRENT: "ContextVar[CurrentRun | None]" = ContextVar("agenticrag_code_graph", default=None)
