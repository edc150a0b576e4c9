"""Findings: what is wrong with a flow, where, and what to do about it."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

__all__ = ["Finding", "FlowError", "Severity", "shown"]

Severity = Literal["error", "warning"]


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or at least odd, with a definition."""

    code: str
    """A word for programs: ``unknown_type``, ``bad_data``, ``cycle``, ``unreachable``, …"""
    message: str
    """A sentence for people: what was expected, what was found, what to do."""
    node: str | None = None
    """Id of the node that it is about."""
    edge: str | None = None
    """Id of the edge that it is about."""
    severity: Severity = "error"
    """A flow with an error does not run; one with warnings does."""
    pointer: str = ""
    """JSON Pointer (RFC 6901) into the definition; empty for the whole of it."""


class FlowError(Exception):
    """A definition is not a flow that can run."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0].message}{more}" if errors else "The flow cannot run.")
        self.findings = list(findings)


def shown(name: str) -> str:
    """Return an id as messages quote it: cut where it is long, without what a terminal would obey."""
    cut = name if len(name) <= 60 else f"{name[:57]}…"
    return "'" + "".join(letter if letter.isprintable() else "�" for letter in cut) + "'"
