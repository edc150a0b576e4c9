"""Runs of flows: what happens, in which order, and how a run ends, is cut off and goes on."""

import logging
from itertools import pairwise
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Struct

from graphs.checks.check import check, read_flow
from graphs.conversation.messages import ModelAnswer
from graphs.document.flow import Flow, GraphDefinition, NodeDocument
from graphs.engine.compile import CompiledFlow, compile_flow
from graphs.engine.execute import Limits, Result, RunOptions, Spent, execute
from graphs.testing import MemoryRecorder, Script, ScriptedModels
from graphs.testing.driver import run_flow
from graphs.values.events import CallKey
from tests.graphs.flows import definition, flow

CHAT = flow({"a": "begin", "llm": "ask", "z": "finish"}, "a>llm", "llm>z")


def a_run(**fields: Any) -> RunOptions:
    given: dict[str, Any] = {"execution_id": "x", "thread_id": "t", **fields}
    return RunOptions(**given)


def ran(recorder: MemoryRecorder) -> list[str]:
    return [event.node for event in recorder.of("node.completed")]


# What happens


async def test_a_chat_streams_its_answer_and_every_event_is_told_in_order() -> None:
    ran = await run_flow(CHAT, "hi", answers=[Script(text="one two", reasoning="hm")], execution_id="x")
    assert ran.result == Result(
        status="completed", output={"response": "one two", "output": "one two"}, message_count=2
    )
    assert [event.seq for event in ran.recorder.events] == list(range(1, 13))
    told = [(event.type, event.node, event.data) for event in ran.recorder.events]
    untimed = [(t, n, {k: v for k, v in data.items() if k != "duration_ms"}) for t, n, data in told]
    assert untimed == [
        ("node.started", "a", {"node_type": "begin", "label": "a", "input": {"message": "hi"}}),
        ("node.completed", "a", {"output": {"message": "hi"}}),
        ("node.started", "llm", {"node_type": "ask", "label": "llm", "input": {"message": "hi"}}),
        ("message.started", "llm", {}),
        ("message.reasoning", "llm", {"content": "hm"}),
        ("message.delta", "llm", {"content": "one"}),
        ("message.delta", "llm", {"content": " two"}),
        ("message.completed", "llm", {"content": "one two", "finish_reason": "stop"}),
        (
            "usage",
            "llm",
            {
                "provider": "scripted",
                "model": "m",
                "status": "completed",
                "input_tokens": 2,
                "output_tokens": 2,
            },
        ),
        ("node.completed", "llm", {"output": "one two"}),
        ("node.started", "z", {"node_type": "finish", "label": "z", "input": "one two"}),
        ("node.completed", "z", {"output": "one two"}),
    ]


async def kept(compiled: CompiledFlow) -> dict[str, Any]:
    """Return what the checkpointer keeps of the thread of these tests."""
    assert compiled.graph is not None
    return (await compiled.graph.aget_state({"configurable": {"thread_id": "thread"}})).values


async def test_a_session_keeps_its_history_with_ids_of_its_own() -> None:
    saver = InMemorySaver()
    first = await run_flow(CHAT, "hi", answers=["hello"], checkpointer=saver, execution_id="one")
    second = await run_flow(CHAT, "and?", answers=["well"], checkpointer=saver, execution_id="two")
    other = await run_flow(CHAT, "hi", answers=["yes"], checkpointer=saver, thread_id="u")
    assert [one.result.message_count for one in (first, second, other)] == [2, 4, 2]
    messages = (await kept(compile_flow(CHAT, checkpointer=saver)))["messages"]
    assert [(m["role"], m["content"]) for m in messages] == [
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "and?"),
        ("assistant", "well"),
    ]
    assert len({m["id"] for m in messages}) == 4
    assert [m["metadata"]["execution_id"] for m in messages] == ["one", "one", "two", "two"]
    assert all(m["created_at"] > 0 for m in messages)


