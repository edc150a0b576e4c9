"""Commands: what a client may say on a WebSocket beside its messages, the same in every dialect."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from persistence.runs.executions import Idempotency
from server.http.bodies import read_json, shape
from server.http.parameters import cleared
from server.http.problems import Fault, Problem
from server.identity.permissions import Permission

__all__ = [
    "COMMANDS",
    "Auth",
    "Cancel",
    "Clear",
    "Command",
    "History",
    "Ping",
    "Resume",
    "Says",
    "read_command",
]


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Something that a client says."""

    needs: ClassVar[Permission | None] = "runs:start"
    """What a caller must be allowed to; None for what only concerns the connection."""


class Auth(Command, frozen=True, kw_only=True, tag="auth"):
    """Say who asks, as the first message, where no header can: pages cannot set headers of a WebSocket."""

    needs: ClassVar[Permission | None] = None

    token: Annotated[str, Meta(min_length=1, max_length=8192)]
    """An API key, or what else a bearer may send."""

    def __repr__(self) -> str:
        """Leave the token out."""
        return "Auth()"


class Ping(Command, frozen=True, tag="ping"):
    """Ask for a `pong`."""

    needs: ClassVar[Permission | None] = None


class Clear(Command, frozen=True, tag="clear"):
    """Empty the session's history. What runs on it is cancelled first."""


class History(Command, frozen=True, kw_only=True, tag="history"):
    """Ask for the session's messages."""

    needs: ClassVar[Permission | None] = "runs:read"

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    """How many of the last ones."""


class Cancel(Command, frozen=True, kw_only=True, tag="cancel"):
    """End a run; what it has said so far stays said."""

    execution_id: str | None = None
    """Null: all that this socket has under way."""


class Resume(Command, frozen=True, kw_only=True, tag="resume"):
    """Go on with a run after the last frame that arrived, on any socket."""

    needs: ClassVar[Permission | None] = "runs:read"

    execution_id: str
    after: Annotated[int, Meta(ge=0, le=9_999_999_999_999_999)] = 0
    """The `seq` of that frame; 0 for the whole run."""


COMMANDS: Mapping[str, type[Command]] = {
    "auth": Auth,
    "ping": Ping,
    "clear": Clear,
    "history": History,
    "cancel": Cancel,
    "resume": Resume,
}


class Says(Command, frozen=True, kw_only=True):
    """Begin a run."""

    idempotency_key: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    """A name for this message: said again with it, also on another socket, it begins nothing new but leads
    to the first one's run."""
    edits: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    """Id of an earlier message of the user, from `history`. The new message becomes an alternative to it, and
    the session continues from there."""

    def idempotency(self, route: str) -> Idempotency | None:
        """Return what makes the message the same when it is said again; None if nothing does."""
        if self.idempotency_key is None:
            return None
        return Idempotency(route, self.idempotency_key, cleared(self))


def read_command(text: str, kinds: Mapping[str, type[Command]], *, default: str = "") -> Command:
    """Return what a message says.

    Args:
        text: The message as it came.
        kinds: The commands that are taken, by their `type`.
        default: The `type` of a message that has none.

    Raises:
        Problem: 400 for what is no JSON, 422 for what is no such command.
        TextError: it has text that nothing here could hold.
    """
    value = read_json(text.encode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise _unknown("A message is a JSON object", kinds)
    said: dict[str, Any] = {"type": default, **value} if default else value
    name = said.get("type")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        shown = "has no 'type'" if name is None else f"is of type '{str(name)[:40]}'"
        raise _unknown(f"The message {shown}", kinds)
    command: Command = shape(said, kind)
    return command


def _unknown(found: str, kinds: Mapping[str, type[Command]]) -> Problem:
    detail = f"{found}; its type may be {', '.join(sorted(kinds))}."
    return Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/type")])
