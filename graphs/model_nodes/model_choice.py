"""Model choice: a model chooses among named options; an unreadable answer is asked for once more."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Message, ModelAnswer, ModelRequest
from graphs.model_nodes.structured_output import Unreadable, read_or_repair
from graphs.node.context import Context
from graphs.parsing.json_text import json_values

__all__ = ["Decision", "Undecided", "decide"]

_LONGEST = 2_000
"""Characters that are kept of a reason or task."""


class Decision(Struct, frozen=True, kw_only=True):
    """What a model chose."""

    chosen: list[str]
    """Names of options, each once: exactly one unless several were allowed."""
    task: str = ""
    """What the chosen one is to do, where that was asked for."""
    reason: str = ""


class Undecided(Struct, frozen=True):
    """Neither the first answer nor the repaired one could be read."""

    problem: str
    """A sentence: what was expected and what the last answer had instead."""


async def decide(
    context: Context,
    request: ModelRequest,
    options: Mapping[str, str],
    *,
    several: bool = False,
    task: bool = False,
) -> Decision | Undecided:
    """Return what a model chooses.

    An answer that cannot be read is given back to the model once, with what is wrong with it.

    Args:
        context: Of the node that has to decide.
        request: What there is to know. How to answer is added to it.
        options: What there is to choose from: by name, when to choose it.
        several: Whether it may choose more than one.
        task: Whether it also says what the chosen one is to do.

    Raises:
        NodeError: no provider answered, or a cap of the run is reached.
    """
    schema = _schema(options, several=several, task=task)
    asked = msgspec.structs.replace(
        request,
        messages=_told(request.messages, _instruction(options, several=several, task=task)),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "decision", "schema": schema, "strict": True},
        },
    )

    async def ask_again(more: list[Message]) -> ModelAnswer:
        request = msgspec.structs.replace(asked, messages=[*asked.messages, *more])
        return await context.ask(request, publish=False)

    answer = await context.ask(asked, publish=False)
    try:
        found, _ = await read_or_repair(answer, lambda text: _read(text, options, several=several), ask_again)
    except Unreadable as error:
        return Undecided(str(error))
    return found


def _schema(options: Mapping[str, str], *, several: bool, task: bool) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "string", "enum": [*options]}
    choice: dict[str, Any] = {"type": "array", "items": one, "minItems": 1} if several else one
    fields: dict[str, Any] = {"reason": {"type": "string"}, "choice": choice}
    if task:
        fields["task"] = {"type": "string"}
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def _instruction(options: Mapping[str, str], *, several: bool, task: bool) -> str:
    listed = "\n".join(f"- {name}: {about}" if about else f"- {name}" for name, about in options.items())
    choice = '["<name>", …]' if several else '"<name>"'
    form = f'{{"reason": "<one sentence>", "choice": {choice}' + (
        ', "task": "<what to do>"}' if task else "}"
    )
    wanted = "one or more" if several else "exactly one"
    return f"Choose {wanted} of:\n{listed}\n\nAnswer with JSON only, in this form: {form}"


def _told(messages: list[Message], instruction: str) -> list[Message]:
    """Return the messages with how to answer added to what the model is told first."""
    if messages and messages[0].role == "system":
        first = msgspec.structs.replace(messages[0], content=f"{messages[0].content}\n\n{instruction}")
        return [first, *messages[1:]]
    return [Message(role="system", content=instruction), *messages]


def _read(text: str, options: Mapping[str, str], *, several: bool) -> Decision:
    """Return what an answer chooses.

    Raises:
        Unreadable: it chooses nothing that there is.
    """
    problem = ""
    for value in json_values(text):
        if isinstance(value, dict):
            try:
                return _decision(cast("dict[str, Any]", value), options, several=several)
            except Unreadable as error:
                problem = problem or str(error)
    # Small models tend to give the bare name: that can be read.
    named = _known(text.strip().strip("\"'`*.").strip(), options)
    if named is not None:
        return Decision(chosen=[named])
    raise Unreadable(problem or f"Expected a JSON object with 'choice', found {_shown(text)}.")


def _decision(value: dict[str, Any], options: Mapping[str, str], *, several: bool) -> Decision:
    choice = value.get("choice")
    named = [choice] if isinstance(choice, str) else choice
    if not isinstance(named, list) or not named:
        wanted = "a list of names" if several else "a name"
        raise Unreadable(f"'choice' must be {wanted}, found {_shown(value.get('choice'))}.")
    chosen: dict[str, None] = {}
    for name in cast("list[Any]", named):
        known = _known(name, options) if isinstance(name, str) else None
        if known is None:
            raise Unreadable(f"There is no choice {_shown(name)}; there are {', '.join(options)}.")
        chosen[known] = None
    if len(chosen) > 1 and not several:
        raise Unreadable(f"'choice' must be exactly one name, found {_shown(choice)}.")
    return Decision(chosen=[*chosen], task=_text(value.get("task")), reason=_text(value.get("reason")))


def _known(name: str, options: Mapping[str, str]) -> str | None:
    folded = name.strip().casefold()
    return next((option for option in options if option.casefold() == folded), None)


def _text(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return repr(text[:80]) if text else "nothing"
