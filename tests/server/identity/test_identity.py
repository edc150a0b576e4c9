"""Users, roles, keys, logins and the audit log, over HTTP, on both databases."""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute

from persistence.identity.first_owner import make_first_owner
from persistence.identity.users import Users
from persistence.identity.workspaces import Workspaces
from persistence.storage.database import open_database
from server.app import create_app
from server.identity.audit_trail import UNAUDITED, is_audited
from server.identity.login_tokens import Tokens
from server.settings.sources import Settings
from tests.server.conftest import API, Running
from tests.server.people import PASSWORD, client, key_of, login, person, serve
from tests.waits import SAME, apart, best_of

FLOW = {"name": "f", "chat_config": {"llm_provider": "demo", "llm_model": "demo", "system_prompt": "Hi"}}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server on either database; each test makes people of its own."""
    yield from serve(request.param, request, tmp_path_factory.mktemp("identity"))


def fresh(name: str) -> str:
    """Return an address that nobody has."""
    return f"{name}-{uuid.uuid4().hex[:8]}@example.com"


@pytest.mark.threat("A-08")
async def test_a_login_gets_short_tokens_that_are_refreshed_once_each(place: Running) -> None:
    email = fresh("ada")
    user_id = await person(place, email, "editor")
    first = await login(place, email.upper())
    assert first.keys() == {"access_token", "token_type", "expires_at", "refresh_token"}
    async with client(place, first["access_token"]) as ada:
        me = (await ada.get("/auth/me")).json()
        assert (me["user_id"], me["role"], me["workspace"]) == (user_id, "editor", "default")
        assert "flows:write" in me["permissions"]
        assert (await ada.post("/chatflows", json=FLOW)).status_code == 201
        assert (await ada.get("/users")).status_code == 403
        second = await ada.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert second.status_code == 200
        reused = await ada.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
        assert reused.status_code == 401
        later = await ada.post("/auth/refresh", json={"refresh_token": second.json()["refresh_token"]})
        assert later.status_code == 401, "a token that came twice ends the whole login"
        await asyncio.sleep(0.1)
        assert (await ada.get("/auth/me")).status_code == 401


@pytest.mark.threat("A-05")
async def test_refresh_tokens_that_the_server_did_not_make_do_nothing(place: Running) -> None:
    email = fresh("eve")
    await person(place, email, "viewer")
    tokens = await login(place, email)
    right = tokens["refresh_token"]
    login_id, _, _ = right.removeprefix("rt_").partition(".")
    async with httpx.AsyncClient(base_url=place.url + API, timeout=30) as nobody:
        for wrong in (
            right[:-1] + ("A" if right[-1] != "A" else "B"),
            f"rt_{login_id}.2.{right.rpartition('.')[2]}",
            Tokens("x" * 48).refresh(login_id, 1),
            tokens["access_token"][:500],
            "rt_..",
            "rt_" + "9" * 300,
        ):
            answer = await nobody.post("/auth/refresh", json={"refresh_token": wrong})
            assert answer.status_code == 401, wrong
        for body in ({}, {"refresh_token": None}, {"refresh_token": [right]}, {"refresh_token": ""}):
            assert (await nobody.post("/auth/refresh", json=body)).status_code == 422
        assert (await nobody.post("/auth/refresh", json={"refresh_token": right})).status_code == 200


@pytest.mark.threat("A-09", "L-10")
async def test_a_wrong_password_and_an_unknown_address_look_the_same_and_are_limited(place: Running) -> None:
    email = fresh("grace")
    await person(place, email, "viewer")
    async with httpx.AsyncClient(base_url=place.url + API, timeout=30) as nobody:

        async def tried(email: str, password: str) -> tuple[int, str]:
            answer = await nobody.post("/auth/login", json={"email": email, "password": password})
            return answer.status_code, answer.json()["detail"]

        known, unknown = await tried(email, "wrong password"), await tried(fresh("nobody"), "wrong password")
        assert known == unknown
        assert known[0] == 401
        began = time.monotonic()
        more = await asyncio.gather(*(tried(email, "wrong password") for _ in range(25)))
        assert {status for status, _ in more} == {401, 429}
        let_in = sum(status == 401 for status, _ in more)
        # Where Redis does not answer in time, this process counts by itself, at a quarter.
        assert let_in <= 10 + 10 // 4 + (time.monotonic() - began) / 6, "ten a minute"
        null = await nobody.post("/auth/login", json={"email": email, "password": None})
        assert null.status_code == 422


@pytest.mark.threat("L-10", "A-09")
def test_whether_an_address_is_known_is_not_told_by_the_time_of_a_login(place: Running) -> None:
    async def people() -> None:
        for email in known:
            await person(place, email, "viewer")
        async with open_database(place.settings.database) as database:
            for email in bare:
                assert await Users(database).create("default", "viewer", email=email, name="")

    known, bare = [fresh("known") for _ in range(10)], [fresh("bare") for _ in range(10)]
    asyncio.run(people())
    with httpx.Client(base_url=place.url + API, timeout=30) as nobody:

        def ask(email: str) -> None:
            answer = nobody.post("/auth/login", json={"email": email, "password": "wrong password"})
            assert answer.status_code == 401

        for emails in (known, bare):  # each is asked of ten times a minute at most
            asked = itertools.cycle(emails)
            one, other = lambda asked=asked: ask(next(asked)), lambda: ask(fresh("nobody"))
            assert best_of(8, lambda one=one, other=other: apart(one, other, 6), SAME) <= SAME


async def test_logging_out_and_a_new_password_end_what_was_open(place: Running) -> None:
    email = fresh("lin")
    await person(place, email, "runner")
    here, there = await login(place, email), await login(place, email)
    async with client(place, here["access_token"]) as lin:
        assert (await lin.post("/auth/logout")).status_code == 200
        await asyncio.sleep(0.1)
        assert (await lin.get("/auth/me")).status_code == 401
    change = {"current_password": PASSWORD, "new_password": "another long password"}
    async with client(place, there["access_token"]) as lin:
        wrong = await lin.post("/auth/password", json={**change, "current_password": "not this one"})
        assert wrong.status_code == 401
        short = await lin.post("/auth/password", json={**change, "new_password": "short"})
        assert short.status_code == 422
        for extra in ({"role": "owner"}, {"user_id": "x"}, {"password_hash": "x"}):
            assert (await lin.post("/auth/password", json={**change, **extra})).status_code == 422
        assert (await lin.post("/auth/password", json=change)).status_code == 200
        await asyncio.sleep(0.1)
        assert (await lin.get("/auth/me")).status_code == 401
    await login(place, email, "another long password")


@pytest.mark.threat("A-07")
async def test_a_key_can_do_what_it_was_given_and_its_user_may_at_that_moment(place: Running) -> None:
    owner, email = await key_of(place, await person(place, fresh("root"), "owner")), fresh("kay")
    async with client(place, owner) as root:
        kay = (await root.post("/users", json={"email": email, "role": "owner", "password": PASSWORD})).json()
        tokens = await login(place, email)
        async with client(place, tokens["access_token"]) as user:
            made = await user.post("/keys", json={"name": "all", "role": "owner"})
            assert made.status_code == 201
            assert made.json()["user_id"] == kay["id"]
            narrow = await user.post(
                "/keys", json={"name": "read", "role": "viewer", "scopes": ["flows:read"]}
            )
            beyond = await user.post(
                "/keys", json={"name": "no", "role": "viewer", "scopes": ["flows:write"]}
            )
            assert beyond.status_code == 422
            for extra in (
                {"user_id": "x"},
                {"workspace": "x"},
                {"id": "x"},
                {"key_hash": "x"},
                {"prefix": ""},
            ):
                assert (await user.post("/keys", json={"name": "n", **extra})).status_code == 422
            listed = await user.get("/keys")
            assert made.json()["key"] not in listed.text
            assert made.json()["key"][:11] in listed.text
        async with client(place, narrow.json()["key"]) as reader:
            assert (await reader.get("/flows")).status_code == 200
            assert (await reader.get("/executions")).status_code == 403
            assert (await reader.get("/auth/me")).json()["permissions"] == ["account", "flows:read"]
        async with client(place, made.json()["key"]) as full:
            assert (await full.get("/users")).status_code == 200
            demoted = await root.put(f"/workspaces/default/members/{kay['id']}", json={"role": "editor"})
            assert demoted.status_code == 200
            await asyncio.sleep(0.1)
            assert (await full.get("/users")).status_code == 403, "its user may it no more"
            assert (await full.post("/chatflows", json=FLOW)).status_code == 201
            editor = await key_of(place, kay["id"], "owner")
            async with client(place, editor) as maker:
                assert (await maker.post("/keys", json={"name": "n", "role": "viewer"})).status_code == 403
            assert (await root.put(f"/users/{kay['id']}", json={"disabled": True})).status_code == 200
            await asyncio.sleep(0.1)
            assert (await full.get("/flows")).status_code == 401
            assert (await root.put(f"/users/{kay['id']}", json={"disabled": False})).status_code == 200
            await asyncio.sleep(0.1)
            assert (await full.get("/flows")).status_code == 200
            revoked = await root.delete(f"/keys/{made.json()['id']}")
            assert revoked.json()["revoked_at"]
            await asyncio.sleep(0.1)
            assert (await full.get("/flows")).status_code == 401


@pytest.mark.threat("I-09")
async def test_a_role_does_what_it_says(place: Running) -> None:
    wanted = {
        "viewer": (200, 403, 403, 403, 403),
        "runner": (200, 200, 403, 403, 403),
        "editor": (200, 200, 201, 403, 403),
        "owner": (200, 200, 201, 200, 200),
    }
    for role, expected in wanted.items():
        async with client(place, await key_of(place, None, role)) as caller:
            found = (
                (await caller.get("/flows")).status_code,
                (await caller.post("/chatflow/chat", json={"message": "Hi"})).status_code,
                (await caller.post("/chatflows", json=FLOW)).status_code,
                (await caller.get("/keys")).status_code,
                (await caller.get("/audit")).status_code,
            )
            assert found == expected, role


async def test_a_workspace_keeps_an_owner_whatever_happens_at_once(place: Running) -> None:
    root = await person(place, fresh("first"), "owner")
    async with client(place, await key_of(place, root)) as first:
        made = await first.post("/workspaces", json={"slug": f"w-{uuid.uuid4().hex[:8]}", "name": "W"})
        assert made.status_code == 201
        again = await first.post("/workspaces", json={"slug": made.json()["slug"], "name": "W"})
        assert (again.status_code, again.json()["code"]) == (409, "name_taken")
        assert (await first.post("/workspaces", json={"slug": "No Slug", "name": "W"})).status_code == 422
    workspace = made.json()["id"]
    async with open_database(place.settings.database) as one, open_database(place.settings.database) as two:
        other = await Users(one).create(workspace, "owner", email=fresh("second"), name="second")
        assert other is not None
        done = await asyncio.gather(
            Workspaces(one).set_role(workspace, root, "viewer"),
            Workspaces(two).remove(workspace, other.id),
            Workspaces(one).set_disabled(other.id, True),
            Workspaces(two).set_role(workspace, other.id, "editor"),
            return_exceptions=True,
        )
        assert [result for result in done if isinstance(result, Exception)], done
        left = [m for m in await Users(one).of_workspace(workspace) if m.role == "owner"]
        assert [m for m in left if m.user.disabled_at is None], "somebody owns it"
    async with client(place, await key_of(place, root)) as first:
        members = f"/workspaces/{workspace}/members"
        assert (await first.get(members)).status_code == 404, "a key is of one workspace"


async def test_a_user_of_several_workspaces_names_the_one_to_be_in(place: Running) -> None:
    email, slug = fresh("tia"), f"t-{uuid.uuid4().hex[:8]}"
    root = await person(place, fresh("host"), "owner")
    await person(place, email, "viewer")
    async with client(place, await key_of(place, root)) as host:
        other = (await host.post("/workspaces", json={"slug": slug, "name": "Other"})).json()["id"]
    async with client(place, await key_of(place, root, workspace=other)) as host:
        added = await host.post(f"/workspaces/{slug}/members", json={"email": email, "role": "editor"})
        assert added.status_code == 201
        assert (await host.get("/metrics/summary")).status_code == 403, "metrics are of the whole server"
    tokens = await login(place, email)
    async with client(place, tokens["access_token"]) as tia:
        accepted = await tia.post(f"/invitations/{added.json()['id']}/accept")
        assert accepted.status_code == 200, accepted.text
        listed = (await tia.get("/workspaces")).json()["workspaces"]
        assert [(each["slug"], each["role"]) for each in listed] == [("default", "viewer"), (slug, "editor")]
        assert (await tia.post("/chatflows", json=FLOW)).status_code == 403
        there = {"X-Workspace": slug}
        assert (await tia.post("/chatflows", json=FLOW, headers=there)).status_code == 201
        assert (await tia.get("/flows", headers=there)).json()["total"] == 1
        for unknown in ("nowhere", "%00", other[:-1]):
            assert (await tia.get("/flows", headers={"X-Workspace": unknown})).status_code == 404
    inside = await login(place, email, workspace=slug)
    async with client(place, inside["access_token"]) as tia:
        assert (await tia.get("/auth/me")).json()["workspace"] == other
    async with httpx.AsyncClient(base_url=place.url + API, timeout=30) as nobody:
        lost = {"email": email, "password": PASSWORD, "workspace": "nowhere"}
        assert (await nobody.post("/auth/login", json=lost)).status_code == 401


@pytest.mark.threat("A-04")
async def test_nobody_gives_themselves_more_by_fields_that_are_not_theirs(place: Running) -> None:
    async with client(place, await key_of(place, await person(place, fresh("mass"), "owner"))) as root:
        user = {"email": fresh("victim"), "role": "viewer"}
        for extra in (
            "id",
            "workspace",
            "password_hash",
            "subject",
            "created_at",
            "email_verified",
            "scopes",
        ):
            answer = await root.post("/users", json={**user, extra: "x"})
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{extra}")
        made = (await root.post("/users", json=user)).json()
        assert made.keys() == {"id", "email", "name", "role", "created_at", "disabled_at"}
        for extra in ("id", "role", "workspace", "password_hash", "email", "subject"):
            assert (await root.put(f"/users/{made['id']}", json={extra: "x"})).status_code == 422
        twice = await root.post("/users", json={**user, "email": user["email"].upper()})
        assert twice.status_code == 409
        assert (await root.post("/users", json={**user, "role": "admin"})).status_code == 422


async def test_who_did_what_is_kept_and_never_the_secret(place: Running) -> None:
    email = fresh("clerk")
    owner = await person(place, email, "owner")
    async with client(place, await key_of(place, owner)) as clerk:
        flow = (await clerk.post("/chatflows", json=FLOW)).json()
        await clerk.get(f"/flows/{flow['id']}/export")
        await clerk.post(f"/chatflow/workflows/{flow['id']}/chat", json={"message": "my secret words"})
        await clerk.delete(f"/chatflows/{flow['id']}")
        key = (await clerk.post("/keys", json={"name": "spare", "role": "viewer"})).json()
        await clerk.delete(f"/keys/{key['id']}")
        await clerk.get("/flows")
        assert (await clerk.delete(f"/keys/{uuid.uuid4()}")).status_code == 404
        await login(place, email)
        async with httpx.AsyncClient(base_url=place.url + API, timeout=30) as nobody:
            await nobody.post("/auth/login", json={"email": email, "password": "not the password"})
        about = (await clerk.get("/audit", params={"target": flow["id"]})).json()
        done = {entry["action"]: entry for entry in about["entries"]}
        assert done.keys() == {"createChatflow", "exportFlow", "chatWithFlow", "deleteChatflow"}
        assert done["createChatflow"]["details"] == {"user_id": owner, "name": "f"}
        assert done["createChatflow"]["actor_kind"] == "key"
        assert done["createChatflow"]["address"] == "127.0.0.1"
        assert done["chatWithFlow"]["details"]["execution_id"]
        keys = (await clerk.get("/audit", params={"target": key["id"]})).json()["entries"]
        assert [entry["action"] for entry in keys] == ["revokeKey", "createKey"]
        logins = (await clerk.get("/audit", params={"actor": email, "limit": 10})).json()["entries"]
        assert {entry["action"] for entry in logins} >= {"login", "login.failed"}
        whole = (await clerk.get("/audit", params={"limit": 100})).text
        for secret in (key["key"], "my secret words", PASSWORD, "not the password"):
            assert secret not in whole
        since = about["entries"][0]["ts"]
        later = (await clerk.get("/audit", params={"from": since, "action": "createChatflow"})).json()
        assert all(entry["target_id"] != flow["id"] for entry in later["entries"])
        assert (await clerk.get("/audit", params={"from": "yesterday"})).status_code == 422
        assert json.loads(whole)["total"] >= 6


@pytest.mark.threat("A-11")
async def test_racing_first_starts_make_one_owner(place: Running) -> None:
    async with open_database(place.settings.database) as database:
        await database.write(lambda connection: connection.exec_driver_sql("DELETE FROM users"))
    async with open_database(place.settings.database) as one, open_database(place.settings.database) as two:
        made = await asyncio.gather(*(make_first_owner(each, "default") for each in (one, two) * 10))
        assert sum(owner is not None for owner in made) == 1
        assert [member.user.email for member in await Users(one).of_workspace("default")] == ["owner"]


def test_whatever_changes_something_is_kept_without_its_saying_so() -> None:
    unkept = {
        str(handler.operation_id)
        for route in create_app(Settings()).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if str(method) in ("POST", "PUT", "PATCH", "DELETE")
        and not handler.opt.get("open")
        and not is_audited(str(method), handler)
    }
    assert unkept == UNAUDITED
