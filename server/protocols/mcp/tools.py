"""Tools of MCP: flows, and two of the server's own by which a client comes back to a run."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from persistence.library.flows import FlowRow, Flows
from server.flow_choice.named_flows import NamedFlows
from server.http.problems import Problem
from server.identity.callers import Caller
from server.protocols.mcp.messages import BAD_PARAMS, RpcError
from server.requests.chat_inputs import declared_by
from server.requests.flow_runs import has_work

__all__ = [
    "RESPOND",
    "STATUS",
    "ChatArguments",
    "RespondArguments",
    "StatusArguments",
    "Tools",
    "arguments_of",
]

STATUS, RESPOND = "execution_status", "execution_respond"
PAGE = 100
WAIT = Annotated[float, Meta(ge=0, le=3600)]
_WAIT_SCHEMA = {
    "type": "number",
    "minimum": 0,
    "maximum": 3600,
    "description": "Seconds to wait for the result. After that the answer has status 'running'; ask "
    f"{STATUS} for the rest. Default: wait until the end.",
}
_TEXT = {"type": "string"}
_OUTPUT: dict[str, Any] = {
    "execution_id": {**_TEXT, "description": "The run."},
    "status": {
        "type": "string",
        "description": "'completed', 'running', 'waiting_approval', 'failed', 'cancelled' or 'timeout'.",
    },
    "inputs": {
        "type": "array",
        "items": {"type": "object"},
        "description": f"What the run asks, with status 'waiting_approval'. Answer with {RESPOND}.",
    },
    "error": {**_TEXT, "description": "What went wrong."},
}


class ChatArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a chatflow is called with."""

    message: Annotated[str, Meta(min_length=1)]
    session_id: str | None = None
    inputs: dict[str, Any] = {}
    wait_seconds: WAIT | None = None


class StatusArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which run is asked for."""

    execution_id: str
    wait_seconds: WAIT = 0


class RespondArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a question of a run is answered."""

    execution_id: str
    action: str
    input_id: str | None = None
    value: Any = None
    comment: str = ""
    wait_seconds: WAIT | None = None


class Tools:
    """The tools that a caller may use."""

    def __init__(self, flows: Flows, named: NamedFlows) -> None:
        self._flows = flows
        self._named = named

    async def listed(self, caller: Caller, slug: str | None, cursor: Any) -> dict[str, Any]:
        """Return a page of the tools.

        Raises:
            RpcError: the cursor is none of ours, or no flow has the slug.
        """
        if slug is None and caller.flow_id:
            only = await self._flows.get(caller.workspace, caller.flow_id)
            known = [only] if only is not None and only.is_active and _is_tool(only) else []
            return {"tools": [*map(_shown, known), *OWN]}
        if slug is not None:
            return {"tools": [_shown(await self.named(caller, slug)), *OWN]}
        offset = 0
        if cursor is not None:
            if not (isinstance(cursor, str) and cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
                raise RpcError(BAD_PARAMS, "Expected 'cursor' to be the nextCursor of an answer.")
            offset = int(cursor)
        rows, total = await self._flows.list(caller.workspace, is_active=True, limit=PAGE, offset=offset)
        tools = [_shown(row) for row in rows if _is_tool(row)]
        if offset + PAGE < total:
            return {"tools": tools, "nextCursor": str(offset + PAGE)}
        return {"tools": [*tools, *OWN]}

    async def named(self, caller: Caller, name: str) -> FlowRow:
        """Return the flow of a tool.

        Raises:
            RpcError: there is no such tool.
        """
        try:
            row = await self._named.find(caller, name)
        except Problem as problem:
            raise RpcError(BAD_PARAMS, problem.document.detail) from problem
        if row is None:
            raise RpcError(BAD_PARAMS, f"Unknown tool: '{name[:80]}'. tools/list names the tools.")
        if not _is_tool(row):
            lacks = "a description" if not row.description.strip() else "anything to run"
            raise RpcError(BAD_PARAMS, f"The flow '{name[:80]}' is no tool, since it does not have {lacks}.")
        return row


def arguments_of(given: Any, kind: type[Any]) -> Any:
    """Return arguments as a type.

    Raises:
        RpcError: they do not fit.
    """
    try:
        return msgspec.convert({} if given is None else given, kind)
    except msgspec.ValidationError as error:
        raise RpcError(BAD_PARAMS, f"Invalid arguments: {error}") from error


def _is_tool(row: FlowRow) -> bool:
    return bool(row.description.strip()) and (row.flow_type == "chatflow" or has_work(row))


def _shown(row: FlowRow) -> dict[str, Any]:
    """Return a flow as a tool."""
    declared = [entry for entry in declared_by(row.document).inputs if entry.name != "message"]
    properties = {entry.name: entry.schema() for entry in declared}
    required = [entry.name for entry in declared if entry.required and entry.default is None]
    if row.flow_type == "chatflow":
        schema: dict[str, Any] = {
            "message": {**_TEXT, "minLength": 1, "description": "What to say to the flow."},
            "session_id": {
                **_TEXT,
                "description": "The conversation to continue: the session_id of an earlier answer. Leave it "
                "out to begin a new one.",
            },
            "wait_seconds": _WAIT_SCHEMA,
        }
        if declared:
            schema["inputs"] = {"type": "object", "properties": properties, "required": required}
        needed = ["message", *(["inputs"] if required else [])]
        output = {"response": _TEXT, "session_id": _TEXT, **_OUTPUT}
    else:
        if not declared:
            properties, required = {"input": {"type": "object", "description": "The flow's input."}}, []
        schema = {"wait_seconds": _WAIT_SCHEMA, **properties}
        needed, output = required, {"output": {}, **_OUTPUT}
    return {
        "name": row.slug,
        "title": row.name,
        "description": row.description,
        "inputSchema": {"type": "object", "properties": schema, "required": needed},
        "outputSchema": _output(output),
        "annotations": {"title": row.name, "readOnlyHint": False, "openWorldHint": True},
    }


def _output(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": ["execution_id", "status"]}


def _own(
    name: str, title: str, description: str, schema: dict[str, Any], required: Sequence[str]
) -> dict[str, Any]:
    properties = {"execution_id": {**_TEXT, "description": "The run."}, **schema}
    return {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": ["execution_id", *required]},
        "outputSchema": _output({"response": _TEXT, "session_id": _TEXT, "output": {}, **_OUTPUT}),
        "annotations": {"title": title, "readOnlyHint": name == STATUS, "openWorldHint": False},
    }


OWN: tuple[dict[str, Any], ...] = (
    _own(
        STATUS,
        "Status of a run",
        "Returns the status of a run and its result. Use it for a run that was still running, or that waited "
        "for an answer.",
        {"wait_seconds": {**_WAIT_SCHEMA, "description": "Seconds to wait for the result. Default: 0."}},
        (),
    ),
    _own(
        RESPOND,
        "Answer a run's question",
        "Answers a question that a run asks (status 'waiting_approval'), and returns the result of the run. "
        "Ask the user for the decision; do not decide yourself.",
        {
            "action": {**_TEXT, "description": "One of the question's actions, for example 'approve'."},
            "input_id": {**_TEXT, "description": "The question. Optional if only one is open."},
            "value": {"description": "The edited or submitted value, if the action has one."},
            "comment": {**_TEXT, "description": "A comment for the flow."},
            "wait_seconds": _WAIT_SCHEMA,
        },
        ("action",),
    ),
)
