"""The agent node: its turns with a scripted model, what it refuses, and where it stops."""

import asyncio
from typing import Any, ClassVar

import msgspec
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Struct

from graphs.checks.check import check, read_flow
from graphs.conversation.messages import InputAnswer, ModelAnswer, ToolCall
from graphs.document.flow import Flow, GraphDefinition
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.testing.driver import Ran, run_flow
from graphs.testing.scripted_context import ScriptedContext
from graphs.tool.tool_type import Tool, ToolContext, ToolError
from graphs.toolbox.python_tools import function_tool
from graphs.toolbox.toolbox import Toolbox
from graphs.tools import built_in_tools
from tests.graphs.nodes.test_nodes import run

MODEL = {"provider": "openai", "model": "m"}


class Number(Struct, frozen=True, forbid_unknown_fields=True):
    """An argument."""

    number: int


class Doubling(Tool, frozen=True, kw_only=True, tag="double"):
    """Double a number; all that is under way at once waits for each other."""

    arguments: ClassVar[type[Struct]] = Number
    together: ClassVar[asyncio.Barrier] = asyncio.Barrier(2)

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Wait for the other, then double."""
        await self.together.wait()
        return arguments["number"] * 2


class Flaky(Tool, frozen=True, kw_only=True, tag="flaky"):
    """Fail in the way that the number says."""

    arguments: ClassVar[type[Struct]] = Number
    tried: ClassVar[list[str]] = []

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Fail for good with 0, unexpectedly with 1, at first with 2; give much with 3; exit with 4."""
        self.tried.append(context.idempotency_key)
        match arguments["number"]:
            case 0:
                raise ToolError("There is no such number.")
            case 1:
                raise KeyError("a secret of the server")
            case 2 if len(self.tried) == 1:
                raise ToolError("Busy.", passing=True)
            case 4:
                raise SystemExit(3)
            case _:
                return "x" * 100


async def whose(context: ToolContext, about: str = "") -> dict[str, str]:
    """Say for whom it works."""
    return {"execution": context.execution_id, "about": about}


TOOLS = Toolbox(
    kinds={**built_in_tools(), "double": Doubling, "flaky": Flaky, "whose": function_tool(whose)},
    max_result_chars=40,
    seconds=20,
)


def flow(**data: Any) -> Flow:
    definition = msgspec.convert(
        {
            "nodes": [
                {"id": "s", "type": "start"},
                {"id": "a", "type": "agent", "data": MODEL | data},
                {"id": "e", "type": "end"},
            ],
            "edges": [{"id": "1", "source": "s", "target": "a"}, {"id": "2", "source": "a", "target": "e"}],
        },
        GraphDefinition,
    )
    return read_flow(definition, name="agent", type="agentflow", tools=TOOLS.kinds)


def call(name: str, id: str = "1", /, **arguments: Any) -> ToolCall:
    return ToolCall(id=id, name=name, arguments=arguments)


def calls(*asked: ToolCall, text: str = "") -> Script:
    return Script(text=text, tool_calls=list(asked), finish_reason="tool_calls")


async def agent(*answers: str | Script, message: str = "Go.", **data: Any) -> Ran:
    return await run_flow(flow(**data), message, answers=answers, toolbox=TOOLS)


def told(ran: Ran) -> list[str]:
    """Return what the model was told last of its calls."""
    return [str(message.content) for message in ran.models.requests[-1].messages if message.role == "tool"]


async def test_an_agent_uses_tools_until_it_has_an_answer() -> None:
    ran = await agent(
        calls(call("calculator", expression="6 * 7"), text="Let me see."),
        "It is 42.",
        tools=["calculator"],
        instructions="Calculate.",
    )
    assert ran.response == "It is 42."
    first, second = ran.models.requests
    assert [tool.name for tool in first.tools] == ["calculator"]
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "tool"]
    assert (second.messages[-1].content, second.messages[-1].tool_call_id) == ("42", "1")
    assert ran.recorder.trace() == [
        "node.started s",
        "node.completed s",
        "node.started a",
        "message.started a",
        "message.delta a",
        "message.delta a",
        "message.delta a",
        "message.completed a",
        "usage a",
        "tool.started a",
        "tool.completed a",
        "message.started a",
        "message.delta a",
        "message.delta a",
        "message.delta a",
        "message.completed a",
        "usage a",
        "node.completed a",
        "node.started e",
        "node.completed e",
    ]
    started, completed = ran.recorder.of("tool.started", "tool.completed")
    facts = {"name": "calculator", "call_id": "1", "source": "builtin"}
    assert started.data == {**facts, "input": {"expression": "6 * 7"}}
    assert completed.data["output"] == 42


