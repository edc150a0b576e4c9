"""Requests of OpenAI's Responses API, as conversations."""

from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from graphs.values.call_settings import CallSettings
from server.http.problems import Fault, Problem
from server.protocols.openai.given_messages import GivenMessage
from server.protocols.openai.model_settings import ModelSettings, read_settings
from server.runs.run_requests import Order

__all__ = [
    "ResponseRequest",
    "echoed",
    "given_of",
    "items_of",
    "read_item",
    "refuse_unsupported",
    "settings_of",
]

FORM = ("name", "schema", "description", "strict")


class ResponseRequest(Struct, frozen=True, kw_only=True):
    """A response as it is asked for. What else a client sends is ignored."""

    model: str
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | dict[str, Any] | None = None
    stream: bool | None = None
    background: bool | None = None
    store: bool | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    text: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None
    """Public inputs of the chatflow: OpenAI's clients send them by `extra_body`."""


def settings_of(wanted: ResponseRequest, *, plain: bool, resumes: bool) -> CallSettings | None:
    """Return what the model is asked with; None where nothing is set, or the flow decides alone.

    Tools that OpenAI's own servers run are ignored. See `read_settings`.

    Raises:
        Problem: 422 for what cannot be done, or is not as it should be.
    """
    form: Any = (wanted.text or {}).get("format")
    effort: Any = (wanted.reasoning or {}).get("effort")
    if isinstance(form, dict) and form.get("type") == "json_schema":  # pyright: ignore[reportUnknownMemberType]: JSON
        form = {"type": "json_schema", "json_schema": {name: form[name] for name in FORM if name in form}}  # pyright: ignore[reportUnknownVariableType]: JSON
    choice = wanted.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "function":  # pyright: ignore[reportUnknownMemberType]: JSON
        choice = {"type": "function", "function": {"name": choice.get("name")}}  # pyright: ignore[reportUnknownMemberType]: JSON
    tools: list[Any] = [
        {"type": "function", "function": {name: value for name, value in tool.items() if name != "type"}}
        for tool in wanted.tools or []
        if isinstance(tool, dict) and tool.get("type") == "function"  # pyright: ignore[reportUnknownMemberType]: JSON
    ]
    named = isinstance(choice, dict)
    settings = ModelSettings(
        tools=tools or (wanted.tools if not plain else None),
        tool_choice=choice if tools or named or choice == "required" else None,
        parallel_tool_calls=wanted.parallel_tool_calls,
        response_format=form if isinstance(form, dict) else None,  # pyright: ignore[reportUnknownArgumentType]: JSON
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        max_tokens=wanted.max_output_tokens,
        reasoning_effort=effort if isinstance(effort, str) else None,
    )
    try:
        return read_settings(settings, plain=plain, resumes=resumes)
    except Problem as problem:
        document = problem.document
        faults = [replace(one, pointer=_pointer(one.pointer)) for one in document.errors]
        raise Problem(document.status, document.code, document.detail, errors=faults) from None


def _pointer(pointer: str) -> str:
    return pointer.replace("/response_format/json_schema", "/text/format").replace(
        "/response_format", "/text/format"
    )


def given_of(wanted: ResponseRequest, *, whole: bool) -> list[GivenMessage]:
    """Return the input as messages of a chat."""
    if isinstance(wanted.input, str):
        given = [GivenMessage(role="user", content=wanted.input)]
    else:
        given = [
            message
            for place, item in enumerate(wanted.input)
            if (message := _tool_item(item) or read_item(item, f"/input/{place}")) is not None
        ]
    if whole and wanted.instructions:
        given.insert(0, GivenMessage(role="developer", content=wanted.instructions))
    return given


def read_item(item: dict[str, Any], pointer: str) -> GivenMessage | None:
    """Return an item of the input as a message; None for one that is none, as a reasoning."""
    if item.get("type", "message") != "message":
        return None
    role, content = item.get("role"), item.get("content")
    if not isinstance(role, str):
        _refuse("Expected a role.", f"{pointer}/role")
    if isinstance(content, str):
        return GivenMessage(role=role, content=content)
    if not isinstance(content, list):
        _refuse("Expected a text or a list of parts.", f"{pointer}/content")
    parts: list[dict[str, Any]] = []
    for part in content:
        match part:
            case {"type": "input_text" | "output_text" | "text", "text": str(text)}:
                parts.append({"type": "text", "text": text})
            case {"type": "input_image", "image_url": str(url)}:
                parts.append({"type": "image_url", "image_url": {"url": url}})
            case {"type": "input_file", "file_data": str(data), **more}:
                file = {"file_data": data, "filename": more.get("filename")}
                parts.append({"type": "file", "file": file})
            case _:
                known = "input_text, input_image with image_url, or input_file with file_data"
                _refuse(f"Expected a part {known}.", f"{pointer}/content")
    return GivenMessage(role=role, content=parts)


def _tool_item(item: dict[str, Any]) -> GivenMessage | None:
    """Return a call of the client's tool, or its result, as a message; None for another item."""
    match item:
        case {"type": "function_call", "name": name, **more}:
            function = {"name": name, "arguments": more.get("arguments") or ""}
            call = {"id": more.get("call_id"), "type": "function", "function": function}
            return GivenMessage(role="assistant", tool_calls=[call])
        case {"type": "function_call_output", "call_id": str(id), **more}:
            given = more.get("output")
            output = given if isinstance(given, str) else msgspec.json.encode(given).decode()
            return GivenMessage(role="tool", tool_call_id=id, content=output)
        case _:
            return None


def items_of(order: Order) -> list[dict[str, Any]]:
    """Return the message of a request as its input is listed."""
    text = str(order.input.get("message", ""))
    return [{"role": "user", "content": [{"type": "input_text", "text": text}]}]


def echoed(wanted: ResponseRequest, *, plain: bool) -> dict[str, Any]:
    """Return what the response says again of its request; its settings where they count."""
    names = ("temperature", "top_p", "max_output_tokens", "text", "reasoning", "tools", "tool_choice")
    settings = {name: getattr(wanted, name) for name in names if plain and getattr(wanted, name) is not None}
    return {
        "settings": settings,
        "model": wanted.model,
        "instructions": wanted.instructions,
        "previous_response_id": wanted.previous_response_id,
        "background": bool(wanted.background),
        "metadata": wanted.metadata or {},
        "user": wanted.user,
    }


def refuse_unsupported(wanted: ResponseRequest) -> None:
    """Return if nothing is asked that cannot be.

    Raises:
        Problem: 422.
    """
    if wanted.previous_response_id is not None and wanted.conversation is not None:
        detail = "previous_response_id and conversation exclude each other. Send one of them."
        _refuse(detail, "/previous_response_id")
    if wanted.background and wanted.store is False:
        _refuse("A response in background must be stored: leave 'store' out.", "/background")


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
