"""Runs a flow here, and exported without us, and gives both records to compare."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import langgraph.graph
import msgspec
from langgraph.checkpoint.memory import InMemorySaver
from msgspec import Struct

from graphs.checks.check import read_flow
from graphs.conversation.messages import InputAnswer, ModelAnswer, ModelRequest
from graphs.document.flow import FlowType, GraphDefinition
from graphs.engine.compile import compile_flow
from graphs.engine.execute import Result, RunOptions, execute
from graphs.export.project import Project, export_project
from graphs.export.replaced_models import with_model
from graphs.model_calls import open_models
from graphs.providers.settings import ModelSettings
from graphs.testing import MemoryRecorder, ScriptedModels
from server.flows.flow_files import answered_by

__all__ = ["Recorded", "Replay", "exported", "lanes", "record", "replay", "write_project"]

RUNNER = Path(__file__).with_name("runner.py")


class Recorded(Struct, frozen=True, kw_only=True):
    """What a run of ours was, turn by turn."""

    outputs: list[Any]
    path: list[list[str]]
    """The nodes in the order in which they ended, each behind the pass that it is in."""
    asked: list[dict[str, Any]]
    """Each request to a model with its answer."""


class Replay(Struct, frozen=True, kw_only=True):
    """What a run of the exported project was."""

    outputs: list[Any]
    path: list[list[str]]
    asked: list[Any]
    error: str = ""


class Recording:
    """Models that keep what they are asked and answer."""

    def __init__(self, models: Any) -> None:
        self.calls: list[tuple[ModelRequest, ModelAnswer]] = []
        self._models = models

    async def answer(self, request: ModelRequest, *given: Any, **more: Any) -> ModelAnswer:
        """Ask on, and keep both."""
        asked = msgspec.structs.replace(request, messages=[*request.messages])
        answer = await self._models.answer(request, *given, **more)
        self.calls.append((asked, answer))
        return answer


async def record(
    definition: GraphDefinition,
    type: FlowType,
    inputs: Sequence[Mapping[str, Any]],
    *,
    resumes: Sequence[Mapping[str, Any]] = (),
    answers: Sequence[Any] = (),
    variables: Mapping[str, Any] | None = None,
) -> Recorded:
    """Run a flow once for each input, in one session, with the demo model or with a script."""
    flow = read_flow(answered_by(definition, ("demo", "demo")), name="flow", type=type)
    compiled = compile_flow(flow, checkpointer=InMemorySaver())
    outputs: list[Any] = []
    path: list[list[str]] = []
    async with open_models(ModelSettings(demo_delay=0.0)) as opened:
        models = Recording(ScriptedModels(*answers) if answers else opened)
        for number, given in enumerate(inputs):
            recorder = MemoryRecorder(f"execution-{number}")
            run = RunOptions(
                execution_id=f"execution-{number}",
                thread_id="thread",
                session_id="thread" if type == "chatflow" else "",
                input=dict(given),
                variables=dict(variables or {}),
            )
            result: Result = await execute(compiled, run, recorder, models)  # pyright: ignore[reportArgumentType]  # it has what is asked of models
            events = [*recorder.events]
            for resume in resumes:
                if result.status != "paused":
                    break
                recorder.answer(msgspec.convert(resume, InputAnswer))
                recorder = recorder.reopened()
                result = await execute(compiled, run, recorder, models)  # pyright: ignore[reportArgumentType]  # it has what is asked of models
                events += [event for event in recorder.events if event not in events]
            assert result.status == "completed", result
            outputs.append(result.output["output"])
            path += [
                [event.path or "", event.node or ""]
                for event in events
                if event.type == "node.completed" or (event.type == "node.failed" and "outlet" in event.data)
            ]
    asked = [
        {
            "messages": [[message.role, message.content] for message in request.messages],
            "answer": answer.content,
            "tool_calls": [
                {"id": call.id, "name": call.name, "args": call.arguments} for call in answer.tool_calls
            ],
        }
        for request, answer in models.calls
    ]
    return Recorded(outputs=outputs, path=path, asked=asked)


def lanes(path: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the nodes of a run in order, and those of each pass through a body, which run side by side."""
    passes: dict[tuple[str, int], list[str]] = {}
    ended: list[str] = []
    for within, node in path:
        inside = within.split("[")[0]
        visit = sum(inside == one or inside.startswith(f"{one}/") for one in ended)
        passes.setdefault((within, visit), []).append(node)
        ended.append(f"{within}/{node}" if within else node)
    return passes.pop(("", 0), []), sorted(passes.values())


def write_project(project: Project, folder: Path) -> Path:
    """Write a project's files, and return its folder."""
    for path, text in project.files.items():
        (folder / project.name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / project.name / path).write_text(text, "utf-8")
    return folder / project.name


def exported(
    definition: GraphDefinition, type: FlowType, name: str, folder: Path, description: str = ""
) -> Project:
    """Export a flow, with a model of OpenAI where it names none that a project can ask, and write it."""
    ready, differs = with_model(definition, ("openai", "gpt-4.1-mini"))
    project = export_project(ready, name=name, type=type, description=description, differs=differs)
    write_project(project, folder)
    return project


def replay(
    folder: Path, cases: Sequence[tuple[Project, FlowType, Recorded, Mapping[str, Any]]]
) -> list[Replay]:
    """Run projects where nothing of ours can be imported, with models that answer what was recorded."""
    libraries = str(Path(langgraph.graph.__file__).parents[2])
    work = {
        "libraries": [libraries],
        "cases": [
            {
                "folder": str(folder / project.name),
                "package": project.name,
                "recorded": recorded.asked,
                "inputs": [
                    {
                        "messages": [["user", given["message"]]],
                        "inputs": {k: v for k, v in given.items() if k != "message"},
                    }
                    if type == "chatflow"
                    else {"input": given, "initial_variables": more.get("variables")}
                    for given in more["inputs"]
                ],
                "resumes": more.get("resumes", []),
            }
            for project, type, recorded, more in cases
        ],
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(RUNNER)],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"LANGCHAIN_TRACING_V2": "false"},
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return msgspec.json.decode(ran.stdout, type=list[Replay])
