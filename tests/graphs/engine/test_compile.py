"""What a flow compiles to."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from graphs.document.flow import Edge, Flow, Step
from graphs.engine.compile import PREFIX, compile_flow
from graphs.run_state.flow_state import FlowState
from graphs.testing.driver import run_flow
from graphs.values.findings import FlowError
from tests.graphs.flows import Begin, Finish, Work, flow


def test_a_flow_compiles_to_a_state_graph_with_a_node_for_each_step() -> None:
    compiled = compile_flow(flow({"a": "begin", "b": "work", "n": "remark", "z": "finish"}, "a>b", "b>z"))
    assert isinstance(compiled.graph, CompiledStateGraph)
    assert set(compiled.graph.nodes) == {"__start__", PREFIX + "a", PREFIX + "b", PREFIX + "z"}
    assert compiled.graph.builder.state_schema is FlowState
    assert (compiled.steps, compiled.ends, compiled.durable) == (3, ("z",), False)


def test_a_checkpointer_makes_it_durable() -> None:
    saver = InMemorySaver()
    compiled = compile_flow(flow({"a": "begin", "z": "finish"}, "a>z"), checkpointer=saver)
    assert compiled.durable
    assert compiled.graph is not None
    assert compiled.graph.checkpointer is saver


@pytest.mark.parametrize("id", [*FlowState.__annotations__, "node", "노드", "a b", "a/b", "x" * 100])
async def test_ids_that_are_names_of_the_state_or_odd_compile_and_run(id: str) -> None:
    done = await run_flow(flow({"a": "begin", id: "work", "z": "finish"}, f"a>{id}", f"{id}>z"), {})
    assert [event.node for event in done.recorder.of("node.completed")] == ["a", id, "z"]


def hand_made(*edges: tuple[str, str]) -> Flow:
    steps = (Step("a", Begin()), Step("b", Work()), Step("z", Finish()))
    drawn = tuple(Edge(id=f"{source}>{target}", source=source, target=target) for source, target in edges)
    return Flow(name="f", type="agentflow", steps=steps, edges=drawn, fingerprint="")


def test_a_flow_that_was_not_checked_is_refused_as_check_would() -> None:
    compile_flow(hand_made(("a", "b"), ("b", "z")))
    with pytest.raises(FlowError, match="Node 'b' cannot be reached"):
        compile_flow(hand_made(("a", "z")))


def test_a_flow_that_can_take_more_steps_than_allowed_is_refused() -> None:
    loop: Any = ("again", {"most": 10_000})
    turning = flow({"a": "begin", "z": "finish"}, "a>z")
    assert compile_flow(turning, max_steps=2).steps == 2
    with pytest.raises(FlowError, match=r"can take 2 steps; at most 1 are allowed"):
        compile_flow(turning, max_steps=1)
    with pytest.raises(FlowError, match=r"can take 20,003 steps.*Lower max_iterations of loop 'l'"):
        flow({"a": "begin", "l": loop, "b": "work", "z": "finish"}, "a>l", "l:body>b", "b>l", "l:done>z")
