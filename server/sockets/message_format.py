"""Message format: the frames of a WebSocket conversation, which differ by address."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from graphs.values.events import Event
from server.http.problems import Problem
from server.identity.callers import Caller
from server.runs.run_requests import Order
from server.sockets.commands import Command
from server.views.conversation_files import StoredMessage

__all__ = ["MessageFormat", "SocketProjection"]


class SocketProjection(Protocol):
    """Turns the events of one run into frames of a dialect."""

    whole: bool
    """True where it must see the run from its first event on, also to resume in the middle."""

    def shown(self, event: Event) -> Sequence[Struct]:
        """Return what the event looks like: none, one or several frames that carry its number as `seq`."""
        ...


class MessageFormat(Protocol):
    """How a conversation is spoken: what is taken, and how each thing is said."""

    @property
    def kinds(self) -> Mapping[str, type[Command]]:
        """The commands that are taken, by their `type`."""
        ...

    @property
    def default(self) -> str:
        """The `type` of a message that has none; empty where each must have one."""
        ...

    @property
    def flow_id(self) -> str | None:
        """The flow whose runs and sessions this is about; None for those of any chat."""
        ...

    async def order(self, said: Command, caller: Caller, session: str) -> Order:
        """Return the run that a message asks for."""
        ...

    def projection(self) -> SocketProjection:
        """Return a projection for one run."""
        ...

    def connected(self, session: str) -> Struct:
        """Return the first frame."""
        ...

    def pong(self) -> Struct:
        """Return the answer to a ping."""
        ...

    def cleared(self, session: str) -> Struct:
        """Return the answer to a clear."""
        ...

    def history(self, session: str, messages: list[StoredMessage], count: int) -> Struct:
        """Return the last messages of a session that has `count`."""
        ...

    def error(self, problem: Problem, execution_id: str) -> Struct:
        """Return what is said of a command that could not be done."""
        ...
