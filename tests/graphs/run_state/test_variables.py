"""Variables: reducers let several nodes write, a scope lets them last, and every node may update them."""

from itertools import pairwise
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graphs.conversation.messages import InputAnswer
from graphs.testing.driver import run_flow
from tests.graphs.drawn import drawn


def declared(*variables: dict[str, Any]) -> dict[str, Any]:
    return {"start": ("start", {"variables": [*variables]})}


def sets(**updates: str) -> tuple[str, dict[str, Any]]:
    return "variable", {"set": updates}


READ: dict[str, Any] = {"end": ("end", {"expression": "default(variables.x, null)"})}


async def output(nodes: dict[str, Any], *edges: str, **given: Any) -> Any:
    done = await run_flow(drawn(nodes, *edges), given.pop("input", {}), **given)
    assert done.result.status == "completed", done.result.error
    return done.result.output["output"]


async def test_branches_side_by_side_update_in_the_order_of_edges() -> None:
    nodes = declared({"name": "x", "reducer": "extend"}) | {
        "z": sets(x="['a']"), "b": sets(x="['b']"), "m": "merge",
    } | READ  # fmt: skip
    edges = ("z>m", "b>m", "m>end")
    assert await output(nodes, "start>z", "start>b", *edges) == ["a", "b"]
    assert await output(nodes, "start>b", "start>z", *edges) == ["b", "a"]


async def test_items_of_an_iteration_append_in_their_order() -> None:
    nodes = declared({"name": "x", "reducer": "append"}) | {
        "i": ("iteration", {"items": "range(5)"}),
        "d": sets(y="loop.item"),
        "v": sets(x="loop.item * 10"),
    } | READ  # fmt: skip
    assert await output(nodes, "start>i", "i:body>d", "d>v", "v>i", "i:done>end") == [0, 10, 20, 30, 40]


async def test_a_body_reads_its_own_updates() -> None:
    nodes = declared({"name": "x", "reducer": "append", "default": ["old"]}) | {
        "i": ("iteration", {"items": "[1, 2]"}),
        "v": sets(x="loop.item"),
        "t": ("transform", {"expression": "variables.x"}),
        "end": ("end", {"expression": "[nodes.i, variables.x]"}),
    }
    found = await output(nodes, "start>i", "i:body>v", "v>t", "t>i", "i:done>end")
    assert found == [[["old", 1], ["old", 2]], ["old", 1, 2]]


@pytest.mark.parametrize(
    ("reducer", "more", "updates", "value"),
    [
        ("set", {}, ["1", "2"], 2),
        ("last", {}, ["1", "2"], 2),
        ("first", {}, ["1", "2"], 1),
        ("first", {"default": 0}, ["1", "2"], 1),
        ("append", {}, ["1", "[2]"], [1, [2]]),
        ("extend", {"default": [0]}, ["[1]", "[2]"], [0, 1, 2]),
        ("add", {}, ["1", "2.5"], 3.5),
        ("add", {"default": 10}, ["1"], 11),
        ("merge", {}, ["{a: 1}", "{b: 2, a: 3}"], {"a": 3, "b": 2}),
        ("max", {}, ["1", "3", "2"], 3),
        ("min", {"default": 0}, ["1", "3"], 0),
        ("max", {"type": "string"}, ["'a'", "'b'"], "b"),
    ],
)
async def test_reducers_change_variables(
    reducer: str, more: dict[str, Any], updates: list[str], value: Any
) -> None:
    steps = {f"v{number}": sets(x=source) for number, source in enumerate(updates)}
    nodes = declared({"name": "x", "reducer": reducer, **more}) | steps | READ
    way = ["start", *steps, "end"]
    edges = [f"{a}>{b}" for a, b in pairwise(way)]
    assert await output(nodes, *edges) == value
    around = [f"{a}>{b}" for a, b in zip(["start", "t:body", *steps], ["t", *steps, "t"], strict=True)]
    assert await output({**nodes, "t": "try_catch"}, *around, "t:done>end", "t:catch>end") == value


