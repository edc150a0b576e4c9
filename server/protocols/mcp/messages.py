"""Messages of MCP: requests and answers in JSON-RPC, in both generations of the protocol.

Up to 2025-11-25 a client begins with a handshake. From 2026-07-28 on each request says which version it
speaks, and nothing comes before it. This server keeps no state between requests in either.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from server.http.problems import Problem

__all__ = [
    "LATEST",
    "MEDIA_TYPE",
    "MODERN",
    "Call",
    "RpcError",
    "body_of",
    "event",
    "info",
    "read_call",
    "result_of",
]

MEDIA_TYPE = "application/json"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
LATEST = LEGACY[0]
"""What a client of the handshake is offered that asks for a version which is none of ours."""
MODERN = "2026-07-28"
_META = "io.modelcontextprotocol/"
_VERSION = f"{_META}protocolVersion"
_CAPABILITIES = f"{_META}clientCapabilities"
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, BAD_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
SERVER_ERROR, HEADER_DIFFERS, BAD_VERSION = -32000, -32020, -32022
_CODES = {"malformed": PARSE_ERROR, "invalid": BAD_PARAMS}
_NAMED = {"tools/call": "name", "resources/read": "uri", "prompts/get": "name"}
"""What the header Mcp-Name repeats, by method."""


class RpcError(Exception):
    """A request that is answered with an error of JSON-RPC."""

    def __init__(self, code: int, message: str, *, status: int = 200, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data

    def body(self, id: Any) -> bytes:
        """Return the error as it goes over the wire."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            shown["data"] = self.data
        return msgspec.json.encode({"jsonrpc": "2.0", "id": id, "error": shown})


class Call(Struct, frozen=True, kw_only=True):
    """A request, or a notification where `id` is None."""

    id: str | int | float | None
    method: str
    params: dict[str, Any]
    modern: bool

    @property
    def progress_token(self) -> str | int | None:
        """What progress is told with; None where the client wants none."""
        meta = self.params.get("_meta")
        found: Any = meta.get("progressToken") if isinstance(meta, dict) else None
        return found if isinstance(found, str | int) else None

    @property
    def elicits(self) -> bool:
        """Whether the client shows forms to its user: ``elicitation`` with ``form``, or with no mode."""
        meta = self.params.get("_meta")
        capabilities: Any = meta.get(_CAPABILITIES) if self.modern and isinstance(meta, dict) else None
        modes: Any = capabilities.get("elicitation") if isinstance(capabilities, dict) else None
        return isinstance(modes, dict) and (not modes or "form" in modes)


def read_call(body: Any, headers: Mapping[str, str]) -> Call:
    """Return what a body asks.

    Raises:
        RpcError: it is no request, or of a version that this server does not speak.
    """
    if not isinstance(body, dict):
        raise RpcError(
            INVALID_REQUEST, "Expected one JSON-RPC request. Batches are not accepted.", status=400
        )
    given: dict[str, Any] = body
    id, method, params = given.get("id"), given.get("method"), given.get("params", {})
    if given.get("jsonrpc") != "2.0" or (id is not None and not _is_id(id)):
        raise RpcError(
            INVALID_REQUEST, "Expected 'jsonrpc' to be '2.0' and 'id' a text or number.", status=400
        )
    if not isinstance(method, str):
        if id is not None and ("result" in given or "error" in given):
            return Call(id=None, method="", params={}, modern=False)  # an answer: nothing was asked
        raise RpcError(INVALID_REQUEST, "Expected 'method' to be a text.", status=400)
    if not isinstance(params, dict):
        raise RpcError(BAD_PARAMS, "Expected 'params' to be an object.", status=400)
    meta: Any = params.get("_meta")
    said: Any = meta.get(_VERSION) if isinstance(meta, dict) else None
    header = headers.get("mcp-protocol-version", "")
    legacy = method == "initialize" or (
        said is None and header in ("", *LEGACY) and method != "server/discover"
    )
    if not legacy and id is not None:
        _check_version(said, header)
        _check_header(headers, "mcp-method", method)
        if method in _NAMED:
            _check_header(headers, "mcp-name", params.get(_NAMED[method]))
    return Call(id=id, method=method, params=params, modern=not legacy)


def result_of(call: Call, result: dict[str, Any], *, cached: bool = False) -> bytes:
    """Return the answer to a call; `cached` of one that a client may keep for a while."""
    if call.modern:
        meta: dict[str, Any] = {**result.get("_meta", {}), f"{_META}serverInfo": info()}
        kept = {"ttlMs": 5_000, "cacheScope": "private"} if cached else {}
        result = {"resultType": "complete", **result, **kept, "_meta": meta}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": call.id, "result": result})


def event(body: bytes) -> bytes:
    """Return a message as an event of a stream."""
    return b"event: message\ndata: " + body + b"\n\n"


def body_of(problem: Problem) -> bytes:
    """Return a problem of a request that was not read, as an error of JSON-RPC."""
    document = problem.document
    code = _CODES.get(document.code, INVALID_REQUEST if document.status < 500 else INTERNAL)
    data = {"status": document.status, "code": document.code}
    return RpcError(code, document.detail, data=data).body(None)


def info() -> dict[str, str]:
    """Return what the server says of itself."""
    from importlib.metadata import version

    return {"name": "agenticrag", "version": version("agenticrag")}


def _is_id(id: Any) -> bool:
    return isinstance(id, str | int | float) and not isinstance(id, bool)


def _check_version(said: Any, header: str) -> None:
    if said is None:
        raise RpcError(
            BAD_PARAMS if header in ("", MODERN) else BAD_VERSION,
            f"Expected params._meta['{_VERSION}'] with the version of the protocol.",
            status=400,
            data={"supported": [MODERN], "requested": header} if header not in ("", MODERN) else None,
        )
    if header and said != header:
        message = f"The header MCP-Protocol-Version is '{header[:40]}', but the body says '{str(said)[:40]}'."
        raise RpcError(HEADER_DIFFERS, message, status=400)
    if said != MODERN:
        data = {"supported": [MODERN], "requested": said}
        raise RpcError(BAD_VERSION, f"Version '{str(said)[:40]}' is not supported.", status=400, data=data)


def _check_header(headers: Mapping[str, str], name: str, value: Any) -> None:
    given = headers.get(name)
    if given is not None and given != value:
        message = f"The header {name.title()} is '{given[:80]}', but the body says '{str(value)[:80]}'."
        raise RpcError(HEADER_DIFFERS, message, status=400)
