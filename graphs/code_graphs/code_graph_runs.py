"""Runs of code graphs within one execution: started, gone on with after a crash or an answer, and told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import EmptyInputError, GraphBubbleUp, GraphInterrupt, GraphRecursionError
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph.types import Command, Interrupt, StateSnapshot
from msgspec import Struct

from graphs.code_graphs.chat_turns import ChatInput, chat_input, continued, said_last
from graphs.code_graphs.code_graph import CodeGraph
from graphs.code_graphs.current_run import CURRENT
from graphs.code_graphs.placed_checkpoints import CALL, PlacedCheckpoints
from graphs.code_graphs.placed_store import PlacedStore
from graphs.code_graphs.shown_values import shown
from graphs.code_graphs.stored_values import StoredValues, UnstorableError
from graphs.code_graphs.told_tasks import ToldTasks
from graphs.conversation.messages import InputRequest, ModelAnswer, ModelRequest
from graphs.node.context import Context
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["CodeGraphRuns", "RunPlace"]


class RunPlace(Struct, frozen=True, kw_only=True):
    """Where a run is."""

    execution_id: str
    thread_id: str
    session_id: str
    workspace: str
    owner: str
    """Whose long-term memories it has."""
    user_id: str
    max_steps: int


class CodeGraphRuns:
    """`graphs.node.context.CodeGraphs`: runs graphs for the nodes of one execution."""

    def __init__(
        self,
        graphs: Mapping[str, CodeGraph],
        values: StoredValues,
        checkpointer: BaseCheckpointSaver[Any],
        store: BaseStore,
        model_of: Callable[[str, str], Awaitable[tuple[str, str]]],
        place: RunPlace,
    ) -> None:
        """Keep what the graphs are run with.

        Args:
            graphs: Those that the run's workspace has, by name.
            values: What their state may hold.
            checkpointer: Where it is stored.
            store: The workspace's long-term memory.
            model_of: Fills in the server's default model.
            place: Where the run is.
        """
        self._graphs = graphs
        self._values = values
        self._checkpointer = checkpointer
        self._store = store
        self._model_of = model_of
        self._place = place

    async def run(self, name: str, source_hash: str, view: View, context: Context) -> Any:
        """Run a graph to its end and return its output as plain JSON, of a chat the last message's text.

        Raises:
            NodeError: there is no such graph any more (code ``flow_gone``), or it failed.
            GraphInterrupt: it asks something; the run pauses.
        """
        found = self._graphs.get(name)
        if found is None:
            raise NodeError(
                f"This workspace has no code graph '{name}'. Add it to AGENTICRAG_CODE_GRAPHS.",
                code="flow_gone",
            )
        if source_hash != found.source_hash:
            context.emit("custom", name="code_graph_changed", graph=name)
        run = _OneRun(
            found, self._values, self._checkpointer, self._store, self._model_of, self._place, context
        )
        given = chat_input(view) if found.chat and context.converses else _input(found, view)
        output = await run.whole(given)
        return said_last(output) if found.chat and context.converses else output


class _OneRun:
    """One run of one graph by one node: the `CurrentRun` of the code in it."""

    def __init__(
        self,
        found: CodeGraph,
        values: StoredValues,
        checkpointer: BaseCheckpointSaver[Any],
        store: BaseStore,
        model_of: Callable[[str, str], Awaitable[tuple[str, str]]],
        place: RunPlace,
        context: Context,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._model_of = model_of
        self._context = context
        self._call = f"{place.execution_id}:{context.known_as}"
        here = self._here = f"{context.path}/{context.node}" if context.path else context.node
        self._checkpoints = PlacedCheckpoints(
            checkpointer,
            values,
            thread_id=place.thread_id,
            place=f"code/{here}".replace(":", "%3A").replace("|", "%7C"),
            run_id=place.execution_id,
            workspace=place.workspace,
            call=self._call,
        )
        more = {"checkpointer": self._checkpoints, "store": PlacedStore(store, place.owner)}
        self._graph = cast("Pregel[Any, Any, Any, Any]", found.graph.copy(more))
        self._config: RunnableConfig = {
            "configurable": {
                "thread_id": place.session_id or place.execution_id,
                "user_id": place.user_id,
                "execution_id": place.execution_id,
            },
            "recursion_limit": place.max_steps,
        }
        self._tasks = ToldTasks(context, here)

    async def ask(self, checkpoint_ns: str, request: ModelRequest, *, publish: bool) -> ModelAnswer:
        """Return a model's answer for a task: in a chat it is a part of the node's own text."""
        context = self._context
        if not checkpoint_ns:
            return await context.ask(request, publish=publish)
        inner = self._tasks.context(checkpoint_ns)
        if not context.converses:
            return await inner.ask(request, publish=publish)
        aside = not context.speaks
        return await context.ask(
            request, publish=publish, aside=aside, within=inner.known_as.rpartition("/")[2]
        )

    async def complete_model(self, provider: str, model: str) -> tuple[str, str]:
        """Return provider and model with the server's default for what is empty."""
        return await self._model_of(provider, model)

    async def whole(self, given: Any) -> Any:
        """Run the graph to its end, from where it stands, and return its output."""
        current, around = CURRENT.set(self), var_child_runnable_config.set(None)
        try:
            return await self._whole(given)
        except (NodeError, GraphBubbleUp):
            raise
        except GraphRecursionError as error:
            raise NodeError(
                f"The graph has taken too many steps. Raise max_steps. {error}", code="limit_reached"
            ) from error
        except EmptyInputError as error:
            wanted = self._graph.input_channels
            names = wanted if isinstance(wanted, str) else ", ".join(map(str, wanted))
            raise NodeError(
                f"The input has none of the fields of the graph. It takes: {names}.", code="bad_input"
            ) from error
        except UnstorableError as error:
            raise NodeError(str(error), code="unstorable_state") from error
        except (Exception, SystemExit) as error:  # `sys.exit()` of a graph is not to end the server
            raise NodeError(f"{type(error).__name__}: {error}", code="code_failed") from error
        finally:
            CURRENT.reset(current)
            var_child_runnable_config.reset(around)

    async def _whole(self, given: Any) -> Any:
        while True:
            state = await self._graph.aget_state(self._config)
            mine = (state.metadata or {}).get(CALL) == self._call
            if mine and not state.tasks:  # a task that is done, but not in a checkpoint yet, is not in `next`
                return self._output(state)
            if mine and (waits := self._stopped_before(state)):
                await self._confirm(waits, state)
            first = continued(given, state.values) if isinstance(given, ChatInput) else given
            interrupts = await self._stream(None if mine else first)
            while interrupts:
                interrupts = await self._stream(Command(resume=await self._answers(interrupts)))

    async def _stream(self, given: Any) -> Sequence[Interrupt]:
        """Step through the graph until it ends or asks, and return what it asks."""
        self._checkpoints.asked.clear()
        self._tasks.begin()
        interrupts: Sequence[Interrupt] = ()
        schema = getattr(self._graph, "context_schema", None)
        try:
            stream = self._graph.astream(
                given,
                self._config,
                context=cast("Any", {} if schema is not None else None),
                stream_mode=["tasks", "updates", "custom"],
                subgraphs=True,
                durability="sync",
            )
            async for within, mode, part in cast("AsyncIterator[tuple[tuple[str, ...], str, Any]]", stream):
                if mode == "custom":
                    self._context.emit("custom", name="stream_writer", value=shown(part))
                elif mode == "tasks":
                    self._tasks.told(within, part)
                elif not within and "__interrupt__" in part:
                    interrupts = cast("Sequence[Interrupt]", part["__interrupt__"])
        except BaseException as error:
            self._tasks.broken(error)
            raise
        return interrupts

    def _stopped_before(self, state: StateSnapshot) -> list[str]:
        """Return the nodes at which the graph was compiled to stop, where it stands before them."""
        if any(task.interrupts for task in state.tasks):
            return []
        stops = self._graph.interrupt_before_nodes
        return [node for node in state.next if stops == "*" or node in stops]

    async def _confirm(self, nodes: Sequence[str], state: StateSnapshot) -> None:
        """Ask whether to go on with nodes that the graph stops before."""
        at = str(state.config.get("configurable", {}).get("checkpoint_id", ""))
        asked = InputRequest(
            kind="approval",
            message=f"Continue with {', '.join(nodes)}?",
            value=shown(state.values),
            choices=["approve", "reject"],
        )
        answer = await self._context.inner(nodes[0], at, path=self._here).request_input(asked)
        if answer.action != "approve":
            raise NodeError(f"{', '.join(nodes)} was rejected. {answer.comment}".strip(), code="rejected")

    async def _answers(self, interrupts: Sequence[Interrupt]) -> dict[str, Any]:
        """Return the answers that there are, by interrupt.

        Raises:
            GraphInterrupt: there is none yet.
        """
        answers: dict[str, Any] = {}
        waiting: list[Interrupt] = []
        for one in interrupts:
            task, before = self._checkpoints.asked.get(one.id, (one.id, 0))
            context = self._context.inner(self._tasks.name_of(task), f"{task}.{before}", path=self._here)
            try:
                answer = await context.request_input(_question(one))
            except GraphInterrupt as paused:
                waiting += paused.args[0]
            else:
                answers[one.id] = answer.value
        if not answers:
            raise GraphInterrupt(tuple(waiting))
        return answers

    def _output(self, state: StateSnapshot) -> Any:
        names = self._graph.output_channels
        if isinstance(names, str) or not isinstance(state.values, dict):
            return shown(state.values)
        values = cast("dict[str, Any]", state.values)
        return {name: shown(values[name]) for name in names if name in values}


def _question(interrupt: Interrupt) -> InputRequest:
    """Return an interrupt as a question: a text as it is, an object by its ``question`` or ``message``."""
    value = shown(interrupt.value)
    message = value
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        message = next((fields[name] for name in ("question", "message") if name in fields), "")
    return InputRequest(
        kind="input", message=message if isinstance(message, str) else "", value=value, interrupt=True
    )


def _input(found: CodeGraph, view: View) -> Any:
    """Return what a graph is given: the run's input; a message alone also as ``messages``."""
    given = dict(view.input)
    if found.takes_messages and "messages" not in given and "message" in given:
        given["messages"] = [{"role": "user", "content": given["message"]}]
    if isinstance(found.graph.input_channels, str) and given.keys() == {"input"}:
        return given["input"]
    return given
