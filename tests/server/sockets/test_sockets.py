"""WebSockets: chats that stream, go on elsewhere, are cancelled, and end with codes that mean something."""

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from server.settings.sources import Settings
from server.sockets.closing import Closing
from tests.conftest import new_database
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.dial import Dialled, dial

AGENT = "/ai-agent-chat/ws"
BY = ("actor_kind", "actor_id", "actor_name", "address")
CHATFLOW = {
    "name": "Greeter",
    "chat_config": {"llm_provider": "demo", "llm_model": "demo", "uploads": {"max_files": 1}},
}

FILE = {"name": "notes.txt", "data": "bWluZQ=="}


class Place:
    """A server for all tests here, with a key and a chatflow."""

    def __init__(self, server: Running, key: str, other: str, flow: str) -> None:
        self.server = server
        self.key = key
        self.other = other
        """A key of another workspace."""
        self.flow = flow
        self.socket = f"/chat/{flow}/ws"

    def client(self) -> httpx.AsyncClient:
        """Return a client of the API."""
        return connect(self.server, self.key)


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from _served("sqlite", request, tmp_path_factory.mktemp("sockets"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a place on either database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("place")
        return
    yield from _served("postgresql", request, tmp_path_factory.mktemp("sockets"))


def _served(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    settings = msgspec.structs.replace(
        quick(new_database(kind, request, folder), folder),
        cors_origins=["https://app.example.com"],
    )
    key, other = asyncio.run(_keys(settings))
    server = Running(settings).start()
    made = httpx.post(
        f"{server.url}/api/agent-builder/chatflows", json=CHATFLOW, headers={"X-API-Key": key}, timeout=30
    )
    yield Place(server, key, other, made.json()["id"])
    server.stop()


async def _keys(settings: Settings) -> tuple[str, str]:
    return await make_key(settings, "default"), await make_key(settings, "elsewhere")


async def ask(socket: Dialled, message: str) -> list[dict[str, Any]]:
    """Return the frames of one answer."""
    await socket.say(message=message)
    return await socket.until("response", "error")


async def test_a_stored_flow_streams_its_answer(each: Place) -> None:
    async with dial(each.server, each.socket, each.key) as socket:
        connected = await socket.hear()
        assert connected == {
            "type": "connected",
            "session_id": connected["session_id"],
            "workflow_id": each.flow,
        }
        frames = await ask(socket, "Hello there")
        assert frames[0]["type"] == "started"
        chunks = [frame for frame in frames if frame["type"] == "chunk"]
        last = frames[-1]
        assert len(chunks) > 3
        assert "".join(chunk["content"] for chunk in chunks) == last["response"]
        assert last["session_id"] == connected["session_id"]
        assert last["usage"]["total_tokens"] > 0
        assert {frame["execution_id"] for frame in frames} == {last["execution_id"]}
        seqs = [frame["seq"] for frame in frames]
        assert seqs == sorted(set(seqs))
        second = (await ask(socket, "And again"))[-1]
        assert second["message_count"] == 4
        assert "message 2" in second["response"]


async def test_metadata_is_what_the_flow_can_read(place: Place) -> None:
    graph = {
        "nodes": [
            {"id": "start", "type": "start"},
            {
                "id": "say",
                "type": "template",
                "data": {"template": "{{ variables.metadata.page }}: {{ message }}"},
            },
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "say"},
            {"id": "b", "source": "say", "target": "end"},
        ],
    }
    async with place.client() as client:
        made = await client.post("/chatflows", json={"name": "Page", "graph_definition": graph})
        assert made.status_code == 201, made.text
        flow = made.json()["id"]
        body = {"message": "hi", "session_id": "told", "metadata": {"page": "/pricing"}}
        answer = await client.post(f"/chat/{flow}/message", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["error"] is None, answer.text
        assert answer.json()["response"] == "/pricing: hi"
        assert answer.json()["metadata"] == {"page": "/pricing"}
        history = (await client.get(f"/chat/{flow}/history", params={"session_id": "told"})).json()
        assert (history["workflow_id"], history["session_id"]) == (flow, "told")
        assert history["message_count"] == len(history["history"]) == 2
        elsewhere = await client.get(f"/chat/{place.flow}/history", params={"session_id": "told"})
        assert elsewhere.status_code == 404
    async with dial(place.server, f"/chat/{flow}/ws", place.key) as socket:
        await socket.say(message="hi", metadata={"page": "/docs"})
        assert (await socket.until("response"))[-1]["response"] == "/docs: hi"


async def test_a_model_answers_by_the_config_of_each_message(each: Place) -> None:
    async with dial(each.server, f"{AGENT}?session_id=agent-1&node_id=node-7", each.key) as socket:
        connected = await socket.hear()
        assert (connected["type"], connected["content"]) == ("status", "connected")
        assert connected["metadata"] == {"session_id": "agent-1", "node_id": "node-7"}
        config = {"provider": "demo", "model": "demo", "system_prompt": "Be brief."}
        await socket.say(type="message", content="Hello", config=config)
        frames = await socket.until("message", "error")
        assert all({"type", "content", "timestamp", "metadata"} <= frame.keys() for frame in frames)
        last = frames[-1]
        assert last["content"] == "".join(f["content"] for f in frames if f["type"] == "chunk")
        assert (last["metadata"]["provider"], last["metadata"]["model"]) == ("demo", "demo")
        assert last["metadata"]["tokens_used"] > 0
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
        await socket.say(type="history", limit=1)
        history = await socket.hear()
        assert (history["type"], history["message_count"], len(history["messages"])) == ("history", 2, 1)
        await socket.say(type="clear")
        assert (await socket.hear())["content"] == "cleared"
        await socket.say(type="history")
        assert (await socket.hear())["message_count"] == 0
        await socket.say(type="message", content="Hello", config={"tools": ["no-such-tool"]})
        refused = await socket.hear()
        assert (refused["type"], refused["code"]) == ("error", "invalid")
        assert "no-such-tool" in refused["content"]


async def test_sessions_of_agents_are_read_and_deleted_over_http(each: Place) -> None:
    async with dial(each.server, f"{AGENT}?session_id=agent-2", each.key) as socket:
        await socket.say(type="message", content="Hello")
        await socket.until("message")
    async with each.client() as client:
        history = (await client.get("/ai-agent-chat/sessions/agent-2/history")).json()
        assert [message["role"] for message in history["messages"]] == ["user", "assistant"]
        assert (await client.delete("/ai-agent-chat/sessions/agent-2")).json()["cleared"] is True
        assert (await client.get("/ai-agent-chat/sessions/agent-2/history")).status_code == 404


async def test_an_edited_message_is_answered_beside_the_first_one(each: Place) -> None:
    async with each.client() as client:
        for address, session in ((each.socket, "edited"), (AGENT, "agent-edited")):
            agent = address == AGENT
            said, ends = (
                ({"type": "message", "content": "One"}, ("message",))
                if agent
                else (
                    {"message": "One"},
                    ("response", "error"),
                )
            )
            async with dial(each.server, f"{address}?session_id={session}", each.key) as socket:
                await socket.say(**said)
                await socket.until(*ends)
                before = (await client.get(f"/chatflow/sessions/{session}/history")).json()["messages"]
                await socket.say(**{**said, "content" if agent else "message": "Two"}, edits=before[0]["id"])
                await socket.until(*ends)
                await socket.say(**{**said, "content" if agent else "message": "Three"}, edits="no-such-id")
                refused = await socket.until("error")
            history = (await client.get(f"/chatflow/sessions/{session}/history")).json()["messages"]
            assert [one["content"] for one in history if one["role"] == "user"] == ["Two"], address
            assert history[0]["alternatives"] == [before[0]["id"], history[0]["id"]], address
            assert refused[-1]["type"] == "error", address


async def test_a_connection_to_a_provider_is_looked_at(place: Place) -> None:
    async with place.client() as client:
        found = await client.post(
            "/ai-agent-chat/check-connection", json={"provider": "demo", "model": "demo"}
        )
        assert found.json()["success"] is True
        found = await client.post("/ai-agent-chat/check-connection", json={"provider": "demo", "model": "no"})
        assert (found.json()["success"], found.json()["models"]) == (False, ["demo"])
        for body in ({"provider": "nobody"}, {"provider": "demo", "base_url": "http://127.0.0.1:1"}):
            assert (await client.post("/ai-agent-chat/check-connection", json=body)).status_code == 422


async def test_an_answer_cut_at_every_frame_goes_on_elsewhere(each: Place) -> None:
    async with dial(each.server, each.socket, each.key) as socket:
        await socket.hear()
        whole = await ask(socket, "Count with me")
    execution_id = whole[0]["execution_id"]
    async with dial(each.server, each.socket, each.key) as socket:
        await socket.hear()
        for number, frame in enumerate(whole):
            await socket.say(type="resume", execution_id=execution_id, after=frame["seq"])
            if frame is whole[-1]:
                await socket.say(type="ping")
                assert await socket.hear() == {"type": "pong"}
                break
            rest = await socket.until("response")
            assert _joined(whole[: number + 1] + rest) == _joined(whole)


@pytest.mark.parametrize("page", ["examples/websocket_chat.py", "docs/websockets.md"])
async def test_the_example_clients_print_an_answer(page: str, place: Place, tmp_path: Path) -> None:
    source = (Path(__file__).parents[3] / page).read_text("utf-8")
    program = tmp_path / "chat.py"
    program.write_text(source.split("```python\n")[1].split("```")[0] if page.endswith(".md") else source)
    url = place.server.url
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        place.flow,
        "Hello, example!",
        env={
            **os.environ,
            "AGENTICRAG_API_KEY": place.key,
            "AGENTICRAG_BASE_URL": url,
            "AGENTICRAG_URL": url.replace("http", "ws", 1),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert (process.returncode, "Hello, example!" in said.decode()) == (0, True)


async def test_a_message_said_twice_under_one_key_is_one_run(place: Place) -> None:
    runs: list[str] = []
    for _ in range(2):
        async with dial(place.server, f"{place.socket}?session_id=once", place.key) as socket:
            await socket.hear()
            await socket.say(message="Only once", idempotency_key="the-key")
            runs.append((await socket.until("response"))[-1]["execution_id"])
    assert runs[0] == runs[1]
    async with dial(place.server, f"{place.socket}?session_id=once", place.key) as socket:
        await socket.hear()
        await socket.say(message="Something else", idempotency_key="the-key")
        assert (await socket.hear())["code"] == "idempotency_conflict"


def _joined(frames: list[dict[str, Any]]) -> list[Any]:
    """Return frames with their chunks in one, as whoever reads them sees it."""
    text = "".join(frame["content"] for frame in frames if frame["type"] == "chunk")
    return [text, *(frame for frame in frames if frame["type"] != "chunk")]


@pytest.mark.threat("A-12")
async def test_what_another_workspace_has_does_not_exist(each: Place) -> None:
    async with dial(each.server, each.socket, each.key) as socket:
        await socket.say(message="Mine", files=[FILE])
        answer = (await socket.until("response", "error"))[-1]
        await socket.say(type="history")
        message = (await socket.until("history"))[-1]["messages"][0]
    saved = f"/chatflow/sessions/{answer['session_id']}/files/{message['content'][1]['id']}"
    async with each.client() as mine, connect(each.server, each.other) as theirs:
        assert (await mine.get(saved)).content == b"mine"
        assert (await theirs.get(saved)).status_code == 404
        flow = (await theirs.post("/chatflows", json=CHATFLOW)).json()["id"]
    # A session of the same name is another one, whose files have other ids.
    path = f"/chat/{flow}/ws?session_id={answer['session_id']}"
    async with dial(each.server, path, each.other) as socket:
        await socket.say(message="Theirs", files=[FILE])
        assert (await socket.until("response", "error"))[-1]["message_count"] == 2
    async with connect(each.server, each.other) as theirs:
        assert (await theirs.get(saved)).status_code == 404
        assert (await theirs.delete(f"/chatflow/sessions/{answer['session_id']}")).status_code == 200
    async with each.client() as mine:
        assert (await mine.get(saved)).content == b"mine"
    async with dial(each.server, each.socket, each.other) as socket:
        with contextlib.suppress(ConnectionClosed):  # the server need not wait for what is said
            await socket.say(message="Mine too", files=[FILE])
        assert (await socket.closing())[0] == Closing.NOT_FOUND
    async with dial(each.server, AGENT, each.other) as socket:
        await socket.hear()
        for command in ("resume", "cancel"):
            await socket.say(type=command, execution_id=answer["execution_id"])
            frame = await socket.hear()
            assert (frame["type"], frame["code"]) == ("error", "not_found")
    async with dial(each.server, f"{AGENT}?session_id={answer['session_id']}", each.other) as socket:
        await socket.hear()
        await socket.say(type="history")
        assert (await socket.hear())["message_count"] == 0
        await socket.say(type="clear")
        await socket.hear()
    async with dial(each.server, f"{each.socket}?session_id={answer['session_id']}", each.key) as socket:
        await socket.hear()
        await socket.say(type="history")
        assert (await socket.hear())["message_count"] == 2


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[]",
        '"hello"',
        "{}",
        '{"message": ""}',
        '{"message": 3}',
        '{"message": "x", "colour": "red"}',
        '{"message": "x", "graph_definition": {}}',
        '{"message": "x", "files": "notes.txt"}',
        '{"message": "x", "files": [{"name": "a.txt", "path": "/etc/passwd"}]}',
        '{"message": "x", "files": [{"name": "../a.txt", "data": "aGk="}]}',
        '{"type": "execute"}',
        '{"type": ["message"]}',
        '{"type": "resume", "execution_id": "x"}',
        '{"type": "resume", "execution_id": "00000000-0000-0000-0000-000000000000", "after": -1}',
        '{"type": "history", "limit": 100000}',
        '{"type": "ping", "more": 1}',
        '{"type": "auth", "token": "again"}',
        '{"message": "' + "\\ud800" * 3 + '"}',
        '{"a":' * 90 + "1" + "}" * 90,
    ],
)
async def test_what_cannot_be_understood_is_answered_and_the_socket_stays(place: Place, message: str) -> None:
    async with dial(place.server, place.socket, place.key) as socket:
        await socket.hear()
        await socket.connection.send(message)
        frame = await socket.hear()
        assert frame["type"] == "error", frame
        assert frame["code"] in ("invalid", "malformed", "not_found"), frame
        assert " " in frame["error"], "a sentence"
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}


async def test_who_asks_may_be_said_by_the_first_message(place: Place) -> None:
    async with dial(place.server, place.socket) as socket:
        await socket.say(type="auth", token=place.key)
        assert (await socket.hear())["type"] == "connected"
        assert (await ask(socket, "Hello"))[-1]["type"] == "response"


@pytest.mark.parametrize("first", ['{"type": "auth", "token": "ar_nobody"}', '{"message": "Hello"}', "{"])
@pytest.mark.threat("A-12")
async def test_a_socket_of_nobody_is_closed(place: Place, first: str) -> None:
    async with dial(place.server, place.socket) as socket:
        await socket.connection.send(first)
        assert (await socket.closing())[0] == Closing.UNAUTHORIZED
    async with dial(place.server, place.socket, "ar_nobody") as socket:
        assert (await socket.closing())[0] == Closing.UNAUTHORIZED


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.example",
        "https://app.example.com:444",
        "http://app.example.com",
        "https://APP.example.com",
        "https://appXexample.com",
    ],
)
@pytest.mark.threat("C-04")
async def test_pages_of_other_origins_are_refused(place: Place, origin: str) -> None:
    for path in (place.socket, AGENT):
        async with dial(place.server, path, place.key, origin=origin) as socket:
            assert (await socket.closing())[0] == Closing.FORBIDDEN


