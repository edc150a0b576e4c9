"""Requests about what a workspace holds: flows, credentials, connections, embeds, sessions and visits."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from tests.server.identity.authority.model import VISITOR, Caller, Embed, Model
from tests.server.identity.authority.requests import FILE, FORM, Ask, fresh, owned, pick

HTTP = {"name": "http_request", "base_url": "https://api.example.com/", "methods": ["POST"]}
KINDS: dict[str, tuple[str, str, str, str]] = {
    "flows": ("/chatflows", "flows:read", "flows:write", "flows"),
    "secrets": ("/credentials", "credentials:read", "credentials:write", "credentials"),
    "variables": ("/variables", "variables:read", "variables:write", "variables"),
    "connections": ("/connections", "connections:read", "connections:write", "connections"),
}
"""Address, permission to read and to write, and the name of the list, by kind."""


def thing(kind: str, name: str) -> dict[str, Any]:
    """Return the body that makes something of a kind."""
    match kind:
        case "flows":
            return {"name": name, "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
        case "secrets":
            hosts = ["api.example.com"]
            return {"name": name, "kind": "bearer", "hosts": hosts, "secret": "not-so-secret-0123456789"}
        case "variables":
            return {"name": name.replace("-", "_"), "value": "eu"}
        case _:
            return {"name": name, "provider": "openai", "base_url": "https://api.example.com/v1"}


def create(model: Model, dice: Random) -> Ask:
    kind = pick(dice, [*KINDS])
    path, _, needs, _ = KINDS[kind]

    def after(who: Caller, answer: Any) -> None:
        model.owned[kind][answer["id"]] = who.workspace

    return Ask("POST", path, needs, lambda _who: 201, thing(kind, fresh(dice, kind)), after)


def read(model: Model, dice: Random) -> Ask:
    kind = pick(dice, [*KINDS])
    path, needs, _, _ = KINDS[kind]
    id = owned(model, dice, kind)
    return Ask("GET", f"{path}/{id}", needs, lambda who: model.here(kind, id, who))


def change(model: Model, dice: Random) -> Ask:
    kind = pick(dice, [*KINDS])
    path, _, needs, _ = KINDS[kind]
    id = owned(model, dice, kind)
    body: dict[str, Any] = {"name": fresh(dice, kind)}
    if kind == "variables":
        body = {"value": "us"}
    if kind == "secrets":
        body = {"hosts": ["evil.example"], "secret": "another-secret-0123456789"}
    return Ask("PUT", f"{path}/{id}", needs, lambda who: model.here(kind, id, who), body)


def remove(model: Model, dice: Random) -> Ask:
    kind = pick(dice, [*KINDS])
    path, _, needs, _ = KINDS[kind]
    id = owned(model, dice, kind)

    def after(_: Caller, __: Any) -> None:
        del model.owned[kind][id]

    return Ask("DELETE", f"{path}/{id}", needs, lambda who: model.here(kind, id, who), None, after)


def list_them(model: Model, dice: Random) -> Ask:
    kind = pick(dice, [*KINDS])
    path, needs, _, listed = KINDS[kind]
    query = "?page_size=100" if kind == "flows" else ""
    return Ask(
        "GET",
        path + query,
        needs,
        lambda _who: 200,
        shows=lambda who, answer: (
            {one["id"] for one in answer[listed]},
            model.in_workspace(kind, who.workspace),
        ),
    )


def look(_: Model, dice: Random) -> Ask:
    """Read what each permission of its own opens."""
    path, needs = pick(
        dice,
        [
            ("/audit?limit=1", "audit:read"),
            ("/budgets", "costs:read"),
            ("/metrics/json", "metrics:read"),
            ("/tools", "flows:read"),
            ("/executions?limit=1", "runs:read"),
            ("/inputs", "runs:read"),
        ],
    )
    return Ask("GET", path, needs, lambda _who: 200)


# Embeds


def put_embed(model: Model, dice: Random) -> Ask:
    flow, active = owned(model, dice, "flows"), dice.random() < 0.8

    def after(_: Caller, answer: Any) -> None:
        model.embeds[flow] = Embed(answer["embed_token"], active)

    body = {"chatflow_id": flow, "allowed_domains": ["https://shop.example"], "is_active": active}
    return Ask("POST", "/embed", "embeds:write", lambda who: model.here("flows", flow, who), body, after)


def _embed_rule(model: Model, flow: str, who: Caller) -> int:
    return 200 if flow in model.embeds and model.owned["flows"].get(flow) == who.workspace else 404


def read_embed(model: Model, dice: Random) -> Ask:
    flow = owned(model, dice, "flows")
    return Ask(
        "GET",
        f"/embed/{flow}",
        "embeds:read",
        lambda who: _embed_rule(model, flow, who),
        shows=lambda _who, answer: (answer["embed_token"], model.embeds[flow].token),
    )


def rotate_embed(model: Model, dice: Random) -> Ask:
    flow = owned(model, dice, "flows")

    def after(_: Caller, answer: Any) -> None:
        model.old_tokens.append(model.embeds[flow].token)
        model.embeds[flow].token = answer["embed_token"]

    path = f"/embed/{flow}/regenerate-token"
    return Ask("POST", path, "embeds:write", lambda who: _embed_rule(model, flow, who), None, after)


def delete_embed(model: Model, dice: Random) -> Ask:
    flow = owned(model, dice, "flows")

    def after(_: Caller, __: Any) -> None:
        model.old_tokens.append(model.embeds.pop(flow).token)

    return Ask(
        "DELETE", f"/embed/{flow}", "embeds:write", lambda who: _embed_rule(model, flow, who), None, after
    )


# Sessions


def _name(model: Model, dice: Random) -> str:
    return pick(dice, [*(name for _, name in model.sessions), "no-such-session"])


def _is_here(model: Model, name: str, who: Caller) -> bool:
    return (who.workspace, name) in model.sessions


def _seen(model: Model, name: str, who: Caller) -> int:
    return 200 if model.sees(who, name) else 404


def import_session(model: Model, dice: Random) -> Ask:
    def after(who: Caller, answer: Any) -> None:
        model.sessions[who.workspace, answer["session_id"]] = who.owner

    return Ask("POST", "/chatflow/sessions/import", "runs:start", lambda _who: 201, FORM % FILE, after)


def list_sessions(model: Model, _: Random) -> Ask:
    return Ask(
        "GET",
        "/chatflow/sessions?limit=100",
        "runs:read",
        lambda _who: 200,
        shows=lambda who, answer: (
            {one["id"] for one in answer["sessions"]},
            model.seen_sessions(who),
        ),
    )


def read_session(model: Model, dice: Random) -> Ask:
    name, part = _name(model, dice), pick(dice, ["", "/history", "/export", "/variables"])
    path = f"/chatflow/sessions/{name}{part}"
    near = partial(_is_here, model, name)
    return Ask("GET", path, "runs:read", partial(_seen, model, name), near=near)


def change_session(model: Model, dice: Random) -> Ask:
    name = _name(model, dice)
    method, part, body = pick(
        dice,
        [
            ("PUT", "/memory", {"strategy": "buffer"}),
            ("POST", "/clear", None),
            ("DELETE", "", None),
        ],
    )

    def after(who: Caller, _: Any) -> None:
        if method != "PUT":
            model.forget_session((who.workspace, name), cleared=method == "POST")

    path = f"/chatflow/sessions/{name}{part}"
    near = partial(_is_here, model, name)
    return Ask(method, path, "runs:start", partial(_seen, model, name), body, after, near)


def chat(model: Model, dice: Random) -> Ask:
    """Write into a session, now and then with a tool; seldom, since a run is dear."""
    name, tool = _name(model, dice), pick(dice, [None, None, HTTP, {**HTTP, "credential": "theirs"}])

    author = {"flows:write", "credentials:read"} if "credential" in (tool or {}) else {"flows:write"}
    needed = frozenset(author if tool is not None else ())

    def rule(who: Caller) -> int:
        if not needed <= who.may:
            return 403
        known = (who.workspace, name) in model.sessions
        mine = model.sees(who, name) and model.sessions[who.workspace, name] != VISITOR
        return 200 if not known or mine else 404

    def after(who: Caller, answer: Any) -> None:
        model.said(answer["execution_id"], (who.workspace, name), needed)
        owner = model.sessions.get((who.workspace, name), "")
        model.sessions[who.workspace, name] = owner or who.owner

    config = {"provider": "demo", "model": "demo", **({} if tool is None else {"tools": [tool]})}
    body = {"message": "Hi", "session_id": name, "config": config}
    return Ask("POST", "/chatflow/chat", "runs:start", rule, body, after, near=partial(_is_here, model, name))


def read_run(model: Model, dice: Random) -> Ask:
    run = pick(dice, [*model.runs, str(uuid.UUID(int=5))])
    place, name = model.runs.get(run, ("", ""))

    def rule(who: Caller) -> int:
        return 200 if place == who.workspace and model.sees(who, name) else 404

    method, part, needs = pick(dice, [("GET", "", "runs:read"), ("POST", "/cancel", "runs:start")])
    return Ask(method, f"/executions/{run}{part}", needs, rule, near=lambda who: place == who.workspace)


RESOURCES: dict[Callable[[Model, Random], Ask], int] = {
    create: 6,
    read: 4,
    change: 4,
    remove: 3,
    list_them: 4,
    look: 5,
    put_embed: 3,
    read_embed: 1,
    rotate_embed: 1,
    delete_embed: 1,
    import_session: 4,
    list_sessions: 2,
    read_session: 4,
    change_session: 5,
    chat: 2,
    read_run: 3,
}


# Visitors


@dataclass
class Visit:
    """What a visitor's browser asks."""

    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    after: Callable[[Any], None] = lambda _answer: None


