"""Requests about keys and logins."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.server.identity.authority.model import ROLES, Caller, Key, Model, may
from tests.server.identity.authority.requests import Ask, pick, scopes_of


def create_key(model: Model, dice: Random) -> Ask:
    role, scopes = pick(dice, ROLES), scopes_of(dice)

    def rule(who: Caller) -> int:
        wanted = may(role, who.workspace)
        if scopes is not None and not wanted >= {*scopes}:
            return 422
        return 201 if (wanted if scopes is None else {*scopes}) <= who.may else 403

    def after(who: Caller, answer: Any) -> None:
        key = Key(answer["id"], answer["key"], who.workspace, role, scopes, who.user)
        model.credentials.append(key)

    return Ask("POST", "/keys", "keys:write", rule, {"name": "k", "role": role, "scopes": scopes}, after)


def list_keys(model: Model, _: Random) -> Ask:
    return Ask(
        "GET",
        "/keys",
        "keys:read",
        lambda _who: 200,
        shows=lambda who, answer: (
            {one["id"] for one in answer["keys"]},
            {key.id for key in model.keys if key.workspace == who.workspace},
        ),
    )


def revoke_key(model: Model, dice: Random) -> Ask:
    key = pick(dice, model.keys)

    def after(_: Caller, __: Any) -> None:
        key.dead = True

    def rule(who: Caller) -> int:
        return 200 if key.workspace == who.workspace else 404

    return Ask("DELETE", f"/keys/{key.id}", "keys:write", rule, None, after)


def who_am_i(model: Model, _: Random) -> Ask:
    return Ask(
        "GET",
        "/auth/me",
        "account",
        lambda _who: 200,
        shows=lambda who, answer: (
            (answer["workspace"], {*answer["permissions"]}, answer["user_id"]),
            (who.workspace, {*who.may}, who.user),
        ),
    )


def log_out(model: Model, _: Random) -> Ask:
    def after(who: Caller, _: Any) -> None:
        assert who.login is not None
        who.login.ended = True

    return Ask("POST", "/auth/logout", "account", lambda who: 200 if who.login else 409, None, after)


KEYS: dict[Callable[[Model, Random], Ask], int] = {
    create_key: 8,
    list_keys: 2,
    revoke_key: 3,
    who_am_i: 3,
    log_out: 1,
}
