"""The state's reducers, alone and in LangGraph's hands."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

from graphs.run_state.flow_state import FlowState, adding, latest, merge, reduce_messages


def message(id: str, content: str = "", role: str = "user") -> dict[str, Any]:
    return {"role": role, "id": id, "content": content}


WRITES = st.lists(
    st.lists(
        st.builds(
            message,
            st.sampled_from("abcd"),
            st.text(max_size=2),
            st.sampled_from(["user", "assistant", "remove"]),
        ),
        max_size=4,
    ).map(adding),
    max_size=6,
)


def test_a_known_id_replaces_its_message_in_place_and_remove_takes_it_out() -> None:
    history = [message("a", "1"), message("b", "2")]
    changed = reduce_messages(history, [adding([message("a", "new"), message("c", "3")])])
    assert changed == [message("a", "new"), message("b", "2"), message("c", "3")]
    assert history == [message("a", "1"), message("b", "2")]
    assert reduce_messages(history, [adding([message("a", role="remove")])]) == [message("b", "2")]


@given(WRITES, WRITES)
def test_the_reducer_does_not_care_how_writes_are_batched(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    at_once = reduce_messages([], [*first, *second])
    assert reduce_messages(reduce_messages([], first), second) == at_once
    one_by_one: list[dict[str, Any]] = []
    for write in [*first, *second]:
        one_by_one = reduce_messages(one_by_one, [write])
    assert one_by_one == at_once


def test_merging_lays_over_and_the_latest_wins() -> None:
    assert merge({"a": 1, "b": 1}, ({"b": 2},)) == {"a": 1, "b": 2}
    assert latest({"a": 1}, {"b": 2}) == {"b": 2}


async def test_messages_come_back_from_checkpoints_as_they_were_written() -> None:
    async def answer(state: FlowState) -> dict[str, Any]:
        return {"messages": adding([message(f"r{len(state.get('messages', []))}", "well", "assistant")])}

    builder = StateGraph(FlowState)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    graph: Any = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for turn in range(60):  # past the channel's snapshots
        await graph.ainvoke({"messages": adding([message(f"u{turn}", "hi")])}, config)
    messages = (await graph.aget_state(config)).values["messages"]
    assert [(m["role"], m["id"]) for m in messages[:4]] == [
        ("user", "u0"),
        ("assistant", "r1"),
        ("user", "u1"),
        ("assistant", "r3"),
    ]
    assert len(messages) == 120
    assert all(type(m) is dict for m in messages)
