"""Plan and execute: a plan is made first, then its steps are worked off one after the other."""

import operator
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph

from graphs.extend import chat_model


class Plan(TypedDict):
    """What the graph works on."""

    goal: str
    steps: list[str]
    results: Annotated[list[str], operator.add]
    answer: str


async def plan(state: Plan) -> dict[str, Any]:
    """Make a plan of three steps."""
    said = await chat_model().ainvoke(f"Plan: {state['goal']}")
    return {"steps": [f"{said.text} ({number})" for number in (1, 2, 3)], "results": []}


async def step(state: Plan) -> dict[str, Any]:
    """Do the first step that is left."""
    said = await chat_model().ainvoke(f"Do: {state['steps'][0]}")
    return {"steps": state["steps"][1:], "results": [str(said.text)]}


async def conclude(state: Plan) -> dict[str, Any]:
    """Sum the results up."""
    said = await chat_model().ainvoke(f"Conclude from {len(state['results'])} results: {state['goal']}")
    return {"answer": str(said.text)}


def after(state: Plan) -> str:
    """Return the next node."""
    return "step" if state["steps"] else "conclude"


graph = (
    StateGraph(Plan)
    .add_node("plan", plan)
    .add_node("step", step)
    .add_node("conclude", conclude)
    .add_edge(START, "plan")
    .add_edge("plan", "step")
    .add_conditional_edges("step", after, ["step", "conclude"])
    .add_edge("conclude", END)
)
