"""Session: one open connection to an MCP server, which calls of one workspace share."""

import asyncio
import contextlib
import contextvars
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from graphs.mcp.call_clock import untimed
from graphs.mcp.library import load_library
from graphs.mcp.results import read_result
from graphs.mcp.server_access import MCPAnswer, MCPCall, MCPError, ServerAccess
from graphs.mcp.server_requests import ServerRequests
from graphs.mcp.stdio_transport import stdio_transport
from graphs.mcp.streamable_http import streamable_http
from graphs.mcp.tool_lists import ListedTool, read_tools
from graphs.mcp.tool_pages import said_tools
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError
from graphs.parsing.text import clean
from graphs.values.node_error import NodeError
from graphs.values.secrets_in_answers import Redaction

__all__ = ["Died", "OnListed", "Session", "SessionRules", "Stale"]

_CONNECTION_CLOSED, _INVALID_REQUEST = -32000, -32600  # JSON-RPC codes of the protocol's schema

OnListed = Callable[[ServerAccess, list[ListedTool]], Awaitable[None]]
"""Learns of each list of tools that a server gives."""


class SessionRules(Struct, frozen=True, kw_only=True):
    """How many sessions there may be, and for how long."""

    max_sessions: int = 50
    """Of one process, processes of stdio servers among them."""
    idle_seconds: float = 300.0
    """After so long without a call a session is closed, and the process of a stdio server ended."""
    connect_seconds: float = 60.0
    """For a server to start and to answer first."""
    list_seconds: float = 300.0
    """After so long the list of tools is asked for anew, before the next call."""
    max_calls: int = 64
    """Calls of one session at the same time; more wait."""
    max_bytes: int = 10 * 1024 * 1024
    """Of one message or answer of a server."""
    max_values: int = 100_000
    """Values and keys of one answer: the protocol's library makes all of them at once, each an object."""


class Stale(MCPError):
    """The server does not know the session any more, and has not begun the call."""


class Died(MCPError):
    """The connection ended during a call: whether it was done is not known."""


