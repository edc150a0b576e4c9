"""Long-term memory: what a user says is kept beyond the session, in the store."""

from langgraph.graph import START, MessagesState, StateGraph
from langgraph.store.base import BaseStore

from graphs.extend import chat_model


async def answer(state: MessagesState, *, store: BaseStore) -> MessagesState:
    """Answer with what is known, and remember what the user asks to."""
    said = str(state["messages"][-1].text)
    if said.lower().startswith("remember"):
        await store.aput(("notes",), said[:80], {"text": said})
    known = [item.value["text"] for item in await store.asearch(("notes",))]
    asked = f"Known: {'; '.join(sorted(known)) or 'nothing'}. {said}"
    return {"messages": [await chat_model().ainvoke(asked)]}


graph = StateGraph(MessagesState).add_node("answer", answer).add_edge(START, "answer")
