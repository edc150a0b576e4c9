"""Files as values: what came with a message, sent on, and what services answer, kept with the session."""

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from server.settings.sources import Settings
from tests.graphs.outbound.test_egress import reply, served
from tests.server.conftest import Running, connect
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
            kept = msgspec.json.decode(done.json()["response"])
            assert "data" not in kept
            saved = await client.get(f"/chatflow/sessions/kept/files/{kept['id']}")
            assert (saved.status_code, saved.content) == (200, PNG)
            assert 'filename="bird.png"' in saved.headers["content-disposition"]