class Session:
    """Opened by the first call, closed when it is idle or its server is gone."""

    def __init__(
        self,
        access: ServerAccess,
        egress: Egress,
        rules: SessionRules,
        on_listed: OnListed,
        on_end: Callable[["Session"], None],
    ) -> None:
        self.access = access
        self.alive = True
        """False from the moment on in which no new call may use it."""
        self.in_use = 0
        self.used_at = time.monotonic()
        self._egress = egress
        self._rules = rules
        self._on_listed = on_listed
        self._on_end = on_end
        self._concealed = Redaction(access.secrets)
        self._failures: list[Exception] = []
        roots = access.command.roots if access.command is not None else ()
        self._requests = ServerRequests(roots, access.sampling)
        self._tools: dict[str, ListedTool] = {}
        self._listed_at = float("-inf")
        self._listing = asyncio.Lock()
        self._calls = asyncio.Semaphore(rules.max_calls)
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        self._opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(  # in a context of its own: it outlives the run that opened it
            self._live(), name=f"mcp-{access.name}", context=contextvars.Context()
        )

    async def call(self, call: MCPCall) -> MCPAnswer:
        """Call a tool.

        Raises:
            Stale: the session is over, and the call was not begun.
            Died: the session ended during the call.
            MCPError: any other reason why there is no answer.
        """
        seconds = self.access.timeout_seconds
        try:
            async with self._in_use(), asyncio.timeout(seconds) as clock:
                call = msgspec.structs.replace(call, sample=untimed(call.sample, clock))
                client = await self._client()
                if call.hash:
                    await self._refuse_changed(call)
                async with self._calls:
                    return await self._called(client, call)
        except TimeoutError:
            raise MCPError(
                f"'{call.tool}' of the MCP server '{self.access.name}' took longer than {seconds:g} seconds. "
                "Raise 'timeout_seconds' of the server, or ask for less.",
                code="mcp_timeout",
            ) from None

    async def listed(self, *, anew: bool = False) -> dict[str, ListedTool]:
        """Return the server's tools by name, from the last list unless that is old.

        Raises:
            MCPError: the server does not answer.
        """
        async with self._in_use(), self._listing:
            if anew or time.monotonic() - self._listed_at > self._rules.list_seconds:
                client = await self._client()
                async with asyncio.timeout(self._rules.connect_seconds):
                    said = await self._said(client)
                listed = await asyncio.to_thread(read_tools, said)
                self._tools = {tool.name: tool for tool in listed}
                self._listed_at = time.monotonic()
                await self._on_listed(self.access, [*self._tools.values()])
            return self._tools

    @property
    def server(self) -> dict[str, str]:
        """The server's own name and version, and the revision of the protocol; empty before it is open."""
        if not self._opened.done() or self._opened.cancelled() or self._opened.exception() is not None:
            return {}
        client: Any = self._opened.result()
        info = client.server_info
        return {
            "protocol_version": str(client.protocol_version),
            "server_name": str(clean(info.name))[:200] if info else "",
            "server_version": str(clean(info.version))[:200] if info else "",
        }

    def retire(self) -> None:
        """Let no new call begin on it, and close it when those under way have ended."""
        self.alive = False
        self._stop.set()

    async def close(self) -> None:
        """Close it now; calls under way fail."""
        self.retire()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def _in_use(self) -> AsyncGenerator[None]:
        self.in_use += 1
        try:
            yield
        finally:
            self.in_use -= 1
            self.used_at = time.monotonic()

    async def _client(self) -> Any:
        return await asyncio.shield(self._opened)

    async def _live(self) -> None:
        """Hold the connection open: a client is entered and left by the same task."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self._rules.connect_seconds):
                    client = await stack.enter_async_context(await self._connected())
                    await self._requests.roots_told(client)
                self._opened.set_result(client)
                await self._until_unused()
        except BaseException as error:
            self.alive = False
            if not self._opened.done():
                self._opened.set_exception(self._reason(error))
                self._opened.exception()  # whoever waits gets it; nobody may wait
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self.alive = False
            self._on_end(self)

    async def _connected(self) -> Any:
        library = await load_library()
        access, rules = self.access, self._rules
        if access.command is not None:
            transport = stdio_transport(access.command, self._ended, most=rules.max_bytes)
        else:
            await self._egress.look_up(access.url)  # tells what is wrong with it better than the library
            transport = streamable_http(
                access,
                self._egress,
                self._failures,
                self._concealed,
                most=rules.max_bytes,
                most_values=rules.max_values,
            )
        roots = access.command.roots if access.command is not None else ()
        return library.Client(
            transport,
            cache=None,
            client_info=library.Implementation(name="agenticrag", version="1"),
            message_handler=self._noticed,
            elicitation_callback=self._requests.asked,
            list_roots_callback=self._requests.listed_roots if roots else None,
            sampling_callback=self._requests.sampled if access.sampling is not None else None,
        )

    async def _until_unused(self) -> None:
        """Return when the server is gone, or when nobody has used it for long, or when it is retired."""
        loop_seconds = max(0.05, min(self._rules.idle_seconds / 4, 30.0))
        gone = asyncio.create_task(self._ended.wait())
        stopped = asyncio.create_task(self._stop.wait())
        try:
            while not self._ended.is_set():
                await asyncio.wait(
                    (gone,) if self._stop.is_set() else (gone, stopped),
                    timeout=0.05 if self._stop.is_set() else loop_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                idle = time.monotonic() - self.used_at >= self._rules.idle_seconds
                if not self.in_use and (idle or self._stop.is_set()):
                    break
            self.alive = False
        finally:
            gone.cancel()
            stopped.cancel()

    async def _noticed(self, message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self._listed_at = float("-inf")

    async def _refuse_changed(self, call: MCPCall) -> None:
        """Return if a tool is as it was approved."""
        tool = (await self.listed()).get(call.tool)
        name = self.access.name
        if tool is None:
            raise MCPError(
                f"The MCP server '{name}' has no tool '{call.tool}' any more. Take it out of the flow.",
                code="mcp_tool_changed",
            )
        if tool.hash != call.hash:
            raise MCPError(
                f"The tool '{call.tool}' of the MCP server '{name}' has changed since it was approved, and "
                "was not called. Look at it and approve it again.",
                code="mcp_tool_changed",
            )

    async def _called(self, client: Any, call: MCPCall) -> MCPAnswer:
        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            if call.on_progress is not None:
                said = self._concealed.text(str(clean((message or "")[:1_000])))
                call.on_progress(progress, total, said)

        self._failures.clear()
        try:
            result = await self._requests.call(
                client,
                call,
                # Where models answer in between, `call` alone counts the seconds.
                read_timeout_seconds=self.access.timeout_seconds if self.access.sampling is None else None,
                progress_callback=progressed if call.on_progress is not None else None,
            )
        except NodeError:  # a model call of the server's ended the run
            raise
        except Exception as error:
            raise self._reason(error, during=call) from None
        if isinstance(result, MCPAnswer):
            return result
        said = result.model_dump(by_alias=True, mode="json")
        answer = read_result(said, most=self._rules.max_bytes)
        return MCPAnswer(
            value=self._concealed.value(clean(answer.value)), is_error=answer.is_error, files=answer.files
        )

    async def _said(self, client: Any) -> list[dict[str, Any]]:
        """Return the tools as the server sends them."""
        try:
            return await said_tools(client, self.access.name, most=self._rules.max_bytes)
        except Exception as error:
            raise self._reason(error) from None

    def _reason(self, error: BaseException, *, during: MCPCall | None = None) -> MCPError:
        """Return what to tell of a failure; what the transport noted is nearer to its cause."""
        name = self.access.name
        while isinstance(error, BaseExceptionGroup) and error.exceptions:
            error = error.exceptions[0]
        noted = self._failures[-1] if self._failures and not isinstance(error, MCPError) else error
        if isinstance(noted, MCPError):
            return noted
        if isinstance(noted, EgressError):
            return MCPError(str(noted), code=noted.code, passing=False)
        if isinstance(error, TimeoutError):
            return MCPError(
                f"The MCP server '{name}' did not start within {self._rules.connect_seconds:g} seconds. "
                f"{self._where_to_look()}",
                code="mcp_timeout",
            )
        code = getattr(error, "code", None)
        told = self._concealed.text(str(clean(str(getattr(error, "message", "") or error)[:500])))
        if code == _INVALID_REQUEST and "terminated" in told:
            return Stale(f"The MCP server '{name}' has forgotten the session.", code="mcp_unreachable")
        if code == _CONNECTION_CLOSED or self._ended.is_set() or self._failures:
            if during is None:
                return MCPError(
                    f"The MCP server '{name}' cannot be reached ({told or 'it ended'}). "
                    f"{self._where_to_look()}",
                    code="mcp_unreachable",
                    passing=True,
                )
            return Died(
                f"The MCP server '{name}' ended during the call to '{during.tool}'. The call may or may not "
                f"have been completed. {self._where_to_look()}",
                code="mcp_unreachable",
            )
        if isinstance(error, asyncio.CancelledError):
            return MCPError("The server is stopping.", code="mcp_unreachable")
        return MCPError(f"The MCP server '{name}' answered with an error: {told}", code="mcp_error")

    def _where_to_look(self) -> str:
        command = self.access.command
        return "Check its URL." if command is None else f"Its log is {command.log}."
