"""Bad input: a problem that helps, never a 500, and the same on both databases."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from server.settings.sources import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, quick

UNKNOWN = "0199d9c0-0000-7000-8000-000000000000"
CHAT = "/chatflow/chat"
JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 20_000 + b"]" * 20_000


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Running]]:
    """Servers of this module, by kind of database: what is refused leaves nothing, so that one is enough."""
    started: dict[str, Running] = {}
    yield started
    for server in started.values():
        server.stop()


@pytest.fixture
def server(
    servers: dict[str, Running],
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    """The module's server over this kind of database."""
    if database_kind not in servers:
        folder = tmp_path_factory.mktemp("server")
        url = new_database(database_kind, request, folder)
        servers[database_kind] = Running(quick(url, folder)).start()
    return servers[database_kind]


@pytest.fixture
def settings(server: Running) -> Settings:
    """Those of the module's server."""
    return server.settings


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert {"type", "title", "status", "detail"} <= document.keys()
    assert document["status"] == status
    assert len(document["detail"]) > 20
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text
    return document


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"message": "a",}', 400),
        (b'{"message": NaN}', 400),
        (b'{"message": 1e999}', 422),
        (b'{"message": "\xff\xfe"}', 400),
        (b'{"message": "\xed\xa0\x80"}', 400),
        (DEEP, 400),
        (b'{"message": "x", "config": ' + DEEP + b"}", 400),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'{"message": 5}', 422),
        (b'{"message": ""}', 422),
        (b'{"message": null}', 422),
        (b'{"message": ["x"]}', 422),
        (b'{"message": "x", "session_id": 5}', 422),
        (b'{"message": "x", "session_id": ""}', 422),
        (b'{"message": "x", "session_id": "a\\nb"}', 422),
        (b'{"message": "x", "session_id": "' + b"s" * 256 + b'"}', 422),
        (b'{"message": "x", "massage": "y"}', 422),
        (b'{"message": "x", "configurable": {"thread_id": "t"}}', 422),
        (b'{"message": "x", "config": {"temperature": "0.7"}}', 422),
        (b'{"message": "x", "config": {"temperature": 3}}', 422),
        (b'{"message": "x", "config": {"max_tokens": 0}}', 422),
        (b'{"message": "x", "config": {"provider": "nope"}}', 422),
        (b'{"message": "x", "config": {"provider": "nope", "model": "m"}}', 422),
        (b'{"message": "x", "config": {"max_tokens": 99999999999999999999999999}}', 422),
        (b'{"message": "x", "config": {"memory_type": "vectors"}}', 422),
        (b'{"message": "x", "config": {"memory_config": {"max_messages": -1}}}', 422),
        (b'{"message": "x", "config": {"tools": ["search"]}}', 422),
        (b'{"message": "x", "config": {"thread_id": "t"}}', 422),
        (b'{"message": "x", "config": {"system_prompt": "{{ x.__class__ }}"}}', 200),
        (b'{"message": "x", "workflow_id": "nonsense"}', 404),
        (b'{"message": "x", "workflow_id": "' + UNKNOWN.encode() + b'"}', 404),
        (b'{"message": "\\u0000"}', 422),
        (b'{"message": "' + b"m" * 1_000_001 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, bytes) else str(value),
)
@pytest.mark.threat("D-02")
async def test_a_chat_that_cannot_be_read_says_why(
    client: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await client.post(CHAT, content=body, headers=JSON)
    if status == 200:
        assert answer.status_code in (200, 422), answer.text
        return
    problem(answer, status)


async def test_a_wrong_field_is_pointed_at(client: httpx.AsyncClient) -> None:
    answer = await client.post(CHAT, json={"message": "x", "config": {"temprature": 0.5}})
    document = problem(answer, 422)
    assert document["errors"][0]["pointer"] == "/config/temprature"
    assert "Did you mean 'temperature'?" in document["detail"]
    answer = await client.post(CHAT, json={"message": "x", "config": {"temperature": "warm"}})
    assert problem(answer, 422)["errors"][0]["pointer"] == "/config/temperature"
    answer = await client.post(CHAT, json={})
    assert problem(answer, 422)["errors"][0]["pointer"] == "/message"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
@pytest.mark.threat("C-05")
async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    document = problem(
        await client.post(CHAT, content=b'{"message": "x"}', headers={"Content-Type": kind}), 415
    )
    assert "application/json" in document["detail"]


@pytest.mark.threat("D-01")
async def test_a_huge_body_is_refused(client: httpx.AsyncClient) -> None:
    problem(await client.post(CHAT, content=b" " * 10_000_001, headers=JSON), 413)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 100_000

    problem(await client.post(CHAT, content=endless(), headers=JSON), 413)


async def test_a_flow_has_a_limit_of_its_own(client: httpx.AsyncClient) -> None:
    body = json.dumps({"name": "x", "description": " " * 5_000_000}).encode()
    for path in ("/chatflows", "/agentflows"):
        document = problem(await client.post(path, content=body, headers=JSON), 413)
        assert "5,000,000" in document["detail"]


@pytest.mark.threat("D-02", "D-03")
async def test_nul_and_lone_surrogates_are_taken_out_the_same_everywhere(client: httpx.AsyncClient) -> None:
    body = (
        b'{"message": "a\\u0000b \\ud800 \\ud83d\\ude00 c\\udfff", "session_id": "clean", '
        b'"config": {"system_prompt": "p\\u0000q"}}'
    )
    answer = await client.post(CHAT, content=body, headers=JSON)
    assert answer.status_code == 200, answer.text
    history = (await client.get("/chatflow/sessions/clean")).json()
    assert history["messages"][0]["content"] == "ab  \U0001f600 c"
    flow = b'{"name": "n\\u0000\\ud800ame", "description": "\\udc00d", "tags": ["t\\u0000"]}'
    created = (await client.post("/chatflows", content=flow, headers=JSON)).json()
    assert (created["name"], created["description"], created["tags"]) == ("name", "d", ["t"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/chatflows/{id}"),
        ("PUT", "/chatflows/{id}"),
        ("DELETE", "/chatflows/{id}"),
        ("GET", "/chatflows/{id}/validate"),
        ("GET", "/agentflows/{id}"),
        ("PUT", "/agentflows/{id}"),
        ("DELETE", "/agentflows/{id}"),
        ("POST", "/agentflows/{id}/execute"),
        ("POST", "/agentflows/{id}/execute/stream"),
        ("GET", "/agentflows/{id}/executions"),
        ("GET", "/agentflows/{id}/executions/{id}"),
        ("GET", "/agentflows/{id}/validate"),
        ("GET", "/agentflows/{id}/execution-plan"),
        ("POST", "/agentflows/{id}/agents"),
        ("GET", "/agentflows/{id}/agents"),
        ("GET", "/agentflows/{id}/agents/{id}"),
        ("PUT", "/agentflows/{id}/agents/{id}"),
        ("DELETE", "/agentflows/{id}/agents/{id}"),
        ("GET", "/workflows/{id}"),
        ("POST", "/workflows/{id}/execute"),
        ("POST", "/workflows/{id}/execute/stream"),
        ("GET", "/workflows/{id}/executions"),
        ("GET", "/workflows/{id}/executions/{id}"),
        ("GET", "/flows/{id}"),
        ("GET", "/flows/{id}/graph"),
        ("GET", "/flows/{id}/executions"),
        ("POST", "/flows/{id}/execute"),
        ("POST", "/flows/agentflows/{id}/execute"),
        ("POST", "/flows/chatflows/{id}/chat"),
        ("POST", "/chatflow/workflows/{id}/chat"),
        ("POST", "/chatflow/workflows/{id}/chat/stream"),
        ("GET", "/chatflow/workflows/{id}/chat/stream?message=x"),
        ("GET", "/agents/{id}"),
        ("PUT", "/agents/{id}"),
        ("DELETE", "/agents/{id}"),
        ("GET", "/executions/{id}"),
        ("GET", "/executions/{id}/events"),
        ("GET", "/executions/{id}/stream"),
        ("POST", "/executions/{id}/cancel"),
    ],
)
@pytest.mark.threat("P-01", "D-03")
async def test_ids_that_name_nothing_are_404(client: httpx.AsyncClient, method: str, path: str) -> None:
    for value in (UNKNOWN, "7", "not-a-uuid", "%00", "..%2f..%2fetc", "{" + UNKNOWN + "}", "x" * 300, "%ff"):
        body: dict[str, Any] = {"message": "x"} if path.endswith(("/chat", "/chat/stream")) else {}
        body = {"name": "x"} if path.endswith("/agents") else body
        answer = await client.request(
            method, path.replace("{id}", value), json=body if method in ("POST", "PUT") else None
        )
        problem(answer, 404)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chatflows?page=0", 422),
        ("/chatflows?page=x", 422),
        ("/chatflows?page=1&page=2", 422),
        ("/chatflows?page=1&%70age=2", 422),
        ("/chatflows?page=99999999999999999999999", 422),
        ("/chatflows?page_size=101", 422),
        ("/chatflows?sort_by=password", 422),
        ("/chatflows?sort_by=name%3Bdrop", 422),
        ("/chatflows?sort_order=sideways", 422),
        ("/chatflows?is_active=perhaps", 422),
        ("/flows?flow_type=other", 422),
        ("/executions?limit=0", 422),
        ("/executions?limit=101", 422),
        ("/executions?offset=-1", 422),
        ("/executions?status=unheard", 422),
        ("/executions?flow_id=nonsense", 404),
        ("/chatflow/sessions?limit=1000000", 422),
        ("/chatflow/sessions/none/history", 404),
        ("/chatflow/sessions/a%00b", 422),
        ("/chatflow/sessions/a%0ab", 422),
        ("/chatflow/chat/stream", 422),
        ("/chatflow/chat/stream?message=", 422),
        ("/chatflow/chat/stream?message=x&config={", 400),
        ("/chatflow/chat/stream?message=x&config=[]", 422),
        ("/chatflow/chat/stream?message=x&config=" + "[" * 3000, 400),
        ("/chatflow/chat/stream?message=%00", 422),
        ("/nothing/here", 404),
        ("/chatflows/" + UNKNOWN + "/nothing", 404),
    ],
)
@pytest.mark.threat("Q-01", "Q-05", "D-03")
async def test_parameters_that_do_not_fit_are_refused(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    problem(await client.get(path), status)


async def test_the_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.delete(CHAT)
    problem(answer, 405)
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("search", ["%", "_", "\\", "%00", "'", "\ud7ff", "😀", "a" * 255, "%ff"])
@pytest.mark.threat("Q-04", "I-07")
async def test_a_search_is_taken_literally(client: httpx.AsyncClient, search: str) -> None:
    await client.post("/chatflows", json={"name": "Plain"})
    answer = await client.get(
        f"/chatflows?search={search}" if search.startswith("%") else "/chatflows", params=None
    )
    assert answer.status_code == 200, answer.text
    answer = await client.get("/chatflows", params={"search": search})
    assert answer.status_code == 200
    assert answer.json()["total"] == 0


@pytest.mark.parametrize(
    "given",
    ["x", "1:x", ":", "a:1", "-1", "1.5", "9" * 30, UNKNOWN, f"{UNKNOWN}:", "\u00e4:1", f"{{{UNKNOWN}}}:1"],
)
async def test_an_event_id_that_is_none_is_refused(client: httpx.AsyncClient, given: str) -> None:
    headers = {b"Last-Event-ID": given.encode()}
    problem(await client.post("/chatflow/chat/stream", json={"message": "x"}, headers=headers), 400)
    answer = await client.post(
        "/chatflow/chat/stream", json={"message": "x"}, headers={"Last-Event-ID": f"{UNKNOWN}:1"}
    )
    problem(answer, 404)


async def test_an_idempotency_key_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for key in ("", "x" * 256, "ä"):
        answer = await client.post(CHAT, json={"message": "x"}, headers={b"Idempotency-Key": key.encode()})
        problem(answer, 422)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"nodes": []},
        {"nodes": [{"id": "", "type": "start"}], "edges": []},
        {"nodes": [{"id": "a", "type": "nothing"}], "edges": []},
        {"nodes": [{"id": "a", "type": "start", "data": {"surprise": 1}}], "edges": []},
        {"nodes": [{"id": "a", "type": "start"}], "edges": [{"id": "e", "source": "a", "target": "b"}]},
        {"nodes": [{"id": "a", "type": "start"}, {"id": "a", "type": "end"}], "edges": []},
        {"nodes": [{"id": "a", "type": "start", "data": {"x": {"y": [[[[{}]]]]}}}], "edges": []},
        {"nodes": "many", "edges": []},
    ],
)
async def test_a_flow_that_cannot_run_is_refused_with_every_finding(
    client: httpx.AsyncClient, definition: dict[str, Any]
) -> None:
    for path in ("/chatflows", "/agentflows"):
        answer = await client.post(path, json={"name": "Broken", "graph_definition": definition})
        document = problem(answer, 422)
        assert document["errors"]
        assert all(error["message"] for error in document["errors"])
        assert all(error["pointer"].startswith("/graph_definition") for error in document["errors"])


