"""Record what this release does: ``python -m tests.releases.record 0.2`` writes the folder ``0.2``.

A file for each example has its document, its input, and the journal of a run of it: what its nodes told, and
what was answered to each call. The demo model answers, so that nothing is needed but this folder.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from graphs.checks.check import read_flow
from graphs.conversation.messages import InputAnswer
from graphs.document.flow import FlowType
from graphs.engine.compile import compile_flow
from graphs.engine.execute import execute
from graphs.model_calls import open_models
from graphs.providers.settings import ModelSettings
from graphs.run_state.offline import Offline
from graphs.testing.driver import checkpoints_in_memory
from graphs.testing.recorder import MemoryRecorder
from graphs.values.events import CallKey, Event
from graphs.values.run_options import Result, RunOptions
from server.flows.flow_files import read_flow_file
from tests.newcomer.hour import GIVEN

__all__ = ["Journal", "record", "walked"]

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
FORMAT = "journal"
"""The end of the files' names: ``support-chat.journal.json``."""


class Journal(Struct, frozen=True, kw_only=True):
    """A document with a run of it."""

    document: dict[str, Any]
    type: FlowType
    input: dict[str, Any]
    calls: list[tuple[CallKey, msgspec.Raw]]
    """What was answered, by place."""
    events: list[Event]
    status: str
    output: Any


async def record(path: Path) -> Journal:
    """Run an example with the demo model, and return the journal of the run."""
    document: dict[str, Any] = _document(path)
    type: FlowType = document["flow_type"]
    chat = document.get("chat_config") or {}
    if type == "chatflow":
        input: dict[str, Any] = {"message": (chat.get("suggested_questions") or ["What can you do?"])[0]}
    else:
        input = GIVEN["graph" if document.get("graph_definition") else "chat"]
    recorder = MemoryRecorder(path.stem)
    result, recorder = await walked(path, type, input, recorder)
    known = {**recorder.calls, **recorder.answers}
    return Journal(
        document=document,
        type=type,
        input=input,
        calls=[(key, msgspec.Raw(msgspec.json.encode(value))) for key, value in known.items()],
        events=recorder.events,
        status=result.status,
        output=result.output,
    )


async def walked(
    path: Path,
    type: FlowType,
    input: dict[str, Any],
    recorder: MemoryRecorder,
    offline: Offline | None = None,
) -> tuple[Result, MemoryRecorder]:
    """Run the flow of a file with the demo model; people approve everything. Or walk it again offline."""
    flow = read_flow(read_flow_file(path).definition(("demo", "demo")), name=path.stem, type=type)
    compiled = compile_flow(flow, checkpointer=None if offline else checkpoints_in_memory())
    run = RunOptions(
        execution_id=path.name.partition(".")[0], thread_id="thread", input=input, created_at=1.0
    )
    async with open_models(ModelSettings()) as models:
        result = await execute(compiled, run, recorder, models, offline=offline)
        while result.status == "paused" and offline is None:
            recorder.answer(InputAnswer("approve"))
            recorder = recorder.reopened()
            result = await execute(compiled, run, recorder, models)
    return result, recorder


def _document(path: Path) -> dict[str, Any]:
    return msgspec.json.decode(path.read_bytes())


def main(release: str) -> None:
    """Write the folder of a release."""
    folder = HERE / release
    folder.mkdir(exist_ok=True)
    for path in sorted(EXAMPLES.glob("*.json")):
        journal = asyncio.run(record(path))
        assert journal.status == "completed", (path.name, journal.status, journal.output)
        written = msgspec.json.format(msgspec.json.encode(journal), indent=1)
        (folder / f"{path.stem}.{FORMAT}.json").write_bytes(written + b"\n")
        print(f"{path.stem}: {len(journal.calls)} calls, {len(written):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.releases.record RELEASE")
    main(sys.argv[1])
