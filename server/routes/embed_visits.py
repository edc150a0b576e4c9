"""What all routes of visitors share: who may come, the session that a request is in, and runs of its own."""

from typing import Any

from litestar import Controller, Request
from litestar.di import Provide

from persistence.library.flows import FlowRow
from persistence.runs.executions import ExecutionRow
from server.embed.embed_settings import config_of
from server.embed.visitor_access import (
    SESSION_HEADER,
    Visit,
    admit_visitor,
    answer_visitor,
    gone,
    provide_visit,
)
from server.embed.visitor_sessions import VisitorSession
from server.http.parameters import known_id
from server.http.problems import Problem, not_found
from server.http.rate_limits import Ask, network_of
from server.identity.auth import OPEN
from server.runs.uploads import WITHOUT_FILES
from server.runtime import Runtime

__all__ = [
    "IN_SESSION",
    "VisitorController",
    "ask_of",
    "embedded_flow",
    "needed_session",
    "own_run",
    "run_status",
    "session_headers",
]

HOUR = 3600.0
IN_SESSION: dict[str, Any] = {"visitor": True, "sdk_requires": (SESSION_HEADER,), "opt": OPEN}
"""Of operations in a visitor's session. Who is no browser begins it first: without one, a message that is
sent again would be another visitor's."""
OPEN_STATUS = {"pending": "running", "running": "running", "waiting_approval": "waiting"}


class VisitorController(Controller):
    """A controller of one embedded chat, for visitors of the pages that may show it."""

    path = "/embed/public/{embed_token:str}"
    tags = ("Embed",)
    guards = (admit_visitor,)
    dependencies = {"visit": Provide(provide_visit)}  # noqa: RUF012  # Litestar's own way
    exception_handlers = {Exception: answer_visitor}  # noqa: RUF012
    request_max_body_size = WITHOUT_FILES


async def embedded_flow(runtime: Runtime, visit: Visit) -> FlowRow:
    """Return the embed's chatflow.

    Raises:
        Problem: 404 if it is deleted or switched off.
    """
    flow = await runtime.ready.flows.get(visit.embed.workspace, visit.embed.flow_id, "chatflow")
    if flow is None or not flow.is_active:
        raise gone()
    return flow


def needed_session(visit: Visit) -> VisitorSession:
    """Return the session of a request.

    Raises:
        Problem: 401 where it names none.
    """
    if visit.session is None:
        raise Problem(
            401, "session_over", f"This needs the visitor's session in the header {SESSION_HEADER}."
        )
    return visit.session


def session_headers(runtime: Runtime, visit: Visit, session: VisitorSession) -> dict[str, str]:
    """Return the session as the visitor's browser keeps it from now on."""
    sessions = runtime.ready.visitor_sessions
    longer = sessions.longer(session)
    runtime.ready.visitor_streams.renew(longer.id, longer.expires_at)
    return {SESSION_HEADER: sessions.signed(visit.embed, longer), "Cache-Control": "no-store"}


def ask_of(request: Request[Any, Any, Any], visit: Visit, what: str) -> Ask:
    """Return the ask of an address for one of what it may have in an hour."""
    host = "" if request.client is None else request.client.host
    subject = f"{what}:{visit.embed.id}:{network_of(host)}"
    return Ask("embed", subject, config_of(visit.embed).rate_limit_per_ip, HOUR)


async def own_run(runtime: Runtime, visit: Visit, session: VisitorSession, execution_id: str) -> ExecutionRow:
    """Return a run of the visitor's own session.

    Raises:
        Problem: 404 for any other.
    """
    embed = visit.embed
    row = await runtime.ready.executions.get(embed.workspace, known_id("execution", execution_id))
    if row is None or row.session != session.name or row.flow_id != embed.flow_id:
        raise not_found("execution", execution_id)
    return row


def run_status(status: str) -> str:
    """Return a run's status in the few words that visitors get."""
    return "completed" if status == "completed" else OPEN_STATUS.get(status, "failed")
