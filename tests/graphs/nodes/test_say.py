"""The say node: what it says streams at once, joins the history, and is no question to a model."""

from graphs.testing.driver import run_flow
from tests.graphs.subgraph_flows import flow

TALK = flow(
    {
        "wait": ("say", {"text": "One moment, {{ input.name }}."}),
        "answer": ("llm", {"provider": "demo", "model": "demo"}),
    },
    "start>wait",
    "wait>answer",
    "answer>end",
)


async def test_it_streams_before_the_answer_and_joins_the_history() -> None:
    done = await run_flow(TALK, {"message": "How much?", "name": "Ada"}, answers=["Seven."])
    assert done.response == "Seven."
    assert done.result.message_count == 3
    deltas = [event.data["content"] for event in done.recorder.of("message.delta")]
    assert "".join(deltas) == "One moment, Ada.\n\nSeven."
    completed = [event.data["content"] for event in done.recorder.of("message.completed")]
    assert completed == ["One moment, Ada.", "Seven."]
    assert {event.visibility for event in done.recorder.of("message.delta")} == {"public"}


async def test_a_model_after_it_is_asked_the_users_question_once() -> None:
    done = await run_flow(TALK, {"message": "How much?", "name": "Ada"}, answers=["Seven."])
    [request] = done.models.requests
    assert [(message.role, message.content) for message in request.messages] == [("user", "How much?")]


async def test_it_passes_on_what_arrived_and_refuses_to_say_nothing() -> None:
    drawn = flow({"wait": ("say", {"text": "{{ default(input.text, '') }}"})}, "start>wait", "wait>end")
    done = await run_flow(drawn, {"text": "Working."})
    assert done.result.output["output"] == {"text": "Working."}
    empty = await run_flow(drawn, {})
    assert empty.result.error is not None
    assert empty.result.error["code"] == "bad_input"
    assert "found an empty text" in empty.result.error["message"]
