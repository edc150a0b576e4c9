"""Comparisons: two recorded runs side by side, node by node, with what models were asked."""

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from graphs.parsing.heavy_values import off_the_loop
from graphs.values.events import Event
from persistence.runs.executions import ExecutionRow
from server.recorded_runs.continued_runs import ContinuedRuns
from server.recorded_runs.recorded_states import RecordedStates
from server.recorded_runs.stored_run import Recorded
from server.views.node_runs import NodeRun, NodeRuns
from server.views.run_outputs import output_of

__all__ = ["Comparison", "Comparisons"]

SHOWN = 20
"""Prompts of one node run that are shown."""
CHARACTERS = 20_000
"""Characters of a prompt that are shown."""


Place = tuple[str, str, int]
"""Path, node, and which run of it, from 1."""
Call = tuple[str, int, str]
"""Node run, number and hash of a call of a model."""


class PromptComparison(Struct, frozen=True, kw_only=True):
    """What one node run asked models in two runs."""

    a: list[str]
    """The requests of the first run in their order, as text: settings, messages, tools."""
    b: list[str]
    diff: list[str]
    """Lines of a unified diff, the first run first. Empty where both are the same."""


class NodeComparison(Struct, frozen=True, kw_only=True):
    """One node run in two runs of a flow."""

    node_id: str
    path: str
    occurrence: int
    a: NodeRun | None
    """Null where it did not run in the first."""
    b: NodeRun | None
    same_output: bool
    same_prompt: bool | None
    """Whether models were asked the same; null where neither run asked one."""
    prompts: PromptComparison | None = None
    """What models were asked, if it was requested and is known."""


class Comparison(Struct, frozen=True, kw_only=True):
    """Two runs, node by node."""

    a: str
    b: str
    same_flow_version: bool
    same_output: bool
    same_path: bool
    """Whether the same nodes ran equally often."""
    output_a: Any
    output_b: Any
    duration_ms_a: float | None
    duration_ms_b: float | None
    nodes: list[NodeComparison]


class Comparisons:
    """Compares recorded runs. Nothing is asked of anybody, and nothing is stored."""

    def __init__(self, continued: ContinuedRuns, states: RecordedStates) -> None:
        self._continued = continued
        self._states = states

    async def compare(self, a: ExecutionRow, b: ExecutionRow, *, prompts: bool) -> Comparison:
        """Return two runs of one flow, node by node.

        Args:
            a: The first.
            b: The second.
            prompts: Whether to show what models were asked. Both runs are replayed for it.

        Raises:
            Problem: 410 where the journal of one was deleted, 429 where too many ask.
        """
        async with self._states.turn():
            return await self._compare(a, b, prompts=prompts)

    async def _compare(self, a: ExecutionRow, b: ExecutionRow, *, prompts: bool) -> Comparison:
        first, second = await self._continued.recorded(a), await self._continued.recorded(b)
        asked_a, asked_b = await asyncio.to_thread(lambda: (_asked(first), _asked(second)))
        texts_a = await self._texts(first, asked_a) if prompts else {}
        texts_b = await self._texts(second, asked_b) if prompts else {}
        given = (first.events, second.events, texts_a, texts_b)

        def compared() -> Comparison:
            runs_a, runs_b = _by_place(first.events), _by_place(second.events)
            nodes: list[NodeComparison] = []
            for place in dict.fromkeys([*runs_a, *runs_b]):
                one, other = runs_a.get(place), runs_b.get(place)
                path, node, occurrence = place
                calls = asked_a.get(place), asked_b.get(place)
                hashes = [None if some is None else [hash for *_, hash in some] for some in calls]
                nodes.append(
                    NodeComparison(
                        node_id=node,
                        path=path,
                        occurrence=occurrence,
                        a=one,
                        b=other,
                        same_output=one is not None and other is not None and one.output == other.output,
                        same_prompt=None if calls == (None, None) else hashes[0] == hashes[1],
                        prompts=_compared(texts_a.get(place), texts_b.get(place)),
                    )
                )
            return Comparison(
                a=a.id,
                b=b.id,
                same_flow_version=(a.flow_id, a.flow_version, a.document)
                == (b.flow_id, b.flow_version, b.document),
                same_output=a.output == b.output,
                same_path=runs_a.keys() == runs_b.keys(),
                output_a=output_of(a.output),
                output_b=output_of(b.output),
                duration_ms_a=a.duration_ms,
                duration_ms_b=b.duration_ms,
                nodes=nodes,
            )

        # A difference of texts takes more than in proportion to them.
        return await (asyncio.to_thread(compared) if prompts else off_the_loop(given, compared))

    async def _texts(self, recorded: Recorded, asked: Mapping[Place, list[Call]]) -> dict[Place, list[str]]:
        """Return what models were asked as text, by node run."""
        from graphs.replay.replaying import request_lines

        requests = await self._states.requests(recorded)
        found: dict[Place, list[str]] = {}
        for place, calls in asked.items():
            known = [requests.get(("model", task, number)) for task, number, _ in calls[:SHOWN]]
            texts = ["\n".join(request_lines(one))[:CHARACTERS] for one in known if one is not None]
            if texts:
                found[place] = texts
        return found


def _compared(a: list[str] | None, b: list[str] | None) -> PromptComparison | None:
    from graphs.replay.replaying import text_diff

    if a is None and b is None:
        return None
    one, other = a or [], b or []
    lines = [[line for text in texts for line in text.splitlines()] for texts in (one, other)]
    return PromptComparison(a=one, b=other, diff=text_diff(*lines, names=("a", "b")))


def _by_place(events: list[Event]) -> dict[Place, NodeRun]:
    runs, found = NodeRuns(), dict[Place, NodeRun]()
    for event in events:
        runs.add(event)
    times: dict[tuple[str, str], int] = {}
    for run in runs.runs():
        if run.status == "skipped":
            continue
        times[run.path, run.node_id] = count = times.get((run.path, run.node_id), 0) + 1
        found[run.path, run.node_id, count] = run
    return found


def _asked(recorded: Recorded) -> dict[Place, list[Call]]:
    """Return the calls of models, by node run."""
    from graphs.replay.visits import visits_of

    visits = sorted(visits_of(call.key for call in recorded.calls).values(), key=lambda one: one.order)
    within: dict[str, list[Call]] = {}
    for key in (call.key for call in recorded.calls if call.key.kind == "model"):
        parts = key.task_id.split("#")
        for most in range(1, len(parts) + 1):  # a visit's task, and those that begin with it and "#"
            within.setdefault("#".join(parts[:most]), []).append((key.task_id, key.number, key.request_hash))
    times: dict[tuple[str, str], int] = {}
    asked: dict[Place, list[Call]] = {}
    for visit in visits:
        times[visit.path, visit.node] = count = times.get((visit.path, visit.node), 0) + 1
        if hashes := within.get(visit.key):
            asked[visit.path, visit.node, count] = sorted(hashes)
    return asked
