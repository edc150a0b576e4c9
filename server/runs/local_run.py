"""Local run: runs a flow in this process, shows it on a terminal and stores nothing."""

import sys
import uuid
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from graphs.analysis.pinned_versions import PinnedVersions, missing_of, with_pinned_versions
from graphs.checks.check import read_flow
from graphs.conversation.messages import Usage
from graphs.document.flow import GraphDefinition
from graphs.engine.compile import compile_flow
from graphs.engine.execute import RunOptions, execute
from graphs.model_calls import open_models
from graphs.parsing.text import as_text
from graphs.testing import MemoryRecorder
from graphs.testing.driver import checkpoints_in_memory
from graphs.values.events import EventType, Visibility
from graphs.values.findings import FlowError
from graphs.values.run_options import FlowLimits
from server.compilation.tool_setup import ServerTools
from server.runs.local_run_answers import ask_on_terminal
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings
from server.terminal import CommandError, print_json, print_progress

__all__ = ["LocalRun", "run_locally"]


class LocalRun(Struct, frozen=True, kw_only=True):
    """What came of a rehearsal."""

    status: str
    output: Any = None
    """The run's output as JSON."""
    response: str = ""
    """The run's output as text."""
    error: dict[str, str] | None = None
    """``{"code", "message"}`` of a run that did not complete."""
    usage: list[dict[str, Any]] = []
    """Provider, model, status and tokens of each request that was sent."""


async def run_locally(
    definition: GraphDefinition,
    *,
    name: str,
    input: dict[str, Any],
    variables: dict[str, Any],
    settings: Settings,
    limits: FlowLimits,
    quiet: bool,
) -> LocalRun:
    """Run a definition once. Unless `quiet`, nodes are told as they start and answers are shown as they come.

    Raises:
        CommandError: the definition is no flow that can run.
    """
    toolbox = ServerTools(settings).toolbox()
    try:
        definition = await _pinned(definition, settings)
        flow = read_flow(
            definition, name=name, type="agentflow", max_steps=settings.max_steps, tools=toolbox.kinds
        )
    except FlowError as error:
        raise CommandError(f"'{name}' cannot run: {error} agenticrag flow check tells all.") from error
    recorder = MemoryRecorder() if quiet else _Teller()
    execution_id = str(uuid.uuid4())
    run = RunOptions(
        execution_id=execution_id,
        thread_id=execution_id,
        input=input,
        variables=variables,
        limits=limits.within(settings.run_limits()),
    )
    async with open_models(settings.models()) as models:
        compiled = compile_flow(flow, checkpointer=checkpoints_in_memory(), max_steps=settings.max_steps)
        go_on = partial(execute, compiled, run, toolbox=toolbox, citations=settings.citations())
        result = await go_on(recorder, models)
        while result.status == "paused":
            (asked, *_) = [each for key, each in recorder.questions.items() if key not in recorder.answers]
            recorder.answer(await ask_on_terminal(asked))
            recorder = recorder.reopened()
            result = await go_on(recorder, models)
    await toolbox.close()
    rehearsed = LocalRun(
        status=result.status,
        output=result.output.get("output"),
        response=result.output.get("response", ""),
        error=result.error,
        usage=[
            {
                "provider": attempt.provider,
                "model": attempt.model,
                "status": attempt.status,
                "input_tokens": attempt.usage.input_tokens,
                "output_tokens": attempt.usage.output_tokens,
            }
            for attempt in recorder.attempts
        ],
    )
    if isinstance(recorder, _Teller):
        recorder.tell_end(rehearsed)
    return rehearsed


async def _pinned(definition: GraphDefinition, settings: Settings) -> GraphDefinition:
    """Return the definition with default models written out; stored agents are only known to a server.

    Raises:
        FlowError: it names a stored agent.
    """
    default_model, pins = DefaultModel(settings), PinnedVersions()
    for provider, model in missing_of(definition, pins).models:
        pins.models[f"{provider}/{model}"] = await default_model.complete(provider, model)
    return with_pinned_versions(definition, pins)


class _Teller(MemoryRecorder):
    """A recorder that tells what it hears: answers on standard output, the rest on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._at_margin = True

    def _fresh(self) -> MemoryRecorder:
        return _Teller()

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Keep an event and tell it."""
        super().emit(type, node=node, path=path, attempt=attempt, visibility=visibility, **data)
        match type:
            case "node.started":
                self._end_line()
                print_progress(f"▸ {data['label']} ({data['node_type']})")
            case "tool.started":
                self._end_line()
                print_progress(f"  ⚒ {data['name']} {msgspec.json.encode(data['input']).decode()[:200]}")
            case "tool.completed" | "tool.failed":
                told = data.get("output", data.get("error"))
                print_progress(f"  → {as_text(told)[:200]}")
            case "node.failed":
                self._end_line()
                print_progress(f"✗ {node}: {data['error']}")
            case "custom" if data.get("name") == "warning":
                self._end_line()
                print_progress(f"! {data['message']}")
            case "message.started" | "message.reset":
                self._end_line()
                self._said = ""
            case "message.delta":
                self._said += data["content"]
                self._at_margin = data["content"].endswith("\n")
                sys.stdout.write(data["content"])
                sys.stdout.flush()
            case _:
                pass

    def tell_end(self, rehearsed: LocalRun) -> None:
        """Tell the output, unless its text was just read, and what it cost."""
        self._end_line()
        if rehearsed.status == "completed" and self._said.strip() != rehearsed.response.strip():
            print_progress("▸ output")
            if isinstance(rehearsed.output, str):
                print(rehearsed.output)
            else:
                print_json(rehearsed.output)
        total = Usage(
            input_tokens=sum(attempt.usage.input_tokens for attempt in self.attempts),
            output_tokens=sum(attempt.usage.output_tokens for attempt in self.attempts),
        )
        if self.attempts:
            print_progress(f"▸ {total.input_tokens} tokens in, {total.output_tokens} out")

    def _end_line(self) -> None:
        if not self._at_margin:
            sys.stdout.write("\n")
            sys.stdout.flush()
        self._at_margin = True
