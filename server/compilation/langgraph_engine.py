"""The engine: LangGraph, the models and the checkpointer, imported when the first run needs them."""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.embeddings.embedder import Embedder
from graphs.node.context import CodeGraphs, Ingestion
from graphs.node.retriever import Retriever
from graphs.parsing.resolved_types import resolve_types
from graphs.reranking.reranking import Reranking
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.identity.variables import Variables
from persistence.library.agents import Agents
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.session_words import SessionWords
from persistence.memories.memories import Memories
from persistence.runs.conversation_questions import ConversationQuestions
from persistence.runs.executions import ExecutionRow
from persistence.storage.database import Database
from server.compilation.code_graphs import ServerCodeGraphs
from server.compilation.compiled_flows import CompiledFlows
from server.compilation.session_index import SessionIndex
from server.compilation.session_states import SessionStates
from server.compilation.subflow_pinning import VersionPinning
from server.compilation.tool_setup import ServerTools
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings

if TYPE_CHECKING:
    from langgraph.runtime import RunControl

    from graphs.model_api.model_interface import Models
    from graphs.replay.recorded_run import RecordedRun
    from graphs.run_state.offline import Offline
    from graphs.toolbox.toolbox import Toolbox
    from graphs.values.environment import Environment, FindSecrets
    from graphs.values.run_options import Result
    from graphs.values.run_origin import SessionStart
    from persistence.checkpoints.checkpointer import Checkpointer
    from persistence.journal.recorder import JournalRecorder
    from persistence.memories.run_memories import RunMemories
    from server.mcp.mcp_servers import MCPServers
    from server.openapi.workspace_apis import APIs

__all__ = ["Engine"]

NEEDED = (
    "graphs.engine.compile",
    "graphs.engine.execute",
    "graphs.run_state.session_history",
    "graphs.providers",
    "persistence.checkpoints.checkpointer",
)


