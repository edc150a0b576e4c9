"""Requests that go on from runs and sessions: forks, replays, what runs saw, branches and edits.

Nobody gets more of a run by them than by reading it. What they make has an owner: who made it.
"""

import uuid
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from tests.server.identity.authority.model import VISITOR, Caller, Model
from tests.server.identity.authority.requests import Ask, fresh, pick


def _run(model: Model, dice: Random) -> str:
    return pick(dice, [*model.needed, str(uuid.UUID(int=5))])


def _here(model: Model, run: str, who: Caller) -> bool:
    return run in model.runs and model.runs[run][0] == who.workspace


def _seen(model: Model, run: str, who: Caller) -> bool:
    return _here(model, run, who) and model.sees(who, model.runs[run][1])


def _node(model: Model, run: str) -> str:
    """Return the node of a chat that asks the model: one with tools is an agent."""
    return "agent" if model.needed.get(run) else "llm"


def _has_session(model: Model, name: str, who: Caller) -> bool:
    return (who.workspace, name) in model.sessions


def fork_run(model: Model, dice: Random) -> Ask:
    """Run a chat again from its model call, which needs what the chat itself needed, or have it go on."""
    run, way = _run(model, dice), pick(dice, ["fork", "fork", "fork", "resume"])

    def rule(who: Caller) -> int:
        if not _seen(model, run, who):
            return 404
        if way == "resume":
            return 409  # it did not fail
        return 202 if model.needed[run] <= who.may else 403

    def after(who: Caller, answer: Any) -> None:
        place = (who.workspace, answer["session_id"])
        model.runs[answer["id"]] = place
        model.sessions[place] = who.owner

    body = {"node": _node(model, run)} if way == "fork" else {}
    return Ask(
        "POST", f"/executions/{run}/{way}", "runs:start", rule, body, after, partial(_here, model, run)
    )


def look_into_run(model: Model, dice: Random) -> Ask:
    """Read what a run saw and said, in all the ways that there are."""
    run, other = _run(model, dice), _run(model, dice)
    method, path, body = pick(
        dice,
        [
            ("GET", f"/executions/{run}/state?node={_node(model, run)}", None),
            ("POST", f"/executions/{run}/replay", {}),
            ("GET", f"/executions/{run}/events?follow=false", None),
            ("GET", f"/executions/{run}/logs", None),
            ("GET", f"/executions/compare?a={run}&b={other}", None),
            ("GET", f"/executions/compare?a={other}&b={run}", None),
        ],
    )
    runs = (run, other) if "compare" in path else (run,)

    def rule(who: Caller) -> int:
        return 200 if all(_seen(model, one, who) for one in runs) else 404

    def near(who: Caller) -> bool:
        return all(_here(model, one, who) for one in runs)

    return Ask(method, path, "runs:read", rule, body, near=near)


def read_lineage(model: Model, dice: Random) -> Ask:
    """Read the family of a run: it has none that is not there for the caller."""
    run = _run(model, dice)

    def shows(who: Caller, answer: Any) -> tuple[object, object]:
        found = {one["id"] for one in answer["executions"]}
        return ({one for one in found if not _seen(model, one, who)}, run in found), (set[str](), True)

    path, near = f"/executions/{run}/lineage", partial(_here, model, run)
    return Ask(
        "GET",
        path,
        "runs:read",
        lambda who: 200 if _seen(model, run, who) else 404,
        near=near,
        shows=shows,
    )


def branch_session(model: Model, dice: Random) -> Ask:
    """Copy a session, whole or up to a message of it or of another."""
    name = pick(dice, [*(name for _, name in model.sessions), "no-such-session"])
    message, copy = pick(dice, ["", "", *model.messages]), fresh(dice, "copy")

    def rule(who: Caller) -> int:
        if not model.sees(who, name):
            return 404
        return 201 if not message or model.messages[message] == (who.workspace, name) else 404

    def after(who: Caller, _: Any) -> None:
        model.sessions[who.workspace, copy] = who.owner

    body = {"session_id": copy, **({"message_id": message} if message else {})}
    path = f"/chatflow/sessions/{name}/branch"
    return Ask("POST", path, "runs:start", rule, body, after, partial(_has_session, model, name))


def edit_message(model: Model, dice: Random) -> Ask:
    """Say something else in the place of a message, or choose it."""
    message = pick(dice, [*model.messages, str(uuid.UUID(int=5))])
    place = model.messages.get(message, ("", ""))
    name = place[1] if dice.random() < 0.7 else pick(dice, [name for _, name in model.sessions])
    method, way, body = pick(dice, [("PUT", "", {"content": "Yo"}), ("POST", "/choose", None)])

    def rule(who: Caller) -> int:
        if not model.sees(who, name) or place != (who.workspace, name):
            return 404
        return 404 if method == "PUT" and model.sessions[place] == VISITOR else 200

    def after(who: Caller, answer: Any) -> None:
        if method == "PUT":
            model.said(answer["execution_id"], place, frozenset())
            model.sessions[place] = model.sessions[place] or who.owner

    path = f"/chatflow/sessions/{name or 'none'}/messages/{message}{way}"
    return Ask(
        method,
        path,
        "runs:start",
        rule,
        body,
        after,
        near=lambda who: (who.workspace, name) in model.sessions,
    )


FORKS: dict[Callable[[Model, Random], Ask], int] = {
    fork_run: 1,
    look_into_run: 1,
    read_lineage: 1,
    branch_session: 1,
    edit_message: 1,
}
