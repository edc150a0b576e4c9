"""One use of a tool: approved by a person where it must be, within its time, through the journal."""

import asyncio
import logging
import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from graphs.conversation.citations import cited_in
from graphs.conversation.messages import InputRequest, ModelRequest, ToolResult, ToolUse
from graphs.conversation.tool_questions import ToolQuestion, ToolReply
from graphs.knowledge.retrieved import Retrieved
from graphs.node.context import Context
from graphs.node.sampled_models import sample_model
from graphs.node.subgraph_entry import SubflowCall
from graphs.parsing.text import TextError, as_text, clean
from graphs.passage_search.search_request import SearchRequest
from graphs.tool.tool_type import Tool, ToolAsks, ToolContext, ToolError
from graphs.toolbox.toolbox import Toolbox
from graphs.tools import source_of
from graphs.values.node_error import ENDS_RUN, NodeError

__all__ = ["Refused", "ask_approval", "use_tool"]

MAX_ROUNDS = 10
"""How often one use of a tool may ask people."""
ATTEMPTS, FIRST_WAIT, LONGEST_WAIT = 3, 0.5, 8.0
"""How often a call is tried that may be repeated, and the waits between in seconds, with full jitter."""


class Refused(Exception):
    """A person did not let a tool be used. The message is what the model is told."""


