"""Names in exported code: identifiers of Python made of ids and titles that people chose."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

__all__ = ["Names", "identifier", "one_line"]

LONGEST = 40


def identifier(text: str, otherwise: str) -> str:
    """Return a lower-case ASCII identifier that looks like a text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].strip("_")
    if not name:
        return otherwise
    return f"{otherwise}_{name}" if name[0].isdigit() else name


def one_line(text: str, most: int = 72) -> str:
    """Return a text as it may stand in a comment or docstring: one line, without quotes and backslashes."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    shown = " ".join(shown.replace("\\", "/").replace('"', "'").split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


class Names:
    """Identifiers of one module, each given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}

    def give(self, text: str, otherwise: str = "node") -> str:
        """Return an identifier for a text that nothing else has."""
        wanted = identifier(text, otherwise)
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name
