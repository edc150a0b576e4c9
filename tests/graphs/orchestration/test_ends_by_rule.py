"""Reflection and consensus building end by their rule, with an output, whatever their models say."""

from typing import Any

import pytest

from graphs.conversation.messages import ToolCall
from graphs.testing import Script
from graphs.testing.driver import Ran
from tests.graphs.cast import Cast, agent, play

ANYBODY = " "
"""A part that every request is for."""
TEAM = [agent("Ada"), agent("Bob"), agent("Cy")]

ANSWERS: dict[str, str | Script] = {
    "prose": "Well, it depends.",
    "somebody who does not stand": '{"reason": "r", "vote": "nobody", "choice": "nobody"}',
    "of another form": '{"vote": ["ada"], "choice": 7}',
    "a cut object": '{"reason": "because it is the bes',
    "a long one": "otter " * 3000,
    "never agreed": '{"reason": "r", "vote": "ada", "choice": "revise"}',
    "a filtered vote": Script(text="x", finish_reason="length"),
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("type", ["reflection", "consensus_building"])
@pytest.mark.parametrize("agents", [2, 3])
async def test_it_ends_with_an_output_by_default(type: str, agents: int, said: str | Script) -> None:
    ran, cast = await play(type, TEAM[:agents], {ANYBODY: [said]})
    assert ran.result.status == "completed", ran.result.error
    assert ran.response
    assert len(cast.requests) <= 10 * (4 * agents + 2), "max_iterations is 10"


async def test_rounds_in_which_no_vote_can_be_read_end_at_once() -> None:
    ran, cast = await consensus(["Well, it depends."])
    assert ran.response == "Well, it depends."
    votes = [text for text in cast.heard[ANYBODY] if "Vote for the best proposal" in text]
    assert len(votes) == 2 * 3, "one round, each asked once more for its form"
    assert _codes(ran) == ["vote_unreadable"] * 3


async def test_a_vote_that_can_be_read_keeps_the_rounds_going() -> None:
    parts = {
        "Vote for the best proposal": ['{"reason": "r", "vote": "ada"}', "?", "?", "?"],
        ANYBODY: ["A proposal."],
    }
    ran, cast = await play("consensus_building", TEAM, parts, max_iterations=4)
    assert ran.response == "A proposal."
    proposals = sum("Make your proposal" in text for text in cast.heard[ANYBODY])
    assert proposals == 2 * 3, "a second round, whose votes none could be read of"


async def test_an_agent_that_took_no_part_wins_nothing() -> None:
    out = agent("Ada", conditional_logic="false")
    for vote in ('{"reason": "r", "vote": "ada"}', "?"):
        parts = {"Vote for the best proposal": [vote], "You are Bob": ["By Bob."], "You are Cy": ["By Cy."]}
        ran, _ = await play("consensus_building", [out, *TEAM[1:]], parts, max_iterations=1)
        assert (ran.result.status, ran.response) == ("completed", "By Bob."), ran.result.error


async def test_a_prompt_has_the_last_round_alone() -> None:
    parts = {
        "Vote for the best proposal": [ballot(name) for name in ("ada", "bob", "bob") * 5],
        ANYBODY: ["word " * 200],
    }
    _, cast = await play("consensus_building", TEAM, parts, voting="unanimous", max_iterations=5)
    asked = [len(text) for text in cast.heard[ANYBODY] if "Make your proposal" in text]
    assert len(asked) == 15
    assert max(asked[6:]) - min(asked[6:]) < 50, "it does not grow with the rounds"


async def test_a_critic_or_a_revision_that_fails_leaves_the_draft() -> None:
    broken = Script(tool_calls=[ToolCall(id="c", name="nothing", arguments={})])
    for failing in ("Criticise the draft", "Write the draft anew"):
        parts: dict[str, list[str | Script]] = {
            failing: [broken],
            "You decide whether": ['{"reason": "r", "choice": "revise"}'],
            ANYBODY: ["The draft."],
        }
        ran, _ = await play("reflection", TEAM[:2], parts, max_iterations=2)
        assert (ran.result.status, ran.response) == ("completed", "The draft."), ran.result.error


def ballot(name: str) -> str:
    return f'{{"reason": "r", "vote": "{name}"}}'


async def consensus(answers: list[str | Script], **leader: Any) -> tuple[Ran, Cast]:
    return await play("consensus_building", TEAM, {ANYBODY: answers}, **leader)


def _codes(ran: Ran) -> list[str]:
    return [event.data["code"] for event in ran.recorder.of("custom") if event.data["name"] == "warning"]
