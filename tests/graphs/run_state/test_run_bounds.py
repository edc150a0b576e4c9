"""A run is bounded as a whole: what its containers and sub-flows do is counted together."""

import asyncio
import contextlib
import time
from itertools import pairwise
from typing import Any

import pytest

from graphs.document.flow import Flow
from graphs.testing.driver import Ran, run_flow
from graphs.values.run_options import Limits
from tests.graphs.drawn import drawn
from tests.graphs.subgraph_flows import INSIDE, flow, iterate, transform

ONCE_MORE = {"again": ("subflow", {"flow_id": "x", "input": {"items": "{{ input.items }}"}})}
THERE_AND_BACK = ("each:body>again", "again>each")


def itself(**data: Any) -> Flow:
    """Return a flow that calls itself for each of its items."""
    return iterate(ONCE_MORE, *THERE_AND_BACK, **data)


async def run_itself(limits: Limits, **data: Any) -> Ran:
    drawn = itself(**data)
    return await run_flow(drawn, {"items": list(range(50))}, limits=limits, subflows={("x", None): drawn})


def reached(done: Ran, limit: str) -> None:
    assert done.result.status == "failed"
    assert done.result.error is not None
    assert done.result.error["code"] == "limit_reached", done.result.error
    assert limit in done.result.error["message"]


@pytest.mark.threat("D-08")
async def test_a_flow_that_calls_itself_for_each_item_ends_at_its_depth() -> None:
    done = await run_itself(Limits(), max_concurrency=1)
    reached(done, "max_depth")
    assert len(done.recorder.of("node.started")) < 40


@pytest.mark.threat("D-08")
async def test_a_flow_that_calls_itself_for_many_items_at_once_ends_before_it_fills_the_memory() -> None:
    done = await run_itself(Limits(max_parallel_passes=10), max_concurrency=50)
    reached(done, "max_parallel_passes")
    assert len(done.recorder.of("node.started")) < 200


@pytest.mark.threat("D-08")
@pytest.mark.parametrize("policy", ["continue", "drop"])
async def test_the_nodes_of_all_sub_flows_are_counted_together(policy: str) -> None:
    done = await run_itself(Limits(max_node_runs=300), max_concurrency=1, on_item_error=policy)
    reached(done, "max_node_runs")
    assert len(done.recorder.of("node.started")) <= 300


@pytest.mark.threat("D-08")
async def test_passes_of_one_depth_wait_for_their_turn() -> None:
    drawn = iterate({"gate": "gate"}, "each:body>gate", "gate>each", max_concurrency=50)
    done = await run_flow(drawn, {"items": list(range(20))}, limits=Limits(max_parallel_passes=4))
    assert done.result.status == "completed"
    assert max(done.result.output["output"]) == 4
    assert not INSIDE


async def test_no_policy_of_a_node_goes_on_beyond_the_bounds() -> None:
    inner = ("transform", {"expression": "loop.item", "on_error": "continue", "retry": {"max_attempts": 3}})
    drawn = iterate(
        {"inner": inner}, "each:body>inner", "inner>each", on_item_error="drop", on_error="continue"
    )
    done = await run_flow(drawn, {"items": list(range(100))}, limits=Limits(max_node_runs=20))
    reached(done, "max_node_runs")
    assert not done.recorder.of("node.retrying")


@pytest.mark.parametrize("limit", ["max_memory_bytes", "max_run_bytes"])
async def test_what_a_run_keeps_is_bounded_over_all_its_passes(limit: str) -> None:
    drawn = iterate({"big": transform("loop.item")}, "each:body>big", "big>each", max_concurrency=1)
    items = ["x" * 45_000 for _ in range(20)]
    done = await run_flow(drawn, {"items": items}, limits=Limits(**{limit: 850_000}))
    reached(done, limit)


async def test_what_other_branches_do_ends_with_the_run() -> None:
    nodes: dict[str, Any] = {
        "both": ("parallel", {"branches": ["slow", "many"]}),
        "wait": ("delay", {"seconds": 3600}),
        "each": ("iteration", {"items": "input.items", "on_item_error": "drop"}),
        "one": transform("loop.item"),
    }
    drawn = flow(
        nodes,
        "start>both", "both:slow>wait", "wait>both", "both:many>each", "each:body>one", "one>each",
        "each:done>both", "both:done>end",
    )  # fmt: skip
    async with asyncio.timeout(20):
        done = await run_flow(drawn, {"items": list(range(100))}, limits=Limits(max_node_runs=40))
    reached(done, "max_node_runs")


@pytest.mark.threat("D-08")
async def test_a_cancel_reaches_a_run_that_calls_itself_at_once() -> None:
    running = asyncio.create_task(run_itself(Limits(), max_concurrency=2, on_item_error="drop"))
    for _ in range(200):
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await running
    assert running.cancelled()


@pytest.mark.threat("D-06")
async def test_templates_that_name_one_another_several_times_are_looked_through_in_bounds() -> None:
    nodes: dict[str, Any] = {"a0": ("template", {"template": "x"})}
    for number in range(1, 30):
        nodes[f"a{number}"] = ("template", {"template": f"{{{{ nodes.a{number - 1} }}}}" * 20})
    names = ["start", *nodes, "end"]
    began = time.thread_time()
    done = await run_flow(drawn(nodes, *(f"{a}>{b}" for a, b in pairwise(names))), {})
    assert time.thread_time() - began < 5, "20 to the power of 20 parts end with no run"
    assert done.result.error is not None
    assert done.result.error["code"] == "expression_failed", done.result.error
