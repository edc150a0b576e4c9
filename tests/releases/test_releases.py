"""Documents of earlier releases load, and run with the results that they had, models answering as recorded.

A folder for each release holds a file for each document: ``document``, ``input``, the ``calls`` of models in
order (how the first message begins, the last message, the answer), ``status`` and ``output``. From 0.2 on a
file has the journal of a run, as ``python -m tests.releases.record`` writes it, which is replayed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from graphs.checks.check import read_flow
from graphs.conversation.messages import InputAnswer, ModelAnswer, ModelRequest, ToolCall
from graphs.document.flow import GraphDefinition
from graphs.model_api.model_interface import Listener, ModelError
from graphs.replay.recorded_run import RecordedRun
from graphs.replay.replaying import Replay, event_differences, told_of
from graphs.testing.driver import run_flow
from graphs.testing.models import Script, ScriptedModels
from server.flows.flow_files import read_flow_file
from tests.releases.record import EXAMPLES, Journal, record, walked

ALL = sorted(Path(__file__).parent.glob("*/*.json"))
JOURNALS = [path for path in ALL if path.name.endswith(".journal.json")]
FILES = [path for path in ALL if path not in JOURNALS]


class Call(Struct):
    """A call of a model."""

    told: str
    asked: str
    content: str
    tool_calls: list[ToolCall] = []


class Recorded(Struct):
    """A document with a run of it."""

    document: dict[str, Any]
    input: dict[str, Any]
    calls: list[Call]
    status: str
    output: Any


class RecordedModels(ScriptedModels):
    """Answers each request as it was answered: by its messages, since calls side by side have no order."""

    def __init__(self, calls: Sequence[Call]) -> None:
        super().__init__()
        self._calls = [*calls]

    async def answer(self, request: ModelRequest, listener: Listener, **given: Any) -> ModelAnswer:
        """Give the first answer to this message that was not given yet."""
        told, asked = (words_of(request.messages[place].content) for place in (0, -1))
        who = [call for call in self._calls if call.told == told[:200]]
        # A team's type may tell its agents of the work so far in other words than it once did.
        wanted = next((call for call in who if last_words(call.asked) == last_words(asked)), None)
        found = next((call for call in who if call.asked == asked), wanted)
        if found is None:
            known = [call.asked[-200:] for call in self._calls]
            raise ModelError(
                f"Nobody has asked {asked[-200:]!r}; left are {known}", error_class="bad_request"
            )
        self._calls.remove(found)
        self._answers.append(Script(text=found.content, tool_calls=found.tool_calls))
        return await super().answer(request, listener, **given)


def last_words(asked: str) -> str:
    """Return the last paragraph of a prompt: what an agent is to do."""
    return asked.rpartition("\n\n")[2]


def words_of(content: Any) -> str:
    return content if isinstance(content, str) else content[0].get("text", "")


def read(path: Path, folder: Path) -> tuple[Recorded, GraphDefinition]:
    """Return what was recorded, and its document as a flow file is read."""
    recorded = msgspec.json.decode(path.read_bytes(), type=Recorded)
    file = folder / path.name
    file.write_bytes(msgspec.json.encode(recorded.document))
    return recorded, read_flow_file(file).definition(("demo", "demo"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_document_of_an_earlier_release_gives_what_it_gave(path: Path, tmp_path: Path) -> None:
    recorded, definition = read(path, tmp_path)
    flow = read_flow(definition, name=path.stem, type="agentflow")
    models = RecordedModels(recorded.calls)
    ran = await run_flow(flow, recorded.input, models=models, inputs=[InputAnswer("approve")] * 3)
    assert (ran.result.status, ran.result.output.get("output")) == (recorded.status, recorded.output)


def read_journal(path: Path, folder: Path) -> tuple[Journal, Path]:
    """Return what was recorded, and its document as a flow file."""
    recorded = msgspec.json.decode(path.read_bytes(), type=Journal)
    file = folder / f"{path.name.partition('.')[0]}.json"
    file.write_bytes(msgspec.json.encode(recorded.document))
    return recorded, file


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_journal_of_an_earlier_release_is_replayed_equal(path: Path, tmp_path: Path) -> None:
    recorded, file = read_journal(path, tmp_path)
    calls = [(key, bytes(result)) for key, result in recorded.calls]
    offline = Replay(recorded.events)
    run = RecordedRun(file.stem, "", calls, outcomes=False)
    result, run = await walked(file, recorded.type, recorded.input, run, offline)
    assert event_differences(recorded.events, [*told_of(run.events), *offline.told]) is None
    assert (result.status, result.output) == (recorded.status, recorded.output)


@pytest.mark.parametrize("name", ["ticket-triage", "approve-before-sending", "support-chat"])
async def test_a_release_is_recorded_as_it_is_replayed(name: str) -> None:
    recorded = await record(EXAMPLES / f"{name}.json")
    assert (recorded.status, recorded.events[-1].execution_id) == ("completed", name)
    assert recorded.calls != []


def test_the_last_release_is_there() -> None:
    assert len([path for path in FILES if path.parent.name == "0.1"]) == 12
