"""Elicitation: what a server asks people in the middle of a call, as people get it.

A server asks for a form to be filled in, or for a link to be opened.
"""

import hashlib
from typing import Any

import msgspec

from graphs.conversation.tool_questions import ToolQuestion
from graphs.mcp.server_access import MCPAnswer, MCPCall, MCPError
from graphs.mcp.tool_lists import visible
from graphs.parsing.text import clean
from graphs.parsing.web_address import WebAddressError, read_address

__all__ = ["elicitation_question", "link_answer"]

MAX_MESSAGE, MAX_SCHEMA = 2_000, 20_000
"""Characters of a question, and bytes of the schema of its answer."""
MAX_LINK = 2_000


def link_answer(call: MCPCall, error: Any) -> MCPAnswer:
    """Return the answer that asks people to open the links without which a server does not begin.

    Raises:
        MCPError: it names none that can be opened, or a person has answered already.
    """
    facts: Any = clean(getattr(error, "data", None) or getattr(getattr(error, "error", None), "data", None))
    given: Any = facts.get("elicitations") if isinstance(facts, dict) else None
    listed: list[Any] = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    questions = [_link(str(one.get("message", "")), str(one.get("url", ""))) for one in listed]
    asked = [one for one in questions if one is not None]
    named = f"'{call.tool}' of the MCP server '{call.server}'"
    if not asked or len(asked) < len(questions):
        raise MCPError(f"{named} wants a link to be opened and gives none that can be.", code="mcp_error")
    answered = {one.key: one.action for one in call.replies}
    if any(answered.get(one.key) == "decline" for one in asked):
        raise MCPError(f"{named} wants a link to be opened, and a person declined.", code="mcp_error")
    if any(one.key in answered for one in asked):
        raise MCPError(
            f"{named} still waits for its link, though a person says that it is done.", code="mcp_error"
        )
    return MCPAnswer(value="", asks=tuple(asked))


def _link(message: str, url: str, key: str = "") -> ToolQuestion | None:
    """Return the question whether a link was opened; None for an address that nobody should open."""
    try:
        address = read_address(url)
    except WebAddressError:
        return None
    if len(url) > MAX_LINK or not url.isprintable():
        return None
    said = visible(message)[:MAX_MESSAGE]
    known = key or hashlib.sha256(f"link {address.host} {said}".encode()).hexdigest()
    return ToolQuestion(
        key=known,
        message=f"{said}\n\nOpen this link, a page of {address.host}. Answer when it is done.\n{url}",
    )


def elicitation_question(key: str, params: Any) -> ToolQuestion | None:
    """Return a question as people get it; None for one that they cannot be asked.

    Args:
        key: The server's name for it; empty where it has none.
        params: ``ElicitRequestFormParams`` or ``ElicitRequestURLParams`` of the library.
    """
    if getattr(params, "mode", "form") == "url":
        return _link(str(params.message), str(params.url), key)
    from graphs.parsing.schemas import SchemaError, check_schema

    schema = getattr(params, "requested_schema", None)
    if schema is None:
        return None
    plain: Any = clean(msgspec.to_builtins(schema) if not hasattr(schema, "model_dump") else _dumped(schema))
    message = visible(str(params.message))[:MAX_MESSAGE]
    encoded = msgspec.json.encode(plain, order="sorted")
    if len(encoded) > MAX_SCHEMA:
        return None
    try:
        check_schema(plain)
    except SchemaError:
        return None
    known = key or hashlib.sha256(message.encode() + encoded).hexdigest()
    return ToolQuestion(key=known, message=message, schema=plain)


def _dumped(schema: Any) -> Any:
    return schema.model_dump(by_alias=True, mode="json", exclude_none=True)
