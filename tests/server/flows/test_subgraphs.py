"""Containers and sub-flows over HTTP: events in their true order, pauses, drains, and who may call what."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key, parse_frames

Graph = dict[str, Any]


def graph(nodes: dict[str, tuple[str, dict[str, Any]]], *edges: str) -> Graph:
    """Return a definition with a start and an end, its edges as ``source:outlet>target``."""
    drawn: list[dict[str, Any]] = []
    for text in edges:
        source, _, target = text.partition(">")
        source, _, outlet = source.partition(":")
        drawn.append(
            {"id": text, "source": source, "target": target} | ({"sourceHandle": outlet} if outlet else {})
        )
    kinds = {"start": ("start", {}), "end": ("end", {}), **nodes}
    return {
        "nodes": [{"id": id, "type": kind, "data": data} for id, (kind, data) in kinds.items()],
        "edges": drawn,
    }


def transform(expression: str) -> tuple[str, dict[str, Any]]:
    return "transform", {"expression": expression}


async def stored(client: httpx.AsyncClient, drawn: Graph, name: str = "Flow") -> str:
    made = await client.post("/agentflows", json={"name": name, "graph_definition": drawn})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def execute(client: httpx.AsyncClient, flow: str, **input: Any) -> dict[str, Any]:
    answer = await client.post(f"/agentflows/{flow}/execute", json={"input_data": input})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events(client: httpx.AsyncClient, execution: str) -> list[dict[str, Any]]:
    url = f"/executions/{execution}/events"
    return (await client.get(url, params={"follow": "false", "limit": 5000})).json()


async def ended(client: httpx.AsyncClient, execution: str) -> dict[str, Any]:
    """Return an execution once it has ended."""
    for _ in range(1000):
        found = (await client.get(f"/executions/{execution}")).json()
        if found["completed_at"] is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{execution} did not end")


def ran(told: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((e.get("path", ""), e["node"]) for e in told if e["type"] == "node.completed")


GREET = graph({"greet": transform("'Hello ' + input.name")}, "start>greet", "greet>end")


def calling(flow_id: str, **data: Any) -> Graph:
    """Return a flow that calls another one for each name, one at a time."""
    each = ("iteration", {"items": "input.names", "max_concurrency": 1})
    given = {"name": "{{ loop.item }}"}
    call = ("subflow", {"flow_id": flow_id, "input": given, **data})
    return graph({"each": each, "call": call}, "start>each", "each:body>call", "call>each", "each:done>end")


async def test_a_sub_flow_runs_for_each_item_with_its_events_in_order(client: httpx.AsyncClient) -> None:
    flow = await stored(client, calling(await stored(client, GREET)))
    done = await execute(client, flow, names=["Ada", "Bo"])
    assert done["output"] == ["Hello Ada", "Hello Bo"]
    told = await events(client, done["execution_id"])
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    nodes = [(e["type"], e.get("path", ""), e["node"]) for e in told if e["type"].startswith("node.")]

    def whole(path: str, node: str, *inside: tuple[str, str, str]) -> list[tuple[str, str, str]]:
        return [("node.started", path, node), *inside, ("node.completed", path, node)]

    def item(number: int) -> list[tuple[str, str, str]]:
        place = f"each[{number}]"
        inner = [event for node in ("start", "greet", "end") for event in whole(f"{place}/call", node)]
        return whole(place, "call", *inner)

    assert nodes == [*whole("", "start"), *whole("", "each", *item(0), *item(1)), *whole("", "end")]


async def test_a_flow_of_another_workspace_and_a_deleted_one_are_not_there(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    async with connect(server, await make_key(settings, "other")) as stranger:
        foreign = await stored(stranger, GREET)
    made = await client.post("/agentflows", json={"name": "C", "graph_definition": calling(foreign)})
    (warning,) = made.json()["warnings"]
    assert (warning["code"], warning["node"]) == ("unknown_subflow", "call")
    refused = await execute(client, made.json()["id"], names=["Ada"])
    assert refused["success"] is False
    assert f"There is no flow '{foreign}'" in refused["error"]
    own = await stored(client, GREET)
    flow = await stored(client, calling(own))
    await client.delete(f"/agentflows/{own}")
    assert "It was deleted or switched off" in (await execute(client, flow, names=["Ada"]))["error"]


ON = {"name": "{{ loop.item }}", "names": ["Bo"]}


@pytest.mark.threat("D-08")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_flows_that_call_each_other_are_warned_of_and_end_at_the_cap(client: httpx.AsyncClient) -> None:
    one = await stored(client, GREET, "One")
    two = await stored(client, calling(one, input=ON), "Two")
    changed = await client.put(f"/agentflows/{one}", json={"graph_definition": calling(two, input=ON)})
    assert changed.status_code == 200, changed.text
    checked = (await client.get(f"/agentflows/{one}/validate")).json()
    (warning,) = checked["warnings"]
    assert checked["valid"] is True
    assert warning["code"] == "subflow_circle"
    assert f"'{one}' → '{two}' → '{one}'" in warning["message"]
    endless = await execute(client, one, names=["Ada"])
    assert "max_depth allows 8" in endless["error"]


@pytest.mark.threat("D-08")
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_circle_without_a_condition_is_refused(client: httpx.AsyncClient) -> None:
    one = await stored(client, GREET, "One")

    async def put(**nodes_and_edges: Any) -> tuple[int, list[str]]:
        drawn = graph(nodes_and_edges["nodes"], *nodes_and_edges["edges"])
        answer = await client.put(f"/agentflows/{one}", json={"graph_definition": drawn})
        told = answer.json()
        return answer.status_code, [one["code"] for one in told.get("errors") or told.get("warnings") or []]

    call = ("subflow", {"flow_id": one})
    itself = {"nodes": {"call": call}, "edges": ("start>call", "call>end")}
    assert await put(**itself) == (422, ["endless_subflows"])
    for items, status in (("[]", 200), ("['a']", 422), ("range(3)", 422), ("input.items", 200)):
        each = {"each": ("iteration", {"items": items}), "call": call}
        edges = ("start>each", "each:body>call", "call>each", "each:done>end")
        assert (await put(nodes=each, edges=edges))[0] == status, items
    chosen = {"if": ("condition", {"expression": "input.on"}), "call": call, "two": call}
    edges = ("start>if", "if:yes>call", "call>end", "if:no>two", "two>end")
    assert await put(nodes=chosen, edges=edges) == (422, ["endless_subflows"] * 2)
    chosen.pop("two")
    assert (await put(nodes=chosen, edges=("start>if", "if:yes>call", "call>end", "if:no>end")))[0] == 200
    # Two flows that call each other: the one that closes the circle is refused.
    two = await stored(client, graph({"call": call}, "start>call", "call>end"), "Two")
    other = {"call": ("subflow", {"flow_id": two})}
    assert await put(nodes=other, edges=("start>call", "call>end")) == (422, ["endless_subflows"])
    # A tool node calls its flow in each run too, unless a person may refuse it.
    for approval, status in ((False, 422), (True, 200)):
        tool = {"name": "flow", "flow_id": one, "alias": "again", "approval": approval}
        called = {"call": ("tool", {"tool": tool, "arguments": {"message": "x"}})}
        assert (await put(nodes=called, edges=("start>call", "call>end")))[0] == status


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_stream_tells_apart_what_is_said_side_by_side(client: httpx.AsyncClient) -> None:
    say = ("llm", {"provider": "demo", "model": "demo", "prompt": "{{ loop.item }}"})
    each = ("iteration", {"items": "input.names"})
    drawn = graph({"each": each, "say": say}, "start>each", "each:body>say", "say>each", "each:done>end")
    flow = await stored(client, drawn)
    url = f"/agentflows/{flow}/execute/stream"
    answer = await client.post(url, json={"input_data": {"names": ["Ada", "Bo"]}})
    frames = [json.loads(frame.data) for frame in parse_frames(answer.text) if frame.data != "[DONE]"]
    said: dict[str, str] = {}
    for frame in frames:
        if frame["type"] == "token":
            said[frame["path"]] = said.get(frame["path"], "") + frame["content"]
    assert list(said.values()) == frames[-1]["output"]
    assert sorted(said) == ["each[0]", "each[1]"]


ASKING = graph(
    {
        "each": ("iteration", {"items": "input.names"}),
        "call": ("subflow", {"flow_id": "", "input": {"name": "{{ loop.item }}"}}),
        "ask": ("human_approval", {"message": "Send {{ arrived }}?", "show": "arrived"}),
    },
    "start>each", "each:body>call", "call>ask", "ask:approved>each", "ask:rejected>each", "ask:expired>each",
    "each:done>end",
)  # fmt: skip


async def test_items_pause_and_go_on_with_the_sub_flow_as_it_was(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    first = start(settings)
    async with connect(first, key) as client:
        greet = await stored(client, GREET)
        ASKING["nodes"][3]["data"]["flow_id"] = greet
        answer = await execute(client, await stored(client, ASKING), names=["Ada", "Bo"])
        assert answer["status"] == "waiting_approval"
        execution = answer["execution_id"]
        asked = {question["path"]: question for question in answer["inputs"]}
        assert {path: q["message"] for path, q in asked.items()} == {
            "each[0]": "Send Hello Ada?", "each[1]": "Send Hello Bo?",
        }  # fmt: skip
        later = graph({"greet": transform("'Bye ' + input.name")}, "start>greet", "greet>end")
        await client.put(f"/agentflows/{greet}", json={"graph_definition": later})
    first.stop()
    async with connect(start(settings), key) as client:
        for path, action in (("each[1]", "reject"), ("each[0]", "approve")):
            body = {"input_id": asked[path]["input_id"], "action": action}
            answered = await client.post(f"/executions/{execution}/respond", json=body)
            assert answered.status_code == 200, answered.text
        done = await ended(client, execution)
        assert done["status"] == "completed", done
        told = await events(client, execution)
        assert set(ran(told).values()) == {1}, "what was done before the pause is not done again"
        given = [answer["action"] for answer in done["output_data"]]
        assert given == ["approve", "reject"]


SLOW = graph(
    {
        "each": ("iteration", {"items": "input.names", "max_concurrency": 2}),
        "ask": ("llm", {"provider": "demo", "model": "demo", "prompt": "A story for {{ loop.item }}. " * 10}),
        "keep": ("variable", {"set": {"last": "loop.item"}}),
    },
    "start>each", "each:body>ask", "ask>keep", "keep>each", "each:done>end",
)  # fmt: skip


async def test_a_server_that_stops_in_the_middle_hands_on_what_it_has_done(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    names = [f"child {number}" for number in range(8)]
    first = start(settings)
    async with connect(first, key) as client:
        flow = await stored(client, SLOW)
        begun = await client.post(f"/flows/{flow}/execute", json={"input_data": {"names": names}})
        execution = begun.json()["id"]
        while not any(path == "each[1]" for path, _ in ran(await events(client, execution))):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    first.stop()
    async with connect(start(settings), key) as client:
        done = await ended(client, execution)
        assert done["status"] == "completed", done
        told = await events(client, execution)
        assert "run.resumed" in [event["type"] for event in told], (
            "it was still under way when the server stopped"
        )
        inner = {(f"each[{number}]", node) for number in range(8) for node in ("ask", "keep")}
        assert ran(told) == Counter([*inner, ("", "start"), ("", "each"), ("", "end")])
        usage = [event for event in told if event["type"] == "usage"]
        assert len(usage) == 8, "no model was asked twice"
