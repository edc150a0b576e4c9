"""Swarm: agents that hand a conversation over to each other. The next message goes to the last of them."""

from typing import Annotated

from langchain_core.messages import SystemMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command

from graphs.extend import chat_model


class Swarm(MessagesState):
    """The conversation, and who leads it."""

    active: str


class Said(MessagesState):
    """What the swarm is given."""


def handoff(name: str):
    """Return the tool that hands over to an agent."""

    @tool(f"ask_{name}", description=f"Hand the conversation over to {name}.")
    def hand_over(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[str]:
        note = ToolMessage(f"{name} takes over.", tool_call_id=tool_call_id, name=f"ask_{name}")
        return Command(goto=name, update={"messages": [note], "active": name}, graph=Command.PARENT)

    return hand_over


def agent(name: str, other: str):
    """Return an agent as a graph of its own: a model, and its tool."""
    tools = [handoff(other)]

    async def model(state: Swarm) -> dict[str, object]:
        asked = [SystemMessage(f"You are {name}."), *state["messages"]]
        return {"messages": [await chat_model().bind_tools(tools).ainvoke(asked)], "active": name}

    def after(state: Swarm) -> str:
        return "tools" if getattr(state["messages"][-1], "tool_calls", None) else "__end__"

    return (
        StateGraph(Swarm)
        .add_node("model", model)
        .add_node("tools", ToolNode(tools))
        .add_edge(START, "model")
        .add_conditional_edges("model", after, ["tools", "__end__"])
        .compile()
    )


def leader(state: Swarm) -> str:
    """Return who has led the conversation last."""
    return state.get("active") or "alice"


graph = (
    StateGraph(Swarm, input_schema=Said)
    .add_node("alice", agent("alice", "bob"), destinations=("bob",))
    .add_node("bob", agent("bob", "alice"), destinations=("alice",))
    .add_conditional_edges(START, leader, ["alice", "bob"])
)
