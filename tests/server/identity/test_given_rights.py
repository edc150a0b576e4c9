"""Nobody gives what they do not have, takes what is another's, or acts from a page of another site."""

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.identity.permissions import ROLES
from server.settings.sources import Settings
from tests.server.conftest import API, Running
from tests.server.people import PASSWORD, client, key_of, login, person, serve

BUDGET = {"name": "Theirs", "scope": "user", "period": "day", "unit": "tokens", "amount": 100}
CHAT = {"message": "Hello", "config": {"provider": "demo", "model": "demo"}}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server on either database; each test makes people of its own."""
    yield from serve(request.param, request, tmp_path_factory.mktemp("rights"))


def fresh(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}@example.com"


@pytest.mark.threat("A-04")
async def test_who_may_only_write_users_gives_no_role_password_or_membership_beyond_their_own(
    place: Running,
) -> None:
    root_id = await person(place, fresh("root"), "owner")
    runner_id = await person(place, fresh("runner"), "runner")
    async with client(place, await key_of(place, root_id)) as root:
        scoped = {
            "name": "users only",
            "role": "owner",
            "scopes": ["users:write", "users:read", "keys:write"],
        }
        key = (await root.post("/keys", json=scoped)).json()["key"]
        members = "/workspaces/default/members"
        async with client(place, key) as limited:
            refused = [
                await limited.post("/users", json={"email": fresh("a"), "role": role, "password": PASSWORD})
                for role in ("owner", "editor", "runner", "viewer")
            ]
            refused += [
                await limited.put(f"{members}/{runner_id}", json={"role": "owner"}),
                await limited.put(f"{members}/{runner_id}", json={"role": "viewer"}),
                await limited.put(f"{members}/{root_id}", json={"role": "viewer"}),
                await limited.delete(f"{members}/{root_id}"),
                await limited.put(f"/users/{root_id}", json={"password": PASSWORD}),
                await limited.put(f"/users/{runner_id}", json={"password": PASSWORD}),
                await limited.put(f"/users/{root_id}", json={"disabled": True}),
                await limited.post(members, json={"email": fresh("b"), "role": "owner"}),
                await limited.post("/workspaces", json={"slug": uuid.uuid4().hex[:8], "name": "W"}),
                await limited.post("/keys", json={"name": "more", "role": "viewer"}),
            ]
            assert [answer.status_code for answer in refused] == [403] * len(refused)
            assert {answer.json()["code"] for answer in refused} == {"forbidden"}
        assert (await root.put(f"{members}/{runner_id}", json={"role": "editor"})).status_code == 200
        assert (await root.post("/users", json={"email": fresh("c"), "role": "owner"})).status_code == 201


@pytest.mark.threat("A-04")
async def test_a_workspace_invites_and_nobody_is_a_member_before_they_accept(place: Running) -> None:
    email, slug = fresh("ada"), f"b-{uuid.uuid4().hex[:8]}"
    ada_id = await person(place, email, "viewer")
    host_id = await person(place, fresh("host"), "owner")
    root_id = await person(place, fresh("root"), "owner")
    async with client(place, await key_of(place, host_id)) as host:
        other = (await host.post("/workspaces", json={"slug": slug, "name": "B"})).json()["id"]
    async with client(place, await key_of(place, host_id, workspace=other)) as host:
        known = await host.post(f"/workspaces/{slug}/members", json={"email": email, "role": "runner"})
        stranger = await host.post(
            f"/workspaces/{slug}/members", json={"email": fresh("no"), "role": "runner"}
        )
        assert (known.status_code, stranger.status_code) == (201, 201), "who is there is not told"
        assert known.json().keys() == stranger.json().keys()
        assert ada_id not in known.text
        assert known.json()["name"] == email
        assert [m["id"] for m in (await host.get("/users")).json()["members"]] == [host_id]
        assert (await host.get(f"/workspaces/{slug}/invitations")).json()["total"] == 2
        gone = await host.delete(f"/workspaces/{slug}/invitations/{stranger.json()['id']}")
        assert gone.status_code == 200
    invitation = known.json()["id"]
    async with client(place, await key_of(place, root_id)) as root:
        assert (await root.post(f"/invitations/{invitation}/accept")).status_code == 404, "another's"
    async with client(place, (await login(place, email))["access_token"]) as ada:
        (mine,) = (await ada.get("/invitations")).json()["invitations"]
        assert (mine["id"], mine["workspace_id"], mine["role"]) == (invitation, other, "runner")
        assert (await ada.get("/flows", headers={"X-Workspace": slug})).status_code == 404
        assert (await ada.post(f"/invitations/{invitation}/accept")).status_code == 200
        assert (await ada.post(f"/invitations/{invitation}/accept")).status_code == 404
        assert (await ada.get("/flows", headers={"X-Workspace": slug})).status_code == 200
    async with client(place, await key_of(place, root_id)) as root:  # each rules its own
        kept_out = await root.put(f"/users/{ada_id}", json={"disabled": True})
        assert (kept_out.status_code, kept_out.json()["disabled_at"] is None) == (200, False)
        assert (await root.put(f"/users/{ada_id}", json={"password": PASSWORD})).status_code == 409
    async with client(place, (await login(place, email, workspace=slug))["access_token"]) as ada:
        assert (await ada.get("/flows")).status_code == 200
        assert (await ada.get("/flows", headers={"X-Workspace": "default"})).status_code == 404


@pytest.mark.threat("I-02")
async def test_a_session_is_its_owners(place: Running) -> None:
    people = {name: await person(place, fresh(name), role) for name, role in
              (("a", "runner"), ("b", "runner"), ("root", "owner"), ("ed", "editor"))}  # fmt: skip
    keys = {name: await key_of(place, id) for name, id in people.items()} | {
        "bare": await key_of(place, None, "runner")
    }
    name = f"s-{uuid.uuid4().hex}"
    said = {**CHAT, "session_id": name}
    async with client(place, keys["a"]) as a:
        begun = (await a.post("/chatflow/chat", json=said)).json()
        execution = begun["execution_id"]
        assert (await a.get(f"/chatflow/sessions/{name}")).json()["message_count"] == 2
    for other in ("b", "ed", "bare"):
        async with client(place, keys[other]) as b:
            answers: list[httpx.Response] = [
                await b.post("/chatflow/chat", json=said),
                await b.post("/chatflow/chat/stream", json=said),
                await b.get(f"/chatflow/sessions/{name}"),
                await b.get(f"/chatflow/sessions/{name}/history"),
                await b.post(f"/chatflow/sessions/{name}/export"),
                await b.put(f"/chatflow/sessions/{name}/memory", json={"strategy": "buffer"}),
                await b.post(f"/chatflow/sessions/{name}/clear"),
                await b.delete(f"/chatflow/sessions/{name}"),
                await b.get(f"/executions/{execution}"),
                await b.get(f"/executions/{execution}/events", params={"follow": "false"}),
                await b.get(f"/executions/{execution}/logs"),
                await b.post(f"/executions/{execution}/cancel"),
                await b.post("/tickets", json={"execution_id": execution}),
            ]
            assert [answer.status_code for answer in answers] == [404] * len(answers), other
            assert name not in (await b.get("/chatflow/sessions", params={"limit": 100})).text
            assert execution not in (await b.get("/executions", params={"limit": 100})).text
    async with client(place, keys["root"]) as root:
        assert (await root.get(f"/chatflow/sessions/{name}")).json()["message_count"] == 2
        assert (await root.post("/chatflow/chat", json=said)).json()["success"] is True
    async with client(place, keys["a"]) as a:
        assert (await a.get(f"/chatflow/sessions/{name}")).json()["message_count"] == 4, "it is still theirs"
        assert (await a.delete(f"/chatflow/sessions/{name}")).status_code == 200


async def test_an_idempotency_key_is_its_callers(place: Running) -> None:
    keys = [await key_of(place, await person(place, fresh("u"), "runner")) for _ in range(2)]
    headers, runs = {"Idempotency-Key": uuid.uuid4().hex}, list[str]()
    for key in keys:
        async with client(place, key, **headers) as caller:
            first, again = [(await caller.post("/chatflow/chat", json=CHAT)).json() for _ in range(2)]
            assert first["execution_id"] == again["execution_id"]
            runs.append(first["execution_id"])
    assert runs[0] != runs[1]


@pytest.mark.threat("I-06")
async def test_tools_of_a_chats_own_need_the_rights_that_storing_them_would(place: Running) -> None:
    def asking(*tools: Any) -> dict[str, Any]:
        return {"message": "Hello", "config": {**CHAT["config"], "tools": list(tools)}}  # type: ignore[dict-item]

    http = {"name": "http_request", "base_url": "https://api.example.com/", "methods": ["POST"]}
    async with client(place, await key_of(place, await person(place, fresh("r"), "runner"))) as runner:
        for tool in (http, {**http, "credential": "theirs"}):
            refused = await runner.post("/chatflow/chat", json=asking("calculator", tool))
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (403, "/config/tools/1")
        assert (await runner.post("/chatflow/chat", json=asking("calculator"))).status_code == 200
    async with client(place, await key_of(place, await person(place, fresh("e"), "editor"))) as editor:
        assert (await editor.post("/chatflow/chat", json=asking(http))).status_code == 200


HTTP = {"name": "http_request", "base_url": "https://api.example.com/", "credential": "theirs"}
USES: list[tuple[str, dict[str, Any], str]] = [
    ("/chatflows", {"chat_config": {"credential": "theirs"}}, ""),
    ("/chatflows", {"chat_config": {"connection": "theirs", "llm_model": "m"}}, ""),
    ("/chatflows", {"chat_config": {"tools": [HTTP]}}, ""),
    ("/chatflows", {"graph_definition": "llm"}, "/graph_definition/nodes/1/data/credential"),
    ("/agentflows", {"graph_definition": "http_request"}, "/graph_definition/nodes/1/data/credential"),
    ("/agentflows", {"orchestration_type": "sequential", "agents": [{"name": "A", "tools": [HTTP]}]}, ""),
    ("/agents", {"credential": "theirs"}, "/credential"),
    ("/agents", {"connection": "theirs", "llm_model": "m"}, "/connection"),
    ("/agents", {"tools": ["calculator", HTTP]}, "/tools/1/credential"),
    ("/flows/import", {"chat_config": {"credential": "theirs"}}, ""),
    ("/agentflows", {"graph_definition": "transform"}, "/graph_definition/nodes/1/data"),
    ("/chatflows", {"chat_config": {"system_prompt": "In {{ env.theirs }}"}}, ""),
    ("/agents", {"system_prompt": "In {{ env['theirs'] }}"}, ""),
    (
        "/agents",
        {
            "tools": [
                {"name": "http_request", "base_url": "https://a.example/", "headers": {"X": "{{ env.a }}"}}
            ]
        },
        "",
    ),
    ("/mcp-servers", {"url": "https://a.example/mcp", "headers": {"X-A": "{{ env.theirs }}"}}, "/headers"),
    ("/mcp-servers", {"url": "https://a.example/mcp?key={{ env.theirs }}"}, "/url"),
    (
        "/openapi-tools",
        {"document": "{}", "base_url": "https://a.example", "headers": {"X": "{{ env.theirs }}"}},
        "/headers",
    ),
    (
        "/connections",
        {"provider": "openai", "base_url": "https://a.example/v1", "credential": "theirs"},
        "/credential",
    ),
    ("/mcp-servers", {"url": "https://a.example/mcp", "credential": "theirs"}, "/credential"),
    ("/mcp-servers", {"url": "https://a.example/mcp", "headers": {"X-A": "theirs"}}, "/headers/X-A"),
    ("/openapi-tools", {"document": "{}", "credential": "theirs"}, "/credential"),
    ("/knowledge-bases", {"embedding": {"model": "m", "connection": "theirs"}}, "/embedding/connection"),
]
"""Where something is stored, what it names there, and the place of the name."""


def drawn(type: str) -> dict[str, Any]:
    """Return a graph whose one node of a type names a credential, or a variable."""
    own = {
        "llm": {"prompt": "Hi", "credential": "theirs"},
        "http_request": {"url": "https://api.example.com/", "credential": "theirs"},
        "transform": {"expression": "env.theirs"},
    }[type]
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "a", "type": type, "data": own},
        {"id": "end", "type": "end"},
    ]
    edges = [{"id": "1", "source": "start", "target": "a"}, {"id": "2", "source": "a", "target": "end"}]
    return {"nodes": nodes, "edges": edges}


def stored(given: dict[str, Any]) -> dict[str, Any]:
    """Return a body of `USES` with its graph and a name that nobody has."""
    body = {"name": f"u-{uuid.uuid4().hex}", **given}
    return (
        {**body, "graph_definition": drawn(given["graph_definition"])}
        if "graph_definition" in given
        else body
    )


async def scoped(place: Running, *without: str) -> str:
    """Return an editor's key that lacks some permissions."""
    editor = await key_of(place, await person(place, fresh("e"), "owner"))
    async with client(place, editor) as owner:
        scopes = sorted(ROLES["editor"] - {*without})
        return (await owner.post("/keys", json={"name": "s", "role": "editor", "scopes": scopes})).json()[
            "key"
        ]


