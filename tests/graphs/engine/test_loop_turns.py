"""A turn of a loop sees itself, ends early where it says so, and tells when turns ran out."""

from typing import Any

import pytest

from graphs.testing.driver import run_flow
from tests.graphs.drawn import drawn

TURNS: dict[str, Any] = {
    "L": ("loop", {"items": "[1, 2, 3]"}),
    "c": ("condition", {"expression": "loop.item == 1"}),
    "a": ("template", {"template": "A{{ loop.item }}"}),
    "b": ("transform", {"expression": "default(nodes.a, 'none')"}),
}
ROUND = ("start>L", "L:body>c", "c:yes>a", "a>b", "c:no>b", "b>L", "L:done>end")


async def output(nodes: dict[str, Any], *edges: str, **given: Any) -> Any:
    done = await run_flow(drawn(nodes, *edges), given.pop("input", {}), **given)
    assert done.result.status == "completed", done.result.error
    return done.result.output["output"]


async def test_what_a_turn_skips_is_not_there_in_it() -> None:
    assert await output(TURNS, *ROUND) == ["A1", "none", "none"]


async def test_a_loop_may_keep_outputs_as_it_once_did() -> None:
    kept = {**TURNS, "L": ("loop", {"items": "[1, 2, 3]", "keep_outputs": True})}
    assert await output(kept, *ROUND) == ["A1", "A1", "A1"]


async def test_what_has_not_run_yet_in_a_turn_shows_the_last_turn() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "['x', 'y', 'z']"}),
        "a": ("transform", {"expression": "[default(nodes.b, 'first'), default(loop.previous.b, 'first')]"}),
        "b": ("transform", {"expression": "loop.item"}),
        "both": ("transform", {"expression": "nodes.a"}),
    }
    found = await output(nodes, "start>L", "L:body>a", "a>b", "b>both", "both>L", "L:done>end")
    assert found == [["first", "first"], ["x", "x"], ["y", "y"]]


async def test_inner_loops_see_the_loop_around_them() -> None:
    nodes: dict[str, Any] = {
        "outer": ("loop", {"items": "['a', 'b']"}),
        "inner": ("loop", {"items": "[1, 2]"}),
        "t": ("template", {"template": "{{ loop.parent.item }}{{ loop.item }}"}),
    }
    edges = (
        "start>outer",
        "outer:body>inner",
        "inner:body>t",
        "t>inner",
        "inner:done>outer",
        "outer:done>end",
    )
    assert await output(nodes, *edges) == [["a1", "a2"], ["b1", "b2"]]


async def test_an_iteration_in_a_loop_sees_the_loop_around_it() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "['a', 'b']"}),
        "i": ("iteration", {"items": "[1, 2]"}),
        "t": ("template", {"template": "{{ loop.parent.item }}{{ loop.item }}"}),
    }
    assert await output(nodes, "start>L", "L:body>i", "i:body>t", "t>i", "i:done>L", "L:done>end") == [
        ["a1", "a2"],
        ["b1", "b2"],
    ]


async def test_a_skipped_inner_loop_takes_its_outputs_with_it() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "[1, 2]"}),
        "c": ("condition", {"expression": "loop.item == 1"}),
        "inner": ("loop", {"items": "['x']"}),
        "t": ("transform", {"expression": "loop.item"}),
        "b": ("transform", {"expression": "[default(nodes.t, 'none'), default(nodes.inner, 'none')]"}),
    }
    edges = ("start>L", "L:body>c", "c:yes>inner", "inner:body>t", "t>inner", "inner:done>b", "c:no>b")
    assert await output(nodes, *edges, "b>L", "L:done>end") == [["x", ["x"]], ["none", "none"]]


async def test_break_ends_a_loop_and_continue_a_turn() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "[1, 2, 3, 4]"}),
        "s": ("switch", {"cases": [
            {"outlet": "stop", "expression": "loop.item == 3"},
            {"outlet": "skip", "expression": "loop.item == 1"},
        ]}),
        "t": ("template", {"template": "T{{ loop.item }}"}),
    }  # fmt: skip
    edges = ("start>L", "L:body>s", "s:stop>L:break", "s:skip>L:continue", "s:default>t", "t>L", "L:done>end")
    done = await run_flow(drawn(nodes, *edges), {})
    assert done.result.error is None
    found = done.result.output["output"]
    assert len(found) == 3
    assert found[1] == "T2"
    assert [event.node for event in done.recorder.of("node.completed")].count("t") == 1


async def test_break_lets_what_runs_beside_it_come_to_its_end() -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": "[1, 2]"}),
        "c": ("condition", {"expression": "true"}),
        "t": ("template", {"template": "T"}),
        "u": ("template", {"template": "U{{ nodes.t }}"}),
    }
    found = await output(
        nodes, "start>L", "L:body>c", "L:body>t", "t>u", "u>L", "c:yes>L:break", "c:no>L", "L:done>end"
    )
    assert found == [{"u": "UT", "c": found[0]["c"]}]


WHILE: dict[str, Any] = {
    "L": ("loop", {"while": "true", "max_iterations": 2}),
    "t": ("transform", {"expression": "loop.index"}),
    "late": ("template", {"template": "gave up after {{ nodes.L }}"}),
}


async def test_turns_that_ran_out_leave_by_exhausted() -> None:
    edges = ("start>L", "L:body>t", "t>L", "L:done>end", "L:exhausted>late", "late>end")
    assert await output(WHILE, *edges) == "gave up after [0,1]"


async def test_turns_that_ran_out_leave_by_done_where_nothing_else_is_drawn() -> None:
    nodes = {id: node for id, node in WHILE.items() if id != "late"}
    done = await run_flow(drawn(nodes, "start>L", "L:body>t", "t>L", "L:done>end"), {})
    assert done.result.output["output"] == [0, 1]
    told = [event.data["outlet"] for event in done.recorder.of("node.completed") if event.node == "L"]
    assert told == ["body", "body", "exhausted"]


async def test_a_loop_that_ends_by_its_condition_is_not_exhausted() -> None:
    nodes = {**WHILE, "L": ("loop", {"while": "default(nodes.t, 0) < 1", "max_iterations": 2})}
    edges = ("start>L", "L:body>t", "t>L", "L:done>end", "L:exhausted>late", "late>end")
    assert await output(nodes, *edges) == [0, 1]


@pytest.mark.parametrize("turns", [3, 60, 120])
async def test_the_lists_of_a_loop_outlast_any_number_of_steps(turns: int) -> None:
    nodes: dict[str, Any] = {
        "L": ("loop", {"items": f"range({turns})", "max_iterations": turns}),
        "t": ("transform", {"expression": "loop.item * 2"}),
    }
    assert await output(nodes, "start>L", "L:body>t", "t>L", "L:done>end") == [2 * n for n in range(turns)]
