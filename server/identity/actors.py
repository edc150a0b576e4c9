"""Actors: who does something, as the audit log has them."""

from typing import Any

from msgspec import Struct

from persistence.identity.audit import ActorKind

__all__ = ["Actor"]


class Actor(Struct, frozen=True):
    """A caller, a visitor or nobody."""

    workspace: str
    kind: ActorKind
    id: str = ""
    name: str = ""
    target: tuple[str, str] | None = None
    """Kind and id of what all that they do is done to; None where the address says it."""
    details: dict[str, Any] = {}
