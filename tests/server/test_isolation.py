"""Isolation: whatever id a request names, wherever it names it, another workspace's is not there.

The matrix is read off the OpenAPI document. An operation that is new is in it as soon as it is documented; a
parameter or a body that the tables below do not know fails the test that says so.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import Connection, text

from persistence.database import open_database
from persistence.tables import metadata
from server.openapi import document
from server.settings import Settings
from tests.conftest import new_database
from tests.server.conftest import API, Running, quick
from tests.server.two_workspaces import ROLES, Tenant, furnish

UNKNOWN = "0199d9c0-0000-7000-8000-000000000000"
MAY: dict[str, tuple[str, ...]] = {
    "flows:read": ROLES,
    "flows:write": ROLES[2:],
    "runs:read": ROLES,
    "runs:start": ROLES[1:],
    "costs:read": ROLES,
    "costs:write": ROLES[2:],
    "metrics:read": ROLES,
    "credentials:read": ROLES[2:],
    "credentials:write": ROLES[2:],
    "embeds:read": ROLES[2:],
    "embeds:write": ROLES[2:],
    "keys:read": ROLES[3:],
    "keys:write": ROLES[3:],
    "users:read": ROLES[3:],
    "users:write": ROLES[3:],
    "audit:read": ROLES[3:],
    "account": ROLES,
}
"""Which roles have a permission."""
KINDS: dict[str, dict[str, str]] = {
    "flow_id": {
        "/chatflows/": "chatflow",
        "/flows/chatflows/": "chatflow",
        "/agentflows/{flow_id}/agents": "team",
        "": "agentflow",
    },
    "workflow_id": {"/chatflow/": "chatflow", "/chat/": "chatflow", "": "agentflow"},
    "chatflow_id": {"": "chatflow"},
    "agent_id": {"": "agent"},
    "attached_id": {"": "attached"},
    "execution_id": {"": "execution"},
    "session_id": {"": "session"},
    "input_id": {"": "input"},
    "budget_id": {"": "budget"},
    "credential_id": {"": "credential"},
    "key_id": {"": "key"},
    "user_id": {"": "user"},
    "workspace_id": {"": "workspace"},
    "scope_id": {"": "agentflow"},
}
"""What an id is of, by its name and the beginning of the address."""
FREE = {
    "node_id": "a label of the caller's own",
    "id": "a name within the flow that the address names",
}
"""Fields that end like ids and lead nowhere."""
BODIES: dict[str, Any] = {
    "chat": {"message": "m"},
    "chatStream": {"message": "m"},
    "chatWithFlow": {"message": "m"},
    "chatWithFlowStream": {"message": "m"},
    "chatWithChatflow": {"message": "m"},
    "sendMessage": {"message": "m"},
    "checkConnection": {"provider": "demo"},
    "createChatflow": {"name": "n"},
    "createAgentflow": {"name": "n"},
    "createAgent": {"name": "n"},
    "attachAgent": {"name": "n"},
    "createBudget": {"name": "n", "scope": "flow", "period": "day", "unit": "tokens", "amount": 1},
    "putEmbed": {},
    "createCredential": {"name": "n", "kind": "bearer", "hosts": ["a.example.com"], "secret": "s"},
    "setPricing": {"provider": "p", "model": "m", "input_price_per_1k": 1, "output_price_per_1k": 1},
    "recordCost": {"provider": "p", "model": "m", "input_tokens": 1, "output_tokens": 1},
    "respondToInput": {"action": "approve"},
    "setSessionMemory": {"strategy": "buffer"},
}
"""The least body of operations that need one, without the ids of what it is about."""
NAMED = {"createBudget": "scope_id", "putEmbed": "chatflow_id"}
"""The id that such a body needs."""
QUERIES: dict[str, dict[str, str]] = {
    "chatEventSource": {"message": "m"},
    "chatWithFlowEventSource": {"message": "m"},
    "estimateCost": {"provider": "demo", "model": "demo"},
    "getMessages": {"session_id": "own"},
}
"""The least query of operations that need one."""


class Operation(msgspec.Struct, frozen=True):
    """An operation of the document that needs a caller."""

    id: str
    method: str
    path: str
    needs: str
    path_ids: tuple[str, ...]
    query_ids: tuple[str, ...]
    body_ids: tuple[str, ...]
    body_required: bool
    form: bool
    streams: bool


def operations() -> list[Operation]:
    """Return every operation that is not open to all."""
    described = json.loads(document())
    schemas = described["components"]["schemas"]
    found: list[Operation] = []
    for path, item in described["paths"].items():
        for method, each in item.items():
            if each.get("security") == []:
                continue
            content = each.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            query = [one["name"] for one in each.get("parameters", []) if one["in"] == "query"]
            found.append(
                Operation(
                    id=each["operationId"],
                    method=method.upper(),
                    path=path.removeprefix(API),
                    needs=each["x-permission"],
                    path_ids=tuple(re.findall(r"{(\w+)}", path)),
                    query_ids=tuple(name for name in query if name.endswith("id")),
                    body_ids=tuple(
                        name
                        for name in schema.get("properties", {})
                        if (name == "id" or name.endswith("_id")) and name not in FREE
                    ),
                    body_required=bool(schema.get("required")),
                    form="multipart/form-data" in content,
                    streams="text/event-stream" in each["responses"].get("200", {}).get("content", {}),
                )
            )
    return found


OPERATIONS = operations()


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, Tenant, Tenant]]:
    """A server, the workspace that asks, and the one that is not to be seen."""
    folder = tmp_path_factory.mktemp("isolation")
    settings = quick(new_database("sqlite", request, folder), folder)
    server = Running(settings).start()
    address = server.url + API
    try:
        ours = asyncio.run(furnish(settings, address, "default", "ours"))
        theirs = asyncio.run(furnish(settings, address, "others", "THEIRS"))
        yield server, ours, theirs
    finally:
        server.stop()


def kind_of(operation: Operation, name: str) -> str:
    """Return what an id is of."""
    known = KINDS[name]
    fits = [start for start in known if operation.path.startswith(start)]
    return known[max(fits, key=len)]


def request_of(
    operation: Operation,
    tenant: Tenant,
    *,
    path_ids: dict[str, str] | None = None,
    query_ids: dict[str, str] | None = None,
    body_ids: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return a request with the tenant's own things, but for those that are given."""
    path = operation.path
    for name in operation.path_ids:
        path = path.replace(f"{{{name}}}", (path_ids or {}).get(name) or tenant.ids[kind_of(operation, name)])
    query = {**QUERIES.get(operation.id, {}), **(query_ids or {})}
    asked: dict[str, Any] = {"method": operation.method, "url": path, "params": query}
    if operation.form:
        asked["files"] = {"file": ("f.json", b"{}", "application/json")}
    elif operation.method in ("POST", "PUT", "PATCH"):
        body = {**BODIES.get(operation.id, {}), **(body_ids or {})}
        if needed := NAMED.get(operation.id):
            body.setdefault(needed, tenant.ids[kind_of(operation, needed)])
        asked["json"] = body
    return asked


