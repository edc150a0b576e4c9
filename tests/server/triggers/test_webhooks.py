"""Webhooks over HTTP: signatures of each style, inputs, repetitions, answers, rights, rotation and logs."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key, parse_frames

INPUTS = [
    {"name": "topic", "required": True},
    {"name": "words", "type": "integer", "default": 10},
    {"name": "when", "type": "date"},
    {"name": "paper", "type": "file"},
]


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running, await make_key(running.settings, "default")) as client:
        yield client


@pytest.fixture
async def stranger(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    async with httpx.AsyncClient(timeout=30) as stranger:
        yield stranger


async def flow(client: httpx.AsyncClient, inputs: Any = None) -> str:
    nodes = [
        {"id": "s", "type": "start", "data": {"inputs": inputs or []}},
        {"id": "e", "type": "end", "data": {"output": "{{ input }}"}},
    ]
    edges = [{"id": "a", "source": "s", "target": "e"}]
    body = {"name": "Hooked", "graph_definition": {"nodes": nodes, "edges": edges}}
    answer = await client.post("/agentflows", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def made(client: httpx.AsyncClient, flow_id: str, style: str = "token", **more: Any) -> Any:
    answer = await client.post("/webhooks", json={"flow_id": flow_id, "style": style, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def proof(hook: Any, body: bytes, *, at: float | None = None, secret: str = "") -> dict[str, str]:
    """Return the headers that a service of the hook's style sends, computed as its documentation says."""
    secret = secret or hook["secret"]
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    match hook["style"]:
        case "token":
            return {"X-Webhook-Token": secret}
        case "hmac":
            return {"X-Signature": digest}
        case "github":
            return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "push"}
        case "slack":
            base = b"v0:" + stamp.encode() + b":" + body
            signed = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
            return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}
        case _:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            signed = hmac.new(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
            return {
                "webhook-id": "msg_1",
                "webhook-timestamp": stamp,
                "webhook-signature": "v1,bm9uZQ== v1," + base64.b64encode(signed).decode(),
            }


async def call(
    stranger: httpx.AsyncClient, hook: Any, body: Any, headers: dict[str, str] | None = None, query: str = ""
) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(proof(hook, raw) if headers is None else headers)}
    return await stranger.post(hook["url"] + query, content=raw, headers=sent)


async def calls(client: httpx.AsyncClient, hook: Any, count: int) -> list[Any]:
    """Return the log of a hook when it has so many calls: they are written a little later."""
    deadline = time.monotonic() + 30
    while True:
        found = (await client.get(f"/webhooks/{hook['id']}/calls")).json()["calls"]
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


@pytest.mark.threat("A-16")
@pytest.mark.parametrize("style", ["token", "hmac", "github", "slack", "standard"])
async def test_a_call_starts_a_run_only_if_it_proves_the_secret(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, style: str
) -> None:
    secret = {"secret": "8f742231b10e8888abcd99yyyzzz85a5"} if style == "slack" else {}
    hook = await made(client, await flow(client), style, **secret)
    body = b'{"topic": "otters"}'
    answer = await call(stranger, hook, body)
    assert answer.status_code == 202, answer.text
    run = answer.json()["execution_id"]
    assert answer.headers["location"] == f"/api/agent-builder/executions/{run}"
    assert (await client.get(f"/executions/{run}")).json()["input_data"] == {"topic": "otters"}
    refused = [
        await call(stranger, hook, body, {}),
        await call(stranger, hook, body, proof(hook, body, secret=base64.b64encode(b"x" * 24).decode())),
    ]
    if style != "token":
        refused.append(await call(stranger, hook, b'{"topic": "eels"}', proof(hook, body)))
    if style in ("slack", "standard"):
        late, early = (proof(hook, body, at=time.time() + off) for off in (-301, 302))
        refused += [await call(stranger, hook, body, late), await call(stranger, hook, body, early)]
        assert (await call(stranger, hook, body, proof(hook, body, at=time.time() - 250))).status_code < 300
    for each in refused:
        assert (each.status_code, each.json()["code"]) == (401, "bad_signature"), each.text
    log = await calls(client, hook, len(refused) + 1)
    assert {each["outcome"] for each in log} >= {"started", "refused"}
    assert sum(each["status"] == 401 for each in log) == len(refused)
    # The secret is shown once, and is nowhere in what is read later.
    assert hook["secret"] not in (await client.get(f"/webhooks/{hook['id']}")).text
    unknown = hook | {"url": hook["url"][:-4] + "AAAA"}
    assert (await call(stranger, unknown, body, proof(hook, body))).status_code == 404


