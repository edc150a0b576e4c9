"""Session pool: which sessions are open to MCP servers, one for each server of a workspace and label."""

import asyncio
from collections import Counter

from graphs.mcp.server_access import MCPAnswer, MCPCall, MCPError, ServerAccess
from graphs.mcp.session import Died, OnListed, Session, SessionRules, Stale
from graphs.mcp.tool_lists import ListedTool
from graphs.outbound.egress import Egress

__all__ = ["SessionPool"]


class SessionPool:
    """Sessions by `ServerAccess`, each opened by the first call. Belongs to one event loop."""

    def __init__(self, egress: Egress, rules: SessionRules, on_listed: OnListed) -> None:
        self._egress = egress
        self._rules = rules
        self._on_listed = on_listed
        self._sessions: dict[tuple[str, str, str], Session] = {}
        self._closing: set[Session] = set()
        self.calls: Counter[str] = Counter()
        """Calls by how they ended: ``completed``, ``failed`` (the tool says so), or `MCPError.code`."""
        self.opened = 0
        """Sessions opened so far."""

    def __len__(self) -> int:
        """Return how many sessions are open."""
        return len(self._sessions) + len(self._closing)

    async def call(self, access: ServerAccess, call: MCPCall) -> MCPAnswer:
        """Call a tool, once more where the server had not begun, or where a second time does no harm.

        Raises:
            MCPError: there is no answer.
        """
        try:
            answer = await self._call(access, call)
        except MCPError as error:
            self.calls[error.code] += 1
            raise
        self.calls["failed" if answer.is_error else "completed"] += 1
        return answer

    async def tools(self, access: ServerAccess) -> tuple[list[ListedTool], dict[str, str]]:
        """Return a server's tools as it lists them now, and what it says of itself.

        Raises:
            MCPError: it does not answer.
        """
        session = self._session(access)
        listed = await session.listed(anew=True)
        return [*listed.values()], session.server

    async def close(self) -> None:
        """Close every session, and end the processes of stdio servers."""
        held = [*self._sessions.values(), *self._closing]
        await asyncio.gather(*(session.close() for session in held), return_exceptions=True)

    async def _call(self, access: ServerAccess, call: MCPCall) -> MCPAnswer:
        for last in (False, True):
            session = self._session(access)
            try:
                return await session.call(call)
            except Stale:
                session.retire()
                if last:
                    raise
            except Died:
                session.retire()
                if last or not call.repeatable:
                    raise
            except MCPError as error:
                if last or not error.passing:
                    raise
        raise AssertionError("Unreachable: the last attempt returns or raises.")

    def _session(self, access: ServerAccess) -> Session:
        """Return the open session of a server, or begin to open one. Does not wait, so that calls which
        come together share one.

        Raises:
            MCPError: there are as many as may be, all in use.
        """
        key = (access.workspace, access.name, access.label)
        known = self._sessions.get(key)
        if known is not None and known.alive and known.access == access:
            return known
        if known is not None:  # its settings or its credential have changed, or its server is gone
            self._retire(key, known)
        if len(self._sessions) >= self._rules.max_sessions:
            idle = [(each.used_at, at) for at, each in self._sessions.items() if not each.in_use]
            if not idle:
                raise MCPError(
                    f"All {self._rules.max_sessions:,} sessions with MCP servers are in use. Try again "
                    "later, or raise AGENTICRAG_MCP_SESSIONS.",
                    code="mcp_busy",
                )
            at = min(idle)[1]
            self._retire(at, self._sessions[at])
        self.opened += 1
        session = Session(access, self._egress, self._rules, self._on_listed, self._ended)
        self._sessions[key] = session
        return session

    def _retire(self, key: tuple[str, str, str], session: Session) -> None:
        del self._sessions[key]
        self._closing.add(session)
        session.retire()

    def _ended(self, session: Session) -> None:
        self._closing.discard(session)
        key = (session.access.workspace, session.access.name, session.access.label)
        if self._sessions.get(key) is session:
            del self._sessions[key]
