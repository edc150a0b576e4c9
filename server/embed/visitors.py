"""Visitors: their sessions, their runs and the chatflow that answers them."""

from typing import Any

from litestar import Request

from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from persistence.runs.executions import ExecutionRow, Executions
from server.embed.embed_settings import config_of
from server.embed.visitor_access import SESSION_HEADER, Visit, gone
from server.embed.visitor_sessions import PREFIX, VisitorSession, VisitorSessions
from server.embed.visitor_streams import Seat, VisitorStreams
from server.flow_choice.wanted_versions import at_version
from server.http.parameters import known_id
from server.http.problems import Problem, not_found
from server.limits.rate_limits import Ask, network_of

__all__ = ["Visitors", "ask_of"]

HOUR = 3600.0


class Visitors:
    """Finds what a visitor may see and use: nothing but the embed's flow and what is of their own session."""

    def __init__(
        self,
        flows: Flows,
        versions: FlowVersions,
        executions: Executions,
        sessions: VisitorSessions,
        streams: VisitorStreams,
    ) -> None:
        self._versions = versions
        self.sessions = sessions
        self._flows = flows
        self._executions = executions
        self._streams = streams

    async def flow(self, visit: Visit) -> FlowRow:
        """Return the embed's chatflow.

        Raises:
            Problem: 404 if it is deleted or switched off, or has not the version of the embed.
        """
        flow = await self._flows.get(visit.embed.workspace, visit.embed.flow_id, "chatflow")
        if flow is None or not flow.is_active:
            raise gone()
        try:
            return await at_version(self._versions, flow, config_of(visit.embed).version)
        except Problem as missing:  # a visitor is not told of versions
            raise gone() from missing

    def session_of(self, visit: Visit, named: str | None) -> VisitorSession:
        """Return the session that a message belongs to: the header's, the body's, or a new one."""
        if visit.session is not None:
            return visit.session
        if named is not None and named.startswith(PREFIX):
            return self.sessions.read(visit.embed, named)
        return self.sessions.begin()

    def session_headers(self, visit: Visit, session: VisitorSession) -> dict[str, str]:
        """Return the session as the visitor's browser keeps it from now on."""
        longer = self.sessions.longer(session)
        self._streams.renew(longer.id, longer.expires_at)
        return {SESSION_HEADER: self.sessions.signed(visit.embed, longer), "Cache-Control": "no-store"}

    async def own_run(self, visit: Visit, session: VisitorSession, execution_id: str) -> ExecutionRow:
        """Return a run of the visitor's own session.

        Raises:
            Problem: 404 for any other.
        """
        embed = visit.embed
        row = await self._executions.get(embed.workspace, known_id("execution", execution_id))
        if row is None or row.session != session.name or row.flow_id != embed.flow_id:
            raise not_found("execution", execution_id)
        return row

    async def seat(self, visit: Visit, session: VisitorSession) -> Seat:
        """Return a seat for another stream of the visitor; see `VisitorStreams.seat`."""
        return await self._streams.seat(visit.embed.token, session.id, visit.page)


def ask_of(request: Request[Any, Any, Any], visit: Visit, what: str) -> Ask:
    """Return the ask of an address for one of what it may have in an hour."""
    host = "" if request.client is None else request.client.host
    subject = f"{what}:{visit.embed.id}:{network_of(host)}"
    return Ask("embed", subject, config_of(visit.embed).rate_limit_per_ip, HOUR)
