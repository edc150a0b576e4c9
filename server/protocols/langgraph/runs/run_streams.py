"""Run streams: runs followed for their clients, as streams that can be joined again, or to their end."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from persistence.library.flows import Flows
from persistence.runs.question_answers import Inputs
from server.identity.access_recheck import LOST, Lost
from server.identity.callers import Caller
from server.protocols.answer_parts import Asked, Failed, Stretch
from server.protocols.answering_nodes import answering_of
from server.protocols.langgraph.assistants.assistants import may_see_nodes
from server.protocols.langgraph.runs.run_bodies import RunBody
from server.protocols.langgraph.runs.run_frames import Frame, RunFrames, RunShape, answer_id, frame_bytes
from server.protocols.langgraph.runs.runs import Begun
from server.protocols.langgraph.threads.thread_states import Conversation, interrupt
from server.protocols.langgraph.threads.threads import Threads
from server.requests.runs_left_behind import Disconnects
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService

__all__ = ["RunStreams"]

PATIENCE = 5.0
"""Seconds between the line feeds that keep a client waiting."""
STOPPING = {"error": "stopping", "message": "The server stops; the run goes on. Join it again."}


class RunStreams:
    """Follows runs."""

    def __init__(
        self,
        flows: Flows,
        threads: Threads,
        service: ExecutionService,
        inputs: Inputs,
        streams: Streams,
        disconnects: Disconnects,
    ) -> None:
        self._flows = flows
        self._threads = threads
        self._service = service
        self._inputs = inputs
        self._streams = streams
        self._disconnects = disconnects

    def check(self, caller: Caller) -> None:
        """Let a caller open another stream.

        Raises:
            Problem: 429.
        """
        self._streams.check(caller)

    async def shape(self, caller: Caller, run: Begun) -> RunShape:
        """Return what the frames of a run say of it."""
        asked = run.row.asked
        return RunShape(
            run_id=run.row.id,
            thread_id=run.thread_id,
            assistant_id=asked.get("assistant_id", ""),
            graph_id=asked.get("graph_id", ""),
            stretch=Stretch(run.execution.id, run.row.after),
            answering=await answering_of(self._flows, run.execution),
            shows_nodes=may_see_nodes(caller),
        )

    async def streamed(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        run: Begun,
        modes: tuple[str, ...],
        *,
        after: tuple[int, int] = (-1, 0),
        live: bool = False,
        body: RunBody | None = None,
        on_disconnect: str | None = None,
    ) -> ASGIResponse:
        """Return a run's stream.

        Args:
            request: Whose headers may say what becomes of the run when the client leaves.
            caller: Who asks.
            run: The run.
            modes: What to send.
            after: The place behind which it begins.
            live: Whether only what happens from now on is sent.
            body: What the run was asked with, where this request began it.
            on_disconnect: ``cancel`` or ``continue``.
        """
        given = on_disconnect or (body.on_disconnect if body is not None else None)
        cancels = self._disconnects.cancels(request, caller, default=given == "cancel")
        frames = RunFrames(await self.shape(caller, run), modes)
        if live:
            open = run.status in ("pending", "running")
            after = (await self._service.last_event(run.execution.id), 999) if open else (2**52, 0)
        headers = headers_of(run, "stream") if body is not None else {}
        stream = RunStream(self._frames(caller, run, frames, after), self._streams, headers=headers)
        self._disconnects.watch(stream, run.execution, None, left=lambda: cancels and not frames.ended)
        return stream

    async def _frames(
        self, caller: Caller, run: Begun, frames: RunFrames, after: tuple[int, int]
    ) -> AsyncGenerator[bytes]:
        async for frame in self.frames(caller, run, frames):
            if (frame.seq, frame.number) > after:
                yield frame_bytes(frame)
        if not frames.ended:
            yield b"event: error\ndata: " + msgspec.json.encode(STOPPING) + b"\n\n"

    async def frames(self, caller: Caller, run: Begun, frames: RunFrames) -> AsyncGenerator[Frame]:
        """Yield the frames of a run, with the states that it begins and ends with."""
        begun = False
        async with aclosing(self._service.follow(run.execution.id)) as events:
            async for event in events:
                shown = frames.add(event)
                if frames.began and not begun:
                    begun = True
                    conversation = await self._conversation(caller, run)
                    frames.frame("values", self.first_values(run, conversation))
                if frames.ended:
                    await self._end(caller, run, frames)
                for frame in sorted(shown, key=lambda one: one.number):
                    yield frame
                if frames.ended:
                    return

    async def _conversation(self, caller: Caller, run: Begun) -> Conversation:
        if run.thread is None:
            return Conversation("", [], {})
        return await self._threads.conversation(caller, run.thread)

    def first_values(self, run: Begun, conversation: Conversation) -> dict[str, Any]:
        """Return the state that a run begins with: the conversation up to its own message."""
        execution, tree = run.execution, conversation.tree
        own = answer_id(execution.id)
        known = {one["id"] for one in tree}
        branch: dict[str, Any] | None = execution.options.get("branch")
        said = _said_id(execution.id, execution.options)
        if own in known:
            return conversation.values([one for one in conversation.line_to(own) if one["id"] != own])
        if branch is not None and not branch["says"]:
            return conversation.values(conversation.line_to(branch["after"]))
        if said in known:
            return conversation.values(conversation.line_to(said))
        text = execution.input.get("message")
        before = conversation.line_to(branch["after"]) if branch is not None else None
        if text is None:
            return conversation.values(before)
        line = [one for one in tree if "aside" not in one] if before is None else before
        return conversation.values([*line, {"role": "user", "content": text, "id": said}])

    async def _end(self, caller: Caller, run: Begun, frames: RunFrames) -> None:
        """Add the frames of the state that a run ends with."""
        conversation = await self._conversation(caller, run)
        match frames.last:
            case Asked() as asked:
                ids = {one.input_id for one in asked.questions}
                rows = [one for one in await self._inputs.of(run.execution.id) if one.id in ids]
                open = [interrupt(one) for one in rows]
                frames.frame("updates", {"__interrupt__": open})
                values = {**self.first_values(run, conversation), "__interrupt__": open}
                frames.frame("values", values)
            case Failed() as failed:
                error = "UserInterrupt" if failed.code == "cancelled" else failed.code
                frames.frame("error", {"error": error, "message": failed.message}, always=True)
            case _:
                line = self.last_line(run, conversation)
                said = conversation.values(line)
                answer = said.get("messages", [])[-1:] if line is not None else []
                if answer:
                    step = "answer" if may_see_nodes(caller) else "agent"
                    frames.frame("updates", {step: {"messages": answer}})
                if "checkpoints" in frames.modes or "debug" in frames.modes:
                    state = conversation.state()
                    frames.frame("checkpoints", state)
                frames.frame("values", said)

    def last_line(self, run: Begun, conversation: Conversation) -> list[dict[str, Any]] | None:
        """Return the messages up to a run's answer; None where it has left none."""
        line = conversation.line_to(answer_id(run.execution.id))
        return line or None

    async def whole(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        run: Begun,
        *,
        body: RunBody | None = None,
        cancels: bool = False,
    ) -> ASGIResponse:
        """Return a run's final values when it has ended; a line feed every few seconds until then."""
        given = body.on_disconnect if body is not None else None
        cancels = self._disconnects.cancels(request, caller, default=cancels or given == "cancel")
        answer = asyncio.ensure_future(self.values(caller, run))
        headers = headers_of(run, "join") if body is not None else {}
        waited = Waited(answer, headers)
        waited.left = lambda: self._disconnects.leave(run.execution, None) if cancels else None
        return waited

    async def values(self, caller: Caller, run: Begun) -> dict[str, Any]:
        """Return a run's final values."""
        frames = RunFrames(await self.shape(caller, run), ("values",))
        last: dict[str, Any] = {}
        async with aclosing(self.frames(caller, run, frames)) as following:
            async for frame in following:
                if frame.mode == "values":
                    last = frame.data
                elif frame.mode == "error":
                    return {"__error__": frame.data}
        return last if frames.ended else {"__error__": STOPPING}


