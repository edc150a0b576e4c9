"""A context for running one node alone: its model answers from a script."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from graphs.conversation.citations import Sources
from graphs.conversation.messages import (
    Attempt,
    Citation,
    InputAnswer,
    InputRequest,
    ModelAnswer,
    ModelRequest,
    ToolResult,
    ToolUse,
    Usage,
)
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.embeddings.open_embeddings import OpenEmbeddings
from graphs.knowledge.retrieved import Retrieved
from graphs.mcp.server_access import CallMCP, no_mcp
from graphs.node.context import CodeGraphs, Ingestion, LongTermMemory
from graphs.node.subgraph_entry import SubflowCall, SubgraphEntry, SubgraphResult
from graphs.outbound.credentials import Credential
from graphs.parsing.text import as_text
from graphs.passage_search.search_request import SearchRequest
from graphs.providers.settings import ModelSettings
from graphs.run_state.run_files import RunFiles
from graphs.toolbox.toolbox import Toolbox
from graphs.values.call_settings import CallSettings
from graphs.values.environment import Revealed
from graphs.values.events import EventType, Visibility
from graphs.values.node_error import NodeError

__all__ = ["ScriptedContext"]


class ScriptedContext:
    """Answers requests in turn, raises what is an exception in the script, and keeps what it was asked."""

    def __init__(
        self,
        answers: Iterable[str | ModelAnswer | Exception] = (),
        memory: dict[str, Any] | None = None,
        inputs: Iterable[InputAnswer] = (),
        passes: Iterable[Any] = (),
        results: Iterable[Any] = (),
        toolbox: Toolbox | None = None,
    ):
        self.execution_id = "execution"
        self.session_id = "session"
        self.node = "node"
        self.path = ""
        self.known_as = "/node#0"
        self.attempt = 1
        self.memory = memory or {}
        self.call_settings: CallSettings | None = None
        self.converses = self.speaks = self.takes_part = False
        self.aside: Visibility = "owner"
        self.requests: list[ModelRequest] = []
        self.published: list[bool] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.uses: list[ToolUse] = []
        self.searches: list[tuple[Sequence[str], SearchRequest]] = []
        self.questions: list[InputRequest] = []
        self._answers = deque(answers)
        self._inputs = deque(inputs)
        self._results = deque(results)
        self.toolbox = toolbox or Toolbox()
        self.files = RunFiles()
        self.ingestion: Ingestion | None = None
        self.code_graphs: CodeGraphs | None = None
        self.call_mcp: CallMCP = no_mcp
        self.memories: LongTermMemory | None = None
        self._passes = deque(passes)
        self._sources = Sources()
        self.entries: list[SubgraphEntry | SubflowCall] = []

    def emit(self, type: EventType, *, visibility: Visibility | None = None, **data: Any) -> None:
        """Keep the event."""
        self.events.append((type, data))

    def inner(self, node: str, at: str, *, path: str = "") -> "ScriptedContext":
        """Give this context: it has one script."""
        return self

    async def embed(
        self, model: EmbeddingModel, texts: Sequence[str], *, idempotency_key: str = ""
    ) -> Embedded:
        """Give the vectors of the built-in demo."""
        async with OpenEmbeddings(ModelSettings()) as embedder:
            return await embedder.embed(EmbeddingModel(provider="demo"), texts)

    async def ask(
        self, request: ModelRequest, *, publish: bool = True, aside: bool = False, within: str = ""
    ) -> ModelAnswer:
        """Give the next answer of the script."""
        self.requests.append(request)
        self.published.append(publish)
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, ModelAnswer):
            return answer
        usage = Usage(input_tokens=7, output_tokens=len(answer.split()))
        attempt = Attempt(provider=request.provider, model=request.model, status="completed", usage=usage)
        return ModelAnswer(
            provider=request.provider, model=request.model, content=answer, usage=usage, attempts=[attempt]
        )

    def cite_for(self, nodes: Sequence[str], *, placed: bool = True) -> None:
        """Keep which nodes' sources are told."""
        self.events.append(("citation", {"nodes": [*nodes], "placed": placed}))

    async def credential(self, name: str) -> Credential:
        """Give a credential for the hosts of examples."""
        return Credential(name=name, kind="bearer", hosts=("api.example.com",), secret="scripted-secret")  # noqa: S106

    async def env(self) -> Revealed:
        """Give no variables."""
        return Revealed()

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, *, within_use: bool = False
    ) -> Retrieved:
        """Give the next result of the script; without one, nothing."""
        self.searches.append((bases, request))
        return msgspec.convert(self._results.popleft(), Retrieved) if self._results else Retrieved()

    async def say(self, text: str, *, aside: bool = False, reason: str = "stop") -> ModelAnswer:
        """Keep what is told."""
        self.events.append(("message.completed", {"content": text}))
        return ModelAnswer(provider="", model="", content=text, finish_reason=reason)

    def cite(self, citations: Iterable[Citation], *, aside: bool = False) -> list[Citation]:
        """Number the citations."""
        return self._sources.numbered(citations, aside=aside)

    async def use(
        self, use: ToolUse, work: Callable[[str], Awaitable[ToolResult]], *, aside: bool = False
    ) -> ToolResult:
        """Give the next result of the script; where it has none, do the work."""
        self.uses.append(use)
        if self._results:
            value = self._results.popleft()
            return ToolResult(content=as_text(value), value=value)
        return await work(f"thread:task:{len(self.uses) - 1}")

    async def request_input(self, request: InputRequest) -> InputAnswer:
        """Give the next answer of a person."""
        self.questions.append(request)
        return self._inputs.popleft()

    async def enter(self, entry: SubgraphEntry) -> SubgraphResult:
        """Give what the next pass of the script gives, or fail as it does."""
        self.entries.append(entry)
        if not self._passes:
            await asyncio.Event().wait()
        match self._passes.popleft():
            case {"error": str() as error, **rest} if not rest:
                raise NodeError(error, node="inner")
            case output:
                return SubgraphResult(output=output)

    async def call(self, call: SubflowCall) -> SubgraphResult:
        """Give what the next pass of the script gives."""
        self.entries.append(call)
        return SubgraphResult(output=self._passes.popleft())
