"""The loop of an agent: ask the model, make the calls that it asks for, and so on until it answers."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp

from graphs.export.support.exported_expressions import text
from graphs.export.support.exported_models import ChatModel

__all__ = ["work", "call_tool"]


async def work(
    model: ChatModel,
    tools: Sequence[BaseTool],
    messages: Sequence[AnyMessage],
    *,
    turns: int = 10,
    calls: int = 25,
    repeats: int = 3,
    answers_at_limit: bool = False,
) -> list[AnyMessage]:
    """Return what an agent said and did, its answer last.

    Args:
        model: The model, which knows the tools.
        tools: What it may call.
        messages: Its task.
        turns: How often it is asked.
        calls: How many calls it may make.
        repeats: How often it may ask for the very same call.
        answers_at_limit: Whether it answers with what it has where a limit is reached; otherwise it fails.

    Raises:
        RuntimeError: a limit is reached.
    """
    known = {tool.name: tool for tool in tools}
    added: list[AnyMessage] = []
    seen: dict[str, int] = {}
    for _ in range(turns):
        answer = await model.ainvoke([*messages, *added])
        if not answer.tool_calls:
            return [*added, answer]
        asked = [json.dumps([call["name"], call["args"]], sort_keys=True) for call in answer.tool_calls]
        for one in asked:
            seen[one] = seen.get(one, 0) + 1
        if max(seen.values()) >= repeats or sum(seen.values()) > calls:
            stopped = "Nothing was done: you have reached your limit."
            told = [ToolMessage(stopped, tool_call_id=str(call["id"])) for call in answer.tool_calls]
            added += [answer, *told]
            break
        made = await asyncio.gather(*(call_tool(known, call) for call in answer.tool_calls))
        added += [answer, *made]
    if not answers_at_limit:
        raise RuntimeError("The agent has reached a limit and has no answer yet.")
    wrap_up = HumanMessage("You can use no more tools. Answer now, with what you have.")
    final = await model.ainvoke([*messages, *added, wrap_up])
    return [*added, AIMessage(str(final.text))]


async def call_tool(tools: dict[str, BaseTool], call: Any) -> ToolMessage:
    """Return the result of a tool, or what is wrong with the call."""
    if call["name"] not in tools:
        told = f"There is no tool '{call['name']}'. There are {', '.join(tools)}."
    else:
        try:
            told = text(await tools[call["name"]].ainvoke(call["args"]))
        except GraphBubbleUp:
            raise
        except Exception as error:
            told = str(error)
    return ToolMessage(told, tool_call_id=str(call["id"]), name=call["name"])
