"""Files as values: what came with a message, sent on, and what services answer, kept with the session."""

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from graphs.conversation.files import FileRef, StoredFile, with_parts
from graphs.conversation.files_in_requests import with_files
from graphs.conversation.messages import Message, ModelRequest
from server.settings.sources import Settings
from tests.document_files import docx, hostile, pdf
from tests.graphs.outbound.test_egress import reply, served
from tests.server.conftest import Running, connect
from tests.server.embedding import Owner
from tests.server.flows.test_subgraphs import Graph, graph, stored, transform
from tests.server.requests.test_uploads import PNG, TEXT_AND_IMAGES, file

EACH = "[f.name + ':' + f.kind + ':' + string(f.size) + ':' + default(f.text, '-') for f in files]"
READS = graph(
    {
        "list": transform(EACH),
        "each": ("iteration", {"items": "[f for f in files if f.kind == 'text']"}),
        "first": transform("loop.item.text[0]"),
        "send": (
            "http_request",
            {
                "method": "POST",
                "url": "{{ variables.base }}/up",
                "body_type": "multipart",
                "body": {"note": "for {{ message }}", "files": "{{ files }}"},
            },
        ),
        "end": ("end", {"expression": "[nodes.list, nodes.each, nodes.send.body]"}),
    },
    "start>list",
    "list>each",
    "each:body>first",
    "first>each",
    "each:done>send",
    "send>end",
)


def asking(path: str, **data: Any) -> Graph:
    request = {"url": "{{ variables.base }}" + path, **data}
    return graph({"get": ("http_request", request), "end": ("end", {"expression": "nodes.get.body"})}, *CHAIN)


CHAIN = ("start>get", "get>end")


def at(drawn: Graph, port: int) -> Graph:
    """Return a flow that asks the server of the test."""
    text = msgspec.json.encode(drawn).replace(b"{{ variables.base }}", f"http://127.0.0.1:{port}".encode())
    return msgspec.json.decode(text)


def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
    """Say what came, or what the path asks for."""
    match line.split()[1]:
        case "/up":
            kind = headers["content-type"].partition(";")[0]
            said = [kind, b'name="note"\r\n\r\nfor Hi' in body, b'filename="a.md"' in body, PNG in body]
            return reply(msgspec.json.encode(said), content_type="application/json")
        case "/bom":
            return reply(b'\xef\xbb\xbf{"a": 1}', content_type="application/json")
        case "/utf16":
            return reply('{"a": "é"}'.encode("utf-16"), content_type="application/json; charset=utf-16")
        case "/lines":
            return reply(b'{"a": 1}\n{"a": 2}\n', content_type="application/x-ndjson")
        case "/raw":
            return reply(
                msgspec.json.encode([headers["content-type"], body == PNG]), content_type="application/json"
            )
        case _:
            return reply(
                PNG, content_type="image/png", content_disposition='attachment; filename="../bird.png"'
            )


