"""Members changed by two at once: who may not change an owner changes none who has just become one."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from persistence.identity import invitations as invitations_module
from persistence.identity.invitations import Invitations
from persistence.identity.users import Users
from persistence.identity.workspaces import LastOwner, Workspaces
from persistence.storage.database import Database, open_database
from server.identity.passwords import Passwords
from server.identity.permissions import ROLES
from tests.at_once import Elsewhere, between
from tests.server.conftest import Running
from tests.server.people import PASSWORD, client, key_of, login, person, serve


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from serve("sqlite", request, tmp_path_factory.mktemp("members"))


def fresh(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}@example.com"


CHANGES: dict[str, Callable[[httpx.AsyncClient, str], Any]] = {
    "role": lambda who, id: who.put(f"/workspaces/default/members/{id}", json={"role": "runner"}),
    "remove": lambda who, id: who.delete(f"/workspaces/default/members/{id}"),
    "disable": lambda who, id: who.put(f"/users/{id}", json={"disabled": True}),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_who_may_not_change_an_owner_changes_none_who_has_just_become_one(
    place: Running, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await person(place, fresh("root"), "owner")
    other = await person(place, fresh("other"), "viewer")
    scopes = sorted({*ROLES["editor"], "users:read", "users:write"})
    async with client(place, await key_of(place, root)) as owner:
        made = await owner.post("/keys", json={"name": "scoped", "role": "owner", "scopes": scopes})
        assert made.status_code == 201, made.text

    async def promote() -> None:
        async with client(place, owner.headers["authorization"].removeprefix("Bearer ")) as owner_now:
            done = await owner_now.put(f"/workspaces/default/members/{other}", json={"role": "owner"})
            assert done.status_code == 200, done.text

    async with client(place, made.json()["key"]) as scoped:
        with monkeypatch.context() as patch:
            left = between(patch, Workspaces, "member", promote)
            refused = await CHANGES[name](scoped, other)
        assert not left
        assert refused.status_code == 403, refused.text
        shown = (await scoped.get(f"/users/{other}")).json()
        assert (shown["role"], shown["disabled_at"]) == ("owner", None)


async def test_an_invitation_is_accepted_as_it_is_at_that_moment(
    database: Database, database_url: str, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "sqlite":
        pytest.skip("on SQLite nobody writes between the statements of a transaction")
    users, workspaces, invitations = Users(database), Workspaces(database), Invitations(database)
    home, shop = await workspaces.create("home", "H", None), await workspaces.create("shop", "S", None)
    assert home is not None
    assert shop is not None
    user = await users.create(home.id, "viewer", email="ada@example.com", name="Ada")
    assert user is not None
    rows = invitations_module._rows  # pyright: ignore[reportPrivateUsage]
    elsewhere = Elsewhere(database_url)
    changes: list[dict[str, Any]] = [{"role": "viewer"}, {"disabled_at": 1.0}]
    for change in changes:
        made = await invitations.invite(shop.id, "ada@example.com", "owner", name="Ada")

        def slow(
            connection: Connection,
            *conditions: object,
            change: dict[str, Any] = change,
            id: str = made.id,
            left: list[str] = ["once"],  # noqa: B006 (one a loop)
        ) -> Any:
            found = rows(connection, *conditions)
            while left:
                left.pop()
                elsewhere.change(lambda other: Invitations(other).change(shop.id, id, was="owner", **change))
            return found

        with monkeypatch.context() as patch:
            patch.setattr(invitations_module, "_rows", slow)
            accepted = await invitations.accept(user.id, made.id)
        member = await workspaces.member(shop.id, user.id)
        if "role" in change:
            assert accepted is not None
            assert member is not None
            assert (accepted.role, member.role) == ("viewer", "viewer")
            await workspaces.remove(shop.id, user.id)
        else:
            assert accepted is None
            assert member is None
    assert await elsewhere.ended() == [True, True]


async def test_who_is_kept_out_leaves_no_workspace_of_this_moment_without_an_owner(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, workspaces = Users(database), Workspaces(database)
    home = await workspaces.create("home", "H", None)
    assert home is not None
    user = await users.create(home.id, "viewer", email="ada@example.com", name="Ada")
    assert user is not None
    write, left = database.write, ["shop"]

    async def slow(work: Any) -> Any:
        while left:
            async with open_database(database_url) as other:
                assert await Workspaces(other).create(left.pop(), "S", user.id) is not None
        return await write(work)

    for only in (None, home.id):
        left[:] = [f"shop-{len(only or '')}"]
        monkeypatch.setattr(database, "write", slow)
        if only is None:
            with pytest.raises(LastOwner):
                await workspaces.set_disabled(user.id, True)
        else:
            with pytest.raises(LastOwner):
                await workspaces.set_disabled(user.id, True, only=only)
        monkeypatch.undo()
        assert not left
    found = await users.get(user.id)
    assert found is not None
    assert found.disabled_at is None


async def test_who_becomes_a_member_elsewhere_is_not_kept_out_of_the_server(database: Database) -> None:
    users, workspaces = Users(database), Workspaces(database)
    home, shop = await workspaces.create("home", "H", None), await workspaces.create("shop", "S", None)
    assert home is not None
    assert shop is not None
    user = await users.create(home.id, "viewer", email="ada@example.com", name="Ada")
    assert user is not None
    await workspaces.add(shop.id, user.id, "viewer")
    assert not await workspaces.set_disabled(user.id, True, only=home.id)
    await workspaces.remove(shop.id, user.id)
    assert await workspaces.set_disabled(user.id, True, only=home.id)


async def test_a_budget_of_an_awaited_user_who_has_just_accepted_is_for_nobody(
    place: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = fresh("awaited")
    root, guest = await person(place, fresh("root"), "owner"), await person(place, email, "viewer")
    async with client(place, await key_of(place, root)) as host:
        made = await host.post("/workspaces", json={"slug": f"b-{uuid.uuid4().hex[:8]}", "name": "B"})
    shop = made.json()["id"]
    body: dict[str, Any] = {"name": "Theirs", "scope": "user", "period": "day", "unit": "tokens", "amount": 9}
    async with client(place, await key_of(place, root, workspace=shop)) as host:
        awaited = (await host.post("/users", json={"email": email, "role": "viewer"})).json()["id"]
        early = await host.post("/budgets", json={**body, "scope_id": awaited})
        assert early.status_code == 201, early.text

        async def accept() -> None:
            async with client(place, await key_of(place, guest)) as them:
                accepted = await them.post(f"/invitations/{awaited}/accept")
                assert accepted.status_code == 200, accepted.text

        with monkeypatch.context() as patch:
            left = between(patch, Invitations, "awaited", accept)
            refused = await host.post("/budgets", json={**body, "scope_id": awaited})
        assert not left
        assert refused.status_code == 404, refused.text
        assert [one["scope_id"] for one in (await host.get("/budgets")).json()["budgets"]] == [guest]


@pytest.mark.parametrize("way", ["login", "password"])
async def test_who_knows_the_old_password_neither_stays_nor_takes_the_account_when_it_is_replaced(
    place: Running, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, replaced = fresh("leaked"), "the owner has set this one"
    root, user = await person(place, fresh("root"), "owner"), await person(place, email, "viewer")
    owner_key = await key_of(place, root)

    async def replace() -> None:
        async with client(place, owner_key) as owner:
            done = await owner.put(f"/users/{user}", json={"password": replaced})
            assert done.status_code == 200, done.text

    old = await login(place, email)
    paths: dict[str, tuple[str, dict[str, str]]] = {
        "login": ("/auth/login", {"email": email, "password": PASSWORD}),
        "password": ("/auth/password", {"current_password": PASSWORD, "new_password": "of somebody else"}),
    }
    async with client(place, old["access_token"]) as them:
        path, body = paths[way]
        with monkeypatch.context() as patch:
            left = between(patch, Passwords, "fits", replace)
            refused = await them.post(path, json=body)
        assert not left
        assert refused.status_code == 401, refused.text
    await login(place, email, replaced)
