"""Tool calls of MCP: flows run, with progress while they do, and what comes of them."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.node.input_declaration import input_faults
from graphs.values.events import Event
from graphs.values.findings import FlowError
from persistence.library.flows import FlowRow
from persistence.runs.executions import Accepted, ExecutionRow, Executions
from server.http.problems import known_problem, not_found
from server.identity.auth import require
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.projections.execution import output_of
from server.protocols.answer_parts import AnswerParts, Asked, Failed, Part
from server.protocols.mcp.messages import (
    BAD_PARAMS,
    INTERNAL,
    MEDIA_TYPE,
    Call,
    RpcError,
    event,
    result_of,
)
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
from server.runs.execution_service import ExecutionService
from server.runs.stream_liveness import EventStream, Streams

__all__ = ["ToolCalls"]

QUICK = 3.0
"""Seconds after which a call is answered as a stream, so that no proxy takes it for dead."""
PROGRESS = 5.0
"""Seconds between two notifications of progress at the most."""
ON_DISCONNECT = "x-agenticrag-on-disconnect"


class Started(Struct, frozen=True):
    """A run that a call waits for."""

    row: ExecutionRow
    after: int = 0
    """The last event before its answer."""
    wait: float | None = None
    """Seconds to wait for it; None: to its end."""


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
    ) -> None:
        self.tools = tools
        self._orders = orders
        self._runs = runs
        self._service = service
        self._executions = executions
        self._answers = answers
        self._streams = streams
        self._leaving: set[asyncio.Task[Any]] = set()

    async def answer(
        self, request: Request[Any, Any, Any], caller: Caller, call: Call, slug: str | None
    ) -> ASGIResponse:
        """Run a tool and answer, as a stream where progress is wanted or the run takes long.

        Raises:
            RpcError: there is no such tool, or its arguments do not fit.
        """
        try:
            started = await self._start(request, caller, call, slug)
        except Exception as error:
            if isinstance(error, RpcError) or (problem := known_problem(error)) is None:
                raise
            document = problem.document
            if document.status in (400, 404, 413, 415, 422) and not isinstance(error, FlowError):
                data = {"code": document.code, "errors": msgspec.to_builtins(document.errors)}
                raise RpcError(BAD_PARAMS, document.detail, data=data) from error
            return _json(result_of(call, _error(document.detail, document.execution_id or "")))
        headers = {"X-Execution-Id": started.row.id}
        following = _Following(self._service, started, call)
        takes = "text/event-stream" in request.headers.get("accept", "")
        cancels = request.headers.get(ON_DISCONNECT) == "cancel"
        if call.progress_token is None or not takes:
            done = await following.within(QUICK if takes else None)
            if done is not None:
                return _json(done, headers)
        self._streams.check(caller)
        stream = EventStream(following.frames(), self._streams, headers=headers)
        if cancels:
            stream.at_end = lambda: self._leave(following)
        return stream

    async def _start(
        self, request: Request[Any, Any, Any], caller: Caller, call: Call, slug: str | None
    ) -> Started:
        name, given = call.params.get("name"), call.params.get("arguments")
        if not isinstance(name, str):
            raise RpcError(BAD_PARAMS, "Expected params.name to be the name of a tool.")
        only = None if slug is None else await self.tools.named(caller, slug)
        if name == STATUS:
            asked: StatusArguments = arguments_of(given, StatusArguments)
            require(caller, "runs:read")
            return Started(await self._row(caller, asked.execution_id, only), wait=asked.wait_seconds)
        if name == RESPOND:
            return await self._respond(request, caller, arguments_of(given, RespondArguments), only)
        flow = await self.tools.named(caller, name)
        if only is not None and flow.id != only.id:
            raise RpcError(BAD_PARAMS, f"Unknown tool: '{name[:80]}'. This endpoint has '{only.slug}' alone.")
        if flow.flow_type == "chatflow":
            chat: ChatArguments = arguments_of(given, ChatArguments)
            wanted = ChatRequest(message=chat.message, session_id=chat.session_id, inputs=chat.inputs)
            accepted = await self._service.start(await self._orders.order(caller, wanted, flow=flow))
            return Started(accepted.execution, accepted.after, chat.wait_seconds)
        return await self._run(request, caller, flow, given)

    async def _run(
        self, request: Request[Any, Any, Any], caller: Caller, flow: FlowRow, given: Any
    ) -> Started:
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
        accepted: Accepted = await self._runs.start(
            request, caller, flow, ExecutionRequest(input_data=arguments), kind="mcp"
        )
        return Started(accepted.execution, wait=wait)

    async def _respond(
        self, request: Request[Any, Any, Any], caller: Caller, asked: RespondArguments, only: FlowRow | None
    ) -> Started:
        row = await self._row(caller, asked.execution_id, only)
        data = InputResponse(
            action=asked.action, input_id=asked.input_id, value=asked.value, comment=asked.comment
        )
        answered = await self._answers.respond(request, caller, row.id, data)
        return Started(answered.execution, row.last_seq, asked.wait_seconds)

    async def _row(self, caller: Caller, execution_id: str, only: FlowRow | None) -> ExecutionRow:
        row = await self._executions.get(caller.workspace, execution_id[:64], owner=visible_to(caller))
        if row is None or (only is not None and row.flow_id != only.id):
            raise not_found("execution", execution_id[:80])
        return row

    def _leave(self, following: "_Following") -> None:
        """End a run that nobody waits for any more."""
        if following.done is None and not self._service.stopping.is_set():
            row = following.started.row
            task = asyncio.create_task(self._service.cancel(row.workspace, row.id))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


class _Wait(Struct, frozen=True):
    wait_seconds: Any = None

    def __post_init__(self) -> None:
        if self.wait_seconds is not None and not (
            isinstance(self.wait_seconds, int | float) and 0 <= self.wait_seconds <= 3600
        ):
            raise ValueError("Expected wait_seconds to be from 0 to 3600")


class _Input(Struct, frozen=True, forbid_unknown_fields=True):
    input: dict[str, Any] = {}


class _Following:
    """Follows a run for one call: its progress, and the answer once there is one."""

    def __init__(self, service: ExecutionService, started: Started, call: Call) -> None:
        self.started = started
        self.done: bytes | None = None
        """The answer."""
        self._call = call
        loop = asyncio.get_running_loop()
        self._until = None if started.wait is None else loop.time() + started.wait
        self._reading = AnswerParts(frozenset(), started.after, retracts=True)
        self._events = service.follow(started.row.id)
        self._next: asyncio.Future[Event] | None = None
        self._step = ""
        self._steps = 0

    async def within(self, seconds: float | None) -> bytes | None:
        """Return the answer if it comes in time; None where more of it is to be followed."""
        loop = asyncio.get_running_loop()
        until = None if seconds is None else loop.time() + seconds
        while self.done is None and (until is None or loop.time() < until):
            await self._advance(None if until is None else until - loop.time())
        if self.done is not None:
            await self._close()
        return self.done

    async def frames(self) -> AsyncGenerator[bytes]:
        """Yield progress, where it is wanted, and the answer."""
        token, told, loop = self._call.progress_token, 0, asyncio.get_running_loop()
        said_at, said = 0.0, ""
        try:
            while self.done is None:
                await self._advance(PROGRESS)
                now = loop.time()
                if (
                    token is not None
                    and self.done is None
                    and (self._step != said or now - said_at >= PROGRESS)
                ):
                    told, said, said_at = told + 1, self._step, now
                    yield event(self._progress(token, told))
            yield event(self.done)
        finally:
            await self._close()

    async def _advance(self, seconds: float | None) -> None:
        """Take the next event, or let some time pass without one."""
        loop = asyncio.get_running_loop()
        if self._until is not None:
            left = max(0.0, self._until - loop.time())
            seconds = left if seconds is None else min(seconds, left)
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._events))
        await asyncio.wait({self._next}, timeout=seconds)
        if not self._next.done():
            if self._until is not None and loop.time() >= self._until:
                self.done = result_of(self._call, self._still_running())
            return
        following, self._next = self._next, None
        try:
            event = following.result()
        except StopAsyncIteration:
            message = "The server stops; the run goes on in the next one."
            data = {"execution_id": self.started.row.id}
            self.done = RpcError(INTERNAL, message, data=data).body(self._call.id)
            return
        if event.type == "node.started":
            self._step = str(event.data.get("label") or event.node)
            self._steps += 1
        parts = self._reading.add(event)
        if self._reading.ended:
            self.done = result_of(self._call, _result(event, parts[-1]))

    def _still_running(self) -> dict[str, Any]:
        id = self.started.row.id
        shown = {"execution_id": id, "status": "running"}
        return _tool_result(f"Still running: {STATUS} tells more of execution {id}.", shown, id)

    def _progress(self, token: str | int, count: int) -> bytes:
        id = self.started.row.id
        message = f"{self._step or 'Waiting'} (execution {id})"
        params = {"progressToken": token, "progress": count, "message": message}
        return msgspec.json.encode({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

    async def _close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                await self._next
        await self._events.aclose()


def _result(last: Event, part: Part) -> dict[str, Any]:
    """Return what came of a run as the result of a call."""
    id, chat = last.execution_id, bool(last.session_id)
    shown: dict[str, Any] = {"execution_id": id}
    if chat:
        shown["session_id"] = last.session_id
    match part:
        case Failed():
            shown |= {"status": last.data.get("status") or part.code, "error": part.message}
            return {**_tool_result(part.message, shown, id), "isError": True}
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
            return _tool_result(text, shown, id)
        case _:
            output: dict[str, Any] = last.data.get("output") or {}
            shown["status"] = "completed"
            if chat:
                shown["response"] = text = output.get("response") or ""
            else:
                shown["output"] = given = output_of(output)
                text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
            return _tool_result(text, shown, id)


def _tool_result(text: str, shown: dict[str, Any], execution_id: str) -> dict[str, Any]:
    return {
        "content": [{"type": "text", "text": text}],
        "structuredContent": shown,
        "isError": False,
        "_meta": {"agenticrag/execution_id": execution_id},
    }


def _error(message: str, execution_id: str) -> dict[str, Any]:
    """Return the result of a call for which no run began."""
    shown = {"execution_id": execution_id, "status": "failed", "error": message}
    return {**_tool_result(message, shown, execution_id), "isError": True}


def _json(body: bytes, headers: dict[str, str] | None = None) -> ASGIResponse:
    return ASGIResponse(
        body=body, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )
