"""Continued runs: runs that go on from recorded ones, after a failure or from any node."""

from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request
from msgspec import Struct

from graphs.conversation.messages import ToolUse
from graphs.run_state.message_tree import active_line, continued_after
from graphs.values.events import Event
from graphs.values.run_origin import RunOrigin, SessionStart
from persistence.journal.journal import Journal
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from persistence.recorded_calls.recorded_calls import StoredCall
from persistence.runs.executions import Accepted, ExecutionRow
from persistence.runs.recorded_runs import RecordedRuns
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.compilation.tool_setup import ServerTools
from server.flow_choice.adhoc_tools import refuse_document_of_others
from server.flow_choice.stored_flows import stored_flow
from server.flow_choice.wanted_versions import at_version, draft_of, refuse_draft
from server.http.parameters import idempotency_of
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.recorded_runs.missing_nodes import refuse_gone
from server.recorded_runs.stored_run import Recorded
from server.runs.execution_service import ExecutionService
from server.runs.run_requests import Order

if TYPE_CHECKING:
    from graphs.replay.visits import Visit

__all__ = ["ContinuedRuns", "ForkRequest", "ResumeRequest"]

ENDED = ("node.completed", "node.skipped")
RESUMED = ("failed", "timeout", "cancelled")


class ResumeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a failed run is continued."""

    flow_version: int | str | None = None
    """Version to continue with: a number, a label, `draft` or `current`. Null: that of the run."""


class ForkState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is changed of the state before the node."""

    outputs: dict[str, Any] = {}
    """Outputs of earlier nodes by node ID, as the node and those after it read them."""


class ForkRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a run is forked, and what is changed."""

    node: str
    """ID of the node from which on the run is repeated."""
    path: str = ""
    """Containers and sub-flows around the node, with their passes: `each[3]`. Empty: the flow itself."""
    occurrence: int = 1
    """Which run of the node, from 1: a node in a loop runs several times."""
    input: dict[str, Any] = {}
    """Fields of the run's input that have other values."""
    variables: dict[str, Any] = {}
    """Variables that have other values from the node on."""
    state: ForkState = ForkState()
    flow_version: int | str | None = None
    """Version to run: a number, a label, `draft` or `current`. Null: that of the run."""