async def test_calls_of_one_answer_are_made_side_by_side() -> None:
    async with asyncio.timeout(10):  # each of them waits for the other
        ran = await agent(
            calls(call("double", "a", number=1), call("double", "b", number=2)), "Done.", tools=["double"]
        )
    assert told(ran) == ["2", "4"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ToolCall(id="1", name="calculator", invalid='{"expr'),
            "The arguments are no JSON object: '{\"expr'",
        ),
        (
            call("calculator", expression=1),
            "Nothing was done, the arguments do not fit. /expression: 1 is not",
        ),
        (call("calculator"), '"expression" is a required property'),
        (call("search", q="x"), "There is no tool 'search'. There are calculator."),
        (call("calculator", expression="1" * 100_001), "The arguments have over 100,000 characters"),
    ],
    ids=["no JSON", "wrong type", "missing", "unknown tool", "too long"],
)
@pytest.mark.threat("T-01", "T-04", "T-06")
async def test_a_call_that_cannot_be_made_is_told_to_the_model(asked: ToolCall, said: str) -> None:
    ran = await agent(calls(asked), "Sorry.", tools=["calculator"])
    assert ran.response == "Sorry."
    assert said in told(ran)[0]
    assert ran.recorder.of("tool.started") == []


@pytest.mark.threat("T-04")
async def test_what_is_the_servers_to_say_no_argument_of_a_model_says() -> None:
    ran = await agent(calls(call("whose", about="me")), "Done.", tools=["whose"])
    assert "execution" in told(ran)[0]
    names = ("user_id", "tenant_id", "workspace", "thread_id", "session_id", "execution_id", "state")
    for name in (*names, "context", "config", "self", "function", "idempotency_key"):
        for said in ("another", {"execution_id": "another", "session_id": "another"}):
            forged = calls(call("whose", **{name: said, "about": "me"}))
            ran = await agent(forged, "Done.", tools=["whose"])
            assert "Nothing was done, the arguments do not fit." in told(ran)[0], name
            assert ran.recorder.of("tool.started") == []


@pytest.mark.threat("T-06")
async def test_calls_that_stay_wrong_end_the_node() -> None:
    ran = await agent(*[calls(call("search"))] * 4, tools=["calculator"])
    assert ran.result.error is not None
    assert ran.result.error["code"] == "bad_tool_call"
    assert "3 invalid tool calls in a row" in ran.result.error["message"]
    assert len(ran.models.requests) == 3


async def test_a_good_turn_in_between_is_forgiving() -> None:
    wrong, good = calls(call("search")), [calls(call("calculator", expression=str(n))) for n in range(2)]
    ran = await agent(wrong, wrong, good[0], wrong, wrong, good[1], "Done.", tools=["calculator"])
    assert ran.response == "Done."


async def test_of_calls_with_one_id_the_first_is_made() -> None:
    twice = calls(call("calculator", "x", expression="1"), call("calculator", "x", expression="2"))
    ran = await agent(twice, "Done.", tools=["calculator"], history=True)
    results = [message for message in ran.models.requests[-1].messages if message.role == "tool"]
    assert [message.tool_call_id for message in results] == ["x", "x_2"]
    assert results[0].content == "1"
    assert "same id" in str(results[1].content)
    assert len(ran.recorder.of("tool.started")) == 1


