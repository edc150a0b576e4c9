"""Tool results of MCP: what came of a run, as text and as structured content."""

from typing import Any

import msgspec

from graphs.values.events import Event
from server.protocols.answer_parts import Asked, Failed, Part
from server.protocols.mcp.tools import RESPOND
from server.views.run_outputs import output_of

__all__ = ["answer_result", "error_result", "tool_result"]


def answer_result(last: Event, part: Part) -> dict[str, Any]:
    """Return what came of a run as the result of a call."""
    id, chat = last.execution_id, bool(last.session_id)
    shown: dict[str, Any] = {"execution_id": id}
    if chat:
        shown["session_id"] = last.session_id
    match part:
        case Failed():
            shown |= {"status": last.data.get("status") or part.code, "error": part.message}
            return {**tool_result(part.message, shown, id), "isError": True}
        case Asked():
            inputs = [
                {
                    name: value
                    for name, value in msgspec.to_builtins(one).items()
                    if name not in ("node_id", "path")
                }
                for one in part.questions
            ]
            shown |= {"status": "waiting_approval", "inputs": inputs}
            text = f"Waits for an answer ({RESPOND}, execution {id}): {part.text}"
            return tool_result(text, shown, id)
        case _:
            output: dict[str, Any] = last.data.get("output") or {}
            shown["status"] = "completed"
            if chat:
                shown["response"] = text = output.get("response") or ""
            else:
                shown["output"] = given = output_of(output)
                text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
            return tool_result(text, shown, id)


def tool_result(text: str, shown: dict[str, Any], execution_id: str) -> dict[str, Any]:
    """Return the result of a call: as text, and as structured content."""
    return {
        "content": [{"type": "text", "text": text}],
        "structuredContent": shown,
        "isError": False,
        "_meta": {"agenticrag/execution_id": execution_id},
    }


def error_result(message: str, execution_id: str) -> dict[str, Any]:
    """Return the result of a call for which no run began."""
    shown = {"execution_id": execution_id, "status": "failed", "error": message}
    return {**tool_result(message, shown, execution_id), "isError": True}