@pytest.mark.threat("D-17")
async def test_many_templates_cannot_make_a_huge_input_of_one_call(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    templates = {f"field{number}": "{{ webhook.body }}" for number in range(1_500)}
    hook = await made(client, await flow(client), input=templates)
    answer = await call(stranger, hook, {"text": "x" * 900_000})
    assert (answer.status_code, "characters together" in answer.text) == (422, True), answer.text
    assert (await call(stranger, hook, {"text": "x"})).status_code == 202


async def test_body_and_query_are_checked_against_the_start_node(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    hook = await made(client, await flow(client, INPUTS), answer="sync")
    answer = await call(stranger, hook, {"topic": "otters"}, query="?words=7")
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.json()["output"]) == {"topic": "otters", "words": 7}
    for body, query, place in (
        ({}, "", {"pointer": "/topic"}),
        ({"topic": 3}, "", {"pointer": "/topic"}),
        ({"topic": "x"}, "?words=many", {"parameter": "words"}),
        ({"topic": "x", "when": "soon"}, "", {"pointer": "/when"}),
        ({"topic": "x", "other": 1}, "", {"pointer": "/other"}),
        ({"topic": "x"}, "?topic=y", {"parameter": "topic"}),
        ({"topic": "x"}, "?words=1&words=2", {"parameter": "words"}),
        (
            {"topic": "x", "paper": {"type": "file", "id": "a", "name": "n", "size": 1}},
            "",
            {"pointer": "/paper"},
        ),
    ):
        answer = await call(stranger, hook, body, query=query)
        assert answer.status_code == 422, answer.text
        assert place.items() <= answer.json()["errors"][0].items(), answer.text
    headers = proof(hook, b"")
    form = {"content-type": "application/x-www-form-urlencoded", **headers}
    answer = await stranger.post(hook["url"], content=b"topic=sea+otters", headers=form)
    assert json.loads(answer.json()["output"])["topic"] == "sea otters", answer.text
    for content, kind, status in (
        (b"<x/>", "text/xml", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"' + b"x" * 1_000_001 + b'"', "application/json", 413),
    ):
        sent = {"content-type": kind, **headers}
        answer = await stranger.post(hook["url"], content=content, headers=sent)
        assert answer.status_code == status, answer.text


async def test_text_is_read_by_templates_and_a_command_of_slack_gets_an_empty_answer(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    chosen = {"text": "{{ webhook.body }}", "note": "{{ parse_json(webhook.body, 0) }}"}
    hook = await made(client, await flow(client), answer="sync", input=chosen)
    for kind, content, text, note in (
        ("text/plain; charset=UTF-8", b'{"Subject": "Alarm"}', '{"Subject": "Alarm"}', {"Subject": "Alarm"}),
        ("application/xml", "<a>é</a>".encode(), "<a>é</a>", 0),
    ):
        sent = {"content-type": kind, **proof(hook, content)}
        answer = await stranger.post(hook["url"], content=content, headers=sent)
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.json()["output"]) == {"text": text, "note": note}
    for kind, content, status in (("text/plain", b"\xff", 400), ("image/png", b"x", 415)):
        sent = {"content-type": kind, **proof(hook, content)}
        assert (await stranger.post(hook["url"], content=content, headers=sent)).status_code == status
    signed = await made(client, await flow(client), style="hmac", header="X-Shop-Hmac", answer="sync")
    digest = hmac.digest(signed["secret"].encode(), b"{}", hashlib.sha256)
    sent = {"content-type": "application/json", "X-SHOP-HMAC": base64.b64encode(digest).decode()}
    assert (await stranger.post(signed["url"], content=b"{}", headers=sent)).status_code == 200
    slack = await made(client, await flow(client), style="slack", secret="8f742231b10e8888abcd99")
    form = b"command=%2Fweather&text=94070&trigger_id=1.2.3"
    sent = {"content-type": "application/x-www-form-urlencoded", **proof(slack, form)}
    answer = await stranger.post(slack["url"], content=form, headers=sent)
    assert (answer.status_code, answer.content) == (200, b""), answer.text
    run = await client.get(answer.headers["location"].removeprefix("/api/agent-builder"))
    assert run.json()["input_data"]["text"] == "94070"
    check = b"ssl_check=1&token=x"
    sent = {"content-type": "application/x-www-form-urlencoded", **proof(slack, check)}
    assert (await stranger.post(slack["url"], content=check, headers=sent)).json()["status"] == "ignored"


async def test_templates_choose_the_input_and_see_no_secret(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    chosen = {
        "repository": "{{ webhook.body.repository.name }}",
        "all": "{{ webhook.headers }}",
        "page": "{{ webhook.query.page }}",
    }
    hook = await made(client, await flow(client), "github", answer="sync", input=chosen)
    body = {"repository": {"name": "otters", "stars": 3}}
    answer = await call(stranger, hook, body, query="?page=2")
    output = json.loads(answer.json()["output"])
    assert (output["repository"], output["page"]) == ("otters", "2"), answer.text
    assert output["all"]["x-github-event"] == "push"
    assert "x-hub-signature-256" not in output["all"]
    form = b"payload=" + b"%7B%22repository%22%3A%7B%22name%22%3A%22eels%22%7D%7D"
    sent = {**proof(hook, form), "content-type": "application/x-www-form-urlencoded"}
    answer = await stranger.post(hook["url"] + "?page=1", content=form, headers=sent)
    assert json.loads(answer.json()["output"])["repository"] == "eels", answer.text
    ping = {**proof(hook, b"{}"), "X-GitHub-Event": "ping"}
    assert (await call(stranger, hook, b"{}", ping)).json()["execution_id"] is None
    refused = await client.post(
        "/webhooks", json={"flow_id": hook["flow_id"], "style": "token", "input": {"x": "{{ secret }}"}}
    )
    assert refused.json()["errors"][0]["pointer"] == "/input", refused.text


@pytest.mark.threat("A-17")
async def test_a_delivery_that_is_repeated_starts_no_second_run(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    flow_id = await flow(client)
    named = await made(client, flow_id, "hmac", delivery_header="X-Event-Id")
    github = await made(client, flow_id, "github")
    slack = await made(client, flow_id, "slack", secret="8f742231b10e8888abcd99yyyzzz85a5")
    for hook, header in ((named, "X-Event-Id"), (github, "X-GitHub-Delivery"), (slack, "")):
        body = json.dumps({"event_id": "Ev1", "n": hook["id"]}).encode()
        headers = proof(hook, body) | ({header: "one"} if header else {})
        several = await asyncio.gather(*(call(stranger, hook, body, headers) for _ in range(4)))
        assert {each.status_code for each in several} == {202}, several[0].text
        assert len({each.json()["execution_id"] for each in several}) == 1
        assert sum("idempotent-replayed" in each.headers for each in several) == 3
    other = json.dumps({"n": "other"}).encode()
    answer = await call(stranger, github, other, proof(github, other) | {"X-GitHub-Delivery": "one"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")
    log = await calls(client, github, 5)
    assert sorted(each["outcome"] for each in log) == ["refused", *["repeated"] * 3, "started"]
    assert {each["delivery"] for each in log} == {"one"}
    # Slack looks whether the URL is there.
    challenge = b'{"type": "url_verification", "challenge": "3eZbrw1a"}'
    assert (await call(stranger, slack, challenge)).json()["challenge"] == "3eZbrw1a"
    assert (await call(stranger, slack, challenge, {})).status_code == 401
    # What names no event is known by its signature: a record of it starts nothing, whatever its query says.
    form = b"command=%2Fweather&text=94070"
    sent = {"content-type": "application/x-www-form-urlencoded", **proof(slack, form)}
    queries = ("", "", "?a=1")
    records = [await stranger.post(slack["url"] + query, content=form, headers=sent) for query in queries]
    assert [each.status_code for each in records] == [200, 200, 422], records[-1].text
    assert records[0].headers["location"] == records[1].headers["location"]


@pytest.mark.threat("A-16")
async def test_calls_without_proof_push_no_other_out_of_the_list(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    server = start(msgspec.structs.replace(settings, webhook_calls_kept=3))
    async with connect(server, key) as client, httpx.AsyncClient(timeout=30) as stranger:
        hook = await made(client, await flow(client))
        assert (await call(stranger, hook, {"a": 1})).status_code == 202
        assert (await call(stranger, hook, b"[]")).status_code == 422
        for _ in range(20):
            assert (await call(stranger, hook, {}, {})).status_code == 401
        await calls(client, hook, 5)
        await asyncio.sleep(0.3)  # what would be too much is written by then
        log = await calls(client, hook, 5)
        assert sorted(each["status"] for each in log) == [202, 401, 401, 401, 422]
        refused = 'agenticrag_webhook_calls_total{outcome="refused"} 21'
        assert refused in (await client.get("/metrics/prometheus")).text


async def test_a_chat_is_answered_whole_or_streamed_in_sessions_of_the_webhook(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    demo = {"name": "c", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
    flow_id = (await client.post("/chatflows", json=demo)).json()["id"]
    hook = await made(client, flow_id, answer="sync")
    mine = {"message": "Hello from me", "session_id": "shared"}
    assert (await client.post(f"/flows/chatflows/{flow_id}/chat", json=mine)).status_code == 200
    answers = [
        (await call(stranger, hook, {"message": "Hello", "session_id": "shared"})).json() for _ in range(2)
    ]
    assert [each["message_count"] for each in answers] == [2, 4], answers
    assert answers[0]["session_id"] == f"webhook-{hook['id']}-shared"
    # Nobody else makes such a session before the webhook does, to read what its callers say.
    first = f"webhook-{hook['id']}-next"
    for body in ({**mine, "session_id": first}, {**mine, "session_id": first.replace("next", "")}):
        assert (await client.post(f"/flows/chatflows/{flow_id}/chat", json=body)).status_code == 404
    branch = await client.post("/chatflow/sessions/shared/branch", json={"session_id": first})
    assert branch.status_code == 409, branch.text
    again = {"message": "Hello", "session_id": answers[0]["session_id"]}
    assert (await call(stranger, hook, again)).json()["message_count"] == 6
    for field in ("config", "edits", "workflow_id", "limits"):
        answer = await call(stranger, hook, {"message": "Hello", field: {}})
        assert answer.json()["errors"][0]["pointer"] == f"/{field}", answer.text
    changed = await client.put(f"/webhooks/{hook['id']}", json={"answer": "stream"})
    assert changed.status_code == 200, changed.text
    streamed = await call(stranger, hook, {"message": "Hello"})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert [each.event for each in parse_frames(streamed.text)][-1] == "done"


@pytest.mark.threat("A-18")
async def test_a_rotated_secret_is_valid_as_long_as_was_said(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    hook = await made(client, await flow(client), "hmac")
    rotated = (await client.post(f"/webhooks/{hook['id']}/rotate", json={"keep_hours": 1})).json()
    assert rotated["old_secret_until"] is not None
    assert (await call(stranger, hook, b"{}")).status_code == 202
    assert (await call(stranger, hook | {"secret": rotated["secret"]}, b"{}")).status_code == 202
    last = (await client.post(f"/webhooks/{hook['id']}/rotate", json={"keep_hours": 0})).json()
    for secret, status in ((hook, 401), (rotated, 401), (last, 202)):
        assert (await call(stranger, hook | {"secret": secret["secret"]}, b"{}")).status_code == status
    short = await client.post(f"/webhooks/{hook['id']}/rotate", json={"secret": "short"})
    assert short.json()["errors"][0]["pointer"] == "/secret"


@pytest.mark.threat("A-14")
async def test_a_webhook_is_paused_when_its_maker_may_not_run_flows_any_more(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, running: Running
) -> None:
    flow_id = await flow(client)
    async with open_database(running.settings.database) as database:
        keys = Keys(database)
        row, theirs = await keys.create("default", "theirs", role="editor")
        _, writer = await keys.create("default", "writer", role="editor", scopes=["webhooks:write"])
        async with connect(running, theirs) as other:
            hook = await made(other, flow_id)
        assert (await call(stranger, hook, b"{}")).status_code == 202
        async with connect(running, writer) as other:
            lacks = await other.post("/webhooks", json={"flow_id": flow_id, "style": "token"})
            assert (lacks.status_code, "runs:start" in lacks.text) == (403, True)
        await keys.revoke("default", row.id)
    await asyncio.sleep(0.1)  # callers are remembered for a moment
    answer = await call(stranger, hook, b"{}")
    assert (answer.status_code, answer.json()["code"]) == (409, "paused")
    found = (await client.get(f"/webhooks/{hook['id']}")).json()
    assert not found["enabled"]
    assert "'theirs' has no access" in found["stopped"]
    audit = (await client.get("/audit", params={"target": hook["id"]})).json()["entries"]
    assert {"pauseWebhook", "callWebhook", "createWebhook"} <= {each["action"] for each in audit}
    taken = (await client.put(f"/webhooks/{hook['id']}", json={"enabled": True})).json()
    assert (taken["made_by"], taken["stopped"]) == ("test", "")
    assert (await call(stranger, hook, b"{}")).status_code == 202
    text = (await client.get("/metrics/prometheus")).text
    assert 'agenticrag_webhook_calls_total{outcome="started"}' in text
    assert (await client.delete(f"/webhooks/{hook['id']}")).json()["deleted"]
    assert (await call(stranger, hook, b"{}")).status_code == 404
