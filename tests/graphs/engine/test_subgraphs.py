"""Containers: what runs in their bodies, what that sees, what comes out, and how they go wrong."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graphs.document.flow import Flow
from graphs.testing import Script
from graphs.testing.driver import Ran, run_flow
from graphs.values.run_options import Limits
from tests.graphs.subgraph_flows import flow, iterate, transform


def output(done: Ran) -> Any:
    assert done.result.status == "completed", done.result.error
    return done.result.output["output"]


def failed(done: Ran) -> tuple[str, str]:
    assert done.result.status == "failed"
    assert done.result.error is not None
    return done.result.error["code"], done.result.error["message"]


SHOUT = {"shout": transform("upper(loop.item)")}
THERE_AND_BACK = ("each:body>shout", "shout>each")


async def test_an_iteration_runs_its_body_for_each_item_and_keeps_their_order() -> None:
    done = await run_flow(iterate(SHOUT, *THERE_AND_BACK), {"items": ["a", "b", "c"]})
    assert output(done) == ["A", "B", "C"]
    paths = [(event.path, event.node) for event in done.recorder.of("node.completed")]
    inner = [(f"each[{index}]", "shout") for index in range(3)]
    assert paths == [("", "start"), *inner, ("", "each"), ("", "end")]


async def test_an_empty_list_is_done_at_once() -> None:
    done = await run_flow(iterate(SHOUT, *THERE_AND_BACK), {"items": []})
    assert output(done) == []
    assert [event.node for event in done.recorder.of("node.started")] == ["start", "each", "end"]


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (3, 3), (50, 8)])
async def test_no_more_items_run_at_once_than_allowed(limit: int, most: int) -> None:
    drawn = iterate({"gate": "gate"}, "each:body>gate", "gate>each", max_concurrency=limit)
    done = await run_flow(drawn, {"items": list(range(8))})
    assert max(output(done)) == most


@pytest.mark.threat("D-07")
async def test_a_list_that_is_too_long_and_one_that_is_none_are_told_apart() -> None:
    drawn = iterate(SHOUT, *THERE_AND_BACK, max_items=2)
    code, message = failed(await run_flow(drawn, {"items": ["a", "b", "c"]}))
    assert code == "limit_reached"
    assert message.startswith("'items' gave 3 items, 'max_items' allows 2; raise it")
    assert "must give a list, found text" in failed(await run_flow(drawn, {"items": "abc"}))[1]


@pytest.mark.parametrize(("policy", "expected"), [("continue", ["A", None, "C"]), ("drop", ["A", "C"])])
async def test_an_item_that_fails_leaves_null_or_nothing(policy: str, expected: list[Any]) -> None:
    drawn = iterate(SHOUT, *THERE_AND_BACK, on_item_error=policy)
    assert output(await run_flow(drawn, {"items": ["a", 2, "c"]})) == expected


async def test_an_item_that_fails_stops_the_others_and_their_calls() -> None:
    nodes = {
        "fork": ("condition", {"expression": "loop.index == 1"}),
        "bad": ("break", {"how": "error"}),
        "ask": "ask",
    }
    edges = ("each:body>fork", "fork:yes>bad", "fork:no>ask", "bad>each", "ask>each")
    waits = Script(text="half an", waits=True)
    before = asyncio.all_tasks()
    done = await run_flow(iterate(nodes, *edges), {"items": [0, 1, 2]}, answers=[waits, waits])
    code, message = failed(done)
    assert (code, message) == ("on_purpose", "Item 1: It was meant to fail.")
    assert asyncio.all_tasks() == before
    assert done.models.under_way == 0
    assert [attempt.status for attempt in done.recorder.attempts] == ["cancelled", "cancelled"]


async def test_bodies_see_the_outer_flow_their_item_and_each_other_within_one_pass() -> None:
    nodes = {
        "facts": transform("{unit: variables.unit, city: 'Oslo'}"),
        "outer": ("iteration", {"items": "[10, 20]"}),
        "inner": ("iteration", {"items": "[1, 2]"}),
        "before": transform("loop.item"),
        "sum": transform(
            "string(nodes.before + loop.item) + nodes.facts.unit + string(loop.index) + string(loop.count)"
        ),
    }
    drawn = flow(
        nodes, "start>facts", "facts>outer", "outer:body>before", "before>inner", "inner:body>sum",
        "sum>inner", "inner:done>outer", "outer:done>end",
    )  # fmt: skip
    done = await run_flow(drawn, {}, variables={"unit": "m"})
    assert output(done) == [["11m02", "12m12"], ["21m02", "22m12"]]
    paths = {event.path for event in done.recorder.of("node.completed") if event.node == "sum"}
    assert paths == {f"outer[{a}]/inner[{b}]" for a in range(2) for b in range(2)}


async def test_loops_and_containers_nest_both_ways() -> None:
    nodes = {
        "turn": ("loop", {"max_iterations": 2}),
        "each": ("iteration", {"items": "['a', 'b']"}),
        "again": ("loop", {"items": "[loop.item + '1', loop.item + '2']"}),
        "keep": transform("loop.item + string(loop.index)"),
    }
    drawn = flow(
        nodes, "start>turn", "turn:body>each", "each:body>again", "again:body>keep", "keep>again",
        "again:done>each", "each:done>turn", "turn:done>end",
    )  # fmt: skip
    turn = [["a10", "a21"], ["b10", "b21"]]
    assert output(await run_flow(drawn, {})) == [turn, turn]


async def test_what_is_set_and_said_in_bodies_flows_out_in_the_order_of_the_items() -> None:
    nodes = {
        "gate": "gate",
        "ask": "ask",
        "note": (
            "variable",
            {"set": {"last": "loop.item", "seen": "default(variables.seen, '') + loop.item"}},
        ),
        "told": transform("{last: variables.last, seen: variables.seen}"),
    }
    drawn = flow(
        {"each": ("iteration", {"items": "input.items", "max_concurrency": 3})} | nodes,
        "start>each", "each:body>ask", "ask>note", "note>each", "each:done>told", "told>end",
        "each:done>gate", "gate>told",
    )  # fmt: skip
    slow_first = [Script(text="one", delay=0.03), Script(text="two", delay=0.01), "three"]
    done = await run_flow(drawn, {"items": ["a", "b", "c"], "message": "hi"}, answers=slow_first)
    assert output(done) == {"last": "c", "seen": "c"}, "each item began with what was there before"
    assert done.result.message_count == 4


async def test_a_parallel_waits_for_all_its_branches_and_names_what_they_gave() -> None:
    nodes = {
        "fan": ("parallel", {"branches": ["left", "right"]}),
        "a": transform("arrived.n + 1"), "b": transform("nodes.a * 10"), "c": transform("arrived.n + 2"),
        "set": ("variable", {"set": {"x": "'left'"}}), "reset": ("variable", {"set": {"x": "'right'"}}),
        "told": transform("[arrived, variables.x]"),
    }  # fmt: skip
    drawn = flow(
        nodes, "start>fan", "fan:left>a", "a>b", "b>set", "set>fan", "fan:right>c", "c>reset", "reset>fan",
        "fan:done>told", "told>end",
    )  # fmt: skip
    done = await run_flow(drawn, {"n": 1})
    assert output(done) == [{"left": 20, "right": 3}, "right"]
    assert {event.path for event in done.recorder.events} == {"", "fan[left]", "fan[right]"}


def race(mode: str, *branches: Any, **data: Any) -> Flow:
    """Return a flow with a node that asks a model in each branch."""
    names = [branch if isinstance(branch, str) else branch["name"] for branch in branches]
    nodes: dict[str, Any] = {"fan": ("parallel", {"branches": list(branches), "mode": mode, **data})}
    nodes |= {f"ask_{name}": "ask" for name in names}
    edges = [f"fan:{name}>ask_{name}" for name in names] + [f"ask_{name}>fan" for name in names]
    return flow(nodes, "start>fan", *edges, "fan:done>end")


async def test_a_race_goes_on_with_the_first_and_stops_the_others_with_their_calls() -> None:
    before = asyncio.all_tasks()
    slow = Script(text="half an", waits=True)
    done = await run_flow(race("any", "a", "b", "c"), {}, answers=[slow, "quick", slow])
    assert output(done) == {"b": "quick"}
    assert done.models.under_way == 0
    assert asyncio.all_tasks() == before
    assert sorted(attempt.status for attempt in done.recorder.attempts) == [
        "cancelled",
        "cancelled",
        "completed",
    ]
    stopped = {(event.node, event.data["code"]) for event in done.recorder.of("node.failed")}
    assert stopped == {("ask_a", "cancelled"), ("ask_c", "cancelled")}
    assert done.result.message_count == 1, "what a stopped branch said is not kept"


async def test_the_first_few_are_enough_and_failures_do_not_count() -> None:
    bad = Script(error="overloaded")
    waits = Script(waits=True)
    done = await run_flow(
        race("first_n", "a", "b", "c", "d", count=2), {}, answers=[bad, "two", "three", waits]
    )
    assert output(done) == {"b": "two", "c": "three"}
    code, message = failed(await run_flow(race("first_n", "a", "b", count=2), {}, answers=[bad, "two"]))
    assert code == "overloaded"
    assert message.startswith("1 of the 2 branches that were waited for were done")
    strict = race("any", {"name": "a", "on_error": "fail"}, "b")
    assert failed(await run_flow(strict, {}, answers=[bad, waits]))[1].startswith("Branch 'a': ")


async def test_all_branches_can_be_waited_for_without_one_that_fails() -> None:
    lenient = race("all", "a", {"name": "b", "on_error": "continue"})
    bad = Script(error="overloaded")
    assert output(await run_flow(lenient, {}, answers=["one", bad])) == {"a": "one", "b": None}
    assert failed(await run_flow(race("all", "a", "b"), {}, answers=["one", bad]))[0] == "overloaded"


def guarded(nodes: dict[str, Any], *edges: str) -> Flow:
    """Return a flow with a try_catch ``guard`` and what becomes of it after ``caught`` or ``fine``."""
    after = {"caught": transform("{caught: arrived}"), "fine": transform("{fine: arrived}")}
    ways = ("guard:catch>caught", "guard:done>fine", "caught>end", "fine>end")
    return flow({"guard": "try_catch"} | nodes | after, "start>guard", *edges, *ways)


async def test_an_error_in_the_body_is_caught_and_told() -> None:
    drawn = guarded(
        {"set": ("variable", {"set": {"x": "1"}}), "bad": ("break", {"how": "error"})},
        "guard:body>set", "set>bad", "bad>guard",
    )  # fmt: skip
    told = {"code": "on_purpose", "message": "It was meant to fail.", "node": "bad"}
    assert output(await run_flow(drawn, {})) == {"caught": told}
    fine = guarded({"add": transform("arrived.n + 1")}, "guard:body>add", "add>guard")
    assert output(await run_flow(fine, {"n": 1})) == {"fine": 2}


async def test_the_node_that_failed_is_named_from_the_innermost_container() -> None:
    nodes = {
        "each": ("iteration", {"items": "[1, 2]"}), "again": ("loop", {"max_iterations": 1}),
        "bad": ("break", {"how": "bug"}),
    }  # fmt: skip
    drawn = guarded(
        nodes, "guard:body>each", "each:body>again", "again:body>bad", "bad>again", "again:done>each",
        "each:done>guard",
    )  # fmt: skip
    caught = output(await run_flow(drawn, {}))["caught"]
    assert (caught["code"], caught["node"]) == ("internal", "bad")


async def test_a_cancel_and_a_time_out_pass_a_try_catch_by() -> None:
    drawn = guarded({"bad": ("break", {"how": "hang"})}, "guard:body>bad", "bad>guard")
    late = await run_flow(drawn, {}, limits=Limits(max_seconds=0.05))
    assert late.result.status == "timeout"
    assert "caught" not in [event.node for event in late.recorder.of("node.started")]
    before = asyncio.all_tasks()
    task = asyncio.create_task(run_flow(drawn, {}))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before


ANSWER = "{said: nodes.ask, by: variables.who, x: variables.x}"
CALLED = flow(
    {"ask": "ask", "keep": ("variable", {"set": {"x": "'inner'"}}), "end": ("end", {"expression": ANSWER})},
    "start>ask", "ask>keep", "keep>end",
)  # fmt: skip


async def test_a_sub_flow_gets_what_it_is_given_and_gives_its_output() -> None:
    data = {
        "flow_id": "F",
        "input": {"message": "Say {{ input.word }}", "n": "{{ input.n }}"},
        "variables": {"who": "me"},
    }
    drawn = flow(
        {"sub": ("subflow", data), "told": transform("[arrived, default(variables.x, 'unset'), input.word]")},
        "start>sub", "sub>told", "told>end",
    )  # fmt: skip
    done = await run_flow(drawn, {"word": "hi", "n": 5}, answers=["Hi."], subflows={("F", None): CALLED})
    assert output(done) == [{"said": "Hi.", "by": "me", "x": "inner"}, "unset", "hi"]
    assert done.result.message_count == 0, "its history is its own"
    started = [event for event in done.recorder.of("node.started") if event.path == "sub"]
    assert [event.node for event in started] == ["start", "ask", "keep", "end"]
    assert started[0].data["input"] == {"message": "Say hi", "n": 5}


async def test_a_sub_flow_takes_part_in_the_conversation_where_it_is_asked_to() -> None:
    drawn = flow(
        {"sub": ("subflow", {"flow_id": "F", "history": True, "variables": {"who": "me"}})},
        "start>sub",
        "sub>end",
    )
    done = await run_flow(drawn, "hi", answers=["Hi."], subflows={("F", None): CALLED})
    assert output(done)["said"] == "Hi."
    assert done.result.message_count == 2, "the user's message is there once"


async def test_a_sub_flow_that_is_not_there_and_one_too_deep_are_told() -> None:
    drawn = flow({"sub": ("subflow", {"flow_id": "F"})}, "start>sub", "sub>end")
    code, message = failed(await run_flow(drawn, {}))
    assert code == "flow_gone"
    assert message.startswith("There is no flow 'F'. It was deleted or switched off, or never was")
    endless = await run_flow(drawn, {}, subflows={("F", None): drawn}, limits=Limits(max_depth=3))
    code, message = failed(endless)
    assert code == "limit_reached"
    assert message.startswith("Sub-flow 'F' would be number 4 within one another; max_depth allows 3.")
    assert max(event.path.count("/") for event in endless.recorder.events) == 2


@pytest.mark.threat("D-08")
async def test_caps_count_across_containers() -> None:
    asking = iterate({"ask": "ask"}, "each:body>ask", "ask>each", max_concurrency=1)
    done = await run_flow(
        asking, {"items": [1, 2, 3]}, answers=["a", "b", "c"], limits=Limits(max_model_calls=2)
    )
    assert failed(done)[0] == "limit_reached"
    assert len(done.models.requests) == 2
    turning = iterate(
        {"again": ("loop", {"max_iterations": 20}), "work": "work"},
        "each:body>again", "again:body>work", "work>again", "again:done>each",
    )  # fmt: skip
    code, message = failed(await run_flow(turning, {"items": [1]}, limits=Limits(max_steps=30)))
    assert code == "limit_reached"
    assert "The run has taken the 30 steps that max_steps allows" in message
    side_by_side = await run_flow(turning, {"items": list(range(30))}, limits=Limits(max_steps=50))
    assert side_by_side.result.status == "completed", "items run side by side share their steps"


@pytest.mark.parametrize("id", ["a/b", "a#0", "each[0]", "100%", "x" * 240])
async def test_ids_that_look_like_paths_stay_apart(id: str) -> None:
    nodes = {
        id: ("iteration", {"items": "[1, 2]"}),
        "x": transform("loop.item"),
        "0/x": transform("arrived * 10"),
    }
    drawn = flow(nodes, f"start>{id}", f"{id}:body>x", "x>0/x", f"0/x>{id}", f"{id}:done>end")
    done = await run_flow(drawn, {})
    assert output(done) == [10, 20]
    keys = [key.task_id for key in done.recorder.calls if key.kind == "node"]
    assert len(set(keys)) == len(keys) == 5
    assert max(map(len, keys)) <= 1000


async def test_containers_in_one_another_to_the_depth_allowed_run() -> None:
    nodes: dict[str, Any] = {f"t{n}": "try_catch" for n in range(8)} | {"work": transform("arrived.n + 1")}
    edges = [f"t{n}:body>t{n + 1}" for n in range(7)] + [f"t{n + 1}:done>t{n}" for n in range(7)]
    drawn = flow(nodes, "start>t0", *edges, "t7:body>work", "work>t7", "t0:done>end")
    done = await run_flow(drawn, {"n": 1})
    assert output(done) == 2
    work = next(event for event in done.recorder.of("node.completed") if event.node == "work")
    assert work.path == "t0/t1/t2/t3/t4/t5/t6/t7"


def early(kind: Callable[..., Any] = flow, **merge: Any) -> Flow:
    """Return a flow whose three branches of one, two and three steps meet in a merge."""
    nodes: dict[str, Any] = {name: transform(f"'{name}'") for name in ("a", "b1", "b", "c1", "c2", "c")}
    nodes |= {"meet": ("merge", {"mode": "list", **merge}), "after": transform("arrived")}
    return kind(
        nodes, "start>a", "start>b1", "start>c1", "b1>b", "c1>c2", "c2>c", "a>meet", "b>meet", "c>meet",
        "meet>after", "after>end",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ({"wait": "any"}, ["a"]),
        ({"wait": "first", "count": 2}, ["a", "b"]),
        ({"wait": "first", "count": 9}, ["a", "b", "c"]),
        ({}, ["a", "b", "c"]),
    ],
)
async def test_a_merge_waits_for_as_many_as_it_is_told_and_runs_once(merge: Any, expected: list[str]) -> None:
    done = await run_flow(early(**merge), {})
    assert output(done) == expected
    completed = [event.node for event in done.recorder.of("node.completed")]
    assert sorted(completed) == sorted({*completed}), "nothing runs twice"
    assert "c" in completed, "branches that come late run to their end"


async def test_a_merge_that_runs_early_hears_nothing_of_the_turn_before() -> None:
    nodes = {
        "turn": ("loop", {"max_iterations": 3}),
        "quick": transform("'quick' + string(loop.index)"),
        "slow1": transform("0"), "slow2": transform("0"), "slow": transform("'slow' + string(loop.index)"),
        "meet": ("merge", {"wait": "any", "mode": "list"}),
    }  # fmt: skip
    drawn = flow(
        nodes, "start>turn", "turn:body>quick", "turn:body>slow1", "slow1>slow2", "slow2>slow", "quick>meet",
        "slow>meet", "meet>turn", "turn:done>end",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert output(done) == [["quick0"], ["quick1"], ["quick2"]]
    ran = [event.node for event in done.recorder.of("node.completed")]
    assert ran.count("meet") == 3
    assert ran.count("slow") == 3
    turns = [index for index, node in enumerate(ran) if node == "turn"]
    assert all(ran[a:b].count("slow") == 1 for a, b in pairwise(turns)), "each in its turn"


async def test_steps_in_bodies_count_for_the_flow_around_them_also_in_a_later_run_of_a_session() -> None:
    nodes = {"turn": ("loop", {"max_iterations": 5}), "guard": "try_catch", "a": "work", "b": "work"}
    drawn = flow(
        nodes, "start>turn", "turn:body>guard", "guard:body>a", "a>b", "b>guard", "guard:done>turn",
        "guard:catch>turn", "turn:done>end",
    )  # fmt: skip
    saver = InMemorySaver()
    for number in range(3):
        done = await run_flow(
            drawn, {}, checkpointer=saver, execution_id=f"x{number}", limits=Limits(max_steps=23)
        )
        assert done.result.status == "completed", "start, end, six times the loop, five times three steps"
    code, message = failed(await run_flow(drawn, {}, limits=Limits(max_steps=22)))
    assert (code, "22 steps" in message) == ("limit_reached", True)
