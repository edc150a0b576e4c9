"""NodeRun: one run of one node, and the `Context` that the node gets from it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from langgraph.errors import GraphBubbleUp
from msgspec import Struct

from graphs.conversation.files_in_requests import with_files
from graphs.conversation.messages import (
    Citation,
    InputAnswer,
    InputRequest,
    ModelAnswer,
    ModelRequest,
    ToolResult,
    ToolUse,
)
from graphs.conversation.named_ids import named_id
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.knowledge.retrieved import Retrieved
from graphs.model_api.model_interface import ModelError
from graphs.node.subgraph_entry import SubflowCall, SubgraphEntry, SubgraphResult, SubgraphRunner
from graphs.node_execution.answer_stream import SILENT, AnswerStream, Voice, cleaned
from graphs.node_execution.asked_questions import Questions, hash_of
from graphs.node_execution.failpoints import reach
from graphs.node_execution.model_answers import book_interrupted, warn_of, warned_of
from graphs.node_execution.model_connections import by_connection
from graphs.node_execution.node_credentials import credential_for_node, variables_for_node
from graphs.node_execution.node_embedding import embed_for_node
from graphs.node_execution.node_reranking import rerank_for_node
from graphs.node_execution.node_retrieval import retrieve_for_node, search_for_node
from graphs.node_execution.tool_results import clean_result, facts_of, since
from graphs.node_execution.unrepeatable_uses import intend
from graphs.outbound.credentials import Credential
from graphs.parsing.text import TextError, clean
from graphs.passage_search.search_request import SearchRequest
from graphs.run_state.composed_answer import ComposedAnswer
from graphs.run_state.run_scope import key_below
from graphs.run_state.run_state import RunState
from graphs.values.environment import Revealed
from graphs.values.events import CallKey, CallKind, EventType, Visibility
from graphs.values.node_error import NodeError

__all__ = ["NodeRun"]


class NodeRun:
    """One run of one node: the `Context` that it gets.

    Calls are numbered by kind, in the order in which they are begun. The second try of a node by its own
    `retry` asks models and uses tools as task ``<task>#2``: what a failed try was answered is never given out
    again as if it were new, and a crash in the second try is answered from the second. Questions to people
    keep the task's own id, so that nobody is asked the same again for a try that failed later; so do the
    idempotency keys of tools, since the deed is the same.
    """

    def __init__(
        self,
        running: RunState,
        node: str,
        task_id: str,
        attempt: int,
        *,
        path: str = "",
        tries: int = 1,
        frame: SubgraphRunner | None = None,
        voice: Voice = SILENT,
    ) -> None:
        self.execution_id = running.run.execution_id
        self.session_id = running.run.session_id
        self.node = node
        self.path = path
        self.attempt = attempt
        self.memory = running.run.memory
        self.call_settings = running.run.call_settings
        self.toolbox = running.toolbox
        self.converses = running.converses
        self._voice, self.speaks, self.takes_part = voice, voice.speaks, voice.takes_part
        self.aside: Visibility = "debug" if running.converses else "owner"
        self.files = running.files
        self.call_mcp = running.mcp
        self.ingestion = running.ingestion
        self.memories = running.memories
        self.code_graphs = running.code_graphs
        self.active_at = time.monotonic()
        """When it last told or heard anything, by `time.monotonic`."""
        self.spoke = False
        """Whether readers have been shown something of an answer that it got."""
        self.heard_by: Visibility | None = None
        """Who has been shown it; None for all who may see the run."""
        self._told_in: ComposedAnswer | None = None
        """The text that it speaks in, where others do too."""
        self.questions = Questions(running, node, path, attempt)
        """What it asks people."""
        self._running = running
        self._frame = frame
        self._task_id = task_id
        self.known_as = task_id if tries == 1 else f"{task_id}#{tries}"
        self._numbers: dict[tuple[CallKind, str], int] = {}
        self.recalled = self.fresh = 0
        """Calls of this try that were answered from the journal, and that were made."""

    def emit(self, type: EventType, *, visibility: Visibility | None = None, **data: Any) -> None:
        """Append an event about this node to the journal."""
        self.active_at = time.monotonic()
        self._running.recorder.emit(
            type, node=self.node, path=self.path, attempt=self.attempt, visibility=visibility, **clean(data)
        )

    async def ask(
        self, request: ModelRequest, *, publish: bool = True, aside: bool = False, within: str = ""
    ) -> ModelAnswer:
        """Return a model's answer, from the journal where it was answered before; see `Context.ask`."""
        running, recorder = self._running, self._running.recorder
        unheard = aside
        place: dict[str, Any] = {"node": self.node, "path": self.path, "attempt": self.attempt}
        key = self._key("model", request, within)
        known = await running.guarded(recorder.recall(key, ModelAnswer))
        self._known(key, request, known)
        if known is not None:  # and counted: `RunOptions.spent` has it
            return known
        running.reserve_call(self.node, self.path)
        request = await by_connection(running, request)
        credential = await self.credential(request.credential) if request.credential else None
        request = await running.guarded(with_files(request, running.files.read))
        book_interrupted(running, request, place)
        if publish:
            self.spoke = True
            self._told_in = None if aside or self.path else running.composed.get(self.node)
            aside = aside or self._told_in is not None
            self.heard_by = "debug" if aside and self.converses else None
            self.emit("message.started", visibility=self.aside if aside else None)
        visibility = self.aside if aside else None
        hearing = AnswerStream(recorder, self._heard, place, publish=publish, visibility=visibility)
        await running.guarded(recorder.settled())
        reach("before_call")
        try:
            answer = cleaned(
                await running.models.answer(
                    request,
                    hearing,
                    idempotency_key=self._idempotency_key(key.task_id, key.number),
                    api_key=running.run.api_key,
                    credential=credential,
                    deadline=running.deadline,
                    workspace=running.run.workspace,
                )
            )
        except BaseException as error:
            running.spend(attempt.usage for attempt in hearing.attempts)
            recorder.book(hearing.attempts, **place)
            if isinstance(error, ModelError):
                failed = NodeError(str(error), code=error.code, retry_after=error.retry_after)
                raise (running.exhaust(failed) if hearing.refused else failed) from error
            if isinstance(error, TextError):
                raise NodeError(f"The model's answer cannot be used: {error}", code="bad_response") from error
            raise
        running.spend([attempt.usage for attempt in answer.attempts] or [answer.usage])
        warn_of(answer, self.emit)
        if answer.citations:
            cited = self.cite(answer.citations, aside=unheard) if publish else []
            answer = msgspec.structs.replace(answer, citations=cited)
        reach("after_call_before_journal")
        await running.guarded(recorder.store(key, answer, **place, later=True))
        self.active_at = time.monotonic()
        return answer

    async def say(self, text: str, *, aside: bool = False, reason: str = "stop") -> ModelAnswer:
        """Tell a text in place of a model's answer; see `Context.say`."""
        self.spoke = True
        self._told_in = None if aside or self.path else self._running.composed.get(self.node)
        unheard = aside or self._told_in is not None
        self.heard_by = "debug" if unheard and self.converses else None
        visibility = self.aside if unheard else None
        self.emit("message.started", visibility=visibility)
        self._heard("message.delta", content=text, visibility=visibility)
        self.emit("message.completed", content=text, finish_reason=reason, visibility=visibility)
        return ModelAnswer(provider="", model="", content=text, finish_reason=reason)

    def unsay(self) -> None:
        """Tell readers to forget what they were shown of an answer."""
        if self.spoke:
            if self._told_in is not None:
                self._told_in.unsay(self.node)
            self.emit("message.reset", visibility=self.heard_by)

    async def embed(
        self, model: EmbeddingModel, texts: Sequence[str], *, idempotency_key: str = ""
    ) -> Embedded:
        """Return vectors of texts; see `Context.embed`."""
        running = self._running
        if running.offline is not None:
            running.broken = running.offline.refuse("an embedding", self.node)
            raise running.broken
        await running.guarded(running.recorder.settled())
        self.active_at = time.monotonic()
        place: dict[str, Any] = {"node": self.node, "path": self.path, "attempt": self.attempt}
        return await embed_for_node(
            self._running, place, model, texts, credential=self.credential, idempotency_key=idempotency_key
        )

    async def credential(self, name: str) -> Credential:
        """Return a stored credential; see `Context.credential`."""
        return await credential_for_node(self._running, name)

    async def env(self) -> Revealed:
        """Return the workspace variables of the run; see `Context.env`."""
        return await variables_for_node(self._running)

    async def use(
        self, use: ToolUse, work: Callable[[str], Awaitable[ToolResult]], *, aside: bool = False
    ) -> ToolResult:
        """Do something outside, or return what it gave before; see `Context.use`."""
        running, recorder = self._running, self._running.recorder
        key = self._key("tool", msgspec.structs.replace(use, source=""))
        known = await running.guarded(recorder.recall(key, ToolResult))
        self._known(key, use, known)
        if known is not None:
            return known
        if not use.repeatable and (decided := await intend(running, self.questions, key, use)) is not None:
            await self._keep(key, use, decided)
            return decided
        running.reserve_use(self.node, self.path)
        facts = facts_of(use)
        self.emit("tool.started", **facts, input=use.arguments)
        await running.guarded(recorder.settled())
        began = time.perf_counter()
        reach("before_call")
        try:
            given = await work(self._idempotency_key(self._task_id, key.number))
            result = clean_result(given, running.concealing, began)
        except GraphBubbleUp:
            raise  # a flow that it runs pauses, or is handed on
        except BaseException as error:
            stopped = isinstance(error, asyncio.CancelledError)
            told = "The run was stopped." if stopped else running.concealing.text(str(error))
            self.emit("tool.failed", **facts, error=told, duration_ms=since(began))
            if isinstance(error, NodeError) and told != str(error):
                raise NodeError(told, code=error.code) from None
            raise
        if result.citations:
            result = msgspec.structs.replace(result, citations=self.cite(result.citations, aside=aside))
        reach("after_call_before_journal")
        await self._keep(key, use, result)
        return result

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, *, within_use: bool = False
    ) -> Retrieved:
        """Return passages of knowledge bases; see `Context.retrieve`."""
        if within_use:
            return await self._search(bases, request)
        return await retrieve_for_node(self._running, self._search, self.use, bases, request)

    async def _search(self, bases: Sequence[str], request: SearchRequest) -> Retrieved:
        await self._running.guarded(self._running.recorder.settled())
        place = {"node": self.node, "path": self.path, "attempt": self.attempt}
        rerank = partial(rerank_for_node, self._running, place, credential=self.credential)
        return warned_of(await search_for_node(self._running, self.embed, rerank, bases, request), self.emit)

    def cite(self, citations: Iterable[Citation], *, aside: bool = False) -> list[Citation]:
        """Tell sources of the answer; see `Context.cite`."""
        held_by = "" if self.path or not aside else self.node
        numbered = self._running.sources.numbered(citations, aside=aside, held_by=held_by)
        for one in numbered:
            self.emit("citation", visibility="owner" if aside else None, **msgspec.to_builtins(one))
        return numbered

    def cite_for(self, nodes: Sequence[str], *, placed: bool = True) -> None:
        """Tell everybody what nodes have cited aside; see `Context.cite_for`."""
        for one in self._running.sources.released(nodes, placed=placed):
            self.emit("citation", **msgspec.to_builtins(one))

    async def request_input(self, request: InputRequest) -> InputAnswer:
        """Return a person's answer, or pause the run; see `Context.request_input`."""
        return await self.questions.ask(self._task_id, request)

    def inner(self, node: str, at: str, *, path: str = "") -> "NodeRun":
        """Return the context of a step within this node run; see `Context.inner`."""
        key = key_below(self.known_as, at)
        return NodeRun(self._running, node, key, self.attempt, path=path or self.path, voice=self._voice)

    async def enter(self, entry: SubgraphEntry) -> SubgraphResult:
        """Run one pass through a body of this node; see `Context.enter`."""
        return await self._framed().enter(entry, self.known_as)

    async def call(self, call: SubflowCall) -> SubgraphResult:
        """Run one pass through another flow; see `Context.call`."""
        return await self._framed().call(call, self.known_as)

    def _framed(self) -> SubgraphRunner:
        if self._frame is None:
            raise TypeError(f"Node {self.node!r} is no container: its type needs `frames = True`.")
        return self._frame

    def _known(self, key: CallKey, request: Struct, known: Struct | None) -> None:
        """Count a call, and have a run that is walked again say whether it may be made."""
        if known is None:
            self.fresh += 1
        else:
            self.recalled += 1
        if (offline := self._running.offline) is not None:
            try:
                offline.called(key, request, known, self.node, self.path)
            except NodeError:
                raise
            except Exception as error:
                self._running.broken = error
                raise

    def _idempotency_key(self, task_id: str, number: int) -> str:
        run = self._running.run
        if not run.by_place:
            return f"{run.thread_id}:{task_id}:{number}"
        return f"{run.execution_id}:{named_id(task_id)}:{number}"

    async def _keep(self, key: CallKey, use: ToolUse, result: ToolResult) -> None:
        facts: dict[str, Any] = {**facts_of(use), "duration_ms": result.duration_ms}
        if result.status == "completed":
            output = result.content if result.value is None else result.value
            self.emit("tool.completed", **facts, output=output)
        else:
            self.emit("tool.failed", **facts, error=result.error or result.content)
        await self._running.guarded(
            self._running.recorder.store(key, result, node=self.node, path=self.path, attempt=self.attempt)
        )

    def _heard(self, type: EventType, **data: Any) -> None:
        """Append what a model says: clean by now."""
        self.active_at = time.monotonic()
        if self._told_in is not None and type == "message.delta":
            self._told_in.hear(self.node, data["content"])
            return
        if self._told_in is not None and type == "message.reset":
            self._told_in.unsay(self.node)
        self._running.recorder.emit(type, node=self.node, path=self.path, attempt=self.attempt, **data)

    def _key(self, kind: CallKind, request: Struct, within: str = "") -> CallKey:
        number = self._numbers.get((kind, within), 0)
        self._numbers[kind, within] = number + 1
        place = f"{self.known_as}/{within}" if within else self.known_as
        return CallKey(place, number, hash_of(request), kind)
