"""The client for `async` programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Union

import httpx

from . import async_resources
from .async_transport import AsyncTransport
from .config import UNSET, APIConfig, Secret, Timeout, Unset
from .problems import ArgumentError

if TYPE_CHECKING:
    from .async_sockets import AsyncSockets

__all__ = ["AsyncAgenticRAGClient"]


class AsyncAgenticRAGClient:
    """A client of one server, asynchronous. It may be used by many tasks at once.

    What is given by name counts more than what `config` says, and both more than the environment.

    Args:
        config: All of it in one value, to be handed on.
        base_url: Where the server is; else `AGENTICRAG_BASE_URL`, else http://localhost:8000.
        api_key: The key; else `AGENTICRAG_API_KEY`. Empty for a server that asks for none.
        timeout: Seconds to wait for an answer, for each attempt, or an `httpx.Timeout`; None for ever.
        max_retries: How often a request is tried again.
        default_headers: Further headers of every request.
        raise_on_failure: Whether a run that fails is an exception.
        stream_timeout: Seconds without a byte after which a stream counts as dead.
        max_reconnects: How often a broken stream that brings nothing new is taken up again.
        http_client: An httpx client to use in place of one of its own: with a proxy, certificates,
            time-outs. Who makes it closes it.
    """

    def __init__(
        self,
        config: Optional[APIConfig] = None,
        *,
        base_url: Union[str, httpx.URL, None] = None,
        api_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        max_retries: Union[int, Unset] = UNSET,
        default_headers: Optional[Mapping[str, str]] = None,
        raise_on_failure: Optional[bool] = None,
        stream_timeout: Optional[float] = None,
        max_reconnects: Optional[int] = None,
        http_client: Optional[httpx.AsyncClient] = None,
    ) -> None:
        if config is not None and not isinstance(config, APIConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ArgumentError(
                f"The first argument takes an APIConfig; found {type(config).__name__}. Give an address as base_url=…"
            )
        api_key = Secret(api_key) if isinstance(api_key, str) else api_key  # for tracebacks that show variables
        given = {
            "base_url": base_url,
            "api_key": api_key,
            "default_headers": default_headers,
            "raise_on_failure": raise_on_failure,
            "stream_timeout": stream_timeout,
            "max_reconnects": max_reconnects,
        }
        changes: Dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if timeout is not UNSET:
            changes["timeout"] = timeout
        if max_retries is not UNSET:
            changes["max_retries"] = max_retries
        self.config = replace(config, **changes) if config else APIConfig(**changes)
        self._owned = http_client is None
        self._transport = AsyncTransport(self.config, http_client)
        self.account = async_resources.AsyncAccount(self._transport)
        self.agentflows = async_resources.AsyncAgentflows(self._transport)
        self.agents = async_resources.AsyncAgents(self._transport)
        self.audit = async_resources.AsyncAudit(self._transport)
        self.chatflows = async_resources.AsyncChatflows(self._transport)
        self.cost_tracking = async_resources.AsyncCostTracking(self._transport)
        self.credentials = async_resources.AsyncCredentials(self._transport)
        self.embeds = async_resources.AsyncEmbeds(self._transport)
        self.executions = async_resources.AsyncExecutions(self._transport)
        self.flows = async_resources.AsyncFlows(self._transport)
        self.health = async_resources.AsyncHealth(self._transport)
        self.keys = async_resources.AsyncKeys(self._transport)
        self.knowledge_bases = async_resources.AsyncKnowledgeBases(self._transport)
        self.memories = async_resources.AsyncMemories(self._transport)
        self.metrics = async_resources.AsyncMetrics(self._transport)
        self.models = async_resources.AsyncModels(self._transport)
        self.node_types = async_resources.AsyncNodeTypes(self._transport)
        self.schedules = async_resources.AsyncSchedules(self._transport)
        self.sessions = async_resources.AsyncSessions(self._transport)
        self.templates = async_resources.AsyncTemplates(self._transport)
        self.tools = async_resources.AsyncTools(self._transport)
        self.users = async_resources.AsyncUsers(self._transport)
        self.variables = async_resources.AsyncVariables(self._transport)
        self.webhook_targets = async_resources.AsyncWebhookTargets(self._transport)
        self.webhooks = async_resources.AsyncWebhooks(self._transport)
        self.workflows = async_resources.AsyncWorkflows(self._transport)
        self.workspaces = async_resources.AsyncWorkspaces(self._transport)

    @property
    def sockets(self) -> AsyncSockets:
        """Chats over WebSockets; they need the package `websockets`."""
        from .async_sockets import AsyncSockets

        return AsyncSockets(self.config)

    def with_options(
        self,
        *,
        base_url: Union[str, httpx.URL, None] = None,
        api_key: Optional[str] = None,
        timeout: Timeout = UNSET,
        max_retries: Optional[int] = None,
        default_headers: Optional[Mapping[str, str]] = None,
        raise_on_failure: Optional[bool] = None,
        stream_timeout: Optional[float] = None,
        max_reconnects: Optional[int] = None,
        http_client: Optional[httpx.AsyncClient] = None,
    ) -> AsyncAgenticRAGClient:
        """Return a client that shares this one's connections and differs in what is given."""
        return AsyncAgenticRAGClient(
            self.config,
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            max_retries=UNSET if max_retries is None else max_retries,
            default_headers=default_headers,
            raise_on_failure=raise_on_failure,
            stream_timeout=stream_timeout,
            max_reconnects=max_reconnects,
            http_client=http_client or self._transport.http,
        )

    async def close(self) -> None:
        """Close its connections."""
        if self._owned:
            await self._transport.http.aclose()

    async def __aenter__(self) -> AsyncAgenticRAGClient:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()
