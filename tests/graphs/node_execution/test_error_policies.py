"""What every node can be told to do when it fails, is slow, or has done the same before."""

import asyncio
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Meta

from graphs.checks.check import check, read_flow
from graphs.conversation.messages import ModelRequest, ToolResult, ToolUse
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument
from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.node.retry import Retry
from graphs.nodes import decode_node
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.testing.driver import run_flow
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

AT_ONCE = {"max_attempts": 3, "delay_seconds": 0}


class Flaky(Node, frozen=True, kw_only=True, tag="flaky"):
    """Fail as told, a number of times in a process, then work."""

    made: ClassVar[dict[str, int]] = {}

    name: Annotated[str, Meta(description="Which count.")] = "flaky"
    fails: int = 0
    code: str = "node_failed"
    asks: bool = False
    uses: bool = False
    sleeps: float = 0.0
    beats: int = 0

    async def run(self, view: View, context: Context) -> Outcome:
        """Work or fail."""
        count = Flaky.made[self.name] = Flaky.made.get(self.name, 0) + 1
        said = ""
        if self.asks:
            said = (await context.ask(ModelRequest(provider="p", model="m", messages=[]))).content
        if self.uses:

            async def work(key: str) -> ToolResult:
                return ToolResult(content=f"did {key}")

            said = (await context.use(ToolUse("tool", {"n": 1}), work)).content
        for _ in range(self.beats):
            await asyncio.sleep(0.02)
            context.emit("custom", beat=True)
        await asyncio.sleep(self.sleeps)
        if count <= self.fails:
            if self.code == "bug":
                raise ValueError("a bug")
            raise NodeError(f"It failed, number {count}.", code=self.code)
        return Outcome(output=said or f"done after {count}")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Flaky.made.clear()


def decode(type: str, data: Any) -> Node:
    if type != "flaky":
        return decode_node(type, data)
    return msgspec.convert({**data, "type": "flaky"}, Flaky)


def definition(*, error: bool = False, **data: Any) -> GraphDefinition:
    """Return start → flaky → end, and with `error` flaky's outlet `error` → caught → end."""
    nodes = [
        NodeDocument(id="start", type="start", data={}),
        NodeDocument(id="work", type="flaky", data=data),
        NodeDocument(id="end", type="end", data={}),
    ]
    edges = [Edge(id="1", source="start", target="work"), Edge(id="2", source="work", target="end")]
    if error:
        nodes.append(
            NodeDocument(id="caught", type="template", data={"template": "caught {{ nodes.work.code }}"})
        )
        edges += [
            Edge(id="3", source="work", target="caught", source_handle="error"),
            Edge(id="4", source="caught", target="end"),
        ]
    return GraphDefinition(nodes=nodes, edges=edges)


def flow(*, error: bool = False, **data: Any) -> Flow:
    return read_flow(definition(error=error, **data), name="f", type="agentflow", decode=decode)


async def test_a_node_is_tried_again_and_tells_how_long_it_waits() -> None:
    done = await run_flow(flow(fails=2, retry=AT_ONCE))
    assert done.response == "done after 3"
    work = [event for event in done.recorder.events if event.node == "work"]
    assert [(event.type, event.attempt) for event in work] == [
        ("node.started", 1),
        ("node.retrying", 2),
        ("node.retrying", 3),
        ("node.completed", 3),
    ]
    assert work[1].data == {
        "error": "It failed, number 1.", "code": "node_failed", "delay_seconds": 0, "tries": 2,
    }  # fmt: skip


async def test_after_the_last_try_the_run_fails_with_the_last_error() -> None:
    done = await run_flow(flow(fails=5, retry=AT_ONCE))
    assert done.result.error == {"code": "node_failed", "message": "It failed, number 3."}
    assert len(done.recorder.of("node.failed")) == 1
    bug = await run_flow(flow(name="bug", fails=1, code="bug", retry=AT_ONCE))
    assert bug.result.status == "completed", "an unexpected error is tried again too"


