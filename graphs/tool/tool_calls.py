"""Tool calls: what a model asked for, looked at before anything is done, and done side by side."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ToolCall
from graphs.tool.tool_type import Tool

__all__ = ["Asked", "check_arguments", "read_calls", "side_by_side"]

MAX_ARGUMENTS = 100_000
"""Characters that the arguments of one call may have."""
_SHOWN = 200

T = TypeVar("T")


class Asked(Struct, frozen=True):
    """A call as a model asked for it: either fit to be made, or with what is wrong with it."""

    call: ToolCall
    """With an id that no other call has, and a name and arguments that every provider takes back."""
    tool: Tool | None = None
    """None where `wrong` says why nothing can be done."""
    wrong: str = ""
    """A sentence for the model."""

    def identity(self) -> str:
        """Return a text that is the same for the very same call."""
        return msgspec.json.encode((self.call.name, self.call.arguments), order="sorted").decode()


def read_calls(calls: Sequence[ToolCall], tools: Mapping[str, Tool], *, most: int) -> list[Asked]:
    """Return the calls of one answer, each looked at; of more than `most`, as many, and none to be made.

    Args:
        calls: What the model asked for.
        tools: What it may ask for, by the names that it knows.
        most: How many calls one answer may have.
    """
    if len(calls) > most:
        wrong = (
            f"Nothing was done: you asked for {len(calls):,} calls at once, and at most {most} are made. "
            "Ask for fewer."
        )
        return [
            Asked(msgspec.structs.replace(call, arguments={}, invalid=""), None, wrong)
            for call in _numbered(calls[:most])[0]
        ]
    unique, again = _numbered(calls)
    return [_look(call, tools, repeated=place in again) for place, call in enumerate(unique)]


def check_arguments(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Return why a tool cannot be used with these arguments, as sentences; empty where it can."""
    from graphs.parsing.schemas import misfit  # a native library that most runs do without

    return misfit(tool.parameters(), arguments)


async def side_by_side(works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do everything at once and return the results in order.

    Where one fails, or pauses the run, the others come to their end first: what they did is then known.

    Raises:
        Exception: the first failure, in order.
    """
    ended: list[T | Exception] = [RuntimeError("It was not done.")] * len(works)

    async def do(place: int, work: Callable[[], Awaitable[T]]) -> None:
        try:
            ended[place] = await work()
        except Exception as error:
            ended[place] = error

    async with asyncio.TaskGroup() as group:
        for place, work in enumerate(works):
            group.create_task(do(place, work))
    results: list[T] = []
    for one in ended:
        if isinstance(one, Exception):
            raise one
        results.append(one)
    return results


def _numbered(calls: Sequence[ToolCall]) -> tuple[list[ToolCall], set[int]]:
    """Return calls with ids that are there once and names that are names; and which ids were there before."""
    known: set[str] = set()
    again: set[int] = set()
    unique: list[ToolCall] = []
    for place, call in enumerate(calls):
        id = call.id
        if id in known:
            again.add(place)
            number = 2
            while f"{id}_{number}" in known:
                number += 1
            id = f"{id}_{number}"
        known.add(id)
        name = re.sub(r"[^A-Za-z0-9_-]", "_", call.name)[:64] or "nameless"
        unique.append(msgspec.structs.replace(call, id=id, name=name))
    return unique, again


def _look(call: ToolCall, tools: Mapping[str, Tool], *, repeated: bool) -> Asked:
    def wrong(why: str) -> Asked:
        # What is no JSON, or very long, is not sent back: some servers fail at it.
        keep = not call.invalid and not long
        kept = call.arguments if keep else {}
        return Asked(msgspec.structs.replace(call, arguments=kept, invalid=""), None, why)

    long = len(msgspec.json.encode(call.arguments)) > MAX_ARGUMENTS
    if repeated:
        return wrong("Nothing was done: another call of this answer has the same id. Ask again.")
    if (tool := tools.get(call.name)) is None:
        there = f"There are {', '.join(tools)}." if tools else "There are none: answer without."
        return wrong(f"There is no tool '{call.name}'. {there}")
    if long:
        return wrong(f"The arguments have over {MAX_ARGUMENTS:,} characters. Ask for less.")
    if call.invalid:
        return wrong(f"The arguments are no JSON object: {call.invalid[:_SHOWN]!r}. Send one.")
    if problem := check_arguments(tool, call.arguments):
        return wrong(f"Nothing was done, the arguments do not fit. {problem}")
    return Asked(call, tool)
