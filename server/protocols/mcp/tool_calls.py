"""Tool calls of MCP: flows run, with progress while they do, and what comes of them."""

from typing import Any, cast

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.node.input_declaration import input_faults
from graphs.outbound.run_hops import META
from graphs.values.findings import FlowError
from persistence.library.flows import FlowRow
from persistence.runs.executions import Accepted, ExecutionRow, Executions, Idempotency
from server.http.parameters import by_caller, cleared, idempotency_of
from server.http.problems import known_problem, not_found
from server.http.trace_context import say_hops
from server.identity.authentication import require
from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.protocols.mcp.followed_calls import FollowedCall, Started
from server.protocols.mcp.messages import BAD_PARAMS, MEDIA_TYPE, Call, RpcError, result_of
from server.protocols.mcp.question_forms import AskedCall, asked_call, form_answer
from server.protocols.mcp.tool_results import error_result
from server.protocols.mcp.tools import (
    RESPOND,
    STATUS,
    ChatArguments,
    RespondArguments,
    StatusArguments,
    Tools,
    arguments_of,
)
from server.requests.chat_inputs import declared_by
from server.requests.chat_requests import ChatOrders, ChatRequest, ExecutionRequest
from server.requests.flow_runs import FlowRuns
from server.requests.input_answers import InputAnswers, InputResponse
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService

__all__ = ["ToolCalls"]

QUICK = 3.0
"""Seconds after which a call is answered as a stream, so that no proxy takes it for dead."""
KEY = "agenticrag/idempotency_key"


