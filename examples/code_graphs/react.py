"""ReAct: a model that calls tools until it has an answer."""

from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from graphs.extend import chat_model


@tool
def weather(city: str) -> str:
    """Return the weather of a city."""
    return f"Rain in {city}, 12 degrees."


async def ask(state: MessagesState) -> MessagesState:
    """Ask the model, which may call tools."""
    model = chat_model().bind_tools([weather])
    return {"messages": [await model.ainvoke(state["messages"])]}


graph = (
    StateGraph(MessagesState)
    .add_node("ask", ask)
    .add_node("tools", ToolNode([weather]))
    .add_edge(START, "ask")
    .add_conditional_edges("ask", tools_condition)
    .add_edge("tools", "ask")
)
