"""Tools and people: what is done outside is done once, and a run that waits goes on where it stood."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graphs.checks.check import read_flow
from graphs.conversation.inputs import refusal
from graphs.conversation.messages import InputAnswer, InputRequest, ModelRequest, ToolResult, ToolUse
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument
from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.nodes import decode_node
from graphs.parsing.schemas import SchemaError, check_schema, misfit
from graphs.testing import MemoryRecorder, ScriptedModels
from graphs.testing.driver import Ran, run_flow
from graphs.values.node_view import View
from graphs.values.run_options import Limits

Step = Callable[[Context], Awaitable[Any]]


class Does(Node, frozen=True, kw_only=True, tag="does"):
    """Do what a test says."""

    steps: ClassVar[dict[str, Step]] = {}

    name: str

    async def run(self, view: View, context: Context) -> Outcome:
        """Do it."""
        return Outcome(output=await Does.steps[self.name](context))


def decode(type: str, data: Any) -> Node:
    return msgspec.convert({**data, "type": "does"}, Does) if type == "does" else decode_node(type, data)


def flow(*steps: Step) -> Flow:
    """Return a flow in which nodes do these things side by side."""
    nodes = [NodeDocument(id="start", type="start", data={}), NodeDocument(id="end", type="end", data={})]
    edges: list[Edge] = []
    for number, step in enumerate(steps):
        Does.steps[f"n{number}"] = step
        nodes.append(NodeDocument(id=f"n{number}", type="does", data={"name": f"n{number}"}))
        edges += [
            Edge(id=f"{number}a", source="start", target=f"n{number}"),
            Edge(id=f"{number}b", source=f"n{number}", target="end"),
        ]
    drawn = GraphDefinition(nodes=nodes, edges=edges)
    return read_flow(drawn, name="f", type="agentflow", decode=decode)


class Outside:
    """The world: remembers what was done to it, and can die in the middle of it."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.dies_at = 0
        self.dying = asyncio.Event()

    async def work(self, key: str) -> ToolResult:
        """Do the deed."""
        self.keys.append(key)
        if len(self.keys) == self.dies_at:
            self.dying.set()
            await asyncio.Event().wait()
        return ToolResult(content=f"deed {len(self.keys)}", value={"n": len(self.keys)})


class Story:
    """One run over several processes."""

    def __init__(self, drawn: Flow) -> None:
        self.drawn = drawn
        self.saver = InMemorySaver()
        self.recorder = MemoryRecorder()
        self.models = ScriptedModels("a model's words")

    async def go(self) -> Ran:
        """Run on in a new process."""
        self.recorder = self.recorder.reopened()
        return await run_flow(self.drawn, models=self.models, recorder=self.recorder, checkpointer=self.saver)

    async def crash(self, outside: Outside) -> None:
        """Run on until the process dies in the middle of a deed."""
        process = asyncio.create_task(self.go())
        await outside.dying.wait()
        outside.dying.clear()
        process.cancel()
        with pytest.raises(asyncio.CancelledError):
            await process


async def test_a_use_is_told_and_its_result_is_stored_before_it_is_used() -> None:
    outside, stored = Outside(), list[int]()

    async def step(context: Context) -> Any:
        result = await context.use(ToolUse("mail", {"to": "ada"}, call_id="c1"), outside.work)
        stored.append(len(story.recorder.calls))
        return result.value

    story = Story(flow(step))
    done = await story.go()
    assert (done.result.output["output"], stored) == ({"n": 1}, [1])
    [started], [completed] = done.recorder.of("tool.started"), done.recorder.of("tool.completed")
    assert started.data == {"name": "mail", "call_id": "c1", "input": {"to": "ada"}}
    assert (completed.data["call_id"], completed.data["output"]) == ("c1", {"n": 1})
    assert outside.keys[0].startswith("execution:")