@pytest.mark.threat("T-06")
async def test_of_too_many_calls_at_once_none_is_made() -> None:
    many = calls(*[call("calculator", str(n), expression=str(n)) for n in range(500)])
    ran = await agent(many, "Done.", tools=["calculator"])
    assert ran.recorder.of("tool.started") == []
    assert len(told(ran)) == 16
    assert "you asked for 500 calls at once" in told(ran)[0]


@pytest.mark.parametrize(
    ("limits", "different", "code", "made"),
    [
        ({}, False, "repeated_call", 2),
        ({"max_iterations": 4}, True, "limit_reached", 4),
        ({"max_tool_calls": 3}, True, "limit_reached", 3),
    ],
)
async def test_an_agent_that_goes_on_and_on_is_stopped(
    limits: dict[str, Any], different: bool, code: str, made: int
) -> None:
    endless = [calls(call("calculator", expression=str(n if different else 1))) for n in range(30)]
    ran = await agent(*endless, tools=["calculator"], **limits)
    assert ran.result.error is not None
    assert ran.result.error["code"] == code
    assert len(ran.recorder.of("tool.started")) == made
    answered = await agent(
        *endless[: made + (code != "limit_reached" or "max_tool_calls" in limits)],
        "That is all I know.",
        tools=["calculator"],
        on_limit="answer",
        **limits,
    )
    assert answered.response == "That is all I know."
    assert answered.models.requests[-1].tool_choice == "none"
    assert [event.data["code"] for event in answered.recorder.of("custom")] == [code]


async def test_a_tool_that_fails_is_told_to_the_model_without_secrets() -> None:
    Flaky.tried.clear()
    ran = await agent(
        calls(call("flaky", "a", number=0), call("flaky", "b", number=1)), "Done.", tools=["flaky"]
    )
    assert told(ran) == [
        "There is no such number.",
        "'flaky' failed unexpectedly (KeyError). \n[Cut off: this is the first 40 of 68 characters.]",
    ]
    assert "secret" not in str(ran.recorder.events)
    assert len(Flaky.tried) == 2


async def test_a_tool_that_exits_has_failed_and_ends_nothing_else() -> None:
    ran = await agent(calls(call("flaky", number=4)), "Done.", tools=["flaky"])
    assert told(ran)[0].startswith("'flaky' failed unexpectedly (SystemExit)")
    assert ran.response == "Done."


async def test_what_may_pass_is_tried_again_and_long_results_are_cut() -> None:
    Flaky.tried.clear()
    ran = await agent(calls(call("flaky", number=2)), "Done.", tools=["flaky"])
    assert told(ran) == ["x" * 40 + "\n[Cut off: this is the first 40 of 100 characters.]"]
    assert len(Flaky.tried) == 2
    assert len(set(Flaky.tried)) == 1, "A repetition has the same idempotency key."
    Flaky.tried.clear()
    once = await agent(
        calls(call("flaky", number=2)), "Done.", tools=[{"name": "flaky", "repeatable": False}]
    )
    assert told(once) == ["Busy."]


async def test_history_holds_every_call_with_its_result() -> None:
    ran = await agent(
        calls(call("calculator", expression="1 + 1"), text="Wait."), "2", tools=["calculator"], history=True
    )
    assert ran.result.message_count == 4
    context = ScriptedContext(["Fine."])
    history = [
        {"role": "user", "content": "1 + 1?", "id": "u"},
        {"role": "assistant", "content": "", "id": "b", "tool_calls": [{"id": "7", "name": "calculator"}]},
        {"role": "user", "content": "And now?", "id": "v"},
    ]
    outcome = await run(
        "agent", MODEL | {"history": True, "tools": ["calculator"]}, context, messages=history
    )
    assert [message.content for message in context.requests[0].messages] == ["1 + 1?", "And now?"]
    assert [message.content for message in outcome.messages] == ["Fine."]


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