class RunStream(EventStream):
    """A stream of a run, which says in the protocol's words why it ends early."""

    async def take_away(self, why: Lost) -> None:
        """End the stream with an error: its caller may listen no more."""
        said = msgspec.json.encode({"error": why, "message": LOST[why]})
        self._last_words = b"event: error\ndata: " + said + b"\n\n"
        self.drop()


class Waited(ASGIResponse):
    """An answer that is waited for: white space keeps the connection open until it is there."""

    _should_set_content_length = False

    def __init__(self, answer: "asyncio.Future[dict[str, Any]]", headers: dict[str, str]) -> None:
        named = {"Cache-Control": "no-store", **headers}
        super().__init__(media_type="application/json", headers=named)
        self.left: Callable[[], None] = lambda: None
        self._answer = answer

    async def send_body(self, send: Any, receive: Any) -> None:
        """Send the answer when it is there."""
        leaving = asyncio.ensure_future(_left(receive))
        try:
            while not self._answer.done():
                await asyncio.wait(
                    {self._answer, leaving}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
                )
                if leaving.done():
                    self.left()
                    return
                if not self._answer.done():
                    await send({"type": "http.response.body", "body": b"\n", "more_body": True})
            body = msgspec.json.encode(self._answer.result())
            await send({"type": "http.response.body", "body": body, "more_body": False})
        finally:
            self._answer.cancel()
            leaving.cancel()


async def _left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def headers_of(run: Begun, last: str) -> dict[str, str]:
    """Return where a run that was begun is found, below the mount."""
    place = f"/runs/{run.row.id}"
    if run.thread_id:
        place = f"/threads/{run.thread_id}{place}"
    more = {"Location": f"{place}/{last}"} if last else {}
    return {"Content-Location": place, **more, "X-Execution-Id": run.execution.id}


def _said_id(execution_id: str, options: dict[str, Any]) -> str:
    """Return the id that the history gives to the message of a run."""
    given = options.get("message_id")
    return given or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{execution_id}/input/0"))