async def test_after_a_crash_what_was_done_is_not_done_again_and_the_other_has_its_old_key() -> None:
    outside = Outside()
    outside.dies_at = 2

    async def step(context: Context) -> Any:
        return [(await context.use(ToolUse("mail", {"n": n}), outside.work)).content for n in range(3)]

    story = Story(flow(step))
    await story.crash(outside)
    done = await story.go()
    assert done.result.output["output"] == ["deed 1", "deed 3", "deed 4"]
    assert len(outside.keys) == 4
    assert outside.keys[1] == outside.keys[2]
    assert len(set(outside.keys)) == 3
    assert "tool.failed n0" in done.recorder.trace()


async def test_a_failed_result_is_kept_and_an_exception_is_not() -> None:
    tries: list[str] = []

    async def refuse(key: str) -> ToolResult:
        tries.append(key)
        if len(tries) == 1:
            raise ConnectionError("gone")
        return ToolResult(content="no", error="It was refused.", status="failed")

    async def step(context: Context) -> Any:
        try:
            await context.use(ToolUse("mail", {}), refuse)
        except ConnectionError:
            return (await context.use(ToolUse("mail", {}), refuse)).error
        return "?"

    done = await Story(flow(step)).go()
    assert done.result.output["output"] == "It was refused."
    assert [event.data["error"] for event in done.recorder.of("tool.failed")] == ["gone", "It was refused."]


async def test_the_cap_on_tools_stops_the_run() -> None:
    outside = Outside()

    async def step(context: Context) -> Any:
        for n in range(9):
            await context.use(ToolUse("mail", {"n": n}), outside.work)

    done = await run_flow(flow(step), limits=Limits(max_tool_calls=3))
    assert (done.result.error or {})["code"] == "limit_reached"
    assert len(outside.keys) == 3
    assert done.recorder.of("budget.refused")[0].data["limit"] == "max_tool_calls"


@pytest.mark.parametrize(
    ("answer", "deeds", "output"),
    [
        (InputAnswer("repeat"), 2, "deed 2"),
        (InputAnswer("skip", value="it was sent"), 1, "it was sent"),
        (InputAnswer("fail"), 1, None),
    ],
)
async def test_what_must_not_be_repeated_waits_for_a_decision_after_a_crash(
    answer: InputAnswer, deeds: int, output: Any
) -> None:
    outside = Outside()
    outside.dies_at = 1

    async def step(context: Context) -> Any:
        return (await context.use(ToolUse("pay", {}, repeatable=False), outside.work)).content

    story = Story(flow(step))
    await story.crash(outside)
    assert (await story.go()).result.status == "paused"
    [question] = story.recorder.questions.values()
    assert (question.kind, question.choices) == ("decision", ["repeat", "skip", "fail"])
    assert question.value == {"tool": "pay", "arguments": {}}
    story.recorder.answer(answer)
    done = await story.go()
    assert len(outside.keys) == deeds
    assert len(set(outside.keys)) == 1
    if output is None:
        assert (done.result.error or {})["code"] == "undecided"
    else:
        assert done.result.output["output"] == output


async def test_a_repeated_deed_that_is_cut_off_again_asks_again() -> None:
    outside = Outside()
    outside.dies_at = 1

    async def step(context: Context) -> Any:
        return (await context.use(ToolUse("pay", {}, repeatable=False), outside.work)).content

    story = Story(flow(step))
    await story.crash(outside)
    await story.go()
    story.recorder.answer(InputAnswer("repeat"))
    outside.dies_at = 2
    await story.crash(outside)
    assert (await story.go()).result.status == "paused"
    assert len(story.recorder.questions) == 2
    story.recorder.answer(InputAnswer("repeat"))
    assert (await story.go()).result.output["output"] == "deed 3"


async def test_what_cannot_be_repeated_runs_without_asking_where_nothing_went_wrong() -> None:
    outside = Outside()

    async def step(context: Context) -> Any:
        return (await context.use(ToolUse("pay", {}, repeatable=False), outside.work)).content

    done = await Story(flow(step)).go()
    assert (done.result.output["output"], done.recorder.questions) == ("deed 1", {})


