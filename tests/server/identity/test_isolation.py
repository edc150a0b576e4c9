"""No id of one workspace does anything in another: every operation of the OpenAPI document, every role, every
place that takes an id. An operation that is added is tried too, or fails here until its ids are known."""

import asyncio
import hashlib
import http.client
import itertools
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from msgspec import Struct
from sqlalchemy import select

from persistence.identity.workspaces import Workspaces
from persistence.storage.database import LATER, open_database
from persistence.storage.tables import metadata
from server.app import create_app
from server.description.openapi import describe_app
from server.identity.permissions import ROLES, permissions_of
from server.settings.sources import Settings
from tests.server.conftest import API, Running
from tests.server.identity.test_tickets import WAITING
from tests.server.people import client, key_of, person, serve
from tests.waits import SAME, apart, best_of

Ids = dict[str, str]
DOCUMENT = describe_app(create_app(Settings()))
COMPONENTS: dict[str, Any] = DOCUMENT["components"]["schemas"]
FREE = {"session_id", "node_id", "input_id", "fallback_agent_id"}
"""Names in bodies and queries that can be nobody else's: a session's is made up by its caller, the others
name a part of what was found before them."""
SECRET = "the words of the other one"
SESSION_FILE = {"file": ("s.json", b'{"session": {}, "messages": []}', "application/json")}

NAMES = {"label": "production", "name": "react", "version": "1", "node_id": "ask"}
"""Parts of a path that are names within a flow, not ids of anything."""


class Named(dict[str, str]):
    """What is put into a path for names within a flow; all else stays as it is."""

    def __missing__(self, key: str) -> str:
        return NAMES.get(key, f"{{{key}}}")


class Operation(Struct, frozen=True):
    """One operation of the document."""

    method: str
    path: str
    id: str
    needs: str
    path_ids: list[str]
    query_ids: list[str]
    query: dict[str, Any]
    body: Any
    """A body of the right shape; None where it takes none."""
    body_ids: list[tuple[str, ...]]
    """Where in the body ids can be."""
    form: bool
    places: bool
    """Whether it goes on from a `Last-Event-ID`."""


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that is no reference and no choice: the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = COMPONENTS[schema["$ref"].rpartition("/")[2]]
        elif options := schema.get("anyOf") or schema.get("oneOf"):
            schema = next((each for each in options if each.get("type") != "null"), options[0])
        else:
            return schema


