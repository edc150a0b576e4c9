"""Request ids, the same in an answer, its problem and the log; and paths that lead elsewhere."""

import asyncio
import logging

import httpx
import pytest

from server.http.request_ids import RequestIdFilter
from tests.server.conftest import API, Running


async def test_every_answer_has_an_id_of_its_own(server: Running, client: httpx.AsyncClient) -> None:
    ids: list[str] = []
    calls = [("GET", "/agents"), ("GET", "/agents/none"), ("POST", "/agents"), ("GET", "/nothing")]
    for method, path in (*calls, ("PUT", "/agents"), ("OPTIONS", "/agents")):
        answer = await client.request(method, path)
        ids.append(answer.headers["X-Request-Id"])
        if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
            assert answer.json()["request_id"] == ids[-1], path
    elsewhere = {"Host": "elsewhere.example"}
    async with httpx.AsyncClient(base_url=server.url) as anybody:
        paths = ["/", "/health", "/ready", "/nothing", f"{API}/agents", f"{API}/embed/public/none/config"]
        answers = [await anybody.get(path) for path in paths]
        answers.append(await anybody.get("/health", headers=elsewhere))
    async with client.stream("POST", "/chatflow/chat/stream", json={"message": "Hi"}) as stream:
        ids += [answer.headers["X-Request-Id"] for answer in (*answers, stream)]
    assert len(set(ids)) == len(ids)


async def test_an_id_of_the_client_is_taken_over_if_it_is_fit(client: httpx.AsyncClient) -> None:
    answer = await client.get("/agents/none", headers={"X-Request-Id": "job-7:a.b_c"})
    assert (answer.headers["X-Request-Id"], answer.json()["request_id"]) == ("job-7:a.b_c", "job-7:a.b_c")
    for unfit in ("", "a b", "x" * 65, "a\x09b", "<script>"):
        answer = await client.get("/agents/none", headers={"X-Request-Id": unfit})
        assert len(answer.headers["X-Request-Id"]) == 32
        assert answer.headers.get_list("X-Request-Id") == [answer.json()["request_id"]]


async def test_a_request_that_cannot_be_read_has_an_id_too(server: Running) -> None:
    for request in (b"no request\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        assert b"x-request-id: " in answer.lower()


async def test_log_lines_of_a_request_name_it(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    caplog.handler.setFormatter(logging.Formatter("%(levelname)s%(request)s %(message)s"))
    with caplog.at_level(logging.WARNING, "agenticrag"):
        logging.getLogger("agenticrag").warning("of nobody")
        await client.put("/agents/none", content=b"\xff", headers={"X-Request-Id": "mine"})
        chat = {"message": "Hi", "config": {"provider": "nowhere"}}
        await client.post("/chatflow/chat", json=chat, headers={"X-Request-Id": "mine-too"})
    assert "WARNING of nobody" in caplog.text
    named = {getattr(record, "request_id", "") for record in caplog.records}
    assert named <= {"", "mine", "mine-too"}


ELSEWHERE = [
    "/agentflows/{id}/agents/..", "/agentflows/{id}/agents/../", "/agentflows/{id}/agents/%2e%2e",
    "/agentflows/{id}/agents/.%2E", "/agentflows/{id}/agents/%252e%252e", "/agentflows/{id}/.",
    "/agentflows//{id}", "/agentflows/{id}/agents/..%2f..", "/agentflows/{id}%00", "/agentflows/{id}%0a",
    "/agentflows/./{id}", "/agentflows/{id}/agents/x/../..",
]  # fmt: skip


async def test_a_path_that_leads_elsewhere_is_a_404(server: Running, client: httpx.AsyncClient) -> None:
    flow = (await client.post("/agentflows", json={"name": "kept"})).json()
    key = client.headers["Authorization"]
    for path in ELSEWHERE:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        target = API + path.replace("{id}", flow["id"])
        lines = [f"DELETE {target} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {key}", "Connection: close"]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 404"), (path, answer)
        assert (await client.get(f"/agentflows/{flow['id']}")).status_code == 200, path


async def test_names_with_dots_and_slashes_in_them_are_still_names(client: httpx.AsyncClient) -> None:
    for name, path in (("a.b", "a.b"), ("...", "..."), ("a/b", "a%2Fb"), (".hidden", ".hidden")):
        made = await client.post("/chatflow/chat", json={"message": "Hi", "session_id": name})
        assert made.is_success, made.text
        assert (await client.get(f"/chatflow/sessions/{path}")).json()["session_id"] == name
