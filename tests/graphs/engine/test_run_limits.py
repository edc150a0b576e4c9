"""A run's limits are the run's: they end it, whatever a node would make of an error."""

from typing import Any

import pytest

from graphs.document.flow import Flow
from graphs.testing.driver import Ran, run_flow
from graphs.values.run_options import FlowLimits, Limits
from tests.graphs.subgraph_flows import flow, iterate, transform

ANSWERS = [str(number) for number in range(200)]
ASKING = ({"ask": "ask"}, "each:body>ask", "ask>each")


def ended(done: Ran) -> tuple[str, str]:
    assert done.result.error is not None, done.result
    return done.result.status, done.result.error["code"]


async def test_an_iteration_over_200_items_asks_its_model_200_times_by_default() -> None:
    drawn = iterate(*ASKING, items="range(200)", max_concurrency=20)
    done = await run_flow(drawn, {}, answers=ANSWERS)
    assert done.result.status == "completed", done.result.error
    assert len(done.result.output["output"]) == 200


@pytest.mark.parametrize("policy", ["drop", "continue", "fail"])
async def test_a_limit_is_no_items_error(policy: str) -> None:
    drawn = iterate(*ASKING, items="range(40)", max_concurrency=5, on_item_error=policy)
    done = await run_flow(drawn, {}, answers=ANSWERS, limits=Limits(max_model_calls=25))
    assert ended(done) == ("failed", "limit_reached")
    assert len(done.recorder.calls) >= 25, "the answers that came are in the journal"
    assert len(done.models.requests) == 25


def caught(nodes: dict[str, Any]) -> Flow:
    return flow(
        {"try": ("try_catch", {}), "each": ("iteration", {"items": "range(9)"}), **nodes},
        "start>try", "try:body>each", "each:body>ask", "ask>each", "each:done>try",
        "try:done>end", "try:catch>end",
    )  # fmt: skip


async def test_a_limit_is_not_caught_and_no_node_runs_after_it() -> None:
    done = await run_flow(caught({"ask": "ask"}), {}, answers=ANSWERS, limits=Limits(max_model_calls=4))
    assert ended(done) == ("failed", "limit_reached")
    assert done.recorder.of("node.started")[-1].data["node_type"] != "end"


@pytest.mark.parametrize("policy", [{"on_error": "continue"}, {"on_error": "outlet"}])
async def test_a_nodes_own_error_handling_does_not_hold_a_limit_back(policy: dict[str, Any]) -> None:
    edges = ["start>first", "first>second", "second>end"]
    if policy["on_error"] == "outlet":
        edges += ["first:error>end", "second:error>end"]
        edges[1:3] = ["first:out>second", "second:out>end"]
    drawn = flow({"first": ("llm", ASKED | policy), "second": ("llm", ASKED | policy)}, *edges)
    done = await run_flow(drawn, {"message": "Hi"}, answers=ANSWERS, limits=Limits(max_model_calls=1))
    assert ended(done) == ("failed", "limit_reached")


ASKED = {"provider": "demo", "model": "demo", "prompt": "?"}


async def test_the_steps_of_a_loop_are_a_limit_that_nothing_catches() -> None:
    nodes = {"turns": ("loop", {"max_iterations": 50}), "work": transform("1")}
    drawn = flow(
        {"try": ("try_catch", {}), **nodes},
        "start>try", "try:body>turns", "turns:body>work", "work>turns", "turns:done>try",
        "try:done>end", "try:catch>end",
    )  # fmt: skip
    done = await run_flow(drawn, {}, limits=Limits(max_steps=20))
    assert ended(done) == ("failed", "limit_reached")


async def test_an_error_that_is_no_limit_is_caught_as_before() -> None:
    nodes = {"ask": transform("1 / 0 if loop.item == 1 else loop.item")}
    drawn = iterate(nodes, "each:body>ask", "ask>each", items="range(3)", on_item_error="drop")
    done = await run_flow(drawn, {})
    assert done.result.output["output"] == [0, 2]
    [told] = [event.data for event in done.recorder.of("custom")]
    assert (told["name"], told["code"], told["dropped"], told["count"]) == ("warning", "items_dropped", 1, 3)
    assert "1 of 3 items failed and was left out" in told["message"]
    assert "The first was item 1 (" in told["message"]


async def test_items_that_gave_null_are_told_too() -> None:
    nodes = {"ask": transform("1 / 0")}
    drawn = iterate(nodes, "each:body>ask", "ask>each", items="range(2)", on_item_error="continue")
    done = await run_flow(drawn, {})
    assert done.result.output["output"] == [None, None]
    [told] = [event.data for event in done.recorder.of("custom")]
    assert (told["code"], told["dropped"]) == ("items_failed", 2)


def test_limits_of_a_flow_lie_over_those_of_the_settings_and_within_them() -> None:
    usual = Limits(max_model_calls=100)
    of_flow = FlowLimits(max_model_calls=20, max_seconds=5)
    assert of_flow.within(usual) == Limits(max_model_calls=20, max_seconds=5)
    assert FlowLimits(max_model_calls=50).over(of_flow).within(usual).max_model_calls == 50
    assert FlowLimits(max_model_calls=500).within(usual).max_model_calls == 100
    assert FlowLimits(max_model_calls=500, max_tokens=2_000_001).above(usual) == {
        "max_model_calls": "'max_model_calls' is 500; this server allows 100 at most. Lower it, or let the "
        "operator raise max_model_calls.",
        "max_tokens": "'max_tokens' is 2,000,001; this server allows 2,000,000 at most. Lower it, or let the "
        "operator raise max_run_tokens.",
    }
