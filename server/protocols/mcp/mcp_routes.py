"""Routes of MCP: one endpoint for all flows of a workspace, and one for each flow."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.mcp.messages import (
    LATEST,
    LEGACY,
    MEDIA_TYPE,
    MODERN,
    NO_METHOD,
    Call,
    RpcError,
    info,
    read_call,
    result_of,
)
from server.protocols.mcp.tool_calls import ToolCalls
from server.request_origin.trusted_origins import is_allowed
from server.settings.sources import Settings

__all__ = ["McpController"]

INSTRUCTIONS = (
    "Each tool is a flow of this server. A run may take long: with wait_seconds a call returns early, and "
    "execution_status tells the rest. A run may ask a person: execution_respond answers."
)
OPT = operation(400, 404, 413, 415, needs="runs:start", bound=True, opt=ANY_QUERY)


class McpController(Controller):
    """Flows as tools."""

    path = "/mcp"
    include_in_schema = False

    @post("/", operation_id="mcp", status_code=200, opt=OPT)
    async def all(
        self,
        data: JSONBody[Any],
        request: Request[Any, Any, Any],
        tool_calls: NamedDependency[ToolCalls],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer a message of a client about all flows."""
        return await _answer(request, caller, tool_calls, settings, data, None)

    @post("/{slug:str}", operation_id="mcpOfFlow", status_code=200, opt=OPT)
    async def one(
        self,
        slug: FromPath[str],
        data: JSONBody[Any],
        request: Request[Any, Any, Any],
        tool_calls: NamedDependency[ToolCalls],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Answer a message of a client about one flow."""
        return await _answer(request, caller, tool_calls, settings, data, slug)


async def _answer(
    request: Request[Any, Any, Any],
    caller: Caller,
    calls: ToolCalls,
    settings: Settings,
    body: Any,
    slug: str | None,
) -> ASGIResponse:
    origins = request.headers.getall("origin", [])
    if not is_allowed(origins, request.headers.get("host", ""), settings.cors_origins):
        detail = "A page of another origin sent this. Name the origin in AGENTICRAG_CORS_ORIGINS to allow it."
        raise Problem(403, "forbidden", detail)
    id: Any = body.get("id") if isinstance(body, dict) else None
    try:
        call = read_call(body, request.headers)
        if call.id is None:
            return ASGIResponse(status_code=202)
        if call.method == "tools/call":
            return await calls.answer(request, caller, call, slug)
        result = await _result(caller, calls, call, slug)
    except RpcError as error:
        known = id if isinstance(id, str | int | float) and not isinstance(id, bool) else None
        return ASGIResponse(body=error.body(known), media_type=MEDIA_TYPE, status_code=error.status)
    cached = call.method in ("tools/list", "server/discover")
    return ASGIResponse(body=result_of(call, result, cached=cached), media_type=MEDIA_TYPE)


async def _result(caller: Caller, calls: ToolCalls, call: Call, slug: str | None) -> dict[str, Any]:
    capabilities = {"tools": {"listChanged": False}}
    match call.method:
        case "initialize":
            asked = call.params.get("protocolVersion")
            version = asked if asked in LEGACY else LATEST
            return {
                "protocolVersion": version,
                "capabilities": capabilities,
                "serverInfo": info(),
                "instructions": INSTRUCTIONS,
            }
        case "server/discover":
            return {"supportedVersions": [MODERN], "capabilities": capabilities, "instructions": INSTRUCTIONS}
        case "ping":
            return {}
        case "tools/list":
            return await calls.tools.listed(caller, slug, call.params.get("cursor"))
        case _:
            status = 404 if call.modern else 200
            raise RpcError(NO_METHOD, f"There is no method '{call.method[:80]}' here.", status=status)
