"""Connection: a named model address of a workspace, and how a request goes by it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from graphs.conversation.messages import ModelRequest

__all__ = ["Connection", "ConnectionName", "FindConnection", "no_connections"]

ConnectionName = Annotated[
    str, Meta(max_length=64, description="Name of a connection to ask the model by. Empty: the server's.")
]


class Connection(Struct, frozen=True, kw_only=True):
    """Where models are asked, and with what."""

    provider: str
    base_url: str = ""
    """Empty for the operator's address of the provider."""
    credential: str = ""
    """Name of the workspace's credential that has the key; empty for none."""
    profile: str = ""
    """Name of a profile of `chat_completions.server_profiles`; empty to know it by its address."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Sent with each request."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Settings of a request, by their names in `ModelRequest`, where it has none of its own."""

    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """By model or ``*``: what a thousand tokens cost in US dollars, by the names of `Price`'s amounts."""

    def asked(self, request: ModelRequest) -> ModelRequest:
        """Return a request as it goes by this connection."""
        left = {
            name: value
            for name, value in self.defaults.items()
            if getattr(request, name) in (None, "", [], {})
        }
        return msgspec.structs.replace(
            request,
            provider=self.provider,
            base_url=self.base_url,
            credential=request.credential or self.credential,
            profile=self.profile,
            headers=dict(self.headers),
            **left,
        )


FindConnection = Callable[[str], Awaitable[Connection | None]]
"""From a name to the connection of the run's own workspace; None where there is none."""


async def no_connections(_name: str) -> Connection | None:
    """Find nothing: where a flow runs beside a server."""
    return None
