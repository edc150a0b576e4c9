"""State updates: between what a node sees and gives and the channels of the flow's state."""

from collections.abc import Mapping
from typing import Any

import msgspec

from graphs.engine.loop_turns import kept_lists, next_turn
from graphs.node.node import Outcome
from graphs.node.variables import VariableDeclaration
from graphs.node_execution.compiled_node import Place
from graphs.run_state.flow_state import SESSION, FlowState, adding

__all__ = [
    "begun",
    "updates_of",
    "variables_of",
]

Declared = Mapping[str, VariableDeclaration]

_RUN = "run/"


def begun(variables: Mapping[str, Any], declared: Declared) -> tuple[dict[str, Any], list[list[Any]]]:
    """Return how the variables that a run or a pass is given enter its state.

    Args:
        variables: By name.
        declared: What the flow declares.

    Returns:
        Those that are just set, by name; and for the others operations of `FlowState.gathered`.
    """
    plain: dict[str, Any] = {}
    do: list[list[Any]] = []
    for name, value in variables.items():
        key = _key(declared.get(name))
        if key is None:
            plain[name] = value
        else:
            do.append(["put", key, value])
    return plain, do


def variables_of(state: FlowState, declared: Declared) -> dict[str, Any]:
    """Return the variables that a node sees."""
    variables = state.get("variables", {})
    if not declared:
        return variables
    gathered = state.get("gathered", {})
    seen: dict[str, Any] = {}
    for name, one in declared.items():
        key = _key(one)
        if key is not None and key in gathered:
            seen[name] = gathered[key]
        elif (initial := one.initial()) is not None:
            seen[name] = initial
    return {**seen, **variables}


def updates_of(
    place: Place,
    outcome: Outcome,
    outlet: str,
    state: FlowState,
    declared: Declared,
    *,
    at: tuple[int, int],
    within: bool,
) -> dict[str, Any]:
    """Return what an outcome writes to the state; in a sub-graph also what the graph around it is to hear of.

    Args:
        place: The node.
        outcome: What it gave.
        outlet: The outlet that it is left by.
        state: What the node saw.
        declared: The variables that the flow declares.
        at: The superstep, and the node's rank in it.
        within: Whether this is a sub-graph.
    """
    update: dict[str, Any] = {"outputs": ({place.id: outcome.output},)}
    do: list[list[Any]] = []
    updates = [*outcome.variables.items(), *outcome.updates]
    plain: dict[str, Any] = {}
    for name, value in updates:
        one = declared.get(name)
        key = _key(one)
        if one is None or key is None:
            plain[name] = value
        else:
            do.append(["reduce", key, one.reducer, one.initial(), value])
    if plain:
        update["variables"] = (plain,)
    if updates and within:
        update["changed"] = adding([[name, value] for name, value in updates])
    if outcome.answer is not None:
        update["answers"] = ({place.id: msgspec.to_builtins(outcome.answer)},)
    if outcome.messages:
        messages = msgspec.to_builtins(outcome.messages)
        update["messages"] = adding(messages)
        if within:
            update["added"] = adding(messages)
    if outcome.summary is not None:
        update["summary"] = outcome.summary
    if outcome.input is not None:
        update["input"] = outcome.input
    if place.node.loops:
        turns = outlet in place.bodies
        update["loops"] = ({place.id: next_turn(place, outcome, state) if turns else {}},)
        do += kept_lists(place, outcome, state, turns=turns)
    if do:
        update["gathered"] = {"at": [*at], "do": do}
    return update


def _key(one: VariableDeclaration | None) -> str | None:
    """Return where a variable is gathered; None where it is kept with those that are just set."""
    if one is None:
        return None
    if one.scope == "session":
        return SESSION + one.name
    return None if one.reducer == "set" else _RUN + one.name