@pytest.mark.parametrize("code", ["auth", "context_length", "limit_reached", "undecided"])
async def test_what_another_try_would_only_repeat_is_not_tried_again(code: str) -> None:
    done = await run_flow(flow(fails=5, code=code, retry=AT_ONCE))
    assert (done.result.status, Flaky.made["flaky"]) == ("failed", 1)


def test_waits_grow_to_their_limit_and_are_spread() -> None:
    retry = Retry(delay_seconds=1, backoff=3, max_delay_seconds=5)
    for failed, longest in ((1, 1), (2, 3), (3, 5), (4, 5)):
        waits = [retry.delay(failed) or 0.0 for _ in range(200)]
        assert all(0 <= wait <= longest for wait in waits)
        assert max(waits) - min(waits) > longest / 2


async def test_a_provider_that_asks_for_time_gets_it_before_the_next_try() -> None:
    drawn = flow(fails=0, asks=True, retry=AT_ONCE)
    busy = Script(error="rate_limited", retry_after=0.4)
    done = await run_flow(drawn, models=ScriptedModels(busy, "Here you are."))
    assert done.response == "Here you are."
    waited = done.recorder.of("node.retrying")
    assert [event.data["delay_seconds"] for event in waited] == [0.4]
    gone = Script(error="rate_limited", retry_after=61)
    failed = await run_flow(drawn, models=ScriptedModels(gone, "Never said."))
    assert failed.result.status == "failed"
    assert failed.recorder.of("node.retrying") == [], "a minute and more is not waited for"
    assert Retry(max_delay_seconds=100).delay(1, 90) == 90


async def test_a_second_try_asks_anew_and_takes_back_what_the_first_has_said() -> None:
    models = ScriptedModels("first words", "second words")
    done = await run_flow(flow(fails=1, asks=True, retry=AT_ONCE), models=models)
    assert done.response == "second words"
    assert done.recorder.text("work") == "second words"
    assert len(models.requests) == 2
    assert len(set(models.idempotency_keys)) == 2


async def test_a_second_try_uses_tools_again_under_the_same_idempotency_key() -> None:
    done = await run_flow(flow(fails=1, uses=True, retry=AT_ONCE))
    keys = [event.data["output"] for event in done.recorder.of("tool.completed")]
    assert len(keys) == 2
    assert keys[0] == keys[1] == done.response


async def test_after_a_crash_in_the_second_try_it_goes_on_with_the_second() -> None:
    drawn, saver = flow(fails=1, asks=True, retry=AT_ONCE), InMemorySaver()
    models, recorder = ScriptedModels("first", Script(text="half", waits=True)), MemoryRecorder()
    task = asyncio.create_task(
        run_flow(drawn, models=models, recorder=recorder, checkpointer=saver, execution_id="x")
    )
    while recorder.text("work") != "half":  # noqa: ASYNC110 - what happens sets no event
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = ScriptedModels("second")
    done = await run_flow(
        drawn, models=again, recorder=recorder.reopened(), checkpointer=saver, execution_id="x", attempt=2
    )
    assert done.response == "second"
    assert len(again.requests) == 1
    assert again.idempotency_keys == models.idempotency_keys[1:]
    started = [event.attempt for event in done.recorder.of("node.started") if event.node == "work"]
    assert started == [1, 3]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"sleeps": 30, "timeout_seconds": 0.05}, "took longer than the 0.05 seconds"),
        ({"sleeps": 30, "idle_timeout_seconds": 0.05}, "was silent for the 0.05 seconds"),
        ({"beats": 1000, "timeout_seconds": 0.1, "idle_timeout_seconds": 10}, "took longer"),
    ],
)
async def test_a_node_that_is_slow_or_silent_is_stopped(data: dict[str, Any], words: str) -> None:
    done = await run_flow(flow(**data))
    assert done.result.error is not None
    assert done.result.error["code"] == "timeout"
    assert words in done.result.error["message"]


async def test_a_node_that_says_something_is_not_silent() -> None:
    done = await run_flow(flow(beats=10, idle_timeout_seconds=2))
    assert done.result.status == "completed"


async def test_a_timed_out_model_call_is_closed_and_booked_and_may_be_tried_again() -> None:
    models = ScriptedModels(Script(text="half an", waits=True), "whole")
    done = await run_flow(flow(asks=True, timeout_seconds=0.1, retry=AT_ONCE), models=models)
    assert (done.response, models.under_way) == ("whole", 0)
    assert [attempt.status for attempt in done.recorder.attempts] == ["cancelled", "completed"]


