"""Run state: a run under way, with what it has used of its limits."""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from graphs.conversation.citations import CitationLimits, Sources
from graphs.conversation.messages import Usage
from graphs.conversation.spoken_answers import ASKED
from graphs.document.answering import Piece
from graphs.embeddings.embedder import Embedded, Embedder
from graphs.mcp.server_access import CallMCP, no_mcp
from graphs.model_api.connection import FindConnection, no_connections
from graphs.model_api.model_interface import Models
from graphs.node.context import CodeGraphs, Ingestion, LongTermMemory
from graphs.node.retriever import Retriever
from graphs.outbound.credentials import FindCredential, no_credentials
from graphs.reranking.reranking import Reranking
from graphs.run_state.compiled_flow import CompiledFlow
from graphs.run_state.composed_answer import ComposedAnswer
from graphs.run_state.message_tree import active_line
from graphs.run_state.offline import Offline
from graphs.run_state.run_bounds import RunBounds
from graphs.run_state.run_files import RunFiles
from graphs.toolbox.toolbox import Toolbox
from graphs.values.environment import FindSecrets, no_secrets
from graphs.values.events import Recorder
from graphs.values.node_error import NodeError
from graphs.values.run_options import RunOptions
from graphs.values.secrets_in_answers import Redaction

__all__ = ["RunState"]

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class RunState:
    """A run under way: where it writes, whom it asks, what it has used of its limits."""

    run: RunOptions
    recorder: Recorder
    models: Models
    subflows: Mapping[tuple[str, int | str | None], CompiledFlow]
    """The flows that nodes may call, by id and version or label; None for the one that is current now."""
    toolbox: Toolbox = field(default_factory=Toolbox)
    """The tools that its nodes may use."""
    credentials: FindCredential = no_credentials
    """From a name to the credential of the run's workspace."""
    connections: FindConnection = no_connections
    """From a name to the connection of the run's workspace."""
    mcp: CallMCP = no_mcp
    """Calls tools of MCP servers of the run's workspace."""
    files: RunFiles = field(default_factory=RunFiles)
    """What it may read and keep of files."""
    citations: CitationLimits = field(default_factory=CitationLimits)
    """How much it may cite."""
    embedder: Embedder | None = None
    """What embeds texts; None where a process has none."""
    reranking: Reranking | None = None
    """What scores passages; None where a process has none."""
    ingestion: Ingestion | None = None
    """What reads documents into knowledge bases."""
    retriever: Retriever | None = None
    """What searches knowledge bases."""
    embedded: dict[bytes, Embedded] = field(default_factory=dict[bytes, Embedded])
    """Questions that were embedded in this run, by model and text."""
    secrets: FindSecrets = no_secrets
    """Returns the secret variables of the workspace that it may use."""
    memories: LongTermMemory | None = None
    """What is kept beyond the session."""
    code_graphs: CodeGraphs | None = None
    """What runs graphs in code."""
    offline: Offline | None = None
    """What it asks first where it is walked again from its journal; None where it really runs."""
    converses: bool = False
    """Whether it is a turn of a conversation, whose messages answer what it asks."""
    concealing: Redaction = field(default_factory=Redaction)
    """The credentials that this run has used so far: what comes back from outside is freed of them."""
    sources: Sources = field(init=False)
    """What it has cited so far."""
    deadline: float = field(init=False)
    """When its time is up, by `time.monotonic`."""
    clock: asyncio.Timeout | None = None
    bounds: RunBounds = field(init=False)
    """What all its graphs together have used."""
    composed: dict[str, ComposedAnswer] = field(default_factory=dict[str, ComposedAnswer])
    """What is told of ends whose text is composed, by the end and by each node that speaks in it."""
    broken: Exception | None = None
    """Why the recorder would not write. The run stops with it, whatever a node makes of it."""
    exhausted: NodeError | None = None
    """The limit or budget of the run that is used up. The run fails with it, whatever a node makes of it."""
    _calls: int = field(init=False)
    _uses: int = field(init=False)
    _tokens: int = field(init=False)
    _resumed_at: str | None = None
    _facts: dict[str, Any] = field(default_factory=dict[str, Any])
    _line_of: Sequence[dict[str, Any]] | None = None
    _line: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        """Begin to count where earlier attempts have stopped."""
        spent = self.run.spent
        self.sources = Sources(self.recorder.cited, self.citations, self.recorder.cited_aside)
        self.deadline = time.monotonic() + max(0.0, self.run.limits.max_seconds - spent.seconds)
        self.bounds = RunBounds(self.run.limits, self._stop, spent.node_runs)
        self._calls = spent.model_calls
        self._uses = spent.tool_calls
        self._tokens = spent.tokens

    def line(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the messages of the chosen line. They are looked through once, until there are others."""
        if messages is not self._line_of:
            self._line_of, self._line = messages, active_line(messages)
        return self._line

    def compose(self, composed: Mapping[str, tuple[Piece, ...]]) -> None:
        """Begin to tell the texts of ends while they come."""
        for end, pieces in composed.items():
            answer = ComposedAnswer(end, pieces, self.recorder, self.run.attempt)
            self.composed |= dict.fromkeys((end, *answer.nodes), answer)

    def attempt(self, checkpoint_id: str) -> int:
        """Return which attempt at its step a task of this checkpoint is.

        Only tasks of the checkpoint that a resumed run begins with can have been begun before.
        """
        if self._resumed_at is None:
            self._resumed_at = checkpoint_id
        return self.run.attempt if checkpoint_id == self._resumed_at else 1

    def _stop(self, error: NodeError) -> NodeError:
        """Note that the run is beyond its bounds, end what is under way, and return the error to raise."""
        if self.clock is not None and not self.clock.expired():
            self.clock.reschedule(asyncio.get_running_loop().time())
        return self.exhaust(error)

    async def facts(self, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what expressions call ``session``, ``user``, ``run``, ``files`` and ``env``.

        Args:
            messages: The session's history with this turn's message.
        """
        if not self._facts:
            turn = sum(
                message["role"] == "user" and ASKED not in message.get("metadata", {}) for message in messages
            )
            began = datetime.fromtimestamp(int(self.run.created_at), UTC).isoformat()
            self._facts = {
                "session": {"id": self.run.session_id, "turn": turn} if self.run.session_id else {},
                "user": {"id": self.run.user_id},
                "files": await self.guarded(self.files.values()),
                "run": {"id": self.run.execution_id, "started_at": began.replace("+00:00", "Z")},
                "env": self.run.env.shown(),
            }
        return self._facts

    def overdue(self) -> bool:
        """Say whether the run's time is up."""
        if self.exhausted is not None:
            return False
        return time.monotonic() >= self.deadline or (self.clock is not None and self.clock.expired())

    def reserve_call(self, node: str, path: str = "") -> None:
        """Count a model call that is about to be made.

        Raises:
            NodeError: a cap is reached (code ``limit_reached``).
        """
        limits = self.run.limits
        self._allow(node, path, "max_model_calls", limits.max_model_calls, self._calls, "ask models less")
        self._allow(node, path, "max_tokens", limits.max_tokens, self._tokens, "ask models less")
        self._calls += 1

    def reserve_use(self, node: str, path: str = "") -> None:
        """Count a tool that is about to be used.

        Raises:
            NodeError: the cap is reached (code ``limit_reached``).
        """
        most = self.run.limits.max_tool_calls
        self._allow(node, path, "max_tool_calls", most, self._uses, "use tools less")
        self._uses += 1

    def spend(self, spent: Iterable[Usage]) -> None:
        """Count tokens."""
        self._tokens += sum(usage.input_tokens + usage.output_tokens for usage in spent)

    def exhaust(self, error: NodeError) -> NodeError:
        """Note that a limit or a budget of the run is used up, and return the error to raise.

        It is no item's error and nothing to catch: no further node starts, and `execute` fails with it.
        """
        self.exhausted = self.exhausted or error
        return self.exhausted

    async def guarded(self, writing: Awaitable[T]) -> T:
        """Await what the recorder does; where it fails, so does the run, as `broken` then says."""
        try:
            return await writing
        except Exception as error:
            self.broken = error
            raise

    def _allow(self, node: str, path: str, limit: str, most: int, used: int, less: str) -> None:
        if used < most:
            return
        self.recorder.emit("budget.refused", node=node, path=path, limit=limit, most=most, used=used)
        message = (
            f"The run has used {used:,} of the {most:,} that {limit} allows. Raise that limit, or let the "
            f"flow {less}."
        )
        raise self.exhaust(NodeError(message, code="limit_reached", node=node))