def sample(schema: dict[str, Any], name: str = "") -> Any:
    """Return the smallest value of a schema."""
    schema = resolved(schema)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            return {
                each: sample(schema["properties"][each], each)
                for each in schema.get("required", ())
                if each in schema.get("properties", {})
            }
        case "array":
            return [sample(schema["items"]) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case _:
            samples = {
                "email": "somebody@example.com",
                "slug": "some-slug",
                "hosts": "api.example.com",
                "cron": "0 9 * * *",
            }
            return samples.get(name, "x" * max(12, schema.get("minLength", 1)))


def ids_within(schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield where in a body there can be an id, through objects and the first item of lists."""
    schema = resolved(schema)
    if len(at) > 4:
        return
    for name, each in schema.get("properties", {}).items():
        if name.endswith("_id") or name == "scope_id":
            yield (*at, name)
        elif resolved(each).get("type") == "object":
            yield from ids_within(each, (*at, name))


def operations() -> Iterator[Operation]:
    """Yield every operation that needs a caller."""
    for path, item in DOCUMENT["paths"].items():
        for method, each in item.items():
            if each.get("security") == []:
                continue
            parameters = each.get("parameters", [])
            content = each.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            queries = [one for one in parameters if one["in"] == "query"]
            yield Operation(
                method=method,
                path=path.removeprefix(API).format_map(Named()),
                id=each["operationId"],
                needs=each["x-permission"],
                path_ids=[
                    one["name"] for one in parameters if one["in"] == "path" and one["name"] not in NAMES
                ],
                query_ids=[one["name"] for one in queries if one["name"].endswith("_id")],
                query={
                    one["name"]: sample(one["schema"], one["name"]) for one in queries if one.get("required")
                },
                body=None if schema is None else sample(schema),
                body_ids=[] if schema is None else [*ids_within(schema)],
                form="multipart/form-data" in content,
                places=any(one["name"] == "Last-Event-ID" for one in parameters),
            )


OPERATIONS = [*operations()]


class Tenant(Struct, frozen=True):
    """A workspace with one of everything in it."""

    workspace: str
    keys: Ids
    """One of each role."""
    ids: Ids
    """By the names of parameters and fields."""


class Place(Struct, frozen=True):
    """Two workspaces on one server."""

    server: Running
    mine: Tenant
    other: Tenant


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that limits nothing, over either database."""
    folder = tmp_path_factory.mktemp("isolation")
    yield from serve(request.param, request, folder, rate_key=0, rate_address=0, rate_starts=0)


@pytest.fixture(scope="module")
def place(server: Running) -> Place:
    """Two workspaces, each with one of everything."""

    async def make() -> Place:
        async with open_database(server.settings.database) as database:
            second = await Workspaces(database).create("second", "Second", None)
            assert second is not None
        return Place(server, await furnished(server, "default", "a"), await furnished(server, second.id, "b"))

    return asyncio.run(make())


async def furnished(server: Running, workspace: str, name: str) -> Tenant:
    """Return a workspace with one of everything."""
    owner = await person(server, f"{name}@example.com", "owner", workspace)
    keys = {role: await key_of(server, None, role, workspace) for role in ROLES}
    async with client(server, await key_of(server, owner, "owner", workspace)) as maker:

        async def made(path: str, body: dict[str, Any], field: str = "id") -> str:
            answer = await maker.post(path, json=body)
            assert answer.status_code in (200, 201, 202), (path, answer.text)
            return answer.json()[field]

        agent = await made(
            "/agents", {"name": f"agent of {name}", "llm_provider": "demo", "llm_model": "demo"}
        )
        chatflow = await made(
            "/chatflows",
            {
                "name": f"chat of {name}",
                "chat_config": {"llm_provider": "demo", "llm_model": "demo", "uploads": {"max_files": 1}},
            },
        )
        team = await made("/agentflows", {"name": f"team of {name}"})
        attached = await made(
            f"/agentflows/{team}/agents", {"agent_id": agent, "name": "member", "role": "helper"}, "id"
        )
        waiting = await made("/agentflows", {**WAITING, "name": f"waits in {name}"})
        execution = await made(f"/flows/agentflows/{waiting}/execute", {"input_data": {}})
        await made(
            f"/chatflow/workflows/{chatflow}/chat",
            {
                "message": f"{SECRET} {name}",
                "session_id": f"session of {name}",
                "files": [{"name": "a.txt", "data": "b3R0ZXI="}],
            },
            "session_id",
        )
        history = await maker.get(f"/chatflow/sessions/session of {name}/history")
        await made("/embed", {"chatflow_id": chatflow}, "embed_token")
        base = await made("/knowledge-bases", {"name": f"base of {name}", "embedding": {"provider": "demo"}})
        document = await made(
            f"/knowledge-bases/{base}/documents", {"name": "known", "text": f"{SECRET} {name}"}
        )
        for _ in range(200):
            if (await maker.get(f"/knowledge-bases/{base}")).json()["status"] == "ready":
                break
            await asyncio.sleep(0.05)
        await maker.put("/memories", json={"key": "known", "value": {"text": f"{SECRET} {name}"}})
        return Tenant(
            workspace,
            keys,
            {
                "agent_id": agent,
                "chatflow_id": chatflow,
                "flow_id": waiting,
                "workflow_id": waiting,
                "attached_id": attached,
                "team": team,
                "execution_id": execution,
                "session_id": f"session of {name}",
                "message_id": history.json()["messages"][0]["id"],
                "file_id": history.json()["messages"][0]["content"][1]["id"],
                "budget_id": await made(
                    "/budgets",
                    {"name": f"budget of {name}", "period": "day", "amount": 1e9, "unit": "tokens"},
                ),
                "credential_id": await made(
                    "/credentials",
                    {
                        "name": f"credential of {name}",
                        "kind": "bearer",
                        "hosts": ["api.example.com"],
                        "secret": f"secret-of-{name}-0123456789",
                    },
                ),
                "variable_id": await made("/variables", {"name": f"of_{name}", "value": f"{SECRET} {name}"}),
                "connection_id": await made(
                    "/connections",
                    {
                        "name": f"connection-of-{name}",
                        "provider": "openai",
                        "base_url": f"https://{name}.example.com/v1",
                    },
                ),
                "mcp_server_id": await made(
                    "/mcp-servers",
                    {"name": f"server-of-{name}", "url": f"https://{name}.example.com/mcp"},
                ),
                "api_id": await made(
                    "/openapi-tools",
                    {
                        "name": f"api-of-{name}",
                        "document": {"openapi": "3.1.0", "paths": {"/": {"get": {"operationId": "get"}}}},
                    },
                ),
                "schedule_id": await made(
                    "/schedules", {"flow_id": waiting, "cron": "0 0 1 1 *", "input": {"name": name}}
                ),
                "webhook_id": await made("/webhooks", {"flow_id": waiting, "style": "token"}),
                "webhook_target_id": await made("/webhook-targets", {"url": f"https://{name}.example.com/"}),
                "delivery_id": "msg_none",
                "knowledge_base_id": base,
                "document_id": document,
                "key_id": await made("/keys", {"name": f"key of {name}", "role": "viewer"}),
                "invitation_id": await made(
                    f"/workspaces/{workspace}/members",
                    {"email": f"guest.of.{name}@example.com", "role": "viewer"},
                ),
                "user_id": owner,
                "workspace_id": workspace,
            },
        )


def right_ids(operation: Operation, tenant: Tenant) -> Ids:
    """Return a tenant's ids for an operation's address: those of the kind that it is about."""
    ids = dict(tenant.ids)
    chats = "chat" in operation.path.lower().removeprefix("/chatflow/sessions")
    if chats and "execute" not in operation.path:
        ids |= {"flow_id": ids["chatflow_id"], "workflow_id": ids["chatflow_id"]}
    if "/agents" in operation.path:
        ids["flow_id"] = ids["team"]
    unknown = [name for name in operation.path_ids if name not in ids]
    assert not unknown, f"{operation.id}: make one of {unknown} in `furnished`, so that it can be tried"
    return ids


def placed(body: Any, at: tuple[str, ...], value: str) -> Any:
    """Return a body with a value at a place of it."""
    if not at:
        return value
    inner = body.get(at[0]) or {} if isinstance(body, dict) else {}
    return {**(body or {}), at[0]: placed(inner, at[1:], value)}


def compared(operation: Operation, ids: Ids) -> Ids:
    """Return the two runs that are compared, where an operation compares any."""
    return {name: ids["execution_id"] for name in ("a", "b") if operation.id == "compareExecutions"}


async def asked(
    caller: httpx.AsyncClient,
    operation: Operation,
    ids: Ids,
    *,
    query: dict[str, Any] | None = None,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Make a request of the right shape."""
    extra: dict[str, Any] = {}
    if operation.form and body is None:
        extra["files"] = SESSION_FILE
    elif operation.body is not None:
        extra["json"] = operation.body if body is None else body
    return await caller.request(
        operation.method,
        operation.path.format(**ids),
        params={**operation.query, **compared(operation, ids), **(query or {})},
        headers=headers or {},
        **extra,
    )


async def checksum(server: Running, tenant: Tenant) -> dict[str, str]:
    """Return what there is of a workspace in each table, as a hash, but for times of the server's own."""
    await asyncio.sleep(4 * LATER)  # audit entries of runs are among the writes that nobody waits for
    async with open_database(server.settings.database) as database:

        def work(connection: Any) -> dict[str, str]:
            found: dict[str, str] = {}
            for table in metadata.sorted_tables:
                place = table.c.get("workspace", table.c.get("workspace_id"))
                if place is None:
                    continue
                columns = [column for column in table.c if column.name not in ("last_used_at", "indexed_at")]
                rows = sorted(
                    map(repr, connection.execute(select(*columns).where(place == tenant.workspace)).all())
                )
                found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            return found

        return await database.read(work)


@pytest.mark.threat("I-04", "I-07")
async def test_no_list_has_anything_of_another_workspace(place: Place) -> None:
    unseen = [value for name, value in place.other.ids.items() if name != "workspace_id"]
    for tenant, hidden in ((place.mine, unseen), (place.other, [*place.mine.ids.values()])):
        async with client(place.server, tenant.keys["owner"]) as caller:
            for operation in OPERATIONS:
                if operation.method != "get" or operation.path_ids or operation.places:
                    continue
                answer = await asked(caller, operation, tenant.ids)
                assert answer.status_code == (
                    200 if operation.needs in permissions_of("owner", tenant.workspace) else 403
                ), (operation.id, answer.text)
                shown = [value for value in hidden if value != "default" and value in answer.text]
                assert not shown, (operation.id, shown)


@pytest.mark.threat("I-05", "I-06", "I-11")
async def test_another_workspaces_ids_are_not_found_in_any_place_by_any_role(place: Place) -> None:
    before, tried = await checksum(place.server, place.other), 0
    for role, key in place.mine.keys.items():
        async with client(place.server, key) as caller:
            for operation in OPERATIONS:
                if not operation.path_ids:
                    continue
                allowed = operation.needs in permissions_of(role, place.mine.workspace)
                mine, other = right_ids(operation, place.mine), right_ids(operation, place.other)
                for foreign in itertools.product((True, False), repeat=len(operation.path_ids)):
                    if not any(foreign):
                        continue
                    ids = mine | {
                        name: other[name]
                        for name, is_foreign in zip(operation.path_ids, foreign, strict=True)
                        if is_foreign
                    }
                    answer = await asked(caller, operation, ids)
                    tried += 1
                    assert answer.status_code == (404 if allowed else 403), (
                        role,
                        operation.id,
                        foreign,
                        answer.text,
                    )
                    assert SECRET not in answer.text
    assert await checksum(place.server, place.other) == before
    assert tried > 250


ANY_ID = r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}"
HEX = str.maketrans("0123456789abcdef", "123456789abcdef0")


@pytest.mark.threat("I-05", "L-10")
async def test_another_workspaces_id_is_answered_as_one_that_nobody_has(place: Place) -> None:
    tried = 0
    async with client(place.server, place.mine.keys["owner"]) as caller:
        for operation in OPERATIONS:
            if not operation.path_ids:
                continue
            mine, other = right_ids(operation, place.mine), right_ids(operation, place.other)
            last = operation.path_ids[-1]
            said: list[tuple[int, str, list[str]]] = []
            for id in (other[last], other[last].translate(HEX)):
                answer = await asked(caller, operation, mine | {last: id})
                names = [name for name in answer.headers if name != "content-length"]
                said.append((answer.status_code, re.sub(ANY_ID, "", answer.text.replace(id, "")), names))
            assert said[0] == said[1], operation.id
            tried += 1
    assert tried > 60


@pytest.mark.threat("I-11", "L-10")
def test_another_workspaces_id_takes_as_long_as_one_that_nobody_has(place: Place) -> None:
    connection, tried = http.client.HTTPConnection("127.0.0.1", place.server.port), 0
    headers = {"Authorization": f"Bearer {place.mine.keys['owner']}", "Content-Type": "application/json"}

    def ask(operation: Operation, id: str) -> None:
        path = API + quote(operation.path.format(**mine | {operation.path_ids[-1]: id}))
        query = f"?{urlencode(operation.query)}" if operation.query else ""
        body = None if operation.body is None else json.dumps(operation.body)
        connection.request(operation.method.upper(), path + query, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404, operation.id

    for operation in OPERATIONS:
        if not operation.path_ids or operation.form:
            continue
        mine = right_ids(operation, place.mine)
        foreign = right_ids(operation, place.other)[operation.path_ids[-1]]
        unknown = foreign.translate(HEX)

        def both(operation: Operation = operation, foreign: str = foreign, unknown: str = unknown) -> float:
            return apart(partial(ask, operation, foreign), partial(ask, operation, unknown), 12)

        assert best_of(24, both, SAME) <= SAME, operation.id
        tried += 1
    connection.close()
    assert tried > 60


@pytest.mark.threat("I-02", "A-12")
async def test_another_workspaces_ids_in_bodies_queries_and_headers_are_not_found(place: Place) -> None:
    before, tried = await checksum(place.server, place.other), 0
    theirs = place.other.ids
    async with client(place.server, place.mine.keys["owner"]) as caller:
        for operation in OPERATIONS:
            ids = right_ids(operation, place.mine)
            for at in operation.body_ids:
                if at[-1] in FREE:
                    continue
                for scope in ("flow", "key", "user") if at[-1] == "scope_id" else ("",):
                    value = theirs[f"{scope}_id"] if scope else theirs.get(at[-1], theirs["agent_id"])
                    body = placed(operation.body, at, value)
                    if scope:
                        body["scope"] = scope
                    answer = await asked(caller, operation, ids, body=body)
                    tried += 1
                    assert answer.status_code in (404, 422), (
                        operation.id,
                        at,
                        answer.status_code,
                        answer.text,
                    )
            for name in operation.query_ids:
                if name in FREE:
                    continue
                answer = await asked(caller, operation, ids, query={name: theirs[name]})
                tried += 1
                if operation.method == "get" and answer.status_code == 200:  # a filter that nothing passes
                    assert not any(value in answer.text for value in theirs.values() if value != theirs[name])
                else:
                    assert answer.status_code in (404, 422), (operation.id, name, answer.text)
            if operation.places:
                place_there = {"Last-Event-ID": f"{theirs['execution_id']}:1"}
                answer = await asked(caller, operation, ids, headers=place_there)
                tried += 1
                assert answer.status_code in (400, 404), (operation.id, answer.text[:300])
            elsewhere = {"X-Workspace": place.other.workspace}
            answer = await asked(caller, operation, ids, headers=elsewhere)
            tried += 1
            assert answer.status_code == 404, (operation.id, answer.text)
        for node in (
            {"id": "s", "type": "subflow", "data": {"flow_id": theirs["flow_id"]}},
            {"id": "s", "type": "agent", "data": {"agent_id": theirs["agent_id"]}},
        ):
            graph = {
                "nodes": [{"id": "start", "type": "start"}, node, {"id": "end", "type": "end"}],
                "edges": [
                    {"id": "a", "source": "start", "target": "s"},
                    {"id": "b", "source": "s", "target": "end"},
                ],
            }
            answer = await caller.post("/agentflows", json={"name": "n", "graph_definition": graph})
            if answer.status_code == 201:  # a sub-flow may be stored before the flow that it names
                flow_id = answer.json()["id"]
                run = await caller.post(f"/agentflows/{flow_id}/execute", json={"input_data": {}})
                assert run.status_code in (404, 422) or run.json()["success"] is False, run.text
                assert (await caller.delete(f"/agentflows/{flow_id}")).status_code == 200
            else:
                assert answer.status_code in (404, 422), answer.text
    assert await checksum(place.server, place.other) == before
    assert tried > 120


@pytest.mark.threat("I-09")
async def test_every_role_is_kept_from_what_it_may_not(place: Place) -> None:
    for role, key in place.mine.keys.items():
        async with client(place.server, key) as caller:
            for operation in OPERATIONS:
                if operation.needs in permissions_of(role, place.mine.workspace):
                    continue
                answer = await asked(caller, operation, right_ids(operation, place.mine))
                assert answer.status_code == 403, (role, operation.id, answer.text)
                assert json.loads(answer.text)["code"] == "forbidden"


@pytest.mark.threat("I-01")
async def test_a_foreign_door_leads_into_no_other_workspace(place: Place) -> None:
    """Is the last one here: a session of this workspace has the name of the other's after it."""
    async with client(place.server, place.other.keys["owner"]) as caller:
        theirs = (await caller.get(f"/chatflows/{place.other.ids['chatflow_id']}")).json()
    door = {"Authorization": f"Bearer {place.other.keys['owner']}"}
    async with httpx.AsyncClient(base_url=place.server.url, headers=door) as caller:
        answer = await caller.post("/v1/responses", json={"model": theirs["slug"], "input": SECRET})
        response = answer.json()
        assert answer.status_code == 200, answer.text
    before = await checksum(place.server, place.other)
    door = {"Authorization": f"Bearer {place.mine.keys['runner']}"}
    async with httpx.AsyncClient(base_url=place.server.url, headers=door) as caller:
        listed = (await caller.get("/v1/models")).json()["data"]
        assert [model["id"] for model in listed] == ["chat-of-a"]
        body: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
        for name in (theirs["slug"], theirs["id"]):
            for answer in (
                await caller.get(f"/v1/models/{name}"),
                await caller.post("/v1/chat/completions", json={**body, "model": name}),
            ):
                assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
        named = {"metadata": {"session_id": place.other.ids["session_id"], "workspace_id": theirs["id"]}}
        mine = await caller.post("/v1/chat/completions", json={**body, "model": "chat-of-a", **named})
        assert mine.status_code == 200
        assert SECRET not in mine.text
        named["metadata"]["session_id"] = place.mine.ids["session_id"]  # the owner's, not this key's
        foreign = await caller.post("/v1/chat/completions", json={**body, "model": "chat-of-a", **named})
        assert foreign.status_code == 404
        id, talk = response["id"], response["conversation"]["id"]
        mine_too = {"model": "chat-of-a", "input": "Hello"}
        said = {"type": "message", "role": "user", "content": "Hello"}
        ui = {"id": "c", "messages": [{"role": "user", "parts": [{"type": "text", "text": "Hello"}]}]}
        agent = {"threadId": "c", "runId": "r", "messages": [{"id": "u", "role": "user", "content": "Hello"}]}
        thread, run = talk.removeprefix("conv_"), place.other.ids["execution_id"]
        found = await caller.post("/langgraph/threads/search", json={"ids": [thread]})
        assert found.json() == []
        listed = (await caller.post("/langgraph/assistants/search", json={})).json()
        assert theirs["slug"] not in [one["graph_id"] for one in listed]
        for method, path, sent in (
            ("GET", f"/v1/responses/{id}", None),
            ("GET", f"/v1/responses/{id}?stream=true", None),
            ("GET", f"/v1/responses/{id}/input_items", None),
            ("POST", f"/v1/responses/{id}/cancel", None),
            ("DELETE", f"/v1/responses/{id}", None),
            ("POST", "/v1/responses", {**mine_too, "model": theirs["slug"]}),
            ("POST", "/v1/responses", {**mine_too, "previous_response_id": id}),
            ("POST", "/v1/responses", {**mine_too, "conversation": talk}),
            ("GET", f"/v1/conversations/{talk}", None),
            ("GET", f"/v1/conversations/{talk}/items", None),
            ("POST", f"/v1/conversations/{talk}", {"metadata": {"a": "b"}}),
            ("POST", f"/v1/conversations/{talk}/items", {"items": [said]}),
            ("DELETE", f"/v1/conversations/{talk}/items/msg_1", None),
            ("DELETE", f"/v1/conversations/{talk}", None),
            ("POST", f"/ai-sdk/{theirs['slug']}", ui),
            ("GET", f"/ai-sdk/{theirs['slug']}/{talk}/stream", None),
            ("POST", f"/ai-sdk/{theirs['slug']}/{talk}/stop", None),
            ("POST", f"/ag-ui/{theirs['slug']}", agent),
            ("GET", f"/ag-ui/{theirs['slug']}/threads/{talk}/events", None),
            ("POST", f"/ag-ui/{theirs['slug']}/threads/{talk}/stop", None),
            ("GET", f"/langgraph/assistants/{theirs['slug']}", None),
            ("GET", f"/langgraph/assistants/{theirs['id']}/graph", None),
            ("GET", f"/langgraph/assistants/{theirs['id']}/schemas", None),
            ("GET", f"/langgraph/assistants/{theirs['id']}/subgraphs", None),
            ("GET", f"/langgraph/threads/{thread}", None),
            ("PATCH", f"/langgraph/threads/{thread}", {"metadata": {"a": "b"}}),
            ("DELETE", f"/langgraph/threads/{thread}", None),
            ("POST", f"/langgraph/threads/{thread}/copy", None),
            ("GET", f"/langgraph/threads/{thread}/state", None),
            ("POST", f"/langgraph/threads/{thread}/state", {"values": {"messages": []}}),
            ("POST", f"/langgraph/threads/{thread}/state/checkpoint", {}),
            ("GET", f"/langgraph/threads/{thread}/state/{run}", None),
            ("GET", f"/langgraph/threads/{thread}/history", None),
            ("POST", f"/langgraph/threads/{thread}/history", {}),
            ("GET", f"/langgraph/threads/{thread}/stream", None),
            ("GET", f"/langgraph/threads/{thread}/runs", None),
            *(
                (
                    "POST",
                    f"/langgraph/threads/{thread}/runs{way}",
                    {"assistant_id": "chat-of-a", "input": "x"},
                )
                for way in ("", "/wait", "/stream")
            ),
            *(
                (method, f"/langgraph/{where}runs/{run}{way}", None)
                for where in ("", f"threads/{thread}/")
                for method, way in (("GET", ""), ("GET", "/stream"), ("GET", "/join"))
            ),
            ("POST", f"/langgraph/threads/{thread}/runs/{run}/cancel", None),
            ("DELETE", f"/langgraph/threads/{thread}/runs/{run}", None),
            ("GET", "/langgraph/store/items?namespace=a&key=none", None),
        ):
            answer = await caller.request(method, path, json=sent)
            assert answer.status_code == 404, (method, path, answer.text)
            assert SECRET not in answer.text
        calls: list[tuple[str, dict[str, Any]]] = [
            (theirs["slug"], {"message": "Hello"}),
            ("execution_status", {"execution_id": run}),
            ("execution_respond", {"execution_id": run, "action": "approve"}),
        ]
        for name, arguments in calls:
            params = {"name": name, "arguments": arguments}
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            for path in ("/mcp", f"/mcp/{theirs['slug']}", "/mcp/chat-of-a"):
                answer = await caller.post(path, json=call)
                assert answer.json()["error"]["code"] == -32602, (path, answer.text)
                assert SECRET not in answer.text
        watcher = {"Authorization": f"Bearer {place.mine.keys['viewer']}"}
        assert (await caller.get("/v1/models", headers=watcher)).status_code == 403
    assert await checksum(place.server, place.other) == before
