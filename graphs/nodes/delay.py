"""The delay node."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.conversation.messages import InputRequest
from graphs.expressions import templates
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Delay", "time_fault"]

SHORT = 5.0
"""Seconds up to which a run waits in its process; for longer it gives its place to others."""
LONGEST = 366 * 86_400.0


class Delay(Node, frozen=True, kw_only=True, tag="delay"):
    """Wait for some seconds or until a time. The output is the output of the previous node.

    A long wait uses no memory, survives restarts and does not count for `max_seconds`. If the time has
    passed, the node does not wait.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A pause between two requests",
            data={"seconds": 0.01},
            outputs={"fetch": {"page": 1}},
            output={"page": 1},
        ),
        Example(
            title="Until a time that the flow computes",
            data={"until": "{{ variables.due }}"},
            variables={"due": "2020-01-01T09:00:00Z"},
            outputs={"plan": "Send the reminder."},
            inputs=[{"action": "expired"}],
            output="Send the reminder.",
        ),
    )

    seconds: Annotated[
        Annotated[float, Meta(ge=0, le=LONGEST)] | None, Meta(description="Seconds to wait.")
    ] = None
    until: Annotated[
        str,
        Meta(
            max_length=2000,
            description="Time to wait for, instead of `seconds`: a template of an ISO 8601 time. Without "
            "a time zone: UTC.",
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Refuse two answers to one question, and none."""
        if (self.seconds is None) == (not self.until):
            raise ValueError("either seconds or until, one of them")

    def templates(self) -> dict[str, str]:
        """Return the time."""
        return {"until": self.until} if self.until else {}

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Wait."""
        if self.seconds is not None and self.seconds <= SHORT:
            await asyncio.sleep(self.seconds)
            return Outcome(output=view.arrived())
        if self.seconds is not None:
            request = InputRequest(kind="timer", timeout_seconds=self.seconds)
        else:
            due = _time(templates.parse(self.until).render(expressions.scope(view)))
            request = InputRequest(kind="timer", expires_at=due.timestamp())
        await context.request_input(request)
        return Outcome(output=view.arrived())


def time_fault(text: str) -> str:
    """Return why a text is no time, a sentence; empty where it is one."""
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return f"Expected an ISO 8601 time such as 2030-01-31T09:00:00Z in 'until', found {text[:80]!r}."
    return ""


def _time(text: str) -> datetime:
    if fault := time_fault(text):
        raise NodeError(fault, code="bad_input")
    due = datetime.fromisoformat(text.strip())
    return due if due.tzinfo is not None else due.replace(tzinfo=UTC)