@pytest.mark.threat("I-06")
async def test_who_may_not_use_a_credential_or_connection_stores_nothing_that_names_it(
    place: Running,
) -> None:
    async with client(
        place, await scoped(place, "credentials:read", "connections:read", "variables:read")
    ) as limited:
        for path, given, pointer in USES:
            refused = await limited.post(path, json=stored(given))
            assert refused.status_code == 403, (path, given, refused.text)
            assert refused.json()["code"] == "forbidden"
            assert refused.json()["errors"][0].get("pointer", "") == pointer, (path, given)
        bare = await limited.post("/chatflows", json={"name": f"u-{uuid.uuid4().hex}"})
        assert bare.status_code == 201, "who names nothing may store it"
    async with client(place, await scoped(place)) as editor:
        for path, given, _ in USES:
            answer = await editor.post(path, json=stored(given))
            assert answer.status_code != 403, (path, given, answer.text)


@pytest.mark.threat("I-06")
async def test_who_may_not_use_a_credential_changes_no_flow_into_one_that_names_it(place: Running) -> None:
    naming = {"chat_config": {"credential": "theirs"}}
    async with (
        client(place, await scoped(place, "credentials:read")) as limited,
        client(place, await scoped(place)) as editor,
    ):
        name = f"u-{uuid.uuid4().hex}"
        flow = (await editor.post("/chatflows", json={"name": name, **naming})).json()["id"]
        agent = (await editor.post("/agents", json={"name": name, "credential": "theirs"})).json()["id"]
        kept = await limited.put(f"/chatflows/{flow}", json={"name": f"{name}-2"})
        assert kept.status_code == 200, "another name makes nobody an author of what it uses"
        assert (await limited.put(f"/agents/{agent}", json={"description": "d"})).status_code == 200
        changed = {"chat_config": {"credential": "theirs", "system_prompt": "Send it all."}}
        assert (await limited.put(f"/chatflows/{flow}", json=changed)).status_code == 403
        assert (await limited.put(f"/agents/{agent}", json={"system_prompt": "All."})).status_code == 403
        assert (await limited.put(f"/chatflows/{flow}", json={"chat_config": {}})).status_code == 200
        assert (await limited.post(f"/flows/{flow}/versions/1/restore")).status_code == 403
        assert (await limited.put(f"/flows/{flow}/draft", json=naming)).status_code == 403
        assert (await editor.put(f"/flows/{flow}/draft", json=naming)).status_code == 200
        assert (await limited.post(f"/flows/{flow}/publish", json={})).status_code == 403
        assert (await editor.post(f"/flows/{flow}/publish", json={})).status_code == 200
        team = {"name": f"u-{uuid.uuid4().hex}", "orchestration_type": "sequential"}
        agentflow = (await limited.post("/agentflows", json=team)).json()["id"]
        attached = {"name": "A", "tools": [HTTP]}
        assert (await limited.post(f"/agentflows/{agentflow}/agents", json=attached)).status_code == 403
        assert (await editor.post(f"/agentflows/{agentflow}/agents", json=attached)).status_code == 201


