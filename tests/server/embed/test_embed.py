"""Embedded chats over HTTP: what owners set, and what visitors get, may, and may not."""

import asyncio
import contextlib
import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.routes.embed_pages import FILES
from tests.conftest import new_database
from tests.server.conftest import API, DEMO, Frame, Running, parse_frames, quick
from tests.server.embedding import (
    NODE,
    PROMPT,
    SECRET,
    SITE,
    Owner,
    asking,
    chain,
    owner_of,
    session_of,
)

CANARIES = (PROMPT, NODE, SECRET)


async def streamed(
    visitor: httpx.AsyncClient, message: str, headers: dict[str, str] | None = None
) -> list[Frame]:
    answer = await visitor.post("/chat/stream", json={"message": message}, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return parse_frames(answer.text)


def told(frames: list[Frame]) -> list[str]:
    """Return the kinds of frames beside the answer's pieces."""
    return [frame.event for frame in frames if frame.event != "content"]


async def waiting(visitor: httpx.AsyncClient) -> dict[str, Any]:
    """Send a message whose run comes to wait; return the answer so far."""
    answer = (await visitor.post("/chat", json={"message": "Hello"})).json()
    assert answer["status"] == "waiting", answer
    return answer


async def test_an_embed_has_the_defaults_of_the_contract_and_one_token(owner: Owner) -> None:
    flow_id = await owner.flow()
    made = (await owner.client.post("/embed", json={"chatflow_id": flow_id})).json()
    assert made["embed_token"].startswith("emb_")
    assert {name: made[name] for name in ("theme", "primary_color", "position", "rate_limit_per_ip")} == {
        "theme": "light",
        "primary_color": "#6366f1",
        "position": "bottom-right",
        "rate_limit_per_ip": 100,
    }
    assert (made["show_branding"], made["allowed_domains"], made["is_active"]) == (True, [], True)
    assert made["embed_url"] == f"{owner.url}{API}/embed/widget/{made['embed_token']}"
    assert f'data-token="{made["embed_token"]}"' in made["script_tag"]
    changed = await owner.embed(flow_id, theme="dark", custom_css=".message { color: red; position: fixed }")
    assert changed["embed_token"] == made["embed_token"]
    assert changed["custom_css"] == ".message { color: red }"
    assert "position" in changed["warnings"][0]
    read = (await owner.client.get(f"/embed/{flow_id}")).json()
    assert {**read, "warnings": []} == {**changed, "warnings": []}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"workspace": "other"}, "/workspace"),
        ({"embed_token": "emb_mine"}, "/embed_token"),
        ({"primary_color": "red;}"}, "/primary_color"),
        ({"theme": "pink"}, "/theme"),
        ({"allowed_domains": ["https://a.example/path"]}, "/allowed_domains/0"),
        ({"allowed_domains": [SITE, "*.example"]}, "/allowed_domains/1"),
        ({"allowed_domains": ["null"]}, None),
        ({"rate_limit_per_ip": 0}, "/rate_limit_per_ip"),
    ],
)
async def test_what_is_no_embed_is_refused(owner: Owner, body: dict[str, Any], pointer: str | None) -> None:
    answer = await owner.client.post("/embed", json={"chatflow_id": await owner.flow(), **body})
    if pointer is None:  # a host may have that name; no page has that origin
        assert answer.status_code == 200
        visitor = owner.visitor(answer.json(), origin="null")
        assert (await visitor.get("/config")).status_code == 403
        return
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.threat("I-01", "I-04")
async def test_another_workspace_finds_no_embed(owner: Owner, running: Running) -> None:
    embed = await owner.embed()
    flow_id = embed["chatflow_id"]
    stranger = await owner_of(running, "elsewhere")
    other = stranger.client
    answers = [
        await other.post("/embed", json={"chatflow_id": flow_id}),
        await other.get(f"/embed/{flow_id}"),
        await other.post(f"/embed/{flow_id}/regenerate-token"),
        await other.delete(f"/embed/{flow_id}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await other.get(f"/embed/{flow_id}/feedback")).status_code == 404
    await stranger.close()
    assert (await owner.client.get(f"/embed/{flow_id}")).json()["embed_token"] == embed["embed_token"]


@pytest.mark.threat("L-02")
@pytest.mark.threat("L-02")
async def test_the_public_config_says_how_the_chat_looks_and_nothing_else(owner: Owner) -> None:
    flow_id = await owner.flow(welcome_message="Hi!", suggested_questions=["Why?"])
    embed = await owner.embed(flow_id, widget_title="Help")
    answer = await owner.visitor(embed).get("/config", params={"locale": "ko-KR,en;q=0.5"})
    config = answer.json()
    assert set(config) == {"title", "theme", "colors", "texts", "starter_prompts", "uploads", "inputs"}
    assert set(config["theme"]) == {"mode", "position", "branding", "css"}
    assert (config["title"], config["starter_prompts"], config["texts"]["welcome"]) == (
        "Help",
        ["Why?"],
        "Hi!",
    )
    assert (config["texts"]["lang"], config["uploads"]) == ("ko", {"enabled": False})
    assert not [canary for canary in CANARIES if canary in answer.text]
    arabic = (await owner.visitor(embed).get("/config", params={"locale": "xx,ar"})).json()
    assert arabic["texts"]["dir"] == "rtl"
    assert set(arabic["texts"]) == set(config["texts"])


async def test_a_visitor_chats_and_goes_on_by_the_session_that_the_answer_gives(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed())
    first = (await visitor.post("/chat", json={"message": "Hello"})).json()
    assert set(first) >= {"response", "session_id", "timestamp", "usage"}
    assert "message 1" in first["response"]
    second = await visitor.post("/chat", json={"message": "And?", "session_id": first["session_id"]})
    assert "message 2" in second.json()["response"]
    assert second.headers["x-visitor-session"] == second.json()["session_id"]
    visitor.headers["X-Visitor-Session"] = second.headers["x-visitor-session"]
    turns = (await visitor.get("/history")).json()["turns"]
    assert [(turn["message"], turn["status"]) for turn in turns] == [
        ("Hello", "completed"),
        ("And?", "completed"),
    ]


async def test_owners_see_that_visitors_ran_something_and_not_what_they_said(owner: Owner) -> None:
    embed = await owner.embed()
    visitor = owner.visitor(embed)
    first = (await visitor.post("/chat", json={"message": "An otter's secret"})).json()
    visitor.headers["X-Visitor-Session"] = first["session_id"]
    (_, *_, last) = await streamed(visitor, "And another otter's")
    opinion = {"execution_id": first["execution_id"], "rating": "up"}
    assert (await visitor.post("/feedback", json=opinion)).status_code == 200
    ended = {"execution_id": first["execution_id"]}
    assert (await visitor.post("/cancel", json=ended)).status_code == 200
    run = (await owner.client.get(f"/executions/{first['execution_id']}")).json()
    log = await owner.client.get("/audit", params={"actor": run["session_id"]})
    for secret in ("otter", embed["embed_token"], first["session_id"], first["response"]):
        assert secret not in log.text
    cancel, stream, chat = log.json()["entries"]
    assert (cancel["action"], cancel["details"]) == ("embedCancel", ended)
    assert (chat["action"], stream["action"]) == ("embedChat", "embedChatStream")
    assert chat["details"] == {"execution_id": first["execution_id"]}
    assert stream["details"] == {"execution_id": json.loads(last.data)["execution_id"]}
    for deed in (chat, stream, cancel):
        assert (deed["actor_kind"], deed["target_kind"], deed["address"]) == ("visitor", "embed", "127.0.0.1")
    assert chat["target_id"] == stream["target_id"]


@pytest.mark.threat("I-12")
async def test_two_visitors_with_the_same_session_id_talk_apart(owner: Owner) -> None:
    embed = await owner.embed()
    answers = [
        (await owner.visitor(embed).post("/chat", json={"message": "Hi", "session_id": "shared"})).json()
        for _ in range(2)
    ]
    assert all("message 1" in answer["response"] for answer in answers)
    assert answers[0]["session_id"] != answers[1]["session_id"]
    for wrong in (5, {"id": "x"}, ["x"], "x" * 513):
        answer = await owner.visitor(embed).post("/chat", json={"message": "Hi", "session_id": wrong})
        assert answer.status_code == 422


@pytest.mark.threat("L-02")
async def test_a_stream_has_public_frames_alone_and_no_canary(owner: Owner) -> None:
    notes = {
        **DEMO,
        "history": False,
        "prompt": f"{SECRET} notes on {{{{ message }}}}",
        "system_prompt": PROMPT,
    }
    graph = chain(
        [
            ("llm", NODE, notes),
            ("variable", "kept", {"set": {"secret": f"'{SECRET}'"}}),
            ("llm", "answer", {**DEMO, "system_prompt": PROMPT}),
        ]
    )
    visitor = owner.visitor(await owner.embed(await owner.flow(graph)))
    answer = await visitor.post("/chat/stream", json={"message": "Hello"})
    frames = parse_frames(answer.text)
    assert [frames[0].event, frames[-1].event] == ["start", "done"]
    assert {frame.event for frame in frames} == {"start", "content", "done"}
    content = "".join(json.loads(frame.data)["content"] for frame in frames if frame.event == "content")
    assert content == json.loads(frames[-1].data)["response"]
    visitor.headers["X-Visitor-Session"] = answer.headers["x-visitor-session"]
    history = await visitor.get("/history")
    whole = await visitor.post("/chat", json={"message": "Again"})
    seen = f"{answer.headers}{answer.text}{history.text}{whole.text}"
    assert "Hello" in seen
    assert [canary for canary in (*CANARIES, "node", "demo/", "kept", "cost") if canary in seen] == []


@pytest.mark.threat("L-05")
async def test_a_run_that_fails_says_so_in_general_words(owner: Owner) -> None:
    graph = chain([("http_request", NODE, {"url": f"http://127.0.0.1:9/{SECRET}", "method": "GET"})])
    visitor = owner.visitor(await owner.embed(await owner.flow(graph)))
    await session_of(visitor)
    frames = await streamed(visitor, "Hello")
    failed = json.loads(frames[-1].data)
    assert (failed["type"], failed["code"]) == ("error", "failed")
    assert failed["error"] == "Something went wrong. Please try again."
    whole = await visitor.post("/chat", json={"message": "Hello"})
    assert (whole.status_code, whole.json()["status"]) == (200, "failed")
    seen = "".join(frame.data for frame in frames) + whole.text + (await visitor.get("/history")).text
    assert [word for word in (*CANARIES, "127.0.0.1", "http", "egress") if word in seen] == []


async def test_a_flow_that_is_gone_or_off_is_no_chat(owner: Owner) -> None:
    embed = await owner.embed()
    visitor = owner.visitor(embed)
    await owner.client.put(f"/chatflows/{embed['chatflow_id']}", json={"is_active": False})
    answers = [await visitor.get("/config"), await visitor.post("/chat", json={"message": "Hi"})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert not [canary for canary in CANARIES if canary in answers[1].text]


ORIGINS = [
    "null",
    "",
    "https://shop.example.evil.test",
    "https://evil-shop.example",
    "https://shopXexample",
    "https://shop.example:8443",
    "http://shop.example",
    "https://SHOP.example",
    "HTTPS://shop.example",
    "https://shop.example/",
    "https://shop.example.",
    "https://www.shop.example",
    "https://shop.example@evil.test",
    "https://shop.example, https://evil.test",
    "https://evil.test",
    "https://[::1]",
    "file://",
    "chrome-extension://abcdef",
    "*",
    "https://*.example",
    "https://shop.example%60.evil.test",
    "https://shop.example\\.evil.test",
    "//shop.example",
    "shop.example",
    "https:// shop.example",
    "https://shop.exampl",
    "https://hop.example",
    "https://127.0.0.1",
    "http://localhost",
    "data:text/html,x",
]


@pytest.mark.threat("C-01")
@pytest.mark.threat("C-01", "E-01")
async def test_pages_of_other_origins_get_nothing(owner: Owner) -> None:
    embed = await owner.embed()
    for origin in ORIGINS:
        visitor = owner.visitor(embed, origin=origin)
        preflight = await visitor.options(
            "/chat/stream",
            headers={
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
        )
        read = await visitor.get("/config")
        sent = await visitor.post("/chat", json={"message": "Hi"})
        for answer in (preflight, read, sent):
            assert answer.status_code == 403, (origin, answer.text)
            assert "access-control-allow-origin" not in answer.headers, origin
            assert "Origin" in answer.headers["vary"].split(", ")
    assert (await owner.visitor(embed, origin=None).get("/config")).status_code == 403
    assert (await owner.visitor(embed, origin=None).post("/chat", json={"message": "x"})).status_code == 403


@pytest.mark.threat("C-07")
async def test_a_page_that_may_show_the_chat_is_named_exactly(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed())
    preflight = await visitor.options(
        "/chat/stream",
        headers={
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-visitor-session",
        },
    )
    assert preflight.status_code == 204
    assert "X-Visitor-Session" in preflight.headers["access-control-allow-headers"]
    refused = await visitor.post("/chat", json={"message": ""})
    assert refused.status_code == 422
    for answer in (preflight, await visitor.get("/config"), refused):
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "Origin" in answer.headers["vary"].split(", ")
        assert "access-control-allow-credentials" not in answer.headers


async def test_the_chats_own_page_may_always_talk(owner: Owner) -> None:
    embed = await owner.embed(allowed_domains=[])
    own = owner.url
    assert (await owner.visitor(embed, origin=own).get("/config")).status_code == 200
    assert (await owner.visitor(embed).get("/config")).status_code == 403
    browser = owner.visitor(embed, origin=None)
    for headers, status in [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Referer": own}, 403),
        ({"Referer": f"{own}/api/agent-builder/embed/widget/x"}, 200),
        ({"Referer": "https://evil.test/"}, 403),
    ]:
        assert (await browser.get("/config", headers=headers)).status_code == status, headers
    everywhere = await owner.embed(allowed_domains=["*"])
    answer = await owner.visitor(everywhere, origin="https://any.example").get("/config")
    assert answer.headers["access-control-allow-origin"] == "https://any.example"


@pytest.mark.threat("E-01")
@pytest.mark.threat("R-02")
@pytest.mark.threat("E-01", "E-04")
async def test_an_embeds_token_opens_nothing_but_its_chat(owner: Owner) -> None:
    embed, other = await owner.embed(), await owner.embed()
    token = embed["embed_token"]
    for path in ("/chatflows", "/executions", "/flows", f"/embed/{embed['chatflow_id']}", "/metrics/json"):
        for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
            answer = await owner.client.get(path, headers={"Authorization": "", **headers})
            assert answer.status_code == 401, path
    theirs = (await owner.visitor(other).post("/chat", json={"message": "Hi"})).json()
    visitor = owner.visitor(embed)
    await session_of(visitor)
    own = (await owner.client.post("/chatflow/chat", json={"message": "Hi"})).json()["execution_id"]
    for execution_id in (theirs["execution_id"], own, "nonsense"):
        body = {"execution_id": execution_id}
        answers = [
            await visitor.get("/chat/stream", params=body),
            await visitor.post("/cancel", json=body),
            await visitor.post("/feedback", json={**body, "rating": "up"}),
            await visitor.post("/respond", json={**body, "input_id": "x", "action": "approve"}),
            await visitor.post(
                "/chat/stream", json={"message": "x"}, headers={"Last-Event-ID": f"{execution_id}:1"}
            ),
        ]
        expected = [404] * 4 + [400 if execution_id == "nonsense" else 404]
        assert [answer.status_code for answer in answers] == expected
    unknown = {
        "workflow_id": embed["chatflow_id"],
        "config": {},
        "nodes": [],
        "definition": {},
        "variables": {},
    }
    for name, value in unknown.items():
        answer = await visitor.post("/chat", json={"message": "Hi", name: value})
        assert answer.status_code == 422, name


@pytest.mark.threat("E-03")
async def test_a_session_that_is_not_the_visitors_own_is_refused(owner: Owner) -> None:
    embed, other = await owner.embed(), await owner.embed()
    token = await session_of(owner.visitor(embed))
    body, _, mac = token.partition(".")
    forged = [
        "",
        "vs_",
        "vs_.",
        "vs_é",
        "x",
        token[:-1],
        token + "A",
        f"{body}.{mac[::-1]}",
        f"{body[:-4]}AAAA.{mac}",
        await session_of(owner.visitor(other)),
        "vs_" + "A" * 600,
    ]
    for session in forged:
        for path in ("/chat", "/history"):
            visitor = owner.visitor(embed)
            visitor.headers.update([(b"X-Visitor-Session", session.encode())])
            if path == "/history":
                answer = await visitor.get(path)
            else:
                answer = await visitor.post(path, json={"message": "Hi"})
            assert answer.status_code == 401, session
            assert answer.json()["code"] == "session_over"
    assert (await owner.visitor(embed).get("/history")).status_code == 401


async def test_a_session_ends_with_its_streams_when_its_visitor_was_silent_for_too_long(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = quick(new_database("sqlite", request, tmp_path), tmp_path)
    brief = Running(msgspec.structs.replace(settings, embed_session_minutes=0.05)).start()
    owner = await owner_of(brief)
    try:
        visitor = owner.visitor(await owner.embed(await owner.flow(asking("team"))))
        async with visitor.stream("POST", "/chat/stream", json={"message": "Hello"}) as stream:
            assert stream.status_code == 200
            visitor.headers["X-Visitor-Session"] = stream.headers["x-visitor-session"]
            with pytest.raises(httpx.TransportError):
                await stream.aread()
        over = await visitor.get("/history")
        assert (over.status_code, over.json()["code"]) == (401, "session_over")
    finally:
        await owner.close()
        await asyncio.to_thread(brief.stop)


async def test_an_address_that_holds_no_token_leads_nowhere(owner: Owner) -> None:
    for token in (
        "emb_",
        "emb_%00",
        "emb_%ED%A0%80",
        "emb_" + "x" * 500,
        "%2e%2e",
        "emb_é",
        "null",
        "' OR 1=1 --",
    ):
        visitor = owner.visitor({"embed_token": token})
        answers = [await visitor.get("/config"), await visitor.options("/config")]
        answers.append(await owner.client.get(f"/embed/widget/{token}"))
        assert {answer.status_code for answer in answers} <= {400, 404}, token


@pytest.mark.threat("E-10")
@pytest.mark.threat("E-02", "E-10")
async def test_long_messages_and_many_messages_are_refused(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed(rate_limit_per_ip=2))
    longest = 32_768
    assert (await visitor.post("/chat", json={"message": "é" * (longest // 2 + 1)})).status_code == 413
    answers = [
        await visitor.post(
            "/chat", json={"message": "Hi"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 60
    assert answers[-1].headers["access-control-allow-origin"] == SITE


async def _opens(visitor: httpx.AsyncClient, path: str) -> int:
    async with visitor.stream("GET", path) as stream:
        return stream.status_code


@pytest.mark.threat("E-08")
@pytest.mark.threat("E-08", "E-09")
async def test_a_session_has_two_streams_at_most_and_rotation_ends_them(owner: Owner) -> None:
    embed = await owner.embed(await owner.flow(asking("team")))
    visitor = owner.visitor(embed)
    await session_of(visitor)
    execution_id = (await waiting(visitor))["execution_id"]
    path = f"/chat/stream?execution_id={execution_id}"
    async with visitor.stream("GET", path) as first:
        async with visitor.stream("GET", path) as second:
            third = await visitor.get(path)
            assert (third.status_code, third.json()["code"]) == (429, "too_many_streams")
            assert (await visitor.post("/chat/stream", json={"message": "x"})).status_code == 429
            assert second.status_code == 200
        while (freed := await _opens(visitor, path)) != 200:
            assert freed == 429
            await asyncio.sleep(0.1)
        began = time.monotonic()
        rotated = (await owner.client.post(f"/embed/{embed['chatflow_id']}/regenerate-token")).json()
        assert (await visitor.get("/config")).status_code == 404
        with pytest.raises(httpx.TransportError):
            async for _ in first.aiter_bytes():
                pass
        assert time.monotonic() - began < 5
    fresh = owner.visitor(rotated)
    assert (await fresh.get("/config")).status_code == 200
    old = {"X-Visitor-Session": visitor.headers["X-Visitor-Session"]}
    assert (await fresh.get("/history", headers=old)).status_code == 401
    assert (await owner.client.delete(f"/embed/{embed['chatflow_id']}")).json()["deleted"] is True
    assert (await fresh.get("/config")).status_code == 404
    assert (await owner.client.delete(f"/embed/{embed['chatflow_id']}")).status_code == 404


@pytest.mark.threat("E-08")
async def test_an_origin_that_is_taken_out_loses_its_streams_and_the_others_keep_theirs(owner: Owner) -> None:
    pages = [SITE, "https://www.shop.example", owner.url]
    embed = await owner.embed(await owner.flow(asking("team")), allowed_domains=pages[:2])
    visitors = [owner.visitor(embed, origin=page) for page in pages]
    async with contextlib.AsyncExitStack() as stack:
        streams: list[httpx.Response] = []
        for visitor in visitors:
            await session_of(visitor)
            path = f"/chat/stream?execution_id={(await waiting(visitor))['execution_id']}"
            streams.append(await stack.enter_async_context(visitor.stream("GET", path)))
        began = time.monotonic()
        await owner.embed(embed["chatflow_id"], allowed_domains=pages[1:2])
        with pytest.raises(httpx.TransportError):
            async for _ in streams[0].aiter_bytes():
                pass
        assert time.monotonic() - began < 5
        assert (await visitors[0].get("/history")).status_code == 403
        for visitor, stream in zip(visitors[1:], streams[1:], strict=True):
            (turn,) = (await visitor.get("/history")).json()["turns"]
            path = f"/executions/{turn['execution_id']}/respond"
            assert (await owner.client.post(path, json={"action": "approve"})).status_code == 200
            assert parse_frames((await stream.aread()).decode())[-1].event == "done"


async def test_a_visitor_answers_what_the_flow_asks_of_visitors(owner: Owner) -> None:
    schema = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
    graph = asking("visitor", mode="input", schema=schema, message="How much?")
    visitor = owner.visitor(await owner.embed(await owner.flow(graph)))
    await session_of(visitor)
    answer = await waiting(visitor)
    (question,) = answer["inputs"]
    assert (question["message"], question["schema"], question["actions"]) == ("How much?", schema, ["submit"])
    assert not [canary for canary in CANARIES if canary in json.dumps(answer)]
    reply = {"execution_id": answer["execution_id"], "input_id": question["input_id"], "action": "submit"}
    stranger = owner.visitor({"embed_token": str(visitor.base_url).rstrip("/").rpartition("/")[2]})
    await session_of(stranger)
    assert (await stranger.post("/respond", json={**reply, "value": {"amount": 1}})).status_code == 404
    wrong = await visitor.post("/respond", json={**reply, "value": {"amount": "much"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/value")
    assert (await visitor.post("/respond", json={**reply, "value": {"amount": 2.5}})).status_code == 200
    late = await visitor.post("/respond", json={**reply, "value": {"amount": 3}})
    assert (late.status_code, late.json().get("answer")) == (409, None)
    shown = parse_frames(
        (await visitor.get("/chat/stream", params={"execution_id": answer["execution_id"]})).text
    )
    assert [frame.event for frame in shown if frame.event != "content"] == [
        "start",
        "input",
        "status",
        "done",
    ]


async def test_a_visitor_neither_sees_nor_answers_what_the_flow_asks_of_the_team(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed(await owner.flow(asking("team", message=SECRET))))
    await session_of(visitor)
    answer = await waiting(visitor)
    assert answer["inputs"] == []
    assert SECRET not in json.dumps(answer)
    path = f"/executions/{answer['execution_id']}"
    (question,) = (await owner.client.get(f"{path}/inputs")).json()["inputs"]
    reply = {"execution_id": answer["execution_id"], "input_id": question["id"], "action": "approve"}
    assert (await visitor.post("/respond", json=reply)).status_code == 404
    assert (await owner.client.post(f"{path}/respond", json={"action": "approve"})).status_code == 200
    frames = parse_frames(
        (await visitor.get("/chat/stream", params={"execution_id": answer["execution_id"]})).text
    )
    assert told(frames) == ["start", "status", "done"]
    assert not [canary for canary in CANARIES if canary in "".join(frame.data for frame in frames)]


async def test_a_stream_that_was_cut_goes_on_and_starts_nothing_new(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed())
    await session_of(visitor)
    uncut = await streamed(visitor, "Count", {"Idempotency-Key": "one"})
    for place in (0, len(uncut) // 2, len(uncut) - 2):
        rest = await streamed(visitor, "Count", {"Idempotency-Key": "one", "Last-Event-ID": uncut[place].id})
        assert [frame.id for frame in rest] == [frame.id for frame in uncut[place + 1 :]]
    repeated = await streamed(visitor, "Count", {"Idempotency-Key": "one"})
    assert [frame.id for frame in repeated] == [frame.id for frame in uncut]
    assert len((await visitor.get("/history")).json()["turns"]) == 1
    done = await visitor.post(
        "/chat/stream", json={"message": "Count"}, headers={"Last-Event-ID": uncut[-1].id}
    )
    assert done.status_code == 204


async def test_a_visitor_stops_an_answer(owner: Owner) -> None:
    visitor = owner.visitor(await owner.embed(await owner.flow(asking("team"))))
    await session_of(visitor)
    execution_id = (await waiting(visitor))["execution_id"]
    assert (await visitor.post("/cancel", json={"execution_id": execution_id})).status_code == 200
    frames = parse_frames((await visitor.get("/chat/stream", params={"execution_id": execution_id})).text)
    assert json.loads(frames[-1].data)["code"] == "cancelled"
    (turn,) = (await visitor.get("/history")).json()["turns"]
    assert (turn["status"], turn["code"], turn["error"]) == ("failed", "cancelled", "The answer was stopped.")


async def test_feedback_is_kept_once_an_answer_and_shown_to_the_owner(owner: Owner) -> None:
    embed = await owner.embed()
    visitor = owner.visitor(embed)
    await session_of(visitor)
    execution_id = (await visitor.post("/chat", json={"message": "Hi"})).json()["execution_id"]
    for rating, comment in (("down", "No."), ("up", "<b>Yes</b>")):
        body = {"execution_id": execution_id, "rating": rating, "comment": comment}
        assert (await visitor.post("/feedback", json=body)).status_code == 200
    assert (await visitor.get("/history")).json()["turns"][0]["rating"] == "up"
    page = (await owner.client.get(f"/embed/{embed['chatflow_id']}/feedback")).json()
    assert (page["total"], page["up"], page["down"]) == (1, 1, 0)
    assert page["feedback"][0]["comment"] == "<b>Yes</b>"
    body = {"execution_id": execution_id, "rating": "sideways"}
    assert (await visitor.post("/feedback", json=body)).status_code == 422


@pytest.mark.threat("X-05")
async def test_the_page_may_be_framed_by_the_chats_own_sites_alone(owner: Owner) -> None:
    embed = await owner.embed(widget_title="</title><script>window.__xss=1</script>")
    page = await owner.client.get(embed["embed_url"], headers={"Authorization": ""})
    policy = page.headers["content-security-policy"]
    assert policy.split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors 'self' {SITE}",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    assert "<script>" not in page.text
    assert (await owner.client.get("/embed/widget/emb_unknown")).status_code == 404


async def test_the_script_and_its_modules_are_open_to_all_pages(running: Running) -> None:
    async with httpx.AsyncClient(base_url=f"{running.url}{API}/embed") as anybody:
        script = await anybody.get("/widget.js", headers={"Origin": "https://any.example"})
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert script.headers["access-control-allow-origin"] == "*"
        assert script.headers["cross-origin-resource-policy"] == "cross-origin"
        again = await anybody.get("/widget.js", headers={"If-None-Match": script.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await anybody.get("/assets/chat.js")).status_code == 200
        names = ["widget.js", *(f"assets/{path.name}" for path in FILES.glob("*.js"))]
        parts = [
            gzip.compress((await anybody.get(f"/{name}")).content) for name in {*names} - {"assets/widget.js"}
        ]
        assert sum(len(part) for part in parts) < 20_480
        for name in ("..%2Fwidget.js", "..%2F..%2F..%2Fapp.py", "locales", "nothing.js", "%2Fetc%2Fpasswd"):
            assert (await anybody.get(f"/assets/{name}")).status_code == 404, name
