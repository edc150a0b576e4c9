"""Custom stream: a sync node reports how far it is, while it works in a thread."""

from typing import Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph

from graphs.extend import chat_model


class Import(TypedDict):
    """What the graph works on."""

    rows: list[str]
    summary: str


def load(state: Import) -> dict[str, Any]:
    """Work off the rows and tell of each."""
    write = get_stream_writer()
    for number, row in enumerate(state["rows"], 1):
        write({"row": row, "progress": number / len(state["rows"])})
    return {}


def summarize(state: Import) -> dict[str, Any]:
    """Ask the model, from a thread."""
    return {"summary": str(chat_model().invoke(f"Sum up: {', '.join(state['rows'])}").text)}


graph = (
    StateGraph(Import)
    .add_node("load", load)
    .add_node("summarize", summarize)
    .add_edge(START, "load")
    .add_edge("load", "summarize")
)
