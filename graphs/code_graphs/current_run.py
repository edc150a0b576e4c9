"""Current run: what code within a code graph finds of the run that it is part of."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio

    from langchain_core.language_models import BaseChatModel

    from graphs.values.messages import ModelAnswer, ModelRequest

__all__ = ["CURRENT", "CurrentRun", "chat_model"]


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


def chat_model(
    model: str = "", *, provider: str = "", connection: str = "", **settings: Any
) -> "BaseChatModel":
    """Return a LangChain chat model that goes through the server: journalled, streamed, counted and limited.

    After a crash an answer that was stored is used again. Use it in nodes of a code graph, also with
    `bind_tools` and `with_structured_output`.

    Args:
        model: The provider's name of the model; empty for the default.
        provider: As in flows, such as ``openai``; empty for the server's default.
        connection: Name of a connection of the workspace, which has the server's URL and key.
        settings: ``temperature``, ``max_tokens``, ``top_p``, ``stop``, ``seed`` and other fields of
            `graphs.values.messages.ModelRequest`.

    Raises:
        TypeError: there is no such setting.
    """
    from graphs.code_graphs.journalled_model import JournalledModel  # LangChain, once a graph is there

    return JournalledModel.of(model=model, provider=provider, connection=connection, settings=settings)
