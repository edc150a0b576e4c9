"""Elicitation: what a server asks people in the middle of a call.

A person may answer after days and after restarts, so no call waits for them: it ends with the questions,
and is made again with the replies. Since revision 2026-07-28 the server ends the call by itself and gets its
state back. Before, it asks over the open connection: the call is then cancelled, and begun again with the
reply. A link to open is such a question too. Folders (roots) are told without asking anybody.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from graphs.mcp.server_access import MCPAnswer, MCPCall, MCPError
from graphs.mcp.tool_lists import visible
from graphs.parsing.text import clean
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.values.tool_questions import ToolQuestion

__all__ = ["Elicitations"]

MAX_MESSAGE, MAX_SCHEMA = 2_000, 20_000
"""Characters of a question, and bytes of the schema of its answer."""
_MODERN = "2026-07-28"
_LINK_FIRST = -32042
"""Error code of the revisions before: the call needs a link to be opened first."""
_ROOTS_ROUNDS = 3
"""How often one call may ask for the folders."""
ROOTS_SECONDS, ROOTS_READ_SECONDS = 2.0, 0.2
"""How long a server may take to ask for its folders, and then to read the answer."""
MAX_LINK = 2_000
MAX_STATE = 100_000
"""Characters of a server's state between two rounds."""


class _Open(msgspec.Struct, eq=False):
    """A call under way, over whose connection the server may ask."""

    call: MCPCall
    question: asyncio.Future[ToolQuestion]
    ended: asyncio.Event


class Elicitations:
    """The questions of one session's calls.

    Args:
        roots: The folders that the server is told of where it asks.
    """

    def __init__(self, roots: Sequence[str] = ()) -> None:
        self._roots = roots
        self._told = asyncio.Event()
        self._open: list[_Open] = []
        self._alone = False
        """Whether calls are made one after the other: over a shared connection a server of an old revision
        does not say which call it asks for."""
        self._turn = asyncio.Lock()

    async def call(self, client: Any, call: MCPCall, **options: Any) -> Any:
        """Return a ``CallToolResult``, or the answer that asks people.

        Raises:
            MCPError: the server asks for what is not supported.
            Exception: whatever the library raises.
        """
        if self._alone:
            async with self._turn:
                return await self._called(client, call, options)
        return await self._called(client, call, options)

    async def asked(self, context: Any, params: Any) -> Any:
        """Answer a server of an old revision that asks over the connection: the library's callback."""
        import mcp_types

        if len(self._open) != 1:
            self._alone = True  # from now on
            return mcp_types.ErrorData(
                code=mcp_types.INVALID_REQUEST, message="Calls are under way side by side. Ask again."
            )
        held = self._open[0]
        question = _question("", params)
        if question is None:
            return mcp_types.ElicitResult(action="decline")
        reply = next((one for one in held.call.replies if one.key == question.key), None)
        if reply is not None:
            form = getattr(params, "mode", "form") == "form"
            content = reply.value if reply.action == "accept" and form else None
            return mcp_types.ElicitResult(action=reply.action, content=content)
        if not held.question.done():
            held.question.set_result(question)
        await held.ended.wait()
        return mcp_types.ElicitResult(action="cancel")

    async def listed_roots(self, context: Any) -> Any:
        """Answer a server that asks for folders over the connection: the library's callback."""
        self._told.set()
        return _roots_result(self._roots)

    async def roots_told(self, client: Any) -> None:
        """Return when a server of an old revision has asked for the folders, or does not ask soon.

        It asks after the connection is open, and calls before that find no folder.
        """
        if not self._roots or str(client.protocol_version) >= _MODERN:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), ROOTS_SECONDS)
            await asyncio.sleep(ROOTS_READ_SECONDS)

    async def _called(self, client: Any, call: MCPCall, options: dict[str, Any]) -> Any:
        held = _Open(call, asyncio.get_running_loop().create_future(), asyncio.Event())
        self._open.append(held)
        work = asyncio.create_task(_sent(client, call, options, self._roots))
        try:
            await asyncio.wait((work, held.question), return_when=asyncio.FIRST_COMPLETED)
            if held.question.done():
                return MCPAnswer(value="", asks=(held.question.result(),))
            try:
                result = work.result()
            except Exception as error:
                if getattr(error, "code", None) != _LINK_FIRST:
                    raise
                return _links(call, error)
        finally:
            self._open.remove(held)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            held.ended.set()
        return result if not hasattr(result, "input_requests") else _asks(call, result)


async def _sent(client: Any, call: MCPCall, options: dict[str, Any], roots: Sequence[str]) -> Any:
    """Make a call of either revision; with its state where it has asked before."""
    import mcp_types

    if call.replies and str(client.protocol_version) >= _MODERN:
        options = options | {
            "input_responses": {
                one.key: mcp_types.ElicitResult(
                    action=one.action,
                    content=one.value if one.action == "accept" and isinstance(one.value, dict) else None,
                )
                for one in call.replies
            },
            "request_state": msgspec.json.decode(call.state, type=str) if call.state else None,
        }
    result: Any = None
    for _ in range(_ROOTS_ROUNDS):
        result = await client.session.call_tool(
            call.tool, call.arguments, allow_input_required=True, **options
        )
        requests: dict[str, Any] = getattr(result, "input_requests", None) or {}
        if not roots or not requests or any(one.method != "roots/list" for one in requests.values()):
            break
        answers: dict[str, Any] = {
            **(options.get("input_responses") or {}),
            **dict.fromkeys(requests, _roots_result(roots)),
        }
        options = options | {"input_responses": answers, "request_state": result.request_state}
    return result


def _roots_result(roots: Sequence[str]) -> Any:
    import mcp_types

    return mcp_types.ListRootsResult(
        roots=[mcp_types.Root(uri=Path(root).as_uri(), name=Path(root).name) for root in roots]  # type: ignore[arg-type]  # a text that it reads
    )


def _links(call: MCPCall, error: Any) -> MCPAnswer:
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


def _asks(call: MCPCall, result: Any) -> MCPAnswer:
    """Return the answer that asks what a server of the new revision wants to know."""
    questions: list[ToolQuestion] = []
    for key, request in (result.input_requests or {}).items():
        question = _question(key, request.params) if request.method == "elicitation/create" else None
        if question is None:
            raise MCPError(
                f"'{call.tool}' of the MCP server '{call.server}' asks for {visible(request.method)[:80]!r}, "
                "which is not supported.",
                code="mcp_error",
            )
        questions.append(question)
    state = result.request_state
    if not questions or len(state or "") > MAX_STATE:
        raise MCPError(
            f"'{call.tool}' of the MCP server '{call.server}' asks for another call without a question, or "
            "with too long a state.",
            code="mcp_error",
        )
    return MCPAnswer(
        value="", asks=tuple(questions), state="" if state is None else msgspec.json.encode(state).decode()
    )


def _question(key: str, params: Any) -> ToolQuestion | None:
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
