"""Deciding and voting: what counts as a decision, what the rule does, who is an abstention."""

from typing import Any

import msgspec
import pytest

from graphs.node.node import Outcome
from graphs.nodes import decode_node
from graphs.testing.scripted_context import ScriptedContext
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

MODEL = {"provider": "openai", "model": "m"}
CHOICES = [{"outlet": "ada"}, {"outlet": "bob"}, {"outlet": "finish"}]


async def decide(data: dict[str, Any], *answers: str, **seen: Any) -> tuple[Outcome, ScriptedContext]:
    context = ScriptedContext(answers)
    fields: dict[str, Any] = {"input": {"message": "m"}, "variables": {}, "outputs": {}, "messages": []}
    fields |= {"summary": {}, "incoming": [], "loop": {}, "enclosing": {}, **seen}
    view = View(**fields)
    return await decode_node("decide", {**MODEL, "choices": CHOICES, **data}).run(view, context), context


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ('{"choice": "bob"}', "bob"),
        ('{"choice": ["BOB"], "reason": 7}', "bob"),
        ('```json\n{"choice": "bob"}\n```', "bob"),
        ('I think {"choice": "bob", "reason": "{}"} is right.', "bob"),
        (' "Bob." ', "bob"),
        ("**bob**", "bob"),
    ],
)
async def test_a_decision_is_read_in_the_forms_that_models_give(answer: str, chosen: str) -> None:
    outcome, context = await decide({}, answer)
    assert (outcome.outlet, outcome.output["by"]) == (chosen, "model")
    assert len(context.requests) == 1
    assert context.published == [False]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "bob or ada",
        "{",
        "[1]",
        '{"choice": "zoe"}',
        '{"choice": ["ada", "bob"]}',
        '{"choice": []}',
        '{"choice": {"a": 1}}',
        "{" * 100_000,
        "[" * 100_000,
    ],
)
async def test_what_is_no_decision_goes_back_to_the_model_once(answer: str) -> None:
    outcome, context = await decide({"fallback": "bob"}, answer, '{"choice": "ada"}')
    assert outcome.outlet == "ada"
    assert "cannot be used" in str(context.requests[1].messages[-1].content)
    outcome, context = await decide({"fallback": "bob"}, answer, answer)
    assert (outcome.outlet, outcome.output["by"]) == ("bob", "fallback")
    assert [data["code"] for _, data in context.events] == ["decision_unreadable"]


async def test_several_may_be_chosen_where_that_is_allowed() -> None:
    outcome, _ = await decide({"several": True}, '{"choice": ["bob", "ada", "bob"]}')
    assert outcome.outlet == "out"
    assert outcome.output["choices"] == ["bob", "ada"]


async def test_with_a_finish_the_rule_takes_nothing_twice_and_then_finishes() -> None:
    taken: list[str] = []
    for index in range(4):
        outputs = {"node": {"taken": taken}}
        data = {"finish": "finish", "fallback": "bob"}
        outcome, _ = await decide(data, "?", "?", outputs=outputs, enclosing={"index": index})
        taken = outcome.output["taken"]
    assert taken == ["bob", "ada", "finish", "finish"]


async def test_what_was_taken_in_an_earlier_loop_is_forgotten_when_a_new_one_begins() -> None:
    outcome, _ = await decide(
        {"strategy": "in_order"}, outputs={"node": {"taken": ["ada"]}}, enclosing={"index": 0}
    )
    assert outcome.output["taken"] == ["ada"]


async def test_only_open_choices_are_offered_and_a_single_one_is_taken_unasked() -> None:
    choices = [{"outlet": "ada", "when": "variables.open"}, {"outlet": "bob"}]
    outcome, context = await decide({"choices": choices}, variables={"open": False})
    assert (outcome.outlet, outcome.output["by"], context.requests) == ("bob", "only", [])
    outcome, context = await decide({"choices": choices}, "ada", variables={"open": True})
    assert outcome.outlet == "ada"
    with pytest.raises(NodeError, match="No choice matches") as closed:
        await decide({"choices": choices[:1]}, variables={"open": False})
    assert closed.value.code == "no_choice"


async def test_keywords_decide_by_what_the_request_mentions() -> None:
    choices = [
        {"outlet": "ada", "keywords": ["art"]},
        {"outlet": "bob", "keywords": ["Start", "crash"]},
        {"outlet": "cy", "keywords": ["결제"]},
    ]
    data = {"strategy": "keywords", "choices": choices}
    outcome, _ = await decide(data, input={"message": "It crashes at START"})
    assert outcome.outlet == "bob", "art is no word of it"
    outcome, _ = await decide(data, input={"message": "어제결제했어요"})
    assert outcome.outlet == "cy"
    outcome, _ = await decide(data, input={"message": "hello"})
    assert outcome.outlet == "ada", "nothing fits: the first"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"choices": []}, "length >= 1"),
        ({"choices": [{"outlet": "a"}, {"outlet": "a"}]}, "found several of a"),
        ({"fallback": "zoe"}, "expected one of ada, bob, finish, found 'zoe'"),
        ({"finish": "end"}, "finish: expected one of"),
    ],
)
def test_choices_that_do_not_fit_are_refused(data: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        decode_node("decide", {**MODEL, "choices": CHOICES, **data})


async def test_who_did_not_get_to_vote_does_not_count_and_who_cannot_be_read_abstains() -> None:
    data = {
        "candidates": ["a", "b"],
        "ballots": [{"voter": name, "expression": f"nodes.{name}.vote"} for name in ("x", "y", "z", "w")],
    }
    outputs = {"x": {"vote": "A "}, "y": {"vote": 7}, "z": {"vote": "a"}}
    context = ScriptedContext()
    view = View(
        input={}, variables={}, outputs=outputs, messages=[], summary={}, incoming=[], loop={}, enclosing={}
    )
    outcome = await decode_node("vote", data).run(view, context)
    assert outcome.outlet == "decided", "two of three"
    assert outcome.output["votes"] == {"x": "a", "y": None, "z": "a"}
    assert [data["code"] for _, data in context.events] == ["vote_unreadable"]
    with pytest.raises(msgspec.ValidationError, match="each name once, found several of a"):
        decode_node("vote", {**data, "candidates": ["a", "A"]})
