"""chat_model: the LangChain chat model for nodes of graphs in code."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["chat_model"]


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
            `graphs.conversation.messages.ModelRequest`.

    Raises:
        TypeError: there is no such setting.
    """
    from graphs.code_graphs.journalled_model import JournalledModel  # LangChain, once a graph is there

    return JournalledModel.of(model=model, provider=provider, connection=connection, settings=settings)
