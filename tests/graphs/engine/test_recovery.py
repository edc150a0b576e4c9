"""Runs that are cancelled, crash or are drained, and how they go on."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec.structs import replace

from graphs.conversation.messages import ModelAnswer
from graphs.document.flow import Flow
from graphs.engine.compile import compile_flow
from graphs.engine.execute import Result, RunControl, RunOptions, execute
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.testing.driver import run_flow
from graphs.values.events import EventType
from tests.graphs.flows import flow

CHAT = flow({"a": "begin", "llm": "ask", "z": "finish"}, "a>llm", "llm>z")
GIVEN = RunOptions(execution_id="x", thread_id="t", input={"message": "hi"})


def ran(recorder: MemoryRecorder) -> list[str]:
    return [event.node for event in recorder.of("node.completed")]


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 - what happens sets no event
        await asyncio.sleep(0)


async def test_cancelling_stops_the_call_books_it_and_leaves_the_session_usable() -> None:
    saver = InMemorySaver()
    drawn = flow(
        {"a": "begin", "p": "ask", "q": "ask", "h": ("break", {"how": "hang"}), "z": "finish"},
        "a>p", "a>q", "a>h", "p>z", "q>z", "h>z",
    )  # fmt: skip
    waiting = Script(text="half an", waits=True)
    models, recorder = ScriptedModels(waiting, waiting), MemoryRecorder()
    before = asyncio.all_tasks()
    task = asyncio.create_task(
        execute(
            compile_flow(drawn, checkpointer=saver),
            replace(GIVEN, input={"message": "one"}),
            recorder,
            models,
        )
    )
    await until(lambda: len(recorder.of("message.delta")) == 4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before
    assert models.under_way == 0
    assert [(one.status, one.usage.output_tokens) for one in recorder.attempts] == [("cancelled", 2)] * 2
    failed = {(event.node, event.data["code"]) for event in recorder.of("node.failed")}
    assert failed == {("p", "cancelled"), ("q", "cancelled"), ("h", "cancelled")}
    done = await run_flow(CHAT, "two", answers=["fine"], checkpointer=saver, execution_id="y", thread_id="t")
    assert (done.response, done.result.message_count) == ("fine", 3)


async def test_a_node_that_fails_stops_those_beside_it_and_their_calls() -> None:
    models, recorder = ScriptedModels(Script(text="half", waits=True)), MemoryRecorder()
    before = asyncio.all_tasks()
    drawn = flow(
        {"a": "begin", "p": "ask", "b": ("break", {"how": "error", "pause": 50}), "z": "finish"},
        "a>p", "a>b", "p>z", "b>z",
    )  # fmt: skip
    result = await execute(compile_flow(drawn, checkpointer=InMemorySaver()), GIVEN, recorder, models)
    assert (result.status, result.error and result.error["code"]) == ("failed", "on_purpose")
    assert asyncio.all_tasks() == before
    assert models.under_way == 0
    assert [one.status for one in recorder.attempts] == ["cancelled"]
    failed = [(event.node, event.data["code"]) for event in recorder.of("node.failed")]
    assert failed == [("b", "on_purpose"), ("p", "cancelled")]


class CutOff(MemoryRecorder):
    """Cancels the run at an event, as a crash would: whatever comes later is not written."""

    def __init__(self, type: EventType, node: str, calls: int) -> None:
        super().__init__("x")
        self.task: asyncio.Task[Result] | None = None
        self._at = (type, node, calls)
        self._dead = False

    def emit(self, type: EventType, *, node: str = "", **data: Any) -> None:
        """Emit until the crash."""
        if not self._dead:
            super().emit(type, node=node, **data)
            if (type, node, self.answered) == self._at and self.task is not None:
                self._dead = True
                self.task.cancel()

    @property
    def answered(self) -> int:
        """How many answers of models are stored."""
        return sum(key.kind == "model" for key in self.calls)

    def book(self, *_: Any, **__: Any) -> None:
        """Lose what a crash loses."""


async def crash(
    drawn: Flow, saver: InMemorySaver, models: ScriptedModels, type: EventType, node: str, *, calls: int
) -> CutOff:
    """Run until an event of a node after a number of stored calls."""
    recorder = CutOff(type, node, calls)
    recorder.task = asyncio.create_task(
        execute(compile_flow(drawn, checkpointer=saver), GIVEN, recorder, models)
    )
    await asyncio.wait([recorder.task])
    assert recorder.task.cancelled()
    return recorder


async def resume(
    drawn: Flow, saver: InMemorySaver, recorder: MemoryRecorder, models: ScriptedModels
) -> Result:
    return await execute(compile_flow(drawn, checkpointer=saver), replace(GIVEN, attempt=2), recorder, models)


async def test_after_a_crash_committed_nodes_and_stored_calls_are_not_repeated() -> None:
    drawn = flow({"a": "begin", "p": "ask", "q": ("ask", {"times": 2}), "z": "finish"}, "a>p", "p>q", "q>z")
    saver = InMemorySaver()
    models = ScriptedModels("first", ["lost", " words"])
    crashed = await crash(drawn, saver, models, "message.delta", "q", calls=1)
    assert [one.content for one in crashed.calls.values() if isinstance(one, ModelAnswer)] == ["first"]
    again = ScriptedModels("anew", "third")
    recorder = crashed.reopened()
    result = await resume(drawn, saver, recorder, again)
    assert result.status == "completed"
    assert result.message_count == 3  # of the user, p and q, once each
    assert [request.messages[0].content for request in again.requests] == ["q 0", "q 1"]
    assert again.idempotency_keys[0] == models.idempotency_keys[1]
    starts = [(event.node, event.attempt) for event in recorder.of("node.started")]
    assert starts == [("a", 1), ("p", 1), ("q", 1), ("q", 2), ("z", 1)]


async def test_a_call_answered_before_the_crash_is_recalled_and_only_the_cut_off_one_asked_again() -> None:
    drawn = flow({"a": "begin", "q": ("ask", {"times": 2}), "z": "finish"}, "a>q", "q>z")
    saver = InMemorySaver()
    models = ScriptedModels("stored", ["half", " lost"])
    after = (await crash(drawn, saver, models, "message.delta", "q", calls=1)).reopened()
    again = ScriptedModels("whole")
    result = await resume(drawn, saver, after, again)
    assert result.output["response"] == "whole"
    assert [request.messages[0].content for request in again.requests] == ["q 1"]
    assert len(after.recalled) == 1
    assert after.text() == "storedwhole"
    assert "message.reset q" in after.trace()


async def test_a_run_that_was_done_but_for_its_result_gives_it_without_running() -> None:
    saver = InMemorySaver()
    first = await run_flow(CHAT, "hi", answers=["hello"], checkpointer=saver, execution_id="x")
    again = await run_flow(CHAT, "hi", checkpointer=saver, execution_id="x", attempt=2)
    assert again.result == first.result
    assert again.recorder.events == []


async def test_a_drained_run_stops_between_steps_and_goes_on_where_it_stopped() -> None:
    saver, control = InMemorySaver(), RunControl()
    drawn = flow({"a": "begin", "p": "ask", "q": "ask", "z": "finish"}, "a>p", "p>q", "q>z")
    compiled = compile_flow(drawn, checkpointer=saver)
    recorder, models = MemoryRecorder(), ScriptedModels(Script(text="one two three", delay=0.001))
    task = asyncio.create_task(execute(compiled, GIVEN, recorder, models, control=control))
    await until(lambda: bool(recorder.of("message.delta")))
    control.request_drain()
    assert (await task).status == "drained"
    assert ran(recorder) == ["a", "p"]
    after = recorder.reopened()
    result = await execute(compiled, replace(GIVEN, attempt=2), after, ScriptedModels("more"))
    assert (result.status, result.output["response"]) == ("completed", "more")
    assert ran(after) == ["a", "p", "q", "z"]


async def test_a_committed_node_whose_end_a_crash_kept_untold_is_told_once_and_not_run_again() -> None:
    drawn = flow({"a": "begin", "p": "ask", "q": "ask", "z": "finish"}, "a>p", "p>q", "q>z")
    saver = InMemorySaver()
    crashed = await crash(
        drawn, saver, ScriptedModels("first", ["lost", " words"]), "message.delta", "q", calls=1
    )
    crashed.events = [
        event for event in crashed.events if (event.type, event.node) != ("node.completed", "p")
    ]
    after = crashed.reopened()
    assert after.open_nodes == {"p", "q"}
    result = await resume(drawn, saver, after, ScriptedModels("second"))
    assert result.status == "completed"
    ends = [(event.node, event.data["output"]) for event in after.of("node.completed")]
    assert ends[1:3] == [("p", "first"), ("q", "second")]
    assert ran(after) == ["a", "p", "q", "z"]
    assert [event.node for event in after.of("node.started")] == ["a", "p", "q", "q", "z"]
