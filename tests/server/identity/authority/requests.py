"""Requests that callers make up: each says what it needs, how it must end, and what is different after it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from tests.server.identity.authority.model import (
    MAY,
    SCOPES,
    Caller,
    Model,
)

T = TypeVar("T")
Seen = tuple[object, object]
"""What an answer shows, and what it must show."""
FILE = b'{"session": {}, "messages": []}'
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="s.json"\r\n'
    b"Content-Type: application/json\r\n\r\n%s\r\n--x--\r\n"
)
USER_FIELDS = ("id", "email", "name", "role", "created_at", "disabled_at")


@dataclass
class Ask:
    """A request, and what the model says of it."""

    method: str
    path: str
    needs: str
    """The permission without which the answer is 403; empty for what asks for none."""
    rule: Callable[[Caller], int]
    """The status for a caller who has it."""
    body: Any = None
    after: Callable[[Caller, Any], None] = lambda _caller, _answer: None
    """What is different after a success."""
    near: Callable[[Caller], bool] = lambda _caller: False
    """Whether a 404 is a near miss: what is asked about is in the caller's workspace, and is another's."""
    shows: Callable[[Caller, Any], Seen] = lambda _caller, _answer: (None, None)


def pick(dice: Random, among: list[T]) -> T:
    """Return one of some."""
    return among[dice.randrange(len(among))]


def any_user(model: Model, dice: Random) -> str:
    return pick(dice, [*model.people])


def owned(model: Model, dice: Random, kind: str) -> str:
    kept = [*model.owned[kind]]
    return pick(dice, kept) if kept and dice.random() < 0.9 else str(uuid.UUID(int=3))


def scopes_of(dice: Random) -> list[str] | None:
    """Return the scopes of a key: all, a few, a role's with the means to give it, or all but a few."""
    match dice.randrange(4):
        case 0:
            return None
        case 1:
            return sorted({*dice.sample(SCOPES, dice.randint(1, 6))})
        case 2:
            role = pick(dice, ["viewer", "runner", "editor"])
            return sorted(MAY[role] | {"users:write", "users:read", "keys:write"})
        case _:
            return sorted({*SCOPES} - {*dice.sample(SCOPES, dice.randint(1, 3))})


def fresh(dice: Random, what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:12]}"


def here(path: str, who: Caller) -> int:
    """Return the status of what is about a workspace: nobody sees another than their own."""
    parts = path.split("/")
    return 200 if parts[1] == "users" or parts[2] == who.workspace else 404


def uninvite(model: Model, workspace: str, email: str) -> None:
    for id, (place, address, _role) in [*model.invitations.items()]:
        if (place, address) == (workspace, email):
            del model.invitations[id]


def drop(kept: dict[str, Any], id: str) -> None:
    kept.pop(id, None)
