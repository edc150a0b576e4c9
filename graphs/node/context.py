"""Context: what a node may do beside computing: tell, ask models and people, use tools. All is journalled."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from graphs.conversation.files import StoredFile
from graphs.conversation.messages import (
    Citation,
    InputAnswer,
    InputRequest,
    ModelAnswer,
    ModelRequest,
    ToolResult,
    ToolUse,
)
from graphs.embeddings.embedder import Embedded, EmbeddingModel
from graphs.knowledge.retrieved import Retrieved
from graphs.mcp.server_access import CallMCP
from graphs.node.subgraph_entry import SubflowCall, SubgraphEntry, SubgraphResult
from graphs.outbound.credentials import Credential
from graphs.passage_search.search_request import SearchRequest
from graphs.toolbox.toolbox import Toolbox
from graphs.values.call_settings import CallSettings
from graphs.values.environment import Revealed
from graphs.values.events import EventType, Visibility
from graphs.values.node_view import View

__all__ = ["CodeGraphs", "Context", "Ingestion", "LongTermMemory", "RunFiles"]


class RunFiles(Protocol):
    """The files of a run."""

    async def read(self, ids: Sequence[str]) -> Mapping[str, StoredFile]:
        """Return files of the run's session by id; those that are not there are left out."""
        ...

    async def keep(self, name: str, media_type: str, content: bytes) -> dict[str, Any]:
        """Keep a file and return it as a value: with its session, or in the value where there is none.

        Raises:
            NodeError: the run keeps more than it may, or the file is too large for a value.
        """
        ...


class LongTermMemory(Protocol):
    """Memories beyond a session: of the ``user`` whom a run is for, and of its ``flow``."""

    def owner(self, scope: str) -> str:
        """Return whose memories a scope has; empty where the run has none."""
        ...

    async def put(
        self, scope: str, namespace: Sequence[str], key: str, value: Mapping[str, Any], ttl: float | None
    ) -> None:
        """Keep a value, for so many seconds; None for the setting."""
        ...

    async def get(self, scope: str, namespace: Sequence[str], key: str) -> dict[str, Any] | None:
        """Return a value; None where there is none."""
        ...

    async def search(
        self, scope: str, namespace: Sequence[str], query: str, limit: int
    ) -> list[dict[str, Any]]:
        """Return keys and values that have all words of a query, the last changed first."""
        ...

    async def delete(self, scope: str, namespace: Sequence[str], key: str) -> None:
        """Forget a value."""
        ...


