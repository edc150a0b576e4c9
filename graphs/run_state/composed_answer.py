"""Composed answers: the text of an end, told in its own order while the nodes that it names still speak."""

from collections.abc import Mapping
from typing import Any

from graphs.document.answering import Piece, Spoken
from graphs.expressions import scope
from graphs.expressions.templates import Template
from graphs.parsing.text import as_text, clean
from graphs.values.events import EventType, Recorder
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["ComposedAnswer"]


class ComposedAnswer:
    """One end's text while it comes. What nodes say before it is their turn is held back until then.

    It is told as the message of the end. After a crash it begins anew, with what is known by then.
    """

    def __init__(self, end: str, pieces: tuple[Piece, ...], recorder: Recorder, attempt: int) -> None:
        self.nodes = frozenset(piece.node for piece in pieces if isinstance(piece, Spoken))
        """The nodes that speak in it."""
        self._end = end
        self._pieces = pieces
        self._recorder = recorder
        self._attempt = attempt
        self._at = 0
        self._told = ""
        self._before = 0
        """Characters that were told before the piece whose turn it is."""
        self._begun = False
        self._said: dict[str, str] = {}
        """What nodes have said so far."""
        self._given: dict[str, Any] = {}
        """What nodes gave in the end."""
        self._view: View | None = None

    def enter(self, view: View) -> None:
        """Take notice of what a node of it sees when it begins."""
        self._view = view

    def hear(self, node: str, text: str) -> None:
        """Take in a piece of what a node says."""
        self._said[node] = self._said.get(node, "") + text
        if self._turn() == node:
            self._tell(text)
        else:
            self._go_on()

    def unsay(self, node: str) -> None:
        """Forget what a node has said: it begins anew."""
        self._said.pop(node, None)
        if self._turn() == node and len(self._told) > self._before:
            self._begin_anew(self._told[: self._before])

    def gave(self, node: str, output: Any) -> None:
        """Take in what a node gives in the end."""
        self._given[node] = output
        self._go_on()

    def ended(self, text: str) -> None:
        """Tell what is left of the whole text, and that it is complete."""
        if not self._begun and self._attempt > 1:
            self._emit("message.reset")  # it may have been told before the process died
        if not text.startswith(self._told):
            self._begin_anew("")
        self._tell(text[len(self._told) :])
        if self._begun:
            self._emit("message.completed", content=text, finish_reason="stop")

    def _turn(self) -> str:
        """Return the node whose turn it is; empty where it is none's."""
        piece = self._pieces[self._at] if self._at < len(self._pieces) else None
        return piece.node if isinstance(piece, Spoken) else ""

    def _go_on(self) -> None:
        """Tell what is known, up to a node that still speaks or something that is not known yet."""
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            if isinstance(piece, Spoken):
                known = self._known(piece.node)
                text = self._said.get(piece.node, "") if known is None else as_text(known)
                told = self._told[self._before :]
                if not text.startswith(told):
                    self._begin_anew(self._told[: self._before])
                    told = ""
                self._tell(text[len(told) :])
                if known is None:
                    return
            elif (text := self._found(piece)) is None:
                return
            else:
                self._tell(text)
            self._at += 1
            self._before = len(self._told)

    def _known(self, node: str) -> Any:
        return self._outputs().get(node)

    def _outputs(self) -> dict[str, Any]:
        return {**(self._view.outputs if self._view is not None else {}), **self._given}

    def _found(self, piece: Any) -> str | None:
        """Return the text of a part that no node says; None where it is not known yet."""
        if isinstance(piece, str):
            return piece
        if self._view is None:
            return None
        names: Mapping[str, Any] = {**scope(self._view), "nodes": self._outputs()}
        try:
            return Template("", (piece,), ()).render(names)
        except NodeError:
            return None

    def _begin_anew(self, text: str) -> None:
        self._emit("message.reset")
        self._told = ""
        self._tell(text)

    def _tell(self, text: str) -> None:
        if not text:
            return
        if not self._begun:
            self._begun = True
            self._emit("message.started")
        self._told += text
        self._emit("message.delta", content=clean(text))

    def _emit(self, type: EventType, **data: Any) -> None:
        self._recorder.emit(type, node=self._end, attempt=self._attempt, **data)
