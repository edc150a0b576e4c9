"""Message tree: a session's messages with their alternatives, kept in one list, and the line that is chosen.

A message follows the one before it in the list, unless it names another as its ``parent``; an empty one
begins the conversation. A message off the chosen line has ``aside``. So a conversation without alternatives
is a plain list of messages, and an alternative costs its own text and nothing more. A message stands behind
its parent.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

__all__ = [
    "Op",
    "active_line",
    "alternatives_of",
    "applied",
    "chosen",
    "continued_after",
    "followed_by",
    "parents_of",
    "without",
]

Op = Mapping[str, Any]
"""What a write says of the line beside messages: ``{"role": "after" | "choose", "id": …}``."""
Messages = list[dict[str, Any]]


def active_line(messages: Sequence[dict[str, Any]]) -> Messages:
    """Return the messages of the chosen line, the oldest first: the conversation as everybody reads it."""
    return [message for message in messages if "aside" not in message]


def parents_of(messages: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parent of each message by id, in the order of the list; empty for one that begins."""
    parents: dict[str, str] = {}
    last = ""
    for message in messages:
        parents[message["id"]] = message.get("parent", last)
        last = message["id"]
    return parents


def alternatives_of(messages: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return, by the id of each message that has any, the messages that follow the same one, oldest first;
    itself is among them."""
    families: dict[str, list[str]] = {}
    for id, parent in parents_of(messages).items():
        families.setdefault(parent, []).append(id)
    return {id: family for family in families.values() if len(family) > 1 for id in family}


def applied(messages: Messages, ops: Iterable[Mapping[str, Any]]) -> Messages:
    """Return the messages after operations: messages to add or replace, ``remove``, ``after``, ``choose``.

    An operation on a message that is not there changes nothing. Never changes what is given in place.
    Neighbours of one kind are done together: a client may send tens of thousands.
    """
    for kind, neighbours in groupby(ops, _kind):
        match kind:
            case "remove":
                messages = _removed(messages, {op["id"] for op in neighbours})
            case "after":
                for op in neighbours:
                    messages = continued_after(messages, op["id"])
            case "choose":
                for op in neighbours:
                    messages = chosen(messages, op["id"])
            case _:
                messages = _with(messages, [dict(op) for op in neighbours])
    return messages


def _kind(op: Op) -> str:
    return op["role"] if op["role"] in ("remove", "after", "choose") else ""


def continued_after(messages: Messages, id: str) -> Messages:
    """Return the messages with a line that ends with one of them, so that the next follows it; empty: with
    none."""
    parents = parents_of(messages)
    return _on_line(messages, _back(parents, id)) if not id or id in parents else messages


def chosen(messages: Messages, id: str) -> Messages:
    """Return the messages with a line through one of them, on to the newest of what follows it."""
    parents = parents_of(messages)
    if id not in parents:
        return messages
    newest = {parent: child for child, parent in parents.items()}
    line = _back(parents, id)
    while (id := newest.get(id, "")) and id not in line:
        line.add(id)
    return _on_line(messages, line)


def followed_by(messages: Sequence[Mapping[str, Any]], id: str) -> set[str]:
    """Return the ids of a message and of all that came after it, on whatever line."""
    found = {id}
    for one, parent in parents_of(messages).items():
        if parent in found and one != parent:
            found.add(one)
    return found


def without(messages: Messages, gone: set[str]) -> Messages:
    """Return the messages without some, with which all goes that follows them.

    Where the line went through them, it goes on with the newest alternative that is left.
    """
    parents = parents_of(messages)
    last = ""
    left: Messages = []
    for message in messages:
        if message["id"] in gone:
            continue
        one = {name: value for name, value in message.items() if name != "parent"}
        parent = parents[message["id"]]
        left.append(one if parent == last else {**one, "parent": parent})
        last = message["id"]
    if not any(message["id"] in gone for message in active_line(messages)):
        return left
    leaf = next((one["id"] for one in reversed(left) if "aside" not in one), "")
    following = [id for id, parent in parents_of(left).items() if parent == leaf]
    return chosen(left, following[-1]) if following else left


def _removed(messages: Messages, gone: set[str]) -> Messages:
    """Return the messages without some; what followed one of them follows the one before it."""
    parents = parents_of(messages)
    last = ""
    left: Messages = []
    before: dict[str, str] = {}  # of each that goes, the one before it that stays
    for message in messages:
        parent = parents[message["id"]]
        parent = before.get(parent, parent)
        if message["id"] in gone:
            before[message["id"]] = parent
            continue
        one = {name: value for name, value in message.items() if name != "parent"}
        left.append(one if parent == last else {**one, "parent": parent})
        last = message["id"]
    return left


def _with(messages: Messages, added: Messages) -> Messages:
    """Return the messages with more at the end of the line, or each in the place of the one with its id."""
    messages = [*messages]
    places: dict[str, int] = {}
    for place, known in enumerate(messages):
        places.setdefault(known["id"], place)
    for message in added:
        if (place := places.get(message["id"])) is not None:
            known = messages[place]
            kept = {name: known[name] for name in ("parent", "aside") if name in known}
            messages[place] = {**message, **kept}
            continue
        if messages and "aside" in messages[-1]:
            leaf = next((one["id"] for one in reversed(messages) if "aside" not in one), "")
            message = {**message, "parent": leaf}
        places[message["id"]] = len(messages)
        messages.append(message)
    return messages


def _back(parents: Mapping[str, str], id: str) -> set[str]:
    """Return a message and all before it on its line."""
    line: set[str] = set()
    while id and id not in line and id in parents:
        line.add(id)
        id = parents[id]
    return line


def _on_line(messages: Messages, line: set[str]) -> Messages:
    """Return the messages with those of a line on it, and the others aside."""
    return [
        {name: value for name, value in message.items() if name != "aside"}
        if message["id"] in line
        else message
        if "aside" in message
        else {**message, "aside": True}
        for message in messages
    ]
