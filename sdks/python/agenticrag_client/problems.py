"""The error that all others are."""

from __future__ import annotations

__all__ = ["AgenticRAGError"]


class AgenticRAGError(Exception):
    """Something went wrong between this program and the server."""