async def ask_approval(tool: Tool, arguments: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return the arguments with which a person lets a tool be used: as they are, or edited.

    Raises:
        Refused: the person said no.
        GraphInterrupt: nobody has answered yet; the run pauses.
    """
    answer = await context.request_input(
        InputRequest(
            kind="approval",
            message=f"May '{tool.called}' be used with these arguments?",
            schema=tool.parameters(),
            value=arguments,
        )
    )
    match answer.action:
        case "approve":
            return arguments
        case "edit":
            return answer.value
        case _:
            why = f" They said: {answer.comment}" if answer.comment else ""
            raise Refused(
                f"A person did not allow this use of '{tool.called}'.{why} Do not ask for it again."
            )


async def use_tool(
    tool: Tool,
    arguments: dict[str, Any],
    context: Context,
    toolbox: Toolbox,
    *,
    call_id: str = "",
    most: int | None = None,
    aside: bool = False,
    model: ModelRequest | None = None,
) -> ToolResult:
    """Use a tool through the journal and return its result, also where it failed.

    A call that fails in a way that may pass is tried again, where that does no harm.

    Args:
        tool: What to use.
        arguments: They fit its parameters.
        context: Of the node that uses it.
        toolbox: The rules.
        call_id: The model's id of the call.
        most: Characters of the result's text that are kept; None for all of it.
        aside: Whether it is used for what does not join the history: visitors do not see what it cites.
        model: How the node asks its own model, which answers MCP servers that name none; None without one.

    Raises:
        NodeError: a cap of the run is reached, or a person chose to fail.
    """

    async def call_flow(flow_id: str, version: int | str | None, input: dict[str, Any], at: str) -> Any:
        try:
            passed = await context.call(
                SubflowCall(flow_id=flow_id, version=version, input=input, at=at, speaks=False)
            )
        except NodeError as error:
            if error.code in ENDS_RUN:
                raise
            raise ToolError(f"The flow failed ({error.code}). {error}") from None
        return passed.output

    def progress(done: float, total: float | None, message: str) -> None:
        facts: dict[str, Any] = {"progress": done, "total": total, "message": message}
        context.emit("custom", name="tool_progress", tool=tool.called, call_id=call_id, **facts)

    async def retrieve(bases: Sequence[str], request: SearchRequest) -> Retrieved:
        try:
            return await context.retrieve(bases, request, within_use=True)
        except NodeError as error:
            if error.code in ENDS_RUN:
                raise
            raise ToolError(str(error)) from None

    async def work(key: str, replies: tuple[ToolReply, ...], state: str) -> ToolResult:
        given = ToolContext(
            execution_id=context.execution_id,
            session_id=context.session_id,
            node=context.node,
            idempotency_key=key,
            egress=toolbox.egress,
            sandbox=toolbox.sandbox,
            query=toolbox.query,
            credential=context.credential,
            env=context.env,
            keep_file=context.files.keep,
            read_files=context.files.read,
            call_flow=partial(call_flow, at=key.rpartition(":")[2]),
            call_mcp=context.call_mcp,
            progress=progress,
            sample=partial(sample_model, context, model, tool.called, call_id, key.rpartition(":")[2]),
            replies=replies,
            state=state,
            retrieve=retrieve,
        )
        try:
            if tool.bounded_by_run:
                return _kept(tool, await tool.run(arguments, given), most)
            async with asyncio.timeout(toolbox.seconds):
                return _kept(tool, await _tried(tool, arguments, given), most)
        except ToolAsks as asked:
            content = f"It asks people: {asked}"
            return ToolResult(content=content, asks=asked.questions, state=asked.state)
        except TimeoutError:
            error = f"'{tool.called}' took longer than {toolbox.seconds:g} seconds."
        except ToolError as failure:
            error = str(failure)
        except TextError as failure:
            error = f"'{tool.called}' gave what cannot be kept: {failure}."
        return ToolResult(content=_cut(error, most), error=error, status="failed")

    use = ToolUse(
        name=tool.called,
        arguments=tool.shown(arguments),
        call_id=call_id,
        repeatable=tool.repeatable,
        source=source_of(type(tool)),
    )
    replies: tuple[ToolReply, ...] = ()
    state = ""
    for _ in range(MAX_ROUNDS):
        result = await context.use(use, partial(work, replies=replies, state=state), aside=aside)
        if not result.asks:
            return result
        answered = [await _ask(tool, question, context) for question in result.asks]
        replies, state = (*replies, *answered), result.state
        # Another call for the journal: what was asked before is answered from there.
        shown = {**use.arguments, "replies": msgspec.to_builtins(replies)}
        use = msgspec.structs.replace(use, arguments=shown)
    error = f"'{tool.called}' asked people more than {MAX_ROUNDS} times and gave no result."
    return ToolResult(content=error, error=error, status="failed")


async def _ask(tool: Tool, question: ToolQuestion, context: Context) -> ToolReply:
    """Return a person's reply to a question of a tool; the run pauses until then."""
    request = InputRequest(
        kind="input",
        message=f"'{tool.called}' asks: {question.message}",
        schema=question.schema or None,
        choices=["submit", "decline"],
    )
    answer = await context.request_input(request)
    if answer.action != "submit":
        return ToolReply(key=question.key, action="decline")
    return ToolReply(key=question.key, action="accept", value=answer.value)


async def _tried(tool: Tool, arguments: dict[str, Any], given: ToolContext) -> Any:
    attempts = ATTEMPTS if tool.repeats(arguments) else 1
    for attempt in range(1, attempts + 1):
        try:
            return await tool.run(arguments, given)
        except ToolError as error:
            if not error.passing or attempt == attempts:
                raise
        except (TimeoutError, NodeError):
            raise
        except (Exception, SystemExit) as error:  # `sys.exit()` of a tool is not to end the server
            logging.getLogger(__name__).exception(
                "Tool %r failed in execution %s", tool.called, given.execution_id
            )
            raise ToolError(
                f"'{tool.called}' failed unexpectedly ({type(error).__name__}). The server's log tells more."
            ) from error
        await asyncio.sleep(random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))))
    raise AssertionError("Unreachable: the last attempt returns or raises.")


def _kept(tool: Tool, given: Any, most: int | None) -> ToolResult:
    if isinstance(given, ToolResult):
        return msgspec.structs.replace(given, content=_cut(given.content, most))
    value = clean(given)
    text = as_text(value)
    kept = _cut(text, most)
    if kept is not text and (advice := tool.when_cut(value)):
        kept = f"{kept}\n{advice}"
    shown = None if kept is not text or isinstance(value, str) else value
    return ToolResult(content=kept, value=shown, citations=cited_in(value))


def _cut(text: str, most: int | None) -> str:
    if most is None or len(text) <= most:
        return text
    return f"{text[:most]}\n[Cut off: this is the first {most:,} of {len(text):,} characters.]"
