"""Server requests: what a server asks for in the middle of a call: people, folders (roots), model calls.

A person may answer after days and after restarts, so no call waits for them: it ends with the questions,
and is made again with the replies. Since revision 2026-07-28 the server ends the call by itself and gets its
state back. Before, it asks over the open connection: the call is then cancelled, and begun again with the
reply. Folders are told, and models asked, while the call goes on.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from graphs.conversation.tool_questions import ToolQuestion
from graphs.mcp.elicitation import elicitation_question, link_answer
from graphs.mcp.rounds import CallState, answer_rounds, roots_result
from graphs.mcp.sampling import approval_question, read_sampling, sampling_key, sampling_result
from graphs.mcp.server_access import (
    MCPAnswer,
    MCPCall,
    SampleAnswer,
    SampleRefused,
    SampleRequest,
    SamplingSettings,
)
from graphs.outbound.run_hops import hops_meta
from graphs.outbound.trace_context import current_span

__all__ = ["ServerRequests"]

_MODERN = "2026-07-28"
_LINK_FIRST = -32042
"""Error code of the revisions before: the call needs a link to be opened first."""
_REFUSED = -1
"""Error code of the protocol's schema for a model call that is not made."""
ROOTS_SECONDS, ROOTS_READ_SECONDS = 2.0, 0.2
"""How long a server may take to ask for its folders, and then to read the answer."""


class _Wanted(Struct, eq=False):
    """A model call that a server of an old revision waits for."""

    key: str
    request: SampleRequest
    answer: asyncio.Future[SampleAnswer]


class _Open(Struct, eq=False):
    """A call under way, over whose connection the server may ask."""

    call: MCPCall
    state: CallState
    question: asyncio.Future[ToolQuestion]
    wanted: asyncio.Queue[_Wanted]
    ended: asyncio.Event


class ServerRequests:
    """What the server of one session asks for.

    Args:
        roots: The folders that the server is told of where it asks.
        sampling: What it may ask models; None for nothing.
    """

    def __init__(self, roots: Sequence[str] = (), sampling: SamplingSettings | None = None) -> None:
        self._roots = roots
        self._sampling = sampling
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
            NodeError: a model call ended the run.
            Exception: whatever the library raises.
        """
        old = str(client.protocol_version) < _MODERN
        if self._alone or (old and self._sampling is not None):
            async with self._turn:
                return await self._called(client, call, old, options)
        return await self._called(client, call, old, options)

    async def asked(self, context: Any, params: Any) -> Any:
        """Answer a server of an old revision that asks people over the connection: the library's callback."""
        import mcp_types

        held = self._held()
        if held is None:
            return mcp_types.ErrorData(
                code=mcp_types.INVALID_REQUEST, message="Calls are under way side by side. Ask again."
            )
        question = elicitation_question("", params)
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

    async def sampled(self, context: Any, params: Any) -> Any:
        """Answer a server of an old revision that asks for a model call: the library's callback."""
        import mcp_types

        def refused(why: str) -> Any:
            return mcp_types.ErrorData(code=_REFUSED, message=why)

        held, settings = self._held(), self._sampling
        if held is None or settings is None:
            return refused("No single call is under way that the model call would belong to.")
        try:
            request = read_sampling(params, settings)
        except SampleRefused as error:
            return refused(str(error))
        key = sampling_key(request)
        if (known := held.state.sampled.get(key)) is not None:
            return sampling_result(known)
        if settings.approval:
            reply = next((one for one in held.call.replies if one.key == key), None)
            if reply is None:
                if not held.question.done():
                    held.question.set_result(approval_question(key, request))
                await held.ended.wait()
                return refused("A person is asked first.")
            if reply.action != "accept":
                return refused("A person declined the model call.")
        wanted = _Wanted(key, request, asyncio.get_running_loop().create_future())
        held.wanted.put_nowait(wanted)
        ended = asyncio.create_task(held.ended.wait())
        try:
            await asyncio.wait((wanted.answer, ended), return_when=asyncio.FIRST_COMPLETED)
            if not wanted.answer.done():
                return refused("The call has ended.")
            return sampling_result(wanted.answer.result())
        except SampleRefused as error:
            return refused(str(error))
        finally:
            ended.cancel()

    async def listed_roots(self, context: Any) -> Any:
        """Answer a server that asks for folders over the connection: the library's callback."""
        self._told.set()
        return roots_result(self._roots)

    async def roots_told(self, client: Any) -> None:
        """Return when a server of an old revision has asked for the folders, or does not ask soon.

        It asks after the connection is open, and calls before that find no folder.
        """
        if not self._roots or str(client.protocol_version) >= _MODERN:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), ROOTS_SECONDS)
            await asyncio.sleep(ROOTS_READ_SECONDS)

    def _held(self) -> _Open | None:
        """Return the one call that is under way; None where that is not clear."""
        if len(self._open) == 1:
            return self._open[0]
        self._alone = True  # from now on
        return None

    async def _called(self, client: Any, call: MCPCall, old: bool, options: dict[str, Any]) -> Any:
        meta = hops_meta() | ({"traceparent": span} if (span := current_span()) else {})
        if meta:
            options = options | {"meta": meta}
        if not old:
            return await answer_rounds(client, call, options, self._roots, self._sampling)
        loop = asyncio.get_running_loop()
        held = _Open(call, CallState.read(call.state), loop.create_future(), asyncio.Queue(), asyncio.Event())
        self._open.append(held)
        work = asyncio.create_task(client.session.call_tool(call.tool, call.arguments, **options))
        models = asyncio.create_task(self._ask_models(held))
        try:
            await asyncio.wait((work, held.question, models), return_when=asyncio.FIRST_COMPLETED)
            if models.done():
                models.result()  # the run has ended
            if held.question.done():
                return MCPAnswer(value="", asks=(held.question.result(),), state=held.state.text())
            try:
                return work.result()
            except Exception as error:
                if getattr(error, "code", None) != _LINK_FIRST:
                    raise
                return structs.replace(link_answer(call, error), state=held.state.text())
        finally:
            self._open.remove(held)
            work.cancel()
            models.cancel()
            await asyncio.gather(work, models, return_exceptions=True)
            held.ended.set()

    async def _ask_models(self, held: _Open) -> None:
        """Make the model calls that a server waits for, one after the other, in the run's own task."""
        while True:
            wanted = await held.wanted.get()
            try:
                answer = await held.state.sample(held.call, wanted.key, wanted.request, self._sampling)
            except SampleRefused as error:
                wanted.answer.set_exception(error)
            else:
                wanted.answer.set_result(answer)
