"""Execute: one run of a compiled flow, from its input or from where it stopped, to its result."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained, GraphRecursionError
from langgraph.runtime import RunControl

from graphs.conversation.citations import CitationLimits
from graphs.conversation.files import ReadFiles, no_files, with_parts
from graphs.conversation.messages import INSTRUCTION, Message
from graphs.document.document_version import TALKS
from graphs.embeddings.embedder import Embedder
from graphs.engine.chat_answer import client_calls, response_of
from graphs.engine.compile import PREFIX
from graphs.engine.continued_runs import session_operations
from graphs.engine.state_updates import begun
from graphs.mcp.server_access import CallMCP, no_mcp
from graphs.model_api.connection import FindConnection, no_connections
from graphs.model_api.model_interface import Models
from graphs.node.context import CodeGraphs, Ingestion, LongTermMemory
from graphs.node.retriever import Retriever
from graphs.node_execution.node_attempts import stamped
from graphs.outbound.credentials import FindCredential, no_credentials
from graphs.parsing.heavy_values import off_the_loop
from graphs.reranking.reranking import Reranking
from graphs.run_state.compiled_flow import CompiledFlow, Graph
from graphs.run_state.flow_state import adding
from graphs.run_state.message_tree import active_line
from graphs.run_state.offline import Offline
from graphs.run_state.run_files import AddFile, RunFiles
from graphs.run_state.run_scope import Scope
from graphs.run_state.run_state import RunState
from graphs.toolbox.toolbox import Toolbox
from graphs.values.environment import FindSecrets, no_secrets
from graphs.values.events import Recorder
from graphs.values.node_error import NodeError
from graphs.values.run_options import Limits, Result, RunOptions, Spent

__all__ = ["Limits", "Result", "RunOptions", "RunControl", "Spent", "execute"]


async def execute(
    compiled: CompiledFlow,
    run: RunOptions,
    recorder: Recorder,
    models: Models,
    *,
    control: RunControl | None = None,
    subflows: Mapping[tuple[str, int | str | None], CompiledFlow] | None = None,
    toolbox: Toolbox | None = None,
    credentials: FindCredential = no_credentials,
    connections: FindConnection = no_connections,
    mcp: CallMCP = no_mcp,
    files: ReadFiles = no_files,
    add_file: AddFile | None = None,
    citations: CitationLimits | None = None,
    embedder: Embedder | None = None,
    reranking: Reranking | None = None,
    ingestion: Ingestion | None = None,
    retriever: Retriever | None = None,
    secrets: FindSecrets = no_secrets,
    memories: LongTermMemory | None = None,
    code_graphs: CodeGraphs | None = None,
    offline: Offline | None = None,
) -> Result:
    """Run a flow and return its result; everything that happens meanwhile goes to the recorder.

    Where the thread's latest checkpoint is one of this execution, the run goes on from there: what is
    committed does not run again, and calls that the recorder recalls are not made again. Otherwise it starts
    with its input, whatever an earlier run has left unfinished on the thread.

    Cancelling stops the nodes that run, with their calls to models, records their ``node.failed`` and books
    what they used; the thread can then be run again.

    Args:
        compiled: The flow, with a checkpointer where runs are to survive.
        run: What this run is given.
        recorder: Where events, calls and usage go.
        models: Who answers the nodes' requests.
        control: `RunControl.request_drain` on it stops the run before its next superstep.
        subflows: The flows that nodes may call, by id and version, None for the current one: each compiled
            with ``within=True``.
        toolbox: The tools that nodes may use; None for the built-in ones by the default rules.
        credentials: From a name to a credential of the workspace that the run belongs to.
        connections: From a name to a connection of that workspace.
        mcp: Calls tools of MCP servers of that workspace.
        files: From ids to the files of the run's session.
        add_file: Keeps a file with the run's session; None where it has none.
        citations: How much the run may cite; None for the default.
        embedder: Embeds texts; None where nothing does.
        reranking: Scores passages for a query; None where nothing does.
        ingestion: Reads documents into knowledge bases; None where nothing does.
        secrets: Returns the secret variables of the workspace that the run may use.
        memories: What is kept beyond the session; None where nothing is.
        code_graphs: Runs graphs in code; None where there are none.
        offline: What a run that is walked again from its journal asks first; None where it really runs.
        retriever: Searches the knowledge bases of the run's workspace; None where there are none.

    Raises:
        asyncio.CancelledError: the run was cancelled.
        Exception: the recorder or the checkpointer could not write; nothing is known of the run's end.
    """
    toolbox = toolbox or Toolbox()
    graph = compiled.graph
    if graph is None:
        raise ValueError("This flow was compiled to run within another; compile it without `within`.")
    running = RunState(
        run,
        recorder,
        models,
        subflows or {},
        toolbox.for_visitors() if run.visitor else toolbox,
        credentials,
        connections,
        mcp,
        RunFiles(run.files, files, add_file, max_bytes=run.limits.max_run_bytes),
        citations or CitationLimits(),
        embedder,
        reranking,
        ingestion,
        retriever,
        secrets=secrets,
        memories=memories,
        code_graphs=code_graphs,
        offline=offline,
        converses=bool(run.session_id)
        and compiled.flow.type == "chatflow"
        and compiled.flow.version >= TALKS,
    )
    if running.converses:
        running.compose(compiled.answering.composed)
    # Where the thread's latest checkpoint has this run_id, LangGraph goes on from it and lets the input be.
    config: RunnableConfig = {
        "configurable": {
            "thread_id": run.thread_id,
            "workspace": run.workspace,
            "fresh_thread": run.fresh_thread,
        },
        "metadata": {"run_id": run.execution_id},
        # One superstep more is LangGraph's own first one, which takes in the input.
        "recursion_limit": min(compiled.steps, run.limits.max_steps + running.converses) + 1,
    }
    values: dict[str, Any] = {}
    if recorder.open_nodes and compiled.durable:
        await _tell_committed(graph, config, run, recorder)
    try:
        async with asyncio.timeout(running.deadline - time.monotonic()) as running.clock:
            async for part in graph.astream(
                _input(run, compiled),
                config,
                context=Scope(running, compiled),
                stream_mode="values",
                output_keys=["outputs", "messages", "answers"],
                control=control,
                durability="sync" if compiled.durable else None,
            ):
                values |= part
    except NodeError as error:
        if running.exhausted is not None:
            return _exceeded(running.exhausted, values)
        if running.overdue():
            return _overdue(run, values)
        return _ended("failed", values, error.code, str(error))
    except TimeoutError:
        if running.exhausted is not None:
            return _exceeded(running.exhausted, values)
        if not running.overdue():
            raise
        return _overdue(run, values)
    except GraphRecursionError:
        message = (
            f"The run has taken the {run.limits.max_steps:,} steps that max_steps allows. Raise that limit, "
            "or lower max_iterations of the flow's loops."
        )
        return _ended("failed", values, "limit_reached", message)
    except GraphDrained:
        return _ended("drained", values)
    return _ended("paused", values) if "__interrupt__" in values else await _completed(compiled, run, values)


async def _tell_committed(graph: Graph, config: RunnableConfig, run: RunOptions, recorder: Recorder) -> None:
    """Tell the end of nodes whose result was committed in the moment of a crash, and their event was not."""
    at = await graph.aget_state(config)
    if (at.metadata or {}).get("run_id") != run.execution_id:
        return
    outputs: dict[str, Any] = at.values.get("outputs", {})
    for node in sorted(recorder.open_nodes & outputs.keys()):
        if PREFIX + node not in at.next:
            recorder.emit("node.completed", node=node, attempt=run.attempt, output=outputs[node], late=True)


def _input(run: RunOptions, compiled: CompiledFlow) -> dict[str, Any]:
    """Return what the run writes to the state at first, in place of what the session's last run left."""
    variables, do = begun(run.variables, compiled.declared)
    first: dict[str, Any] = {
        "input": run.input,
        "variables": {"__overwrite__": variables},
        "outputs": {"__overwrite__": {}},
        "answers": {"__overwrite__": {}},
        "signals": {"__overwrite__": {}},
        "loops": {"__overwrite__": {}},
    }
    origin = run.origin
    if origin is not None and origin.session is not None:
        do = [*session_operations(origin.session, compiled.declared), *do]
        first["summary"] = origin.session.summary
    if compiled.gathers:
        do = [["reset"], *do]
    if do:
        first["gathered"] = {"at": [-1, 0], "do": do}
    if content := run.input.get("message"):
        message = Message(role="user", content=with_parts(content, run.files), id=run.message_id)
        given = msgspec.convert(run.history, list[Message])
        told = [stamped(_told(one), run.execution_id, "history", at) for at, one in enumerate(given)]
        if origin is not None:  # they are a session's already, with ids and times
            told = msgspec.to_builtins(given)
        of = origin.stamps if origin is not None and origin.stamps else run.execution_id
        says = [*told, stamped(message, of, "input", 0)]
        if run.call_settings is not None and run.call_settings.resumes:
            says = told  # which end with what the client's tools gave
        if run.branch is not None:
            after: dict[str, Any] = {"role": "after", "id": run.branch.after}
            says = [after, *says] if run.branch.says else [after]
        first["messages"] = adding(says)
    return first