async def test_after_an_answer_the_node_begins_anew_and_repeats_nothing() -> None:
    outside = Outside()

    async def step(context: Context) -> Any:
        said = (await context.ask(ModelRequest(provider="p", model="m", messages=[]))).content
        done = (await context.use(ToolUse("look", {}), outside.work)).content
        answer = await context.request_input(InputRequest(kind="input", message=f"{said}?"))
        return [said, done, answer.value]

    story = Story(flow(step))
    assert (await story.go()).result.status == "paused"
    assert (await story.go()).result.status == "paused", "it waits until there is an answer"
    story.recorder.answer(InputAnswer("submit", value=3))
    done = await story.go()
    assert done.result.output["output"] == ["a model's words", "deed 1", 3]
    assert (len(story.models.requests), len(outside.keys)) == (1, 1)
    trace = done.recorder.trace()
    assert trace.count("input.requested n0") == trace.count("input.received n0") == 1
    assert trace.count("message.completed n0") == 1


async def test_the_same_question_asked_twice_by_one_node_has_two_answers() -> None:
    async def step(context: Context) -> Any:
        asked = InputRequest(kind="approval", message="Sure?")
        return [(await context.request_input(asked)).action for _ in range(2)]

    done = await run_flow(flow(step), inputs=[InputAnswer("approve"), InputAnswer("reject")])
    assert done.result.output["output"] == ["approve", "reject"]


async def test_nodes_side_by_side_wait_each_for_its_own_answer_and_the_done_one_rests() -> None:
    ran: list[str] = []

    def asks(name: str) -> Step:
        async def step(context: Context) -> Any:
            ran.append(name)
            return (await context.request_input(InputRequest(kind="input", message=name))).value

        return step

    async def quick(context: Context) -> Any:
        ran.append("quick")
        return "quick"

    done = await run_flow(
        flow(asks("a"), asks("b"), quick),
        inputs=[InputAnswer("submit", value=1), InputAnswer("submit", value=2)],
    )
    assert done.result.status == "completed"
    assert [ran.count(name) for name in ("a", "b", "quick")] == [2, 3, 1]


@pytest.mark.parametrize(
    ("request_", "answer", "field"),
    [
        (InputRequest(kind="approval"), InputAnswer("approve"), None),
        (InputRequest(kind="approval"), InputAnswer("submit"), "action"),
        (InputRequest(kind="decision", choices=["a", "b"]), InputAnswer("b"), None),
        (InputRequest(kind="decision", choices=["a", "b"]), InputAnswer("c"), "action"),
        (InputRequest(kind="timer"), InputAnswer("submit"), "action"),
        (InputRequest(kind="input", schema={"type": "integer"}), InputAnswer("submit", value=1), None),
        (InputRequest(kind="input", schema={"type": "integer"}), InputAnswer("submit", value="1"), "value"),
        (InputRequest(kind="approval", schema={"type": "integer"}), InputAnswer("approve"), None),
    ],
)
def test_only_an_answer_that_fits_its_question_is_taken(
    request_: InputRequest, answer: InputAnswer, field: str | None
) -> None:
    refused = refusal(request_, answer)
    assert (refused and refused[0]) == field


def test_a_misfit_is_told_with_its_place() -> None:
    schema = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"type": "integer", "minimum": 3}}},
        "required": ["items", "name"],
    }
    assert misfit(schema, {"items": [3], "name": "x"}) == ""
    told = misfit(schema, {"items": [3, 1]})
    assert "/items/1: 1 is less than the minimum of 3." in told
    assert '"name" is a required property' in told
    assert misfit({"type": "integer"}, 2**80) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "#/$defs/missing"},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"pattern": "("},
    ],
)
@pytest.mark.threat("R-16")
def test_a_schema_that_cannot_be_used_is_refused_and_nothing_is_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        check_schema(schema)


@pytest.mark.threat("D-06")
def test_a_pattern_cannot_hold_the_server_up() -> None:
    assert misfit({"pattern": "^(a+)+$"}, "a" * 50_000 + "!") != ""