async def test_an_answer_in_a_form_is_checked_and_repaired_once() -> None:
    ran = await agent("Berlin", '```json\n{"city": "Berlin"}\n```', output_schema=SCHEMA)
    assert ran.result.output["output"] == {"city": "Berlin"}
    first, second = ran.models.requests
    assert first.response_format == second.response_format
    assert first.response_format is not None
    assert first.response_format["json_schema"]["schema"] == SCHEMA
    assert "It is no JSON" in str(second.messages[-1].content)
    failed = await agent("Berlin", '{"town": "Berlin"}', output_schema=SCHEMA)
    assert failed.result.error is not None
    assert failed.result.error["code"] == "bad_output"


async def test_with_tools_the_form_is_asked_for_at_the_end() -> None:
    ran = await agent(
        calls(call("calculator", expression="1")),
        "Berlin",
        '{"city": "Berlin"}',
        tools=["calculator"],
        output_schema=SCHEMA,
    )
    assert ran.result.output["output"] == {"city": "Berlin"}
    forms = [request.response_format is not None for request in ran.models.requests]
    assert forms == [False, False, True]
    assert ran.models.requests[-1].tool_choice == "none"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (InputAnswer("approve"), "2"),
        (InputAnswer("edit", {"expression": "5"}), 'changed the arguments to {"expression":"5"}.]\n5'),
        (InputAnswer("reject", comment="Too dear."), "They said: Too dear."),
        (InputAnswer("expired"), "A person did not allow this use of 'calculator'."),
    ],
)
@pytest.mark.threat("T-01")
async def test_a_person_may_allow_change_or_refuse_a_use(answer: InputAnswer, said: str) -> None:
    asks = ModelAnswer(provider="p", model="m", tool_calls=[call("calculator", expression="1 + 1")])
    context = ScriptedContext([asks, "Done."], inputs=[answer])
    data = MODEL | {"tools": [{"name": "calculator", "approval": True}]}
    outcome = await run("agent", data, context, input={"message": "Go."})
    assert outcome.output == "Done."
    (question,) = context.questions
    assert (question.kind, question.value) == ("approval", {"expression": "1 + 1"})
    assert said in str(context.requests[-1].messages[-1].content)


def test_check_tells_what_tools_do_not_work() -> None:
    definition = msgspec.convert(
        {
            "nodes": [
                {"id": "s", "type": "start"},
                {
                    "id": "a",
                    "type": "agent",
                    "data": MODEL
                    | {
                        "tools": [
                            "calculater",
                            {"name": "http_request", "base_url": "http://127.1/"},
                            "double",
                        ],
                        "output_schema": {"type": "nothing"},
                    },
                },
                {"id": "e", "type": "end"},
            ],
            "edges": [{"id": "1", "source": "s", "target": "a"}, {"id": "2", "source": "a", "target": "e"}],
        },
        GraphDefinition,
    )
    found = {finding.pointer: finding.message for finding in check(definition)}
    assert "Did you mean 'calculator'?" in found["/nodes/1/data/tools/0"]
    assert "four decimal numbers" in found["/nodes/1/data/tools/1"]
    assert "There is no tool 'double'" in found["/nodes/1/data/tools/2"]
    assert "Expected a JSON Schema" in found["/nodes/1/data/output_schema"]


async def test_after_a_crash_no_model_and_no_tool_is_asked_again() -> None:
    Flaky.tried.clear()
    drawn, saver, recorder = flow(tools=["flaky"]), InMemorySaver(), MemoryRecorder()
    first = ScriptedModels(calls(call("flaky", number=3)), Script(text="half an", waits=True))
    task = asyncio.create_task(
        run_flow(drawn, "Go.", models=first, recorder=recorder, checkpointer=saver, toolbox=TOOLS)
    )
    async with asyncio.timeout(20):
        while not (len(first.requests) == 2 and recorder.of("message.delta")):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = await run_flow(
        drawn,
        "Go.",
        answers=["Done."],
        recorder=recorder.reopened(),
        checkpointer=saver,
        toolbox=TOOLS,
        attempt=2,
    )
    assert again.response == "Done."
    assert len(again.models.requests) == 1, "The first answer came from the journal."
    assert len(Flaky.tried) == 1, "So did the tool's result."
    assert again.models.idempotency_keys == [first.idempotency_keys[1]]
