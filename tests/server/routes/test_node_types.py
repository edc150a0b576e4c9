"""Every node type in one flow over HTTP: its events come as it really runs, on either database."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from graphs.nodes import node_types
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.server.conftest import Running, connect, make_key
from tests.server.flows.test_subgraphs import ended, events, graph, stored, transform

CHOICES = [{"outlet": "left", "description": "Left."}, {"outlet": "right", "description": "Right."}]
VOTES = [{"voter": voter, "expression": "'tea'"} for voter in ("Ada", "Bo")]
INNER = graph({"greet": transform("'Hello ' + input.name")}, "start>greet", "greet>end")


def everything(subflow: str, url: str, base: str) -> dict[str, Any]:
    """Return a flow with a node of every type, most of them one after the other."""
    drawn = graph(
        {
            "remark": ("note", {"text": "All of them."}),
            "set": ("variable", {"set": {"name": "'Ada'"}}),
            "words": ("template", {"template": "Dear {{ variables.name }}"}),
            "is_ada": ("condition", {"expression": "variables.name == 'Ada'"}),
            "which": ("switch", {"cases": [{"outlet": "ada", "expression": "variables.name == 'Ada'"}]}),
            "join": ("merge", {}),
            "say": ("llm", {"prompt": "Say it"}),
            "work": ("agent", {"prompt": "How much is 2 + 3?", "tools": ["calculator"]}),
            "sum": ("tool", {"tool": "calculator", "arguments": {"expression": "2 + 3"}}),
            "fetch": ("http_request", {"url": url}),
            "class": ("classify", {"classes": [{"name": "left", "description": "Left."}]}),
            "choose": ("decide", {"prompt": "Left or right?", "choices": CHOICES}),
            "count": ("vote", {"candidates": ["tea", "coffee"], "ballots": VOTES}),
            "turns": ("loop", {"max_iterations": 2}),
            "turn": transform("loop.index"),
            "each": ("iteration", {"items": "slice(split('a b', ' '), 0, 2)"}),
            "item": transform("loop.item"),
            "fan": ("parallel", {"branches": ["one", "two"]}),
            "first": transform("1"),
            "second": transform("2"),
            "try": ("try_catch", {}),
            "broken": transform("number(variables.name)"),
            "caught": transform("'caught'"),
            "call": ("subflow", {"flow_id": subflow, "input": {"name": "{{ variables.name }}"}}),
            "wait": ("delay", {"seconds": 0.01}),
            "ask": ("human_approval", {"message": "Go on?"}),
            "guard": ("guardrail", {"text": "{{ variables.name }}", "masks": ["email"]}),
            "compute": ("code", {"code": "1 + 1"}),
            "tell": ("say", {"text": "Nearly done."}),
            "keep": ("memory", {"action": "save", "scope": "flow", "key": "name", "value": "Ada"}),
            "seek": ("retrieve", {"query": "tea", "knowledge_bases": [base]}),
        },
        *("start>set", "set>words", "words>is_ada", "words>which", "is_ada:yes>join", "which:ada>join"),
        *("join>say", "say>work", "work>sum", "sum>fetch", "fetch>class", "class:left>choose"),
        *("class:other>choose", "choose:left>count", "choose:right>count", "count:decided>turns"),
        *("turns:body>turn", "turn>turns", "turns:done>each", "each:body>item", "item>each"),
        *("each:done>fan", "fan:one>first", "first>fan", "fan:two>second", "second>fan", "fan:done>try"),
        *("try:body>broken", "broken>try", "try:catch>caught", "caught>call", "try:done>call"),
        *(
            "call>wait",
            "wait>ask",
            "ask:approved>guard",
            "guard:passed>compute",
            "compute>tell",
            "tell>keep",
            "keep>seek",
            "seek>end",
        ),
    )
    used = {node["type"] for node in drawn["nodes"]}
    assert used == set(node_types()), "a flow of every type lacks one"
    return drawn


@pytest.mark.timeout(120)
async def test_every_type_of_node_runs_and_is_told_in_true_order(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    async with FakeOpenAI() as fake:
        opened = fake.url.removeprefix("http://").removesuffix("/v1")
        server = start(msgspec.structs.replace(settings, egress_allow=[opened]))
        async with connect(server, await make_key(settings, "default")) as client:
            made = await client.post(
                "/knowledge-bases", json={"name": "empty", "embedding": {"provider": "demo"}}
            )
            base = made.json()["id"]
            flow = await stored(client, everything(await stored(client, INNER), f"{fake.url}/models", base))
            drawn = (await client.get(f"/agentflows/{flow}")).json()["graph_definition"]
            begun = await client.post(f"/flows/agentflows/{flow}/execute", json={"input_data": {}})
            id = begun.json()["id"]
            (question,) = await _questions(client, id)
            answer = {"input_id": question["id"], "action": "approve"}
            assert (await client.post(f"/executions/{id}/respond", json=answer)).status_code < 300
            done = await ended(client, id)
            told = await events(client, id)
    assert done["status"] == "completed", done
    _in_true_order(told, drawn)
    ran = {event["data"]["node_type"] for event in told if event["type"] == "node.started"}
    assert ran == set(node_types()) - {"note"}


async def _questions(client: httpx.AsyncClient, execution: str) -> list[dict[str, Any]]:
    for _ in range(1500):
        found = (await client.get(f"/executions/{execution}")).json()
        assert found["completed_at"] is None, found
        if found["status"] == "waiting_approval":
            return (await client.get(f"/executions/{execution}/inputs")).json()["inputs"]
        await asyncio.sleep(0.02)
    raise AssertionError("the run asked nothing")


def _in_true_order(told: list[dict[str, Any]], drawn: dict[str, Any]) -> None:
    """Fail unless each node started after one that leads to it had ended, and ended after it started."""
    before: dict[str, set[str]] = {}
    for edge in drawn["edges"]:
        before.setdefault(edge["target"], set()).add(edge["source"])
    around = {"turns", "each", "fan", "try"}  # they end after their bodies
    seen: set[str] = set()
    started: set[str] = set()
    for event in told:
        node, kind = event.get("node", ""), event["type"]
        if event.get("path", "").endswith("call"):
            continue  # of the sub-flow
        if kind == "node.started":
            started.add(node)
            assert not before.get(node) or before[node] & (seen | (started & around)), event
        elif kind in ("node.completed", "node.failed"):
            assert node in started, event
            seen.add(node)
