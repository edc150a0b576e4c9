"""Origins: what a run takes over from the one that it goes on from, and what it leaves for such a run."""

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from graphs.engine.live_edges import Arrival
from graphs.engine.state_updates import begun
from graphs.node.variables import VariableDeclaration
from graphs.node_execution.compiled_node import Place
from graphs.run_state.flow_state import SESSION, FlowState, adding, gather
from graphs.run_state.message_tree import active_line
from graphs.values.run_options import RunOptions
from graphs.values.run_origin import RunOrigin, SessionStart

__all__ = ["alone", "session_operations", "session_start", "with_edit"]


class _Edited(Struct, frozen=True):
    """The state as a node sees it, and what of it is changed there."""

    state: FlowState
    update: dict[str, Any]
    variables: list[list[Any]]
    at: tuple[int, int]

    def onto(self, update: dict[str, Any], *, within: bool) -> dict[str, Any]:
        """Return what a step writes, with what was changed before it."""
        if not self.update and not self.variables:
            return update
        merged = dict(update)
        for channel, (changed,) in self.update.items():
            given, *gone = update.get(channel, ({},))
            merged[channel] = ({**changed, **given}, *gone)
        if self.variables:
            grown = update.get("gathered", {"at": [*self.at], "do": []})
            merged["gathered"] = {"at": grown["at"], "do": [*self.variables, *grown["do"]]}
        if within and (plain := self.update.get("variables")):
            changed = update.get("changed", adding([]))["add"]
            merged["changed"] = adding([*([name, value] for name, value in plain[0].items()), *changed])
        return merged


def with_edit(
    origin: RunOrigin | None,
    key: str,
    state: FlowState,
    declared: Mapping[str, VariableDeclaration],
    at: tuple[int, int],
) -> _Edited:
    """Return the state as a node run sees it: changed where a fork says so, else as it is.

    Args:
        origin: What is changed, and where.
        key: The node run.
        state: The state as it is.
        declared: The variables that the flow declares.
        at: The superstep, and the node's rank in it.
    """
    if origin is None or not origin.key or origin.key != key:
        return _Edited(state, {}, [], at)
    plain, do = begun(origin.variables, declared)
    update: dict[str, Any] = {}
    if plain:
        update["variables"] = (plain,)
    if origin.outputs:
        update["outputs"] = (origin.outputs,)
    new = cast("dict[str, Any]", {**state})
    for channel, (changed,) in update.items():
        new[channel] = {**new.get(channel, {}), **changed}
    if do:
        new["gathered"] = gather(new.get("gathered", {}), [{"at": [*at], "do": do}])
    return _Edited(cast("FlowState", new), update, do, at)


def session_start(run: RunOptions, state: FlowState) -> SessionStart | None:
    """Return what a run finds of its session when it begins; None where that is nothing."""
    if run.origin is not None and run.origin.session is not None:
        return run.origin.session
    if not run.session_id:
        return None
    messages = active_line(state.get("messages", []))
    before = messages[:-1] if run.input.get("message") else messages
    found = SessionStart(
        after=before[-1]["id"] if before else "",
        summary=state.get("summary", {}),
        variables={
            key.removeprefix(SESSION): value
            for key, value in state.get("gathered", {}).items()
            if key.startswith(SESSION)
        },
    )
    return found if found.after or found.summary or found.variables else None


def session_operations(start: SessionStart, declared: Mapping[str, VariableDeclaration]) -> list[list[Any]]:
    """Return the operations of `FlowState.gathered` that set a session's variables back."""
    names = dict.fromkeys(start.variables)
    names |= dict.fromkeys(name for name, one in declared.items() if one.scope == "session")
    return [
        ["put", SESSION + name, start.variables[name]]
        if name in start.variables
        else ["drop", SESSION + name]
        for name in names
    ]


def alone(place: Place, origin: RunOrigin | None) -> Arrival:
    """Return how a node is reached that runs by itself: from the nodes whose outputs are given."""
    given = {} if origin is None else origin.outputs
    return Arrival([source for source in place.sources if source in given], True, {})