class Engine:
    """Compiles flows once a version and runs them. Making it costs nothing; `warm_up` pays for imports."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        flows: Flows,
        tools: ServerTools,
        default_model: DefaultModel,
        credentials: Credentials,
        connections: Connections,
        embedder: Embedder,
        reranking: Reranking,
        ingestion: Ingestion,
        retriever: Callable[[str], Retriever],
        mcp_servers: "MCPServers | None" = None,
        openapi_apis: "APIs | None" = None,
        variables: Variables | None = None,
        code_graphs: ServerCodeGraphs | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self.compiled = CompiledFlows(flows, tools, max_steps=settings.max_steps)
        """The flows of executions."""
        self._tools = tools
        self._credentials = credentials
        self._connections = connections
        self._variables = variables
        self._code_graphs = code_graphs
        self._mcp_servers = mcp_servers
        self._files = Files(database)
        self._memories = Memories(database)
        self.sessions = SessionStates(self.checkpointer, ConversationQuestions(database), settings)
        self.session_index = SessionIndex(SessionWords(database), self.sessions)
        """Histories and variables of sessions."""
        self.pinning = VersionPinning(
            Agents(database),
            flows,
            FlowVersions(database),
            default_model,
            mcp_servers,
            openapi_apis,
            variables,
        )
        """Looks up what flows leave to the server."""
        self._ingestion = ingestion
        self._embedder = embedder
        self._reranking = reranking
        self._retriever = retriever
        self._opened = AsyncExitStack()
        self._warming: asyncio.Task[None] | None = None
        self._models: Models | None = None
        self._toolbox: Toolbox | None = None
        self._checkpointer: Checkpointer | None = None

    async def warm_up(self) -> None:
        """Import LangGraph and open the models, once; who needs them meanwhile waits here too."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._open(), name="engine-warm-up")
        await asyncio.shield(self._warming)

    async def close(self) -> None:
        """Close the models' connections and child processes."""
        if self._warming is not None:
            await asyncio.wait({self._warming})
        await self._opened.aclose()

    async def run(
        self,
        row: ExecutionRow,
        recorder: "JournalRecorder",
        control: "RunControl",
        api_key: str,
        *,
        fresh_thread: bool = False,
    ) -> "Result":
        """Run an execution from its input, or from its thread's checkpoint, but for a `fresh_thread`.

        Raises:
            FlowGone: the flow was deleted for good before the run began.
            FlowError: the stored flow no longer passes `check`.
        """
        await self.warm_up()
        from graphs.conversation.files import FileRef
        from graphs.engine.execute import execute
        from graphs.mcp.server_access import no_mcp
        from graphs.values.call_settings import CallSettings
        from graphs.values.run_options import Branch, Limits, RunOptions, Spent
        from graphs.values.run_origin import RunOrigin

        assert self._models is not None
        compiled = await self.compiled.compile(row, self._checkpointer)
        run = RunOptions(
            execution_id=row.id,
            workspace=row.workspace,
            session_id=row.session or "",
            thread_id=row.thread_id,
            fresh_thread=fresh_thread,
            user_id=row.options.get("user_id", ""),
            created_at=row.created_at,
            input=row.input,
            history=row.options.get("history", []),
            branch=msgspec.convert(row.options.get("branch"), Branch | None),
            message_id=row.options.get("message_id", ""),
            files=msgspec.convert(row.options.get("files", []), list[FileRef]),
            variables=row.options.get("variables", {}),
            env=_environment_of(row),
            memory=row.memory,
            limits=msgspec.convert(row.options.get("limits", {}), Limits),
            visitor=row.options.get("visitor", False),
            api_key=api_key,
            attempt=max(1, recorder.begun + (0 if recorder.paused else 1)),
            spent=Spent(
                model_calls=recorder.known.count("model"),
                tool_calls=recorder.known.count("tool"),
                node_runs=recorder.known.count("node"),
                tokens=recorder.totals.input_tokens + recorder.totals.output_tokens,
                seconds=recorder.seconds,
            ),
            by_place=row.options.get("by_place", False),
            origin=msgspec.convert(row.options.get("origin"), RunOrigin | None),
            alone=row.options.get("alone", ""),
            call_settings=msgspec.convert(row.options.get("call_settings"), CallSettings | None),
        )
        return await execute(
            compiled,
            run,
            recorder,
            self._models,
            control=control,
            toolbox=self._toolbox,
            subflows=await self.compiled.subflows(row),
            credentials=partial(self._credentials.find, row.workspace),
            connections=partial(self._connections.find, row.workspace),
            mcp=no_mcp
            if self._mcp_servers is None
            else partial(self._mcp_servers.call, row.workspace, _environment_of(row).label),
            files=partial(self._files.read, [row.thread_id, *row.options.get("files_of", [])]),
            add_file=partial(self._files.add, row.thread_id) if row.session else None,
            citations=self._settings.citations(),
            embedder=self._embedder,
            reranking=self._reranking,
            ingestion=self._ingestion,
            secrets=self._secrets_of(row),
            memories=self._memories_of(row),
            code_graphs=self._code_graphs_of(row),
            retriever=self._retriever(row.workspace),
        )

    async def walk(
        self,
        row: ExecutionRow,
        recorder: "RecordedRun",
        offline: "Offline",
        *,
        history: list[dict[str, Any]],
        start: "SessionStart | None",
    ) -> "Result":
        """Run a recorded execution again in memory: nothing is asked of anybody, and nothing is stored.

        Args:
            row: The execution; its flow may be another version.
            recorder: What its journal has.
            offline: What it asks before it does something.
            history: The messages before its own.
            start: What it found of its session.

        Raises:
            FlowGone: the flow was deleted for good.
            FlowError: the flow does not pass `check`.
        """
        await self.warm_up()
        from graphs.conversation.files import FileRef
        from graphs.engine.execute import execute
        from graphs.values.run_options import Limits, RunOptions
        from graphs.values.run_origin import RunOrigin, SessionStart

        assert self._models is not None
        limits = msgspec.convert(row.options.get("limits", {}), Limits)
        origin = msgspec.convert(row.options.get("origin"), RunOrigin | None)
        origin = origin or RunOrigin(parent=row.id, kind="fork")
        run = RunOptions(
            execution_id=row.id,
            workspace=row.workspace,
            session_id=row.session or "",
            thread_id=row.id,
            user_id=row.options.get("user_id", ""),
            created_at=row.created_at,
            input=row.input,
            history=history,
            files=msgspec.convert(row.options.get("files", []), list[FileRef]),
            variables=row.options.get("variables", {}),
            env=_environment_of(row),
            memory=row.memory,
            limits=msgspec.structs.replace(
                limits, max_seconds=min(limits.max_seconds, self._settings.replay_seconds)
            ),
            visitor=row.options.get("visitor", False),
            origin=msgspec.structs.replace(origin, session=start or SessionStart()),
            alone=row.options.get("alone", ""),
        )
        return await execute(
            await self.compiled.compile(row, None),
            run,
            recorder,
            self._models,
            toolbox=self._toolbox,
            subflows=await self.compiled.subflows(row),
            files=partial(self._files.read, [row.thread_id, *row.options.get("files_of", [])]),
            citations=self._settings.citations(),
            offline=offline,
        )

    def _secrets_of(self, row: ExecutionRow) -> "FindSecrets":
        """Return what finds the secret variables that a run may use."""
        from graphs.values.environment import no_secrets

        env = _environment_of(row)
        if self._variables is None or not env.secrets:
            return no_secrets
        return partial(self._variables.secrets, row.workspace, env.label, env.secrets)

    def _memories_of(self, row: ExecutionRow) -> "RunMemories":
        """Return what a run may keep beyond its session."""
        from persistence.memories.memory_store import MemoryStore
        from persistence.memories.run_memories import RunMemories

        asked, days = row.options, self._settings.memory_ttl_days
        key = f"key:{asked['key_id']}" if asked.get("key_id") else ""
        return RunMemories(
            MemoryStore(self._memories, row.workspace),
            user=asked.get("user_id") or key,
            flow=row.flow_id or "",
            ttl_seconds=days * 86_400 or None,
        )

    def _code_graphs_of(self, row: ExecutionRow) -> "CodeGraphs | None":
        """Return what runs graphs in code, where the run's workspace has them."""
        if self._code_graphs is None or self._checkpointer is None:
            return None
        owner = self._memories_of(row).owner("user")
        return self._code_graphs.runs(row, self._checkpointer, self._database, owner)

    async def control(self) -> "RunControl":
        """Return a fresh handle by which one run is asked to drain."""
        await self.warm_up()
        from langgraph.runtime import RunControl

        return RunControl()

    async def models(self) -> "Models":
        """Return who answers models' requests, opened if need be."""
        await self.warm_up()
        assert self._models is not None
        return self._models

    async def checkpointer(self) -> "Checkpointer":
        """Return the checkpointer, opened if need be."""
        await self.warm_up()
        assert self._checkpointer is not None
        return self._checkpointer

    async def _open(self) -> None:
        await asyncio.to_thread(_import)
        from graphs.model_calls import open_models
        from persistence.checkpoints.checkpointer import Checkpointer

        self._checkpointer = Checkpointer(self._database)
        self._toolbox = await asyncio.to_thread(self._tools.toolbox)
        self._opened.push_async_callback(self._toolbox.close)
        self._models = await self._opened.enter_async_context(open_models(self._settings.models()))


def _environment_of(row: ExecutionRow) -> "Environment":
    """Return the workspace variables that a run has had since it was accepted."""
    from graphs.values.environment import Environment

    return msgspec.convert((row.options.get("pins") or {}).get("env", {}), Environment)


def _import() -> None:
    """Load what a run needs, in a thread, so that requests are answered meanwhile."""
    for module in NEEDED:
        importlib.import_module(module)
    resolve_types()
