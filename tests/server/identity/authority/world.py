"""Three new workspaces with people and keys on a server in this process, and requests to it."""

import json
import secrets
import time
import uuid
from random import Random
from typing import Any

from litestar import Litestar
from litestar.types import HTTPScope, Message
from sqlalchemy import Connection, Table, insert, select

from persistence.identity.api_keys import Keys
from persistence.identity.key_hash_comparison import hash_of
from persistence.storage.database import Database
from persistence.storage.tables.identity import (
    api_keys,
    connections,
    credentials,
    invitations,
    logins,
    members,
    users,
    workspace_variables,
    workspaces,
)
from persistence.storage.tables.library import embeds, flows, sessions
from server.runtime import Runtime
from tests.server.conftest import API
from tests.server.identity.authority.model import (
    FIRST,
    ROLES,
    VISITOR,
    Embed,
    Key,
    Login,
    Membership,
    Model,
    Person,
)
from tests.server.identity.authority.requests import scopes_of
from tests.server.identity.authority.resources import thing

ORIGIN = "https://shop.example"


class Answer:
    """What a request got."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.text = body.decode("utf-8", "replace")
        self.json: Any = json.loads(body) if body[:1] in (b"{", b"[") else None


async def ask(app: Litestar, method: str, address: str, headers: dict[str, str], body: Any = None) -> Answer:
    """Make a request of the app without a connection: many of them cost little."""
    content, media = b"", ""
    if isinstance(body, bytes):
        content, media = body, "multipart/form-data; boundary=x"
    elif body is not None:
        content, media = json.dumps(body).encode(), "application/json"
    sent = {"host": "127.0.0.1", "content-length": str(len(content)), **headers}
    if media:
        sent["content-type"] = media
    path, _, query = address.partition("?")
    scope: HTTPScope = {  # pyright: ignore[reportAssignmentType]  # the rest is added by Litestar
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": API + path,
        "raw_path": (API + path).encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }
    parts, status = list[bytes](), 0
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, send)  # pyright: ignore[reportArgumentType]  # plain functions will do
    return Answer(status, b"".join(parts))


def id_of(dice: Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


SESSION: dict[str, Any] = {
    **dict.fromkeys(("message_count", "total_tokens", "last_activity_at"), 0),
    "title": "",
    "memory": "{}",
    "status": "active",
}
Samples = dict[str, dict[str, Any]]
"""A row of each thing that a workspace holds, by the name of its table."""


async def samples(runtime: Runtime, app: Litestar, database: Database) -> Samples:
    """Make one of each through the API, and return their rows: worlds are furnished with copies of them."""
    _, key = await Keys(database).create(FIRST, "samples")
    made = {"authorization": f"Bearer {key}"}
    flow = await ask(app, "POST", "/chatflows", made, thing("flows", "sample"))
    embed = {"chatflow_id": flow.json["id"], "allowed_domains": [ORIGIN]}
    for path, body in (
        ("/embed", embed),
        ("/credentials", thing("secrets", "sample")),
        ("/connections", thing("connections", "sample")),
        ("/variables", thing("variables", "sample")),
    ):
        answer = await ask(app, "POST", path, made, body)
        assert answer.status in (200, 201), answer.text

    def work(connection: Connection) -> Samples:
        tables = (flows, embeds, credentials, connections, workspace_variables)
        return {
            table.name: dict(
                connection.execute(select(table).where(table.c.workspace == FIRST)).mappings().one()
            )
            for table in tables
        }

    return await database.read(work)


async def new_world(runtime: Runtime, database: Database, seed: int, sample: Samples) -> Model:
    """Store three workspaces with people of each role, logins and keys, and return the model of them.

    The first of them is now and then that of the operator, which can read the metrics.
    """
    dice, now = Random(seed), time.time()
    salt = uuid.uuid4().hex[:12]  # nothing of another world has these names
    model = Model([str(uuid.uuid4()) for _ in range(3)])
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("users", "members", "logins", "keys")}
    tokens = runtime.ready.identity.callers.tokens

    def person(name: str) -> str:
        one = Person(str(uuid.uuid4()), f"{name}-{salt}@example.com")
        model.people[one.id] = one
        rows["users"].append({"id": one.id, "email": one.email, "name": name, "created_at": now})
        return one.id

    def join(workspace: str, user: str, role: str, out_since: float | None = None) -> None:
        model.members[workspace, user] = Membership(role, out_since is not None)
        row = {"workspace": workspace, "user_id": user, "role": role, "created_at": now}
        rows["members"].append({**row, "disabled_at": out_since})

    def login(workspace: str, user: str) -> None:
        id = str(uuid.uuid4())
        rows["logins"].append(
            {"id": id, "user_id": user, "generation": 1, "created_at": now, "refreshed_at": now,
             "expires_at": now + 3600}
        )  # fmt: skip
        token, _ = tokens.access(user_id=user, workspace=workspace, login_id=id, seconds=3600)
        model.credentials.append(Login(user, workspace, token))

    def key(workspace: str, role: str, user: str | None, *, ended: str = "") -> None:
        secret, id, scopes = f"ar_{uuid.uuid4().hex}", str(uuid.uuid4()), scopes_of(dice)
        kept = None if scopes is None else json.dumps(scopes, separators=(",", ":"))
        rows["keys"].append(
            {"id": id, "workspace": workspace, "name": "k", "prefix": secret[:11],
             "key_hash": hash_of(secret), "created_at": now, "role": role,
             "last_used_at": now, "scopes": kept, "user_id": user,
             "revoked_at": now if ended == "revoked" else None,
             "expires_at": now - 1 if ended == "expired" else None}
        )  # fmt: skip
        model.credentials.append(Key(id, secret, workspace, role, scopes, user, bool(ended)))

    if dice.random() < 0.2:
        model.workspaces[0] = FIRST
    for place, workspace in enumerate(model.workspaces):
        here = [person(f"{role}{place}") for role in ("owner", "first", "second")]
        for user, role in zip(here, ["owner", dice.choice(ROLES), dice.choice(ROLES)], strict=True):
            join(workspace, user, role)
            login(workspace, user)
        key(workspace, "owner", here[dice.randrange(2)])
        key(workspace, "owner", None)
        key(workspace, dice.choice(ROLES), dice.choice([None, *here]))
    for out in (False, True):  # who left, and who is kept out, keep their keys and logins
        place = dice.choice(model.workspaces)
        former = person("out" if out else "left")
        if out:
            join(place, former, "owner", now)
        key(place, "owner", former)
        login(place, former)
    guest = dice.choice([*model.people])
    place = dice.choice(model.workspaces)
    if (place, guest) not in model.members:
        join(place, guest, dice.choice(ROLES))
    for ended in ("revoked", "expired"):
        key(dice.choice(model.workspaces), "owner", None, ended=ended)
    furniture: dict[Table, list[dict[str, Any]]] = {}

    def put(table: Table, workspace: str, **values: str | float | None) -> str:
        id = str(uuid.uuid4())
        row = {**sample.get(table.name, {}), "id": id, "workspace": workspace, "created_at": now, **values}
        furniture.setdefault(table, []).append(row)
        return id

    for workspace in model.workspaces:
        flow = put(flows, workspace, slug=f"s-{salt}")
        model.owned["flows"][flow] = workspace
        model.owned["secrets"][put(credentials, workspace)] = workspace
        model.owned["connections"][put(connections, workspace)] = workspace
        model.owned["variables"][put(workspace_variables, workspace)] = workspace
        if dice.random() < 0.7:
            token = f"emb_{secrets.token_urlsafe(24)}"
            put(embeds, workspace, flow_id=flow, token=token)
            model.embeds[flow] = Embed(token, True)
        if dice.random() < 0.5:
            user, role = dice.choice([*model.people]), dice.choice(ROLES)
            email = model.people[user].email
            id = put(invitations, workspace, email=email, role=role)
            model.invitations[id] = (workspace, email, role)
        for name, owner in (("old", None), ("own", dice.choice([*model.people])), ("seen", VISITOR)):
            put(sessions, workspace, name=f"{name}-{salt}", **SESSION, owner=owner)
            model.sessions[workspace, f"{name}-{salt}"] = owner or ""

    def work(connection: Connection) -> None:
        if FIRST in model.workspaces:  # whose rows of another world are in the way
            for table in (
                *(members, api_keys, invitations, flows, credentials, connections, embeds, sessions),
                workspace_variables,
            ):
                connection.execute(table.delete().where(table.c.workspace == FIRST))
        fresh = [{"id": id, "slug": id, "name": "W", "created_at": now} for id in model.workspaces]
        connection.execute(insert(workspaces), [row for row in fresh if row["id"] != FIRST])
        for table, name in ((users, "users"), (members, "members"), (logins, "logins"), (api_keys, "keys")):
            connection.execute(insert(table), rows[name])
        for table, some in furniture.items():
            connection.execute(insert(table), some)

    await database.write(work)
    return model


async def stored(database: Database, model: Model) -> dict[str, set[Any]]:
    """Return what the database holds of a world, in the shape of `Model.held`."""
    places = model.workspaces

    def work(connection: Connection) -> dict[str, Any]:
        def of(table: Any, *names: str, **whether: bool) -> set[tuple[Any, ...]]:
            columns = [*(table.c[name] for name in names), *(table.c[name].is_not(None) for name in whether)]
            wanted = select(*columns).where(table.c.workspace.in_(places))
            if "deleted_at" in table.c:
                wanted = wanted.where(table.c.deleted_at.is_(None))
            return {tuple(row) for row in connection.execute(wanted)}

        return {
            "members": of(members, "workspace", "user_id", "role", disabled_at=True),
            "keys": of(api_keys, "id", "workspace", "role", "scopes", "user_id"),
            "invitations": of(invitations, "id", "workspace", "email", "role"),
            "flows": of(flows, "id", "workspace"),
            "secrets": of(credentials, "id", "workspace"),
            "connections": of(connections, "id", "workspace"),
            "variables": of(workspace_variables, "id", "workspace"),
            "embeds": of(embeds, "flow_id", "token", "is_active"),
            "sessions": of(sessions, "workspace", "name", "owner"),
        }

    return await database.read(work)
