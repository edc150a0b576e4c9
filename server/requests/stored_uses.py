"""Stored uses: the credentials, connections and variables that something names, and who may store that."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from graphs.values.environment import named_in
from server.http.problems import Fault, Problem
from server.identity.permissions import Permission

__all__ = ["Use", "connection_uses", "credential_uses", "refuse_uses", "variable_uses"]

Used = Literal["credential", "connection", "variable"]
_NEEDED: Mapping[Used, Permission] = {
    "credential": "credentials:read",
    "connection": "connections:read",
    "variable": "variables:read",
}


class Use(Struct, frozen=True):
    """A credential, a connection or a workspace variable that is named somewhere."""

    kind: Used
    name: str
    pointer: str
    """JSON Pointer of the place."""


def credential_uses(named: Mapping[str, str]) -> list[Use]:
    """Return the uses of credentials by the fields that name them; an empty name is none."""
    return [Use("credential", name, f"/{field}") for field, name in named.items() if name]


def connection_uses(named: Mapping[str, str]) -> list[Use]:
    """Return the uses of connections by the fields that name them; an empty name is none."""
    return [Use("connection", name, f"/{field}") for field, name in named.items() if name]


def variable_uses(value: Any, pointer: str = "") -> list[Use]:
    """Return the uses of workspace variables in the templates and expressions of a JSON value."""
    return [Use("variable", name, pointer) for name in dict.fromkeys(named_in(value))]


def refuse_uses(permissions: frozenset[Permission], uses: Iterable[Use]) -> None:
    """Return if a client with these permissions may have these uses.

    What is stored works for whoever runs it. So who stores it must be allowed to use what it names. Whether
    the workspace has something of that name makes no difference to the answer.

    Raises:
        Problem: 403, with every use that it may not have.
    """
    faults = [
        Fault(
            f"The {use.kind} '{use.name[:80]}' cannot be named without the permission {_NEEDED[use.kind]}. "
            "Leave it out, or ask with a key that has the permission.",
            pointer=use.pointer,
        )
        for use in uses
        if _NEEDED[use.kind] not in permissions
    ]
    if faults:
        raise Problem(403, "forbidden", faults[0].message, errors=faults)
