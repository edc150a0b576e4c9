"""ReasoningDetails: entries about a model's reasoning that a server sends in parts and wants back whole."""

from typing import Any, cast

__all__ = ["ReasoningDetails"]

_TEXTS = ("text", "summary", "data", "thinking")
"""Fields of an entry that come in parts."""


class ReasoningDetails:
    """Collects entries; the texts of one entry are kept in parts and joined once."""

    def __init__(self) -> None:
        self._entries: list[tuple[Any, dict[str, list[str]]]] = []

    def add(self, more: list[Any]) -> None:
        """Take entries; one of the same type, index and id as the last goes on with it, until that is
        signed."""
        for one in more:
            last, texts = self._entries[-1] if self._entries else (None, {})
            if not isinstance(one, dict):
                self._entries.append((one, {}))
                continue
            entry = cast("dict[str, Any]", one)
            parts = {name: entry[name] for name in _TEXTS if isinstance(entry.get(name), str)}
            begins = any(parts.values()) and isinstance(last, dict) and last.get("signature")  # pyright: ignore[reportUnknownMemberType]
            if isinstance(last, dict) and not begins and _same(cast("dict[str, Any]", last), entry):
                last.update({name: value for name, value in entry.items() if value is not None})
                for name, part in parts.items():
                    texts.setdefault(name, []).append(part)
            else:
                self._entries.append(({**entry}, {name: [part] for name, part in parts.items()}))

    def joined(self) -> list[Any]:
        """Return the entries with whole texts."""
        return [
            {**cast("dict[str, Any]", entry), **{name: "".join(parts) for name, parts in texts.items()}}
            if isinstance(entry, dict)
            else entry
            for entry, texts in self._entries
        ]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("type", "index", "id"))