class ToolCalls:
    """Runs the tools that clients call."""

    def __init__(
        self,
        tools: Tools,
        orders: ChatOrders,
        runs: FlowRuns,
        service: ExecutionService,
        executions: Executions,
        answers: InputAnswers,
        streams: Streams,
        disconnects: Disconnects,
    ) -> None:
        self.tools = tools
        self._orders = orders
        self._runs = runs
        self._service = service
        self._executions = executions
        self._answers = answers
        self._streams = streams
        self._disconnects = disconnects

    async def answer(
        self, request: Request[Any, Any, Any], caller: Caller, call: Call, slug: str | None
    ) -> ASGIResponse:
        """Run a tool and answer, as a stream where progress is wanted or the run takes long.

        Raises:
            RpcError: there is no such tool, or its arguments do not fit.
        """
        try:
            cancels = self._disconnects.cancels(request, caller)
            started = await self._start(request, caller, call, slug)
        except Exception as error:
            if isinstance(error, RpcError) or (problem := known_problem(error)) is None:
                raise
            document = problem.document
            if document.status in (400, 404, 413, 415, 422) and not isinstance(error, FlowError):
                data = {"code": document.code, "errors": msgspec.to_builtins(document.errors)}
                raise RpcError(BAD_PARAMS, document.detail, data=data) from error
            return _json(result_of(call, error_result(document.detail, document.execution_id or "")))
        headers = {"X-Execution-Id": started.row.id}
        following = FollowedCall(self._service, started, call)
        takes = "text/event-stream" in request.headers.get("accept", "")
        if call.progress_token is None or not takes:
            within = following.within(QUICK if takes else None)
            done = await self._disconnects.answered(request, within, started.row, None, cancels=cancels)
            if done is not None:
                return _json(done, headers)
        self._streams.check(caller)
        stream = EventStream(following.frames(), self._streams, headers=headers)
        self._disconnects.watch(stream, started.row, None, left=lambda: cancels and following.done is None)
        return stream

    async def _start(
        self, request: Request[Any, Any, Any], caller: Caller, call: Call, slug: str | None
    ) -> Started:
        name, given, meta = (call.params.get(each) for each in ("name", "arguments", "_meta"))
        if isinstance(meta, dict):
            say_hops(f"{cast('dict[str, Any]', meta).get(META)}")
        if not isinstance(name, str):
            raise RpcError(BAD_PARAMS, "Expected params.name to be the name of a tool.")
        only = None if slug is None else await self.tools.named(caller, slug)
        if name == STATUS:
            asked: StatusArguments = arguments_of(given, StatusArguments)
            require(caller, "runs:read")
            row = await self._row(caller, asked.execution_id, only)
            _, questions = await self._answers.questions(caller, row.id)
            answered = frozenset(one.id for one in questions if one.answer is not None)
            stands = row.completed_at is not None or row.status == "waiting_approval"
            return Started(row, wait=None if stands else asked.wait_seconds, answered=answered)
        if name == RESPOND:
            return await self._respond(request, caller, arguments_of(given, RespondArguments), only)
        flow = await self.tools.named(caller, name)
        if only is not None and flow.id == only.id:
            flow = only  # in the version that the endpoint names
        elif only is not None:
            raise RpcError(BAD_PARAMS, f"Unknown tool: '{name[:80]}'. This endpoint has '{only.slug}' alone.")
        if call.modern and (retried := asked_call(call.params)) is not None:
            return await self._answered(request, caller, flow, retried)
        if flow.flow_type == "chatflow":
            chat: ChatArguments = arguments_of(given, ChatArguments)
            wanted = ChatRequest(message=chat.message, session_id=chat.session_id, inputs=chat.inputs)
            idempotency = _once(request, call, f"mcp.chat:{flow.id}", given)
            order = await self._orders.order(caller, wanted, flow=flow, idempotency=idempotency)
            accepted = await self._service.start(order)
            return Started(accepted.execution, accepted.after, chat.wait_seconds, asks=True)
        return await self._run(request, caller, flow, call)

    async def _run(
        self, request: Request[Any, Any, Any], caller: Caller, flow: FlowRow, call: Call
    ) -> Started:
        given = call.params.get("arguments")
        arguments = arguments_of(given, dict[str, Any])
        declared = declared_by(flow.document).inputs
        wait = None
        if not any(entry.name == "wait_seconds" for entry in declared):
            wait = arguments_of({"wait_seconds": arguments.pop("wait_seconds", None)}, _Wait).wait_seconds
        if declared:
            if faults := input_faults(declared, arguments):
                raise RpcError(BAD_PARAMS, " ".join(fault.message for fault in faults[:20]))
        else:
            arguments = arguments_of(arguments, _Input).input
        flow = await self._runs.runnable(caller, flow.id)
        wanted = ExecutionRequest(input_data=arguments)
        idempotency = _once(request, call, f"mcp:{flow.id}", given)
        accepted: Accepted = await self._runs.start(
            request, caller, flow, wanted, kind="mcp", idempotency=idempotency
        )
        return Started(accepted.execution, wait=wait, asks=True)

    async def _respond(
        self, request: Request[Any, Any, Any], caller: Caller, asked: RespondArguments, only: FlowRow | None
    ) -> Started:
        row = await self._row(caller, asked.execution_id, only)
        data = InputResponse(
            action=asked.action, input_id=asked.input_id, value=asked.value, comment=asked.comment
        )
        answered = await self._answers.respond(request, caller, row.id, data)
        return Started(answered.execution, answered.after, asked.wait_seconds)

    async def _answered(
        self, request: Request[Any, Any, Any], caller: Caller, flow: FlowRow, asked: AskedCall
    ) -> Started:
        """Give a run the answers of a client's user; what the user declined stays open for others."""
        row = await self._row(caller, asked.execution_id, flow)
        _, questions = await self._answers.questions(caller, row.id)
        known = {one.id: one for one in questions}
        accepted = {id: one for id, one in asked.answers.items() if one.get("action") == "accept"}
        for id, answer in accepted.items():
            if (question := known.get(id)) is None:
                raise not_found("input", id[:80])
            data, given = form_answer(question, answer), question.answer
            same = given is not None and (data.action, data.value) == (given.action, given.value)
            if not same:  # else the client sends once more what was taken
                await self._answers.respond(request, caller, row.id, data)
        after = asked.asked if accepted else asked.after
        return Started(row, after, asks=not asked.declined)

    async def _row(self, caller: Caller, execution_id: str, only: FlowRow | None) -> ExecutionRow:
        row = await self._executions.get(caller.workspace, execution_id[:64], owner=visible_to(caller))
        if row is None or not is_within(caller, row.flow_id) or (only is not None and row.flow_id != only.id):
            raise not_found("execution", execution_id[:80])
        return row


def _once(request: Request[Any, Any, Any], call: Call, route: str, body: Any) -> Idempotency | None:
    """Return how a call is known when it is sent again: by a key in its ``_meta``, else by the header."""
    meta: Any = call.params.get("_meta")
    key: Any = meta.get(KEY) if isinstance(meta, dict) else None
    if key is None:
        return idempotency_of(request, route, body)
    if not isinstance(key, str) or not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise RpcError(BAD_PARAMS, f"Expected _meta['{KEY}'] to have 1 to 255 printable ASCII characters.")
    return Idempotency(by_caller(request, route), key, cleared(body))


class _Wait(Struct, frozen=True):
    wait_seconds: Any = None

    def __post_init__(self) -> None:
        if self.wait_seconds is not None and not (
            isinstance(self.wait_seconds, int | float) and 0 <= self.wait_seconds <= 3600
        ):
            raise ValueError("Expected wait_seconds to be from 0 to 3600")


class _Input(Struct, frozen=True, forbid_unknown_fields=True):
    input: dict[str, Any] = {}


def _json(body: bytes, headers: dict[str, str] | None = None) -> ASGIResponse:
    return ASGIResponse(
        body=body, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )
