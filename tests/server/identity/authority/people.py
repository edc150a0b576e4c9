"""Requests about people: users, members, invitations and workspaces."""

import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from tests.server.identity.authority.model import (
    ROLES,
    Caller,
    Membership,
    Model,
    Person,
)
from tests.server.identity.authority.requests import (
    USER_FIELDS,
    Ask,
    Seen,
    any_user,
    drop,
    fresh,
    here,
    pick,
    uninvite,
)


def list_users(model: Model, dice: Random) -> Ask:
    def shows(caller: Caller, answer: Any) -> Seen:
        found = {(one["id"], one["role"]) for one in answer["members"]}
        return found, {
            *((user, one.role) for (place, user), one in model.members.items() if place == caller.workspace),
            *((id, model.invitations[id][2]) for id in model.waiting_in(caller.workspace)),
        }

    path = pick(dice, ["/users", f"/workspaces/{pick(dice, model.workspaces)}/members"])
    return Ask("GET", path, "users:read", lambda who: here(path, who), shows=shows)


def get_user(model: Model, dice: Random) -> Ask:
    user = pick(dice, [*model.people, *model.waiting])

    def shown(who: Caller) -> str:
        return (
            model.invitations[user][2] if user in model.waiting else model.members[who.workspace, user].role
        )

    return Ask(
        "GET",
        f"/users/{user}",
        "users:read",
        lambda who: 200 if (who.workspace, user) in {*model.members, *model.waiting_here} else 404,
        shows=lambda who, one: (one["role"], shown(who)),
    )


def create_user(model: Model, dice: Random) -> Ask:
    role, known = pick(dice, ROLES), model.people[any_user(model, dice)].email
    email = known if dice.random() < 0.3 else f"{fresh(dice, 'new')}@example.com"

    def rule(who: Caller) -> int:
        if not model.covers(who, role):
            return 403
        return 409 if model.has_address(who.workspace, email) else 201

    def after(who: Caller, answer: Any) -> None:
        uninvite(model, who.workspace, email)
        for one in model.people.values():
            if one.email == email and model.places(one.id):  # who has an account is awaited
                model.invitations[answer["id"]] = (who.workspace, email, role)
                model.awaited.add(answer["id"])
                return
            if one.email == email:  # who is in no workspace any more gives the address up
                one.email = ""
        model.people[answer["id"]] = Person(answer["id"], email)
        model.members[who.workspace, answer["id"]] = Membership(role)

    return Ask(
        "POST",
        "/users",
        "users:write",
        rule,
        {"email": email, "role": role},
        after,
        shows=lambda _who, answer: (answer.keys(), {*USER_FIELDS}),
    )


def change_user(model: Model, dice: Random) -> Ask:
    user = any_user(model, dice)
    body = pick(dice, [{"name": "Another"}, {"disabled": True}, {"disabled": True}, {"disabled": False}])

    def rule(who: Caller) -> int:
        member = model.members.get((who.workspace, user))
        if member is None:
            return 404
        if not model.covers(who, member.role):
            return 403
        shared = len(model.places(user)) > 1
        if shared and "name" in body:
            return 409
        return 409 if body.get("disabled") and model.is_last_owner(who.workspace, user) else 200

    def after(who: Caller, _: Any) -> None:
        if "disabled" not in body:
            return
        model.members[who.workspace, user].out = bool(body["disabled"])
        if len(model.places(user)) == 1:
            model.people[user].out = bool(body["disabled"])
            if body["disabled"]:
                model.end_logins(user)

    return Ask("PUT", f"/users/{user}", "users:write", rule, body, after)


def set_password(model: Model, dice: Random) -> Ask:
    """Set somebody's password; seldom with success, since each takes a hash."""
    user = any_user(model, dice)

    def rule(who: Caller) -> int:
        member = model.members.get((who.workspace, user))
        if member is None:
            return 404
        if not model.covers(who, member.role):
            return 403
        return 409 if len(model.places(user)) > 1 else 200

    return Ask(
        "PUT",
        f"/users/{user}",
        "users:write",
        rule,
        {"password": "correct horse battery"},
        lambda _who, _answer: model.end_logins(user),
    )


def change_role(model: Model, dice: Random) -> Ask:
    workspace, role = pick(dice, model.workspaces), pick(dice, ROLES)
    user = pick(dice, [*model.people, *model.waiting])

    def rule(who: Caller) -> int:
        member = model.members.get((workspace, user)) or model.waits(workspace, user)
        if workspace != who.workspace or member is None:
            return 404
        if not (model.covers(who, member.role) and model.covers(who, role)):
            return 403
        return 409 if role != "owner" and model.is_last_owner(workspace, user) else 200

    def after(_: Caller, __: Any) -> None:
        if user in model.waiting:
            model.invitations[user] = (*model.invitations[user][:2], role)
        else:
            model.members[workspace, user].role = role

    path = f"/workspaces/{workspace}/members/{user}"
    return Ask("PUT", path, "users:write", rule, {"role": role}, after)


def remove_member(model: Model, dice: Random) -> Ask:
    workspace, user = pick(dice, model.workspaces), pick(dice, [*model.people, *model.waiting])

    def rule(who: Caller) -> int:
        member = model.members.get((workspace, user)) or model.waits(workspace, user)
        if workspace != who.workspace or member is None:
            return 404
        if not model.covers(who, member.role):
            return 403
        return 409 if model.is_last_owner(workspace, user) else 200

    def after(_: Caller, __: Any) -> None:
        if user in model.waiting:
            del model.invitations[user]
        else:
            del model.members[workspace, user]

    return Ask("DELETE", f"/workspaces/{workspace}/members/{user}", "users:write", rule, None, after)


# Invitations and workspaces


def invite(model: Model, dice: Random) -> Ask:
    workspace, role = pick(dice, model.workspaces), pick(dice, ROLES)
    user = model.people[any_user(model, dice)]

    def rule(who: Caller) -> int:
        if workspace != who.workspace:
            return 404
        if not model.covers(who, role):
            return 403
        return 409 if model.has_address(workspace, user.email) else 201 if user.email else 422

    def after(_: Caller, answer: Any) -> None:
        uninvite(model, workspace, user.email)
        model.invitations[answer["id"]] = (workspace, user.email, role)

    body = {"email": user.email, "role": role}
    return Ask("POST", f"/workspaces/{workspace}/members", "users:write", rule, body, after)


def list_invitations(model: Model, dice: Random) -> Ask:
    path = f"/workspaces/{pick(dice, model.workspaces)}/invitations"
    return Ask(
        "GET",
        path,
        "users:read",
        lambda who: here(path, who),
        shows=lambda who, answer: (
            {one["id"] for one in answer["members"]},
            {id for id, (place, _, _) in model.invitations.items() if place == who.workspace} - model.awaited,
        ),
    )


def withdraw(model: Model, dice: Random) -> Ask:
    workspace = pick(dice, model.workspaces)
    id = pick(dice, [*model.invitations, str(uuid.UUID(int=7))])

    def rule(who: Caller) -> int:
        there = workspace == who.workspace and model.invitations.get(id, ("",))[0] == workspace
        there = there and id not in model.awaited
        return 200 if there else 404

    path = f"/workspaces/{workspace}/invitations/{id}"
    return Ask("DELETE", path, "users:write", rule, None, lambda _who, _answer: drop(model.invitations, id))


def my_invitations(model: Model, _: Random) -> Ask:
    return Ask(
        "GET",
        "/invitations",
        "account",
        lambda _who: 200,
        shows=lambda who, answer: (
            {one["id"] for one in answer["invitations"]},
            {id for id in model.invitations if model.is_invited(who, id)},
        ),
    )


def accept(model: Model, dice: Random) -> Ask:
    id = pick(dice, [*model.invitations, str(uuid.UUID(int=8))])

    def after(who: Caller, _: Any) -> None:
        workspace, _email, role = model.invitations.pop(id)
        assert who.user is not None
        model.members.setdefault((workspace, who.user), Membership(role))

    def rule(who: Caller) -> int:
        return 200 if model.is_invited(who, id) else 404

    return Ask("POST", f"/invitations/{id}/accept", "account", rule, None, after)


def decline(model: Model, dice: Random) -> Ask:
    id = pick(dice, [*model.invitations, str(uuid.UUID(int=9))])
    return Ask(
        "DELETE",
        f"/invitations/{id}",
        "account",
        lambda who: 200 if model.is_invited(who, id) else 404,
        None,
        lambda _who, _answer: drop(model.invitations, id),
    )


def create_workspace(model: Model, dice: Random) -> Ask:
    def rule(who: Caller) -> int:
        if who.user is None:
            return 409
        return 201 if model.covers(who, "owner") else 403

    def after(who: Caller, answer: Any) -> None:
        assert who.user is not None
        model.workspaces.append(answer["id"])
        model.members[answer["id"], who.user] = Membership("owner")

    body = {"slug": fresh(dice, "w"), "name": "Another"}
    return Ask("POST", "/workspaces", "users:write", rule, body, after)


def rename_workspace(model: Model, dice: Random) -> Ask:
    path = f"/workspaces/{pick(dice, model.workspaces)}"
    return Ask("PUT", path, "users:write", lambda who: here(path, who), {"name": "Renamed"})


PEOPLE: dict[Callable[[Model, Random], Ask], int] = {
    list_users: 3,
    get_user: 2,
    create_user: 4,
    change_user: 4,
    set_password: 1,
    change_role: 6,
    remove_member: 3,
    invite: 4,
    list_invitations: 1,
    withdraw: 2,
    my_invitations: 2,
    accept: 4,
    decline: 1,
    create_workspace: 2,
    rename_workspace: 1,
}
