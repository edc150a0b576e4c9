"""The clients: one that waits for each answer, and one for `async` programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import httpx

from . import async_resources, resources
from .async_transport import AsyncTransport
from .config import APIConfig
from .transport import Transport

__all__ = ["AgenticRAGClient", "AsyncAgenticRAGClient"]


class AgenticRAGClient:
    """A client of one server. It may be used by many threads at once.

    Args:
        config: Where the server is, and the key.
        http_client: An httpx client to use in place of one of its own: with a proxy, certificates, limits.
            Who makes it closes it.
    """

    def __init__(
        self, config: Optional[APIConfig] = None, *, http_client: Optional[httpx.Client] = None
    ) -> None:
        self.config = config or APIConfig()
        self._owned = http_client is None
        self._transport = Transport(self.config, http_client)
        self.account = resources.Account(self._transport)
        self.agentflows = resources.Agentflows(self._transport)
        self.agents = resources.Agents(self._transport)
        self.audit = resources.Audit(self._transport)
        self.chatflows = resources.Chatflows(self._transport)
        self.cost_tracking = resources.CostTracking(self._transport)
        self.credentials = resources.Credentials(self._transport)
        self.embeds = resources.Embeds(self._transport)
        self.executions = resources.Executions(self._transport)
        self.flows = resources.Flows(self._transport)
        self.health = resources.Health(self._transport)
        self.keys = resources.Keys(self._transport)
        self.metrics = resources.Metrics(self._transport)
        self.node_types = resources.NodeTypes(self._transport)
        self.sessions = resources.Sessions(self._transport)
        self.tools = resources.Tools(self._transport)
        self.users = resources.Users(self._transport)
        self.workflows = resources.Workflows(self._transport)
        self.workspaces = resources.Workspaces(self._transport)

    def with_options(
        self,
        *,
        timeout: Optional[float] = None,
        max_retries: Optional[int] = None,
        api_key: Optional[str] = None,
    ) -> AgenticRAGClient:
        """Return a client that shares this one's connections and is more, or less, patient."""
        config = replace(
            self.config,
            timeout=self.config.timeout if timeout is None else timeout,
            max_retries=self.config.max_retries if max_retries is None else max_retries,
            api_key=self.config.api_key if api_key is None else api_key,
        )
        return AgenticRAGClient(config, http_client=self._transport.http)

    def close(self) -> None:
        """Close its connections."""
        if self._owned:
            self._transport.http.close()

    def __enter__(self) -> AgenticRAGClient:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class AsyncAgenticRAGClient:
    """A client of one server, asynchronous. It may be used by many tasks at once.

    Args:
        config: Where the server is, and the key.
        http_client: An httpx client to use in place of one of its own: with a proxy, certificates, limits.
            Who makes it closes it.
    """

    def __init__(
        self, config: Optional[APIConfig] = None, *, http_client: Optional[httpx.AsyncClient] = None
    ) -> None:
        self.config = config or APIConfig()
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
        self.metrics = async_resources.AsyncMetrics(self._transport)
        self.node_types = async_resources.AsyncNodeTypes(self._transport)
        self.sessions = async_resources.AsyncSessions(self._transport)
        self.tools = async_resources.AsyncTools(self._transport)
        self.users = async_resources.AsyncUsers(self._transport)
        self.workflows = async_resources.AsyncWorkflows(self._transport)
        self.workspaces = async_resources.AsyncWorkspaces(self._transport)

    def with_options(
        self,
        *,
        timeout: Optional[float] = None,
        max_retries: Optional[int] = None,
        api_key: Optional[str] = None,
    ) -> AsyncAgenticRAGClient:
        """Return a client that shares this one's connections and is more, or less, patient."""
        config = replace(
            self.config,
            timeout=self.config.timeout if timeout is None else timeout,
            max_retries=self.config.max_retries if max_retries is None else max_retries,
            api_key=self.config.api_key if api_key is None else api_key,
        )
        return AsyncAgenticRAGClient(config, http_client=self._transport.http)

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