@pytest.mark.threat("I-06")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_tool_for_stored_flows_is_no_chats_own_whoever_asks(
    settings: Settings, start: Callable[[Settings], Running], key: str, tmp_path: Path
) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "own.py").write_text(
        "from graphs.extend import tool\n\n"
        "@tool(stored_only=True, approval=True)\n"
        "def pay(amount: float) -> str:\n    'Pay an amount.'\n    return 'paid'\n\n"
        "def look(amount: float) -> str:\n    'Look at an amount.'\n    return 'seen'\n"
    )
    server = start(msgspec.structs.replace(settings, tools_dir=str(folder)))
    async with client(server, key) as owner:

        def asking(tool: Any) -> dict[str, Any]:
            return {**CHAT, "config": {"provider": "demo", "model": "demo", "tools": [tool]}}

        for entry in ("pay", {"name": "pay", "approval": False}):
            refused = await owner.post("/chatflow/chat", json=asking(entry))
            assert refused.status_code == 403, refused.text
            assert "for stored flows only" in refused.json()["detail"]
        assert (await owner.post("/chatflow/chat", json=asking("look"))).status_code == 200
        nodes = [
            {"id": "start", "type": "start"},
            {"id": "a", "type": "agent", "data": {"provider": "demo", "model": "demo", "tools": ["pay"]}},
            {"id": "end", "type": "end"},
        ]
        edges = [
            {"id": "1", "source": "start", "target": "a"},
            {"id": "2", "source": "a", "target": "end"},
        ]
        flow = {"name": "pays", "graph_definition": {"nodes": nodes, "edges": edges}}
        assert (await owner.post("/agentflows", json=flow)).status_code == 201


