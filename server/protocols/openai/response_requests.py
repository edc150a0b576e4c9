"""Requests of OpenAI's Responses API, as conversations."""

from typing import Any, NoReturn

from msgspec import Struct

from server.http.problems import Fault, Problem
from server.protocols.openai.given_messages import GivenMessage
from server.runs.run_requests import Order

__all__ = ["ResponseRequest", "echoed", "given_of", "items_of", "read_item", "refuse_unsupported"]


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
    inputs: dict[str, Any] | None = None
    """Public inputs of the chatflow: OpenAI's clients send them by `extra_body`."""


def given_of(wanted: ResponseRequest, *, whole: bool) -> list[GivenMessage]:
    """Return the input as messages of a chat."""
    if isinstance(wanted.input, str):
        given = [GivenMessage(role="user", content=wanted.input)]
    else:
        given = [
            message
            for place, item in enumerate(wanted.input)
            if (message := read_item(item, f"/input/{place}")) is not None
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


def items_of(order: Order) -> list[dict[str, Any]]:
    """Return the message of a request as its input is listed."""
    text = str(order.input.get("message", ""))
    return [{"role": "user", "content": [{"type": "input_text", "text": text}]}]


def echoed(wanted: ResponseRequest) -> dict[str, Any]:
    return {
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
    forced = wanted.tool_choice == "required" or isinstance(wanted.tool_choice, dict)
    if wanted.tools and forced:
        detail = "The tools of a flow are its own: it calls none of the caller's. Leave tool_choice out."
        raise Problem(422, "unsupported_value", detail, errors=[Fault(detail, pointer="/tools")])


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