def _token(model: Model, dice: Random) -> tuple[str, str]:
    """Return the token of an embed, and its chatflow; one that opens nothing has none."""
    living = [(one.token, flow) for flow, one in model.embeds.items()]
    return pick(
        dice, [*living, *living, *((token, "") for token in model.old_tokens), ("emb_" + "x" * 32, "")]
    )


def look_at_chat(model: Model, dice: Random) -> Visit:
    token, flow = _token(model, dice)
    shown = bool(flow) and model.embeds[flow].active and flow in model.owned["flows"]
    return Visit("GET", f"/embed/public/{token}/config", 200 if shown else 404)


def begin_visit(model: Model, dice: Random) -> Visit:
    token, flow = _token(model, dice)
    opened = bool(flow) and model.embeds[flow].active

    def after(answer: Any) -> None:
        model.visits.append((token, answer["session_id"]))

    return Visit("POST", f"/embed/public/{token}/session", 200 if opened else 404, {}, after)


def visit_again(model: Model, dice: Random) -> Visit:
    """Read a conversation with a session of this embed or of another, or with a member's credential."""
    token, flow = _token(model, dice)
    opened = bool(flow) and model.embeds[flow].active
    of, session = pick(dice, [*model.visits, ("", "vs_none")])
    status = (200 if of == token else 401) if opened else 404
    return Visit("GET", f"/embed/public/{token}/history", status, {"x-visitor-session": session})


def be_more(model: Model, dice: Random) -> Visit:
    """Use what opens a chat as if it opened the API."""
    token, _ = _token(model, dice)
    _, session = pick(dice, [*model.visits, ("", "vs_none")])
    path = pick(dice, ["/chatflows", "/chatflow/sessions", "/keys", "/users", "/auth/me"])
    return Visit("GET", path, 401, {"authorization": f"Bearer {pick(dice, [token, session])}"})


VISITS: dict[Callable[[Model, Random], Visit], int] = {
    look_at_chat: 3,
    begin_visit: 2,
    visit_again: 2,
    be_more: 1,
}
