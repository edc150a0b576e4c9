"""Map-reduce: one task for each item with Send, all at once, and their results together."""

import operator
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from graphs.extend import chat_model


class Jokes(TypedDict):
    """What the graph works on."""

    subjects: list[str]
    jokes: Annotated[list[str], operator.add]
    best: str


class Subject(TypedDict):
    """What one task works on."""

    subject: str


def each(state: Jokes) -> list[Send]:
    """Begin a task for each subject."""
    return [Send("joke", {"subject": subject}) for subject in state["subjects"]]


async def joke(state: Subject) -> dict[str, Any]:
    """Tell a joke."""
    said = await chat_model().ainvoke(f"A joke about {state['subject']}")
    return {"jokes": [str(said.text)]}


async def choose(state: Jokes) -> dict[str, Any]:
    """Choose the best."""
    said = await chat_model().ainvoke(f"The best of {len(state['jokes'])} jokes about {state['subjects'][0]}")
    return {"best": str(said.text)}


graph = (
    StateGraph(Jokes)
    .add_node("joke", joke)
    .add_node("choose", choose)
    .add_conditional_edges(START, each, ["joke"])
    .add_edge("joke", "choose")
    .add_edge("choose", END)
)
