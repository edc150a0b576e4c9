"""A driver for one run of a flow."""

from collections.abc import Iterable, Mapping
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Struct

from graphs.conversation.messages import InputAnswer
from graphs.document.flow import Flow
from graphs.embeddings.embedder import Embedder
from graphs.engine.compile import compile_flow
from graphs.engine.execute import Limits, Result, RunOptions, execute
from graphs.node.retriever import Retriever
from graphs.outbound.credentials import Credential
from graphs.reranking.reranking import Reranking
from graphs.testing.models import Script, ScriptedModels
from graphs.testing.recorder import MemoryRecorder
from graphs.toolbox.toolbox import Toolbox

__all__ = ["Ran", "checkpoints_in_memory", "run_flow"]


class Ran(Struct, frozen=True):
    """What `run_flow` gives."""

    result: Result
    recorder: MemoryRecorder
    models: ScriptedModels

    @property
    def response(self) -> str:
        """The run's answer as text."""
        return self.result.output["response"]


def checkpoints_in_memory() -> BaseCheckpointSaver[Any]:
    """Return where a run that may pause keeps its state for as long as this process lives."""
    return InMemorySaver()


async def run_flow(
    flow: Flow,
    input: dict[str, Any] | str | None = None,
    *,
    answers: Iterable[str | list[str] | Script] = (),
    models: ScriptedModels | None = None,
    recorder: MemoryRecorder | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    execution_id: str = "execution",
    thread_id: str = "thread",
    variables: dict[str, Any] | None = None,
    limits: Limits | None = None,
    attempt: int = 1,
    inputs: Iterable[InputAnswer] = (),
    toolbox: Toolbox | None = None,
    subflows: Mapping[tuple[str, int | str | None], Flow] | None = None,
    credentials: Iterable[Credential] = (),
    retriever: Retriever | None = None,
    embedder: Embedder | None = None,
    reranking: Reranking | None = None,
) -> Ran:
    """Compile a flow and run it once, with nothing outside this process; after a pause it goes on.

    Args:
        flow: What to run.
        input: The run's input, or a chat's message alone.
        answers: What the models answer, in turn.
        models: Models with a script of their own, in place of `answers`.
        recorder: A recorder to go on with, as after a crash.
        checkpointer: Where state and history are kept; nowhere by default.
        execution_id: The run's id; the same one again goes on where the run stopped.
        thread_id: The session's history.
        variables: The run's variables.
        limits: The run's caps.
        attempt: 2 and more where an earlier attempt of this run was cut off.
        inputs: What people answer: each time that the run pauses, the first open question gets the next.
        toolbox: The tools that nodes may use; the built-in ones by default.
        subflows: The flows that nodes may call, by id and version, None for the current one.
        credentials: What nodes may name.
        retriever: What searches knowledge bases.
        embedder: What embeds its questions.
        reranking: What scores passages.
    """
    stored = {credential.name: credential for credential in credentials}

    async def find(name: str) -> Credential | None:
        return stored.get(name)

    models = models or ScriptedModels(*answers)
    recorder = recorder or MemoryRecorder(execution_id)
    run = RunOptions(
        execution_id=execution_id,
        thread_id=thread_id,
        input={"message": input} if isinstance(input, str) else input or {},
        variables=variables or {},
        limits=limits or Limits(),
        attempt=attempt,
    )
    if inputs := list(inputs):
        checkpointer = checkpointer or InMemorySaver()
    compiled = compile_flow(flow, checkpointer=checkpointer)
    called = {name: compile_flow(inner, within=True) for name, inner in (subflows or {}).items()}
    result = await execute(
        compiled,
        run,
        recorder,
        models,
        toolbox=toolbox,
        subflows=called,
        credentials=find,
        retriever=retriever,
        embedder=embedder,
        reranking=reranking,
    )
    for answer in inputs:
        if result.status != "paused":
            break
        recorder.answer(answer)
        recorder = recorder.reopened()
        result = await execute(
            compiled,
            run,
            recorder,
            models,
            toolbox=toolbox,
            subflows=called,
            credentials=find,
            retriever=retriever,
            embedder=embedder,
            reranking=reranking,
        )
    return Ran(result, recorder, models)
