"""How a model of 135 million parameters is asked: short answers, bounded forms, one tool at a time.

Such a model cannot choose among tools, and where it may end a form itself it does not. So it is offered the
tools that the message plainly asks for, one after the other, and held to their arguments by a grammar; with a
result of each in its hands it answers in text.
"""

import re
from typing import Any

import msgspec

from graphs.conversation.messages import SOURCES, Message, ModelRequest, ToolSpec
from graphs.model_api.provider import Piece, ToolPiece
from graphs.providers.asked_tools import asked_tools, question_of, since_question, subject_of, text_of

__all__ = ["LONGEST_ANSWER", "as_call", "bounded", "tool_to_call", "with_form"]

LONGEST_ANSWER = 256
"""Tokens of an answer where a request names no `max_tokens`."""
_LONGEST_TEXT = 160
"""Characters of a text within a form."""
_MOST_ITEMS = 4
"""Items of a list within a form."""
_DEPTH = 32
_MOST_PASSAGES, _LONGEST_PASSAGE = 3, 600
"""How many passages to answer from are shown, and how many characters of each."""


def tool_to_call(request: ModelRequest) -> ToolSpec | None:
    """Return the tool that the model is to call now; None where it is to answer."""
    if not request.tools or request.tool_choice == "none":
        return None
    used = {call.name for message in since_question(request) for call in message.tool_calls}
    if request.tool_choice not in ("", "auto", "required"):
        return next((tool for tool in request.tools if tool.name == request.tool_choice), None)
    waiting = [tool for tool in asked_tools(request) if tool.name not in used]
    if not waiting and request.tool_choice == "required" and not used:
        waiting = request.tools
    return next(iter(waiting), None)


def with_form(request: ModelRequest, tool: ToolSpec | None) -> ModelRequest:
    """Return the request as the model is asked: with the one tool's arguments as its form, without tools."""
    if tool is None:
        form = request.response_format
        if form is not None and form.get("type") == "json_schema":
            schema = bounded(form["json_schema"].get("schema", {}))
            form = {**form, "json_schema": {**form["json_schema"], "schema": schema}}
        return msgspec.structs.replace(
            request,
            messages=_told(request),
            tools=[],
            response_format=form,
            max_tokens=request.max_tokens or LONGEST_ANSWER,
        )
    question = question_of(request)
    schema = _arguments(tool.parameters, subject_of(question))
    told = f"{tool.description} Give its arguments as JSON for: {question[:500]}"
    return msgspec.structs.replace(
        request,
        messages=[Message(role="user", content=told)],
        tools=[],
        response_format={"type": "json_schema", "json_schema": {"name": "arguments", "schema": schema}},
        max_tokens=max(request.max_tokens or 0, LONGEST_ANSWER),
        temperature=0,
    )


def _told(request: ModelRequest) -> list[Message]:
    """Return the messages, with what tools gave since the question as facts beside it.

    Calls and results as they are make such a model go on with more of them. So it is with passages to answer
    from: it is shown the beginnings of a few, beside the question.
    """
    if passages := [text_of(one) for one in request.messages if SOURCES in one.metadata]:
        kept = [one for one in request.messages if SOURCES not in one.metadata]
        parts = re.split(r"\n\n(?=\[\d+\] )", passages[-1])[1 : _MOST_PASSAGES + 1]
        facts = "\n".join(part.partition("\n")[2][:_LONGEST_PASSAGE] for part in parts)
        asked = f"{question_of(request)}\n\nUse these facts:\n{facts}\n\nAnswer in one sentence."
        before = kept[: max((at for at, one in enumerate(kept) if one.role == "user"), default=0)]
        return [*before, Message(role="user", content=asked)]
    since = since_question(request)
    results = [message for message in since if message.role == "tool"]
    if not results:
        return request.messages
    facts = "\n".join(f"{result.name or 'result'}: {text_of(result)[:500]}" for result in results)
    asked = f"{question_of(request)}\n\nUse these facts:\n{facts}\n\nAnswer in one sentence."
    before = request.messages[: len(request.messages) - len(since) - 1]
    return [*before, Message(role="user", content=asked)]


def as_call(piece: Piece, tool: ToolSpec, id: str) -> Piece:
    """Return a piece of the arguments as a piece of the tool's call."""
    calls = (ToolPiece(0, id, tool.name, piece.text),) if piece.text else ()
    # Cut arguments are no JSON, which whoever reads the call tells the model.
    reason = "tool_calls" if piece.finish_reason else ""
    return msgspec.structs.replace(piece, text="", tools=calls, finish_reason=reason)


def _arguments(schema: dict[str, Any], subject: str) -> dict[str, Any]:
    """Return a schema of what must be given; a text that may be anything is what the message is about."""
    properties: dict[str, Any] = schema.get("properties", {})
    required = [name for name in properties if name in schema.get("required", [])]
    given = {
        name: {"const": subject} if _is_free_text(properties[name]) else properties[name] for name in required
    }
    return bounded({**schema, "properties": given, "required": required, "additionalProperties": False})


def _is_free_text(schema: Any) -> bool:
    return (
        isinstance(schema, dict)
        and schema.get("type") == "string"  # pyright: ignore[reportUnknownMemberType]: JSON of a caller
        and not {"enum", "const", "format", "pattern"} & schema.keys()
    )


def bounded(schema: Any, depth: int = 0) -> Any:
    """Return a schema in which no text and no list goes on for ever."""
    if isinstance(schema, list):
        return [bounded(one, depth + 1) for one in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict) or depth > _DEPTH:
        return schema
    held: dict[str, Any] = {
        name: value if name in ("enum", "const", "default", "examples") else bounded(value, depth + 1)
        for name, value in schema.items()  # pyright: ignore[reportUnknownVariableType]: JSON of a caller
    }
    match held.get("type"):
        case "string" if not {"enum", "const", "format", "pattern"} & held.keys():
            held["maxLength"] = min(held.get("maxLength", _LONGEST_TEXT), _LONGEST_TEXT)
            held["minLength"] = min(held.get("minLength", 0), held["maxLength"])
        case "array" if "const" not in held:
            held["maxItems"] = max(
                min(held.get("maxItems", _MOST_ITEMS), _MOST_ITEMS), held.get("minItems", 0)
            )
        case _:
            pass
    return held