@pytest.mark.parametrize(
    "field", ["id", "workspace", "owner", "created_at", "version", "role", "flow_type", "deleted_at"]
)
@pytest.mark.threat("I-03")
async def test_fields_that_are_not_the_callers_are_refused(client: httpx.AsyncClient, field: str) -> None:
    for path in ("/chatflows", "/agentflows", "/agents"):
        problem(await client.post(path, json={"name": "x", field: UNKNOWN}), 422)


async def test_an_unknown_orchestration_type_is_a_400_that_lists_the_known(client: httpx.AsyncClient) -> None:
    answer = await client.post("/agentflows", json={"name": "x", "orchestration_type": "magic"})
    assert "swarm_intelligence" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"files": {"x": {"filepath": "/etc/passwd"}}}', "application/json", 415),
        (b"", "multipart/form-data", 415),
        (b"", "multipart/form-data; boundary=x", 422),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", 400),
        (b"--x\r\n" * 100_000, "multipart/form-data; boundary=x", 400),
        (b"--x\r\n\r\n" * 1000 + b"--x--", "multipart/form-data; boundary=x", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n{"messages":5}\r\n--x--',
            "multipart/form-data; boundary=x",
            422,
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nno json\r\n--x--',
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
    ids=str,
)
@pytest.mark.threat("P-02", "D-05")
async def test_an_import_that_is_no_session_file_is_refused(
    client: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    answer = await client.post("/chatflow/sessions/import", content=content, headers={"Content-Type": kind})
    problem(answer, status)


@pytest.mark.threat("R-08")
async def test_text_of_every_kind_comes_back_as_it_went_in(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    texts = [
        "\u202eright to left",
        "e\u0301" * 1000,
        "👩‍👩‍👧‍👦",
        "\u2028\u2029",
        "\uffff\ufffe",
        "a\r\nb\rc\n",
        "{{7*7}} {x} ${1}",
    ]
    for number, text in enumerate(texts):
        session = f"text-{number}"
        answer = await client.post(CHAT, json={"message": text, "session_id": session})
        assert answer.status_code == 200, answer.text
        history = (await client.get(f"/chatflow/sessions/{session}")).json()
        assert history["messages"][0]["content"] == text
        assert (
            json.loads((await client.get(f"/chatflow/sessions/{session}/export")).text)["messages"][0][
                "content"
            ]
            == text
        )
