"""Runs that go on from others: states at past points, resumes, forks, replays and comparisons."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from persistence.storage.database import open_database
from persistence.upkeep.retention import Policy, prune
from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.echo import Echo
from tests.server.people import key_of, person


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.stop()


@pytest.fixture(scope="module")
def served(
    echo: Echo, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One server for the tests that need none of their own."""
    folder = tmp_path_factory.mktemp("forks")
    settings = quick(new_database("sqlite", request, folder), folder)
    server = Running(msgspec.structs.replace(settings, egress_allow=[echo.at])).start()
    yield server
    server.stop()


@pytest.fixture
async def shared(served: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(served, await make_key(served.settings, WORKSPACE)) as client:
        yield client


DEMO = {"provider": "demo", "model": "demo"}


def node(id: str, type: str, **data: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "data": data}


def edges(*drawn: str) -> list[dict[str, Any]]:
    """Return edges written as ``a>b`` or ``a:outlet>b``."""
    made: list[dict[str, Any]] = []
    for number, one in enumerate(drawn):
        source, _, target = one.partition(">")
        source, _, outlet = source.partition(":")
        made.append({"id": f"e{number}", "source": source, "target": target})
        if outlet:
            made[-1]["sourceHandle"] = outlet
    return made


def work(expression: str = "input.n + 1", prompt: str = "first {{input.q}}") -> dict[str, Any]:
    """Return a graph with a model, an iteration, parallel branches, a loop, and a node that may fail."""
    return {
        "nodes": [
            node("start", "start"),
            node("one", "llm", **DEMO, prompt=prompt),
            node("each", "iteration", items="[1, 2, 3]"),
            node("in", "llm", **DEMO, prompt="item {{loop.item}}"),
            node("after", "template", template="{{arrived}} after"),
            node("left", "llm", **DEMO, prompt="left of {{nodes.one}}"),
            node("turn", "loop", items="[1, 2]"),
            node("body", "llm", **DEMO, prompt="turn {{loop.index}} {{nodes.one}}"),
            node("sum", "transform", expression=expression),
            node("last", "llm", **DEMO, prompt="last {{nodes.sum}} {{nodes.one}} {{variables.tone}}"),
            node("end", "end"),
        ],
        "edges": edges(
            "start>one", "one>each", "each:body>in", "in>after", "after>each", "each:done>turn", "one>left",
            "turn:body>body", "body>turn", "turn:done>sum", "left>sum", "sum>last", "last>end",
        ),
    }  # fmt: skip


async def stored(client: httpx.AsyncClient, graph: dict[str, Any]) -> str:
    made = await client.post("/agentflows", json={"name": "Work", "graph_definition": graph})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def ran(client: httpx.AsyncClient, flow: str, **input: Any) -> dict[str, Any]:
    """Run a flow to its end and return the execution."""
    body = {"input_data": input, "variables": {"tone": "calm"}}
    answer = await client.post(f"/agentflows/{flow}/execute", json=body)
    return await ended(client, answer.json()["execution_id"])


async def ended(client: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """Return an execution when it has ended or waits for a person."""
    found: dict[str, Any] = {}
    for _ in range(3_000):
        found = (await client.get(f"/executions/{id}")).json()
        if found["status"] not in ("pending", "running"):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def went_on(client: httpx.AsyncClient, id: str, how: str, **body: Any) -> dict[str, Any]:
    """Resume or fork a run and return the new one when it has ended."""
    answer = await client.post(f"/executions/{id}/{how}", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["parent"] == id
    return await ended(client, answer.json()["id"])


async def asked(client: httpx.AsyncClient, id: str) -> list[tuple[str, str]]:
    """Return path and node of each call of a model that a run paid for, in order of their names."""
    events = (await client.get(f"/executions/{id}/events", params={"follow": "false"})).json()
    return sorted((e.get("path", ""), e["node"]) for e in events if e["type"] == "usage")


async def replay(client: httpx.AsyncClient, id: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/executions/{id}/replay", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_failed_run_goes_on_and_pays_for_nothing_twice(client: httpx.AsyncClient) -> None:
    flow = await stored(client, work())
    failed = await ran(client, flow, q="x", n="text")
    assert failed["status"] == "failed"
    state = (await client.get(f"/executions/{failed['id']}/state")).json()
    assert (state["node"], state["variables"]) == ("sum", {"tone": "calm"})
    assert set(state["outputs"]) >= {"one", "each", "left", "turn"}
    again = await went_on(client, failed["id"], "resume")
    assert (again["status"], again["error"]) == ("failed", failed["error"])
    assert await asked(client, again["id"]) == []
    await client.put(f"/agentflows/{flow}", json={"graph_definition": work("input.n + '!'")})
    mended = await went_on(client, again["id"], "resume", flow_version="current")
    assert mended["status"] == "completed", mended["error"]
    assert await asked(client, mended["id"]) == [("", "last")]
    family = (await client.get(f"/executions/{again['id']}/lineage")).json()["executions"]
    assert [(one["id"], one["parent"], one["kind"]) for one in family] == [
        (failed["id"], None, None),
        (again["id"], failed["id"], "resume"),
        (mended["id"], again["id"], "resume"),
    ]
    for one in (failed, again, mended):
        report = await replay(client, one["id"])
        assert report["equal"], (one["status"], report)
    refused = await client.post(f"/executions/{mended['id']}/resume", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")
    graph = work()
    graph["nodes"] = [one for one in graph["nodes"] if one["id"] not in ("left", "sum")]
    graph["edges"] = edges("start>one", "one>last", "last>end")
    graph["nodes"] = [one for one in graph["nodes"] if one["id"] in ("start", "one", "last", "end")]
    graph["nodes"][2]["data"]["prompt"] = "last"
    await client.put(f"/agentflows/{flow}", json={"graph_definition": graph})
    gone = await client.post(f"/executions/{failed['id']}/resume", json={"flow_version": "current"})
    assert (gone.status_code, gone.json()["code"]) == (409, "nodes_gone")
    assert all(name in gone.json()["detail"] for name in ("'sum'", "'left'"))


async def test_a_fork_from_every_node_pays_for_nothing_before_it(shared: httpx.AsyncClient) -> None:
    client = shared
    whole = await ran(client, await stored(client, work("input.n + '!'")), q="x", n="1")
    assert whole["status"] == "completed", whole["error"]
    everything = [("", "one"), ("", "left"), *[(f"each[{n}]", "in") for n in range(3)], ("", "body"),
        ("", "body"), ("", "last")]  # fmt: skip
    assert await asked(client, whole["id"]) == sorted(everything)
    after_loop = [("", "last")]
    loop = [("", "body"), ("", "body"), *after_loop]
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"node": "start"}, everything),
        ({"node": "one"}, everything),
        ({"node": "each"}, [*((f"each[{n}]", "in") for n in range(3)), *loop]),
        ({"node": "left"}, [("", "left"), *loop]),
        ({"node": "in", "path": "each[1]"}, [("each[1]", "in"), *loop]),
        ({"node": "after", "path": "each[2]"}, loop),
        ({"node": "turn"}, loop),
        ({"node": "body"}, loop),
        ({"node": "body", "occurrence": 2}, [("", "body"), *after_loop]),
        ({"node": "turn", "occurrence": 3}, after_loop),
        ({"node": "sum"}, after_loop),
        ({"node": "last"}, after_loop),
        ({"node": "end"}, []),
    ]
    started = [await client.post(f"/executions/{whole['id']}/fork", json=body) for body, _ in cases]
    for (body, expected), answer in zip(cases, started, strict=True):
        forked = await ended(client, answer.json()["id"])
        assert forked["output_data"] == whole["output_data"], body
        assert await asked(client, forked["id"]) == sorted(expected), body
        where = {name: value for name, value in body.items() if name != "flow_version"}
        state = await client.get(f"/executions/{whole['id']}/state", params=where)
        assert state.status_code == 200, (body, state.text)
        again = await client.get(f"/executions/{forked['id']}/state", params=where)
        assert {**again.json(), "execution_id": whole["id"]} == state.json(), body
        report = await replay(client, forked["id"])
        assert report["equal"], (body, report)
    for wrong in ({"node": "in", "path": "each[7]"}, {"node": "body", "occurrence": 3}, {"node": "none"}):
        missing = await client.post(f"/executions/{whole['id']}/fork", json=wrong)
        assert missing.status_code == 404, wrong


async def test_a_fork_changes_variables_outputs_input_and_version(shared: httpx.AsyncClient) -> None:
    client = shared
    flow = await stored(client, work("nodes.one + input.n"))
    whole = await ran(client, flow, q="x", n="1")
    changed = await went_on(
        client,
        whole["id"],
        "fork",
        node="sum",
        input={"n": "2"},
        variables={"tone": "loud"},
        state={"outputs": {"one": "another"}},
    )
    assert changed["input_data"]["n"] == "2"
    state = (await client.get(f"/executions/{changed['id']}/state", params={"node": "last"})).json()
    assert (state["variables"]["tone"], state["outputs"]["sum"]) == ("loud", "another2")
    compared = await client.get("/executions/compare", params={"a": whole["id"], "b": changed["id"]})
    nodes = {one["node_id"]: one for one in compared.json()["nodes"] if not one["path"]}
    assert (nodes["one"]["same_output"], nodes["sum"]["same_output"]) == (True, False)
    assert (nodes["left"]["same_prompt"], nodes["last"]["same_prompt"]) == (True, False)
    assert {one["prompts"] for one in compared.json()["nodes"]} == {None}
    query = {"a": whole["id"], "b": changed["id"], "prompts": "true"}
    texts = await client.get("/executions/compare", params=query)
    prompts = {one["node_id"]: one["prompts"] for one in texts.json()["nodes"] if not one["path"]}
    assert prompts["left"]["a"] == prompts["left"]["b"] != []
    assert (prompts["left"]["diff"], prompts["sum"]) == ([], None)
    assert "first x" in prompts["one"]["a"][0]
    removed = [line for line in prompts["last"]["diff"] if line.startswith("-last ")]
    added = [line for line in prompts["last"]["diff"] if line.startswith("+last another2 ")]
    assert (len(removed), len(added)) == (1, 1)
    await client.put(
        f"/agentflows/{flow}", json={"graph_definition": work("nodes.one + input.n", "other {{input.q}}")}
    )
    report = await replay(client, whole["id"], flow_version="current")
    assert not report["equal"]
    assert (report["difference"]["node"], report["difference"]["what"]) == ("one", "model")
    assert {"-first x", "+other x"} <= set(report["difference"]["diff"])


@pytest.mark.threat("I-13")
@pytest.mark.threat("I-14")
async def test_a_run_of_anothers_session_is_not_there_for_whatever_repeats_or_reads_it(
    served: Running,
) -> None:
    roles = {"ada": "runner", "bo": "editor"}
    users = [await person(served, f"{name}.forks@example.com", role) for name, role in roles.items()]
    keys = [await key_of(served, user, "runner") for user in users]
    editor = await key_of(served, users[1], "editor")
    async with connect(served, keys[0]) as ada, connect(served, keys[1]) as bo:
        chat = {"message": "Hello", "session_id": "adas", "config": DEMO}
        run = (await ada.post("/chatflow/chat", json=chat)).json()["execution_id"]
        history = (await ada.get("/chatflow/sessions/adas/history")).json()["messages"]
        first = history[0]["id"]
        own = (await bo.post("/chatflow/chat", json={**chat, "session_id": "bos"})).json()["execution_id"]
        path, session = f"/executions/{run}", "/chatflow/sessions/adas"
        asked = [
            ("GET", f"{path}/state", None),
            ("GET", f"{path}/lineage", None),
            ("POST", f"{path}/replay", {}),
            ("POST", f"{path}/resume", {}),
            ("POST", f"{path}/fork", {"node": "start"}),
            ("GET", f"/executions/compare?a={run}&b={own}", None),
            ("GET", f"/executions/compare?a={own}&b={run}&prompts=true", None),
            ("POST", "/chatflow/chat", {**chat, "edits": first}),
            ("POST", f"{session}/branch", {"message_id": first}),
            ("POST", f"{session}/messages/{first}/regenerate", {}),
            ("POST", f"{session}/messages/{first}/choose", None),
            ("PUT", f"{session}/messages/{first}", {"content": "Mine"}),
            ("DELETE", f"{session}/messages/{first}", None),
        ]
        for method, address, body in asked:
            answer = await bo.request(method, address, json=body)
            assert answer.status_code == 404, (method, address, answer.text)
        assert (await ada.get(f"{path}/lineage")).status_code == 200
        assert (await ada.post(f"{path}/replay", json={})).json()["equal"] is True
        assert (await ada.get("/chatflow/sessions/adas/history")).json()["messages"] == history
    async with connect(served, editor) as bo:
        flow = await stored(bo, work())
        node_run = {"input_data": {"n": 1, "q": "x"}, "execution_id": run}
        refused = await bo.post(f"/flows/{flow}/nodes/sum/run", json=node_run)
        assert refused.status_code == 404, refused.text


async def test_a_turn_of_a_chat_is_forked_into_a_session_of_its_own(shared: httpx.AsyncClient) -> None:
    client = shared
    graph = {
        "nodes": [
            node("start", "start"),
            node("first", "llm", **DEMO, prompt="about {{input.message}}"),
            node("say", "llm", **DEMO, prompt="{{input.message}} and {{nodes.first}}"),
            node("end", "end"),
        ],
        "edges": edges("start>first", "first>say", "say>end"),
    }
    body = {
        "name": "Talk",
        "chat_config": {"llm_provider": "demo", "llm_model": "demo"},
        "graph_definition": graph,
    }
    made = await client.post("/chatflows", json=body)
    assert made.status_code == 201, made.text
    runs: list[dict[str, Any]] = []
    for message in ("one", "two", "three"):
        chat = {"message": message, "session_id": "talk"}
        runs.append((await client.post(f"/chatflow/workflows/{made.json()['id']}/chat", json=chat)).json())
    second = runs[1]["execution_id"]
    state = (await client.get(f"/executions/{second}/state", params={"node": "say"})).json()
    assert [one["content"] for one in state["messages"] if one["role"] == "user"] == ["one", "two"]
    forked = await went_on(client, second, "fork", node="say")
    assert await asked(client, forked["id"]) == [("", "say")]
    assert forked["output_data"] == runs[1]["response"]
    history = (await client.get(f"/chatflow/sessions/{forked['session_id']}/history")).json()["messages"]
    assert [one["content"] for one in history] == ["one", runs[0]["response"], "two", runs[1]["response"]]
    assert (await replay(client, second))["equal"]
    other = await went_on(client, second, "fork", node="first", input={"message": "four"})
    assert other["output_data"] != forked["output_data"]


EXAMPLES = sorted(Path("examples").glob("*.json"))
SAMPLE = ("map-over-list", "approve-before-sending")
"""The examples that CI forks; `--faults=full` forks all of them."""


async def approved(client: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """Return an execution at its end, after all that it asks was approved or repeated."""
    while (found := await ended(client, id))["status"] == "waiting_approval":
        asked_now = (await client.get(f"/executions/{id}/inputs")).json()["inputs"]
        [open, *_] = [one for one in asked_now if one["answered_at"] is None]
        body = {"input_id": open["id"], "action": "repeat" if "repeat" in open["actions"] else "approve"}
        answer = await client.post(f"/executions/{id}/respond", json=body)
        assert answer.status_code == 200, answer.text
    return found


async def events_of(client: httpx.AsyncClient, id: str) -> list[dict[str, Any]]:
    return (await client.get(f"/executions/{id}/events", params={"follow": "false"})).json()


def places(events: list[dict[str, Any]], type: str) -> Counter[tuple[str, str]]:
    return Counter((event.get("path", ""), event["node"]) for event in events if event["type"] == type)


@pytest.mark.timeout(1800)
async def test_examples_are_replayed_and_forked_from_each_of_their_nodes(
    client: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    full = request.config.getoption("--faults", default=os.environ.get("FAULTS", "ci")) == "full"
    for file in EXAMPLES:
        if not full and file.stem not in SAMPLE:
            continue
        document = json.loads(file.read_text("utf-8"))
        kind = document.pop("flow_type")
        made = await client.post(f"/{kind}s", json=document)
        assert made.status_code == 201, (file.stem, made.text)
        given = {} if document.get("graph_definition") else {"message": "Three sentences about otters."}
        if kind == "chatflow":
            given["session_id"] = file.stem
        begun = await client.post(f"/flows/{made.json()['id']}/execute", json={"input_data": given})
        whole = await approved(client, begun.json()["id"])
        assert (await replay(client, whole["id"]))["equal"], file.stem
        events = await events_of(client, whole["id"])
        for path, node in places(events, "node.started"):
            where = {"node": node, "path": path}
            answer = await client.post(f"/executions/{whole['id']}/fork", json=where)
            assert answer.status_code == 202, (file.stem, where, answer.text)
            forked = await approved(client, answer.json()["id"])
            assert forked["status"] == whole["status"], (file.stem, where, forked["error"])
            assert forked["output_data"] == whole["output_data"], (file.stem, where)
            began = next(
                place
                for place, one in enumerate(events)
                if one["type"] == "node.started" and (one.get("path", ""), one["node"]) == (path, node)
            )
            before, paid = (
                places(events[:began], "usage"),
                places(await events_of(client, forked["id"]), "usage"),
            )
            most = places(events, "usage") - before
            assert not paid - most, (file.stem, where, paid - most)
            if full:
                assert (await replay(client, forked["id"]))["equal"], (file.stem, where)


async def test_forks_within_subflows_and_passes_that_paused(shared: httpx.AsyncClient) -> None:
    client = shared
    inner = await stored(client, {
        "nodes": [
            node("start", "start"),
            node("x", "llm", **DEMO, prompt="x of {{input.item}}"),
            node("ok", "human_approval", message="May it go on?"),
            node("y", "llm", **DEMO, prompt="y of {{nodes.x}}"),
            node("end", "end"),
        ],
        "edges": edges("start>x", "x>ok", "ok:approved>y", "y>end"),
    })  # fmt: skip
    flow = await stored(client, {
        "nodes": [
            node("start", "start"),
            node("many", "iteration", items="[1, 2]"),
            node("s", "subflow", flow_id=inner, input={"item": "{{loop.item}}"}),
            node("last", "llm", **DEMO, prompt="last of {{nodes.many}}"),
            node("end", "end"),
        ],
        "edges": edges("start>many", "many:body>s", "s>many", "many:done>last", "last>end"),
    })  # fmt: skip
    begun = await client.post(f"/flows/{flow}/execute", json={"input_data": {}})
    whole = await approved(client, begun.json()["id"])
    x, y, last = ("many[1]/s", "x"), ("many[1]/s", "y"), ("", "last")
    for name, paid in (("start", [last, x, y]), ("x", [last, x, y]), ("ok", [last, y]), ("y", [last, y])):
        body = {"node": name, "path": "many[1]/s"}
        answer = await client.post(f"/executions/{whole['id']}/fork", json=body)
        forked = await approved(client, answer.json()["id"])
        assert (forked["status"], forked["output_data"]) == ("completed", whole["output_data"]), name
        assert await asked(client, forked["id"]) == paid, name
        ends = places(await events_of(client, forked["id"]), "node.completed")
        twice = {place for place, count in ends.items() if count > 1}
        assert {inner for _, inner in twice} <= {"start"}, (name, ends)
    changed = await went_on(
        client, whole["id"], "fork", node="y", path="many[1]/s", state={"outputs": {"x": "z"}}
    )
    for place, seen in (("many[1]/s", "z"), ("many[0]/s", None)):
        where = {"node": "y", "path": place}
        state = (await client.get(f"/executions/{changed['id']}/state", params=where)).json()
        assert (state["outputs"]["x"] == "z") == (seen == "z"), state


async def test_alternatives_of_a_chat_are_forked_and_continued_on_their_own_line(
    shared: httpx.AsyncClient,
) -> None:
    client = shared

    def graph(expression: str) -> dict[str, Any]:
        nodes = [
            node("start", "start"),
            node("sum", "transform", expression=expression),
            node("say", "llm", **DEMO, prompt="{{input.message}} {{nodes.sum}}"),
            node("end", "end"),
        ]
        return {"nodes": nodes, "edges": edges("start>sum", "sum>say", "say>end")}

    body = {"name": "Lines", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
    flow = (await client.post("/chatflows", json={**body, "graph_definition": graph("1")})).json()["id"]
    session = "/chatflow/sessions/lines"
    for message in ("one", "two", "three"):
        chat = {"message": message, "session_id": "lines"}
        await client.post(f"/chatflow/workflows/{flow}/chat", json=chat)

    async def line(of: str = session) -> list[dict[str, Any]]:
        return (await client.get(f"{of}/history")).json()["messages"]

    second = (await line())[2]["id"]
    edited = (await client.put(f"{session}/messages/{second}", json={"content": "other"})).json()
    again = f"{session}/messages/{(await line())[-1]['id']}/regenerate"
    answered = (await client.post(again, json={})).json()
    for run in (edited["execution_id"], answered["execution_id"]):
        state = (await client.get(f"/executions/{run}/state", params={"node": "say"})).json()
        assert [one["content"] for one in state["messages"] if one["role"] == "user"] == ["one", "other"]
        forked = await went_on(client, run, "fork", node="say")
        there = await line(f"/chatflow/sessions/{forked['session_id']}")
        assert [one["content"] for one in there if one["role"] == "user"] == ["one", "other"]
        assert len(there) == 4
    await client.put(f"/chatflows/{flow}", json={"graph_definition": graph("input.message + 1")})
    failed = (await client.post(again, json={"flow_version": "current"})).json()
    await client.put(f"/chatflows/{flow}", json={"graph_definition": graph("2")})
    resumed = await went_on(client, failed["execution_id"], "resume", flow_version="current")
    assert resumed["status"] == "completed", resumed["error"]
    assert [one["content"] for one in await line() if one["role"] == "user"] == ["one", "other"]
    assert (await line())[-1]["content"] == resumed["output_data"]
    assert (await replay(client, resumed["id"]))["equal"]


async def test_one_node_runs_alone_with_given_values_or_those_of_a_run(shared: httpx.AsyncClient) -> None:
    client = shared
    flow = await stored(client, work("nodes.one + input.n"))
    body: dict[str, Any] = {"input_data": {"n": "2"}, "outputs": {"one": "1"}}
    alone = await client.post(f"/flows/{flow}/nodes/sum/run", json=body)
    assert (alone.status_code, alone.json()["output"]) == (200, "12"), alone.text
    assert [event["node"] for event in await events_of(client, alone.json()["execution_id"])
        if event["type"] == "node.started"] == ["sum"]  # fmt: skip
    whole = await ran(client, flow, q="x", n="3")
    pinned = await client.post(f"/flows/{flow}/nodes/last/run", json={"execution_id": whole["id"]})
    assert pinned.json()["output"] == whole["output_data"]
    assert await asked(client, pinned.json()["execution_id"]) == [("", "last")]
    each = await client.post(f"/flows/{flow}/nodes/each/run", json={})
    assert len(await asked(client, each.json()["execution_id"])) == 3
    missing = await client.post(f"/flows/{flow}/nodes/none/run", json={})
    assert missing.status_code == 404


async def test_a_journal_that_was_deleted_is_gone(client: httpx.AsyncClient, settings: Settings) -> None:
    run = await ran(client, await stored(client, work("input.n + '!'")), q="x", n="1")
    async with open_database(settings.database) as database:
        await prune(database, Policy(journal_days=0))
    for method, path in (("GET", "state"), ("POST", "fork"), ("POST", "replay")):
        body = {"node": "one"} if path == "fork" else {} if method == "POST" else None
        answer = await client.request(method, f"/executions/{run['id']}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (410, "expired"), path
    assert (await client.get(f"/executions/{run['id']}")).json()["output_data"] == run["output_data"]


async def test_a_fork_asks_before_it_repeats_what_must_not_be_repeated(
    shared: httpx.AsyncClient, echo: Echo
) -> None:
    graph = {
        "nodes": [
            node("start", "start"),
            node("pay", "http_request", method="POST", url=f"http://{echo.at}/", repeatable=False),
            node("end", "end"),
        ],
        "edges": edges("start>pay", "pay>end"),
    }
    whole = await ran(shared, await stored(shared, graph))
    assert whole["status"] == "completed", whole["error"]
    answer = await shared.post(f"/executions/{whole['id']}/fork", json={"node": "pay"})
    waits = await ended(shared, answer.json()["id"])
    assert waits["status"] == "waiting_approval"
    assert [
        event["type"] for event in await events_of(shared, waits["id"]) if event["type"].startswith("tool")
    ] == []
    after = await shared.post(f"/executions/{whole['id']}/fork", json={"node": "end"})
    assert (await ended(shared, after.json()["id"]))["status"] == "completed"


async def test_walks_of_recorded_runs_are_bounded_in_number_and_time(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(msgspec.structs.replace(settings, replay_seconds=0.01))
    walks = server.runtime.ready.runs.recorded_states
    async with connect(server, await make_key(settings, WORKSPACE)) as client:
        run = (await ran(client, await stored(client, many(400))))["id"]
        path = f"/executions/{run}"
        asked = [
            ("POST", f"{path}/replay", {}),
            ("GET", f"{path}/state", None),
            ("GET", f"/executions/compare?a={run}&b={run}", None),
        ]
        async with walks.turn():
            for method, address, body in asked:
                refused = await client.request(method, address, json=body)
                assert (refused.status_code, refused.json()["code"]) == (429, "too_many_replays"), address
                assert int(refused.headers["retry-after"]) > 0
        slow = await client.post(f"{path}/replay", json={})
        assert (slow.status_code, slow.json()["code"]) == (422, "replay_too_long"), slow.text
        assert (await client.get(asked[2][1])).status_code == 200


def many(items: int) -> dict[str, Any]:
    """Return a graph that takes some time to walk."""
    return {
        "nodes": [
            node("start", "start"),
            node("each", "iteration", items=f"range({items})"),
            node("in", "transform", expression="loop.item"),
            node("end", "end"),
        ],
        "edges": edges("start>each", "each:body>in", "in>each", "each:done>end"),
    }
