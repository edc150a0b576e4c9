"""What changed between two versions of a flow, by meaning: nodes, edges, agents and settings.

Nodes, edges and attached agents are known by their ids, and a node that only moved on the canvas has not
changed. `applied` makes the second document from the first and its changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

__all__ = ["VersionChange", "applied", "changes_between", "without_appearance"]

Kind = Literal["added", "removed", "changed", "reordered"]
What = Literal["node", "edge", "agent", "setting"]

LISTS: dict[tuple[str, ...], What] = {
    ("graph_definition", "nodes"): "node",
    ("graph_definition", "edges"): "edge",
    ("agents",): "agent",
}
"""Lists of a document whose items are known by their ids."""
APPEARANCE = frozenset(
    (
        "position",
        "positionAbsolute",
        "width",
        "height",
        "measured",
        "selected",
        "dragging",
        "style",
        "className",
        "zIndex",
        "animated",
        "sourcePosition",
        "targetPosition",
        "draggable",
        "selectable",
        "deletable",
        "markerEnd",
        "markerStart",
        "viewport",
    )
)
"""Fields of nodes, edges and graphs that say how they look and not what they do."""
SHOWN = 60
"""Characters of a value that a sentence shows."""


class VersionChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change between two documents."""

    kind: Kind
    what: What
    id: str = ""
    """Id of the node, edge or agent; empty for a setting of the flow."""
    path: list[str] = []
    """The field within it: names of objects from the outside in. Empty: the whole of it."""
    before: Any = UNSET
    """The value before; missing where there was none. Of `reordered`, the ids in their former order."""
    after: Any = UNSET
    sentence: str = ""
    """The same for people."""


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[VersionChange]:
    """Return what changed from one document of a flow to another, in the order of the documents."""
    found: list[VersionChange] = []
    for place, what in LISTS.items():
        found += _changed_items(what, _items(old, place), _items(new, place))
    found += _changed_fields("setting", "", _settings(old), _settings(new), ())
    return found


def applied(document: Mapping[str, Any], changes: Sequence[VersionChange]) -> dict[str, Any]:
    """Return what the changes make of a document: the other one, but for how its nodes look.

    Raises:
        KeyError: a change speaks of something that the document has not.
    """
    result = _copied(document)
    lists = {
        place: _list_after(_items(result, place), [one for one in changes if one.what == what])
        for place, what in LISTS.items()
        if any(one.what == what for one in changes)
    }
    for change in changes:
        if change.what == "setting":
            _put(result, change.path, change.after)
    for place, items in lists.items():
        holder = result
        for name in place[:-1]:
            holder = holder.get(name)
        if holder is not None and (items or place[-1] in holder):
            holder[place[-1]] = items
    return result


def _list_after(items: dict[str, Any], changes: Sequence[VersionChange]) -> list[Any]:
    """Return the items of a list, by their ids, as the changes make them."""
    order = list(items)
    for change in changes:
        if change.kind == "reordered":
            order = change.after
        elif not change.path and change.kind == "removed":
            del items[change.id]
        elif not change.path:
            items[change.id] = _copied(change.after)
            order.append(change.id)
        else:
            _put(items[change.id], change.path, change.after)
    return [items[id] for id in order if id in items]


def without_appearance(value: Any) -> Any:
    """Return a document, or a part of one, without how its nodes look."""
    if isinstance(value, Mapping) and "graph_definition" in value:
        graph = value["graph_definition"]
        return {**value, "graph_definition": without_appearance(graph)}
    if isinstance(value, Mapping) and "nodes" in value:
        plain = {name: one for name, one in value.items() if name not in APPEARANCE}
        return plain | {name: [_plain(item) for item in value.get(name) or []] for name in ("nodes", "edges")}
    return value


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in item.items() if name not in APPEARANCE}


def _items(document: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    holder: Any = document
    for name in place:
        holder = holder.get(name) if isinstance(holder, Mapping) else None
    return {str(item["id"]): item for item in holder or []}


def _settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without what its nodes, edges and agents are."""
    plain = {name: value for name, value in document.items() if name != "agents"}
    if isinstance(graph := document.get("graph_definition"), Mapping):
        # The items are compared by their ids; whether there are lists of them is a setting.
        rest = {name: [] if name in ("nodes", "edges") else one for name, one in graph.items()}
        plain["graph_definition"] = _plain(rest)
    return plain


def _changed_items(
    what: What, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[VersionChange]:
    for id, item in old.items():
        if id not in new:
            yield _told(VersionChange(kind="removed", what=what, id=id, before=item), item)
    for id, item in new.items():
        if id not in old:
            yield _told(VersionChange(kind="added", what=what, id=id, after=item), item)
        else:
            for change in _changed_fields(what, id, _plain(old[id]), _plain(item), ()):
                yield _told(change, item)
    kept = [id for id in old if id in new]
    if kept + [id for id in new if id not in old] != list(new):
        yield VersionChange(
            kind="reordered",
            what=what,
            before=list(old),
            after=list(new),
            sentence=f"The order of the {what}s changed.",
        )


def _changed_fields(
    what: What, id: str, old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[VersionChange]:
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name, UNSET), new.get(name, UNSET)
        if _same(before, after):
            continue
        here = (*path, name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changed_fields(what, id, before, after, here)
            continue
        kind: Kind = "added" if before is UNSET else "removed" if after is UNSET else "changed"
        change = VersionChange(kind=kind, what=what, id=id, path=[*here], before=before, after=after)
        yield _told(change, {}) if what == "setting" else change


def _same(one: Any, other: Any) -> bool:
    """Say whether two values of JSON are the same; 1, 1.0 and true are three."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _told(change: VersionChange, item: Mapping[str, Any]) -> VersionChange:
    """Return a change with its sentence."""
    name = f"The {change.what} '{change.id}'"
    if change.what == "node" and item.get("type"):
        name += f" ({item['type']})"
    if change.what == "edge":
        name = f"The edge from '{item.get('source')}' to '{item.get('target')}'"
    if change.what == "setting":
        name = "The flow"
    field = ".".join(change.path)
    if not change.path:
        return replace(change, sentence=f"{name} was {change.kind}.")
    if change.kind == "changed":
        says = f"'{field}' changed from {_shown(change.before)} to {_shown(change.after)}"
    elif change.kind == "added":
        says = f"'{field}' was added: {_shown(change.after)}"
    else:
        says = f"'{field}' was removed; it was {_shown(change.before)}"
    return replace(change, sentence=f"{name}: {says}.")


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _put(holder: dict[str, Any], path: Sequence[str], value: Any | UnsetType) -> None:
    for name in path[:-1]:
        holder = holder[name]
    if value is UNSET:
        del holder[path[-1]]
    else:
        holder[path[-1]] = _copied(value)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value
