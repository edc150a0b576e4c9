"""Environment: the workspace variables that a run reads, as they were when it was accepted."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from graphs.values.secrets_in_answers import HIDDEN

__all__ = ["Environment", "FindSecrets", "Revealed", "named_in", "no_secrets"]

_LOOKUP = re.compile(
    r"""\benv\s{0,20}(?:\.\s{0,20}([A-Za-z_]\w{0,63})|\[\s{0,20}["']([A-Za-z_]\w{0,63})["'])""", re.ASCII
)


class Environment(Struct, frozen=True, omit_defaults=True):
    """Workspace variables that a run reads."""

    label: str = ""
    """The label whose values it has; where a variable has none for it, the default counts."""
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    """Values of those that are not secret, by name."""
    secrets: list[str] = []
    """Names of the secret ones. Each is read at the moment of its use, and kept nowhere."""

    def shown(self) -> dict[str, Any]:
        """Return what expressions call ``env``: a mask in place of each secret."""
        return {**self.values, **dict.fromkeys(self.secrets, HIDDEN)}


class Revealed(Struct, frozen=True):
    """Workspace variables of a run at the moment of their use."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        """Leave the values out."""
        return f"Revealed({[*self.values, *self.secrets]})"

    def all(self) -> dict[str, Any]:
        """Return them by name, as ``env`` of an expression."""
        return {**self.values, **self.secrets}


FindSecrets = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns the secret variables of a run by name; those that are gone are missing. Raises `CredentialError`
for one that cannot be read."""


async def no_secrets() -> Mapping[str, str]:
    """Find nothing: where a flow runs beside a server."""
    return {}


def named_in(value: Any) -> Iterator[str]:
    """Yield the names of variables that the texts of a JSON value may look up: perhaps more, never fewer."""
    match value:
        case str():
            if "env" in value:
                yield from (plain or quoted for plain, quoted in _LOOKUP.findall(value))
        case list():
            for item in value:
                yield from named_in(item)
        case dict():
            for item in value.values():
                yield from named_in(item)
        case _:
            pass