@pytest.mark.threat("L-10")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_addresses_of_others_cannot_be_tried_out_one_after_the_other(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    """How many users a workspace makes in an hour is limited, whatever comes of each."""
    server = start(msgspec.structs.replace(settings, rate_new_users=5))
    known = fresh("known")
    async with client(server, key) as owner:
        answers = [
            await owner.post("/users", json={"email": email, "role": "viewer"})
            for email in (known, *(known for _ in range(4)), known, fresh("new"))
        ]
        assert [answer.status_code for answer in answers] == [201, 409, 409, 409, 409, 429, 429]
        assert "users created in this workspace" in answers[-1].json()["detail"]


def likened(text: str, email: str) -> str:
    """Return an answer without what is different for each user: ids, times and the address."""
    times = r"\d{4}-\d\d-\d\dT[\d:.]+Z"
    return re.sub(
        f"[0-9a-f]{{8}}-[0-9a-f-]{{27}}|{times}|[0-9a-f]{{32}}", "-", text.replace(email, "the address")
    )


@pytest.mark.threat("A-04", "L-10")
async def test_a_workspace_does_not_learn_who_has_an_account_elsewhere(place: Running) -> None:
    known, new, slug = fresh("known"), fresh("unknown"), f"c-{uuid.uuid4().hex[:8]}"
    await person(place, known, "runner")
    host_id = await person(place, fresh("host"), "owner")
    async with client(place, await key_of(place, host_id)) as host:
        other = (await host.post("/workspaces", json={"slug": slug, "name": "C"})).json()["id"]
    members = f"/workspaces/{slug}/members"
    async with client(place, await key_of(place, host_id, workspace=other)) as host:

        async def tried(email: str) -> list[tuple[int, str]]:
            body = {"email": email, "role": "viewer", "name": "Guest", "password": PASSWORD}
            made = await host.post("/users", json=body)
            id = made.json()["id"]
            answers = [
                made,
                await host.post("/users", json=body),
                await host.post(members, json={"email": email, "role": "viewer"}),
                await host.get("/users"),
                await host.get(f"/users/{id}"),
                await host.get(members),
                await host.get(f"/workspaces/{slug}/invitations"),
                await host.put(f"/users/{id}", json={"name": "Another"}),
                await host.put(f"/users/{id}", json={"disabled": True}),
                await host.put(f"/users/{id}", json={"disabled": False}),
                await host.put(f"/users/{id}", json={"password": PASSWORD}),
                await host.put(f"{members}/{id}", json={"role": "runner"}),
                await host.post("/budgets", json={**BUDGET, "scope_id": id}),
                await host.delete(f"{members}/{id}"),
                await host.get(f"/users/{id}"),
                await host.post("/users", json=body),
            ]
            await host.delete(f"{members}/{answers[-1].json()['id']}")
            return [(answer.status_code, likened(answer.text, email)) for answer in answers]

        assert await tried(known) == await tried(new)
        made = await host.post("/users", json={"email": known, "role": "editor", "password": "x" * 12})
        kept = await host.post("/budgets", json={**BUDGET, "scope_id": made.json()["id"]})
    async with client(place, (await login(place, known))["access_token"]) as guest:
        assert (await guest.get("/flows", headers={"X-Workspace": slug})).status_code == 404, "not yet"
        (mine,) = (await guest.get("/invitations")).json()["invitations"]
        assert (mine["id"], mine["role"]) == (made.json()["id"], "editor")
        assert (await guest.post(f"/invitations/{mine['id']}/accept")).status_code == 200
        assert (await guest.get("/flows", headers={"X-Workspace": slug})).status_code == 200
        user_id = (await guest.get("/auth/me")).json()["user_id"]
    async with client(place, await key_of(place, host_id, workspace=other)) as host:
        budget = (await host.get(f"/budgets/{kept.json()['id']}")).json()
        assert budget["scope_id"] == user_id, "it follows to the user that they turn out to be"


PAGES: dict[str, dict[str, str]] = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another port": {"Sec-Fetch-Site": "same-site"},
    "its form": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "an old browser": {"Origin": "https://evil.example"},
    "an old browser's image": {"User-Agent": "Mozilla/5.0 (old)"},
    "no origin": {"Origin": "null"},
}


@pytest.mark.threat("C-05")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_with_auth_off_a_page_of_another_site_starts_and_changes_nothing(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    allowed = "https://app.example.com"
    server = start(msgspec.structs.replace(settings, auth="off", cors_origins=[allowed]))
    with httpx.Client(base_url=server.url + API, timeout=30) as browser:

        def tried(headers: dict[str, str]) -> list[int]:
            form = {"file": ("f.json", b"{}", "application/json")}
            return [
                browser.get("/chatflow/chat/stream", params={"message": "Hi"}, headers=headers).status_code,
                browser.post("/chatflow/chat", json=CHAT, headers=headers).status_code,
                browser.post(
                    "/flows/import", params={"replace": "x"}, files=form, headers=headers
                ).status_code,
                browser.post("/executions/0b7f9f0a/cancel", headers=headers).status_code,
                browser.delete("/chatflow/sessions/none", headers=headers).status_code,
            ]

        for page, headers in PAGES.items():
            assert tried(headers) == [403] * 5, page
        own = [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": server.url}, {}]
        for headers in [*own, {"Sec-Fetch-Site": "cross-site", "Origin": allowed}]:
            assert 403 not in tried(headers), headers
        assert browser.get("/flows", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200, (
            "only reads"
        )
