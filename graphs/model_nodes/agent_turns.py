"""Agent turns: ask the model, make the calls that it asks for, and so on, until it answers or must stop."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Message, ModelAnswer, ModelRequest
from graphs.model_nodes.model_node import assistant_message
from graphs.model_nodes.structured_output import Form, Unreadable, read_or_repair
from graphs.node.context import Context
from graphs.node.tool_use import Refused, ask_approval, use_tool
from graphs.tool.tool_calls import Asked, read_calls, side_by_side
from graphs.tool.tool_type import Tool
from graphs.values.node_error import NodeError

__all__ = ["REPAIRS", "AgentTurns", "TurnLimits"]

REPAIRS = 2
"""Turns in a row in which calls may be wrong; the next one ends the node."""


class TurnLimits(Struct, frozen=True, kw_only=True):
    """When an agent stops; `graphs.nodes.agent` says what each field is."""

    max_iterations: int
    max_tool_calls: int
    max_calls_at_once: int
    max_repeats: int
    on_limit: Literal["fail", "answer"]


class _Stop(Exception):
    """A limit is reached."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class AgentTurns:
    """One agent at work. Everything that it learns comes through the journal, so a rerun is the same."""

    def __init__(
        self,
        request: Callable[[list[Message]], ModelRequest],
        tools: Mapping[str, Tool],
        context: Context,
        limits: TurnLimits,
        output_schema: Mapping[str, Any] | None,
        *,
        aside: bool = False,
    ) -> None:
        self.added: list[Message] = []
        """What joins the history: every call in it has its result."""
        self._request = request
        self._tools = tools
        self._specs = [tool.spec() for tool in tools.values()]
        self._context = context
        self._limits = limits
        self._schema = output_schema
        self._aside = aside
        self._made = 0
        self._wrong_turns = 0
        self._seen: Counter[str] = Counter()

    async def run(self, messages: Sequence[Message]) -> Any:
        """Return the answer: text, or the object that the schema describes.

        Raises:
            NodeError: a limit is reached (``limit_reached``, ``repeated_call``), the model's calls stay wrong
                (``bad_tool_call``), or its answer does not fit the schema (``bad_output``).
        """
        said = list(messages)
        for _ in range(self._limits.max_iterations):
            answer = await self._ask(said)
            if not answer.tool_calls:
                return await self._finished(said, answer)
            asked = read_calls(answer.tool_calls, self._tools, most=self._limits.max_calls_at_once)
            try:
                self._admit(asked)
            except _Stop as stop:
                return await self._stopped(said, answer, asked, stop)
            self._keep(said, answer, asked, await self._make(asked))
        stop = _Stop(
            f"The agent has asked its model {self._limits.max_iterations} times, as often as max_iterations "
            "allows, and has no answer yet. Raise that limit, or make the task smaller.",
            "limit_reached",
        )
        return await self._stopped(said, None, [], stop)

    async def _ask(self, said: list[Message], *, last: bool = False) -> ModelAnswer:
        """Ask the model; the last time it may use no tool, and is held to the schema where there is one."""
        request = self._request(said)
        if self._specs:
            request = msgspec.structs.replace(
                request, tools=self._specs, tool_choice="none" if last else request.tool_choice
            )
        if self._schema is not None and (last or not self._specs):
            form = {"name": "answer", "schema": dict(self._schema)}
            request = msgspec.structs.replace(
                request, response_format={"type": "json_schema", "json_schema": form}
            )
        return await self._context.ask(request, aside=self._aside)

    def _admit(self, asked: Sequence[Asked]) -> None:
        """Count calls that are about to be made.

        Raises:
            NodeError: calls were wrong too often.
            _Stop: a limit is reached.
        """
        limits = self._limits
        wrong = next((one.wrong for one in asked if one.tool is None), "")
        self._wrong_turns = self._wrong_turns + 1 if wrong else 0
        if self._wrong_turns > REPAIRS:
            raise NodeError(
                f"The model made {self._wrong_turns} invalid tool calls in a row. Last error: {wrong} Use "
                "a model "
                "with better tool calling, or improve the tool descriptions.",
                code="bad_tool_call",
            )
        good = [one for one in asked if one.tool is not None]
        for one in good:
            identity = one.identity()
            self._seen[identity] += 1
            if self._seen[identity] >= limits.max_repeats:
                raise _Stop(
                    f"The model asked for the very same call of '{one.call.name}' {self._seen[identity]} "
                    "times; max_repeats ends that. Say in the instructions what to do with its result.",
                    "repeated_call",
                )
        if self._made + len(good) > limits.max_tool_calls:
            raise _Stop(
                f"The agent has made {self._made} of the {limits.max_tool_calls} calls that max_tool_calls "
                f"allows and asks for {len(good)} more. Raise that limit, or make the task smaller.",
                "limit_reached",
            )
        self._made += len(good)

    async def _make(self, asked: Sequence[Asked]) -> list[str]:
        """Return what the model is told of each call. People are asked first, one after the other."""
        allowed: list[tuple[Asked, dict[str, Any]] | str] = []
        for one in asked:
            if one.tool is None:
                allowed.append(one.wrong)
            elif one.tool.approval:
                try:
                    given = await ask_approval(one.tool, one.call.arguments, self._context)
                    allowed.append((one, given))
                except Refused as refused:
                    allowed.append(str(refused))
            else:
                allowed.append((one, one.call.arguments))
        return await side_by_side([partial(self._made_one, one) for one in allowed])

    async def _made_one(self, allowed: tuple[Asked, dict[str, Any]] | str) -> str:
        if isinstance(allowed, str):
            return allowed
        asked, arguments = allowed
        assert asked.tool is not None
        toolbox = self._context.toolbox
        result = await use_tool(
            asked.tool,
            arguments,
            self._context,
            toolbox,
            call_id=asked.call.id,
            most=toolbox.max_result_chars,
            aside=self._aside,
            model=self._request([]),
        )
        if arguments == asked.call.arguments:
            return result.content
        changed = msgspec.json.encode(arguments).decode()
        return f"[A person changed the arguments to {changed}.]\n{result.content}"

    def _keep(
        self, said: list[Message], answer: ModelAnswer, asked: Sequence[Asked], told: Sequence[str]
    ) -> None:
        """Add an answer and what came of its calls to what the model sees and to the history."""
        calls = [one.call for one in asked]
        new = [assistant_message(msgspec.structs.replace(answer, tool_calls=calls))]
        for call, content in zip(calls, told, strict=True):
            new.append(Message(role="tool", content=content, tool_call_id=call.id, name=call.name))
        self.added += new
        said += new

    async def _stopped(
        self, said: list[Message], answer: ModelAnswer | None, asked: Sequence[Asked], stop: _Stop
    ) -> Any:
        """Fail, or have the model answer with what it has."""
        if self._limits.on_limit == "fail":
            raise NodeError(str(stop), code=stop.code)
        self._context.emit("custom", name="warning", code=stop.code, message=str(stop))
        if answer is not None:
            self._keep(said, answer, asked, ["Nothing was done: you have reached your limit."] * len(asked))
        wrap_up = "You can use no more tools. Answer now, with what you have."
        final = await self._ask([*said, Message(role="user", content=wrap_up)], last=True)
        return await self._finished(said, msgspec.structs.replace(final, tool_calls=[]))

    async def _finished(self, said: list[Message], answer: ModelAnswer) -> Any:
        """Return the answer; where it does not fit the schema, ask for a better one once."""
        if self._schema is None:
            self.added.append(assistant_message(answer))
            return answer.content

        async def ask_again(more: list[Message]) -> ModelAnswer:
            self._context.emit("message.reset", visibility="owner" if self._aside else None)
            return await self._ask([*said, *more], last=True)

        try:
            value, answer = await read_or_repair(answer, Form(schema=self._schema).read, ask_again)
        except Unreadable as error:
            raise NodeError(
                f"Expected an answer of model '{answer.model}' that fits 'output_schema', also when asked "
                f"again. {error} Make the schema simpler, raise 'max_tokens' or choose another model.",
                code="bad_output",
            ) from None
        self.added.append(assistant_message(msgspec.structs.replace(answer, tool_calls=[])))
        return value
