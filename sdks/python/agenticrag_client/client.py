"""The client that waits for each answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Union

import httpx

from . import resources
from .transport import Transport
from .config import UNSET, APIConfig, Secret, Timeout, Unset
from .problems import ArgumentError

if TYPE_CHECKING:
    from .sockets import Sockets

__all__ = ["AgenticRAGClient"]


class AgenticRAGClient:
    """A client of one server. It may be used by many threads at once.

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
        http_client: Optional[httpx.Client] = None,
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
        self.knowledge_bases = resources.KnowledgeBases(self._transport)
        self.memories = resources.Memories(self._transport)
        self.metrics = resources.Metrics(self._transport)
        self.models = resources.Models(self._transport)
        self.node_types = resources.NodeTypes(self._transport)
        self.schedules = resources.Schedules(self._transport)
        self.sessions = resources.Sessions(self._transport)
        self.templates = resources.Templates(self._transport)
        self.tools = resources.Tools(self._transport)
        self.users = resources.Users(self._transport)
        self.variables = resources.Variables(self._transport)
        self.webhook_targets = resources.WebhookTargets(self._transport)
        self.webhooks = resources.Webhooks(self._transport)
        self.workflows = resources.Workflows(self._transport)
        self.workspaces = resources.Workspaces(self._transport)

    @property
    def sockets(self) -> Sockets:
        """Chats over WebSockets; they need the package `websockets`."""
        from .sockets import Sockets

        return Sockets(self.config)

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
        http_client: Optional[httpx.Client] = None,
    ) -> AgenticRAGClient:
        """Return a client that shares this one's connections and differs in what is given."""
        return AgenticRAGClient(
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
