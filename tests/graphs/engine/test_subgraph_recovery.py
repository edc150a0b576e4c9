"""Containers that are paused, drained or cut off by a crash: they go on without repeating anything."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec.structs import replace

from graphs.conversation.messages import InputAnswer
from graphs.document.flow import Flow
from graphs.engine.compile import compile_flow
from graphs.engine.execute import Result, RunControl, RunOptions, execute
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.values.events import CallKey
from tests.graphs.subgraph_flows import flow, iterate, transform

GIVEN = RunOptions(execution_id="x", thread_id="t", input={"items": ["a", "b", "c"]})


class Story:
    """One run over several attempts, each as in a new process: what is kept is checkpoints and journal."""

    def __init__(
        self, drawn: Flow, *, subflows: dict[tuple[str, int | str | None], Flow] | None = None
    ) -> None:
        self.drawn = drawn
        self.saver = InMemorySaver()
        self.recorder = MemoryRecorder("x")
        self.attempt = 1
        self.subflows = {name: compile_flow(inner, within=True) for name, inner in (subflows or {}).items()}

    async def run(self, *answers: str | Script, control: RunControl | None = None) -> Result:
        models = ScriptedModels(*answers)
        given = replace(GIVEN, attempt=self.attempt)
        compiled = compile_flow(self.drawn, checkpointer=self.saver)
        result = await execute(
            compiled, given, self.recorder, models, control=control, subflows=self.subflows
        )
        assert models.under_way == 0
        return result

    def again(self) -> None:
        self.recorder = self.recorder.reopened()
        self.attempt += 1

    def ran(self) -> Counter[tuple[str, str]]:
        return Counter((event.path, event.node) for event in self.recorder.of("node.completed"))


ASKING = iterate(
    {"before": transform("upper(loop.item)"), "q": "question", "after": transform("arrived + '!'")},
    "each:body>before", "before>q", "q>after", "after>each",
)  # fmt: skip


async def test_items_that_wait_for_answers_pause_the_run_and_go_on_one_by_one() -> None:
    story = Story(ASKING)
    assert (await story.run()).status == "paused"
    asked = [(event.path, event.data["message"]) for event in story.recorder.of("input.requested")]
    assert asked == [("each[0]", "A?"), ("each[1]", "B?"), ("each[2]", "C?")]
    story.recorder.answer(InputAnswer("submit", "two"), which=1)
    story.again()
    assert (await story.run()).status == "paused"
    assert ("each[1]", "after") in story.ran()
    assert len(story.recorder.of("input.requested")) == 3, "nobody is asked twice"
    story.recorder.answer(InputAnswer("submit", "one"))
    story.recorder.answer(InputAnswer("submit", "three"))
    story.again()
    result = await story.run()
    assert result.output["output"] == ["one!", "two!", "three!"]
    assert set(story.ran().values()) == {1}, "nothing that was done is done again"


async def test_a_pause_passes_a_try_catch_a_sub_flow_and_a_race_by() -> None:
    inner = flow({"q": "question"}, "start>q", "q>end")
    drawn = flow(
        {
            "guard": "try_catch", "fan": ("parallel", {"branches": ["a", "b"], "mode": "any"}),
            "sub": ("subflow", {"flow_id": "F", "input": {"n": 1}}), "bad": ("break", {"how": "error"}),
        },
        "start>guard", "guard:body>fan", "fan:a>sub", "sub>fan", "fan:b>bad", "bad>fan", "fan:done>guard",
        "guard:done>end", "guard:catch>end",
    )  # fmt: skip
    story = Story(drawn, subflows={("F", None): inner})
    assert (await story.run()).status == "paused"
    (asked,) = story.recorder.of("input.requested")
    assert asked.path == "guard/fan[a]/sub"
    story.recorder.answer(InputAnswer("submit", 42))
    story.again()
    assert (await story.run()).output["output"] == {"a": 42}


async def test_a_drain_stops_between_the_nodes_of_a_body_and_goes_on_without_repeating_them() -> None:
    drawn = iterate(
        {"ask": "ask", "then": transform("arrived + '!'")},
        "each:body>ask", "ask>then", "then>each", max_concurrency=2,
    )  # fmt: skip
    story, control = Story(drawn), RunControl()
    slow = Script(text="one two", delay=0.01)
    task = asyncio.create_task(story.run(slow, slow, control=control))
    while not story.recorder.of("message.delta"):  # noqa: ASYNC110 - what happens sets no event
        await asyncio.sleep(0)
    control.request_drain()
    assert (await task).status == "drained"
    assert story.ran() == {("", "start"): 1, ("each[0]", "ask"): 1, ("each[1]", "ask"): 1}
    story.again()
    result = await story.run("three")
    assert result.output["output"] == ["one two!", "one two!", "three!"]
    assert set(story.ran().values()) == {1}
    assert result.message_count == 3


class Crashing(MemoryRecorder):
    """Stops the run at the nth thing that is to be made durable, which is lost like all that comes after."""

    def __init__(self, writes: int) -> None:
        super().__init__("x")
        self.task: asyncio.Task[Result] | None = None
        self.finished: Counter[tuple[str, str]] = Counter()
        """Nodes in bodies whose outcome was stored."""
        self._left = writes
        self._dead = False

    async def store(self, key: CallKey, result: Any, *, node: str = "", path: str = "", **more: Any) -> None:
        """Store until the crash."""
        self._left -= 1
        if self._left < 0:
            self._dead = True
            assert self.task is not None
            self.task.cancel()
            await asyncio.Event().wait()
        await super().store(key, result, node=node, path=path, **more)
        if key.kind == "node":
            self.finished[path, node] += 1

    def emit(self, type: Any, **data: Any) -> None:
        """Emit until the crash."""
        if not self._dead:
            super().emit(type, **data)

    def book(self, *_: Any, **__: Any) -> None:
        """Lose what a crash loses."""


NESTED = iterate(
    {
        "ask": "ask",
        "guard": "try_catch",
        "again": ("loop", {"max_iterations": 2}),
        "work": transform("loop.index"),
        "keep": ("variable", {"set": {"last": "default(variables.last, '') + loop.item"}}),
    },
    "each:body>ask", "ask>guard", "guard:body>again", "again:body>work", "work>again", "again:done>guard",
    "guard:done>keep", "guard:catch>keep", "keep>each",
)  # fmt: skip


@pytest.mark.parametrize("writes", range(0, 27, 3))
async def test_after_a_crash_between_two_writes_only_what_was_not_stored_runs(writes: int) -> None:
    whole = Story(NESTED)
    expected = await whole.run("one", "two", "three")
    story = Story(NESTED)
    crashing = story.recorder = Crashing(writes)
    crashing.task = asyncio.create_task(story.run("one", "two", "three"))
    await asyncio.wait([crashing.task])
    assert crashing.task.cancelled()
    story.again()
    seen = len(story.recorder.events)
    result = await story.run(*["one", "two", "three"][sum(key.kind == "model" for key in crashing.calls) :])
    assert result == expected
    rest = Counter(
        (event.path, event.node)
        for event in story.recorder.events[seen:]
        if event.type == "node.completed" and event.path
    )
    assert crashing.finished + rest == Counter({name: n for name, n in whole.ran().items() if name[0]})
