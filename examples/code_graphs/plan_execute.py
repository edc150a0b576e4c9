"""Plan and execute: a plan is made first, then its steps are worked off one after the other."""

import operator
from typing import Annotated, TypedDict

from langgraph.graph import END, START, StateGraph

from graphs.extend import chat_model


class Plan(TypedDict, total=False):
    """What the graph works on."""

    goal: str
    steps: list[str]
    results: Annotated[list[str], operator.add]
    answer: str


async def plan(state: Plan) -> Plan:
    """Make a plan of three steps."""
    said = await chat_model().ainvoke(f"Plan: {state['goal']}")
    return {"steps": [f"{said.text} ({number})" for number in (1, 2, 3)], "results": []}


async def step(state: Plan) -> Plan:
    """Do the first step that is left."""
    said = await chat_model().ainvoke(f"Do: {state['steps'][0]}")
    return {"steps": state["steps"][1:], "results": [str(said.text)]}


async def conclude(state: Plan) -> Plan:
    """Sum the results up."""
    said = await chat_model().ainvoke(f"Conclude from {len(state['results'])} results: {state['goal']}")
    return {"answer": str(said.text)}


graph = (
    StateGraph(Plan)
    .add_node("plan", plan)
    .add_node("step", step)
    .add_node("conclude", conclude)
    .add_edge(START, "plan")
    .add_edge("plan", "step")
    .add_conditional_edges("step", lambda state: "step" if state["steps"] else "conclude", ["step", "conclude"])
    .add_edge("conclude", END)
)