async def test_pages_of_listed_origins_and_of_the_server_itself_connect(place: Place) -> None:
    for origin in ("https://app.example.com", place.server.url):
        async with dial(place.server, place.socket, place.key, origin=origin) as socket:
            assert (await socket.hear())["type"] == "connected"


async def test_a_host_that_is_not_the_servers_gets_no_handshake(place: Place) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with dial(place.server, place.socket, place.key, Host="evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_flows_that_are_not_there_close_the_socket(place: Place) -> None:
    async with place.client() as client:
        off = (await client.post("/chatflows", json={**CHATFLOW, "name": "Off"})).json()["id"]
        await client.put(f"/chatflows/{off}", json={**CHATFLOW, "name": "Off", "is_active": False})
    for flow, code in (
        ("nothing", Closing.NOT_FOUND),
        ("00000000-0000-0000-0000-000000000000", Closing.NOT_FOUND),
        (off, Closing.NOT_AVAILABLE),
    ):
        async with dial(place.server, f"/chat/{flow}/ws", place.key) as socket:
            assert (await socket.closing())[0] == code


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "/ai-agent-chat/ws?sesion_id=a",
            "There is no parameter 'sesion_id' here. Did you mean 'session_id'?",
        ),
        (
            "/ai-agent-chat/ws?node_id=a&node_id=b",
            "The parameter 'node_id' is given more than once. Give it once.",
        ),
        (
            "/chat/x/ws?node_id=a",
            "There is no parameter 'node_id' here. The query can have session_id, token.",
        ),
        ("/chat/x/ws?zzz=1", "There is no parameter 'zzz' here. The query can have session_id, token."),
    ],
)
async def test_a_query_that_the_address_does_not_take_closes_the_socket(
    place: Place, path: str, told: str
) -> None:
    async with dial(place.server, path, place.key) as socket:
        assert await socket.closing() == (4422, told)


