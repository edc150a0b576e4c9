"""Hostile inputs: what is hard for some part of a server that reads or draws, sent to it as clients do."""

import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from tests.durability.runs import CHAT, chain
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

__all__ = ["INPUTS", "Client"]

Client = httpx.AsyncClient
Attack = Callable[[Client, FakeOpenAI], Awaitable[None]]
STREAM = "text/event-stream"
DEMO = {"provider": "demo", "model": "demo"}
CALCULATOR = {"provider": "demo", "model": "demo", "tools": ["calculator"]}


def posts(path: str, content: bytes, status: int, kind: str = "application/json", **headers: str) -> Attack:
    """Send a body that is answered with a status."""

    async def attack(client: Client, fake: FakeOpenAI) -> None:
        answer = await client.post(path, content=content, headers={"Content-Type": kind, **headers})
        assert answer.status_code == status, answer.text

    return attack


def chats(message: str, config: Mapping[str, Any] = DEMO) -> Attack:
    """Say something to a model."""
    return posts("/chatflow/chat", json.dumps({"message": message, "config": dict(config)}).encode(), 200)


def hears(*chunks: Any, raw: str = "", kind: str = STREAM) -> Attack:
    """Let a model answer with chunks of a stream, or with what is no such."""
    body = raw or "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"

    async def attack(client: Client, fake: FakeOpenAI) -> None:
        fake.script(Reply(body=body, content_type=kind))
        answer = await client.post("/chatflow/chat", json={"message": "Hello", "config": dict(CHAT)})
        fake.queue.clear()
        assert answer.status_code in (200, 502), answer.text

    return attack


def calls(number: int, arguments: str = "{", index: Callable[[int], int] = lambda at: at) -> list[Any]:
    """Return chunks of tool calls."""
    return [{"choices": [{"delta": {"tool_calls": [part(index(at), arguments)]}}]} for at in range(number)]


def part(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"name": "n", "arguments": arguments}}


def said(*texts: str) -> list[Any]:
    """Return chunks of an answer's text."""
    return [{"choices": [{"delta": {"content": text}}]} for text in texts]


def stores(flow: dict[str, Any], *then: str) -> Attack:
    """Store an agentflow and look at it in some ways."""

    async def attack(client: Client, fake: FakeOpenAI) -> None:
        made = await client.post("/agentflows", json=flow)
        assert made.status_code == 201, made.text
        for path in then:
            answer = await client.get(path.format(made.json()["id"]))
            assert answer.status_code == 200, answer.text

    return attack


def runs(flow: dict[str, Any], error: str | None = None) -> Attack:
    """Store an agentflow and run it to its end, or to an error of this code."""

    async def attack(client: Client, fake: FakeOpenAI) -> None:
        made = await client.post("/agentflows", json=flow)
        assert made.status_code == 201, made.text
        ran = await client.post(
            f"/agentflows/{made.json()['id']}/execute", json={"input_data": {"number": 1}}
        )
        assert (ran.status_code, ran.json()["error_code"]) == (200, error), ran.text

    return attack


def one_node(**data: Any) -> dict[str, Any]:
    """Return a flow of one node between its start and its end."""
    node = {"id": "a", "type": data.pop("type"), "data": data}
    return {
        "name": "hostile",
        "graph_definition": {
            "nodes": [{"id": "start", "type": "start"}, node, {"id": "end", "type": "end"}],
            "edges": [
                {"id": "1", "source": "start", "target": "a"},
                {"id": "2", "source": "a", "target": "end"},
            ],
        },
    }


def templates(text: str) -> dict[str, Any]:
    return one_node(type="template", template=text)


def transforms(expression: str) -> dict[str, Any]:
    return one_node(type="transform", expression=expression)


def each_of(items: int, expression: str) -> dict[str, Any]:
    """Return a flow whose output is a list of what an expression gives."""
    flow = one_node(type="iteration", items=f"range({items})", max_concurrency=8)
    graph = flow["graph_definition"]
    body = {"id": "b", "type": "transform", "data": {"expression": expression}}
    graph["nodes"].append(body)
    graph["edges"][1]["sourceHandle"] = "done"
    graph["edges"] += [
        {"id": "3", "source": "a", "sourceHandle": "body", "target": "b"},
        {"id": "4", "source": "b", "target": "a"},
    ]
    return flow


def wide(nodes: int) -> dict[str, Any]:
    """Return a flow in which each node leads to the three after it."""
    names = ["start", *(f"n{number}" for number in range(nodes)), "end"]
    kinds = {"start": "start", "end": "end"}
    return {
        "name": "wide",
        "graph_definition": {
            "nodes": [
                {
                    "id": name,
                    "type": kinds.get(name, "template"),
                    "data": {} if name in kinds else {"template": "a"},
                }
                for name in names
            ],
            "edges": [
                {"id": f"{name}-{later}", "source": name, "target": later}
                for at, name in enumerate(names)
                for later in names[at + 1 : at + 4]
            ],
        },
    }


