"""Human in the loop: a draft that a person accepts, or says what to change."""

from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from graphs.extend import chat_model


class Letter(TypedDict):
    """What the graph works on."""

    topic: str
    draft: str
    remarks: list[str]


async def write(state: Letter) -> dict[str, Any]:
    """Write a draft, with the remarks that were made."""
    remarks = "\n".join(state.get("remarks", []))
    answer = await chat_model().ainvoke(f"Write one sentence about {state['topic']}. {remarks}".strip())
    return {"draft": str(answer.text)}


def review(state: Letter) -> Command[str]:
    """Ask a person: yes, or what to change."""
    answer = interrupt({"question": "Send this letter?", "draft": state.get("draft", "")})
    if answer in (True, "yes"):
        return Command(goto=END)
    return Command(goto="write", update={"remarks": [*state.get("remarks", []), str(answer)]})


graph = (
    StateGraph(Letter)
    .add_node("write", write)
    .add_node("review", review, destinations=("write", END))
    .add_edge(START, "write")
    .add_edge("write", "review")
)