async def test_messages_that_are_too_big_or_no_text_close_the_socket(place: Place) -> None:
    async with dial(place.server, place.socket, place.key) as socket:
        await socket.hear()
        await socket.connection.send(json.dumps({"message": "x" * 1_048_600}))
        assert (await socket.closing())[0] == Closing.TOO_BIG
    async with dial(place.server, place.socket, place.key) as socket:
        await socket.hear()
        await socket.connection.send(b"\x00\x01")
        assert (await socket.closing())[0] == Closing.NOT_TEXT


async def test_limits_of_sockets_and_of_messages(
    place: Place, start: Callable[[Settings], Running], tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(
        place.server.settings,
        max_sockets=2,
        socket_messages_per_minute=3,
        socket_auth_seconds=0.2,
        data_dir=str(tmp_path),
    )
    server = start(settings)
    async with dial(server, place.socket, place.key) as first, dial(server, place.socket) as nobody:
        await first.hear()
        async with dial(server, place.socket, place.key) as third:
            assert (await third.closing())[0] == Closing.TOO_MANY
        assert await nobody.closing() == (
            Closing.UNAUTHORIZED,
            "Nobody said within 0.2 s who asks. Send {type: auth, token} first.",
        )
        for _ in range(3):
            await first.say(type="ping")
            assert (await first.hear())["type"] == "pong"
        await first.say(type="ping")
        assert (await first.closing())[0] == Closing.TOO_MANY


@pytest.mark.threat("I-08")
async def test_a_revoked_key_ends_its_sockets(place: Place) -> None:
    async with open_database(place.server.settings.database) as database:
        row, key = await Keys(database).create("default", "short")
        async with dial(place.server, AGENT, key) as by_header, dial(place.server, AGENT) as by_message:
            await by_header.hear()
            await by_message.say(type="auth", token=key)
            await by_message.hear()
            assert await Keys(database).revoke("default", row.id)
            async with asyncio.timeout(5):
                for socket in (by_header, by_message):
                    assert await socket.closing() == (
                        Closing.UNAUTHORIZED,
                        "The right to this was taken back.",
                    )


async def test_who_may_only_read_can_listen_and_say_nothing(place: Place) -> None:
    async with open_database(place.server.settings.database) as database:
        _, key = await Keys(database).create("default", "reader", role="viewer")
    async with dial(place.server, f"{place.socket}?session_id=read-only", key) as socket:
        await socket.hear()
        await socket.say(type="history")
        assert (await socket.hear())["type"] == "history"
        for said in ({"message": "Hello"}, {"type": "clear"}, {"type": "cancel"}):
            await socket.say(**said)
            assert (await socket.hear())["code"] == "forbidden"


async def test_a_ticket_in_the_address_opens_its_flow_alone(place: Place) -> None:
    async with place.client() as client:
        ticket = (await client.post("/tickets", json={"flow_id": place.flow})).json()["ticket"]
    async with dial(place.server, f"{place.socket}?token={ticket}") as socket:
        assert (await ask(socket, "Hello"))[-1]["type"] == "response"
    for path in (f"{AGENT}?token={ticket}", f"{place.socket}?token={place.key}"):
        async with dial(place.server, path) as socket:
            assert (await socket.closing())[0] == Closing.UNAUTHORIZED


async def test_a_run_is_cancelled_and_the_session_goes_on(
    place: Place, start: Callable[[Settings], Running], tmp_path: Path
) -> None:
    async with FakeOpenAI(Reply(tokens=2000, delay=0.02)) as fake:
        settings = msgspec.structs.replace(
            place.server.settings, openai_base_url=fake.url, openai_api_key="none", data_dir=str(tmp_path)
        )
        server = start(settings)
        slow = {"provider": "openai", "model": "fake-model"}
        async with dial(server, f"{AGENT}?session_id=cancelled", place.key) as socket:
            await socket.hear()
            await socket.say(type="message", content="Go on for ever", config=slow)
            await socket.until("chunk")
            await socket.say(type="cancel")
            ended = (await socket.until("message", "error"))[-1]
            assert (ended["type"], ended["code"]) == ("error", "cancelled")
            await socket.say(type="message", content="And now?")
            assert (await socket.until("message", "error"))[-1]["type"] == "message"


async def test_who_began_cancelled_and_cleared_is_kept_and_not_what_was_said(place: Place) -> None:
    runs: list[str] = []
    async with dial(place.server, f"{place.socket}?session_id=kept", place.key) as socket:
        await socket.hear()
        for _ in range(2):
            await socket.say(message="The otters' secret", idempotency_key="kept-once")
            runs.append((await socket.until("response"))[-1]["execution_id"])
        await socket.say(type="cancel", execution_id=runs[0])
        await socket.say(type="clear")
        await socket.until("cleared")
    async with dial(place.server, f"{AGENT}?session_id=kept-too", place.key) as socket:
        await socket.hear()
        await socket.say(type="message", content="The otters' secret")
        await socket.until("message")
        await socket.say(type="clear")
        assert (await socket.until("status"))[-1]["content"] == "cleared"
    async with dial(place.server, f"{AGENT}?session_id=never-was", place.key) as socket:
        await socket.say(type="clear")
        await socket.until("status")
    async with place.client() as client:
        page = await client.get("/audit", params={"limit": 100})
        made = await client.get("/audit", params={"target": place.flow, "action": "createChatflow"})
    assert "otter" not in page.text
    deeds = page.json()["entries"][:5][::-1]
    assert [(deed["action"], deed["target_kind"], deed["target_id"]) for deed in deeds] == [
        ("socket.message", "workflow", place.flow),
        ("socket.cancel", "execution", runs[0]),
        ("socket.clear", "session", "kept"),
        ("socket.message", "session", "kept-too"),
        ("socket.clear", "session", "kept-too"),
    ]
    assert deeds[0]["details"] == {"execution_id": runs[0]}
    (by_http,) = made.json()["entries"]
    assert by_http["actor_kind"] == "key"
    for deed in deeds:
        assert {name: deed[name] for name in BY} == {name: by_http[name] for name in BY}


async def test_leaving_ends_no_run_and_leaves_no_socket(place: Place) -> None:
    async with dial(place.server, f"{place.socket}?session_id=left", place.key) as socket:
        await socket.say(message="Tell me a long story about otters and rivers")
        started = (await socket.until("started"))[-1]
    async with dial(place.server, place.socket, place.key) as socket:
        await socket.hear()
        await socket.say(type="resume", execution_id=started["execution_id"])
        assert (await socket.until("response", "error"))[-1]["type"] == "response"
    for _ in range(200):
        if len(place.server.runtime.process.open_sockets) == 0:
            break
        await asyncio.sleep(0.01)
    assert len(place.server.runtime.process.open_sockets) == 0


async def test_clients_that_vanish_at_any_moment_leave_nothing_behind(place: Place) -> None:
    chance = random.Random(8)

    async def vanish() -> None:
        async with dial(place.server, f"{AGENT}?session_id=gone-{chance.random()}", place.key) as socket:
            if chance.random() < 0.9:
                await socket.say(type="message", content="Tell me about rivers and otters")
            await asyncio.sleep(chance.random() * 0.3)
            socket.connection.transport.abort()

    await asyncio.gather(*(vanish() for _ in range(40)))
    for _ in range(1000):
        if (
            not len(place.server.runtime.process.open_sockets)
            and not place.server.runtime.ready.runs.execution_service.active
        ):
            break
        await asyncio.sleep(0.01)
    assert len(place.server.runtime.process.open_sockets) == 0
    async with place.client() as client:
        found = (await client.get("/executions", params={"limit": 100})).json()["executions"]
        kept = (await client.get("/audit", params={"action": "socket.message", "limit": 100})).json()[
            "entries"
        ]
    gone = [each for each in found if (each["session_id"] or "").startswith("gone-")]
    assert len(gone) > 10
    assert {each["status"] for each in gone} == {"completed"}, "an accepted run is never lost"
    assert {each["id"] for each in gone} <= {deed["details"]["execution_id"] for deed in kept}


async def test_a_client_that_does_not_read_is_dropped_and_others_are_not(
    place: Place, start: Callable[[Settings], Running], tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(place.server.settings, stall_seconds=0.5, data_dir=str(tmp_path))
    server = start(settings)
    path = f"{AGENT}?session_id=long"
    async with dial(server, path, place.key) as reads, dial(server, path, place.key) as sleeps:
        await reads.hear()
        await reads.say(type="message", content="x" * 900_000)
        await reads.until("message")
        sleeps.connection.transport.pause_reading()
        for _ in range(30):
            await sleeps.say(type="history")
        for _ in range(500):
            if len(server.runtime.process.open_sockets) == 1:
                break
            await asyncio.sleep(0.02)
        assert len(server.runtime.process.open_sockets) == 1
        await reads.say(type="message", content="Hello")
        assert (await reads.until("message", "error"))[-1]["type"] == "message"
        sleeps.connection.transport.abort()
