"""Offline: what a run that is walked again from its journal asks before it does something."""

from typing import Protocol

from msgspec import Struct

from graphs.node.node import Node
from graphs.values.events import CallKey
from graphs.values.node_view import View

__all__ = ["Offline"]


class Offline(Protocol):
    """Sees to it that a run which is walked again does nothing outside of its process.

    What it raises ends the run, unless it is a `NodeError`.
    """

    async def enter(self, key: str, node: Node, view: View) -> None:
        """Return if a node run whose outcome is not known may go on by itself."""
        ...

    def called(self, key: CallKey, request: Struct, known: Struct | None, node: str, path: str) -> None:
        """Note a call of a model or a tool; return only where its result is known."""
        ...

    def refuse(self, what: str, node: str) -> Exception:
        """Return what to raise for something that no journal has."""
        ...
