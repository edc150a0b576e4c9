"""The errors that need nothing of the server: the one that all others are, and what is refused here."""

from __future__ import annotations

from typing import Any, Dict, Tuple, Type

__all__ = ["APIResponseValidationError", "AgenticRAGError", "ArgumentError"]


class AgenticRAGError(Exception):
    """Something went wrong between this program and the server."""

    @property
    def message(self) -> str:
        """What went wrong, in a sentence."""
        return str(self)

    def __reduce__(self) -> Tuple[Any, ...]:
        """Let every error go from one process to another, with what it knows."""
        kept = {name: value for name, value in self.__dict__.items() if name != "response"}
        return _rebuilt, (type(self), self.args, kept)


class ArgumentError(AgenticRAGError, ValueError):
    """What was given cannot be sent; nothing was sent."""


class APIResponseValidationError(AgenticRAGError):
    """The server's answer is not what its document says; is it of another version?"""


def _rebuilt(kind: Type[AgenticRAGError], args: Tuple[Any, ...], kept: Dict[str, Any]) -> AgenticRAGError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(kept)
    return error
