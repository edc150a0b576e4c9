"""Settings of OpenAPI tools, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.mcp_values import MCPValues

__all__ = ["APIValues"]


class APIValues(MCPValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of OpenAPI tools."""

    openapi_max_bytes: Annotated[int, Meta(ge=1_000, le=200_000_000)] = 20_000_000
    """Maximum size of an OpenAPI document. In a request body `max_body_bytes` limits it too, at a URL
    `egress_max_bytes`."""
    openapi_read_seconds: Annotated[float, Meta(ge=1, le=3_600)] = 60
    """Maximum time to read an OpenAPI document. A process of its own reads it."""
    openapi_memory_bytes: Annotated[int, Meta(ge=100_000_000)] = 1_500_000_000
    """Maximum memory of the process that reads an OpenAPI document."""
