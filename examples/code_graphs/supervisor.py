"""Supervisor: a model chooses who works next, until everybody that is needed has."""

import operator
from typing import Annotated, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import Command

from graphs.extend import chat_model

WORKERS = ("researcher", "writer")


class Team(TypedDict):
    """What the team works on."""

    task: str
    notes: Annotated[list[str], operator.add]
    done: Annotated[list[str], operator.add]


async def supervisor(state: Team) -> Command[str]:
    """Choose the next worker by name; without one, the work is done."""
    waiting = [name for name in WORKERS if name not in state.get("done", [])]
    asked = f"Task: {state['task']}. Who is next: {', '.join(waiting) or 'nobody'}?"
    said = str((await chat_model().ainvoke(asked)).text)
    return Command(goto=next((name for name in waiting if name in said), "__end__"))


def worker(name: str):
    """Return the node of a worker."""

    async def work(state: Team) -> Command[str]:
        answer = await chat_model().ainvoke(f"You are the {name}. Work on: {state['task']}")
        return Command(goto="supervisor", update={"notes": [f"{name}: {answer.text}"], "done": [name]})

    return work


builder = StateGraph(Team).add_node("supervisor", supervisor, destinations=(*WORKERS, "__end__"))
for each in WORKERS:
    builder.add_node(each, worker(each), destinations=("supervisor",))
graph = builder.add_edge(START, "supervisor")