async def test_a_variable_without_updates_has_its_default() -> None:
    nodes = declared({"name": "x", "default": "d"}, {"name": "y", "reducer": "append"})
    assert await output(nodes | READ, "start>end") == "d"
    read = {"end": ("end", {"expression": "[variables.y, exists(variables.z)]"})}
    assert await output(nodes | read, "start>end") == [[], False]


async def test_what_a_run_is_given_comes_first() -> None:
    nodes = declared({"name": "x", "reducer": "append"}) | {"v": sets(x="2")} | READ
    assert await output(nodes, "start>v", "v>end", variables={"x": [1]}) == [1, 2]


@pytest.mark.parametrize(
    ("variable", "update", "says"),
    [
        ({"type": "integer"}, "'a'", "Variable 'x' takes integer, found text"),
        ({"reducer": "extend"}, "1", "with reducer 'extend' must be a list, found a number"),
        ({"reducer": "merge"}, "[]", "must be an object, found a list"),
        ({"reducer": "add"}, "'1'", "must be a number, found text"),
        ({"reducer": "max"}, "true", "must be a number or text, found a boolean"),
    ],
)
async def test_an_update_that_does_not_fit_fails_its_node(
    variable: dict[str, Any], update: str, says: str
) -> None:
    nodes = declared({"name": "x", **variable}) | {"v": sets(x=update)} | READ
    done = await run_flow(drawn(nodes, "start>v", "v>end"), {})
    assert done.result.error is not None
    assert done.result.error["code"] == "bad_variable"
    assert says in done.result.error["message"]


async def test_every_node_may_update_variables() -> None:
    nodes: dict[str, Any] = declared({"name": "seen", "reducer": "append"}) | {
        "a": ("template", {"template": "Hi", "set": {"seen": "output", "length": "length(nodes.a)"}}),
        "b": ("transform", {"expression": "1", "set": {"seen": "output + variables.length"}}),
        "end": ("end", {"expression": "variables.seen"}),
    }
    assert await output(nodes, "start>a", "a>b", "b>end") == ["Hi", 3]


async def test_variables_of_the_session_last_between_runs() -> None:
    nodes = declared(
        {"name": "x", "reducer": "add", "scope": "session"}, {"name": "y", "scope": "session"},
        {"name": "z", "reducer": "add"},
    ) | {
        "v": sets(x="1", y="message", z="1"),
        "end": ("end", {"expression": "[variables.x, variables.y, variables.z]"}),
    }  # fmt: skip
    flow = drawn(nodes, "start>v", "v>end", type="chatflow")
    saver = InMemorySaver()
    for turn in range(1, 61):
        done = await run_flow(flow, f"m{turn}", checkpointer=saver, execution_id=f"r{turn}")
        assert done.result.output["output"] == [turn, f"m{turn}", 1]


async def test_accumulating_in_a_loop_keeps_every_item() -> None:
    nodes = declared({"name": "x", "reducer": "append"}) | {
        "L": ("loop", {"items": "range(130)", "max_iterations": 130}),
        "v": sets(x="loop.item"),
    } | READ  # fmt: skip
    saver = InMemorySaver()
    edges = ("start>L", "L:body>v", "v>L", "L:done>end")
    assert await output(nodes, *edges, checkpointer=saver) == [*range(130)]
    assert await output(nodes, *edges, checkpointer=saver, execution_id="again") == [*range(130)]


async def test_time_and_chance_are_the_same_when_a_node_runs_again() -> None:
    asks = ("human_approval", {"message": "{{ now() }} {{ random() }} {{ uuid() }}", "set": {"x": "uuid()"}})
    flow = drawn({"a": asks, **READ}, "start>a", "a:approved>end", "a:rejected>end", "a:expired>end")
    done = await run_flow(flow, {}, inputs=[InputAnswer("approve")])
    assert done.result.status == "completed"
    assert len(done.recorder.questions) == 1, "A question with another time would be another question."
    (question,) = done.recorder.questions.values()
    assert question.message.split()[2] != done.result.output["output"]
    assert [key.kind for key in done.recorder.calls].count("clock") == 1
