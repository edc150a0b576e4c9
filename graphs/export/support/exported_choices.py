"""Choices: a model or a rule chooses among named options."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AnyMessage, SystemMessage

from graphs.export.support.exported_answers import Unreadable, json_values, read_or_repair
from graphs.export.support.exported_models import ChatModel

__all__ = [
    "choose",
    "instruction",
    "with_instruction",
    "read_choice",
    "decision",
    "rule",
    "decide",
    "decide_in_line",
    "decide_by_keywords",
    "taken_before",
    "count_votes",
]


async def choose(
    model: ChatModel,
    messages: Sequence[AnyMessage],
    options: Mapping[str, str],
    *,
    several: bool = False,
    task: bool = False,
) -> dict[str, Any]:
    """Return what a model chooses: ``choices``, ``task`` and ``reason``. An invalid answer gets one more try.

    Raises:
        Unreadable: the second answer is invalid too.
    """
    asked = with_instruction(messages, instruction(options, several=several, task=task))

    async def ask_again(more: list[AnyMessage]) -> Any:
        return await model.ainvoke([*asked, *more])

    answer = await model.ainvoke(asked)
    return await read_or_repair(answer, lambda said: read_choice(said, options, several=several), ask_again)


def instruction(options: Mapping[str, str], *, several: bool, task: bool) -> str:
    """Return how the model is told to answer."""
    listed = "\n".join(f"- {name}: {about}" if about else f"- {name}" for name, about in options.items())
    choice = '["<name>", …]' if several else '"<name>"'
    form = f'{{"reason": "<one sentence>", "choice": {choice}'
    form += ', "task": "<what to do>"}' if task else "}"
    wanted = "one or more" if several else "exactly one"
    return f"Choose {wanted} of:\n{listed}\n\nAnswer with JSON only, in this form: {form}"


def with_instruction(messages: Sequence[AnyMessage], more: str) -> list[AnyMessage]:
    """Return messages with something added to the system prompt."""
    if messages and messages[0].type == "system":
        return [SystemMessage(f"{messages[0].text}\n\n{more}"), *messages[1:]]
    return [SystemMessage(more), *messages]


def read_choice(said: str, options: Mapping[str, str], *, several: bool) -> dict[str, Any]:
    """Return what an answer chooses.

    Raises:
        Unreadable: it chooses nothing that there is.
    """
    known = {name.strip().casefold(): name for name in options}
    problem = f"Expected a JSON object with 'choice', found {said[:80]!r}."
    for value in json_values(said):
        if not isinstance(value, dict):
            continue
        named = value.get("choice")
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list) or not names:
            raise Unreadable(
                f"'choice' must be {'a list of names' if several else 'a name'}, found {_shown(named)}."
            )
        for name in names:
            if not isinstance(name, str) or name.strip().casefold() not in known:
                raise Unreadable(f"There is no choice {_shown(name)}; there are {', '.join(options)}.")
        chosen = list(dict.fromkeys(known[name.strip().casefold()] for name in names))
        if len(chosen) > 1 and not several:
            raise Unreadable(f"'choice' must be exactly one name, found {_shown(named)}.")
        texts = {name: value.get(name) for name in ("task", "reason")}
        return {
            "choices": chosen,
            **{name: found.strip()[:2000] if isinstance(found, str) else "" for name, found in texts.items()},
        }
    bare = said.strip().strip("\"'`*.").strip().casefold()
    if bare in known:
        return {"choices": [known[bare]], "task": "", "reason": ""}
    raise Unreadable(problem)


def _shown(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value)
    return repr(shown[:80])


def decision(found: dict[str, Any], by: str, taken: Sequence[str]) -> dict[str, Any]:
    """Return a decision as later nodes read it."""
    chosen: list[str] = found["choices"]
    return {
        "choice": chosen[0],
        "choices": chosen,
        "task": found.get("task", ""),
        "reason": found.get("reason", ""),
        "by": by,
        "taken": [*taken, *chosen],
    }


def rule(names: Sequence[str], taken: Sequence[str], fallback: str = "", finish: str = "") -> str:
    """Return the choice by rule: none twice while others are left, so that a loop comes to its end."""
    if not finish and fallback in names:
        return fallback
    wanted = [fallback, *(name for name in names if name != finish)]
    untaken = [name for name in wanted if name in names and name not in taken]
    return next(iter([*untaken, *(name for name in names if name == finish), *names]))


async def decide(
    model: ChatModel,
    messages: Sequence[AnyMessage],
    options: Mapping[str, str],
    taken: Sequence[str] = (),
    *,
    fallback: str = "",
    finish: str = "",
    several: bool = False,
    task: bool = False,
) -> dict[str, Any]:
    """Return the decision of a model; by rule where its answer is invalid, or it fails and has a fallback.

    Raises:
        ValueError: no option is open.
    """
    if not options:
        raise ValueError("No choice is open.")
    if len(options) == 1:
        only = {"choices": [*options], "reason": "It is the only one that is open."}
        return decision(only, "only", taken)
    try:
        found = await choose(model, messages, options, several=several, task=task)
    except Exception as error:
        if not isinstance(error, Unreadable) and not fallback:
            raise
        chosen = rule([*options], taken, fallback, finish)
        return decision({"choices": [chosen], "reason": str(error)}, "fallback", taken)
    return decision(found, "model", taken)


def decide_in_line(
    options: Mapping[str, str],
    taken: Sequence[str] = (),
    *,
    in_turn: bool,
    fallback: str = "",
    finish: str = "",
) -> dict[str, Any]:
    """Return the decision of a rule: the first that was not taken, or the one after the last.

    Raises:
        ValueError: no option is open.
    """
    if not options:
        raise ValueError("No choice is open.")
    names = [*options]
    if len(names) == 1:
        return decision({"choices": names, "reason": "It is the only one that is open."}, "only", taken)
    if not in_turn:
        chosen = rule(names, taken, fallback, finish)
        return decision({"choices": [chosen], "reason": "It is next in order."}, "rule", taken)
    working = [name for name in names if name != finish] or names
    after = working.index(taken[-1]) + 1 if taken and taken[-1] in working else 0
    return decision(
        {"choices": [working[after % len(working)]], "reason": "It is next in turn."}, "rule", taken
    )


def decide_by_keywords(
    prompt: str,
    options: Mapping[str, str],
    keywords: Mapping[str, Sequence[str]],
    taken: Sequence[str] = (),
    *,
    several: bool = False,
    fallback: str = "",
    finish: str = "",
) -> dict[str, Any]:
    """Return the decision by the keywords that a prompt has.

    Raises:
        ValueError: no option is open.
    """
    if not options:
        raise ValueError("No choice is open.")
    if len(options) == 1:
        return decision({"choices": [*options], "reason": "It is the only one that is open."}, "only", taken)
    found = prompt.casefold()
    counts = {
        name: sum(
            bool(re.search(rf"(?<![a-z0-9]){re.escape(word.casefold())}", found)) for word in keywords[name]
        )
        for name in options
        if name not in taken
    }
    best = [name for name, count in counts.items() if count and count == max(counts.values())]
    if best:
        chosen = [name for name, count in counts.items() if count] if several else best[:1]
        return decision({"choices": chosen, "reason": "Its keywords are there."}, "rule", taken)
    if taken and finish in options:
        return decision(
            {"choices": [finish], "reason": "No other has a keyword that is there."}, "rule", taken
        )
    by_rule = rule([*options], taken, fallback, finish)
    return decision({"choices": [by_rule], "reason": "None has a keyword that is there."}, "rule", taken)


def taken_before(state: Any, node: str, loop: str) -> list[str]:
    """Return what a node has chosen in earlier rounds of the loop around it."""
    if not state["loops"].get(loop, {}).get("index"):
        return []
    before = state["outputs"].get(node)
    return before.get("taken", []) if isinstance(before, dict) else []


def count_votes(
    candidates: Sequence[str], ballots: Mapping[str, tuple[Any, float]], *, unanimous: bool = False
) -> dict[str, Any]:
    """Return the result of a vote.

    Args:
        candidates: The preferred one first.
        ballots: By voter what was voted for, and its weight.
        unanimous: Whether all must agree; otherwise more than half.
    """
    known = {candidate.casefold(): candidate for candidate in candidates}
    votes: dict[str, str | None] = {}
    counts: dict[str, float] = dict.fromkeys(candidates, 0)
    whole = 0.0
    for voter, (found, weight) in ballots.items():
        whole += weight
        vote = known.get(found.strip().casefold()) if isinstance(found, str) else None
        votes[voter] = vote
        if vote is not None:
            counts[vote] += weight
    leading = max(candidates, key=lambda candidate: counts[candidate])
    decided = counts[leading] > 0 and (counts[leading] == whole if unanimous else counts[leading] * 2 > whole)
    return {
        "winner": leading if decided else None,
        "leading": leading,
        "decided": decided,
        "counts": counts,
        "votes": votes,
        "cast": sum(vote is not None for vote in votes.values()),
    }