async def ask(server: Running, key: str, asked: dict[str, Any], **headers: str) -> tuple[int, str]:
    """Send a request; return the status and what was answered, of a stream its beginning."""
    async with (
        httpx.AsyncClient(
            base_url=server.url + API, headers={"Authorization": f"Bearer {key}", **headers}, timeout=60
        ) as client,
        client.stream(**asked) as answer,
    ):
        return answer.status_code, (await answer.aread()).decode()


async def stored(settings: Settings, workspace: str) -> dict[str, list[Any]]:
    """Return all rows of a workspace, but when its keys were used last."""

    def work(connection: Connection) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {}
        for table in metadata.sorted_tables:
            if "workspace" not in table.c:
                continue
            names = ", ".join(name for name in table.c.keys() if name != "last_used_at")  # noqa: SIM118
            found = connection.execute(
                text(f"SELECT {names} FROM {table.name} WHERE workspace = :workspace"),
                {"workspace": workspace},
            )
            rows[table.name] = sorted(repr(tuple(row)) for row in found)
        return rows

    async with open_database(settings.database) as database:
        return await database.read(work)


def test_the_matrix_knows_every_operation() -> None:
    assert len(OPERATIONS) > 80
    for operation in OPERATIONS:
        assert operation.needs in MAY, operation
        for name in (*operation.path_ids, *operation.query_ids, *operation.body_ids):
            assert name in KINDS or name in FREE, f"{operation.id} has '{name}': say in KINDS what it is of"
        if operation.body_required and not operation.form:
            assert operation.id in BODIES, f"{operation.id} needs a body: say in BODIES which is the least"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_ids_of_another_workspace_are_not_there(
    house: tuple[Running, Tenant, Tenant], operation: Operation
) -> None:
    server, ours, theirs = house
    key = ours.keys["owner"]
    before = await stored(server.settings, theirs.workspace)
    for name in operation.path_ids:
        foreign = theirs.ids[kind_of(operation, name)]
        status, said = await ask(server, key, request_of(operation, ours, path_ids={name: foreign}))
        assert status == 404, f"{operation.method} {operation.path} with a foreign {name}: {status} {said}"
        unknown = "nobody-has-this" if kind_of(operation, name) == "session" else UNKNOWN
        status, same = await ask(server, key, request_of(operation, ours, path_ids={name: unknown}))
        assert (status, same.replace(unknown, foreign)) == (404, said), "as one that nobody has"
    for name in operation.body_ids:
        # A session's name is each workspace's own to use; theirs of this name must not be seen.
        foreign = theirs.ids["other session" if name == "session_id" else kind_of(operation, name)]
        status, said = await ask(server, key, request_of(operation, ours, body_ids={name: foreign}))
        if name == "session_id":
            assert status < 300, said
        elif name == "workflow_id" and operation.path_ids:
            assert status == 422, "it differs from the address"
        else:
            assert status == 404, f"{operation.id} with a foreign {name} in its body: {status} {said}"
        assert not leaks(theirs, said.replace(foreign, "")), said
    for name in operation.query_ids:
        foreign = theirs.ids["other session" if name == "session_id" else kind_of(operation, name)]
        status, said = await ask(server, key, request_of(operation, ours, query_ids={name: foreign}))
        assert status in (200, 404), f"{operation.id} with a foreign {name} in its query: {status} {said}"
        assert not leaks(theirs, said.replace(foreign, "")), said
    if operation.streams:
        place = f"{theirs.ids['execution']}:1"
        own_place = operation.id in {"followExecution", "streamExecution"}  # there the address says whose
        if not own_place:
            status, said = await ask(server, key, request_of(operation, ours), **{"Last-Event-ID": place})
            assert status == 404, f"{operation.id} goes on with a foreign run: {status} {said}"
    assert await stored(server.settings, theirs.workspace) == before


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.method == "GET" and not each.path_ids and not each.streams],
    ids=lambda operation: operation.id,
)
async def test_lists_and_sums_tell_of_ones_own_workspace_alone(
    house: tuple[Running, Tenant, Tenant], operation: Operation
) -> None:
    server, ours, theirs = house
    status, said = await ask(server, ours.keys["owner"], request_of(operation, ours))
    assert status in (200, 404), said
    assert not leaks(theirs, said.replace(theirs.ids["other session"], "")), said


