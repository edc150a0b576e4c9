"""What a flow of one's own gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, List, Optional, TypeVar, cast

from .codec import decode

if TYPE_CHECKING:
    from . import models

__all__ = ["FlowResult"]

T = TypeVar("T")


@dataclass(frozen=True)
class FlowResult(Generic[T]):
    """A run of a flow, as far as it has come."""

    execution_id: str
    status: str
    """`completed`, or `waiting_approval` where it asks a person something."""
    output: Optional[T]
    """What the flow gave; None unless it is completed."""
    error: Optional[str]
    inputs: List[models.OpenInput]
    """What it asks."""

    @classmethod
    def of(cls, kind: Any, answer: models.ExecutionAnswer) -> FlowResult[T]:
        """Return the result of an answer whose output is of a kind."""
        output = decode(kind, answer.output) if answer.output is not None else None
        return cls(
            answer.execution_id, answer.status, cast("Optional[T]", output), answer.error, answer.inputs
        )
