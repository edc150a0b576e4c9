"""Settings of OpenAPI tools and of OAuth, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.groups.mcp_values import MCPValues

__all__ = ["APIValues"]


class APIValues(MCPValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of OpenAPI tools and of OAuth."""

    public_url: str = ""
    """URL of this server as browsers see it, such as `https://rag.example.com`. It begins the redirect URI of
    OAuth. Empty: as the request has it."""
    oauth_clients_file: str = ""
    """JSON file of the OAuth clients that credentials are authorized with. Empty: none."""
    openapi_max_bytes: Annotated[int, Meta(ge=1_000, le=200_000_000)] = 20_000_000
    """Maximum size of an OpenAPI document. In a request body `max_body_bytes` limits it too, at a URL
    `egress_max_bytes`."""
    openapi_read_seconds: Annotated[float, Meta(ge=1, le=3_600)] = 60
    """Maximum time to read an OpenAPI document. A process of its own reads it."""
    openapi_memory_bytes: Annotated[int, Meta(ge=100_000_000)] = 1_500_000_000
    """Maximum memory of the process that reads an OpenAPI document."""