class Context(Protocol):
    """One node run's hold on the world. `graphs.engine.execute` makes one for every run of every node."""

    execution_id: str
    session_id: str
    node: str
    path: str
    """Ids of the enclosing frames, joined by ``/``; empty at the top level."""
    attempt: int
    memory: dict[str, Any]
    """The session's own memory settings; empty where the flow's count."""
    call_settings: CallSettings | None
    """What the client asks of the model of a plain chat; None where it asks nothing."""
    converses: bool
    """Whether the run is a turn of a chat, where its answer alone joins the history."""
    speaks: bool
    """Whether the node's text is the answer of the flow, or a part of it."""
    takes_part: bool
    """Whether the node lies in a sub-flow that takes part in the conversation."""
    aside: Visibility
    """Who sees what is said aside."""
    toolbox: Toolbox
    """The tools that there are, and the rules that they work by."""

    memories: LongTermMemory | None
    """What is kept beyond the session; None where a process keeps nothing."""
    ingestion: "Ingestion | None"
    """What reads documents into knowledge bases; None where a process has none."""
    code_graphs: "CodeGraphs | None"
    """What runs graphs in code; None where the run has none."""
    known_as: str
    """What the node run is known by in the journal: the same after a crash, another for each try."""

    @property
    def files(self) -> RunFiles:
        """What the run may read and keep of files."""
        ...

    def emit(self, type: EventType, *, visibility: Visibility | None = None, **data: Any) -> None:
        """Append an event about this node to the journal. Returns at once."""
        ...

    async def ask(
        self, request: ModelRequest, *, publish: bool = True, aside: bool = False, within: str = ""
    ) -> ModelAnswer:
        """Return a model's answer, from the journal where it was answered before a crash.

        With `publish`, tokens become ``message.delta`` events as they arrive; without, only usage is recorded
        (a summary, a decision). What is said `aside` is work on the way to an answer: the flow's owner sees
        it, visitors do not. Counts against the run's caps. `within` names the use that it is a part of: its
        calls are numbered apart, since a use that is answered from the journal makes none.

        Raises:
            ModelError: no provider gave an answer.
            NodeError: a cap of the run is reached (code ``limit_reached``).
        """
        ...

    async def embed(
        self, model: EmbeddingModel, texts: Sequence[str], *, idempotency_key: str = ""
    ) -> Embedded:
        """Return vectors of texts. Counts against the run's caps and budgets; nothing is journalled.

        Raises:
            NodeError: the provider gave none, or a cap of the run is reached (code ``limit_reached``).
        """
        ...

    async def credential(self, name: str) -> Credential:
        """Return a stored credential of the run's workspace: within `use`, at the last moment.

        Give it to `graphs.outbound.http_messages.Outbound` and keep it nowhere. From here on it is taken
        out of all that `use` gives and of what fails in it.

        Raises:
            NodeError: there is none, or it cannot be read.
        """
        ...

    async def env(self) -> Revealed:
        """Return the workspace variables that the run reads, with their secrets: within `use`.

        Put a secret into a header of a request and keep it nowhere. From here on it is taken out of all that
        `use` gives and of what fails in it.

        Raises:
            NodeError: one cannot be read.
        """
        ...

    @property
    def call_mcp(self) -> CallMCP:
        """Calls a tool of an MCP server of the run's workspace: within `use`. Raises `MCPError`."""
        ...

    async def retrieve(
        self, bases: Sequence[str], request: SearchRequest, *, within_use: bool = False
    ) -> Retrieved:
        """Return passages of knowledge bases, or those that were found before a crash or a pause.

        They are numbered over the run, as citations are, but not cited yet. A question is embedded once a
        run. It is a `use` of the tool ``retrieve``; `within_use` says that it is a part of another one, whose
        result is kept anyway.

        Raises:
            NodeError: a base is not there (code ``not_found``), a filter cannot be read (``bad_filter``), or
            the
                question could not be embedded.
        """
        ...

    async def say(self, text: str, *, aside: bool = False, reason: str = "stop") -> ModelAnswer:
        """Tell a text in place of a model's answer, as it would have been told, and return it as one.

        Args:
            text: What to tell.
            aside: Whether it is no part of the answer.
            reason: How the answer ended: ``stop``, or ``refusal`` for a text in place of one.
        """
        ...

    def cite(self, citations: Iterable[Citation], *, aside: bool = False) -> list[Citation]:
        """Tell sources of the answer and return them as they are shown: checked, and numbered over the run.

        What models and tools cite is told by `ask` and `use`. Emits ``citation`` for each; the next
        answer that joins the history bears them. With `aside` only the flow's owner sees them, and no message
        bears them.
        """
        ...

    def cite_for(self, nodes: Sequence[str], *, placed: bool = True) -> None:
        """Tell everybody the sources that nodes of this level cited aside: their text is in the answer now.

        Args:
            nodes: The nodes.
            placed: Whether their text is unchanged.
        """
        ...

    async def use(
        self, use: ToolUse, work: Callable[[str], Awaitable[ToolResult]], *, aside: bool = False
    ) -> ToolResult:
        """Do something outside, or return what it gave where it was done before a crash or a pause.

        `work` gets an idempotency key that is the same when the same deed is tried again, after a crash and
        by a node's `retry`. Its result is durable before it is returned, also a failed one; what it raises
        is passed on and not kept, so that the next time `work` is awaited again. Emits ``tool.started``, then
        ``tool.completed`` or ``tool.failed``, and ``citation`` for each source that the result names; with
        `aside` only the flow's owner sees those. Counts against the run's caps.

        A use that is not `repeatable` is written down before it is begun. Where a crash left it without a
        result, the run asks a person whether to repeat it, to skip it with a value, or to fail.

        Raises:
            NodeError: a cap of the run is reached (code ``limit_reached``), or the person chose to fail
                (code ``undecided``).
            GraphInterrupt: the run pauses; let it pass, and let no task of yours go on.
        """
        ...

    async def request_input(self, request: InputRequest) -> InputAnswer:
        """Return a person's answer, or how it ended without one; the run pauses until then.

        After the answer the node runs again from its start: ask first, act after. What it asked models and
        tools before is answered from the journal. The answer's value fits `InputRequest.schema`.

        Raises:
            GraphInterrupt: there is no answer yet and the run pauses; let it pass, and let no task of yours
                go on.
        """
        ...

    def inner(self, node: str, at: str, *, path: str = "") -> "Context":
        """Return the context of a step within this node run, whose calls are numbered apart.

        Args:
            node: What its events call it.
            at: Which step: the same after a crash.
            path: The path of its events; empty for this node's own.
        """
        ...

    async def enter(self, entry: SubgraphEntry) -> SubgraphResult:
        """Run one pass through a body of this node and return what came out of it.

        Passes may run side by side where their `SubgraphEntry.at` differs
        (`graphs.node.parallel_passes.as_completed`). After a crash, a pause or a drain the node runs again
        from its start and enters its bodies again: what was done in them is not done twice.

        Raises:
            NodeError: a node in the body failed; `NodeError.node` names it.
            GraphBubbleUp: the run pauses or is handed on; let it pass.
        """
        ...

    async def call(self, call: SubflowCall) -> SubgraphResult:
        """Run one pass through another flow of the workspace and return its output.

        Raises:
            NodeError: a node in it failed, there is no such flow (code ``flow_gone``), or flows lie too deep
                in one another (code ``limit_reached``).
            GraphBubbleUp: the run pauses or is handed on; let it pass.
        """
        ...


class CodeGraphs(Protocol):
    """Runs graphs of the operator's own, in code."""

    async def run(self, name: str, source_hash: str, view: View, context: Context) -> Any:
        """Run a graph to its end, from where it stands, and return its output as plain JSON.

        Raises:
            NodeError: there is no such graph, or it failed.
            GraphBubbleUp: the run pauses or is handed on; let it pass.
        """
        ...


class Ingestion(Protocol):
    """Reads documents of a run's workspace, in steps that the run's journal keeps."""

    async def ingest(self, document_id: str, context: Context) -> dict[str, Any]:
        """Parse a document, embed its passages and show them to searches; return what came of it.

        Raises:
            NodeError: the document is not this run's, or it failed; then its row says so too.
        """
        ...

    async def reindex(self, base_id: str, index_id: str, context: Context) -> dict[str, Any]:
        """Build another index of a base's passages beside the one in use, and switch to it.

        Raises:
            NodeError: the index is not this run's, or its passages could not be embedded.
        """
        ...
