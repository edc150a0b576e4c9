"""Crons of LangGraph's server API: schedules, of the flows that are assistants."""

from typing import Any, Literal, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from persistence.library.flows import FlowRow
from persistence.triggers.schedules import ScheduleRow, new_schedule
from server.http.answers.sse_bytes import iso
from server.http.parameters import moment
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.protocols.langgraph.assistants.assistants import Assistants, assistant_id
from server.protocols.langgraph.threads.lc_messages import read_messages
from server.protocols.langgraph.threads.threads import Threads, thread_id_of
from server.triggers.schedule_checks import CheckedSchedules

__all__ = ["CronBody", "CronSearch", "Crons"]

MOST = 1000
REFUSED = ("webhook", "interrupt_before", "interrupt_after", "command", "checkpoint")
SORTS = {"created_at", "updated_at", "next_run_date", "end_time", "cron_id", "assistant_id", "thread_id"}


class CronBody(Struct, frozen=True, kw_only=True):
    """A cron to make, or what is changed of one. What else a client sends is ignored."""

    assistant_id: str = ""
    schedule: str | UnsetType = UNSET
    timezone: str | UnsetType | None = UNSET
    input: Any = UNSET
    end_time: str | UnsetType | None = UNSET
    enabled: bool | UnsetType | None = UNSET
    metadata: dict[str, Any] | None = None
    on_run_completed: Literal["keep", "delete"] | None = None
    webhook: str | None = None
    interrupt_before: Any = None
    interrupt_after: Any = None
    command: Any = None
    checkpoint: Any = None


class CronSearch(Struct, frozen=True, kw_only=True):
    """Which crons to list."""

    assistant_id: str | None = None
    thread_id: str | None = None
    enabled: bool | None = None
    metadata: dict[str, Any] | None = None
    limit: int = 10
    offset: int = 0
    sort_by: str | None = None
    sort_order: str | None = None
    select: list[str] | None = None