async def test_a_failed_node_may_go_on_with_a_default() -> None:
    done = await run_flow(flow(fails=9, on_error="continue", default={"empty": True}))
    assert done.result.output["output"] == {"empty": True}
    [failed] = done.recorder.of("node.failed")
    assert (failed.data["output"], failed.data["code"]) == ({"empty": True}, "node_failed")


async def test_a_failed_node_may_leave_by_its_error_outlet() -> None:
    caught = await run_flow(flow(error=True, fails=9, code="on_purpose", on_error="outlet", retry=AT_ONCE))
    assert caught.response == "caught on_purpose"
    assert caught.recorder.trace().count("node.retrying work") == 2
    fine = await run_flow(flow(error=True, name="fine", on_error="outlet"))
    assert fine.response == "done after 1"
    assert "node.skipped caught" in fine.recorder.trace()


async def test_a_cancel_is_never_taken_for_an_error() -> None:
    models = ScriptedModels(Script(text="half", waits=True))
    recorder = MemoryRecorder()
    task = asyncio.create_task(
        run_flow(
            flow(error=True, asks=True, on_error="outlet", retry=AT_ONCE, timeout_seconds=60),
            models=models,
            recorder=recorder,
        )
    )
    while not recorder.of("message.delta"):  # noqa: ASYNC110 - what happens sets no event
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert models.under_way == 0
    assert [(event.node, event.data["code"]) for event in recorder.of("node.failed")] == [
        ("work", "cancelled")
    ]
    assert not recorder.of("node.retrying")


@pytest.mark.parametrize(
    ("type", "data", "field"),
    [
        ("end", {"on_error": "outlet"}, "on_error"),
        ("condition", {"expression": "true", "on_error": "continue"}, "on_error"),
        ("switch", {"cases": [{"outlet": "error", "expression": "true"}], "on_error": "outlet"}, "on_error"),
        ("loop", {"items": "input.items", "cache_seconds": 5}, "cache_seconds"),
        ("template", {"template": "x", "retry": {"max_attempts": 11}}, "retry/max_attempts"),
    ],
)
def test_policies_that_a_node_cannot_have_are_told(type: str, data: dict[str, Any], field: str) -> None:
    drawn = GraphDefinition(
        nodes=[
            NodeDocument(id="start", type="start", data={}),
            NodeDocument(id="node", type=type, data=data),
            NodeDocument(id="last", type="end", data={}),
        ],
        edges=[Edge(id="1", source="start", target="node")],
    )
    assert f"/nodes/1/data/{field}" in {finding.pointer for finding in check(drawn)}


async def test_an_outcome_is_reused_for_the_same_inputs_and_only_for_those() -> None:
    drawn = flow(asks=True, cache_seconds=60)
    first = await run_flow(drawn, {"n": 1}, answers=["one"])
    recorder = MemoryRecorder()
    recorder.outcomes = first.recorder.outcomes
    same = await run_flow(drawn, {"n": 1}, recorder=recorder, execution_id="second")
    assert (same.response, same.models.requests) == ("one", [])
    [reused] = [event for event in recorder.of("node.completed") if event.node == "work"]
    assert reused.data["reused"] is True
    for changed, given in (
        (drawn, {"n": 2}),
        (flow(asks=True, cache_seconds=60, fails=0, beats=1), {"n": 1}),
    ):
        other = MemoryRecorder()
        other.outcomes = first.recorder.outcomes
        anew = await run_flow(changed, given, answers=["anew"], recorder=other)
        assert anew.response == "anew"


async def test_a_failed_outcome_is_not_reused() -> None:
    drawn = flow(fails=1, on_error="continue", default="nothing", cache_seconds=60)
    first = await run_flow(drawn)
    recorder = MemoryRecorder()
    recorder.outcomes = first.recorder.outcomes
    assert (first.response, (await run_flow(drawn, recorder=recorder)).response) == (
        "nothing",
        "done after 2",
    )
