"""What a flow compiles to."""

from itertools import pairwise
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from graphs.document.flow import Edge, Flow, Step
from graphs.engine.compile import PREFIX, compile_flow
from graphs.run_state.flow_state import FlowState
from graphs.testing.driver import Ran, run_flow
from graphs.values.findings import FlowError
from graphs.values.run_options import Limits
from tests.graphs.flows import Begin, Finish, Work, flow

FORKS: dict[str, Any] = dict.fromkeys("vw", ("fork", {"exits": ["x"]}))


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


async def checkpoints_of(drawn: Flow, input: dict[str, Any], **how: Any) -> tuple[int, list[str], Ran]:
    """Run a flow; return how many steps LangGraph kept, with those that it took, and the run."""
    saver = InMemorySaver()
    done = await run_flow(drawn, input, checkpointer=saver, **how)
    kept = [one async for one in saver.alist({"configurable": {"thread_id": "thread"}})]
    return len(kept), [event.node for event in done.recorder.of("node.started")], done


async def test_nodes_that_only_compute_share_the_step_of_their_neighbours() -> None:
    names = [f"f{number}" for number in range(99)]
    chain = [*names, "w", *[f"g{number}" for number in range(99)], "z"]
    types: dict[str, Any] = dict.fromkeys(chain, ("fork", {"exits": ["x"]}))
    drawn = flow({"a": "begin", **types, "w": "work", "z": "finish"}, *map(">".join, pairwise(["a", *chain])))
    steps, ran, done = await checkpoints_of(drawn, {})
    assert ran == ["a", *chain]
    assert done.result.status == "completed"
    assert steps == 3  # LangGraph's two for the input, and one


async def test_two_nodes_that_ask_do_not_share_a_step_nor_what_runs_side_by_side() -> None:
    line = flow({"a": "begin", "v": "work", "w": "work", "z": "finish"}, "a>v", "v>w", "w>z")
    assert (await checkpoints_of(line, {}))[0] == 4
    beside = flow(
        {"a": "begin", "v": "fork", "w": "fork", "m": "meet", "z": "finish"} | FORKS,
        "a>v", "a>w", "v>m", "w>m", "m>z",
    )  # fmt: skip
    steps, ran, done = await checkpoints_of(beside, {})
    assert (steps, ran) == (5, ["a", "v", "w", "m", "z"])
    assert done.result.status == "completed"


async def test_a_step_keeps_what_ran_in_it_before_a_node_failed() -> None:
    drawn = flow(
        {"a": "begin", "v": FORKS["v"], "t": ("break", {"how": "error"}), "z": "finish"}, "a>v", "v>t", "t>z"
    )
    saver = InMemorySaver()
    done = await run_flow(drawn, {}, checkpointer=saver)
    assert (done.result.status, done.recorder.trace()[-1]) == ("failed", "node.failed t")
    graph = compile_flow(drawn, checkpointer=saver).graph
    assert graph is not None
    kept = await graph.aget_state({"configurable": {"thread_id": "thread"}})
    assert [*kept.values["outputs"]] == ["a", "v"]


async def test_steps_are_counted_by_nodes_also_where_they_are_shared() -> None:
    names = [f"f{number}" for number in range(20)]
    types: dict[str, Any] = dict.fromkeys(names, ("fork", {"exits": ["x"]}))
    drawn = flow({"a": "begin", **types, "z": "finish"}, *map(">".join, pairwise(["a", *names, "z"])))
    done = await run_flow(drawn, {}, limits=Limits(max_steps=10))
    assert (done.result.error or {})["code"] == "limit_reached"
    assert len(done.recorder.of("node.started")) == 10