class ContinuedRuns:
    """Starts runs that reuse what other runs have recorded."""

    def __init__(
        self,
        flows: Flows,
        versions: FlowVersions,
        recorded: RecordedRuns,
        journal: Journal,
        engine: Engine,
        service: ExecutionService,
        tools: ServerTools,
    ) -> None:
        self.runs = recorded
        self._tools = tools
        self._flows = flows
        self._versions = versions
        self._journal = journal
        self._engine = engine
        self._service = service

    async def recorded(self, row: ExecutionRow) -> Recorded:
        """Return what is stored of a run.

        Raises:
            Problem: 410 where it is stored no longer, 409 where an older release recorded too little.
        """
        calls = await self.runs.calls(row.id)
        if calls is None:
            raise Problem(
                410,
                "expired",
                "The journal of this run was deleted after the days that AGENTICRAG_RETENTION_DAYS sets. Its "
                "input and output are kept; start a new run with them.",
            )
        if not row.options.get("by_place"):
            raise Problem(
                409,
                "not_available",
                "An older release of the server recorded this run, without what its nodes gave. Start a new "
                "run with its input.",
            )
        events = await self._journal.read(row.id, limit=1_000_000)
        found = next((call.result for call in calls if call.key.kind == "session"), None)
        start = None if found is None else msgspec.json.decode(found, type=SessionStart)
        if start is None and row.session_id is not None:
            start = SessionStart()
        history: list[dict[str, Any]] = []
        if start is not None and start.after:
            messages = await self._engine.sessions.messages(row.thread_id)
            if all(message["id"] != start.after for message in messages):
                raise Problem(
                    410,
                    "expired",
                    "The messages before this run were deleted from its session. Start a new run instead.",
                )
            line = active_line(continued_after(messages, start.after))
            history = [{name: value for name, value in one.items() if name != "parent"} for one in line]
        return Recorded(row, calls, events, start, history)

    async def resume(
        self, request: Request[Any, Any, Any], caller: Caller, row: ExecutionRow, wanted: ResumeRequest
    ) -> Accepted:
        """Have a run go on that failed, as a new run of the same session.

        Raises:
            Problem: 409 where it did not fail, its session went on, or the flow lacks what it needs; 410
                where its journal was deleted.
            FlowError: the version is no flow that can run.
        """
        _refuse_open(row)
        if row.status not in RESUMED:
            raise Problem(
                409, "not_failed", f"This run is {row.status}; only a run that failed is resumed. Fork it."
            )
        recorded = await self.recorded(row)
        if not await self.runs.is_latest(row):
            raise Problem(
                409,
                "session_went_on",
                f"Session '{row.session}' has later messages. Fork the run: a fork has a session of its own.",
            )
        flow, document, pins = await self._flow(caller, row, wanted.flow_version)
        failed = _failed_nodes(recorded.events)
        if wanted.flow_version is not None:
            await refuse_gone(self._engine, row, flow, document, failed, recorded.events)
        before = row.options.get("origin") or {}
        origin = RunOrigin(
            parent=row.id,
            kind="resume",
            node=failed[-1][1] if failed else "",
            path=failed[-1][0] if failed else "",
            session=recorded.start,
            stamps=before.get("stamps") or row.id,
            **{name: before[name] for name in ("key", "variables", "outputs") if name in before},
        )
        kept = [call for call in recorded.calls if call.key.kind not in ("retry", "session")]
        order = self._order(caller, row, flow, document, pins, origin, kept)
        branch = row.options.get("branch")
        if branch is not None and not branch["says"]:  # its message is another run's, and there already
            order.from_run["branch"] = branch
        return await self._service.start(
            msgspec.structs.replace(
                order,
                session=row.session,
                idempotency=idempotency_of(request, f"resume:{row.id}", wanted),
            )
        )

    async def fork(
        self, request: Request[Any, Any, Any], caller: Caller, row: ExecutionRow, wanted: ForkRequest
    ) -> Accepted:
        """Have a run repeated from a node on, as a new run.

        Raises:
            Problem: 404 where the node did not run there so often, 409 where the run goes on or the flow
                lacks the node, 410 where its journal was deleted.
            FlowError: the version is no flow that can run.
        """
        _refuse_open(row)
        recorded = await self.recorded(row)
        flow, document, pins = await self._flow(caller, row, wanted.flow_version)
        visit = await self.visit(recorded, wanted.node, wanted.path, wanted.occurrence)
        if wanted.flow_version is not None:
            await refuse_gone(
                self._engine, row, flow, document, [(wanted.path, wanted.node)], recorded.events
            )
        kept = await recorded.before(visit)
        ids = {id(call) for call in kept}
        uses = [
            msgspec.json.decode(call.result, type=ToolUse).name
            for call in recorded.calls
            if call.key.kind == "intent" and id(call) not in ids
        ]
        origin = RunOrigin(
            parent=row.id,
            kind="fork",
            node=wanted.node,
            path=wanted.path,
            occurrence=wanted.occurrence,
            key=visit.key,
            variables=wanted.variables,
            outputs=wanted.state.outputs,
            tools=sorted(set(uses)),
            session=recorded.start,
        )
        order = self._order(caller, row, flow, document, pins, origin, kept)
        return await self._service.start(
            msgspec.structs.replace(
                order,
                input={**row.input, **wanted.input},
                session=new_id() if row.session_id is not None else None,
                history=recorded.history,
                idempotency=idempotency_of(request, f"fork:{row.id}", wanted),
            )
        )

    async def visit(self, recorded: Recorded, node: str, path: str, occurrence: int) -> "Visit":
        """Return a node run of a recorded run.

        Raises:
            Problem: 404 where there is none.
        """
        from graphs.replay.visits import NoSuchVisit, find_visit

        there = [event for event in recorded.events if (event.node, event.path) == (node, path)]
        began = [event for event in there if event.type == "node.started"]
        last = next((event for event in reversed(there) if event.type.startswith("node.")), None)
        open = last is not None and not (last.type in ENDED or "outlet" in last.data)
        starts = any(event.data.get("node_type") == "start" for event in began)
        visits = await recorded.visits()
        try:
            return find_visit(visits, node, path, occurrence, begun=bool(began), open=open, starts=starts)
        except NoSuchVisit as error:
            where = f" at '{path}'" if path else ""
            detail = (
                f"Node '{node}' ran {error} times{where}; there is no run number {occurrence} of it. "
                "GET /executions/{id} lists the nodes with their paths."
            )
            raise Problem(404, "not_found", detail, errors=[Fault(detail, pointer="/node")]) from None

    def _order(
        self,
        caller: Caller,
        row: ExecutionRow,
        flow: FlowRow | None,
        document: dict[str, Any] | None,
        pins: dict[str, Any] | None,
        origin: RunOrigin,
        kept: list[StoredCall],
    ) -> Order:
        from_run: dict[str, Any] = {"origin": msgspec.to_builtins(origin)}
        if row.session_id is not None:
            from_run["files_of"] = [row.thread_id, *row.options.get("files_of", [])]
        for name in ("files", "visitor", "alone", "message_id"):
            if name in row.options:
                from_run[name] = row.options[name]
        return Order(
            workspace=caller.workspace,
            key_id=caller.key_id,
            user_id=caller.user_id,
            bound=bool(caller.flow_id),
            any_session=caller.any_session,
            flow=flow,
            document=document,
            flow_type=row.flow_type,
            input=row.input,
            variables=row.options.get("variables", {}),
            on_busy="refuse",
            parent=row.id,
            from_run=from_run,
            pins=pins,
            beside=self.runs.give(row, kept),
        )

    async def _flow(
        self, caller: Caller, row: ExecutionRow, version: int | str | None
    ) -> tuple[FlowRow | None, dict[str, Any] | None, dict[str, Any] | None]:
        """Return the flow of a run as a version of it is, the document run in its place, and its pins.

        Raises:
            Problem: 403 for a draft, or tools that the caller may not use without a stored flow; 404 if there
                is no such flow or version, 409 where it is switched off.
        """
        if row.options.get("own_key"):
            raise Problem(
                409,
                "api_key_gone",
                "This run used an api_key of its own, which is not stored. Start a new run with the key.",
            )
        if row.flow_id is None:
            if version is not None:
                raise Problem(422, "invalid", "This run is of no stored flow: leave flow_version out.")
            refuse_document_of_others(caller, row.document or {}, self._tools)
            return None, row.document, row.options.get("pins", {})
        flow = await stored_flow(self._flows, caller.workspace, row.flow_id, row.flow_type)
        if version is not None:
            flow = await at_version(self._versions, flow, str(version), caller=caller)
            return flow, draft_of(flow), None
        if row.flow_version is None:
            refuse_draft(caller)
        if row.document is not None:
            return msgspec.structs.replace(flow, version=0), row.document, row.options.get("pins", {})
        flow = await at_version(self._versions, flow, str(row.flow_version), caller=caller)
        return flow, None, row.options.get("pins", {})


def _refuse_open(row: ExecutionRow) -> None:
    if row.completed_at is None:
        raise Problem(409, "in_flight", f"This run is {row.status}. Wait for its end, or cancel it.")


def _failed_nodes(events: list[Event]) -> list[tuple[str, str]]:
    """Return path and node of what failed last and was not tried again, the innermost last."""
    failed: dict[tuple[str, str], None] = {}
    for event in events:
        place = (event.path, event.node)
        if event.type == "node.failed" and "outlet" not in event.data:
            failed[place] = None
        elif event.type in ("node.started", "node.completed"):
            failed.pop(place, None)
    return sorted(failed, key=lambda place: place[0].count("/") + bool(place[0]))
