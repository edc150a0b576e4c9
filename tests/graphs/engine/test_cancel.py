"""A run that is cancelled at any point leaves nothing behind that is in the way of the next."""

import asyncio
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Struct

from graphs.checks.check import read_flow
from graphs.conversation.complete_tool_calls import complete_tool_calls
from graphs.conversation.messages import Message, ToolCall
from graphs.document.flow import Edge, Flow, GraphDefinition, NodeDocument
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.testing.driver import run_flow
from graphs.values.events import CallKey, EventType

MODEL = {"provider": "demo", "model": "m"}


def flow() -> Flow:
    """Return start → agent with a tool beside an llm → merge → llm → end."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "start": ("start", {}),
        "agent": ("agent", {**MODEL, "tools": ["calculator"], "history": True}),
        "aside": ("llm", {**MODEL, "history": False, "prompt": "aside"}),
        "both": ("merge", {}),
        "llm": ("llm", {**MODEL}),
        "end": ("end", {}),
    }
    edges = ["start agent", "start aside", "agent both", "aside both", "both llm", "llm end"]
    drawn = GraphDefinition(
        nodes=[NodeDocument(id=id, type=type, data=data) for id, (type, data) in nodes.items()],
        edges=[Edge(id=edge, source=edge.split()[0], target=edge.split()[1]) for edge in edges],
    )
    return read_flow(drawn, name="f", type="chatflow")


def models() -> ScriptedModels:
    call = ToolCall(id="c1", name="calculator", arguments={"expression": "1 + 2"})
    said = Script(text="Let me see.", tool_calls=[call], delay=0.0005)
    # Two calls go on side by side, so which of them is asked first does not matter for what is tested.
    return ScriptedModels(said, *(Script(text="some more words", delay=0.0005) for _ in range(4)))


class Cutting(MemoryRecorder):
    """Cancels the run at an event."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.task: asyncio.Task[Any] | None = None
        self.cut = 0
        """How many events there were when it was cancelled."""
        self._at = at

    async def store(self, key: CallKey, result: Struct, **place: Any) -> None:
        """Keep a result, and take a moment for it as a database does."""
        await super().store(key, result, **place)
        await asyncio.sleep(0.001)

    def emit(self, type: EventType, **data: Any) -> None:
        """Emit, and cancel when it is time."""
        super().emit(type, **data)
        if self.task is not None and not self.cut and len(self.events) >= self._at:
            self.cut = len(self.events)
            self.task.cancel()


async def test_a_cancel_at_any_event_starts_nothing_more_and_leaves_the_session_usable() -> None:
    drawn = flow()
    whole = await run_flow(drawn, "hi", models=models(), checkpointer=InMemorySaver())
    assert whole.result.status == "completed", whole.result
    assert "tool.completed agent" in whole.recorder.trace()
    for at in range(1, len(whole.recorder.events) - 3, 2):
        saver, asked, recorder = InMemorySaver(), models(), Cutting(at)
        recorder.task = asyncio.create_task(
            run_flow(drawn, "one", models=asked, recorder=recorder, checkpointer=saver)
        )
        with pytest.raises(asyncio.CancelledError):
            await recorder.task
        after = recorder.events[recorder.cut :]
        # What was due in the same moment may still happen; nothing that comes after it does.
        begun = {event.node for event in after if event.type == "node.started"}
        assert begun <= {"agent", "aside"}, (at, after)
        assert {event.data["code"] for event in after if event.type == "node.failed"} <= {"cancelled"}
        assert asked.under_way == 0
        booked = [attempt.status for attempt in recorder.attempts]
        assert len(booked) == len(asked.requests), (at, "each request is booked, however it ended")
        assert booked.count("completed") <= len(recorder.calls)
        fine = Script(text="fine")
        done = await run_flow(
            drawn, "two", models=ScriptedModels(*[fine] * 3), checkpointer=saver, execution_id="next"
        )
        assert (done.result.status, done.response) == ("completed", "fine"), at
        for request in done.models.requests:
            assert complete_tool_calls(request.messages) == request.messages, at


def test_only_calls_with_results_and_results_of_calls_are_kept() -> None:
    one, two = ToolCall(id="1", name="t"), ToolCall(id="2", name="t")
    asked = Message(role="assistant", content="", tool_calls=[one, two])
    told = Message(role="tool", content="done", tool_call_id="1")
    assert complete_tool_calls([asked, told]) == [
        Message(role="assistant", content="", tool_calls=[one]),
        told,
    ]
    assert complete_tool_calls([asked]) == []
    assert complete_tool_calls([told, Message(role="assistant", content="x")]) == [
        Message(role="assistant", content="x")
    ]
    said = Message(role="assistant", content="I will.", tool_calls=[two])
    assert complete_tool_calls([said]) == [Message(role="assistant", content="I will.")]
