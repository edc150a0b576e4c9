"""CORS: what browsers on other origins may send to the API, and read of its answers."""

from litestar.config.cors import CORSConfig

from server.settings.sources import Settings

__all__ = ["cors_of"]

OPENAI_HEADERS = (
    "OpenAI-Beta",
    "OpenAI-Organization",
    "OpenAI-Project",
    "X-Stainless-Arch",
    "X-Stainless-Custom-Poll-Interval",
    "X-Stainless-Helper-Method",
    "X-Stainless-Lang",
    "X-Stainless-OS",
    "X-Stainless-Package-Version",
    "X-Stainless-Poll-Helper",
    "X-Stainless-Retry-Count",
    "X-Stainless-Runtime",
    "X-Stainless-Runtime-Version",
    "X-Stainless-Timeout",
)
"""What OpenAI's client sends from a browser."""
MCP_HEADERS = ("Mcp-Method", "Mcp-Name", "MCP-Protocol-Version")
"""What clients of MCP send from a browser."""
LANGGRAPH_HEADERS = ("X-Auth-Scheme",)
"""What LangGraph's clients send from a browser."""


def cors_of(settings: Settings) -> CORSConfig | None:
    """Return the rules for the origins that the settings allow; None where they allow none."""
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=settings.cors_origins,
        allow_headers=[
            "Authorization",
            "X-API-Key",
            "X-Request-Id",
            "Content-Type",
            "Idempotency-Key",
            "Last-Event-ID",
            "User-Agent",
            "X-Workspace",
            "X-Session-Id",
            "X-AgenticRAG-On-Disconnect",
            *OPENAI_HEADERS,
            *MCP_HEADERS,
            *LANGGRAPH_HEADERS,
        ],
        expose_headers=[
            "X-Execution-Id",
            "X-Session-Id",
            "X-Should-Retry",
            "X-Request-Id",
            "Idempotent-Replayed",
            "Retry-After",
            "Location",
            "RateLimit",
            "WWW-Authenticate",
            "X-Vercel-AI-UI-Message-Stream",
            "Content-Location",
            "X-Pagination-Total",
            "X-Pagination-Next",
        ],
    )
