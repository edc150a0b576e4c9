"""Sub-graphs: a graph as a node of another. A question in the inner one pauses both."""

from typing import Any, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from graphs.extend import chat_model


class Report(TypedDict):
    """What both graphs work on."""

    topic: str
    outline: str
    text: str


async def outline(state: Report) -> dict[str, Any]:
    """Make an outline."""
    return {"outline": str((await chat_model().ainvoke(f"Outline: {state['topic']}")).text)}


def check(state: Report) -> dict[str, Any]:
    """Ask a person for the outline that counts."""
    return {"outline": str(interrupt({"question": "Is this the outline?", "outline": state["outline"]}))}


async def write(state: Report) -> dict[str, Any]:
    """Write the report."""
    return {"text": str((await chat_model().ainvoke(f"Report: {state['outline']}")).text)}


planning = (
    StateGraph(Report)
    .add_node("outline", outline)
    .add_node("check", check)
    .add_edge(START, "outline")
    .add_edge("outline", "check")
)

graph = (
    StateGraph(Report)
    .add_node("planning", planning.compile())
    .add_node("write", write)
    .add_edge(START, "planning")
    .add_edge("planning", "write")
)
