"""Responses: answers of OpenAI's Responses API, kept by id, continued, resumed and cancelled."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.conversation.spoken_answers import ASKED
from graphs.parsing.heavy_values import off_the_loop
from persistence.journal.journal import Journal
from persistence.library.flows import FlowRow, Flows
from persistence.runs.executions import ExecutionRow, Executions, Idempotency, goes_on
from persistence.runs.responses import ResponseRow, Responses
from server.compilation.langgraph_engine import Engine
from server.http.parameters import retry_of
from server.http.problems import Fault, Problem
from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.protocols.answer_parts import AnswerParts, Asked, Stretch
from server.protocols.answering_nodes import answering_of
from server.protocols.followed_answers import until_answered
from server.protocols.openai.chats import ChatCompletions, CompletionStream, in_a_form
from server.protocols.openai.conversations import Conversations
from server.protocols.openai.errors import error_of, failed
from server.protocols.openai.given_messages import GivenMessage, read_conversation
from server.protocols.openai.model_settings import is_plain_chat
from server.protocols.openai.response_events import ResponseEvents, Shape, response_frame
from server.protocols.openai.response_requests import (
    ResponseRequest,
    echoed,
    given_of,
    items_of,
    refuse_unsupported,
    settings_of,
)
from server.requests.chat_requests import ChatOrders, ChatRequest
from server.requests.replays import replayed
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import Streams
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order
from server.settings.sources import Settings

__all__ = ["StoredResponses"]

ROUTE = "openai.responses"


class _Found(Struct, frozen=True):
    row: ResponseRow
    run: ExecutionRow
    shape: Shape


class StoredResponses:
    """Answers with the chatflows of a workspace, and gives earlier answers out again."""

    def __init__(
        self,
        settings: Settings,
        flows: Flows,
        orders: ChatOrders,
        service: ExecutionService,
        executions: Executions,
        responses: Responses,
        conversations: Conversations,
        engine: Engine,
        journal: Journal,
        chats: ChatCompletions,
        streams: Streams,
        disconnects: Disconnects,
    ) -> None:
        self._settings = settings
        self._flows = flows
        self._orders = orders
        self._service = service
        self._executions = executions
        self._responses = responses
        self._conversations = conversations
        self._engine = engine
        self._journal = journal
        self._chats = chats
        self._streams = streams
        self._disconnects = disconnects

    async def create(
        self, request: Request[Any, Any, Any], caller: Caller, wanted: ResponseRequest, body: Any
    ) -> ASGIResponse:
        """Run a conversation and return its response: whole, as a stream, or at once for one in background.

        Raises:
            Problem: the request cannot be answered.
        """
        refuse_unsupported(wanted)
        flow = await self._chats.model(caller, wanted.model)
        if wanted.stream:
            self._streams.check(caller)
        cancels = self._disconnects.cancels(request, caller) and not wanted.background
        seconds = self._settings.retry_seconds
        idempotency = retry_of(request, f"{ROUTE}:{flow.id}", body, seconds=seconds)
        previous = None
        if wanted.previous_response_id is not None:
            previous = await self._find(caller, wanted.previous_response_id, "/previous_response_id")
        first = previous is not None and await self._responses.take_end(previous.row)
        try:
            order = await self._order(caller, flow, wanted, previous, same_session=first)
            accepted = await self._service.start(msgspec.structs.replace(order, idempotency=idempotency))
        except BaseException:
            if previous is not None and first:
                await asyncio.shield(self._responses.free_end(previous.row))
            raise
        run, stretch = accepted.execution, Stretch(accepted.execution.id, accepted.after)
        row = ResponseRow(
            id=stretch.named("resp_"),
            workspace=caller.workspace,
            execution_id=run.id,
            after=accepted.after,
            previous_id=wanted.previous_response_id,
            asked={**echoed(wanted, plain=is_plain_chat(flow.document)), "input": items_of(order)},
            created_at=round(time.time(), 3),
        )
        stored = wanted.store is not False
        if stored:
            await self._responses.keep(row)
            row = await self._responses.get(caller.workspace, row.id) or row
        shape = await self._shape(row, run, stored=stored)
        headers = {**replayed(accepted), "X-Session-Id": run.session or ""}
        if wanted.stream:
            return self._streamed(shape, run, idempotency, headers=headers, cancels=cancels)
        if wanted.background:
            return _json(ResponseEvents(shape).response(), headers)
        answer = self._ended(shape, run)
        ended = await self._disconnects.answered(request, answer, run, idempotency, cancels=cancels)
        return _json(ended.response(), headers)

    async def read(self, caller: Caller, id: str, *, stream: bool = False, after: int = -1) -> ASGIResponse:
        """Return a response as it stands, or its events after a number.

        Raises:
            Problem: 404 if there is none.
        """
        found = await self._find(caller, id)
        if stream:
            self._streams.check(caller)
            return self._streamed(found.shape, found.run, after=after)
        if found.run.status == "pending":
            return _json(ResponseEvents(found.shape).response())
        return _json((await self._now(found)).response())

    async def cancel(self, caller: Caller, id: str) -> ASGIResponse:
        """End the run of a response, and return the response.

        Raises:
            Problem: 404 if there is none.
        """
        found = await self._find(caller, id)
        if goes_on(found.run):
            await self._service.cancel(caller.workspace, found.run.id)
        return _json((await self._ended(found.shape, found.run)).response())

    async def delete(self, caller: Caller, id: str) -> dict[str, Any]:
        """Forget a response.

        Raises:
            Problem: 404 if there is none.
        """
        found = await self._find(caller, id)
        await self._responses.delete(caller.workspace, found.row.id)
        return {"id": id, "object": "response", "deleted": True}

    async def input_items(self, caller: Caller, id: str) -> dict[str, Any]:
        """Return what a response was asked with.

        Raises:
            Problem: 404 if there is none.
        """
        found = await self._find(caller, id)
        named = found.shape.stretch.named("msg_")
        data = [
            {"id": f"{named}_in{place}", "type": "message", "status": "completed", **item}
            for place, item in enumerate(found.row.asked.get("input") or [])
        ]
        ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return {"object": "list", "data": data, "first_id": ends[0], "last_id": ends[1], "has_more": False}

    async def _find(self, caller: Caller, id: str, pointer: str = "") -> _Found:
        row = await self._responses.get(caller.workspace, id[:64])
        run = None
        if row is not None:
            run = await self._executions.get(caller.workspace, row.execution_id, owner=visible_to(caller))
        if row is None or run is None or not is_within(caller, run.flow_id):
            detail = f"Response '{id[:80]}' does not exist. It may be deleted, or another's."
            raise Problem(404, "response_not_found", detail, errors=[Fault(detail, pointer=pointer)])
        return _Found(row, run, await self._shape(row, run))

    async def _shape(self, row: ResponseRow, run: ExecutionRow, *, stored: bool = True) -> Shape:
        return Shape(
            stretch=Stretch(run.id, row.after),
            created_at=row.created_at,
            session=run.session or "",
            asked=row.asked,
            answering=frozenset() if in_a_form(run) else await answering_of(self._flows, run),
            stored=stored,
        )

    async def _order(
        self,
        caller: Caller,
        flow: FlowRow,
        wanted: ResponseRequest,
        previous: _Found | None,
        *,
        same_session: bool,
    ) -> Order:
        """Return the order of a request: in the session that it continues, in a copy of it, or a new one."""
        session, history = None, None
        if previous is not None and same_session:
            session = previous.run.session
        elif previous is not None:
            history = await self._until(previous)
        elif wanted.conversation is not None:
            session = await self._conversation(caller, wanted.conversation)
        whole = previous is None and session is None
        plain = is_plain_chat(flow.document)
        messages = given_of(wanted, whole=whole)
        if previous is not None and plain and all(one.role != "user" for one in messages):
            asked = previous.row.asked["input"][0]["content"][0]["text"]
            messages.insert(0, GivenMessage(role="user", content=asked))
        said = read_conversation(messages, flow.document, self._settings, whole=whole, tools=plain)
        settings = settings_of(wanted, plain=plain, resumes=said.resumes)
        chat = ChatRequest(
            message=said.message, session_id=session, files=said.files, inputs=wanted.inputs or {}
        )
        order = await self._orders.order(caller, chat, flow=flow, public_inputs=True)
        return msgspec.structs.replace(
            order,
            history=[*(history or []), *said.history],
            history_files=said.history_files,
            call_settings=settings,
            answers="" if said.resumes else order.answers,
        )

    async def _conversation(self, caller: Caller, given: str | dict[str, Any]) -> str:
        id: Any = given if isinstance(given, str) else given.get("id")
        return (await self._conversations.find(caller, str(id))).name

    async def _until(self, previous: _Found) -> list[dict[str, Any]]:
        """Return the messages of a response's session up to its own, since another goes on after it."""
        if goes_on(previous.run):
            await until_answered(self._service, previous.shape.stretch)
        messages = await self._engine.sessions.history(previous.run.session_id or "")
        asked = await self._questions(previous)
        end = 0
        for place, message in enumerate(messages, 1):
            metadata: dict[str, Any] = message.get("metadata") or {}
            if asked:
                if metadata.get(ASKED) in asked and message.get("role") == "assistant":
                    end = place
            elif metadata.get("execution_id") == previous.run.id:
                end = place
        kept = messages[:end]
        return [
            {name: value for name, value in message.items() if name not in ("id", "metadata", "created_at")}
            for message in kept
        ]

    async def _questions(self, previous: _Found) -> set[str]:
        """Return the questions that a response ended with; none of one that ended with an answer."""
        reading = AnswerParts(previous.shape.answering, previous.row.after)
        for event in await until_answered(self._service, previous.shape.stretch):
            for part in reading.add(event):
                if isinstance(part, Asked):
                    return {one.input_id for one in part.questions}
        return set()

    async def _ended(self, shape: Shape, run: ExecutionRow) -> ResponseEvents:
        reading = ResponseEvents(shape)
        for event in await until_answered(self._service, shape.stretch):
            reading.add(event)
        if reading.unanswerable:
            self._disconnects.give_up(run)
        return reading

    async def _now(self, found: _Found) -> ResponseEvents:
        """Return a response with all that its run has stored by now."""
        reading = ResponseEvents(found.shape)
        events = await self._journal.read(found.run.id, limit=sys.maxsize)

        def read() -> ResponseEvents:
            for event in events:
                reading.add(event)
            return reading

        return await off_the_loop(events, read)

    def _streamed(
        self,
        shape: Shape,
        run: ExecutionRow,
        idempotency: Idempotency | None = None,
        *,
        after: int = -1,
        headers: dict[str, str] | None = None,
        cancels: bool = False,
    ) -> ASGIResponse:
        reading = ResponseEvents(shape)
        named = {"X-Execution-Id": run.id, **(headers or {})}
        stream = CompletionStream(self._frames(shape, reading, after), self._streams, headers=named)
        self._disconnects.watch(
            stream,
            run,
            idempotency,
            left=lambda: cancels and not reading.ended,
            unanswerable=lambda: reading.unanswerable,
        )
        return stream

    async def _frames(self, shape: Shape, reading: ResponseEvents, after: int) -> AsyncGenerator[bytes]:
        id = shape.stretch.execution_id
        async with aclosing(self._service.follow(id)) as events:
            async for event in events:
                for shown in reading.add(event):
                    if shown["sequence_number"] > after:
                        yield response_frame(shown)
                if reading.ended:
                    return
        message = f"The server stops; the run goes on. GET /v1/responses/{shape.id}?stream=true resumes."
        error = error_of(failed("stopping", message, id).document)
        shown = {"code": error.code, "message": message, "param": None}
        yield response_frame({"type": "error", "sequence_number": after + 1, **shown})


def _json(shown: dict[str, Any], headers: dict[str, str] | None = None) -> ASGIResponse:
    more = {"Cache-Control": "no-store", **(headers or {})}
    return ASGIResponse(body=msgspec.json.encode(shown), media_type="application/json", headers=more)
