"""What models do wrong with tools: nothing crashes, and nothing goes on for ever."""

from typing import Any

import pytest

from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, ScriptedCall

BIG = 10**30
WRONG: dict[str, list[ScriptedCall]] = {
    "broken JSON": [ScriptedCall(name="calculator", arguments='{"expression": "1 +')],
    "no object": [ScriptedCall(name="calculator", arguments="[1, 2]")],
    "schema violated": [ScriptedCall(name="calculator", arguments='{"expression": 7, "more": true}')],
    "unknown tool": [ScriptedCall(name="delete_everything", arguments="{}")],
    "a name that is none": [ScriptedCall(name="a b/c\n" * 50, arguments="{}")],
    "500 calls": [
        ScriptedCall(name="calculator", id=f"c{number}", arguments='{"expression": "1"}')
        for number in range(500)
    ],
    "a huge integer": [ScriptedCall(name="calculator", arguments=f'{{"expression": {"9" * 5000}}}')],
    "deep nesting": [
        ScriptedCall(name="calculator", arguments='{"expression": ' + "[" * 500 + "]" * 500 + "}")
    ],
}
"""Calls that cannot be made. The model may mend them."""
RIGHT: dict[str, tuple[list[ScriptedCall], list[str]]] = {
    "duplicate ids, each call answered for itself": (
        [
            ScriptedCall(name="calculator", id="same", arguments='{"expression": "1 + 1"}'),
            ScriptedCall(name="calculator", id="same", arguments='{"expression": "2 + 2"}'),
        ],
        ["2", "4"],
    ),
    "an integer beyond 64 bits, kept as its digits": (
        [ScriptedCall(name="calculator", arguments=f'{{"expression": {BIG}}}')],
        ["64 bits"],
    ),
    "a result beyond 64 bits": (
        [ScriptedCall(name="calculator", arguments='{"expression": "9999999999 * 9999999999"}')],
        ["within 64 bits"],
    ),
    "arguments in pieces of one byte": (
        [ScriptedCall(name="calculator", arguments='{"expression": "12 * 12"}')],
        ["144"],
    ),
}
"""Calls of which at least one is made, and what the model is told of them."""


def chat(message: str) -> dict[str, Any]:
    return {"message": message, "config": {"provider": "openai", "model": "m", "tools": ["calculator"]}}


def told(fake: FakeOpenAI) -> list[str]:
    """Return what the model was told of its calls when it was last asked."""
    return [message["content"] for message in fake.log[-1].body["messages"] if message["role"] == "tool"]


@fault(
    "F-13",
    "A model's calls of tools are wrong: no JSON, other types, unknown, twice, 500 at once, big, in pieces",
    "the model is told, mends it or the run fails after 2 turns; server errors 0",
    ci=len(WRONG) * 2 + len(RIGHT),
    full=len(WRONG) * 2 + len(RIGHT),
)
@pytest.mark.timeout(300)
async def test_wrong_calls_are_told_to_the_model_and_end_the_run_if_they_stay(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    unexpected = 0
    async with server.client() as client:
        for name, calls in WRONG.items():
            bad = Reply(tool_calls=calls, finish_reason="tool_calls", text="", argument_bytes=0)
            fake.script(bad, Reply(text="Mended."))
            mended = await client.post("/chatflow/chat", json=chat(f"{name}, once"))
            assert mended.status_code == 200, (trial, name)
            assert mended.json()["response"] == "Mended.", (trial, name, mended.json())
            assert told(fake), (trial, name)
            before = len(fake.log)
            fake.script(bad, bad, bad, bad)
            stays = (await client.post("/chatflow/chat", json=chat(f"{name}, for ever"))).json()
            fake.queue.clear()
            assert (stays["success"], stays["status"]) == (False, "failed"), (trial, name, stays)
            assert "3 invalid tool calls in a row" in stays["error"], (trial, name)
            assert len(fake.log) - before == 3, (trial, name)
            events = await _events(client, stays["execution_id"])
            assert not [event for event in events if event["type"] == "tool.started"], (trial, name)
            unexpected += sum(event["data"].get("code") == "internal" for event in events)
        for name, (calls, said) in RIGHT.items():
            fake.script(
                Reply(tool_calls=calls, finish_reason="tool_calls", text="", argument_bytes=1),
                Reply(text="Done."),
            )
            answer = (await client.post("/chatflow/chat", json=chat(name))).json()
            assert answer["response"] == "Done.", (trial, name, answer)
            for part, result in zip(said, told(fake), strict=True):
                assert part in result, (trial, name, result)
        trial.saw(unhandled=unexpected)
    assert unexpected == 0
    assert "Traceback" not in server.log.read_text(), trial


@fault(
    "F-14",
    "A model calls tools without end: the same call, and ever new ones",
    "the third same call, or a cap, ends the run: at most 25 calls",
    ci=2,
    full=2,
)
@pytest.mark.timeout(120)
async def test_an_endless_loop_of_calls_is_ended(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    async with server.client() as client:
        for name, expression, code, most in (
            ("the same call", "1 + 1", "repeated_call", 2),
            ("new calls", "1 + {}", "limit_reached", 25),
        ):
            calls = [
                Reply(
                    tool_calls=[
                        ScriptedCall(
                            name="calculator",
                            id=f"call_{turn}_{number}",
                            arguments=f'{{"expression": "{expression.format(10 * turn + number)}"}}',
                        )
                        for number in range(1 if name == "the same call" else 3)
                    ],
                    finish_reason="tool_calls",
                    text="",
                )
                for turn in range(40)
            ]
            fake.script(*calls)
            before = len(fake.log)
            answer = (await client.post("/chatflow/chat", json=chat(name))).json()
            fake.queue.clear()
            events = await _events(client, answer["execution_id"])
            failed = next(event for event in events if event["type"] == "node.failed")
            made = sum(event["type"] == "tool.started" for event in events)
            assert (answer["status"], failed["data"]["code"]) == ("failed", code), (trial, name, answer)
            assert made <= most, (trial, name)
            trial.peak(calls=made, model_calls=len(fake.log) - before)


async def _events(client: Any, execution: str) -> list[dict[str, Any]]:
    found = await client.get(f"/executions/{execution}/events", params={"follow": "false"})
    events: list[dict[str, Any]] = found.json()
    return events