class Crons:
    """The schedules of a workspace, as crons."""

    def __init__(self, schedules: CheckedSchedules, assistants: Assistants, threads: Threads) -> None:
        self._schedules = schedules
        self._assistants = assistants
        self._threads = threads

    async def create(self, caller: Caller, body: CronBody, thread_id: str | None) -> dict[str, Any]:
        """Make a cron, whose runs are of a thread, or of a new one each.

        Raises:
            Problem: 404 for the assistant or thread, 422 for what no schedule can do.
        """
        _refuse(body)
        flow = await self._assistants.get(caller, body.assistant_id, status=422)
        session = None
        if thread_id is not None:
            session = (await self._threads.find(caller, thread_id)).name
        if body.schedule is UNSET:
            detail = "Expected 'schedule', a cron expression."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/schedule")])
        given = None if body.input is UNSET else body.input
        row = new_schedule(
            workspace=caller.workspace,
            name=str((body.metadata or {}).get("name") or "")[:255],
            flow_id=flow.id,
            cron=" ".join(body.schedule.split()),
            timezone=body.timezone or "UTC",
            input=_input(flow, given, session),
            version=body.assistant_id.partition("@")[2],
            missed="once",
            ends_at=moment(body.end_time or None, "end_time"),
            jitter_seconds=0.0,
            enabled=body.enabled in (True, None, UNSET),
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            next_at=None,
            due_at=None,
        )
        return await self._shown(caller, await self._schedules.create(caller, row), flow)

    async def change(self, caller: Caller, id: str, body: CronBody) -> dict[str, Any]:
        """Change a cron; what is left out stays.

        Raises:
            Problem: 404 if there is none, 422 for what no schedule can do.
        """
        _refuse(body)
        known = await self._schedules.find(caller, id)
        flow = (await self._flows(caller)).get(known.flow_id)
        changed: dict[str, Any] = {}
        if body.schedule is not UNSET:
            changed["cron"] = " ".join(body.schedule.split())
        if body.timezone is not UNSET:
            changed["timezone"] = body.timezone or "UTC"
        if body.end_time is not UNSET:
            changed["ends_at"] = moment(body.end_time, "end_time")
        if body.enabled is not UNSET:
            changed["enabled"] = body.enabled is not False
        if body.input is not UNSET and flow is not None:
            changed["input"] = _input(flow, body.input, known.input.get("session_id"))
        row = msgspec.structs.replace(known, **changed)
        return await self._shown(caller, await self._schedules.change(caller, known, row), flow)

    async def delete(self, caller: Caller, id: str) -> None:
        """Delete a cron. Its runs stay.

        Raises:
            Problem: 404 if there is none.
        """
        known = await self._schedules.find(caller, id)
        await self._schedules.rows.delete(caller.workspace, known.id)

    async def search(self, caller: Caller, wanted: CronSearch) -> tuple[list[dict[str, Any]], int]:
        """Return crons, and how many match in all."""
        rows, _ = await self._schedules.rows.list(caller.workspace, flow_id=None, limit=MOST, after=None)
        flows = await self._flows(caller)
        shown = [await self._shown(caller, row, flows[row.flow_id]) for row in rows if row.flow_id in flows]
        named = None
        if wanted.assistant_id:
            named = assistant_id((await self._assistants.get(caller, wanted.assistant_id)).slug)
        found = [
            one
            for one in shown
            if named in (None, one["assistant_id"])
            and wanted.thread_id in (None, "", one["thread_id"])
            and wanted.enabled in (None, one["enabled"])
            and all(one["metadata"].get(name) == value for name, value in (wanted.metadata or {}).items())
        ]
        key = wanted.sort_by if wanted.sort_by in SORTS else "created_at"
        reverse = (wanted.sort_order or "desc").lower() != "asc"
        found.sort(key=lambda one: str(one[key] or ""), reverse=reverse)
        page = found[max(0, wanted.offset) :][: max(0, min(wanted.limit, MOST))]
        if wanted.select:
            page = [{name: one[name] for name in wanted.select if name in one} for one in page]
        return page, len(found)

    async def _flows(self, caller: Caller) -> dict[str, FlowRow]:
        return {one.id: one for one in await self._assistants.all(caller)}

    async def _shown(self, caller: Caller, row: ScheduleRow, flow: FlowRow | None) -> dict[str, Any]:
        """Return a schedule as a cron."""
        slug = "" if flow is None else flow.slug
        session, thread = row.input.get("session_id"), None
        if isinstance(session, str) and session:
            found = await self._threads.look(caller, session)
            thread = None if found is None else thread_id_of(found)
        return {
            "cron_id": row.id,
            "assistant_id": assistant_id(slug),
            "thread_id": thread,
            "on_run_completed": None if thread else "keep",
            "end_time": iso(row.ends_at),
            "schedule": row.cron,
            "timezone": row.timezone,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "payload": {"assistant_id": slug, "input": row.input, "schedule": row.cron},
            "user_id": row.user_id or None,
            "next_run_date": iso(row.next_at),
            "metadata": {"name": row.name},
            "enabled": row.enabled,
        }


def _refuse(body: CronBody) -> None:
    for name in REFUSED:
        if getattr(body, name):
            detail = f"'{name}' is not supported in crons. Leave it out."
            raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer=f"/{name}")])
    if body.on_run_completed == "delete":
        detail = "Runs of a cron keep their threads: leave 'on_run_completed' out, or send 'keep'."
        raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer="/on_run_completed")])


def _input(flow: FlowRow, given: Any, session: Any) -> dict[str, Any]:
    """Return the input of a schedule: the last message and other values of a run's input.

    Raises:
        Problem: 422 for what no schedule can send.
    """
    values = dict(cast("dict[str, Any]", given)) if isinstance(given, dict) else {}
    if given is not None and not isinstance(given, dict):
        values = {"messages": given}
    sent = values.pop("messages", None)
    said = read_messages(sent, "/input/messages") if sent else []
    if len(said) > 1 or any(not isinstance(one.given.content, str) for one in said):
        detail = "The input of a cron has one message, a text. The thread keeps the earlier ones."
        raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer="/input/messages")])
    if said:
        values["message"] = said[0].given.content
    if flow.flow_type == "agentflow":
        if session:
            detail = "An agentflow runs without a thread by the clock. Make the cron without one."
            raise Problem(422, "not_supported", detail, errors=[Fault(detail, pointer="/thread_id")])
        return values
    message = values.pop("message", None)
    if not isinstance(message, str):
        detail = "Expected input with 'messages', one of the user."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input")])
    return {
        "message": message,
        **({"session_id": session} if session else {}),
        **({"inputs": values} if values else {}),
    }