async def exports(client: Client, fake: FakeOpenAI) -> None:
    """The request that once held a server up for 104 seconds."""
    prompt = {"llm_provider": "demo", "llm_model": "demo", "system_prompt": "a." * 49_000}
    made = await client.post("/chatflows", json={"name": "hostile", "chat_config": prompt})
    if made.status_code == 422:  # a prompt has fewer characters: in the node of an agentflow it has not
        made = await client.post("/agentflows", json=templates("a." * 49_000))
    assert made.status_code == 201, made.text
    assert (await client.get(f"/flows/{made.json()['id']}/export")).status_code == 200


async def calls_itself(client: Client, fake: FakeOpenAI) -> None:
    """The flow that once took 3.5 GB: an iteration over 50 items that runs the flow that it is in."""
    made = await client.post("/agentflows", json=templates("x"))
    flow = made.json()["id"]
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "each", "type": "iteration", "data": {"items": "range(50)", "on_error": "continue"}},
        {"id": "go", "type": "condition", "data": {"expression": "true"}},
        {"id": "again", "type": "subflow", "data": {"flow_id": flow}},
        {"id": "stop", "type": "transform", "data": {"expression": "1"}},
        {"id": "end", "type": "end"},
    ]
    ways = [
        *[("start", "", "each"), ("each", "body", "go"), ("go", "yes", "again"), ("go", "no", "stop")],
        *[("again", "", "each"), ("stop", "", "each"), ("each", "done", "end")],
    ]
    edges = [
        {"id": f"{number}", "source": source, "target": target, "sourceHandle": outlet or None}
        for number, (source, outlet, target) in enumerate(ways)
    ]
    changed = await client.put(
        f"/agentflows/{flow}", json={"graph_definition": {"nodes": nodes, "edges": edges}}
    )
    assert changed.status_code == 200, changed.text
    ran = await client.post(f"/agentflows/{flow}/execute", json={"input_data": {}})
    assert (ran.status_code, ran.json()["error_code"]) == (200, "limit_reached"), ran.text


async def large_run(client: Client, fake: FakeOpenAI) -> None:
    """A run of many nodes, looked at in each way that there is: comparing it once took 26 seconds."""
    made = await client.post("/agentflows", json=each_of(1_000, "loop.index"))
    path = f"/agentflows/{made.json()['id']}"
    ran = await client.post(f"{path}/execute", json={"input_data": {}})
    assert (ran.status_code, ran.json()["error_code"]) == (200, None), ran.text
    run = ran.json()["execution_id"]
    for shown in (
        f"/executions/{run}",
        f"{path}/executions/{run}",
        f"/executions/{run}/logs?level=debug&limit=10000",
        f"/executions/{run}/events?follow=false&limit=100000",
        f"/executions/{run}/graph?format=json",
        f"/executions/{run}/state",
        f"/executions/compare?a={run}&b={run}",
    ):
        answer = await client.get(shown)
        assert answer.status_code == 200, (shown, answer.text)
    forked = await client.post(f"/executions/{run}/fork", json={"node": "end"})
    assert forked.status_code == 202, forked.text


async def headers(client: Client, fake: FakeOpenAI) -> None:
    answer = await client.get(
        "/chatflows", headers={"Cookie": "; ".join(["a=b"] * 10_000), "Accept": "a/b," * 1_000}
    )
    assert answer.status_code == 200


async def token(client: Client, fake: FakeOpenAI) -> None:
    for value in ("st_" + "A" * 50_000, "eyJ" + "a." * 20_000, "ar_" + "-" * 50_000):
        answer = await client.get("/chatflows", headers={"Authorization": f"Bearer {value}"})
        assert answer.status_code == 401


async def query(client: Client, fake: FakeOpenAI) -> None:
    answer = await client.get("/executions?" + "&".join(f"a{at}=%25" for at in range(5_000)))
    assert answer.status_code == 422


async def embed(client: Client, fake: FakeOpenAI) -> None:
    chat = {"llm_provider": "demo", "llm_model": "demo"}
    made = (await client.post("/chatflows", json={"name": "embedded", "chat_config": chat})).json()["id"]
    for custom in ("a{" * 9_999, "/*" * 9_999, "\\" * 19_999, "@media a{" * 2_200):
        body = {"chatflow_id": made, "allowed_domains": ["https://a.example"], "custom_css": custom}
        answer = await client.post("/embed", json=body)
        assert answer.status_code in (200, 201), answer.text
    body = {"chatflow_id": made, "allowed_domains": ["https://" + "a." * 400 + "example"] * 50}
    assert (await client.post("/embed", json=body)).status_code == 422