def leaks(tenant: Tenant, said: str) -> list[str]:
    """Return what of a workspace is in a text."""
    words = [*tenant.ids.values(), tenant.workspace, *tenant.keys.values(), tenant.mark]
    return [word for word in words if word in said]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_a_role_that_may_not_is_refused_before_anything_is_looked_at(
    house: tuple[Running, Tenant, Tenant], operation: Operation
) -> None:
    server, ours, theirs = house
    for role in ROLES:
        if role in MAY[operation.needs]:
            continue
        for tenant in (ours, theirs):
            status, said = await ask(server, ours.keys[role], request_of(operation, tenant))
            assert status == 403, f"{role} {operation.method} {operation.path}: {status} {said}"
            assert operation.needs in json.loads(said)["detail"]


async def test_the_header_cannot_name_a_workspace_that_one_is_not_in(
    house: tuple[Running, Tenant, Tenant],
) -> None:
    server, ours, theirs = house
    for operation in OPERATIONS:
        if operation.method != "GET" or operation.streams:
            continue
        asked = request_of(operation, theirs)
        status, said = await ask(server, ours.keys["owner"], asked, **{"X-Workspace": theirs.workspace})
        assert status in (401, 403, 404), f"{operation.id}: {status} {said}"


async def test_sessions_of_one_name_are_two_conversations(house: tuple[Running, Tenant, Tenant]) -> None:
    server, ours, theirs = house
    asked = {"method": "GET", "url": "/chatflow/sessions/the-same-name/history"}
    status, said = await ask(server, ours.keys["owner"], asked)
    assert status == 200
    assert "ours secret" in said
    assert "THEIRS" not in said
    status, said = await ask(server, theirs.keys["owner"], asked)
    assert "THEIRS secret" in said
    assert "ours secret" not in said


async def test_one_idempotency_key_is_two_in_two_workspaces(house: tuple[Running, Tenant, Tenant]) -> None:
    server, ours, theirs = house
    said: list[str] = []
    for tenant in (ours, theirs):
        body = {"message": "the same", "config": {"provider": "demo", "model": "demo"}}
        asked = {"method": "POST", "url": "/chatflow/chat", "json": body}
        status, text = await ask(server, tenant.keys["owner"], asked, **{"Idempotency-Key": "one"})
        assert status == 200
        said.append(json.loads(text)["execution_id"])
    assert said[0] != said[1]
