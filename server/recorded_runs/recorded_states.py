"""Recorded states: what nodes of past runs saw, and replays of past runs."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.parsing.heavy_values import off_the_loop
from graphs.values.events import Event
from graphs.values.findings import FlowError
from graphs.values.node_view import View
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.runs.executions import ExecutionRow
from server.compilation.compiled_flows import FlowGone
from server.compilation.langgraph_engine import Engine
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import at_version
from server.http.problems import Problem
from server.identity.callers import Caller
from server.recorded_runs.continued_runs import ContinuedRuns
from server.recorded_runs.stored_run import Recorded
from server.settings.sources import Settings

__all__ = ["RecordedStates", "ReplayReport", "RunState"]


class RunState(Struct, frozen=True, kw_only=True):
    """The state of a run as a node of it saw it."""

    execution_id: str
    node: str
    path: str
    occurrence: int
    input: dict[str, Any]
    """The run's input; in a sub-flow the sub-flow's."""
    arrived: Any
    """What came in: the output of the node before."""
    variables: dict[str, Any]
    outputs: dict[str, Any]
    """Outputs of the nodes before, by node ID."""
    messages: list[dict[str, Any]]
    """The session's history, with this run's message."""
    summary: dict[str, Any]
    """What memory strategies had folded."""
    loop: dict[str, Any]
    """What expressions call `loop`."""


class ReplayDifference(Struct, frozen=True, kw_only=True):
    """The first thing in which a replay is not what was recorded."""

    node: str
    path: str
    what: Literal["model", "tool", "node", "failed", "skipped", "run"]
    """A call of a model or a tool, what a node gave, its failure or skipping, or how the run ended."""
    message: str
    diff: list[str]
    """Lines of a unified diff, the recorded text first."""


class ReplayReport(Struct, frozen=True, kw_only=True):
    """What came of a run that was run again from its journal."""

    execution_id: str
    flow_version: int | None
    """The version that was replayed; null for a draft or a chat by its config."""
    equal: bool
    calls: int
    """Calls of models and tools that the journal answered."""
    difference: ReplayDifference | None = None
    """The first difference; null where all is equal."""


class RecordedStates:
    """Looks into runs that are recorded. Nothing is asked of anybody, and nothing is stored.

    Whoever may read a run may have it walked again, which costs as much as the run did without its calls, and
    several times its memory. So a process does it for a few at a time, each with a limit of its time.
    """

    def __init__(
        self,
        flows: Flows,
        versions: FlowVersions,
        continued: ContinuedRuns,
        engine: Engine,
        settings: Settings,
    ) -> None:
        self._flows = flows
        self._versions = versions
        self._continued = continued
        self._engine = engine
        self._seconds = settings.replay_seconds
        self._turns = asyncio.Semaphore(settings.max_replays)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Hold a turn of those who walk runs again, when one is free.

        Raises:
            Problem: 429 where none was free for `replay_seconds`.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._turns.acquire()
        except TimeoutError:
            detail = "Other recorded runs are being walked again. Ask again in a moment."
            raise Problem(429, "too_many_replays", detail, headers={"Retry-After": "5"}) from None
        try:
            yield
        finally:
            self._turns.release()

    async def state(self, row: ExecutionRow, node: str | None, path: str, occurrence: int) -> RunState:
        """Return what a node of a run saw; without a node what the last one saw, or the one that failed.

        Raises:
            Problem: 404 where the node did not run there so often, 410 where the journal was deleted, 409
                where it has too little, 422 where it takes too long, 429 where too many ask.
        """
        async with self.turn():
            return await self._state(row, node, path, occurrence)

    async def _state(self, row: ExecutionRow, node: str | None, path: str, occurrence: int) -> RunState:
        from graphs.replay.recorded_run import NotRecorded, Reached, RecordedRun, StateSearch

        recorded = await self._continued.recorded(row)
        if node is None:
            node, path = _last_place(recorded.events)
            occurrence = max(1, _times(recorded.events, node, path))
        visit = await self._continued.visit(recorded, node, path, occurrence)
        calls = [(call.key, call.result) for call in await recorded.before(visit)]
        recorder = RecordedRun(row.id, row.session or "", calls, outcomes=True)
        try:
            result = await self._engine.walk(
                row, recorder, StateSearch(visit), history=recorded.history, start=recorded.start
            )
        except Reached as reached:
            return _shown(row, node, path, occurrence, reached.view)
        except NotRecorded as missing:
            raise Problem(409, "not_recorded", f"{missing} The state cannot be rebuilt.") from missing
        self._hold_in_time(row, result)
        raise Problem(
            409, "not_recorded", f"The run, walked again from its journal, did not come to node '{node}'."
        )

    async def replay(self, caller: Caller, row: ExecutionRow, version: int | str | None) -> ReplayReport:
        """Run a recorded run again, each node by itself, with the recorded answers of models and tools.

        Raises:
            Problem: 404 if there is no such version, 409 where the run goes on, 410 where its journal was
                deleted, 422 where it takes too long, 429 where too many ask.
        """
        if row.completed_at is None:
            raise Problem(409, "in_flight", f"This run is {row.status}. Wait for its end, or cancel it.")
        async with self.turn():
            return await self._replay(caller, row, version)

    async def _replay(self, caller: Caller, row: ExecutionRow, version: int | str | None) -> ReplayReport:
        from graphs.replay.replaying import Differs, Replay, call_difference

        recorded = await self._continued.recorded(row)
        first = Replay(recorded.events)
        changed = row
        if version is not None:
            if row.flow_id is None:
                raise Problem(422, "invalid", "This run is of no stored flow: leave flow_version out.")
            flow = await get_flow(self._flows, caller.workspace, row.flow_id, row.flow_type)
            flow = await at_version(self._versions, flow, str(version), caller=caller)
            pins = await self._engine.pinning.pins(
                caller.workspace, flow, flow.document if not flow.version else None
            )
            changed = msgspec.structs.replace(
                row,
                document=None if flow.version else flow.document,
                flow_version=flow.version or None,
                options={**row.options, "pins": _with_known_values(pins, row.options.get("pins"))},
            )
            with contextlib.suppress(Differs):
                await self._walked(row, recorded, first)
        again = first if version is None else Replay(recorded.events)
        try:
            difference = await self._walked(changed, recorded, again)
        except Differs as differs:
            difference = await asyncio.to_thread(
                call_difference, differs, first.requests if version is not None else {}
            )
        shown = (
            None if difference is None else msgspec.convert(msgspec.to_builtins(difference), ReplayDifference)
        )
        return ReplayReport(
            execution_id=row.id,
            flow_version=changed.flow_version,
            equal=difference is None,
            calls=len(again.requests),
            difference=shown,
        )

    async def _walked(self, row: ExecutionRow, recorded: Recorded, replay: Any) -> Any:
        """Replay a run to its end and return the first difference.

        Raises:
            Differs: it makes a call that was not recorded.
            Problem: 422 where it takes too long.
        """
        from graphs.replay.recorded_run import RecordedRun
        from graphs.replay.replaying import Difference, event_differences, told_of

        calls = [(call.key, call.result) for call in recorded.calls]
        recorder = RecordedRun(row.id, row.session or "", calls, outcomes=False)
        result = await self._engine.walk(
            row, recorder, replay, history=recorded.history, start=recorded.start
        )
        self._hold_in_time(row, result)
        if row.status == "cancelled":
            return None

        def compared() -> Difference | None:
            return event_differences(recorded.events, [*told_of(recorder.events), *replay.told])

        found = await off_the_loop((recorded.events, recorder.events), compared)
        if found is not None:
            return found
        if row.status == "completed" and result.output != (row.output or {}):
            return Difference(node="", path="", what="run", message="The run gave another output.")
        if result.status != row.status:
            message = f"The run was {row.status}; replayed it is {result.status}."
            return Difference(node="", path="", what="run", message=message)
        return None

    def _hold_in_time(self, row: ExecutionRow, result: Any) -> None:
        """Return if a walk did not end at its limit of time.

        Raises:
            Problem: 422, it did.
        """
        if result.status == "timeout" and row.status != "timeout":
            detail = (
                f"To walk this run again takes more than the {self._seconds:g} seconds that there are. "
                "The operator can raise replay_seconds."
            )
            raise Problem(422, "replay_too_long", detail)

    async def requests(self, recorded: Recorded) -> dict[tuple[str, str, int], Struct]:
        """Return what a recorded run asked models and tools, by kind, node run and number.

        Where it cannot be run again to its end, what comes later is missing. Whoever asks has a `turn`.
        """
        from graphs.replay.replaying import Differs, Replay

        replay = Replay(recorded.events)
        with contextlib.suppress(Differs, FlowGone, FlowError, Problem):
            await self._walked(recorded.row, recorded, replay)
        return replay.requests


def _with_known_values(pins: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return what another version is replayed with: values of variables are those that the run had."""
    had, has = ((one or {}).get("env", {}) for one in (before, pins))
    values = {**has.get("values", {}), **had.get("values", {})}
    return {**pins, "env": {**has, "values": values}} if has or had else pins