async def test_what_one_run_left_behind_is_not_seen_by_the_next() -> None:
    counting = flow(
        {"a": "begin", "g": ("give", {"output": 1, "variables": {"seen": 1}}), "z": "finish"}, "a>g", "g>z"
    )
    saver = InMemorySaver()
    await run_flow(counting, {"n": 1}, variables={"old": 1}, checkpointer=saver, execution_id="one")
    compiled = compile_flow(CHAT, checkpointer=saver)
    await execute(compiled, a_run(thread_id="thread", input={"n": 2}), MemoryRecorder(), ScriptedModels("x"))
    values = await kept(compiled)
    assert values["variables"] == {}
    assert set(values["outputs"]) == {"a", "llm", "z"}
    assert values["input"] == {"n": 2}


async def test_a_join_behind_branches_of_unequal_length_runs_once_with_all_of_them() -> None:
    drawn = flow(
        {"a": "begin", "b": "work", "c": "work", "d": "work", "j": "finish"},
        "a>b", "b>c", "c>j", "a>d", "a>j", "d>j",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert ran(done.recorder).count("j") == 1
    assert list(done.result.output["output"]) == ["c", "a", "d"]


async def test_what_a_condition_did_not_choose_is_skipped_as_far_as_nothing_else_leads_there() -> None:
    drawn = flow(
        {
            "a": "begin",
            "f": ("fork", {"exits": ["yes", "no"], "always": "yes"}),
            "b": "work",
            "c": "work",
            "d": "work",
            "j": "work",
            "k": "work",
            "z": "finish",
        },
        "a>f", "f:yes>b", "f:no>c", "c>d", "c>j", "d>j", "j>k", "k>z", "b>z",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert ran(done.recorder) == ["a", "f", "b", "z"]
    assert [event.node for event in done.recorder.of("node.skipped")] == ["c", "d", "j", "k"]
    assert done.recorder.of("node.completed")[1].data["outlet"] == "yes"


async def test_a_loop_turns_as_often_as_it_says_and_its_body_knows_the_turn() -> None:
    drawn = flow(
        {"a": "begin", "l": ("again", {"most": 3, "always": True}), "b": "work", "z": "finish"},
        "a>l", "l:body>b", "b>l", "l:done>z",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert ran(done.recorder) == ["a", "l", "b", "l", "b", "l", "b", "l", "z"]
    words = [event.data["output"] for event in done.recorder.of("node.completed") if event.node == "b"]
    assert len(set(words)) == 3


async def test_a_loop_whose_body_was_not_run_to_its_end_turns_on() -> None:
    fork = ("fork", {"exits": ["on", "stop"], "always": "stop"})
    drawn = flow(
        {"a": "begin", "l": ("again", {"most": 2, "always": True}), "f": fork, "b": "work", "z": "finish"},
        "a>l", "l:body>f", "f:on>b", "b>l", "l:done>z",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert ran(done.recorder) == ["a", "l", "f", "l", "f", "l", "z"]


async def test_several_ends_give_an_object_and_their_texts() -> None:
    drawn = flow(
        {
            "a": "begin",
            "b": ("give", {"output": "left"}),
            "c": ("give", {"output": {"n": 1}}),
            "y": "finish",
            "z": "finish",
        },
        "a>b", "a>c", "b>y", "c>z",
    )  # fmt: skip
    done = await run_flow(drawn, {})
    assert done.result.output == {
        "response": 'left\n\n{"n":1}',
        "output": {"y": "left", "z": {"n": 1}},
    }


async def test_a_run_that_reaches_no_end_completes_without_output() -> None:
    fork = ("fork", {"exits": ["yes", "no"], "always": "no"})
    done = await run_flow(flow({"a": "begin", "f": fork, "z": "finish"}, "a>f", "f:yes>z"), {})
    assert (done.result.status, done.result.output) == ("completed", {"response": "", "output": None})


async def test_a_flow_of_the_real_node_types_runs() -> None:
    drawn = GraphDefinition(
        nodes=[
            NodeDocument(id="start", type="start"),
            NodeDocument(id="each", type="loop", data={"items": "input.cities"}),
            NodeDocument(id="line", type="template", data={"template": "{{ loop.index }}: {{ loop.item }}"}),
            NodeDocument(id="end", type="end"),
        ],
        edges=definition(
            dict.fromkeys(["start", "each", "line", "end"], "work"),
            "start>each", "each:body>line", "line>each", "each:done>end",
        ).edges,
    )  # fmt: skip
    assert check(drawn) == []
    done = await run_flow(read_flow(drawn, name="f", type="agentflow"), {"cities": ["Oslo", "Lima"]})
    assert done.result.output["output"] == ["0: Oslo", "1: Lima"]


# Values that are hard to keep


async def test_outputs_are_cleaned_before_they_reach_state_or_journal() -> None:
    given = {"output": "a\0b", "variables": {"v": "\ud800x"}}
    drawn = flow({"a": "begin", "g": ("give", given), "z": "finish"}, "a>g", "g>z")
    saver = InMemorySaver()
    done = await run_flow(drawn, {}, checkpointer=saver)
    assert done.response == "ab"
    done = await run_flow(drawn, {}, answers=[], checkpointer=saver, execution_id="again")
    assert done.result.status == "completed"


@pytest.mark.parametrize(
    "variables",
    [{"__overwrite__": 1}, {"type": "__overwrite__", "value": 1}, {"__overwrite__": {"a": 1}, "b": 2}],
)
@pytest.mark.threat("R-06")
async def test_variables_that_look_like_orders_to_the_engine_are_variables(variables: dict[str, Any]) -> None:
    give: Any = ("give", {"output": variables, "variables": variables})
    drawn = flow({"a": "begin", "g": give, "z": "finish"}, "a>g", "g>z")
    saver = InMemorySaver()
    done = await run_flow(drawn, {}, checkpointer=saver)
    assert done.result.output["output"] == variables
    assert (await kept(compile_flow(drawn, checkpointer=saver)))["variables"] == variables


async def test_summaries_written_side_by_side_are_no_error() -> None:
    drawn = flow(
        {
            "a": "begin",
            "b": ("give", {"summary": {"text": "b", "until": "1"}}),
            "c": ("give", {"summary": {"text": "c", "until": "1"}}),
            "z": "finish",
        },
        "a>b", "a>c", "b>z", "c>z",
    )  # fmt: skip
    assert (await run_flow(drawn, {})).result.status == "completed"


# Calls


async def test_a_taken_back_attempt_resets_the_message_and_is_paid_for() -> None:
    done = await run_flow(CHAT, "hi", answers=[Script(text="all good", resets=["half an"])])
    assert done.recorder.text() == "all good"
    assert [event.type for event in done.recorder.events if event.type.startswith("message.")] == [
        "message.started",
        "message.delta",
        "message.delta",
        "message.reset",
        "message.delta",
        "message.delta",
        "message.completed",
    ]
    assert [(one.status, one.usage.output_tokens) for one in done.recorder.attempts] == [
        ("failed", 2),
        ("completed", 2),
    ]


async def test_a_call_that_is_not_to_be_published_leaves_usage_only() -> None:
    drawn = flow({"a": "begin", "q": ("ask", {"publish": False}), "z": "finish"}, "a>q", "q>z")
    done = await run_flow(drawn, {}, answers=[Script(text="secret", reasoning="x", resets=["y"])])
    assert {event.type for event in done.recorder.events} == {"node.started", "node.completed", "usage"}


async def test_calls_side_by_side_and_in_turn_have_keys_of_their_own() -> None:
    drawn = flow(
        {"a": "begin", "p": ("ask", {"times": 3, "beside": True}), "q": ("ask", {"times": 2}), "z": "finish"},
        "a>p", "p>q", "q>z",
    )  # fmt: skip
    done = await run_flow(drawn, {}, answers=["1", "2", "3", "4", "5"])
    keys = done.models.idempotency_keys
    assert len(set(keys)) == 5
    assert [key.rpartition(":")[2] for key in keys] == ["0", "1", "2", "0", "1"]
    assert all(key.startswith("execution:") for key in keys)
    assert len({key.task_id for key in done.recorder.calls if key.kind == "model"}) == 2


@pytest.mark.threat("L-07")
async def test_the_runs_key_reaches_the_model_and_nothing_else() -> None:
    models, recorder = ScriptedModels("hello"), MemoryRecorder()
    given = a_run(input={"message": "hi"}, api_key="sk-secret")
    saver = InMemorySaver()
    await execute(compile_flow(CHAT, checkpointer=saver), given, recorder, models)
    assert models.api_keys == ["sk-secret"]
    assert "sk-secret" not in repr(given)
    assert "sk-secret" not in repr(recorder.events) + repr(recorder.calls) + repr(saver.storage) + repr(
        saver.blobs
    )


async def test_a_model_that_gives_no_answer_fails_the_run_with_its_class_and_is_paid_for() -> None:
    done = await run_flow(CHAT, "hi", answers=[Script(text="half an", error="rate_limited")])
    assert done.result.status == "failed"
    assert done.result.error == {"code": "rate_limited", "message": "The script fails with rate_limited."}
    (failed,) = done.recorder.of("node.failed")
    assert (failed.node, failed.data["code"]) == ("llm", "rate_limited")
    assert [one.status for one in done.recorder.attempts] == ["failed"]
    assert done.recorder.calls == {}


async def test_an_answer_is_stored_before_it_is_used_and_cleaned_before_that() -> None:
    done = await run_flow(CHAT, "hi", answers=[["a\0b", "\ud800c"]])
    assert done.response == "abc"
    answer, _ = done.recorder.calls.values()
    assert isinstance(answer, ModelAnswer)
    assert answer.content == "abc"
    assert done.recorder.text() == "abc"


# Caps


@pytest.mark.parametrize(
    ("limits", "spent", "asked"),
    [
        (Limits(max_model_calls=2), Spent(), 2),
        (Limits(max_model_calls=5), Spent(model_calls=4), 1),
        (Limits(max_tokens=8), Spent(), 2),  # 2 words asked, 2 answered
        (Limits(max_tokens=8), Spent(tokens=8), 0),
    ],
)
@pytest.mark.threat("D-08")
async def test_a_cap_on_calls_or_tokens_refuses_the_next_call(
    limits: Limits, spent: Spent, asked: int
) -> None:
    drawn = flow({"a": "begin", "q": ("ask", {"times": 10}), "z": "finish"}, "a>q", "q>z")
    models, recorder = ScriptedModels(*["two words"] * 10), MemoryRecorder()
    result = await execute(compile_flow(drawn), a_run(limits=limits, spent=spent), recorder, models)
    assert (result.status, result.error and result.error["code"]) == ("failed", "limit_reached")
    assert len(models.requests) == asked
    (refused,) = recorder.of("budget.refused")
    assert refused.data["used"] >= refused.data["most"]


async def test_time_that_is_up_ends_the_run_as_timeout_and_closes_the_call() -> None:
    models, recorder = ScriptedModels(Script(text="half", waits=True)), MemoryRecorder()
    limits = Limits(max_seconds=0.05)
    result = await execute(
        compile_flow(CHAT), a_run(input={"message": "hi"}, limits=limits), recorder, models
    )
    assert (result.status, result.error and result.error["code"]) == ("timeout", "timeout")
    assert [event.data["code"] for event in recorder.of("node.failed")] == ["timeout"]
    assert models.under_way == 0
    assert [one.status for one in recorder.attempts] == ["cancelled"]


async def test_time_spent_by_earlier_attempts_counts() -> None:
    given = a_run(limits=Limits(max_seconds=5), spent=Spent(seconds=6))
    result = await execute(compile_flow(CHAT), given, MemoryRecorder(), ScriptedModels("x"))
    assert result.status == "timeout"


def turning(outer: int, inner: int) -> Flow:
    return flow(
        {
            "a": "begin",
            "k": ("again", {"most": outer, "always": True}),
            "l": ("again", {"most": inner, "always": True}),
            "b": "work",
            "c": "work",
            "z": "finish",
        },
        "a>k", "k:body>l", "l:body>b", "b>c", "c>l", "l:done>k", "k:done>z",
    )  # fmt: skip


@pytest.mark.parametrize("checkpointer", [None, InMemorySaver()])
async def test_the_number_of_steps_that_check_counts_is_the_one_that_a_run_needs(
    checkpointer: InMemorySaver | None,
) -> None:
    compiled = compile_flow(turning(3, 4), checkpointer=checkpointer)
    enough = a_run(execution_id="x", limits=Limits(max_steps=compiled.steps))
    recorder = MemoryRecorder()
    assert (await execute(compiled, enough, recorder, ScriptedModels())).status == "completed"
    assert len(ran(recorder)) == compiled.steps  # a single line: every step is a superstep
    less = a_run(execution_id="y", limits=Limits(max_steps=compiled.steps - 1))
    result = await execute(compiled, less, MemoryRecorder(), ScriptedModels())
    assert (result.status, result.error and result.error["code"]) == ("failed", "limit_reached")


# Failures


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [
        ("error", "on_purpose", "It was meant to fail."),
        ("outlet", "unknown_outlet", "Node 'b' chose outlet 'sideways'; it has 'out'."),
        ("output", "bad_output", "node 'b'"),
        ("bug", "internal", "Node 'b' failed unexpectedly (KeyError)"),
        ("exit", "internal", "Node 'b' failed unexpectedly (SystemExit)"),
    ],
)
async def test_a_node_that_fails_fails_the_run_with_its_code(
    how: str, code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = flow({"a": "begin", "b": ("break", {"how": how}), "z": "finish"}, "a>b", "b>z")
    with caplog.at_level(logging.ERROR):
        done = await run_flow(drawn, "hi", checkpointer=InMemorySaver())
    assert done.result.status == "failed"
    assert done.result.error is not None
    assert done.result.error["code"] == code
    assert says in done.result.error["message"]
    assert [(event.node, event.data["code"]) for event in done.recorder.of("node.failed")] == [("b", code)]
    assert ("KeyError" in caplog.text) == (how == "bug")
    assert done.result.message_count == 1


async def test_a_session_can_be_used_again_after_a_failed_run() -> None:
    saver = InMemorySaver()
    broken = await run_flow(
        CHAT, "one", answers=[Script(error="server")], checkpointer=saver, execution_id="x"
    )
    assert broken.result.status == "failed"
    done = await run_flow(CHAT, "two", answers=["fine"], checkpointer=saver, execution_id="y")
    assert (done.response, done.result.message_count) == ("fine", 3)
    assert ran(done.recorder) == ["a", "llm", "z"]


class Full(MemoryRecorder):
    """A recorder whose disk is full."""

    async def store(self, key: CallKey, result: Struct, **place: Any) -> None:
        """Fail."""
        raise OSError("disk full")


async def test_a_recorder_that_cannot_write_stops_the_run_with_its_own_error() -> None:
    recorder = Full()
    with pytest.raises(OSError, match="disk full"):
        await execute(compile_flow(CHAT), a_run(input={"message": "hi"}), recorder, ScriptedModels("x"))
    assert recorder.of("node.failed") == []


# Size


async def test_a_chain_of_a_thousand_nodes_runs() -> None:
    ids = ["a", *(f"n{number}" for number in range(998)), "z"]
    kinds: dict[str, Any] = dict.fromkeys(ids, "work") | {"a": "begin", "z": "finish"}
    edges = [f"{one}>{two}" for one, two in pairwise(ids)]
    done = await run_flow(flow(kinds, *edges), {})
    assert done.result.status == "completed"
    assert ran(done.recorder) == ids


async def test_a_dead_region_of_hundreds_of_nodes_costs_no_supersteps() -> None:
    ids = [f"n{number}" for number in range(900)]
    kinds: dict[str, Any] = {
        "a": "begin",
        "f": ("fork", {"exits": ["yes", "no"], "always": "yes"}),
        **dict.fromkeys(ids, "work"),
        "z": "finish",
    }
    edges = [f"{one}>{two}" for one, two in pairwise(ids)]
    joins = [f"n{number}>n{number + 2}" for number in range(0, 898, 3)]
    drawn = flow(kinds, "a>f", "f:yes>z", "f:no>n0", *edges, *joins, "n899>z")
    recorder = MemoryRecorder()
    result = await execute(compile_flow(drawn), a_run(limits=Limits(max_steps=4)), recorder, ScriptedModels())
    assert result.status == "completed"
    assert [event.node for event in recorder.of("node.skipped")] == ids


async def test_many_branches_side_by_side_join_once() -> None:
    ids = [f"n{number}" for number in range(300)]
    kinds: dict[str, Any] = {"a": "begin", **dict.fromkeys(ids, "work"), "z": "finish"}
    done = await run_flow(flow(kinds, *(f"a>{id}" for id in ids), *(f"{id}>z" for id in ids)), {})
    assert ran(done.recorder).count("z") == 1
    assert list(done.result.output["output"]) == ids