def multipart(parts: int) -> bytes:
    one = '--b\r\nContent-Disposition: form-data; name="a{}"; filename="f"\r\n\r\nx\r\n'
    return ("".join(one.format(at) for at in range(parts)) + "--b--\r\n").encode()


def thousand_lists() -> str:
    return "".join(f"- k{number}: [a, b]\n" for number in range(14_000))


INPUTS: dict[str, Callable[[], Attack]] = {
    "an export of a prompt of 49,000 times `a.`": lambda: exports,
    "`1+`, 12,000 blanks and `x` to the demo model": lambda: chats("1+" + " " * 12_000 + "x", CALCULATOR),
    "a flow that runs itself for each of 50 items": lambda: calls_itself,
    "200,000 tool calls in one answer": lambda: hears(*calls(200_000)),
    "50,000 parts of 1,000 tool calls in turn": lambda: hears(*calls(50_000, index=lambda at: at % 1_000)),
    "30,000 parts of one tool call, each with its name": lambda: hears(*calls(30_000, "{}", lambda at: 0)),
    "20,000 thoughts that begin and do not end": lambda: hears(*said(*["<think></think"] * 20_000)),
    "an answer of 900,000 characters": lambda: hears(*said("a b. " * 180_000)),
    "an answer in 60,000 chunks": lambda: hears(*said(*["a "] * 60_000)),
    "an answer that is 5 MB of brackets": lambda: hears(raw="[" * 5_000_000, kind="application/json"),
    "a stream of 5 MB without a line's end": lambda: hears(raw="data: " + "a" * 5_000_000),
    "a YAML import of 300 kB of lists": lambda: posts(
        "/flows/import", thousand_lists().encode(), 422, "application/yaml"
    ),
    "a YAML import of a number of base 60": lambda: posts(
        "/flows/import", b"name: !!int '" + b"1:" * 140_000 + b"1'", 400, "application/yaml"
    ),
    "a YAML import of 1.2 MB": lambda: posts("/flows/import", b"- a\n" * 300_000, 413, "application/yaml"),
    "JSON of 240,000 values": lambda: posts("/chatflow/chat", b'{"a": [' + b"1," * 240_000 + b"1]}", 422),
    "JSON of a million values": lambda: posts("/chatflow/chat", b'{"a": [' + b"1," * 1_000_000 + b"1]}", 413),
    "JSON of 100,000 lists in one another": lambda: posts("/chatflow/chat", b"[" * 100_000, 400),
    "JSON of a text of 9 MB": lambda: posts(
        "/chatflow/chat", b'{"message": "' + b"\\u0041" * 1_500_000 + b'"}', 413
    ),
    "a form of 20,000 parts": lambda: posts(
        "/flows/import", multipart(20_000), 400, "multipart/form-data; boundary=b"
    ),
    "a packed body that unpacks to 100 MB": lambda: posts(
        "/chatflow/chat", gzip.compress(b"a" * 100_000_000, 1), 400, **{"Content-Encoding": "gzip"}
    ),
    "a message of 1 MB": lambda: chats("a. <b> [x](y) `" * 65_000),
    "50,000 headers' worth of one cookie": lambda: headers,
    "tokens of 50,000 characters": lambda: token,
    "a URL of 5,000 parameters": lambda: query,
    "CSS and origins of an embedded chat": lambda: embed,
    "a template of 40,000 open braces": lambda: stores(templates("{{" * 40_000)),
    "an expression of 3,998 brackets": lambda: posts(
        "/agentflows", json.dumps(transforms("(" * 1_999 + "1" + ")" * 1_999)).encode(), 422
    ),
    "an expression of 2,000 sums": lambda: runs(transforms("+".join("1" * 2_000))),
    "a pattern that others take for ever to match": lambda: runs(
        transforms("match('" + "a" * 3_900 + "!', '(a|a)*b')")
    ),
    "a flow of 900 nodes, checked, planned and drawn": lambda: stores(
        wide(900),
        "/agentflows/{}/validate",
        "/agentflows/{}/execution-plan",
        "/flows/{}/export",
    ),
    "60 items of 900,000 characters": lambda: runs(each_of(60, "repeat('x', 900000)")),
    "20 lists of 20,000 numbers": lambda: runs(
        each_of(20, "[[j * 1.5 for j in range(1000)] for i in range(20)]")
    ),
    "an expression that goes through 490,000 items": lambda: runs(
        transforms("[1 for i in range(700) for j in range(700) if i > j + 800]"), "expression_failed"
    ),
    "a run of 1,000 nodes, shown, logged, drawn, compared and forked": lambda: large_run,
    "a chain of 40 nodes": lambda: runs(chain(*(f"n{number}" for number in range(40))) | {"name": "chain"}),
}
"""By what they are, made when they are sent: some are large. Each leaves the server as it was."""