async def test_files_of_a_message_are_values_that_are_listed_walked_and_sent_on(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    async with served(answer) as (port, _):
        server = start(msgspec.structs.replace(settings, egress_allow=[f"127.0.0.1:{port}"]))
        async with connect(server, key) as client:
            body = {
                "name": "Reads",
                "chat_config": {"uploads": TEXT_AND_IMAGES},
                "graph_definition": at(READS, port),
            }
            made = await client.post("/chatflows", json=body)
            assert made.status_code == 201, made.text
            done = await client.post(
                f"/chatflow/workflows/{made.json()['id']}/chat",
                json={
                    "message": "Hi",
                    "session_id": "s",
                    "files": [file("a.md", b"x y"), file("bird.png", PNG)],
                },
            )
            assert done.status_code == 200, done.text
            assert msgspec.json.decode(done.json()["response"]) == [
                ["a.md:text:3:x y", f"bird.png:image:{len(PNG)}:-"],
                ["x"],
                ["multipart/form-data", True, True, True],
            ]


async def test_what_a_service_answers_is_read_whatever_it_is(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    async with served(answer) as (port, _):
        server = start(msgspec.structs.replace(settings, egress_allow=[f"127.0.0.1:{port}"]))
        base = {"base": f"http://127.0.0.1:{port}"}
        async with connect(server, key) as client:

            async def asked(drawn: Graph, **body: Any) -> Any:
                flow = await stored(client, drawn)
                sent = {"input_data": {}, "variables": base, **body}
                return (await client.post(f"/agentflows/{flow}/execute", json=sent)).json()["output"]

            assert await asked(asking("/bom")) == {"a": 1}
            assert await asked(asking("/utf16")) == {"a": "é"}
            assert await asked(asking("/lines")) == [{"a": 1}, {"a": 2}]
            held = await asked(asking("/bird"))
            assert (held["name"], held["kind"], held["media_type"]) == ("bird.png", "image", "image/png")
            assert base64.b64decode(held["data"]) == PNG
            again = asking("/bird")
            send = {"method": "POST", "url": "{{ variables.base }}/raw", "body_type": "file"}
            again["nodes"].append(
                {"id": "send", "type": "http_request", "data": {**send, "body": "{{ nodes.get.body }}"}}
            )
            again["edges"] = [
                {"id": "1", "source": "start", "target": "get"},
                {"id": "2", "source": "get", "target": "send"},
                {"id": "3", "source": "send", "target": "end"},
            ]
            again["nodes"][1]["data"]["expression"] = "nodes.send.body"
            assert await asked(again) == ["image/png", True]
            chat = {"name": "Chat", "graph_definition": at(asking("/bird"), port)}
            id = (await client.post("/chatflows", json=chat)).json()["id"]
            done = await client.post(
                f"/chatflow/workflows/{id}/chat", json={"message": "A bird", "session_id": "kept"}
            )
            [kept] = done.json()["files"]
            saved = await client.get(f"/chatflow/sessions/kept/files/{kept['id']}")
            assert (saved.status_code, saved.content) == (200, PNG)
            assert 'filename="bird.png"' in saved.headers["content-disposition"]


CARRIES = graph(
    {
        "get": ("http_request", {"url": "{{ variables.base }}/bird"}),
        "end": ("end", {"output": "Here is {{ nodes.get.body.name }}.", "files": "nodes.get.body"}),
    },
    *CHAIN,
)
NAMES = graph(
    {
        "get": ("http_request", {"url": "{{ variables.base }}/bird"}),
        "end": ("end", {"expression": "[nodes.get.body]"}),
    },
    *CHAIN,
)


async def test_an_answer_carries_files_alike_at_every_door_and_whoever_reads_it_saves_them(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    async with served(answer) as (port, _):
        server = start(msgspec.structs.replace(settings, egress_allow=[f"127.0.0.1:{port}"]))
        owner = Owner(server.url, connect(server, key))
        client = owner.client
        flow = await owner.flow(at(CARRIES, port))
        chat = f"/chatflow/workflows/{flow}/chat"
        done = (await client.post(chat, json={"message": "A bird", "session_id": "s"})).json()
        [carried] = done["files"]
        assert (done["response"], carried["name"]) == ("Here is bird.png.", "bird.png")
        assert (carried["kind"], carried["media_type"], carried["size"]) == ("image", "image/png", len(PNG))
        history = (await client.get("/chatflow/sessions/s/history")).json()["messages"]
        assert [message["role"] for message in history] == ["user", "assistant"]
        text, part = history[1]["content"]
        assert (text, part) == (
            {"type": "text", "text": "Here is bird.png."},
            {"type": "file", **carried},
        )
        exported = (await client.get("/chatflow/sessions/s/export")).json()["messages"]
        assert exported[1]["content"] == history[1]["content"]
        saved = await client.get(f"/chatflow/sessions/s/files/{carried['id']}")
        assert (saved.status_code, saved.content) == (200, PNG)

        told = await client.post(f"{chat}/stream", json={"message": "A bird", "session_id": "t"})
        frames = [line.removeprefix("data: ") for line in told.text.splitlines() if "data: " in line]
        assert [file["name"] for file in msgspec.json.decode(frames[-1])["files"]] == ["bird.png"]

        embed = await owner.embed(flow)
        visitor = owner.visitor(embed)
        heard = (await visitor.post("/chat", json={"message": "A bird"})).json()
        [mine] = heard["files"]
        session = {"X-Visitor-Session": heard["session_id"]}
        [turn] = (await visitor.get("/history", headers=session)).json()["turns"]
        assert turn["answer_files"] == [mine]
        got = await visitor.get(f"/files/{mine['id']}", headers=session)
        assert (got.status_code, got.content) == (200, PNG)
        assert (await visitor.get(f"/files/{mine['id']}")).status_code == 401
        assert (await visitor.get(f"/files/{carried['id']}", headers=session)).status_code == 404
        other = (await owner.visitor(embed).post("/session")).json()["session_id"]
        strange = await owner.visitor(embed).get(f"/files/{mine['id']}", headers={"X-Visitor-Session": other})
        assert strange.status_code == 404

        alone = await owner.flow(at(NAMES, port))
        named = await client.post(f"/chatflow/workflows/{alone}/chat", json={"message": "A bird"})
        assert (named.json()["response"], len(named.json()["files"])) == ("bird.png", 1)
        await owner.close()


async def test_a_model_reads_which_files_an_answer_had_and_not_what_is_in_them() -> None:
    image = FileRef(id="i", name="bird.png", kind="image", media_type="image/png", size=3)
    messages = [Message(role=role, content=with_parts("Look", [image])) for role in ("user", "assistant")]

    async def read(ids: Any) -> dict[str, StoredFile]:
        return {"i": StoredFile(image, PNG)}

    told = await with_files(ModelRequest(provider="p", model="m", messages=messages), read)
    parts: list[Any] = [*told.messages[0].content]
    assert [part["type"] for part in parts] == ["text", "image_url"]
    assert told.messages[1].content == 'Look\n\n[The file "bird.png" (image/png) was attached.]'


async def test_documents_of_a_message_have_their_text_and_pages(owner: Owner) -> None:
    client = owner.client
    expression = (
        "[[[f.name, f.kind, [[p.number, trim(p.text)] for p in f.pages]] for f in files], "
        "trim(input.paper.text), input.paper.pages[1].number]"
    )
    start = {"inputs": [{"name": "paper", "type": "file", "required": False}]}
    drawn: Graph = graph({"end": ("end", {"expression": expression})}, "start>end")
    drawn["nodes"] = [{**node, "data": start} if node["id"] == "start" else node for node in drawn["nodes"]]
    documents = {"max_files": 3, "max_bytes": 200_000, "kinds": ["document"]}
    url = f"/chatflow/workflows/{await owner.flow(drawn, uploads=documents)}/chat"
    body = {
        "message": "Hi",
        "session_id": "d",
        "files": [file("two.pdf", pdf(["Red apples", "Green pears"])), file("note.docx", docx())],
        "inputs": {"paper": file("paper.pdf", pdf(["First", "Second"]))},
    }
    done = await client.post(url, json=body)
    assert done.status_code == 200, done.text
    assert done.json()["success"], done.text
    files, text, number = msgspec.json.decode(done.json()["response"])
    assert files == [
        ["two.pdf", "document", [[1, "Red apples"], [2, "Green pears"]]],
        ["note.docx", "document", []],
    ]
    assert "First" in text
    assert "Second" in text
    assert number == 2
    [told] = [
        each
        for each in (await client.get("/chatflow/sessions/d/history")).json()["messages"]
        if each["role"] == "user"
    ]
    assert told["content"][2]["media_type"].endswith("wordprocessingml.document")
    for name, content, code in (
        ("bad.pdf", b"%PDF-1.7 nothing", "unreadable"),
        ("renamed.docx", b"plain words", "unsupported"),
        ("locked.docx", hostile("encrypted archive"), "encrypted"),
    ):
        refused = await client.post(url, json={"message": "Hi", "files": [file(name, content)]})
        assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_file"), refused.text
        assert name in refused.json()["detail"]
        assert refused.json()["errors"][0]["code"] == code, refused.text