def _shown(row: ExecutionRow, node: str, path: str, occurrence: int, view: View) -> RunState:
    return RunState(
        execution_id=row.id,
        node=node,
        path=path,
        occurrence=occurrence,
        input=view.input,
        arrived=view.arrived() if view.incoming else view.input,
        variables=view.variables,
        outputs=view.outputs,
        messages=view.messages,
        summary=view.summary,
        loop=view.loop or view.enclosing,
    )


def _last_place(events: list[Event]) -> tuple[str, str]:
    """Return node and path of the last node that failed for good, else of the last one of the flow itself."""
    failed = [event for event in events if event.type == "node.failed" and "outlet" not in event.data]
    began = [event for event in events if event.type == "node.started" and not event.path]
    chosen = max(
        failed, key=lambda event: (event.path.count("/") + bool(event.path), event.seq), default=None
    )
    last = chosen or (began[-1] if began else None)
    if last is None:
        raise Problem(404, "not_found", "No node of this run has begun, so that there is no state yet.")
    return last.node, last.path


def _times(events: list[Event], node: str, path: str) -> int:
    return sum(
        event.type == "node.completed" and (event.node, event.path) == (node, path) for event in events
    ) + any(
        event.type == "node.failed"
        and (event.node, event.path) == (node, path)
        and "outlet" not in event.data
        for event in events[-50:]
    )