def _told(message: Message) -> Message:
    """Return a message of the history that a run is given, its instructions marked as such."""
    metadata = {INSTRUCTION: True} if message.role == "system" else {}
    return msgspec.structs.replace(message, id="", created_at=0.0, metadata=metadata)


async def _completed(compiled: CompiledFlow, run: RunOptions, values: dict[str, Any]) -> Result:
    outputs: dict[str, Any] = values.get("outputs", {})
    ended = {id: outputs[id] for id in compiled.ends if id in outputs}
    output: Any = ended if len(ended) > 1 else next(iter(ended.values()), None)
    response, files = await off_the_loop(ended, response_of, ended, values.get("answers", {}), ended)
    carried: dict[str, Any] = {"files": msgspec.to_builtins(files)} if files else {}
    if run.call_settings is not None and (calls := client_calls(values.get("answers", {}))):
        carried["tool_calls"] = calls
    return Result(
        status="completed",
        output={"response": response, "output": output, **carried},
        message_count=len(active_line(values.get("messages", []))),
    )


def _exceeded(why: NodeError, values: dict[str, Any]) -> Result:
    return _ended("failed", values, why.code, str(why))


def _overdue(run: RunOptions, values: dict[str, Any]) -> Result:
    message = f"The run took longer than the {run.limits.max_seconds:g} seconds that max_seconds allows."
    return _ended("timeout", values, "timeout", message)


def _ended(
    status: Literal["failed", "timeout", "paused", "drained"],
    values: dict[str, Any],
    code: str = "",
    message: str = "",
) -> Result:
    return Result(
        status=status,
        error={"code": code, "message": message} if code else None,
        message_count=len(active_line(values.get("messages", []))),
    )
